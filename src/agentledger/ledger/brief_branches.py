"""Finds the branches that briefs name: they are agents' branches, whatever they are called.

Belongs here: reading those names before any branch is read, in one process. Does not: which task a branch
works on (see `tasks`), or branches that are agents' by their names (see `repository.listing`).

A branch's own brief does not count here: it is the manager who names branches.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence

from agentledger import documents
from agentledger.control import reader
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Base
from agentledger.model.ledger_paths import ALL_BRIEFS
from agentledger.model.policy import Policy
from agentledger.repository.bases import Refs


def read_branch_patterns(scratch: Scratch, refs: Refs, policy: Policy, base: Base) -> tuple[str, ...]:
    """Each branch that a brief on the control branch or on base names, as a pattern that matches only it."""
    copies = reader.find_copies(refs, policy.control_branch)
    tips = list(dict.fromkeys([base.head, *(ref.id for ref in (copies.local, copies.remote) if ref)]))
    lines = _read_branch_lines(scratch, tips).splitlines()
    return tuple(glob.escape(name) for name in dict.fromkeys(_parse_branch_names(lines)))


def _read_branch_lines(scratch: Scratch, tips: Sequence[str]) -> bytes:
    """The `branch:` lines of the briefs at these commits."""
    out, code, _ = run_unchecked(scratch.git, ["grep", "-h", "-e", "^branch:", *tips, "--", *ALL_BRIEFS])
    # An exit code of 1 means that nothing matched. Above that, one of the commits cannot be read: the others
    # still count. `control.reader` reports a copy that cannot be read.
    return b"".join(_read_branch_lines(scratch, [tip]) for tip in tips) if code > 1 and len(tips) > 1 else out


def _parse_branch_names(lines: Sequence[bytes]) -> list[str]:
    """The names in these lines, each read as a document's front matter, since a name may be quoted."""
    names = (documents.parse_front_matter(b"---\n%s\n---\n" % line).get("branch") for line in lines)
    return [name for name in names if isinstance(name, str) and name]
