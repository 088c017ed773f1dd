"""Heads that base is an ancestor of: what their branches show is what a merge with base changes."""

from __future__ import annotations

from pathlib import Path

from agentledger.changes.net_changes import find_net_changes
from agentledger.collisions.compared_heads import list_ahead
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import open_snapshot
from agentledger.git.scratch import Scratch
from gitrepo import Files, Repo


def test_what_is_known_of_a_head_is_what_its_merge_with_base_shows(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    files: Files = {"a/x.py": "x = 1\n" * 9, "b.py": "b\n", "link": ("120000", "b.py")}
    root = repo.commit("main", files)
    base = repo.commit("main", {**files, "c.py": "c\n"}, parents=[root])
    moved: Files = {"d/x.py": "x = 1\n" * 9 + "y = 2\n", "b.py": b"\0b\n", "c.py": "c\n"}
    repo.commit("agent/ahead", moved, parents=[base])
    first = repo.commit("agent/one", {**files, "e.py": "e\n"}, parents=[root])
    repo.commit("agent/one", {**files, "c.py": "c\n", "e.py": "e\n"}, parents=[first, base])
    repo.commit("agent/behind", {**files, "b.py": "other\n"}, parents=[root])
    repo.flush()
    with open_snapshot(repo.path, Request(dormant=None)) as taken:
        heads = {branch.head: [branch] for branch in taken.fleet.branches}
        names = {branch.head: branch.name for branch in taken.fleet.branches}
        ahead = list_ahead(base.id, heads)
        scratch = Scratch(taken.sealed, "sha1")
        nets = find_net_changes(scratch, base.id, list(heads))
        assert find_net_changes(scratch, base.id, list(heads), ahead=ahead) == nets
    assert {names[head] for head in ahead} == {"agent/ahead", "agent/one"}
    assert all((nets[head].tree, nets[head].changes) == each for head, each in ahead.items())
