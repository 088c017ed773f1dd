"""Which names a change of one file takes away, and which it begins to use: read from lines, remembered by blob pair.

Belongs here: the changed lines of many blob pairs, by one git process, and the names in them. Does not: recognising
names in a line (see `names`), or what that does to another branch (see `hints`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agentledger.collisions.may_break.names import blank, find_definitions, find_words
from agentledger.collisions.where import Bring, Where
from agentledger.git.blob_pairs import DIFF_TREE, Pair, read_blob_sizes, write_pair_trees
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model.text import decode
from agentledger.storage.cache import Form, get_or_compute

# The size in bytes above which a file is not looked at: nobody writes one that large.
LARGEST = 1 << 20
# Characters of a line; what is longer was made by a program.
_LONGEST = 400


class Gone(NamedTuple):
    """A definition that a change removes: its line in the old file, and the name that took its place, if any."""

    number: int
    text: str
    renamed: str = ""


@dataclass(frozen=True, slots=True)
class NameChange:
    """The names of one changed file."""

    gone: Mapping[str, Gone] = field(default_factory=dict)
    #: The names that added lines define.
    made: frozenset[str] = frozenset()
    #: The words that added lines have and removed ones have not, with the first line of each in the new file.
    used: Mapping[str, int] = field(default_factory=dict)


def read_name_changes(
    where: Where, pairs: Sequence[tuple[Pair, str]], bring: Bring
) -> dict[tuple[Pair, str], NameChange]:
    """Map blob pairs, each with the family of its file, to what their lines do to names. Two processes."""

    def read(missing: Sequence[tuple[Pair, str]]) -> dict[tuple[Pair, str], NameChange]:
        bring(frozenset(pair.new for pair, _ in missing))
        return _read_changes(where.scratch, missing)

    keys = {each: f"{each[0].old}{each[0].new}{each[1]}" for each in pairs}
    return get_or_compute(where.cache, "names", keys, compute=read, form=_FORM)


def _dump(change: NameChange) -> Any:
    return [{name: list(gone) for name, gone in change.gone.items()}, sorted(change.made), dict(change.used)]


def _load(row: Any) -> NameChange:
    gone, made, used = row
    return NameChange(
        {
            str(name): Gone(int(number), str(text), str(renamed))
            for name, (number, text, renamed) in gone.items()
        },
        frozenset(map(str, made)),
        {str(word): int(number) for word, number in used.items()},
    )


_FORM: Form[NameChange] = Form(_dump, _load)


class Hunk(NamedTuple):
    """The lines that one change takes out of a file, and those that it puts there, with their numbers."""

    old: list[tuple[int, str]]
    new: list[tuple[int, str]]


def _read_changes(scratch: Scratch, pairs: Sequence[tuple[Pair, str]]) -> dict[tuple[Pair, str], NameChange]:
    sizes = read_blob_sizes(scratch, [pair for pair, _ in pairs]) | {scratch.null: 0}
    ready = [each for each in pairs if all(sizes.get(blob, LARGEST + 1) <= LARGEST for blob in each[0])]
    if not ready:
        return {}
    trees = write_pair_trees(scratch, [pair for pair, _ in ready])
    flow = stream_output(scratch.git, [*DIFF_TREE, "-p", "-U0", *trees], [])
    found = {
        ready[number]: summarise(hunks, ready[number][1])
        for number, hunks in _parse_patches(split_stream(flow.blocks, b"\n"))
    }
    # After a failure the last answer may be cut off; a hint that nobody gets is no harm.
    return {} if flow.failure() else found


_HEADER = re.compile(rb"@@ -([0-9]+)(?:,[0-9]+)? \+([0-9]+)(?:,[0-9]+)? @@")


def _parse_patches(lines: Iterator[bytes]) -> Iterator[tuple[int, list[Hunk]]]:
    number, hunks, old, new = -1, list[Hunk](), 0, 0
    for line in lines:
        if line.startswith(b"diff --git "):
            if number >= 0:
                yield number, hunks
            number, hunks = int(line.rpartition(b"/")[2]), []
        elif (header := _HEADER.match(line)) is not None:
            old, new = int(header[1]), int(header[2])
            hunks.append(Hunk([], []))
        elif hunks and line[:1] == b"-":
            hunks[-1].old.append((old, decode(line[1 : _LONGEST + 1])))
            old += 1
        elif hunks and line[:1] == b"+":
            hunks[-1].new.append((new, decode(line[1 : _LONGEST + 1])))
            new += 1
    if number >= 0:
        yield number, hunks


def summarise(hunks: Sequence[Hunk], family: str) -> NameChange:
    """Return what the changed lines of a file do to names."""
    gone: dict[str, Gone] = {}
    made: set[str] = set()
    kept: set[str] = set()
    used: dict[str, int] = {}
    for hunk in hunks:
        old, new = _blank_lines(hunk.old, family), _blank_lines(hunk.new, family)
        here = [(code, name) for _, code in new for name in find_definitions(code, family)]
        made.update(name for _, name in here)
        kept.update(word for _, code in old for word in find_words(code))
        for number, code in new:
            for word in find_words(code):
                used.setdefault(word, number)
        for (number, code), (_, text) in zip(old, hunk.old, strict=True):
            for name in find_definitions(code, family):
                gone.setdefault(name, Gone(number, text.strip(), _find_new_name(name, code, here)))
    return NameChange(
        {name: each for name, each in gone.items() if name not in made},
        frozenset(made),
        {word: number for word, number in used.items() if word not in kept},
    )


def _blank_lines(lines: Sequence[tuple[int, str]], family: str) -> list[tuple[int, str]]:
    codes = blank("\n".join(text for _, text in lines), family).split("\n") if lines else []
    return [(number, code) for (number, _), code in zip(lines, codes, strict=True)]


def _find_new_name(name: str, code: str, added: Sequence[tuple[str, str]]) -> str:
    """Return the name that took this one's place, '' where there is none that is clear.

    Either nothing but the name is different in the definition, or it is the only one that the same lines add, with the
    same words before the name: a rename often comes with other parameters.
    """
    for line, other in added:
        if other != name and re.sub(rf"\b{re.escape(other)}\b", name, line).split() == code.split():
            return other
    if len(added) != 1:
        return ""
    line, other = added[0]
    return other if line.partition(other)[0].split() == code.partition(name)[0].split() else ""
