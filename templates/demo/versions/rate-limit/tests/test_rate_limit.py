from orchard.rate_limit import RateLimit


def test_an_address_waits_until_the_window_has_passed() -> None:
    now = 0.0
    limit = RateLimit(2, window=60, clock=lambda: now)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now = 60.0
    assert limit.allows("a")
