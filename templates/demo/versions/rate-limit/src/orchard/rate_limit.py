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
        if len(seen) >= self._limit:
            return False
        seen.append(now)
        return True
