"""Appending to the control branch: what it writes, what it never touches, and races."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import reading
from agentledger.control.append import commit_files, new_document_name, refuse_in_agent_worktree
from agentledger.git import process
from agentledger.model.errors import LedgerError
from agentledger.repository import repository_state
from command import tree
from controls import NAME, REMOTE, diverged, files, read, say
from gitrepo import Repo

pytestmark = pytest.mark.versions

BRIEF = "tasks/login/brief.md"
ANSWER = "tasks/login/answers/1.md"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main, checked out."""
    made = Repo.init(tmp_path / "r")
    made.commit("main", {"a.txt": "1\n"})
    made.checkout()
    return made


def test_the_first_append_makes_the_branch_without_history(repo: Repo) -> None:
    commit = say(repo, BRIEF)
    assert commit == repo.git("rev-parse", NAME)
    assert repo.git("rev-list", "--parents", NAME) == commit
    assert files(repo) == {BRIEF: "said\n"}
    assert repo.git("log", "-1", "--format=%an <%ae>|%cn|%s", NAME) == (
        f"Ada Author <ada@example.com>|Cora Committer|chore(ledger): {BRIEF}"
    )


def test_several_files_go_in_one_commit_and_the_rest_stays(repo: Repo) -> None:
    first = say(repo, BRIEF)
    odd = 'tasks/a "b"\\\n\udcff/x.md'
    content = {odd: b"\0\xff", ANSWER: b""}
    second = commit_files(process.repository_at(repo.path), content, "two lines\n\nof it").commit
    assert repo.git("rev-list", NAME).split() == [second, first]
    assert set(read(repo).files) == {BRIEF, ANSWER, odd}
    assert repo.git_bytes("cat-file", "blob", read(repo).files[odd].blob) == b"\0\xff"


def test_neither_work_tree_nor_index_nor_head_is_touched(repo: Repo) -> None:
    (repo.path / "a.txt").write_text("staged\n")
    repo.git("add", "a.txt")
    (repo.path / "a.txt").write_text("not staged\n")
    before = (
        tree_without_git(repo),
        (repo.path / ".git/index").read_bytes(),
        repo.git("symbolic-ref", "HEAD"),
    )
    say(repo, BRIEF)
    after = (
        tree_without_git(repo),
        (repo.path / ".git/index").read_bytes(),
        repo.git("symbolic-ref", "HEAD"),
    )
    assert before == after


def tree_without_git(repo: Repo) -> dict[str, bytes | None]:
    return {path: body for path, body in tree(repo.path).items() if not path.startswith(".git/")}


def test_variables_of_a_hook_do_not_lead_it_elsewhere(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    commit_files(process.repository_at(repo.path), {BRIEF: b"x"}, "m")
    monkeypatch.undo()
    assert repo.exit_code("rev-parse", "-q", "--verify", NAME) == 0


def test_what_is_there_is_only_replaced_on_purpose(repo: Repo) -> None:
    say(repo, BRIEF, "one\n")
    with pytest.raises(LedgerError, match="is on the control branch already"):
        say(repo, BRIEF, "two\n")
    say(repo, BRIEF, "two\n", replace=True)
    assert files(repo) == {BRIEF: "two\n"}


def test_a_file_is_removed_on_purpose(repo: Repo) -> None:
    say(repo, BRIEF)
    say(repo, ANSWER)
    commit_files(process.repository_at(repo.path), {ANSWER: None}, "m", replace=[ANSWER])
    assert list(files(repo)) == [BRIEF]


@pytest.mark.parametrize("path", ["tasks/login", "tasks/login/brief.md/x"])
def test_a_file_never_takes_the_place_of_a_folder_nor_the_reverse(repo: Repo, path: str) -> None:
    say(repo, BRIEF)
    with pytest.raises(LedgerError, match="is on the control branch already"):
        say(repo, path, replace=True)


@pytest.mark.parametrize(
    "path",
    ["", "tasks", "src/a", "/tasks/x", "tasks/../x", "tasks/.git/x", "tasks/.GIT/x", "tasks//x", "tasks/\0"],
)
def test_paths_that_do_not_belong_there_are_refused(repo: Repo, path: str) -> None:
    with pytest.raises(LedgerError, match="is no path of the control branch"):
        say(repo, path)


def test_a_branch_that_holds_something_else_is_left_as_it_is(repo: Repo) -> None:
    commit = repo.commit(NAME, {"src/a.py": "x"})
    with pytest.raises(LedgerError, match=r"holds src") as caught:
        say(repo, BRIEF)
    assert "[control]" in caught.value.hint
    assert repo.git("rev-parse", NAME) == commit.id


def test_the_remotes_copy_is_continued_where_there_is_no_other(repo: Repo) -> None:
    theirs = repo.commit(REMOTE, {BRIEF: "b\n"})
    commit = say(repo, ANSWER)
    assert repo.git("rev-parse", f"{commit}^") == theirs.id
    assert files(repo) == {ANSWER: "said\n", BRIEF: "b\n"}


def test_the_remotes_copy_is_continued_where_it_is_ahead(repo: Repo) -> None:
    repo.ref(NAME, repo.commit(REMOTE, {BRIEF: "b\n"}))
    ahead = repo.commit(REMOTE, {ANSWER: "phone\n"})
    commit = say(repo, "tasks/login/answers/2.md")
    assert repo.git("rev-parse", f"{commit}^") == ahead.id
    assert len(files(repo)) == 3


def test_diverged_copies_are_united_on_the_way(tmp_path: Path) -> None:
    repo = diverged(tmp_path, {BRIEF: "b"}, {ANSWER: "mine"}, {"tasks/login/answers/2.md": "theirs"})
    sides = repo.git("rev-parse", NAME, REMOTE).split()
    commit = say(repo, "tasks/login/answers/3.md")
    assert repo.git("rev-list", "--parents", "-1", commit).split()[1:] == sides
    assert len(files(repo)) == 4
    assert read(repo).files["tasks/login/answers/3.md"].commit == commit


def test_copies_that_both_changed_a_brief_are_for_sync(tmp_path: Path) -> None:
    repo = diverged(tmp_path, {BRIEF: "b"}, {BRIEF: "mine"}, {BRIEF: "theirs"})
    with pytest.raises(LedgerError, match=f"both changed {BRIEF}") as caught:
        say(repo, ANSWER)
    assert "agentledger sync" in caught.value.hint
    assert files(repo) == {BRIEF: "mine"}


def test_a_worktree_that_has_it_checked_out_is_not_left_behind(repo: Repo, tmp_path: Path) -> None:
    say(repo, BRIEF)
    repo.worktree_add(tmp_path / "it's", NAME)
    with pytest.raises(LedgerError, match="is checked out in") as caught:
        say(repo, ANSWER)
    assert "switch --detach" in caught.value.hint
    subprocess.run(caught.value.hint.partition("then: ")[2], shell=True, check=True, capture_output=True)  # noqa: S602
    say(repo, ANSWER)


def test_without_an_author_nothing_is_written(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        monkeypatch.delenv(name)
    repo.git("config", "user.useConfigOnly", "true")
    with pytest.raises(LedgerError, match="who you are") as caught:
        say(repo, BRIEF)
    assert "user.email" in caught.value.hint
    assert repo.exit_code("rev-parse", "-q", "--verify", NAME) == 1
    repo.git("config", "user.name", "Zoë")
    repo.git("config", "user.email", "z@example.com")
    say(repo, BRIEF)
    assert repo.git("log", "-1", "--format=%an", NAME) == "Zoë"


def at(folder: Path) -> None:
    """The refusal as a command of the manager's, started in a folder, meets it."""
    refuse_in_agent_worktree(repository_state.observe_repository(folder, None, ()), reading.fleet(folder))


def test_agents_worktrees_are_no_place_for_the_managers_commands(repo: Repo, tmp_path: Path) -> None:
    for branch in ("agent/x", "feature"):
        repo.git("branch", branch, "main")
        repo.worktree_add(tmp_path / branch, branch)
    with pytest.raises(LedgerError, match="agent/x, an agent's branch") as caught:
        at(tmp_path / "agent/x")
    assert str(repo.path) in caught.value.hint
    at(tmp_path / "feature")
    at(repo.path)
    repo.git("switch", "-q", "-c", "agent/y")
    at(repo.path)


def test_policy_and_the_tasks_say_which_branches_are_agents(repo: Repo, tmp_path: Path) -> None:
    brief = "---\ntask: x\nowns: ['a']\nbranch: feature\n---\n"
    base = repo.commit("main", {".agentledger/config.toml": 'branches = ["bot/*"]\n'})
    for branch in ("feature", "bot/1", "agent/other"):
        repo.ref(branch, base)
    repo.flush()
    say(repo, BRIEF.replace("login", "x"), brief)
    for branch in ("feature", "bot/1", "agent/other"):
        repo.worktree_add(tmp_path / branch, branch)
    for branch in ("feature", "bot/1"):
        with pytest.raises(LedgerError, match=f"{branch}, an agent's branch"):
            at(tmp_path / branch)
    at(tmp_path / "agent/other")


def test_a_bare_sha256_repository_is_as_good(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path, "sha256", bare=True)
    assert len(say(repo, BRIEF)) == 64
    say(repo, ANSWER)
    assert len(files(repo)) == 2


def test_a_commit_is_a_few_loose_objects_and_no_pack(repo: Repo) -> None:
    before = repo.count_objects()
    say(repo, BRIEF)
    assert repo.count_objects() == before + 5  # commit, three trees, blob
    assert not list((repo.path / ".git/objects/pack").glob("*.pack"))


def test_names_of_documents_tell_the_second_and_never_collide() -> None:
    first, second = new_document_name(1_795_428_900, b"a"), new_document_name(1_795_428_900, b"b")
    assert first != second
    assert first == f"20261123T101500Z-{first[17:21]}.md"
