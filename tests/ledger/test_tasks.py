"""Which task a branch works on, and whose brief counts: read from real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.fleet import Fleet, State
from agentledger.model.ledger import Brief
from agentledger.model.work import Copy, Task
from gitrepo import Content, Repo
from reading import DAY, NOW, branch, fleet, named
from writing import CONTROL, FOLDER, TASKS, Desk, brief, check_in, evidence, outcome, work_of

BRIEF = FOLDER + "brief.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with nothing but one commit on main."""
    made = Repo.init(tmp_path / "r")
    made.commit("main", {"src/a.py": "1\n"})
    return made


def task_of(fleet_: Fleet, name: str = "x") -> Task:
    return next(task for task in fleet_.tasks if task.id == name)


def brief_of(fleet_: Fleet, name: str = "x") -> Brief:
    counts = task_of(fleet_, name).brief
    assert counts is not None
    return counts


def works_on(repo: Repo, name: str) -> str | None:
    work = branch(repo, name).work
    return work.task if work else None


# -- whose brief counts -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "base", "expected"),
    [
        (True, True, ("control", "of control")),
        (False, True, ("base", "of base")),
        (False, False, ("branch", "of branch")),
        (True, False, ("control", "of control")),
    ],
)
def test_control_comes_before_base_and_base_before_the_branch(
    tmp_path: Path, control: bool, base: bool, expected: tuple[str, str]
) -> None:
    repo = Repo.init(tmp_path / "r")
    on_base = {BRIEF: brief(title="of base")} if base else {}
    root = repo.commit("main", {"src/a.py": "1\n", **on_base})
    if control:
        repo.commit(CONTROL, {"tasks/x/brief.md": brief(title="of control")}, parents=[])
    repo.commit("agent/x", {BRIEF: brief(title="of branch")}, parents=[root])
    fleet_ = fleet(repo)
    assert (task_of(fleet_).brief_from, brief_of(fleet_).title) == expected
    copy = work_of(named(fleet_)["agent/x"]).copy
    assert copy is (Copy.SCOPE_CHANGE if control or base else Copy.UNCONFIRMED)


def test_of_an_unconfirmed_brief_the_oldest_version_counts(repo: Repo) -> None:
    repo.ref("agent/x", "refs/heads/main")
    first = repo.commit("agent/x", {BRIEF: brief(owns=["src/a.py"])}, parents=["refs/heads/main"])
    repo.commit("agent/x", {BRIEF: brief(owns=["**"])})
    fleet_ = fleet(repo)
    counts = brief_of(fleet_)
    assert (counts.owns, counts.document.source.commit) == (("src/a.py",), first.id)
    own = work_of(named(fleet_)["agent/x"]).brief
    assert own is not None
    assert own.owns == ("**",)


def test_a_brief_that_was_taken_away_and_put_back_wider_is_still_the_first(repo: Repo) -> None:
    repo.commit("agent/x", {BRIEF: brief(owns=["src/a.py"])}, parents=["refs/heads/main"])
    repo.commit("agent/x", {BRIEF: None, "src/b.py": "1\n"})
    repo.commit("agent/x", {BRIEF: brief(owns=["**"])})
    assert brief_of(fleet(repo)).owns == ("src/a.py",)


def test_a_merge_brings_in_no_older_version_than_the_branch_s_own(repo: Repo) -> None:
    """Dates do not count either: the side line's brief was committed years before."""
    side = repo.commit("side", {BRIEF: brief(owns=["**"])}, parents=["refs/heads/main"], at=NOW - 999 * DAY)
    own = repo.commit("agent/x", {BRIEF: brief(owns=["src/a.py"])}, parents=["refs/heads/main"])
    repo.merge("agent/x", [own, side], {BRIEF: brief(owns=["**"])})
    assert brief_of(fleet(repo)).owns == ("src/a.py",)


def test_a_brief_that_came_by_a_merge_counts_as_it_came(repo: Repo) -> None:
    early = repo.commit("side", {BRIEF: brief(owns=["docs/**"])}, parents=["refs/heads/main"])
    side = repo.commit("side", {BRIEF: brief(owns=["src/a.py"])}, parents=[early])
    own = repo.commit("agent/x", {"src/a.py": "2\n"}, parents=["refs/heads/main"])
    merged = repo.merge("agent/x", [own, side], {BRIEF: brief(owns=["src/a.py"])})
    repo.commit("agent/x", {BRIEF: brief(owns=["**"])})
    counts = brief_of(fleet(repo))
    assert (counts.owns, counts.document.source.commit) == (("src/a.py",), merged.id)


def test_of_two_branches_with_a_brief_of_their_own_the_one_named_for_the_task_counts(repo: Repo) -> None:
    repo.commit("agent/a-guest", {BRIEF: brief(owns=["**"])}, parents=["refs/heads/main"])
    repo.commit("agent/x", {BRIEF: brief(owns=["src/a.py"])}, parents=["refs/heads/main"])
    fleet_ = fleet(repo)
    assert brief_of(fleet_).owns == ("src/a.py",)
    assert task_of(fleet_).branches == ("agent/a-guest", "agent/x")
    branches = named(fleet_)
    assert work_of(branches["agent/x"]).problems == ()
    (problem,) = work_of(branches["agent/a-guest"]).problems
    assert "agent/x has another one" in problem.message


# -- which task ---------------------------------------------------------------------------


def test_a_brief_names_its_branch_whatever_it_adds(desk: Desk) -> None:
    desk.manager({"brief.md": brief(branch="copilot/fix-41")})
    desk.repo.commit("copilot/fix-41", {TASKS + "y/brief.md": brief("y")}, parents=[desk.root])
    desk.repo.commit("copilot/fix-42", {"src/a.py": "3\n"}, parents=[desk.root])
    assert works_on(desk.repo, "copilot/fix-41") == "x"
    assert works_on(desk.repo, "copilot/fix-42") is None


def test_two_briefs_that_name_one_branch_are_a_finding(desk: Desk) -> None:
    desk.manager({"brief.md": brief(branch="codex/one")})
    desk.repo.commit(CONTROL, {"tasks/a/brief.md": brief("a", branch="codex/one")})
    desk.repo.commit("codex/one", {"src/a.py": "3\n"}, parents=[desk.root])
    (problem,) = desk.work("codex/one").problems
    assert problem.message == "briefs of several tasks name this branch: a, x"


def test_an_agent_s_brief_names_no_other_branch(repo: Repo) -> None:
    repo.commit("agent/a", {TASKS + "a/brief.md": brief("a", branch="codex/b")}, parents=["refs/heads/main"])
    repo.commit("codex/b", {"src/a.py": "3\n"}, parents=["refs/heads/main"])
    assert works_on(repo, "codex/b") is None


def test_attempts_at_a_task_are_rivals(desk: Desk) -> None:
    desk.repo.commit("agent/x--2", {"src/a.py": "3\n"}, parents=[desk.root])
    desk.repo.commit("agent/x-2", {"src/a.py": "4\n"}, parents=[desk.root])
    fleet_ = fleet(desk.repo)
    assert task_of(fleet_).branches == ("agent/x", "agent/x--2")
    standings = {name: b.standing.rivals for name, b in named(fleet_).items() if b.standing}
    assert standings == {"agent/x": ("agent/x--2",), "agent/x--2": ("agent/x",)}


def test_else_the_one_folder_that_it_adds_tells(repo: Repo) -> None:
    repo.commit("codex/one", {TASKS + "y/status/1.md": check_in()}, parents=["refs/heads/main"])
    assert works_on(repo, "codex/one") == "y"
    assert task_of(fleet(repo), "y").brief is None


def test_a_branch_s_name_outranks_the_folder_that_it_adds(desk: Desk) -> None:
    desk.repo.commit("agent/x", {TASKS + "y/brief.md": brief("y")})
    assert works_on(desk.repo, "agent/x") == "x"


def test_a_file_beside_the_folders_is_no_task(desk: Desk) -> None:
    desk.repo.commit(CONTROL, {"README.md": "# Ours\n", "tasks/README.md": "# Tasks\n"})
    desk.repo.commit("codex/one", {TASKS + "README.md": "#\n", TASKS + "y/brief.md": brief("y")}, [desk.root])
    fleet_ = fleet(desk.repo)
    assert [task.id for task in fleet_.tasks] == ["x", "y"]
    assert work_of(named(fleet_)["codex/one"]).problems == ()


# -- how a task's start and end show in its branches -----------------------------------------


def landed() -> dict[str, Content]:
    """A task's folder as a forge's merge button leaves it on base; the brief is not its last file."""
    return {
        BRIEF: brief(title="as it was"),
        FOLDER + "status/1.md": check_in("ready"),
        FOLDER + "z.md": "z\n",
    }


def test_the_last_file_of_a_landed_folder_is_not_taken_for_its_brief(repo: Repo) -> None:
    repo.commit("main", landed())
    fleet_ = fleet(repo)
    assert (task_of(fleet_).brief_from, brief_of(fleet_).title) == ("base", "as it was")
    assert not any(problem.fatal for problem in brief_of(fleet_).document.problems)


@pytest.mark.parametrize(("base", "state"), [({}, State.OPEN), (landed(), State.EMPTY)])
def test_a_fresh_branch_is_open_while_its_task_is_live(
    desk: Desk, base: dict[str, Content], state: State
) -> None:
    at = desk.repo.commit("main", {"src/c.py": "1\n", **base}, parents=[desk.root])
    desk.repo.ref("agent/x--2", at)
    desk.repo.ref("agent/y", at)
    assert desk.branch("agent/x--2").state is state
    assert desk.branch("agent/y").state is State.EMPTY


@pytest.mark.parametrize("word", ["killed", "declined", "explored"])
def test_an_outcome_ends_all_branches_of_the_task_or_the_one_it_names(desk: Desk, word: str) -> None:
    desk.repo.commit("agent/x--2", {"src/a.py": "3\n"}, parents=[desk.root])
    desk.manager({"outcome.md": outcome(word, branch="agent/x--2")})
    assert (desk.branch().state, desk.branch("agent/x--2").state) == (State.OPEN, State(word))
    desk.manager({"outcome.md": outcome(word)})
    assert (desk.branch().state, desk.branch("agent/x--2").state) == (State(word), State(word))
    assert desk.branch().state_why == f"{word} by ana@example.org: It is over."


def test_merged_is_what_git_says_not_what_an_outcome_says(desk: Desk) -> None:
    desk.manager({"outcome.md": outcome("merged")})
    assert desk.branch().state is State.OPEN
    desk.repo.merge("main", [desk.root, desk.code], {"src/a.py": "2\n"})
    desk.manager({"outcome.md": outcome("killed")})
    assert desk.branch().state is State.MERGED


@pytest.mark.parametrize(
    ("check_in_text", "state"),
    [
        (check_in("needs-input"), State.OPEN),
        (check_in("blocked"), State.OPEN),
        (check_in("ready"), State.OPEN),
        (check_in(checkpoint="plan"), State.OPEN),
        (check_in("working"), State.DORMANT),
    ],
)
def test_a_branch_that_waits_never_goes_dormant(desk: Desk, check_in_text: str, state: State) -> None:
    desk.says({"status/1.md": check_in_text})
    assert desk.branch(now=NOW + 30 * DAY).state is state


def test_an_older_checkpoint_keeps_it_open_until_it_is_decided(desk: Desk) -> None:
    desk.says({"status/1.md": check_in(minutes=40, checkpoint="plan"), "status/2.md": check_in(minutes=50)})
    assert desk.branch(now=NOW + 30 * DAY).state is State.OPEN
    desk.says({"evidence/test.json": evidence(desk.code)})
    desk.manager({"answers/1.md": "---\ndecision: approve\nto: '1'\n---\n"})
    assert desk.branch(now=NOW + 30 * DAY).state is State.DORMANT


def test_a_brief_may_name_a_branch_that_nobody_would_take_for_an_agents(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    root = repo.commit("main", {"a": "1\n"})
    for name in ("fix-41", "fix-42", "fix-43"):
        repo.commit(name, {"src/a.py": "1\n"}, parents=[root])
    briefs = {"x": brief(branch="fix-41"), "w": brief(task="w", branch="*")}
    repo.commit(CONTROL, {f"tasks/{task}/brief.md": text for task, text in briefs.items()}, parents=[])
    assert [(name, b.work and b.work.task) for name, b in named(fleet(repo)).items()] == [("fix-41", "x")]
    # On base a brief names a branch as well; one on the branch itself does not.
    repo.commit("main", {".agentledger/tasks/y/brief.md": brief(task="y", branch="fix-42")})
    repo.commit("fix-43", {".agentledger/tasks/z/brief.md": brief(task="z", branch="fix-43")})
    assert set(named(fleet(repo))) == {"fix-41", "fix-42"}
