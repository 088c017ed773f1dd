"""What of a command's output is shown while it runs: whole lines without secrets, and no flood.

Belongs here: holding back what is not complete, and leaving out what nobody could read. Does not: showing
(the callback's), or what is kept (see `output`).
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from agentledger.running.redact import MARGIN, Secrets

# Bytes that may be shown at once, and how many more with each second: more than anybody reads.
BURST = 1 << 18
A_SECOND = 1 << 16


class Live:
    """Takes blocks as they come, and hands on whole lines."""

    def __init__(self, secrets: Secrets, show: Callable[[bytes], object]) -> None:
        self._secrets, self._show = secrets, show
        self._held = b""
        self._skipped = 0
        self._room, self._at = float(BURST), monotonic()

    def add(self, block: bytes) -> None:
        """The next block of the output."""
        now = monotonic()
        self._room = min(self._room + (now - self._at) * A_SECOND, BURST)
        self._at = now
        room = int(self._room)
        if self._skipped:
            self._resume_showing(block, room)
        else:
            self._show_fitting(block, room)

    def _show_fitting(self, block: bytes, room: int) -> None:
        """Show what there is room for; the line that is cut then is left out whole."""
        fits = block[:room]
        self._room -= len(fits)
        text = self._held + fits
        whole = self._complete_length(text)
        self._out(text[:whole])
        self._held = text[whole:]
        if len(fits) < len(block):
            self._skipped = len(self._held) + len(block) - len(fits)
            self._held = b""

    def _resume_showing(self, block: bytes, room: int) -> None:
        """Go on with the next line, once there is room for all that came."""
        begins = block.find(b"\n") + 1
        if len(block) > room or not begins:
            self._skipped += len(block)
            return
        self._show(f"[agentledger: {self._skipped + begins:,} bytes not shown]\n".encode())
        self._skipped = 0
        self._show_fitting(block[begins:], room)

    def close(self) -> None:
        """There is no more: what was held back is shown."""
        self._out(self._held)
        self._held = b""
        if self._skipped:
            self._show(f"[agentledger: {self._skipped:,} bytes not shown]\n".encode())

    def _complete_length(self, text: bytes) -> int:
        """How much of it can be shown: whole lines; of a very long one a part that cuts no secret."""
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if len(text) - end > 2 * MARGIN:
            end = len(text) - MARGIN
            end = min(
                (first for first, last in self._secrets.find_spans(text) if first < end < last), default=end
            )
        begun = text.rfind(b"-----BEGIN", max(0, end - MARGIN), end)
        unfinished = begun >= 0 and b"-----END" not in text[begun:end]
        return begun if unfinished and len(text) - begun < MARGIN else end

    def _out(self, text: bytes) -> None:
        if text:
            self._show(self._secrets.cleaned(text))
