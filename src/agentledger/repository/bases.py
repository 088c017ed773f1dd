"""Chooses the base branch, which work merges into, and pairs local branches with remote-tracking ones.

Belongs here: pure functions on refs and configuration. Does not: which of base's two copies counts, a
question to git (see `resolve_base`), or the base that policy names (see `ledger.policy`).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.git.queries import Ref
from agentledger.model.errors import RefError
from agentledger.model.text import HIDDEN, escape_hidden, format_count
from agentledger.repository import agents
from agentledger.repository.remotes import list_promisors, put_origin_first

# The names that repositories usually give to base. Where just one of them exists, that one is taken.
USUAL = ("main", "master", "trunk", "develop")
HEADS = "refs/heads/"
REMOTES = "refs/remotes/"


class Choice(NamedTuple):
    """The branch that was chosen as base: its local copy, its remote one, or both. `why` is in words.

    `is_default_of_remote`: only a remote's HEAD, as this clone has it, says so.
    """

    name: str
    local: Ref | None
    remote: Ref | None
    why: str
    is_default_of_remote: bool = False


class Refs:
    """The refs of a repository by name, and which remote-tracking ref belongs to which branch.

    `broken` are the names of refs in which git reads no id, `promisors` the remotes that promised what is missing
    here: none in a full clone.
    """

    def __init__(self, refs: Sequence[Ref], config: Mapping[str, str], broken: Sequence[str] = ()) -> None:
        self.all = {ref.name: ref for ref in refs}
        self.broken = tuple(broken)
        self.promisors = list_promisors(config)
        # All that are named in any way, origin first: a remote's refs can outlive its configuration.
        named = {key.split(".", 1)[1].rsplit(".", 1)[0] for key in config if key.startswith("remote.")}
        seen = {r.split("/")[2] for r in self.all if r.startswith(REMOTES)}
        self.remotes = put_origin_first([*sorted(named), *sorted(seen - named)])

    def split_remote(self, ref: str) -> tuple[str, str]:
        """`refs/remotes/origin/a/b` → `("origin", "a/b")`; a remote's own name may have slashes in it."""
        short_name = ref.removeprefix(REMOTES)
        # The longest first: of the remotes `a` and `a/b`, `a/b/main` is the second one's.
        for remote in sorted(self.remotes, key=len, reverse=True):
            if short_name.startswith(f"{remote}/"):
                return remote, short_name[len(remote) + 1 :]
        remote, _, name = short_name.partition("/")
        return remote, name

    def twin(self, local: Ref) -> Ref | None:
        """The remote-tracking ref of a local branch: its upstream if that has its name, else the one of that
        name at origin, else at another remote.
        """
        name = local.name.removeprefix(HEADS)
        upstream = self.all.get(local.upstream)
        if upstream and upstream.name.startswith(REMOTES) and self.split_remote(upstream.name)[1] == name:
            return upstream
        return next(
            (self.all[r] for remote in self.remotes if (r := f"{REMOTES}{remote}/{name}") in self.all), None
        )

    def branch(self, name: str, why: str) -> Choice | None:
        """The branch with this short name, in its local and its remote copy; None where there is none."""
        local = self.all.get(HEADS + name)
        if local:
            # For base, the upstream is its other copy whatever that is called.
            upstream = self.all.get(local.upstream) or self.twin(local)
            return Choice(name, local, upstream if upstream and upstream.name != local.name else None, why)
        copies = [self.all[r] for remote in self.remotes if (r := f"{REMOTES}{remote}/{name}") in self.all]
        return Choice(name, None, copies[0], why) if copies else None

    def describe_branches(self) -> str:
        """The branches that exist, and the broken ones, in words for a hint; at most twelve of each."""
        names = [r.removeprefix(HEADS) for r in self.all if r.startswith(HEADS)]
        names += [
            r.removeprefix(REMOTES) for r, ref in self.all.items() if r.startswith(REMOTES) and not ref.target
        ]
        text = ", ".join(escape_hidden(name) for name in names[:12])
        text += f" and {format_count(len(names) - 12, 'other')}" if len(names) > 12 else ""
        broken = ", ".join(escape_hidden(name) for name in self.broken[:12])
        return f"{text or 'none that git can read'}; broken: {broken}" if broken else text


def choose_base(refs: Refs, requested: str | None, head: str, bare: bool) -> Choice:
    """Base as the user named it, else as the repository suggests.

    `head` is the full ref that HEAD points to. RefError, with the branches that exist in its hint.
    """
    return _choose_named(refs, requested) if requested is not None else _choose_default(refs, head, bare)


def _choose_named(refs: Refs, requested: str) -> Choice:
    # A full ref, a ref of any kind by its full name, a branch by its short name, a remote's as `origin/x`.
    why = "named with --base"
    if requested.startswith(HEADS):
        choice = refs.branch(requested.removeprefix(HEADS), why)
    elif requested in refs.all:
        choice = Choice(requested.removeprefix(REMOTES).removeprefix("refs/"), None, refs.all[requested], why)
    else:
        choice = refs.branch(requested, why)
        if not choice and REMOTES + requested in refs.all:
            choice = Choice(requested, None, refs.all[REMOTES + requested], why)
    if choice:
        return choice
    branch_names = refs.describe_branches()
    hint = (
        f"there are: {branch_names}"
        if branch_names
        else "this repository has no branch yet; commit something first"
    )
    raise RefError(f"there is no branch {escape_hidden(requested)!r} to take as base", hint)


def _choose_default(refs: Refs, head: str, bare: bool) -> Choice:
    """A remote's default branch, else a bare repository's HEAD, else the only branch with a usual name."""
    for remote in refs.remotes:
        default = refs.all.get(f"{REMOTES}{remote}/HEAD")
        if default and default.target:
            choice = refs.branch(refs.split_remote(default.target)[1], f"the default branch of {remote}")
            if choice:
                return choice._replace(is_default_of_remote=True)
    # In a bare repository HEAD names the default branch; elsewhere it is whatever is checked out.
    if bare and head in refs.all:
        choice = refs.branch(head.removeprefix(HEADS), "the HEAD of this bare repository")
        if choice:
            return choice
    usual = [choice for name in USUAL if (choice := refs.branch(name, "known by its name"))]
    if len(usual) == 1:
        return usual[0]
    raise _undecided_error(refs, [choice.name for choice in usual], head)


def _undecided_error(refs: Refs, usual: Sequence[str], head: str) -> RefError:
    branch_names = refs.describe_branches()
    if not branch_names:
        hint = "commit something first, then run this again"
        return RefError("this repository has no branch yet, so there is nothing to compare with", hint)
    # A remote's HEAD is missing, or leads to a branch that is gone: the remote knows which it is.
    remote = next((each for each in refs.remotes if not HIDDEN.search(each)), None)
    ask = f"; or ask {remote}: git remote set-head {shlex.quote(remote)} --auto" if remote else ""
    if usual:
        names = " and ".join((", ".join(usual[:-1]), usual[-1]))
        return RefError(f"which branch is base? {names} all exist", f"name one: --base {usual[0]}{ask}")
    return RefError(
        "which branch is base? None is called main, master, trunk or develop",
        f"name one: --base {escape_hidden(_guess_base(refs, head))}{ask}; there are: {branch_names}",
    )


def _guess_base(refs: Refs, head: str) -> str:
    """A branch for the hint to name: the one checked out, unless it is an agent's by its name; else the only
    branch that is nobody's agent's; else NAME.
    """
    people = [
        name.removeprefix(HEADS)
        for name in refs.all
        if name.startswith(HEADS) and not agents.matches_patterns(name.removeprefix(HEADS), ())
    ]
    if head.removeprefix(HEADS) in people:
        return head.removeprefix(HEADS)
    return people[0] if len(people) == 1 else "NAME"
