"""What a manager's command writes down about branches while it looks at them, so that no end is forgotten.

Belongs here: the documents of attempts with the heads last seen, the outcomes that base's history makes certain,
and the refs that keep those heads. Does not: how a task ended (see `fleet.task_endings`), or when this is done
(see `spawn.spawn_task` and `manage.sync`).

Nothing here depends on this clone's clock or configuration: two clones that see the same write the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.git import commits, objects, process, queries
from agentledger.git.process import Git
from agentledger.model.fleet import UNMERGED, Branch, Commit, Fleet, State, Sync
from agentledger.model.ledger import Attempt
from agentledger.model.ledger_paths import attempt_path, outcome_path
from agentledger.model.text import encode, format_rfc3339
from agentledger.model.work import Task

KEEP = "refs/agentledger/keep/"


class Record(NamedTuple):
    """An attempt to be written."""

    task: str
    branch: str
    #: Seconds since the epoch.
    at: int
    base: str | None
    head: str | None

    @property
    def path(self) -> str:
        """Where it goes on the control branch."""
        return attempt_path(self.task, self.branch)

    def render(self) -> bytes:
        """The document."""
        lines = [f"at: {format_rfc3339(self.at)}", f"branch: {_quote(self.branch)}"]
        lines += [f"{key}: {value}" for key, value in (("base", self.base), ("head", self.head)) if value]
        return encode("\n".join(["---", *lines, "---", ""]))


def _quote(name: str) -> str:
    # A name of git's can begin with what YAML takes for something else, but holds no quote-breaking newline.
    return "'" + name.replace("'", "''") + "'"


def list_records(sealed: Git, fleet: Fleet) -> list[Record]:
    """The attempts whose branch has a newer head than was written down, and those that nobody wrote down."""
    tasks = {task.id: task for task in fleet.tasks if task.brief_from in ("control", "base")}
    seen = [
        (branch, task)
        for branch in fleet.branches
        if branch.work and (task := tasks.get(branch.work.task)) and not task.outcome and _is_telling(branch)
    ]
    news = [(b, t, old) for b, t in seen if (old := _attempt_of(t, b)) is None or old.head != b.head]
    known = _read_known(sealed, [old.head for *_, old in news if old and old.head])
    known |= _read_known(sealed, [b.head for b, *_ in news])
    return [_record(b, t, old) for b, t, old in news if old is None or _is_newer(known, b, old)]


def _is_telling(branch: Branch) -> bool:
    """Does the head say something about the task? One without code says only that it was handed out."""
    working = branch.state in UNMERGED and bool(branch.code_changes)
    return working or branch.state in (State.MERGED, State.ABSORBED)


def _attempt_of(task: Task, branch: Branch) -> Attempt | None:
    return next((each for each in task.attempts if each.branch == branch.name), None)


def _read_known(sealed: Git, ids: Sequence[str]) -> dict[str, Commit]:
    """Those of the commits that this clone has, by id."""
    unique = list(dict.fromkeys(ids))
    infos = objects.read_object_info(sealed, unique)
    here = [oid for oid, (_, kind, _) in zip(unique, infos, strict=True) if kind == "commit"]
    return {commit.id: commit for commit in commits.read_commits(sealed, here)}


def _is_newer(known: Mapping[str, Commit], branch: Branch, old: Attempt) -> bool:
    """Is the branch's head newer than the one that was written down?

    By the commits' times: so two clones that see different heads do not overwrite each other for ever.
    """
    if branch.head not in known:
        return False
    if old.head is None or any(commit.id == old.head for commit in branch.commits):
        return True
    before = known[old.head].committed_at if old.head in known else old.document.source.at or 0
    return known[branch.head].committed_at > before


def _record(branch: Branch, task: Task, old: Attempt | None) -> Record:
    if old is not None:
        return Record(task.id, branch.name, old.at, base=old.base, head=branch.head)
    # For a branch made by hand: its own first commit is when it began, in every clone.
    began = branch.commits[-1].committed_at if branch.commits else branch.active_at
    return Record(task.id, branch.name, began, base=next(iter(branch.merge_bases), None), head=branch.head)


def render_outcomes(sealed: Git, fleet: Fleet) -> dict[str, bytes]:
    """The outcomes, by path, of tasks that base's history shows to be merged and that have none yet.

    None where base has commits that its remote has not: they may yet be taken back.
    """
    if fleet.base.sync is Sync.AHEAD:
        return {}
    ended = [
        (task, ending)
        for task in fleet.tasks
        if task.brief and task.outcome is None and task.taken_back is None
        if (ending := task.ending) and ending.is_certain
    ]
    landings = [ending.commit for _, ending in ended if ending.commit]
    landed = {commit.id: commit for commit in commits.read_commits(sealed, list(dict.fromkeys(landings)))}
    rendered = {}
    for task, ending in ended:
        commit = landed.get(ending.commit or "")
        if commit is None:
            continue
        lines = [f"at: {format_rfc3339(commit.committed_at)}", f"by: {_quote(commit.author.email)}"]
        lines += ["outcome: merged", *([f"branch: {_quote(ending.branch)}"] if ending.branch else [])]
        # Only the landing itself says for certain which head it was; clones can have seen different ones.
        lines += [f"head: {ending.head}"] if ending.source == "trailer" and ending.head else []
        text = "\n".join(["---", *lines, f"merge: {commit.id}", "---", ""])
        rendered[outcome_path(task.id)] = encode(text)
    return rendered


# -- keeping heads --------------------------------------------------------------------------


def keep_heads(
    git: Git, sealed: Git, fleet: Fleet, records: Sequence[Record] = (), more: Sequence[str] = ()
) -> None:
    """Keep the last heads of all attempts by local refs, so that git does not remove what they lead to.

    The same for commits that reviews, reruns and crossings name, and for `more`: a branch that is rewritten can
    still be compared with them. Heads of tasks with an outcome, and those that a newer one replaced, are let go.
    """
    replaced = {(record.task, record.branch): record.head for record in records}
    old = {a.head for task in fleet.tasks for a in task.attempts if a.head}
    wanted = {*more, *(head for head in replaced.values() if head)}
    for task in fleet.tasks:
        judged = {head for head in (*(r.head for r in task.reviews), *(r.head for r in task.reruns)) if head}
        judged |= {record.head for record in task.integrity if record.head}
        old |= judged
        if task.outcome is None:
            wanted |= judged
            wanted |= {a.head for a in task.attempts if a.head and (task.id, a.branch) not in replaced}
    kept = {ref.name.removeprefix(KEEP) for ref in queries.read_refs(git, [KEEP]).refs}
    lines = [f"update {KEEP}{head} {head}\n" for head in _read_known(sealed, sorted(wanted - kept))]
    lines += [f"delete {KEEP}{head}\n" for head in sorted((old - wanted) & kept)]
    if lines:
        # What cannot be kept is not lost yet: the next command tries again.
        process.run_unchecked(git, [*process.UNHOOKED, "update-ref", "--stdin"], encode("".join(lines)))
