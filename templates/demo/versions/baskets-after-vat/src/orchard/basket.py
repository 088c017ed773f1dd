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

    def take_over(self, other: "Basket") -> None:
        """Add what another basket holds: the visitor's, when a customer logs in."""
        for sku, quantity in other.quantities.items():
            self.add(sku, quantity)

    def remove(self, sku: str) -> None:
        self.quantities.pop(sku, None)

    def sold_out(self, catalog: Mapping[str, Product]) -> list[str]:
        """SKUs of which the farm has fewer than the basket asks for."""
        return sorted(sku for sku, n in self.quantities.items() if catalog[sku].in_stock < n)

    def total(self, catalog: Mapping[str, Product]) -> int:
        return sum(catalog[sku].price * n for sku, n in self.quantities.items())

    def vat(self, catalog: Mapping[str, Product]) -> int:
        """VAT as the receipt shows it: rounded for each line, then added up."""
        lines = (catalog[sku].price * n for sku, n in self.quantities.items())
        return sum(vat_included(line, FOOD) for line in lines)
