"""Many Markdown texts → markup, each within a time limit, none of them rendered twice.

Belongs here: giving texts to processes, what is shown when one fails, and keeping results. Does not: the
processes themselves (see `worker`), or rendering (see `render` and `plain`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from math import inf
from time import monotonic
from types import TracebackType
from typing import Any, Protocol, Self

import markdown_it
from markupsafe import Markup

from agentledger.site.markdown import plain
from agentledger.site.markdown.output_check import is_allowed_html
from agentledger.site.markdown.render import MOST_IN, TOO_LONG, Rendered, render_plain
from agentledger.site.markdown.worker import Worker, not_started_error, wait_for_answers

# Raise this when the same text is rendered differently: results under the old number are then not used.
FORMAT = "1"
_KIND = "markdown"
TOO_SLOW = "rendering it took too long"
FAILED = "rendering it took too much memory, or failed"

LIMIT = 2.0  # seconds for one text; 64 KB of honest Markdown take a tenth of a second
# Many hostile texts must not cost their number times the limit: after PATIENCE seconds lost on texts that
# failed, each text gets only SHORT_LIMIT.
PATIENCE = 30.0
SHORT_LIMIT = 0.5
_BATCH = MOST_IN  # characters sent at once: enough to make the pipe's cost negligible
_MOST_WORKERS = 2
_WORTH_A_PROCESS = 128 << 10  # characters; starting one costs as much as rendering these


class Store(Protocol):
    """Where results are kept from one run to the next: a `storage.cache.Cache`, or anything like it."""

    def get(self, kind: str, keys: Iterable[str], /) -> dict[str, Any]: ...

    def put(self, kind: str, values: Iterable[tuple[str, Any]], /) -> None: ...


class Renderer:
    """Renders Markdown in other processes, which live until the `with` block ends.

    `results` maps `result_key(text, top)` to a JSON value; it is read and added to. Its HTML is checked again
    before it is used, so `results` may come from a file. No process is started while all of them are there.
    `limit` is in seconds for one text.
    """

    def __init__(self, results: MutableMapping[str, Any] | None = None, limit: float = LIMIT) -> None:
        self._results: MutableMapping[str, Any] = {} if results is None else results
        self._limit = limit
        self._lost = 0.0
        self._new: dict[str, Any] = {}
        # Not kept with the others: that a text took too long may be the fault of a busy machine.
        self._failed: dict[str, Rendered] = {}
        # Texts at which a process died once; they get a second try.
        self._suspects: set[str] = set()
        self._workers: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes. The renderer can still be used; it then starts new ones."""
        while self._workers:
            worker = self._workers.pop()
            worker.end(patience=0 if worker.texts else 0.5)

    def render(self, text: str, top: int = 3) -> Rendered:
        """Render one text, as `render_all` does."""
        return self.render_all([text], top)[0]

    def render_all(self, texts: Iterable[str], top: int = 3, store: Store | None = None) -> list[Rendered]:
        """Render each text, in their order; `top` is the level of each text's highest heading.

        Results that are not known are looked up in `store`; new ones are put into it. Raises LedgerError
        if no process can be started.
        """
        ordered_texts = list(texts)
        rendered: dict[str, Rendered] = {}
        keys_by_text: dict[str, str] = {}
        for text in dict.fromkeys(ordered_texts):
            result = _render_at_once(text)
            if result:
                rendered[text] = result
            else:
                keys_by_text[text] = result_key(text, top)
        rendered |= self._recall_results(keys_by_text, store)
        try:
            rendered |= self._answers(deque(text for text in keys_by_text if text not in rendered), top)
        except BaseException:
            self.close()  # the answers that are still to come would belong to the next call's texts
            raise
        finally:
            self._remember(store)
        return [rendered[text] for text in ordered_texts]

    def _recall_results(self, keys_by_text: Mapping[str, str], store: Store | None) -> dict[str, Rendered]:
        """The known results of these texts; `keys_by_text` maps each text to its key."""
        stored = store.get(_KIND, keys_by_text.values()) if store and keys_by_text else {}
        rows = ((text, key, self._results.get(key, stored.get(key))) for text, key in keys_by_text.items())
        results = ((text, self._failed.get(key) or _parse_row(row)) for text, key, row in rows)
        return {text: rendered for text, rendered in results if rendered}

    def _remember(self, store: Store | None) -> None:
        """Keep the new results: in the store, or where there is none, here.

        Not in both: the memory of a server that builds for days would grow without end.
        """
        if store:
            store.put(_KIND, self._new.items())
        else:
            self._results.update(self._new)
        self._new = {}

    def _answers(self, queue: deque[str], top: int) -> Iterator[tuple[str, Rendered]]:
        """Yield each text of the queue with its markup, in the order of the answers."""
        self._start_workers(queue)
        while queue or any(worker.texts for worker in self._workers):
            if not self._workers:
                self._start_workers(queue)
            self._hand_out(queue, top)
            ready = wait_for_answers(self._workers)
            for worker in list(self._workers):
                if worker in ready:
                    yield from self._collect_answer(worker, queue, top)
                elif worker.deadline <= monotonic():
                    yield from self._give_up(worker, queue, top, TOO_SLOW)

    def _start_workers(self, queue: deque[str]) -> None:
        worker_count = min(_MOST_WORKERS, 1 + sum(map(len, queue)) // _WORTH_A_PROCESS)
        while queue and len(self._workers) < worker_count:
            self._workers.append(Worker(self._limit))

    def _hand_out(self, queue: deque[str], top: int) -> None:
        for worker in self._workers:
            if worker.ready and not worker.texts and queue:
                worker.send_texts(_next_batch(queue), top)
                worker.deadline = monotonic() + self._allowed

    def _collect_answer(self, worker: Worker, queue: deque[str], top: int) -> Iterator[tuple[str, Rendered]]:
        try:
            row = worker.answer()
        except EOFError:
            yield from self._give_up(worker, queue, top, FAILED)
            return
        worker.deadline = monotonic() + self._allowed if worker.texts else inf
        if row:
            text = worker.texts.popleft()
            self._new[result_key(text, top)] = row
            yield text, _parse_row(row) or render_plain(text, FAILED)

    def _give_up(
        self, worker: Worker, queue: deque[str], top: int, why: str
    ) -> Iterator[tuple[str, Rendered]]:
        """End a process because of the text it is working on; its other texts go back into the queue."""
        self._workers.remove(worker)
        worker.end()
        if not worker.ready:
            raise not_started_error()
        if not worker.texts:
            return
        self._lost += self._allowed
        text, *unanswered = worker.texts
        queue.extendleft(reversed(unanswered))
        if why == FAILED and text not in self._suspects:
            # The system may have killed it for lack of memory, which need not be this text's fault.
            self._suspects.add(text)
            queue.appendleft(text)
            return
        self._failed[result_key(text, top)] = rendered = render_plain(text, why)
        yield text, rendered

    @property
    def _allowed(self) -> float:
        return self._limit if self._lost < PATIENCE else min(self._limit, SHORT_LIMIT)


def _render_at_once(text: str) -> Rendered | None:
    """The result for a text that needs no process, because it is simple or too long; None for all others."""
    if len(text) > MOST_IN:
        return render_plain(text, TOO_LONG)
    markup = plain.render_simple(text)
    return Rendered(markup, "", ()) if markup is not None else None


def result_key(text: str, top: int = 3) -> str:
    """The key under which a text's result is kept: 64 hexadecimal digits."""
    prefix = f"{FORMAT} {markdown_it.__version__} {top}\0"
    return hashlib.sha256((prefix + text).encode("utf-8", "surrogatepass")).hexdigest()


def _next_batch(queue: deque[str]) -> list[str]:
    """Take the next texts to send together from the queue; at least one."""
    batch = [queue.popleft()]
    room = _BATCH - len(batch[0])
    while queue and (room := room - len(queue[0])) >= 0:
        batch.append(queue.popleft())
    return batch


def _parse_row(row: object) -> Rendered | None:
    """A result from a row of JSON; None where the row is not one, or its HTML is not allowed."""
    match row:
        case [str(html), str(note), list(names) | tuple(names)] if is_allowed_html(html):
            return Rendered(Markup(html), note, tuple(map(str, names)))  # noqa: S704 - checked
    return None
