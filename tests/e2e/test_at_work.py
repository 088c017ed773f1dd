"""Who is at work, as every output says it: uncommitted files, a rebase, a stash, a worktree without a branch.

Belongs here: real repositories and the command line. Does not: how a worktree is read (`tests/repository`).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command import run
from desk import BRIEF, Desk, made
from gitrepo import Repo
from nextcommand import type_command
from outputs import read_outputs

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Base, and base's next commit, by which a branch from the first one is behind."""
    repo = Repo.init(tmp_path / "shop")
    repo.commit("main", {"f": "0\n", ".gitignore": "*.log\n.claude\n"})
    repo.flush()
    repo.checkout("main")
    return repo


def work(repo: Repo, name: str, folder: str | None = None, files: dict[str, str] | None = None) -> Repo:
    """A worktree of a new branch, in which the files are committed."""
    repo.git("branch", name, "main")
    at = repo.worktree_add(repo.path.parent / "trees" / (folder or name.replace("/", "-")), name)
    for path, text in (files or {}).items():
        (at.path / path).write_text(text)
        at.git("add", path)
        at.git("commit", "-qm", path)
    return at


def land(repo: Repo, name: str) -> None:
    repo.git("merge", "-q", "--no-ff", "-m", f"merge {name}", name)


def squash(repo: Repo, name: str) -> None:
    repo.git("merge", "-q", "--squash", name)
    repo.git("commit", "-qm", f"squash {name}")


def leave_empty(repo: Repo, name: str) -> None:
    """Nothing is committed on it."""


# -- uncommitted files ------------------------------------------------------------------


@pytest.mark.parametrize(("end", "at_rest"), [(leave_empty, "empty"), (land, "merged"), (squash, "absorbed")])
def test_a_branch_with_uncommitted_files_has_not_ended(
    repo: Repo, end: Callable[[Repo, str], None], at_rest: str
) -> None:
    at = work(repo, "claude/x", files={} if end is leave_empty else {"g": "1\n"})
    end(repo, "claude/x")
    before = read_outputs(repo.path)
    assert (before.branch("claude/x")["state"], before.branch("claude/x")["section"]) == (at_rest, "ended")
    (at.path / "new").mkdir()
    for number in range(26):
        (at.path / "new" / f"{number}").write_text("new\n")
    (at.path / "f").write_text("changed\n")
    (at.path / "noise.log").write_text("ignored\n")
    shown = read_outputs(repo.path)
    entry = shown.branch("claude/x")
    assert (entry["state"], entry["at_rest"], entry["section"]) == ("open", at_rest, "unbriefed")
    assert entry["worktree"]["uncommitted"] == 27
    assert "27 uncommitted files in ../trees/claude-x" in shown.row("claude/x")
    assert "Ended (" not in shown.board
    assert "claude/x with 27 uncommitted files" in shown.next
    assert "27 uncommitted files" in shown.index()
    assert "../trees/claude-x: 27 uncommitted files" in shown.page("claude/x")
    assert "But its worktree is at work: 27 uncommitted files" in shown.page("claude/x")
    looked = type_command(repo.path, entry["next_action"]["command"])
    assert " M f\n?? new/\n" in looked.out


def test_a_dormant_branch_with_uncommitted_files_has_not_ended(repo: Repo) -> None:
    at = work(repo, "claude/x", files={"g": "1\n"})
    assert read_outputs(repo.path, "--dormant", "1d").branch("claude/x")["state"] == "dormant"
    (at.path / "g").write_text("2\n")
    subprocess.run(["touch", "-d", "2023-11-14", str(at.path / "g")], check=True)
    shown = read_outputs(repo.path, "--dormant", "1d")
    assert shown.branch("claude/x")["state"] == "open"
    assert "Review; 1 uncommitted file besides" in shown.row("claude/x")


def test_what_is_staged_deleted_or_in_conflict_counts_and_what_git_ignores_does_not(repo: Repo) -> None:
    at = work(repo, "claude/x", files={"g": "1\n", "h": "1\n"})
    (at.path / "g").unlink()
    (at.path / "staged").write_text("s\n")
    at.git("add", "staged")
    (at.path / "noise.log").write_text("ignored\n")
    assert read_outputs(repo.path).branch("claude/x")["worktree"]["uncommitted"] == 2
    clean = work(repo, "claude/clean")
    (clean.path / "noise.log").write_text("ignored\n")
    entry = read_outputs(repo.path).branch("claude/clean")
    assert (entry["worktree"]["uncommitted"], entry["state"]) == (0, "empty")


def test_the_main_checkouts_files_are_an_agents_where_its_branch_is(repo: Repo) -> None:
    work(repo, "claude/other")
    (repo.path / "mine").write_text("the manager's\n")
    entries = read_outputs(repo.path)
    assert entries.branch("claude/other")["state"] == "empty"
    assert entries.names() == {"claude/other"}
    repo.git("switch", "-q", "--detach")
    assert read_outputs(repo.path).names() == {"claude/other"}
    repo.git("switch", "-q", "-c", "claude/here")
    shown = read_outputs(repo.path)
    assert shown.branch("claude/here")["state"] == "open"
    assert "1 uncommitted file in the main worktree" in shown.row("claude/here")
    type_command(repo.path, shown.branch("claude/here")["next_action"]["command"])
    repo.git("switch", "-q", "-c", "a-person")
    assert read_outputs(repo.path).branch("claude/here")["state"] == "empty"


def test_another_worktree_inside_a_checkout_is_no_uncommitted_file_of_it(repo: Repo) -> None:
    repo.git("switch", "-q", "-c", "claude/outer")
    repo.git("worktree", "add", "-q", "-b", "claude/inner", "nested/inner")
    shown = read_outputs(repo.path)
    assert shown.branch("claude/outer")["worktree"]["uncommitted"] == 0
    assert shown.branch("claude/outer")["worktree"]["dirty"] is False
    (repo.path / "nested/inner/new").write_text("1\n")
    shown = read_outputs(repo.path)
    assert shown.branch("claude/outer")["state"] == "empty"
    assert shown.branch("claude/inner")["worktree"]["uncommitted"] == 1
    # A repository of its own is something that only this checkout has.
    Repo.init(repo.path / "nested/other").commit("main", {"f": "1\n"})
    assert read_outputs(repo.path).branch("claude/outer")["worktree"]["uncommitted"] == 1


# -- a rebase or bisect under way -----------------------------------------------------------


def begin_rebase(at: Repo) -> None:
    (at.path / "f").write_text("ours\n")
    at.git("commit", "-qam", "f")
    assert at.exit_code("rebase", "main") == 1
    at.git("checkout", "--theirs", "f")
    at.git("add", "f")
    at.git("-c", "core.editor=true", "commit", "-qm", "half way")


def test_during_a_rebase_the_worktree_is_its_branchs(repo: Repo) -> None:
    at = work(repo, "claude/x")
    repo.commit("main", {"f": "theirs\n"}, parents=["main"])
    repo.flush()
    repo.checkout("main")
    begin_rebase(at)
    shown = read_outputs(repo.path)
    assert shown.names() == {"claude/x"}
    entry = shown.branch("claude/x")
    assert (entry["worktree"]["under_way"], entry["state"]) == ("rebase", "open")
    assert "a rebase under way in ../trees/claude-x" in shown.row("claude/x")
    assert entry["next_action"]["text"] == "Wait: a rebase under way"
    assert "a rebase under way" in shown.page("claude/x")
    assert "a rebase under way" in shown.index()
    assert "claude/x with a rebase under way" in shown.next


def test_during_a_bisect_the_worktree_is_its_branchs(repo: Repo) -> None:
    at = work(repo, "claude/x", files={"a": "1\n", "b": "1\n", "c": "1\n"})
    land(repo, "claude/x")
    at.git("bisect", "start", "HEAD", "HEAD~3")
    assert at.exit_code("symbolic-ref", "-q", "HEAD") == 1
    shown = read_outputs(repo.path)
    assert shown.names() == {"claude/x"}
    assert shown.branch("claude/x")["worktree"]["under_way"] == "bisect"
    assert shown.branch("claude/x")["at_rest"] == "merged"
    at.git("bisect", "reset")
    assert read_outputs(repo.path).branch("claude/x")["state"] == "merged"


# -- a stash --------------------------------------------------------------------------------


def test_a_stash_is_told_and_takes_delete_away_and_makes_nothing_alive(repo: Repo) -> None:
    at = work(repo, "claude/deep/x", files={"g": "1\n"})
    land(repo, "claude/deep/x")
    assert (
        read_outputs(repo.path).branch("claude/deep/x")["next_action"]["text"] == "Delete with its worktree"
    )
    (at.path / "g").write_text("put away\n")
    at.git("stash")
    (at.path / "g").write_text("put away, too\n")
    at.git("stash", "push", "-m", "on main: not really")
    (repo.path / "f").write_text("the manager's\n")
    repo.git("stash")
    shown = read_outputs(repo.path)
    entry = shown.branch("claude/deep/x")
    assert (entry["state"], entry["section"], entry["stashes"]) == ("merged", "ended", 2)
    assert "2 stashes" in shown.row("claude/deep/x")
    assert entry["next_action"]["text"] == "Keep it: 2 stashes made on it"
    assert "claude/deep/x: put away" not in shown.board
    assert (
        "On claude/deep/x: on main: not really"
        in type_command(repo.path, entry["next_action"]["command"]).out
    )
    assert "2 stashes" in shown.page("claude/deep/x")
    assert "2 stashes" in shown.index()
    for _ in range(3):
        repo.git("stash", "drop", "-q")
    again = read_outputs(repo.path).branch("claude/deep/x")
    assert (again["stashes"], again["next_action"]["text"]) == (0, "Delete with its worktree")


# -- a worktree without a branch ----------------------------------------------------------------


def detach(repo: Repo, folder: str, files: dict[str, str]) -> Repo:
    """A detached worktree in which the files are committed."""
    path = repo.path.parent / folder
    repo.git("worktree", "add", "-q", "--detach", str(path), "main")
    at = Repo(path)
    for name, text in files.items():
        (path / name).write_text(text)
        at.git("add", name)
        at.git("commit", "-qm", f"add {name}")
    return at


def test_commits_that_only_a_detached_worktree_has_are_listed_and_can_be_saved(repo: Repo) -> None:
    at = detach(repo, ".codex/worktrees/ab12/shop", {"g": "1\n", "h": "1\n"})
    (at.path / "more").write_text("1\n")
    head = at.git("rev-parse", "HEAD")
    name = "(detached) ../.codex/worktrees/ab12/shop"
    shown = read_outputs(repo.path)
    entry = shown.branch(name)
    assert (entry["detached"], entry["unsaved"], entry["head"], entry["task"]) == (True, 2, head, None)
    assert (entry["worktree"]["uncommitted"], entry["section"], entry["findings"]) == (1, "unbriefed", [])
    assert entry["agent"] == {"name": "codex", "from": "worktree"}
    assert [each["subject"] for each in entry["commits"]] == ["add h", "add g"]
    assert "2 commits on no branch: only this worktree has them" in shown.row(name)
    assert f"{name} with 2 commits on no branch and 1 uncommitted file" in shown.next
    assert entry["next_action"]["command"] in shown.next
    assert "2 commits on no branch: only this worktree has them" in shown.page(name)
    assert entry["next_action"]["command"] in shown.page(name)
    assert "2 commits on no branch" in shown.index()
    type_command(repo.path, entry["next_action"]["command"])
    saved = read_outputs(repo.path)
    (branch,) = saved.names()
    assert branch.startswith("worktree-")
    assert saved.branch(branch)["head"] == head
    assert saved.branch(branch)["worktree"]["uncommitted"] == 1


def test_where_a_path_cannot_be_typed_the_commits_are_saved_by_their_id(repo: Repo) -> None:
    at = detach(repo, "odd\u202efolder", {"g": "1\n"})
    (entry,) = read_outputs(repo.path).document["branches"]
    assert entry["next_action"]["command"].startswith("git branch worktree-")
    type_command(repo.path, entry["next_action"]["command"])
    assert repo.git("branch", "--contains", at.git("rev-parse", "HEAD")).strip().startswith("worktree-")


@pytest.mark.parametrize("kept_by", ["claude/y", "refs/tags/v1", "refs/pull/1/head"])
def test_a_clean_detached_worktree_whose_commits_a_ref_has_is_not_listed(repo: Repo, kept_by: str) -> None:
    at = detach(repo, "review", {"g": "1\n"})
    repo.git("update-ref", kept_by if kept_by.startswith("refs/") else f"refs/heads/{kept_by}",
             at.git("rev-parse", "HEAD"))  # fmt: skip
    assert not any(name.startswith("(detached)") for name in read_outputs(repo.path).names())
    (at.path / "g").write_text("2\n")
    shown = read_outputs(repo.path)
    entry = shown.branch("(detached) ../review")
    assert (entry["unsaved"], entry["state"]) == (0, "open")
    assert entry["next_action"]["text"] == "Wait: 1 uncommitted file"
    type_command(repo.path, entry["next_action"]["command"])


def test_refs_that_a_program_keeps_for_itself_save_nothing(repo: Repo) -> None:
    at = detach(repo, "jj", {"g": "1\n"})
    repo.git("update-ref", "refs/jj/keep/1", at.git("rev-parse", "HEAD"))
    assert read_outputs(repo.path).branch("(detached) ../jj")["unsaved"] == 1


def test_old_commits_of_a_detached_worktree_are_not_dormant(repo: Repo) -> None:
    detach(repo, "lost", {"g": "1\n"})
    entry = read_outputs(repo.path, "--dormant", "1d").branch("(detached) ../lost")
    assert (entry["state"], entry["next_action"]["text"]) == ("open", "Save this commit")


def test_a_detached_worktree_is_never_gated(repo: Repo) -> None:
    repo.commit("main", {".agentledger/config.toml": "require_briefs = true\n"}, parents=["main"])
    repo.flush()
    repo.checkout("main")
    assert run(repo.path, "init", "--yes").code == 0
    at = detach(repo, "lost", {"g": "1\n"})
    (at.path / ".agentledger/tasks/x").mkdir(parents=True)
    (at.path / ".agentledger/tasks/x/brief.md").write_text("---\ntask: x\nowns: [src]\n---\n")
    at.git("add", "-A")
    at.git("commit", "-qm", "a brief and more")
    shown = read_outputs(repo.path)
    assert (shown.branch("(detached) ../lost")["task"], shown.document["tasks"]) == (None, [])
    assert run(repo.path, "check", "--fleet").code == 0


# -- tasks --------------------------------------------------------------------------------------


@pytest.fixture
def tasks(tmp_path: Path) -> Repo:
    """Task x, handed out, with code on its branch; and task y, which depends on it."""
    repo = made(tmp_path, policy="managers = ['ada@example.com']\n")
    second = BRIEF.replace("task: x", "task: y").format("['docs/**']", "depends_on: [x]\n")
    repo.commit("agentledger", {"tasks/y/brief.md": second}, parents=["agentledger"])
    repo.flush()
    assert run(repo.path, "spawn", "x").code == 0
    desk = worktree_of(repo)
    desk.write("src/a.py", "a = 2\n")
    assert desk.add() == ""
    return repo


def worktree_of(repo: Repo) -> Desk:
    return Desk(repo, repo.path.parent / f"{repo.path.name}.worktrees" / "x")


def test_a_task_with_code_and_uncommitted_files_says_both(tasks: Repo) -> None:
    worktree_of(tasks).write("src/b.py")
    shown = read_outputs(tasks.path)
    assert shown.branch("agent/x")["section"] in ("working", "silent")
    assert "1 uncommitted file in ../a repo.worktrees/x" in shown.row("agent/x")
    assert "agent/x with 1 uncommitted file" in shown.next


def test_a_landed_task_on_whose_branch_work_goes_on_is_working_and_holds_nobody_back(tasks: Repo) -> None:
    land(tasks, "agent/x")
    worktree_of(tasks).write("src/b.py")
    shown = read_outputs(tasks.path)
    entry = shown.branch("agent/x")
    assert (entry["state"], entry["at_rest"], entry["section"]) == ("open", "merged", "working")
    assert entry["next_action"]["text"] == "Wait: 1 uncommitted file"
    assert " src/b.py" in type_command(tasks.path, entry["next_action"]["command"]).out
    assert run(tasks.path, "check", "--task", "y").code == 0


def test_what_the_manager_has_ended_stays_ended_with_the_number(tasks: Repo) -> None:
    outcome = "---\noutcome: killed\nby: ada@example.com\nat: 2023-11-15T00:00:00Z\n---\nno use\n"
    tasks.commit("agentledger", {"tasks/x/outcome.md": outcome}, parents=["agentledger"])
    tasks.flush()
    worktree_of(tasks).write("src/b.py")
    shown = read_outputs(tasks.path)
    assert (shown.branch("agent/x")["state"], shown.branch("agent/x")["section"]) == ("killed", "ended")
    assert "1 uncommitted file in ../a repo.worktrees/x" in shown.row("agent/x")
    assert "1 uncommitted file" in shown.page("agent/x")


def test_next_names_the_uncommitted_files_of_what_waits(tasks: Repo) -> None:
    desk = worktree_of(tasks)
    assert run(desk.path, "report", "--state", "needs-input", "--need", "which?", "--next", "wait").code == 0
    desk.write("src/b.py")
    assert "beside its commits: 1 uncommitted file in ../a repo.worktrees/x" in read_outputs(tasks.path).next


def test_an_agent_that_goes_on_is_told_what_lies_there(tasks: Repo) -> None:
    desk = worktree_of(tasks)
    desk.write("src/b.py")
    desk.write("src/a.py", "put away\n")
    desk.git("stash", "push", "-q", "src/a.py")
    text = run(desk.path, "prompt", "--for", "resume", "x")
    assert text.code == 0, text
    assert "In the worktree: 1 uncommitted file. Look at that first (`git status`)." in text.out
    assert "On this branch: 1 stash (`git stash list`)." in text.out
