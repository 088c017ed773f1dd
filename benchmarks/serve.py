"""How long from a commit in a worktree to the new board in an open page, with `agentledger serve`.

    python benchmarks/serve.py                   50 and 1,000 branches
    python benchmarks/serve.py --branches 200 --runs 20

Belongs here: a made-up fleet, the server in a process of its own, and somebody who listens.
Does not: what a build costs inside (see `stages`), or how rows are printed (`figures`).

A run ends when the board that a page fetches on hearing of a change names the new commit. The
second row of each section is a build alone, in a process of its own: what is left is waiting
until the refs are quiet, and talking to the page.
"""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from agentledger import git
from figures import Aim, Row, Section, text
from sandbox import SEALED

AIMS = {50: Aim(0.5, of_ratio=False), 1000: Aim(2.0, of_ratio=False)}
FILES, LINES, COMMITS = 400, 60, 3
PATIENCE = 60.0
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.com"))
}
ENVIRONMENT = git.environment(os.environ, sealed=True) | SEALED | _NAMES


# -- a fleet ------------------------------------------------------------------------------


def _stream(branches: int, now: int) -> Iterator[bytes]:
    """For fast-import: a base of 400 files, and branches with three commits on three files each."""
    yield from _commit("refs/heads/main", 1, None, now - 90_000, _base_files())
    mark = 1
    for number in range(branches):
        parent = 1
        for step in range(COMMITS):
            mark += 1
            path = _path(number * 7 + step)
            files = {path: _content(f"branch {number}, step {step}"), f"new/{number}.py": f"x = {step}\n"}
            yield from _commit(f"refs/heads/agent/t{number}", mark, parent, now - 3600 - number, files)
            parent = mark
    yield b"done\n"


def _commit(ref: str, mark: int, parent: int | None, at: int, files: dict[str, str]) -> Iterator[bytes]:
    person = f"Bench <bench@example.com> {at} +0000"
    start = f"from :{parent}\n" if parent else ""
    yield f"commit {ref}\nmark :{mark}\nauthor {person}\ncommitter {person}\ndata 4\nwork\n{start}".encode()
    for path, content in files.items():
        yield f"M 100644 inline {path}\ndata {len(content)}\n{content}\n".encode()


def _base_files() -> dict[str, str]:
    return {_path(number): _content("main") for number in range(FILES)}


def _path(number: int) -> str:
    return f"src/d{number % 20}/f{number % FILES}.py"


def _content(last: str) -> str:
    return "".join(f"line {number}\n" for number in range(LINES)) + f"{last}\n"


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT, input=stdin, check=True)


def made(folder: Path, branches: int) -> tuple[Path, Path]:
    """A repository with that many agent branches, and a linked worktree of one of them."""
    repository, worktree = folder / "fleet", folder / "worktree"
    repository.mkdir()
    _git(repository, "init", "--quiet", "--template=", "--initial-branch=main")
    fed = b"".join(_stream(branches, int(time.time())))
    _git(repository, "fast-import", "--quiet", "--done", stdin=fed)
    _git(repository, "reset", "--quiet", "--hard")
    _git(repository, "pack-refs", "--all")
    _git(repository, "worktree", "add", "--quiet", str(worktree), "agent/t3")
    return repository, worktree


# -- the server, and who listens -------------------------------------------------------------


@contextmanager
def serving(repository: Path) -> Iterator[str]:
    """The address of a server that has built its first site."""
    command = [sys.executable, "-m", "agentledger", "--repo", str(repository), "serve", "--port", "0"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(urlsplit(line.split(": ")[0]).netloc for line in process.stdout if "http://" in line)
        finally:
            process.terminate()


def _listening(address: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.readline() == b"retry: 1000\n", "the server does not tell of changes"
    return answer


def _board(address: str) -> str:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    connection.request("GET", "/ledger.json")
    found = connection.getresponse().read().decode()
    connection.close()
    return found


def once(address: str, stream: http.client.HTTPResponse, worktree: Path, subject: str) -> float:
    """Seconds from a commit's end until an open page has the site with it."""
    (worktree / "seen.txt").write_text(subject)
    _git(worktree, "add", "seen.txt")
    _git(worktree, "commit", "--quiet", "--message", subject)
    began = time.perf_counter()
    while line := stream.readline():
        if line.startswith(b"event: ") and subject in _board(address):
            return time.perf_counter() - began
    raise SystemExit("the server went away")


def _built(repository: Path, worktree: Path, subject: str) -> float:
    """Seconds of `agentledger site` after one commit, from the start of its process."""
    (worktree / "seen.txt").write_text(subject)
    _git(worktree, "commit", "--quiet", "--all", "--message", subject)
    began = time.perf_counter()
    command = [sys.executable, "-m", "agentledger", "--repo", str(repository), "site"]
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measured(branches: int, runs: int) -> Section:
    """The rows for a fleet of that many branches."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        repository, worktree = made(Path(name), branches)
        with serving(repository) as address:
            stream = _listening(address)
            # The first one warms what is read once a process.
            times = [once(address, stream, worktree, f"Step {run}") for run in range(runs + 1)][1:]
        alone = tuple(_built(repository, worktree, f"Alone {run}") for run in range(runs))
    rows = (
        Row("commit → new site in an open page", (), tuple(times), AIMS.get(branches)),
        Row("  slowest", (), (max(times),)),
        Row("agentledger site, after one commit", (), alone),
    )
    return Section(f"SERVE, {branches:,} branches, {runs} runs", "", rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the medians; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--branches", type=int, nargs="+", default=list(AIMS))
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args(arguments)
    sections = [measured(branches, asked.runs) for branches in asked.branches]
    print(text([], sections), end="")
    return int(any(row.met is False for section in sections for row in section.rows))


if __name__ == "__main__":
    sys.exit(main())
