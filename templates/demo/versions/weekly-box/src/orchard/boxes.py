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
