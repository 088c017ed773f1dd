"""How long it takes to read and judge what was written about a thousand branches, and to show it.

    python benchmarks/documents.py                    1,000 branches, 5 runs
    python benchmarks/documents.py --branches 200 --runs 3

Belongs here: a fleet with documents, the measurements, which figures make up which row. Does not: the
documents (`written`), the repository (`made`), or how rows are printed (`figures`).

The floor is `git cat-file --batch` over the same blobs, its output thrown away.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import made
from agentledger.fleet import fleet_reader, snapshot
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import scratch
from agentledger.git.scratch import Scratch
from agentledger.ledger import gather, policy
from agentledger.ledger.ledger_files import is_ledger_path
from agentledger.model.fleet import Branch, Fleet
from agentledger.repository import listing, repository_state
from agentledger.repository.agents import DEFAULT_PATTERNS
from agentledger.repository.repository_state import Observation
from agentledger.site import feed, pages, task_view
from agentledger.site.markdown.pool import Renderer
from agentledger.site.page_names import name_pages
from agentledger.storage.cache import Cache
from figures import Aim, Clock, Rounds, Row, Section, text

FLOOR, COLD, ONE_MORE, WARM = "cat-file --batch", "nothing remembered", "one check-in more", "once more"
MARKDOWN, MARKDOWN_WARM, PATCHES, PAGES = "Markdown", "Markdown, remembered", "patches", "pages"
UNCHANGED, MOVED = "nothing changed", "one branch moved"
BEYOND = Aim(0.5, of_ratio=False)
PAGE = Aim(0.003, of_ratio=False)


@dataclass(frozen=True, slots=True)
class Fleets:
    """The fleet as git alone tells it, before and after one more check-in on one branch."""

    seen: Observation
    before: Fleet
    after: Fleet


@contextmanager
def _cache(folder: Path) -> Iterator[Cache]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        cache = Cache(Path(name), "benchmark", int(time.time()))
        try:
            yield cache
        finally:
            cache.close()


def _read(opened: Scratch, seen: Observation) -> Fleet:
    """The branches, with what the policy says, and without documents."""
    ruled = policy.read_policy(opened, seen.refs, seen.choice, None)
    entries = listing.list_branches(
        seen, (), False, usual=DEFAULT_PATTERNS, control=ruled.policy.control_branch
    )
    found, _ = fleet_reader.read_fleet(
        opened, seen, ruled.base, listings=entries, now=int(time.time()), dormant=None
    )
    return replace(found, policy=ruled.policy)


def _fleets(place: made.Made) -> Fleets:
    seen = repository_state.observe_repository(place.path, None, ())
    with scratch.open_scratch(seen.place) as opened:
        before = _read(opened, seen)
    made.report(place)
    seen = repository_state.observe_repository(place.path, None, ())
    with scratch.open_scratch(seen.place) as opened:
        return Fleets(seen, before, _read(opened, seen))


def _floor(clock: Clock, opened: Scratch, blobs: Sequence[str]) -> None:
    with tempfile.TemporaryFile() as given:
        given.write("".join(f"{blob}\n" for blob in blobs).encode())
        given.seek(0)
        with clock(FLOOR):
            command = ["git", "cat-file", "--batch"]
            env, cwd = dict(opened.git.env), opened.git.cwd
            subprocess.run(command, cwd=cwd, env=env, stdin=given, stdout=subprocess.DEVNULL, check=True)


def _blobs(place: made.Made, branches: Sequence[Branch]) -> list[str]:
    """Every document: those of the branches, and the manager's."""
    ours = [c.new for branch in branches for c in branch.changes if is_ledger_path(c.path)]
    listed = made.run(place.path, "ls-tree", "-r", "--format=%(objectname)", made.CONTROL).split()
    return list(dict.fromkeys([*ours, *listed]))


def _reading(place: made.Made, fleets: Fleets, runs: int) -> Section:
    blobs = _blobs(place, fleets.before.branches)
    took = []
    for _ in range(runs):
        clock = Clock()
        with scratch.open_scratch(fleets.seen.place) as opened, _cache(place.path.parent) as cache:
            _floor(clock, opened, blobs)
            for stage, asked in ((COLD, fleets.before), (ONE_MORE, fleets.after), (WARM, fleets.after)):
                with clock(stage):
                    gather.attach_ledger(opened, cache, fleets.seen, asked)
        took.append(clock.seconds)
    rounds = Rounds(took)
    rows = [Row("floor", rounds.total(FLOOR))]
    for stage in (COLD, WARM, ONE_MORE):
        both = zip(rounds.total(stage), rounds.total(FLOOR), strict=True)
        rows.append(Row(stage, rounds.total(FLOOR), rounds.total(stage)))
        rows.append(Row("  beyond the floor", (), tuple(ours - floor for ours, floor in both), BEYOND))
    title = f"READING AND JUDGING, {len(blobs):,} documents"
    return Section(title, FLOOR, tuple(rows), (f"{len(fleets.before.branches):,} branches",))


# -- pages ----------------------------------------------------------------------------------


def _pages(place: made.Made, runs: int) -> Section:
    took = []
    with snapshot.open_snapshot(place.path, Request(forecast=False)) as taken:
        for _ in range(runs):
            clock = Clock()
            with _cache(place.path.parent) as cache:
                _page_stages(clock, taken, cache)
            took.append({stage: spent / len(taken.fleet.branches) for stage, spent in clock.seconds.items()})
    found = Rounds(took)
    rows = (
        *(Row(f"  {stage}", (), found.total(stage)) for stage in (MARKDOWN, MARKDOWN_WARM, PATCHES, PAGES)),
        Row("a page, its Markdown new", (), found.total(MARKDOWN, PAGES), PAGE),
        Row("a page, its Markdown remembered", (), found.total(MARKDOWN_WARM, PAGES), PAGE),
    )
    return Section("A BRANCH'S PAGE", "", rows, ("patches are git's, and part of no page's figure",))


def _page_stages(clock: Clock, taken: Snapshot, cache: Cache) -> None:
    found, names = taken.fleet, name_pages(taken.fleet.branches)
    for stage in (MARKDOWN, MARKDOWN_WARM):
        with clock(stage), Renderer() as renderer:
            asked = (text for branch in found.branches for text in task_view.list_page_texts(branch, found))
            texts = list(dict.fromkeys((*asked, *feed.list_feed_texts(found))))
            rendered = dict(zip(texts, renderer.render_all(texts, task_view.TOP, cache), strict=True))
    with clock(PATCHES):
        patches = list(taken.patches(found.branches))
    with clock(PAGES):
        for branch, files in patches:
            pages.render_branch_pages(branch, found, files, page=names[branch.ref], rendered=rendered)


# -- whole runs -------------------------------------------------------------------------------


def _whole(place: made.Made, runs: int) -> Section:
    out = place.path.parent / "site"
    command = [sys.executable, "-m", "agentledger", "--repo", str(place.path), "site", "--out", str(out)]
    took = []
    for _ in range(runs):
        clock = Clock()
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(place.path / ".git/agentledger", ignore_errors=True)
        for stage in (COLD, UNCHANGED, MOVED):
            if stage is MOVED:
                made.report(place)
            with clock(stage):
                subprocess.run(command, env=made.ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
        took.append(clock.seconds)
    found = Rounds(took)
    cold = found.total(COLD)
    rows = (
        Row("cold", (), cold),
        Row(UNCHANGED, cold, found.total(UNCHANGED), Aim(0.1)),
        Row(MOVED, cold, found.total(MOVED), Aim(0.15)),
    )
    return Section("WHOLE RUNS OF agentledger site", "cold", rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the medians; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--branches", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where to put the repository")
    asked = parser.parse_args(arguments)
    os.environ.update(made.ENVIRONMENT)
    # As the commands do while they read and build: see `cli.options`.
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.tmp) as name:
        place = made.made(Path(name), asked.branches, documents=True)
        measured: Sequence[Callable[[], Section]] = (
            lambda: _reading(place, _fleets(place), asked.runs),
            lambda: _pages(place, asked.runs),
            lambda: _whole(place, max(asked.runs // 2, 1)),
        )
        sections = [measure() for measure in measured]
    print(text([], sections), end="")
    return int(any(row.met is False for section in sections for row in section.rows))


if __name__ == "__main__":
    sys.exit(main())
