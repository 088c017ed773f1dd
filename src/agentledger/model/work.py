"""A branch or a task put together with its documents: what was said of it, and how far it is.

Belongs here: immutable values, as `ledger.tasks` and `attention.progress` make them. Does not: making them,
or the documents themselves (see `ledger`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from agentledger.model.evidence import Evidence
from agentledger.model.findings import Finding
from agentledger.model.integrity import Integrity
from agentledger.model.ledger import (
    Answer,
    Attempt,
    Brief,
    Check,
    CheckIn,
    Outcome,
    Packet,
    Problem,
    Review,
    Waiver,
)
from agentledger.model.policy import ReviewRule


class Copy(StrEnum):
    """How a branch's own copy of its brief relates to the authoritative one."""

    NONE = "none"
    SAME = "same"
    #: A version that the manager accepted once.
    OUTDATED = "outdated"
    #: Written by the agent, and not decided on.
    SCOPE_CHANGE = "scope-change"
    #: Written by the agent, and rejected by the manager.
    REFUSED = "refused"
    #: There is no other brief: the branch's own copy is all there is.
    UNCONFIRMED = "unconfirmed"


# A copy that a manager can make the brief.
ACCEPTABLE = (Copy.SCOPE_CHANGE, Copy.UNCONFIRMED, Copy.REFUSED)


class Named(NamedTuple):
    """A commit that a document names, as this clone has it."""

    id: str
    #: Computed by git; None where its tree cannot be read.
    code_tree: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a branch's ledger folder and the manager's documents say about it; all tuples newest first."""

    task: str
    #: The branch's own copy.
    brief: Brief | None = None
    copy: Copy = Copy.NONE
    #: What a copy asks for that waits for a decision: `asks for src/api/** besides src/login/**`; '' elsewhere.
    asks: str = ""
    #: The oldest version on the branch's own line, where nobody confirmed a brief: it counts, for this branch alone.
    unconfirmed: Brief | None = None
    check_ins: tuple[CheckIn, ...] = ()
    #: Counts also those that were too many to be read.
    check_ins_total: int = 0
    packet: Packet | None = None
    evidence: tuple[Evidence, ...] = ()
    #: Runs of the same checks by somebody else than the agent.
    reruns: tuple[Evidence, ...] = ()
    #: What the crossings of its checks show (`agentledger verify --integrity`).
    integrity: tuple[Integrity, ...] = ()
    reviews: tuple[Review, ...] = ()
    #: The runs of a reviewer that came to no verdict (`verdict: none`): shown, and never counted.
    no_verdicts: tuple[Review, ...] = ()
    answers: tuple[Answer, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: The branch's commits to their code trees: what was said of a commit is still true while its code tree
    #: is that of the head.
    code_trees: Mapping[str, str] = field(default_factory=dict)
    #: The commits that documents name and that are in this clone, though not on the branch, by id.
    off_branch: Mapping[str, Named] = field(default_factory=dict)

    def find_named(self, commit: str | None) -> Named | None:
        """Return a commit that a document names; None where this clone does not have it."""
        if commit is None:
            return None
        code_tree = self.code_trees.get(commit)
        return self.off_branch.get(commit) if code_tree is None else Named(commit, code_tree)


# The places that `Task.brief_from` names, in words; a branch goes by its own name.
PLACES = {"control": "the control branch", "base": "base"}


class End(StrEnum):
    """How a task without an outcome ended, as base's history and the branches last seen show it."""

    MERGED = "merged"
    #: Base has the same change under another commit.
    ABSORBED = "absorbed"
    #: Nothing shows what became of it: its branches are gone, and base does not have their change.
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a task ended, and what shows it."""

    end: End
    #: The commit on base that brought it in; None for one that is gone.
    commit: str | None = None
    #: The branch that ended so; '' where nothing names it.
    branch: str = ""
    #: The branch's last commit, as far as one is known.
    head: str | None = None
    #: What shows it: trailer, history, packet, branch or last-seen.
    source: str = ""

    @property
    def is_certain(self) -> bool:
        """Does base's history itself show it, so that every clone finds the same?"""
        return self.end is End.MERGED and self.source in ("trailer", "history")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One unit of work."""

    id: str
    #: The authoritative brief.
    brief: Brief | None = None
    #: Where that was found: control, base, branch (unconfirmed) or '' (no brief).
    brief_from: str = ""
    #: The names of the branches that work on it; two or more are rivals.
    branches: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    reviews: tuple[Review, ...] = ()
    #: The runs of a reviewer that came to no verdict; they are not among `reviews`.
    no_verdicts: tuple[Review, ...] = ()
    #: Runs of its branches' checks by somebody else than the agent.
    reruns: tuple[Evidence, ...] = ()
    integrity: tuple[Integrity, ...] = ()
    outcome: Outcome | None = None
    #: The branches that were handed out, whether they exist or not.
    attempts: tuple[Attempt, ...] = ()
    #: How it ended, where no outcome says so; None: it has not, as far as can be seen.
    ending: Ending | None = None
    #: Branches that work on it and are not in this view, or not in this clone.
    elsewhere: tuple[str, ...] = ()
    #: The commit in which base took back what had landed, after the branches were deleted; None where it did not.
    taken_back: str | None = None
    problems: tuple[Problem, ...] = ()
    #: What the spawn gate finds, where nobody works on it yet; None where the gate was not asked.
    spawn_findings: tuple[Finding, ...] | None = None

    @property
    def is_over(self) -> bool:
        """Has it ended, by its outcome or by what base's history shows?"""
        return self.outcome is not None or (self.ending is not None and self.ending.end is not End.GONE)

    @property
    def title(self) -> str:
        """The brief's title, else the id in words."""
        return self.brief.title if self.brief else self.id.replace("-", " ")


def find_dependencies(task: str, briefs: Mapping[str, Brief | None]) -> frozenset[str]:
    """Return the tasks that a task depends on, and those that these depend on, by the tasks' briefs.

    Of tasks that depend on each other in a circle, the task itself is among them.
    """
    closure: set[str] = set()
    left = [task]
    while left:
        brief = briefs.get(left.pop())
        following = set(brief.depends_on if brief else ()) - closure
        closure |= following
        left += following
    return frozenset(closure)


def task_of_work(work: Work, tasks: Mapping[str, Task]) -> Task:
    """Return the task of `tasks`, by id, that this work is for, with the brief that counts for its branch."""
    task = tasks.get(work.task, Task(id=work.task))
    return replace(task, brief=work.unconfirmed) if work.unconfirmed else task


class Progress(StrEnum):
    """How far a branch is, by its newest check-in and review."""

    STARTED = "started"
    WORKING = "working"
    NEEDS_INPUT = "needs-input"
    BLOCKED = "blocked"
    READY = "ready"
    APPROVED = "approved"
    CHANGES = "changes requested"
    REJECTED = "rejected"
    #: A check-in is overdue.
    SILENT = "silent"
    #: It was said to be ready, and code was committed since.
    LAPSED = "no longer ready"
    #: Its agent was told to stop, and has checked in since.
    STOPPED = "stopped"


# How far a branch is that waits for an answer, and one whose agent says that it is done.
ASKING = (Progress.NEEDS_INPUT, Progress.BLOCKED)
FINISHED = (Progress.READY, Progress.APPROVED)


class Trust(StrEnum):
    """How far evidence can be trusted: only the branch says so, or somebody else has run the check, too."""

    CLAIMED = "claimed"
    REPRODUCED = "reproduced"
    #: Two or more other runs, all with the other result.
    CONTRADICTED = "contradicted"
    #: Other runs disagree, or there was one and it differs.
    FLAKY = "flaky"
    #: There was nothing to run.
    SKIPPED = "skipped"


class Fresh(StrEnum):
    """Is a commit that a document names still the change as it is at the branch's head?"""

    #: It is on the branch, and nothing that matters came since.
    SAME = "same"
    #: The branch has other commits now, and their change is the same.
    REWRITTEN = "rewritten"
    #: It is another change.
    OTHER = "other"
    #: This clone does not have the commit, and no recorded change id says that it is the same.
    UNKNOWN = "unknown"
    #: The document itself states something else of the commit than git does.
    EDITED = "edited"

    @property
    def holds(self) -> bool:
        """Is it known to be the same change?"""
        return self in (Fresh.SAME, Fresh.REWRITTEN)


class CheckResult(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    #: git shows that there was nothing to run.
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check that the brief or policy asks for, and its evidence.

    `fresh` is None without evidence. `idle`: does git show that the check has nothing to run? `tree` is the code
    tree that git computes for the commit that the evidence names; None where this clone does not have it. `reruns`
    are somebody else's runs of the same command on the same code.
    """

    check: Check
    evidence: Evidence | None
    trust: Trust | None
    fresh: Fresh | None
    idle: bool = False
    tree: str | None = None
    reruns: tuple[Evidence, ...] = ()

    @property
    def result(self) -> CheckResult:
        """What came of it: a recorded `skipped` counts only where git shows that there was nothing to run."""
        if self.evidence is None:
            return CheckResult.NOT_RUN
        if self.evidence.skipped is not None:
            return CheckResult.SKIPPED if self.idle else CheckResult.NOT_RUN
        return CheckResult.PASSED if self.evidence.passed else CheckResult.FAILED

    @property
    def is_fresh(self) -> bool:
        """Is its evidence about the change as it is now?"""
        return self.fresh is not None and self.fresh.holds

    @property
    def ran_other_command(self) -> bool:
        """Was a different command run than the one that is asked for?"""
        return self.evidence is not None and self.evidence.command.strip() != self.check.run.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a branch with a task is; whose turn it is follows from this (see `attention.turn`)."""

    progress: Progress
    #: Since when it is that far, in seconds since the epoch.
    since: int | None = None
    #: The check-in that all this follows from, and the answer to it.
    question: CheckIn | None = None
    answer: Answer | None = None
    #: The review that decides (see `attention.approval`); None where none does.
    review: Review | None = None
    #: Who has to review the change: the strictest of policy's `[[review]]` that cover it; None where none does.
    asked: ReviewRule | None = None
    checks: tuple[Checked, ...] = ()
    #: Is the packet about the change as it is? None where there is none.
    packet_fresh: Fresh | None = None
    #: The recorded checks that neither brief nor policy asks for.
    unasked: tuple[Checked, ...] = ()
    #: By the path of each review: is it about the change as it is?
    reviews_fresh: Mapping[str, Fresh] = field(default_factory=dict)
    #: The same of each record of crossings.
    integrity_fresh: Mapping[str, Fresh] = field(default_factory=dict)
    #: So many seconds have passed since the last sign of life; 0 where no check-in is late.
    overdue: int = 0
    #: The other branches that work on the same task.
    rivals: tuple[str, ...] = ()
    #: The last second in which a check-in is in time; None where none is due.
    due: int | None = None
    #: The commit that was said to be ready, where code came after it.
    lapsed: str = ""

    @property
    def is_review_rewritten(self) -> bool:
        """Is the newest review about commits that were rewritten since, and still about this change?"""
        path = self.review.document.source.path if self.review else ""
        return self.reviews_fresh.get(path) is Fresh.REWRITTEN

    @property
    def holds(self) -> tuple[str, ...]:
        """What keeps work that is said to be ready from being merged, in words; () where nothing does."""
        reasons = []
        for checked in self.checks:
            if checked.evidence is None:
                reasons.append(f"no evidence for {checked.check.name}")
            elif checked.result is CheckResult.FAILED:
                reasons.append(f"{checked.check.name} failed")
            elif checked.ran_other_command:
                reasons.append(f"{checked.check.name} was run with another command")
            elif checked.result is CheckResult.NOT_RUN:
                reasons.append(f"{checked.check.name} was skipped, though it has something to run")
            elif checked.fresh is Fresh.EDITED:
                reasons.append(f"evidence for {checked.check.name} was edited, or written for another commit")
            elif not checked.is_fresh:
                reasons.append(f"evidence for {checked.check.name} is of another commit")
            elif checked.trust in (Trust.CONTRADICTED, Trust.FLAKY):
                reasons.append(f"{checked.check.name} is {checked.trust}")
        return tuple(reasons)
