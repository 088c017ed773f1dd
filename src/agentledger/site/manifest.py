"""What the last build published, kept in the output folder itself.

Belongs here: the manifest's form, and the keys that tell whether a page is still good. Does
not: writing any file (see `folder`).

The manifest marks a folder as ours, and is believed no further than that: it may have come
with a clone. Paths in it count only where they look like ours, and its keys only in the very
folder that they were written for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from agentledger import __version__
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Document
from agentledger.site.reply import build_replies
from agentledger.site.task_view import task_of
from agentledger.site.timeline import list_documents

NAME = ".agentledger-site.json"
# Page names are made of these alone (see `names`); no `..`, no hidden file, one level deep.
_OURS = re.compile(r"(?:branch/)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9]+){1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Published files with their keys. `complete` is False from before the first file is replaced
    until after the last; `valid_until` is when time alone makes the site stale, None for never."""

    files: Mapping[str, str]
    fingerprint: str = ""
    valid_until: int | None = None
    made_with: str = ""
    place: str = ""
    complete: bool = False

    def while_publishing(self, before: Manifest) -> Manifest:
        """The same while it is being published, over what was there before: nothing is certain."""
        return replace(self, files={**before.files, **self.files}, complete=False)

    def to_json(self) -> bytes:
        """As JSON, for the file NAME."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return (json.dumps(fields, indent=0, sort_keys=True) + "\n").encode()


NOTHING = Manifest(files={})


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, or None where it has none. What cannot be believed in it is left out."""
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        return None
    try:
        fields = json.loads(path.read_bytes())
        manifest = _parse_manifest(fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return NOTHING
    return manifest if manifest.place == folder_identity(folder) else replace(manifest, complete=False)


def folder_identity(folder: Path) -> str:
    """What tells this folder from any copy of it."""
    found = os.stat(folder)  # noqa: PTH116 - beside st_dev, not a question about the path
    return f"{found.st_dev:x}-{found.st_ino:x}"


def branch_key(branch: Branch, fleet: Fleet, made_with: str) -> str:
    """A hash over everything that a branch's page shows, but for when it was built.

    Commits and changes follow from head and merge bases; what of them git could not look at does not.
    """
    unseen = sum(change.binary is None for change in branch.changes)
    shown = (
        *(branch.name, branch.ref, branch.remote_ref, branch.head, branch.merge_bases, branch.sync),
        *(branch.state, branch.state_why, branch.same_as, branch.ahead, branch.behind),
        *(branch.agent, branch.task, branch.worktree, branch.active_at, branch.conflict),
        *(branch.lines_counted, len(branch.changes), unseen, branch.problems, branch.findings),
        *(fleet.name, fleet.forge, bool(fleet.tasks)),
        *(fleet.base.name, fleet.base.ref, fleet.base.head, fleet.base.sync, made_with),
        *_work_key_parts(branch, fleet),
    )
    return content_key(repr(shown).encode("utf-8", "surrogateescape"))


def _work_key_parts(branch: Branch, fleet: Fleet) -> tuple[object, ...]:
    """What was written about a branch, and what the clock makes of it.

    Of documents it is enough to know which they are: what they say follows.
    """
    found, work = branch.standing, branch.work
    if work is None or found is None:
        return ()
    task = task_of(work, fleet)
    checks = (run.document for run in (*work.evidence, *work.reruns))
    told = [_document_identity(document) for document in (*list_documents(work, task), *checks)]
    which = (work.task, work.copy, work.check_ins_total, work.problems, task.brief_from, task.problems)
    policy = (fleet.policy.checks, fleet.policy.managers)
    links = build_replies(branch, fleet)
    return (*which, *policy, found.progress, found.waits_for, found.rivals, found.due, told, links)


def _document_identity(document: Document) -> tuple[object, ...]:
    source = document.source
    where = (source.path, source.ref, source.commit, source.at, source.by, source.uncommitted, source.proven)
    return *where, document.blob or document.text


def content_key(content: bytes) -> str:
    """A key for a file whose content is at hand."""
    return sha256(content).hexdigest()[:32]


def sources_key(sources: list[bytes]) -> str:
    """A key for what pages are made with: the version, templates and static files."""
    return content_key(b"\0".join([__version__.encode(), *sources]))


def _parse_manifest(fields: dict[str, Any]) -> Manifest:
    files = {path: str(kept) for path, kept in fields["files"].items() if _OURS.fullmatch(path)}
    until = fields["valid_until"]
    return Manifest(
        files=files,
        fingerprint=str(fields["fingerprint"]),
        valid_until=None if until is None else int(until),
        made_with=str(fields["made_with"]),
        place=str(fields["place"]),
        complete=fields["complete"] is True,
    )
