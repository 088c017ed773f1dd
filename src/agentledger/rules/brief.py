"""Is a task briefed well enough to be handed out, and does its branch stay with that brief?

Belongs here: the rules of the BRF family. What is wrong in a document's form was found when it was parsed
(see `documents`); here it is only given a name and a level.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.findings import Gate
from agentledger.ledger import Brief
from agentledger.text import encode, path_text, printable
from agentledger.work import Copy

from .case import Case, Found

# From the least oversight to the most. What `explore` makes never merges, so nothing is delegated there.
_OVERSIGHT = {"delegate": 0, "review": 1, "own": 2, "explore": 3}
# A scope with more of the repository's files than this, or more of its top-level folders, is no brief's.
BROAD_SHARE, BROAD_FOLDERS = 0.5, 3


def briefed(case: Case) -> bool:
    """Is there a brief at all?"""
    return case.brief is not None


def missing(case: Case) -> Iterator[Found]:
    """A branch that counts as an agent's has no brief.

    Why: without one nobody can say whether it did what was asked, or stayed where it should.
    Fix: the manager writes `tasks/<task>/brief.md` on the control branch; the branch is found by its name
    (`agent/<task>`) or by `branch:` in the brief.
    """
    if case.listed and case.brief is None:
        yield Found(
            f"{printable(case.branch)} has no brief",
            f"write one, and name the branch in it: `branch: {printable(case.branch)}`",
            milder=not case.policy.require_briefs or case.gate is Gate.PUSH,
        )


def invalid(case: Case) -> Iterator[Found]:
    """The brief's front matter cannot be read: a key, a type, a value, a duplicate.

    Why: what cannot be read grants nothing, and the agent would be stopped by every commit.
    Fix: mend the line that is named; `agentledger schema brief` lists every key and what it may hold.
    """
    yield from _problems(case.brief, "invalid")


def incomplete(case: Case) -> Iterator[Found]:
    """A section, a criterion, `owns` or a check is missing, empty, or only a placeholder.

    Why: an agent fills every gap with a guess, and you find out at review.
    Fix: fill it in; for a small task a line for each section is enough.
    """
    yield from _problems(case.brief, "incomplete")


def broad(case: Case) -> Iterator[Found]:
    """A fully delegated task may touch most of the repository, or many of its top-level folders.

    Why: nobody reviews such a change well, and it collides with every other task.
    Fix: name the folders that the outcome needs, or split the task.
    """
    if case.brief is None or case.brief.mode != "delegate" or not case.tree:
        return
    files, inside = (sum(counts) for counts in zip(*case.tree.values(), strict=True))
    folders = [name for name, (_, held) in case.tree.items() if held and name]
    if files > 20 and inside > files * BROAD_SHARE:
        yield _of(
            case.brief, "owns", f"its scope holds {inside:,} of the {files:,} files on {printable(case.base)}"
        )
    elif len(folders) > BROAD_FOLDERS:
        shown = ", ".join(map(path_text, sorted(folders)[:6]))
        yield _of(case.brief, "owns", f"its scope spreads over {len(folders)} top-level folders: {shown}")


def follow_missing(case: Case) -> Iterator[Found]:
    """A path in `follow` does not exist on base.

    Why: the agent is told to imitate something that is not there.
    Fix: correct the path, or take it out.
    """
    for path in case.missing if case.brief else ():
        yield _of(
            case.brief, "follow", f"`follow` names {printable(path)}, which is not on {printable(case.base)}"
        )


def changed(case: Case) -> Iterator[Found]:
    """The branch's copy of the brief is not the one that counts.

    Why: a copy that an agent has changed grants nothing, but a reader might take it for the contract.
    Fix: the manager accepts or refuses the change; an agent with an outdated copy takes the newer one over.
    """
    copy = case.work.copy if case.work else Copy.NONE
    if copy not in (Copy.SCOPE_CHANGE, Copy.OUTDATED) or case.work is None:
        return
    path = f".agentledger/tasks/{case.work.task}/brief.md"
    if copy is Copy.OUTDATED:
        yield Found(
            "the branch's copy of the brief is an earlier version",
            "take the newer one over",
            path,
            milder=True,
        )
    else:
        yield Found(
            "the branch's copy of the brief asks for another scope, and nobody has accepted it",
            f"wait for an answer, or take it back: git checkout {printable(case.base)} -- {printable(path)}",
            path,
        )


def underdelegated(case: Case) -> Iterator[Found]:
    """The scope can touch paths for which policy asks more oversight than the brief gives.

    Why: some code is not to be handed out whole: authentication, migrations, money.
    Fix: raise `mode` in the brief, or put those paths off limits.
    """
    if case.brief is None or case.scope is None:
        return
    for rule in case.policy.delegations:
        meeting = case.scope.touches(map(encode, rule.paths))
        if meeting and _OVERSIGHT[case.brief.mode] < _OVERSIGHT.get(rule.mode, 0):
            where = f"{path_text(meeting.path)} (by {path_text(meeting.theirs)!r})"
            yield _of(case.brief, "mode", f"it can touch {where}, which needs `mode: {rule.mode}`")
    if case.brief.mode == "own" and case.agent:
        yield _of(
            case.brief, "mode", f"`mode: own` means a human does it, and {printable(case.agent)} works on it"
        )


def several(case: Case) -> Iterator[Found]:
    """The branch works on more than one task.

    Why: one agent, one branch, one packet: otherwise nothing can be reviewed or given up by itself.
    Fix: move the other task's work to a branch of its own.
    """
    if len(case.folders) > 1:
        folders = ", ".join(map(printable, sorted(case.folders)))
        yield Found(
            f"the branch adds the folders of several tasks: {folders}",
            "leave one, and move the others to branches of their own",
        )
    if len(case.naming) > 1:
        yield Found(
            f"several briefs name this branch: {', '.join(map(printable, sorted(case.naming)))}",
            "take `branch:` out of all but one",
        )


def seam(case: Case) -> Iterator[Found]:
    """The scope can touch a shared path, and the task is no seam; or a seam is fully delegated.

    Why: an interface that others build on is changed first, by itself, and led by a human.
    Fix: `seam: true` with `mode: review` or `own`, or put the shared paths off limits.
    """
    if case.brief is None or case.scope is None:
        return
    meeting = case.scope.touches(map(encode, case.policy.shared))
    if meeting and not case.brief.seam:
        where = f"{path_text(meeting.path)} (by {path_text(meeting.theirs)!r})"
        yield _of(case.brief, "seam", f"it can touch the shared {where}, and is no seam")
    if case.brief.seam and case.brief.mode == "delegate":
        yield _of(case.brief, "mode", "a seam is not delegated: `mode: review` or `own`")


def unproven(case: Case) -> Iterator[Found]:
    """Nothing proves that the brief is the manager's.

    Why: an agent on this machine could have written it.
    Fix: have it on base, or guard the control branch, or sign its commits (see docs/ledger.md).
    """
    if case.task is None or case.brief is None or case.brief.document.source.proven:
        return
    where = (
        "only the branch itself has a brief" if case.task.brief_from == "branch" else "the brief is unproven"
    )
    yield Found(
        where, "commit it on base, or guard or sign the control branch", milder=not case.policy.require_briefs
    )


def explore_merges(case: Case) -> Iterator[Found]:
    """A task that explores is about to merge.

    Why: its code was written to learn something, not to stay.
    Fix: write a task for what it found, with its packet as context.
    """
    if case.brief and case.brief.mode == "explore":
        yield _of(case.brief, "mode", "`mode: explore`: its code never merges")


def _problems(brief: Brief | None, kind: str) -> Iterator[Found]:
    for problem in brief.document.problems if brief else ():
        if problem.kind == kind:
            yield Found(problem.message, problem.hint, problem.path, problem.line, milder=not problem.fatal)


def _of(brief: Brief | None, key: str, message: str) -> Found:
    """A finding about the manager's document, at the line of a key, which its text is searched for."""
    assert brief
    lines = brief.document.text.split("\n")
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"{key}:")), None)
    fix = {
        "owns": "narrow `owns`",
        "follow": "correct `follow`",
        "mode": "change `mode`",
        "seam": "set `seam: true`",
    }
    return Found(message, f"{fix[key]} in the brief", brief.document.source.path, line)
