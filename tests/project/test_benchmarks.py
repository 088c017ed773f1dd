"""The benchmark runs, prints every row, and leaves the repository that it measures alone.

Belongs here: that it works at all. Does not: how long anything took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import ROOT
from gitrepo import Repo

PROGRAM = ROOT / "benchmarks" / "fleet.py"
ROWS = """
for-each-ref|rev-list --topo-order --parents BASE|log --stdin: HEADS ^BASE
cat-file --batch-check of HEAD^{tree}
cat-file --batch of the root trees|diff-tree --stdin --raw, base to head|floor
log --first-parent --raw of base
floor, with base's own changes|refs and worktrees|graph, commits, trees, changes|what base has already
reading, states but for absorbed|reading, with absorbed|the same, against the floor alone
line counts|once more, from the cache|conflicts, with their text|once more, from the cache
patches|writing|rendering|pages and board, built|branches|a branch's page, median|a branch's page, largest
board (index.html)|reading, with absorbed, and site|cold|nothing changed|one branch moved
git processes, cold|git processes, nothing changed|git processes, one branch moved
"""
EXPECTED = [name for line in ROWS.split("\n") for name in line.split("|") if name]
DOCUMENTS = (
    *("floor", "nothing remembered", "once more", "one check-in more", "beyond the floor"),
    *("a page, its Markdown new", "a page, its Markdown remembered", "nothing changed", "one branch moved"),
)
HOOKS = (
    *("a hook that only starts Python", "a branch that is no agent's", "an agent's branch, judged in full"),
    *("pre-commit, empty hook", "pre-commit, ours", "prek, empty", "lefthook, empty"),
    *("the same but for git's index", "GIT PROCESSES OF A COMMIT"),
)
PAIRS = (
    *(
        "the pairs, nothing remembered",
        "beyond the file filter",
        "the pairs, once more",
        "every pair by merge-tree",
    ),
    *("laneguard", "merges by ours, per conflict", "board, nothing remembered", "board, one branch moved"),
)
MEMORY = ("most memory", "largest git process")  # not measured on every system

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Pull requests that are open, in conflict with base, landed as a squash, and merged."""
    repo = Repo.init(tmp_path / "fleet")
    root = repo.commit("main", {"a.txt": "1\n2\n3\n", "b.txt": "b\n"})
    repo.commit("refs/pull/9/head", {"c.txt": "open\n"}, parents=[root])
    repo.commit("refs/pull/10/head", {"a.txt": "1\n2\ntheirs\n"}, parents=[root])
    repo.commit("refs/pull/11/head", {"b.txt": "landed\n"}, parents=[root])
    merged = repo.commit("refs/pull/12/head", {"d.txt": "merged\n"}, parents=[root])
    repo.commit("main", {"b.txt": "landed\n"})
    repo.commit("main", {"a.txt": "1\n2\nours\n"})
    tip = repo.git("rev-parse", "main")
    repo.merge("main", [tip, merged], {"d.txt": "merged\n"})
    repo.flush()
    return repo


def bench(repo: Repo, *options: str) -> subprocess.CompletedProcess[str]:
    home = repo.path.parent / "home"
    home.mkdir(exist_ok=True)
    command = [sys.executable, str(PROGRAM), str(repo.path)]
    command += ["--refs", "refs/pull/*/head", "--tmp", str(home), "--runs", "1"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert list(home.iterdir()) == []
    return done


def test_it_prints_every_row_and_whether_its_aim_was_met(repo: Repo) -> None:
    before = repo.count_objects(), repo.git("for-each-ref"), sorted((repo.path / ".git").iterdir())
    done = bench(repo, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = [row for section in found["sections"] for row in section["rows"]]
    assert [r["name"].strip() for r in rows if not r["name"].startswith(MEMORY)] == EXPECTED
    assert all((row["met"] is None) == (row["aim"] is None) for row in rows)
    assert (found["heads"], found["open"], found["absorbed"]) == (4, 2, 1)
    assert before == (repo.count_objects(), repo.git("for-each-ref"), sorted((repo.path / ".git").iterdir()))


def test_documents_are_measured_and_nothing_is_left_behind(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM.with_name("documents.py")), "--branches", "4", "--runs", "1"]
    done = subprocess.run([*command, "--tmp", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # 1: an aim was missed
    assert "READING AND JUDGING, 56 documents" in done.stdout
    assert all(name in done.stdout for name in DOCUMENTS)
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


def test_hooks_are_measured_and_nothing_is_left_behind(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM.with_name("hooks.py")), "--runs", "1", "--staged", "1", "2"]
    done = subprocess.run(
        [*command, "--files", "20", "--tmp", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr  # 1: an aim was missed
    assert "A COMMIT OF 2 FILES" in done.stdout
    assert all(name in done.stdout for name in HOOKS)
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


def test_pairs_are_measured_and_nothing_is_left_behind(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM.with_name("forecast.py")), "--runs", "1", "--branches", "12"]
    done = subprocess.run(
        [*command, "--no-laneguard", "--tmp", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr  # 1: an aim was missed
    assert "66 PAIRS OF 12 BRANCHES" in done.stdout
    assert all(name in done.stdout for name in PAIRS)
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


def test_generated_pairs_are_compared_and_nothing_is_left_behind(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM.with_name("brute.py")), "--pairs", "20", "--branches", "12"]
    env = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "'differences': 0" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_its_table_fits_100_columns(repo: Repo) -> None:
    done = bench(repo, "--limit", "3", "--base", "main")
    assert done.returncode == 0, done.stderr
    assert "3 heads over main" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert all(name in done.stdout for name in EXPECTED)


def test_it_says_what_it_cannot_measure(repo: Repo) -> None:
    done = bench(repo, "--base", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no branch 'nowhere'" in done.stderr
