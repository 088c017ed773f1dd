"""`agentledger doctor`: what it says is on was tried, and what it says mends the rest does."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import clones
import command
from clones import everything, hook, init, made
from gitrepo import Repo

NATIVE = ("native pre-commit", "native pre-merge-commit", "native pre-push")
ON, OFF, UNKNOWN = "on, as advice", "off", "not known"


def doctor(folder: Path) -> dict[str, dict[str, Any]]:
    said = command.run(folder, "doctor", "--format", "json")
    assert said.code == 0, said
    document = json.loads(said.out)
    assert document["version"] == 1
    return {surface["name"]: surface for surface in document["surfaces"]}


def states(folder: Path) -> list[str]:
    found = doctor(folder)
    return [found[name]["state"] for name in NATIVE]


def test_off_before_and_on_after_what_it_says(tmp_path: Path) -> None:
    repo = made(tmp_path / "a 'repo'")
    before = everything(repo.path)
    found = doctor(repo.path)
    assert everything(repo.path) == before
    assert {found[name]["state"] for name in NATIVE} == {OFF}
    assert {found[name]["next"] for name in NATIVE} == {"agentledger init"}
    init(repo.path)
    after = everything(repo.path)
    assert states(repo.path) == [ON] * 3
    assert everything(repo.path) == after


def test_it_never_starts_a_hook_that_is_not_ours(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    hook(repo.path / ".git/hooks/pre-commit", f'#!/bin/sh\ntouch "{tmp_path}/started"\n')
    assert states(repo.path) == [OFF] * 3
    init(repo.path)
    assert states(repo.path) == [ON] * 3
    assert not (tmp_path / "started").exists()


def test_a_hook_that_is_there_and_broken_is_off(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    init(repo.path)
    file = repo.path / ".git/hooks/pre-commit"
    file.write_text(file.read_text().replace("ledger_gate=", "ledger_gate=/gone"))
    found = doctor(repo.path)["native pre-commit"]
    assert found["state"] == OFF
    assert "NOT checked" in found["told"]
    (repo.path / ".git/hooks/pre-push").chmod(0o644)
    assert doctor(repo.path)["native pre-push"]["state"] == OFF


def test_it_asks_about_this_worktree(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    for name in ("agent/x", "feature"):
        repo.git("branch", name, "main")
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    mate = repo.worktree_add(tmp_path / "mate", "feature").path
    clones.husky(repo.path)
    repo.git("config", "core.hooksPath", ".husky/_")
    assert "core.hooksPath is .husky/_" in doctor(agent)["native pre-commit"]["told"]
    init(repo.path)
    assert states(agent) == [ON] * 3
    assert states(mate) == [OFF] * 3
    found = doctor(mate)["native pre-commit"]
    assert found["next"] == f"cd {repo.path} && agentledger init"


def test_a_hook_of_husky_that_starts_ours_is_tried(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    clones.husky(repo.path)
    repo.git("config", "core.hooksPath", ".husky/_")
    program = Path(sys.executable).with_name("agentledger-hook")
    (repo.path / ".husky/pre-commit").write_text(f'"{program}" pre-commit\n')
    assert states(repo.path) == [ON, OFF, OFF]


def test_the_framework_is_tried_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    repo = made(tmp_path / "repo")
    name = "pre-commit framework"
    assert doctor(repo.path)[name]["state"] == OFF
    init(repo.path, "--hooks", "pre-commit")
    found = doctor(repo.path)[name]
    assert found["state"] == OFF
    install = found["next"].replace("pre-commit install", f"{clones.PRE_COMMIT} install")
    assert os.system(f"cd '{repo.path}' && {install} >/dev/null") == 0  # noqa: S605 - as a person would
    assert doctor(repo.path)[name]["state"] == ON
    assert states(repo.path) == [OFF] * 3
    (repo.path / ".pre-commit-config.yaml").write_text("repos: 1\n")
    assert doctor(repo.path)[name]["state"] == OFF


def test_what_cannot_be_tried_is_told_as_such(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    control = "control branch agentledger"
    found = doctor(repo.path)
    assert (found["CI"]["state"], found[control]["state"], found["policy"]["state"]) == (OFF, OFF, ON)
    hook(repo.path / ".github/workflows/ci.yml", "run: agentledger check --range a..b\n", 0o644)
    repo.commit("main", {".agentledger/config.toml": "enforce = false\n[control]\nguarded = true\n"})
    repo.flush()
    found = doctor(repo.path)
    states = (found["CI"]["state"], found[control]["state"], found["policy"]["state"])
    assert states == (UNKNOWN, UNKNOWN, OFF)
    repo.commit("main", {".agentledger/config.toml": '[control]\nsigners = "signers"\n'})
    repo.flush()
    assert doctor(repo.path)[control]["state"] == ON


def test_before_the_first_commit_it_answers_too(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "new")
    init(repo.path)
    assert states(repo.path) == [ON] * 3
    said = command.run(repo.path, "doctor")
    assert said.out.count("on, as advice") == 4
    assert "enforce on a server" in said.out
