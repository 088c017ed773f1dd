"""What git says about every pair of branches: the truth that the forecast of pairs has to equal.

Belongs here: merging all pairs, without any filter, by other means than the program's own; and the comparison. Does
not: making repositories (see `pairfuzz`).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import open_snapshot
from agentledger.model.collisions import Grade
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import decode

LEDGER = ".agentledger/"
# In place of a path: git says that two conflict, and lists no file.
NAMELESS = ""
# Attributes, drivers and settings of the repository and of the user stay out, as out of the program's merges.
_SETTINGS = {
    "merge.renames": "true",
    "diff.renames": "true",
    "merge.directoryRenames": "conflict",
    "merge.renameLimit": "7000",
    "merge.conflictStyle": "merge",
    "core.attributesFile": os.devnull,
}
_WHO = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
_KINDS = {frozenset("123"): "content", frozenset("23"): "add/add"}

# The kind of conflict by path; None where git gives no answer.
Answer = Mapping[str, str] | None
Two = tuple[str, str]


class Truth(NamedTuple):
    """For pairs of refs, what git says, and which of them share commits.

    `really` has the answers to merging the second into base with the first one really merged there.
    """

    answers: Mapping[Two, Answer]
    stacked: frozenset[Two]
    really: Mapping[Two, Answer]
    seconds: float


class Compared(NamedTuple):
    """One fleet by both ways.

    `really_clean` counts the conflicts that the second branch has not when git merges it into base with the first one
    merged there: git then begins at an older commit. `really_conflict` counts the conflicts that only this way has.
    """

    name: str
    heads: int
    pairs: int
    stacked: int
    conflicts: int
    unknown: int
    tried: int
    tried_for_nothing: int
    really_clean: int
    really_conflict: int
    seconds: float
    seconds_ours: float
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            " ".join(
                f"{name}={value:.1f}" if isinstance(value, float) else f"{name}={value}"
                for name, value in self._asdict().items()
                if name != "differences"
            )
            + f" differences={len(self.differences)}"
        )


def compare_fleet(repo: Path, request: Request, really: bool = True) -> Compared:
    """Return how the forecast of pairs and git's merges of all pairs compare.

    Without `really`, the pairs are not merged once more as they would land.
    """
    began = time.perf_counter()
    with open_snapshot(repo, request) as snapshot:
        fleet = snapshot.fleet
    seconds = time.perf_counter() - began
    assert fleet.collisions is not None
    branches = [
        b
        for b in fleet.branches
        if b.state is State.OPEN and b.at_rest is None and b.conflict and b.conflict.clean and not b.bridge
    ]
    truth = merge_all_pairs(repo, fleet, sorted(branches, key=lambda b: (b.name, b.ref)), really)
    conflicts = sum(bool(answer) for answer in truth.answers.values())
    return Compared(
        name=repo.name,
        heads=len(branches),
        pairs=len(truth.answers),
        stacked=len(truth.stacked),
        conflicts=conflicts,
        unknown=sum(answer is None for answer in truth.answers.values()),
        tried=fleet.collisions.tried,
        tried_for_nothing=fleet.collisions.tried - conflicts,
        really_clean=sum(bool(truth.answers[two]) and each == {} for two, each in truth.really.items()),
        really_conflict=sum(truth.answers[two] == {} and bool(each) for two, each in truth.really.items()),
        seconds=truth.seconds,
        seconds_ours=seconds,
        differences=tuple(list_differences(fleet, truth)),
    )


def list_differences(fleet: Fleet, truth: Truth) -> Iterator[str]:
    """Yield a line for each pair of which the fleet says another thing than git."""
    assert fleet.collisions is not None
    shown = {(pair.a, pair.b): pair for pair in fleet.collisions.pairs}
    for two, answer in truth.answers.items():
        pair = shown.get(two)
        ours: Answer = {}
        if pair and pair.grade is Grade.CONFLICT:
            ours = {decode(file.path): file.kind for file in pair.files}
        if pair and pair.grade is Grade.UNKNOWN:
            ours = None
        if answer and NAMELESS in answer and ours and set(ours.values()) == {"other"}:
            continue
        if ours != answer:
            mark = " (stacked)" if two in truth.stacked else ""
            yield f"{two[0]} {two[1]}{mark}: git {answer}, forecast {ours} {pair.failed if pair else ''}"


def merge_all_pairs(repo: Path, fleet: Fleet, branches: Sequence[Branch], really: bool = True) -> Truth:
    """Merge all pairs of these branches, by refs in order; each merges into base without a conflict."""
    with tempfile.TemporaryDirectory() as name:
        sealed = _Sealed(repo, Path(name))
        base, heads = fleet.base.head, {b.ref: b.head for b in branches}
        own = sealed.read_own(base, heads)
        trees = dict(
            zip(heads, sealed.merge([(base, head) for head in heads.values()], trees=True), strict=True)
        )
        after = sealed.commit_without_ledger(base, trees)
        landed = cache(lambda ref: sealed.commit(trees[ref], base, heads[ref]))
        twos = list(combinations(heads, 2))
        stacked = frozenset(two for two in twos if own[two[0]] & own[two[1]])

        def land(two: Two) -> Two:
            a, b = two if heads[two[1]] not in own[two[0]] else (two[1], two[0])
            return landed(a), heads[b]

        began = time.perf_counter()
        questions = [land(two) if two in stacked else (after[two[0]], after[two[1]]) for two in twos]
        answers = dict(zip(twos, sealed.merge(questions), strict=True))
        seconds = time.perf_counter() - began
        real = sealed.merge([land(two) for two in twos]) if really else []
        return Truth(answers, stacked, dict(zip(twos, real, strict=False)), seconds)


class _Sealed:
    """A bare repository beside another one, with its objects and none of its settings."""

    def __init__(self, repo: Path, folder: Path) -> None:
        self._folder = folder
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | _WHO
        self._env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
        common = (
            self._run(repo, "rev-parse", "--path-format=absolute", "--git-common-dir").stdout.decode().strip()
        )
        kind = self._run(repo, "rev-parse", "--show-object-format").stdout.decode().strip()
        self._run(folder, "init", "--quiet", "--bare", f"--object-format={kind}", ".")
        (folder / "objects/info/alternates").write_text(f"{common}/objects\n")
        if (Path(common) / "shallow").exists():
            (folder / "shallow").write_bytes((Path(common) / "shallow").read_bytes())
        for key, value in _SETTINGS.items():
            self._run(folder, "config", key, value)

    def _run(self, folder: Path, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *args], cwd=folder, env=self._env, input=stdin, capture_output=True, check=False
        )

    def git(self, *args: str, stdin: bytes = b"") -> str:
        done = self._run(self._folder, *args, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def read_own(self, base: str, heads: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Map each ref to the commits of its head that base lacks."""
        listed = "\n".join([*heads.values(), f"^{base}"]).encode()
        options = ("--topo-order", "--reverse", "--parents", "--stdin")
        own: dict[str, frozenset[str]] = {}
        for line in self.git("rev-list", *options, stdin=listed).splitlines():
            commit, *parents = line.split()
            own[commit] = frozenset((commit,)).union(*(own.get(parent, ()) for parent in parents))
        return {ref: own.get(head, frozenset()) for ref, head in heads.items()}

    def commit(self, tree: str, *parents: str) -> str:
        return self.git(
            "commit-tree", tree, *(word for parent in parents for word in ("-p", parent)), "-m", "x"
        )

    def commit_without_ledger(self, base: str, trees: Mapping[str, str]) -> dict[str, str]:
        """Map each ref to a commit of its tree on base, both without the ledger's folder."""
        marks = self._folder / "marks"
        root = self.git("rev-parse", f"{base}^{{tree}}")
        stream = []
        for number, tree in enumerate([root, *trees.values()], 1):
            stream.append(f"commit refs/heads/x{number}\nmark :{number}\ncommitter x <x> 1 +0000\ndata 0\n")
            stream.append("from :1\n" if number > 1 else "")
            stream.append(f'M 040000 {tree} ""\nD {LEDGER.rstrip("/")}\n\n')
        self.git("fast-import", "--quiet", f"--export-marks={marks}", stdin="".join(stream).encode())
        ids = dict(line.split() for line in marks.read_text().splitlines())
        return {ref: ids[f":{number}"] for number, ref in enumerate(trees, 2)}

    def merge(self, pairs: Sequence[Two], trees: bool = False) -> list[Any]:
        """Return git's answers, in order: what conflicts, or with `trees` the merged trees."""
        answers: list[object] = []
        size = len(pairs)
        while len(answers) < len(pairs):
            part = pairs[len(answers) : len(answers) + size]
            lines = "".join(f"{ours} {theirs}\n" for ours, theirs in part).encode()
            done = self._run(
                self._folder, "merge-tree", "--write-tree", "--stdin", "--no-messages", stdin=lines
            )
            fresh = list(_parse(done.stdout.decode("utf-8", "surrogateescape").split("\0"), part, trees))
            answers += fresh
            if len(fresh) < len(part) and size == 1:
                answers.append(None)
            # The one without an answer is asked alone: git loses some answers when it dies.
            size = 1 if len(fresh) < len(part) and size > 1 else len(pairs)
        return answers


def _parse(fields: Sequence[str], pairs: Sequence[Two], trees: bool) -> Iterator[object]:
    at, number = 0, 0
    while at + 2 < len(fields):
        clean, tree, at = fields[at] == "1", fields[at + 1], at + 2
        stages: dict[str, set[str]] = {}
        made_up = re.compile(f"(?:~(?:{'|'.join(pairs[number])})(?:_[0-9]+)?)+$")
        while at < len(fields) and fields[at]:
            entry, _, path = fields[at].partition("\t")
            stages.setdefault(made_up.sub("", path), set()).add(entry[-1])
            at += 1
        if at >= len(fields):
            return
        at, number = at + 1, number + 1
        # Of some conflicts git tells the names in a message alone.
        yield (
            tree
            if trees
            else {NAMELESS: "other"}
            if not clean and not stages
            else {
                path: _name_kind(frozenset(each))
                for path, each in sorted(stages.items())
                if not path.startswith(LEDGER)
            }
        )


def _name_kind(stages: frozenset[str]) -> str:
    return _KINDS.get(stages) or (
        "modify/delete" if stages in (frozenset("12"), frozenset("13")) else "other"
    )
