"""Reading a test repository as agentledger does, and what git itself did meanwhile.

Belongs here: short ways to a fleet, a branch, patches, and the processes started. Does
not: making repositories (see `gitrepo`), or what a test expects.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.fleet import Branch, FilePatch, Fleet
from gitrepo import START, Repo

HOUR, DAY = 3600, 86400
NOW = START + HOUR  # soon after the commits of a small repository


def fleet(repo: Repo | Path, **request: Any) -> Fleet:
    """The fleet of a repository, or of the one around a folder; `request` are fields of Request."""
    return patches(repo, (), **request)[0]


def branch(repo: Repo | Path, name: str = "agent/x", **request: Any) -> Branch:
    """One branch of the fleet."""
    return named(fleet(repo, **request))[name]


def named(found: Fleet) -> dict[str, Branch]:
    """The branches of a fleet by name; no name comes twice."""
    names = {branch.name: branch for branch in found.branches}
    assert len(names) == len(found.branches)
    return names


def patches(
    repo: Repo | Path, names: Sequence[str], **request: Any
) -> tuple[Fleet, dict[str, tuple[FilePatch, ...]]]:
    """The fleet, and the patches of the branches of these names."""
    if isinstance(repo, Repo):
        repo.flush()
        repo = repo.path
    with snapshot.open_snapshot(repo, Request(**{"now": NOW, **request})) as seen:
        found = named(seen.fleet)
        texts = [(branch.name, files) for branch, files in seen.patches([found[name] for name in names])]
        assert [name for name, _ in texts] == list(names)
        return seen.fleet, dict(texts)


@contextmanager
def git_commands(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Counter[str]]:
    """Counts the git processes started meanwhile by command; filled in when the block ends."""
    folder.mkdir()
    counted: Counter[str] = Counter()
    with monkeypatch.context() as patch:
        patch.setenv("GIT_TRACE2_EVENT", str(folder))
        yield counted
    for file in folder.iterdir():
        events = map(json.loads, file.read_text(errors="replace").splitlines())
        counted.update(event["name"] for event in events if event["event"] == "cmd_name")


def all_objects(repo: Repo) -> list[str]:
    """Id, type and size of each object that is stored here or in an alternate."""
    return sorted(repo.git("cat-file", "--batch-all-objects", "--batch-check", "--unordered").splitlines())
