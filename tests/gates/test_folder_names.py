"""`owns: [src]` on a real repository: the folder and all that is in it, at every place where patterns are asked.

Belongs here: commands and gates. Does not: the patterns themselves (see `tests/scope`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentledger.gates import plain
from command import run
from desk import BRIEF, Desk, Pushed, checked, made, stopping

POLICY = '[paths]\nprotected = ["**/package.json", "src/locked"]\nopen = ["notes"]\ngenerated = ["src/gen"]\n'


def at_desk(folder: Path, owns: str, more: str = "", policy: str = "") -> Desk:
    repo = made(folder, owns, more, policy)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    desk.write("src/first.py")
    assert desk.add() == ""
    return desk


def passes_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> bool:
    desk.git("add", "-A")
    monkeypatch.chdir(desk.path)
    return plain.is_plain_commit(os.environ)


def test_what_is_below_a_folder_is_the_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = at_desk(tmp_path, "[src]")
    desk.write("src/a.py")
    desk.write("src/new/deep/b.py")
    assert passes_at_once(desk, monkeypatch)
    assert desk.commit() == ""
    desk.write("src2/a.py")
    assert not passes_at_once(desk, monkeypatch)
    assert stopping(desk.commit()) == {"OWN001"}
    desk.git("reset", "-q", "--hard")
    # The same by the long way, and at the later gates.
    desk.write("src/long.txt", "x" * (2 << 20))
    assert not passes_at_once(desk, monkeypatch)
    assert desk.commit() == ""
    assert checked(desk.repo) == set()


def test_a_file_may_become_a_folder(tmp_path: Path) -> None:
    desk = at_desk(tmp_path, "[src/first.py]")
    desk.git("rm", "-q", "src/first.py")
    desk.write("src/first.py/inner.py")
    assert desk.add() == ""


def test_a_folder_can_be_closed_protected_and_open_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at_desk(tmp_path, "[src]", "off_limits: [src/legacy]\n", POLICY)
    for path, rule in {
        "src/legacy/deep/a.py": "OWN002",
        "src/locked/a.py": "OWN003",
        "src/app/package.json": "OWN003",
        "elsewhere": "OWN001",
    }.items():
        desk.write(path)
        assert not passes_at_once(desk, monkeypatch)
        assert stopping(desk.commit()) == {rule}, path
        desk.git("reset", "-q", "--hard")
    desk.write("notes/2023/a.md")
    assert desk.add() == ""


def test_a_protected_file_is_owned_by_its_own_name_and_not_by_its_folders(tmp_path: Path) -> None:
    desk = at_desk(tmp_path, "[src, src/app/package.json]", policy=POLICY)
    desk.write("src/app/package.json")
    assert desk.add() == ""
    desk.write("src/other/package.json")
    assert stopping(desk.add()) == {"OWN003"}


def test_two_folders_one_in_the_other_overlap_before_anybody_starts(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False, owns="[src/auth]")
    here.slip("src/auth/a.py")
    for task, owns, met in (
        ("y", "[src]", "src/auth"),
        ("z", "['src/auth/new/**']", "src/auth/new/a"),
        ("w", "[src/authors]", ""),
    ):
        brief = BRIEF.format(owns, "").replace("task: x", f"task: {task}")
        tip = here.repo.git("rev-parse", "agentledger")
        here.repo.commit("agentledger", {f"tasks/{task}/brief.md": brief}, parents=[tip])
        here.repo.flush()
        said = run(here.repo.path, "check", "--task", task).out
        assert ("OWN004" in said) == bool(met), said
        assert met in said


def test_a_copy_that_asks_for_a_folder_is_told_as_one(tmp_path: Path) -> None:
    desk = at_desk(tmp_path, "['src/*.py', 'src/auth/**']")
    desk.write(".agentledger/tasks/x/brief.md", BRIEF.format("[src]", ""))
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "asks")
    assert "it could touch src\n" in run(desk.path, "brief", "diff", "x").out
    desk.write(".agentledger/tasks/x/brief.md", BRIEF.format("[src/auth]", ""))
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "asks")
    said = run(desk.path, "brief", "diff", "x").out
    assert "it could touch src/auth\n" in said


def test_a_check_is_given_what_changed_below_a_folder(tmp_path: Path) -> None:
    brief = "verify: {test: \"printf '%s ' {changed:src} >out; cat out; rm out\"}\n"
    repo = made(tmp_path, "[src]")
    text = BRIEF.format("[src]", "").replace("verify: {test: make test}\n", brief)
    repo.commit("agentledger", {"tasks/x/brief.md": text}, parents=[repo.git("rev-parse", "agentledger")])
    repo.flush()
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    desk.write("src/deep/b.py")
    assert desk.add() == ""
    said = run(desk.path, "verify")
    assert "src/deep/b.py" in said.out + said.err
