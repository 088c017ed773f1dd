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
