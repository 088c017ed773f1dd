"""What the sample's agents report of their work, on their own branches.

Belongs here: commits with check-ins, packets and evidence on top of those of `demo_branches`, two rivals at one
task, and the refs that follow. Does not: what the documents say (see `demo_documents`), or the manager's side (see
`demo_ledger`).

The checks were run on those very trees, and gave the results that the evidence states.
"""

from __future__ import annotations

from agentledger.workflow.demo.demo_documents import (
    Files,
    make_brief_copy,
    make_check_in,
    make_evidence,
    make_packet,
)
from agentledger.workflow.demo.demo_files import take_versions
from agentledger.workflow.demo.demo_fleet import (
    CLAUDE,
    CODEX,
    CURSOR,
    DAY,
    HOUR,
    JULES,
    SUBJECT,
    BuildState,
    Step,
)

# As the briefs have them under `verify`.
TEST = "PYTHONPATH=src python -m pytest -q tests"
LOGO_CHECKS = {"icon": "test -s static/apple.png", "release": "sh -n scripts/release.sh"}


def _report_box(state: BuildState) -> Files:
    return make_brief_copy("weekly-box") | make_check_in(state, "weekly-box", 12)


def _ask_about_search(state: BuildState) -> Files:
    return make_brief_copy("search-products") | make_check_in(state, "search-products", 40)


def _ask_for_the_servers_flask(state: BuildState) -> Files:
    return make_brief_copy("update-dependencies") | make_check_in(state, "update-dependencies", 7 * HOUR)


def _report_labels(state: BuildState) -> Files:
    """Its check-in is hostile: markup, a script and hidden characters, for the site to withstand."""
    return make_brief_copy("print-labels") | make_check_in(state, "print-labels", 6 * HOUR + 30)


def _make_pytest_evidence(
    state: BuildState, task: str, step: str, minutes: int, passed: int, seconds: float
) -> Files:
    tail = [f"{'.' * passed}{'[100%]':>{79 - passed}}", f"{passed} passed in {seconds}s"]
    return make_evidence(
        state, task, step, minutes=minutes, check="test", command=TEST, seconds=seconds, tail=tail
    )


def _hand_zones_over(state: BuildState) -> Files:
    task = "delivery-zones"
    return (
        make_brief_copy(task)
        | _make_pytest_evidence(state, task, "zones:2", minutes=18 * HOUR + 20, passed=19, seconds=1.71)
        | make_packet(state, task, base="main:13", head="zones:2")
        | make_check_in(state, task, 18 * HOUR)
    )


def _hand_logo_over(state: BuildState) -> Files:
    task, evidence = "shop-logo", Files()
    for name, command in LOGO_CHECKS.items():
        evidence |= make_evidence(
            state, task, "logo:2", minutes=500, check=name, command=command, seconds=0.0
        )
    return (
        make_brief_copy(task)
        | evidence
        | make_packet(state, task, base="main:13", head="logo:2")
        | make_check_in(state, task, 8 * HOUR)
    )


def _hand_slots_over(state: BuildState) -> Files:
    task = "pickup-slots"
    return (
        make_brief_copy(task)
        | _make_pytest_evidence(state, task, "slots:2", minutes=2 * DAY - 150, passed=15, seconds=1.67)
        | make_packet(state, task, base="main:12", head="slots:2")
        | make_check_in(state, task, 2 * DAY - 3 * HOUR)
    )


def _report_units(state: BuildState) -> Files:
    return make_check_in(state, "unit-prices", 9)


def _report_rival_units(state: BuildState) -> Files:
    return make_check_in(state, "unit-prices", 3 * HOUR, "rival-check-in")


def make_uncommitted(state: BuildState, minutes: int) -> Files:
    """The check-in in the worktree of `demo_branches.UNCOMMITTED_IN`, written so many minutes before now."""
    return make_check_in(state, "invoices", minutes)


STEPS: tuple[Step, ...] = (
    Step(
        "slots:3",
        ("slots:2",),
        2 * DAY - 3 * HOUR,
        who=CURSOR,
        message=f"{SUBJECT}hand pickup-slots over\n",
        files=_hand_slots_over,
    ),
    Step(
        "search:3",
        ("search:2",),
        40,
        who=CODEX,
        message=f"{SUBJECT}ask about typing errors\n",
        files=_ask_about_search,
    ),
    Step(
        "zones:3",
        ("zones:2",),
        18 * HOUR,
        who=CODEX,
        message=f"{SUBJECT}hand delivery-zones over\n",
        files=_hand_zones_over,
    ),
    Step(
        "logo:3",
        ("logo:2",),
        8 * HOUR,
        who=CLAUDE,
        message=f"{SUBJECT}hand shop-logo over\n",
        files=_hand_logo_over,
    ),
    Step(
        "deps:2",
        ("deps:1",),
        7 * HOUR,
        who=JULES,
        message=f"{SUBJECT}ask for the server's Flask\n",
        files=_ask_for_the_servers_flask,
    ),
    Step(
        "labels:2",
        ("labels:1",),
        6 * HOUR + 30,
        who=JULES,
        message=f"{SUBJECT}check in on print-labels\n",
        files=_report_labels,
    ),
    Step(
        "units:brief",
        ("main:14",),
        285,
        who=CLAUDE,
        message=f"{SUBJECT}take unit-prices\n",
        files=lambda _: make_brief_copy("unit-prices"),
    ),
    Step(
        "units:1",
        ("units:brief",),
        30,
        who=CLAUDE,
        message="Give the price of a kilogram\n",
        files=take_versions("unit-prices", "src/orchard/unit_prices.py", "tests/test_unit_prices.py"),
    ),
    Step(
        "units:2",
        ("units:1",),
        9,
        who=CLAUDE,
        message=f"{SUBJECT}check in on unit-prices\n",
        files=_report_units,
    ),
    Step(
        "rival:brief",
        ("main:14",),
        280,
        who=CODEX,
        message=f"{SUBJECT}take unit-prices\n",
        files=lambda _: make_brief_copy("unit-prices"),
    ),
    Step(
        "rival:1",
        ("rival:brief",),
        200,
        who=CODEX,
        message="Compare prices by the kilogram\n",
        files=take_versions("unit-prices-rival", "src/orchard/prices.py"),
    ),
    Step(
        "rival:2",
        ("rival:1",),
        3 * HOUR,
        who=CODEX,
        message=f"{SUBJECT}check in on unit-prices\n",
        files=_report_rival_units,
    ),
    Step(
        "box:4", ("box:3",), 12, who=CLAUDE, message=f"{SUBJECT}check in on weekly-box\n", files=_report_box
    ),
)

REMOTE = {
    "agent/unit-prices": "units:2",
    "agent/unit-prices--2": "rival:2",
    "claude/shop-logo": "logo:3",
    "codex/delivery-zones": "zones:3",
    "codex/search-products": "search:3",
    "cursor/pickup-slots": "slots:3",
    "jules/labels-🍎#2": "labels:2",
    "jules/update-dependencies": "deps:2",
}
LOCAL = {**REMOTE, "claude/weekly-box": "box:4"}
