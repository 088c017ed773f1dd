"""Pairs over time and in odd repositories: what is remembered, what bends nothing, and how it is told and stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import open_snapshot
from agentledger.model.collisions import Collisions, Grade
from agentledger.model.fleet import State
from gitrepo import Repo
from reading import fleet, git_commands

pytestmark = pytest.mark.versions

LINES = "".join(f"line {number}\n" for number in range(1, 21))
FOREVER = ("--dormant", "never")


def edited(number: int, line: str, text: str = LINES) -> str:
    return text.replace(f"line {number}\n", f"{line}\n", 1)


def make(path: Path, object_format: str = "sha1") -> Repo:
    """Three branches, of which two collide."""
    repo = Repo.init(path, object_format=object_format)
    root = repo.commit("main", {"f": LINES, "g": LINES})
    repo.commit("agent/a", {"f": edited(2, "a")}, parents=[root])
    repo.commit("agent/b", {"f": edited(2, "b"), "g": edited(2, "b")}, parents=[root])
    repo.commit("agent/c", {"g": edited(9, "c")}, parents=[root])
    repo.flush()
    return repo


def compare(repo: Repo) -> Collisions:
    collisions = fleet(repo, pairs=True, rules=False, lines=False, dormant=None).collisions
    assert collisions is not None
    return collisions


def list_conflicts(repo: Repo) -> list[str]:
    pairs = compare(repo).pairs
    assert all(pair.grade is Grade.CONFLICT for pair in pairs)
    return sorted(f"{pair.a[-1]}{pair.b[-1]}" for pair in pairs)


# -- what is remembered -------------------------------------------------------------------


def test_nothing_stale_is_shown_after_base_or_a_branch_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make(tmp_path / "r")
    first = compare(repo)
    with git_commands(monkeypatch, tmp_path / "trace") as commands:
        assert compare(repo) == first
    assert "merge-tree" not in commands
    repo.commit("agent/c", {"g": edited(2, "c", edited(9, "c"))})
    assert list_conflicts(repo) == ["ab", "bc"]
    # Base takes what a did: merging a changes nothing now, and b conflicts with base.
    repo.commit("main", {"f": edited(2, "a")})
    assert list_conflicts(repo) == []
    repo.commit("main", {"f": LINES, "g": edited(15, "base")})
    assert list_conflicts(repo) == ["ab", "bc"]


def test_a_file_that_only_a_merge_made_is_made_again_before_it_is_compared(tmp_path: Path) -> None:
    repo = make(tmp_path / "r")
    repo.commit("main", {"f": edited(18, "base"), "g": edited(18, "base")})
    assert compare(repo).tried == 1
    # The merge of b with base is remembered, and its g is in no repository any more: a changes that file now.
    repo.commit("agent/a", {"g": edited(6, "a")})
    assert compare(repo).tried == 1


@pytest.mark.parametrize(
    "row", ["[]", "[[1]]", "null", "{", "[[[1, 2, 3]], true]", '[["f", "content"], true]']
)
def test_a_damaged_row_is_asked_again(tmp_path: Path, row: str) -> None:
    repo = make(tmp_path / "r")
    first = compare(repo)
    with sqlite3.connect(repo.path / ".git/agentledger/cache.sqlite") as database:
        database.execute("UPDATE entry SET value = ?", (row,))
    assert compare(repo) == first


# -- what bends nothing -------------------------------------------------------------------


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_attributes_drivers_and_settings_change_nothing_and_do_not_run(
    tmp_path: Path, object_format: str
) -> None:
    plain = compare(make(tmp_path / "plain", object_format))
    repo, ran = make(tmp_path / "r", object_format), tmp_path / "ran"
    for key in ("merge.spy.driver", "merge.union.driver", "diff.spy.textconv", "diff.spy.command"):
        repo.git("config", key, f"touch '{ran}'; true")
    (tmp_path / "attributes").write_text("* merge=spy diff=spy\n")
    for key, value in {
        "core.attributesFile": str(tmp_path / "attributes"),
        "merge.default": "union",
        "merge.renames": "false",
        "diff.context": "0",
        "diff.noprefix": "true",
    }.items():
        repo.git("config", key, value)
    (repo.path / ".git/info").mkdir()
    (repo.path / ".git/info/attributes").write_text("* merge=union diff=spy\n")
    for name in ("main", "agent/a", "agent/b"):
        repo.commit(name, {".gitattributes": "* merge=spy diff=spy -text\n"})
    collisions = compare(repo)
    assert [(p.a, p.b, p.files[0].kind) for p in collisions.pairs] == [
        (p.a, p.b, p.files[0].kind) for p in plain.pairs
    ]
    assert collisions.tried == plain.tried
    assert not ran.exists()


def test_unrelated_and_shallow_histories_are_in_no_pair(tmp_path: Path) -> None:
    repo = make(tmp_path / "r")
    repo.commit("agent/alien", {"f": "other\n"}, parents=[])
    collisions = compare(repo)
    assert [(each.ref, each.why) for each in collisions.not_merged] == [
        ("refs/heads/agent/alien", "it shares no history with main")
    ]
    assert (collisions.total, len(collisions.pairs)) == (3, 1)
    repo.commit("main", {"h": "1\n"})
    clone = repo.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    # Where the history is cut off, git knows of no branch what base has of it.
    assert {branch.state for branch in fleet(clone).branches} == {State.UNREADABLE}
    assert compare(clone).total == 0


# -- how it is told, and stopped ----------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path) -> Repo:
    """Some thousand merges, which take seconds."""
    repo = Repo.init(tmp_path / "many")
    root = repo.commit("main", {"f": LINES})
    for number in range(90):
        repo.commit(f"agent/{number:02d}", {"f": edited(2, f"branch {number}")}, parents=[root])
    repo.flush()
    return repo


def test_a_partial_clone_calls_no_pair_clean_that_it_cannot_merge_and_fetches_nothing(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {"f": "one\n", "g": "one\n"})
    repo.commit("agent/a", {"f": "two\n"}, parents=[base])
    repo.commit("agent/b", {"f": "three\n"}, parents=[base])
    repo.commit("agent/c", {"g": "two\n"}, parents=[base])
    repo.flush()
    clone = repo.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    before = clone.count_objects()
    found = fleet(clone, pairs=True).collisions
    assert found
    assert [(pair.a[-1], pair.b[-1], pair.grade) for pair in found.pairs] == [("a", "b", Grade.UNKNOWN)]
    assert "unable to read" in found.pairs[0].failed
    assert clone.count_objects() == before


def test_each_merge_is_progress_and_a_pipe_is_silent(many: Repo, tmp_path: Path) -> None:
    # What a terminal draws of it appears after half a second, and these merges may take less.
    steps: list[tuple[str, int, int]] = []
    request = Request(pairs=True, dormant=None)
    with open_snapshot(many.path, request, lambda *step: steps.append(step)):
        pass
    merging = [(done, total) for stage, done, total in steps if stage == "merging branches two by two"]
    assert sorted(merging) == [(number, 4005) for number in range(1, 4006)]
    repo = make(tmp_path / "r")
    command = [sys.executable, "-m", "agentledger", "board", *FOREVER]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# A shell starts what it runs in the background with Ctrl-C ignored, tests too.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from agentledger.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_in_the_middle_ends_it_at_once_and_leaves_nothing(many: Repo, whole_group: bool) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "board", "-v", *FOREVER],
        cwd=many.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    while "merging branches two by two" not in process.stderr.readline():
        assert process.poll() is None
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, "", "")
    assert list((many.path / ".git/agentledger/tmp").iterdir()) == []
