"""Keep what a command printed, within bounds: the first MiB, and the last.

Belongs here: keeping it, and cutting it to what is stored. Does not: what in it is secret (see `redact`), or
what is shown while it comes (see `live`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agentledger.running.redact import MARGIN, Secrets

MOST = 1 << 20  # bytes kept from either end


@dataclass(frozen=True, slots=True)
class Log:
    """What is stored of an output, without secrets. `left_out` counts the bytes missing between its two ends."""

    text: bytes
    left_out: int = 0


class Output:
    """Take blocks as they come; never keep more than two MiB and a block or two."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._first = bytearray()
        self._last: deque[bytes] = deque()
        self._held = 0  # bytes in _last
        self.total = 0

    def add(self, block: bytes) -> None:
        """Take the next block of the output."""
        self.total += len(block)
        # MARGIN more than is stored: a secret may lie across the cut, and is recognised only as a whole.
        room = self._most + MARGIN - len(self._first)
        if room > 0:
            self._first += block[:room]
        self._last.append(block)
        self._held += len(block)
        while self._held - len(self._last[0]) >= self._most + MARGIN:
            self._held -= len(self._last.popleft())

    def log(self, secrets: Secrets) -> Log:
        """Return all of it, or its two ends with a line between them that says how much is missing."""
        if self.total <= 2 * self._most:
            return Log(secrets.cleaned(self._whole()))
        last = b"".join(self._last)
        left_out = self.total - 2 * self._most
        first = secrets.cleaned(bytes(self._first), end=self._most)
        between = f"\n[agentledger: {left_out:,} bytes left out here]\n".encode()
        return Log(first + between + secrets.cleaned(last, start=len(last) - self._most), left_out)

    def _whole(self) -> bytes:
        """Return the whole output, if it is no longer than both ends together."""
        # The two overlap: of the beginning only what the end does not have.
        last = b"".join(self._last)
        return bytes(self._first[: max(self.total - len(last), 0)]) + last
