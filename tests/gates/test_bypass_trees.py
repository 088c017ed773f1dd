"""Trees that git's own commands would not write, made by hand: stopped at push and by `check`.

Belongs here: objects with entries that no index can hold. Does not: what `git add` can make
(see `test_bypass_changes`). A server takes such objects unless it has `receive.fsckObjects`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from command import refused
from desk import Pushed, checked, stopping
from gitrepo import Repo

Entry = tuple[str, str, str]
FILE, FOLDER = "100644", "40000"


def tree(repo: Repo, *entries: Entry) -> str:
    """A tree of (mode, name, id), written in the order given, whatever it holds."""
    body = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
    # git itself leaves out the checks when it is told to take an object literally.
    file = repo.path / ".git/made-up"
    file.write_bytes(body)
    return repo.git("hash-object", "-w", "--literally", "-t", "tree", str(file))


def top(repo: Repo) -> list[Entry]:
    """The entries of base's tree."""
    rows = (line.split("\t") for line in repo.git("ls-tree", "main").splitlines())
    return [(FOLDER if mode.startswith("04") else mode, name, oid)
            for said, name in rows for mode, _, oid in [said.split()]]  # fmt: skip


def with_src(repo: Repo, *entries: Entry) -> str:
    """Base's tree, with these entries after those in `src`."""
    held = [(FILE, "a.py", repo.git("rev-parse", "main:src/a.py")), *entries]
    src = tree(repo, *held)
    return tree(repo, *((mode, name, src if name == "src" else oid) for mode, name, oid in top(repo)))


def dots_in_a_name(repo: Repo, blob: str) -> str:
    return with_src(repo, (FILE, "../docs/d.md", blob))


def parent_folder(repo: Repo, blob: str) -> str:
    return with_src(repo, (FOLDER, "..", tree(repo, (FILE, "evil", blob))))


def git_folder(repo: Repo, blob: str) -> str:
    return with_src(repo, (FOLDER, ".GIT", tree(repo, (FILE, "config", blob))))


def own_file_twice(repo: Repo, blob: str) -> str:
    return with_src(repo, (FILE, "a.py", blob))


def foreign_folder_twice(repo: Repo, blob: str) -> str:
    docs = tree(repo, (FILE, "d.md", blob))
    found = top(repo)
    at = [name for _, name, _ in found].index("docs")
    return tree(repo, *found[: at + 1], (FOLDER, "docs", docs), *found[at + 1 :])


def own_out_of_order(repo: Repo, blob: str) -> str:
    return with_src(repo, (FILE, "Z.py", blob))


def foreign_out_of_order(repo: Repo, blob: str) -> str:
    docs = tree(repo, (FILE, "d.md", blob))
    entries = [entry for entry in top(repo) if entry[1] != "docs"]
    return tree(repo, *entries, (FOLDER, "docs", docs))


def foreign_file_twice(repo: Repo, blob: str) -> str:
    return tree(repo, *top(repo), (FILE, "run.sh", blob))


def honest(repo: Repo, blob: str) -> str:
    return with_src(repo, (FILE, "b.py", blob))


@pytest.mark.parametrize(
    ("made_up", "rules"),
    [
        (dots_in_a_name, {"OWN006"}),
        (parent_folder, {"OWN006"}),
        (git_folder, {"OWN006"}),
        (own_file_twice, {"OWN006"}),
        (own_out_of_order, {"OWN006"}),
        (foreign_file_twice, {"OWN001", "OWN006"}),
        (foreign_folder_twice, {"OWN001", "OWN006"}),
        (foreign_out_of_order, {"OWN001", "OWN006"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_stopped(tmp_path: Path, made_up: Callable[[Repo, str], str], rules: set[str]) -> None:
    here = Pushed(tmp_path, linked=False)
    blob = here.repo.git("hash-object", "-w", "--stdin", input="evil\n")

    def commit(of: Callable[[Repo, str], str]) -> str:
        return here.repo.git("commit-tree", "-p", "main", "-m", "made up", of(here.repo, blob))

    bad, good = commit(made_up), commit(honest)
    assert stopping(here.push(f"{bad}:refs/heads/agent/x")) == rules
    here.repo.git("update-ref", "refs/heads/agent/x", bad)
    assert checked(here.repo) == rules
    here.repo.git("update-ref", "refs/heads/agent/x", good)
    assert here.push(f"{good}:refs/heads/agent/x") == ""
    assert checked(here.repo) == set()


def test_what_git_cannot_read_is_no_pass(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    blob = here.repo.git("hash-object", "-w", "--stdin", input="evil\n")
    nameless = tree(here.repo, *top(here.repo), (FILE, "", blob))
    commit = here.repo.git("commit-tree", "-p", "main", "-m", "made up", nameless)
    assert "agent/x cannot be judged: " in here.push(f"{commit}:refs/heads/agent/x")
    here.repo.git("update-ref", "refs/heads/agent/x", commit)
    assert "agent/x could not be read" in refused(here.repo.path, "check", "--branch", "agent/x").message
    here.repo.git("update-ref", "refs/heads/agent/x", "main")
    assert here.push("agent/x") == ""
