"""How long from a commit in a worktree to the new board in an open page, with `agentledger serve`.

    python benchmarks/serve.py                   50 and 1,000 branches, with their documents
    python benchmarks/serve.py --branches 200 --runs 20 --bare

Belongs here: the server in a process of its own, and somebody who listens. Does not: the fleet
(see `made`), what a build costs inside (see `stages`), or how rows are printed (`figures`).

A run ends when the branch's page, fetched anew on hearing of a change, names the new commit. The
second row of each section is a build alone, in a process of its own: what is left is waiting
until the refs are quiet, and talking to the page.
"""

from __future__ import annotations

import argparse
import http.client
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from figures import Aim, Row, Section, text
from made import ENVIRONMENT, made, run

AIMS = {50: Aim(0.5, of_ratio=False), 1000: Aim(2.0, of_ratio=False)}
PATIENCE = 60.0


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


def _page(address: str) -> str:
    """Where the page of the branch is whose worktree there is."""
    found = re.search(r"branch/agent-t3-[0-9a-f]+\.html", _read(address, "index.html"))
    assert found, "the branch is not on the board"
    return found[0]


def _read(address: str, path: str) -> str:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    connection.request("GET", f"/{path}")
    found = connection.getresponse().read().decode()
    connection.close()
    return found


def once(address: str, stream: http.client.HTTPResponse, worktree: Path, subject: str) -> float:
    """Seconds from a commit's end until an open page has the site with it."""
    (worktree / "seen.txt").write_text(subject)
    run(worktree, "add", "seen.txt")
    run(worktree, "commit", "--quiet", "--message", subject)
    began = time.perf_counter()
    page = _page(address)
    while line := stream.readline():
        if line.startswith(b"event: ") and subject in _read(address, page):
            return time.perf_counter() - began
    raise SystemExit("the server went away")


def _built(repository: Path, worktree: Path, subject: str) -> float:
    """Seconds of `agentledger site` after one commit, from the start of its process."""
    (worktree / "seen.txt").write_text(subject)
    run(worktree, "commit", "--quiet", "--all", "--message", subject)
    began = time.perf_counter()
    command = [sys.executable, "-m", "agentledger", "--repo", str(repository), "site"]
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measured(branches: int, runs: int, documents: bool) -> Section:
    """The rows for a fleet of that many branches."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        place = made(Path(name), branches, documents)
        repository, worktree = place.path, place.worktree
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
    what = "with documents" if documents else "without a document"
    return Section(f"SERVE, {branches:,} branches {what}", "", rows, (f"{runs} runs",))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the medians; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--branches", type=int, nargs="+", default=list(AIMS))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--bare", action="store_true", help="branches of which nothing is written")
    asked = parser.parse_args(arguments)
    sections = [measured(branches, asked.runs, not asked.bare) for branches in asked.branches]
    print(text([], sections), end="")
    return int(any(row.met is False for section in sections for row in section.rows))


if __name__ == "__main__":
    sys.exit(main())
