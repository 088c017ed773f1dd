"""Merge groups in clones as CI has them: each part is judged as its branch, and an agent's branch is no group.

Belongs here: `check --range` on groups of all shapes, and what a forger would try. Does not: the rules themselves.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from command import refused, run
from gitrepo import Repo
from groups import QUEUE, Merging, blocking, judge
from reading import git_commands

pytestmark = pytest.mark.table

WAYS = ("merge", "squash", "rebase")


@pytest.fixture
def server(tmp_path: Path) -> Merging:
    return Merging(tmp_path)


def in_ci(server: Merging, name: str, *, everything: bool = True) -> Repo:
    return server.checkout(name, everything=everything)


# -- honest groups ------------------------------------------------------------------------


@pytest.mark.parametrize("detached", [True, False])
@pytest.mark.parametrize("everything", [True, False])
def test_finished_tasks_that_a_queue_has_merged_pass(
    server: Merging, detached: bool, everything: bool
) -> None:
    server.finish("x")
    server.finish("y", branch="agent/y--2")
    name = server.queue("merge", "agent/x", "agent/y--2")
    said = judge(server.checkout(name, detached=detached, everything=everything))
    assert (said.code, said.out.splitlines()[-1].split(":")[1]) == (
        0,
        " nothing stops it at merge; 8 more to know",
    )
    second = "agent/y--2" if everything else "agent/y"
    assert (
        "note: a merge group, judged by its parts in the order in which they land: "
        f"agent/x (task x), {second} (task y)\n" in said.out
    )


@pytest.mark.parametrize("how", WAYS)
def test_each_part_is_judged_by_its_own_brief(server: Merging, how: str) -> None:
    """What lands is the same change, so evidence and packet stay about it where their commit is gone."""
    server.finish("x")
    server.finish("y", ("src/y/new.py", "src/x/b.py"))
    place = in_ci(server, server.queue(how, "agent/x", "agent/y"))
    stopped = blocking(place)
    assert ("agent/y", "OWN001") in stopped
    assert "agent/x" not in {branch for branch, _ in stopped}
    said = judge(place)
    assert "error OWN001 outside-scope [agent/y] src/x/b.py" in said.out


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("everything", [True, False])
def test_squashed_and_rebased_tasks_keep_to_their_scopes_and_packets(
    server: Merging, how: str, everything: bool
) -> None:
    for task in ("x", "y", "z"):
        server.finish(task)
    name = server.queue(how, "agent/x", "agent/y", "agent/z")
    place = in_ci(server, name, everything=everything)
    assert not blocking(place)
    assert "agent/x (task x), agent/y (task y), agent/z (task z)" in judge(place).out


@pytest.mark.parametrize("how", WAYS)
def test_a_group_of_one_is_judged_as_its_branch(server: Merging, how: str) -> None:
    server.finish("x", ("docs/d.md", "src/x/new.py"))
    place = in_ci(server, server.queue(how, "agent/x"))
    assert ("agent/x", "OWN001") in blocking(place)


@pytest.mark.parametrize("how", WAYS)
def test_a_branch_without_a_brief_passes_in_a_group_as_it_does_alone(server: Merging, how: str) -> None:
    server.finish("x")
    server.plain("topic", "docs/d.md")
    server.finish("y")
    place = in_ci(server, server.queue(how, "agent/x", "topic", "agent/y"))
    assert not blocking(place)
    named = "topic" if how == "merge" else "part/"
    assert f"warn BRF001 brief-missing [{named}" in judge(place).out
    tip = server.repo.git("rev-parse", "main")
    policy = {".agentledger/config.toml": "require_briefs = true\n"}
    server.repo.commit("main", policy, parents=[tip])
    server.repo.flush()
    place.git("fetch", "-q", "origin", "main:refs/remotes/origin/main")
    (unbriefed,) = (branch for branch, rule in blocking(place) if rule == "BRF001")
    assert unbriefed.startswith(named)


def test_people_alone_are_judged_as_any_branch_without_a_brief(server: Merging) -> None:
    server.plain("topic", "docs/d.md")
    place = in_ci(server, server.queue("merge", "topic"))
    said = judge(place)
    assert said.code == 0
    assert "a merge group" not in said.out


def test_what_a_part_depends_on_may_land_right_before_it(server: Merging) -> None:
    server.finish("x")
    server.finish("y", more="depends_on: [x]\n")
    assert blocking(in_ci(server, server.queue("merge", "agent/x", "agent/y"))) == set()


def test_but_not_after_it(server: Merging) -> None:
    server.finish("x")
    server.finish("y", more="depends_on: [x]\n")
    assert blocking(in_ci(server, server.queue("merge", "agent/y", "agent/x"))) == {("agent/y", "FLT003")}


@pytest.mark.parametrize("how", ["squash", "rebase"])
def test_a_part_that_builds_on_the_one_before_is_read_upon_it(server: Merging, how: str) -> None:
    server.finish("x")
    server.finish("w")
    server.finish("y", ("src/y/new.py",), more="depends_on: [w]\n", on="agent/w")
    place = in_ci(server, server.queue(how, "agent/x", "agent/w", "agent/y"))
    assert not blocking(place)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("branch", ["copilot/fix-41", "agent/x--2"])
def test_a_part_has_the_branch_that_its_brief_or_its_attempt_names(
    server: Merging, how: str, branch: str
) -> None:
    """So that reviews and answers for that branch count, though the clone does not have it."""
    named = branch.startswith("copilot/")
    server.finish("x", branch=branch, more=f"branch: {branch}\n" if named else "")
    server.finish("y")
    tip = server.repo.git("rev-parse", "agentledger")
    attempt = f"---\nat: 2023-11-14T22:14:00Z\nbranch: {branch}\n---\n"
    server.repo.commit("agentledger", {"tasks/x/attempts/a.md": "" if named else attempt}, parents=[tip])
    server.repo.flush()
    place = in_ci(server, server.queue(how, branch, "agent/y"), everything=False)
    assert f"in which they land: {branch} (task x), agent/y (task y)" in judge(place).out


def test_base_that_has_moved_on_changes_nothing(server: Merging) -> None:
    server.finish("x")
    server.finish("y")
    name = server.queue("merge", "agent/x", "agent/y")
    server.repo.commit("main", {"docs/new.md": "n\n"}, parents=[server.start])
    server.repo.flush()
    assert blocking(in_ci(server, name)) == set()


# -- by their shape -----------------------------------------------------------------------


def test_a_staging_branch_of_merges_is_a_group_by_its_shape(server: Merging) -> None:
    """Bors puts merges on `staging`."""
    server.finish("x")
    server.finish("y", ("docs/d.md", "src/y/new.py"))
    name = server.queue("merge", "agent/x", "agent/y")
    server.repo.git("branch", "-m", name, "staging")
    assert blocking(in_ci(server, "staging")) == {("agent/y", "OWN001")}
    assert blocking(server.repo, "main..staging") == {("agent/y", "OWN001")}


def test_a_commit_at_which_no_branch_stands_is_a_group_by_its_shape(server: Merging) -> None:
    """GitLab checks out a merge train's commit by its id."""
    server.finish("x")
    server.finish("y", ("docs/d.md", "src/y/new.py"))
    name = server.queue("merge", "agent/x", "agent/y")
    place = in_ci(server, name)
    place.git("update-ref", "-d", f"refs/remotes/origin/{name}")
    assert blocking(place) == {("agent/y", "OWN001")}
    place.git("checkout", "-q", "--detach", "origin/main")
    place.git("commit", "-q", "--allow-empty", "-m", "no group")
    assert refused(place.path, "check", "--range", "origin/main..HEAD").message == "no branch is at HEAD"


def test_the_merge_that_github_makes_of_a_pull_request_is_judged_as_its_branch(server: Merging) -> None:
    server.finish("x", ("docs/d.md", "src/x/new.py"))
    name = server.queue("merge", "agent/x")
    place = in_ci(server, name)
    place.git("update-ref", "refs/remotes/pull/1/merge", "HEAD")
    place.git("update-ref", "-d", f"refs/remotes/origin/{name}")
    assert blocking(place) == {("agent/x", "OWN001")}


def test_a_group_is_judged_so_however_it_is_named(server: Merging) -> None:
    server.finish("x")
    server.finish("y", ("docs/d.md", "src/y/new.py"))
    name = server.queue("merge", "agent/x", "agent/y")
    expected = run(server.repo.path, "check", "--range", f"main..{name}").out
    assert "error OWN001 outside-scope [agent/y] docs/d.md" in expected
    for words in ((name,), (name, "--gate", "merge"), ("--branch", name, "--gate", "merge")):
        assert run(server.repo.path, "check", *words).out == expected
    server.repo.git("branch", "-m", name, "staging")
    assert "[agent/y] docs/d.md" in run(server.repo.path, "check", "staging", "--gate", "merge").out


# -- what belongs to no part --------------------------------------------------------------


def test_a_merge_that_changes_more_than_its_parents_is_a_finding(server: Merging) -> None:
    server.finish("x")
    server.finish("y")
    name = server.queue("merge", "agent/x", "agent/y")
    server.amend(name, "src/x/slipped.py")
    place = in_ci(server, name)
    (group, rule) = next(iter(blocking(place)))
    assert (group.endswith(name), rule) == (True, "BRF009")
    said = judge(place)
    assert "this merge changes by itself what no branch of the group does: src/x/slipped.py" in said.out
    hint = next(line for line in said.out.splitlines() if "--remerge-diff" in line)
    assert "src/x/slipped.py" in place.git(*hint.partition("; git ")[2].partition(" shows")[0].split())


def test_a_commit_beside_the_merges_is_a_finding(server: Merging) -> None:
    server.finish("x")
    server.finish("y")
    name = server.queue("merge", "agent/x", "agent/y")
    server.repo.git("switch", "-q", name)
    server.repo.git("commit", "-q", "--allow-empty", "-m", "empty")
    (server.repo.path / "docs/d.md").write_text("slipped in\n")
    server.repo.git("commit", "-qam", "a slip")
    server.repo.git("switch", "-q", "main")
    place = in_ci(server, name)
    assert {rule for _, rule in blocking(place)} == {"BRF009"}
    assert "this commit belongs to no branch of the group, and changes docs/d.md" in judge(place).out


@pytest.mark.parametrize("how", ["squash", "rebase"])
def test_a_commit_without_a_folder_counts_for_the_task_beside_it(server: Merging, how: str) -> None:
    """Where nothing shows that a branch ends there: no task gets rid of its brief by a commit of its own."""
    server.finish("x")
    server.plain("topic", "docs/d.md")
    name = server.queue(how, "topic", "agent/x")
    server.repo.git("branch", "-m", name, "gh-readonly-queue/main/pr-2")
    place = server.checkout("gh-readonly-queue/main/pr-2", everything=False)
    assert ("agent/x", "OWN001") in blocking(place)


# -- what a forger would try --------------------------------------------------------------


@pytest.mark.parametrize("name", ["agent/x", "claude/help", "team/agent/x", "their-own"])
def test_an_agents_branch_does_not_become_a_group_by_merging(server: Merging, name: str) -> None:
    server.finish("y")
    server.finish("z")
    server.plan("x", f"branch: {name}\n" if name == "their-own" else "")
    git = server.repo.git
    git("switch", "-q", "-c", name, "main")
    git("merge", "-q", "--no-ff", "-m", "y", "agent/y")
    git("merge", "-q", "--no-ff", "-m", "z", "agent/z")
    git("switch", "-q", "main")
    said = run(server.repo.path, "check", "--range", f"main..{name}")
    assert said.code == 1
    assert "the branch adds the folders of several tasks: y, z" in said.out
    assert "a merge group" not in said.out


def test_nor_in_a_queue_where_its_part_is_judged_as_that_branch(server: Merging) -> None:
    server.finish("y")
    server.finish("x")
    git = server.repo.git
    git("switch", "-q", "agent/x")
    git("merge", "-q", "--no-ff", "-m", "y", "agent/y")
    git("switch", "-q", "main")
    place = in_ci(server, server.queue("merge", "agent/x"))
    assert {"BRF009", "OWN001", "OWN008"} <= {rule for branch, rule in blocking(place) if branch == "agent/x"}


def test_two_tasks_in_a_row_on_one_branch_are_no_group(server: Merging) -> None:
    server.finish("x")
    server.finish("y")
    name = server.queue("rebase", "agent/x", "agent/y")
    server.repo.git("branch", "work", name)
    assert ("work", "BRF009") in blocking(server.repo, "main..work")


def test_code_of_ones_own_between_merges_of_others_is_judged(server: Merging) -> None:
    server.finish("x")
    server.finish("y")
    git = server.repo.git
    git("switch", "-q", "-c", "work", "main")
    git("merge", "-q", "--no-ff", "-m", "x", "agent/x")
    (server.repo.path / "docs/d.md").write_text("slipped in\n")
    git("commit", "-qam", "a slip")
    git("merge", "-q", "--no-ff", "-m", "y", "agent/y")
    git("switch", "-q", "main")
    assert blocking(server.repo, "main..work") == {("work", "BRF009")}


def test_another_branch_at_the_same_commit_brings_no_other_brief(server: Merging) -> None:
    server.finish("x", ("docs/d.md", "src/x/new.py"))
    server.plan("a")
    server.plan("zz")
    server.repo.git("branch", "agent/a", "agent/x")
    server.repo.git("branch", "agent/zz", "agent/x")
    server.finish("y")
    place = in_ci(server, server.queue("merge", "agent/x", "agent/y"))
    assert ("agent/x", "OWN001") in blocking(place)


def test_a_first_commit_of_its_own_does_not_make_a_task_unbriefed(server: Merging) -> None:
    """In a branch of a queue's name, which an agent may push where the server does not keep it to the queue."""
    head = server.finish("x", ("docs/d.md", "src/x/new.py"))
    name = QUEUE.format(1, server.start)
    server.repo.git("branch", name, head)
    assert ("agent/x", "OWN001") in blocking(server.repo, f"main..{name}")


def test_a_group_starts_no_process_for_each_part(
    server: Merging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for number in range(6):
        server.finish(f"t{number}")
        if number in (2, 5):
            name = server.queue("squash", *(f"agent/t{each}" for each in range(number + 1)))
            with git_commands(monkeypatch, tmp_path / f"trace {number}") as commands:
                judge(server.repo, f"main..{name}")
            # Of these git is asked by two processes where there are many.
            counts.append({name: count for name, count in commands.items() if name != "merge-tree"})
    assert counts[0] == counts[1]
