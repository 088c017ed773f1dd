"""Keep a site as new as its repository: hint → compare the fingerprint → build → notify open pages.

Belongs here: when to look and when to build. Does not: reading a repository or building (both are passed
in), watching files (see `watch`), or talking to browsers (see `server`).

Only the repository's fingerprint decides whether anything changed. A hint makes the next look come sooner
than the regular one. So a lost hint costs time, and a false one builds nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from agentledger.model.errors import LedgerError
from agentledger.site import manifest
from agentledger.site.watch import WITHOUT_HINTS, Folder, Watch

QUIET, LONGEST = 0.08, 0.4  # seconds: a fetch or a rebase moves many refs, and has ended when no hint comes
SHARE = 20  # a look that takes one second is made at most every 20 seconds


@dataclass(frozen=True, slots=True)
class Source:
    """What a site is built from, as three functions; each may raise LedgerError.

    `folders` lists what to watch, `fingerprint` identifies the repository's state, and `publish` builds the
    site of a fingerprint and returns the second (since the epoch) at which it becomes stale, None: never.
    """

    folders: Callable[[], Iterable[Folder]]
    fingerprint: Callable[[], str]
    publish: Callable[[str], int | None]


class Pulse:
    """Counts what was published; many threads can wait for the next count."""

    def __init__(self) -> None:
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How many times something new was published."""
        return self._count

    @property
    def closed(self) -> bool:
        """True after `close`: nothing new will be published."""
        return self._closed

    def beat(self) -> None:
        """Count one more publication, and wake the threads that wait."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Close the pulse, and wake the threads that wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> int:
        """Wait until the count is not `seen`, the pulse is closed, or `timeout` seconds are over; the count."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._count != seen, timeout)
            return self._count


class Live:
    """Keeps the site in `out` up to date with `source`; everything runs in the caller's thread.

    `failed` is called with an error, once until another one follows or a look succeeds. The site stays as
    it was until then.
    """

    def __init__(
        self, source: Source, out: Path, watch: Watch, pulse: Pulse, failed: Callable[[LedgerError], None]
    ) -> None:
        self._source, self._out, self._watch, self._pulse, self._failed = source, out, watch, pulse, failed
        self._published_fingerprint = self._error = ""
        self._valid_until: int | None = None
        self._announced_stamp = self._manifest_stamp()
        self._cost = 0.0

    def start(self) -> None:
        """Build for the first time. Raises LedgerError where that fails."""
        # Watched first: a change during the build must not be missed.
        self._watch.follow(self._source.folders())
        self._publish_if_changed()

    def run(self) -> None:
        """Look at every hint, and regularly without one; ends only by an exception, such as KeyboardInterrupt."""
        while True:
            if self._watch.wait(self._next_look_delay()):
                self._watch.settle(QUIET, LONGEST)
            self.look()

    def look(self) -> None:
        """Build if anything is different; an error goes to `failed`, and is not raised."""
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
        started = time.monotonic()
        fingerprint = self._source.fingerprint()
        self._cost = time.monotonic() - started
        if fingerprint != self._published_fingerprint or self._is_stale():
            self._valid_until = self._source.publish(fingerprint)
            self._published_fingerprint = fingerprint
        # Compared on the disk: `agentledger site` may have built into the same folder.
        if (stamp := self._manifest_stamp()) != self._announced_stamp:
            self._announced_stamp = stamp
            self._pulse.beat()

    def _is_stale(self) -> bool:
        return self._valid_until is not None and time.time() >= self._valid_until

    def _next_look_delay(self) -> float:
        """Seconds until the next look, if no hint comes."""
        # In a large repository a look is expensive; looking every second would keep a core busy.
        regular = max(self._watch.longest_wait, self._cost * SHARE)
        if self._valid_until is None or self._error:
            return regular
        return min(regular, max(self._valid_until - time.time(), WITHOUT_HINTS))

    def _manifest_stamp(self) -> tuple[int, int]:
        """Inode and time of the manifest: different after each build that wrote something; (0, 0) for none."""
        try:
            status = (self._out / manifest.NAME).stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_mtime_ns
