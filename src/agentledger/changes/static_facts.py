"""Counts in the test files that branches changed: what asserts, what declares a test, new skips and focus marks.

Belongs here: counting for all branches at once, from one diff, and remembering it. Does not: how such lines look
(see `marks_of_tests`), which test a skip is on (see `skipped_tests`), or what the counts mean (`model.integrity`).

Nothing is run. A line that is taken away here and stands again there, in whichever test file of the branch, was
moved, and counts as neither: so a renamed file, a moved test and another indentation are no loss.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agentledger.changes.marks_of_tests import Language, any_mark, is_comment, language_of
from agentledger.changes.skipped_tests import find_new_skips
from agentledger.git.blob_pairs import Pair, blob_pairs_of
from agentledger.git.objects import read_object_contents
from agentledger.git.pair_patches import fold_pair_patches
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Branch, Change
from agentledger.model.integrity import MarkedLine, StaticFacts
from agentledger.model.policy import Policy
from agentledger.model.text import decode
from agentledger.scope.file_role import is_code_path, is_test_path
from agentledger.storage.cache import Cache, Form, get_or_compute

# Raise it when the counts of the same change become others: the table of marks is part of the answer.
_FORMAT = "1"
# No -w: lines are compared without their white space here, also those that stand elsewhere.
_FLAGS = ("-U0", "--no-indent-heuristic")
_HUNK = re.compile(rb"@@ -\S+ \+([0-9]+)")
# How many skips and focus marks of a branch are kept, and how much of each line.
_MOST_MARKS, _MOST_TEXT = 50, 160
# A longer line was written by a program, such as one that packs scripts for a browser.
_LONGEST = 1_000


class _File(NamedTuple):
    """A changed test file in a language that is known, and its content before and after."""

    path: bytes
    language: Language
    pair: Pair


def attach_static_facts(
    scratch: Scratch, cache: Cache | None, branches: Sequence[Branch], policy: Policy
) -> list[Branch]:
    """Return the branches; each that base lacks has the counts of what it did to tests.

    It has none where some of its files cannot be read, or lines of its code were not counted.
    """
    open_ones = [branch for branch in branches if branch.state in UNMERGED]
    files = {branch.ref: tuple(_list_files(branch, policy)) for branch in open_ones}
    keys = {ref: _key_of(each) for ref, each in files.items() if each}
    by_key = {key: files[ref] for ref, key in keys.items()}
    counted = get_or_compute(
        cache,
        "static facts",
        {key: key for key in by_key},
        compute=lambda missing: _count_all(scratch, {key: by_key[key] for key in missing}),
        form=_FORM,
    )
    none = StaticFacts()
    facts = {b.ref: counted.get(keys[b.ref]) if b.ref in keys else none for b in open_ones}
    return [
        replace(b, static_facts=_add_code(b, policy, facts[b.ref])) if b.ref in facts else b for b in branches
    ]


def _list_files(branch: Branch, policy: Policy) -> Iterator[_File]:
    for change in branch.changes:
        language = language_of(change.path)
        if language is not None and is_test_path(change.path, policy):
            for pair in blob_pairs_of(change):
                yield _File(change.path, language, pair)


def _key_of(files: Iterable[_File]) -> str:
    """The content decides, so a rebased branch is not counted again."""
    text = b"\0".join(b"%s\0%s" % (file.path, f"{file.pair.old} {file.pair.new}".encode()) for file in files)
    return f"{_FORMAT} {hashlib.sha256(text).hexdigest()}"


def _add_code(branch: Branch, policy: Policy, facts: StaticFacts | None) -> StaticFacts | None:
    """Return the facts with the lines of code; None where either is not known."""
    changes = [change for change in branch.changes if is_code_path(change.path, policy)]
    if facts is None or any(change.binary is None for change in changes):
        return None
    removed, added = _sum_lines(changes)
    return replace(facts, code_removed=removed, code_added=added)


def _sum_lines(changes: Iterable[Change]) -> tuple[int, int]:
    text = [change for change in changes if not change.binary]
    return sum(change.removed or 0 for change in text), sum(change.added or 0 for change in text)


# -- one diff for all branches ------------------------------------------------------------


@dataclass(slots=True)
class _Marked:
    """The marked lines of one pair of blobs, without their white space; those added with number and text."""

    assertions: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    tests: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    rows: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    focus: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    focus_lines: list[tuple[int, str]] = field(default_factory=list)
    adds_skip: bool = False


def _count_all(scratch: Scratch, missing: Mapping[str, Sequence[_File]]) -> dict[str, StaticFacts]:
    languages = {file.pair: file.language for files in missing.values() for file in files}
    marked = fold_pair_patches(
        scratch, list(languages), _FLAGS, lambda pair, lines: _mark_lines(lines, languages[pair])
    )
    # A number that leaves a file out would be wrong.
    whole = {key: files for key, files in missing.items() if all(file.pair in marked for file in files)}
    needed = {key: tuple(_list_blobs(files, marked)) for key, files in whole.items()}
    blobs = _read_blobs(scratch, [blob for ids in needed.values() for blob in ids])
    return {
        key: _count_branch(files, marked, blobs)
        for key, files in whole.items()
        if all(blob in blobs for blob in needed[key])
    }


def _mark_lines(lines: Iterable[bytes], language: Language) -> _Marked:
    marked, at, marks = _Marked(), 0, any_mark(language)
    for line in lines:
        sign = line[:1]
        if sign == b"@":
            header = _HUNK.match(line)
            at = int(header[1]) - 1 if header else at
        elif sign in (b"+", b"-"):
            at += sign == b"+"
            text = line[1:]
            if len(text) <= _LONGEST and marks.search(text) and not is_comment(language, text.lstrip()):
                _mark_line(marked, text, language, added=sign == b"+", at=at)
    return marked


def _mark_line(marked: _Marked, text: bytes, language: Language, *, added: bool, at: int) -> None:
    plain = b"".join(text.split())
    for expression, sides in (
        (language.assertion, marked.assertions),
        (language.declaration, marked.tests),
        (language.rows, marked.rows),
        (language.focus, marked.focus),
    ):
        if expression.search(text):
            sides[added].append(plain)
    if added and language.focus.search(text):
        marked.focus_lines.append((at, decode(text.strip())))
    skips = (language.skip, language.skip_if, language.whole)
    marked.adds_skip |= added and any(each.search(text) for each in skips)


def _count_branch(
    files: Sequence[_File], marked: Mapping[Pair, _Marked], blobs: Mapping[str, bytes]
) -> StaticFacts:
    each = [marked[file.pair] for file in files]
    lost, won = _net_of(one.assertions for one in each)
    tests_lost, tests_won = _net_of(one.tests for one in each)
    _, rows = _net_of(one.rows for one in each)
    _, focus = _net_of(one.focus for one in each)
    skips = [
        mark for file in files if marked[file.pair].adds_skip for mark in _list_skips(file, files, blobs)
    ]
    return StaticFacts(
        assertions_removed=lost.total(),
        assertions_added=won.total(),
        tests_removed=tests_lost.total(),
        tests_added=tests_won.total(),
        skips=tuple(sorted(skips, key=lambda mark: mark.conditional)[:_MOST_MARKS]),
        focus=tuple(_list_focus(files, marked, focus))[:_MOST_MARKS],
        adds_rows=bool(rows),
    )


def _net_of(sides: Iterable[tuple[list[bytes], list[bytes]]]) -> tuple[Counter[bytes], Counter[bytes]]:
    """What of the removed lines is not added again anywhere, and the other way round."""
    removed, added = Counter[bytes](), Counter[bytes]()
    for gone, came in sides:
        removed.update(gone)
        added.update(came)
    return removed - added, added - removed


def _list_focus(
    files: Sequence[_File], marked: Mapping[Pair, _Marked], new: Counter[bytes]
) -> Iterator[MarkedLine]:
    for file in files:
        for line, text in marked[file.pair].focus_lines:
            if "".join(text.split()).encode("utf-8", "surrogateescape") in new:
                yield MarkedLine("", decode(file.path), line, text[:_MOST_TEXT])


# -- skips: both versions of the few files in which one was added ---------------------------


def _list_skips(file: _File, files: Sequence[_File], blobs: Mapping[str, bytes]) -> Iterator[MarkedLine]:
    new = blobs.get(file.pair.new, b"")
    old = b"\n".join(blobs.get(blob, b"") for blob in _old_blobs(file, files))
    for skip in find_new_skips(old, new, file.language):
        yield MarkedLine(
            test=(skip.test or "")[:_MOST_TEXT],
            path=decode(file.path),
            line=skip.line,
            text=skip.text[:_MOST_TEXT],
            conditional=skip.conditional,
        )


def _old_blobs(file: _File, files: Sequence[_File]) -> list[str]:
    """What the file was on base. Of a new file, all files of its language that the branch deleted: it may be one."""
    if file.pair.old.strip("0"):
        return [file.pair.old]
    return [
        each.pair.old for each in files if each.language is file.language and not each.pair.new.strip("0")
    ]


def _list_blobs(files: Sequence[_File], marked: Mapping[Pair, _Marked]) -> Iterator[str]:
    for file in files:
        if marked[file.pair].adds_skip:
            yield file.pair.new
            yield from _old_blobs(file, files)


def _read_blobs(scratch: Scratch, ids: Sequence[str]) -> dict[str, bytes]:
    unique = list(dict.fromkeys(ids))
    return dict(read_object_contents(scratch.git, unique)) if unique else {}


# -- in the cache ----------------------------------------------------------------------------


def _dump(facts: StaticFacts) -> Any:
    counts = [facts.assertions_removed, facts.assertions_added, facts.tests_removed, facts.tests_added]
    return [*counts, facts.adds_rows, list(map(list, facts.skips)), list(map(list, facts.focus))]


def _load(row: Any) -> StaticFacts:
    *counts, rows, skips, focus = row
    removed, added, tests_removed, tests_added = (_load_count(count) for count in counts)
    return StaticFacts(
        assertions_removed=removed,
        assertions_added=added,
        tests_removed=tests_removed,
        tests_added=tests_added,
        adds_rows=rows is True,
        skips=tuple(map(_load_mark, skips)),
        focus=tuple(map(_load_mark, focus)),
    )


def _load_count(count: Any) -> int:
    if not isinstance(count, int) or count < 0:
        raise ValueError(count)
    return count


def _load_mark(row: Any) -> MarkedLine:
    test, path, line, text, conditional = row
    return MarkedLine(
        test=str(test),
        path=str(path),
        line=_load_count(line),
        text=str(text),
        conditional=conditional is True,
    )


_FORM: Form[StaticFacts] = Form(_dump, _load)
