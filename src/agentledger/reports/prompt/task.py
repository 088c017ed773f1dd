"""Composes the prompt for an agent that begins a task: the brief, its boundary, its checks, what to go by.

Belongs here: those chapters, for an agent in a worktree here. Does not: reporting and finishing (see
`conversation`), what is different on a cloud machine (see `cloud`), or going on in the middle of the work (see
`resume`).

Names in these chapters come from the brief, so they are in code spans, and long lists are cut: the brief itself
has all of them.
"""

from __future__ import annotations

from agentledger.attention.progress import required_checks
from agentledger.model.ledger import Brief
from agentledger.model.text import decode
from agentledger.reports.prompt import conversation
from agentledger.reports.prompt.assemble import Part, Piece
from agentledger.reports.prompt.given import MOST_NAMES, Given, format_name_list, format_names_inline
from agentledger.reports.prompt.quote import code_span, quote_text
from agentledger.reports.prompt.texts import fill_text


def compose_task_parts(given: Given) -> list[Part]:
    """The parts of the prompt that begins a task, in reading order."""
    parts = [
        compose_checkpoints(given),
        compose_brief(given),
        compose_boundary(given),
        compose_checks(given),
        *compose_guidance(given),
    ]
    return [*parts, *conversation.compose_talk_parts(given)]


# -- the brief ----------------------------------------------------------------------------


def compose_brief(given: Given, title: str = "The brief, word for word") -> Part:
    """The authoritative brief, and how far it can be trusted."""
    document = given.brief.document
    return Part(
        title=title,
        words=describe_brief_trust(given),
        pieces=(Piece(what="the brief", text=quote_text(document.text), command=show_brief_command(given)),),
        command=show_brief_command(given),
        rank=0,
        share=45,
    )


def describe_brief_trust(given: Given) -> str:
    """Where the brief comes from, and whether an agent can have written it."""
    if given.task.brief_from == "branch":
        return fill_text("brief-unconfirmed")
    where = (
        f"on {code_span(given.base)}"
        if given.task.brief_from == "base"
        else f"on the manager's branch {code_span(given.fleet.policy.control_branch)}"
    )
    proof = "no agent can have written it" if given.brief.document.source.proven else "not signed or guarded"
    return fill_text("brief-confirmed", where=where, proof=proof)


def show_brief_command(given: Given) -> str:
    """The command that prints the brief."""
    return f"agentledger brief show {given.task.id}"


# -- checkpoints and the boundary ---------------------------------------------------------


def compose_checkpoints(given: Given) -> Part:
    """Where work waits for the manager."""
    checkpoints = given.brief.checkpoints
    title = "Before you begin"
    if given.brief.mode == "own":
        return Part(
            title=title,
            words="The brief's mode is `own`: a person does this task, and you help where asked.",
            rank=0,
        )
    if not checkpoints:
        return Part(
            title=title,
            words=f"{_describe_mode(given.brief)} Read the brief to its end before the first change.",
            rank=0,
        )
    later = [name for name in checkpoints if name != "plan"]
    paragraphs = [_describe_mode(given.brief)]
    if "plan" in checkpoints:
        paragraphs.append(fill_text("plan-first"))
    if later:
        paragraphs.append(fill_text("later-checkpoints", names=format_names_inline(later)))
    return Part(title=title, words="\n\n".join(paragraphs), rank=0)


def _describe_mode(brief: Brief) -> str:
    return {
        "explore": "You explore: the result is options and a recommendation, and none of the code will "
        "merge.",
        "review": "You work with checkpoints: at each the manager decides before you go on.",
    }.get(brief.mode, "The task is yours from beginning to end.")


def compose_boundary(given: Given) -> Part:
    """What may change, what may not, and what happens where something else changes."""
    scope, policy = given.scope, given.fleet.policy
    owned = (
        format_name_list([decode(p) for p in scope.owns])
        if scope.owns
        else "- no file: the brief's `owns` is empty"
    )
    paragraphs = [f"You may change files that match one of\n\n{owned}"]
    if scope.off_limits:
        paragraphs.append(
            f"but none that matches one of\n\n{format_name_list([decode(p) for p in scope.off_limits])}"
        )
    protected = "what steers tools (CI workflows, git hooks, `AGENTS.md`, agents' settings, `.gitattributes`)"
    if policy.protected:
        protected += (
            f", and this repository's own list:\n\n{format_name_list(policy.protected, 'the policy has all')}"
        )
    paragraphs.append(f"Nobody's, unless the brief owns the very path by its full name: {protected}")
    if policy.open:
        paragraphs.append(f"Anyone's: {format_names_inline(policy.open)}.")
    paragraphs.append(fill_text("boundary", brief=code_span(given.folder + "/brief.md")))
    return Part(
        title="Your boundary", words="\n\n".join(paragraphs), command=show_brief_command(given), rank=0
    )


# -- what shows that it is done -------------------------------------------------------------


def compose_checks(given: Given) -> Part:
    """The commands that have to pass."""
    checks = required_checks(given.brief, given.fleet.policy, ())
    lines = [f"{check.name}: {check.run}" for check in checks]
    lines += [
        f"{each.check.name}: {each.check.run}   (when you change {', '.join(each.paths)})"
        for each in given.fleet.policy.checks
        if each.paths
    ]
    title = "Checks that must pass"
    if not lines:
        return Part(title=title, words=f"None is written down.{_describe_companions(given)}")
    intro = fill_text("checks") + _describe_companions(given)
    pieces = (Piece(what="the checks", text=quote_text("\n".join(lines)), command=show_brief_command(given)),)
    return Part(title=title, words=intro, pieces=pieces, command=show_brief_command(given), share=15)


def _describe_companions(given: Given) -> str:
    policy = given.fleet.policy
    sentences = [
        f"A change of {format_names_inline(each.when)} comes with one of {format_names_inline(each.also)}."
        for each in policy.companions[:MOST_NAMES]
    ]
    sentences.append(f"Aim at fewer than {policy.size_lines:,} changed lines: small changes are read well.")
    return f"\n\n{' '.join(sentences)}"


def compose_guidance(given: Given) -> list[Part]:
    """Patterns to follow, tasks that come first, and whether others build on this one."""
    brief = given.brief
    paragraphs = []
    if brief.follow:
        paragraphs.append(f"Follow the patterns in\n\n{format_name_list(brief.follow)}")
    if brief.depends_on:
        paragraphs.append(
            f"This builds on what these tasks bring, which merge first: {format_names_inline(brief.depends_on)}."
        )
    if brief.seam:
        paragraphs.append(
            "Others build on what you make here: the interface matters more than what is behind it."
        )
    return (
        [Part(title="What to go by", words="\n\n".join(paragraphs), command=show_brief_command(given))]
        if paragraphs
        else []
    )
