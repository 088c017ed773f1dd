"""What Marta asked for: the sample's briefs.

Belongs here: the briefs as literal text. Does not: when they were given out (`demo_ledger`).
"""

from __future__ import annotations

from agentledger.workflow.demo.demo_packets import Brief

TEST = "PYTHONPATH=src python -m pytest -q tests"
TESTED = {"verify": {"test": TEST}}

POSTGRES = Brief(
    "postgres-store",
    "Keep orders in PostgreSQL",
    {
        "session": "cloud",
        "branch": "devin/postgres-store",
        "owns": ["src/orchard/store.py", "pyproject.toml"],
        **TESTED,
    },
    why="Two processes could serve the shop. We stop if running a database server costs more than it saves.",
    outcome="Orders are stored in PostgreSQL, and nothing else changes.",
    context="`src/orchard/store.py` is the only module that knows the database.",
    criteria=["every method of `OrderStore` does what it did"],
    constraints="psycopg is the one new dependency.",
)
SLOTS = Brief(
    "pickup-slots",
    "Longer hours while the harvest lasts",
    {
        "session": "cloud",
        "branch": "cursor/pickup-slots",
        "owns": ["src/orchard/slots.py", "tests/test_slots.py"],
        **TESTED,
    },
    why="Customers ask for evenings and Fridays. We stop if the farm cannot staff them.",
    outcome="Customers can choose a slot on harvest Fridays, and until half past six.",
    context="All opening times are in `src/orchard/slots.py`.",
    criteria=["Fridays from August to October have slots", "the last slot begins at 18:30"],
)
SEARCH = Brief(
    "search-products",
    "Search the catalogue",
    {
        "branch": "codex/search-products",
        "owns": ["src/orchard/catalog.py", "src/orchard/routes.py", "tests/test_catalog.py"],
        "check_in": "1h",
        **TESTED,
    },
    why="The list is long on a phone. We stop if this needs an index of its own.",
    outcome="`GET /api/products?q=` answers with the products that hold every word.",
    context="`catalog.load` keeps all products in memory.",
    criteria=[
        "every word has to be found, in any order and case",
        "without `q` everything is listed, as before",
    ],
)
ZONES = Brief(
    "delivery-zones",
    "Charge for delivery by zone",
    {
        "session": "cloud",
        "priority": 1,
        "branch": "codex/delivery-zones",
        "owns": ["src/orchard/zones.py", "data/postcodes.csv", "tests/test_zones.py"],
        **TESTED,
    },
    why="The van drives far for small orders. We stop if the zones cannot be told from the postcode.",
    outcome="The fee for a delivery follows from its postcode and the order's total.",
    context="Prices are whole cents, see `src/orchard/prices.py`.",
    criteria=["each postcode of the table has a zone", "from 50 € on, delivery is free except far away"],
)
LOGO = Brief(
    "shop-logo",
    "Give the shop a face",
    {
        "session": "cloud",
        "branch": "claude/shop-logo",
        "owns": ["static/**", "scripts/release.sh"],
        "verify": {"icon": "test -s static/apple.png", "release": "sh -n scripts/release.sh"},
    },
    why="The start page is blank. We stop if it needs a front-end build.",
    outcome="The start page shows an apple and the opening days; the release script can be run.",
    context="Nothing static exists yet.",
    criteria=["`static/index.html` shows the icon", "`scripts/release.sh` is executable"],
)
DEPENDENCIES = Brief(
    "update-dependencies",
    "Raise Flask and pytest",
    {"session": "cloud", "branch": "jules/update-dependencies", "owns": ["pyproject.toml"], **TESTED},
    why="We do not want to fall behind. We stop if a release needs changes of our code.",
    outcome="`pyproject.toml` asks for Flask 3.1 and pytest 9.",
    context="There is no lock file.",
    criteria=["the tests pass with what is asked for"],
)
LABELS = Brief(
    "print-labels",
    "Print labels for the crates",
    {
        "session": "cloud",
        "branch": "jules/labels-🍎#2",
        "owns": ["src/orchard/labels.py", "data/labels/**"],
        **TESTED,
    },
    why="Labels are written by hand. We stop if the printer needs a driver.",
    outcome="A crate's label says name, price and unit.",
    context="`src/orchard/prices.py` writes amounts.",
    criteria=["a label shows name, price and unit", "only the farmer may print one again"],
)
UNITS = Brief(
    "unit-prices",
    "Show what a kilogram costs",
    {
        "owns": ["src/orchard/unit_prices.py", "src/orchard/prices.py", "tests/test_unit_prices.py"],
        **TESTED,
    },
    why="Jars of honey come in two sizes soon. We stop if weights are not known.",
    outcome="A function gives the price of a kilogram, in whole cents.",
    context="`src/orchard/prices.py` rounds half up.",
    criteria=["250 cents for 125 g are 2000 cents for a kilogram", "a weight below 1 g is refused"],
    notes="Two agents try this independently; one of the branches will be taken.",
)
BOX = Brief(
    "weekly-box",
    "Weekly boxes with what is ripe",
    {
        "priority": 1,
        "branch": "claude/weekly-box",
        "owns": ["src/orchard/boxes.py", "src/orchard/routes.py", "tests/test_boxes.py", "docs/api.md"],
        "check_in": "30m",
        **TESTED,
    },
    why="Regular customers want to be surprised. We stop if boxes are sold at a loss.",
    outcome="`GET /api/boxes/<size>` says what a box would hold today.",
    context="`Product.in_stock` says what there is.",
    criteria=["a box never holds what the customer left out", "a box is worth its price where stock allows"],
)
INVOICES = Brief(
    "invoices",
    "Write invoices",
    {
        "session": "local",
        "branch": "agent/invoices",
        "owns": ["src/orchard/invoices.py", "tests/test_invoices.py"],
        **TESTED,
    },
    why="Cafés ask for them. We stop if the tax adviser wants another format.",
    outcome="An invoice is plain text with a number, a date, the customer and the lines.",
    context="`src/orchard/prices.py` has the VAT.",
    criteria=["numbers have no gaps and begin again each year", "the customer is named"],
)
VOUCHERS = Brief(
    "gift-vouchers",
    "Sell gift vouchers",
    {
        "mode": "review",
        "priority": 3,
        "owns": ["src/orchard/vouchers.py", "tests/test_vouchers.py"],
        "depends_on": ["invoices"],
        **TESTED,
    },
    why="Asked for every December. We stop if vouchers count as cash for the tax office.",
    outcome="A voucher has a code and a balance, and an order can be paid with it.",
    context="Orders are stored by `src/orchard/store.py`.",
    criteria=["a voucher cannot be spent twice", "a balance never falls below zero"],
)
# Of another manager: Marta has as many branches to review as policy allows, so none is handed out for her.
PICKS = Brief(
    "pick-lists",
    "A list to pick by",
    {
        "manager": "jonas@orchard.example",
        "owns": ["src/orchard/picking.py", "tests/test_picking.py"],
        **TESTED,
    },
    why="Every order is picked by itself, a walk for each. We stop if the shelves get a system of their own.",
    outcome="`orchard pick` prints each product of a day's orders once, with how many are needed.",
    context="Orders are stored by `src/orchard/store.py`, as quantities by product.",
    criteria=["a product of two orders stands there once, with the sum"],
)
