import pytest

from orchard.boxes import SIZES, Size, fill
from orchard.catalog import Product

PAIR = Size("pair", 500, 2)
PRODUCTS = [
    Product("PLU-ZWE", "Zwetschgen", "kg", 380, 60),
    Product("APL-ELS", "Elstar", "kg", 290, 220),
    Product("JUI-APL", "Apple juice", "bottle", 250, 400),
    Product("HON-LIN", "Lime-blossom honey", "jar", 690, 0),
]


def skus(products: list[Product]) -> list[str]:
    return [product.sku for product in products]


def test_what_there_is_most_of_goes_in_first() -> None:
    assert skus(fill(PAIR, PRODUCTS)) == ["JUI-APL", "APL-ELS"]


def test_a_customer_without_apples_gets_none() -> None:
    assert skus(fill(PAIR, PRODUCTS, frozenset({"APL-ELS"}))) == ["JUI-APL", "PLU-ZWE"]


def test_a_box_is_worth_its_price_where_the_farm_has_what_it_takes() -> None:
    assert skus(fill(Size("pair", 600, 2), PRODUCTS)) == ["PLU-ZWE", "APL-ELS"]


def test_a_box_that_cannot_be_filled_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 4 products, 3 are left"):
        fill(SIZES["small"], PRODUCTS)
