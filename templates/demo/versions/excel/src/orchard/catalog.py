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
    """Products by SKU; the byte order mark that Excel writes is skipped.

    Raises ValueError when a SKU occurs twice.
    """
    products: dict[str, Product] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            product = Product(row["sku"], row["name"], row["unit"], int(row["price"]), int(row["in_stock"]))
            if product.sku in products:
                raise ValueError(f"SKU {product.sku} occurs twice in {path.name}")
            products[product.sku] = product
    return products
