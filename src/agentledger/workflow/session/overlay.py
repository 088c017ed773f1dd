"""A branch as if some ledger files were committed on it already, and what a gate finds then.

Belongs here: putting documents that exist only as bytes in the place of those that were read. Does not: what
is in them, or committing them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger import rules
from agentledger.attention import progress
from agentledger.documents.evidence import parse_evidence
from agentledger.documents.packet import parse_packet
from agentledger.documents.status import parse_check_in
from agentledger.fleet import case_builder
from agentledger.git.scratch import Scratch
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Policy, Source
from agentledger.model.text import encode
from agentledger.model.work import Work

# The files by their paths from the worktree's top.
Files = Mapping[str, bytes]


def overlay_files(fleet: Fleet, branch: Branch, files: Files) -> tuple[Fleet, Branch]:
    """The fleet in which the branch, which has a task, holds these files, and the branch in it."""
    assert branch.work
    work = branch.work
    for path, raw in files.items():
        work = _overlay_file(work, path, raw, fleet)
    branches = tuple(replace(b, work=work) if b.ref == branch.ref else b for b in fleet.branches)
    found = progress.place_branches(replace(fleet, branches=branches))
    return found, next(b for b in found.branches if b.ref == branch.ref)


def evaluate_ready_gate(
    scratch: Scratch, fleet: Fleet, branch: Branch, files: Files, only: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What the ready gate would find, or `only` the rules of these ids."""
    found, there = overlay_files(fleet, branch, files)
    case = case_builder.Bench(scratch, found, [there], Gate.READY).case(there)
    asked = [rule for rule in rules.RULES if not only or rule.id in only]
    return rules.evaluate_rules(case, asked)


def _overlay_file(work: Work, path: str, raw: bytes, fleet: Fleet) -> Work:
    source = Source(path=path, at=fleet.now, uncommitted=True)
    policy: Policy = fleet.policy
    folder = posixpath.basename(posixpath.dirname(path))
    if folder == "evidence":
        found = parse_evidence(source, raw, policy, size=len(raw))
        others = tuple(each for each in work.evidence if each.check != found.check)
        return replace(work, evidence=(found, *others))
    if folder == "status":
        said = parse_check_in(source, raw, policy, size=len(raw))
        before = tuple(each for each in work.check_ins if each.name != said.name)
        return replace(work, check_ins=(said, *before))
    if path.endswith("/packet.md"):
        own = fleet.templates.get("packet")
        given = encode(own) if own is not None else None
        return replace(work, packet=parse_packet(source, raw, policy, size=len(raw), template=given))
    return work
