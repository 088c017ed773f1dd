"""The user's attributes, drivers and settings: none bends a merge or a diff, none runs.

Belongs here: what the sealed directory keeps out. Not here: what a merge comes to (see `test_forecast`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.git import process, queries, scratch
from agentledger.model.conflict import ConflictFile
from gitrepo import Commit, Repo
from reading import all_objects, branch, fleet

LINES = "".join(f"line {number}\n" for number in range(1, 21))


def edited(number: int, line: str) -> str:
    return LINES.replace(f"line {number}\n", f"{line}\n")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": LINES, "g": LINES})


def in_conflict(repo: Repo) -> ConflictFile:
    conflict = branch(repo).conflict
    assert conflict is not None
    (file,) = conflict.files
    return file


def test_attributes_and_drivers_of_the_user_change_nothing_and_do_not_run(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = repo.commit("main", {"f": LINES, ".gitattributes": "f merge=union diff=spy\n"})
    repo.commit("agent/x", {"f": edited(3, "mine")}, parents=[start])
    repo.commit("main", {"f": edited(3, "theirs")})
    repo.checkout()
    ran = tmp_path / "ran"
    # No filter among them: `git status` of a work tree runs the user's own filters, as theirs does.
    for key in ("merge.spy.driver", "diff.spy.textconv", "diff.spy.command", "diff.external"):
        repo.git("config", key, f"touch '{ran}'; true")
    repo.git("config", "merge.default", "spy")
    repo.git("config", "merge.union.driver", f"touch '{ran}'")
    attributes = tmp_path / "attributes"
    attributes.write_text("* merge=spy diff=spy\n")
    repo.git("config", "core.attributesFile", str(attributes))
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/attributes").write_text("* merge=union\n")
    monkeypatch.chdir(repo.path)
    agent_branch = branch(repo)
    assert agent_branch.conflict is not None
    assert [(file.path, file.kind) for file in agent_branch.conflict.files] == [(b"f", "content")]
    assert (agent_branch.added, agent_branch.removed) == (1, 1)
    assert not ran.exists()


def test_settings_of_the_user_change_nothing(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": edited(3, "mine")}, parents=[root])
    repo.commit("main", {"f": edited(3, "theirs")})
    expected = in_conflict(repo)
    for key, value in {
        "merge.conflictStyle": "diff3",
        "merge.renames": "false",
        "diff.renames": "copies",
        "diff.algorithm": "patience",
        "diff.noprefix": "true",
        "merge.directoryRenames": "true",
        "core.autocrlf": "true",
        "core.quotePath": "true",
        "log.showSignature": "true",
        "i18n.logOutputEncoding": "latin1",
    }.items():
        repo.git("config", key, value)
    (repo.path / ".git/agentledger/cache.sqlite").unlink()
    assert in_conflict(repo) == expected


def test_merging_adds_no_object_to_the_user_s_repository(repo: Repo, root: Commit) -> None:
    for number in range(6):
        repo.commit(f"agent/{number}", {"f": edited(3, f"mine {number}"), "n": f"{number}"}, parents=[root])
    repo.commit("main", {"f": edited(3, "theirs")})
    repo.flush()
    before = (all_objects(repo), repo.count_objects())
    assert all(b.conflict is not None and not b.conflict.clean for b in fleet(repo).branches)
    assert (all_objects(repo), repo.count_objects()) == before


@pytest.mark.parametrize("room", [0, 1 << 62])
def test_what_killed_processes_left_in_memory_is_removed_and_nothing_else(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    memory = tmp_path / "memory"
    left = memory / "agentledger-merges-left"
    (left / "00").mkdir(parents=True)
    (memory / "somebody-else").mkdir()
    (memory / "agentledger-merges-link").symlink_to(memory / "somebody-else")
    monkeypatch.setattr(scratch, "_MEMORY", memory)
    monkeypatch.setattr(scratch, "_ROOM", 0)
    repo.commit("main", {"f": LINES})
    repo.flush()
    place = queries.locate_repository(process.repository_at(repo.path))
    with scratch.open_scratch(place) as outer:
        blob = outer.write("blob", b"kept while it is used")
        monkeypatch.setattr(scratch, "_ROOM", room)
        assert not left.exists()
        left.mkdir()
        with scratch.open_scratch(place) as inner:
            assert (inner.git.cwd / "objects").is_symlink() == (room == 0)
        assert not left.exists()
        assert outer.git.cwd.joinpath("objects", blob[:2], blob[2:]).exists()
    assert sorted(each.name for each in memory.iterdir()) == ["agentledger-merges-link", "somebody-else"]
