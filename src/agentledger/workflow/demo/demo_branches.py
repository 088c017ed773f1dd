"""The agents' work in the sample: what each branch holds, and where it stands.

Belongs here: the commits outside `main` as literal text, the refs of both
repositories, and what lies uncommitted in a worktree. Does not: base
(`demo_base`), or how any of it is written (`demo`).
"""

from __future__ import annotations

import base64

from agentledger.workflow.demo.demo_base import (
    MERGE_BASKETS,
    MERGE_BASKETS_TEST,
    RELEASE,
    VAT_PER_LINE,
    VAT_TEST,
)
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
    Change,
    Edit,
    File,
    Step,
)

WITH_CLAUDE = "\nCo-authored-by: Claude <noreply@anthropic.com>\n"
FOR_MARTA = "\nCo-authored-by: Marta Lindqvist <marta@orchard.example>\n"

BOXES = '''\
"""The weekly box: a fixed price, filled with what is ripe."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchard.catalog import Product


@dataclass(frozen=True)
class Size:
    name: str
    price: int
    items: int


SIZES = {size.name: size for size in (Size("small", 1490, 4), Size("family", 2690, 7))}


def fill(size: Size, products: Iterable[Product], without: frozenset[str] = frozenset()) -> list[Product]:
    """What goes into a box: the best stocked products first, nothing the customer does not eat.

    Raises ValueError when too little is left to fill it.
    """
    ripe = [product for product in products if product.in_stock and product.sku not in without]
    if len(ripe) < size.items:
        raise ValueError(f"a {size.name} box takes {size.items} products, {len(ripe)} are left")
    return sorted(ripe, key=lambda product: (-product.in_stock, product.sku))[: size.items]
'''

TEST_BOXES = """\
import pytest

from orchard.boxes import SIZES, Size, fill
from orchard.catalog import Product

PAIR = Size("pair", 500, 2)
PRODUCTS = [
    Product("PLU-ZWE", "Zwetschgen", "kg", 380, 60),
    Product("APL-ELS", "Elstar", "kg", 290, 220),
    Product("JUI-APL", "Apple juice", "bottle", 250, 400),
    Product("HON-LIN", "Lime-blossom honey", "jar", 690, 0),
]


def skus(products: list[Product]) -> list[str]:
    return [product.sku for product in products]


def test_what_there_is_most_of_goes_in_first() -> None:
    assert skus(fill(PAIR, PRODUCTS)) == ["JUI-APL", "APL-ELS"]


def test_a_customer_without_apples_gets_none() -> None:
    assert skus(fill(PAIR, PRODUCTS, frozenset({"APL-ELS"}))) == ["JUI-APL", "PLU-ZWE"]


def test_a_box_that_cannot_be_filled_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 4 products, 3 are left"):
        fill(SIZES["small"], PRODUCTS)
"""

BOX_ROUTES = (
    Edit(
        "from orchard.basket import Basket\n",
        "from orchard import boxes\nfrom orchard.basket import Basket\n",
    ),
    Edit(
        '@shop.post("/orders")',
        """\
@shop.get("/boxes/<name>")
def box(name: str) -> ResponseReturnValue:
    size = boxes.SIZES.get(name) or abort(404)
    without = frozenset(request.args.getlist("without"))
    filled = boxes.fill(size, current_app.config["CATALOG"].values(), without)
    return jsonify(price=size.price, products=filled)


@shop.post("/orders")""",
    ),
)

BOX_DOCS = (
    Edit(
        "| `POST /api/orders` |",
        "| `GET /api/boxes/<size>?without=<sku>` | what a `small` or `family` box would hold today |\n"
        "| `POST /api/orders` |",
    ),
)

FAIR = (
    Edit(
        "    return sorted(ripe, key=lambda product: (-product.in_stock, product.sku))[: size.items]\n",
        '''\
    best = sorted(ripe, key=lambda product: (-product.in_stock, product.sku))
    return _worth_it(size, best[: size.items], best[size.items :])


def _worth_it(size: Size, chosen: list[Product], spare: list[Product]) -> list[Product]:
    """Swap the cheapest product for a dearer one until the box is worth its price."""
    spare = sorted(spare, key=lambda product: -product.price)
    while spare and sum(product.price for product in chosen) < size.price:
        cheapest = min(chosen, key=lambda product: product.price)
        if spare[0].price <= cheapest.price:
            break
        chosen = [spare.pop(0) if product is cheapest else product for product in chosen]
    return chosen
''',
    ),
)

FAIR_TEST = (
    Edit(
        "def test_a_box_that_cannot",
        """\
def test_a_box_is_worth_its_price_where_the_farm_has_what_it_takes() -> None:
    assert skus(fill(Size("pair", 600, 2), PRODUCTS)) == ["PLU-ZWE", "APL-ELS"]


def test_a_box_that_cannot""",
    ),
)

SEARCH = (
    Edit("import csv\n", "import csv\nfrom collections.abc import Iterable\n"),
    Edit(
        "    return products\n",
        '''\
    return products


def search(products: Iterable[Product], words: str) -> list[Product]:
    """Products whose name or SKU holds every word, in any order and case."""
    wanted = words.casefold().split()
    return [p for p in products if all(word in f"{p.sku} {p.name}".casefold() for word in wanted)]
''',
    ),
)

SEARCH_ROUTES = (
    Edit(
        "from orchard.basket import Basket\n",
        "from orchard.basket import Basket\nfrom orchard.catalog import search\n",
    ),
    Edit(
        '    return jsonify(list(current_app.config["CATALOG"].values()))\n',
        '    found = search(current_app.config["CATALOG"].values(), request.args.get("q", ""))\n'
        "    return jsonify(found)\n",
    ),
)

SEARCH_TEST = (
    Edit("from orchard.catalog import load\n", "from orchard.catalog import Product, load, search\n"),
    Edit(
        "def test_a_sku_that",
        """\
@pytest.mark.parametrize("words", ["", "apple", "JUICE apple", "jui-"])
def test_every_word_has_to_be_found(words: str) -> None:
    juice = Product("JUI-APL", "Apple juice", "bottle", 250, 400)
    assert search([juice], words) == [juice]
    assert search([juice], words + " pear") == []


def test_a_sku_that""",
    ),
)

EXCEL = (
    Edit('encoding="utf-8"', 'encoding="utf-8-sig"'),
    Edit(
        '    """Products by SKU. Raises ValueError when a SKU occurs twice."""',
        '''\
    """Products by SKU; the byte order mark that Excel writes is skipped.

    Raises ValueError when a SKU occurs twice.
    """''',
    ),
)

EXCEL_TEST = (
    Edit(
        "def test_a_sku_that",
        """\
def test_a_catalogue_saved_by_excel_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "PLU-ZWE,Zwetschgen,kg,380,60\\n", encoding="utf-8-sig")
    assert "PLU-ZWE" in load(tmp_path / "p.csv")


def test_a_sku_that""",
    ),
)

HARVEST = (
    Edit(
        "FIRST = time(9, 0)\n",
        "FRIDAY = 4\nHARVEST = range(8, 11)  # August to October\nFIRST = time(9, 0)\n",
    ),
    Edit(
        "    return day.weekday() in OPEN_ON\n",
        "    return day.weekday() in OPEN_ON or (day.weekday() == FRIDAY and day.month in HARVEST)\n",
    ),
)

HARVEST_TEST = (
    Edit(
        "def test_nobody_picks",
        """\
def test_fridays_are_open_while_the_harvest_lasts() -> None:
    assert slots(date(2026, 9, 18)) != []
    assert slots(date(2026, 11, 20)) == []


def test_nobody_picks""",
    ),
)

EVENING = (Edit("LAST = time(17, 30)\n", "LAST = time(18, 30)\n"),)
EVENING_TEST = (
    Edit("from_nine_to_half_past_five", "from_nine_to_half_past_six"),
    Edit("time(17, 30), 18)", "time(18, 30), 20)"),
)

NEWER = (Edit('"flask>=3.0,<4"', '"flask>=3.1,<4"'), Edit('["pytest>=8"]', '["pytest>=9"]'))

INVOICES = '''\
"""Invoices: plain text, numbered without gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchard.prices import FOOD, euros, vat_included


@dataclass(frozen=True)
class Line:
    name: str
    quantity: int
    price: int

    @property
    def total(self) -> int:
        return self.quantity * self.price


def number_after(last: str, today: date) -> str:
    """The next invoice number; each year begins at 1 again."""
    year, count = last.split("-")
    return f"{today.year}-{int(count) + 1 if int(year) == today.year else 1:05d}"


def render(number: str, today: date, lines: Sequence[Line]) -> str:
    total = sum(line.total for line in lines)
    vat = sum(vat_included(line.total, FOOD) for line in lines)
    rows = [f"{line.quantity:>4} x {line.name:<30} {euros(line.total):>12}" for line in lines]
    foot = [f"Total {euros(total)}", f"VAT included {euros(vat)}"]
    return "\\n".join([f"Invoice {number}", today.isoformat(), "", *rows, "", *foot, ""])
'''

TEST_INVOICES = """\
from datetime import date

from orchard.invoices import Line, number_after, render


def test_numbers_begin_again_with_the_year() -> None:
    assert number_after("2026-00041", date(2026, 12, 31)) == "2026-00042"
    assert number_after("2026-00042", date(2027, 1, 2)) == "2027-00001"


def test_an_invoice_adds_its_lines_up() -> None:
    lines = [Line("Boskoop", 2, 320), Line("Apple juice", 1, 250)]
    text = render("2026-00042", date(2026, 9, 15), "Café Morgenrot", lines)
    assert "Café Morgenrot" in text
    assert "Total 8.90 €" in text
"""

INVOICE_CUSTOMER = (
    Edit(
        "def render(number: str, today: date, lines: Sequence[Line]) -> str:\n",
        "def render(number: str, today: date, customer: str, lines: Sequence[Line]) -> str:\n",
    ),
    Edit("today.isoformat(), ", "today.isoformat(), customer, "),
)

RATE_LIMIT = '''\
"""At most so many requests a minute from one address."""

import time
from collections import defaultdict, deque
from collections.abc import Callable


class RateLimit:
    def __init__(self, limit: int, window: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def allows(self, address: str) -> bool:
        """Whether one more request may pass now; when it may, it is counted."""
        now = self._clock()
        seen = self._seen[address]
        while seen and seen[0] <= now - self._window:
            seen.popleft()
        if len(seen) >= self._limit:
            return False
        seen.append(now)
        return True
'''

TEST_RATE_LIMIT = """\
from orchard.rate_limit import RateLimit


def test_an_address_waits_until_the_window_has_passed() -> None:
    now = 0.0
    limit = RateLimit(2, window=60, clock=lambda: now)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now = 60.0
    assert limit.allows("a")
"""

FORGET = (
    Edit(
        "        if len(seen) >= self._limit:\n",
        """\
        self._forget_quiet(now)
        if len(seen) >= self._limit:
""",
    ),
    Edit(
        "        seen.append(now)\n        return True\n",
        '''\
        self._seen[address].append(now)
        return True

    def _forget_quiet(self, now: float) -> None:
        """Drop addresses without a request in the window, or memory grows with every visitor."""
        for address in [a for a, times in self._seen.items() if not times or times[-1] <= now - self._window]:
            del self._seen[address]
''',
    ),
)

LIMITED = (
    Edit(
        "from flask import Flask, Response, g, request\n",
        "from flask import Flask, Response, abort, g, request\n",
    ),
    Edit("from orchard.store import", "from orchard.rate_limit import RateLimit\nfrom orchard.store import"),
    Edit(
        "def create_app",
        """\
limit = RateLimit(120)


def refuse_floods() -> None:
    if not limit.allows(request.remote_addr or ""):
        abort(429)


def create_app""",
    ),
    Edit("    app.after_request(", "    app.before_request(refuse_floods)\n    app.after_request("),
)

HOURS = """\
# Opening hours

Tuesday, Thursday and Saturday, 9:00 to 18:00. The last pick-up slot begins at 17:30.

Orders placed before 20:00 can be picked up on the next open day.
"""

HOURS_REWORDED = """\
# Opening hours

| day | open |
|---|---|
| Tuesday, Thursday, Saturday | 9:00 to 18:00 |
| other days | closed |

The last pick-up slot begins at 17:30. What is ordered before 20:00 can be picked up on the next open day.
"""

LABELS = '''\
"""Labels for the crates: name, weight, price."""

from orchard.catalog import Product
from orchard.prices import euros


def label(product: Product) -> str:
    return f"{product.name}\\n{euros(product.price)} / {product.unit}"


def may_reprint(role: str) -> bool:
    return role == "farmer" or role == "till\u202e \u2066 # never the till\u2069 \u2066"
'''

APPLE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAMAAADXqc3KAAAAD1BMVEUAAADENDTiYFRoSDBWjEbqAd2yAAAABXRSTlMA/////xzQ"
    "JlIAAAA6SURBVHjaY2CgM2BmYAEB6kigA0YUgCzOxMSERQYsjkWGEVOCkaAEmh1IEuiA2hIMuMQxZQiHFXUAAHfEAUo2GaV5AAAA"
    "AElFTkSuQmCC"
)

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Orchard</title>
<link rel="icon" href="/static/apple.png">
<h1><img src="/static/apple.png" alt="" width="24" height="24"> Orchard</h1>
<p>Open on Tuesday, Thursday and Saturday, 9:00 to 18:00.</p>
"""

ZONES = '''\
"""Where the van goes, and what that costs."""

import csv
from dataclasses import dataclass
from pathlib import Path

FREE_FROM = 5000
FEES = {"near": 290, "town": 390, "far": 590}


@dataclass(frozen=True)
class Stop:
    postcode: str
    zone: str
    minutes: int


def load(path: Path) -> dict[str, Stop]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {row["postcode"]: Stop(row["postcode"], row["zone"], int(row["minutes"])) for row in rows}


def fee(stop: Stop, total: int) -> int:
    """Cents for the delivery; nothing from 50 € on, except far away."""
    if total >= FREE_FROM and stop.zone != "far":
        return 0
    return FEES[stop.zone]
'''

TEST_ZONES = """\
import pytest

from orchard.zones import Stop, fee


@pytest.mark.parametrize(
    ("zone", "total", "cents"),
    [("near", 4999, 290), ("near", 5000, 0), ("town", 5000, 0), ("far", 5000, 590)],
)
def test_only_far_stops_pay_from_fifty_euros_on(zone: str, total: int, cents: int) -> None:
    assert fee(Stop("14542", zone, 10), total) == cents
"""

POSTGRES = (
    Edit('"""Orders on disk, in SQLite."""', '"""Orders in PostgreSQL."""'),
    Edit("import sqlite3\nfrom pathlib import Path\n", "\nimport psycopg\n"),
    Edit("number INTEGER PRIMARY KEY", "number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    Edit("lines TEXT NOT NULL", "lines JSONB NOT NULL"),
    Edit("def __init__(self, path: Path)", "def __init__(self, url: str)"),
    Edit("sqlite3.connect(path)", "psycopg.connect(url)"),
    Edit("        with self._db:\n", "        with self._db.transaction():\n"),
    Edit("VALUES (?, ?, ?, ?)", "VALUES (%s, %s, %s, %s) RETURNING number"),
    Edit(
        "        return int(cursor.lastrowid or 0)\n",
        "        row = cursor.fetchone()\n        assert row is not None\n        return int(row[0])\n",
    ),
    Edit("WHERE number = ?", "WHERE number = %s"),
    Edit("return json.loads(row[0]) if row else None", "return row[0] if row else None"),
)


def render_postcodes() -> str:
    """A table long enough that a page had better not show it whole."""
    zones = ("near", "town", "far")
    rows = (f"{14400 + 3 * n},{zones[n * n % 7 % 3]},{8 + n * 37 % 83}" for n in range(1200))
    return "\n".join(["postcode,zone,minutes", *rows, ""])


STEPS: tuple[Step, ...] = (
    Step(
        "postgres:1",
        ("main:9",),
        13 * DAY + 2 * HOUR,
        who=DEVIN,
        message="Keep orders in PostgreSQL\n",
        files={"src/orchard/store.py": POSTGRES},
    ),
    Step(
        "postgres:2",
        ("postgres:1",),
        12 * DAY,
        who=DEVIN,
        message="Depend on psycopg\n",
        files={
            "pyproject.toml": (Edit('    "flask>=3.0,<4",\n', '    "flask>=3.0,<4",\n    "psycopg>=3.2",\n'),)
        },
    ),
    Step(
        "vat:1",
        ("main:10",),
        6 * DAY,
        who=COPILOT,
        message="Round VAT for each line\n" + FOR_MARTA,
        files={"src/orchard/basket.py": VAT_PER_LINE},
    ),
    Step(
        "vat:2",
        ("vat:1",),
        5 * DAY + 20 * HOUR,
        who=COPILOT,
        message="Test a basket where rounding the sum is a cent off\n" + FOR_MARTA,
        files={"tests/test_basket.py": VAT_TEST},
    ),
    Step(
        "merge-baskets:1",
        ("main:10",),
        5 * DAY,
        who=CLAUDE,
        message="Let a basket take over another\n",
        files={"src/orchard/basket.py": MERGE_BASKETS},
    ),
    Step(
        "merge-baskets:2",
        ("merge-baskets:1",),
        5 * DAY - HOUR,
        who=CLAUDE,
        message="Test what happens at log-in\n",
        files={"tests/test_basket.py": MERGE_BASKETS_TEST},
    ),
    Step(
        "till:1",
        ("main:10",),
        2 * DAY + 4 * HOUR,
        who=CODEX,
        message="Retire the old till's price list\n\n"
        "Nothing imports it; the catalogue has had the prices since version 1.2.\n",
        files={"src/orchard/legacy.py": None},
    ),
    Step(
        "slots:1",
        ("main:12",),
        2 * DAY,
        who=CURSOR,
        message="Open on Fridays in the harvest season\n",
        files={"src/orchard/slots.py": HARVEST, "tests/test_slots.py": HARVEST_TEST},
    ),
    Step(
        "slots:2",
        ("slots:1",),
        2 * DAY - 2 * HOUR,
        who=CURSOR,
        message="Offer two more slots in the evening\n",
        files={"src/orchard/slots.py": EVENING, "tests/test_slots.py": EVENING_TEST},
    ),
    Step(
        "search:1",
        ("main:12",),
        30 * HOUR,
        who=CODEX,
        message="Search the catalogue by words\n",
        files={"src/orchard/catalog.py": SEARCH, "tests/test_catalog.py": SEARCH_TEST},
    ),
    Step(
        "search:2",
        ("search:1",),
        29 * HOUR,
        who=CODEX,
        message="Answer /api/products?q=\n\nWithout q it lists everything, as before.\n",
        files={"src/orchard/routes.py": SEARCH_ROUTES},
    ),
    Step(
        "hours:remote",
        ("main:12",),
        28 * HOUR,
        who=MARTA,
        message="Write the opening hours down\n" + WITH_CLAUDE,
        files={"docs/opening-hours.md": HOURS},
    ),
    Step(
        "hours:local",
        ("main:12",),
        27 * HOUR,
        who=MARTA,
        message="Write the opening hours down, as a table\n" + WITH_CLAUDE,
        files={"docs/opening-hours.md": HOURS_REWORDED},
    ),
    Step(
        "zones:1",
        ("main:13",),
        20 * HOUR,
        who=CODEX,
        message="Add the postcodes that the van reaches\n",
        files={"data/postcodes.csv": render_postcodes()},
    ),
    Step(
        "zones:2",
        ("zones:1",),
        19 * HOUR,
        who=CODEX,
        message="Charge for delivery by zone\n",
        files={"src/orchard/zones.py": ZONES, "tests/test_zones.py": TEST_ZONES},
    ),
    Step(
        "rate:1",
        ("main:13",),
        16 * HOUR,
        who=CURSOR,
        message="Limit requests by address\n",
        files={"src/orchard/rate_limit.py": RATE_LIMIT, "tests/test_rate_limit.py": TEST_RATE_LIMIT},
    ),
    Step(
        "rate:2",
        ("rate:1",),
        15 * HOUR,
        who=CURSOR,
        message="Answer 429 to floods\n",
        files={"src/orchard/app.py": LIMITED},
    ),
    Step(
        "rate:3",
        ("rate:2",),
        11 * HOUR,
        who=CURSOR,
        message="Forget addresses that went quiet\n",
        files={"src/orchard/rate_limit.py": FORGET},
    ),
    Step(
        "logo:1",
        ("main:13",),
        10 * HOUR,
        who=CLAUDE,
        message="Give the shop a face\n",
        files={"static/apple.png": File(APPLE), "static/index.html": PAGE},
    ),
    Step(
        "logo:2",
        ("logo:1",),
        9 * HOUR,
        who=CLAUDE,
        message="Make the release script executable\n",
        files={"scripts/release.sh": File(RELEASE.encode(), "100755")},
    ),
    Step(
        "deps:1",
        ("main:13",),
        8 * HOUR,
        who=JULES,
        message="Raise Flask to 3.1 and pytest to 9\n",
        files={"pyproject.toml": NEWER},
    ),
    Step(
        "labels:1",
        ("main:13",),
        7 * HOUR,
        who=JULES,
        message='Print labels 🍏 <script>alert("ripe")</script>\n',
        files={
            "src/orchard/labels.py": LABELS,
            'data/labels/Boskoop & "Elstar" #2.txt': "Boskoop & Elstar\n",
        },
    ),
    Step(
        "excel:1",
        ("main:14",),
        4 * HOUR,
        who=COPILOT,
        message="Read catalogues saved by Excel\n\nFixes #52.\n" + FOR_MARTA,
        files={"src/orchard/catalog.py": EXCEL, "tests/test_catalog.py": EXCEL_TEST},
    ),
    Step(
        "box:1",
        ("main:14",),
        4 * HOUR - 20,
        who=CLAUDE,
        message="Fill weekly boxes with what is ripe\n",
        files={"src/orchard/boxes.py": BOXES, "tests/test_boxes.py": TEST_BOXES},
    ),
    Step(
        "box:2",
        ("box:1",),
        2 * HOUR,
        who=CLAUDE,
        message="Show what a box would hold today\n",
        files={"src/orchard/routes.py": BOX_ROUTES, "docs/api.md": BOX_DOCS},
    ),
    Step(
        "box:3",
        ("box:2",),
        25,
        who=CLAUDE,
        message="Never sell a box for more than what is in it\n\n"
        "In a week with plenty of potatoes the small box was worth 10.40 €.\n",
        files={"src/orchard/boxes.py": FAIR, "tests/test_boxes.py": FAIR_TEST},
    ),
    Step(
        "invoices:1",
        ("main:14",),
        95,
        who=MARTA,
        message="Write invoices\n" + WITH_CLAUDE,
        files={"src/orchard/invoices.py": INVOICES},
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
UNCOMMITTED: dict[str, Change] = {
    "src/orchard/invoices.py": INVOICE_CUSTOMER,
    "tests/test_invoices.py": TEST_INVOICES,
}
