"""How long it takes to tell which pairs of branches collide, beside other ways to ask the same.

    python benchmarks/forecast.py                                 60, 200 and 1,000 branches, 3 runs
    python benchmarks/forecast.py --branches 60 --runs 5
    python benchmarks/forecast.py --before OTHER/.venv/bin/python   `board` beside that of another checkout

Belongs here: what is compared with what, and the rows. Does not: the fleets and the other ways (see `rivals`), or how
rows are printed (see `figures`).

Seconds are of processors, git's included, unless a row says otherwise: other people's work on the machine changes them
least. All ways begin with the same trees, base with each branch merged, and must report the same pairs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeVar

import rivals
from agentledger.collisions.forecast_pairs import forecast_pairs
from agentledger.collisions.where import Where
from agentledger.fleet.request import Request, ignore_progress
from agentledger.fleet.snapshot import Snapshot, open_snapshot
from agentledger.model.collisions import Collisions, Grade
from agentledger.model.fleet import Merger
from agentledger.storage.cache import Cache
from figures import Aim, Row, Section, text
from made import ENVIRONMENT

R = TypeVar("R")
# So many branches are merged pair by pair, without any filter; with more it takes minutes.
MOST_PLAIN = 200
MANY = 1_000


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds of one run's ways to find the pairs; None where one was not tried. And what they tell."""

    ours: float
    once_more: float
    by_files: float
    plain: float | None
    laneguard: float | None
    collisions: Collisions
    tried_by_files: int


def processor() -> float:
    """Return the seconds that this process and those that it waited for took of a processor."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure(ask: Callable[[], R]) -> tuple[float, R]:
    """Return how long a call took of a processor, and its answer."""
    began = processor()
    answer = ask()
    return processor() - began, answer


# -- the stage ----------------------------------------------------------------------------


def time_pairs(fleet: Path, laneguard: rivals.Laneguard | None, plain: bool) -> Times:
    """Ask every way once."""
    with (
        open_snapshot(fleet, Request(rules=False, lines=False, dormant=None)) as snapshot,
        tempfile.TemporaryDirectory() as folder,
    ):
        cache = Cache(Path(folder), "benchmark", 0)
        ours, collisions = measure(lambda: _forecast(snapshot, cache))
        once_more, _ = measure(lambda: _forecast(snapshot, cache))
        cache.close()
        pairs = {frozenset((p.a, p.b)) for p in collisions.pairs if p.grade is Grade.CONFLICT}
        merged = rivals.merge_heads(snapshot)
        by_files, (conflicts, tried) = measure(lambda: rivals.filter_by_files(merged))
        assert conflicts == pairs, "the file filter reports other pairs"
        without_filter = None
        if plain:
            without_filter, conflicts = measure(lambda: rivals.merge_all(merged))
            assert conflicts == pairs, "merging all pairs reports other pairs"
    scanned = measure(lambda: laneguard.scan(fleet))[0] if laneguard else None
    return Times(ours, once_more, by_files, without_filter, scanned, collisions, tried)


def _forecast(snapshot: Snapshot, cache: Cache) -> Collisions:
    fleet = snapshot.fleet
    where = Where(
        scratch=rivals.sealed_of(snapshot),
        cache=cache,
        history=snapshot.history,
        base=fleet.base.head,
        by=fleet.merger or Merger(""),
        progress=ignore_progress,
    )
    return forecast_pairs(where, fleet, branches=fleet.branches)


def describe_pairs(count: int, runs: Sequence[Times], notes: Sequence[str]) -> Section:
    """Compare with the file filter, run by run."""
    by_files = tuple(each.by_files for each in runs)
    ours = tuple(each.ours for each in runs)
    last = runs[-1]
    conflicts = float(sum(pair.grade is Grade.CONFLICT for pair in last.collisions.pairs))
    plain = tuple(each.plain for each in runs if each.plain is not None)
    laneguard = tuple(each.laneguard for each in runs if each.laneguard is not None)
    beyond = tuple(a - b for a, b in zip(ours, by_files, strict=True))
    return Section(
        f"{last.collisions.total:,} PAIRS OF {count:,} BRANCHES",
        "by files",
        (
            Row("the pairs, nothing remembered", by_files, ours),
            Row("  beyond the file filter", (), beyond, Aim(0.15, of_ratio=False)),
            Row("the pairs, once more", by_files, tuple(each.once_more for each in runs)),
            Row("every pair by merge-tree", by_files if plain else (), plain),
            Row(f"laneguard {rivals.LANEGUARD}", by_files if laneguard else (), laneguard),
            Row(
                "merges by the file filter, per conflict",
                (conflicts,),
                (float(last.tried_by_files),),
                unit="",
            ),
            Row(
                "merges by ours, per conflict",
                (conflicts,),
                (float(last.collisions.tried),),
                Aim(1.4),
                unit="",
            ),
        ),
        tuple(notes),
    )


# -- whole runs ---------------------------------------------------------------------------


class Run(NamedTuple):
    """One command: its seconds by the clock and of processors, and the most memory of its largest process."""

    clock: float
    processor: float
    memory: float


def run_command(python: Path, fleet: Path, *words: str) -> Run:
    """Run `agentledger` of a Python; raises where it fails."""
    command = [str(python), "-m", "agentledger", *words, "--repo", str(fleet), "--dormant", "never"]
    with tempfile.TemporaryFile() as errors:
        began = perf_counter()
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = perf_counter() - began
        errors.seek(0)
        # 1: there is something to do.
        assert process.returncode in (0, 1), errors.read().decode(errors="replace")
    return Run(took, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def run_board(fleet: Path, python: Path) -> tuple[Run, Run, Run]:
    """`board` from nothing, once more, and after a commit on one branch."""
    shutil.rmtree(fleet / ".git/agentledger", ignore_errors=True)
    runs = [run_command(python, fleet, "board"), run_command(python, fleet, "board")]
    rivals.move_branch(fleet)
    return runs[0], runs[1], run_command(python, fleet, "board")


def describe_board(
    count: int, runs: Sequence[tuple[Run, Run, Run]], before: Sequence[tuple[Run, Run, Run]]
) -> Section:
    """Whole runs of `board`, beside those of another checkout where there is one."""
    many = count >= MANY
    rows = []
    for at, name in enumerate(("nothing remembered", "nothing changed", "one branch moved")):
        old, new = (tuple(each[at].processor for each in side) for side in (before, runs))
        rows.append(Row(f"board, {name}", old, new, Aim(1.4) if old and at < 2 else None))
        clock = {0: Aim(10.0, of_ratio=False), 2: Aim(1.0, of_ratio=False)}.get(at) if many else None
        rows.append(
            Row(
                "  by the clock",
                tuple(each[at].clock for each in before),
                tuple(each[at].clock for each in runs),
                clock,
            )
        )
    memory = tuple(each[0].memory for each in runs)
    rows.append(Row("most memory", (), memory, Aim(300e6, of_ratio=False) if many else None, unit="MB"))
    return Section(f"WHOLE RUNS, {count:,} BRANCHES", "before", tuple(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the medians; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--branches", type=int, nargs="+", default=[60, 200, MANY], metavar="N")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--before", type=Path, metavar="PYTHON", help="of a checkout to compare `board` with")
    parser.add_argument("--python", type=Path, help="3.12 or newer, for laneguard; else one from PATH")
    parser.add_argument("--no-laneguard", action="store_true", help="install nothing")
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where to put the repositories")
    asked = parser.parse_args(arguments)
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.tmp) as name:
        laneguard, why = (
            (None, "as asked") if asked.no_laneguard else rivals.install_laneguard(Path(name), asked.python)
        )
        for count in asked.branches:
            fleet = rivals.write_fleet(Path(name) / f"fleet-{count}", count)
            plain = count <= MOST_PLAIN
            notes = [f"laneguard: not run, {why}"[:96]] if laneguard is None else []
            notes += [] if plain else [f"every pair by merge-tree: not run above {MOST_PLAIN} branches"]
            sections.append(
                describe_pairs(count, [time_pairs(fleet, laneguard, plain) for _ in range(asked.runs)], notes)
            )
            runs, before = [], []
            for _ in range(asked.runs):
                before += [run_board(fleet, asked.before)] if asked.before else []
                runs.append(run_board(fleet, Path(sys.executable)))
            sections.append(describe_board(count, runs, before))
            shutil.rmtree(fleet)
    print(text([], sections), end="")
    return int(any(row.met is False for section in sections for row in section.rows))


if __name__ == "__main__":
    sys.exit(main())
