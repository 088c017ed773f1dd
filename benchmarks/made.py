"""A made-up repository with many agent branches, with or without what was written about them.

Belongs here: the branches, their commits, and where each document is committed. Does not: what the
documents say (`written`), or measuring anything.

Everything follows from the branch's number, so two repositories of the same size are alike, but for
the times, which end at the clock's.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentledger.git.environment import build_git_env
from sandbox import SEALED
from written import CHECK_INS, Place, brief, check_in, evidence, packet, reviews, stamp

FILES, LINES, COMMITS = 400, 60, 3
STEP = 600  # seconds from one commit of a branch to the next
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.com"))
}
ENVIRONMENT = build_git_env(os.environ, sealed=True) | SEALED | _NAMES
# Nobody compiles all of agentledger at each start but who sets this, as some containers do.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
CONTROL = "refs/heads/agentledger"


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, input=stdin, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


@dataclass(frozen=True, slots=True)
class Made:
    """The repository, and a linked worktree of one of its branches."""

    path: Path
    worktree: Path


def made(folder: Path, branches: int, documents: bool) -> Made:
    """A repository with that many agent branches below `folder`, a base of 400 files under them."""
    repository, worktree = folder / "fleet", folder / "worktree"
    repository.mkdir()
    run(repository, "init", "--quiet", "--template=", "--initial-branch=main")
    begin = int(time.time()) - COMMITS * STEP - (CHECK_INS + 1) * STEP
    marks = _imported(repository, folder / "marks", _code(branches, begin))
    if documents:
        places = _places(repository, marks, branches)
        _imported(repository, folder / "marks", _ledgers(places, begin + COMMITS * STEP))
    run(repository, "reset", "--quiet", "--hard")
    run(repository, "pack-refs", "--all")
    run(repository, "worktree", "add", "--quiet", str(worktree), "agent/t3")
    return Made(repository, worktree)


def _imported(repository: Path, marks: Path, stream: Iterator[bytes]) -> Mapping[int, str]:
    """The commit of each mark."""
    told = ["fast-import", "--quiet", "--done", f"--export-marks={marks}"]
    run(repository, *told, stdin=b"".join([*stream, b"done\n"]))
    lines = (line.split() for line in marks.read_text().splitlines())
    return {int(mark[1:]): commit for mark, commit in lines}


def _commit(
    ref: str, mark: int, parent: str | None, at: int, subject: str, files: Mapping[str, str]
) -> Iterator[bytes]:
    person = f"Bench <bench@example.com> {at} +0000"
    start = f"from {parent}\n" if parent else ""
    said = f"data {len(subject)}\n{subject}\n"
    yield f"commit {ref}\nmark :{mark}\nauthor {person}\ncommitter {person}\n{said}{start}".encode()
    for path, content in files.items():
        raw = content.encode()
        yield f"M 100644 inline {path}\ndata {len(raw)}\n".encode() + raw + b"\n"


def report(place: Made) -> None:
    """One more check-in on the branch of the worktree, committed there."""
    at = int(time.time())
    report = check_in(Place(3, "", "", ""), at, at)
    file = place.worktree / f".agentledger/tasks/t3/status/{stamp(at)}-{time.monotonic_ns():x}.md"
    file.write_text(report)
    run(place.worktree, "add", ".agentledger")
    run(place.worktree, "commit", "--quiet", "--message", "chore(ledger): report")


# -- code ---------------------------------------------------------------------------------


def _code(branches: int, begin: int) -> Iterator[bytes]:
    """A base, and branches with three commits on three files each."""
    yield from _commit("refs/heads/main", 1, None, at=begin - 90_000, subject="work", files=_base_files())
    for number in range(branches):
        parent = 1
        for step in range(COMMITS):
            mark = _mark(number, step)
            path = _path(number * 7 + step)
            files = {path: _content(f"branch {number}, step {step}"), f"new/{number}.py": f"x = {step}\n"}
            at = begin + step * STEP + number % STEP
            yield from _commit(_ref(number), mark, f":{parent}", at=at, subject=f"Step {step}", files=files)
            parent = mark


def _mark(number: int, step: int) -> int:
    return 2 + number * COMMITS + step


def _ref(number: int) -> str:
    return f"refs/heads/agent/t{number}"


def _base_files() -> dict[str, str]:
    return {_path(number): _content("main") for number in range(FILES)}


def _path(number: int) -> str:
    return f"src/d{number % 20}/f{number % FILES}.py"


def _content(last: str) -> str:
    return "".join(f"line {number}\n" for number in range(LINES)) + f"{last}\n"


# -- what is written about it -----------------------------------------------------------------


def _places(repository: Path, marks: Mapping[int, str], branches: int) -> list[Place]:
    heads = [marks[_mark(number, COMMITS - 1)] for number in range(branches)]
    asked = "".join(f"{head}^{{tree}}\n" for head in heads).encode()
    trees = run(repository, "cat-file", "--batch-check=%(objectname)", stdin=asked).split()
    return [
        Place(number, marks[1], head, tree)
        for number, (head, tree) in enumerate(zip(heads, trees, strict=True))
    ]


def _ledgers(places: Sequence[Place], begin: int) -> Iterator[bytes]:
    """A check-in a commit, the rest with the first and the last of them; the manager's files at once."""
    mark = 0
    manager: dict[str, str] = {}
    for place in places:
        parent = place.head
        for step, files in enumerate(_reports(place, begin)):
            mark += 1
            at = begin + step * STEP + place.number % STEP
            yield from _commit(
                _ref(place.number), mark, parent, at=at, subject="chore(ledger): report", files=files
            )
            parent = f":{mark}"
        manager[f"tasks/{place.task}/brief.md"] = brief(place)
        manager |= {f"tasks/{place.task}/reviews/{name}": text for name, text in reviews(place, begin)}
    yield from _commit(CONTROL, mark + 1, None, at=begin, subject="chore(ledger): tasks", files=manager)


def _reports(place: Place, begin: int) -> Iterator[dict[str, str]]:
    folder = f".agentledger/tasks/{place.task}"
    for step in range(CHECK_INS):
        at = begin + step * STEP + place.number % STEP
        files = {f"{folder}/status/{stamp(at)}-{place.number:04x}.md": check_in(place, step, at)}
        if step == 0:
            files[f"{folder}/brief.md"] = brief(place)
        if step == CHECK_INS - 1:
            files[f"{folder}/packet.md"] = packet(place)
            files |= {f"{folder}/evidence/{name}.json": text for name, text in evidence(place, at)}
        yield files
