"""How a build of the site is put together, for every command that makes one.

Belongs here: which parts a build has, and when it can be spared. Does not: options, or a word to
the user (`site` builds once, `serve` again and again).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentledger.cli.options import Asked
    from agentledger.model import Fleet
    from agentledger.site.build import Result

FOLDER_NAME = ".agentledger-site"


@dataclass(frozen=True, slots=True)
class Published:
    """What a build came to. `fleet` is None where nothing can have changed, and nothing was read;
    `valid_until` is the second from which the site is stale with nothing having moved, None: never."""

    result: Result
    fleet: Fleet | None
    valid_until: int | None


def folder(asked: Asked, out: Path | None) -> Path:
    """The folder to build into: the one told, else FOLDER_NAME at the top of the repository."""
    from agentledger import snapshot

    return out or snapshot.toplevel(asked.start) / FOLDER_NAME


def publish(asked: Asked, out: Path, fingerprint: str | None = None) -> Published:
    """Build what was asked for into `out`, or leave it where nothing can have changed.

    `fingerprint` is that of the repository, for who has just taken it. Raises LedgerError.
    """
    from agentledger import snapshot
    from agentledger.reports import json
    from agentledger.site import build

    # Taken before reading: what moves meanwhile makes the next build look again, not this one lie.
    fingerprint = fingerprint or snapshot.fingerprint(asked.start, asked.request)
    if build.up_to_date(out, fingerprint, int(time.time())):
        return _as_it_was(out)
    with asked.reading() as (taken, tell):
        until = valid_until(taken.fleet, taken.fleet.dormant)
        result = build.build(
            taken,
            out,
            tell,
            extra={"ledger.json": json.ledger(taken.fleet)},
            fingerprint=fingerprint,
            valid_until=until,
        )
        return Published(result, taken.fleet, until)


def _as_it_was(out: Path) -> Published:
    from agentledger.site import build, manifest, names

    last = manifest.read(out) or manifest.NOTHING
    return Published(build.Result(out / names.INDEX, 0, len(last.files), 0), None, last.valid_until)


def valid_until(fleet: Fleet, dormant: int | None) -> int | None:
    """When the first open branch becomes dormant with nothing having moved; None for never."""
    from agentledger.model import State

    if dormant is None:
        return None
    times = [branch.active_at + dormant + 1 for branch in fleet.branches if branch.state is State.OPEN]
    return min(times, default=None)
