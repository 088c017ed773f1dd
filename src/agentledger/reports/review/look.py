"""Gathers what a reviewer decides from: one value, made once, for text and for JSON.

Belongs here: which facts, and their order by risk. Does not: their layout (see `look_text` and `look_json`), or
reading anything.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from agentledger.attention import collisions, loose_work, run_differences, stacking
from agentledger.attention.claims import describe_contradiction, find_contradictions
from agentledger.attention.commands import SHORT, review_command
from agentledger.attention.reviewing import (
    ReviewStanding,
    list_reviews,
    name_open_points,
    stand_with_reviewers,
)
from agentledger.attention.turn import has_conflict
from agentledger.model import shell
from agentledger.model.came import Came
from agentledger.model.findings import Finding
from agentledger.model.fleet import Branch, Fleet, State, Sync
from agentledger.model.ledger import Brief, heading_key
from agentledger.model.ledger_paths import task_folder
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import task_of_work
from agentledger.reports.integrity import describe_tests
from agentledger.reports.next_item import describe_check
from agentledger.reports.prompt.diff import File, order_files
from agentledger.rules.undo import quote_pathspec
from agentledger.scope.task_scope import Scope

_MOST_PATHS = 10  # in one command


@dataclass(frozen=True, slots=True)
class Criterion:
    """An acceptance criterion, what the branch claims of it, and what is to show that."""

    text: str
    #: met, not met, or nothing: as the packet says.
    claim: str
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer can decide, and the command for it; None where it cannot be typed."""

    decision: str
    command: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a reviewer decides from, of one branch at one head."""

    fleet: Fleet
    branch: Branch
    #: The task's id and title; "" for a branch that works on none.
    task: str = ""
    title: str = ""
    subject: str = ""
    standing: ReviewStanding
    #: How many reviews there are.
    reviews: int = 0
    #: What the rules find up to the merge gate, without what they say of reviews; None: it was not judged.
    findings: tuple[Finding, ...] | None
    #: Sentences on the tests: never none, also where nothing was counted or crossed.
    integrity: tuple[str, ...]
    #: Where the agent's words and git contradict each other, both sides in a sentence.
    contradictions: tuple[str, ...] = ()
    #: Sentences on the other branches and base, on the place of the branch, and on its checks.
    collisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    open_points: tuple[str, ...] = ()
    #: What came since the commit of the last review, or since the one that was asked about.
    came: Came | None = None
    #: All changed files but the task's own documents, those at risk first.
    files: tuple[File, ...] = ()
    #: The command that prints the diff, and the one for what came since.
    diff: str
    diff_since: str | None = None
    decisions: tuple[Decision, ...] = ()


def build_look(fleet: Fleet, branch: Branch, scope: Scope | None, came: Came | None = None) -> Look:
    """Return what a reviewer decides from; `scope` is what its brief grants, None without one."""
    brief = find_brief(fleet, branch)
    findings = None if branch.findings is None else tuple(f for f in branch.findings if f.rule[:3] != "REV")
    standing = branch.standing
    checks = tuple(map(describe_check, standing.checks)) if standing else ()
    return Look(
        fleet=fleet,
        branch=branch,
        task=branch.work.task if branch.work else "",
        title=brief.title if brief else "",
        subject=next((commit.subject for commit in branch.commits if commit.id == branch.head), ""),
        standing=stand_with_reviewers(branch),
        reviews=len(list_reviews(branch)),
        findings=findings,
        integrity=describe_tests(branch),
        contradictions=tuple(map(describe_contradiction, find_contradictions(branch, fleet.policy))),
        collisions=_describe_others(fleet, branch),
        notes=_describe_place(branch),
        checks=(*checks, *(run_differences.notable_differences(standing) if standing else ())),
        criteria=_list_criteria(branch, brief),
        open_points=name_open_points(branch),
        came=came,
        files=tuple(
            order_files(
                branch,
                scope or Scope(owns=(b"**",)),
                fleet.policy,
                findings=findings or (),
                own_folder=task_folder(branch.work.task if branch.work else ""),
            )
        ),
        diff=shlex.join(shell.format_diff_command(branch, fleet.base)),
        diff_since=_format_diff_since(branch, came) if came and came.paths else None,
        decisions=list_decisions(branch),
    )


def _format_diff_since(branch: Branch, came: Came) -> str:
    """The command for what came; of a few files by name, since base's and the ledger's are not counted."""
    command = shlex.join(("git", "diff", came.since[:SHORT], branch.head[:SHORT]))
    paths = came.paths or ()
    return " ".join((command, "--", *map(quote_pathspec, paths))) if len(paths) <= _MOST_PATHS else command


def find_brief(fleet: Fleet, branch: Branch) -> Brief | None:
    """Return the brief that counts for a branch; None without one."""
    tasks = {task.id: task for task in fleet.tasks}
    return task_of_work(branch.work, tasks).brief if branch.work else None


def list_decisions(branch: Branch) -> tuple[Decision, ...]:
    """Return the commands of a reviewer for this very head, and after no other review than was there then."""
    newest = next(iter(list_reviews(branch)), None)
    after = ("--after", newest.name) if newest else ()
    settled = ("--settled", "all") if name_open_points(branch) else ()
    asked = {
        "approve": ("--approve", *settled),
        "ask for changes": ("--request-changes", "-m", "what to change"),
        "reject": ("--reject", "-m", "why not"),
    }
    return tuple(Decision(name, review_command(branch, *options, *after)) for name, options in asked.items())


def _describe_others(fleet: Fleet, branch: Branch) -> tuple[str, ...]:
    """What merging meets: base, and the other branches."""
    conflict, base = branch.conflict, escape_hidden(fleet.base.name)
    lines = []
    if conflict is None:
        lines.append(f"whether it merges into {base} was not tried")
    elif conflict.failed:
        lines.append(f"git could not merge it with {base}: {escape_hidden(conflict.failed)}")
    elif has_conflict(branch):
        lines.append(f"conflicts with {base}: {collisions.describe_files(conflict.files)}")
    elif conflict.clean:
        lines.append(f"git merges it into {base} without a conflict")
    elif conflict.below:
        lines.append(f"conflicts where {escape_hidden(conflict.below)} does: settled there")
    lines += [
        collisions.describe_collisions(fleet, branch),
        collisions.describe_uncommitted_collisions(fleet, branch),
        stacking.describe_stands(branch),
        stacking.describe_bridge(branch),
    ]
    return tuple(filter(None, lines))


def _describe_place(branch: Branch) -> tuple[str, ...]:
    """What there is beside these commits, and a branch that has ended already."""
    lines = []
    if branch.state is not State.OPEN:
        why = f": {escape_hidden(branch.state_why)}" if branch.state_why else ""
        lines.append(f"it is {branch.state}{why}")
    if branch.sync is Sync.DIVERGED:
        local, remote = (shell.format_ref(ref or branch.ref) for ref in (branch.ref, branch.remote_ref))
        command = shlex.join(("git", "log", "--oneline", "--left-right", f"{local}...{remote}"))
        shows = f": {command} shows both" if local and remote and local != remote else ""
        lines.append(f"the local branch and the remote one have diverged; this is {branch.ref}{shows}")
    elif branch.sync is Sync.BEHIND:
        lines.append("the local branch is behind the remote one, which is shown here")
    if loose := loose_work.describe_place(branch):
        lines.append(f"beside its commits: {loose}")
    if branch.added is None and branch.changes:
        lines.append("lines were not counted")
    if len(branch.commits) < branch.ahead:
        lines.append(f"only {format_count(len(branch.commits), 'commit')} of {branch.ahead:,} were read")
    lines += [escape_hidden(problem.message) for problem in branch.problems]
    return tuple(lines)


def _list_criteria(branch: Branch, brief: Brief | None) -> tuple[Criterion, ...]:
    """The brief's criteria, each with what the packet says of it."""
    packet = branch.work.packet if branch.work else None
    claims = {heading_key(item.text): item for item in packet.criteria} if packet else {}
    criteria = []
    for item in brief.criteria if brief else ():
        claim = claims.get(heading_key(item.text))
        if claim is None:
            criteria.append(Criterion(item.text, "nothing is said of it"))
        else:
            said = "said to be met" if claim.checked else "said not to be met"
            criteria.append(Criterion(item.text, said, claim.shown_by))
    return tuple(criteria)
