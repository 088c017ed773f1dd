"""Build the site from a repository, for every command that does so.

Belongs here: which parts a build has, and when none is needed. Does not: options or printing (`site`
builds once, `serve` again and again).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentledger.cli.options import FleetOptions
    from agentledger.model.fleet import Fleet
    from agentledger.site.build import Result
    from agentledger.site.markdown.pool import Renderer
    from agentledger.site.markdown.render import Rendered
    from agentledger.storage.cache import Cache

FOLDER_NAME = ".agentledger-site"


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a build."""

    result: Result
    #: None where nothing can have changed, so that nothing was read.
    fleet: Fleet | None
    #: Seconds since the epoch at which the site becomes stale although no ref moves; None: never.
    valid_until: int | None


def site_folder(options: FleetOptions, out: Path | None) -> Path:
    """The folder to build into: `out`, else FOLDER_NAME at the top of the repository."""
    from agentledger.fleet import snapshot

    return out or snapshot.toplevel(options.start) / FOLDER_NAME


def publish_site(
    options: FleetOptions, out: Path, renderer: Renderer | None = None, fingerprint: str | None = None
) -> Published:
    """Build the site into `out`, or leave it as it is where nothing can have changed.

    A caller that builds repeatedly passes its own `renderer`; one that has just taken the repository's
    `fingerprint` passes that. Raises LedgerError.
    """
    from agentledger.fleet import snapshot
    from agentledger.merge_order.plan import Wish
    from agentledger.reports import json
    from agentledger.site import build

    # Taken before the reading: a ref that moves meanwhile makes the next build read again. Taken after it,
    # the fingerprint would claim that this build shows that move.
    fingerprint = fingerprint or snapshot.read_fingerprint(options.start, options.request)
    if build.is_up_to_date(out, fingerprint, int(time.time())):
        return _read_last_build(out)
    whole = replace(options, request=replace(options.request, hints=True))
    with whole.reading() as (taken, tell), _open_renderer(renderer) as shared:
        until = valid_until(taken.fleet, taken.fleet.dormant)
        tell("merging one on top of the other", 0, 0)
        plan = taken.plan_merges(Wish()) if taken.fleet.collisions is not None else None
        result = build.build_site(
            taken,
            out,
            tell,
            extra={"ledger.json": json.encode_ledger(taken.fleet)},
            fingerprint=fingerprint,
            valid_until=until,
            markdown=functools.partial(_render_texts, shared, taken.cache),
            plan=plan,
        )
        return Published(result, taken.fleet, until)


@contextmanager
def _open_renderer(renderer: Renderer | None) -> Iterator[Renderer]:
    """Yield this renderer, which stays open, or a new one that closes with the block."""
    from agentledger.site.markdown.pool import Renderer

    if renderer is not None:
        yield renderer
        return
    with Renderer() as own:
        yield own


def _render_texts(renderer: Renderer, store: Cache, texts: Sequence[str], top: int) -> Sequence[Rendered]:
    return renderer.render_all(texts, top, store)


def _read_last_build(out: Path) -> Published:
    from agentledger.site import build, manifest, page_names

    last = manifest.read_manifest(out) or manifest.NOTHING
    return Published(build.Result(out / page_names.INDEX, 0, len(last.files), 0), None, last.valid_until)


def valid_until(fleet: Fleet, dormant: int | None) -> int | None:
    """The second (since the epoch) at which the site changes although no ref moves; None: never.

    That is when the next branch turns dormant, or the next agent's check-in is late. `dormant` is in
    seconds.
    """
    from agentledger.model.fleet import State

    open_branches = [branch for branch in fleet.branches if branch.state is State.OPEN]
    # + 1: at the very second itself a branch is not dormant yet, and a check-in not late.
    times = [b.active_at + dormant + 1 for b in open_branches] if dormant is not None else []
    due = [b.standing.due for b in open_branches if b.standing and b.standing.due is not None]
    return min([*times, *(at + 1 for at in due if at >= fleet.now)], default=None)
