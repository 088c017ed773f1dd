from datetime import date, time

from orchard.slots import slots

TUESDAY = date(2026, 9, 15)
SUNDAY = date(2026, 9, 20)


def test_slots_run_from_nine_to_half_past_six() -> None:
    times = [slot.time() for slot in slots(TUESDAY)]
    assert (times[0], times[-1], len(times)) == (time(9, 0), time(18, 30), 20)


def test_fridays_are_open_while_the_harvest_lasts() -> None:
    assert slots(date(2026, 9, 18)) != []
    assert slots(date(2026, 11, 20)) == []


def test_nobody_picks_up_on_a_sunday() -> None:
    assert slots(SUNDAY) == []
