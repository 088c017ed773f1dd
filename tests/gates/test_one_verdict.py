"""One branch, one gate, one verdict: however it is asked for.

Belongs here: cases of whose brief counts, put to every way of asking. Does not: what single rules find.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from command import run
from controls import NAME
from desk import BRIEF, Desk, install, stopping
from gitrepo import Repo

pytestmark = pytest.mark.table

OWN = ".agentledger/tasks/x/brief.md"


def brief_of(task: str = "x", owns: str = "['src/**']", more: str = "") -> str:
    return BRIEF.format(owns, more).replace("task: x", f"task: {task}")


class Case(NamedTuple):
    """A branch, the briefs there are for it, and whether a change of docs/d.md is out of bounds there."""

    name: str
    branch: str
    control: dict[str, str] = {}  # noqa: RUF012 - never changed
    base: dict[str, str] = {}  # noqa: RUF012
    own: dict[str, str] = {}  # noqa: RUF012
    #: What another branch brings, whose name comes before this one's.
    rival: dict[str, str] = {}  # noqa: RUF012
    stopped: bool = True


WIDE = brief_of(owns="['**']")
CASES = (
    Case("the control branch's", "agent/x", control={"tasks/x/brief.md": brief_of()}),
    Case("base's", "agent/x", base={OWN: brief_of()}),
    Case("the control branch's before base's", "agent/x", {"tasks/x/brief.md": brief_of()}, {OWN: WIDE}),
    Case("not what the branch made of it", "agent/x", {"tasks/x/brief.md": brief_of()}, own={OWN: WIDE}),
    Case("the branch's own, unconfirmed", "claude/abc", own={OWN: brief_of()}),
    Case("the branch's own, for the task of its name", "agent/x", own={OWN: brief_of()}),
    Case(
        "one that names the branch", "fix-41", control={"tasks/x/brief.md": brief_of(more="branch: fix-41\n")}
    ),
    Case("the name of another task does not count", "agent/y", own={OWN: brief_of()}),
    Case("a manager's branch adds a brief", "plans", own={OWN: brief_of()}, stopped=False),
    Case("no brief anywhere", "claude/abc", stopped=False),
    Case("a wide one", "claude/abc", own={OWN: WIDE}, stopped=False),
    # Nobody confirmed either: each branch is judged by what it brought itself.
    Case("a rival's is wider", "claude/abc", own={OWN: brief_of()}, rival={OWN: WIDE}),
    Case("a rival's is narrower", "claude/abc", own={OWN: WIDE}, rival={OWN: brief_of()}, stopped=False),
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def desk(case: Case, tmp_path: Path) -> Desk:
    """The branch with its briefs, and docs/d.md changed and staged."""
    repo = Repo.init(tmp_path / "a repo")
    base = repo.commit("main", {"src/a.py": "a\n", "docs/d.md": "d\n", **case.base})
    if case.control:
        repo.commit(NAME, dict(case.control), parents=[])
    repo.commit(case.branch, case.own or {"src/a.py": "b\n"}, parents=[base])
    if case.rival:
        repo.commit("agent/x", dict(case.rival), parents=[base])
    repo.flush()
    repo.checkout("main")
    repo.git("switch", "-q", case.branch)
    install(repo)
    made = Desk(repo, repo.path)
    made.write("docs/d.md")
    made.git("add", "docs/d.md")
    return made


def by_hook(desk: Desk) -> str:
    return desk.commit()


def by_staged(desk: Desk) -> str:
    return run(desk.path, "check", "--staged").out


def committed(desk: Desk, *arguments: str) -> str:
    desk.git("commit", "-q", "--no-verify", "-m", "slip")
    return run(desk.path, "check", *arguments).out


def by_branch(desk: Desk) -> str:
    branch = desk.git("branch", "--show-current").strip()
    return committed(desk, "--branch", branch, "--gate", "commit")


def by_range(desk: Desk) -> str:
    branch = desk.git("branch", "--show-current").strip()
    return committed(desk, "--range", f"main..{branch}", "--gate", "commit")


def by_push(desk: Desk) -> str:
    desk.git("commit", "-q", "--no-verify", "-m", "slip")
    branch, head = desk.git("branch", "--show-current").strip(), desk.git("rev-parse", "HEAD").strip()
    line = f"refs/heads/{branch} {head} refs/heads/{branch} {'0' * 40}\n"
    done = run(desk.path, "check", "--push", given=line.encode())
    assert done.code in (0, 1), done
    return done.out


WAYS = (by_hook, by_staged, by_branch, by_range, by_push)


@pytest.mark.parametrize("ask", WAYS)
def test_a_change_out_of_bounds_is_stopped_however_it_is_asked_for(
    case: Case, desk: Desk, ask: Callable[[Desk], str]
) -> None:
    # Who names a branch asks about it as an agent's, whatever it is called.
    named = case.branch == "plans" and ask in (by_branch, by_range)
    assert ("OWN001" in stopping(ask(desk))) == (case.stopped or named)


def test_a_brief_counts_for_the_commit_that_adds_it(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"docs/d.md": "d\n"})
    repo.checkout("main")
    repo.git("switch", "-q", "-c", "claude/abc")
    install(repo)
    desk = Desk(repo, repo.path)
    desk.write(OWN, brief_of())
    desk.write("docs/d.md")
    assert "OWN001" in stopping(desk.add())
