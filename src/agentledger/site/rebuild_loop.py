"""Keeping a site as new as its repository: hint → is it different? → build → tell.

Belongs here: when to look and when to build. Does not: reading a repository or building (both
are handed in), watching files (see `watch`), or talking to browsers (see `serve`).

Whether anything changed is asked of the repository's fingerprint alone. A hint only makes that
happen sooner than the regular look, so a lost hint costs time, and a false one builds nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from agentledger.model.errors import LedgerError
from agentledger.site import manifest
from agentledger.site.watch import Folder, Watch

QUIET, LONGEST = 0.08, 0.4  # seconds: a fetch or a rebase moves many refs, and is over when it is quiet
REGULAR, WITHOUT_HINTS = 10.0, 1.0  # seconds between looks
SHARE = 20  # a look that takes a second is made every 20 at most


@dataclass(frozen=True, slots=True)
class Source:
    """What a site is built from; each may raise LedgerError.

    `folders` tells where to watch, `fingerprint` what the repository looks like, and `publish`
    builds the site of a fingerprint and returns from which second it is stale, None for never.
    """

    folders: Callable[[], Iterable[Folder]]
    fingerprint: Callable[[], str]
    publish: Callable[[str], int | None]


class Pulse:
    """Counts what was published, for many threads to wait for the next one."""

    def __init__(self) -> None:
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How often there was something new."""
        return self._count

    @property
    def closed(self) -> bool:
        """True once nothing new will come."""
        return self._closed

    def beat(self) -> None:
        """There is something new."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing new will come: whoever waits is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> int:
        """The count, as soon as it is not `seen`, the pulse is closed, or `timeout` seconds have passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._count != seen, timeout)
            return self._count


class Live:
    """Keeps the site in `out` up to date with `source`; everything runs in the caller's thread.

    `failed` is called with each error, but not again and again for the same one: the site then
    stays as it was until a later look succeeds.
    """

    def __init__(
        self, source: Source, out: Path, watch: Watch, pulse: Pulse, failed: Callable[[LedgerError], None]
    ) -> None:
        self._source, self._out, self._watch, self._pulse, self._failed = source, out, watch, pulse, failed
        self._seen = self._error = ""
        self._until: int | None = None
        self._shown = self._manifest_stamp()
        self._cost = 0.0

    def start(self) -> None:
        """The first build. Raises LedgerError where there is nothing to begin with."""
        # Watched first: what changes while the site is built must not be missed.
        self._watch.follow(self._source.folders())
        self._publish_if_changed()

    def run(self) -> None:
        """Look at every hint, and regularly without; ends by an exception only, such as KeyboardInterrupt."""
        while True:
            if self._watch.wait(self._next_look_delay()):
                self._watch.settle(QUIET, LONGEST)
            self.look()

    def look(self) -> None:
        """Build if anything is different; an error is told, not raised."""
        try:
            self._watch.follow(self._source.folders())
            self._publish_if_changed()
        except LedgerError as error:
            if error.message != self._error:
                self._error = error.message
                self._failed(error)
        else:
            self._error = ""

    def _publish_if_changed(self) -> None:
        began = time.monotonic()
        fingerprint = self._source.fingerprint()
        self._cost = time.monotonic() - began
        if fingerprint != self._seen or self._is_stale():
            self._until = self._source.publish(fingerprint)
            self._seen = fingerprint
        # Not only what was built here: `agentledger site` may have built into the same folder.
        if (stamp := self._manifest_stamp()) != self._shown:
            self._shown = stamp
            self._pulse.beat()

    def _is_stale(self) -> bool:
        return self._until is not None and time.time() >= self._until

    def _next_look_delay(self) -> float:
        """Seconds until the next look without a hint."""
        regular = max(REGULAR if self._watch.complete else WITHOUT_HINTS, self._cost * SHARE)
        if self._until is None or self._error:
            return regular
        return min(regular, max(self._until - time.time(), WITHOUT_HINTS))

    def _manifest_stamp(self) -> tuple[int, int]:
        """Another one after each build that wrote something."""
        try:
            found = (self._out / manifest.NAME).stat()
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns
