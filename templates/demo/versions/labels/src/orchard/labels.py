"""Labels for the crates: name, weight, price."""

from orchard.catalog import Product
from orchard.prices import euros


def label(product: Product) -> str:
    return f"{product.name}\n{euros(product.price)} / {product.unit}"


def may_reprint(role: str) -> bool:
    return role == "farmer" or role == "till\u202e \u2066 # never the till\u2069 \u2066"
