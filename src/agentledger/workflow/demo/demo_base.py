"""The sample's base branch: a small farm shop, written by one person over six weeks.

Belongs here: the commits of `main`. Does not: their files (see `demo_files`), the agents' work (see
`demo_branches`), or how commits are written (see `create_demo`).
"""

from __future__ import annotations

from collections.abc import Callable

from agentledger.workflow.demo.demo_files import take_versions
from agentledger.workflow.demo.demo_fleet import DAY, HOUR, MARTA, BuildState, Changes, Step

_FIRST_FILES = (
    ".gitignore",
    "README.md",
    "data/products.csv",
    "pyproject.toml",
    "src/orchard/__init__.py",
    "src/orchard/catalog.py",
    "tests/test_catalog.py",
)


def _main_step(number: int, minutes: int, message: str, files: Callable[[BuildState], Changes]) -> Step:
    """The commit of this number on `main`, on top of the one before it."""
    after = (f"main:{number - 1}",) if number > 1 else ()
    return Step(f"main:{number}", after, minutes, who=MARTA, message=message, files=files)


BASE: tuple[Step, ...] = (
    _main_step(
        1,
        41 * DAY,
        message="Start the shop with a catalogue read from CSV\n",
        files=take_versions("start", *_FIRST_FILES),
    ),
    _main_step(
        2,
        39 * DAY + 3 * HOUR,
        message="Keep prices in whole cents, with the VAT they contain\n",
        files=take_versions("prices", "src/orchard/prices.py", "tests/test_prices.py"),
    ),
    _main_step(
        3,
        36 * DAY + 5 * HOUR,
        message="Add the basket\n",
        files=take_versions("basket", "src/orchard/basket.py", "tests/test_basket.py"),
    ),
    _main_step(
        4,
        33 * DAY + HOUR,
        message="Store orders in SQLite\n",
        files=take_versions("order-store", "src/orchard/store.py"),
    ),
    _main_step(
        5,
        30 * DAY + 7 * HOUR,
        message="Serve the catalogue and take orders over HTTP\n",
        files=take_versions("http", "src/orchard/app.py", "src/orchard/routes.py"),
    ),
    _main_step(
        6,
        27 * DAY + 2 * HOUR,
        message="Describe the API\n",
        files=take_versions("api-docs", "docs/api.md"),
    ),
    _main_step(
        7,
        24 * DAY + 4 * HOUR,
        message="Offer pick-up slots of half an hour\n",
        files=take_versions("pickup-slots", "src/orchard/slots.py", "tests/test_slots.py"),
    ),
    _main_step(
        8,
        20 * DAY + 6 * HOUR,
        message="Read the old till's price list\n\n"
        "The till goes in spring; until then its prices are the ones that count.\n",
        files=take_versions("till-prices", "src/orchard/legacy.py", "scripts/release.sh"),
    ),
    _main_step(
        9,
        17 * DAY + HOUR,
        message="Refuse orders for what is sold out\n",
        files=take_versions("sold-out", "src/orchard/basket.py", "src/orchard/routes.py"),
    ),
    _main_step(
        10,
        9 * DAY + 3 * HOUR,
        message="Log each request with its duration\n",
        files=take_versions("request-log", "src/orchard/app.py"),
    ),
    _main_step(
        11,
        4 * DAY + 2 * HOUR,
        message="Round VAT for each line, as the receipt does (#41)\n",
        files=take_versions("vat-per-line", "src/orchard/basket.py", "tests/test_basket.py"),
    ),
    Step(
        "main:12",
        ("main:11", "merge-baskets:2"),
        3 * DAY + HOUR,
        who=MARTA,
        message="Merge branch 'claude/merge-baskets'\n",
        files=take_versions("baskets-after-vat", "src/orchard/basket.py", "tests/test_basket.py"),
    ),
    _main_step(
        13,
        26 * HOUR,
        message="Close the shop on public holidays\n",
        files=take_versions("holidays", "src/orchard/slots.py", "tests/test_slots.py"),
    ),
    _main_step(
        14,
        5 * HOUR,
        message="Read the old till's prices with a comma\n",
        files=take_versions("till-comma", "src/orchard/legacy.py"),
    ),
)
