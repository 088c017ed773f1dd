"""Is a task briefed well enough to be handed out, and does its branch follow that brief?

Belongs here: the rules of the BRF family. Does not: parsing a brief (see `documents.brief`); what that found
wrong only gets a name and a level here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from agentledger.model import ledger_paths
from agentledger.model.findings import Gate
from agentledger.model.ledger import Brief
from agentledger.model.merge_group import Stray
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.model.work import Copy
from agentledger.rules.case import Case, Found
from agentledger.scope.automata import TooComplexError
from agentledger.scope.narrowing import has_own_paths

# From the least oversight to the most. What `explore` makes never merges, so nothing is delegated there.
_OVERSIGHT = {"delegate": 0, "review": 1, "own": 2, "explore": 3}
# A scope is broad with more than this share of the repository's files, or more top-level folders than this.
BROAD_SHARE, BROAD_FOLDERS = 0.5, 3


def has_brief(case: Case) -> bool:
    """Does the case have a brief?"""
    return case.brief is not None


def brief_missing(case: Case) -> Iterator[Found]:
    """A branch that counts as an agent's has no brief.

    Why: without one nobody can say whether it did what was asked, or stayed where it should.
    Fix: the manager writes one, `agentledger plan TASK`, which is `tasks/<task>/brief.md` on the control
    branch. The branch is found by its name (`agent/<task>`) or by `branch:` in the brief.
    """
    if case.is_agent_branch and case.brief is None:
        yield Found(
            message=f"{escape_hidden(case.branch)} has no brief",
            hint=f"agentledger plan TASK writes one; name the branch in it: `branch: {escape_hidden(case.branch)}`",
            milder=not case.policy.require_briefs,
        )


def brief_invalid(case: Case) -> Iterator[Found]:
    """The brief's front matter cannot be read: a key, a type, a value, a duplicate.

    Why: what cannot be read grants nothing, so the agent would be stopped at every commit.
    Fix: correct the line that is named, `agentledger plan TASK`. `agentledger schema brief` lists every key
    and what it may contain.
    """
    yield from _problem_findings(case.brief, "invalid")


def brief_incomplete(case: Case) -> Iterator[Found]:
    """A section, a criterion, `owns` or a check of the brief is missing, empty, or only a placeholder.

    Why: an agent fills every gap with a guess, and you find out at review.
    Fix: fill it in, `agentledger plan TASK`. For a small task one line for each section is enough.
    """
    if case.brief is None:
        return
    problems = [p for p in case.brief.document.problems if p.kind == "incomplete"]
    yield from (Found(message=p.message, hint=p.hint, path=p.path, line=p.line) for p in problems if p.fatal)
    # One finding for all of them: a small task may leave out five sections as well as one.
    left_out = [p for p in problems if not p.fatal]
    if left_out:
        message = "; ".join(p.message for p in left_out)
        if len(left_out) > 1:
            # The parser's messages have each section's title in these quotes.
            message = f"sections left out: {', '.join(re.findall('“(.+?)”', message))}"
        hint = f"agentledger plan {escape_hidden(case.brief.task)} --edit, if one of them would help"
        yield Found(message=message, hint=hint, path=left_out[0].path, line=left_out[0].line, milder=True)


def brief_broad(case: Case) -> Iterator[Found]:
    """A fully delegated task may touch most of the repository, or many of its top-level folders.

    Why: nobody reviews such a change well, and it collides with every other task.
    Fix: name the folders that the outcome needs, `agentledger plan TASK`, or split the task.
    """
    if case.brief is None or case.brief.mode != "delegate" or not case.tree:
        return
    files, inside = (sum(counts) for counts in zip(*case.tree.values(), strict=True))
    folders = [name for name, (_, in_scope) in case.tree.items() if in_scope and name]
    # In a repository of a few files nearly every scope is half of it.
    if files > 20 and inside > files * BROAD_SHARE:
        message = f"its scope holds {inside:,} of the {files:,} files on {escape_hidden(case.base)}"
        yield _finding_at_key(case.brief, "owns", message, "--owns PATTERN")
    elif len(folders) > BROAD_FOLDERS:
        names = ", ".join(map(format_path, sorted(folders)[:6]))
        message = f"its scope spreads over {len(folders)} top-level folders: {names}"
        yield _finding_at_key(case.brief, "owns", message, "--owns PATTERN")


def brief_follow_missing(case: Case) -> Iterator[Found]:
    """A path in `follow` does not exist on base.

    Why: the agent is told to imitate something that is not there.
    Fix: correct the path, or take it out: `agentledger plan TASK`.
    """
    for path in case.missing if case.brief else ():
        message = f"`follow` names {escape_hidden(path)}, which is not on {escape_hidden(case.base)}"
        yield _finding_at_key(case.brief, "follow", message, "--follow PATH")


def brief_changed(case: Case) -> Iterator[Found]:
    """The branch's copy of the brief differs from the one that counts.

    Why: a copy that an agent has changed grants nothing, but a reader might take it for the contract. One that was
    refused must not come to base by the merge.
    Fix: the manager decides, `agentledger brief accept TASK` or `agentledger brief reject TASK`; or the
    agent puts its copy back to the text that counts.
    """
    copy, task = (case.work.copy, case.work.task) if case.work else (Copy.NONE, "")
    if copy not in (Copy.SCOPE_CHANGE, Copy.OUTDATED, Copy.REFUSED) or case.brief is None:
        return
    path = ledger_paths.brief_path(task)
    quoted_path = shlex.quote(escape_hidden(path))
    accepted = f"git cat-file blob {case.brief.document.blob} >{quoted_path}"
    back = f"{accepted} && git commit -m 'take the brief back' -- {quoted_path}"
    settle = (
        f"agentledger brief accept {escape_hidden(task)}, or agentledger brief reject {escape_hidden(task)}"
    )
    if copy is Copy.OUTDATED:
        yield Found(
            message="the branch's copy of the brief is an earlier version", hint=back, path=path, milder=True
        )
    elif copy is Copy.REFUSED:
        # The one case that is its agent's to mend, so it has to be done before the work is called ready.
        if case.gate is not Gate.COMMIT:
            message = "the branch's copy of the brief was refused, and merging it would bring it to base"
            yield Found(message=message, hint=back, path=path)
    elif case.gate is Gate.COMMIT:
        # Whether it is outdated or asks for a different scope shows only in the control branch's history, which
        # the commit gate does not read.
        hint = f"ask for it: agentledger report --need 'why', and wait; or take it back: {back}"
        yield Found(
            message="the branch's copy of the brief is not the one that counts, and grants nothing",
            hint=hint,
            path=path,
        )
    else:
        message = "the branch's copy of the brief asks for a different scope, and nobody has accepted it"
        hint = f"the manager: {settle}; to take it back: {back}"
        yield Found(message=message, hint=hint, path=path, milder=case.gate is not Gate.MERGE)


def brief_underdelegated(case: Case) -> Iterator[Found]:
    """The scope covers paths for which policy asks for more oversight than the brief gives.

    Why: some code must not be delegated without a human: authentication, migrations, money.
    Fix: raise `mode` in the brief, or put those paths off limits: `agentledger plan TASK`.
    """
    if case.brief is None or case.scope is None:
        return
    for rule in case.policy.delegations:
        meeting = case.scope.touches(map(encode, rule.paths))
        if meeting and _OVERSIGHT[case.brief.mode] < _OVERSIGHT.get(rule.mode, 0):
            where = f"{format_path(meeting.path)} (by {format_path(meeting.theirs)!r})"
            fix = f"--mode {escape_hidden(rule.mode)}, or {_off_limits_flag(meeting.theirs)}"
            yield _finding_at_key(
                case.brief, "mode", f"it can touch {where}, which needs more oversight", fix
            )
    if case.brief.mode == "own" and case.agent:
        message = f"`mode: own` means a human does it, and {escape_hidden(case.agent)} works on it"
        yield _finding_at_key(case.brief, "mode", message, "--mode review, or let a human do it")


def brief_several(case: Case) -> Iterator[Found]:
    """The branch works on more than one task; or a merge group changes something beside the work of its tasks.

    Why: one agent, one branch, one packet: otherwise nothing can be reviewed or given up on its own. Of a merge
    group each task's part is judged alone, so what belongs to none would be judged by nobody.
    Fix: take the other task's folder out, and do its work on a branch of its own. Where that came with commits
    of the other task's branch, take those out, `git rebase --onto BASE COMMIT`, or let the brief depend on that
    task: the folder of a dependency is not counted. Where several briefs name the branch, the manager takes
    `branch:` out of all but one. A group is made again from its branches alone.
    """
    folders = sorted(set(case.folders) - case.needs)
    if len(folders) > 1:
        own = case.task.id if case.task and case.task.id in folders else folders[0]
        yield Found(
            message=f"the branch adds the folders of several tasks: {', '.join(map(escape_hidden, folders))}",
            hint=f"keep to {escape_hidden(own)}: {_take_out(case, [task for task in folders if task != own])}",
        )
    if len(case.naming) > 1:
        tasks = sorted(case.naming)
        yield Found(
            message=f"several briefs name this branch: {', '.join(map(escape_hidden, tasks))}",
            hint=f"take it out of all but one: agentledger plan {escape_hidden(tasks[-1])} --branch ''",
            milder=case.gate not in (Gate.SPAWN, Gate.MERGE),
        )
    yield from map(_describe_stray, case.strays)


def _describe_stray(stray: Stray) -> Found:
    names = ", ".join(map(format_path, stray.paths[:4]))
    names += f" and {len(stray.paths) - 4} more" if len(stray.paths) > 4 else ""
    if stray.is_merge:
        return Found(
            message=f"this merge changes by itself what no branch of the group does: {names}",
            hint=f"make the group again; git show --remerge-diff {stray.commit} shows what was added",
            path=stray.paths[0],
            commit=stray.commit,
        )
    return Found(
        message=f"this commit belongs to no branch of the group, and changes {names}",
        hint=f"make the group again without it; to land it: git switch -c NAME && git cherry-pick {stray.commit}",
        path=stray.paths[0],
        commit=stray.commit,
    )


def _take_out(case: Case, others: list[str]) -> str:
    """Return how to take the folders of other tasks out, so that nothing of theirs is lost on base later."""
    for task in others:
        below = encode(f"{ledger_paths.task_folder(task)}/")
        commits = (t.commit or "" for t in case.changed if t.own and t.path.startswith(below))
        command = next((case.foreign[commit] for commit in commits if commit in case.foreign), None)
        if command:
            # `git rm` would delete that task's ledger on base, too, once both have merged.
            return f"{command}; or ask for `depends_on: [{escape_hidden(task)}]`"
    paths = " ".join(shlex.quote(escape_hidden(ledger_paths.task_folder(task))) for task in others)
    return f"git rm -r -- {paths} && git commit -m 'one task a branch'"


def brief_seam(case: Case) -> Iterator[Found]:
    """The scope covers a shared path, though the task is no seam; or a seam is fully delegated.

    Why: an interface that others build on has to change first, on its own, and led by a human.
    Fix: set `seam: true` with `mode: review` or `own`, or put the shared paths off limits: `agentledger plan
    TASK`.
    """
    if case.brief is None or case.scope is None:
        return
    meeting = case.scope.touches(map(encode, case.policy.shared))
    if meeting and not case.brief.seam:
        where = f"{format_path(meeting.path)} (by {format_path(meeting.theirs)!r})"
        fix = f"--seam --mode review, or {_off_limits_flag(meeting.theirs)}"
        yield _finding_at_key(case.brief, "seam", f"it can touch the shared {where}, and is no seam", fix)
    if case.brief.seam and case.brief.mode == "delegate":
        yield _finding_at_key(
            case.brief, "mode", "a seam is led by a human, and this one is delegated", "--mode review"
        )


def brief_unproven(case: Case) -> Iterator[Found]:
    """Nothing proves that the brief is the manager's.

    Why: an agent on this machine could have written it.
    Fix: guard the control branch, or sign its commits (see docs/ledger.md). A task without a brief there may
    have one on base.
    """
    if case.task is None or case.brief is None or case.brief.document.source.proven:
        return
    message, hint = _describe_proof(case.task.brief_from, escape_hidden(case.base), case.brief)
    yield Found(message=message, hint=hint, milder=not case.policy.require_briefs)


def _describe_proof(where: str, base: str, brief: Brief) -> tuple[str, str]:
    """Return why a brief from `where` proves nothing, and how to get one that does."""
    if where == "branch":
        path = escape_hidden(brief.document.source.path)
        return "only the branch itself has a brief", f"commit {path} on {base}"
    if where == "base":
        return f"the brief on {base} has not reached its server", f"git push origin {base}"
    guard = "let managers alone push the control branch, and set `guarded = true` under [control]"
    return "the brief is unproven", f"{guard} on {base}, or sign its commits"


def explore_merges(case: Case) -> Iterator[Found]:
    """A task with `mode: explore` is about to merge.

    Why: its code was written to learn something, not to stay.
    Fix: plan a task for what it found, with its packet as context: `agentledger plan TASK`.
    """
    if case.brief and case.brief.mode == "explore":
        fix = "--mode delegate, if its code is to stay; else plan another task for what it found"
        yield _finding_at_key(case.brief, "mode", "`mode: explore`: its code never merges", fix)


def scope_empty(case: Case) -> Iterator[Found]:
    """What `owns` grants is all off limits or protected, so no path can be changed.

    Why: whatever its agent does is refused.
    Fix: leave a part of `owns` open: `agentledger plan TASK --off-limits …` with narrower patterns, or name a
    protected file in `owns` by its full path. Where another task has the paths, depend on it: `--add-depends-on`.
    """
    if not case.brief or not case.scope or not case.brief.owns:
        return
    try:
        parts = (replace(case.scope, owns=(pattern,)) for pattern in case.scope.owns)
        if not any(map(has_own_paths, parts)):
            fix = (
                "--off-limits '' takes all of `off_limits` away; or name patterns there that leave something"
                if case.brief.off_limits
                else "--owns PATH names a protected file by its full path; or name files that are not protected"
            )
            message = "no path is left of `owns`: all of it is off limits or protected"
            yield _finding_at_key(case.brief, "owns", message, fix)
    except TooComplexError:
        return  # OWN004 says that its patterns cannot be compared


def _problem_findings(brief: Brief | None, kind: str) -> Iterator[Found]:
    for problem in brief.document.problems if brief else ():
        if problem.kind == kind:
            yield Found(
                message=problem.message,
                hint=problem.hint,
                path=problem.path,
                line=problem.line,
                milder=not problem.fatal,
            )


def _finding_at_key(brief: Brief | None, key: str, message: str, fix: str) -> Found:
    """Build a finding about the manager's brief, at the line of a key. `fix` are the flags that fix it."""
    assert brief
    # The text is searched, since a parsed brief does not keep the lines of its keys.
    lines = brief.document.text.split("\n")
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"{key}:")), None)
    hint = f"agentledger plan {escape_hidden(brief.task)} {fix}"
    return Found(message=message, hint=hint, path=brief.document.source.path, line=line)


def _off_limits_flag(pattern: bytes) -> str:
    """Return the flag that puts all paths of this pattern off limits."""
    return f"--add-off-limits {shlex.quote(format_path(pattern))}"
