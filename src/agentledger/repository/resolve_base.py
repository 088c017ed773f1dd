"""Reads the commits that refs lead to: base at its tip, the heads of branches, and which cannot be read.

Belongs here: turning refs into commits. Does not: choosing base (see `bases`), or what follows for a branch
(see `fleet.fleet_reader`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from agentledger.git import commits, objects
from agentledger.git.process import run
from agentledger.git.queries import Ref
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Base, Commit, Sync
from agentledger.model.text import escape_hidden
from agentledger.repository.bases import Choice
from agentledger.repository.listing import Listing

_DAMAGED = "git fsck shows more; or name a different base with --base"


@dataclass(frozen=True, slots=True)
class Tip:
    """The commit that a ref leads to, or the problem that there is none."""

    commit: str
    problem: str = ""


# -- base -----------------------------------------------------------------------------


def resolve_base(scratch: Scratch, choice: Choice, fetched_at: int | None) -> Base:
    """Base at its tip: of its two copies the one that descends from the other; diverged: the remote's.

    Where only one of them can be read, it is that one, and `why` says so. GitError where none can.
    """
    tips = _resolve_copies(scratch, [ref for ref in (choice.local, choice.remote) if ref])
    problems = [f"{escape_hidden(name)} {tip.problem}" for name, tip in tips.items() if tip.problem]
    local, remote = (
        ref if ref and not tips[ref.name].problem else None for ref in (choice.local, choice.remote)
    )
    sync = (
        _read_base_sync(scratch, local.id, remote.id)
        if local and remote
        else (Sync.LOCAL if local else Sync.REMOTE)
    )
    use_remote = remote is not None and sync not in (Sync.LOCAL, Sync.SAME, Sync.AHEAD)
    chosen, other = (remote, local) if use_remote or not local else (local, remote)
    if chosen is None:
        hint = _DAMAGED if "damaged" in problems[0] else "name a branch with --base"
        raise GitError(f"base cannot be read: {' and '.join(problems)}", hint)
    return Base(
        name=choice.name,
        ref=chosen.name,
        head=tips[chosen.name].commit,
        why="; ".join((choice.why, *problems)),
        sync=sync,
        other_ref=other.name if other else None,
        other_head=tips[other.name].commit if other else None,
        fetched_at=fetched_at,
    )


def _resolve_copies(scratch: Scratch, refs: Sequence[Ref]) -> dict[str, Tip]:
    """For each copy of base, by ref name, the commit that it leads to."""
    # The tree as well: without it the commit is of no use.
    names = [f"{ref.id}^{{{kind}}}" for ref in refs for kind in ("", "tree")]
    answers = objects.read_object_info(scratch.git, names)
    tips = {}
    for ref, (commit, kind, _), (_, tree, _) in zip(refs, answers[::2], answers[1::2], strict=True):
        problem = "" if kind == "commit" else f"points to a {kind}"
        if kind == "missing":
            problem = "points to an object that is missing or damaged"
        elif kind == "commit" and tree != "tree":
            problem = "points to a commit whose tree is missing or damaged"
        tips[ref.name] = Tip(commit, problem)
    return tips


@contextmanager
def _wrap_base_errors() -> Iterator[None]:
    try:
        yield
    except GitError as error:
        raise GitError(f"base cannot be read: {error.message}", _DAMAGED) from error


def read_base_history(scratch: Scratch, base: Base) -> list[tuple[str, ...]]:
    """Base's whole history, as `git.commits.read_ancestry` gives it; GitError: a commit cannot be read."""
    with _wrap_base_errors():
        return commits.read_ancestry(scratch.git, base.head)


def _read_base_sync(scratch: Scratch, local: str, remote: str) -> Sync:
    if local == remote:
        return Sync.SAME
    with _wrap_base_errors():
        counts = run(scratch.git, ["rev-list", "--left-right", "--count", f"{local}...{remote}"])
    ahead, behind = map(int, counts.split())
    return Sync.DIVERGED if ahead and behind else Sync.AHEAD if ahead else Sync.BEHIND


# -- heads ----------------------------------------------------------------------------


def peel_refs(scratch: Scratch, listings: Sequence[Listing]) -> dict[str, Tip]:
    """For each id in a ref, the commit that it leads to: a tag is peeled, anything else is a problem."""
    refs = [ref for entry in listings for ref in (entry.ref, entry.twin)]
    ids = list(dict.fromkeys(ref.id for ref in refs if ref))
    answers = objects.read_object_info(scratch.git, [f"{oid}^{{}}" for oid in ids])
    tips = {}
    for oid, (commit, kind, _) in zip(ids, answers, strict=True):
        missing = f"object {oid[:12]} is missing or damaged"
        problems = {"commit": "", "missing": missing}
        tips[oid] = Tip(commit, problems.get(kind, f"points to a {kind}, not to a commit"))
    return tips


def read_head_commits(scratch: Scratch, tips: dict[str, Tip], base: str) -> list[Commit]:
    """The commits of these tips outside base, parents first.

    Where the history of some cannot be read, `tips` gets that as their problem, and the others are read.
    """
    heads = list(dict.fromkeys(tip.commit for tip in tips.values() if not tip.problem))
    try:
        return commits.read_log(scratch.git, heads, base)
    except GitError:
        broken = _find_broken_heads(scratch, heads, base)
    for oid, tip in tips.items():
        if tip.commit in broken:
            tips[oid] = replace(tip, problem=broken[tip.commit])
    return commits.read_log(scratch.git, [head for head in heads if head not in broken], base)


def _find_broken_heads(scratch: Scratch, heads: Sequence[str], base: str) -> dict[str, str]:
    """The heads whose history cannot be walked, each with git's reason; found by halving."""
    reason = commits.walk_failure_reason(scratch.git, heads, base)
    if not reason:
        return {}
    if len(heads) == 1:
        return {heads[0]: reason}
    middle = len(heads) // 2
    return _find_broken_heads(scratch, heads[:middle], base) | _find_broken_heads(
        scratch, heads[middle:], base
    )
