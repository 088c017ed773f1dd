"""A check-in as text: from what an agent says to the file it becomes.

Belongs here: the file's text and name. Does not: what has changed since the last one, or committing it (see
`report`). Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from agentledger.control import append
from agentledger.documents.sections import parse_headings, parse_sections
from agentledger.documents.status import SECTIONS
from agentledger.model.ledger import heading_key
from agentledger.model.text import format_rfc3339

STATES = ("working", "needs-input", "blocked", "ready")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an agent reports. Each text is Markdown, '' where nothing was said."""

    state: str = "working"
    changed: str = ""
    next: str = ""
    risks: str = ""
    need: str = ""
    checkpoint: str | None = None
    agent: str = ""
    session: str = ""

    @property
    def silent(self) -> bool:
        """Has nothing been said but the state?"""
        return not any(text.strip() for text in (self.changed, self.next, self.risks, self.need))


def render_check_in(said: Said, now: int) -> bytes:
    """The whole file, `now` being its time. What was not said is "none"."""
    keys = {"agent": said.agent, "session": said.session}
    lines = [f"at: {format_rfc3339(now)}"]
    lines += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value]
    lines += [f"state: {said.state}"]
    lines += [f"checkpoint: {json.dumps(said.checkpoint)}"] if said.checkpoint else []
    texts = (said.changed, said.next, said.risks, said.need)
    body = "\n".join(
        f"## {title}\n\n{fit_into_section(text) or 'none'}\n"
        for title, text in zip(SECTIONS, texts, strict=True)
    )
    return ("---\n" + "\n".join(lines) + "\n---\n\n" + body).encode("utf-8", "replace")


def check_in_name(now: int, content: bytes) -> str:
    """The file's name; check-ins of one second differ by a part of their hash."""
    return append.new_document_name(now, content)


def fit_into_section(text: str) -> str:
    """A text that can stand in a section: its level-2 headings go down a level, and nothing stays open."""
    lines = text.strip().splitlines()
    for heading in reversed(parse_headings("\n".join(lines))):
        lines[heading.at : heading.below] = [f"### {heading.title}"]
    for end in ("", *dict.fromkeys(found[1] for line in lines if (found := _FENCE.match(line))), "-->"):
        whole = "\n".join([*lines, end] if end else lines)
        if [heading.title for heading in parse_headings(f"{whole}\n\n## end")] == ["end"]:
            return whole
    return "\n".join(f"    {line}" for line in lines)  # as code, in which nothing means anything


def parse_report_text(text: str, otherwise: Said) -> Said:
    """What a whole text says: its sections by their titles; a text without any is what changed."""
    body = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.DOTALL | re.MULTILINE)
    found = {heading_key(part.title): part.text.strip() for part in parse_sections(body, 1) if not part.empty}
    keys = [heading_key(title) for title in SECTIONS]
    if not any(key in found for key in keys):
        return replace(otherwise, changed=otherwise.changed or body.strip())
    said = (otherwise.changed, otherwise.next, otherwise.risks, otherwise.need)
    texts = [mine or found.get(key, "") for mine, key in zip(said, keys, strict=True)]
    return replace(otherwise, changed=texts[0], next=texts[1], risks=texts[2], need=texts[3])


def render_blank_form(said: Said, question: str) -> str:
    """What an editor begins with: the sections, and as comments what belongs in each."""
    hints = (
        "Since the last check-in, for somebody who was not there. Empty: the list of commits.",
        "The next step.",
        "What could go wrong, or does. Empty: none.",
        question,
    )
    texts = (said.changed, said.next, said.risks, said.need)
    return "\n".join(
        f"## {title}\n\n{text.strip() or f'<!-- {hint} -->'}\n"
        for title, hint, text in zip(SECTIONS, hints, texts, strict=True)
    )
