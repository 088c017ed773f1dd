"""Ways to break a repository, as disks, crashes and hands do.

Belongs here: the breaking. Does not: what a test expects of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

from gitrepo import Repo


def unpack(repo: Repo) -> None:
    """Make every object of a repository a loose one, so that it can be broken alone."""
    objects = Path(repo.git("rev-parse", "--path-format=absolute", "--git-path", "objects"))
    packs = sorted((objects / "pack").glob("*.pack"))
    contents = [pack.read_bytes() for pack in packs]
    for file in (objects / "pack").iterdir():
        file.unlink()
    for content in contents:
        repo.git_bytes("unpack-objects", "-q", input=content)


def loose(repo: Repo, name: str) -> Path:
    """The file of the loose object that a revision names."""
    oid = repo.git("rev-parse", "--verify", name)
    objects = Path(repo.git("rev-parse", "--path-format=absolute", "--git-path", "objects"))
    return objects / oid[:2] / oid[2:]


def remove(repo: Repo, name: str) -> None:
    """The object is missing."""
    loose(repo, name).unlink()


def truncate(repo: Repo, name: str) -> None:
    """The object's file ends in the middle, as after a power cut: its type and size can still be read."""
    file = loose(repo, name)
    rewrite(file, file.read_bytes()[:-4])


def garble(repo: Repo, name: str) -> None:
    """The object's file is no zlib stream."""
    rewrite(loose(repo, name), b"\0garbage\n" * 9)


def empty(repo: Repo, name: str) -> None:
    """The object's file has no content, which is what a crash leaves most often."""
    rewrite(loose(repo, name), b"")


def swap(repo: Repo, name: str) -> None:
    """The object's file inflates well, into content of another id."""
    file = loose(repo, name)
    rewrite(file, zlib.compress(zlib.decompress(file.read_bytes()).replace(b"\n", b" ")))


def rewrite(file: Path, content: bytes) -> None:
    """Replace a file that git has made read-only."""
    file.chmod(0o644)
    file.write_bytes(content)


Harm = Callable[[Repo, str], None]
HARMS: tuple[Harm, ...] = (remove, truncate, garble, empty)
