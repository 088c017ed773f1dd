"""Fleets with hot files, and other ways than ours to find the pairs of branches that collide.

Belongs here: the fleets, the filter by files, merging all pairs, and laneguard. Does not: measuring them (see
`forecast`).
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from agentledger.fleet.snapshot import Snapshot
from agentledger.git import diffs, merging
from agentledger.git.merging import Merged
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import State
from made import ENVIRONMENT, run

LANEGUARD = "0.3.1"
_PYTHONS = ("python3.14", "python3.13", "python3.12")
_FILES = [f"pkg{folder}/m{number}.py" for folder in range(12) for number in range(10)]
_FUNCTIONS, _TOUCHED, _BEGIN = 25, 6, 1_796_000_000

Conflicts = set[frozenset[str]]


# -- fleets -------------------------------------------------------------------------------


def write_fleet(folder: Path, branches: int) -> Path:
    """Write 120 files of 25 functions, and branches that each change one function in six of them."""
    dice = random.Random(7)  # noqa: S311 - the same fleet each time
    folder.mkdir()
    run(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    base = {path: [f"def f{n}(x):\n    return x + {n}\n" for n in range(_FUNCTIONS)] for path in _FILES}
    stream = [_begin_commit("main", 0)]
    stream += [_write_file(path, functions) for path, functions in base.items()]
    for branch in range(branches):
        stream.append(_begin_commit(f"agent/t{branch:03d}", branch + 1))
        for path in dice.sample(_FILES, _TOUCHED):
            functions, at = list(base[path]), dice.randrange(_FUNCTIONS)
            functions[at] = f"def f{at}(x):\n    return x * {branch + 2}\n"
            stream.append(_write_file(path, functions))
    run(folder, "fast-import", "--quiet", "--done", stdin="".join([*stream, "done\n"]).encode())
    run(folder, "reset", "--quiet", "--hard")
    return folder


def _begin_commit(branch: str, number: int) -> str:
    begin = f"commit refs/heads/{branch}\nmark :{number + 1}\n"
    who = f"committer Bench <bench@example.com> {_BEGIN + number} +0000\n"
    return f"{begin}{who}data 4\nwork\n" + ("from :1\n" if number else "")


def _write_file(path: str, functions: Sequence[str]) -> str:
    content = "\n\n".join(functions)
    return f"M 100644 inline {path}\ndata {len(content)}\n{content}\n"


def move_branch(fleet: Path) -> None:
    """Put one more commit on one branch."""
    head = run(fleet, "rev-parse", "agent/t000").strip()
    tree = run(fleet, "rev-parse", "agent/t001^{tree}").strip()
    moved = run(fleet, "commit-tree", tree, "-p", head, "-m", "more").strip()
    run(fleet, "update-ref", "refs/heads/agent/t000", moved)


# -- other ways ---------------------------------------------------------------------------


class Heads(NamedTuple):
    """The sealed directory, base, and by ref the trees of base with a branch merged, of those that merge."""

    scratch: Scratch
    base: str
    trees: dict[str, str]


def sealed_of(snapshot: Snapshot) -> Scratch:
    """Return the snapshot's sealed directory, with what it remembers of merges."""
    return snapshot._scratch


def merge_heads(snapshot: Snapshot) -> Heads:
    """Return what all ways begin with; the snapshot has merged it already."""
    scratch, base = sealed_of(snapshot), snapshot.fleet.base.head
    refs = {b.ref: b.head for b in snapshot.fleet.branches if b.state is State.OPEN}
    answers = merging.recall_merges(scratch, [(base, head) for head in refs.values()])
    return Heads(
        scratch,
        base,
        {ref: a.tree for ref, a in zip(refs, answers, strict=True) if isinstance(a, Merged) and a.clean},
    )


def filter_by_files(heads: Heads) -> tuple[Conflicts, int]:
    """Merge the pairs that change a file in common; return those that conflict, and how many were merged."""
    commits = _commit_trees(heads)
    changes = diffs.read_changes(heads.scratch.git, [(heads.base, commit) for commit in commits.values()])
    holders: dict[bytes, list[str]] = defaultdict(list)
    for ref, each in zip(commits, changes, strict=True):
        assert isinstance(each, tuple)
        for change in each:
            holders[change.path].append(ref)
    pairs = sorted({pair for refs in holders.values() for pair in combinations(refs, 2)})
    return _merge(heads, commits, pairs), len(pairs)


def merge_all(heads: Heads) -> Conflicts:
    """Merge every pair; return those that conflict."""
    commits = _commit_trees(heads)
    return _merge(heads, commits, list(combinations(commits, 2)))


def _commit_trees(heads: Heads) -> dict[str, str]:
    return {ref: heads.scratch.commit(tree, [heads.base]) for ref, tree in heads.trees.items()}


def _merge(heads: Heads, commits: dict[str, str], pairs: Sequence[tuple[str, str]]) -> Conflicts:
    """One process, whose answers are only split: nobody reads the files that conflict."""
    lines = "".join(f"{commits[one]} {commits[other]}\n" for one, other in pairs).encode()
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "--stdin", "--no-messages"],
        cwd=heads.scratch.git.cwd,
        env=heads.scratch.git.env,
        input=lines,
        stdout=subprocess.PIPE,
        check=True,
    )
    # Stages or none, an empty field ends each answer.
    answers = done.stdout.split(b"\0\0")[:-1]
    assert len(answers) == len(pairs)
    return {
        frozenset(pair) for pair, each in zip(pairs, answers, strict=True) if each.lstrip(b"\0")[:1] == b"0"
    }


class Laneguard(NamedTuple):
    """Where it is installed, and a Python that it runs on."""

    folder: Path
    python: str

    def scan(self, fleet: Path) -> None:
        """Let it compare all branches of a fleet."""
        command = [
            self.python,
            "-m",
            "laneguard",
            "scan",
            str(fleet),
            "--base",
            "main",
            "--branches",
            "agent/*",
        ]
        env = ENVIRONMENT | {"PYTHONPATH": str(self.folder)}
        done = subprocess.run(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        # 2: it predicts a conflict.
        assert done.returncode in (0, 2), done.stderr


def install_laneguard(folder: Path, python: Path | None) -> tuple[Laneguard | None, str]:
    """Install it below `folder`; None and a reason where that cannot be."""
    found = [str(python)] if python else [sys.executable] if sys.version_info >= (3, 12) else []
    found += [path for name in _PYTHONS if (path := shutil.which(name))]
    # A launcher on PATH may be for a Python that is not there.
    pythons = [
        path
        for path in found
        if not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode
    ]
    if not pythons:
        return None, "it needs Python 3.12"
    into = folder / "laneguard"
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.12", "--target", str(into)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            *options,
            f"laneguard=={LANEGUARD}",
        ],
        capture_output=True,
        check=False,
    )
    return (Laneguard(into, pythons[0]), "") if not done.returncode else (None, "pip cannot install it")
