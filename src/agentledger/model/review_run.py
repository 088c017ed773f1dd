"""What came of running a second agent as reviewer: one value for each branch.

Belongs here: that value. Does not: running the agent (see `workflow.review.run_reviews`), or the words (see
`reports.review_runs`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRun:
    """One branch that was given to a reviewer, or in a dry run would be."""

    branch: str
    task: str
    #: The commit that was looked at.
    head: str
    #: approve, request-changes or reject; none, where the reviewer came to no verdict; planned in a dry run.
    verdict: str
    #: Why there is none, as a sentence without its full stop; '' where there is one.
    why: str = ""
    #: The points that are open after it, over all reviews, and those that it calls settled.
    open_points: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    #: Those of the open ones that it has said nothing about.
    forgotten: tuple[str, ...] = ()
    #: Which round of review it is, and how many the policy has; None: no limit.
    round: int = 0
    rounds_limit: int | None = None
    #: Does an agent's approval count as one here? None where it does not approve.
    counts: bool | None = None
    #: The command that prints what the reviewer has printed; '' where it was not started.
    log: str = ""
    #: What was written: the path on the control branch and the commit; '' for nothing.
    path: str = ""
    commit: str = ""
    #: What came to the branch meanwhile, in words; '' for nothing.
    moved: str = ""
    #: Sentences about what to look at, though nothing failed.
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRuns:
    """All branches that one command gave to a reviewer, in the order in which they ended."""

    reviewer: str
    runs: tuple[ReviewRun, ...]
    dry_run: bool = False
    to_publish: bool = False

    @property
    def complete(self) -> bool:
        """Has every branch a verdict?"""
        return all(run.verdict != "none" for run in self.runs)
