"""Write down what the commit gate found out about a branch, for its next plain commits.

Belongs here: which grants can be kept, and writing them. Does not: the record itself (see `grant`), or using
it (see `plain`). Losing one costs only time, so one that cannot be written is no error.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from agentledger.gates import grant
from agentledger.gates.gated import Gated
from agentledger.gates.here import Here
from agentledger.git import process
from agentledger.model.text import encode
from agentledger.repository.bases import HEADS, REMOTES, USUAL
from agentledger.scope import task_scope as scope_patterns

_KEEP = 30 * 86400  # seconds


def write_grant(here: Here, gated: Gated) -> None:
    """Write the grant of a branch, where plain commits can be recognised by it."""
    settings = gated.settings
    # Plain commits are read in the user's own repository, where git would fetch what a partial clone lacks.
    partial = "extensions.partialclone" in settings or any(key.endswith(".promisor") for key in settings)
    raw = grant.dump(_grant_fields(here, gated)) if _is_plain_brief(gated) and not partial else None
    if raw is None:
        return
    file = Path(os.fsdecode(grant.grant_path(encode(str(here.place.common)), encode(here.branch))))
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved, so that a commit at the same time reads the old one or the new one whole.
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_bytes(raw)
        new.replace(file)
        _remove_old_grants(file.parent)


def _remove_old_grants(folder: Path) -> None:
    """Remove old grants, as those of branches that are gone; one that is still needed is written again."""
    oldest = time.time() - _KEEP
    for old in folder.iterdir():
        if old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)


def _is_plain_brief(gated: Gated) -> bool:
    """Is there nothing about the brief that a rule would report, or look for in documents?"""
    brief = gated.task.brief
    if brief is None or gated.task.brief_from == "branch" or len(gated.tips) > 1:
        return False
    # An incomplete brief stops at spawn and at merge, not at this gate.
    invalid = any(problem.kind == "invalid" for problem in brief.document.problems)
    checkpoints = bool(brief.checkpoints) or brief.mode == "review"
    damaged = any(problem.fatal for problem in gated.policy.problems)
    return not (invalid or checkpoints or damaged)


def _grant_fields(here: Here, gated: Gated) -> dict[str, list[bytes]]:
    brief = gated.task.brief
    assert brief
    granted = scope_patterns.scope_of_brief(brief, gated.policy, scope_patterns.PROTECTED)
    base = [ref for ref in (gated.choice.local, gated.choice.remote) if ref]
    control = [ref for ref in (gated.copies.local, gated.copies.remote) if ref]
    patterns = list(map(encode, _ref_patterns(gated, [ref.name for ref in (*base, *control)])))
    return {
        "branch": [encode(here.branch)],
        "task": [encode(gated.task.id)],
        "brief": [encode(gated.official)],
        "base": [encode(gated.base.head)],
        "control": [encode(gated.tips[0]) if gated.tips else b""],
        "base_refs": [encode(f"{ref.name} {ref.id}") for ref in base],
        "control_refs": [encode(f"{ref.name} {ref.id}") for ref in control],
        "patterns": patterns,
        "refs": list(grant.parse_refs(process.run(here.git, grant.refs_query(patterns)))),
        "owns": list(granted.owns),
        "barred": [*granted.off_limits, *granted.protected],
    }


def _ref_patterns(gated: Gated, names: list[str]) -> list[str]:
    """Return patterns of all refs from which base and the control branch were chosen, or could be."""
    chosen = dict.fromkeys([*USUAL, gated.choice.name, gated.policy.control_branch])
    wanted = [f"{REMOTES}**/HEAD"]
    for name in chosen:
        wanted += [f"{HEADS}{name}", f"{REMOTES}**/{name}"]
    return list(dict.fromkeys([*wanted, *names]))
