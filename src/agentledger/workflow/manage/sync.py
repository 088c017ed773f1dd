"""`agentledger sync` brings the local and the remote control branch together: fetch, unite, push.

Belongs here: that order, and what is refused. Does not: talking to the remote (see `remote_branch`), or how two
copies are united (see `control.control_files`).

The local branch only ever moves forward, to a commit that contains it, and so does the remote's. Whatever goes
wrong, everything written is still in the local branch.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agentledger.control import append, commit_writer, history, reader, signing
from agentledger.control.control_files import Kept, Synced
from agentledger.control.reader import Copies
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import process, queries, scratch
from agentledger.git.promised import Promised
from agentledger.git.queries import Place
from agentledger.git.races import LostRaceError, Writer, read_tip, retry, update_refs
from agentledger.git.scratch import Scratch
from agentledger.ledger import policy
from agentledger.model.absent import Absent, make_absent_error
from agentledger.model.errors import GitError, LedgerError, RefError
from agentledger.model.fleet import Sync
from agentledger.model.policy import CommitRules, Policy
from agentledger.model.text import escape_hidden
from agentledger.repository import hook_branches
from agentledger.repository.listing import CONTROL
from agentledger.repository.remotes import list_promisors, list_remotes
from agentledger.repository.repository_state import Observation, observe_repository
from agentledger.workflow.manage import seen
from agentledger.workflow.manage.remote_branch import Link

if TYPE_CHECKING:
    from agentledger.fleet.request import Progress

# Rounds of fetch, unite and push, where somebody else's push comes first each time.
ROUNDS = 6

BY_DEFAULT = CommitRules()


def read_control_policy(start: Path) -> Policy:
    """The policy on base, for the control branch's name and its commits; the defaults where there is no base."""
    try:
        observation = observe_repository(start, None, ())
        with scratch.open_scratch(observation.place) as sealed:
            return _read_policy(sealed, observation)
    except RefError:
        return Policy()


def _read_policy(sealed: Scratch, observation: Observation) -> Policy:
    """The policy on base, fetched first where a partial clone lacks it. Raises LedgerError where it does not come."""
    promised = Promised(observation.git, sealed.git, observation.refs.promisors)
    while True:
        ruled = policy.read_policy(sealed, observation.refs, observation.choice, None)
        if not ruled.absent:
            return ruled.policy
        if promised.bring(each.blob for each in ruled.absent) or not all(a.blob for a in ruled.absent):
            raise make_absent_error(ruled.absent, "the control branch's name is unknown", promised.failure)


def sync_control_branch(
    start: Path,
    remote: str | None = None,
    *,
    name: str = CONTROL,
    recreate: bool = False,
    progress: Progress | None = None,
    rules: CommitRules = BY_DEFAULT,
) -> Synced:
    """Fetch the control branch, unite it with the local one, push the result; return what was done.

    `start` is a folder in the repository. `remote` None means the one that the branch follows, else origin,
    else the only one. `recreate` pushes the branch again after it was deleted on the remote. `progress` is
    called with how far git is, None for nobody. `rules` are the repository's for commits that unite.

    Raises LedgerError without a remote, for a branch of that name that is no control branch or is checked out,
    for an empty remote, a deleted branch, and a server that refuses or cannot be reached. The local branch
    then has everything that it had, and at most what was fetched besides.
    """
    git = process.repository_at(start)
    place, config = queries.locate_repository(git), queries.read_config(git)
    append.refuse_checked_out(git, name)
    link = Link(git, place, _choose_remote(config, remote, name), name=name, progress=progress)
    copies = _read_copies(link, config)
    work = _Work(
        link=link,
        place=place,
        config=config,
        rules=rules,
        local_before=copies.local.id if copies.local else None,
    )
    for tried in range(ROUNDS):
        if tried:
            # Longer each time, and not the same for all, so that rivals do not keep meeting.
            time.sleep(random.uniform(0.05, 0.2) * 2**tried)  # noqa: S311 - no secret
        if work.run_round(recreate):
            _refresh_watched(start, place)
            return work.done()
    raise GitError(
        f"others write to {escape_hidden(name)}, here or on {escape_hidden(link.remote)}, all the time",
        "nothing is lost; run agentledger sync again",
    )


def _refresh_watched(start: Path, place: Place) -> None:
    """Write the list of branches that the hooks check again: briefs that have just come may name new ones."""
    if not (place.common / hook_branches.FOLDER / hook_branches.FILE).exists():
        return
    request = Request(forecast=False, lines=False, rules=False, fetch=True)
    with suppress(LedgerError), snapshot.open_snapshot(start, request):
        pass  # opening a snapshot writes the list


def _choose_remote(config: Mapping[str, str], requested: str | None, name: str) -> str:
    """The remote to sync with. Raises LedgerError where there is none, or where the user has to name one."""
    remotes = sorted(list_remotes(config))
    if not remotes:
        hint = "git remote add origin <address>; until then everything is kept here"
        raise LedgerError("this repository has no remote to sync with", hint)
    if requested is None:
        followed = config.get(f"branch.{name}.remote", "")
        likely = [remote for remote in (followed, "origin") if remote in remotes] or remotes
        if len(likely) == 1 or likely[0] in (followed, "origin"):
            return likely[0]
    elif requested in remotes:
        return requested
    names = ", ".join(escape_hidden(remote) for remote in remotes)
    if requested is None:
        raise LedgerError(
            f"which remote? There are {names}", f"name one: --remote {escape_hidden(remotes[0])}"
        )
    raise LedgerError(f"there is no remote {escape_hidden(requested)!r}", f"there are: {names}")


def _read_copies(link: Link, config: Mapping[str, str]) -> Copies:
    return append.read_copies(link.git, config, link.name, link.remote)


@dataclass(slots=True, kw_only=True)
class _Work:
    """One sync under way."""

    link: Link
    place: Place
    config: Mapping[str, str]
    rules: CommitRules
    #: The local branch when the sync began; None without one.
    local_before: str | None
    #: The remote's branch when it was last asked; None without one.
    remote_before: str | None = None
    #: The commit that both have in the end; None where neither has the branch.
    head: str | None = None
    #: The merge commit that united the two; None where none was needed.
    merge: str | None = None
    #: Files that both sides had changed, where one version is kept beside the other.
    kept: list[Kept] = field(default_factory=list)
    #: Were the branches looked at already?
    looked: bool = False
    #: Sentences for the user.
    notes: list[str] = field(default_factory=list)

    def run_round(self, recreate: bool) -> bool:
        """Fetch, unite, push once; False where somebody else came first."""
        on_remote = self._fetch(recreate)
        copies = _read_copies(self.link, self.config)
        self.remote_before = remote = copies.remote.id if on_remote and copies.remote else None
        try:
            with scratch.open_scratch(self.place) as sealed:
                self._bring_files(sealed, copies)
                self.head = self._unite_copies(sealed, copies)
        except LostRaceError:
            return False
        self._write_seen()
        if self.head is None:
            name, place = escape_hidden(self.link.name), escape_hidden(self.link.remote)
            self.notes.append(f"there is no branch {name} yet, here or on {place}")
            return True
        if self.head != remote and not self.link.push(self.head, remote):
            return False
        self._remember(self.head)
        return True

    def _write_seen(self) -> None:
        """Write down, once, the heads that are seen and the ends that are certain; only a manager does.

        What fails here stops no sync: fetching and pushing matter more.
        """
        if self.head is None or self.looked:
            return
        self.looked = True
        try:
            written = seen.write_seen(self.link.git.cwd, self.link.name)
        except LedgerError as error:
            self.notes.append(f"what was seen of the branches is not written down: {error.message}")
            return
        self.head = written or self.head

    def _fetch(self, recreate: bool) -> bool:
        """Fetch the remote's copy; False where it has none. Raises LedgerError where pushing ours would do harm."""
        copies = _read_copies(self.link, self.config)
        name, remote = escape_hidden(self.link.name), escape_hidden(self.link.remote)
        if self.link.fetch():
            return True
        # It was there at the last sync, so its absence is somebody's decision.
        synced_before = copies.remote or queries.read_refs(self.link.git, [self.link.synced]).refs
        if synced_before and not recreate:
            hint = "agentledger sync --recreate pushes it again, with all that is here"
            raise LedgerError(
                f"{remote} had a branch {name} and has none any more: it was deleted there", hint
            )
        if copies.local and self.link.is_empty():
            hint = "push the branch with the code first: git push " + remote + " HEAD"
            raise LedgerError(
                f"{remote} is empty: {name}, as the first branch, would become its default", hint
            )
        return False

    def _bring_files(self, sealed: Scratch, copies: Copies) -> None:
        """Fetch the documents of both copies where a partial clone lacks them: its own fetch leaves them out."""
        promised = Promised(self.link.git, sealed.git, list_promisors(self.config))
        if not promised.remotes:
            return
        look = reader.compare_copies(sealed.git, copies)
        names = {entry.blob: path for files in (look.local, look.remote) for path, entry in files.items()}
        remote = promised.remotes[0]
        if missing := promised.bring(names):
            absent = [
                Absent(path=names[blob], ref=self.link.name, blob=blob, remote=remote) for blob in missing
            ]
            raise make_absent_error(absent, "nothing is united or pushed", promised.failure)

    def _unite_copies(self, sealed: Scratch, copies: Copies) -> str | None:
        """Move the local branch to a commit that contains both copies, and return that; None without any copy."""
        look = reader.compare_copies(sealed.git, copies)
        append.refuse_unusable(look)
        local, remote = look.copies.local, look.copies.remote
        if look.relation in (Sync.REMOTE, Sync.BEHIND) and remote:
            self._fast_forward(remote.id, local.id if local else sealed.null)
            return remote.id
        if look.relation is Sync.DIVERGED:
            return self._merge(sealed, look)
        return local.id if local else None

    def _fast_forward(self, new: str, old: str) -> None:
        """Move the local branch. Raises LostRaceError where it is no longer at `old`."""
        line, before = f"update {self.link.branch} {new} {old}\n", old if old.strip("0") else None
        message = "agentledger sync: fast-forward"
        if not update_refs(self._writer, self.link.git, line, message, before=before):
            raise LostRaceError("somebody else moved the branch here")

    def _merge(self, sealed: Scratch, look: reader.Look) -> str:
        """Unite the two copies in a merge commit on the local branch; return that."""
        origins = reader.history_of_copies(sealed, look.copies).origins
        start = append.choose_start(look, reader.unite_copies(sealed.git, look, origins))
        message = f"unite with {self.link.remote}"
        who = commit_writer.read_identity(self.link.git)
        tip = look.copies.local.id if look.copies.local else sealed.null
        form = signing.choose_form(self.link.git)
        new = commit_writer.New(
            start.parents, start.changes, message, who=who, tip=tip, rules=self.rules, form=form
        )
        made = self._write(new)
        self.merge = made.commit
        self.notes += filter(None, [made.unsigned])
        self.kept += start.kept
        return self.merge

    def _write(self, new: commit_writer.New) -> commit_writer.Made:
        """Put the commit on the local branch; return it.

        Raises LostRaceError where the branch moved meanwhile: then both copies have to be united again.
        """

        # Returned, not raised, so that `retry` does not try the same merge again.
        def once() -> commit_writer.Made | LostRaceError:
            try:
                return commit_writer.write_commit(self.link.git, self.link.name, new)
            except LostRaceError as lost:
                return lost

        result = retry(self._writer, once)
        if isinstance(result, LostRaceError):
            raise result
        return result

    @property
    def _writer(self) -> Writer:
        return Writer(self.place, self.link.branch, self.place.common / "agentledger")

    def _remember(self, head: str) -> None:
        """Move the remote-tracking copy and our own ref to `head`.

        git itself moves the former only where the configured refspec covers it.
        """
        lines = "".join(f"update {ref} {head}\n" for ref in (self.link.tracking_ref, self.link.synced))
        writer, git = self._writer._replace(ref=self.link.tracking_ref), self.link.git
        for _ in range(ROUNDS):  # somebody may fetch meanwhile; what was pushed is newer
            if update_refs(writer, git, lines, "agentledger sync", before=read_tip(git, writer.ref)):
                break

    def done(self) -> Synced:
        """What was done, with the number of commits that came and went."""
        with scratch.open_scratch(self.place) as sealed:
            fetched = history.read_moved_commits(sealed, self.remote_before, self.local_before)
            pushed = history.read_moved_commits(sealed, self.head, self.remote_before)
        return Synced(
            branch=self.link.name,
            remote=self.link.remote,
            head=self.head,
            local_before=self.local_before,
            remote_before=self.remote_before,
            fetched=fetched,
            pushed=pushed,
            merge=self.merge,
            kept=tuple(self.kept),
            notes=tuple(self.notes),
        )
