"""When a customer can pick an order up."""

from datetime import date, datetime, time, timedelta

OPEN_ON = {1, 3, 5}  # Tuesday, Thursday, Saturday
HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}  # month, day
FIRST = time(9, 0)
LAST = time(17, 30)
LENGTH = timedelta(minutes=30)


def is_open(day: date) -> bool:
    return day.weekday() in OPEN_ON and (day.month, day.day) not in HOLIDAYS


def slots(day: date) -> list[datetime]:
    """The beginnings of all slots of a day, earliest first; none when the shop is closed."""
    if not is_open(day):
        return []
    found = [datetime.combine(day, FIRST)]
    while found[-1].time() < LAST:
        found.append(found[-1] + LENGTH)
    return found
