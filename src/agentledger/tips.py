"""What refs lead to: base at its tip, the heads' commits, and which of them cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import objects
from .errors import GitError
from .git import run
from .listing import Listing
from .model import Base, Commit, Sync
from .observe import Observation
from .scratch import Scratch
from .text import printable


@dataclass(frozen=True, slots=True)
class Tip:
    """What a ref leads to: a commit, or the reason why there is none."""

    commit: str
    problem: str = ""


def resolve_base(scratch: Scratch, seen: Observation) -> Base:
    """Base at its tip: of its two copies the one that descends from the other; diverged: the remote's."""
    choice = seen.choice
    local, remote = choice.local, choice.remote
    sync = (
        _base_sync(scratch, local.id, remote.id)
        if local and remote
        else (Sync.LOCAL if local else Sync.REMOTE)
    )
    theirs = remote is not None and sync not in (Sync.LOCAL, Sync.SAME, Sync.AHEAD)
    chosen, other = (remote, local) if theirs or not local else (local, remote)
    assert chosen is not None  # a choice has at least one copy
    commit, kind, _ = objects.kinds(scratch.git, [f"{chosen.id}^{{}}"])[0]
    if kind != "commit":
        problem = (
            "points to an object that is missing or damaged" if kind == "missing" else f"points to a {kind}"
        )
        raise GitError(
            f"base cannot be read: {printable(chosen.name)} {problem}",
            "git fsck tells more; or name another base with --base",
        )
    return Base(
        choice.name, chosen.name, commit, choice.why, sync, other.name if other else None, seen.fetched_at
    )


def _base_sync(scratch: Scratch, local: str, remote: str) -> Sync:
    if local == remote:
        return Sync.SAME
    counted = run(scratch.git, ["rev-list", "--left-right", "--count", f"{local}...{remote}"])
    ahead, behind = map(int, counted.split())
    return Sync.DIVERGED if ahead and behind else Sync.AHEAD if ahead else Sync.BEHIND


def peel(scratch: Scratch, listings: Sequence[Listing]) -> dict[str, Tip]:
    """For each id that a ref holds, the commit it leads to: a tag is peeled, anything else is a problem."""
    refs = [ref for entry in listings for ref in (entry.ref, entry.twin)]
    ids = list(dict.fromkeys(ref.id for ref in refs if ref))
    answers = objects.kinds(scratch.git, [f"{oid}^{{}}" for oid in ids])
    tips = {}
    for oid, (commit, kind, _) in zip(ids, answers, strict=True):
        missing = f"object {oid[:12]} is missing or damaged"
        problems = {"commit": "", "missing": missing}
        tips[oid] = Tip(commit, problems.get(kind, f"points to a {kind}, not to a commit"))
    return tips


def walk(scratch: Scratch, tips: dict[str, Tip], base: str) -> list[Commit]:
    """The commits outside base. Heads whose history is damaged get that as their problem in `tips`."""
    heads = list(dict.fromkeys(tip.commit for tip in tips.values() if not tip.problem))
    try:
        return objects.log(scratch.git, heads, base)
    except GitError:
        broken = _broken(scratch, heads, base)
    for oid, tip in tips.items():
        if tip.commit in broken:
            tips[oid] = replace(tip, problem=broken[tip.commit])
    return objects.log(scratch.git, [head for head in heads if head not in broken], base)


def _broken(scratch: Scratch, heads: Sequence[str], base: str) -> dict[str, str]:
    """Which of these heads cannot be walked, and why: found by halving."""
    reason = objects.walkable(scratch.git, heads, base)
    if not reason:
        return {}
    if len(heads) == 1:
        return {heads[0]: reason}
    middle = len(heads) // 2
    return _broken(scratch, heads[:middle], base) | _broken(scratch, heads[middle:], base)
