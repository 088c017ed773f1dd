"""Shows a branch as if some ledger files were committed on it already, and what the ready gate finds then.

Belongs here: putting documents that exist only as bytes in place of those that were read. Does not: what is in
them, or committing them (see `ledger_commit`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger import rules
from agentledger.attention import progress
from agentledger.documents.evidence import parse_evidence
from agentledger.documents.packet import parse_packet
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.status import parse_check_in
from agentledger.fleet import case_builder
from agentledger.fleet.snapshot import Snapshot
from agentledger.git.scratch import Scratch
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Source
from agentledger.model.text import encode
from agentledger.model.work import Work

# Contents by path from the worktree's top.
Files = Mapping[str, bytes]


def overlay_files(fleet: Fleet, branch: Branch, files: Files) -> tuple[Fleet, Branch]:
    """The fleet with these files on the branch, and that branch in it. The branch must have a task."""
    assert branch.work
    work = branch.work
    for path, raw in files.items():
        work = _overlay_file(work, path, raw, fleet)
    branches = tuple(replace(branch, work=work) if b.ref == branch.ref else b for b in fleet.branches)
    # How far a branch is follows from its documents, so it is worked out again.
    placed_fleet = progress.place_branches(replace(fleet, branches=branches))
    return placed_fleet, next(b for b in placed_fleet.branches if b.ref == branch.ref)


def evaluate_ready_gate(
    scratch: Scratch, taken: Snapshot, branch: Branch, files: Files, only: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What the ready gate would find with these files committed; `only` names the rules to evaluate, () all."""
    overlaid, changed = overlay_files(taken.fleet, branch, files)
    bench = case_builder.Bench(scratch, overlaid, [changed], Gate.READY, history=taken.history)
    case = bench.case(changed)
    chosen = [rule for rule in rules.RULES if not only or rule.id in only]
    return rules.evaluate_rules(case, chosen)


def _overlay_file(work: Work, path: str, content: bytes, fleet: Fleet) -> Work:
    """The branch's ledger with one file more: evidence, a check-in or the packet; any other path is ignored."""
    source = Source(path=path, at=fleet.now, uncommitted=True)
    own = fleet.templates.get("packet") if path.endswith("/packet.md") else None
    raw = RawDocument(
        source=source,
        content=content,
        policy=fleet.policy,
        template=encode(own) if own is not None else None,
    )
    folder = posixpath.basename(posixpath.dirname(path))
    if folder == "evidence":
        evidence = parse_evidence(raw)
        # A check has one file of evidence, so a new one replaces the old.
        others = tuple(each for each in work.evidence if each.check != evidence.check)
        return replace(work, evidence=(evidence, *others))
    if folder == "status":
        check_in = parse_check_in(raw)
        # The newest check-in comes first.
        earlier = tuple(each for each in work.check_ins if each.name != check_in.name)
        return replace(work, check_ins=(check_in, *earlier))
    if path.endswith("/packet.md"):
        return replace(work, packet=parse_packet(raw))
    return work
