"""Collects what `agentledger done` would commit, and asks the ready gate as if it were committed.

Belongs here: showing evidence, packet and the check-in that says ready to the gate. Does not: making evidence,
committing, or sentences for the agent (see `done`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git.scratch import Scratch
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Finding
from agentledger.model.text import escape_hidden
from agentledger.model.work import FINISHED
from agentledger.repository.bases import HEADS
from agentledger.workflow.handover import packet_gaps, write_packet
from agentledger.workflow.handover.packet_text import Prose
from agentledger.workflow.handover.write_packet import Composed
from agentledger.workflow.report import check_in, write_check_in
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.session import overlay
from agentledger.workflow.session.agent_context import AtWork
from agentledger.workflow.session.overlay import Files

# How the message of EVD003 begins, with the name of the check.
_FAILED = re.compile("the check ([^ ]+) failed")


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be committed, by path, and what the gate would find then.

    `others` are check-ins that were left uncommitted, and the renewed brief. `check_in` is {} where the branch
    has said ready already.
    """

    packet: Composed
    evidence: Files
    others: Files
    check_in: Files
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that stop, without those about what the packet lacks, which `packet` has."""
        return tuple(f for f in self.findings if f.blocks and f.rule not in packet_gaps.RULES)

    @property
    def ready(self) -> bool:
        """Does nothing stop, and has the agent said all that only it can say?"""
        return not self.packet.lacks and not any(f.blocks for f in self.findings)


def judge_ready(at: AtWork, prose: Prose, report: Said, now: int, evidence: Files) -> Judged:
    """Collect all that is to be committed, with this evidence, and what the gate finds then.

    `now` is the check-in's time in seconds since the epoch; `evidence` are files by path.
    """
    composed = write_packet.compose_packet(at, prose, evidence)
    uncommitted = write_check_in.read_uncommitted(at)
    interrupted = [path for path in uncommitted if _is_ready_check_in(at, path)]
    others = {
        path: raw for path, raw in uncommitted.items() if path not in interrupted
    } | write_check_in.renewed_brief(at)
    ready = _ready_check_in(at, report, now, interrupted[:1])
    findings = _judge_committed(at, now, {**evidence, **others, composed.path: composed.raw, **ready})
    return Judged(
        composed,
        evidence,
        others,
        check_in=ready,
        findings=tuple(_block_failed_check(at, each) for each in findings),
    )


def _block_failed_check(at: AtWork, finding: Finding) -> Finding:
    """The finding, changed to block where a check of the brief's own fails, though it fails on base too.

    The gate lets that pass, since a branch is not to blame for what base does. But a check of something new
    always fails on base, and the brief asks for it to pass.
    """
    name = _FAILED.match(finding.message)
    own = name is not None and name[1] in {check.name for check in at.brief.verify}
    if finding.rule != "EVD003" or not own or finding.waived is not None or not at.fleet.policy.enforce:
        return finding
    allow = f"agentledger allow {at.task.id} --rule EVD003 --why … --until …"
    return replace(
        finding, blocks=True, hint=f"{finding.hint}; if base is to blame, ask, and the manager can: {allow}"
    )


def _is_ready_check_in(at: AtWork, path: str) -> bool:
    return any(each.document.source.path == path and each.state == "ready" for each in at.work.check_ins)


def _ready_check_in(at: AtWork, report: Said, now: int, interrupted: Sequence[str]) -> Files:
    """The check-in that says ready, {} where one says so already.

    `interrupted` is the path of such a check-in that a killed run has left uncommitted: it is used again.
    """
    progress = at.branch.standing.progress if at.branch.standing else None
    if progress in FINISHED and not interrupted:
        return {}
    content = check_in.render_check_in(
        write_check_in.complete_check_in(at, replace(report, state="ready", need="")), now
    )
    path = interrupted[0] if interrupted else f"{at.folder}/status/{check_in.check_in_name(now, content)}"
    write_check_in.refuse_unreadable(at, path, content)
    return {path: content}


def _judge_committed(at: AtWork, now: int, files: Files) -> tuple[Finding, ...]:
    """What the ready gate would find if these files were committed, and nothing else uncommitted."""
    # By its commit, not its worktree: other uncommitted documents must not count.
    ref = HEADS + at.branch.name
    request = Request(
        heads=((ref, at.branch.head),),
        forecast=False,
        rules=False,
        gate=True,
        taken_back=False,
        now=now,
        fetch=True,
    )
    with snapshot.open_snapshot(at.top, request) as taken:
        branch = next(b for b in taken.fleet.branches if b.ref == ref)
        if branch.work is None:
            message = (
                f"what says that {escape_hidden(at.branch.name)} works on {at.task.id} is not committed yet"
            )
            raise LedgerError(message, "agentledger report commits it; then run this again")
        taken.require_code([branch])
        (bridged,) = taken.bridged([branch])
        return overlay.evaluate_ready_gate(
            Scratch(taken.sealed, at.place.object_format), taken, bridged, files
        )
