"""Where something was left behind, was damaged or cannot be written, the command that a message names mends it.

Belongs here: making that state, and typing the command as it stands in the message. Does not: what else is
said of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import refused, run
from controls import files, server, synced
from damage import remove, unpack
from desk import STATUS, Desk, made
from gitrepo import Repo
from nextcommand import find_command, type_command

CONTROL = "refs/heads/agentledger"
REPORT = ("report", "--changed", "It.", "--next", "More.", "--risks", "none")
WAIVER = ("allow", "x", "docs/**", "--why", "It is asked for.", "--until", "2030-01-01")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Task x with an agent in a worktree, whose path a shell would take apart."""
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's; $HOME", "agent/x").path)


@pytest.fixture
def lock(desk: Desk) -> Path:
    """What a git that was killed an hour ago left in the agent's worktree."""
    made = Path(desk.git("rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    made.touch()
    os.utime(made, (time.time() - 3600,) * 2)
    return made


@pytest.fixture
def git_at_work(desk: Desk) -> Iterator[subprocess.Popen[bytes]]:
    """A git that runs in the agent's worktree, for as long as nobody ends it."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], cwd=desk.path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as running:
        yield running
        running.kill()


# -- locks -------------------------------------------------------------------------------------


def test_after_a_killed_git_the_manager_removes_the_lock_and_collects(desk: Desk, lock: Path) -> None:
    said = run(desk.path, *REPORT)
    assert said.code == 0, said
    assert f"{lock} has been there for 1 h, and no git seems to be running there" in said.out
    rm, collect = find_command(said.out, "^next: (rm -f .*), by the manager").split("; then ")
    type_command(desk.repo.path, rm)
    assert "1 file" in type_command(desk.repo.path, collect).out
    assert desk.git("status", "--porcelain") == ""


def test_collect_names_the_lock_s_removal_and_its_own_repetition(desk: Desk, lock: Path) -> None:
    desk.write(STATUS, "---\nat: 2023-11-14T22:20:00Z\nstate: working\n---\n## What changed\nIt.\n")
    said = run(desk.repo.path, "collect")
    assert "nothing was committed" in said.out
    assert str(lock) in said.out
    rm, collect = find_command(said.out, "^next: (rm -f .*)").split("; then ")
    type_command(desk.repo.path, rm)
    assert STATUS in type_command(desk.repo.path, collect).out


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="processes are seen in /proc only")
def test_a_lock_is_not_to_be_removed_while_a_git_is_at_work_there(
    desk: Desk, lock: Path, git_at_work: subprocess.Popen[bytes]
) -> None:
    said = run(desk.path, *REPORT)
    assert f"git is at work there (process {git_at_work.pid})" in said.out
    assert "rm -f" not in said.out


def test_a_lock_of_a_branch_is_removed_by_the_command_that_is_named(desk: Desk) -> None:
    lock = desk.repo.path / ".git" / f"{CONTROL}.lock"
    lock.touch()
    os.utime(lock, (time.time() - 7200,) * 2)
    said = refused(desk.repo.path, *WAIVER)
    assert "for 2 h" in said.message
    rm, _, again = said.hint.partition("; then ")
    assert again == "run this again"
    type_command(desk.repo.path, rm)
    assert run(desk.repo.path, *WAIVER).code == 0


# -- the control branch ------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Repo, Repo]:
    """A clone whose control branch its remote has as well."""
    origin = server(tmp_path / "origin.git")
    brief = "---\ntask: x\nowns: ['src/**']\n---\n"
    origin.commit("agentledger", {"tasks/x/brief.md": brief}, parents=[])
    origin.flush()
    here = origin.clone(tmp_path / "it's here")
    synced(here)
    return here, origin


@pytest.mark.parametrize("content", ["", "garbage\n"])
@pytest.mark.parametrize("known", ["log", "remote"])
def test_a_damaged_control_branch_is_put_back_where_it_was(
    pair: tuple[Repo, Repo], known: str, content: str
) -> None:
    here, _ = pair
    was = here.git("rev-parse", CONTROL)
    here.git("pack-refs", "--no-prune") if known == "log" else shutil.rmtree(here.path / ".git/logs")
    here.git("update-ref", CONTROL, was)
    (here.path / ".git" / CONTROL).write_text(content)
    said = refused(here.path, *WAIVER)
    assert "is damaged" in said.message
    type_command(here.path, find_command(said.hint, "rm -f .*"))
    assert here.git("rev-parse", CONTROL) == was
    assert run(here.path, *WAIVER).code == 0


def test_without_a_log_or_a_remote_the_lost_commit_is_found_and_put_back(tmp_path: Path) -> None:
    repo = made(tmp_path)
    was = repo.git("rev-parse", CONTROL)
    shutil.rmtree(repo.path / ".git/logs")
    (repo.path / ".git" / CONTROL).write_text("")
    said = refused(repo.path, *WAIVER)
    lost = type_command(repo.path, find_command(said.hint, "git fsck --lost-found"), code=2).out
    ((*_, found),) = [line.split() for line in lost.splitlines() if line.startswith("dangling commit")]
    type_command(repo.path, find_command(said.hint, "rm -f .*", {" ID": f" {found}"}))
    assert repo.git("rev-parse", CONTROL) == was


@pytest.mark.parametrize("lost", ["", "^{tree}", ":tasks/x/brief.md"])
def test_a_control_branch_without_its_objects_is_fetched_anew(pair: tuple[Repo, Repo], lost: str) -> None:
    here, _ = pair
    unpack(here)
    remove(here, f"{CONTROL}{lost}")
    if ":" in lost:
        said = find_command(refused(here.path, "plan", "x", "--owns", "lib/**").hint, "git .*(?=, or)")
    else:
        said = find_command(refused(here.path, *WAIVER).hint, "git fetch .*-filter")
    type_command(here.path, said)
    assert run(here.path, *WAIVER).code == 0


def test_a_document_that_a_partial_clone_lacks_is_fetched(tmp_path: Path) -> None:
    origin = server(tmp_path / "origin.git")
    origin.commit("agentledger", {"tasks/x/brief.md": "---\ntask: x\nowns: ['src/**']\n---\n"}, parents=[])
    origin.git("config", "uploadpack.allowFilter", "true")
    here = Repo(tmp_path / "here")
    origin.git("clone", "-q", "--no-checkout", "--filter=blob:none", origin.path.as_uri(), str(here.path))
    said = run(here.path, "board", "--format", "json").out
    type_command(here.path, find_command(said, r'"hint":\s*"(git fetch[^"]*)"'))
    assert "missing from this clone" not in run(here.path, "board", "--format", "json").out


def test_a_control_branch_that_is_only_another_name_becomes_one_of_its_own(tmp_path: Path) -> None:
    repo = made(tmp_path)
    before = files(repo)
    repo.git("branch", "elsewhere", CONTROL)
    repo.git("symbolic-ref", CONTROL, "refs/heads/elsewhere")
    said = refused(repo.path, *WAIVER)
    type_command(repo.path, find_command(said.hint, "git .*"))
    assert run(repo.path, *WAIVER).code == 0
    assert before.items() <= files(repo).items()


def test_two_copies_that_both_changed_a_brief_are_united_by_sync(pair: tuple[Repo, Repo]) -> None:
    here, origin = pair
    for repo, why in ((here, "here"), (origin, "there")):
        head = repo.git("rev-parse", "agentledger")
        repo.commit(
            "agentledger", {"tasks/x/brief.md": f"---\ntask: x\nowns: ['{why}/**']\n---\n"}, parents=[head]
        )
        repo.flush()
    here.git("fetch", "-q")
    said = refused(here.path, *WAIVER)
    type_command(here.path, find_command(said.hint, "agentledger sync"))
    assert run(here.path, *WAIVER).code == 0


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [".agentledger", ".agentledger/tasks"])
@pytest.mark.parametrize("committed", [False, True])
def test_a_link_in_the_ledger_s_place_is_taken_away(
    desk: Desk, tmp_path: Path, folder: str, committed: bool
) -> None:
    place = desk.path / folder
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(tmp_path)
    if committed:
        desk.git("add", "-A")
        desk.git("commit", "-q", "--no-verify", "-m", "a link")
    said = refused(desk.path, *REPORT)
    type_command(desk.path, find_command(said.hint, "take it away: (.*); then run this again"))
    assert run(desk.path, *REPORT).code == 0
    assert desk.git("status", "--porcelain") == ""


def test_a_branch_on_which_history_ends_too_early_is_fetched_whole(tmp_path: Path) -> None:
    origin = server(tmp_path / "origin.git")
    start = origin.git("rev-parse", "main")
    for number in range(3):
        origin.commit("main", {"a.txt": f"{number}\n"}, parents=[origin.git("rev-parse", "main")])
    origin.commit("agent/x", {"b.txt": "b\n"}, parents=[start])
    origin.flush()
    here = Repo(tmp_path / "here")
    origin.git("clone", "-q", "--depth=1", "--no-single-branch", origin.path.as_uri(), str(here.path))
    said = run(here.path, "board").out
    assert "could not be read" in said
    type_command(here.path, find_command(said, r"git fetch --unshallow"))
    assert "could not be read" not in run(here.path, "board").out
