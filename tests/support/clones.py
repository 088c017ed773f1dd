"""Clones for the tests of `init`: with hooks of every kind in them, and everything that init could touch.

Belongs here: making them, and comparing them before and after. Does not: what one test expects.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import command
from gitrepo import Repo
from rulecases import BODY

BRIEF = "---\ntask: x\nowns: ['src/**']\nverify: {test: make test}\n---\n" + BODY
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
# What husky 9 writes for each hook; its `h` starts `.husky/NAME`, with sh.
HUSKY = '#!/usr/bin/env sh\nPATH="${0%/*}"\n. "${PATH%\\\\}/h"\n'
H = """\
#!/usr/bin/env sh
PATH=/usr/bin:/bin
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n
[ ! -f "$s" ] && exit 0
sh -e "$s" "$@"
"""
# The parts of lefthook's that matter: by the word it knows its own hooks, and calls no other.
LEFTHOOK = '#!/bin/sh\nif [ "$LEFTHOOK" = "0" ]; then\n  exit 0\nfi\necho lefthook >&2\n'


class Kept(NamedTuple):
    """A file as it is compared: its mode, and what is in it."""

    mode: int
    content: bytes | None


def made(path: Path, *options: str) -> Repo:
    """A repository with base and a task `x` that owns `src/**`."""
    repo = Repo.init(path, options=options)
    repo.commit("main", {"src/a.py": "a = 1\n" * 20, "docs/d.md": "d\n" * 20, "run.sh": "x\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF}, parents=[])
    repo.flush()
    if "--bare" not in options:
        repo.checkout("main")
    return repo


def hook(path: Path, text: str, mode: int = 0o755) -> None:
    """A hook of somebody's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def husky(repo: Path) -> None:
    """What `npm install` leaves where husky is used: a commit without the word `please` is refused."""
    for name in ("pre-commit", "commit-msg", "pre-push"):
        hook(repo / ".husky/_" / name, HUSKY)
    hook(repo / ".husky/_/h", H, 0o644)
    hook(repo / ".husky/_/.gitignore", "*", 0o644)
    hook(
        repo / ".husky/commit-msg", 'grep -q please "$1" || { echo husky: say please >&2; exit 1; }\n', 0o644
    )


def everything(*folders: Path) -> Mapping[str, Kept]:
    """All files below the folders with mode and content, but for agentledger's cache, which is no setting."""
    found = {}
    for folder in folders:
        for path, content in command.tree(folder).items():
            if "agentledger" not in path.split("/"):
                found[str(folder / path)] = Kept(os.lstat(folder / path).st_mode, content)
    return found


def init(folder: Path, *options: str) -> str:
    """What `agentledger init` says."""
    said = command.run(folder, "init", *options)
    assert said.code == 0, said
    return said.out


class Ended(NamedTuple):
    """How git ended, and what was said on standard error."""

    code: int
    said: str


def git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run git as a person does, hooks and all."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})},
    )  # fmt: skip
    return Ended(done.returncode, done.stderr)


def commit(folder: Path, path: str, message: str = "please", env: Mapping[str, str] | None = None) -> Ended:
    """Change a file and commit it."""
    with (folder / path).open("a") as file:
        file.write("more\n")
    assert git(folder, "add", path).code == 0
    return git(folder, "commit", "-q", "-m", message, env=env)
