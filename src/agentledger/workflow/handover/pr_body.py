"""Writes the body of a pull request: the packet, laid out by the repository's own template where it has one.

Belongs here: which heading of a template asks for which section of a packet. Does not: finding the template (see
`setup.pr_template`), or the packet (see `write_packet`). Pure.

What the template's author wrote stays, word for word, and no box of theirs is ticked: that is for a person. Its
comments are prompts, and are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentledger.documents.packet import strip_marks
from agentledger.documents.placeholders import strip_comments
from agentledger.documents.sections import parse_sections
from agentledger.model.ledger import Part, heading_key

# A Markdown heading, or a line in bold, which many templates use for one.
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*\Z|\*\*([^*]+)\*\*:?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")

# The packet's section that a heading asks for, by words in it; the first entry with one of its words counts.
# None: only a person can fill it in.
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
    """A part of a template: its heading as written, None for what is above the first, and the lines below it."""

    heading: str | None
    lines: list[str]

    @property
    def packet_section(self) -> str | None:
        """The title of the packet's section that belongs here; None without one."""
        return section_of_heading(_parse_title(self.heading)) if self.heading is not None else None


def render_body(packet: str, template: str | None) -> str:
    """The body for a packet without its front matter; both texts have LF line ends.

    Sections that the template does not ask for come at the end.
    """
    text = strip_marks(packet)
    parts = [part for part in parse_sections(text, 1) if not part.empty]
    if template is None:
        return _join_texts(_render_part(part) for part in parts)
    template_parts = _parse_template(strip_comments(template))
    assigned = _assign_parts(template_parts, parts)
    unassigned = [part for part in parts if all(part is not used for used in assigned.values())]
    laid_out = (_render_section(each, assigned.get(at)) for at, each in enumerate(template_parts))
    return _join_texts([*laid_out, *map(_render_part, unassigned)])


def section_of_heading(heading: str) -> str | None:
    """The section of a packet that a template's heading asks for; None where it asks for something else."""
    # Headings often begin with an emoji.
    key = heading_key(re.sub(r"[^\w\s'’.,:;!?-]", " ", heading))
    exact = next((title for title, _ in _WORDS if title and heading_key(title) == key), None)
    if exact:
        return exact
    in_heading = set(re.findall(r"[\w-]+", key))
    return next((title for title, words in _WORDS if in_heading & set(words.split())), None)


def _assign_parts(template_parts: Sequence[_Asked], parts: Sequence[Part]) -> dict[int, Part]:
    """The packet's section for each part of the template that asks for one, by the part's index.

    Each section is used once. A heading that has the title of a section gets that, even if it is not one of ours.
    """
    remaining = {heading_key(part.title): part for part in reversed(parts)}
    assigned = {}
    for at, each in enumerate(template_parts):
        part = remaining.pop(heading_key(each.packet_section), None) if each.packet_section else None
        part = part or (
            remaining.pop(heading_key(_parse_title(each.heading)), None) if each.heading else None
        )
        if part:
            assigned[at] = part
    return assigned


def _parse_template(template: str) -> list[_Asked]:
    """The parts of a template, in order; the first one has no heading."""
    parts, fenced = [_Asked(None, [])], False
    for line in template.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        if not fenced and _HEADING.match(line):
            parts.append(_Asked(line.rstrip(), []))
        else:
            parts[-1].lines.append(line.rstrip())
    return parts


def _parse_title(heading: str | None) -> str:
    """The words of a heading, without its marks."""
    match = _HEADING.match(heading or "")
    return (match[1] or match[2] or "").strip("*_ ") if match else ""


def _render_section(template_part: _Asked, part: Part | None) -> str:
    """One part of the template: its heading, the packet's text, and what the template says below."""
    texts = (template_part.heading or "", part.text if part else "", "\n".join(template_part.lines))
    return _join_texts(texts)


def _render_part(part: Part) -> str:
    return f"## {part.title}\n\n{part.text}"


def _join_texts(texts: Iterable[str]) -> str:
    return "\n\n".join(text.strip("\n") for text in texts if text.strip())
