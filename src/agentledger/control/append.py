"""Writes documents to the control branch: one commit on the newest one, so that nobody's work is lost.

Belongs here: which commits the new one continues, and what it must not touch. Does not: what is in the files,
making the commit (see `commit_writer`), or fetching and pushing (see `workflow.manage.sync`).

No work tree and no index takes part. The branch is moved only from the commit that was read: where somebody
else has moved it meanwhile, it is read again (see `git.races`).
"""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

from agentledger.control import control_files, reader, signing
from agentledger.control.commit_writer import Made, New, read_identity, write_commit
from agentledger.control.control_files import Entry, Kept
from agentledger.control.reader import Copies
from agentledger.control.unite_copies import Union
from agentledger.git import queries, scratch
from agentledger.git.leftovers import FETCH_AGAIN, describe_ref_repair
from agentledger.git.process import Git
from agentledger.git.races import Writer, retry
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.fleet import Fleet, Sync
from agentledger.model.policy import CommitRules
from agentledger.model.text import escape_hidden
from agentledger.repository import agents, ref_clashes
from agentledger.repository.bases import HEADS, REMOTES, Refs
from agentledger.repository.client_worktrees import is_clients_worktree
from agentledger.repository.listing import CONTROL
from agentledger.repository.repository_state import Observation

# Contents by path; None removes the file.
Contents = Mapping[str, bytes | None]
PLAIN = CommitRules(prefix="")  # where no policy is asked


# -- the one way in --------------------------------------------------------------------


def commit_files(
    git: Git,
    files: Contents,
    message: str,
    *,
    replace: Collection[str] = (),
    name: str = CONTROL,
    rules: CommitRules = PLAIN,
    proven: bool = False,
) -> Made:
    """Commit these files on the control branch.

    `git` is the user's repository. A path that exists already is refused unless it is in `replace`; a path to
    be removed has to be in it. The branch is made where there is none, continued from the remote's copy where
    that is ahead, and united with it where the two have diverged. The author is the one whom git is
    configured for. `rules` are the repository's for such commits. With `proven` the commit is signed with that
    person's SSH key, else where and as their git signs all commits; one that git cannot sign is written all the same.

    Raises LedgerError, and nothing is written, when the branch is checked out somewhere, is no control
    branch, or both copies have changed the same file; when git knows no author; when a path is taken.
    """
    for path in files:
        _check_path(path)
    refuse_checked_out(git, name)
    identity, form = read_identity(git), signing.SSH if proven else signing.choose_form(git)
    place, config = queries.locate_repository(git), queries.read_config(git)
    with scratch.open_scratch(place) as sealed:
        # After a lost race all of this again: the rival's commit may have changed any of the answers.
        def once() -> Made:
            comparison = reader.compare_copies(sealed.git, read_copies(git, config, name))
            start = _require_start(sealed, comparison)
            _check_taken(start.files, files, replace)
            tip = comparison.copies.local.id if comparison.copies.local else sealed.null
            changes = {**start.changes, **files}
            return write_commit(
                git, name, New(start.parents, changes, message, who=identity, tip=tip, rules=rules, form=form)
            )

        return retry(Writer(place, HEADS + name, place.common / "agentledger"), once)


def refuse_checked_out(git: Git, name: str = CONTROL) -> None:
    """LedgerError where a worktree has the control branch checked out.

    Its files would fall behind unseen, and a commit made there would take back what was written.
    """
    for checkout in queries.read_worktrees(git):
        if checkout.branch == HEADS + name and not checkout.prunable:
            where = escape_hidden(str(checkout.path))
            raise LedgerError(
                f"the control branch {escape_hidden(name)} is checked out in {where}, and the files there "
                "would fall behind what is written to it",
                f"commit what is there, then: git -C {shlex.quote(where)} switch --detach",
            )


def refuse_in_agent_worktree(observation: Observation, fleet: Fleet) -> None:
    """LedgerError in the linked worktree of an agent's branch: these commands are the manager's.

    An agent's branch is one that matches policy's patterns, in which `*` crosses `/`, works on a task, or is in
    a worktree that a client has made.
    """
    if observation.place.directory == observation.place.common:
        return
    branch = queries.read_head_ref(observation.git).removeprefix(HEADS)
    task_branches = {item.name for item in fleet.branches if item.work}
    is_agents = branch in task_branches or agents.matches_patterns(branch, fleet.policy.branches)
    if is_agents or is_clients_worktree(observation.place, branch):
        raise LedgerError(
            f"this is the worktree of {escape_hidden(branch)}, an agent's branch; this command is the manager's",
            f"run it in the main worktree: cd {shlex.quote(escape_hidden(str(observation.home)))}",
        )


def new_document_name(at: int, content: bytes) -> str:
    """The file name of a new document: its time in UTC, and four digits of its hash.

    The digits are for two documents of the same second. `at` is in seconds since the epoch.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    return f"{stamp}-{hashlib.sha256(content).hexdigest()[:4]}.md"


# -- where a commit goes on from -------------------------------------------------------


def read_copies(git: Git, config: Mapping[str, str], name: str, remote: str | None = None) -> Copies:
    """The control branch's two copies at this moment; with `remote`, the one of that remote.

    GitError where the local ref is damaged.
    """
    ref_list = queries.read_refs(git, [HEADS, REMOTES])
    refs = Refs(ref_list.refs, config, ref_list.broken)
    refuse_damaged(git, refs, name)
    refuse_blocked(refs, name)
    if remote is None:
        return reader.find_copies(refs, name)
    return Copies(name, refs.all.get(HEADS + name), refs.all.get(f"{REMOTES}{remote}/{name}"))


def refuse_damaged(git: Git, refs: Refs, name: str = CONTROL) -> None:
    """GitError where git reads no id in the local ref: without it, the branch would begin anew."""
    if HEADS + name in refs.broken:
        remote = reader.find_copies(refs, name).remote
        place = queries.locate_repository(git)
        hint = describe_ref_repair(place, HEADS + name, remote.id if remote else None)
        raise GitError(f"{escape_hidden(HEADS + name)} is damaged: git reads no id in it", hint)


def refuse_blocked(refs: Refs, name: str = CONTROL) -> None:
    """LedgerError where another branch keeps git from making the control branch here."""
    clash = ref_clashes.describe_control_clash(refs, name)
    if clash is not None and clash.is_local:
        raise LedgerError(f"{clash.text}, for what managers write", clash.fix)


class Start(NamedTuple):
    """What a new commit continues: its parents, all files, and the changes from the first parent to those.

    `kept` are local versions that gave way to the remote's.
    """

    parents: tuple[str, ...]
    files: Mapping[str, Entry]
    changes: Mapping[str, Entry | None]
    kept: tuple[Kept, ...] = ()


def choose_start(comparison: reader.Look, union: Union) -> Start:
    """What a new commit continues: the copy that contains the other, or both where they have diverged."""
    local, remote = comparison.copies.local, comparison.copies.remote
    files = union.files
    if comparison.relation is Sync.DIVERGED and local and remote:
        changes: dict[str, Entry | None] = {path: None for path in comparison.local if path not in files}
        changes |= {
            path: entry
            for path, entry in files.items()
            if not _is_same_file(comparison.local.get(path), entry)
        }
        return Start((local.id, remote.id), files, changes, union.kept)
    ahead = remote if comparison.relation in (Sync.REMOTE, Sync.BEHIND) else local
    return Start((ahead.id,) if ahead else (), files, {})


def _is_same_file(mine: Entry | None, entry: Entry) -> bool:
    return mine is not None and (mine.mode, mine.blob) == (entry.mode, entry.blob)


def refuse_unusable(comparison: reader.Look) -> None:
    """LedgerError where a copy is no control branch, or cannot be read."""
    for message in comparison.foreign:
        sentence, _, hint = message.partition("; ")
        raise LedgerError(sentence, hint)
    for message in comparison.unreadable:
        raise GitError(message, f"git fsck shows more; {FETCH_AGAIN} brings back what the remote still has")


def _require_start(sealed: Scratch, comparison: reader.Look) -> Start:
    refuse_unusable(comparison)
    start = choose_start(comparison, reader.unite_copies(sealed.git, comparison, {}))
    if start.kept and comparison.copies.remote:
        remote_name = escape_hidden(comparison.copies.remote.name.removeprefix(REMOTES))
        diverged = f"{escape_hidden(comparison.copies.name)} and {remote_name} have diverged"
        raise LedgerError(
            f"{diverged}, and both changed {escape_hidden(start.kept[0].path)}",
            "agentledger sync merges them, then run this again",
        )
    return start


def _check_path(path: str) -> None:
    parts = path.split("/")
    bad = any(part in ("", ".", "..") or part.lower() == ".git" or "\0" in part for part in parts)
    if bad or control_files.find_foreign_names({path: _NO_ENTRY}):
        raise LedgerError(
            f"{escape_hidden(path)} is no path of the control branch", "they are tasks/<task>/<document>.md"
        )


# In place of an entry that does not exist yet, where only the path counts.


_NO_ENTRY = Entry("", "", "", size=None, side=control_files.Side.LOCAL)


def _check_taken(existing: Mapping[str, Entry], files: Contents, replace: Collection[str]) -> None:
    folders = {folder for path in existing for folder in control_files.parent_folders(path)}
    for path in files:
        blocking = [folder for folder in control_files.parent_folders(path) if folder in existing]
        if blocking or path in folders or (path in existing and path not in replace):
            taken = blocking[0] if blocking else path
            raise LedgerError(
                f"{escape_hidden(taken)} is on the control branch already, and stays as it is",
                "what was said there is never edited; write a new document",
            )
