"""What a branch did to tests, in words: counts of lines, skips, and what the crossings show. The same on every output.

Belongs here: those sentences, long and short, and their order. Does not: counting (see `changes.static_facts`),
crossing (see `workflow.verify`), or the layout of one output.

The words say what is there and what is gone. Whether a test was weakened is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentledger.model.fleet import Branch
from agentledger.model.integrity import TAKEN_AWAY, Integrity, MarkedLine, Meaning, StaticFacts
from agentledger.model.text import escape_hidden, format_count
from agentledger.reports.crossings import describe_crossing

# How many tests a sentence names, and how much of a name.
_NAMED, _LONGEST = 3, 80


def describe_static_facts(branch: Branch) -> tuple[str, ...]:
    """Return all that was counted in a branch's test files, a sentence each; () where nothing was, or is known."""
    facts = branch.static_facts
    if facts is None:
        return ()
    return (*_describe_counts(facts), *_describe_marks(facts, conditional=True))


def list_notable_facts(branch: Branch) -> tuple[str, ...]:
    """Return what a reader should look at: counts above the threshold, unconditional skips, marks to run alone."""
    facts = branch.static_facts
    if facts is None:
        return ()
    counts = tuple(_describe_counts(facts)) if facts.is_loss else ()
    return (*counts, *_describe_marks(facts, conditional=False))


def describe_integrity(branch: Branch) -> tuple[str, ...]:
    """Return what a reader should look at of the facts, then what the crossings of its checks show."""
    return (*list_notable_facts(branch), *describe_crossings(branch))


def describe_tests(branch: Branch) -> tuple[str, ...]:
    """Return all that is known of what a branch did to tests, and what is not: for whoever decides on it."""
    if branch.static_facts is None:
        counted: tuple[str, ...] = ("the lines of its tests were not counted",)
    else:
        counted = describe_static_facts(branch) or (
            "no assertion, test or skip came or went in its test files",
        )
    crossed = describe_crossings(branch)
    return (*counted, *(crossed or ("the tests of base were not run against it",)))


def summarize_integrity(branch: Branch) -> str:
    """Return the same in a few words, for one row: `tests −2 assertions, −1 test`; "" for nothing."""
    facts, parts = branch.static_facts, list[str]()
    if facts and facts.is_loss:
        assertions = facts.assertions_removed - facts.assertions_added
        tests = facts.tests_removed - facts.tests_added
        parts.append(f"tests −{format_count(assertions, 'assertion')}, −{format_count(tests, 'test')}")
    if facts:
        skipped = sum(not mark.conditional for mark in facts.skips)
        parts += [f"{format_count(skipped, 'test')} skipped that ran"] if skipped else []
        parts += ["a test is marked to run alone"] if facts.focus else []
    parts += [text for record in _list_newest(branch) if (text := _summarize_crossing(branch, record))]
    return "; ".join(parts)


def _describe_counts(facts: StaticFacts) -> Iterator[str]:
    parts = []
    if facts.assertions_removed or facts.assertions_added:
        parts.append(f"assertions in tests: {_describe_lines(facts)}")
    if declared := facts.tests_removed - facts.tests_added:
        word = "fewer" if declared > 0 else "more"
        parts.append(f"{format_count(abs(declared), 'test')} declared {word}")
    if parts:
        rows = ["a table of cases was added"] if facts.adds_rows else []
        yield " · ".join([*parts, *rows, f"code +{facts.code_added:,} −{facts.code_removed:,}"])


def _describe_lines(facts: StaticFacts) -> str:
    if not facts.assertions_removed:
        return format_count(facts.assertions_added, "line").replace(" line", " more line")
    fewer = format_count(facts.assertions_removed, "line").replace(" line", " fewer line")
    return f"{fewer}, {facts.assertions_added:,} more"


def _describe_marks(facts: StaticFacts, *, conditional: bool) -> Iterator[str]:
    if plain := [mark for mark in facts.skips if not mark.conditional]:
        yield f"skipped now, ran on base: {_name_marks(plain)}"
    under = [mark for mark in facts.skips if mark.conditional] if conditional else []
    if under:
        yield f"skipped under a condition now, ran on base: {_name_marks(under)}"
    if facts.focus:
        places = [f"{_cut(mark.path)}:{mark.line}" for mark in facts.focus]
        yield f"marked to run alone, so that others do not: {_join(places)}"


def _name_marks(marks: Sequence[MarkedLine]) -> str:
    return _join(list(dict.fromkeys(_cut(mark.test) or f"all of {_cut(mark.path)}" for mark in marks)))


# -- the crossings ---------------------------------------------------------------------------


def describe_crossings(branch: Branch) -> tuple[str, ...]:
    """Return what the newest crossing of each check shows; one of another commit says so."""
    return tuple(_describe_record(branch, record) for record in _list_newest(branch))


def is_of_head(branch: Branch, record: Integrity) -> bool:
    """Is the record about the branch's change as it is at its head?"""
    fresh = branch.standing.integrity_fresh.get(record.document.source.path) if branch.standing else None
    return record.head == branch.head or (fresh is not None and fresh.holds)


def _list_newest(branch: Branch) -> tuple[Integrity, ...]:
    """The newest record of each check: of the head if there is one, else of another commit."""
    records = branch.work.integrity if branch.work else ()
    newest: dict[str, Integrity] = {}
    for record in sorted(records, key=lambda each: (not is_of_head(branch, each), -each.at)):
        if record.check:  # else its check cannot be read; it stays among the documents
            newest.setdefault(record.check, record)
    return tuple(newest.values())


def _describe_record(branch: Branch, record: Integrity) -> str:
    shown = " · ".join(describe_crossing(record))
    stale = "" if is_of_head(branch, record) else f", as of another commit, {record.head[:10]}"
    meaning = "" if record.meaning is Meaning.UNKNOWN else f"{record.meaning} · "
    return f"{escape_hidden(record.check)}: {meaning}{shown}{stale}"


def _summarize_crossing(branch: Branch, record: Integrity) -> str:
    if not is_of_head(branch, record):
        return ""
    taken = sum(word.word in TAKEN_AWAY for word in record.words)
    if record.meaning is Meaning.DEMANDS_REMOVED or taken:
        count = f", {format_count(taken, 'test')}" if taken else ""
        return f"{escape_hidden(record.check)}: demands taken away{count}"
    return f"{escape_hidden(record.check)}: {record.meaning}" if record.meaning is Meaning.UNTESTED else ""


def _cut(text: str) -> str:
    shown = escape_hidden(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _join(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
