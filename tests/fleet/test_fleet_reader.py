"""Where branches stand, how their two copies relate, who works on them, and what cannot be read.

Belongs here: what follows from the commit graph and names. Not here: which refs are listed
(see `test_listing`), what branches changed (`test_changes`), kinds of clones (`test_clones`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import damage
from agentledger.model.errors import GitError
from agentledger.model.fleet import Agent, State, Sync
from gitrepo import START, Commit, Repo
from reading import DAY, NOW, branch, fleet, named
from samples import STATUS

CLAUDE = ("Claude", "noreply@anthropic.com")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": "0\n"})


# -- states ---------------------------------------------------------------------------


def test_a_branch_with_changes_of_its_own_is_open(repo: Repo, root: Commit) -> None:
    work = repo.commit("agent/x", {"f": "1\n"}, parents=[root])
    more = repo.commit("agent/x", {"g": "1\n"}, message="Say more\n\nWhy.\n\nTask: x\n")
    repo.commit("main", {"h": "1\n"})
    found = branch(repo)
    assert (found.state, found.state_why) == (State.OPEN, "")
    assert (found.ahead, found.behind, found.merge_bases) == (2, 1, (root.id,))
    assert [commit.id for commit in found.commits] == [more.id, work.id]
    assert (found.commits[0].subject, found.commits[0].trailers) == ("Say more", (("Task", "x"),))
    assert (found.commits[0].author, found.commits[0].at) == (("Ann", "ann@example.com"), START + 180)
    assert found.active_at == START + 180


def test_a_branch_whose_head_is_in_base_is_merged(repo: Repo, root: Commit) -> None:
    work = repo.commit("agent/x", {"g": "1\n"}, parents=[root])
    repo.merge("main", [root, work], {"g": "1\n"})
    found = branch(repo)
    assert (found.state, found.state_why) == (State.MERGED, "its head is in main")
    assert (found.ahead, found.behind, found.merge_bases) == (0, 1, (work.id,))
    assert found.active_at == START + 120


def test_a_branch_just_created_is_empty(repo: Repo, root: Commit) -> None:
    repo.ref("agent/tip", repo.commit("main", {"f": "1\n"}))
    repo.ref("agent/older", root)
    found = named(fleet(repo))
    assert {b.state for b in found.values()} == {State.EMPTY}
    assert found["agent/older"].state_why == "no commit of its own yet"
    assert (found["agent/tip"].behind, found["agent/older"].behind) == (0, 1)


def test_a_branch_whose_commits_cancel_out_is_empty(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": "1\n"}, parents=[root])
    repo.commit("agent/x", {"f": "0\n"})
    found = branch(repo)
    assert (found.state, found.ahead, found.changes) == (State.EMPTY, 2, ())
    assert found.state_why == "its commits change nothing on balance"


@pytest.mark.parametrize(
    ("request_dormant", "after", "state"),
    [
        (7 * DAY, 7 * DAY, State.OPEN),
        (7 * DAY, 7 * DAY + 1, State.DORMANT),
        (DAY, 7 * DAY, State.DORMANT),
        (None, 999 * DAY, State.OPEN),
    ],
)
def test_a_branch_goes_dormant_by_the_committer_s_time(
    repo: Repo, root: Commit, request_dormant: int | None, after: int, state: State
) -> None:
    repo.commit("agent/x", {"f": "1\n"}, parents=[root], at=5, committed_at=START)
    found = branch(repo, now=START + after, dormant=request_dormant)
    assert found.state is state
    if state is State.DORMANT:
        assert found.state_why == "no sign of life for 7 days"


def test_a_dirty_worktree_keeps_a_branch_alive_and_a_clean_one_does_not(repo: Repo, root: Commit) -> None:
    for name in ("dirty", "clean"):
        repo.commit(f"agent/{name}", {"f": f"{name}\n"}, parents=[root])
        repo.worktree_add(repo.path.parent / name, f"agent/{name}")
    now = START + 100 * DAY
    edited = repo.path.parent / "dirty" / "f"
    edited.write_text("not committed\n")
    os.utime(edited, (now - DAY, now - DAY))
    # `git gc` rewrites this file; what counts is when HEAD moved, which it says inside.
    for name in ("dirty", "clean"):
        log = repo.path / f".git/worktrees/{name}/logs/HEAD"
        os.utime(log, (now - 2 * DAY, now - 2 * DAY))
    found = named(fleet(repo, now=now))
    dirty, clean = found["agent/dirty"], found["agent/clean"]
    assert (dirty.state, dirty.active_at) == (State.OPEN, now - DAY)
    assert dirty.worktree is not None
    assert (dirty.worktree.path, dirty.worktree.dirty) == ("../dirty", True)
    assert (clean.state, clean.active_at) == (State.DORMANT, START + 180)
    assert clean.worktree is not None
    assert (clean.worktree.dirty, clean.worktree.touched_at) == (False, START)


def test_a_branch_without_common_history_shows_all_it_has(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"g": "1\n2\n"}, parents=[])
    found = branch(repo)
    assert (found.state, found.merge_bases, found.behind) == (State.OPEN, (), 1)
    assert [(c.path, c.status) for c in found.changes] == [(b"g", "A")]


# -- unreadable -----------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["agent/x", "agent/x~1", "agent/x^{tree}"])
def test_a_branch_with_a_missing_object_is_unreadable_and_the_rest_is_built(repo: Repo, broken: str) -> None:
    root = repo.commit("main", {"f": "0\n"})
    for name in ("agent/a", "agent/x", "agent/y", "agent/z"):
        repo.commit(name, {f"{name}/1": "1"}, parents=[root])
        repo.commit(name, {f"{name}/2": "2"})
    oid = repo.git("rev-parse", broken)
    damage.remove(repo, broken)
    read = fleet(repo)
    found = named(read)
    assert [n for n, b in found.items() if b.state is not State.OPEN] == ["agent/x"]
    assert found["agent/x"].state is State.UNREADABLE
    assert oid[:12] in found["agent/x"].state_why
    assert (found["agent/x"].changes, found["agent/x"].added) == ((), None)
    assert all(len(found[n].changes) == 2 for n in ("agent/a", "agent/y", "agent/z"))
    assert read.notes == ("1 branch could not be read; the reason is beside each.",)


def test_a_ref_to_something_else_than_a_commit_says_what_it_is(repo: Repo, root: Commit) -> None:
    repo.commit("agent/ok", {"f": "1\n"}, parents=[root])
    for name, target in (("blob", "main:f"), ("tree", "main^{tree}"), ("tagged", "main:f")):
        oid = repo.git("rev-parse", target)
        if name == "tagged":
            repo.git("tag", "-a", "-m", "t", "blobtag", oid)
            oid = repo.git("rev-parse", "blobtag")
        repo.git("update-ref", f"refs/odd/{name}", oid)
    repo.git("tag", "-a", "-m", "t", "v1", "agent/ok")
    found = named(fleet(repo, refs=("refs/odd/*", "refs/tags/v1")))
    assert found["odd/blob"].state_why == "points to a blob, not to a commit"
    assert found["odd/tree"].state_why == "points to a tree, not to a commit"
    assert found["odd/tagged"].state is State.UNREADABLE
    assert (found["tags/v1"].state, found["tags/v1"].head) == (State.OPEN, repo.git("rev-parse", "agent/ok"))


def test_a_base_that_cannot_be_read_ends_with_git_s_reason(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": "1\n"}, parents=[root])
    damage.remove(repo, root.id)
    with pytest.raises(GitError) as caught:
        fleet(repo)
    assert "refs/heads/main points to an object that is missing" in caught.value.message
    assert caught.value.hint


# -- the two copies of a branch -------------------------------------------------------


def test_a_local_branch_and_its_remote_twin_are_one_entry_that_says_which_is_ahead(repo: Repo) -> None:
    root = repo.commit("main", {"f": "0\n"})
    one = repo.commit("agent/seed", {"f": "1\n"}, parents=[root])
    two = repo.commit("agent/seed", {"f": "2\n"})
    other = repo.commit("agent/fork", {"f": "3\n"}, parents=[one])
    rows: dict[str, tuple[Commit | None, Commit | None, Sync, Commit]] = {
        "same": (two, two, Sync.SAME, two),
        "ahead": (two, one, Sync.AHEAD, two),
        "behind": (one, two, Sync.BEHIND, two),
        "diverged": (two, other, Sync.DIVERGED, two),
        "local": (two, None, Sync.LOCAL, two),
        "remote": (None, two, Sync.REMOTE, two),
    }
    for name, (local, remote, _, _) in rows.items():
        if local:
            repo.ref(f"agent/{name}", local)
        if remote:
            repo.ref(f"refs/remotes/origin/agent/{name}", remote)
    found = named(fleet(repo))
    for name, (_, remote, sync, head) in rows.items():
        entry = found[f"agent/{name}"]
        far = f"refs/remotes/origin/agent/{name}"
        assert (entry.sync, entry.head) == (sync, head.id)
        assert entry.ref == (far if sync in (Sync.BEHIND, Sync.REMOTE) else f"refs/heads/agent/{name}")
        assert entry.remote_ref == (far if remote else None)


def test_of_two_copies_the_readable_one_is_shown(repo: Repo, root: Commit) -> None:
    good = repo.commit("agent/x", {"f": "1\n"}, parents=[root])
    lost = repo.commit("refs/remotes/origin/agent/x", {"f": "2\n"}, parents=[root])
    damage.remove(repo, lost.id)
    found = branch(repo)
    assert (found.head, found.state, found.sync) == (good.id, State.OPEN, Sync.LOCAL)


# -- who, and for what ----------------------------------------------------------------


def test_the_agent_is_told_by_branch_then_author_then_trailer_then_check_in(repo: Repo, root: Commit) -> None:
    trailer = f"Work\n\nCo-authored-by: {CLAUDE[0]} <{CLAUDE[1]}>\n"
    cursor = "Work\n\nCo-authored-by: C <a@cursor.sh>\n"
    older = {f"{STATUS}20240101T000000Z-a.md": "---\nagent: early\n---\n"}
    report = older | {f"{STATUS}20240102T000000Z-b.md": "---\nagent: late\n---\nDone.\n"}
    repo.commit("codex/a", report, parents=[root], author=CLAUDE, message=trailer)
    repo.commit("agent/b", report, parents=[root], author=CLAUDE, message=cursor)
    repo.commit("agent/c", report, parents=[root], message=trailer)
    repo.commit("agent/d", report, parents=[root])
    repo.commit("agent/e", {"f": "1\n"}, parents=[root])
    found = named(fleet(repo))
    assert {name: b.agent for name, b in found.items()} == {
        "codex/a": Agent("codex", "branch"),
        "agent/b": Agent("claude", "author"),
        "agent/c": Agent("claude", "trailer"),
        "agent/d": Agent("late", "check-in"),
        "agent/e": None,
    }


@pytest.mark.parametrize("text", ["", "agent: x\n", "---\nagent: [1\n---\n", "---\nagent: 7\n---\n"])
def test_a_check_in_that_cannot_be_understood_names_nobody(repo: Repo, root: Commit, text: str) -> None:
    repo.commit("agent/x", {f"{STATUS}1.md": text, "f": "1\n"}, parents=[root])
    assert branch(repo).agent is None


def test_only_agent_branches_have_a_task(repo: Repo, root: Commit) -> None:
    for name in ("agent/fix-login", "agent/fix-login--2", "codex/fix"):
        repo.commit(name, {"f": f"{name}\n"}, parents=[root])
    tasks = {name: b.task for name, b in named(fleet(repo, now=NOW)).items()}
    assert tasks == {"agent/fix-login": "fix-login", "agent/fix-login--2": "fix-login", "codex/fix": None}
