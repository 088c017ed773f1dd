"""Which task a branch works on, and what its manager has said: read for one branch, and no more.

Belongs here: the brief that counts, answers and waivers of one task, in a handful of processes. Does not:
a whole fleet (see `papers`), or what is about to be committed (see `commit`).

The brief that counts is the control branch's, else base's, else the oldest on the branch's own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentledger import documents
from agentledger.control import reader
from agentledger.gates import lacking
from agentledger.gates.here import Here
from agentledger.git import objects, process, queries
from agentledger.git.process import run_unchecked
from agentledger.git.promised import Promised
from agentledger.git.scratch import Scratch
from agentledger.ledger import policy, refused_briefs
from agentledger.ledger.assignment import Claims, assign_task, counting_brief
from agentledger.ledger.policy import Ruled
from agentledger.model import ledger_paths
from agentledger.model.fleet import Base
from agentledger.model.ledger import Source
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode
from agentledger.model.work import Task
from agentledger.repository import agents, bases
from agentledger.repository.bases import HEADS, REMOTES, Choice, Refs
from agentledger.repository.client_worktrees import is_clients_worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A branch that a brief goes for."""

    #: git's configuration in this repository.
    settings: Mapping[str, str]
    policy: Policy
    base: Base
    task: Task
    #: The blob of the brief that counts.
    official: str
    #: The refs from which base can be read.
    choice: Choice
    #: The refs from which the control branch can be read.
    copies: reader.Copies
    #: Their commits that count: one, unless the copies have diverged.
    tips: tuple[str, ...]
    #: What this partial clone was promised; it starts no process in a full one.
    promised: Promised
    #: No brief goes for the branch itself: its worktree was made for the task.
    stray: bool = False


def read_gated_task(here: Here, scratch: Scratch, head: str) -> Gated | None:
    """The task of the branch that is checked out, as it would be at `head`; None where no brief goes for it.

    In a worktree that was made for a task, that task's brief goes for every branch without one of its own, and for
    none; base and the control branch aside.
    What a partial clone lacks for that is fetched first. Raises LedgerError where no base can be told, or read, and
    where something does not come.
    """
    settings = queries.read_config(here.git)
    refs = Refs(queries.read_refs(here.git, [HEADS, REMOTES]).refs, settings)
    promised = Promised(here.git, scratch.git, refs.promisors)
    ruled = _read_policy(scratch, refs, promised)
    copies = reader.find_copies(refs, ruled.policy.control_branch)
    tips = _control_tips(scratch, copies)
    briefs = _Briefs(scratch, tips, ruled.base.head)
    if promised.remotes:
        lacking.bring_briefs(promised, scratch, tips, ruled.base)
    name = _task_of_branch(briefs, here, ruled=ruled, head=head) if here.branch else None
    counting = _find_counting_brief(briefs, name, head) if name else None
    stray = counting is None and _is_stray(here, ruled)
    if stray:
        name = here.made_for
        counting = None if _has_outcome(briefs, name) else _find_counting_brief(briefs, name, head)
    if name is None or counting is None:
        return None
    return Gated(
        settings=settings,
        policy=ruled.policy,
        base=ruled.base,
        task=_read_task(briefs, here, ruled, name=name, counting=counting, promised=promised, stray=stray),
        official=counting[0],
        choice=ruled.choice,
        copies=copies,
        tips=tuple(tips),
        promised=promised,
        stray=stray,
    )


def _is_stray(here: Here, ruled: Ruled) -> bool:
    """Was this worktree made for a task, and is neither base nor the control branch checked out?"""
    return bool(here.made_for) and here.branch not in (ruled.base.name, ruled.policy.control_branch)


def _has_outcome(briefs: _Briefs, task: str) -> bool:
    """Has the manager said how the task ended?"""
    names = [f"{tip}:{ledger_paths.outcome_path(task)}" for tip in briefs.tips]
    infos = objects.read_object_info(briefs.git, list(map(encode, names))) if names else []
    return any(kind == "blob" for _, kind, _ in infos)


def _read_policy(scratch: Scratch, refs: Refs, promised: Promised) -> Ruled:
    """The policy; in a partial clone, of this base and of the one that it names, brought first."""
    while True:
        ruled = policy.read_policy(scratch, refs, bases.choose_base(refs, None, "", False), None)
        if not ruled.absent:
            return ruled
        lacking.require_files(promised, ruled.absent)


class _Briefs:
    """Where a manager's briefs are: the commits of the control branch that count, and base."""

    def __init__(self, scratch: Scratch, tips: list[str], base: str) -> None:
        self.scratch, self.git = scratch, scratch.git
        self.tips, self.base = tips, base
        self._confirmed: dict[str, tuple[str | None, str | None]] = {}

    def confirmed(self, task: str) -> tuple[str | None, str | None]:
        """The blobs of the task's brief on the control branch and on base; None where there is none."""
        if task not in self._confirmed:
            names = [f"{tip}:{ledger_paths.control_brief_path(task)}" for tip in self.tips]
            names.append(f"{self.base}:{ledger_paths.brief_path(task)}")
            infos = objects.read_object_info(self.git, list(map(encode, names)))
            *control, base = (blob if kind == "blob" else None for blob, kind, _ in infos)
            # Of two copies, the last outweighs the other.
            ours = next(filter(None, reversed(control)), None)
            self._confirmed[task] = ours, base if ours or not base else self._replace_refused(task, base)
        return self._confirmed[task]

    def _replace_refused(self, task: str, blob: str) -> str | None:
        """Base's brief, unless the manager has refused its text: then base's last one before that."""
        below = f"{ledger_paths.control_folder(task)}/answers/"
        answers = [each for path, each in _list_replies(self, task).items() if path.startswith(below)]
        refused = refused_briefs.find_refused(self.scratch, {task: answers})[task] if answers else frozenset()
        if blob not in refused:
            return blob
        path = ledger_paths.brief_path(task)
        return refused_briefs.find_unrefused(self.scratch, self.base, {path: refused}).get(path)

    def naming(self, branch: str) -> set[str]:
        """The tasks whose brief, on the control branch or on base, names the branch."""
        tasks = set()
        for commit in (*self.tips, self.base):
            grep = ["grep", "-l", "-z", "-F", "-e", branch, commit, "--", *ledger_paths.ALL_BRIEFS]
            for name in decode(process.run_or_none(self.git, grep) or b"").split("\0")[:-1]:
                blob = objects.read_object_info(self.git, [name])[0][0]
                text = next(
                    (raw for _, raw in objects.read_object_contents(self.git, [blob] if blob else [])), b""
                )
                if documents.parse_front_matter(text).get("branch") == branch:
                    tasks.add(name.split("/")[-2])
        return tasks


def _control_tips(scratch: Scratch, copies: reader.Copies) -> list[str]:
    """The commits of the control branch, the one that outweighs the other last."""
    ids = [ref.id for ref in (copies.local, copies.remote) if ref]
    if len(set(ids)) < 2:
        return ids[:1]
    out, code, _ = run_unchecked(scratch.git, ["rev-list", "--left-right", "--count", f"{ids[0]}...{ids[1]}"])
    ahead, behind = out.split() if not code else (b"1", b"1")
    if behind == b"0":
        return ids[:1]
    return ids[1:] if ahead == b"0" else ids


def _task_of_branch(briefs: _Briefs, here: Here, ruled: Ruled, head: str) -> str | None:
    """The task that the branch works on, by the briefs, its name, and the folders that it adds.

    A branch that is no agent's by its name or place needs a brief that names it: a manager adds briefs there.
    """
    branch = here.branch
    naming = briefs.naming(branch)
    by_name = agents.task_of_branch(branch)
    confirmed = by_name is not None and any(briefs.confirmed(by_name))
    is_agents = agents.is_agent_name(branch, ruled.policy.branches) or is_clients_worktree(here.place, branch)
    # What the branch adds is read only where it could decide.
    undecided = not naming and not confirmed and is_agents
    added = _read_added_files(briefs, head) if undecided else []
    folders = {path.partition("/")[0] for path in added}
    claims = Claims(
        naming=naming,
        by_name=by_name,
        confirmed=confirmed,
        folders=folders,
        briefs={path.partition("/")[0] for path in added if path.endswith("/brief.md")},
        needs={task: _find_needs(briefs, task, head) for task in folders} if len(folders) > 1 else {},
    )
    return assign_task(claims)[0]


def _find_needs(briefs: _Briefs, task: str, head: str) -> set[str]:
    """The tasks that a task depends on, directly or not, by the briefs that count."""
    closure: set[str] = set()
    left = [task]
    while left:
        counting = _find_counting_brief(briefs, left.pop(), head)
        text = _read_blobs(briefs.scratch, [counting[0]]).get(counting[0], b"") if counting else b""
        named = documents.parse_front_matter(text).get("depends_on")
        following = {each for each in named if isinstance(each, str)} if isinstance(named, list) else set()
        left += following - closure
        closure |= following
    return closure


def _read_added_files(briefs: _Briefs, head: str) -> list[str]:
    """The paths, below the folder of all tasks, of the ledger's files that the branch adds to base or changes."""
    flags = ["-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", "--merge-base"]
    out, code, _ = run_unchecked(
        briefs.git, ["diff-tree", *flags, briefs.base, head, "--", ledger_paths.TASKS]
    )
    if code:  # no common history: all that is there was added
        entries = objects.read_tree_entries(briefs.git, head, ledger_paths.TASKS)
        return [decode(path).removeprefix(ledger_paths.TASKS) for _, _, path in entries]
    return [path.removeprefix(ledger_paths.TASKS) for path in decode(out).split("\0")[:-1]]


def _find_counting_brief(briefs: _Briefs, task: str, head: str) -> tuple[str, str] | None:
    """The blob of the brief that counts, and where it was found; None where there is none."""
    control, base = briefs.confirmed(task)
    first = None if control or base else _oldest_brief(briefs, head, ledger_paths.brief_path(task))
    return counting_brief(control, base, first)


def _read_task(
    briefs: _Briefs,
    here: Here,
    ruled: Ruled,
    *,
    name: str,
    counting: tuple[str, str],
    promised: Promised,
    stray: bool,
) -> Task:
    """The task with its counting brief, and the manager's answers and waivers.

    On a branch that is not the task's own, an approval of any of its branches counts.
    """
    blob, where = counting
    replies = _list_replies(briefs, name)
    path = ledger_paths.control_brief_path(name) if where == "control" else ledger_paths.brief_path(name)
    lacking.require_blobs(promised, [(path, blob), *replies.items()], ruled.policy.control_branch)
    texts = _read_blobs(briefs.scratch, [blob, *replies.values()])

    def raw(at: str, oid: str) -> documents.RawDocument:
        content = texts.get(oid, b"")
        return documents.RawDocument(source=Source(path=at), content=content, policy=ruled.policy, blob=oid)

    def each(folder: str) -> list[documents.RawDocument]:
        below = f"{ledger_paths.control_folder(name)}/{folder}/"
        return [raw(path, oid) for path, oid in replies.items() if path.startswith(below)]

    brief = documents.parse_brief(raw(path, blob))
    answers = tuple(map(documents.parse_answer, each("answers")))
    waivers = tuple(map(documents.parse_waiver, each("waivers")))
    return Task(
        id=name,
        brief=brief,
        brief_from=where,
        branches=(here.branch,),
        answers=tuple(answer for answer in answers if stray or answer.branch in (None, here.branch)),
        waivers=waivers,
    )


def _list_replies(briefs: _Briefs, task: str) -> dict[str, str]:
    """The blobs of the manager's answers and waivers on the control branch, by path."""
    folder = f"{ledger_paths.control_folder(task)}/"
    folders = tuple(f"{folder}{kind}/" for kind in ("answers", "waivers"))
    blobs = {}
    for tip in briefs.tips:
        for _, blob, path in objects.read_tree_entries(briefs.git, tip, folder):
            if decode(path).startswith(folders) and path.endswith(b".md"):
                blobs[decode(path)] = blob
    return blobs


def _oldest_brief(briefs: _Briefs, head: str, path: str) -> str | None:
    """The first version of the brief on the branch's own line: an agent cannot widen it afterwards."""
    flags = ["--first-parent", "--reverse", "--raw", "--no-renames", "--no-abbrev", "--format=", "-z"]
    out = process.run(briefs.git, ["log", *flags, f"{briefs.base}..{head}", "--", path])
    for word in out.split(b"\0"):
        fields = decode(word).lstrip("\n").split(" ")
        if len(fields) == 5 and fields[0].startswith(":") and fields[3].strip("0"):
            return fields[3]
    return None


def _read_blobs(scratch: Scratch, blobs: list[str]) -> dict[str, bytes]:
    kinds = zip(blobs, objects.read_object_info(scratch.git, blobs), strict=True)
    small = [blob for blob, (_, kind, size) in kinds if kind == "blob" and size <= documents.MOST_BYTES]
    return dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(small))))
