"""The control branch as it is read: both copies in one, who added what, and what is no control branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.control.control_files import FOLDER_MODE, LINK_MODE, SUBMODULE_MODE, Kept, Side
from agentledger.model.fleet import Person, Sync
from controls import NAME, REMOTE, diverged, read
from damage import remove, unpack
from gitrepo import START, Repo
from reading import git_commands

BRIEF = "tasks/login/brief.md"
ANSWER = "tasks/login/answers/1.md"
ANN = Person("Ann", "ann@example.com")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


def test_a_repository_without_one_has_none(repo: Repo) -> None:
    repo.commit("main", {"a": "1"})
    control = read(repo)
    assert (control.relation, dict(control.files), control.foreign, control.notes) == (None, {}, False, ())


def test_each_file_has_the_commit_that_gave_it_its_content(repo: Repo) -> None:
    first = repo.commit(NAME, {BRIEF: "one\n", ANSWER: "a\n"}, author=("Ann", "ann@example.com"))
    second = repo.commit(NAME, {BRIEF: "two!\n"}, author=("Bob", "bob@example.com"))
    control = read(repo)
    brief, answer = control.files[BRIEF], control.files[ANSWER]
    assert (brief.commit, brief.at, brief.by) == (second.id, START + 120, Person("Bob", "bob@example.com"))
    assert (answer.commit, answer.at, answer.by) == (first.id, START + 60, ANN)
    assert (brief.size, brief.mode, brief.plain) == (5, "100644", True)
    assert (control.relation, brief.side, control.ref(brief)) == (
        Sync.LOCAL,
        Side.LOCAL,
        f"refs/heads/{NAME}",
    )
    assert brief.blob == repo.git("rev-parse", f"{NAME}:{BRIEF}")


def test_every_version_of_a_brief_is_remembered(repo: Repo) -> None:
    versions = [repo.commit(NAME, {BRIEF: text}).id for text in ("one", "two", "three")]
    repo.commit(NAME, {BRIEF: None, "tasks/login/branch/x/brief.md": "not this one"})
    blobs = {repo.git("rev-parse", f"{commit}:{BRIEF}") for commit in versions}
    assert read(repo).earlier_briefs == {"login": blobs}


@pytest.mark.parametrize(
    ("local", "remote", "relation", "sides"),
    [
        (1, 0, Sync.AHEAD, (Side.BOTH, Side.LOCAL)),
        (0, 1, Sync.BEHIND, (Side.BOTH, Side.REMOTE)),
        (1, 1, Sync.SAME, (Side.BOTH, Side.BOTH)),
        (None, 1, Sync.REMOTE, (Side.REMOTE, Side.REMOTE)),
    ],
)
def test_of_two_copies_the_one_that_contains_the_other_counts(
    repo: Repo, local: int | None, remote: int, relation: Sync, sides: tuple[Side, Side]
) -> None:
    commits = [repo.commit("made", {BRIEF: "b"}), repo.commit("made", {ANSWER: "a"})]
    if local is not None:
        repo.ref(NAME, commits[local])
    repo.ref(REMOTE, commits[remote])
    control = read(repo)
    assert control.relation is relation
    assert (control.files[BRIEF].side, control.files[ANSWER].side) == sides
    assert control.ref(control.files[BRIEF]) == REMOTE
    assert control.notes == ()


def test_a_remote_of_another_name_is_found(repo: Repo) -> None:
    repo.commit(f"refs/remotes/work/place/{NAME}", {BRIEF: "b"})
    repo.git("config", "remote.work/place.url", "nowhere")
    assert read(repo).relation is Sync.REMOTE


def test_diverged_copies_are_shown_as_one_and_said_to_be_two(tmp_path: Path) -> None:
    repo = diverged(
        tmp_path,
        {BRIEF: "b"},
        {ANSWER: "mine", BRIEF: "b mine"},
        {"tasks/login/answers/2.md": "t", BRIEF: "b t"},
    )
    control = read(repo)
    assert control.relation is Sync.DIVERGED
    mine = repo.git("rev-parse", NAME)
    beside = f"tasks/login/brief.{mine[:8]}.md"
    assert list(control.files) == sorted([ANSWER, "tasks/login/answers/2.md", BRIEF, beside])
    assert control.kept == (Kept(BRIEF, beside),)
    assert control.files[BRIEF].by == Person("Theo", "theo@example.com")
    assert control.files[beside].by == Person("Mia", "mia@example.com")
    assert len(control.earlier_briefs["login"]) == 3
    assert [note for note in control.notes if "diverged" in note and "agentledger sync" in note]
    assert [note for note in control.notes if BRIEF in note and beside in note]


def test_what_only_a_merge_holds_is_the_merges_own(repo: Repo) -> None:
    root = repo.commit(NAME, {BRIEF: "b"})
    one = repo.commit("one", {ANSWER: "1"}, parents=[root])
    two = repo.commit("two", {"tasks/login/answers/2.md": "2"}, parents=[root])
    merge = repo.merge(NAME, [one, two], {"tasks/login/answers/2.md": "2", "tasks/login/brief.0.md": "kept"})
    files = read(repo).files
    assert files[ANSWER].commit == one.id
    assert files["tasks/login/answers/2.md"].commit == two.id
    assert files["tasks/login/brief.0.md"].commit == merge.id


def test_links_submodules_and_folders_are_listed_as_what_they_are(repo: Repo) -> None:
    repo.commit(
        NAME,
        {
            "tasks/a/brief.md": ("120000", "/etc/passwd"),
            "tasks/b/brief.md": ("160000", "1" * 40),
            "tasks/c/brief.md/inside": "x",
        },
    )
    files = read(repo).files
    modes = {path: files[path].mode for path in ("tasks/a/brief.md", "tasks/b/brief.md", "tasks/c/brief.md")}
    assert list(modes.values()) == [LINK_MODE, SUBMODULE_MODE, FOLDER_MODE]
    assert not any(files[path].plain for path in modes)


def test_paths_of_any_bytes_come_through(repo: Repo) -> None:
    odd = b'tasks/t/answers/\xff \n"\t.md'
    commit = repo.commit(NAME, {odd: "x"})
    (entry,) = read(repo).files.values()
    assert (entry.path.encode("utf-8", "surrogateescape"), entry.commit) == (odd, commit.id)


@pytest.mark.parametrize(
    "content",
    [
        {"src/a.py": "x", "README.md": "x"},
        {"tasks": "a file"},
        {"tasks": ("120000", "elsewhere")},
        {".agentledger/tasks/x/brief.md": "x"},
        {"tasks/x/brief.md": "x", "setup.py": "x"},
    ],
)
def test_a_persons_branch_of_that_name_is_left_alone(repo: Repo, content: dict[str, str]) -> None:
    repo.commit(NAME, content)
    control = read(repo)
    assert control.foreign
    assert not control.files
    (note,) = control.notes
    assert f"refs/heads/{NAME} is not the control branch: it holds" in note
    assert "[control]" in note


def test_a_readme_and_what_a_forge_needs_may_be_there(repo: Repo) -> None:
    repo.commit(NAME, {"README.md": "x", ".gitattributes": "x", ".github/x.yml": "x", BRIEF: "x"})
    assert not read(repo).foreign


def test_an_empty_tree_is_an_empty_control_branch(repo: Repo) -> None:
    repo.commit(NAME, {})
    control = read(repo)
    assert (control.relation, dict(control.files), control.foreign) == (Sync.LOCAL, {}, False)


def test_a_name_that_stands_for_another_branch_is_refused(repo: Repo) -> None:
    repo.commit("main", {"tasks/x/brief.md": "x"})
    repo.git("symbolic-ref", f"refs/heads/{NAME}", "refs/heads/main")
    control = read(repo)
    assert control.foreign
    assert "points to refs/heads/main" in control.notes[0]


def test_another_name_is_read_when_policy_says_so(repo: Repo) -> None:
    repo.commit(NAME, {"src/a.py": "x"})
    repo.commit("fleet-control", {BRIEF: "x"})
    assert list(read(repo, "fleet-control").files) == [BRIEF]


def test_a_damaged_copy_leaves_the_other_one(repo: Repo) -> None:
    repo.commit(REMOTE, {BRIEF: "b"})
    repo.commit(NAME, {ANSWER: "a"})
    repo.flush()
    unpack(repo)
    remove(repo, f"{NAME}^{{tree}}")
    control = read(repo)
    assert list(control.files) == [BRIEF]
    assert "cannot be read" in control.notes[0]


def test_a_damaged_history_leaves_the_files(repo: Repo) -> None:
    first = repo.commit(NAME, {BRIEF: "b"})
    repo.commit(NAME, {ANSWER: "a"})
    repo.flush()
    unpack(repo)
    remove(repo, first.id)
    control = read(repo)
    assert list(control.files) == [ANSWER, BRIEF]
    assert control.files[BRIEF].commit is None
    assert "cannot be read to its end" in control.notes[0]


def test_a_missing_document_has_no_size_and_fetches_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("main", {"a": "1"})
    repo.commit(NAME, {BRIEF: "b"})
    clone = repo.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    with git_commands(monkeypatch, tmp_path / "trace") as started:
        control = read(clone)
    assert control.files[BRIEF].size is None
    assert started["fetch"] == 0


def test_where_history_is_cut_off_nobody_is_named(repo: Repo, tmp_path: Path) -> None:
    repo.commit(NAME, {BRIEF: "b"})
    last = repo.commit(NAME, {ANSWER: "a"}, author=("Bob", "bob@example.com"))
    cut = repo.clone(tmp_path / "cut", "--depth=1", "--no-single-branch")
    control = read(cut)
    assert {control.files[path].commit for path in (BRIEF, ANSWER)} == {None}
    assert last.id == cut.git("rev-parse", REMOTE)


def test_a_number_of_processes_that_does_not_grow(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        repo.commit(NAME, {f"tasks/t{number}/brief.md": str(number)})
    repo.ref(REMOTE, repo.commit("older", {"tasks/t/brief.md": "x"}))
    repo.flush()
    with git_commands(monkeypatch, tmp_path / "trace") as started:
        assert len(read(repo).files) == 61
    assert started["log"] == 1
    assert started["ls-tree"] == 2
    assert sum(started.values()) <= 10
