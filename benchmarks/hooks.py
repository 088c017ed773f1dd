"""How long a commit takes with our hook, beside one without, an empty one, and those of other tools.

    python benchmarks/hooks.py                        20 runs, up to 10,000 staged files, a base of 100,000
    python benchmarks/hooks.py --runs 5 --staged 1 100 --files 2000

Belongs here: what is compared with what, and which figures make up which row. Does not: the repositories and
their hooks (`desks`), or how rows are printed (`figures`).

All repositories of a run commit the same files, one after the other, and each figure is a whole `git commit`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import desks
from desks import AGENT, PERSON, Desk, HookError
from figures import Aim, Row, Section, text
from made import ENVIRONMENT

NONE, NOOP, OTHERS, OURS, FULL = "no hook", "python -IS -c ''", "another branch", "ours", "ours, in full"
EMPTY, THROUGH, PREK, LEFTHOOK = (
    "pre-commit, empty hook",
    "pre-commit, ours",
    "prek, empty",
    "lefthook, empty",
)
SMALL = 400
VARIANTS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    NONE: (AGENT, desks.nothing),
    NOOP: (AGENT, desks.noop),
    OTHERS: (PERSON, desks.native),
    OURS: (AGENT, desks.native),
    FULL: (AGENT, desks.native),
    EMPTY: (AGENT, desks.framework),
    THROUGH: (AGENT, desks.framework_ours),
    PREK: (AGENT, desks.prek),
    LEFTHOOK: (AGENT, desks.lefthook),
}
Times = dict[str, tuple[float, ...]]


class Desks:
    """A repository for each variant, and why there is none for the others."""

    def __init__(self, home: Path, files: int, names: Sequence[str]) -> None:
        self.there: dict[str, Desk] = {}
        self.missing: dict[str, str] = {}
        for number, name in enumerate(names):
            branch, put_in = VARIANTS[name]
            desk = desks.made(home / f"{files}-{number}", files, branch)
            try:
                put_in(desk.path)
            except HookError as error:
                self.missing[name] = str(error)
            else:
                self.there[name] = replace(desk, forget=name == FULL)

    def times(self, staged: int, runs: int, names: Sequence[str]) -> Times:
        """The seconds of commits of so many files; a first one of each is not counted."""
        found: dict[str, list[float]] = {name: [] for name in names if name in self.there}
        for name in found:
            self.there[name].clear()
        for at in range(runs + 1):
            for name in found:
                self.there[name].stage(staged, f"run = {at}")
                took = self.there[name].commit()
                found[name] += [took] if at else []
        return {name: tuple(seconds) for name, seconds in found.items()}


def _process(runs: int) -> tuple[float, ...]:
    """The seconds of a git process that does nothing."""
    found = []
    for _ in range(runs):
        begin = perf_counter()
        subprocess.run(["git", "version"], env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
        found.append(perf_counter() - begin)
    return tuple(found)


def _less(ours: Sequence[float], other: Sequence[float]) -> tuple[float, ...]:
    return tuple(a - b for a, b in zip(ours, other, strict=True))


# -- sections ---------------------------------------------------------------------------


def _branches(place: Desks, counts: Sequence[int], runs: int, started: int) -> list[Section]:
    return [_commits(place, staged, runs, started) for staged in counts]


def _commits(place: Desks, staged: int, runs: int, started: int) -> Section:
    """Ours against no hook, and against an empty one in Python."""
    took = place.times(staged, runs, (NONE, NOOP, OTHERS, OURS, FULL))
    none, noop, ours = took[NONE], took[NOOP], took[OURS]
    git = [started * seconds for seconds in _process(runs)]
    rows = (
        Row("a hook that only starts Python", none, noop),
        Row("a branch that is no agent's", none, took[OTHERS]),
        Row("  beyond no hook", (), _less(took[OTHERS], none), Aim(0.010, of_ratio=False)),
        Row("an agent's branch", none, ours),
        Row("  against Python's start", noop, ours),
        Row("  the same but for its git processes", noop, _less(ours, git), _start(staged)),
        Row("an agent's branch, judged in full", none, took[FULL]),
    )
    return Section(f"A COMMIT OF {staged:,} {'FILES' if staged > 1 else 'FILE'}", "", rows)


def _start(staged: int) -> Aim | None:
    return Aim(2.0) if staged <= 100 else None


def _tools(place: Desks, runs: int) -> Section:
    """Other tools, with a hook that does nothing, and ours through one of them."""
    took = place.times(1, runs, (NONE, EMPTY, THROUGH, PREK, LEFTHOOK))
    rows = [Row(name, took[NONE], took.get(name, ())) for name in (EMPTY, PREK, LEFTHOOK)]
    through = Row("pre-commit, ours", took.get(EMPTY, ()), took.get(THROUGH, ()), Aim(1.15))
    notes = tuple(f"{name}: not run, {why}"[:96] for name, why in place.missing.items())
    return Section("OTHER TOOLS, 1 FILE", "", (*rows, through), notes)


def _size(small: Desks, big: Desks, files: int, runs: int) -> Section:
    """A repository of a few files, and one of many; the hook by itself, too, for git rewrites its index."""
    names = (NONE, OURS)
    few, many = small.times(1, runs, names), big.times(1, runs, names)
    pairs = [(small.there[OURS].hook(), big.there[OURS].hook()) for _ in range(runs)]
    before, after = (tuple(side) for side in zip(*pairs, strict=True))
    index = tuple(_index(big.there[OURS]) for _ in range(runs))
    rows = (
        Row("no hook", few[NONE], many[NONE]),
        Row("an agent's branch", few[OURS], many[OURS]),
        Row("  its hook alone", before, after),
        Row("  the same but for git's index", before, _less(after, index), Aim(1.5)),
    )
    return Section(f"1 FILE WHERE BASE HAS {files:,}", f"{SMALL} files", rows)


def _index(desk: Desk) -> float:
    """The seconds in which git reads a whole index once, as for any question about it."""
    begin = perf_counter()
    subprocess.run(
        ["git", "diff-index", "--cached", "--quiet", "HEAD"], cwd=desk.path, env=ENVIRONMENT, check=False
    )
    return perf_counter() - begin


def _counted(place: Desks) -> Section:
    rows = []
    for name in (NONE, OTHERS, OURS, FULL):
        desk = place.there[name]
        desk.stage(1, "counted = 1")
        desk.commit()
        rows.append(Row(name, (), (desk.processes(desk.path.parent / "trace"),), unit=""))
    return Section("GIT PROCESSES OF A COMMIT", "", tuple(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the medians; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--staged", type=int, nargs="+", default=[1, 100, 10_000], metavar="N")
    parser.add_argument("--files", type=int, default=100_000, help="on base, where there are many")
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where to put the repositories")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.tmp) as name:
        large = Path(name) / "large"
        large.mkdir()
        small = Desks(Path(name), SMALL, tuple(VARIANTS))
        counted = _counted(small)
        git = {row.name: row.ours[0] for row in counted.rows}
        sections = [
            *_branches(small, asked.staged, asked.runs, int(git[OURS] - git[NONE])),
            _tools(small, asked.runs),
            _size(small, Desks(large, asked.files, (NONE, OURS)), asked.files, asked.runs),
            counted,
        ]
    print(text([], sections), end="")
    return int(any(row.met is False for section in sections for row in section.rows))


if __name__ == "__main__":
    sys.exit(main())
