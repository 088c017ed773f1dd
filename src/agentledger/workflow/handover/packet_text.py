"""The packet's text: what git and evidence tell put into it, what the agent wrote left as it is.

Belongs here: text in, text out. Does not: finding out what is to be told (see `packet`), or what is missing
(see `rules.packet`). Pure.
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
GENERATED = (packet_files.TITLE, CRITERIA, RESULTS)
PROMPTS = {
    "Options": "<!-- Each way that was looked at: what it would take, and what speaks against it. -->",
    "Recommendation": "<!-- Which one, and what would have to be true for another one. -->",
}
_TABLE = ("| Check | Command | Outcome | When | Commit | Worth |", "|---|---|---|---|---|---|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of the table of results, each cell in words; the command as it is run."""

    check: str
    command: str
    outcome: str
    when: str = ""
    commit: str = ""
    worth: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is generated. `criteria` are the brief's; `explores`: the packet has other sections then."""

    task: str
    base: str
    head: str
    change: str
    files: Sequence[Touched] = ()
    results: Sequence[Result] = ()
    criteria: Sequence[str] = ()
    explores: bool = False

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that this packet needs."""
        return EXPLORE if self.explores else SECTIONS


@dataclass(frozen=True, slots=True)
class Prose:
    """What the agent says on the command line: texts by section, words by file, claims by criterion.

    `no_tests` is why no test changed.
    """

    sections: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    claims: Sequence[Claim] = ()
    no_tests: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The packet's bytes, and what the agent should know of them."""

    raw: bytes
    told: tuple[str, ...] = ()


def begin_packet(template: bytes, explores: bool) -> bytes:
    """A new packet from a template: its sections as this kind of task needs them."""
    draft = Draft(template)
    for title in GENERATED:
        if explores:
            draft.drop(title)
        elif draft.section(title) and not strip_comments(draft.text(title)).strip():
            draft.write(title, "")
    return draft.raw()


def refresh_packet(raw: bytes, facts: Facts, prose: Prose) -> Refreshed:
    """The packet with everything generated put anew, and what is said on the command line put in.

    LedgerError where something in it is opened and never closed, so that sections cannot be told apart; and
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


def _check_sections(made: Refreshed, facts: Facts) -> Refreshed:
    """The same; Swallowed where a section can be seen no longer, now that a marker above it has gone."""
    titles = {heading_key(title) for title in Draft(made.raw).titles}
    for title in facts.sections:
        if heading_key(title) not in titles:
            raise Swallowed(title)
    return made


def _refresh_draft(draft: Draft, facts: Facts, prose: Prose) -> Refreshed:
    for key, value in (("task", facts.task), ("base", facts.base), ("head", facts.head)):
        draft.set_key(key, value)
    draft.set_key("change", facts.change)
    for at, title in enumerate(facts.sections):
        draft.ensure_section(title, facts.sections[:at], [PROMPTS[title]] if title in PROMPTS else ())
    said = {
        _resolve_section(name, draft, facts): check_in.fit_into_section(text)
        for name, text in prose.sections.items()
    }
    for title, text in said.items():
        if title not in (packet_files.TITLE, RESULTS) or facts.explores:
            draft.write(title, text)
    if facts.explores:
        _refuse_generated(prose)
        return Refreshed(draft.raw())
    told = packet_files.update_files(
        draft, facts.files, _check_words(prose.words, facts.files), said.get(packet_files.TITLE)
    )
    told += packet_criteria.update_criteria(draft, facts.criteria, prose.claims)
    told += _update_results(draft, facts.results, said.get(RESULTS), prose.no_tests)
    return Refreshed(draft.raw(), tuple(map(escape_hidden, told)))


def _refuse_generated(prose: Prose) -> None:
    if prose.claims or prose.words or prose.no_tests:
        message = "the packet of a task that only explores lists neither files nor criteria nor tests"
        raise LedgerError(message, "fill in --options and --recommendation")


def _update_results(draft: Draft, results: Sequence[Result], text: str | None, no_tests: str) -> list[str]:
    """Bring the table up to date, with `text` beside it; None: with what is there already."""
    block = draft.take_block(RESULTS, "results")
    if text is not None:
        draft.write(RESULTS, text)
    strays = [line for line in block.lines if line.strip() and not line.lstrip().startswith("|")]
    if no_tests and not _replace_reason(draft, no_tests):
        strays.append(f"No tests: {' '.join(no_tests.split())}")
    rows = [*_TABLE, *map(_render_row, results)] if results else []
    draft.place(RESULTS, block.at if text is None else None, "results", rows, strays)
    missing = f"a marker was missing in “{RESULTS}”: the table is put anew, and the text around it stays"
    return [missing] * block.torn


def _replace_reason(draft: Draft, why: str) -> bool:
    """Put the reason where one stands already; False: none does."""
    span = draft.ensure_section(RESULTS, ())
    for at in range(span.below, span.end):
        if draft.lines[at].strip().lower().startswith("no tests:"):
            draft.put(at, at + 1, [f"No tests: {' '.join(why.split())}"])
            return True
    return False


def _render_row(result: Result) -> str:
    code = " ".join(escape_hidden(result.command.replace("\n", " ")).split())
    ticks = "`" * (max(map(len, re.findall("`+", code)), default=0) + 1)
    room = " " if "`" in code else ""
    shown = f"{ticks}{room}{code}{room}{ticks}" if code else ""
    cells = (result.check, shown, result.outcome, result.when, result.commit, result.worth)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# -- what is said on the command line -----------------------------------------------------


def _resolve_section(name: str, draft: Draft, facts: Facts) -> str:
    """The section of this name: as it is headed, or by the first word of its heading."""
    there = {heading_key(title): title for title in (*draft.titles, *facts.sections)}
    key = heading_key(name)
    if key in there:
        return there[key]
    short = [title for other, title in there.items() if key and other.split()[:1] == [key]]
    if len(short) == 1:
        return short[0]
    known = ", ".join(f"“{escape_hidden(title)}”" for title in facts.sections)
    raise LedgerError(f"the packet has no section named {escape_hidden(name)}", f"there are {known}")


def _check_words(words: Mapping[str, str], files: Sequence[Touched]) -> Mapping[str, str]:
    """The words, if they are beside files that changed."""
    paths = {file.path for file in files}
    for path in words:
        if path not in paths:
            some = ", ".join(escape_hidden(file.path) for file in files[:5])
            raise LedgerError(
                f"{escape_hidden(path)} is no file that the branch changes", f"it changes {some}"
            )
    return {path: " ".join(text.split()) for path, text in words.items()}
