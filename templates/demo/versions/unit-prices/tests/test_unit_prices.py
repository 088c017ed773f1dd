import pytest

from orchard.unit_prices import per_kilogram


def test_a_small_jar_is_compared_by_the_kilogram() -> None:
    assert per_kilogram(250, 125) == 2000


def test_nothing_weighs_nothing() -> None:
    with pytest.raises(ValueError, match="at least 1 g"):
        per_kilogram(250, 0)
