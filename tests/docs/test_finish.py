"""docs/finish.md: each command in it runs as it stands, one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from checkout import ROOT
from desk import CHECK_IN, Desk
from gitrepo import Repo
from rulecases import BODY

PAGE = (ROOT / "docs/finish.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
BRIEF = "---\ntask: login\nowns: ['src/auth/**', 'tests/auth/**']\nverify: {test: 'true'}\n---\n" + BODY


def at_desk(folder: Path) -> Desk:
    repo = Repo.init(folder / "here")
    root = repo.commit("main", {"src/auth/login.py": "1\n"})
    repo.commit("agentledger", {"tasks/login/brief.md": BRIEF}, parents=[])
    repo.commit(
        "agent/login",
        {
            "src/auth/login.py": "2\n",
            "tests/auth/test_login.py": "test\n",
            ".agentledger/tasks/login/status/20231114T222000Z-0001.md": CHECK_IN.format(
                "working", "", "none"
            ),
        },
        parents=[root],
    )
    repo.checkout("main")
    return Desk(repo, repo.worktree_add(folder / "login", "agent/login").path)


def test_every_command_of_the_page_runs_and_ends_as_the_page_says(tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    shim = tmp_path / "bin" / "agentledger"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agentledger "$@"\n')
    shim.chmod(0o755)
    env = os.environ | {"PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"}
    done = [
        subprocess.run(
            ["sh", "-e", "-c", block], cwd=desk.path, env=env, capture_output=True, text=True, check=False
        )
        for block in BLOCKS
    ]
    assert [each.returncode for each in done] == [1, *[0] * (len(BLOCKS) - 1)]
    assert "login is ready" in done[1].stdout
    assert done[-1].stdout.startswith("## Summary\n\nThe sixth failed login")
    packet = desk.git("show", "HEAD:.agentledger/tasks/login/packet.md")
    assert "- `src/auth/login.py` (+1 −1): counts failures\n" in packet
    assert "the minute starts anew." in packet
    assert desk.git("status", "--porcelain") == ""


def test_every_option_of_the_table_is_one_of_the_command() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "agentledger", "done", "--help"], capture_output=True, text=True, check=True
    )
    options = re.findall(r"`(--[a-z-]+)", PAGE.partition("| option |")[2].partition("\n\n")[0])
    assert len(options) > 8
    for option in options:
        assert f"{option} " in told.stdout
