"""A ledger-only commit, beside whatever else goes on in the same worktree.

Belongs here: what it leaves alone, and what it does when git would not. Does not: the commands that make one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentledger.git import process
from agentledger.model.errors import LedgerError
from agentledger.workflow.session import ledger_commit
from agentledger.workflow.session.ledger_commit import Committed
from desk import Desk, made
from gitrepo import Repo
from gitversions import needs_part

pytestmark = pytest.mark.versions

FOLDER = ".agentledger/tasks/x"
NOTE = f"{FOLDER}/status/20231114T222000Z-0001.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def commit(desk: Desk, content: bytes | None = b"text\n", path: str = NOTE) -> Committed:
    git = process.repository_at(desk.path)
    return ledger_commit.commit_files(git, "agent/x", {path: content}, "chore(ledger): check in")


def shown(desk: Desk, revision: str = "HEAD") -> list[str]:
    """What a commit changed."""
    return desk.git("diff-tree", "-r", "--name-status", "--no-commit-id", revision).split("\n")[:-1]


def state(desk: Desk) -> str:
    return desk.git("status", "--porcelain=v2", "-uall")


def test_it_has_the_ledger_files_and_nothing_else(desk: Desk) -> None:
    desk.write("src/a.py", "staged\n")
    desk.git("add", "src/a.py")
    desk.write("src/a.py", "staged, and more\n")
    desk.write("new.txt")
    before = state(desk)
    done = commit(desk)
    assert done.commit == desk.git("rev-parse", "HEAD").strip()
    assert shown(desk) == [f"A\t{NOTE}"]
    assert state(desk) == before
    assert desk.git("show", f"HEAD:{NOTE}") == "text\n"
    assert "check in" in desk.git("reflog", "-1", "HEAD") + desk.git("log", "-1", "--format=%s")


def test_a_file_can_go_as_well(desk: Desk) -> None:
    commit(desk)
    assert commit(desk, None).commit
    assert shown(desk) == [f"D\t{NOTE}"]
    assert state(desk) == ""


def test_from_a_subfolder_it_is_the_same(desk: Desk) -> None:
    git = process.repository_at(desk.path / "src")
    assert ledger_commit.commit_files(git, "agent/x", {NOTE: b"text\n"}, "chore(ledger): x").commit
    assert shown(desk) == [f"A\t{NOTE}"]


def test_a_merge_that_is_half_way_stays_half_way(desk: Desk) -> None:
    desk.repo.commit("main", {"src/a.py": "theirs\n"})
    desk.repo.flush()
    desk.write("src/a.py", "ours\n")
    desk.git("commit", "-qam", "ours", "--no-verify")
    desk.git("merge", "main", ok=False)
    before = state(desk)
    assert "UU" in before or "u UU" in before
    commit(desk)
    assert state(desk) == before
    desk.write("src/a.py", "both\n")
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-edit", "--no-verify")
    assert len(desk.git("log", "-1", "--format=%P").split()) == 2
    assert desk.git("show", f"HEAD:{NOTE}") == "text\n"


def test_a_lock_is_waited_for_and_then_named_with_the_file_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_commit, "PATIENCE", 0.2)
    lock = Path(desk.git("rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    lock.touch()
    done = commit(desk)
    assert done.commit is None
    assert str(lock) in done.why
    assert (desk.path / NOTE).read_bytes() == b"text\n"
    lock.unlink()
    assert commit(desk).commit
    assert state(desk) == ""


def test_a_lock_that_goes_away_delays_it_only(desk: Desk) -> None:
    lock = Path(desk.git("rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    lock.touch()
    waiting = subprocess.Popen(["sh", "-c", 'sleep 0.3; rm "$0"', str(lock)])
    assert commit(desk).commit
    waiting.wait()


@pytest.mark.parametrize(
    "settings",
    [
        {"commit.gpgsign": "true", "gpg.program": "false"},
        {"core.autocrlf": "true"},
        {"filter.x.clean": "tr a-z A-Z", "filter.x.smudge": "tr A-Z a-z", "filter.x.required": "true"},
        {"core.sparseCheckout": "true"},
        {"index.version": "4", "core.untrackedCache": "true"},
        {"core.splitIndex": "true"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_no_setting_changes_or_stops_it(desk: Desk, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        desk.git("config", key, value)
    if "core.sparseCheckout" in settings:
        desk.git("sparse-checkout", "set", "--no-cone", "/src/")
    if "filter.x.clean" in settings:
        common = Path(desk.git("rev-parse", "--path-format=absolute", "--git-common-dir").strip())
        (common / "info").mkdir(exist_ok=True)
        (common / "info/attributes").write_text("*.md filter=x\n")
    assert commit(desk).commit
    assert desk.git("cat-file", "blob", f"HEAD:{NOTE}") == "text\n"
    assert shown(desk) == [f"A\t{NOTE}"]


def test_no_hook_is_run(desk: Desk) -> None:
    hooks = desk.repo.path / ".git/hooks"
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{desk.repo.path}/ran'; exit 1\n")
        (hooks / name).chmod(0o755)
    assert commit(desk).commit
    assert not (desk.repo.path / "ran").exists()


def test_it_works_in_sha256(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", object_format="sha256")
    repo.commit("agent/x", {"a": "a\n"})
    repo.flush()
    repo.git("switch", "-q", "agent/x")
    desk = Desk(repo, repo.path)
    assert commit(desk).commit
    again = commit(desk, b"more\n")
    assert again.commit, again.why
    assert shown(desk) == [f"M\t{NOTE}"]
    assert commit(desk, None).commit
    assert shown(desk) == [f"D\t{NOTE}"]


def test_a_linked_folder_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (desk.path / ".agentledger").mkdir(exist_ok=True)
    (desk.path / ".agentledger/tasks").symlink_to(outside)
    with pytest.raises(LedgerError, match="symbolic link"):
        commit(desk)
    assert list(outside.iterdir()) == []


def test_what_an_agents_own_commit_took_along_is_not_committed_twice(desk: Desk) -> None:
    commit(desk)
    count = desk.git("rev-list", "--count", "HEAD")
    assert commit(desk).commit == desk.git("rev-parse", "HEAD").strip()
    assert desk.git("rev-list", "--count", "HEAD") == count


@pytest.mark.parametrize("writers", [3])
def test_agent_commits_and_several_reporters_lose_nothing(desk: Desk, writers: int) -> None:
    code = (
        "import sys; from pathlib import Path; from agentledger.git.process import repository_at\n"
        "from agentledger.workflow.session import ledger_commit\n"
        "who, folder = sys.argv[1], Path(sys.argv[2])\n"
        "for n in range(8):\n"
        f"    path = f'{FOLDER}/status/20231114T22{{n:02}}00Z-{{who}}.md'\n"
        "    files = {path: path.encode()}\n"
        "    done = ledger_commit.commit_files(repository_at(folder), 'agent/x', files, 'chore(ledger): x')\n"
        "    assert done.commit, done.why\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, f"000{n}", str(desk.path)]) for n in range(writers)
    ]
    made_by_agent = 0
    until = time.monotonic() + 60
    while any(each.poll() is None for each in running) and time.monotonic() < until:
        desk.write(f"src/n{made_by_agent}.py")
        added = subprocess.run(["git", "add", "src"], cwd=desk.path, capture_output=True, check=False)
        if added.returncode == 0:
            made = subprocess.run(
                ["git", "commit", "-q", "--no-verify", "-m", f"work {made_by_agent}"],
                cwd=desk.path, capture_output=True, check=False,
            )  # fmt: skip
            made_by_agent += made.returncode == 0
        if (
            made_by_agent > 200
        ):  # races enough: from here on it leaves them a chance, or they wait for minutes
            time.sleep(0.05)
    assert [each.wait() for each in running] == [0] * writers
    assert made_by_agent > 0
    there = desk.git("ls-tree", "-r", "--name-only", "HEAD", FOLDER).split()
    assert len(there) == 8 * writers
    work = desk.git("log", "--format=%s", "--grep=^work").split("\n")[:-1]
    assert len(work) == made_by_agent
    desk.git("fsck", "--strict")
    assert "src/n0.py" in desk.git("ls-tree", "-r", "--name-only", "HEAD")


def test_a_submodule_with_changes_of_its_own_stays_as_it_is(desk: Desk, tmp_path: Path) -> None:
    needs_part("git-sh-setup")
    part = Repo.init(tmp_path / "part")
    part.commit("main", {"p": "p\n"})
    part.flush()
    desk.git("submodule", "--quiet", "add", str(part.path), "src/part")
    desk.git("commit", "-q", "--no-verify", "-m", "a part")
    (desk.path / "src/part/p").write_text("changed\n")
    before = state(desk)
    assert "S.M." in before
    assert commit(desk).commit
    assert shown(desk) == [f"A\t{NOTE}"]
    assert state(desk) == before
