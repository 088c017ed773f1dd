"""Which git runs the tests, and repositories that only some versions of it make.

Belongs here: that, and the same git with nothing to say. Does not: what a version is expected to do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentledger.git import process, queries
from gitrepo import Repo

# reftable came with 2.45.
REFTABLE = (2, 45)
# `git merge` obeys diff.algorithm.
MERGE_OBEYS = (2, 50)
# hook.<name>.event, which 2.55 lets a command turn off by event.
CONFIGURED_HOOKS = (2, 54)


def version() -> tuple[int, ...]:
    """The version of the git that is found first."""
    return queries.read_version(process.repository_at(Path.cwd()))


def needs(oldest: tuple[int, ...]) -> None:
    """Skip the test where git is older."""
    if version() < oldest:
        pytest.skip(f"git {'.'.join(map(str, oldest))} or newer is needed, this is {version()}")


def formats() -> list[str]:
    """The ways in which this git can store refs."""
    return ["files", *(["reftable"] if version() >= REFTABLE else [])]


def lock_of(repo: Repo, ref: str, ref_format: str) -> Path:
    """The file that git makes while it moves a ref."""
    return repo.path / ".git" / ("reftable/tables.list.lock" if ref_format == "reftable" else f"{ref}.lock")


def speechless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on git's reasons are none that anybody knows: whatever it says on standard error is gone."""
    real = shutil.which("git")
    assert real
    folder.mkdir()
    script = f'#!/bin/sh\n"{real}" "$@" 2>"{folder}/said.$$"\ncode=$?\n'
    script += f'[ $code = 0 ] || echo "fatal: es ging nicht" >&2\nrm -f "{folder}/said.$$"\nexit $code\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def remover(lock: Path, seconds: float) -> list[str]:
    """A command that removes a lock after some seconds, as its holder would."""
    return [sys.executable, "-c", f"import time, os; time.sleep({seconds}); os.unlink({str(lock)!r})"]


def needs_part(program: str) -> None:
    """Skip the test where this git came without one of its programs, as a wheel's does without shell parts."""
    where = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    if not (Path(where) / program).exists():
        pytest.skip(f"this git, {version()}, came without {program}")
