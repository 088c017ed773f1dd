"""What uncommitted work collides with: beside what commits do, and without changing anything of that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from agentledger.model.collisions import Collisions, Grade
from gitrepo import Repo
from reading import fleet, git_commands

LINES = [f"{number}\n" for number in range(40)]


def text(**lines: str) -> str:
    """Forty numbered lines, with others at `l3` and the like."""
    changed = {int(name[1:]): line for name, line in lines.items()}
    return "".join(f"{changed[n]}\n" if n in changed else line for n, line in enumerate(LINES))


# By branch: what it has committed, and what lies in its worktree.
BRANCHES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "committed": ({"f": text(l3="committed")}, {}),
    # A work against commits, and the other way round at once.
    "against": ({"g": text(l3="against")}, {"f": text(l3="against")}),
    "nothing": ({}, {"g": text(l3="nothing")}),
    # Two works against each other only.
    "both-a": ({"a": "a\n"}, {"h": text(l20="a")}),
    "both-b": ({"b": "b\n"}, {"h": text(l20="b")}),
    # They collide anyway.
    "known-a": ({"k": text(l1="a")}, {"k": text(l1="a", l30="a")}),
    "known-b": ({"k": text(l1="b")}, {"k": text(l1="b", l30="b")}),
    # The work collides with base, which has moved on.
    "stale": ({"s": "s\n"}, {"base": text(l5="stale")}),
    # Near, and yet it merges.
    "near": ({}, {"f": text(l30="near"), "new": "new\n"}),
    "mover": ({"folder/new": "n\n"}, {}),
    "moved": ({}, {"folder/x": "", "other/x": text()}),
    "lock": ({"own": "o\n"}, {"uv.lock": text(l9="lock")}),
    "locked": ({"uv.lock": text(l9="locked")}, {}),
}


class Made(NamedTuple):
    repo: Repo
    top: Path
    before: Collisions
    after: Collisions


def read(repo: Repo, **request: object) -> Collisions:
    collisions = fleet(repo, pairs=True, **request).collisions
    assert collisions
    return collisions


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The fleet of BRANCHES, as it was before and after there was anything uncommitted."""
    top = tmp_path_factory.mktemp("pairs")
    repo = Repo.init(top / "r")
    policy = '[paths]\ngenerated = ["*.lock"]\n'
    names = ("f", "g", "h", "k", "base", "folder/x", "uv.lock")
    base = repo.commit("main", {**dict.fromkeys(names, text()), ".agentledger/config.toml": policy})
    for name, (files, _) in BRANCHES.items():
        branch = f"agent/{name}"
        if files:
            repo.commit(branch, files, parents=[base])
        else:
            repo.ref(branch, base)
    below = repo.git("rev-parse", "agent/committed")
    repo.commit("agent/stacked", {"f": text(l3="committed", l10="stacked")}, parents=[below])
    repo.commit("main", {"base": text(l5="main")})
    repo.checkout()
    for name in (*BRANCHES, "stacked"):
        repo.worktree_add(top / name, f"agent/{name}")
    before = read(repo)
    for name, (_, files) in BRANCHES.items():
        for path, content in files.items():
            file = top / name / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(content) if content else file.unlink()
    (top / "stacked/f").write_text(text(l3="stacked", l10="stacked"))
    (top / "committed/f").write_text(text(l3="committed", l10="committed"))
    return Made(repo, top, before, read(repo))


def short(ref: str) -> str:
    return ref.removeprefix("refs/heads/agent/")


def test_each_pair_is_named_with_the_least_work_that_it_takes(made: Made) -> None:
    pairs = {
        (short(p.a), short(p.b), tuple(map(short, p.uncommitted)), p.paths)
        for p in made.after.pairs
        if p.uncommitted
    }
    assert pairs == {
        ("against", "committed", ("against",), (b"f",)),
        ("against", "nothing", ("nothing",), (b"g",)),
        ("against", "stacked", ("against",), (b"f",)),
        ("both-a", "both-b", ("both-a", "both-b"), (b"h",)),
        ("committed", "stacked", ("committed",), (b"f",)),
        ("lock", "locked", ("lock",), (b"uv.lock",)),
        ("moved", "mover", ("moved",), (b"other/new",)),
    }


def test_nothing_changes_about_commits(made: Made) -> None:
    without = replace(
        made.after, pairs=tuple(p for p in made.after.pairs if not p.uncommitted), uncommitted=()
    )
    assert replace(without, tried=made.before.tried) == made.before
    assert made.after.tried <= made.before.tried
    assert not any(pair.counts for pair in made.after.pairs if pair.uncommitted)


def test_only_generated_files_are_said_to_be_that(made: Made) -> None:
    assert {short(p.a): p.only for p in made.after.pairs if p.only} == {"lock": "generated"}


def test_work_that_collides_with_base_says_where_and_is_compared_with_nobody(made: Made) -> None:
    works = {short(work.ref): work for work in made.after.uncommitted}
    assert [file.path for file in works["stale"].base_files] == [b"base"]
    assert [name for name, work in works.items() if work.base_files] == ["stale"]
    assert not any("agent/stale" in ref for pair in made.after.pairs for ref in (pair.a, pair.b))
    assert works.keys() == {name for name, (_, files) in BRANCHES.items() if files} | {"stacked", "committed"}


def test_the_pairs_of_one_branch_are_those_of_all_that_have_it(made: Made) -> None:
    for name in ("committed", "nothing", "both-b"):
        ref = f"refs/heads/agent/{name}"
        assert read(made.repo, pairs_of=ref).pairs == made.after.by_ref.get(ref, ())


def test_no_gate_reads_uncommitted_work(made: Made) -> None:
    at_gate = read(made.repo, gate=True)
    assert (at_gate.uncommitted, at_gate.pairs) == ((), made.before.pairs)


def test_the_same_work_is_merged_once(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with git_commands(monkeypatch, tmp_path / "trace") as counted:
        assert read(made.repo) == made.after
    # That of `stale` with base, whose conflict a page shows.
    assert counted["merge-tree"] == 1
    assert counted["status"] == len(BRANCHES) + 2
    assert counted["check-attr"] == 0


def test_edits_that_are_over_leave_nothing_in_the_cache(made: Made) -> None:
    file, database = made.top / "near/f", made.repo.path / ".git/agentledger/cache.sqlite"
    before = file.read_text()
    counts = set()
    for number in range(3):
        file.write_text(text(l30=f"near {number}"))
        read(made.repo)
        with closing(sqlite3.connect(database)) as rows:
            query = "SELECT count(*) FROM entry WHERE kind LIKE '% net' OR kind LIKE '% pair'"
            counts.add(rows.execute(query).fetchone()[0])
    file.write_text(before)
    assert len(counts) == 1


def test_the_pairs_are_those_that_there_are_once_the_work_is_committed(made: Made) -> None:
    """The last test: it commits everything."""
    for name in (*BRANCHES, "stacked"):
        at = Repo(made.top / name)
        at.git("add", "--all")
        at.git("commit", "-q", "--allow-empty", "-m", "all")
    committed = read(made.repo)
    conflicts = {(p.a, p.b) for p in committed.pairs if p.grade is Grade.CONFLICT}
    assert conflicts == {(p.a, p.b) for p in made.after.pairs if p.grade is Grade.CONFLICT}
    assert committed.uncommitted == ()
