"""Branches and documents together: which task a branch works on, whose brief counts, what was said about it.

Takes the files that `ledger_files` and `control` list, has them parsed, and puts each
where it belongs. What follows from it (who waits for whom, what is fresh) is `standing`'s.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agentledger.attention import brief_change, progress
from agentledger.ledger import order
from agentledger.ledger.assignment import Claims, assign_task, counting_brief
from agentledger.ledger.document_cache import Paper, Parser, T
from agentledger.ledger.ledger_files import BranchFiles, LedgerFile
from agentledger.model.evidence import Evidence
from agentledger.model.fleet import ALIVE, Branch, Fleet, State
from agentledger.model.integrity import Integrity
from agentledger.model.ledger import Answer, Attempt, Brief, CheckIn, Outcome, Packet, Problem, Review, Waiver
from agentledger.model.ledger_paths import CONTROL_TASKS, TASKS, folder_of_branch
from agentledger.model.work import Copy, Task, Work, find_dependencies

# Outcomes that end the branches of a task.
_ENDS = {"killed": State.KILLED, "declined": State.DECLINED, "explored": State.EXPLORED}


@dataclass(frozen=True, slots=True, kw_only=True)
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


def attach_tasks(fleet: Fleet, papers: Papers, parser: Parser) -> Fleet:
    """The fleet with its tasks, and each branch with its work. Never raises for what documents hold."""
    if not (papers.branches or papers.uncommitted or papers.base or papers.control):
        return fleet
    desk = _Desk(papers, parser, fleet.now)
    # A task that only branches know gets its brief from the first of them: the one that is named for it.
    ordered = sorted(fleet.branches, key=lambda b: (desk.is_guest(b), b.name))
    placed = {branch.ref: desk.branch(branch) for branch in ordered}
    branches = tuple(placed[branch.ref] for branch in fleet.branches)
    return replace(fleet, branches=branches, tasks=desk.tasks(branches))


@lru_cache(maxsize=1 << 16)
def split_path(path: str) -> tuple[str, str]:
    """The task and the rest of a path: `.agentledger/tasks/x/status/1.md` → `("x", "status/1.md")`."""
    task, _, rest = path.removeprefix(TASKS).removeprefix(CONTROL_TASKS).partition("/")
    return task, rest


_SINGLE: dict[str, type[Paper]] = {"brief.md": Brief, "packet.md": Packet, "outcome.md": Outcome}
_FOLDERS: dict[tuple[str, str], type[Paper]] = {
    ("answers", "md"): Answer,
    ("attempts", "md"): Attempt,
    ("evidence", "json"): Evidence,
    ("integrity", "json"): Integrity,
    ("reruns", "json"): Evidence,
    ("reviews", "md"): Review,
    ("status", "md"): CheckIn,
    ("waivers", "md"): Waiver,
}


def document_kind(path: str) -> type[Paper] | None:
    """Which document stands under a path; None where no reader of the ledger looks."""
    rest = split_path(path)[1]
    folder, inner, _ = rest.partition("/")
    return _FOLDERS.get((folder, rest.rpartition(".")[2])) if inner else _SINGLE.get(rest)


def list_documents(papers: Papers) -> Iterator[tuple[LedgerFile, type[Paper]]]:
    """Every file that is going to be read, with what it is."""
    lists = [papers.control, *papers.uncommitted.values()]
    for branch_files in papers.branches.values():
        lists += [branch_files.files, tuple(branch_files.first_briefs.values())]
    for file in itertools.chain.from_iterable(lists):
        kind = document_kind(file.path)
        if kind:
            yield file, kind
    yield from ((file, Brief) for file in papers.base if document_kind(file.path) is Brief)


class _Desk:
    """Where the papers of one fleet are sorted."""

    def __init__(self, papers: Papers, parser: Parser, now: int) -> None:
        self.papers, self.now = papers, now
        self.read = parser.read
        self.manager: dict[str, list[LedgerFile]] = {}
        for file in papers.control:
            task, rest = split_path(file.path)
            if rest:  # a file beside the folders, such as a README, is no task
                self.manager.setdefault(task, []).append(file)
        self.on_base = {split_path(f.path)[0]: f for f in papers.base if split_path(f.path)[1] == "brief.md"}
        # More of a task's folder than its brief comes to base only by landing.
        self.landed = {split_path(f.path)[0] for f in papers.base if split_path(f.path)[1] != "brief.md"}
        self.briefs: dict[str, Brief] = {}
        self.brief_from: dict[str, str] = {}
        self.naming: dict[str, list[str]] = {}
        for task in {*self.manager, *self.on_base}:
            self._official(task)
        self.filed = {task: self._file(task) for task in self.manager}
        #: The names of the branches that turned out to work on no task.
        self.without_task: set[str] = set()

    # -- the manager's side ---------------------------------------------------------------

    def _official(self, task: str) -> None:
        """The brief of a task that is not only on a branch."""
        ours = next((f for f in self.manager.get(task, ()) if split_path(f.path)[1] == "brief.md"), None)
        counting = counting_brief(ours, self.on_base.get(task), None)
        if counting:
            file, where = counting
            self._settle(task, self.read(Brief, file), where)

    def _settle(self, task: str, brief: Brief, where: str) -> None:
        """This brief counts."""
        self.briefs[task], self.brief_from[task] = brief, where
        # What an agent wrote speaks for no branch but its own.
        if brief.branch and where != "branch":
            self.naming.setdefault(brief.branch, []).append(task)

    def _file(self, task: str) -> Task:
        """A task with what the manager's folder says, its brief and branches aside."""
        files = self.manager[task]

        outcome = next((f for f in files if split_path(f.path)[1] == "outcome.md"), None)
        reviews = order.sort_decisions(self._all(files, "reviews", Review), self.now)
        return Task(
            id=task,
            answers=order.sort_decisions(self._all(files, "answers", Answer), self.now),
            waivers=order.sort_decisions(self._all(files, "waivers", Waiver), self.now),
            reviews=tuple(review for review in reviews if review.verdict != "none"),
            no_verdicts=tuple(review for review in reviews if review.verdict == "none"),
            reruns=self._all(files, "reruns", Evidence),
            integrity=order.sort_integrity(self._all(files, "integrity", Integrity)),
            outcome=self.read(Outcome, outcome) if outcome else None,
            attempts=self._all(files, "attempts", Attempt),
        )

    def _all(self, files: Iterable[LedgerFile], folder: str, kind: type[T]) -> tuple[T, ...]:
        """The documents of a folder; one kind stands in two, and an agent's own file is no rerun."""
        chosen = [
            f
            for f in files
            if split_path(f.path)[1].startswith(f"{folder}/") and document_kind(f.path) is kind
        ]
        return tuple(self.read(kind, file) for file in chosen)

    # -- a branch -------------------------------------------------------------------------

    def is_guest(self, branch: Branch) -> bool:
        """Is it anything but `agent/<task>` with that task's folder?"""
        branch_files = self.papers.branches.get(branch.ref)
        own = branch_files is not None and any(
            split_path(file.path)[0] == branch.task for file in branch_files.files
        )
        return branch.name != f"agent/{branch.task}" or not own

    def branch(self, branch: Branch) -> Branch:
        """The branch with what its papers say, and the state that follows from the task's end or start."""
        branch_files = self.papers.branches.get(branch.ref, BranchFiles((), 0, {}))
        files = _drop_loose_files(
            _overlay_files(branch_files.files, self.papers.uncommitted.get(branch.ref, ()))
        )
        task, problems = self._task_of(branch, files)
        if task is None:
            # Nothing can be said of a branch that works on several tasks, but that.
            why = branch.state_why or "; ".join(p.message for p in problems)
            self.without_task.add(branch.name)
            return replace(branch, state_why=why, problems=problems, reviews=self._reviews(branch))
        own_files = [f for f in files if split_path(f.path)[0] == task]
        work = self._work(branch, task, own_files, branch_files=branch_files, problems=problems)
        return self._state(replace(branch, task=task, work=work), task)

    def _task_of(self, branch: Branch, files: Sequence[LedgerFile]) -> tuple[str | None, tuple[Problem, ...]]:
        folders = {split_path(file.path)[0] for file in files}
        return assign_task(
            Claims(
                naming=self.naming.get(branch.name, ()),
                by_name=branch.task,
                confirmed=branch.task is not None and self.brief_from.get(branch.task, "branch") != "branch",
                folders=folders,
                briefs={split_path(f.path)[0] for f in files if split_path(f.path)[1] == "brief.md"},
                needs=self._needs(branch, folders) if len(folders) > 1 else {},
            )
        )

    def _needs(self, branch: Branch, folders: Collection[str]) -> dict[str, frozenset[str]]:
        """What the tasks that a branch could work on depend on; of an unconfirmed brief the branch's oldest counts."""
        briefs: dict[str, Brief | None] = dict(self.briefs)
        branch_files = self.papers.branches.get(branch.ref, BranchFiles((), 0, {}))
        for path, file in branch_files.first_briefs.items():
            task = split_path(path)[0]
            if self.brief_from.get(task, "branch") == "branch":
                briefs[task] = self.read(Brief, file)
        tasks = {*folders, *self.naming.get(branch.name, ()), *([branch.task] if branch.task else [])}
        return {task: find_dependencies(task, briefs) for task in tasks}

    def _work(
        self,
        branch: Branch,
        task: str,
        files: Sequence[LedgerFile],
        branch_files: BranchFiles,
        problems: tuple[Problem, ...],
    ) -> Work:
        own = next((f for f in files if split_path(f.path)[1] == "brief.md"), None)
        first = self._first_brief(task, branch_files, own)
        if first and task not in self.briefs:
            self._settle(task, first, "branch")
        elif first and first.document.blob != self.briefs[task].document.blob:
            problems = (*problems, _second_brief_problem(first, self.briefs[task]))
        filed = self.filed.get(task, Task(id=task))
        reviews, no_verdicts = self._reviews_of_work(branch, filed)
        check_ins = order.sort_check_ins(
            branch, self._all(files, "status", CheckIn), branch_files.files, self.now
        )
        packet = next((f for f in files if split_path(f.path)[1] == "packet.md"), None)
        dated = sum(split_path(f.path)[1].startswith("status/") for f in files)
        copy = self._copy(branch, task, own)
        brief = self.read(Brief, own) if own else None
        asks = (
            brief_change.describe_request(self.briefs[task], brief)
            if copy is Copy.SCOPE_CHANGE and brief
            else ""
        )
        return Work(
            task=task,
            brief=brief,
            copy=copy,
            asks=asks,
            unconfirmed=first,
            check_ins=check_ins,
            check_ins_total=dated + max(branch_files.total - len(branch_files.files), 0),
            packet=self.read(Packet, packet) if packet else None,
            evidence=self._all(files, "evidence", Evidence),
            reruns=filed.reruns,
            integrity=tuple(i for i in filed.integrity if i.branch in ("", branch.name)),
            reviews=reviews,
            no_verdicts=no_verdicts,
            answers=self._answers(branch, task),
            problems=(*problems, *_find_misplaced(files)),
            code_trees={
                c.id: self.papers.code_trees[c.id] for c in branch.commits if c.id in self.papers.code_trees
            },
        )

    def _reviews_of_work(self, branch: Branch, filed: Task) -> tuple[tuple[Review, ...], tuple[Review, ...]]:
        """The reviews of a branch with a task, also those from before it had one; and the runs without a verdict."""
        before = self.filed.get(folder_of_branch(branch.name), Task(id=""))
        if before.id == filed.id:
            before = Task(id="")
        earlier = [r for r in (*before.reviews, *before.no_verdicts) if r.branch == branch.name]
        own = [r for r in (*filed.reviews, *filed.no_verdicts) if r.branch in ("", branch.name)]
        every = order.sort_decisions([*own, *earlier], self.now)
        return (
            tuple(r for r in every if r.verdict != "none"),
            tuple(r for r in every if r.verdict == "none"),
        )

    def _reviews(self, branch: Branch) -> tuple[Review, ...]:
        """The reviews of a branch without a task; other branches can have a folder of the same name."""
        return tuple(r for r in self._reviews_in(folder_of_branch(branch.name)) if r.branch == branch.name)

    def _reviews_in(self, folder: str) -> tuple[Review, ...]:
        return self.filed[folder].reviews if folder in self.filed else ()

    def _first_brief(self, task: str, branch_files: BranchFiles, own: LedgerFile | None) -> Brief | None:
        """The oldest version on the branch's own line, where nobody confirmed a brief; else None.

        The oldest counts, so that an agent cannot widen its own brief afterwards.
        """
        if self.brief_from.get(task, "branch") != "branch":
            return None
        versions = branch_files.first_briefs.items()
        file = next((f for path, f in versions if split_path(path) == (task, "brief.md")), own)
        return self.read(Brief, file) if file else None

    def _copy(self, branch: Branch, task: str, own: LedgerFile | None) -> Copy:
        """How the branch's copy relates to the brief that counts."""
        official = self.briefs.get(task)
        if self.brief_from.get(task) == "branch":
            return Copy.UNCONFIRMED
        if official is None or own is None:
            return Copy.NONE
        if own.blob == official.document.blob:
            return Copy.SAME
        if own.blob in self.papers.earlier.get(task, ()):
            return Copy.OUTDATED
        decisions = (a for a in self._answers(branch, task) if a.brief == own.blob)
        return Copy.REFUSED if any(a.decision == "reject" for a in decisions) else Copy.SCOPE_CHANGE

    def _answers(self, branch: Branch, task: str) -> tuple[Answer, ...]:
        answers = self.filed[task].answers if task in self.filed else ()
        return tuple(a for a in answers if a.branch in (None, branch.name))

    def _state(self, branch: Branch, task: str) -> Branch:
        outcome = self.filed[task].outcome if task in self.filed else None
        if outcome and outcome.outcome in _ENDS and outcome.branch in (None, branch.name):
            if branch.state in ALIVE:
                return replace(branch, state=_ENDS[outcome.outcome], state_why=_describe_outcome(outcome))
            return branch
        waiting = branch.work is not None and progress.is_waiting(branch.work, self.now)
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
        filed = {name for name in self.filed if name in self.briefs or not self._is_of_branches(name)}
        names = {*self.briefs, *filed, *working}
        tasks = [
            replace(
                self.filed.get(name, Task(id=name)),
                brief=self.briefs.get(name),
                brief_from=self.brief_from.get(name, ""),
                branches=tuple(sorted(working.get(name, ()))),
                # A branch without a task can have a name that gives this task's folder.
                reviews=tuple(r for r in self._reviews_in(name) if r.branch not in self.without_task),
            )
            for name in names
        ]
        return tuple(sorted(tasks, key=lambda t: (t.brief.priority if t.brief else 99, t.id)))

    def _is_of_branches(self, folder: str) -> bool:
        """Are there only reviews of branches without a task in a folder of the manager's, so that it is no task?"""
        reviews = self.filed[folder].reviews
        of_branches = all(folder_of_branch(review.branch) == folder for review in reviews)
        beside = any(not split_path(f.path)[1].startswith("reviews/") for f in self.manager[folder])
        return bool(reviews) and of_branches and not beside


def _describe_outcome(outcome: Outcome) -> str:
    first = next((line.strip() for line in outcome.text.splitlines() if line.strip()), "")
    return f"{outcome.outcome} by {outcome.by}: {first}" if first else f"{outcome.outcome} by {outcome.by}"


def _second_brief_problem(own: Brief, other: Brief) -> Problem:
    message = f"the manager has no brief of this task, and {other.document.source.ref} has another one"
    return Problem(
        path=own.document.source.path,
        line=None,
        message=message,
        hint="each branch is judged by its own until one is on the control branch",
        fatal=False,
    )


def _overlay_files(committed: Sequence[LedgerFile], uncommitted: Sequence[LedgerFile]) -> list[LedgerFile]:
    """What a worktree has not committed stands in place of what it has."""
    by_path = {file.path: file for file in committed} | {file.path: file for file in uncommitted}
    return [by_path[path] for path in sorted(by_path)]


def _drop_loose_files(files: Iterable[LedgerFile]) -> list[LedgerFile]:
    """Without plain files beside the folders; a link or a submodule in place of a folder stays."""
    return [f for f in files if split_path(f.path)[1] or not f.is_regular]


def _find_misplaced(files: Iterable[LedgerFile]) -> tuple[Problem, ...]:
    """Files that no reader of the ledger will ever look at."""
    hint = "a task's folder holds brief.md, packet.md, status/*.md and evidence/*.json"
    return tuple(
        Problem(path=f.path, line=None, message="it is no document of the ledger", hint=hint, fatal=False)
        for f in files
        if (rest := split_path(f.path)[1]) not in ("brief.md", "packet.md")
        and not rest.startswith(("status/", "evidence/"))
    )
