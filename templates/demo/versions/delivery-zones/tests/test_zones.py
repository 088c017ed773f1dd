import pytest

from orchard.zones import Stop, fee


@pytest.mark.parametrize(
    ("zone", "total", "cents"),
    [("near", 4999, 290), ("near", 5000, 0), ("town", 5000, 0), ("far", 5000, 590)],
)
def test_only_far_stops_pay_from_fifty_euros_on(zone: str, total: int, cents: int) -> None:
    assert fee(Stop("14542", zone, 10), total) == cents
