"""A running `agentledger serve` for tests: the real command in a process of its own, and one that listens.

Belongs here: starting and ending it, asking it for pages, hearing its events. Does not:
repositories (see `gitrepo`), or what one test expects.
"""

from __future__ import annotations

import http.client
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from command import INTERRUPTIBLE

PATIENCE = 20.0  # seconds; a machine that runs many tests at once can be slow


class Serving:
    """The command, what it printed so far, and its address."""

    def __init__(self, repository: Path, *options: str) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.process = subprocess.Popen(
            [*INTERRUPTIBLE, "--repo", str(repository), "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=lines.extend, args=(stream,))
            for lines, stream in ((self.out, self.process.stdout), (self.err, self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()
        until(lambda: self.url != "" or self.process.poll() is not None)
        assert self.process.poll() is None, self.err

    @property
    def url(self) -> str:
        """The address that it told, '' before."""
        return next((line.split(": ")[0] for line in self.out if line.startswith("http://")), "")

    @property
    def address(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def builds(self) -> list[str]:
        """What it said of each build."""
        return [line for line in self.out if " written, " in line]

    def page(self, path: str = "/") -> str:
        """The content of a page that has to be there."""
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, (path, answer.status)
        text = answer.read().decode()
        connection.close()
        return text

    def interrupted(self, by: signal.Signals = signal.SIGINT) -> int:
        """The exit code after Ctrl-C, or another signal."""
        self.process.send_signal(by)
        code = self.process.wait(PATIENCE)
        self._closed()
        return code

    def end(self) -> None:
        """Ends it, if it still runs."""
        self.process.kill()
        self.process.wait()
        self._closed()

    def _closed(self) -> None:
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


class Page:
    """An open page: hears the server's events."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        self._connection.request("GET", "/events")
        self.answer = self._connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.readline() == b"retry: 1000\n"

    def hears(self) -> str:
        """The next event's name; fails when there is none for PATIENCE seconds."""
        while line := self.answer.readline():
            if line.startswith(b"event: "):
                return line.decode().removeprefix("event: ").strip()
        raise AssertionError("the server ended the stream")

    def close(self) -> None:
        """The reader closes the tab."""
        self.answer.close()
        self._connection.close()


@contextmanager
def serving(repository: Path, *options: str) -> Iterator[Serving]:
    """The command while the block runs."""
    running = Serving(repository, *options)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def opened(served: Serving) -> Iterator[Page]:
    """An open page while the block runs."""
    page = Page(served.address)
    try:
        yield page
    finally:
        page.close()


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Waits for something to become true; AssertionError when it does not."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
