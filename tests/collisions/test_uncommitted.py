"""Uncommitted work takes part as a commit would have it, byte by byte, and nothing of the user's runs meanwhile."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from agentledger.collisions.uncommitted import write_uncommitted
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import objects
from agentledger.git.process import repository_at
from agentledger.git.scratch import open_scratch
from agentledger.model.collisions import Uncommitted
from agentledger.repository import uncommitted_files
from agentledger.repository.repository_state import observe_repository
from gitrepo import START, Repo
from reading import NOW, fleet

MIB = 1 << 20
ODD = b"d/od\xffd\nname"


class Written(NamedTuple):
    """The work of one branch, and the files of its commit: mode and id by path."""

    work: Uncommitted
    files: dict[bytes, tuple[str, str]]

    @property
    def skipped(self) -> dict[bytes, str]:
        return dict(self.work.skipped)


def write(repo: Repo, between: object = None) -> dict[str, Written]:
    """By branch, what is uncommitted in the worktrees; `between` is called once git has listed it."""
    repo.flush()
    with snapshot.open_snapshot(repo.path, Request(now=NOW)) as seen:
        branches = seen.fleet.branches
    observed = observe_repository(repo.path, None, ())
    if callable(between):
        between()
    with open_scratch(observed.place) as scratch:
        works = write_uncommitted(scratch, observed, branches)
        return {
            work.ref.removeprefix("refs/heads/"): Written(
                work, objects.read_files(scratch.git, work.head) if work.head else {}
            )
            for work in works
        }


def blob(repo: Repo, content: bytes) -> str:
    return objects.blob_id(content, "sha1")


class Kinds(NamedTuple):
    repo: Repo
    top: Path
    sub: str
    written: Written


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    """A worktree with a file of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    sub = Repo.init(folder / "sub")
    first = sub.commit("main", {"s": "1\n"})
    second = sub.commit("main", {"s": "2\n"})
    sub.flush()
    repo = Repo.init(folder / "r")
    tracked = (
        "same modified staged both deleted unstaged cut grown mode gone unlinked ends large filled".split()
    )
    base = repo.commit(
        "main",
        {
            **{name: f"{name}\n" for name in tracked},
            "folder/a": "a\n",
            "folder/b/c": "c\n",
            "file": "file\n",
            "Case": "upper\n",
            "sparse/s": "sparse\n",
            "pipe": "pipe\n",
            "swapped/f": "f\n",
            "deep/deeper/x": "x\n",
            "deep/y": "y\n",
            "link": ("120000", "same"),
            "linked": "linked\n",
            "moved": ("160000", first.id),
            "staged-sub": ("160000", first.id),
            "inner": ("160000", first.id),
            ".gitignore": "ignored\n",
            ".agentledger/note": "n\n",
        },
    )
    repo.commit("agent/kinds", {"own": "own\n"}, parents=[base])
    repo.checkout()
    top = folder / "wt \udcff"
    at = repo.worktree_add(top, "agent/kinds")
    fill(at, sub, first.id, second.id)
    return Kinds(repo, top, second.id, write(repo, lambda: change_meanwhile(top, folder))["agent/kinds"])


def fill(at: Repo, sub: Repo, first: str, second: str) -> None:
    """Change one file of each kind in the worktree."""
    top = at.path
    for name in ("modified", "both", "filled"):
        (top / name).write_text(f"{name} 1\n")
    (top / "staged").write_text("staged 1\n")
    at.git("add", "staged", "both")
    (top / "both").write_text("both 2\n")
    (top / "deleted").unlink()
    at.git("rm", "-q", "--cached", "unstaged")
    at.git("rm", "-q", "cut")
    (top / "same").touch()
    (top / "mode").chmod(0o755)
    at.git("rm", "-qr", "--cached", "folder")
    for name in ("folder/a", "folder/b/c", "deep/deeper/x", "file"):
        (top / name).unlink()
    (top / "folder/b").rmdir()
    (top / "folder").rmdir()
    (top / "deep/deeper").rmdir()
    (top / "folder").write_text("a file now\n")
    (top / "file").mkdir()
    (top / "file/inside").write_text("inside\n")
    (top / "case").write_text("lower\n")
    (top / "untracked").write_text("new\n")
    (top / "ignored").write_text("ignored\n")
    (top / "intent").write_text("intent\n")
    at.git("add", "-N", "intent")
    (top / "script").write_text("#!/bin/sh\n")
    (top / "script").chmod(0o755)
    Path(os.fsdecode(os.fsencode(top) + b"/d")).mkdir()
    Path(os.fsdecode(os.fsencode(top) + b"/" + ODD)).write_bytes(b"odd\n")
    (top / "link").unlink()
    (top / "link").symlink_to("/etc/hostname")
    (top / "linked").unlink()
    (top / "linked").symlink_to("nowhere")
    at.git("update-index", "--skip-worktree", "sparse/s")
    (top / "sparse/s").unlink()
    (top / "large").write_bytes(b"x" * (MIB + 1))
    (top / "limit").write_bytes(b"y" * MIB)
    (top / "pipe").unlink()
    os.mkfifo(top / "pipe")
    (top / "swapped/f").write_text("f 2\n")
    for name in ("vanished", "piped"):
        (top / name).write_text("for now\n")
    (top / ".agentledger/note").write_text("n 2\n")
    (top / ".agentledger/tasks").mkdir()
    (top / ".agentledger/tasks/t").write_text("t\n")
    for name in ("moved", "staged-sub", "inner", "nested"):
        sub.git("clone", "-q", str(sub.path), str(top / name))
    Repo(top / "moved").git("checkout", "-q", second)
    Repo(top / "staged-sub").git("checkout", "-q", second)
    at.git("add", "staged-sub")
    Repo(top / "inner").git("checkout", "-q", first)
    (top / "inner/s").write_text("changed\n")
    # A socket's path may have some hundred bytes.
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(top):
        listening.bind("socket")


def change_meanwhile(top: Path, outside: Path) -> None:
    """What changes between listing and reading."""
    (top / "vanished").unlink()
    (top / "piped").unlink()
    os.mkfifo(top / "piped")
    (outside / "elsewhere").mkdir()
    (outside / "elsewhere/f").write_text("secret\n")
    (top / "swapped/f").unlink()
    (top / "swapped").rmdir()
    (top / "swapped").symlink_to(outside / "elsewhere")


FILES: dict[str, tuple[bytes, str, bytes] | tuple[bytes, None, None]] = {
    "touched only": (b"same", "100644", b"same\n"),
    "modified": (b"modified", "100644", b"modified 1\n"),
    "staged": (b"staged", "100644", b"staged 1\n"),
    "staged, then changed": (b"both", "100644", b"both 2\n"),
    "deleted": (b"deleted", None, None),
    "deleted and staged": (b"cut", None, None),
    "out of the index, still there": (b"unstaged", "100644", b"unstaged\n"),
    "mode": (b"mode", "100755", b"mode\n"),
    "untracked": (b"untracked", "100644", b"new\n"),
    "untracked and executable": (b"script", "100755", b"#!/bin/sh\n"),
    "ignored": (b"ignored", None, None),
    "intent to add": (b"intent", "100644", b"intent\n"),
    "a file in place of a folder": (b"folder", "100644", b"a file now\n"),
    "gone with its folder": (b"folder/b/c", None, None),
    "a folder in place of a file": (b"file/inside", "100644", b"inside\n"),
    "the file that a folder took the place of": (b"file", None, None),
    "an emptied folder": (b"deep/deeper/x", None, None),
    "beside an emptied folder": (b"deep/y", "100644", b"y\n"),
    "other case": (b"case", "100644", b"lower\n"),
    "its twin": (b"Case", "100644", b"upper\n"),
    "odd name": (ODD, "100644", b"odd\n"),
    "link out of the worktree": (b"link", "120000", b"/etc/hostname"),
    "link in place of a file": (b"linked", "120000", b"nowhere"),
    "left out by a sparse checkout": (b"sparse/s", "100644", b"sparse\n"),
    "of 1 MiB": (b"limit", "100644", b"y" * MIB),
    "socket": (b"socket", None, None),
    "the ledger's own": (b".agentledger/note", "100644", b"n\n"),
    "the ledger's own, new": (b".agentledger/tasks/t", None, None),
    "larger, so as committed": (b"large", "100644", b"large\n"),
    "a pipe, so as committed": (b"pipe", "100644", b"pipe\n"),
    "a link took its folder's place, so as committed": (b"swapped/f", "100644", b"f\n"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_in_the_commit_as_its_bytes_lie_there(kinds: Kinds, kind: str) -> None:
    path, mode, content = FILES[kind]
    expected = None if content is None else (mode, blob(kinds.repo, content))
    assert kinds.written.files.get(path) == expected


SKIPPED = {
    b"large": "larger than 1 MiB",
    b"pipe": "it is no regular file",
    b"piped": "it is no regular file",
    b"vanished": "it was gone when it was read",
    b"swapped/f": "it was gone when it was read",
    b"inner": "only files inside the submodule have changed",
    b"nested/": "it is a repository of its own",
}


def test_what_is_left_out_is_said(kinds: Kinds) -> None:
    assert kinds.written.skipped == SKIPPED


def test_a_submodule_is_the_commit_that_is_checked_out_in_it(kinds: Kinds) -> None:
    files = kinds.written.files
    assert files[b"moved"] == files[b"staged-sub"] == ("160000", kinds.sub)


def test_the_commit_is_what_git_itself_would_commit(kinds: Kinds) -> None:
    """All but what is left out, which git is kept from adding here."""
    at = Repo(kinds.top)
    index = Path(at.git("rev-parse", "--git-path", "index"))
    copy = kinds.repo.path / ".git/index-of-test"
    copy.write_bytes(index.read_bytes())
    # git takes no path that is beyond a link.
    left_out = {path.removesuffix(b"/f").rstrip(b"/") for path in SKIPPED} | {b".agentledger"}
    excluded = [f":(exclude,literal){os.fsdecode(path)}" for path in left_out]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_INDEX_FILE", str(copy))
        at.git("add", "--all", "--", ".", *excluded)
        tree = at.git("write-tree")
    assert objects.read_files(repository_at(kinds.repo.path), tree) == kinds.written.files


def test_paths_are_those_that_differ_from_the_head(kinds: Kinds) -> None:
    head = objects.read_files(repository_at(kinds.repo.path), "agent/kinds")
    files = kinds.written.files
    differ = {path for path in {*head, *files} if head.get(path) != files.get(path)}
    assert list(kinds.written.work.paths) == sorted(differ)


# -- what git would store otherwise -----------------------------------------------------


ATTRIBUTES = """\
*.lfs filter=leave-a-mark diff=leave-a-mark merge=leave-a-mark
*.off filter=not-configured
*.crlf text eol=crlf
*.bin -text
*.auto text=auto
*.old crlf
*.id ident
*.u16 working-tree-encoding=UTF-16
"""
STORED = {
    "a.lfs": b"pointer\n",
    "b.off": b"no driver\n",
    "c.crlf": b"one\r\n",
    "d.bin": b"one\r\n",
    "e.auto": b"one\r\n",
    "f.auto": b"\x89PNG\r\n\x1a\n\0",
    "g.auto": b"lone\rone\r\n",
    "h.id": b"$Id: 123 $\n",
    "i.id": b"nothing\n",
    "j.u16": "é".encode("utf-16"),
    "k.txt": b"one\r\n",
    "l.old": b"one\r\n",
    "m.txt": "é\n".encode(),
    "n.crlf": b"one\n",
}
CONVERTED = {
    "a.lfs": "the filter leave-a-mark would change it",
    "c.crlf": "git would change its line ends",
    "e.auto": "git would change its line ends",
    "l.old": "git would change its line ends",
    "h.id": "git would change its $Id$",
    "j.u16": "git would change its encoding",
}


@pytest.fixture
def converted(tmp_path: Path) -> tuple[Repo, Path]:
    """A worktree with changed files about which attributes decide."""
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {".gitattributes": ATTRIBUTES, **dict.fromkeys(STORED, "before\n")})
    repo.ref("agent/x", base)
    repo.checkout()
    at = repo.worktree_add(tmp_path / "wt", "agent/x")
    for each in (repo, at):
        # Old enough for git to know by its index alone whether a file has changed. Of one that was written in the same
        # moment as the index, `git status` itself asks the filter.
        for name in STORED:
            os.utime(each.path / name, (START, START))
        each.git("update-index", "--refresh")
    for name, content in STORED.items():
        (at.path / name).write_bytes(content)
    return repo, at.path


def test_a_file_that_git_would_store_otherwise_is_left_out(converted: tuple[Repo, Path]) -> None:
    repo, _ = converted
    repo.git("config", "filter.leave-a-mark.clean", "cat")
    work = write(repo)["agent/x"]
    assert work.skipped == {name.encode(): why for name, why in CONVERTED.items()}
    plain = {name: content for name, content in STORED.items() if name not in CONVERTED}
    assert {path.decode() for path in work.work.paths} == plain.keys()
    assert {name: work.files[name.encode()][1] for name in plain} == {
        name: blob(repo, content) for name, content in plain.items()
    }


def test_line_ends_depend_on_the_settings_of_the_user(converted: tuple[Repo, Path]) -> None:
    repo, _ = converted
    repo.git("config", "core.autocrlf", "input")
    assert write(repo)["agent/x"].skipped[b"k.txt"] == "git would change its line ends"


def test_nothing_that_the_user_configured_runs(converted: tuple[Repo, Path], tmp_path: Path) -> None:
    repo, top = converted
    index = Path(Repo(top).git("rev-parse", "--git-path", "index"))
    mark, program, hooks = tmp_path / "mark", tmp_path / "program", tmp_path / "hooks"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{mark}"\ncat\n')
    program.chmod(0o755)
    hooks.mkdir()
    for event in ("post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        (hooks / event).symlink_to(program)
    for key in (
        *(f"filter.leave-a-mark.{each}" for each in ("clean", "smudge", "process")),
        *(f"diff.leave-a-mark.{each}" for each in ("textconv", "command")),
        "merge.leave-a-mark.driver",
        "core.fsmonitor",
        "diff.external",
    ):
        repo.git("config", key, str(program))
    repo.git("config", "core.hooksPath", str(hooks))
    before = (index.read_bytes(), repo.count_objects())
    mark.unlink(missing_ok=True)
    assert write(repo)["agent/x"].skipped[b"a.lfs"] == CONVERTED["a.lfs"]
    assert fleet(repo, pairs=True).collisions
    assert not mark.exists(), mark.read_text()
    assert (index.read_bytes(), repo.count_objects()) == before


def test_a_staged_file_counts_as_git_has_stored_it(converted: tuple[Repo, Path]) -> None:
    repo, top = converted
    Repo(top).git("add", "--", "c.crlf")
    (top / "huge").write_bytes(b"z" * (MIB + 1))
    Repo(top).git("add", "huge")
    work = write(repo)["agent/x"]
    assert work.files[b"c.crlf"][1] == blob(repo, b"one\n")
    assert work.skipped[b"huge"] == "larger than 1 MiB"


# -- limits, and worktrees that are something else ----------------------------------------


@pytest.fixture
def plain(tmp_path: Path) -> tuple[Repo, Path]:
    """A branch with one commit, in a worktree of its own."""
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {"a": "a\n", "z": "z\n"})
    repo.commit("agent/x", {"own": "own\n"}, parents=[base])
    repo.checkout()
    return repo, repo.worktree_add(tmp_path / "wt", "agent/x").path


def test_no_more_than_so_many_files_are_read(
    plain: tuple[Repo, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, top = plain
    monkeypatch.setattr(uncommitted_files, "MOST_FILES", 3)
    (top / "z").write_text("z 2\n")
    for number in range(5):
        (top / f"b{number}").write_text("b\n")
    work = write(repo)["agent/x"].work
    # What git knows comes first.
    assert work.paths == (b"b0", b"b1", b"z")
    assert work.skipped == ((b"b2", "it is beyond the first 3 uncommitted files, as 2 more"),)


def test_no_more_than_so_many_bytes_are_read(
    plain: tuple[Repo, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, top = plain
    monkeypatch.setattr(uncommitted_files, "MOST_BYTES", 2 * MIB)
    for name in "bcd":
        (top / name).write_bytes(b"b" * MIB)
    work = write(repo)["agent/x"].work
    assert work.paths == (b"b", b"c")
    assert work.skipped == ((b"d", "the files before it have 2 MiB already"),)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_cannot_be_read_is_left_out(plain: tuple[Repo, Path]) -> None:
    repo, top = plain
    (top / "b").write_text("b\n")
    (top / "b").chmod(0)
    assert write(repo)["agent/x"].skipped[b"b"] == "it cannot be read: Permission denied"


def test_a_worktree_in_the_middle_of_something_takes_no_part(plain: tuple[Repo, Path]) -> None:
    repo, top = plain
    at = Repo(top)
    repo.commit("main", {"own": "other\n"})
    repo.flush()
    assert at.exit_code("merge", "-q", "main") == 1
    assert write(repo)["agent/x"].work.failed == "a merge is under way in its worktree"
    at.git("merge", "--abort")
    assert at.exit_code("rebase", "-q", "main") == 1
    assert write(repo)["agent/x"].work.failed == "a rebase is under way in its worktree"
    at.git("rebase", "--abort")
    assert at.exit_code("cherry-pick", "main") == 1
    assert write(repo)["agent/x"].skipped == {b"own": "it has conflicts that nobody has settled"}


@pytest.mark.parametrize("ended", ["gone", "clean", "ledger alone"])
def test_a_worktree_without_such_work_is_not_mentioned(plain: tuple[Repo, Path], ended: str) -> None:
    repo, top = plain
    if ended == "gone":
        top.rename(top.with_name("elsewhere"))
    elif ended == "ledger alone":
        (top / ".agentledger").mkdir()
        (top / ".agentledger/note").write_text("n\n")
    assert write(repo) == {}


def test_a_worktree_that_goes_meanwhile_gives_no_commit(plain: tuple[Repo, Path]) -> None:
    repo, top = plain
    (top / "a").write_text("a 2\n")
    work = write(repo, lambda: top.rename(top.with_name("elsewhere")))["agent/x"].work
    assert (work.head, work.failed) == ("", "nothing of it can be compared")
    assert work.skipped == ((b"a", "it was gone when it was read"),)


def test_another_edit_changes_the_fingerprint(plain: tuple[Repo, Path]) -> None:
    repo, top = plain
    prints = set()
    for text in ("1\n", "2\n"):
        (top / "a").write_text(text)
        # Within one second, as far as a time in whole seconds can tell.
        os.utime(top / "a", ns=(0, 1_000_000_000 + int(text)))
        prints.add(observe_repository(repo.path, None, ()).fingerprint)
    assert len(prints) == 2


def test_a_worktree_in_which_git_status_fails_is_said_to_be_unknown(plain: tuple[Repo, Path]) -> None:
    repo, top = plain
    (top / "a").write_text("a 2\n")
    Path(Repo(top).git("rev-parse", "--git-path", "index")).write_bytes(b"damaged")
    assert write(repo)["agent/x"].work.failed == "git status fails in its worktree"
