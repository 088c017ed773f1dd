"""The branches that briefs name, however they are called.

Belongs here: finding those names before any branch is read, in one process. Does not: which task a
branch works on (see `tasks`), or branches that agents are known by (see `listing`).

A branch's own brief is not asked: naming branches is the manager's.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence

from agentledger import documents
from agentledger.control import reader
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Base
from agentledger.model.ledger import Policy
from agentledger.repository.bases import Refs

_BRIEFS = (":(glob)tasks/*/brief.md", ":(glob).agentledger/tasks/*/brief.md")


def read_branch_patterns(scratch: Scratch, refs: Refs, policy: Policy, base: Base) -> tuple[str, ...]:
    """Each branch that a brief of the control branch or of base names, as a pattern only it matches."""
    copies = reader.find_copies(refs, policy.control_branch)
    tips = list(dict.fromkeys([base.head, *(ref.id for ref in (copies.local, copies.remote) if ref)]))
    lines = _read_branch_lines(scratch, tips).splitlines()
    return tuple(glob.escape(name) for name in dict.fromkeys(_parse_branch_names(lines)))


def _read_branch_lines(scratch: Scratch, tips: Sequence[str]) -> bytes:
    """The `branch:` lines of the briefs at these commits."""
    out, code, _ = run_unchecked(scratch.git, ["grep", "-h", "-e", "^branch:", *tips, "--", *_BRIEFS])
    # Above 1, which stands for nothing found, one of them cannot be read: the others still count. A copy that
    # is unreadable is told of where it is read whole.
    return b"".join(_read_branch_lines(scratch, [tip]) for tip in tips) if code > 1 and len(tips) > 1 else out


def _parse_branch_names(lines: Sequence[bytes]) -> list[str]:
    found = (documents.parse_front_matter(b"---\n%s\n---\n" % line).get("branch") for line in lines)
    return [name for name in found if isinstance(name, str) and name]
