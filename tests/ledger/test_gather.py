"""Gathering a fleet's documents: which of them are proven, and what is read of the control branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.fleet import Sync
from agentledger.model.ledger import Brief
from gitrepo import Repo
from reading import fleet, git_commands, named
from writing import CONTROL, FOLDER, TASKS, Desk, answer, brief, check_in, review

GUARDED = {".agentledger/config.toml": "version = 1\n[control]\nguarded = true\n"}
REMOTE = "refs/remotes/origin/"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


def counts(repo: Repo) -> Brief:
    """The brief of the only task."""
    (task,) = fleet(repo).tasks
    assert task.brief is not None
    return task.brief


def proven(repo: Repo) -> bool:
    return counts(repo).document.source.proven


# -- what is proven -----------------------------------------------------------------------


def test_a_control_branch_proves_nothing_by_itself(desk: Desk) -> None:
    assert not proven(desk.repo)


def test_behind_a_guard_all_of_it_is_proven(desk: Desk) -> None:
    desk.repo.commit("main", GUARDED, parents=[desk.root])
    desk.manager({"answers/1.md": answer(), "reviews/1.md": review("approve", desk.code)})
    (task,) = fleet(desk.repo).tasks
    assert proven(desk.repo)
    documents = [*(a.document for a in task.answers), *(r.document for r in task.reviews)]
    assert [document.source.proven for document in documents] == [True, True]


def test_the_guard_stands_at_the_server_so_what_is_only_here_is_not_proven(desk: Desk) -> None:
    """An agent of this machine can write to the local branch."""
    desk.repo.commit("main", GUARDED, parents=[desk.root])
    desk.repo.ref(REMOTE + CONTROL, f"refs/heads/{CONTROL}")
    assert proven(desk.repo)
    desk.manager({"brief.md": brief(owns=["**"]), "answers/1.md": answer()})
    assert not proven(desk.repo)
    assert counts(desk.repo).owns == ("**",)


def test_an_agent_s_branch_cannot_declare_a_guard(desk: Desk) -> None:
    desk.repo.commit("agent/x", GUARDED)
    assert not proven(desk.repo)


def test_a_brief_on_base_is_proven_but_for_what_was_not_pushed(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"src/a.py": "1\n", FOLDER + "brief.md": brief()})
    repo.commit("agent/x", {"src/a.py": "2\n"}, parents=[root])
    assert proven(repo)
    repo.ref(REMOTE + "main", root)
    repo.git("symbolic-ref", REMOTE + "HEAD", REMOTE + "main")
    assert proven(repo)
    repo.commit("main", {FOLDER + "brief.md": brief(owns=["**"])}, parents=[root])
    fleet_ = fleet(repo)
    assert fleet_.base.sync is Sync.AHEAD
    assert not proven(repo)


def test_what_a_branch_says_is_never_proven(desk: Desk) -> None:
    desk.repo.commit("main", GUARDED, parents=[desk.root])
    desk.says({"brief.md": brief(), "status/1.md": check_in()})
    work = desk.work()
    assert work.brief is not None
    documents = [work.brief.document, *(c.document for c in work.check_ins)]
    assert [document.source.proven for document in documents] == [False, False]


# -- the control branch -------------------------------------------------------------------


def test_only_the_control_branch_answers_and_reviews(desk: Desk) -> None:
    desk.says({"answers/1.md": answer("approve"), "reviews/1.md": review("approve", desk.code)})
    work = desk.work()
    assert (work.answers, work.reviews) == ((), ())


def test_the_fleet_tells_which_control_branch_was_read(desk: Desk) -> None:
    control = fleet(desk.repo).control
    assert control is not None
    assert (control.name, control.ref, control.sync) == (CONTROL, f"refs/heads/{CONTROL}", Sync.LOCAL)
    assert control.head == desk.repo.git("rev-parse", CONTROL)


def test_what_does_not_stand_below_tasks_is_no_document(desk: Desk) -> None:
    desk.repo.commit(
        CONTROL, {"README.md": "# x\n", "tasks/README.md": "# y\n", ".github/a.yml": "on: push\n"}
    )
    assert [task.id for task in fleet(desk.repo).tasks] == ["x"]


def test_a_person_s_branch_of_that_name_is_left_alone_and_named(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"src/a.py": "1\n"})
    repo.commit(CONTROL, {"src/a.py": "2\n"}, parents=[root])
    fleet_ = fleet(repo)
    assert fleet_.tasks == ()
    assert any(CONTROL in note for note in fleet_.notes)


def test_the_commit_stands_in_for_what_a_phone_leaves_out(desk: Desk) -> None:
    files = {"tasks/x/answers/whatever.md": "---\ndecision: change\n---\nBlue.\n"}
    commit = desk.repo.commit(CONTROL, files, author=("Ana", "ana@example.org"), at=1_700_000_123)
    (only,) = desk.work().answers
    assert (only.by, only.at, only.document.source.commit) == ("ana@example.org", 1_700_000_123, commit.id)


# -- how much is read ---------------------------------------------------------------------


def test_the_number_of_processes_does_not_grow_with_the_branches(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(name: str) -> None:
        files = {"src/a.py": f"{name}\n", f"{TASKS}{name}/status/1.md": check_in()}
        desk.repo.commit(f"agent/{name}", files, parents=[desk.root])

    write("first")
    desk.repo.flush()
    with git_commands(monkeypatch, tmp_path / "few") as few:
        fleet(desk.repo, forecast=False)
    for number in range(30):
        write(f"n{number}")
    desk.repo.flush()
    with git_commands(monkeypatch, tmp_path / "many") as many:
        assert sum(b.work is not None for b in named(fleet(desk.repo, forecast=False)).values()) == 32
    # Merges take turns in two processes as soon as there are enough of them.
    assert all(many[command] <= few[command] + 1 for command in many), (many, few)


def test_code_trees_are_known_for_branches_that_say_something_only(desk: Desk) -> None:
    commit = desk.says({"status/1.md": check_in()})
    assert set(desk.work().code_trees) == {desk.code.id, commit.id}
    assert len(set(desk.work().code_trees.values())) == 1
    assert desk.branch().code_tree in desk.work().code_trees.values()


def test_what_a_repositorys_own_template_says_counts_as_empty(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    own = "---\ntask:\n---\n## Outcome\n\nWrite here what a customer will notice.\n"
    root = repo.commit("main", {".agentledger/templates/brief.md": own})
    written = "---\ntask: x\nowns: ['src/**']\n---\n## Outcome\n\nWrite here what a customer will notice.\n"
    repo.commit("agentledger", {"tasks/x/brief.md": written}, parents=[])
    repo.commit("agent/x", {"src/a.py": "1\n"}, parents=[root])

    def outcome() -> bool:
        brief = fleet(repo).tasks[0].brief
        assert brief
        part = brief.document.part("Outcome")
        assert part
        return part.empty

    assert outcome()
    # Remembered documents are of one set of templates.
    repo.commit("main", {".agentledger/templates/brief.md": None})
    assert not outcome()
