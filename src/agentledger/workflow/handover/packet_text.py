"""Brings a packet's text up to date: puts in what git and evidence show, and leaves what the agent wrote.

Belongs here: text in, text out. Does not: finding the facts (see `write_packet`), or what is missing (see
`packet_gaps`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentledger.documents.packet import CRITERIA, EXPLORE, SECTIONS
from agentledger.documents.placeholders import strip_comments
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import heading_key
from agentledger.model.text import escape_hidden
from agentledger.workflow.handover import packet_criteria, packet_files
from agentledger.workflow.handover.packet_criteria import Claim
from agentledger.workflow.handover.packet_draft import Draft, Swallowed
from agentledger.workflow.handover.packet_files import Touched
from agentledger.workflow.report import check_in

RESULTS = "Test plan and results"
# Sections with a part that is generated.
GENERATED = (packet_files.TITLE, CRITERIA, RESULTS)
# What a new section says, as a comment, where the template does not have it.
PROMPTS = {
    "Options": "<!-- Each way that was looked at: what it would take, and what speaks against it. -->",
    "Recommendation": "<!-- Which one, and what would have to be true for another one. -->",
}
_TABLE = ("| Check | Command | Outcome | When | Commit | Worth |", "|---|---|---|---|---|---|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of the table of results, each cell as text."""

    check: str
    command: str
    outcome: str
    #: The time of the run, RFC 3339.
    when: str = ""
    #: The commit that the check ran on.
    commit: str = ""
    #: How far the evidence can be trusted.
    worth: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is generated in a packet."""

    task: str
    #: Base's commit.
    base: str
    #: The newest commit of the branch that changes code.
    head: str
    #: The id of the change to base, '' where there is none.
    change: str
    files: Sequence[Touched] = ()
    results: Sequence[Result] = ()
    #: The brief's acceptance criteria.
    criteria: Sequence[str] = ()
    #: Does the task only explore? Its packet has different sections.
    explores: bool = False

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that this packet needs."""
        return EXPLORE if self.explores else SECTIONS


@dataclass(frozen=True, slots=True)
class Prose:
    """What the agent says on the command line: texts by section, comments by file, claims about criteria.

    `no_tests` is the reason why no test changed, '' for none.
    """

    sections: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    claims: Sequence[Claim] = ()
    no_tests: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The packet's bytes, and sentences about them for the agent."""

    raw: bytes
    notes: tuple[str, ...] = ()


def begin_packet(template: bytes, explores: bool) -> bytes:
    """A new packet from a template, with the sections that this kind of task needs."""
    draft = Draft(template)
    for title in GENERATED:
        if explores:
            draft.drop(title)
        elif draft.section(title) and not strip_comments(draft.text(title)).strip():
            draft.write(title, "")
    return draft.raw()


def refresh_packet(raw: bytes, facts: Facts, prose: Prose) -> Refreshed:
    """The packet with everything generated written again, and what is said on the command line put in.

    Raises LedgerError where code or a comment in it is never closed, so that sections cannot be told apart; and
    for a section, a file or a criterion that is not known.
    """
    try:
        return _check_sections(_refresh_draft(Draft(raw), facts, prose), facts)
    except Swallowed as error:
        message = (
            f"the section “{error}” cannot be put into the packet: code or a comment above it never ends"
        )
        hint = "close it in packet.md: ``` or --> on a line of its own; then run this again"
        raise LedgerError(message, hint) from error


def _check_sections(refreshed: Refreshed, facts: Facts) -> Refreshed:
    """The same packet. Raises Swallowed where a section no longer counts as one.

    A marker is a comment's end too; without it, a comment above can swallow what follows.
    """
    titles = {heading_key(title) for title in Draft(refreshed.raw).titles}
    for title in facts.sections:
        if heading_key(title) not in titles:
            raise Swallowed(title)
    return refreshed


def _refresh_draft(draft: Draft, facts: Facts, prose: Prose) -> Refreshed:
    """Write front matter and sections; generated parts come last, into the sections that are then there."""
    for key, value in (("task", facts.task), ("base", facts.base), ("head", facts.head)):
        draft.set_key(key, value)
    draft.set_key("change", facts.change)
    for at, title in enumerate(facts.sections):
        draft.ensure_section(title, facts.sections[:at], [PROMPTS[title]] if title in PROMPTS else ())
    texts = {
        _resolve_section(name, draft, facts): check_in.fit_into_section(text)
        for name, text in prose.sections.items()
    }
    for title, text in texts.items():
        if title not in (packet_files.TITLE, RESULTS) or facts.explores:
            draft.write(title, text)
    if facts.explores:
        _refuse_generated(prose)
        return Refreshed(draft.raw())
    lines = packet_files.update_files(
        draft, facts.files, _check_comments(prose.comments, facts.files), texts.get(packet_files.TITLE)
    )
    lines += packet_criteria.update_criteria(draft, facts.criteria, prose.claims)
    lines += _update_results(draft, facts.results, texts.get(RESULTS), prose.no_tests)
    return Refreshed(draft.raw(), tuple(map(escape_hidden, lines)))


def _refuse_generated(prose: Prose) -> None:
    """Raise LedgerError for options that a packet without generated parts has no place for."""
    if prose.claims or prose.comments or prose.no_tests:
        message = "the packet of a task that only explores lists neither files nor criteria nor tests"
        raise LedgerError(message, "fill in --options and --recommendation")


def _update_results(draft: Draft, results: Sequence[Result], text: str | None, no_tests: str) -> list[str]:
    """Bring the table up to date; return sentences for the agent.

    `text` goes beside the table, None to leave what is there; `no_tests` is why no test changed.
    """
    block = draft.take_block(RESULTS, "results")
    if text is not None:
        draft.write(RESULTS, text)
    strays = [line for line in block.lines if line.strip() and not line.lstrip().startswith("|")]
    if no_tests and not _replace_reason(draft, no_tests):
        strays.append(f"No tests: {' '.join(no_tests.split())}")
    rows = [*_TABLE, *map(_render_row, results)] if results else []
    draft.place(RESULTS, at=block.at if text is None else None, kind="results", texts=rows, above=strays)
    missing = f"a marker was missing in “{RESULTS}”: the table is written again, and the text around it stays"
    return [missing] * block.torn


def _replace_reason(draft: Draft, why: str) -> bool:
    """Replace the reason that is there already; False where there is none."""
    span = draft.ensure_section(RESULTS, ())
    for at in range(span.below, span.end):
        if draft.lines[at].strip().lower().startswith("no tests:"):
            draft.put(at, at + 1, [f"No tests: {' '.join(why.split())}"])
            return True
    return False


def _render_row(result: Result) -> str:
    """A row of the Markdown table, with the command in backticks."""
    code = " ".join(escape_hidden(result.command.replace("\n", " ")).split())
    # One backtick more than the longest run in it, and a blank, as Markdown wants for code with backticks.
    ticks = "`" * (max(map(len, re.findall("`+", code)), default=0) + 1)
    room = " " if "`" in code else ""
    command_cell = f"{ticks}{room}{code}{room}{ticks}" if code else ""
    cells = (result.check, command_cell, result.outcome, result.when, result.commit, result.worth)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# -- what the command line gives ----------------------------------------------------------


def _resolve_section(name: str, draft: Draft, facts: Facts) -> str:
    """The title of the section that is named, by its whole title or the first word of it.

    Raises LedgerError for any other name, or one that is not clear.
    """
    titles = {heading_key(title): title for title in (*draft.titles, *facts.sections)}
    key = heading_key(name)
    if key in titles:
        return titles[key]
    matches = [title for other, title in titles.items() if key and other.split()[:1] == [key]]
    if len(matches) == 1:
        return matches[0]
    section_names = ", ".join(f"“{escape_hidden(title)}”" for title in facts.sections)
    raise LedgerError(f"the packet has no section named {escape_hidden(name)}", f"there are {section_names}")


def _check_comments(comments: Mapping[str, str], files: Sequence[Touched]) -> Mapping[str, str]:
    """The comments, each in one line. Raises LedgerError for a file that the branch does not change."""
    paths = {file.path for file in files}
    for path in comments:
        if path not in paths:
            first_paths = ", ".join(escape_hidden(file.path) for file in files[:5])
            raise LedgerError(
                f"{escape_hidden(path)} is no file that the branch changes", f"it changes {first_paths}"
            )
    return {path: " ".join(text.split()) for path, text in comments.items()}
