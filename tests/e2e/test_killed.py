"""Commands that write, killed at each of their writes: the repository is whole, and a second run completes.

Belongs here: those whose outcome can be told in a line. Does not: `report`, `spawn` and `done` (see the tests
of each), or how they are killed (see `killed`).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command import run
from desk import CHECK_IN, STATUS, Desk, made
from killed import at_each_write, sound

PLAN = (
    *("plan", "y", "--owns", "lib/**", "--why", "It fails. Stop after two tries.", "--verify", "make test"),
    *("--outcome", "`make test` passes.", "--accept", "`make test` passes"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    repo = made(tmp_path)
    repo.commit(
        "agentledger",
        {
            "tasks/x/brief.md": repo.git("show", "agentledger:tasks/x/brief.md").replace(
                "make test", "echo ok"
            )
        },
    )
    repo.git("branch", "-q", "agent/x", "main")
    desk = Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)
    desk.write("src/a.py", "mine\n")
    desk.write(STATUS, CHECK_IN.format("needs-input", "", "Redis?"))
    desk.git("add", "-A")
    desk.git("commit", "-q", "-m", "work", "--no-verify")
    return desk


def listed(desk: Desk, ref: str) -> list[str]:
    return desk.repo.git("ls-tree", "-r", "--name-only", ref).split("\n")


@pytest.mark.parametrize(
    ("arguments", "ref", "path"),
    [
        (PLAN, "agentledger", "tasks/y/brief.md"),
        (("answer", "x", "Memory."), "agentledger", "tasks/x/answers/"),
        (("allow", "x", "docs/d.md", "--why", "once", "--until", "3d"), "agentledger", "tasks/x/waivers/"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_the_manager_writes_is_there_or_not(
    desk: Desk, arguments: tuple[str, ...], ref: str, path: str
) -> None:
    repo = desk.repo
    start = repo.git("rev-parse", ref)
    writes = 0
    for _ in at_each_write(
        repo.path,
        repo.path.parent,
        *arguments,
        before=lambda: repo.git("update-ref", f"refs/heads/{ref}", start),
        sealed=arguments[0] == "answer",  # one for all that make such a directory
    ):
        writes += 1
        sound(repo.path)
        begun = [each for each in listed(desk, ref) if each.startswith(path)]
        if not begun:
            assert repo.git("rev-parse", ref) == start
            again = run(repo.path, *arguments)
            assert again.code == 0, again
        assert [each for each in listed(desk, ref) if each.startswith(path)]
    assert writes > 0


@pytest.mark.parametrize(
    ("command", "path"),
    [("verify", ".agentledger/tasks/x/evidence/test.json")],
)
def test_what_an_agent_writes_is_there_once_it_is_run_again(desk: Desk, command: str, path: str) -> None:
    start = desk.git("rev-parse", "HEAD").strip()

    def before() -> None:
        desk.git("reset", "-q", "--hard", start)
        desk.git("clean", "-qfd")

    writes = 0
    for _ in at_each_write(desk.path, desk.path.parent, command, before=before):
        writes += 1
        sound(desk.repo.path)
        lock = Path(desk.git("rev-parse", "--absolute-git-dir").strip()) / "index.lock"
        assert not lock.exists()
        again = run(desk.path, command)
        assert again.code == 0, again
        assert path in desk.git("ls-tree", "-r", "--name-only", "HEAD")
        assert desk.git("status", "--porcelain") == ""
        assert (
            "verify-"
            not in subprocess.run(
                ["git", "worktree", "list"], cwd=desk.path, capture_output=True, text=True, check=True
            ).stdout
        )
    assert writes > 3
