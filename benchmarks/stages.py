"""agentledger's stages, called one by one in this process, beside the floor of each.

Belongs here: which calls make up a stage, and what its floor has to be asked about. Does
not: the floor's commands (`floor`), whole runs as a user starts them (`process`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentledger.changes import absorbed, forecast
from agentledger.changes import line_counts as changes_line_counts
from agentledger.changes.ancestry import History
from agentledger.fleet import fleet_reader, snapshot
from agentledger.fleet.request import ignore_progress
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import scratch
from agentledger.git.blob_pairs import blob_pairs_of, read_blob_sizes
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, FilePatch, Fleet, State
from agentledger.reports import json
from agentledger.repository import listing, repository_state, resolve_base
from agentledger.site import build, manifest, write
from agentledger.site.page_names import FOLDER, INDEX
from agentledger.storage.cache import Cache
from figures import Clock
from floor import Inputs
from sandbox import Sandbox

LOOKING = "refs and worktrees"
READ = "graph, commits, trees, changes"
ABSORBED = "what base has already"
LINES = "line counts"
LINES_KNOWN = "line counts, cached"
FORECAST = "conflicts"
FORECAST_KNOWN = "conflicts, cached"
SITE = "site"
PATCHES = "patches"
WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Reading:
    """A fleet that was read: its branches with states that are final, the history, and the floor's inputs."""

    found: Fleet
    branches: list[Branch]
    history: History


@contextmanager
def _cache(box: Sandbox) -> Iterator[Cache]:
    """An empty cache on disk, that nothing else uses."""
    with tempfile.TemporaryDirectory(dir=box.path.parent) as folder:
        cache = Cache(Path(folder), "benchmark", box.now)
        try:
            yield cache
        finally:
            cache.close()


@contextmanager
def sealed(box: Sandbox) -> Iterator[Scratch]:
    """A new sealed directory, with no merge in it yet."""
    with scratch.open_scratch(repository_state.observe_repository(box.path, box.base, ()).place) as opened:
        yield opened


def reading(clock: Clock, box: Sandbox) -> Reading:
    """All that is read without comparing the insides of files; nothing is remembered from before."""
    with clock(LOOKING):
        seen = repository_state.observe_repository(box.path, box.base, box.globs)
        entries = listing.list_branches(seen, (), True)
    with scratch.open_scratch(seen.place) as opened, _cache(box) as cache:
        with clock(READ):
            base = resolve_base.resolve_base(opened, seen.choice, seen.fetched_at)
            found, history = fleet_reader.read_fleet(
                opened, seen, base, listings=entries, now=box.now, dormant=None
            )
        # As in a snapshot, counts come first: they tell which changes are text. They have their own row.
        counted = changes_line_counts.count_lines(opened, cache, found.branches)
        with clock(ABSORBED):
            branches = absorbed.mark_absorbed(
                opened, cache, history, branches=counted, progress=ignore_progress
            )
    return Reading(found, branches, history)


def line_counts(clock: Clock, box: Sandbox, opened: Scratch, branches: Sequence[Branch]) -> None:
    """Counting from nothing, then once more when all is known."""
    with _cache(box) as cache:
        for stage in (LINES, LINES_KNOWN):
            with clock(stage):
                changes_line_counts.count_lines(opened, cache, branches)


def conflicts(clock: Clock, box: Sandbox, opened: Scratch, read: Reading) -> list[Branch]:
    """Merging from nothing, then once more when all is known."""
    by = forecast.identify_merger((2, 39), None)
    with _cache(box) as cache:
        for stage in (FORECAST, FORECAST_KNOWN):
            with clock(stage):
                found = forecast.forecast_merges(
                    opened,
                    cache,
                    read.found.base,
                    branches=read.branches,
                    order=read.history.position,
                    by=by,
                    progress=ignore_progress,
                )
    return found


# -- the site ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Timed:
    """A snapshot that tells how long its patches took."""

    snapshot: Snapshot
    clock: Clock

    @property
    def fleet(self) -> Fleet:
        return self.snapshot.fleet

    def patches(self, branches: Sequence[Branch], /) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
        found = self.snapshot.patches(branches)
        while (answer := self._next(found)) is not None:
            yield answer

    def _next(
        self, found: Iterator[tuple[Branch, tuple[FilePatch, ...]]]
    ) -> tuple[Branch, tuple[FilePatch, ...]] | None:
        with self.clock.part(PATCHES):
            return next(found, None)


def site(clock: Clock, box: Sandbox, out: Path) -> None:
    """The site of a fleet that is read and judged already; then its files once more, as bytes only."""
    clock.seconds[PATCHES] = 0.0
    with snapshot.open_snapshot(box.path, box.request) as taken, clock(SITE):
        extra = {"ledger.json": json.encode_ledger(taken.fleet)}
        build.build_site(_Timed(taken, clock), out, ignore_progress, extra)
    _write_again(clock, out, out.with_name(f"{out.name}-again"))


def _write_again(clock: Clock, out: Path, copy: Path) -> None:
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    contents = [(path.relative_to(out).as_posix(), path.read_bytes()) for path in files]
    with clock(WRITING), write.open_site(copy) as target:
        for name, content in contents:
            target.add(name, content)
        target.publish(manifest.Manifest(files={}, fingerprint="", valid_until=None, made_with=""))


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes: of each branch's page, of each diff that has a page of its own, and of the board."""

    pages: tuple[int, ...]
    diffs: tuple[int, ...]
    board: int


def page_sizes(out: Path) -> Sizes:
    """The sizes of a site's pages."""
    found = {path.name: path.stat().st_size for path in (out / FOLDER).iterdir()}
    diffs = tuple(size for name, size in found.items() if name.endswith(".diff.html"))
    pages = tuple(size for name, size in found.items() if not name.endswith(".diff.html"))
    return Sizes(pages, diffs, (out / INDEX).stat().st_size)


# -- what the floor is asked about ------------------------------------------------------


def inputs(box: Sandbox) -> tuple[Inputs, Reading]:
    """Found by reading once, which also brings the files into memory before anything is timed."""
    read = reading(Clock(), box)
    with sealed(box) as opened:
        judged = conflicts(Clock(), box, opened, read)
        there = read_blob_sizes(
            opened, (pair for b in judged for c in b.changes for pair in blob_pairs_of(c))
        )
    readable = [b for b in judged if b.state is not State.UNREADABLE]
    heads = {b.head: b for b in readable}.values()
    ahead = [b for b in heads if b.merge_bases and b.commits]
    null = "0" * len(read.found.base.head)
    whole = [b for b in ahead if all(blob in there or blob == null for blob in _blobs(b))]
    return (
        Inputs(
            base=read.found.base.head,
            heads=tuple(b.head for b in heads),
            roots=tuple(dict.fromkeys(b.commits[0].tree for b in heads if b.commits)),
            pairs=tuple((b.merge_bases[0], b.head) for b in ahead),
            whole=tuple((b.merge_bases[0], b.head) for b in whole),
            oldest=_oldest(read),
            merges=tuple(b.head for b in _merged(judged, read.history)),
        ),
        read,
    )


def _blobs(branch: Branch) -> Iterator[str]:
    for change in branch.changes:
        for pair in blob_pairs_of(change):
            yield from pair


def _oldest(read: Reading) -> str:
    """The oldest commit of base's first-parent line at which a branch's search for its change begins."""
    asked = [b for b in read.found.branches if b.state is State.OPEN and b.merge_bases and b.changes]
    step = min((read.history.step(b.merge_bases[0]) for b in asked), default=-1)
    return read.history.chain[len(read.history.chain) - 1 - step] if step >= 0 else ""


def _merged(judged: Sequence[Branch], history: History) -> list[Branch]:
    """The branches that git can merge with base, in the order in which the forecast asks."""
    able = {b.head: b for b in judged if b.conflict and b.conflict.clean is not None}.values()
    return sorted(able, key=lambda b: history.position.get(b.merge_bases[0], 0))
