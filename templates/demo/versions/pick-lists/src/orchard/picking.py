"""What has to be picked for the orders of a day."""

from collections import Counter
from collections.abc import Iterable, Mapping


def pick_list(orders: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    """Each product with how many of it are needed, of orders as `OrderStore.lines` gives them."""
    needed: Counter[str] = Counter()
    for lines in orders:
        needed.update(lines)
    return sorted(needed.items())
