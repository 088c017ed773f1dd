"""Repositories that commits are timed in: alike in everything but the hook that a commit starts.

Belongs here: making them, staging files, and the commit itself. Does not: which are compared (`hooks`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from made import ENVIRONMENT, run

AGENT, PERSON = "agent/t1", "feature/search"
BRIEF = """\
---
task: t1
title: Limit requests
manager: anna@example.com
owns: ["src/**", "tests/test_limits.py"]
off_limits: ["src/vendored/**"]
verify: {test: pytest -q}
---
# Limit requests
"""
EMPTY = """\
repos:
- repo: local
  hooks:
    - {id: empty, name: empty, entry: "true", language: system, always_run: true, pass_filenames: false}
"""
_IN_A_FOLDER = 100
_PROGRAMS = Path(sys.executable).parent


class HookError(Exception):
    """A commit that should have been made was not, or a program could not be made ready."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A repository with a branch checked out, in which commits are made. `forget`: each is judged anew."""

    path: Path
    branch: str
    forget: bool = False

    def clear(self) -> None:
        """Nothing staged, and git's objects as small as they can be."""
        run(self.path, "reset", "--quiet", "--hard")
        run(self.path, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")

    def stage(self, files: int, text: str) -> None:
        """So many new files with this text, staged."""
        for number in range(files):
            file = self.path / f"src/new/{number // _IN_A_FOLDER}/{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"number = {number}\n{text}\n")
        run(self.path, "add", "--all", "src/new")

    def commit(self, trace: Path | None = None) -> float:
        """The seconds of one commit of what is staged, which is undone afterwards; it stays staged."""
        if self.forget:
            shutil.rmtree(self.path / ".git/agentledger/grants", ignore_errors=True)
        env = _environment(self.path) | ({"GIT_TRACE2_EVENT": str(trace)} if trace else {})
        begin = perf_counter()
        done = subprocess.run(
            ["git", "commit", "--quiet", "--message=work"], cwd=self.path, env=env, capture_output=True
        )
        took = perf_counter() - begin
        if done.returncode:
            raise HookError(f"{self.path.name}: {done.stderr.decode(errors='replace')[-400:]}")
        run(self.path, "reset", "--quiet", "--soft", "HEAD^")
        return took

    def hook(self) -> float:
        """The seconds of the hook alone, with what is staged."""
        begin = perf_counter()
        subprocess.run(
            [self.path / ".git/hooks/pre-commit"], cwd=self.path, env=_environment(self.path), check=True
        )
        return perf_counter() - begin

    def processes(self, trace: Path) -> int:
        """How many git processes one commit starts, itself included."""
        trace.mkdir()
        self.commit(trace)
        events = [json.loads(file.read_text().splitlines()[1]) for file in trace.iterdir()]
        shutil.rmtree(trace)
        return sum(event["event"] == "start" for event in events)


def made(path: Path, files: int, branch: str) -> Desk:
    """A repository with this many files on base and a brief for the agent's branch; no hook yet."""
    path.mkdir()
    run(path, "init", "--quiet", "--template=", "--initial-branch=main")
    run(path, "fast-import", "--quiet", "--done", stdin=b"".join(_history(files)))
    run(path, "reset", "--quiet", "--hard")
    run(path, "switch", "--quiet", "--create", branch)
    return Desk(path, branch)


def _history(files: int) -> Iterator[bytes]:
    head = "commit refs/heads/{}\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 4\nbase\n"
    yield head.format("main").encode()
    for number in range(files):
        body = f"value = {number}\n" * 20
        folder = number // _IN_A_FOLDER
        yield f"M 644 inline src/d{folder // 100}/e{folder}/f{number}.py\ndata {len(body)}\n{body}\n".encode()
    yield head.format("agentledger").encode()
    yield f"M 644 inline tasks/t1/brief.md\ndata {len(BRIEF)}\n{BRIEF}\ndone\n".encode()


# -- hooks ------------------------------------------------------------------------------


def nothing(_path: Path) -> None:
    """No hook at all."""


def noop(path: Path) -> None:
    """A hook that starts Python, which does nothing."""
    _hook(path, f'exec "{sys.executable}" -IS -c ""')


def native(path: Path) -> None:
    """Ours, as `agentledger init` puts it in."""
    _started(path, sys.executable, "-m", "agentledger", "--repo", str(path), "init")
    _settle(path)


def framework(path: Path) -> None:
    """The pre-commit framework with one hook that does nothing."""
    (path / ".pre-commit-config.yaml").write_text(EMPTY)
    _started(path, str(_PROGRAMS / "pre-commit"), "install")
    _settle(path)


def framework_ours(path: Path) -> None:
    """The framework with our hook, as `agentledger init` puts it in."""
    _started(path, sys.executable, "-m", "agentledger", "--repo", str(path), "init", "--hooks", "pre-commit")
    _started(path, str(_PROGRAMS / "pre-commit"), "install")
    _settle(path)


def prek(path: Path) -> None:
    """prek, which reads the framework's file, with the same empty hook."""
    (path / ".pre-commit-config.yaml").write_text(EMPTY)
    _started(path, "prek", "install")
    _settle(path)


def lefthook(path: Path) -> None:
    """lefthook with a command that does nothing."""
    (path / "lefthook.yml").write_text('pre-commit:\n  commands:\n    empty: {run: "true"}\n')
    _started(path, "lefthook", "install")
    _settle(path)


def _hook(path: Path, text: str) -> None:
    file = path / ".git/hooks/pre-commit"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def _environment(path: Path) -> dict[str, str]:
    """With our programs on PATH, where the framework's entry looks for them; caches beside the repository."""
    homes = {f"{name}_HOME": str(path.parent / "caches" / name) for name in ("PRE_COMMIT", "PREK")}
    return ENVIRONMENT | homes | {"PATH": f"{_PROGRAMS}{os.pathsep}{ENVIRONMENT['PATH']}"}


def _started(path: Path, *command: str) -> None:
    try:
        done = subprocess.run(command, cwd=path, env=_environment(path), capture_output=True)
    except OSError as error:
        raise HookError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        raise HookError(f"{command[0]}: {(done.stderr or done.stdout).decode(errors='replace')[-400:]}")


def _settle(path: Path) -> None:
    """Commit what was written to the work tree, so that only what is timed is staged."""
    run(path, "add", "--all")
    run(path, "commit", "--quiet", "--no-verify", "--allow-empty", "--message=hooks")
