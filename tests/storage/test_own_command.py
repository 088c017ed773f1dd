"""`agentledger` where it was installed off PATH: whoever is told to type it is told how."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import clones
import command
from clones import commit, init

PROGRAM = Path(sys.executable).with_name("agentledger")
EXPORT = f'export PATH={PROGRAM.parent}:"$PATH"'


@pytest.fixture
def off_path(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [folder for folder in os.environ["PATH"].split(":") if not Path(folder, "agentledger").exists()]
    monkeypatch.setenv("PATH", ":".join(kept))


def test_spawn_prompt_and_refusals_give_the_full_path(tmp_path: Path, off_path: None) -> None:
    repo = clones.made(tmp_path / "repo")
    init(repo.path)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "init")
    done = command.run(repo.path, "spawn", "x")
    assert (
        f"agentledger is not on this shell's PATH: type {PROGRAM}, or first {EXPORT}" in done.out + done.err
    )
    agent = repo.path.parent / "repo.worktrees/x"
    # What it says to type next works as it stands.
    next_command = f"cd {agent} && {PROGRAM} prompt x"
    assert f"{next_command}   #" in done.out
    typed = subprocess.run(["sh", "-c", next_command], capture_output=True, text=True, check=True)
    assert f"`{PROGRAM}`" in typed.stdout
    assert EXPORT in typed.stdout
    assert "not on this shell's PATH" in typed.stderr
    refused = commit(agent, "docs/d.md")
    assert refused.said.splitlines()[-1] == (
        f"agentledger is not on this shell's PATH: type {PROGRAM}, or first {EXPORT}"
    )
    exported = f"{EXPORT} && agentledger report"
    assert subprocess.run(["sh", "-c", exported], cwd=agent, capture_output=True, check=False).returncode == 0


def test_doctor_says_so(tmp_path: Path, off_path: None) -> None:
    repo = clones.made(tmp_path / "repo")
    surfaces = json.loads(command.run(repo.path, "doctor", "--format", "json").out)["surfaces"]
    (found,) = [each for each in surfaces if each["name"] == "the command agentledger"]
    assert found["state"] == "off"
    assert str(PROGRAM) in found["told"]
    assert found["next"] == EXPORT


def test_where_its_name_is_found_nothing_is_said(tmp_path: Path) -> None:
    repo = clones.made(tmp_path / "repo")
    done = command.run(repo.path, "spawn", "x")
    assert "&& agentledger prompt x" in done.out
    assert "PATH" not in done.out + done.err
    assert "PATH" not in command.run(repo.path, "prompt", "x").out
    assert "the command agentledger" not in command.run(repo.path, "doctor").out


def test_a_cloud_machine_is_told_nothing_of_this_one(tmp_path: Path, off_path: None) -> None:
    repo = clones.made(tmp_path / "repo")
    assert str(PROGRAM.parent) not in command.run(repo.path, "prompt", "x", "--for", "codex").out
