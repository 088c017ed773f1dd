"""Advice about a brief before anybody works by it: sentences for the manager.

Belongs here: which flags are missing, what the spawn gate would say, and sentences about overlaps, hot files and
paths that the text names. Does not: finding those (see `rules` and `neighbours`), or writing the brief (see
`plan_task`).

Nothing here stops anybody. Where a person can do something about it, the sentence has the command.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from agentledger.documents.brief import CLOSER, CRITERIA, WHY
from agentledger.model.findings import Finding
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief, Problem
from agentledger.model.text import decode, encode, escape_hidden, format_path
from agentledger.model.work import Copy
from agentledger.scope import task_scope
from agentledger.workflow.plan.neighbours import Hot, Named, Overlap

# By flag, what a document's problem calls the thing that the flag gives.
_FLAGS = {
    "--owns": "`owns`",
    "--why": f"“{WHY}”",
    "--outcome": "“Outcome”",
    "--context": "“Context”",
    "--constraints": "“Constraints”",
    "--non-goals": "“Non-goals”",
    "--accept": f"“{CRITERIA}”",
    "--integration": "“Integration notes”",
    "--verification": "“Verification plan”",
    "--verify": "`verify`",
}
# Rules whose findings are described by another function here: the document's problems, and overlaps.
_SAID = frozenset(("BRF002", "BRF003", "OWN004"))


def missing_flags(brief: Brief) -> tuple[str, ...]:
    """The flags that would give what a brief needs and lacks, in the brief's order."""
    messages = [p.message for p in brief.document.problems if p.kind == "incomplete" and p.fatal]
    return tuple(flag for flag, name in _FLAGS.items() if any(name in message for message in messages))


# By mode, why a brief has to have what it has to have.
_WHY_NEEDED = {
    "delegate": "an agent works alone by its files, criteria and checks",
    "review": "with mode review somebody decides at each step, by every section of the brief",
    "explore": "with mode explore none of the code merges, so every section says what is to be found out",
    "own": "others read why somebody works there, and until when",
}


def why_needed(brief: Brief) -> str:
    """Why a brief of this mode needs what `missing_flags` lists, as a part of a sentence."""
    return _WHY_NEEDED[brief.mode]


def find_fatal_problem(brief: Brief) -> Problem | None:
    """The first problem that keeps the document from being read; None without one."""
    return next((p for p in brief.document.problems if p.kind == "invalid" and p.fatal), None)


def describe_problem(problem: Problem) -> str:
    """A document's problem with its line and what to write instead."""
    where = f"line {problem.line}: " if problem.line else ""
    return f"{where}{problem.message} ({problem.hint})"


def describe_document(brief: Brief) -> list[str]:
    """What is wrong in the document; sections that may be missing are left to `describe_left_out`."""
    problems = (p for p in brief.document.problems if p.fatal or p.kind == "invalid")
    return [f"{'spawn refuses it: ' if p.fatal else ''}{describe_problem(p)}" for p in problems]


def describe_left_out(brief: Brief) -> str:
    """A sentence on the sections that a task of this mode may leave out and does; '' without any."""
    messages = [p.message for p in brief.document.problems if p.kind == "incomplete" and not p.fatal]
    names = [title for title in CLOSER if any(f"“{title}”" in message for message in messages)]
    return f"left out, which a small task may: {', '.join(names)}" if names else ""


def describe_findings(findings: Iterable[Finding], working: bool) -> list[str]:
    """The spawn gate's other findings. FLT001, a limit of tasks at work, is left out where the task is at work.

    `working`: a branch works on the task, and will not be spawned again.
    """
    others = (f for f in findings if f.rule not in _SAID and not (working and f.rule == "FLT001"))
    return [
        f"{'spawn refuses it: ' if f.blocks else ''}{f.message} ({f.hint})"
        + (" [waived]" if f.waived else "")
        for f in others
    ]


def describe_overlap(task: str, overlap: Overlap) -> str:
    """Where two scopes meet, by which patterns, and the command that keeps them apart."""
    other = f"{escape_hidden(overlap.task)}{'' if overlap.active else ', which is planned,'}"
    if overlap.meeting is None:
        return f"its scope cannot be compared with that of {other}: {overlap.problem}"
    at, mine, theirs = map(format_path, overlap.meeting)
    stops = "spawn refuses it: " if overlap.active else ""
    meeting = f"its scope meets that of {other} at {at}, by {mine!r} and {theirs!r}"
    return f"{stops}{meeting}; {_describe_split(task, overlap)}"


def _describe_split(task: str, overlap: Overlap) -> str:
    """The ways out: one task waits for the other; or the one that is only planned keeps out of the other's files."""
    first, second = (task, overlap.task) if overlap.waits else (overlap.task, task)
    wait = f"one after the other: {_format_plan(first, '--add-depends-on', [second])}"
    if overlap.split is None:
        return wait
    whose = task if overlap.split.mine else overlap.task
    return f"{wait}; or apart with: {_format_plan(whose, '--add-off-limits', map(decode, overlap.split.patterns))}"


def _format_plan(task: str, flag: str, values: Iterable[str]) -> str:
    return f"agentledger plan {escape_hidden(task)} {_format_flags(flag, values)}"


def describe_hot_files(hot: Hot) -> list[str]:
    """A sentence on which files change most often."""
    counts = ", ".join(f"{format_path(path)} {n}" for path, n in hot.often.items())
    return [f"hot: changed most often in base's last {hot.of} commits: {counts}"] if counts else []


def describe_unmatched(brief: Brief, paths: Iterable[bytes]) -> list[str]:
    """A sentence for each pattern of `owns` that no file of base matches: new files, or a slip."""
    owns = dict.fromkeys(map(encode, brief.owns))
    # A pattern that has matched is dropped, so that a large base costs little.
    for path in paths:
        if not owns:
            return []
        while (pattern := task_scope.first_match(owns, path)) is not None:
            del owns[pattern]
    return [f"no file of base matches {format_path(pattern)} yet: new files, or a slip?" for pattern in owns]


def describe_named(task: str, named: Named) -> list[str]:
    """Commands that add the paths which the text names and the brief's keys do not."""
    lines = []
    start = f"agentledger plan {escape_hidden(task)}"
    if named.owns:
        lines.append(
            f"the text names what `owns` lacks; to add it: {start} {_format_flags('--add-owns', named.owns)}"
        )
    if named.follow:
        lines.append(
            f"the context names what could be followed: {start} {_format_flags('--add-follow', named.follow)}"
        )
    return lines


def format_owns_flags(named: Named) -> str:
    """The flags alone, for a brief that owns nothing yet; '' where the text names nothing."""
    return _format_flags("--owns", named.owns)


def describe_copies(branches: Sequence[Branch], blob: str | None) -> list[str]:
    """A sentence for each branch whose copy now differs from the brief `blob`: how its agent learns of it."""
    lines = []
    for branch in branches:
        own, name = branch.work.brief if branch.work else None, escape_hidden(branch.name)
        if own is None or own.document.blob == blob:
            continue
        task = branch.work.task if branch.work else ""
        if branch.work and branch.work.copy in (Copy.SCOPE_CHANGE, Copy.REFUSED):
            lines.append(
                f"{name} asks for a different scope than this: agentledger brief diff {escape_hidden(task)} shows it"
            )
        else:
            lines.append(
                f"the copy on {name} is outdated: this brief counts from now on, and hooks tell the agent so "
                f"at its next commit; to tell it at once: agentledger prompt {escape_hidden(task)} --for resume"
            )
    return lines


def _format_flags(flag: str, values: Iterable[str]) -> str:
    return " ".join(f"{flag} {shlex.quote(escape_hidden(value))}" for value in values)
