"""Finds out whether base may be the wrong one: another remote has more of it, or the remote has renamed it.

Belongs here: what can be known of that without asking a remote, and the commands that settle it. Does not: choosing
base (see `bases`).

`origin/HEAD` is written when a repository is cloned, and no fetch changes it. A fork stays as old as the last time
that somebody brought it up to date.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from agentledger.git import commits
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Base, Branch
from agentledger.model.ledger_paths import POLICY_FILE
from agentledger.model.text import HIDDEN, escape_hidden, format_count
from agentledger.repository.bases import REMOTES, Choice, Refs

# Names that a default branch is renamed from, and to. `develop` is ahead of the default branch in many workflows.
_RENAMED = ("main", "master", "trunk")
_MOST = 20_000  # commits to look at


def describe_base_doubts(
    scratch: Scratch, refs: Refs, choice: Choice, base: Base, branches: Sequence[Branch]
) -> tuple[str, ...]:
    """Sentences for whoever may look at the wrong base, each with what settles it; () where nothing shows that.

    `branches` are the agents': what they have of another remote's copy shows that work is built on it.
    """
    copies, renamed = list(_other_copies(refs, choice, base)), _renamed_to(refs, choice)
    heads = sorted({refs.all[ref].id for ref in (*copies, *renamed)} - {base.head})
    if not heads:
        return ()
    try:
        ahead = commits.find_commits_ahead(scratch.git, heads, base.head, _MOST)
    except GitError:  # a commit is missing here, so nothing is known of that ref
        return ()
    more = {ref: ahead[refs.all[ref].id] for ref in (*copies, *renamed) if refs.all[ref].id in ahead}
    # A colleague's fork is ahead, too, with what they propose. Nobody else builds on that.
    built_on = {commit.id for branch in branches for commit in branch.commits}
    forks = [ref for ref in copies if ref in more and (_is_upstream(refs, ref) or more[ref] & built_on)]
    notes = [_describe_fork(ref, len(more[ref]), base) for ref in forks[:1]]
    return (*notes, *(_describe_renamed(refs, ref, len(more[ref]), base) for ref in renamed if ref in more))


def _is_upstream(refs: Refs, ref: str) -> bool:
    """Is it the remote that a fork usually names as the one that it is a fork of?"""
    return refs.split_remote(ref)[0] == "upstream"


def _other_copies(refs: Refs, choice: Choice, base: Base) -> Iterator[str]:
    """The refs by which other remotes have a branch of base's name."""
    own = {ref.name for ref in (choice.local, choice.remote) if ref} | {base.ref}
    for remote in refs.remotes:
        ref = f"{REMOTES}{remote}/{choice.name}"
        if ref in refs.all and ref not in own and not HIDDEN.search(ref):
            yield ref


def _renamed_to(refs: Refs, choice: Choice) -> Sequence[str]:
    """The refs that base may be called now, where a remote's HEAD has named it."""
    if choice.remote is None or not choice.is_default_of_remote or choice.name not in _RENAMED:
        return ()
    remote, _ = refs.split_remote(choice.remote.name)
    others = (f"{REMOTES}{remote}/{name}" for name in _RENAMED if name != choice.name)
    return [ref for ref in others if ref in refs.all]


def _describe_fork(ref: str, count: int, base: Base) -> str:
    name = ref.removeprefix(REMOTES)
    return (
        f"{escape_hidden(base.name)} lacks {format_count(count, 'commit')} of {name}, so what they change counts as"
        f" branches' own. If work merges there, name it, --base {shlex.quote(name)} for one command, or for all in"
        f' {POLICY_FILE}: base = "{name}"'
    )


def _describe_renamed(refs: Refs, ref: str, count: int, base: Base) -> str:
    remote, name = refs.split_remote(ref)
    return (
        f"{escape_hidden(base.name)} is what {escape_hidden(remote)}/HEAD has named since this was cloned, and"
        f" {escape_hidden(remote)}/{name} has {format_count(count, 'more commit')}. If the default branch was renamed"
        f" there: git remote set-head {shlex.quote(escape_hidden(remote))} --auto"
    )
