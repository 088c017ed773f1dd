"""Short ways to a control branch, its copies, and clones that have one.

Belongs here: making and reading them. Does not: repositories as such (see `gitrepo`), or what
a test expects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from agentledger.control import reader
from agentledger.control.append import commit_files
from agentledger.control.reader import Control
from agentledger.git import process, queries, scratch
from agentledger.reports import shapes
from agentledger.repository.bases import Refs
from command import run
from gitrepo import Content, Repo

NAME = "agentledger"
REMOTE = f"refs/remotes/origin/{NAME}"
SYNCED = f"refs/agentledger/synced/origin/{NAME}"


def read(repo: Repo, name: str = NAME) -> Control:
    """The control branch of a repository."""
    repo.flush()
    asked = process.repository_at(repo.path)
    refs = Refs(queries.read_refs(asked, ["refs/heads/", "refs/remotes/"]).refs, queries.read_config(asked))
    with scratch.open_scratch(queries.locate_repository(asked)) as sealed:
        return reader.read_from_copies(sealed, reader.find_copies(refs, name))


def say(repo: Repo, path: str, content: str | bytes = "said\n", *, replace: bool = False) -> str:
    """Append one file to the control branch; the commit's id."""
    repo.flush()
    body = content.encode() if isinstance(content, str) else content
    chosen = [path] if replace else []
    return commit_files(
        process.repository_at(repo.path), {path: body}, f"chore(ledger): {path}", replace=chosen
    ).commit


def files(repo: Repo, ref: str = NAME) -> dict[str, str]:
    """Every file of a ref's tree, with its text."""
    listed = repo.git("ls-tree", "-r", "-z", "--name-only", ref).split("\0")
    return {path: repo.git_bytes("show", f"{ref}:{path}").decode() for path in listed if path}


def diverged(
    path: Path, base: Mapping[str, Content], mine: Mapping[str, Content], theirs: Mapping[str, Content]
) -> Repo:
    """A repository whose local and remote-tracking copy went apart after `base` (empty: never together)."""
    repo = Repo.init(path)
    root = repo.commit(NAME, base) if base else None
    above = [root] if root else []
    repo.commit(NAME, mine, parents=above, author=("Mia", "mia@example.com"))
    repo.commit(REMOTE, theirs, parents=above, author=("Theo", "theo@example.com"))
    repo.flush()
    return repo


def server(path: Path) -> Repo:
    """A bare repository with a commit on main."""
    made = Repo.init(path, bare=True)
    made.commit("main", {"a.txt": "1\n"})
    made.flush()
    return made


def synced(repo: Repo, *options: str) -> Any:
    """What a sync says as JSON, valid by its schema."""
    said = run(repo.path, "sync", "--format", "json", *options)
    assert said.code == 0, said
    found = json.loads(said.out)
    jsonschema.validate(found, json.loads(shapes.encode_schema("sync")))
    return found


def tips(repo: Repo, origin: Repo) -> set[str]:
    """Where the copies stand: here, as tracked, as last synced, and there; one id when all agree."""
    return {*repo.git("rev-parse", NAME, REMOTE, SYNCED).split(), origin.git("rev-parse", NAME)}


def hook(repo: Repo, name: str, script: str) -> None:
    """A hook of a repository, in sh."""
    folder = Path(repo.git("rev-parse", "--path-format=absolute", "--git-common-dir")) / "hooks"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
