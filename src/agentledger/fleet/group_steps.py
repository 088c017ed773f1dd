"""The steps of a branch's first-parent line, and whether they are those of a merge group.

Belongs here: reading them, in a few processes, and what they bring. Does not: what becomes a part (see
`merge_groups`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agentledger.changes import net_changes
from agentledger.changes.net_changes import Line
from agentledger.git import commits, diffs
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Commit
from agentledger.model.ledger_paths import TASKS_BYTES
from agentledger.model.text import decode


class Step(NamedTuple):
    """A commit of the first-parent line."""

    commit: Commit
    #: What a merge brings: the heads of which something is new here.
    heads: tuple[str, ...]
    #: The paths that differ from its first parent.
    paths: tuple[bytes, ...]
    #: What it changes by itself: of a merge only what merging its parents again does not give.
    own: tuple[bytes, ...]

    @property
    def is_merge(self) -> bool:
        """Has it more than one parent?"""
        return len(self.commit.parents) > 1

    @property
    def tasks(self) -> tuple[str, ...]:
        """Return the tasks whose folders it touches, in order."""
        below = (path[len(TASKS_BYTES) :] for path in self.paths if path.startswith(TASKS_BYTES))
        return tuple(sorted({decode(path.partition(b"/")[0]) for path in below if b"/" in path}))


class Steps(NamedTuple):
    """The first-parent line outside base, oldest first, and the commit of base at which it begins."""

    steps: tuple[Step, ...]
    start: str


def read_steps(scratch: Scratch, head: str, base: str) -> Steps | None:
    """Read the steps from base to `head`; None where there are none, or one of them cannot be read.

    What merges change by themselves is not known yet (see `merge_again`).
    """
    known = {commit.id: commit for commit in commits.read_log(scratch.git, [head], base)}
    line, at = list[Commit](), head
    while at in known:
        line.append(known[at])
        at = next(iter(known[at].parents), "")
    if not line or not at:
        return None
    line.reverse()
    brought = dict(_list_brought(line, known))
    steps = []
    changes = diffs.read_changes(scratch.git, [(c.parents[0], c.id) for c in line])
    for commit, change in zip(line, changes, strict=True):
        if isinstance(change, Failure):
            return None
        paths = tuple(each.path for each in change)
        steps.append(Step(commit, brought[commit.id], paths, paths if len(commit.parents) == 1 else ()))
    return Steps(tuple(steps), at)


def merge_again(scratch: Scratch, read: Steps) -> Steps | None:
    """Fill in what merges change by themselves; None where git cannot tell."""
    merges = {s.commit.id: [Line(s.commit.id, s.commit.parents)] for s in read.steps if s.is_merge}
    owns = net_changes.find_own_changes(scratch, merges) if merges else {}
    if any(own.failed for own in owns.values()):
        return None
    steps = (
        step._replace(own=tuple(sorted(owns[step.commit.id].paths))) if step.is_merge else step
        for step in read.steps
    )
    return Steps(tuple(steps), read.start)


def _list_brought(
    line: Sequence[Commit], known: Mapping[str, Commit]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield, for each commit of the line, those of its other parents that bring something new."""
    seen: set[str] = set()
    for commit in line:
        heads = []
        for parent in commit.parents[1:]:
            if parent in known and parent not in seen:
                heads.append(parent)
                _add_reachable(parent, known, seen)
        seen.add(commit.id)
        yield commit.id, tuple(heads)


def _add_reachable(start: str, known: Mapping[str, Commit], seen: set[str]) -> None:
    stack = [start]
    while stack:
        commit = stack.pop()
        if commit in known and commit not in seen:
            seen.add(commit)
            stack += known[commit].parents


def count_works(steps: Sequence[Step], is_agents: Mapping[str, bool]) -> int:
    """Count the pieces of work that these steps bring as a group's do; 0 where they are no group's.

    `is_agents`: by head, is it an agent branch's? Only merges show it: what several tasks' commits in a row are, one
    agent may have made by itself.
    """
    if any(step.tasks for step in steps if not step.is_merge):
        return 0
    tasks = {task for step in steps for task in step.tasks}
    return len(tasks) or sum(is_agents.get(head, False) for step in steps for head in step.heads)
