"""When a customer can pick an order up."""

from datetime import date, datetime, time, timedelta

OPEN_ON = {1, 3, 5}  # Tuesday, Thursday, Saturday
FRIDAY = 4
HARVEST = range(8, 11)  # August to October
FIRST = time(9, 0)
LAST = time(18, 30)
LENGTH = timedelta(minutes=30)


def is_open(day: date) -> bool:
    return day.weekday() in OPEN_ON or (day.weekday() == FRIDAY and day.month in HARVEST)


def slots(day: date) -> list[datetime]:
    """The beginnings of all slots of a day, earliest first; none when the shop is closed."""
    if not is_open(day):
        return []
    found = [datetime.combine(day, FIRST)]
    while found[-1].time() < LAST:
        found.append(found[-1] + LENGTH)
    return found
