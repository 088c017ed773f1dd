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


def render(number: str, today: date, customer: str, lines: Sequence[Line]) -> str:
    total = sum(line.total for line in lines)
    vat = sum(vat_included(line.total, FOOD) for line in lines)
    rows = [f"{line.quantity:>4} x {line.name:<30} {euros(line.total):>12}" for line in lines]
    foot = [f"Total {euros(total)}", f"VAT included {euros(vat)}"]
    return "\n".join([f"Invoice {number}", today.isoformat(), customer, "", *rows, "", *foot, ""])
