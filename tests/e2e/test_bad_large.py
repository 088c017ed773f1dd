"""A file of 300 MB on a branch: neither read into memory nor waited for."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import command
from gitrepo import Repo

MEGABYTE = 1 << 20
SIZE = 300
# Prints the peak of our own process and that of the largest git process, in MB. Linux counts into the former by
# getrusage what the process was that started this one, the test runner itself; /proc does not.
MEASURED = """
import pathlib, re, resource, sys
from agentledger.cli import main
code = main(sys.argv[1:])
scale = 1 << (20 if sys.platform == "darwin" else 10)
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // scale
status = pathlib.Path("/proc/self/status")
if status.exists():
    own = int(re.search(r"VmHWM:\\s+([0-9]+) kB", status.read_text())[1]) // 1024
print(own, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // scale, file=sys.stderr)
sys.exit(code)
"""


def large(repo: Repo, part: bytes) -> str:
    """A blob of 300 times `part`, a megabyte: its one compressed block is written 300 times."""
    header = b"blob %d\0" % (SIZE * len(part))
    digest, check = hashlib.sha1(header, usedforsecurity=False), zlib.adler32(header)
    for _ in range(SIZE):
        digest.update(part)
        check = zlib.adler32(part, check)
    packer = zlib.compressobj(1)
    start = packer.compress(header) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()[:-4] + check.to_bytes(4, "big")
    name = digest.hexdigest()
    file = repo.path / ".git" / "objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(start + block * SIZE + end)
    return name


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [bytes(MEGABYTE), b"a line of text\n" * (MEGABYTE // 15)], ids=["binary", "text"]
)
def test_a_large_file_is_told_of_and_not_read(repo: Repo, tmp_path: Path, part: bytes) -> None:
    blob = large(repo, part)
    assert repo.git("cat-file", "-s", blob) == str(SIZE * len(part))
    tree = repo.git("mktree", input=f"100644 blob {blob}\tlarge\n{repo.git('ls-tree', 'agent/good')}\n")
    repo.git(
        "update-ref", "refs/heads/agent/large", repo.git("commit-tree", tree, "-p", "main", "-m", "Large")
    )

    out = tmp_path / "out"
    program = [sys.executable, "-c", MEASURED, "site", "--dormant=never", "--out", str(out)]
    done = subprocess.run(program, cwd=repo.path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done
    ours, git = map(int, done.stderr.split())
    assert ours < SIZE
    assert git < SIZE

    entry = command.branches(repo.path)["agent/large"]
    assert {change["path"]: change["binary"] for change in entry["changes"]} == {
        "good.txt": False,
        "large": None,
    }
    assert entry["base_conflict"]["clean"] is True
    page = command.page({path: (out / path).read_text() for path in map(str, pages(out))}, entry)
    assert "Too large to be shown here." in page


def pages(out: Path) -> list[Path]:
    """The branch pages of a site, relative to it."""
    return [path.relative_to(out) for path in (out / "branch").iterdir()]
