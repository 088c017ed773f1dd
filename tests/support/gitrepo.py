r"""Real git repositories for tests, built in one `git fast-import`.

Belongs here: making repositories quickly, and asking git about them. Does not:
anything of agentledger, or what one test expects. The environment is the sealed
one of `conftest`.

    repo = Repo.init(tmp_path / "r")
    a = repo.commit("main", {"f.txt": "1\n"})
    b = repo.commit("agent/x", {"f.txt": "2\n", "odd": ("100755", b"\0"), "gone": None}, parents=[a])
    assert repo.git("rev-parse", "agent/x") == b.id
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START = 1_700_000_000  # the author's time of a repository's first commit, where none is given

Content = str | bytes | None | tuple[str, str | bytes]
Files = Mapping[Any, Content]  # by path: str or bytes; Any, since the key of a Mapping is invariant
Names = tuple[str, str]


class Stored(str):
    """In place of a file's content: the id of a blob that is in the repository already."""


class Commit:
    """A commit of a `Repo`, written by the next flush; asking for its id flushes."""

    def __init__(self, repo: Repo, mark: int) -> None:
        self._repo = repo
        self.mark = mark

    @property
    def id(self) -> str:
        """The full object id."""
        if self.mark not in self._repo.ids:
            self._repo.flush()
        return self._repo.ids[self.mark]

    def __str__(self) -> str:
        return self.id

    @property
    def code_tree(self) -> str:
        """Its tree without the ledger, as evidence has it."""
        return self._repo.code_tree(self.id)


class Repo:
    """A repository at `path`, and the commits that wait for `flush`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ids: dict[int, str] = {}
        self._stream: list[bytes] = []
        self._tips: dict[str, Commit] = {}
        self._count = 0

    @classmethod
    def init(
        cls,
        path: Path,
        object_format: str = "sha1",
        bare: bool = False,
        default: str = "main",
        options: Sequence[str] = (),
    ) -> Repo:
        """An empty repository whose unborn HEAD is `default`; `options` go to `git init`."""
        path.mkdir(parents=True, exist_ok=True)
        shape = [f"--object-format={object_format}", f"--initial-branch={default}", "--template="]
        repo = cls(path)
        repo.git("init", "--quiet", *shape, *(["--bare"] if bare else []), *options)
        return repo

    def commit(
        self,
        branch: str,
        files: Files,
        parents: Sequence[Commit | str] | None = None,
        author: Names = ("Ann", "ann@example.com"),
        at: int | None = None,
        message: str | bytes | None = None,
        committer: Names | None = None,
        committed_at: int | None = None,
    ) -> Commit:
        """A commit on `branch` (a full ref is taken as it is), whose tip it becomes.

        `files` are changes to the tree of the first parent: text or bytes, None to
        delete, `(mode, content)`, or `("160000", id)` for a submodule. `parents` None
        means the branch's tip as far as this builder made it; `[]` makes a root, with
        an empty tree to begin with. Times are seconds since the epoch, one minute
        apart unless given.
        """
        ref = full_ref(branch)
        if parents is None:
            parents = [self._tips[ref]] if ref in self._tips else []
        self._count += 1
        commit = Commit(self, self._count)
        when = START + 60 * self._count if at is None else at
        text = to_bytes(f"commit {self._count}\n" if message is None else message)
        self._stream += [] if parents else [b"reset %s\n" % to_bytes(ref)]
        self._stream += [
            b"commit %s\nmark :%d\n" % (to_bytes(ref), commit.mark),
            b"author %s %d +0000\n" % (_person(author), when),
            b"committer %s %d +0000\n"
            % (_person(committer or author), when if committed_at is None else committed_at),
            _data(text),
        ]
        self._stream += [
            b"%s %s\n" % (b"merge" if index else b"from", self._name(parent))
            for index, parent in enumerate(parents)
        ]
        self._stream += [_change(path, content) for path, content in files.items()]
        self._tips[ref] = commit
        return commit

    def merge(
        self, branch: str, parents: Sequence[Commit | str], files: Files | None = None, **rest: Any
    ) -> Commit:
        """A merge as stated, not as git would do it: the first parent's tree and `files` on top."""
        return self.commit(branch, files or {}, parents=parents, **rest)

    def ref(self, name: str, commit: Commit | str) -> None:
        """Point a branch (or a full ref) at a commit."""
        self._stream.append(b"reset %s\nfrom %s\n" % (to_bytes(full_ref(name)), self._name(commit)))
        if isinstance(commit, Commit):
            self._tips[full_ref(name)] = commit

    def flush(self) -> None:
        """Write what waits, in one process; refs move without regard to fast-forwarding."""
        if not self._stream:
            return
        stream, self._stream = b"".join(self._stream), []
        marks = self.path / ".fast-import-marks"
        self.git_bytes(
            "fast-import", "--quiet", "--force", "--done", f"--export-marks={marks}", input=stream + b"done\n"
        )
        for line in marks.read_text().splitlines():
            mark, oid = line.split()
            self.ids[int(mark[1:])] = oid
        marks.unlink()

    def checkout(self, *arguments: str) -> None:
        """Bring HEAD's tree (or that of the given arguments of `reset --hard`) to the work tree."""
        self.flush()
        self.git("reset", "--quiet", "--hard", *arguments)

    def git_bytes(self, *arguments: str, input: bytes = b"") -> bytes:
        """Standard output of git in this repository; AssertionError with its words when it fails."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, input=input, capture_output=True, check=False
        )
        assert done.returncode == 0, (arguments, done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def git(self, *arguments: str, input: str = "") -> str:
        """Like `git_bytes`, as text without the last line end, after writing what waits."""
        self.flush()
        done = self.git_bytes(*arguments, input=to_bytes(input))
        return done.decode("utf-8", "surrogateescape").removesuffix("\n")

    def code_tree(self, commit: str) -> str:
        """A commit's tree without the ledger's folder."""
        entries = self.git("ls-tree", "--full-tree", commit).splitlines()
        code = [entry for entry in entries if not entry.endswith("\t.agentledger")]
        return self.git("mktree", input="".join(f"{entry}\n" for entry in code))

    def answer(self, *arguments: str) -> tuple[int, str]:
        """The exit code of git and its standard output, for questions answered by both."""
        self.flush()
        done = subprocess.run(["git", *arguments], cwd=self.path, capture_output=True, check=False)
        return done.returncode, done.stdout.decode("utf-8", "surrogateescape")

    def exit_code(self, *arguments: str) -> int:
        """The exit code of git, for questions that it answers so."""
        return self.answer(*arguments)[0]

    def clone(self, path: Path, *options: str) -> Repo:
        """A clone through the transport, so that `--depth` and `--filter=blob:none` mean something."""
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            self.git("config", key, "true")
        self.git("clone", "--quiet", "--template=", *options, self.path.resolve().as_uri(), str(path))
        return Repo(path)

    def worktree_add(self, path: Path, branch: str) -> Repo:
        """A linked worktree of `branch` at `path`."""
        self.git("worktree", "add", "--quiet", str(path), branch)
        return Repo(path)

    def count_objects(self) -> int:
        """All objects stored here, loose and packed, an object in two packs twice."""
        lines = (line.split(": ") for line in self.git("count-objects", "-v").splitlines())
        return sum(int(value) for key, value in lines if key in ("count", "in-pack"))

    def _name(self, commit: Commit | str) -> bytes:
        if isinstance(commit, str):
            return to_bytes(commit)
        return to_bytes(self.ids.get(commit.mark, f":{commit.mark}"))


def random_history(path: Path, seed: int, commits: int, heads: int) -> Repo:
    """A history without order or sense, the same for the same numbers (for hypothesis).

    It has merges, octopus merges, unrelated roots and clocks that run backwards.
    `main` and `agent/0` … `agent/<heads - 1>` are commits taken at random.
    """
    dice = random.Random(seed)
    repo = Repo.init(path)
    made: list[Commit] = []
    for number in range(commits):
        parents = dice.sample(made[-9:], min(len(made), dice.choice((0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4))))
        at = START + dice.choice((60 * number, dice.randrange(100_000)))
        made.append(repo.commit("main", {f"{number % 7}.txt": f"{number}\n"}, parents=parents, at=at))
    for number in range(heads):
        repo.ref(f"agent/{number}", dice.choice(made))
    repo.ref("main", dice.choice(made))
    repo.flush()
    return repo


def full_ref(name: str) -> str:
    """`refs/heads/NAME`, or the name itself when it is a full ref already."""
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def to_bytes(text: str | bytes) -> bytes:
    """Text as git stores it; bytes pass, and so do the surrogates that stand for bad bytes."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _person(names: Names) -> bytes:
    return b"%s <%s>" % (to_bytes(names[0]), to_bytes(names[1]))


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _change(path: str | bytes, content: Content) -> bytes:
    name = to_bytes(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    if content is None:
        return b'D "%s"\n' % name
    mode, body = content if isinstance(content, tuple) else ("100644", content)
    if mode == "160000" or isinstance(body, Stored):
        return b'M %s %s "%s"\n' % (to_bytes(mode), to_bytes(body), name)
    return b'M %s inline "%s"\n%s' % (to_bytes(mode), name, _data(to_bytes(body)))
