"""Hand-made fleets for the tests of the site: values only, no repository.

Belongs here: building fleets, branches and patches with sensible defaults. Does not: what
one test expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha1
from pathlib import Path
from typing import Any

from agentledger.model.conflict import Conflict
from agentledger.model.fleet import Agent, Base, Branch, Change, Commit, FilePatch, Fleet, Person, Sync
from agentledger.model.text import encode
from agentledger.site.build import Result, build_site

NOW = 1_700_000_000
BODY = b"@@ -1,2 +1,2 @@\n one\n-two\n+three\n"


def oid(text: str) -> str:
    """An object id, the same for the same text."""
    return sha1(encode(text), usedforsecurity=False).hexdigest()


def change(path: str | bytes, added: int | None = 1, removed: int | None = 1, **fields: Any) -> Change:
    """A change of a plain file."""
    raw = path if isinstance(path, bytes) else path.encode()
    plain = Change(
        raw,
        "M",
        "100644",
        new_mode="100644",
        old=oid("old"),
        new=oid("new"),
        added=added,
        removed=removed,
        binary=False,
    )
    return plain._replace(**fields)


def commit(subject: str, parents: int = 1, **fields: Any) -> Commit:
    """A commit by Ann, an hour ago."""
    ids = tuple(oid(f"{subject}{n}") for n in range(parents))
    at = NOW - 3600
    plain = Commit(
        oid(subject),
        ids,
        oid("tree"),
        author=Person("Ann", "ann@example.com"),
        at=at,
        committed_at=at,
        subject=subject,
        trailers=(),
    )
    return plain._replace(**fields)


def branch(name: str, **fields: Any) -> Branch:
    """An open local branch with one commit on one file, which merges cleanly."""
    plain = Branch(
        name=name,
        ref=f"refs/heads/{name}",
        head=oid(name),
        sync=Sync.LOCAL,
        merge_bases=(oid("base"),),
        ahead=1,
        commits=(commit(f"Work on {name}"),),
        changes=(change("src/a.py"),),
        lines_counted=True,
        agent=Agent("Claude Code", "branch"),
        active_at=NOW - 3600,
        conflict=Conflict(clean=True),
    )
    return replace(plain, **fields)


def fleet(*branches: Branch, **fields: Any) -> Fleet:
    """A fleet on a local main."""
    base = Base(
        name="main", ref="refs/heads/main", head=oid("main"), why="the only candidate", sync=Sync.LOCAL
    )
    return replace(Fleet(name="app", object_format="sha1", base=base, branches=branches, now=NOW), **fields)


@dataclass
class Given:
    """Stands where a snapshot would; tells which branches it was asked the patches of."""

    fleet: Fleet
    bodies: dict[str, tuple[FilePatch, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def patches(self, branches: Sequence[Branch], /) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
        """The given patches of each branch, else BODY for every change."""
        for one in branches:
            self.asked.append(one.name)
            yield one, self.bodies.get(one.name, tuple(FilePatch(c, BODY) for c in one.changes))


def built(out: Path, *branches: Branch, **fields: Any) -> Result:
    """The result of building the site of these branches."""
    return build_site(Given(fleet(*branches, **fields)), out, silent)


def silent(stage: str, done: int, total: int) -> None:
    """Progress for nobody."""


def content(out: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def page_of(out: Path, name: str) -> Path:
    """The page of a branch whose name is plain."""
    (page,) = (out / "branch").glob(f"{name}-*[0-9a-f].html")
    return page
