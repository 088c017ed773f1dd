"""The control branch of the sample: what Marta asked for, answered and decided, and when.

Belongs here: its commits. Does not: what the documents say (see `demo_documents`), or what agents report (see
`demo_reports`).
"""

from __future__ import annotations

from collections.abc import Callable

from agentledger.model.ledger_paths import control_brief_path
from agentledger.workflow.demo.demo_documents import (
    Files,
    make_answer,
    make_outcome,
    make_review,
    read_brief,
)
from agentledger.workflow.demo.demo_fleet import DAY, HOUR, MARTA, SUBJECT, BuildState, File, Step


def _give_briefs(*tasks: str) -> Callable[[BuildState], Files]:
    """What gives the briefs of these tasks, once the demo is made."""
    return lambda _: {control_brief_path(task): File(read_brief(task).encode()) for task in tasks}


def _kill_postgres(state: BuildState) -> Files:
    return make_outcome(state, "postgres-store", 11 * DAY, head="postgres:2")


def _reject_labels(state: BuildState) -> Files:
    return make_review(state, "print-labels", 6 * HOUR, head="labels:2")


def _answer_dependencies(state: BuildState) -> Files:
    return make_answer(state, "update-dependencies", 290)


def _approve_logo(state: BuildState) -> Files:
    return make_review(state, "shop-logo", 90, head="logo:3")


# How many minutes ago, the subject of the commit, what it holds.
_COMMITS: tuple[tuple[int, str, Callable[[BuildState], Files]], ...] = (
    (13 * DAY + 3 * HOUR, "brief postgres-store", _give_briefs("postgres-store")),
    (11 * DAY, "kill postgres-store", _kill_postgres),
    (2 * DAY + 30, "brief pickup-slots", _give_briefs("pickup-slots")),
    (31 * HOUR, "brief search-products", _give_briefs("search-products")),
    (21 * HOUR, "brief delivery-zones", _give_briefs("delivery-zones")),
    (11 * HOUR, "brief shop-logo", _give_briefs("shop-logo")),
    (
        9 * HOUR,
        "brief update-dependencies and print-labels",
        _give_briefs("update-dependencies", "print-labels"),
    ),
    (6 * HOUR, "review print-labels: reject", _reject_labels),
    (295, "brief unit-prices", _give_briefs("unit-prices")),
    (290, "answer update-dependencies: note", _answer_dependencies),
    (235, "brief weekly-box", _give_briefs("weekly-box")),
    (100, "brief invoices", _give_briefs("invoices")),
    (90, "review shop-logo: approve", _approve_logo),
)

STEPS = tuple(
    Step(
        f"ledger:{n}",
        (f"ledger:{n - 1}",) if n else (),
        minutes,
        who=MARTA,
        message=f"{SUBJECT}{message}\n",
        files=files,
    )
    for n, (minutes, message, files) in enumerate(_COMMITS)
)
TIP = {"agentledger": f"ledger:{len(_COMMITS) - 1}"}
