"""The repository that is measured: a bare one in a temporary folder that borrows another's objects.

Belongs here: making it, choosing which refs it has, moving one of its heads. Does not: measuring.
The repository given by the user is only ever read.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.fleet.request import Request
from agentledger.git import process
from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.git.queries import Ref
from agentledger.model.errors import RefError
from agentledger.model.fleet import Branch, Change
from agentledger.model.text import decode, encode
from agentledger.repository import repository_state
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import Observation

# What a developer's configuration could do to the time that git takes stays out of it.
SEALED = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
}
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.com"), ("DATE", "1700000000 +0000"))
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The repository at `path`, and the request that reads all of its fleet."""

    path: Path
    git: Git
    base: str
    globs: tuple[str, ...]
    now: int
    heads: int

    @property
    def request(self) -> Request:
        """Everything, and nothing dormant: pull requests of years ago are to count as open."""
        return Request(base=self.base, refs=self.globs, dormant=None, now=self.now)

    @property
    def cache(self) -> Path:
        """agentledger's folder: what it remembers between two runs."""
        return self.path / "agentledger"

    def forget(self) -> None:
        """Drop what was remembered."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def move(self, branch: Branch) -> None:
        """One more commit on a branch: a line more in one of the files that it changed."""
        head = decode(process.run(self.git, ["rev-parse", f"{branch.ref}^{{commit}}"])).strip()
        change = movable(branch)
        assert change is not None
        spec = encode(head) + b":" + change.path
        old = process.run(self.git, ["cat-file", "blob", decode(spec)])
        blob = decode(
            process.run(self.git, ["hash-object", "-w", "--stdin"], old + b"one line more\n")
        ).strip()
        index = replace(self.git, env={**self.git.env, **_NAMES, "GIT_INDEX_FILE": str(self.path / "moved")})
        process.run(index, ["read-tree", head])
        entry = f"{change.new_mode} {blob}\t".encode() + change.path + b"\0"
        process.run(index, ["update-index", "-z", "--index-info"], entry)
        tree = decode(process.run(index, ["write-tree"])).strip()
        commit = decode(process.run(index, ["commit-tree", "-p", head, "-m", "One line more", tree])).strip()
        process.run(self.git, ["update-ref", branch.ref, commit, head])


def movable(branch: Branch) -> Change | None:
    """A change of a plain file that is still there, which one more commit can go on with."""
    plain = (c for c in branch.changes if c.new_mode in ("100644", "100755") and c.binary is False)
    return next(plain, None)


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key that has `pull/9` before `pull/10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


@contextmanager
def opened(
    source: Path, base: str | None, globs: Sequence[str], limit: int, home: Path | None
) -> Iterator[Sandbox]:
    """A sandbox with the newest `limit` refs of these globs, by name; removed at the end.

    `base` None: whatever agentledger takes as base there. Raises LedgerError when there is
    no repository, no base, or no such ref.
    """
    seen = repository_state.observe_repository(source, base, globs)
    chosen = seen.choice.remote or seen.choice.local
    assert chosen is not None  # a choice has at least one copy
    copies = {ref.name for ref in (seen.choice.local, seen.choice.remote) if ref}
    refs = sorted(
        (ref for ref in seen.extra if not ref.target and ref.name not in copies),
        key=lambda ref: natural(ref.name),
    )[-limit:]
    if not refs:
        raise RefError(f"no ref matches {', '.join(globs)}", "give a full glob, such as 'refs/pull/*/head'")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home, ignore_cleanup_errors=True) as name:
        asked = _made(Path(name) / f"{seen.home.name.removesuffix('.git')}.git", seen, chosen, refs)
        times = process.run(asked, ["for-each-ref", "--format=%(committerdate:unix)", *globs]).split()
        yield Sandbox(
            asked.cwd,
            asked,
            seen.choice.name,
            globs=tuple(globs),
            now=max(map(int, times), default=0),
            heads=len(refs),
        )


def _made(folder: Path, seen: Observation, base: Ref, refs: Sequence[Ref]) -> Git:
    asked = Git(folder, build_git_env(os.environ, sealed=True) | SEALED)
    folder.mkdir()
    place = seen.place
    process.run(asked, ["init", "--bare", "--quiet", "--template=", f"--object-format={place.object_format}"])
    (folder / "objects/info").mkdir(exist_ok=True)
    (folder / "objects/info/alternates").write_bytes(os.fsencode(place.common / "objects") + b"\n")
    if place.shallow:
        shutil.copyfile(place.common / "shallow", folder / "shallow")
    home = HEADS + seen.choice.name
    orders = [f"create {home} {base.id}\n", *(f"create {ref.name} {ref.id}\n" for ref in refs)]
    process.run(asked, ["update-ref", "--stdin"], encode("".join(orders)))
    process.run(asked, ["symbolic-ref", "HEAD", home])
    # As after a clone; a thousand files would be slow to list for both sides.
    process.run(asked, ["pack-refs", "--all"])
    return asked
