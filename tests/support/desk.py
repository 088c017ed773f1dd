"""An agent's desk: a repository with briefs and the hooks in place, and commits made as an agent makes them.

Belongs here: making it. Does not: what a gate is expected to say.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

import agentledger
import warm
from agentledger.fleet.request import Request
from agentledger.gates import check
from agentledger.model.findings import Gate
from command import FRESH
from gitrepo import Repo
from rulecases import BODY

YAML = Path(yaml.__file__).parents[1]
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
RUN = Path(agentledger.__file__).parent / "gates" / "run.py"
BRIEF = "---\ntask: x\nowns: {}\nverify: {{test: make test}}\n{}---\n" + BODY
STATUS = ".agentledger/tasks/x/status/20231114T222000Z-0001.md"
CHECK_IN = (
    "---\nat: 2023-11-14T22:20:00Z\nstate: {}\n{}---\n## What changed\nIt.\n## What's next\nMore.\n"
    "## Risks and blockers\nnone\n## What I need from you\n{}\n"
)


class Desk:
    """An agent's checkout with the hook in place, in which commits are made as an agent makes them."""

    def __init__(self, repo: Repo, path: Path) -> None:
        self.repo, self.path = repo, path
        #: When commits are made from here on; "" for the time of all tests.
        self.when = ""

    def git(self, *arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["git", "-c", "core.quotePath=false", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path, capture_output=True, text=True, errors="surrogateescape", check=False,
            env={
                **os.environ,
                "GIT_EDITOR": "true",
                **({"GIT_COMMITTER_DATE": self.when, "GIT_AUTHOR_DATE": self.when} if self.when else {}),
            },
        )  # fmt: skip
        assert not ok or done.returncode == 0, done.stderr
        return done.stdout if ok else done.stderr if done.returncode else ""

    def write(self, path: str, text: str = "changed\n") -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, *flags: str) -> str:
        """What the hook says when it stops the commit; '' when the commit is made."""
        before = self.git("rev-parse", "HEAD")
        said = self.git("commit", "-q", "-m", "work", *flags, ok=False)
        assert (self.git("rev-parse", "HEAD") == before) == bool(said)
        return said

    def add(self) -> str:
        """The same with everything added first."""
        self.git("add", "-A")
        return self.commit()


def install(repo: Repo) -> None:
    """The hooks, as plainly as can be; judging in a fork of a process that has imported the gates already."""
    for name in HOOKS:
        warmly = None if FRESH else warm.hook_command(name, str(YAML))
        hook = repo.path / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\nexec {warmly or shlex.join(fresh_hook(name))}\n")
        hook.chmod(0o755)


def warm_up(folder: Path) -> None:
    """The same for hooks that `init` has written to a folder, which stay as they are but for that."""
    fresh = '"$ledger_python" -IS "$ledger_gate" "$ledger_name" "$ledger_yaml"'
    for name in HOOKS:
        hook = folder / name
        assert fresh in hook.read_text()
        if not FRESH and (warmly := warm.hook_command(name, str(YAML))):
            hook.write_text(hook.read_text().replace(fresh, warmly))


@contextmanager
def warmed(folder: Path) -> Iterator[None]:
    """The same for a while: what looks at the hooks afterwards finds them as `init` has written them."""
    written = {folder / name: (folder / name).read_bytes() for name in HOOKS}
    warm_up(folder)
    yield
    for hook, text in written.items():
        hook.write_bytes(text)


def fresh_hook(name: str) -> list[str]:
    """The command of a hook as users have it, in an interpreter of its own."""
    return [sys.executable, "-IS", str(RUN), name, str(YAML)]


def made(folder: Path, owns: str = "['src/**']", more: str = "", policy: str = "") -> Repo:
    """Base with some files, and a brief for task x on the control branch."""
    repo = Repo.init(folder / "a repo")
    files = {
        "src/a.py": "a = 1\n" * 20,
        "docs/d.md": "d\n" * 20,
        "run.sh": "x\n",
        ".agentledger/config.toml": policy,
    }
    repo.commit("main", files)
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format(owns, more)}, parents=[])
    repo.flush()
    repo.checkout("main")
    install(repo)
    return repo


class Pushed:
    """A desk with a remote that has base already."""

    def __init__(self, folder: Path, linked: bool, owns: str = "['src/**']", more: str = "") -> None:
        self.repo = made(folder, owns, more)
        self.remote = Repo.init(folder / "remote.git", bare=True)
        self.repo.git("remote", "add", "origin", str(self.remote.path))
        self.repo.git("push", "-q", "--no-verify", "origin", "main")
        self.repo.git("fetch", "-q")
        self.repo.git("branch", "-q", "agent/x", "main")
        if linked:
            self.desk = Desk(self.repo, self.repo.worktree_add(folder / "an agent's", "agent/x").path)
        else:
            self.repo.git("switch", "-q", "agent/x")
            self.desk = Desk(self.repo, self.repo.path)

    def slip(self, path: str = "docs/d.md", text: str = "slip\n") -> None:
        """A commit that the commit gate never saw."""
        self.desk.write(path, text)
        self.desk.git("add", "-A")
        self.desk.git("commit", "-q", "--no-verify", "-m", "slip")

    def push(self, *refs: str) -> str:
        """What the gate says when it stops the push; '' when everything has arrived."""
        before = self.remote.git("for-each-ref")
        said = self.desk.git("push", "-q", "origin", *refs, ok=False)
        assert (self.remote.git("for-each-ref") == before) == bool(said)
        return said


def stopping(said: str) -> set[str]:
    """The rules whose errors a gate has told."""
    return {line.split(" ")[1] for line in said.splitlines() if line.startswith("error ")}


def checked(repo: Repo, gate: str = "push", branch: str = "agent/x") -> set[str]:
    """The rules that stop a branch when `agentledger check` is asked, which no hook can keep from looking."""
    repo.flush()
    report = check.check_branch(
        repo.path, branch, Gate(gate), Request(forecast=False, rules=False, gate=True)
    )
    return {finding.rule for finding in report.findings if finding.blocks}
