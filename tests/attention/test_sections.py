"""Sections and next actions; the commands are run by a shell on real branches with odd names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agentledger.attention.actions import next_action
from agentledger.attention.commands import diff_steps
from agentledger.attention.sections import Section, count_by_state, group_by_section, section_of
from agentledger.model.conflict import Conflict
from agentledger.model.fleet import State, Sync, Worktree
from fleets import BASE, DAY, HOSTILE, NOW, branch, conflicting, fleet
from gitrepo import Repo
from nextcommand import find_command, type_command

ODD = [
    "agent/x",
    "-x",
    "deadbeef",
    "tags/x",
    "heads/x",
    "HEAD",
    "=x",
    "a;b",
    "a$HOME",
    "it's",
    'q"q',
    "日本",
    "@",
    "a!b",
]


def shell(command: str | None, folder: Path) -> str:
    """What `sh` prints for the command, which must succeed."""
    assert command
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def odd_repository(path: Path, name: str) -> Repo:
    """main and a branch of that name, a file apart, and the same name as a tag of main."""
    repo = Repo.init(path)
    root = repo.commit("main", {"f.txt": "1\n"})
    repo.commit(f"refs/heads/{name}", {"new.txt": "2\n"}, parents=[root])
    repo.commit("main", {"g.txt": "3\n"}, parents=[root])
    repo.checkout()
    return repo


@pytest.mark.parametrize("state", [s for s in State if s not in (State.OPEN, State.REVERTED)])
def test_a_branch_that_is_not_open_has_ended_even_in_conflict(state: State) -> None:
    assert section_of(branch(state=state, conflict=conflicting(b"a"))) is Section.ENDED


def test_a_branch_that_base_took_back_is_held() -> None:
    assert section_of(branch(state=State.REVERTED)) is Section.HELD


@pytest.mark.parametrize(
    ("conflict", "expected"),
    [
        (None, Section.UNBRIEFED),
        (Conflict(True), Section.UNBRIEFED),
        (Conflict(None, (), "unrelated histories"), Section.UNBRIEFED),
        (conflicting(b"a"), Section.HELD),
    ],
)
def test_only_a_conflict_that_git_found_holds_an_open_branch(
    conflict: Conflict | None, expected: Section
) -> None:
    assert section_of(branch(conflict=conflict)) is expected


def test_groups_list_the_last_activity_first() -> None:
    groups = group_by_section(
        fleet(branch("b"), branch("c", active_at=NOW), branch("a"), branch("d", active_at=NOW - DAY))
    )
    assert [b.name for b in groups[Section.UNBRIEFED]] == ["c", "a", "b", "d"]
    assert groups[Section.HELD] == groups[Section.ENDED] == ()


def test_ended_states_are_counted_the_most_frequent_first() -> None:
    states = (State.EMPTY, State.MERGED, State.MERGED)
    assert count_by_state(tuple(branch(state=s) for s in states)) == ((State.MERGED, 2), (State.EMPTY, 1))


@pytest.mark.parametrize("name", ODD)
def test_the_review_command_shows_what_the_branch_did(tmp_path: Path, name: str) -> None:
    repo = odd_repository(tmp_path, name)
    head = repo.git("rev-parse", f"refs/heads/{name}").strip()
    action = next_action(branch(name, head=head), BASE)
    assert action
    assert action.command
    shown = type_command(repo.path, action.command).out
    diff = shell(find_command(shown, "^the diff: (.*)$"), repo.path)
    assert "new.txt" in diff
    assert "g.txt" not in diff


@pytest.mark.parametrize("name", ODD)
def test_the_merge_command_brings_base_into_the_branch(tmp_path: Path, name: str) -> None:
    repo = odd_repository(tmp_path, name)
    action = next_action(branch(name, conflict=conflicting(b"f.txt")), BASE)
    assert action
    shell(action.command, repo.path)
    assert {"new.txt", "g.txt"} <= {path.name for path in repo.path.iterdir()}


@pytest.mark.parametrize(("path", "place"), [("../my shop/x", "../my shop/x"), ("", "the main worktree")])
def test_no_merge_is_offered_for_a_worktree_in_which_somebody_may_be_at_work(path: str, place: str) -> None:
    held = branch(conflict=conflicting(b"a"), worktree=Worktree(path, False, None))
    action = next_action(held, BASE)
    assert action
    assert action.command == "git diff main...agent/login"
    assert action.text == f"Whoever works in {place} brings main in and settles 1 file"


@pytest.mark.parametrize(
    ("ref", "sync", "expected"),
    [
        ("refs/remotes/origin/agent/x", Sync.REMOTE, "git switch --track origin/agent/x && git merge main"),
        (
            "refs/remotes/origin/agent/x",
            Sync.BEHIND,
            "git switch agent/x && git merge --ff-only origin/agent/x && git merge main",
        ),
        (
            "refs/remotes/origin/agent/x",
            Sync.DIVERGED,
            "git switch --detach origin/agent/x && git merge main",
        ),
        ("refs/pull/1/head", Sync.REMOTE, "git switch --detach refs/pull/1/head && git merge main"),
    ],
)
def test_the_merge_command_starts_from_the_head_that_is_shown(ref: str, sync: Sync, expected: str) -> None:
    action = next_action(branch("agent/x", ref=ref, sync=sync, conflict=conflicting(b"a")), BASE)
    assert action
    assert action.command == expected


def test_a_merged_branch_and_its_worktree_are_deleted_by_commands_that_refuse_to_lose_work() -> None:
    plain = next_action(branch("a b", state=State.MERGED), BASE)
    assert plain
    assert plain.command == "git branch -d 'a b'"
    clean = next_action(branch("x", state=State.MERGED, worktree=Worktree("../w", False, None)), BASE)
    assert clean
    assert clean.command == "git worktree remove ../w && git branch -d x"


@pytest.mark.parametrize(
    "spared",
    [
        branch(state=State.MERGED, worktree=Worktree("../w", True, None)),
        branch(state=State.MERGED, worktree=Worktree("../w", None, None)),
        branch(state=State.MERGED, worktree=Worktree("", False, None)),
        branch(state=State.MERGED, ref="refs/remotes/origin/agent/login", sync=Sync.REMOTE),
        branch("-x", state=State.MERGED),
        branch(state=State.ABSORBED),
        branch(state=State.DORMANT),
        branch(state=State.EMPTY),
    ],
)
def test_nothing_else_is_ever_proposed_for_deletion(spared: object) -> None:
    assert next_action(spared, BASE) is None  # type: ignore[arg-type]  # pytest's parameters are objects


def test_what_is_unreadable_gets_the_command_for_its_reason() -> None:
    shallow = next_action(branch(state=State.UNREADABLE, state_why="shallow: no merge base"), BASE)
    assert shallow
    assert shallow.command == "git fetch --unshallow"
    lost = next_action(branch(state=State.UNREADABLE, state_why="missing commit 1234"), BASE)
    assert lost
    assert lost.command == "git fsck --connectivity-only"
    assert next_action(branch(state=State.UNREADABLE, state_why="not a commit"), BASE) is None


def test_without_a_merge_base_the_commits_are_shown() -> None:
    assert diff_steps(branch(merge_bases=()), BASE) == ("git log -p main..agent/login",)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_command_never_holds_a_hidden_character(name: str) -> None:
    for conflict in (Conflict(True), conflicting(b"a")):
        action = next_action(branch(name, conflict=conflict), BASE)
        assert action
        assert (action.command or "").isprintable()
