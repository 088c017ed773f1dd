"""Guesses what no merge shows: a branch takes a name away, and lines that another one adds use it.

Belongs here: which names of which branches to ask about, and the hints that remain. Does not: names in lines (see
`names`), the changed lines (see `name_changes`), whether a name is gone and a line uses it (see `name_uses`), or
conflicts (see `merge_pairs`).

A name counts as gone only where no code of the branch's result has it any more, in any file of these languages, or
where the line that uses it takes it from a module that has lost it. So one that was moved, or that is defined twice,
gives no hint. That leaves true ones out; it is why those that remain can be believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.collisions.may_break.name_changes import Gone, NameChange, read_name_changes
from agentledger.collisions.may_break.name_uses import Candidate, keep_gone, keep_used
from agentledger.collisions.may_break.names import family_of
from agentledger.collisions.pair_filter import Two
from agentledger.collisions.where import Bring, Where
from agentledger.git.blob_pairs import Pair as BlobPair
from agentledger.git.blob_pairs import blob_pairs_of
from agentledger.model.collisions import Hint, Line
from agentledger.model.fleet import Branch, Change

# By what a symbolic link is a file of its own: its content is a path, and no code.
_LINK = "120000"


class Guess(NamedTuple):
    """A hint about two heads, by their numbers: `remover` takes the name away, `user` uses it."""

    remover: int
    user: int
    name: str
    definition: Line
    use: Line
    renamed: str

    @property
    def two(self) -> Two:
        """Return the numbers of both, the smaller one first."""
        return min(self.remover, self.user), max(self.remover, self.user)


def list_hints(
    guesses: Iterable[Guess], members: Sequence[Sequence[Branch]], conflicts: Mapping[Two, frozenset[bytes]]
) -> Iterator[Hint]:
    """Yield a hint for each pair of branches; `members` are those of each head, in the order of their numbers.

    `conflicts` has the files in which pairs of heads conflict: what lies there, somebody looks at anyway. Nothing is
    said of two attempts at one task, of which one lands.
    """
    for guess in guesses:
        if conflicts.get(guess.two, frozenset()) & {guess.definition.path, guess.use.path}:
            continue
        for a in members[guess.remover]:
            for b in members[guess.user]:
                if not (a.work and b.work and a.work.task == b.work.task):
                    yield Hint(
                        a.ref,
                        b.ref,
                        guess.name,
                        definition=guess.definition,
                        use=guess.use,
                        renamed=guess.renamed,
                    )


def find_guesses(where: Where, changes: Sequence[Sequence[Change]], bring: Bring) -> list[Guess]:
    """Return what may break between heads, each given by its changes against base.

    No process for heads whose changes are in the cache. Where something may break, at most three more.
    """
    candidates = list(_find_candidates(_read_rows(where, changes, bring)))
    if not candidates:
        return []
    asked = {number for each in candidates for number in (each.remover, each.user)}
    bring(frozenset(change.new for number in asked for change in changes[number]))
    gone = keep_gone(where.scratch, where.cache, where.base, changes=changes, candidates=candidates)
    return [
        Guess(c.remover, c.user, c.name, definition=c.definition, use=line, renamed=c.renamed)
        for c, line in keep_used(where.scratch, changes, gone)
    ]


# -- what each head does to names ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Names:
    """What one head does to the names of one family: the file of each, and what is done to it."""

    gone: Mapping[str, tuple[bytes, Gone]]
    made: frozenset[str]
    used: Mapping[str, tuple[bytes, int]]


def _read_rows(where: Where, changes: Sequence[Sequence[Change]], bring: Bring) -> list[dict[str, _Names]]:
    """For each head, what it does to names, by family."""
    files = [list(_list_files(each)) for each in changes]
    pairs = dict.fromkeys((pair, family) for each in files for family, _, pair in each)
    changed = read_name_changes(where, list(pairs), bring)
    rows = []
    for each in files:
        by_family: dict[str, list[tuple[bytes, NameChange]]] = {}
        for family, path, pair in each:
            if (change := changed.get((pair, family))) is not None:
                by_family.setdefault(family, []).append((path, change))
        rows.append({family: _unite(part) for family, part in by_family.items()})
    return rows


def _list_files(changes: Sequence[Change]) -> Iterator[tuple[str, bytes, BlobPair]]:
    for change in changes:
        family = family_of(change.path)
        if family and _LINK not in (change.old_mode, change.new_mode):
            yield from ((family, change.path, pair) for pair in blob_pairs_of(change))


def _unite(files: Sequence[tuple[bytes, NameChange]]) -> _Names:
    gone: dict[str, tuple[bytes, Gone]] = {}
    used: dict[str, tuple[bytes, int]] = {}
    made = frozenset(name for _, change in files for name in change.made)
    for path, change in files:
        for name, each in change.gone.items():
            if name not in made:
                gone.setdefault(name, (path, each))
        for word, number in change.used.items():
            used.setdefault(word, (path, number))
    return _Names(gone, made, used)


def _find_candidates(rows: Sequence[Mapping[str, _Names]]) -> Iterator[Candidate]:
    removers: dict[str, dict[str, list[int]]] = {}
    for number, row in enumerate(rows):
        for family, names in row.items():
            for name in names.gone:
                removers.setdefault(family, {}).setdefault(name, []).append(number)
    for user, row in enumerate(rows):
        for family, names in row.items():
            by_name = removers.get(family, {})
            # What it defines itself, or takes away, too, is no use of what another one takes away.
            for name in sorted((by_name.keys() & names.used.keys()) - names.made - names.gone.keys()):
                for remover in by_name[name]:
                    # One that begins to use it, too, has put it somewhere else.
                    if remover != user and name not in rows[remover][family].used:
                        path, gone = rows[remover][family].gone[name]
                        using, number = names.used[name]
                        yield Candidate(
                            remover,
                            user,
                            family,
                            name,
                            definition=Line(path, gone.number, gone.text),
                            renamed=gone.renamed,
                            path=using,
                            number=number,
                        )
