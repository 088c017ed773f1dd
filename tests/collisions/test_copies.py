"""Which commits are on two branches under different ids: by cherry-pick, by rebase, by hand, or not at all.

Belongs here: what is found in real repositories. Does not: what the rule says of it (see `rules.fleet` and
tests/e2e/test_copied_commits.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentledger.collisions.copied import same_commits
from agentledger.model.collisions import Copy
from gitrepo import START, Commit, Content, Repo
from reading import fleet, git_commands

LINES = [f"line {n}" for n in range(30)]
CODE = "".join(f"def f{n}(x):\n    a = x\n    b = a\n    c = b\n    return c\n\n\n" for n in range(4))
START_FILES: dict[str, Content] = {
    "long.txt": "\n".join(LINES) + "\n",
    "code.py": CODE,
    "if.py": "if x:\n    y = 1\n    z = 2\nw = 3\n",
    "version.txt": "version = 1.2.3\n",
    "old.py": "old = 1\n" * 30,
    "name.py": "name = 1\n" * 30,
    "picture.png": b"\0\1" * 60,
    "run.sh": "echo run\n",
    "a b.txt": "blank\n" * 9,
    "ab.txt": "blank\n" * 9,
}
NEW = "def new(x):\n    return x * 2\n" * 8


def edit(change: Mapping[int, str]) -> str:
    """long.txt with other lines at these numbers."""
    return "\n".join(change.get(n, line) for n, line in enumerate(LINES)) + "\n"


class Story:
    """A repository in which commits come to other branches in every way."""

    def __init__(self, folder: Path, object_format: str = "sha1") -> None:
        self.repo = Repo.init(folder, object_format)
        self.first = self.repo.commit("main", START_FILES)
        self.main = self.repo.commit("main", {"long.txt": edit({29: "main has moved"})})
        self.at = START + 600

    def commit(
        self, branch: str, files: Mapping[str, Content], subject: str = "", start: bool = True, **rest: Any
    ) -> Commit:
        """A commit on `agent/BRANCH`, a minute after the one before, which begins at base's first commit."""
        self.at += 60
        values: dict[str, Any] = {"at": self.at, "message": subject or f"Work of {branch}", **rest}
        if start:
            values.setdefault("parents", [self.first])
        return self.repo.commit(f"agent/{branch}", files, **values)

    def both(self, name: str, files: Mapping[str, Content]) -> Commit:
        """What a cherry-pick onto base's tip comes to, without the wait for it."""
        at = self.at + 60
        first = self.commit(f"{name}-a", files, at=at, message=name)
        self.commit(f"{name}-b", files, at=at, message=name, parents=[self.main], committed_at=at + 30)
        return first

    def pick(self, branch: str, commit: Commit) -> None:
        """A real cherry-pick onto a branch that begins at base's tip."""
        self.repo.git("checkout", "-q", "-f", "-B", f"agent/{branch}", self.main.id)
        with self.later():
            self.repo.git("cherry-pick", commit.id)

    @contextmanager
    def later(self) -> Iterator[None]:
        """What git commits meanwhile is committed after all that was made here."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("GIT_COMMITTER_DATE", f"{self.at + 30} +0000")
            yield


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    told = Story(tmp_path_factory.mktemp("copies") / "r")
    commit, pick, git = told.commit, told.pick, told.repo.git
    # Picked, also where a line beside it is another one, and by hand at another time.
    pick("picked-b", commit("picked-a", {"long.txt": edit({5: "five"})}, "Say five"))
    at = told.at
    commit("beside-a", {"long.txt": edit({12: "twelve"})})
    commit("beside-b", {"long.txt": edit({12: "twelve", 13: "neighbour"})})
    commit("context-a", {"long.txt": edit({15: "fifteen"})}, at=at)
    commit("context-b", {"long.txt": edit({16: "neighbour"})})
    commit("context-b", {"long.txt": edit({15: "fifteen", 16: "neighbour"})}, at=at, start=False)
    commit("hand-a", {"src/new.py": NEW})
    commit("hand-b", {"src/new.py": NEW})
    commit("stranger-a", {"src/strange.py": NEW}, author=("Ann", "ann@example.com"))
    commit("stranger-b", {"src/strange.py": NEW}, author=("Bob", "bob@example.com"))
    # Rebased under another name.
    commit("twin-a", {"twin1.txt": "one\n"}, "One of two")
    commit("twin-a", {"twin2.txt": "two\n"}, "Two of two", start=False)
    git("checkout", "-q", "-f", "-B", "agent/twin-b", "agent/twin-a")
    with told.later():
        git("rebase", "-q", "main")
    # Amended: in its message, and in what it does.
    commit("amended-a", {"amend.txt": "one\n"}, "A message", at=at)
    commit("amended-b", {"amend.txt": "one\n"}, "A better message", at=at, committed_at=at + 9)
    commit("changed-a", {"change.txt": "one\n"}, at=at)
    commit("changed-b", {"change.txt": "two\n"}, at=at, committed_at=at + 9)
    # Taken back again, merged as it is, in base by another way.
    back = commit("reverted-a", {"back.txt": "one\n"})
    pick("reverted-b", back)
    git("revert", "--no-edit", "HEAD")
    merged = commit("merged-a", {"merged.txt": "one\n"})
    told.repo.merge("agent/merged-b", [told.main, merged], {"merged.txt": "one\n"})
    # A commit of a newer base than the one that is here, picked by one and merged in by another.
    newer = commit("newer-a", {"newer.txt": "one\n"}, at=at)
    elsewhere = told.repo.commit("refs/elsewhere", {"newer.txt": "one\n"}, parents=[told.main], at=at)
    told.repo.merge("agent/newer-b", [told.main, elsewhere], {"newer.txt": "one\n"})
    assert newer.id != elsewhere.id
    # Names, modes and kinds of files.
    told.both("blank", {"dir/a b\tc.txt": "odd name\n"})
    commit("path-a", {"a b.txt": "blank\n" * 9 + NEW}, "Add to a file", at=at)
    commit("path-b", {"ab.txt": "blank\n" * 9 + NEW}, "Add to a file", at=at)
    told.both("binary", {"picture.png": b"\0\2" * 60})
    commit("picture-a", {"picture.png": b"\0\3" * 60}, at=at)
    commit("picture-b", {"picture.png": b"\0\4" * 60}, at=at)
    told.both("renamed", {"name.py": None, "names/name.py": "name = 1\n" * 30})
    told.both("mode", {"run.sh": ("100755", "echo run\n")})
    # Only in white space; and the same lines in another function.
    commit("indent-a", {"if.py": "if x:\n    y = 1\nz = 2\nw = 3\n"}, "Fix it", at=at)
    commit("indent-b", {"if.py": "if x:\n    y = 1\n    z = 2 \nw = 3\n"}, "Fix it", at=at)
    added = (
        "    b = a\n    assert a is not None, 'it is never given as None, as its caller has looked at it'\n"
    )
    functions = CODE.split("\n\n\n")
    commit("place-a", {"code.py": CODE.replace("    b = a\n", added, 1)}, "Assert")
    third = [text.replace("    b = a\n", added) if n == 2 else text for n, text in enumerate(functions)]
    commit("place-b", {"code.py": "\n\n\n".join(third)}, "Assert")
    # What everybody writes.
    commit("bump-a", {"version.txt": "version = 1.2.4\n"}, "Bump the version")
    commit("bump-b", {"version.txt": "version = 1.2.4\n"}, "Release 1.2.4")
    commit("lock-a", {"uv.lock": "package\n" * 40}, "Lock")
    commit("lock-b", {"uv.lock": "package\n" * 40}, "Lock again")
    commit("gone-a", {"old.py": None}, "Remove what is old")
    commit("gone-b", {"old.py": None}, "Clean up")
    commit("empty-a", {}, "Nothing", at=at)
    commit("empty-b", {}, "Nothing", at=at, committed_at=at + 9)
    ledger = {".agentledger/tasks/x/status/1.md": "the same\n"}
    commit("ledger-a", ledger, "chore(ledger): check-in", at=at)
    commit("ledger-b", ledger, "chore(ledger): check-in", at=at, committed_at=at + 9)
    # Beside the ledger of each.
    commit("mixed-a", {"mixed.txt": "one\n", ".agentledger/tasks/a/status/1.md": "a\n"}, at=at)
    commit("mixed-b", {"mixed.txt": "one\n", ".agentledger/tasks/b/status/1.md": "b\n"}, at=at)
    # The head of one is the head of another.
    head = commit("head-a", {"head.txt": "one\n"})
    told.repo.ref("agent/head-b", head)
    # Base's own commit, which both have picked.
    landed = {"landed.txt": "one\n"}
    told.repo.commit("main", landed, parents=[told.main], at=at)
    told.both("landed", landed)
    told.repo.git("checkout", "-q", "-f", "main")
    return told.repo


def short(ref: str) -> str:
    return ref.removeprefix("refs/heads/agent/")


def find(repo: Repo | Path) -> tuple[Copy, ...]:
    collisions = fleet(repo, pairs=True).collisions
    assert collisions is not None
    return collisions.copies


@pytest.fixture(scope="module")
def pairs(story: Repo) -> dict[tuple[str, str], list[Copy]]:
    found: dict[tuple[str, str], list[Copy]] = {}
    for copy in find(story):
        found.setdefault((short(copy.a), short(copy.b)), []).append(copy)
    return found


COPIED = {
    "picked": ["long.txt"],
    "context": ["long.txt"],
    "hand": ["src/new.py"],
    "amended": ["amend.txt"],
    "blank": ["dir/a b\tc.txt"],
    "binary": ["picture.png"],
    "renamed": ["name.py", "names/name.py"],
    "mode": ["run.sh"],
    "mixed": ["mixed.txt"],
}


def test_these_are_copies_and_no_others(pairs: dict[tuple[str, str], list[Copy]]) -> None:
    """Not: stranger, changed, reverted, merged, newer, path, picture, indent, place, bump, lock, gone and the rest."""
    assert sorted(pairs) == sorted((f"{name}-a", f"{name}-b") for name in (*COPIED, "twin"))


@pytest.mark.parametrize("name", COPIED)
def test_a_copy_names_both_commits_and_the_paths(
    name: str, story: Repo, pairs: dict[tuple[str, str], list[Copy]]
) -> None:
    (copy,) = pairs[f"{name}-a", f"{name}-b"]
    assert [copy.commit_a, copy.commit_b] == [story.git("rev-parse", f"agent/{name}-{x}") for x in "ab"]
    assert [path.decode() for path in copy.paths] == COPIED[name]
    assert (copy.author, copy.outside_a, copy.outside_b, copy.rivals) == ("Ann", (), (), False)
    # Where both were made in the same second, none is called the later.
    assert short(copy.later) == (f"{name}-b" if name not in ("context", "mixed") else "")


def test_a_rebased_branch_has_each_of_its_commits_twice(pairs: dict[tuple[str, str], list[Copy]]) -> None:
    assert [copy.subject for copy in pairs["twin-a", "twin-b"]] == ["One of two", "Two of two"]
    assert {short(copy.later) for copy in pairs["twin-a", "twin-b"]} == {"twin-b"}


def test_an_amended_one_has_the_words_of_the_earlier(pairs: dict[tuple[str, str], list[Copy]]) -> None:
    assert [copy.subject for copy in pairs["amended-a", "amended-b"]] == ["A message"]


def test_one_branch_alone_can_be_asked_for(story: Repo) -> None:
    collisions = fleet(story, pairs=True, pairs_of="agent/twin-b").collisions
    assert collisions is not None
    assert [(short(copy.a), short(copy.b)) for copy in collisions.copies] == [("twin-a", "twin-b")] * 2


def test_what_many_branches_have_is_named_once_a_branch(tmp_path: Path) -> None:
    told = Story(tmp_path / "r")
    for number in range(12):
        told.commit(
            f"{number:02}", {"same.txt": "one\n"}, "All the same", at=START, committed_at=START + number
        )
    found = find(told.repo)
    assert [(short(copy.a), short(copy.b)) for copy in found] == [("00", f"{n:02}") for n in range(1, 12)]


def test_of_branches_that_share_a_commit_the_lowest_is_named(tmp_path: Path) -> None:
    told = Story(tmp_path / "r")
    lowest = told.both("x", {"x.txt": "one\n"})
    for number in range(3):
        told.commit(f"above-{number}", {f"{number}.txt": "more\n"}, parents=[lowest])
    assert [(short(copy.a), short(copy.b)) for copy in find(told.repo)] == [("x-a", "x-b")]


def test_two_copies_of_one_branch_are_no_two_branches(tmp_path: Path) -> None:
    told = Story(tmp_path / "r")
    commit = told.commit("x", {"x.txt": "one\n"})
    told.pick("y", commit)
    told.repo.ref("refs/remotes/fork/agent/x", told.repo.git("rev-parse", "agent/y"))
    told.repo.git("remote", "add", "fork", "/nowhere")
    assert {(copy.a, copy.b) for copy in find(told.repo)} == {("refs/heads/agent/x", "refs/heads/agent/y")}


def test_no_more_than_the_newest_commits_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_commits, "MOST_COMMITS", 2)
    told = Story(tmp_path / "r")
    told.pick("b", told.commit("a", {"x.txt": "one\n"}))
    told.commit("a", {"1.txt": "1\n"}, start=False)
    assert len(find(told.repo)) == 1
    told.commit("a", {"2.txt": "2\n"}, start=False)
    collisions = fleet(told.repo, pairs=True).collisions
    assert collisions is not None
    assert collisions.copies == ()
    assert collisions.cut == ("refs/heads/agent/a",)


def test_a_clone_without_the_blobs_finds_what_ids_show(story: Repo, tmp_path: Path) -> None:
    """A file that both add is the same by its id; for what both edit, the lines are not here."""
    lacking = story.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    lacking.git("remote", "set-url", "origin", "file:///nowhere")
    found = {copy.paths[0].decode() for copy in find(lacking)}
    by_lines = {"long.txt", "src/new.py"}
    assert found == {paths[0] for paths in COPIED.values()} - by_lines | {"twin1.txt", "twin2.txt"}


def test_a_repository_with_sha_256(tmp_path: Path) -> None:
    told = Story(tmp_path / "r", object_format="sha256")
    told.pick("b", told.commit("a", {"long.txt": edit({5: "five"})}))
    (copy,) = find(told.repo)
    assert len(copy.commit_a) == 64


def test_more_branches_start_no_more_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for size in (4, 12):
        told = Story(tmp_path / f"r{size}")
        for n in range(size):
            for branch, committed_at in ((f"a{n}", START), (f"b{n}", START + 1)):
                told.commit(branch, {"long.txt": edit({n: "edited"})}, at=START, committed_at=committed_at)
        with git_commands(monkeypatch, tmp_path / f"trace{size}") as counted:
            assert len(find(told.repo)) == size
        counts.append(counted["diff-tree"] + counted["cat-file"])
    assert counts[1] <= counts[0] + 1
