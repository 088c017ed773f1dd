"""`agentledger board` on real repositories: which branches, which form, which stream."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len

from agentledger.cli import main
from agentledger.model.text import decode
from agentledger.reports import shapes
from checkout import ROOT
from gitrepo import Repo

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    """main, a clean branch, one in conflict, one merged, a pull request's head and a branch of a person."""
    repo = Repo.init(tmp_path / "shop")
    root = repo.commit("main", {"a.txt": "1\n"})
    done = repo.commit("codex/done", {"d.txt": "1\n"}, parents=[root])
    repo.merge("main", [root, done], {"d.txt": "1\n"})
    repo.commit("main", {"a.txt": "2\n"})
    repo.commit("claude/clean", {"b.txt": "1\n"}, parents=[root])
    repo.commit("claude/held", {"a.txt": "3\n"}, parents=[root])
    repo.commit("refs/pull/7/head", {"c.txt": "1\n"}, parents=[root])
    repo.commit("feature/deep/er", {"e.txt": "1\n"}, parents=[root])
    repo.checkout()
    return repo


def board(repo: Repo, *options: str) -> int:
    """The command, in this process; the commits are years old, so nothing may count as dormant."""
    return main(["board", "--repo", str(repo.path), "--dormant", "never", *options])


def document(repo: Repo, capsys: Captured, *options: str) -> Any:
    """The JSON board, valid by its schema."""
    assert board(repo, "--format", "json", *options) == 0
    ledger = json.loads(capsys.readouterr().out)
    jsonschema.validate(ledger, json.loads(shapes.encode_schema("ledger")))
    return ledger


def names(ledger: Any) -> set[str]:
    """The branches of a document."""
    return {entry["name"] for entry in ledger["branches"]}


def test_the_board_of_a_repository_without_any_set_up(shop: Repo, capsys: Captured) -> None:
    assert board(shop) == 0
    output = capsys.readouterr().out
    assert output.startswith("shop: 1 open, 1 held, 1 ended\nbase main at ")
    assert "fetch" not in output  # there is no remote
    assert "conflicts in a.txt" in output
    assert "git switch claude/held && git merge main" in output
    assert "Ended (1): 1 merged" in output
    assert "codex/done" not in output
    assert board(shop, "--all") == 0
    assert "codex/done" in capsys.readouterr().out


def test_the_json_board_agrees_with_git(shop: Repo, capsys: Captured) -> None:
    ledger = document(shop, capsys)
    assert ledger["base"]["head"] == shop.git("rev-parse", "main").strip()
    entries = {entry["name"]: entry for entry in ledger["branches"]}
    assert entries["claude/held"]["base_conflict"]["paths"] == ["a.txt"]
    assert (entries["claude/held"]["section"], entries["claude/clean"]["section"]) == ("held", "unbriefed")
    assert entries["codex/done"]["state"] == "merged"
    assert entries["claude/clean"]["head"] == shop.git("rev-parse", "claude/clean").strip()


def test_globs_choose_branches_and_refs(shop: Repo, capsys: Captured) -> None:
    assert names(document(shop, capsys, "--branches", "feature/*")) == {"feature/deep/er"}
    assert len(document(shop, capsys, "--refs", "refs/pull/*/head")["branches"]) == 1
    ledger = document(shop, capsys, "--refs", "refs/pull/*/head", "--branches", "claude/*")
    assert len(ledger["branches"]) == 3


def test_a_forecast_that_is_left_out_is_null(shop: Repo, capsys: Captured) -> None:
    ledger = document(shop, capsys, "--no-forecast")
    assert {entry["base_conflict"] for entry in ledger["branches"]} == {None}


def test_a_branch_without_a_sign_of_life_is_dormant_unless_never(shop: Repo, capsys: Captured) -> None:
    assert main(["board", "--repo", str(shop.path), "--dormant", "15m"]) == 0
    assert "dormant" in capsys.readouterr().out
    assert board(shop) == 0
    assert "dormant" not in capsys.readouterr().out


def test_the_repository_may_be_named_before_or_after_the_command(shop: Repo, capsys: Captured) -> None:
    assert main(["--repo", str(shop.path), "board"]) == 0
    assert capsys.readouterr().out.startswith("shop:")
    assert main(["--repo", "/nowhere", "board", "--repo", str(shop.path)]) == 0
    assert capsys.readouterr().out.startswith("shop:")


def test_a_pipe_gets_eighty_columns_and_no_colour(shop: Repo) -> None:
    shop.commit(
        "claude/" + "very-long-name/" * 9 + "x",
        {"z.txt": "1\n"},
        parents=[shop.git("rev-parse", "main").strip()],
    )
    shop.flush()
    done = subprocess.run(
        [sys.executable, "-m", "agentledger", "board", "--all"],
        cwd=shop.path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert all(cell_len(line) <= 80 for line in done.stdout.decode().splitlines())


def test_an_output_that_is_not_utf8_is_still_written(shop: Repo) -> None:
    shop.ref("claude/\u5bff\u53f8", shop.git("rev-parse", "claude/clean").strip())
    shop.flush()
    done = subprocess.run(
        [sys.executable, "-m", "agentledger", "board", "--dormant=never"],
        cwd=shop.path,
        env=dict(os.environ) | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert rb"claude/\u5bff\u53f8" in done.stdout


def test_hostile_names_and_paths_are_shown_harmlessly(tmp_path: Path, capsys: Captured) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {b"\xff[red]": "1\n"})
    repo.commit(decode(b"refs/heads/claude/\xfe"), {b"\xff[red]": "2\n"}, parents=[root])
    repo.commit("claude/\u202egnp]bold", {b"\xff[red]": "3\n"}, parents=[root], message="\x1b[31m\u202e")
    repo.commit("main", {b"\xff[red]": "4\n"}, parents=[root])
    repo.flush()
    assert board(repo) == 0
    output = capsys.readouterr().out
    assert r"claude/\xfe" in output
    assert r"claude/\u{202E}gnp]bold" in output
    assert r"conflicts in \xff[red]" in output
    assert "\x1b" not in output
    paths = [entry["base_conflict"]["paths"] for entry in document(repo, capsys)["branches"]]
    assert paths == [[r"\xff[red]"]] * 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_folder_that_is_no_repository_is_one_sentence_and_a_hint(
    tmp_path: Path, capsys: Captured, form: str
) -> None:
    assert main(["board", "--repo", str(tmp_path), "--format", form]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    message, hint = captured.err.splitlines()
    assert message.startswith("agentledger: ")
    assert hint.startswith("hint: ")


def test_a_current_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    shutil.rmtree(tmp_path / "gone")
    assert main(["board"]) == 2
    assert "the current folder no longer exists" in capsys.readouterr().err


def test_verbose_says_what_is_read_on_standard_error(shop: Repo, capsys: Captured) -> None:
    assert board(shop, "-v") == 0
    assert "merging with main (2)\n" in capsys.readouterr().err


def test_the_example_of_the_documentation_runs(shop: Repo, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    example = page.partition("```python\n")[2].partition("```")[0]
    command = tmp_path / "bin" / "agentledger"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agentledger "$@" --dormant never\n')
    command.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=shop.path,
        env=dict(os.environ) | {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "'claude/held' 'a.txt'\n"), done.stderr
