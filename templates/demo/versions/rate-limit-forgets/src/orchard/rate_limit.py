"""At most so many requests a minute from one address."""

import time
from collections import defaultdict, deque
from collections.abc import Callable


class RateLimit:
    def __init__(self, limit: int, window: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def allows(self, address: str) -> bool:
        """Whether one more request may pass now; when it may, it is counted."""
        now = self._clock()
        seen = self._seen[address]
        while seen and seen[0] <= now - self._window:
            seen.popleft()
        self._forget_quiet(now)
        if len(seen) >= self._limit:
            return False
        self._seen[address].append(now)
        return True

    def _forget_quiet(self, now: float) -> None:
        """Drop addresses without a request in the window, or memory grows with every visitor."""
        for address in [a for a, times in self._seen.items() if not times or times[-1] <= now - self._window]:
            del self._seen[address]
