"""What the end-to-end tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

import damage
from gitrepo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two commits on main, checked out, and two agent branches; every object is a loose file."""
    made = Repo.init(tmp_path / "shop")
    made.commit("main", {"a.txt": "one\n", "d/x": "x\n"})
    tip = made.commit("main", {"a.txt": "two\n"})
    made.commit("agent/good", {"good.txt": "good\n"}, parents=[tip])
    made.commit("agent/bad", {"bad1.txt": "bad 1\n"}, parents=[tip])
    made.commit("agent/bad", {"bad2.txt": "bad 2\n", "d/y": "y\n"})
    made.flush()
    damage.unpack(made)
    made.checkout()
    return made
