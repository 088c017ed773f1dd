"""Reads the control branch, which has the manager's documents of every task: local and remote copy as one.

Belongs here: finding the copies, and listing their files with who added each and when. Does not: how two
copies unite (see `control_files`), writing (see `append`), or what a document says (see `documents`).

Of two copies the one that descends from the other counts; of diverged ones, their union. It takes a handful
of processes, however many files and commits there are. No document is read here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentledger.control import control_files, history
from agentledger.control.control_files import Entry, Files, Kept, Origins, Side
from agentledger.control.unite_copies import Union, unite_files
from agentledger.git.process import Git, run, run_unchecked
from agentledger.git.queries import Ref
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Sync
from agentledger.model.text import decode, escape_hidden
from agentledger.repository.bases import HEADS, REMOTES, Refs
from agentledger.repository.listing import CONTROL
from agentledger.repository.repository_state import Observation

OTHER_NAME = 'name another one: `branch = "…"` under `[control]` in .agentledger/config.toml on base'


class Copies(NamedTuple):
    """The local branch with the control branch's name, and the remote-tracking one that belongs to it."""

    name: str
    local: Ref | None
    remote: Ref | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The control branch as it was read."""

    copies: Copies
    #: How the copies relate; None: there is no control branch.
    relation: Sync | None = None
    #: Both copies' files, by path.
    files: Files = field(default_factory=dict)
    #: For each task, every blob that its `brief.md` ever was in either copy, also the present one.
    earlier_briefs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Local versions that gave way in a union.
    kept: tuple[Kept, ...] = ()
    #: True for a branch of that name which is no control branch: none of its files are in `files`.
    foreign: bool = False
    #: Sentences for the reader about all this.
    notes: tuple[str, ...] = ()

    def ref(self, entry: Entry) -> str:
        """The full name of the ref that a file counts as read from: the remote's where both have the file."""
        chosen = self.copies.local if entry.side is Side.LOCAL else self.copies.remote
        chosen = chosen or self.copies.local
        return chosen.name if chosen else ""


def find_copies(refs: Refs, name: str = CONTROL) -> Copies:
    """The copies that exist. Without a local one, origin's is taken before those of other remotes."""
    local = refs.all.get(HEADS + name)
    if local:
        return Copies(name, local, refs.twin(local))
    copies = [refs.all[r] for remote in refs.remotes if (r := f"{REMOTES}{remote}/{name}") in refs.all]
    return Copies(name, None, copies[0] if copies else None)


def read_control(scratch: Scratch, observation: Observation, name: str = CONTROL) -> Control:
    """The control branch of an observed repository; whatever is wrong with it is in `notes`."""
    return read_from_copies(scratch, find_copies(observation.refs, name))


def read_from_copies(scratch: Scratch, copies: Copies) -> Control:
    """The control branch in these copies."""
    comparison = compare_copies(scratch.git, copies)
    if comparison.relation is None or comparison.foreign:
        notes = comparison.unreadable + comparison.foreign
        return Control(
            copies=comparison.copies,
            relation=comparison.relation,
            foreign=bool(comparison.foreign),
            notes=notes,
        )
    past = history_of_copies(scratch, comparison.copies)
    union = unite_copies(scratch.git, comparison, past.origins)
    files = control_files.with_folders(union.files)
    briefs = {task: frozenset(blobs) for task, blobs in past.briefs.items()}
    notes = (*comparison.unreadable, *_describe_copies(comparison, union, past.failure))
    return Control(
        copies=comparison.copies,
        relation=comparison.relation,
        files=files,
        earlier_briefs=briefs,
        kept=union.kept,
        notes=notes,
    )


def history_of_copies(scratch: Scratch, copies: Copies) -> history.History:
    """The commit that gave each file each content, over both copies."""
    return history.read_history(scratch, [ref.id for ref in (copies.local, copies.remote) if ref])


# -- the copies ---------------------------------------------------------------------


class Look(NamedTuple):
    """The copies that can be read, how they relate, and the files of each."""

    copies: Copies
    relation: Sync | None
    local: Files
    remote: Files
    #: Why a copy was left out.
    unreadable: tuple[str, ...]
    #: For each copy that is no control branch: what it is, and after `; ` a hint.
    foreign: tuple[str, ...]


def compare_copies(sealed: Git, copies: Copies) -> Look:
    """List the files of both copies, and compare them."""
    unreadable: list[str] = []
    foreign: list[str] = []
    local, mine = _list_copy(sealed, copies.local, Side.LOCAL, unreadable=unreadable, foreign=foreign)
    remote, theirs = _list_copy(sealed, copies.remote, Side.REMOTE, unreadable=unreadable, foreign=foreign)
    copies = Copies(copies.name, local, remote)
    relation = _read_relation(sealed, local, remote, unreadable)
    return Look(copies, relation, mine, remote=theirs, unreadable=tuple(unreadable), foreign=tuple(foreign))


def _list_copy(
    sealed: Git, ref: Ref | None, side: Side, unreadable: list[str], foreign: list[str]
) -> tuple[Ref | None, Files]:
    if ref is None:
        return None, {}
    try:
        files = _read_entries(sealed, ref.id, side)
    except GitError as error:
        unreadable.append(f"{escape_hidden(ref.name)} cannot be read: {error.message}")
        return None, {}
    if ref.target:
        foreign.append(
            f"{escape_hidden(ref.name)} is no branch of its own, it points to {escape_hidden(ref.target)}; "
            f"to make it one: git update-ref --no-deref {_typed(ref.name)} {_typed(ref.target)}"
        )
    elif foreign_names := control_files.find_foreign_names(files):
        foreign.append(_describe_foreign(ref.name, foreign_names))
    return ref, files


def _typed(ref: str) -> str:
    return shlex.quote(escape_hidden(ref))


def _describe_foreign(ref: str, foreign_names: Sequence[str]) -> str:
    names = ", ".join(escape_hidden(name) for name in foreign_names[:4])
    more = f" and {len(foreign_names) - 4} more" if len(foreign_names) > 4 else ""
    return (
        f"{escape_hidden(ref)} is not the control branch: it holds {names}{more}, where only tasks/ and a README"
        f" belong; {OTHER_NAME}"
    )


def _read_entries(sealed: Git, commit: str, side: Side) -> Files:
    """Every file in a commit's tree; GitError where it cannot be read. Sizes come from object headers, so
    that of a missing blob is None.
    """
    # ^{commit}: a ref below refs/heads that leads to a tree is no branch, though git can list that tree.
    out = run(sealed, ["ls-tree", "-r", "-z", "--long", f"{commit}^{{commit}}"])
    files = {}
    for line in out.split(b"\0")[:-1]:
        header, _, path = decode(line).partition("\t")
        mode, _, blob, size = header.split()
        files[path] = Entry(path, mode, blob, size=int(size) if size.isdigit() else None, side=side)
    return files


def _read_relation(sealed: Git, local: Ref | None, remote: Ref | None, unreadable: list[str]) -> Sync | None:
    if local is None or remote is None:
        return Sync.LOCAL if local else Sync.REMOTE if remote else None
    if local.id == remote.id:
        return Sync.SAME
    count = ["rev-list", "--left-right", "--count", f"{local.id}...{remote.id}"]
    out, code, reason = run_unchecked(sealed, count)
    if code:
        names = f"{escape_hidden(local.name)} with {escape_hidden(remote.name)}"
        unreadable.append(f"git cannot compare {names}: {reason}")
        return Sync.DIVERGED
    ahead, behind = out.split()
    if ahead != b"0" and behind != b"0":
        return Sync.DIVERGED
    return Sync.AHEAD if behind == b"0" else Sync.BEHIND


def unite_copies(sealed: Git, comparison: Look, origins: Origins) -> Union:
    """The files that count, each with its origin where `origins` has it."""
    mine, theirs = (
        control_files.with_origins(files, origins) for files in (comparison.local, comparison.remote)
    )
    local, remote = comparison.copies.local, comparison.copies.remote
    if comparison.relation is Sync.DIVERGED and local and remote:
        # It fails where there is none: two branches that began apart, or a history that is incomplete.
        merge_bases = decode(run_unchecked(sealed, ["merge-base", "--all", local.id, remote.id])[0]).split()
        return unite_files([_read_entries(sealed, base, Side.BOTH) for base in merge_bases], mine, theirs)
    if comparison.relation in (Sync.REMOTE, Sync.BEHIND):
        return Union(control_files.mark_sides(theirs, mine, Side.REMOTE))
    return Union(control_files.mark_sides(mine, theirs, Side.LOCAL))


def _describe_copies(comparison: Look, union: Union, failure: str) -> Iterator[str]:
    if failure:
        yield f"the history of {escape_hidden(comparison.copies.name)} cannot be read to its end: {failure}"
    if comparison.relation is Sync.DIVERGED and comparison.copies.remote:
        name, remote_name = (
            escape_hidden(comparison.copies.name),
            escape_hidden(comparison.copies.remote.name.removeprefix(REMOTES)),
        )
        yield f"{name} and {remote_name} have diverged; both are shown, and `agentledger sync` merges them"
    for kept in union.kept:
        path, beside = map(escape_hidden, kept)
        yield f"{path} differs in the two; the remote's counts, the local one is kept as {beside}"
