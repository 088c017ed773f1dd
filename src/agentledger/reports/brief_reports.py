"""A task's brief, and what a branch's copy of it asks for, as text and as JSON.

Belongs here: words, lines and keys. Does not: reading briefs (see `workflow.manage.brief_decision`), or
comparing them (see `attention.brief_change`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from agentledger.attention.brief_change import Change
from agentledger.attention.commands import format_command
from agentledger.model.ledger import Brief, Problem
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.model.work import ACCEPTABLE, PLACES, Copy
from agentledger.reports import shapes_commands

_COPIES = {
    Copy.NONE: "has no copy of it",
    Copy.SAME: "has the same",
    Copy.OUTDATED: "has an earlier version of it",
    Copy.SCOPE_CHANGE: "asks for a different one",
    Copy.REFUSED: "asked for a different one, which was refused",
    Copy.UNCONFIRMED: "has the only copy, which nobody has confirmed",
}


class Difference(NamedTuple):
    """A branch's copy that differs from the brief that counts."""

    task: str
    branch: str
    copy: Copy
    #: The branch's copy.
    own: Brief
    #: What it would let the branch touch, or no longer touch.
    change: Change
    #: The lines of a unified diff, from the brief that counts to the copy.
    diff: tuple[str, ...]


Copies = Sequence[tuple[str, Copy]]


def render_brief(task: str, brief: Brief, where: str, copies: Copies) -> str:
    """The brief as text: where it comes from, how each branch's copy relates to it, then its own lines.

    `where` is `control`, `base` or `branch`.
    """
    lines = [f"# brief of {task}: {_describe_source(brief, where)}"]
    lines += [f"# {name} {_COPIES[copy]}" for name, copy in copies]
    return _format_lines([*lines, *brief.document.text.splitlines()])


def _describe_source(brief: Brief, where: str) -> str:
    source = brief.document.source
    commit = f", commit {source.commit[:12]}" if source.commit else ""
    if where == "branch":
        return f"only on {source.ref}{commit}, unconfirmed: an agent may have written it"
    proof = (
        "proven: agents cannot rewrite it"
        if source.proven
        else "unproven: an agent here could have rewritten it"
    )
    return f"from {PLACES.get(where, where)}{commit}, {proof}"


def encode_brief(task: str, brief: Brief, where: str, copies: Copies) -> bytes:
    """The document that `agentledger schema brief-show` describes, UTF-8 with a newline at the end."""
    source = brief.document.source
    shape = shapes_commands.BriefShow(
        version=1,
        kind="brief-show",
        task=_json_text(task),
        where=where,
        proven=source.proven,
        ref=_json_text(source.ref) or None,
        commit=source.commit,
        path=_json_text(source.path),
        blob=brief.document.blob,
        text=_json_text(brief.document.text),
        problems=tuple(map(_shape_problem, brief.document.problems)),
        copies=tuple(shapes_commands.BriefCopy(_json_text(name), copy) for name, copy in copies),
    )
    return msgspec.json.encode(shape) + b"\n"


# -- differences ------------------------------------------------------------------------


def render_brief_diffs(name: str, differences: Sequence[Difference]) -> str:
    """Each copy that differs, in words and as a diff; `name` is the task or branch that was asked about."""
    if not differences:
        return _format_lines([f"{name}: every copy is the brief that counts"])
    return "\n".join(_format_lines(_describe_difference(each)) for each in differences)


def _describe_difference(difference: Difference) -> Iterator[str]:
    yield f"{difference.branch} {_COPIES[difference.copy]}"
    yield from (f"  {sentence}" for sentence in difference.change.sentences)
    for problem in difference.own.document.problems:
        if problem.fatal:
            line = f"line {problem.line}: " if problem.line else ""
            yield f"  it cannot be the brief: {line}{problem.message}"
    yield ""
    yield from difference.diff
    # With the blob, `accept` refuses a copy that has changed since it was read here.
    blob = ("--blob", (difference.own.document.blob or "")[:12])
    accept = format_command(("agentledger", "brief", "accept", *blob), difference.branch)
    if accept and difference.copy in ACCEPTABLE:
        yield ""
        yield f"next: {accept}"
    if accept and difference.copy is Copy.SCOPE_CHANGE:
        yield f"or: {format_command(('agentledger', 'brief', 'reject', *blob, '-m', 'why not'), difference.branch)}"


def encode_brief_diffs(name: str, differences: Sequence[Difference]) -> bytes:
    """The document that `agentledger schema brief-diff` describes, UTF-8 with a newline at the end."""
    copies = tuple(
        shapes_commands.BriefDifference(
            branch=_json_text(each.branch),
            task=_json_text(each.task),
            copy=each.copy,
            blob=each.own.document.blob,
            grants=tuple(map(_json_text, each.change.grants)),
            takes=tuple(map(_json_text, each.change.takes)),
            others=tuple(map(_json_text, each.change.others)),
            problems=tuple(map(_shape_problem, each.own.document.problems)),
            diff=_json_text("\n".join(each.diff)),
        )
        for each in differences
    )
    shape = shapes_commands.BriefDiff(version=1, kind="brief-diff", name=_json_text(name), copies=copies)
    return msgspec.json.encode(shape) + b"\n"


def _shape_problem(problem: Problem) -> shapes_commands.BriefProblem:
    return shapes_commands.BriefProblem(
        problem.line, _json_text(problem.message), _json_text(problem.hint), problem.fatal
    )


def _format_lines(lines: Sequence[str] | Iterator[str]) -> str:
    return "".join(f"{escape_hidden(line)}".rstrip() + "\n" for line in lines)


def _json_text(text: str) -> str:
    return format_path(encode(text))
