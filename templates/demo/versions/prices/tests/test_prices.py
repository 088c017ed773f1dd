import pytest

from orchard.prices import FOOD, OTHER, euros, vat_included


@pytest.mark.parametrize(("gross", "vat"), [(107, 7), (320, 21), (0, 0)])
def test_food_contains_seven_percent(gross: int, vat: int) -> None:
    assert vat_included(gross, FOOD) == vat


def test_the_rest_contains_nineteen() -> None:
    assert vat_included(1190, OTHER) == 190


def test_cents_keep_their_zero() -> None:
    assert euros(1205) == "12.05 €"
