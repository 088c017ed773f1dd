"""Races for a ref are distinguished from refusals by reading it: whatever git says, and however it stores refs."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentledger.control import commit_writer
from agentledger.git import process as git_process
from agentledger.git import queries, races
from agentledger.git.races import LostRaceError, RefusedError, Writer
from agentledger.model.errors import GitError, LedgerError
from command import PROGRAM, run
from controls import NAME, files, hook, say, server, synced, tips
from desk import made
from gitrepo import Repo
from gitversions import REFTABLE, formats, lock_of, needs, remover, speechless

pytestmark = pytest.mark.versions
REF = f"refs/heads/{NAME}"
PLAN = (
    *("plan", "y", "--owns", "lib/**", "--why", "It is slow; stop after two tries."),
    *("--outcome", "It is fast.", "--accept", "It takes a second.", "--verify", "test=true"),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo.init(tmp_path / "r")
    made.commit("main", {"a.txt": "1\n"})
    made.checkout()
    return made


def writer(repo: Repo) -> Writer:
    place = queries.locate_repository(git_process.repository_at(repo.path))
    return Writer(place, REF, place.common / "agentledger")


def failing(with_: Exception, times: list[float]) -> Callable[[], None]:
    def once() -> None:
        times.append(time.monotonic())
        raise with_

    return once


# -- what a failure is -------------------------------------------------------------------------


def test_a_ref_that_moved_is_a_lost_race_and_one_that_stands_is_a_refusal(repo: Repo) -> None:
    git, head = git_process.repository_at(repo.path), repo.git("rev-parse", "main")
    assert races.read_tip(git, "refs/heads/main") == head
    assert races.read_tip(git, "refs/heads/mai") is None
    assert isinstance(races.classify_refusal(git, "refs/heads/main", "1" * 40, "why"), LostRaceError)
    assert isinstance(races.classify_refusal(git, "refs/heads/main", None, "why"), LostRaceError)
    assert isinstance(races.classify_refusal(git, "refs/heads/main", head, "why"), RefusedError)
    assert isinstance(races.classify_refusal(git, "refs/heads/none", None, "why"), RefusedError)


def test_a_refusal_without_a_lock_is_told_after_a_few_tries(repo: Repo) -> None:
    times: list[float] = []
    with pytest.raises(GitError, match="no room") as caught:
        races.retry(writer(repo), failing(RefusedError("no room"), times))
    assert len(times) == races.AGAIN + 1
    assert "nothing was written" in caught.value.hint


def test_lost_races_are_tried_again_until_it_is_too_late(repo: Repo) -> None:
    times: list[float] = []
    with pytest.raises(GitError, match="all the time"):
        races.retry(writer(repo), failing(LostRaceError("moved"), times), patience=0.3)
    assert len(times) > races.AGAIN + 1


def test_a_name_in_the_way_is_not_waited_for_though_it_was_made_just_now(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tries = commit_writer.write_commit, []

    def blocked(*arguments: object) -> commit_writer.Made:
        tries.append(1)
        repo.git("branch", "--force", f"{NAME}/x", "main")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("agentledger.control.append.write_commit", blocked)
    with pytest.raises(LedgerError, match=f"git can make none called {NAME}"):
        say(repo, "tasks/login/brief.md")
    assert len(tries) == 1


# -- whatever git says -------------------------------------------------------------------------


def test_a_rival_is_built_upon_though_git_gives_no_reason(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(repo, "tasks/a/brief.md")
    write, tries = commit_writer.write_commit, []

    def rivalled(*arguments: object) -> commit_writer.Made:
        tries.append(1)
        if len(tries) == 1:
            head = repo.git("rev-parse", NAME)
            repo.commit(NAME, {"tasks/rival/brief.md": "r"}, parents=[head])
            repo.flush()
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("agentledger.control.append.write_commit", rivalled)
    speechless(tmp_path / "bin", monkeypatch)
    say(repo, "tasks/b/brief.md")
    assert len(tries) == 2
    assert set(files(repo)) == {f"tasks/{name}/brief.md" for name in ("a", "b", "rival")}


def test_a_push_that_lost_a_race_is_united_though_git_gives_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = server(tmp_path / "origin.git")
    laptop, phone = origin.clone(tmp_path / "here"), origin.clone(tmp_path / "phone")
    say(laptop, "tasks/a/brief.md")
    synced(laptop)
    synced(phone)
    say(phone, "tasks/b/brief.md")
    say(laptop, "tasks/c/brief.md")
    once = tmp_path / "once"
    push = f"git -C {phone.path} push -q origin {NAME}"
    hook(laptop, "pre-push", f"test -e {once} || {{ touch {once}; {push}; }}")
    speechless(tmp_path / "bin", monkeypatch)
    done = synced(laptop)
    assert done["merge"]
    assert set(files(origin)) == {f"tasks/{name}/brief.md" for name in ("a", "b", "c")}
    assert tips(laptop, origin) == {done["head"]}


def test_a_branch_that_moves_inside_the_server_during_the_push_is_a_lost_race(tmp_path: Path) -> None:
    origin = server(tmp_path / "origin.git")
    laptop, phone = origin.clone(tmp_path / "here"), origin.clone(tmp_path / "phone")
    say(laptop, "tasks/a/brief.md")
    synced(laptop)
    synced(phone)
    theirs = say(phone, "tasks/b/brief.md")
    phone.git("push", "-q", "origin", f"{NAME}:refs/heads/aside")
    say(laptop, "tasks/c/brief.md")
    # The server has taken the objects and is about to move the branch, when another push has moved it.
    once = tmp_path / "once"
    move = f"env -u GIT_QUARANTINE_PATH git update-ref {REF} {theirs}"
    hook(origin, "update", f"test -e {once} || {{ touch {once}; {move}; }}")
    done = synced(laptop)
    assert set(files(origin)) == {f"tasks/{name}/brief.md" for name in ("a", "b", "c")}
    assert tips(laptop, origin) == {done["head"]}


def test_two_syncs_that_fetch_at_once_do_not_call_the_remote_unreachable(tmp_path: Path) -> None:
    origin = server(tmp_path / "origin.git")
    laptop, phone = origin.clone(tmp_path / "here"), origin.clone(tmp_path / "phone")
    say(phone, "tasks/a/brief.md")
    synced(phone)
    lock = laptop.path / f".git/refs/remotes/origin/{NAME}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("")
    with subprocess.Popen(remover(lock, 1.0)):
        synced(laptop)
    assert set(files(laptop)) == {"tasks/a/brief.md"}


# -- however refs are stored -------------------------------------------------------------------


@pytest.fixture(params=["files", "reftable"])
def stored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Repo, str]:
    """An agent's desk for task x, with `agent/x` checked out, and how its refs are stored."""
    if request.param not in formats():
        needs(REFTABLE)
    monkeypatch.setenv("GIT_DEFAULT_REF_FORMAT", request.param)
    repo = made(tmp_path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    return repo, request.param


REPORT = (
    "report", "--changed", "It.", "--next", "More.", "--risks", "None.", "--state", "working",
)  # fmt: skip


def test_plan_spawn_report_and_sync_wait_for_a_lock_that_is_held(
    stored: tuple[Repo, str], tmp_path: Path
) -> None:
    repo, ref_format = stored
    origin = Repo.init(tmp_path / "origin.git", bare=True)
    repo.git("remote", "add", "origin", str(origin.path))
    repo.git("push", "-q", "--no-verify", "origin", "main")

    def while_locked(ref: str, *arguments: str) -> None:
        lock = lock_of(repo, ref, ref_format)
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_text("")
        with subprocess.Popen(remover(lock, 2.0)):
            result = run(repo.path, *arguments)
        assert result.code == 0, result

    while_locked("refs/heads/agent/x", *REPORT)
    assert repo.git("log", "-1", "--format=%s") == "chore(ledger): x is working"
    assert not repo.git("status", "--porcelain")
    repo.git("switch", "-q", "main")
    while_locked(REF, *PLAN)
    while_locked("refs/heads/agent/y", "spawn", "y")
    assert repo.git("rev-parse", "--verify", "agent/y")
    while_locked(REF, "answer", "x", "Go on.")
    while_locked(f"refs/remotes/origin/{NAME}", "sync")
    assert origin.git("rev-parse", NAME) == repo.git("rev-parse", NAME)


def test_a_worktree_says_when_it_was_touched(stored: tuple[Repo, str]) -> None:
    repo, _ = stored
    repo.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "w")
    result = run(repo.path, "board", "--format", "json", "--dormant=never")
    branches = {entry["name"]: entry for entry in json.loads(result.out)["branches"]}
    assert branches["agent/x"]["worktree"]["touched_at"] == "2023-11-14T22:13:20Z"


# -- the whole of it ---------------------------------------------------------------------------

CHECK_IN = """\
---
state: working
---
## What changed
Number {}.
## What's next
More.
## Risks and blockers
None.
## What I need from you
none
"""


@pytest.mark.slow
def test_twelve_reports_beside_an_agent_that_commits_all_the_time_are_all_there(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    desk = repo.worktree_add(tmp_path / "x", "agent/x")
    loop = "while :; do git commit -q --no-verify --allow-empty -m x || :; done"
    with subprocess.Popen(["sh", "-c", loop], cwd=desk.path, stderr=subprocess.DEVNULL) as commits:
        try:
            started = [reporter(desk.path, number) for number in range(12)]
            assert [process.wait() for process in started] == [0] * 12
        finally:
            commits.kill()
    report_lines = desk.git("grep", "-h", "^Number", "HEAD", "--", ".agentledger/tasks/x/status").split("\n")
    assert sorted(report_lines) == sorted(f"Number {number}." for number in range(12))
    assert not desk.git("status", "--porcelain", "--", ".agentledger")


def reporter(folder: Path, number: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*PROGRAM, "report", "-"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stdin
    process.stdin.write(CHECK_IN.format(number).encode())
    process.stdin.close()
    return process
