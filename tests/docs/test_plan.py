"""docs/plan.md: each command in it runs as it stands, one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentledger.workflow.plan import task_kinds
from checkout import ROOT
from controls import files
from gitrepo import Repo

PAGE = (ROOT / "docs/plan.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "here")
    paths = ("src/auth/login.py", "src/auth/legacy.py", "src/api/throttle.py", "tests/auth/test_login.py")
    repo.commit("main", dict.fromkeys((*paths, "docs/options.md", "README.md"), "1\n"))
    repo.flush()
    repo.checkout("main")
    return repo


def test_every_command_of_the_page_runs_and_none_of_its_briefs_is_refused(here: Repo, tmp_path: Path) -> None:
    shim = tmp_path / "bin" / "agentledger"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agentledger "$@"\n')
    shim.chmod(0o755)
    path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
    assert len(BLOCKS) > 3
    for block in BLOCKS:
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=here.path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, ""), block
        assert "spawn refuses" not in done.stdout
        assert "next: agentledger spawn " in done.stdout
    assert sorted(files(here)) == ["tasks/fix-flaky-login/brief.md", "tasks/tidy-docs/brief.md"]
    assert here.git("status", "--porcelain") == ""


def test_the_page_names_every_kind() -> None:
    assert re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE) == list(task_kinds.KINDS)
