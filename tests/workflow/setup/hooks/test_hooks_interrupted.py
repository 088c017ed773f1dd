"""Hooks that are started in odd places, or do not come to their end: the repository stays as it was.

Belongs here: real kills at a known point of a hook, surroundings with next to nothing in them, other layouts.
Does not: who is judged (see `test_hooks`), or `core.hooksPath` (see `test_hooks_beside`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clones import commit, git, init, made
from desk import stopping
from gitrepo import Repo
from gitversions import needs_part

pytestmark = pytest.mark.versions

BARE = ["env", "-i", "PATH=/usr/bin:/bin"]
WHO = ["-c", "user.name=A", "-c", "user.email=a@example.com"]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = made(tmp_path / 'it\'s a "repo"')
    init(repo.path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    return repo


def state(repo: Repo) -> tuple[str, str, str, int]:
    """All that a hook must not change: refs, the index, the work tree, the objects."""
    staged = repo.git("ls-files", "--stage")
    return repo.git("for-each-ref"), staged, repo.git("status", "--porcelain"), repo.count_objects()


def stopped_half_way(repo: Repo, command: list[str], number: int) -> int:
    """Start a command, and send its whole process group a signal once the gate is at work; its exit code."""
    scratch = repo.path / ".git/agentledger/tmp"
    running = subprocess.Popen(
        command, cwd=repo.path, stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ}
    )
    limit = time.monotonic() + 30
    while not list(within(scratch)):
        assert running.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < limit
    os.killpg(running.pid, number)
    return running.wait()


def wait_for_the_dead(scratch: Path) -> None:
    """What is left of the group may still be going; on a busy machine it takes a while to be gone.

    In some containers nobody takes leave of the dead, so this gives up after some seconds.
    """
    limit = time.monotonic() + 5
    time.sleep(0.2)
    while time.monotonic() < limit and any(
        Path("/proc", path.name.split("-")[1]).exists() for path in within(scratch)
    ):
        time.sleep(0.05)


def within(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from folder.iterdir()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("hook", ["pre-commit", "pre-push"])
def test_whatever_stops_it_half_way_nothing_has_changed(
    repo: Repo, tmp_path: Path, hook: str, number: signal.Signals
) -> None:
    remote = Repo.init(tmp_path / "remote", bare=True)
    repo.git("remote", "add", "origin", str(remote.path))
    (repo.path / "docs/d.md").write_text("slip\n")
    repo.git("add", "docs")
    repo.git("write-tree")  # git itself writes these trees, before it starts a hook
    command = ["git", "commit", "-q", "-m", "slip"]
    if hook == "pre-push":
        assert git(repo.path, "commit", "-q", "-n", "-m", "slip").code == 0
        command = ["git", "push", "-q", "origin", "agent/x"]
    before = state(repo)
    assert stopped_half_way(repo, command, number) != 0
    wait_for_the_dead(repo.path / ".git/agentledger/tmp")
    assert state(repo) == before
    assert remote.git("for-each-ref") == ""
    # The next one is judged as if nothing had been, and clears away what the killed one left.
    assert stopping(
        subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=False).stderr
    ) == {"OWN001"}
    left = within(repo.path / ".git/agentledger/tmp")
    # In some containers nobody takes leave of the dead, so they seem to be at work still.
    assert [path for path in left if not Path("/proc", path.name.split("-")[1]).exists()] == []


def test_only_the_check_killed_lets_through_and_says_so(repo: Repo) -> None:
    """As the system does it when memory runs out: what is broken on our side keeps nobody from committing."""
    file = repo.path / ".git/hooks/pre-commit"
    stub = repo.path / ".git/stub"
    stub.write_text("#!/bin/sh\nkill -KILL $$\n")
    stub.chmod(0o755)
    lines = [f"ledger_python='{stub}'" if line.startswith("ledger_python=") else line
             for line in file.read_text().splitlines()]  # fmt: skip
    file.write_text("\n".join(lines).replace("it's", "it'\\''s") + "\n")
    ended = commit(repo.path, "src/a.py")
    assert (ended.code, "agentledger has NOT checked this: its check ended with 137" in ended.said) == (
        0,
        True,
    )


# -- where and how git is started -------------------------------------------------------------


def bare_commit(repo: Repo) -> subprocess.CompletedProcess[str]:
    """A commit of all that is changed, as a graphical client starts it."""
    command = [*BARE, "git", *WHO, "commit", "-q", "-a", "-m", "m"]
    return subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=False)


def test_with_an_environment_that_is_all_but_empty(repo: Repo) -> None:
    (repo.path / "docs/d.md").write_text("slip\n")
    ended = bare_commit(repo)
    assert (ended.returncode, stopping(ended.stderr)) == (1, {"OWN001"})
    repo.git("checkout", "-q", "--", "docs/d.md")
    (repo.path / "src/a.py").write_text("fine\n")
    ended = bare_commit(repo)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("options", [["-C", "desk"], ["--git-dir", "desk/.git", "--work-tree", "desk"]])
def test_from_outside_a_linked_worktree_by_options(repo: Repo, tmp_path: Path, options: list[str]) -> None:
    repo.git("switch", "-q", "main")
    desk = repo.worktree_add(tmp_path / "desk", "agent/x")
    if options[0] == "--git-dir":
        options = ["--git-dir", desk.git("rev-parse", "--absolute-git-dir"), "--work-tree", "desk"]
    (desk.path / "docs/d.md").write_text("slip\n")
    assert stopping(git(tmp_path, *options, "commit", "-q", "-a", "-m", "m").said) == {"OWN001"}
    desk.git("checkout", "-q", "--", "docs/d.md")
    (desk.path / "src/a.py").write_text("fine\n")
    assert git(tmp_path, *options, "commit", "-q", "-a", "-m", "m") == (0, "")


def test_in_worktrees_of_a_bare_repository(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo.git", "--bare")
    repo.git("branch", "agent/x", "main")
    main = repo.worktree_add(tmp_path / "main", "main").path
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    init(main)
    remote = Repo.init(tmp_path / "remote", bare=True)
    assert stopping(commit(agent, "docs/d.md").said) == {"OWN001"}
    assert commit(main, "run.sh") == (0, "")
    assert git(agent, "commit", "-q", "-n", "-m", "slip").code == 0
    assert stopping(git(agent, "push", "-q", str(remote.path), "agent/x").said) == {"OWN001"}
    assert git(main, "push", "-q", str(remote.path), "main") == (0, "")


def test_in_a_submodule_of_a_linked_worktree(tmp_path: Path) -> None:
    needs_part("git-sh-setup")
    inner, outer = made(tmp_path / "inner"), made(tmp_path / "outer")
    assert git(outer.path, "submodule", "add", "-q", str(inner.path), "sub").code == 0
    outer.git("commit", "-q", "-m", "sub")
    outer.git("branch", "feature")
    linked = outer.worktree_add(tmp_path / "linked", "feature").path
    assert git(linked, "submodule", "update", "-q", "--init").code == 0
    sub = Repo(linked / "sub")
    sub.git("branch", "agentledger", "origin/agentledger")
    sub.git("switch", "-q", "-C", "main", "origin/main")
    init(sub.path)
    sub.git("switch", "-q", "-c", "agent/x", "main")
    assert stopping(commit(sub.path, "docs/d.md").said) == {"OWN001"}
    assert commit(linked, "docs/d.md") == (0, "")
