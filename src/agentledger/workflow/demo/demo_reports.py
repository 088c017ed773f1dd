"""What the sample's agents say of their work, on their own branches.

Belongs here: check-ins, packets and evidence on top of the commits of `demo_branches`, two
rivals at one task, and the refs that follow. Does not: the manager's side (`demo_ledger`).

The checks that evidence tells of were run on those very trees, and came to what stands here.
"""

from __future__ import annotations

from agentledger.workflow.demo import demo_briefs as briefs
from agentledger.workflow.demo.demo_fleet import (
    CLAUDE,
    CODEX,
    CURSOR,
    DAY,
    HOUR,
    JULES,
    Change,
    Edit,
    Known,
    Step,
)
from agentledger.workflow.demo.demo_packets import (
    Files,
    make_brief_copy,
    make_check_in,
    make_evidence,
    make_packet,
)

UNIT_PRICES = '''\
"""The price that customers can compare: of one kilogram."""


def per_kilogram(price: int, grams: int) -> int:
    """Cents for a kilogram, half a cent rounded up."""
    if grams < 1:
        raise ValueError("a weight is at least 1 g")
    return (2000 * price + grams) // (2 * grams)
'''

TEST_UNIT_PRICES = """\
import pytest

from orchard.unit_prices import per_kilogram


def test_a_small_jar_is_compared_by_the_kilogram() -> None:
    assert per_kilogram(250, 125) == 2000


def test_nothing_weighs_nothing() -> None:
    with pytest.raises(ValueError, match="at least 1 g"):
        per_kilogram(250, 0)
"""

PER_KILOGRAM = (
    Edit(
        "def euros(",
        '''\
def per_kilogram(gross: int, grams: int) -> int:
    """What a kilogram costs at this price, rounded to the cent."""
    return int((Decimal(1000 * gross) / grams).quantize(Decimal(1), ROUND_HALF_UP))


def euros(''',
    ),
)

HOSTILE = """\
Labels are printed with name, price and unit. What the page that shows this has to withstand:

<script>document.title = "owned"</script>

[read the log](javascript:alert(document.cookie)) ![seen](https://beacon.example/seen.png?who=manager)

The role \u202etill\u202c may not print a label again."""


def _box_files(known: Known) -> Files:
    return make_brief_copy(briefs.BOX) | make_check_in(
        known,
        "weekly-box",
        12,
        agent="claude-code",
        state="working",
        did="A box is swapped up to its price where the stock has something dearer; a test holds that.",
        then="Read the page of the API once more, then hand over.",
        risks="Where nothing dearer is left, a box can still be worth less than it costs.",
        needs="none",
    )


def _search_files(known: Known) -> Files:
    return make_brief_copy(briefs.SEARCH) | make_check_in(
        known,
        "search-products",
        40,
        agent="codex",
        state="needs-input",
        did="`GET /api/products?q=` answers with the products that hold every word.",
        then="Whatever you decide below, with a test, then the packet.",
        risks="none",
        needs="Shall `q=zwetchgen` find Zwetschgen? I can (a) keep exact words, or (b) take the nearest "
        "names of `difflib`, which is in the standard library. I would keep (a) until a customer asks.",
    )


def _dependency_files(known: Known) -> Files:
    return make_brief_copy(briefs.DEPENDENCIES) | make_check_in(
        known,
        "update-dependencies",
        7 * HOUR,
        agent="jules",
        state="blocked",
        did="`pyproject.toml` asks for Flask 3.1 and pytest 9.",
        then="Hand over, once I know that the server can follow.",
        risks="There is no lock file, so I cannot see what the server has installed.",
        needs="Which Flask may the shop's server install: 3.1, or does it have to stay at 3.0?",
    )


def _label_files(known: Known) -> Files:
    return make_brief_copy(briefs.LABELS) | make_check_in(
        known,
        "print-labels",
        6 * HOUR + 30,
        agent="jules",
        state="ready",
        did=HOSTILE,
        then="none",
        risks="none",
        needs="none",
    )


def _make_ready_check_in(known: Known, task: str, minutes: int, agent: str) -> Files:
    return make_check_in(
        known,
        task,
        minutes,
        agent=agent,
        state="ready",
        did="All criteria are met; the packet says by what.",
        then="none",
        risks="See the packet.",
        needs="none",
    )


def _make_pytest_evidence(
    known: Known, task: str, step: str, minutes: int, passed: int, seconds: float
) -> Files:
    last = [f"{'.' * passed}{'[100%]':>{79 - passed}}", f"{passed} passed in {seconds}s"]
    return make_evidence(
        known, task, step, minutes=minutes, check="test", command=briefs.TEST, seconds=seconds, tail=last
    )


def _zone_files(known: Known) -> Files:
    parts = {
        "Summary": "Postcodes have zones, and a zone with the order's total gives the fee.",
        "Why this approach": "A table can be edited by hand; a map service would be a new dependency.",
        "Files touched": "- `data/postcodes.csv`: new, the table\n"
        "- `src/orchard/zones.py`: new, reads the table, gives the fee\n"
        "- `tests/test_zones.py`: new",
        "Test plan and results": "`test` passed, all 19; see the evidence.",
        "Risks and follow-ups": "No order asks for the fee yet: `routes.py` was not mine to change.",
    }
    shown = ["data/postcodes.csv", "tests/test_zones.py"]
    return (
        make_brief_copy(briefs.ZONES)
        | _make_pytest_evidence(
            known, "delivery-zones", "zones:2", minutes=18 * HOUR + 20, passed=19, seconds=1.71
        )
        | make_packet(known, briefs.ZONES, "main:13", step="zones:2", shown_by=shown, parts=parts)
        | _make_ready_check_in(known, "delivery-zones", 18 * HOUR, "codex")
    )


def _logo_files(known: Known) -> Files:
    parts = {
        "Summary": "A start page with an apple, and a release script that can be run.",
        "Why this approach": "One static page needs no front-end build.",
        "Files touched": "- `static/apple.png`, `static/index.html`: new\n"
        "- `scripts/release.sh`: its mode only",
        "Test plan and results": "No tests: a picture, a page and a file mode. `icon` and `release` passed.",
        "Risks and follow-ups": "No route serves `static/index.html` at `/` yet.",
    }
    checks = briefs.LOGO.keys["verify"]
    assert isinstance(checks, dict)
    ran = [
        make_evidence(known, "shop-logo", "logo:2", minutes=500, check=name, command=run, seconds=0.0)
        for name, run in checks.items()
    ]
    shown = ["static/index.html", "the mode 100755 of scripts/release.sh"]
    return (
        make_brief_copy(briefs.LOGO)
        | ran[0]
        | ran[1]
        | make_packet(known, briefs.LOGO, "main:13", step="logo:2", shown_by=shown, parts=parts)
        | _make_ready_check_in(known, "shop-logo", 8 * HOUR, "claude-code")
    )


def _slot_files(known: Known) -> Files:
    parts = {
        "Summary": "Fridays of the harvest have slots, and the last one of a day begins at 18:30.",
        "Why this approach": "Two constants and one condition, where the other opening times are.",
        "Files touched": "- `src/orchard/slots.py`: Fridays, the last slot\n- `tests/test_slots.py`: both",
        "Test plan and results": "`test` passed, all 15; see the evidence.",
        "Risks and follow-ups": "`docs/` says nothing of the longer hours.",
    }
    shown = ["tests/test_slots.py::test_fridays_are_open_while_the_harvest_lasts", "tests/test_slots.py"]
    return (
        make_brief_copy(briefs.SLOTS)
        | _make_pytest_evidence(
            known, "pickup-slots", "slots:2", minutes=2 * DAY - 150, passed=15, seconds=1.67
        )
        | make_packet(known, briefs.SLOTS, "main:12", step="slots:2", shown_by=shown, parts=parts)
        | _make_ready_check_in(known, "pickup-slots", 2 * DAY - 3 * HOUR, "cursor")
    )


def _unit_files(known: Known) -> Files:
    return make_check_in(
        known,
        "unit-prices",
        9,
        agent="claude-code",
        state="working",
        did="`per_kilogram` and its two tests, in a module of its own.",
        then="Packet.",
        risks="none",
        needs="none",
    )


def _rival_unit_files(known: Known) -> Files:
    return make_check_in(
        known,
        "unit-prices",
        3 * HOUR,
        agent="codex",
        state="working",
        did="`per_kilogram`, beside the other prices.",
        then="Refuse weights below 1 g, then tests.",
        risks="A weight of 0 is a division by zero so far.",
        needs="none",
    )


def uncommitted_files(known: Known, minutes: int) -> dict[str, Change]:
    """The check-in that lies in the worktree of `demo_branches.UNCOMMITTED_IN`, written so long ago."""
    return dict(
        make_check_in(
            known,
            "invoices",
            minutes,
            agent="claude-code",
            state="working",
            did="`render` names the customer; there are tests now. Nothing of that is committed.",
            then="Commit, then the VAT of each rate.",
            risks="none",
            needs="none",
        )
    )


SAID = "chore(ledger): "
STEPS: tuple[Step, ...] = (
    Step(
        "slots:3",
        ("slots:2",),
        2 * DAY - 3 * HOUR,
        who=CURSOR,
        message=f"{SAID}hand pickup-slots over\n",
        files=_slot_files,
    ),
    Step(
        "search:3",
        ("search:2",),
        40,
        who=CODEX,
        message=f"{SAID}ask about typing errors\n",
        files=_search_files,
    ),
    Step(
        "zones:3",
        ("zones:2",),
        18 * HOUR,
        who=CODEX,
        message=f"{SAID}hand delivery-zones over\n",
        files=_zone_files,
    ),
    Step(
        "logo:3", ("logo:2",), 8 * HOUR, who=CLAUDE, message=f"{SAID}hand shop-logo over\n", files=_logo_files
    ),
    Step(
        "deps:2",
        ("deps:1",),
        7 * HOUR,
        who=JULES,
        message=f"{SAID}ask for the server's Flask\n",
        files=_dependency_files,
    ),
    Step(
        "labels:2",
        ("labels:1",),
        6 * HOUR + 30,
        who=JULES,
        message=f"{SAID}check in on print-labels\n",
        files=_label_files,
    ),
    Step(
        "units:brief",
        ("main:14",),
        285,
        who=CLAUDE,
        message=f"{SAID}take unit-prices\n",
        files=make_brief_copy(briefs.UNITS),
    ),
    Step(
        "units:1",
        ("units:brief",),
        30,
        who=CLAUDE,
        message="Give the price of a kilogram\n",
        files={"src/orchard/unit_prices.py": UNIT_PRICES, "tests/test_unit_prices.py": TEST_UNIT_PRICES},
    ),
    Step(
        "units:2", ("units:1",), 9, who=CLAUDE, message=f"{SAID}check in on unit-prices\n", files=_unit_files
    ),
    Step(
        "rival:brief",
        ("main:14",),
        280,
        who=CODEX,
        message=f"{SAID}take unit-prices\n",
        files=make_brief_copy(briefs.UNITS),
    ),
    Step(
        "rival:1",
        ("rival:brief",),
        200,
        who=CODEX,
        message="Compare prices by the kilogram\n",
        files={"src/orchard/prices.py": PER_KILOGRAM},
    ),
    Step(
        "rival:2",
        ("rival:1",),
        3 * HOUR,
        who=CODEX,
        message=f"{SAID}check in on unit-prices\n",
        files=_rival_unit_files,
    ),
    Step("box:4", ("box:3",), 12, who=CLAUDE, message=f"{SAID}check in on weekly-box\n", files=_box_files),
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
