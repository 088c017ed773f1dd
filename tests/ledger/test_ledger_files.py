"""The ledger's files on branches and in worktrees: what is wrong with one is said, and the rest is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import command
import damage
from agentledger.model.ledger import Problem
from agentledger.model.work import Copy, Work
from gitrepo import Content, Repo, Stored
from reading import branch, fleet, named
from writing import CONTROL, FOLDER, TASKS, Desk, brief, check_in, evidence, work_of

BRIEF = FOLDER + "brief.md"
LINK, SUBMODULE = "120000", "160000"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


def problems_of(work: Work) -> list[Problem]:
    """What is wrong with the folder and the branch's copy of the brief, empty sections aside."""
    return [*work.problems, *(p for p in (work.brief.document.problems if work.brief else ()) if p.fatal)]


# -- bad files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("brief.md", (LINK, "../../../src/a.py"), "a symbolic link"),
        ("brief.md", (SUBMODULE, "1" * 40), "a submodule"),
        ("brief.md/inner.md", brief(), "no document of the ledger"),
        ("brief.md", brief() + "x" * (256 << 10), "bytes long, so it was not read"),
        ("brief.md", brief().replace("It is fast", "It is \0 fast"), "NUL"),
        ("brief.md", brief().encode().replace(b"It is fast", b"It is \xff fast"), "UTF-8"),
        ("brief.md", "", "it is empty"),
        ("answers/1.md", "---\ndecision: approve\n---\n", "no document of the ledger"),
    ],
)
def test_a_bad_file_is_told_and_the_rest_is_read(
    desk: Desk, path: str, content: Content, message: str
) -> None:
    desk.says({path: content, "status/1.md": check_in(), "evidence/test.json": evidence(desk.code)})
    work = desk.work()
    assert any(message in problem.message for problem in problems_of(work)), problems_of(work)
    assert all(problem.path == FOLDER + path for problem in problems_of(work))
    assert [c.state for c in work.check_ins] == ["working"]
    assert [e.check for e in work.evidence] == ["test"]
    assert work.copy in (Copy.NONE, Copy.SCOPE_CHANGE)


@pytest.mark.parametrize("content", [(LINK, "/etc"), (SUBMODULE, "1" * 40)])
def test_a_folder_that_is_none_is_told(desk: Desk, content: Content) -> None:
    desk.repo.commit("agent/x", {FOLDER.rstrip("/"): content})
    (problem,) = desk.work().problems
    assert problem.path == FOLDER.rstrip("/")


@pytest.mark.parametrize("content", [(LINK, "x"), (SUBMODULE, "1" * 40), b"\0", b"\xff", "x" * (300 << 10)])
def test_a_bad_brief_of_the_manager_s_is_the_task_s_and_says_so(desk: Desk, content: Content) -> None:
    desk.manager({"brief.md": content, "answers/1.md": "---\ndecision: note\n---\nYes.\n"})
    (task,) = fleet(desk.repo).tasks
    assert task.brief is not None
    assert any(problem.fatal for problem in task.brief.document.problems)
    assert task.brief.owns == ()
    assert [answer.text.strip() for answer in task.answers] == ["Yes."]


def test_a_document_of_300_megabytes_costs_no_more_than_asking_its_size(desk: Desk, tmp_path: Path) -> None:
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(300_000_000)
    made = ("-c", "core.compression=1", "hash-object", "-w", str(tmp_path / "zeros"))
    huge = Stored(desk.repo.git(*made))
    desk.says({"brief.md": huge, "status/1.md": check_in("ready")})
    desk.repo.flush()
    begin = time.monotonic()
    work = desk.work()
    assert time.monotonic() - begin < 2
    (problem,) = problems_of(work)
    assert problem.message == "it is 300,000,000 bytes long, so it was not read"
    assert [c.state for c in work.check_ins] == ["ready"]


def test_ten_thousand_check_ins_are_counted_and_the_newest_are_read(desk: Desk) -> None:
    names = [f"20231114T{n // 3600:02}{n // 60 % 60:02}{n % 60:02}Z-aaaa" for n in range(10_000)]
    desk.says({"brief.md": brief(), **{f"status/{name}.md": check_in() for name in names}})
    desk.repo.flush()
    begin = time.monotonic()
    work = desk.work()
    assert time.monotonic() - begin < 10
    assert (len(work.check_ins), work.check_ins_total) == (400, 10_000)
    assert {c.name for c in work.check_ins} == set(names[-400:])
    assert work.copy is Copy.SAME


# -- where a document comes from --------------------------------------------------------------


def test_a_document_has_the_commit_that_touched_it_last_and_a_check_in_the_one_that_brought_it(
    desk: Desk,
) -> None:
    """Nobody may edit a check-in, and an edit must not make it newer."""
    packet = "---\ntask: x\n---\n"
    first = desk.says({"status/1.md": check_in(), "packet.md": packet})
    second = desk.says({"status/2.md": check_in(minutes=51)})
    third = desk.says({"status/1.md": check_in("ready", minutes=52), "packet.md": f"{packet}\n"})
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    work = desk.work()
    assert [c.document.source.commit for c in work.check_ins] == [second.id, first.id]
    assert work.packet is not None
    assert work.packet.document.source.commit == third.id


def test_a_deleted_document_is_gone(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("needs-input", needs="Red?")})
    desk.says({"status/1.md": None})
    assert desk.work().check_ins == ()


def test_only_the_task_s_own_folder_is_looked_into(desk: Desk) -> None:
    desk.says({"status/1.md": check_in()})
    desk.repo.commit("agent/x", {TASKS + "y/status/2.md": check_in("blocked")})
    assert [c.state for c in desk.work().check_ins] == ["working"]


# -- not committed ------------------------------------------------------------------------


@pytest.fixture
def beside(desk: Desk, tmp_path: Path) -> Path:
    """The ledger folder of the branch's worktree, with one check-in committed."""
    desk.says({"brief.md": brief(), "status/1.md": check_in()})
    return desk.repo.worktree_add(tmp_path / "beside", "agent/x").path / FOLDER


def test_what_is_not_committed_is_read_and_marked(desk: Desk, beside: Path) -> None:
    (beside / "status/2.md").write_text(check_in("needs-input", minutes=55, needs="Red?"))
    newest, committed = desk.work().check_ins
    assert (newest.state, newest.document.source.uncommitted) == ("needs-input", True)
    assert newest.document.source.commit is None
    assert (committed.document.source.uncommitted, desk.work().check_ins_total) == (False, 2)
    assert desk.standing().progress == "needs-input"


def test_an_edited_file_stands_in_place_of_the_committed_one(desk: Desk, beside: Path) -> None:
    (beside / "status/1.md").write_text(check_in("ready"))
    (only,) = desk.work().check_ins
    assert (only.state, only.document.source.uncommitted) == ("ready", True)
    (beside / "brief.md").write_text(brief(owns=["**"]))
    assert desk.work().copy is Copy.SCOPE_CHANGE


def test_a_branch_that_cannot_commit_says_all_in_its_worktree(desk: Desk, tmp_path: Path) -> None:
    repo = desk.repo
    repo.commit("agent/y", {"src/a.py": "3\n"}, parents=[desk.root])
    status = repo.worktree_add(tmp_path / "y", "agent/y").path / TASKS / "y/status"
    status.mkdir(parents=True)
    (status / "1.md").write_text(check_in("blocked", needs="A key."))
    work = work_of(branch(repo, "agent/y"))
    assert [c.document.source.uncommitted for c in work.check_ins] == [True]


def test_links_and_long_files_of_a_worktree_are_not_followed_nor_read(desk: Desk, beside: Path) -> None:
    (beside / "status/2.md").symlink_to("/etc/passwd")
    (beside / "packet.md").write_text("x" * (300 << 10))
    work = desk.work()
    assert [c.name for c in work.check_ins] == ["1"]
    assert work.packet is not None
    (problem,) = [p for p in work.packet.document.problems if p.fatal]
    assert problem.message == "it is 307,200 bytes long, so it was not read"


def test_a_linked_ledger_folder_is_not_entered(desk: Desk, tmp_path: Path) -> None:
    desk.repo.commit("agent/z", {"src/a.py": "3\n"}, parents=[desk.root])
    checkout = desk.repo.worktree_add(tmp_path / "z", "agent/z").path
    outside = tmp_path / "outside/tasks/z/status"
    outside.mkdir(parents=True)
    (outside / "1.md").write_text(check_in())
    (checkout / ".agentledger").symlink_to(tmp_path / "outside")
    assert branch(desk.repo, "agent/z").work is None


def test_other_worktrees_and_base_s_own_have_no_say(desk: Desk) -> None:
    desk.repo.checkout("main")
    status = desk.repo.path / FOLDER / "status"
    status.mkdir(parents=True)
    (status / "9.md").write_text(check_in("ready"))
    assert desk.work().check_ins == ()


def test_a_repository_without_any_document_has_no_task(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"src/a.py": "1\n"})
    repo.commit("agent/x", {"src/a.py": "2\n"}, parents=[root])
    repo.commit(CONTROL, {"README.md": "nothing yet\n"}, parents=[])
    fleet_ = fleet(repo)
    assert (fleet_.tasks, named(fleet_)["agent/x"].work) == ((), None)
    assert BRIEF.startswith(TASKS)


def test_a_history_that_breaks_off_is_not_remembered(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "1\n"})
    first = repo.commit("agent/x", {f"{FOLDER}brief.md": brief(owns=["src/**"])}, parents=[root])
    repo.commit("agent/x", {f"{FOLDER}brief.md": brief(owns=["**"])})
    repo.flush()
    damage.unpack(repo)
    tree = repo.git("rev-parse", f"{first.id}:{FOLDER.rstrip('/')}")
    lost = repo.path / ".git/objects" / tree[:2] / tree[2:]
    lost.rename(tmp_path / "kept")
    command.board(repo.path)
    (tmp_path / "kept").rename(lost)
    (task,) = fleet(repo).tasks
    assert task.brief
    assert task.brief.owns == ("src/**",)
