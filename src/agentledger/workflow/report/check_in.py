"""Turns what an agent says into the text of a check-in file, and a whole text back into what it says.

Belongs here: the file's text and name. Does not: what has changed since the last check-in, or committing it
(see `write_check_in`). Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from agentledger.control import append
from agentledger.documents.sections import parse_headings, parse_sections
from agentledger.documents.status import PLAN, SECTIONS
from agentledger.model.ledger import heading_key
from agentledger.model.text import format_rfc3339

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an agent reports. Each text is Markdown, '' where nothing was said."""

    #: One of `check_in_states.STATES`.
    state: str = "working"
    changed: str = ""
    next: str = ""
    risks: str = ""
    #: The question, where the state is needs-input or blocked.
    need: str = ""
    #: The id of a checkpoint in the brief that this asks to pass; None for no checkpoint.
    checkpoint: str | None = None
    #: What is to be approved there.
    plan: str = ""
    #: The agent's name, '' where it is not known.
    agent: str = ""
    #: The agent's own name for its session, '' for none.
    session: str = ""

    @property
    def silent(self) -> bool:
        """Is there nothing but the state?"""
        return not any(text.strip() for text in (self.changed, self.next, self.risks, self.need, self.plan))


def render_check_in(report: Said, now: int) -> bytes:
    """The whole file; `now` is its time in seconds since the epoch. A text that is missing becomes "none"."""
    keys = {"agent": report.agent, "session": report.session}
    lines = [f"at: {format_rfc3339(now)}"]
    lines += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value]
    lines += [f"state: {report.state}"]
    lines += [f"checkpoint: {json.dumps(report.checkpoint)}"] if report.checkpoint else []
    body = "\n".join(
        f"## {title}\n\n{fit_into_section(text) or 'none'}\n" for title, text in _list_sections(report)
    )
    # A command line can hold bytes that are no UTF-8, which arrive as surrogates.
    return ("---\n" + "\n".join(lines) + "\n---\n\n" + body).encode("utf-8", "replace")


def _list_sections(report: Said) -> list[tuple[str, str]]:
    """The sections with their texts, in order: the plan stands before the question, where there is one."""
    texts = (report.changed, report.next, report.risks, report.need)
    sections = list(zip(SECTIONS, texts, strict=True))
    if report.plan.strip() or report.checkpoint is not None:
        sections.insert(-1, (PLAN, report.plan))
    return sections


def check_in_name(now: int, content: bytes) -> str:
    """The file's name: the time, and a part of the hash, by which check-ins of one second differ."""
    return append.new_document_name(now, content)


def fit_into_section(text: str) -> str:
    """The text, changed so that it can neither end its section nor swallow the next one.

    Its level-2 headings become level 3, and a code fence or comment that is still open is closed.
    """
    lines = text.strip().splitlines()
    # From the last heading up: a heading in two lines becomes one, which would move those below it.
    for heading in reversed(parse_headings("\n".join(lines))):
        lines[heading.at : heading.below] = [f"### {heading.title}"]
    # Which fence is open depends on the Markdown around it, so each is tried, and the result is parsed.
    for end in ("", *dict.fromkeys(fence[1] for line in lines if (fence := _FENCE.match(line))), "-->"):
        closed_text = "\n".join([*lines, end] if end else lines)
        if [heading.title for heading in parse_headings(f"{closed_text}\n\n## end")] == ["end"]:
            return closed_text
    return "\n".join(f"    {line}" for line in lines)  # as code, in which nothing means anything


def parse_report_text(text: str, otherwise: Said) -> Said:
    """What a whole text says, where `otherwise` says nothing: its texts come first.

    The text's sections count by their titles, and front matter is ignored. A text without any of these
    sections is what changed.
    """
    body = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.DOTALL | re.MULTILINE)
    sections = {
        heading_key(part.title): part.text.strip() for part in parse_sections(body, 1) if not part.empty
    }
    keys = [heading_key(title) for title in (*SECTIONS, PLAN)]
    if not any(key in sections for key in keys):
        return replace(otherwise, changed=otherwise.changed or body.strip())
    given_texts = (otherwise.changed, otherwise.next, otherwise.risks, otherwise.need, otherwise.plan)
    texts = [given_text or sections.get(key, "") for given_text, key in zip(given_texts, keys, strict=True)]
    return replace(otherwise, changed=texts[0], next=texts[1], risks=texts[2], need=texts[3], plan=texts[4])


def render_blank_form(report: Said, question: str) -> str:
    """The text that an editor opens with: the sections, with a comment in each on what belongs there."""
    hints = (
        "Since the last check-in, for somebody who was not there. Empty: the list of commits.",
        "The next step.",
        "What could go wrong, or does. Empty: none.",
        question,
    )
    by_title = {PLAN: "What is to be approved, step by step."} | dict(zip(SECTIONS, hints, strict=True))
    return "\n".join(
        f"## {title}\n\n{text.strip() or f'<!-- {by_title[title]} -->'}\n"
        for title, text in _list_sections(report)
    )
