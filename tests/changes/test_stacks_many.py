"""Many stacks at once: as many git processes as for a few, and each judged by its own lower branch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gitrepo import Repo
from reading import fleet, git_commands, named
from stacked import LINES
from writing import brief


def numbered(line: int, text: str) -> str:
    lines = LINES.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


def stacks(folder: Path, count: int) -> Repo:
    """`count` stacks of two, each in a file of its own; the lower ones of the odd numbers are squashed."""
    repo = Repo.init(folder / "r")
    root = repo.commit("main", {f"src/{n}.py": LINES for n in range(count)})
    briefs: dict[str, str] = {}
    for n in range(count):
        below, above = f"a{n}", f"b{n}"
        briefs |= {f"tasks/{below}/brief.md": brief(below)}
        briefs |= {f"tasks/{above}/brief.md": brief(above, depends_on=[below])}
        repo.commit(f"agent/{below}", {f"src/{n}.py": numbered(3, "below")}, parents=[root])
        lower = repo.commit(f"agent/{below}", {f".agentledger/tasks/{below}/brief.md": brief(below)})
        repo.commit(f"agent/{above}", {f".agentledger/tasks/{above}/brief.md": brief(above)}, parents=[lower])
        repo.commit(f"agent/{above}", {f"src/{n}.py": numbered(3, "above")})
    repo.commit("agentledger", briefs, parents=[])
    for n in range(1, count, 2):
        ledger = {f".agentledger/tasks/a{n}/brief.md": brief(f"a{n}")}
        repo.commit("main", {f"src/{n}.py": numbered(3, "below"), **ledger})
    repo.flush()
    return repo


def test_each_is_judged_by_its_own(tmp_path: Path) -> None:
    found = named(fleet(stacks(tmp_path, 6)))
    for n in range(6):
        upper = found[f"agent/b{n}"]
        assert [stand.branch for stand in upper.stands_on] == [f"agent/a{n}"]
        assert [change.path for change in upper.code_changes] == [f"src/{n}.py".encode()]
        assert (upper.added, upper.removed) == (1, 1)
        assert upper.conflict is not None
        assert upper.conflict.clean
        assert (upper.bridge is not None) == (n % 2 == 1)


def test_more_stacks_start_no_more_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Counter[str]] = []
    # Where there are few pairs to merge, one process does them all.
    for count in (20, 40):
        repo = stacks(tmp_path / str(count), count)
        with git_commands(monkeypatch, tmp_path / f"trace{count}") as commands:
            fleet(repo)
        counted.append(commands)
    assert counted[0] == counted[1]
