"""docs/prompt.md: each command in it runs as it stands, and what it says of the order is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from agentledger.reports.prompt.assemble import LIMIT
from agentledger.workflow.handover import hand_prompt
from checkout import ROOT
from gitrepo import Repo
from rulecases import BODY

PAGE = (ROOT / "docs/prompt.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_command_of_the_page_runs_and_writes_nothing(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "here")
    root = repo.commit("main", {"src/auth/login.py": "1\n"})
    brief = f"---\ntask: fix-login\nowns: ['src/auth/**']\nverify: {{test: make test}}\n---\n{BODY}"
    repo.commit("agentledger", {"tasks/fix-login/brief.md": brief}, parents=[])
    repo.commit("agent/fix-login", {"src/auth/login.py": "2\n" * 5_000}, parents=[root])
    repo.checkout("main")
    before = repo.git("for-each-ref")
    shim = tmp_path / "bin" / "agentledger"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agentledger "$@"\n')
    shim.chmod(0o755)
    env = os.environ | {"PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"}
    assert len(BLOCKS) == 6
    for block in BLOCKS:
        done = subprocess.run(
            ["sh", "-e", "-c", block], cwd=repo.path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (block, done.stderr)
        assert "fix-login" in done.stdout
        assert len(done.stdout.encode()) <= (8_000 if "8000" in block else LIMIT)
        assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    assert repo.git("for-each-ref") == before
    assert repo.git("status", "--porcelain") == ""


def test_the_page_speaks_of_everybody_whom_a_prompt_can_be_for() -> None:
    assert [kind for kind in hand_prompt.KINDS if not re.search(rf"`{kind}`|--for {kind}\b", PAGE)] == [
        "start"
    ]
    assert f"{LIMIT:,} bytes" in PAGE
