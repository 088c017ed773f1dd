"""What the commit gate found out about a branch, kept for its next plain commits.

Belongs here: which grants can be kept, and writing them. Does not: the record itself (see `grant`), or using
it (see `plain`). Losing one costs time only, so what cannot be written is left.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from agentledger.fleet import case_builder
from agentledger.gates import grant
from agentledger.gates.gated import Gated
from agentledger.gates.here import Here
from agentledger.git import process
from agentledger.model.text import encode
from agentledger.repository.bases import HEADS, REMOTES, USUAL
from agentledger.scope import patterns as scope_patterns

_KEEP = 30 * 86400  # seconds


def write_grant(here: Here, settings: Mapping[str, str], found: Gated) -> None:
    """Write the grant of a branch, where plain commits can be told by it. `settings` are git's here."""
    # Plain commits are read in the user's own repository, where git would fetch what a partial clone lacks.
    partial = "extensions.partialclone" in settings or any(key.endswith(".promisor") for key in settings)
    raw = grant.dump(_grant_fields(here, found)) if _is_plain_brief(found) and not partial else None
    if raw is None:
        return
    file = Path(os.fsdecode(grant.grant_path(encode(str(here.place.common)), encode(here.branch))))
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_bytes(raw)
        new.replace(file)
        _remove_old_grants(file.parent)


def _remove_old_grants(folder: Path) -> None:
    """Remove the grants of branches that are long gone; one that is still needed is found anew."""
    oldest = time.time() - _KEEP
    for old in folder.iterdir():
        if old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)


def _is_plain_brief(found: Gated) -> bool:
    """Is there nothing about the brief that a rule would speak of, or look for in documents?"""
    brief = found.task.brief
    if brief is None or found.task.brief_from == "branch" or len(found.tips) > 1:
        return False
    # What is incomplete in a brief is no affair of this gate's.
    invalid = any(problem.kind == "invalid" for problem in brief.document.problems)
    checkpoints = bool(brief.checkpoints) or brief.mode == "review"
    return not (invalid or checkpoints or found.policy.problems)


def _grant_fields(here: Here, found: Gated) -> dict[str, list[bytes]]:
    brief = found.task.brief
    assert brief
    granted = scope_patterns.scope_of_brief(brief, found.policy, case_builder.PROTECTED)
    base = [ref for ref in (found.choice.local, found.choice.remote) if ref]
    control = [ref for ref in (found.copies.local, found.copies.remote) if ref]
    patterns = list(map(encode, _ref_patterns(found, [ref.name for ref in (*base, *control)])))
    return {
        "branch": [encode(here.branch)],
        "task": [encode(found.task.id)],
        "brief": [encode(found.official)],
        "base": [encode(found.base.head)],
        "control": [encode(found.tips[0]) if found.tips else b""],
        "base_refs": [encode(f"{ref.name} {ref.id}") for ref in base],
        "control_refs": [encode(f"{ref.name} {ref.id}") for ref in control],
        "patterns": patterns,
        "refs": list(grant.parse_refs(process.run(here.asked, grant.refs_query(patterns)))),
        "owns": list(granted.owns),
        "barred": [*granted.off_limits, *granted.protected],
    }


def _ref_patterns(found: Gated, names: list[str]) -> list[str]:
    """Of the refs that base and the control branch were chosen from."""
    chosen = dict.fromkeys([*USUAL, found.choice.name, found.policy.control_branch])
    wanted = [f"{REMOTES}**/HEAD"]
    for name in chosen:
        wanted += [f"{HEADS}{name}", f"{REMOTES}**/{name}"]
    return list(dict.fromkeys([*wanted, *names]))
