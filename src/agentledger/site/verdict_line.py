"""What is known of a branch in one line: the verdict, who is waited for, its checks, and how git's merge ended.

Belongs here: that line, the same on the board and on the branch's page. Does not: the verdict itself (see
`attention.verdict`), or what to do about it (see `attention.actions`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agentledger.attention.actions import next_action
from agentledger.attention.commands import NextAction
from agentledger.attention.turn import WHOSE_WORDS, has_conflict, turn_of
from agentledger.attention.verdict import Known, verdict_of
from agentledger.model.fleet import Base, Branch, State
from agentledger.site.check_view import check_marks
from agentledger.site.labels import Mark, merge_mark, verdict_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """What is known of a branch."""

    verdict: Mark
    #: A sentence about it; "" for none. And that, where it speaks against what the verdict says.
    more: str
    against: str
    #: Whose turn it is; "" where it is nobody's, or the verdict says it.
    turn: str
    #: Since when somebody is waited for, in seconds since the epoch.
    since: int | None
    #: Why; "" where the verdict says it.
    why: str
    #: None where the verdict says it.
    merge: Mark | None
    checks: tuple[Mark, ...]
    #: What to do next; without its reason where the verdict says that.
    action: NextAction | None


def build_verdict_line(branch: Branch, base: Base) -> VerdictLine:
    """Build the line of a branch."""
    action = next_action(branch, base)
    verdict, now, standing = verdict_of(branch, base), turn_of(branch), branch.standing
    is_open = branch.state is State.OPEN and not branch.at_rest
    says_merge = verdict.kind in (Known.STOPPED, Known.UNKNOWN) and has_conflict(branch)
    # A verdict about reviews does not say what its agent says.
    says_why = verdict.kind not in (Known.NOT_REVIEWED, Known.STALE)
    return VerdictLine(
        verdict=verdict_mark(verdict),
        more=verdict.more,
        against=verdict.more
        if verdict.kind in (Known.APPROVED, Known.STOPPED, Known.ASKS, Known.REVERTED)
        else "",
        turn="" if verdict.kind is Known.WAITS_FOR_AGENT or not now.why else WHOSE_WORDS[now.whose],
        since=now.since,
        why="" if says_why else now.why,
        merge=merge_mark(branch) if is_open and not says_merge else None,
        checks=check_marks(standing, branch.findings or ()) if standing and is_open else (),
        action=_drop_reason(action, verdict.text) if action else None,
    )


def _drop_reason(action: NextAction, verdict: str) -> NextAction:
    """`Not ready: the check test failed` says nothing that `Stopped: the check test failed` above it does not."""
    words = re.fullmatch(r"(Not ready: |Out of bounds: |Give it up\? )(.+)", action.text)
    if words is None or words[2] not in verdict:
        return action
    return replace(action, text="Give it up?" if words[1].startswith("Give") else "Send it back")
