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
