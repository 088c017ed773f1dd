"""The commits that documents name off their branch: read for all branches at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import reading
from agentledger.model.work import Fresh
from gitrepo import Repo
from writing import TASKS, brief, evidence


def many(path: Path, count: int) -> Repo:
    """Branches that were rewritten: each one's evidence is of the commit that it had before."""
    repo = Repo.init(path)
    root = repo.commit("main", {"src/a.py": "1\n"})
    briefs = {f"tasks/t{n}/brief.md": brief(f"t{n}") for n in range(count)}
    repo.commit("agentledger", briefs, parents=[])
    for n in range(count):
        code = {f"src/{n}.py": f"{n} is new\n"}
        old = repo.commit("refs/old/" + str(n), code, parents=[root])
        repo.commit(f"agent/t{n}", code, parents=[root], message=f"reworded {n}")
        repo.commit(f"agent/t{n}", {f"{TASKS}t{n}/evidence/test.json": evidence(old)})
    return repo


def test_more_branches_take_no_more_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Counter[str]] = []
    for count in (9, 14):  # enough for both of the processes that merge
        repo = many(tmp_path / f"r{count}", count)
        repo.flush()
        with reading.git_commands(monkeypatch, tmp_path / f"traces{count}") as commands:
            fleet = reading.fleet(repo)
        started.append(commands)
        assert len(fleet.branches) == count
        for branch in fleet.branches:
            assert branch.standing
            assert [checked.fresh for checked in branch.standing.checks] == [Fresh.REWRITTEN]
    assert started[0] == started[1]


@pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
def test_what_is_no_commit_is_not_known(tmp_path: Path, kind: str) -> None:
    repo = many(tmp_path / "r", 1)
    repo.git("tag", "-a", "-m", "v", "v1", "main")
    name = {"blob": "main:src/a.py", "tree": "main^{tree}", "tag": "v1"}[kind]
    text = evidence(repo.git("rev-parse", name))
    repo.commit("agent/t0", {f"{TASKS}t0/evidence/test.json": text})
    standing = reading.branch(repo, "agent/t0").standing
    assert standing
    assert [checked.fresh for checked in standing.checks] == [Fresh.UNKNOWN]
