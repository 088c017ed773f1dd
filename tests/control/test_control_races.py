"""Writers of the control branch who meet: none loses a commit, and nobody waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentledger.control import commit_writer
from agentledger.git import races
from agentledger.model.errors import GitError, LedgerError
from controls import NAME, say, server
from gitrepo import Repo

pytestmark = pytest.mark.versions

BRIEF = "tasks/login/brief.md"
ANSWER = "tasks/login/answers/1.md"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main, checked out."""
    made = Repo.init(tmp_path / "r")
    made.commit("main", {"a.txt": "1\n"})
    made.checkout()
    return made


WRITER = """
import sys
from pathlib import Path
from agentledger.control.append import commit_files
from agentledger.git.process import repository_at
git = repository_at(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    commit_files(git, {f"tasks/t/answers/{sys.argv[2]}-{number}.md": b"x"}, "m")
"""


def writers(repo: Repo, count: int, each: int) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(repo.path), str(number), str(each)])
        for number in range(count)
    ]
    assert [process.wait() for process in started] == [0] * count


@pytest.mark.slow
def test_ten_processes_of_fifty_appends_lose_none(repo: Repo) -> None:
    writers(repo, 10, 50)
    assert len(files_named(repo)) == 500
    assert repo.git("rev-list", "--count", NAME) == "500"


def files_named(repo: Repo) -> list[str]:
    return repo.git("ls-tree", "-r", "--name-only", NAME).split()


def test_writers_who_do_not_wait_for_their_turn_lose_none_either(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder in the lock's place: nobody gets the courtesy lock, as where the system has none.
    (repo.path / ".git/agentledger/control.lock").mkdir(parents=True)
    writers(repo, 4, 6)
    assert len(files_named(repo)) == 24


def test_a_rival_between_looking_and_writing_is_built_upon(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(repo, BRIEF)
    write, tries = commit_writer.write_commit, []

    def rivalled(*arguments: object) -> commit_writer.Made:
        tries.append(1)
        if len(tries) == 1:
            head = repo.git("rev-parse", NAME)
            repo.commit(NAME, {"tasks/login/answers/rival.md": "r"}, parents=[head])
            repo.flush()
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("agentledger.control.append.write_commit", rivalled)
    say(repo, ANSWER)
    assert len(tries) == 2
    assert len(files_named(repo)) == 3


def test_a_lock_that_a_killed_git_left_is_named_with_its_age(repo: Repo) -> None:
    say(repo, BRIEF)
    lock = repo.path / f".git/refs/heads/{NAME}.lock"
    lock.write_text("")
    os.utime(lock, (time.time() - 7200,) * 2)
    with pytest.raises(GitError, match="for 2 h") as caught:
        say(repo, ANSWER)
    assert str(lock) in caught.value.message
    lock.unlink()
    say(repo, ANSWER)


def test_a_lock_of_this_moment_is_waited_for(repo: Repo) -> None:
    say(repo, BRIEF)
    lock = repo.path / f".git/refs/heads/{NAME}.lock"
    lock.write_text("")
    remover = f"import time, os; time.sleep(0.6); os.unlink({str(lock)!r})"
    with subprocess.Popen([sys.executable, "-c", remover]):
        say(repo, ANSWER)
    assert len(files_named(repo)) == 2


def test_waiting_ends(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    say(repo, BRIEF)
    (repo.path / f".git/refs/heads/{NAME}.lock").write_text("")
    monkeypatch.setattr(races, "PATIENCE", 0.1)
    with pytest.raises(GitError, match="all the time") as caught:
        say(repo, ANSWER)
    assert caught.value.hint


def test_a_name_that_is_taken_by_a_folder_of_branches_is_told_at_once(tmp_path: Path) -> None:
    repo = server(tmp_path / "s")
    repo.git("branch", f"{NAME}/x", "main")
    with pytest.raises(LedgerError, match=f"there is a branch {NAME}/x, so git can make none") as caught:
        say(repo, BRIEF)
    assert caught.value.hint == f"git branch -m {NAME}/x {NAME}-x"
