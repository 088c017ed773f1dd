"""Ten agents at once, in ten worktrees of one repository, while their manager answers.

Belongs here: that nothing of it is lost. Does not: what one command does (see its own tests).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command import in_shell, run
from desk import BRIEF, Desk, warm_up
from gitrepo import Repo
from killed import sound

AGENTS, ROUNDS = 10, 2
# What an agent's shell does, as fast as it can: work, check in, and run the checks.
AGENT = """
set -e
for round in {rounds}; do
    echo "$round" > "src{n}/file$round"
    git add -A
    git commit -q -m "work {n} $round"
    {agentledger} report --changed "round $round" --need "may I? $round"
    {agentledger} verify
done
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {".agentledger/config.toml": "[wip]\nactive = 20\n", "README.md": "r\n"})
    briefs = {
        f"tasks/t{n}/brief.md": BRIEF.format(f"['src{n}/**']", "").replace("task: x", f"task: t{n}")
        for n in range(AGENTS)
    }
    repo.commit(
        "agentledger",
        {path: text.replace("test: make test", "test: ls src*") for path, text in briefs.items()},
        parents=[],
    )
    repo.flush()
    repo.checkout("main")
    assert run(repo.path, "init", "--yes").code == 0
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "agentledger init")
    for n in range(AGENTS):
        said = run(repo.path, "spawn", f"t{n}")
        assert said.code == 0, said
    warm_up(repo.path / ".git/agentledger-hooks")
    return repo


@pytest.mark.slow
def test_nothing_is_lost_while_ten_agents_work_and_the_manager_answers(repo: Repo) -> None:
    desks = [Desk(repo, repo.path.parent / f"r.worktrees/t{n}") for n in range(AGENTS)]
    rounds = " ".join(map(str, range(ROUNDS)))
    at_work = []
    for n, desk in enumerate(desks):
        (desk.path / f"src{n}").mkdir()
        script = AGENT.format(n=n, rounds=rounds, agentledger=in_shell())
        at_work.append(
            subprocess.Popen(
                ["sh", "-c", script], cwd=desk.path, env=os.environ, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
            )
        )  # fmt: skip
    answers = 0
    while any(each.poll() is None for each in at_work) or answers < AGENTS:
        said = run(repo.path, "answer", f"t{answers % AGENTS}", f"answer {answers}")
        assert said.code == 0, said
        answers += 1
    told = [each.communicate()[0] for each in at_work]
    assert [each.returncode for each in at_work] == [0] * AGENTS, told
    sound(repo.path)
    for n, desk in enumerate(desks):
        assert desk.git("status", "--porcelain") == ""
        assert desk.git("symbolic-ref", "HEAD").strip() == f"refs/heads/agent/t{n}"
        subjects = desk.git("log", "--format=%s", "main..HEAD").split("\n")[:-1]
        assert sum(subject.startswith(f"work {n}") for subject in subjects) == ROUNDS
        files = desk.git("ls-tree", "-r", "--name-only", "HEAD").split()
        assert sum("/status/" in path for path in files) == ROUNDS
        assert f".agentledger/tasks/t{n}/evidence/test.json" in files
    there = repo.git("ls-tree", "-r", "--name-only", "agentledger").split()
    assert sum("/answers/" in path for path in there) == answers
