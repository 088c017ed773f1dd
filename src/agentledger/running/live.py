"""Show a command's output while it runs: whole lines, without secrets, and no more than anybody can read.

Belongs here: holding back what is not complete, and leaving out a flood. Does not: where it is shown (the
caller passes a function), or what is stored (see `output`).
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from agentledger.running.redact import MARGIN, Secrets

# More than anybody reads.
BURST = 1 << 18  # bytes that may be shown at once
A_SECOND = 1 << 16  # … and that each second adds again


class Live:
    """Take blocks as they come, and pass on whole lines."""

    def __init__(self, secrets: Secrets, show: Callable[[bytes], object]) -> None:
        self._secrets, self._show = secrets, show
        #: The beginning of a line that is not complete.
        self._held = b""
        #: Bytes not shown since the flood began; 0 outside of one.
        self._skipped = 0
        #: Bytes that may be shown, as of `_at`.
        self._room, self._at = float(BURST), monotonic()

    def add(self, block: bytes) -> None:
        """Take the next block of the output."""
        now = monotonic()
        self._room = min(self._room + (now - self._at) * A_SECOND, BURST)
        self._at = now
        room = int(self._room)
        if self._skipped:
            self._resume_showing(block, room)
        else:
            self._show_fitting(block, room)

    def _show_fitting(self, block: bytes, room: int) -> None:
        """Show as much as there is room for; a line that would be cut is left out as a whole."""
        fits = block[:room]
        self._room -= len(fits)
        text = self._held + fits
        complete = self._complete_length(text)
        self._out(text[:complete])
        self._held = text[complete:]
        if len(fits) < len(block):
            self._skipped = len(self._held) + len(block) - len(fits)
            self._held = b""

    def _resume_showing(self, block: bytes, room: int) -> None:
        """Show the rest from the next line on, once there is room for the whole block."""
        begins = block.find(b"\n") + 1
        if len(block) > room or not begins:
            self._skipped += len(block)
            return
        self._show(f"[agentledger: {self._skipped + begins:,} bytes not shown]\n".encode())
        self._skipped = 0
        self._show_fitting(block[begins:], room)

    def close(self) -> None:
        """Show what was held back: the output is at its end."""
        self._out(self._held)
        self._held = b""
        if self._skipped:
            self._show(f"[agentledger: {self._skipped:,} bytes not shown]\n".encode())

    def _complete_length(self, text: bytes) -> int:
        """Return how many bytes can be shown: whole lines; of a very long line, a part that cuts no secret."""
        # \r, too: a progress bar never ends its line.
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if len(text) - end > 2 * MARGIN:
            end = len(text) - MARGIN
            end = min(
                (first for first, last in self._secrets.find_spans(text) if first < end < last), default=end
            )
        # A private key has several lines: it is held back until its last one is there.
        begun = text.rfind(b"-----BEGIN", max(0, end - MARGIN), end)
        unfinished = begun >= 0 and b"-----END" not in text[begun:end]
        return begun if unfinished and len(text) - begun < MARGIN else end

    def _out(self, text: bytes) -> None:
        if text:
            self._show(self._secrets.cleaned(text))
