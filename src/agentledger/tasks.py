"""Branches and documents together: which task a branch works on, whose brief counts, what was said about it.

Takes the raw files that `ledger_files` and `control` read, parses them, and puts each
where it belongs. What follows from it (who waits for whom, what is fresh) is `standing`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from . import documents
from .ledger import Answer, Brief, CheckIn, Evidence, Outcome, Packet, Policy, Problem, Review, Waiver
from .ledger_files import MOST_BYTES, TASKS, BranchFiles, LedgerFile
from .model import Branch, Fleet, State
from .work import Copy, Task, Work

T = TypeVar("T", Brief, CheckIn, Answer, Waiver, Review, Outcome, Packet, Evidence)
# Outcomes that end the branches of a task.
_ENDS = {"killed": State.KILLED, "declined": State.DECLINED, "explored": State.EXPLORED}


@dataclass(frozen=True, slots=True)
class Papers:
    """All raw files of a fleet: by branch ref, uncommitted by branch ref, base's, and the control branch's.

    `earlier` are, by task, the blobs of briefs that the manager once accepted. Paths of the
    control branch begin with `tasks/`, those of branches and base with `.agentledger/tasks/`.
    """

    branches: Mapping[str, BranchFiles]
    uncommitted: Mapping[str, Sequence[LedgerFile]]
    base: Sequence[LedgerFile]
    control: Sequence[LedgerFile]
    earlier: Mapping[str, frozenset[str]]
    code_trees: Mapping[str, str]


def attach(fleet: Fleet, papers: Papers) -> Fleet:
    """The fleet with its tasks, and each branch with its work. Never raises for what documents hold."""
    if not (papers.branches or papers.uncommitted or papers.base or papers.control):
        return fleet
    desk = _Desk(fleet, papers)
    branches = tuple(desk.branch(branch) for branch in fleet.branches)
    return replace(fleet, branches=branches, tasks=desk.tasks(branches))


def split(path: str) -> tuple[str, str]:
    """The task and the rest of a path: `.agentledger/tasks/x/status/1.md` → `("x", "status/1.md")`."""
    task, _, rest = path.removeprefix(TASKS).removeprefix("tasks/").partition("/")
    return task, rest


class _Desk:
    """Where the papers of one fleet are sorted."""

    def __init__(self, fleet: Fleet, papers: Papers) -> None:
        self.policy: Policy = fleet.policy
        self.papers = papers
        self.manager: dict[str, list[LedgerFile]] = {}
        for file in papers.control:
            self.manager.setdefault(split(file.path)[0], []).append(file)
        self.on_base = {split(f.path)[0]: f for f in papers.base if split(f.path)[1] == "brief.md"}
        # More of a task's folder than its brief comes to base only by landing.
        self.landed = {split(f.path)[0] for f in papers.base if split(f.path)[1] != "brief.md"}
        self.briefs: dict[str, Brief] = {}
        self.brief_from: dict[str, str] = {}
        for task in {*self.manager, *self.on_base}:
            self._official(task)
        self.filed = {task: self._file(task) for task in self.manager}

    # -- the manager's side ---------------------------------------------------------------

    def _official(self, task: str) -> None:
        """The brief of a task that is not only on a branch: the control branch's, else base's."""
        ours = next((f for f in self.manager.get(task, ()) if split(f.path)[1] == "brief.md"), None)
        file, where = (ours, "control") if ours else (self.on_base.get(task), "base")
        if file:
            self.briefs[task], self.brief_from[task] = _parse(documents.parse_brief, file, self.policy), where

    def _file(self, task: str) -> Task:
        """A task with what the manager's folder says, its brief and branches aside."""
        files = self.manager[task]

        def of(folder: str, parse: Callable[..., T]) -> tuple[T, ...]:
            found = [f for f in files if split(f.path)[1].startswith(f"{folder}/") and f.path.endswith(".md")]
            return tuple(_parse(parse, f, self.policy) for f in found)

        outcome = next((f for f in files if split(f.path)[1] == "outcome.md"), None)
        return Task(
            task,
            answers=_newest(of("answers", documents.parse_answer)),
            waivers=_newest(of("waivers", documents.parse_waiver)),
            reviews=_newest(of("reviews", documents.parse_review)),
            outcome=_parse(documents.parse_outcome, outcome, self.policy) if outcome else None,
        )

    def _reruns(self, task: str) -> tuple[Evidence, ...]:
        found = [
            f
            for f in self.manager.get(task, ())
            if split(f.path)[1].startswith("reruns/") and f.path.endswith(".json")
        ]
        return tuple(_parse(documents.parse_evidence, f, self.policy) for f in found)

    # -- a branch -------------------------------------------------------------------------

    def branch(self, branch: Branch) -> Branch:
        """The branch with what its papers say, and the state that follows from the task's end or start."""
        found = self.papers.branches.get(branch.ref, BranchFiles((), 0, {}))
        files = _overlaid(found.files, self.papers.uncommitted.get(branch.ref, ()))
        task, problems = self._task_of(branch, files)
        if task is None:
            # Nothing can be said of a branch that works on several tasks, but that.
            return replace(branch, state_why=branch.state_why or problems[0].message) if problems else branch
        work = self._work(branch, task, [f for f in files if split(f.path)[0] == task], found, problems)
        return self._state(replace(branch, task=task, work=work), task)

    def _task_of(self, branch: Branch, files: Sequence[LedgerFile]) -> tuple[str | None, tuple[Problem, ...]]:
        """The task whose brief names the branch, else the one its name says, else the one folder it adds."""
        added = sorted({split(file.path)[0] for file in files})
        naming = sorted(task for task, brief in self.briefs.items() if brief.branch == branch.name)
        by_name = (
            [branch.task] if branch.task and (branch.task in self.briefs or branch.task in added) else []
        )
        own = [split(f.path)[0] for f in files if split(f.path)[1] == "brief.md"]
        candidates = naming or by_name or added
        problems = []
        if len(naming) > 1:
            problems.append(_several(f"{len(naming)} briefs name this branch: {', '.join(naming)}"))
        if len(set(own)) > 1:
            problems.append(
                _several(f"the branch adds briefs of several tasks: {', '.join(sorted(set(own)))}")
            )
        return (candidates[0] if len(candidates) == 1 or naming else None), tuple(problems)

    def _work(
        self,
        branch: Branch,
        task: str,
        files: Sequence[LedgerFile],
        found: BranchFiles,
        problems: tuple[Problem, ...],
    ) -> Work:
        own = next((f for f in files if split(f.path)[1] == "brief.md"), None)
        if task not in self.briefs:
            # Unconfirmed: the oldest version counts, so that an agent cannot widen its own brief afterwards.
            first = next(
                (f for path, f in found.first_briefs.items() if split(path) == (task, "brief.md")), own
            )
            if first:
                self.briefs[task], self.brief_from[task] = (
                    _parse(documents.parse_brief, first, self.policy),
                    "branch",
                )
        filed = self.filed.get(task, Task(task))
        check_ins = _newest(_all(files, "status/", ".md", documents.parse_check_in, self.policy))
        packet = next((f for f in files if split(f.path)[1] == "packet.md"), None)
        dated = sum(split(f.path)[1].startswith("status/") for f in files)
        return Work(
            task,
            _parse(documents.parse_brief, own, self.policy) if own else None,
            self._copy(task, own),
            check_ins,
            dated + max(found.total - len(found.files), 0),
            _parse(documents.parse_packet, packet, self.policy) if packet else None,
            _all(files, "evidence/", ".json", documents.parse_evidence, self.policy),
            self._reruns(task),
            tuple(r for r in filed.reviews if r.branch in ("", branch.name)),
            tuple(a for a in filed.answers if a.branch in (None, branch.name)),
            (*problems, *_misplaced(files)),
            {c.id: self.papers.code_trees[c.id] for c in branch.commits if c.id in self.papers.code_trees},
        )

    def _copy(self, task: str, own: LedgerFile | None) -> Copy:
        """How the branch's copy relates to the brief that counts."""
        official = self.briefs.get(task)
        if self.brief_from.get(task) == "branch":
            return Copy.UNCONFIRMED
        if official is None or own is None:
            return Copy.NONE
        if own.blob == official.document.blob:
            return Copy.SAME
        return Copy.OUTDATED if own.blob in self.papers.earlier.get(task, ()) else Copy.SCOPE_CHANGE

    def _state(self, branch: Branch, task: str) -> Branch:
        outcome = self.filed[task].outcome if task in self.filed else None
        if outcome and outcome.outcome in _ENDS and outcome.branch in (None, branch.name):
            if branch.state in (State.OPEN, State.DORMANT, State.EMPTY):
                return replace(branch, state=_ENDS[outcome.outcome], state_why=_why(outcome))
            return branch
        waiting = (
            branch.work is not None and branch.work.check_ins and branch.work.check_ins[0].state != "working"
        )
        live = task in self.briefs and outcome is None and task not in self.landed
        fresh = branch.state is State.EMPTY and live
        if fresh or (branch.state is State.DORMANT and waiting):
            return replace(branch, state=State.OPEN, state_why="")
        return branch

    # -- all tasks ------------------------------------------------------------------------

    def tasks(self, branches: Sequence[Branch]) -> tuple[Task, ...]:
        """Every task there is, those with the highest priority first."""
        working: dict[str, list[str]] = {}
        for branch in branches:
            if branch.work:
                working.setdefault(branch.work.task, []).append(branch.name)
        names = {*self.briefs, *self.filed, *working}
        found = [
            replace(
                self.filed.get(name, Task(name)),
                brief=self.briefs.get(name),
                brief_from=self.brief_from.get(name, ""),
                branches=tuple(sorted(working.get(name, ()))),
            )
            for name in names
        ]
        return tuple(sorted(found, key=lambda t: (t.brief.priority if t.brief else 99, t.id)))


def _why(outcome: Outcome) -> str:
    first = next((line.strip() for line in outcome.text.splitlines() if line.strip()), "")
    return f"{outcome.outcome} by {outcome.by}: {first}" if first else f"{outcome.outcome} by {outcome.by}"


def _several(message: str) -> Problem:
    return Problem("", None, message, "one branch works on one task: split it, or take the other folder out")


def _overlaid(committed: Sequence[LedgerFile], uncommitted: Sequence[LedgerFile]) -> list[LedgerFile]:
    """What a worktree has not committed stands in place of what it has."""
    found = {file.path: file for file in committed}
    found |= {file.path: file for file in uncommitted}
    return [found[path] for path in sorted(found)]


def _parse(parse: Callable[..., T], file: LedgerFile, policy: Policy) -> T:
    """Parse one file; one that could not be read is parsed as empty, with the reason as its first problem."""
    value = parse(file.source, file.raw or b"", policy, file.blob or None)
    problem = _unread(file)
    if problem is None:
        return value
    return replace(value, document=replace(value.document, problems=(problem,)))


def _unread(file: LedgerFile) -> Problem | None:
    if not file.regular:
        what = {"120000": "a symbolic link", "160000": "a submodule"}.get(file.mode, "not a file")
        return Problem(file.path, None, f"it is {what}, not a document", "commit a regular file in its place")
    if file.size > MOST_BYTES:
        return Problem(
            file.path, None, f"it is {file.size:,} bytes long, so it was not read", "at most 262,144 bytes"
        )
    return (
        None
        if file.raw is not None
        else Problem(file.path, None, "it is missing from this clone", "git fetch")
    )


def _all(
    files: Iterable[LedgerFile], folder: str, ending: str, parse: Callable[..., T], policy: Policy
) -> tuple[T, ...]:
    found = [f for f in files if split(f.path)[1].startswith(folder) and f.path.endswith(ending)]
    return tuple(_parse(parse, f, policy) for f in found)


Dated = TypeVar("Dated", CheckIn, Answer, Waiver, Review)


def _newest(values: Sequence[Dated]) -> tuple[Dated, ...]:
    return tuple(sorted(values, key=lambda v: (v.at, v.name), reverse=True))


_PLACES = ("brief.md", "packet.md", "status/", "evidence/")


def _misplaced(files: Iterable[LedgerFile]) -> tuple[Problem, ...]:
    """Files that no reader of the ledger will ever look at."""
    hint = "a task's folder holds brief.md, packet.md, status/*.md and evidence/*.json"
    return tuple(
        Problem(f.path, None, "it is no document of the ledger", hint, fatal=False)
        for f in files
        if not split(f.path)[1].startswith(_PLACES)
    )
