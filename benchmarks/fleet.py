"""How fast, and with how much memory, a fleet is read and its site is built; README.md explains the rows.

    python benchmarks/fleet.py REPO --refs 'refs/pull/*/head' --limit 1000

Belongs here: the arguments, the order of measuring, which figures make up which row. Does
not: the measuring itself (`floor`, `stages`, `process`), or how rows are printed (`figures`).
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from textwrap import wrap

import floor
import process
import sandbox
import stages
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, State
from figures import Aim, Clock, Rounds, Row, Section, document, text
from floor import Inputs
from process import COLD, MOVED, UNCHANGED
from sandbox import Sandbox
from stages import Reading

Tell = Callable[[str], None]

BY_GIT = "git alone"


def measure(box: Sandbox, runs: int, tell: Tell) -> tuple[dict[str, object], list[Section]]:
    """Facts about what was measured, and all sections, in the order of the table."""
    tell("reading once, untimed")
    inputs, read = stages.inputs(box)
    # What lives as long as this program must not be searched for garbage during every measurement.
    gc.freeze()
    out = box.path.parent / "site"
    about = _about(box, read, inputs, runs)
    first = _reading(box, inputs, runs, tell)
    counted = _lines(box, inputs, read, runs=runs, tell=tell)
    merged = _conflicts(box, inputs, read, runs=runs, tell=tell)
    pages, everything = _site(box, inputs, out, runs=runs, tell=tell)
    whole = _whole(box, out, read, runs=runs, tell=tell)
    return about, [first, counted, merged, pages, everything, *whole]


def _about(box: Sandbox, read: Reading, inputs: Inputs, runs: int) -> dict[str, object]:
    states = [branch.state for branch in read.branches]
    return {
        "repository": box.path.name.removesuffix(".git"),
        "base": box.base,
        "base_commits": len(read.history.position),
        "heads": box.heads,
        "open": states.count(State.OPEN),
        "absorbed": states.count(State.ABSORBED),
        "unreadable": states.count(State.UNREADABLE),
        "commits": len(read.history.outside),
        "changes": sum(len(branch.changes) for branch in read.branches),
        "left_out": len(inputs.pairs) - len(inputs.whole),
        "git": floor.version(box.git),
        "python": platform.python_version(),
        "cores": os.cpu_count() or 0,
        "runs": runs,
    }


# -- one section each -------------------------------------------------------------------


def _paired(what: str, runs: int, tell: Tell, once: Callable[[Clock], None]) -> Rounds:
    """The same pair of measurements several times, one after the other."""
    found = []
    for number in range(1, runs + 1):
        tell(f"{what}: run {number} of {runs}")
        clock = Clock()
        once(clock)
        found.append(clock.seconds)
    return Rounds(found)


def _floor_of_reading(clock: Clock, box: Sandbox, inputs: Inputs) -> None:
    with stages.sealed(box) as opened:
        floor.reading(clock, box.git, opened.git, box.globs, inputs)
        floor.base_changes(clock, opened.git, inputs)


def _reading(box: Sandbox, inputs: Inputs, runs: int, tell: Tell) -> Section:
    def once(clock: Clock) -> None:
        _floor_of_reading(clock, box, inputs)
        stages.reading(clock, box)

    took = _paired("reading", runs, tell, once)
    plain, full = took.total(*floor.READING), took.total(*floor.READING, floor.BASE_CHANGES)
    known, everything = took.total(stages.LOOKING, stages.READ), _all_reading(took)
    rows = [
        *(Row(f"  {name}", took.total(name)) for name in floor.READING),
        Row("floor", plain),
        Row(f"  {floor.BASE_CHANGES}", took.total(floor.BASE_CHANGES)),
        Row("floor, with base's own changes", full),
        *(Row(f"  {name}", (), took.total(name)) for name in (stages.LOOKING, stages.READ, stages.ABSORBED)),
        Row("reading, states but for absorbed", plain, known, Aim(3)),
        Row("reading, with absorbed", full, everything, Aim(3)),
        Row("the same, against the floor alone", plain, everything, Aim(3)),
    ]
    return Section("READING, nothing remembered", BY_GIT, tuple(rows))


def _all_reading(took: Rounds) -> tuple[float, ...]:
    return took.total(stages.LOOKING, stages.READ, stages.ABSORBED)


def _lines(box: Sandbox, inputs: Inputs, read: Reading, runs: int, tell: Tell) -> Section:
    def once(clock: Clock) -> None:
        with stages.sealed(box) as opened:
            floor.lines(clock, opened.git, inputs)
            stages.line_counts(clock, box, opened, read.branches)

    took = _paired("line counts", runs, tell, once)
    known, cold = took.total(stages.LINES_KNOWN), took.total(stages.LINES)
    rows = (
        Row("line counts", took.total(floor.LINES), cold, Aim(1.15)),
        Row("once more, from the cache", cold, known),
    )
    return Section("LINE COUNTS", BY_GIT, rows, (_alone(floor.LINES),))


def _conflicts(box: Sandbox, inputs: Inputs, read: Reading, runs: int, tell: Tell) -> Section:
    def once(clock: Clock) -> None:
        # A sealed directory each: merges leave their trees there, and the second one would find them.
        with stages.sealed(box) as opened:
            floor.merges(clock, opened.git, inputs)
        with stages.sealed(box) as opened:
            stages.conflicts(clock, box, opened, read)

    took = _paired("conflicts", runs, tell, once)
    known, cold = took.total(stages.FORECAST_KNOWN), took.total(stages.FORECAST)
    rows = (
        Row("conflicts, with their text", took.total(floor.MERGES), cold, Aim(1.15)),
        Row("once more, from the cache", cold, known),
    )
    title = f"CONFLICTS WITH BASE, {len(inputs.merges):,} merges"
    return Section(title, BY_GIT, rows, (_alone(floor.MERGES),))


def _alone(command: str) -> str:
    return f"git alone: one {command}"


def _site(box: Sandbox, inputs: Inputs, out: Path, runs: int, tell: Tell) -> tuple[Section, Section]:
    def once(clock: Clock) -> None:
        _floor_of_reading(clock, box, inputs)
        with stages.sealed(box) as opened:
            floor.patches(clock, opened.git, inputs)
        stages.reading(clock, box)
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            stages.site(clock, box, Path(folder) / "site")
            sizes.append(stages.page_sizes(Path(folder) / "site"))

    sizes: list[stages.Sizes] = []
    took = _paired("site", runs, tell, once)
    return _pages(took, sizes[-1]), _everything(took)


def _pages(took: Rounds, sizes: stages.Sizes) -> Section:
    whole, patches, writing = (took.total(name) for name in (stages.SITE, stages.PATCHES, stages.WRITING))
    rendering = tuple(a - b - c for a, b, c in zip(whole, patches, writing, strict=True))
    speed = tuple(len(sizes.pages) / seconds for seconds in whole)
    diffs = tuple(Row("a diff on a page of its own, largest", (), (size,), unit="KB") for size in sizes.diffs)
    rows = (
        Row("  patches", took.total(floor.PATCHES), patches),
        Row("  writing", (), writing),
        Row("  rendering", (), rendering),
        Row("pages and board, built", took.total(floor.PATCHES), whole),
        Row("branches", (), speed, unit="a second"),
        Row("a branch's page, median", (), (median(sizes.pages),), aim=Aim(200_000, False), unit="KB"),
        Row("a branch's page, largest", (), (max(sizes.pages),), unit="KB"),
        *sorted(diffs, key=lambda row: row.ours)[-1:],
        Row("board (index.html)", (), (sizes.board,), aim=Aim(500_000, False), unit="KB"),
    )
    return Section("SITE, of a fleet that is read", BY_GIT, rows, (_alone(floor.PATCHES),))


def _everything(took: Rounds) -> Section:
    git = took.total(*floor.READING, floor.BASE_CHANGES, floor.PATCHES)
    ours = took.total(stages.LOOKING, stages.READ, stages.ABSORBED, stages.SITE)
    row = Row("reading, with absorbed, and site", git, ours, Aim(3))
    return Section("ALL BUT CONFLICTS AND LINE COUNTS", BY_GIT, (row,))


def _whole(box: Sandbox, out: Path, read: Reading, runs: int, tell: Tell) -> tuple[Section, Section]:
    branch = _to_move(read)
    took = _paired("whole runs", runs, tell, lambda clock: process.runs(clock, box, out, branch))
    tell("whole runs: once more, watched")
    seen = process.watched(box, out, branch)
    cold = took.total(COLD)
    moved = (Row(MOVED, cold, took.total(MOVED), Aim(0.15)),) if branch else ()
    runs_rows = (Row(COLD, (), cold), Row(UNCHANGED, cold, took.total(UNCHANGED), Aim(0.1)), *moved)
    peak = Aim(300_000_000, False)
    rows = [
        *(
            Row(f"most memory, {stage}", (), (w.own,), aim=peak, unit="MB")
            for stage, w in seen.items()
            if w.own
        ),
        *(
            Row(f"largest git process, {stage}", (), (w.child,), aim=None, unit="MB")
            for stage, w in seen.items()
        ),
        *(
            Row(f"git processes, {stage}", (), (w.commands.total(),), aim=None, unit="")
            for stage, w in seen.items()
        ),
    ]
    notes = [] if seen[COLD].own else ["memory is not measured on a system without /proc"]
    notes += wrap("cold: " + ", ".join(f"{n} {name}" for name, n in seen[COLD].commands.most_common()), 96)
    return (
        Section("WHOLE RUNS OF agentledger site", "cold", runs_rows),
        Section("MEMORY AND PROCESSES", "", tuple(rows), tuple(notes)),
    )


def _to_move(read: Reading) -> Branch | None:
    """The newest open branch with a file to change."""
    able = [b for b in read.branches if b.state is State.OPEN and sandbox.movable(b)]
    return max(able, key=lambda branch: sandbox.natural(branch.name), default=None)


# -- command line -----------------------------------------------------------------------


def _words(about: dict[str, object]) -> list[str]:
    """The facts in sentences."""
    lines = [
        "{repository}: {heads:,} heads over {base} with {base_commits:,} commits; {open:,} open, "
        "{absorbed:,} absorbed".format_map(about),
        "{commits:,} commits and {changes:,} changed paths outside base".format_map(about),
        "medians of {runs} paired runs; {git}, Python {python}, {cores} cores".format_map(about),
    ]
    if about["left_out"]:
        lines.append(f"{about['left_out']:,} heads need files that are not here: git cannot diff them")
    return lines


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure agentledger on a repository, which is only read.")
    parser.add_argument("repo", type=Path, metavar="REPO")
    parser.add_argument("--refs", action="append", required=True, metavar="GLOB", help="full names of heads")
    parser.add_argument("--limit", type=int, default=1000, metavar="N", help="the newest N by name (1000)")
    parser.add_argument("--base", metavar="NAME", help="what agent work merges into")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="pairs of runs (3)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where to put temporary repositories")
    found = parser.parse_args(words)
    if found.limit < 1 or found.runs < 1:
        parser.error("--limit and --runs are at least 1")
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 2 when that is not possible."""
    asked = _arguments(words)
    try:
        with sandbox.opened(asked.repo, asked.base, asked.refs, asked.limit, asked.tmp) as box:
            os.environ.update(sandbox.SEALED)
            about, sections = measure(box, asked.runs, lambda what: print(what, file=sys.stderr, flush=True))
    except LedgerError as error:
        print(f"{error.message}\n{error.hint}".strip(), file=sys.stderr)
        return 2
    shown = document(about, sections) if asked.format == "json" else text(_words(about), sections)
    print(shown, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
