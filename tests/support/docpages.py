"""The commands of a page of docs/, run as they stand, each where its page says that it is typed.

Belongs here: finding and running them, and a repository in which they make sense. Does not: what has to be
there before a page (see `test_docs_pages`).
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT
from command import in_shell, run
from desk import Desk
from gitrepo import Repo

DOCS = ROOT / "docs"
# Whoever types one of these stands in an agent's worktree; everything else is the manager's.
AGENTS = ("report", "verify", "packet", "done")


@dataclass(frozen=True, slots=True)
class World:
    """A manager's repository, with a remote, in which the task fix-login can be handed out."""

    repo: Repo
    programs: Path

    @property
    def worktree(self) -> Path:
        """The worktree of the agent at fix-login."""
        return self.repo.path.parent / f"{self.repo.path.name}.worktrees" / "fix-login"

    @property
    def desk(self) -> Desk:
        return Desk(self.repo, self.worktree)

    def say(self, folder: Path, *arguments: str, code: int = 0) -> str:
        """Run agentledger for the preparation of a page; what it printed."""
        said = run(folder, *arguments)
        assert said.code == code, said
        return said.out

    def typed(self, block: str) -> subprocess.CompletedProcess[str]:
        """Run a block of commands as a shell would."""
        found = re.search(r"^agentledger (\S+)", block, re.MULTILINE)
        agents = found is not None and found[1] in AGENTS
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=self.worktree if agents else self.repo.path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )


def world(folder: Path) -> World:
    """Some code on base, and agentledger on PATH."""
    repo = Repo.init(folder / "here")
    paths = ("src/auth/login.py", "src/auth/session.py", "src/api/throttle.py", "tests/auth/test_login.py")
    repo.commit("main", {**dict.fromkeys(paths, "a = 1\n"), "README.md": "# Sample\n"})
    repo.flush()
    repo.checkout("main")
    programs = folder / "bin"
    programs.mkdir()
    shim = programs / "agentledger"
    shim.write_text(f'#!/bin/sh\nexec {in_shell()} "$@"\n')
    shim.chmod(0o755)
    return World(repo, programs)


def blocks(page: str) -> list[str]:
    """The blocks of a page that are meant to be typed."""
    return re.findall(r"^```sh\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
