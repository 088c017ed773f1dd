"""The list of what the last build published; it is kept in the output folder itself.

Belongs here: the manifest's form, and the keys that show whether a page is still current. Does not: writing
a file (see `write`).

The manifest marks a folder as ours, and is trusted no further than that: it may have come with a clone.
Paths in it count only where they look like ours, and its keys only in the folder for which they were
written.
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
from agentledger.attention.turn import turn_of
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Document
from agentledger.site.collisions.others_view import NO_OTHERS, Others
from agentledger.site.reply import build_replies
from agentledger.site.timeline import list_documents

NAME = ".agentledger-site.json"
# Page names have no other form (see `page_names`): no `..`, no hidden file, one level deep.
_OURS = re.compile(r"(?:branch/)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9]+){1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The published files, and what they were built from."""

    #: By path below the folder: a key for the content, or for what the page was made from.
    files: Mapping[str, str]
    #: The repository's state that was read; "" where that is not known.
    fingerprint: str = ""
    #: The second (since the epoch) at which the site becomes stale although that state stays; None: never.
    valid_until: int | None = None
    #: A key for version, templates and static files (see `sources_key`).
    made_with: str = ""
    #: The folder that it was written for (see `folder_identity`).
    place: str = ""
    #: False from before the first file is replaced until after the last.
    complete: bool = False

    def while_publishing(self, before: Manifest) -> Manifest:
        """The manifest for the time of publishing: the files of both builds, and none of them is certain."""
        return replace(self, files={**before.files, **self.files}, complete=False)

    def to_json(self) -> bytes:
        """The content of the file NAME, as JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return (json.dumps(fields, indent=0, sort_keys=True) + "\n").encode()


NOTHING = Manifest(files={})


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None where it has none. What cannot be trusted in it is left out.

    A damaged one is NOTHING: the folder is ours, and every page in it is stale. One from another folder
    is not complete, so that nothing is kept.
    """
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
    """Device and inode: they distinguish this folder from any copy of it."""
    status = os.stat(folder)  # noqa: PTH116 - beside st_dev, not a question about the path
    return f"{status.st_dev:x}-{status.st_ino:x}"


def branch_key(branch: Branch, fleet: Fleet, made_with: str, others: Others = NO_OTHERS) -> str:
    """A hash over everything that a branch's page shows, except when it was built.

    Commits and changes are not in it: they follow from head and merge bases. What git could not read of
    them does not follow, so it is counted. `others` is what its page shows about other branches.
    """
    unread_count = sum(change.binary is None for change in branch.changes)
    key_parts = (
        *(branch.name, branch.ref, branch.remote_ref, branch.head, branch.merge_bases, branch.sync),
        *(branch.state, branch.state_why, branch.same_as, branch.taken_back, branch.ahead, branch.behind),
        *(branch.agent, branch.task, branch.worktree, branch.active_at, branch.conflict),
        *(branch.stashes, branch.detached, branch.unsaved, branch.at_rest),
        *(branch.stands_on, sorted(branch.borrowed), branch.bridge),
        *(branch.lines_counted, len(branch.changes), unread_count, branch.problems, branch.findings),
        branch.absent,
        *(fleet.name, fleet.forge, bool(fleet.tasks)),
        *(fleet.base.name, fleet.base.ref, fleet.base.head, fleet.base.sync, made_with),
        *_work_key_parts(branch, fleet),
        others,
    )
    return content_key(repr(key_parts).encode("utf-8", "surrogateescape"))


def _work_key_parts(branch: Branch, fleet: Fleet) -> tuple[object, ...]:
    """What was written about a branch, and what depends on the time.

    Of a document its identity is enough: what it says follows from that.
    """
    standing, work = branch.standing, branch.work
    if work is None or standing is None:
        return ()
    task = fleet.task_of(work)
    checks = [run.document for run in (*work.evidence, *work.reruns)]
    checks += [record.document for record in work.integrity]
    documents = [_document_identity(document) for document in (*list_documents(work, task), *checks)]
    task_parts = (work.task, work.copy, work.check_ins_total, work.problems, task.brief_from, task.problems)
    policy = (fleet.policy.checks, fleet.policy.managers)
    links = build_replies(branch, fleet)
    # What this clone still has of the commits that documents name can change alone.
    worth = [(c.result, c.trust, c.fresh, c.tree) for c in (*standing.checks, *standing.unasked)]
    fresh = (
        standing.packet_fresh,
        tuple(standing.reviews_fresh.items()),
        tuple(standing.integrity_fresh.items()),
    )
    state = (standing.progress, turn_of(branch), standing.rivals, standing.due, *worth, *fresh)
    return (*task_parts, *policy, *state, documents, links)


def _document_identity(document: Document) -> tuple[object, ...]:
    source = document.source
    origin = (source.path, source.ref, source.commit, source.at, source.by, source.uncommitted, source.proven)
    return *origin, document.blob or document.text


def content_key(content: bytes) -> str:
    """A key for a file, from its content."""
    return sha256(content).hexdigest()[:32]


def sources_key(sources: list[bytes]) -> str:
    """A key for what all pages are made with: agentledger's version, templates and static files."""
    return content_key(b"\0".join([__version__.encode(), *sources]))


def _parse_manifest(fields: dict[str, Any]) -> Manifest:
    files = {path: str(key) for path, key in fields["files"].items() if _OURS.fullmatch(path)}
    valid_until = fields["valid_until"]
    return Manifest(
        files=files,
        fingerprint=str(fields["fingerprint"]),
        valid_until=None if valid_until is None else int(valid_until),
        made_with=str(fields["made_with"]),
        place=str(fields["place"]),
        complete=fields["complete"] is True,
    )
