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
