"""Documents of the ledger, written as short as they may be, and branches that hold them.

Belongs here: texts that a reader finds nothing wrong in unless asked, and a repository in which
task x is going on. Does not: repositories as such (see `gitrepo`), or what a test expects.

Times are minutes after the first commit; a repository is read at minute 60.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import reading
from agentledger.model.fleet import Branch
from agentledger.model.work import Standing, Work
from gitrepo import START, Commit, Content, Repo

CONTROL = "agentledger"
TASKS = ".agentledger/tasks/"
FOLDER = TASKS + "x/"
_BRIEF = """
## Why, and what would stop us
It is slow.
## Outcome
It is fast.
## Acceptance criteria
- [ ] It takes a second
"""
_AT = re.compile('^at: "?([^"\\n]+)', re.MULTILINE)
_CHECK_IN = "## What changed\nIt.\n## What's next\nMore.\n## Risks and blockers\nNone.\n"


def moment(minutes: int) -> str:
    """A time as documents have it."""
    return datetime.fromtimestamp(START + 60 * minutes, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(text: str = "", **keys: Any) -> str:
    """Front matter, and text below it; None leaves a key out."""
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in keys.items() if value is not None]
    return f"---\n{''.join(lines)}---\n{text}"


def brief(task: str = "x", **keys: Any) -> str:
    """A brief with one check, `test`."""
    usual = {"task": task, "owns": ["src/**"], "verify": {"test": "pytest -q"}}
    return document(_BRIEF, **(usual | keys))


def check_in(
    state: str = "working", minutes: int = 50, needs: str = "none", plan: str = "Cache it.", **keys: Any
) -> str:
    """A check-in by zed; one that asks for a checkpoint has a plan, unless that is ""."""
    text = f"{_CHECK_IN}## Plan\n{plan}\n" if keys.get("checkpoint") and plan else _CHECK_IN
    text += f"## What I need from you\n{needs}\n"
    return document(text, at=moment(minutes), agent="zed", state=state, **keys)


def answer(decision: str = "note", minutes: int = 55, text: str = "Go on.\n", **keys: Any) -> str:
    """An answer by Ana."""
    return document(text, at=moment(minutes), by="ana@example.org", decision=decision, **keys)


def outcome(word: str, **keys: Any) -> str:
    """How a task ended."""
    return document("It is over.\n", at=moment(58), by="ana@example.org", outcome=word, **keys)


def review(verdict: str, head: Commit | str, minutes: int = 55, branch: str = "agent/x") -> str:
    """A human's review."""
    said = {"kind": "human", "verdict": verdict, "branch": branch, "head": str(head)}
    return document(at=moment(minutes), reviewer="ana@example.org", **said)


def evidence(head: Commit | str, code: int | None = 0, **fields: Any) -> str:
    """What came of `test`, run on a commit."""
    usual = {"version": 1, "check": "test", "command": "pytest -q", "exit_code": code, "head": str(head)}
    tree = head.code_tree if isinstance(head, Commit) else "a" * 40
    ran = {"tree": tree, "started_at": moment(40), "seconds": 1.5}
    return json.dumps(usual | ran | fields)


def written_at(files: Mapping[str, Content]) -> int | None:
    """The newest `at` of some documents, in seconds since the epoch; None where none has one."""
    found = [_AT.search(text) for text in files.values() if isinstance(text, str)]
    return max((int(datetime.fromisoformat(each[1]).timestamp()) for each in found if each), default=None)


class Desk:
    """A repository with a brief of task x on the control branch, and `agent/x` with one code commit."""

    def __init__(self, path: Path, **keys: Any) -> None:
        self.repo = Repo.init(path)
        self.root = self.repo.commit("main", {"src/a.py": "1\n"})
        self.repo.commit(CONTROL, {"tasks/x/brief.md": brief(**keys)}, parents=[])
        self.code = self.repo.commit("agent/x", {"src/a.py": "2\n"}, parents=[self.root])

    def says(self, files: dict[str, Content], **rest: Any) -> Commit:
        """A commit of documents on the branch, made when the newest of them was written."""
        told = {FOLDER + name: text for name, text in files.items()}
        return self.repo.commit("agent/x", told, **{"at": written_at(files), **rest})

    def manager(self, files: dict[str, Content]) -> None:
        """A commit of the manager's documents, made when the newest of them was written."""
        told = {f"tasks/x/{name}": text for name, text in files.items()}
        self.repo.commit(CONTROL, told, at=written_at(files))

    def branch(self, name: str = "agent/x", **request: Any) -> Branch:
        """The branch as it is read."""
        return reading.branch(self.repo, name, **request)

    def work(self, name: str = "agent/x", **request: Any) -> Work:
        """What its documents say."""
        return work_of(self.branch(name, **request))

    def standing(self, **request: Any) -> Standing:
        """Where it stands."""
        found = self.branch(**request).standing
        assert found is not None
        return found


def work_of(branch: Branch) -> Work:
    """The work of a branch that has some."""
    assert branch.work is not None, branch.name
    return branch.work
