"""A process that renders Markdown, so that a text that takes too much time or memory can be stopped.

Belongs here: both ends of the pipe to one such process. Does not: which text goes to which process, or what
is shown when one fails (see `pool`).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from time import monotonic

from agentledger.model.errors import LedgerError
from agentledger.site.markdown.render import render_markdown
from agentledger.site.markdown.rules import build_parser

MOST_MEMORY = 1 << 30  # bytes of address space, ten times what an honest text takes
STARTING = 60.0  # seconds until a new process must be ready

Row = tuple[str, str, Sequence[str]]


class Worker:
    """One process, and the texts that it was given and has not answered yet."""

    def __init__(self, limit: float) -> None:
        self.texts: deque[str] = deque()
        self.ready = False
        self.deadline = monotonic() + STARTING
        # Never a fork: it would inherit the locks of our threads and the other workers' pipes.
        context = multiprocessing.get_context("spawn")
        self.pipe, child_pipe = context.Pipe()
        self._process = context.Process(target=run_worker, args=(child_pipe, 2 * limit + 1), daemon=True)
        with child_pipe, _block_interrupts():
            self._process.start()

    def send_texts(self, texts: Sequence[str], top: int) -> None:
        """Send texts to render, in this order."""
        self.texts.extend(texts)
        with suppress(OSError):  # the process has died; `answer` then raises EOFError
            self.pipe.send((top, texts))

    def answer(self) -> Row | None:
        """Receive the next answer; None when the process is ready for its first text.

        Raises EOFError if the process has died, LedgerError if it never started.
        """
        try:
            row: Row | None = self.pipe.recv()
        except OSError as error:
            raise EOFError from error
        except EOFError:
            if self.ready:
                raise
            raise not_started_error() from None
        self.ready = True
        return row

    def end(self, patience: float = 0) -> None:
        """End the process: after `patience` seconds, in which it may end by itself, kill it."""
        self.pipe.close()
        self._process.join(patience)
        self._process.kill()
        self._process.join()
        self._process.close()


def wait_for_answers(workers: Sequence[Worker]) -> list[Worker]:
    """Wait until a worker answers or dies, or the first deadline passes; the workers that did."""
    deadline = min(worker.deadline for worker in workers)
    ready = wait([worker.pipe for worker in workers], max(0, deadline - monotonic()))
    return [worker for worker in workers if worker.pipe in ready]


def not_started_error() -> LedgerError:
    """The error for a process that cannot be started; without one, no Markdown is safe to render."""
    return LedgerError(
        "The process that renders Markdown could not be started.",
        'A program that calls agentledger needs `if __name__ == "__main__":` around its first call.',
    )


def run_worker(pipe: Connection, longest: float) -> None:
    """What a process runs: texts in, rows out, until the other end is closed. `longest`: seconds for one text."""
    _restrict_process()
    build_parser()
    pipe.send(None)
    while True:
        try:
            top, texts = pipe.recv()
        except (EOFError, OSError):
            return
        for text in texts:
            _set_alarm(longest)
            rendered = render_markdown(text, top)
            pipe.send((str(rendered.html), rendered.note, rendered.hidden))
        _set_alarm(0)


def _restrict_process() -> None:
    # From here on the other side notices an error by the process's death; a traceback would only disturb
    # the user's terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with suppress(ImportError, OSError, ValueError):  # Windows has none, macOS no limit on memory
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _set_alarm(seconds: float) -> None:
    """Let the system kill this process after so many seconds, in case its parent is gone; 0: never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _block_interrupts() -> Iterator[None]:
    """Start processes in this block without SIGINT: Ctrl-C is for us, and we end them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)
