from datetime import date, time

from orchard.slots import slots

TUESDAY = date(2026, 9, 15)
SUNDAY = date(2026, 9, 20)


def test_slots_run_from_nine_to_half_past_five() -> None:
    times = [slot.time() for slot in slots(TUESDAY)]
    assert (times[0], times[-1], len(times)) == (time(9, 0), time(17, 30), 18)


def test_nobody_picks_up_on_a_sunday() -> None:
    assert slots(SUNDAY) == []
