"""Whoever commits in an agent's worktree is judged by the task that it was made for, on whichever branch."""

from __future__ import annotations

from pathlib import Path

import pytest

import clones
import command
from clones import Ended, commit, git, hook
from desk import warm_up
from gitrepo import Repo
from rulecases import BODY
from template import copied

pytestmark = pytest.mark.table

OTHER = "---\ntask: y\nowns: ['docs/**']\nverify: {test: make test}\n---\n"
ENDED = "---\nat: 2023-11-14T22:40:00Z\nby: ana\noutcome: killed\n---\nNot now.\n"


class Place:
    """A repository with hooks, and the worktree that `spawn` made for task x, which owns `src/**`."""

    def __init__(self, folder: Path) -> None:
        self.repo = clones.made(folder / "repo")
        self.remote = Repo.init(folder / "remote.git", options=["--bare"])
        self.repo.git("remote", "add", "origin", str(self.remote.path))
        self.repo.git("push", "-q", "--no-verify", "origin", "main")
        clones.init(self.repo.path)
        self.repo.git("add", "-A")
        self.repo.git("commit", "-q", "-m", "init")
        self.agent = spawned(self.repo)
        for hooks in ("hooks", "agentledger-hooks"):
            warm_up(self.repo.path / ".git" / hooks)


def spawned(repo: Repo, task: str = "x") -> Path:
    """Where `agentledger spawn` put the worktree of a task."""
    done = command.run(repo.path, "spawn", task)
    assert done.code == 0, done
    return repo.path.parent / "repo.worktrees" / task


def control(repo: Repo, files: dict[str, str]) -> None:
    """More of the manager's documents."""
    repo.commit("agentledger", files)
    repo.flush()


@pytest.fixture
def place(templates: Path, tmp_path: Path) -> Place:
    return copied(templates, tmp_path, Place)


def switched(place: Place, *options: str) -> Path:
    """The agent's worktree, on another branch."""
    assert git(place.agent, "switch", "-q", *options).code == 0
    return place.agent


@pytest.mark.parametrize(
    "options", [("-c", "my-own"), ("-c", "my-own", "main"), ("-c", "claude/z", "main"), ("-d",)]
)
def test_a_commit_outside_the_scope_is_stopped_on_any_branch(place: Place, options: tuple[str, ...]) -> None:
    said = commit(switched(place, *options), "docs/d.md")
    assert said.code == 1
    assert "OWN001" in said.said
    assert "in the worktree of x, whose brief counts here" in said.said
    # What the message says to type is enough, and what the brief owns passes.
    fix = next(line.split("next: ")[1] for line in said.said.splitlines() if "next: " in line)
    assert fix == "git restore --staged --worktree --source=HEAD -- :/docs/d.md"
    assert git(place.agent, *fix.split()[1:]).code == 0
    assert commit(place.agent, "src/a.py") == Ended(0, "")


def test_an_amendment_and_a_merge_are_judged_there(place: Place) -> None:
    agent = switched(place, "-c", "my-own")
    assert commit(agent, "src/a.py").code == 0
    (agent / "docs/d.md").write_text("slip\n")
    assert "OWN001" in git(agent, "commit", "-q", "--amend", "--no-edit", "-a").said
    assert git(agent, "restore", "-q", "docs/d.md", "--staged", "--worktree").code == 0
    assert git(agent, "merge", "-q", "--no-edit", "main").code == 0
    assert commit(place.repo.path, "docs/d.md").code == 0
    assert "OWN001" in git(agent, "merge", "-q", "--no-edit", "-s", "ours", "main").said
    assert git(agent, "merge", "--abort").code == 0
    assert git(agent, "merge", "-q", "--no-edit", "main") == Ended(0, "")


def test_an_amendment_within_a_rebase_is_judged_and_one_in_scope_passes(place: Place) -> None:
    assert commit(place.agent, "src/a.py").code == 0
    edit = {"GIT_SEQUENCE_EDITOR": "sed -i 's/^pick/edit/'"}
    assert git(place.agent, "rebase", "-q", "-i", "HEAD^", env=edit).code == 0
    assert "OWN001" in commit(place.agent, "docs/d.md").said
    assert git(place.agent, "reset", "-q", "--hard").code == 0
    (place.agent / "src/a.py").write_text("better\n")
    assert git(place.agent, "commit", "-q", "--amend", "--no-edit", "-a") == Ended(0, "")
    assert git(place.agent, "rebase", "--continue").code == 0


def test_base_passes_there(place: Place) -> None:
    place.repo.git("switch", "-q", "-c", "aside")
    assert commit(switched(place, "main"), "docs/d.md") == Ended(0, "")


def test_a_branch_with_a_brief_of_its_own_is_judged_by_that(place: Place) -> None:
    control(place.repo, {"tasks/y/brief.md": OTHER + BODY})
    agent = switched(place, "-c", "agent/y", "main")
    assert commit(agent, "docs/d.md") == Ended(0, "")
    said = commit(agent, "src/a.py").said
    assert "the brief owns docs/**" in said
    assert "in the worktree of" not in said


def test_after_the_tasks_end_everything_passes(place: Place) -> None:
    agent = switched(place, "-c", "my-own", "main")
    control(place.repo, {"tasks/x/outcome.md": ENDED})
    assert commit(agent, "docs/d.md") == Ended(0, "")


def test_after_the_task_landed_everything_passes(place: Place) -> None:
    assert commit(place.agent, "src/a.py").code == 0
    place.repo.git("merge", "-q", "--no-ff", "--no-edit", "agent/x")
    agent = switched(place, "-c", "my-own", "main")
    assert commit(agent, "docs/d.md") == Ended(0, "")
    assert git(agent, "push", "-q", "origin", "my-own") == Ended(0, "")


def test_a_push_of_such_a_branch_is_judged_by_the_same_task(place: Place) -> None:
    agent = switched(place, "-c", "my-own", "main")
    assert commit(agent, "src/a.py").code == 0
    assert git(agent, "push", "-q", "origin", "my-own") == Ended(0, "")
    (agent / "docs/d.md").write_text("slip\n")
    assert git(agent, "commit", "-q", "-a", "--no-verify", "-m", "slip").code == 0
    said = git(agent, "push", "-q", "origin", "my-own")
    assert "OWN001" in said.said
    assert "OWN001" in git(agent, "push", "-q", "origin", "HEAD:refs/heads/another").said
    assert "OWN010" in git(agent, "push", "-q", "origin", "HEAD:refs/heads/main").said
    assert git(switched(place, "-d"), "push", "-q", "origin", "HEAD:refs/heads/another").code == 1


def test_the_main_worktree_and_a_team_mates_are_never_stopped(place: Place, tmp_path: Path) -> None:
    mate = place.repo.worktree_add(tmp_path / "mate", place.repo.git("branch", "feature") or "feature").path
    # git copies the settings of the worktree from which another one is added.
    assert git(place.agent, "worktree", "add", "-q", "-b", "hers", str(tmp_path / "hers"), "main").code == 0
    for folder in (place.repo.path, mate, tmp_path / "hers"):
        assert commit(folder, "docs/d.md") == Ended(0, "")


def test_all_hooks_of_the_repository_run_from_there(place: Place, tmp_path: Path) -> None:
    """Also those that come later, and each once."""
    log = tmp_path / "log"
    names = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout")
    for name in names:
        kept = f"../hooks.before-agentledger/{name}" if name == "pre-commit" else name
        hook(place.repo.path / ".git/hooks" / kept, f"#!/bin/sh\necho {name} >>'{log}'\n")
    agent = switched(place, "-c", "my-own")
    assert commit(agent, "src/a.py").code == 0
    assert log.read_text().split() == ["post-checkout", *names[:4]]


def test_a_report_from_there_says_where_to_go(place: Place) -> None:
    said = command.refused(switched(place, "-c", "my-own", "main"), "report", "It goes on.")
    assert "my-own works on no task; this worktree was made for x" in said.err
    assert "bring it to the task's branch: git switch agent/x && git merge --no-edit " in said.err


def test_after_it_landed_and_its_branch_is_gone_everything_passes(place: Place) -> None:
    assert commit(place.agent, "src/a.py").code == 0
    place.repo.git("merge", "-q", "--no-ff", "--no-edit", "agent/x")
    agent = switched(place, "-c", "my-own", "main")
    place.repo.git("branch", "-q", "-D", "agent/x")
    assert commit(agent, "docs/d.md") == Ended(0, "")
    assert git(agent, "push", "-q", "origin", "my-own") == Ended(0, "")
