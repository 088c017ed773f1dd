"""The agents' work in the sample: what each branch holds, and where it stands.

Belongs here: the commits outside `main`, the refs of both repositories, and what lies uncommitted in a worktree.
Does not: base (see `demo_base`), documents (see `demo_reports`), the files themselves (see `demo_files`), or how
commits are written (see `create_demo`).
"""

from __future__ import annotations

from collections.abc import Mapping

from agentledger.workflow.demo.demo_files import take_versions
from agentledger.workflow.demo.demo_fleet import (
    CLAUDE,
    CODEX,
    COPILOT,
    CURSOR,
    DAY,
    DEVIN,
    HOUR,
    JULES,
    MARTA,
    BuildState,
    File,
    Step,
)

WITH_CLAUDE = "\nCo-authored-by: Claude <noreply@anthropic.com>\n"
FOR_MARTA = "\nCo-authored-by: Marta Lindqvist <marta@orchard.example>\n"

# A name that needs quoting in shells, URLs and HTML; not every system could hold it among our own files.
LABEL = {'data/labels/Boskoop & "Elstar" #2.txt': File(b"Boskoop & Elstar\n")}


def _make_postcodes(_: BuildState) -> Mapping[str, File]:
    """A table so long that a page should not show the whole of it."""
    zones = ("near", "town", "far")
    rows = (f"{14400 + 3 * n},{zones[n * n % 7 % 3]},{8 + n * 37 % 83}" for n in range(1200))
    table = "\n".join(["postcode,zone,minutes", *rows, ""])
    return {"data/postcodes.csv": File(table.encode())}


STEPS: tuple[Step, ...] = (
    Step(
        "postgres:1",
        ("main:9",),
        13 * DAY + 2 * HOUR,
        who=DEVIN,
        message="Keep orders in PostgreSQL\n",
        files=take_versions("postgres", "src/orchard/store.py"),
    ),
    Step(
        "postgres:2",
        ("postgres:1",),
        12 * DAY,
        who=DEVIN,
        message="Depend on psycopg\n",
        files=take_versions("postgres", "pyproject.toml"),
    ),
    Step(
        "vat:1",
        ("main:10",),
        6 * DAY,
        who=COPILOT,
        message="Round VAT for each line\n" + FOR_MARTA,
        files=take_versions("vat-per-line", "src/orchard/basket.py"),
    ),
    Step(
        "vat:2",
        ("vat:1",),
        5 * DAY + 20 * HOUR,
        who=COPILOT,
        message="Test a basket where rounding the sum is a cent off\n" + FOR_MARTA,
        files=take_versions("vat-per-line", "tests/test_basket.py"),
    ),
    Step(
        "merge-baskets:1",
        ("main:10",),
        5 * DAY,
        who=CLAUDE,
        message="Let a basket take over another\n",
        files=take_versions("merge-baskets", "src/orchard/basket.py"),
    ),
    Step(
        "merge-baskets:2",
        ("merge-baskets:1",),
        5 * DAY - HOUR,
        who=CLAUDE,
        message="Test what happens at log-in\n",
        files=take_versions("merge-baskets", "tests/test_basket.py"),
    ),
    Step(
        "till:1",
        ("main:10",),
        2 * DAY + 4 * HOUR,
        who=CODEX,
        message="Retire the old till's price list\n\n"
        "Nothing imports it; the catalogue has had the prices since version 1.2.\n",
        files=lambda _: {"src/orchard/legacy.py": None},
    ),
    Step(
        "slots:1",
        ("main:12",),
        2 * DAY,
        who=CURSOR,
        message="Open on Fridays in the harvest season\n",
        files=take_versions("harvest-fridays", "src/orchard/slots.py", "tests/test_slots.py"),
    ),
    Step(
        "slots:2",
        ("slots:1",),
        2 * DAY - 2 * HOUR,
        who=CURSOR,
        message="Offer two more slots in the evening\n",
        files=take_versions("evening-slots", "src/orchard/slots.py", "tests/test_slots.py"),
    ),
    Step(
        "search:1",
        ("main:12",),
        30 * HOUR,
        who=CODEX,
        message="Search the catalogue by words\n",
        files=take_versions("search", "src/orchard/catalog.py", "tests/test_catalog.py"),
    ),
    Step(
        "search:2",
        ("search:1",),
        29 * HOUR,
        who=CODEX,
        message="Answer /api/products?q=\n\nWithout q it lists everything, as before.\n",
        files=take_versions("search", "src/orchard/routes.py"),
    ),
    Step(
        "hours:remote",
        ("main:12",),
        28 * HOUR,
        who=MARTA,
        message="Write the opening hours down\n" + WITH_CLAUDE,
        files=take_versions("opening-hours", "docs/opening-hours.md"),
    ),
    Step(
        "hours:local",
        ("main:12",),
        27 * HOUR,
        who=MARTA,
        message="Write the opening hours down, as a table\n" + WITH_CLAUDE,
        files=take_versions("opening-hours-table", "docs/opening-hours.md"),
    ),
    Step(
        "zones:1",
        ("main:13",),
        20 * HOUR,
        who=CODEX,
        message="Add the postcodes that the van reaches\n",
        files=_make_postcodes,
    ),
    Step(
        "zones:2",
        ("zones:1",),
        19 * HOUR,
        who=CODEX,
        message="Charge for delivery by zone\n",
        files=take_versions("delivery-zones", "src/orchard/zones.py", "tests/test_zones.py"),
    ),
    Step(
        "rate:1",
        ("main:13",),
        16 * HOUR,
        who=CURSOR,
        message="Limit requests by address\n",
        files=take_versions("rate-limit", "src/orchard/rate_limit.py", "tests/test_rate_limit.py"),
    ),
    Step(
        "rate:2",
        ("rate:1",),
        15 * HOUR,
        who=CURSOR,
        message="Answer 429 to floods\n",
        files=take_versions("rate-limit", "src/orchard/app.py"),
    ),
    Step(
        "rate:3",
        ("rate:2",),
        11 * HOUR,
        who=CURSOR,
        message="Forget addresses that went quiet\n",
        files=take_versions("rate-limit-forgets", "src/orchard/rate_limit.py"),
    ),
    Step(
        "logo:1",
        ("main:13",),
        10 * HOUR,
        who=CLAUDE,
        message="Give the shop a face\n",
        files=take_versions("shop-logo", "static/apple.png", "static/index.html"),
    ),
    Step(
        "logo:2",
        ("logo:1",),
        9 * HOUR,
        who=CLAUDE,
        message="Make the release script executable\n",
        files=take_versions("till-prices", "scripts/release.sh", mode="100755"),
    ),
    Step(
        "deps:1",
        ("main:13",),
        8 * HOUR,
        who=JULES,
        message="Raise Flask to 3.1 and pytest to 9\n",
        files=take_versions("newer-dependencies", "pyproject.toml"),
    ),
    Step(
        "labels:1",
        ("main:13",),
        7 * HOUR,
        who=JULES,
        message='Print labels 🍏 <script>alert("ripe")</script>\n',
        files=take_versions("labels", "src/orchard/labels.py", also=LABEL),
    ),
    Step(
        "excel:1",
        ("main:14",),
        4 * HOUR,
        who=COPILOT,
        message="Read catalogues saved by Excel\n\nFixes #52.\n" + FOR_MARTA,
        files=take_versions("excel", "src/orchard/catalog.py", "tests/test_catalog.py"),
    ),
    Step(
        "box:1",
        ("main:14",),
        4 * HOUR - 20,
        who=CLAUDE,
        message="Fill weekly boxes with what is ripe\n",
        files=take_versions("weekly-box", "src/orchard/boxes.py", "tests/test_boxes.py"),
    ),
    Step(
        "box:2",
        ("box:1",),
        2 * HOUR,
        who=CLAUDE,
        message="Show what a box would hold today\n",
        files=take_versions("weekly-box", "src/orchard/routes.py", "docs/api.md"),
    ),
    Step(
        "box:3",
        ("box:2",),
        25,
        who=CLAUDE,
        message="Never sell a box for more than what is in it\n\n"
        "In a week with plenty of potatoes the small box was worth 10.40 €.\n",
        files=take_versions("fair-boxes", "src/orchard/boxes.py", "tests/test_boxes.py"),
    ),
    Step(
        "invoices:1",
        ("main:14",),
        95,
        who=MARTA,
        message="Write invoices\n" + WITH_CLAUDE,
        files=take_versions("invoices", "src/orchard/invoices.py"),
    ),
)

LOCAL = {
    "main": "main:14",
    "agent/invoices": "invoices:1",
    "agent/opening-hours": "hours:local",
    "claude/merge-baskets": "merge-baskets:2",
    "claude/shop-logo": "logo:2",
    "claude/stock-alerts": "main:14",
    "claude/weekly-box": "box:3",
    "codex/delivery-zones": "zones:2",
    "codex/retire-old-till": "till:1",
    "codex/search-products": "search:2",
    "copilot/vat-per-line": "vat:2",
    "cursor/pickup-slots": "slots:2",
    "cursor/rate-limit": "rate:2",
    "jules/labels-🍎#2": "labels:1",
    "jules/update-dependencies": "deps:1",
}

REMOTE = {
    **{name: key for name, key in LOCAL.items() if name not in ("agent/invoices", "claude/stock-alerts")},
    "agent/opening-hours": "hours:remote",
    "claude/weekly-box": "box:2",
    "copilot/read-excel-csv": "excel:1",
    "cursor/rate-limit": "rate:3",
    "devin/postgres-store": "postgres:2",
}

# By branch: the folder, and how many minutes ago it was touched.
WORKTREES = {"agent/invoices": ("invoices", 8), "claude/stock-alerts": ("stock-alerts", 2)}

UNCOMMITTED_IN = "agent/invoices"
UNCOMMITTED = take_versions("invoice-customer", "src/orchard/invoices.py", "tests/test_invoices.py")
