import pytest

from orchard.basket import Basket
from orchard.catalog import Product

CATALOG = {
    "APL-BOS": Product("APL-BOS", "Boskoop", "kg", 320, 140),
    "EGG-FRE": Product("EGG-FRE", "Free-range eggs", "box of ten", 420, 75),
}


def test_quantities_of_one_product_add_up() -> None:
    basket = Basket()
    basket.add("APL-BOS", 2)
    basket.add("APL-BOS")
    assert basket.total(CATALOG) == 960


def test_vat_is_rounded_for_each_line() -> None:
    assert Basket({"APL-BOS": 9, "EGG-FRE": 3}).vat(CATALOG) == 188 + 82


def test_a_quantity_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Basket().add("APL-BOS", 0)


def test_a_basket_takes_over_what_another_holds() -> None:
    basket = Basket({"APL-BOS": 1})
    basket.take_over(Basket({"APL-BOS": 2, "EGG-FRE": 1}))
    assert basket.quantities == {"APL-BOS": 3, "EGG-FRE": 1}


def test_removing_what_is_not_there_changes_nothing() -> None:
    basket = Basket({"EGG-FRE": 1})
    basket.remove("APL-BOS")
    assert basket.quantities == {"EGG-FRE": 1}
