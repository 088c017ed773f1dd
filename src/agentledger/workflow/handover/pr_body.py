"""A pull request's body: the packet, laid out by the repository's own template where it has one.

Belongs here: which heading of a template asks for what a packet has. Does not: where the template lies, or
the packet. Pure.

What the template's author wrote stays, word for word and box for box: what a person is to tick is not ticked.
Its comments are prompts, and go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentledger.documents.packet import strip_marks
from agentledger.documents.placeholders import strip_comments
from agentledger.documents.sections import parse_sections
from agentledger.model.ledger import Part, heading_key

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*\Z|\*\*([^*]+)\*\*:?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")

# What a heading asks for, by a word in it; the first line with one of its words counts. None: what only a
# person can say.
_WORDS: tuple[tuple[str | None, str], ...] = (
    (None, "checklist screenshot screenshots screencast type types kind issue issues ticket related closes"),
    ("Test plan and results", "test tests tested testing verification verified verify qa validation"),
    ("Risks and follow-ups", "risk risks follow-ups follow-up impact concerns rollback limitations caveats"),
    ("Acceptance criteria", "acceptance criteria requirements done"),
    ("Files touched", "file files"),
    ("Why this approach", "why motivation rationale reason reasons context background approach"),
    ("Summary", "summary description what overview changes change describe purpose does proposed details"),
)


class _Asked(NamedTuple):
    """A part of a template: its heading as it stands, and the lines below it; None: what stands above all."""

    heading: str | None
    lines: list[str]

    @property
    def packet_section(self) -> str | None:
        """The packet's section that belongs here."""
        return section_of_heading(_parse_title(self.heading)) if self.heading is not None else None


def render_body(packet: str, template: str | None) -> str:
    """The body for a packet without its front matter; both have LF line ends."""
    shown = strip_marks(packet)
    parts = [part for part in parse_sections(shown, 1) if not part.empty]
    if template is None:
        return _join_texts(_render_part(part) for part in parts)
    asked = _parse_template(strip_comments(template))
    filled = _assign_parts(asked, parts)
    rest = [part for part in parts if all(part is not found for found in filled.values())]
    laid_out = (_render_section(each, filled.get(at)) for at, each in enumerate(asked))
    return _join_texts([*laid_out, *map(_render_part, rest)])


def section_of_heading(heading: str) -> str | None:
    """The section of a packet that a template's heading asks for; None where it asks for something else."""
    key = heading_key(re.sub(r"[^\w\s'’.,:;!?-]", " ", heading))
    same = next((title for title, _ in _WORDS if title and heading_key(title) == key), None)
    if same:
        return same
    said = set(re.findall(r"[\w-]+", key))
    return next((title for title, words in _WORDS if said & set(words.split())), None)


def _assign_parts(asked: Sequence[_Asked], parts: Sequence[Part]) -> dict[int, Part]:
    """The packet's section for each part of the template that asks for one; each is given once."""
    left = {heading_key(part.title): part for part in reversed(parts)}
    found = {}
    for at, each in enumerate(asked):
        part = left.pop(heading_key(each.packet_section), None) if each.packet_section else None
        part = part or (left.pop(heading_key(_parse_title(each.heading)), None) if each.heading else None)
        if part:
            found[at] = part
    return found


def _parse_template(template: str) -> list[_Asked]:
    found, fenced = [_Asked(None, [])], False
    for line in template.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        if not fenced and _HEADING.match(line):
            found.append(_Asked(line.rstrip(), []))
        else:
            found[-1].lines.append(line.rstrip())
    return found


def _parse_title(heading: str | None) -> str:
    found = _HEADING.match(heading or "")
    return (found[1] or found[2] or "").strip("*_ ") if found else ""


def _render_section(asked: _Asked, part: Part | None) -> str:
    texts = (asked.heading or "", part.text if part else "", "\n".join(asked.lines))
    return _join_texts(texts)


def _render_part(part: Part) -> str:
    return f"## {part.title}\n\n{part.text}"


def _join_texts(texts: Iterable[str]) -> str:
    return "\n\n".join(text.strip("\n") for text in texts if text.strip())
