"""What the crossings of a branch's checks show, in sentences: the same on every output.

Belongs here: those sentences. Does not: crossing (see `workflow.integrity`), or the layout of one output.

The words say what is there and what is gone. Whether a test was weakened is for the reader to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from agentledger.model.integrity import (
    TAKEN_AWAY,
    CrossingEnd,
    CrossingRun,
    Integrity,
    Meaning,
    Word,
    WordOnTest,
)
from agentledger.model.text import escape_hidden

_NAMED = 3  # tests that a sentence names
_LONGEST = 80  # characters of a name
# What a reader should see of base's tests, though nobody took a demand away.
_SHOWN = (*TAKEN_AWAY, Word.CHANGED_GUARD, Word.CHANGED_GUARD_NEW_INTERFACE, Word.NOT_RUN, Word.FLAKY)


def describe_crossings(integrity: Integrity) -> tuple[str, ...]:
    """Return what the crossings of one check show, a sentence each."""
    if integrity.meaning is Meaning.UNKNOWN:
        return (f"no verdict: {escape_hidden(integrity.why)}",)
    words = tuple(_describe_words(integrity.words))
    if integrity.meaning is Meaning.TESTS_ONLY:
        return ("no code changed, so that nothing was crossed", *words)
    return (*_describe_pair(integrity), *words)


def _describe_pair(integrity: Integrity) -> Iterator[str]:
    c, d = integrity.c, integrity.d
    if c:
        counts = _count_words(integrity.words)
        yield f"base's tests: {_describe_run(c, 'object')}{f' ({counts})' if counts else ''}"
    if integrity.meaning is Meaning.DEMANDS_REMOVED:
        yield "nothing here asks for the new behaviour"
    elif integrity.meaning is Meaning.UNTESTED:
        yield "all tests pass without the change, too"
    elif d and integrity.tells is not None:
        yield from _describe_tells(integrity.tells, integrity.needs_names or 0)
    elif d:
        end = _describe_run(d, "fail")
        # What was not loaded lacks a name, and says nothing of what the code does.
        part = "" if d.end is CrossingEnd.PASSES or not d.why else ", which proves nothing"
        yield f"the branch's tests without its code: {end}{part}"


def _describe_tells(tells: int, needs_names: int) -> Iterator[str]:
    if tells or not needs_names:
        yield f"{_count_tests(tells)} without the change"
    if needs_names:
        need = "needs" if needs_names == 1 else "need"
        yield f"{needs_names:,} {need} names that base lacks, which proves nothing"


def _count_tests(count: int) -> str:
    return f"{count:,} of the branch's tests {'fails' if count == 1 else 'fail'}"


def _describe_run(run: CrossingRun, verb: str) -> str:
    if run.end is CrossingEnd.PASSES:
        return "none to run" if run.tests == 0 and run.exit_code is None else "pass"
    if run.end is CrossingEnd.NOT_LOADED:
        return f"do not load, {escape_hidden(run.why)}" if run.why else "do not load"
    if run.failed is None or run.tests is None:
        return verb
    counts = f"{run.failed:,} of {run.tests:,} {verb}{'s' if run.failed == 1 else ''}"
    return f"{counts}, not loaded: {escape_hidden(run.why)}" if run.why and run.exit_code else counts


def _count_words(words: Sequence[WordOnTest]) -> str:
    counts = Counter(word.word for word in words if word.word in TAKEN_AWAY)
    return ", ".join(f"{count:,} {word.removeprefix('silenced: ')}" for word, count in counts.items())


def _describe_words(words: Sequence[WordOnTest]) -> Iterator[str]:
    """Name the tests under each word that a reader should see."""
    for word in _SHOWN:
        named = [_name_test(each) for each in words if each.word is word]
        if named:
            more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
            yield f"{word}: {', '.join(named[:_NAMED])}{more}"


def _name_test(word: WordOnTest) -> str:
    partner = f", now {_cut(word.partner)}" if word.partner else ""
    return f"{_cut(word.test)}{partner}"


def _cut(text: str) -> str:
    shown = escape_hidden(text.rpartition(" | ")[2])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
