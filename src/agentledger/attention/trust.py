"""Are evidence, packet and reviews still about the branch's change, and how far can evidence be trusted?

Belongs here: both for one branch, from values. Does not: what git says of the commits that documents name (see
`ledger.named_commits` and `changes.freshness`), or how far the branch is by all this (see `progress`).

What a document states of a commit (its tree, its change) is only compared with what git computes. Of a commit that
this clone does not have, the recorded change id is all there is: a document about it holds where that is the id of
the branch's change now, and evidence of it stays a claim until somebody else has run the check.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from agentledger.model.evidence import Evidence, confirms
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Check
from agentledger.model.work import Checked, CheckResult, Fresh, Named, Standing, Trust, Work
from agentledger.scope.changed_globs import has_nothing_to_run

# Is a commit still the change as it is? Given with the change id that the document has beside it.
Judge = Callable[[str | None, str | None], Fresh]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What git shows of a branch, by which its documents are judged."""

    judge: Judge
    #: The files that the branch changes and that exist at its head.
    paths: Collection[bytes]
    #: The head's code tree; None where it cannot be read.
    head_tree: str | None
    #: The id of the branch's change now; None where it was not needed, or is not known.
    change: str | None = None


def compare_code(branch: Branch, work: Work, commit: str | None) -> Fresh:
    """Compare the code tree of a commit that is named with the head's: all that can be told without a merge."""
    if commit == branch.head:
        return Fresh.SAME
    named = work.find_named(commit)
    if named is None:
        return Fresh.UNKNOWN
    if named.code_tree is None or named.code_tree != branch.code_tree:
        return Fresh.OTHER
    return Fresh.SAME if named.id in work.code_trees else Fresh.REWRITTEN


def judge_documents(standing: Standing, work: Work, sight: Sight) -> Standing:
    """Return the standing, with all that documents say of commits judged by what git shows."""
    packet = work.packet
    asked = {checked.check.name for checked in standing.checks}
    # Of a name, the first evidence counts.
    others = {e.check: e for e in reversed(work.evidence) if e.check not in asked}
    return replace(
        standing,
        packet_fresh=sight.judge(packet.head, packet.change) if packet else None,
        checks=tuple(judge_check(checked.check, work, sight) for checked in standing.checks),
        unasked=tuple(judge_check(Check(e.check, e.command), work, sight) for e in others.values()),
        reviews_fresh={
            r.document.source.path: sight.judge(r.head, r.change) for r in (*work.reviews, *work.no_verdicts)
        },
        integrity_fresh={i.document.source.path: sight.judge(i.head, i.change) for i in work.integrity},
    )


def judge_check(check: Check, work: Work, sight: Sight) -> Checked:
    """Return a check with its evidence, and what that is worth."""
    evidence = next((e for e in work.evidence if e.check == check.name), None)
    idle = has_nothing_to_run(check.run, sight.paths)
    if evidence is None:
        return Checked(check, None, None, None, idle=idle)
    named = work.find_named(evidence.head)
    fresh = _judge_evidence(evidence, named, sight)
    checked = Checked(check, evidence, None, fresh, idle=idle, tree=named.code_tree if named else None)
    if checked.result is CheckResult.NOT_RUN:
        return checked
    if checked.result is CheckResult.SKIPPED:
        return replace(checked, trust=Trust.SKIPPED)
    checked = replace(checked, reruns=find_reruns(checked, work, sight))
    return replace(checked, trust=trust_of_evidence(checked))


def _judge_evidence(evidence: Evidence, named: Named | None, sight: Sight) -> Fresh:
    if named and named.code_tree and evidence.tree != named.code_tree:
        return Fresh.EDITED
    return sight.judge(evidence.head, evidence.change)


def find_reruns(checked: Checked, work: Work, sight: Sight) -> tuple[Evidence, ...]:
    """Return somebody else's runs of the command of a check's evidence, on the code that the evidence speaks of."""
    evidence = checked.evidence
    assert evidence
    return tuple(
        run
        for run in work.reruns
        if (run.check, run.command, run.skipped) == (evidence.check, evidence.command, None)
        and confirms(run, evidence) is not None
        and is_of_same_code(run, checked, work, sight)
    )


def trust_of_evidence(checked: Checked) -> Trust:
    """Return how far the evidence of a check that ran can be trusted, by its reruns.

    It is claimed until somebody else has run the same command on the same code. One run with a different
    result makes it flaky; it takes a second one to contradict it.
    """
    evidence = checked.evidence
    assert evidence
    agreements = [confirms(run, evidence) is True for run in checked.reruns]
    if not agreements:
        return Trust.CLAIMED
    if all(agreements):
        # Whoever edits a record has no use of the runs that it was edited after.
        return Trust.CLAIMED if checked.fresh is Fresh.EDITED else Trust.REPRODUCED
    return Trust.FLAKY if any(agreements) or len(agreements) == 1 else Trust.CONTRADICTED


def is_of_same_code(run: Evidence, checked: Checked, work: Work, sight: Sight) -> bool:
    """Was somebody else's run of the code that the evidence of a check speaks of?

    That is the code of the commit that it names; and where it is about the change as it is now, the head's own.
    Where the commits of both are gone, the change that the run has recorded decides: an agent cannot have written it.
    """
    named = work.find_named(run.head)
    # Where its commit is gone, what the manager's side has recorded of it.
    run_tree = named.code_tree if named else run.tree
    if run_tree in {checked.tree, sight.head_tree if checked.is_fresh else None} - {None}:
        return True
    are_gone = named is None and checked.tree is None
    return are_gone and checked.is_fresh and run.change is not None and run.change == sight.change
