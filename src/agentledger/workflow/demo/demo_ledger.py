"""The control branch of the sample: what Marta asked for, answered and decided, and when.

Belongs here: its commits. Does not: the text of briefs (`demo_briefs`), or what agents say
(`demo_reports`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentledger.workflow.demo import demo_briefs as briefs
from agentledger.workflow.demo.demo_fleet import DAY, HOUR, MARTA, Change, Known, Step
from agentledger.workflow.demo.demo_packets import Brief, Files, make_dated_document, make_outcome

SAID = "chore(ledger): "


def _make_briefs(*given: Brief) -> Files:
    return {f"tasks/{brief.task}/brief.md": brief.text() for brief in given}


def _make_kill_outcome(known: Known) -> Files:
    keys = {
        "by": MARTA.email,
        "outcome": "killed",
        "branch": "devin/postgres-store",
        "head": known.heads["postgres:2"],
    }
    return make_outcome(
        known,
        "postgres-store",
        11 * DAY,
        keys=keys,
        text="A database server is more than one shop can look after.",
    )


def _make_rejection(known: Known) -> Files:
    keys = {
        "reviewer": "codex",
        "kind": "agent",
        "run": "reported",
        "verdict": "reject",
        "branch": "jules/labels-🍎#2",
        "head": known.heads["labels:2"],
    }
    said = {
        "Matches intent and non-goals": "Labels are as asked for. Who may print one again is not.",
        "Correctness": "`may_reprint` compares the role with a string that holds invisible characters, so "
        "that the line reads differently from what it does.",
        "Style": "The subject of the commit has markup in it.",
        "Edge cases": "The name of a product is printed as it is, whatever its length.",
        "Missed tests": "There are none: neither `label` nor `may_reprint` is called by a test.",
        "Maintainability": "Nobody who reads `labels.py` in an editor would see what it does.",
        "Findings": "- [ ] src/orchard/labels.py:12 a control character turns the order of the line around\n"
        "- [ ] src/orchard/labels.py:11 no test",
    }
    return make_dated_document(known, "print-labels", "reviews", minutes=6 * HOUR, keys=keys, body=said)


def _make_answer(known: Known) -> Files:
    keys = {"by": MARTA.email, "decision": "note"}
    return make_dated_document(
        known, "update-dependencies", "answers", minutes=290, keys=keys, body="3.1 is fine there. Go on."
    )


def _make_approval(known: Known) -> Files:
    keys = {
        "reviewer": MARTA.email,
        "kind": "human",
        "verdict": "approve",
        "branch": "claude/shop-logo",
        "head": known.heads["logo:3"],
    }
    return make_dated_document(known, "shop-logo", "reviews", minutes=90, keys=keys, body="I like the apple.")


Told = tuple[int, str, Mapping[str, Change] | Callable[[Known], Mapping[str, Change]]]
_TOLD: tuple[Told, ...] = (
    (13 * DAY + 3 * HOUR, "brief postgres-store", _make_briefs(briefs.POSTGRES)),
    (11 * DAY, "kill postgres-store", _make_kill_outcome),
    (2 * DAY + 30, "brief pickup-slots", _make_briefs(briefs.SLOTS)),
    (31 * HOUR, "brief search-products", _make_briefs(briefs.SEARCH)),
    (21 * HOUR, "brief delivery-zones", _make_briefs(briefs.ZONES)),
    (11 * HOUR, "brief shop-logo", _make_briefs(briefs.LOGO)),
    (
        9 * HOUR,
        "brief update-dependencies and print-labels",
        _make_briefs(briefs.DEPENDENCIES, briefs.LABELS),
    ),
    (6 * HOUR, "review print-labels: reject", _make_rejection),
    (295, "brief unit-prices", _make_briefs(briefs.UNITS)),
    (290, "answer update-dependencies: note", _make_answer),
    (235, "brief weekly-box", _make_briefs(briefs.BOX)),
    (100, "brief invoices", _make_briefs(briefs.INVOICES)),
    (90, "review shop-logo: approve", _make_approval),
)

STEPS = tuple(
    Step(
        f"ledger:{n}",
        (f"ledger:{n - 1}",) if n else (),
        minutes,
        who=MARTA,
        message=f"{SAID}{message}\n",
        files=files,
    )
    for n, (minutes, message, files) in enumerate(_TOLD)
)
TIP = {"agentledger": f"ledger:{len(_TOLD) - 1}"}
