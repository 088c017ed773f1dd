"""Finds what `agentledger init` has written and nobody has committed: an agent's worktree would begin without it.

Belongs here: which files those are, and refusing. Does not: the set-up (see `init`), or handing a task out (see
`spawn.spawn_task`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Checkout, Place
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Base
from agentledger.model.text import encode, escape_hidden
from agentledger.workflow.setup import agents_md, init_result, manifest


def refuse_uncommitted_setup(git: Git, place: Place, base: Base, checkouts: Sequence[Checkout]) -> None:
    """Raise LedgerError where files of `init` wait for their first commit, with the commands that make it.

    What git ignores does not count, nor what somebody has changed since it was committed.
    """
    written = manifest.read_manifest(place.common).files
    for checkout in checkouts:
        if checkout.bare or checkout.prunable:
            continue
        names = _uncommitted_names(git, checkout.path, base, list(written))
        if names:
            files = ", ".join(escape_hidden(name) for name in names)
            raise LedgerError(
                f"what agentledger init has written is not committed, so agents would begin without it: {files}",
                init_result.format_commit_command(git, checkout.path, names),
            )


def _uncommitted_names(git: Git, top: Path, base: Base, paths: Sequence[Path]) -> list[str]:
    """Those of the paths, from the worktree's top, that are new there and that base lacks."""
    inside = [path.relative_to(top).as_posix() for path in paths if path.is_relative_to(top)]
    present = [name for name in inside if not name.startswith(".git/") and (top / name).exists()]
    if not present:
        return []
    at = replace(git, cwd=top)
    flags = ["ls-tree", "--full-tree", "--name-only", "-z", "-r", base.head, "--"]
    on_base = process.run(at, ["--literal-pathspecs", *flags, *present]).split(b"\0")
    lacking = [name for name in present if encode(name) not in on_base or _lacks_block(at, base, name)]
    return init_result.read_uncommitted(at, top, lacking) if lacking else []


def _lacks_block(git: Git, base: Base, name: str) -> bool:
    """Is this AGENTS.md, and without our block on base? The block is all that init has added."""
    if name != agents_md.NAME:
        return False
    committed = agents_md.read_committed(git, base.head) or b""
    return agents_md.classify_block(committed) is agents_md.State.MISSING
