"""A repository in which tasks build on each other, and what is done to it as people and forges do it.

Belongs here: making it, and landing a branch in the ways there are. Does not: what any output says of it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from command import Said, run
from gitrepo import Repo
from rulecases import BODY

BRIEF = "---\ntask: {}\nowns: {}\ndepends_on: {}\nverify: {{test: 'true'}}\n---\n" + BODY
# Older than every commit that a test makes with the clock.
NOW = 1_700_000_000
LINES = "".join(f"line {number}\n" for number in range(1, 21))


class Stack:
    """Tasks a, b (depends on a), c (depends on b); all may change `src/**`. `free` depends on nothing."""

    def __init__(
        self, folder: Path, briefs: dict[str, str] | None = None, owns: dict[str, str] | None = None
    ) -> None:
        self.repo = Repo.init(folder / "shop")
        self.path = self.repo.path
        wanted = {"a": "[]", "b": "[a]", "c": "[b]"} if briefs is None else briefs
        texts = {
            f"tasks/{task}/brief.md": BRIEF.format(task, (owns or {}).get(task, "['src/**']"), needs)
            for task, needs in wanted.items()
        }
        files = {"src/a.py": LINES, "src/other.py": LINES, ".agentledger/config.toml": "[wip]\nactive = 9\n"}
        self.repo.commit("main", {**files, "docs/d.md": LINES}, at=NOW - 9000)
        self.repo.commit("agentledger", texts, parents=[], at=NOW - 8000)
        self.repo.flush()
        self.repo.checkout("main")

    def spawn(self, *arguments: str) -> Said:
        done = run(self.path, "spawn", *arguments)
        assert done.code == 0, done
        return done

    def place(self, task: str) -> Path:
        """The worktree that `spawn` makes for a task."""
        return self.path.parent / "shop.worktrees" / task

    def git(self, task: str, *arguments: str) -> str:
        """git in the worktree of a task, which has to succeed; `main` is the main worktree."""
        where = self.path if task == "main" else self.place(task)
        done = subprocess.run(
            ["git", *arguments], cwd=where, capture_output=True, text=True, check=False,
            env={**os.environ, "GIT_EDITOR": "true"},
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip()

    def fail(self, task: str, *arguments: str) -> str:
        """What git says in the worktree of a task where it has to fail."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.place(task), capture_output=True, text=True, check=False
        )
        assert done.returncode, (arguments, done.stdout)
        return done.stderr

    def edit(self, task: str, line: int, text: str, path: str = "src/a.py") -> str:
        """Replace a line of a file, and commit it in the task's worktree; the commit's id."""
        where = self.path if task == "main" else self.place(task)
        lines = (where / path).read_text().splitlines()
        lines[line - 1] = text
        (where / path).write_text("\n".join(lines) + "\n")
        self.git(task, "commit", "-q", "--no-verify", "-am", f"{text}")
        return self.git(task, "rev-parse", "HEAD")

    def squash(self, branch: str, folder: bool = True) -> str:
        """Land a branch as a forge's squash does; without `folder` its ledger stays out."""
        self.git("main", "merge", "-q", "--squash", branch)
        if not folder:
            self.git("main", "rm", "-rqf", "--ignore-unmatch", ".agentledger/tasks")
        self.git("main", "commit", "-q", "--no-verify", "-m", f"land {branch}")
        return self.git("main", "rev-parse", "HEAD")

    def merge(self, branch: str) -> str:
        self.git("main", "merge", "-q", "--no-ff", "--no-verify", "-m", f"merge {branch}", branch)
        return self.git("main", "rev-parse", "HEAD")

    def begin_by_hand(self, task: str, start: str, name: str = "") -> None:
        """A branch with its brief, made without agentledger, from any start."""
        self.git("main", "worktree", "add", "-q", "-b", name or f"agent/{task}", str(self.place(task)), start)
        folder = self.place(task) / f".agentledger/tasks/{task}"
        folder.mkdir(parents=True)
        text = self.repo.git("show", f"agentledger:tasks/{task}/brief.md")
        (folder / "brief.md").write_text(f"{text}\n")
        self.git(task, "add", "-A")
        self.git(task, "commit", "-q", "--no-verify", "-m", f"the brief of {task}")

    def check(self, branch: str, gate: str = "push") -> dict[str, str]:
        """What blocks a branch at a gate: the hints by rule."""
        done = run(self.path, "check", "--branch", branch, "--gate", gate, "--format", "json")
        found = json.loads(done.out)["findings"]
        return {each["rule"]: each["hint"] for each in found if each["blocks"]}
