"""The sample's base branch: a small farm shop, written by one person over six weeks.

Belongs here: the commits of `main` as literal text. Does not: the agents' work
(`demo_branches`), or how commits come to be (`demo`).
"""

from __future__ import annotations

from agentledger.workflow.demo.demo_fleet import DAY, HOUR, MARTA, Edit, Step

README = """\
# Orchard

The farm shop's web service: the catalogue, baskets, orders, and pick-up slots.

    pip install -e '.[test]'
    flask --app orchard.app run
    pytest

Prices are whole cents, VAT included. Times are those of the shop, Europe/Berlin.
"""

PYPROJECT = """\
[project]
name = "orchard"
version = "1.4.0"
requires-python = ">=3.11"
dependencies = [
    "flask>=3.0,<4",
]

[project.optional-dependencies]
test = ["pytest>=8"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

CATALOG = '''\
"""The catalogue: what the farm sells this week."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    unit: str
    price: int
    in_stock: int


def load(path: Path) -> dict[str, Product]:
    """Products by SKU. Raises ValueError when a SKU occurs twice."""
    products: dict[str, Product] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            product = Product(row["sku"], row["name"], row["unit"], int(row["price"]), int(row["in_stock"]))
            if product.sku in products:
                raise ValueError(f"SKU {product.sku} occurs twice in {path.name}")
            products[product.sku] = product
    return products
'''

PRODUCTS = """\
sku,name,unit,price,in_stock
APL-BOS,Boskoop,kg,320,140
APL-ELS,Elstar,kg,290,220
PEA-CON,Conference pears,kg,340,95
PLU-ZWE,Zwetschgen,kg,380,60
JUI-APL,Apple juice,bottle,250,400
HON-LIN,Lime-blossom honey,jar,690,48
EGG-FRE,Free-range eggs,box of ten,420,75
POT-LIN,Linda potatoes,kg,180,500
"""

TEST_CATALOG = """\
from pathlib import Path

import pytest

from orchard.catalog import load

HEADER = "sku,name,unit,price,in_stock\\n"


def test_products_are_found_by_sku(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "APL-BOS,Boskoop,kg,320,140\\n")
    assert load(tmp_path / "p.csv")["APL-BOS"].price == 320


def test_a_sku_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + 2 * "APL-BOS,Boskoop,kg,320,140\\n")
    with pytest.raises(ValueError, match="occurs twice"):
        load(tmp_path / "p.csv")
"""

PRICES = '''\
"""Money, in whole cents. Nothing here goes through a float."""

from decimal import ROUND_HALF_UP, Decimal

FOOD = Decimal("0.07")
OTHER = Decimal("0.19")


def vat_included(gross: int, rate: Decimal) -> int:
    """The VAT contained in a gross price, rounded to the cent."""
    share = gross * rate / (1 + rate)
    return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d} €"
'''

TEST_PRICES = """\
import pytest

from orchard.prices import FOOD, OTHER, euros, vat_included


@pytest.mark.parametrize(("gross", "vat"), [(107, 7), (320, 21), (0, 0)])
def test_food_contains_seven_percent(gross: int, vat: int) -> None:
    assert vat_included(gross, FOOD) == vat


def test_the_rest_contains_nineteen() -> None:
    assert vat_included(1190, OTHER) == 190


def test_cents_keep_their_zero() -> None:
    assert euros(1205) == "12.05 €"
"""

BASKET = '''\
"""A basket: how many of what, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchard.catalog import Product
from orchard.prices import FOOD, vat_included


@dataclass
class Basket:
    quantities: dict[str, int] = field(default_factory=dict)

    def add(self, sku: str, quantity: int = 1) -> None:
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        self.quantities[sku] = self.quantities.get(sku, 0) + quantity

    def remove(self, sku: str) -> None:
        self.quantities.pop(sku, None)

    def total(self, catalog: Mapping[str, Product]) -> int:
        return sum(catalog[sku].price * n for sku, n in self.quantities.items())

    def vat(self, catalog: Mapping[str, Product]) -> int:
        return vat_included(self.total(catalog), FOOD)
'''

TEST_BASKET = """\
import pytest

from orchard.basket import Basket
from orchard.catalog import Product

CATALOG = {
    "APL-BOS": Product("APL-BOS", "Boskoop", "kg", 320, 140),
    "EGG-FRE": Product("EGG-FRE", "Free-range eggs", "box of ten", 420, 75),
}


def test_quantities_of_one_product_add_up() -> None:
    basket = Basket()
    basket.add("APL-BOS", 2)
    basket.add("APL-BOS")
    assert basket.total(CATALOG) == 960


def test_a_quantity_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Basket().add("APL-BOS", 0)


def test_removing_what_is_not_there_changes_nothing() -> None:
    basket = Basket({"EGG-FRE": 1})
    basket.remove("APL-BOS")
    assert basket.quantities == {"EGG-FRE": 1}
"""

STORE = '''\
"""Orders on disk, in SQLite."""

import json
import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,
    customer TEXT NOT NULL,
    lines TEXT NOT NULL,
    total INTEGER NOT NULL,
    slot TEXT
)
"""


class OrderStore:
    """One connection; the caller closes it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(SCHEMA)

    def add(self, customer: str, lines: dict[str, int], total: int, slot: str | None = None) -> int:
        """Store an order; returns its number."""
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO orders (customer, lines, total, slot) VALUES (?, ?, ?, ?)",
                (customer, json.dumps(lines), total, slot),
            )
        return int(cursor.lastrowid or 0)

    def lines(self, number: int) -> dict[str, int] | None:
        row = self._db.execute("SELECT lines FROM orders WHERE number = ?", (number,)).fetchone()
        return json.loads(row[0]) if row else None

    def close(self) -> None:
        self._db.close()
'''

APP = '''\
"""The web application, put together."""

from pathlib import Path

from flask import Flask

from orchard import catalog, routes
from orchard.store import OrderStore


def create_app(data: Path = Path("data")) -> Flask:
    app = Flask("orchard")
    app.config["CATALOG"] = catalog.load(data / "products.csv")
    app.config["ORDERS"] = OrderStore(data / "orders.sqlite")
    app.register_blueprint(routes.shop)
    return app
'''

ROUTES = '''\
"""What the shop answers over HTTP."""

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from orchard.basket import Basket

shop = Blueprint("shop", __name__, url_prefix="/api")


@shop.get("/products")
def products() -> ResponseReturnValue:
    return jsonify(list(current_app.config["CATALOG"].values()))


@shop.get("/products/<sku>")
def product(sku: str) -> ResponseReturnValue:
    return jsonify(current_app.config["CATALOG"].get(sku) or abort(404))


@shop.post("/orders")
def order() -> ResponseReturnValue:
    asked = request.get_json()
    basket = Basket()
    for sku, quantity in asked["lines"].items():
        basket.add(sku, quantity)
    total = basket.total(current_app.config["CATALOG"])
    number = current_app.config["ORDERS"].add(asked["customer"], basket.quantities, total)
    return jsonify(number=number, total=total), 201
'''

API = """\
# API

| request | answer |
|---|---|
| `GET /api/products` | every product of the catalogue |
| `GET /api/products/<sku>` | one product, or 404 |
| `POST /api/orders` | 201 with `number` and `total` |

An order is `{"customer": "…", "lines": {"APL-BOS": 2}}`. Totals are whole cents, VAT included.
"""

SLOTS = '''\
"""When a customer can pick an order up."""

from datetime import date, datetime, time, timedelta

OPEN_ON = {1, 3, 5}  # Tuesday, Thursday, Saturday
FIRST = time(9, 0)
LAST = time(17, 30)
LENGTH = timedelta(minutes=30)


def is_open(day: date) -> bool:
    return day.weekday() in OPEN_ON


def slots(day: date) -> list[datetime]:
    """The beginnings of all slots of a day, earliest first; none when the shop is closed."""
    if not is_open(day):
        return []
    found = [datetime.combine(day, FIRST)]
    while found[-1].time() < LAST:
        found.append(found[-1] + LENGTH)
    return found
'''

TEST_SLOTS = """\
from datetime import date, time

from orchard.slots import slots

TUESDAY = date(2026, 9, 15)
SUNDAY = date(2026, 9, 20)


def test_slots_run_from_nine_to_half_past_five() -> None:
    times = [slot.time() for slot in slots(TUESDAY)]
    assert (times[0], times[-1], len(times)) == (time(9, 0), time(17, 30), 18)


def test_nobody_picks_up_on_a_sunday() -> None:
    assert slots(SUNDAY) == []
"""

LEGACY = '''\
"""Reads the price list that the old till exports every night."""

from pathlib import Path


def cents(text: str) -> int:
    euros, _, rest = text.partition(".")
    return 100 * int(euros) + int(rest or 0)


def prices(path: Path) -> dict[str, int]:
    """Prices in cents by SKU. The till writes `SKU;name;price` in Latin-1."""
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        sku, _, price = line.split(";")
        found[sku] = cents(price)
    return found
'''

RELEASE = """\
#!/bin/sh
# Build, tag and upload a release. Needs a clean work tree.
set -eu
test -z "$(git status --porcelain)"
version=$(sed -n 's/^version = "\\(.*\\)"/\\1/p' pyproject.toml)
python -m build
git tag "v$version"
git push origin "v$version"
"""

SOLD_OUT = Edit(
    "    total = basket.total(",
    """\
    missing = basket.sold_out(current_app.config["CATALOG"])
    if missing:
        return jsonify(error="sold out", skus=missing), 409
    total = basket.total(""",
)

SOLD_OUT_METHOD = Edit(
    "    def total(",
    '''\
    def sold_out(self, catalog: Mapping[str, Product]) -> list[str]:
        """SKUs of which the farm has fewer than the basket asks for."""
        return sorted(sku for sku, n in self.quantities.items() if catalog[sku].in_stock < n)

    def total(''',
)

TIMED = (
    Edit("from pathlib import Path\n", "import logging\nimport time\nfrom pathlib import Path\n"),
    Edit("from flask import Flask\n", "from flask import Flask, Response, g, request\n"),
    Edit(
        "\n\n\ndef create_app",
        """

log = logging.getLogger(__name__)


def start_clock() -> None:
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    took = 1000 * (time.perf_counter() - g.started)
    log.info("%s %s %d in %.1f ms", request.method, request.path, response.status_code, took)
    return response


def create_app""",
    ),
    Edit(
        "    app.register_blueprint",
        "    app.before_request(start_clock)\n    app.after_request(log_request)\n    app.register_blueprint",
    ),
)

VAT_PER_LINE = (
    Edit(
        "        return vat_included(self.total(catalog), FOOD)",
        '''\
        """VAT as the receipt shows it: rounded for each line, then added up."""
        lines = (catalog[sku].price * n for sku, n in self.quantities.items())
        return sum(vat_included(line, FOOD) for line in lines)''',
    ),
)

VAT_TEST = (
    Edit(
        "def test_a_quantity_below",
        """\
def test_vat_is_rounded_for_each_line() -> None:
    assert Basket({"APL-BOS": 9, "EGG-FRE": 3}).vat(CATALOG) == 188 + 82


def test_a_quantity_below""",
    ),
)

MERGE_BASKETS = (
    Edit(
        "    def remove(",
        '''\
    def take_over(self, other: "Basket") -> None:
        """Add what another basket holds: the visitor's, when a customer logs in."""
        for sku, quantity in other.quantities.items():
            self.add(sku, quantity)

    def remove(''',
    ),
)

MERGE_BASKETS_TEST = (
    Edit(
        "def test_removing_what",
        """\
def test_a_basket_takes_over_what_another_holds() -> None:
    basket = Basket({"APL-BOS": 1})
    basket.take_over(Basket({"APL-BOS": 2, "EGG-FRE": 1}))
    assert basket.quantities == {"APL-BOS": 3, "EGG-FRE": 1}


def test_removing_what""",
    ),
)

HOLIDAYS = (
    Edit(
        "FIRST = time(9, 0)\n",
        "HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}  # month, day\nFIRST = time(9, 0)\n",
    ),
    Edit(
        "    return day.weekday() in OPEN_ON\n",
        "    return day.weekday() in OPEN_ON and (day.month, day.day) not in HOLIDAYS\n",
    ),
)

HOLIDAYS_TEST = (
    Edit(
        "def test_nobody_picks",
        """\
def test_the_shop_keeps_public_holidays() -> None:
    assert slots(date(2026, 10, 3)) == []  # a Saturday


def test_nobody_picks""",
    ),
)

COMMA = (
    Edit(
        '    euros, _, rest = text.partition(".")\n',
        '    euros, _, rest = text.replace(",", ".").partition(".")\n',
    ),
    Edit("int(rest or 0)", 'int(rest.ljust(2, "0"))'),
)


def _main_step(number: int, minutes: int, message: str, files: dict[str, str | tuple[Edit, ...]]) -> Step:
    after = (f"main:{number - 1}",) if number > 1 else ()
    return Step(f"main:{number}", after, minutes, who=MARTA, message=message, files=files)


BASE: tuple[Step, ...] = (
    _main_step(
        1,
        41 * DAY,
        "Start the shop with a catalogue read from CSV\n",
        {
            ".gitignore": "__pycache__/\n*.sqlite\ndist/\n",
            "README.md": README,
            "data/products.csv": PRODUCTS,
            "pyproject.toml": PYPROJECT,
            "src/orchard/__init__.py": "",
            "src/orchard/catalog.py": CATALOG,
            "tests/test_catalog.py": TEST_CATALOG,
        },
    ),
    _main_step(
        2,
        39 * DAY + 3 * HOUR,
        "Keep prices in whole cents, with the VAT they contain\n",
        {"src/orchard/prices.py": PRICES, "tests/test_prices.py": TEST_PRICES},
    ),
    _main_step(
        3,
        36 * DAY + 5 * HOUR,
        "Add the basket\n",
        {"src/orchard/basket.py": BASKET, "tests/test_basket.py": TEST_BASKET},
    ),
    _main_step(4, 33 * DAY + HOUR, "Store orders in SQLite\n", {"src/orchard/store.py": STORE}),
    _main_step(
        5,
        30 * DAY + 7 * HOUR,
        "Serve the catalogue and take orders over HTTP\n",
        {"src/orchard/app.py": APP, "src/orchard/routes.py": ROUTES},
    ),
    _main_step(6, 27 * DAY + 2 * HOUR, "Describe the API\n", {"docs/api.md": API}),
    _main_step(
        7,
        24 * DAY + 4 * HOUR,
        "Offer pick-up slots of half an hour\n",
        {"src/orchard/slots.py": SLOTS, "tests/test_slots.py": TEST_SLOTS},
    ),
    _main_step(
        8,
        20 * DAY + 6 * HOUR,
        "Read the old till's price list\n\n"
        "The till goes in spring; until then its prices are the ones that count.\n",
        {"src/orchard/legacy.py": LEGACY, "scripts/release.sh": RELEASE},
    ),
    _main_step(
        9,
        17 * DAY + HOUR,
        "Refuse orders for what is sold out\n",
        {"src/orchard/basket.py": (SOLD_OUT_METHOD,), "src/orchard/routes.py": (SOLD_OUT,)},
    ),
    _main_step(10, 9 * DAY + 3 * HOUR, "Log each request with its duration\n", {"src/orchard/app.py": TIMED}),
    _main_step(
        11,
        4 * DAY + 2 * HOUR,
        "Round VAT for each line, as the receipt does (#41)\n",
        {"src/orchard/basket.py": VAT_PER_LINE, "tests/test_basket.py": VAT_TEST},
    ),
    Step(
        "main:12",
        ("main:11", "merge-baskets:2"),
        3 * DAY + HOUR,
        who=MARTA,
        message="Merge branch 'claude/merge-baskets'\n",
        files={"src/orchard/basket.py": MERGE_BASKETS, "tests/test_basket.py": MERGE_BASKETS_TEST},
    ),
    _main_step(
        13,
        26 * HOUR,
        "Close the shop on public holidays\n",
        {"src/orchard/slots.py": HOLIDAYS, "tests/test_slots.py": HOLIDAYS_TEST},
    ),
    _main_step(14, 5 * HOUR, "Read the old till's prices with a comma\n", {"src/orchard/legacy.py": COMMA}),
)
