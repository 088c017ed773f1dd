"""What base's history says about tasks that landed: where each began, and which packets came with it.

Belongs here: reading that history, in two processes for all tasks, and remembering it by base's tip. Does not:
what follows for a task (see `fleet.task_endings`), or comparing a branch with base (see `absorbed`).

A task's branch begins with the commit that brings its brief; `spawn` gives that commit trailers. Wherever base's
history has it, followed by a commit of the same line that changes code, the branch has landed, though it was
deleted since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agentledger.changes.ancestry import History
from agentledger.git import commits, diffs
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Base
from agentledger.model.ledger_paths import LANDED, LEDGER_BYTES, TASKS_BYTES
from agentledger.model.text import decode
from agentledger.storage.cache import Cache

TASK, BRANCH, HEAD = "Agentledger-Task", "Agentledger-Branch", "Agentledger-Head"
_KIND = "landings"
MOST_FOLLOWING = 200  # commits looked at behind the one that begins a branch


class Start(NamedTuple):
    """The commit that brought a task's brief. `branch` is that of its trailer, '' where it has none."""

    commit: str
    task: str
    branch: str


class Landed(NamedTuple):
    """A commit that says by its trailers which branch it brought in, at which head."""

    commit: str
    task: str
    branch: str
    head: str


class Handed(NamedTuple):
    """A commit that brought a task's packet, and the packet's blob."""

    commit: str
    task: str
    blob: str


@dataclass(frozen=True, slots=True)
class Landings:
    """The signs of landed tasks in the history of base at `tip`."""

    tip: str
    starts: tuple[Start, ...] = ()
    landed: tuple[Landed, ...] = ()
    handed: tuple[Handed, ...] = ()
    #: The first commit after a start that changes code on its line, where one was found.
    code: Mapping[str, str] = field(default_factory=dict)

    @property
    def tasks(self) -> frozenset[str]:
        """Every task of which there is a sign."""
        signs: tuple[Start | Landed | Handed, ...] = (*self.starts, *self.landed, *self.handed)
        return frozenset(each.task for each in signs)


# -- reading ------------------------------------------------------------------------------


def read_landings(scratch: Scratch, cache: Cache, history: History, base: Base) -> Landings:
    """Read the signs of all tasks; what an earlier run has read of the same history is not read again."""
    stored = _load(cache.get(_KIND, [base.ref]).get(base.ref))
    # A base that was moved back or rewritten has another history.
    known = stored if stored and history.contains(stored.tip) else None
    if known and known.tip == base.head:
        return known
    try:
        signs = _read_signs(scratch, base.head, known)
    except GitError:
        # An object is missing: what was read is not all of it, so it is not kept.
        return known or Landings(base.head)
    store_landings(cache, base, signs)
    return signs


def store_landings(cache: Cache, base: Base, signs: Landings) -> None:
    """Remember the signs for the next run."""
    rows = [signs.tip, signs.starts, signs.landed, signs.handed, dict(signs.code)]
    # Names that are no UTF-8 cannot be stored; they are read again each time.
    with suppress(UnicodeEncodeError):
        cache.put(_KIND, [(base.ref, rows)])


def _load(row: Any) -> Landings | None:
    """The signs in a row; None where it is not one: anybody can write to the cache."""
    try:
        tip, starts, landed, handed, code = row
        signs = Landings(
            tip,
            starts=tuple(Start(*each) for each in starts),
            landed=tuple(Landed(*each) for each in landed),
            handed=tuple(Handed(*each) for each in handed),
            code=dict(code),
        )
    except (TypeError, ValueError):
        return None
    words = [tip, *code.keys(), *code.values()]
    words += [word for each in (*signs.starts, *signs.landed, *signs.handed) for word in each]
    return signs if all(isinstance(word, str) for word in words) else None


def _read_signs(scratch: Scratch, tip: str, known: Landings | None) -> Landings:
    """Read the signs that came since those that are known, and put both together."""
    stop = known.tip if known else None
    starts, landed = _read_trailers(scratch, tip, stop)
    briefs, handed = _read_documents(scratch, tip, stop)
    trailed = {each.commit for each in starts}
    starts += [each for each in briefs if each.commit not in trailed]
    before = known or Landings(tip)
    return Landings(
        tip,
        starts=(*before.starts, *starts),
        landed=(*before.landed, *landed),
        handed=(*before.handed, *handed),
        code=before.code,
    )


def _read_trailers(scratch: Scratch, tip: str, stop: str | None) -> tuple[list[Start], list[Landed]]:
    starts, landed = [], []
    for commit, trailers in commits.read_trailers(scratch.git, tip, stop, TASK):
        values = {key.lower(): value.strip() for key, value in trailers}
        task, branch, head = (values.get(key.lower(), "") for key in (TASK, BRANCH, HEAD))
        if head:
            landed.append(Landed(commit, task, branch, head))
        else:
            starts.append(Start(commit, task, branch))
    return starts, landed


def _read_documents(scratch: Scratch, tip: str, stop: str | None) -> tuple[list[Start], list[Handed]]:
    starts, handed = [], []
    for (commit, *parents), changes in diffs.read_file_history(scratch.git, tip, stop, LANDED):
        for change in changes:
            task, _, name = decode(change.path[len(TASKS_BYTES) :]).partition("/")
            if name == "packet.md":
                handed.append(Handed(commit, task, change.new))
            elif change.status == "A" and len(parents) < 2:
                starts.append(Start(commit, task, ""))
    return starts, handed


# -- code behind a start ------------------------------------------------------------------

# Does a commit with these paths count as a task's? Called with the task, the start's commit and the paths.
Counts = Callable[[Start, Sequence[bytes]], bool]


def find_code(
    scratch: Scratch, history: History, signs: Landings, *, tasks: Collection[str], counts: Counts
) -> Landings:
    """Return the signs with the first commit that changes code behind each start of these tasks."""
    wanted = [each for each in signs.starts if each.task in tasks and each.commit not in signs.code]
    if not wanted:
        return signs
    following = _list_following(history, signs, wanted)
    pairs = [(parent, c) for c in following if (parent := next(iter(history.parents[c]), None))]
    answers = zip((c for _, c in pairs), diffs.read_changes(scratch.git, pairs), strict=True)
    paths = {
        commit: [change.path for change in answer if not change.path.startswith(LEDGER_BYTES)]
        for commit, answer in answers
        if not isinstance(answer, Failure)
    }
    code = dict(signs.code)
    for commit, starts in following.items():
        for start in starts:
            if start.commit not in code and paths.get(commit) and counts(start, paths[commit]):
                code[start.commit] = commit
    return replace(signs, code=code)


def _list_following(
    history: History, signs: Landings, wanted: Sequence[Start]
) -> dict[str, tuple[Start, ...]]:
    """The commits of the lines that begin at these starts, the nearest first, with the starts of each."""
    children: dict[str, list[str]] = {}
    for commit, parents in history.parents.items():
        if parents:
            children.setdefault(parents[0], []).append(commit)
    begins: dict[str, set[str]] = {}
    for each in signs.starts:
        begins.setdefault(each.commit, set()).add(each.task)
    following: dict[str, tuple[Start, ...]] = {}
    for start in wanted:
        if start.commit not in history.parents:
            continue
        # A brief that somebody wrote to base itself: what follows there is anybody's.
        is_own_line = bool(start.branch) or not history.on_first_parent_line(start.commit)
        for commit in _walk_line(start, children if is_own_line else {}, begins):
            following[commit] = (*following.get(commit, ()), start)
    return following


def _walk_line(
    start: Start, children: Mapping[str, Sequence[str]], begins: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """The commits on the line that a start begins, up to where another task's begins: that is its work."""
    # Brief and code can come in one commit. One that brings two briefs is the squash of a stack, in which the
    # code may be the other task's.
    if begins[start.commit] == {start.task}:
        yield start.commit
    waiting, number = list(children.get(start.commit, ())), 0
    while waiting and number < MOST_FOLLOWING:
        commit, number = waiting.pop(0), number + 1
        if begins.get(commit, {start.task}) == {start.task}:
            yield commit
            waiting += children.get(commit, ())
