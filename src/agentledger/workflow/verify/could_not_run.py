"""Decides whether a check that failed in a fresh worktree was run there at all, and how to make it run.

Belongs here: what speaks for the machine and what for the branch, and the set-up that policy could name. Does not:
the words of shells and interpreters (see `running.lacking`), or running anything (see `rerun` and `base_run`).

A fresh worktree has only what is committed: no node_modules, no environment, empty submodules. A check that fails
for that reason contradicts nobody. But a branch that breaks its own imports prints the same words. So base is asked:
where base's check runs in such a worktree, the machine has what it needs. A branch can make its check end with 127;
that is then called "could not be run here", which never counts as a result.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentledger.git.objects import read_files
from agentledger.git.process import Git
from agentledger.model.text import decode, escape_hidden, format_count, quote_path
from agentledger.running.lacking import CANNOT_RUN
from agentledger.workflow.verify.one_check import Seen
from agentledger.workflow.verify.ran_with import LOCK_FILES

_GITLINK = "160000"
_MOST_NAMED = 3

# What says which packages are needed, beside the lock files.
_DEPENDENCY_FILES = frozenset(
    "pyproject.toml setup.py setup.cfg requirements.txt requirements-dev.txt Pipfile package.json Gemfile Cargo.toml "
    "go.mod composer.json pom.xml build.gradle build.gradle.kts mix.exs deno.json".split()
) | frozenset(LOCK_FILES)

# The usual command that makes a worktree ready, by the file at its top that calls for it.
_SETUPS: Mapping[str, str] = {
    "uv.lock": "uv sync --frozen",
    "poetry.lock": "poetry install",
    "pdm.lock": "pdm sync",
    "Pipfile.lock": "pipenv sync --dev",
    "requirements.txt": "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
    "package-lock.json": "npm ci",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "yarn.lock": "yarn install --frozen-lockfile",
    "bun.lock": "bun install --frozen-lockfile",
    "Gemfile.lock": "bundle install",
    "composer.lock": "composer install",
    "mix.lock": "mix deps.get",
}
_SUBMODULES = "git submodule update --init --recursive"


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a commit: mode and object id by path."""

    files: Mapping[bytes, tuple[str, str]]

    def submodules(self) -> dict[bytes, str]:
        """The commit of each submodule, by its path."""
        return {path: oid for path, (mode, oid) in self.files.items() if mode == _GITLINK}

    def names(self) -> set[str]:
        """All names of folders and modules, without their endings."""
        parts = {part for path in self.files for part in path.split(b"/")}
        return {decode(part).split(".")[0] for part in parts}

    def dependency_files(self) -> dict[bytes, tuple[str, str]]:
        """Those of the files that say which packages are needed."""
        return {
            path: entry
            for path, entry in self.files.items()
            if decode(path.rpartition(b"/")[2]) in _DEPENDENCY_FILES
        }


def read_tree(git: Git, commit: str) -> Tree:
    """The files of a commit. Raises GitError where it cannot be read."""
    return Tree(read_files(git, commit))


def find_empty_submodules(tree: Tree, folder: Path) -> tuple[bytes, ...]:
    """The submodules of a worktree that have no file."""
    return tuple(path for path in tree.submodules() if _is_empty(folder / os.fsdecode(path)))


def _is_empty(folder: Path) -> bool:
    with suppress(OSError):
        return not any(folder.iterdir())
    return True


def explain_surely(result: Seen) -> str:
    """Why a check was surely not run: its shell could not run or find it; "" for any other end."""
    if result.exit_code not in CANNOT_RUN:
        return ""
    words = next((each.words for each in result.lacking), "")
    return f"exit code {result.exit_code}" + (f", “{escape_hidden(words)}”" if words else "")


def explain_perhaps(result: Seen, empty: Collection[bytes]) -> str:
    """What speaks for it that a failed check lacked something; "" for nothing. `empty` are submodules."""
    if result.passed or not result.exit_code or result.skipped is not None:
        return ""
    reasons = [f"“{escape_hidden(each.words)}”" for each in result.lacking[:_MOST_NAMED]]
    if empty:
        named = ", ".join(quote_path(path) for path in sorted(empty)[:_MOST_NAMED])
        reasons.append(f"{format_count(len(empty), 'submodule is', 'submodules are')} empty there: {named}")
    return "; ".join(reasons)


def is_of_branch(result: Seen, empty: Collection[bytes], head: Tree, base: Tree) -> bool:
    """Can what is lacking be new on the branch, so that base's run does not tell whether this machine has it?"""
    links = base.submodules()
    if any(links.get(path) != oid for path, oid in head.submodules().items() if path in empty):
        return True
    if head.dependency_files() == base.dependency_files():
        return False
    own = head.names() | base.names()
    return any(_is_package(each.name) and _top_name(each.name) not in own for each in result.lacking)


def _is_package(name: str) -> bool:
    """Is it the name of something to be installed, and no path of the branch's own?"""
    return bool(name) and (not name.startswith((".", "/")) or "/node_modules/" in name)


def _top_name(name: str) -> str:
    return name.rpartition("/node_modules/")[2].split("/")[0].split(".")[0]


def suggest_setup(tree: Tree) -> str:
    """The usual commands that make a fresh worktree of these files ready; "" where none is known."""
    commands = [_SUBMODULES] if tree.submodules() else []
    commands += [command for name, command in _SETUPS.items() if name.encode() in tree.files]
    return " && ".join(commands)
