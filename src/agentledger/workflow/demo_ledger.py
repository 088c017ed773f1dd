"""The control branch of the sample: what Marta asked for, answered and decided, and when.

Belongs here: its commits. Does not: the text of briefs (`demo_briefs`), or what agents say
(`demo_reports`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentledger.workflow import demo_briefs as briefs
from agentledger.workflow.demo_fleet import DAY, HOUR, MARTA, Change, Known, Step
from agentledger.workflow.demo_papers import Brief, Files, managers, outcome

SAID = "chore(ledger): "


def _brief(*given: Brief) -> Files:
    return {f"tasks/{brief.task}/brief.md": brief.text() for brief in given}


def _killed(known: Known) -> Files:
    keys = {
        "by": MARTA.email,
        "outcome": "killed",
        "branch": "devin/postgres-store",
        "head": known.heads["postgres:2"],
    }
    return outcome(
        known, "postgres-store", 11 * DAY, keys, "A database server is more than one shop can look after."
    )


def _rejected(known: Known) -> Files:
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
    return managers(known, "print-labels", "reviews", 6 * HOUR, keys, said)


def _answered(known: Known) -> Files:
    keys = {"by": MARTA.email, "decision": "note"}
    return managers(known, "update-dependencies", "answers", 290, keys, "3.1 is fine there. Go on.")


def _approved(known: Known) -> Files:
    keys = {
        "reviewer": MARTA.email,
        "kind": "human",
        "verdict": "approve",
        "branch": "claude/shop-logo",
        "head": known.heads["logo:3"],
    }
    return managers(known, "shop-logo", "reviews", 90, keys, "I like the apple.")


Told = tuple[int, str, Mapping[str, Change] | Callable[[Known], Mapping[str, Change]]]
_TOLD: tuple[Told, ...] = (
    (13 * DAY + 3 * HOUR, "brief postgres-store", _brief(briefs.POSTGRES)),
    (11 * DAY, "kill postgres-store", _killed),
    (2 * DAY + 30, "brief pickup-slots", _brief(briefs.SLOTS)),
    (31 * HOUR, "brief search-products", _brief(briefs.SEARCH)),
    (21 * HOUR, "brief delivery-zones", _brief(briefs.ZONES)),
    (11 * HOUR, "brief shop-logo", _brief(briefs.LOGO)),
    (9 * HOUR, "brief update-dependencies and print-labels", _brief(briefs.DEPENDENCIES, briefs.LABELS)),
    (6 * HOUR, "review print-labels: reject", _rejected),
    (295, "brief unit-prices", _brief(briefs.UNITS)),
    (290, "answer update-dependencies: note", _answered),
    (235, "brief weekly-box", _brief(briefs.BOX)),
    (100, "brief invoices", _brief(briefs.INVOICES)),
    (90, "review shop-logo: approve", _approved),
)

STEPS = tuple(
    Step(f"ledger:{n}", (f"ledger:{n - 1}",) if n else (), minutes, MARTA, f"{SAID}{message}\n", files)
    for n, (minutes, message, files) in enumerate(_TOLD)
)
TIP = {"agentledger": f"ledger:{len(_TOLD) - 1}"}
