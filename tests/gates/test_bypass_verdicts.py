"""Whose doing a commit is, and what was once found of it: neither an agent's ref nor its cache decides that.

Belongs here: branches that are built on, verdicts of another time or place. Does not: whose brief counts (see
`test_bypass_policy`).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from command import run
from desk import CHECK_IN, STATUS, Pushed, checked, stopping
from rulecases import BODY


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    return Pushed(tmp_path, linked=False)


# -- dependencies -------------------------------------------------------------------------


@pytest.fixture
def depending(tmp_path: Path) -> Pushed:
    """Task x builds on y, which owns lib, and y on z, which owns etc."""
    here = Pushed(tmp_path, linked=False, more="depends_on: [y]\n")
    text = "---\ntask: {}\nowns: ['{}/**']\nverify: {{test: make test}}\n{}---\n" + BODY
    here.repo.commit(
        "agentledger",
        {
            "tasks/y/brief.md": text.format("y", "lib", "depends_on: [z]\n"),
            "tasks/z/brief.md": text.format("z", "etc", ""),
        },
    )
    here.repo.flush()
    for name, path in (("agent/z", "etc/z"), ("agent/y", "lib/y")):
        here.desk.git("switch", "-q", "-c", name, "main" if name == "agent/z" else "agent/z")
        here.slip(path)
    here.desk.git("switch", "-q", "agent/x")
    here.slip("src/a.py")
    here.desk.git("merge", "-q", "--no-verify", "--no-edit", "agent/y")
    return here


def test_a_dependency_that_keeps_to_its_brief_may_be_built_on(depending: Pushed) -> None:
    assert depending.push("agent/x") == ""
    assert checked(depending.repo) == set()


@pytest.mark.parametrize("moved", [("agent/y",), ("agent/y--2",), ("agent/z",), ("agent/y", "agent/z")])
def test_a_dependencys_branch_moved_over_a_slip_does_not_clear_it(
    depending: Pushed, moved: tuple[str, ...]
) -> None:
    depending.slip()
    for name in moved:
        depending.desk.git("branch", "-f", name, "agent/x")
    assert "OWN001" in stopping(depending.push("agent/x"))
    assert "OWN001" in checked(depending.repo)


# -- verdicts of another time or place ------------------------------------------------------


def test_a_verdict_is_found_anew_at_each_push_and_base(here: Pushed) -> None:
    here.slip("src/a.py")
    assert here.push("agent/x") == ""
    here.repo.commit("main", {"docs/d.md": "new\n"}, parents=[here.repo.git("rev-parse", "main")])
    here.repo.flush()
    here.desk.git("cherry-pick", "main")
    assert here.push("agent/x") == ""  # it is base's own
    here.repo.git("update-ref", "refs/heads/main", "main^")
    here.slip("src/b.py")
    assert stopping(here.push("agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}


def lied(text: str) -> str:
    return text.replace("src/**", "**").replace("docs/d.md", "src/d.md").replace("false", "true")


def test_what_was_remembered_counts_at_no_gate(here: Pushed) -> None:
    here.slip()
    assert run(here.repo.path, "board").code == 0
    # A connection's own `with` commits, and leaves it open.
    with closing(sqlite3.connect(here.repo.path / ".git/agentledger/cache.sqlite")) as cache, cache:
        rows = cache.execute("SELECT kind, key, CAST(value AS TEXT) FROM entry").fetchall()
        assert rows
        forged = [(lied(value), kind, key) for kind, key, value in rows]
        assert any(new != row[2] for (new, *_), row in zip(forged, rows, strict=True))
        cache.executemany("UPDATE entry SET value = ? WHERE kind = ? AND key = ?", forged)
    assert stopping(here.push("agent/x")) == {"OWN001"}
    said = run(here.repo.path, "check", "--branch", "agent/x", "--gate", "push")
    assert stopping(said.out) == {"OWN001"}


def test_what_is_not_committed_is_no_packet(here: Pushed) -> None:
    here.slip("src/a.py")
    here.slip(STATUS, CHECK_IN.format("ready", "", "none"))
    assert "PKT001" in stopping(here.push("agent/x"))
    here.desk.write(".agentledger/tasks/x/packet.md", "---\ntask: x\n---\n## Summary\nIt.\n")
    assert "PKT001" in stopping(here.push("agent/x"))
    assert "PKT001" in checked(here.repo, "ready")
    here.desk.git("add", "-A")
    here.desk.git("commit", "-q", "-n", "-m", "packet")
    assert "PKT001" not in stopping(here.push("agent/x"))
