"""A packet beside its brief: each criterion with what the agent claims about it.

Belongs here: pairing criteria with claims, and claims with recorded checks. Does not: the checks themselves
(see `check_view`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.documents.packet import strip_marks
from agentledger.model.ledger import Brief, Item, Packet, heading_key
from agentledger.model.work import Fresh, Standing
from agentledger.site import check_view, timeline
from agentledger.site.check_view import CheckLine
from agentledger.site.labels import Mark
from agentledger.site.markdown.render import Rendered
from agentledger.site.timeline import Render, TextSection

CRITERIA_SHOWN, SHOWN_BY = 100, 20  # criteria, and lines of evidence for one


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion, what the packet claims, its evidence as text, and the checks that this text names."""

    text: Rendered
    claim: Mark
    shown_by: tuple[Rendered, ...]
    evidence: tuple[Mark, ...]

    @property
    def is_shown(self) -> bool:
        """Is it one of the brief's, claimed to be met, and does a check that passed on this code stand beside it?"""
        return self.claim == _MET and bool(self.evidence) and all(mark.kind == "ok" for mark in self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketView:
    """What the agent hands over."""

    #: Does it describe the head?
    fresh: Mark
    #: The criteria that nothing shows, and those that a check shows.
    open_criteria: tuple[Criterion, ...]
    shown_criteria: tuple[Criterion, ...]
    #: What a reviewer reads first, and all other sections.
    sections: tuple[TextSection, ...]
    other_sections: tuple[TextSection, ...]


_MET = Mark("done", "met, as claimed")
# What nothing else on the page says.
_READ_FIRST = ("Summary", "Risks and follow-ups")


_FRESH = {
    Fresh.SAME: Mark("done", "It describes this head’s code"),
    Fresh.REWRITTEN: Mark("done", "It describes this change: rewritten, same change"),
    Fresh.OTHER: Mark("warn", "It describes another commit’s code"),
    Fresh.UNKNOWN: Mark("warn", "It names no commit of this clone"),
    Fresh.EDITED: Mark("bad", "It was edited, or written for another commit"),
}


def build_packet_view(
    packet: Packet, brief: Brief | None, standing: Standing, lines: Sequence[CheckLine], render: Render
) -> PacketView:
    """Build a packet's view, with criteria in the brief's order; `render` makes markup of Markdown."""
    fresh = _FRESH[standing.packet_fresh or Fresh.UNKNOWN]
    criteria = _build_criteria(packet, brief, lines, render)
    sections = timeline.build_sections(
        packet.document, lambda text: render(strip_marks(text)), ("Acceptance criteria",)
    )
    first = {heading_key(title) for title in _READ_FIRST}
    return PacketView(
        fresh=fresh,
        open_criteria=tuple(each for each in criteria if not each.is_shown),
        shown_criteria=tuple(each for each in criteria if each.is_shown),
        sections=tuple(each for each in sections if heading_key(each.title) in first),
        other_sections=tuple(each for each in sections if heading_key(each.title) not in first),
    )


def _build_criteria(
    packet: Packet, brief: Brief | None, lines: Sequence[CheckLine], render: Render
) -> tuple[Criterion, ...]:
    """The brief's criteria in its order, then those that only the packet has."""
    # Paired by their words: an agent copies the brief's text, but not always its case and blanks.
    claims = {_normalize_text(item.text): item for item in packet.criteria}
    brief_criteria = brief.criteria if brief else ()
    brief_texts = {_normalize_text(item.text) for item in brief_criteria}
    criteria = [
        _build_criterion(item, claims.get(_normalize_text(item.text)), True, lines=lines, render=render)
        for item in brief_criteria
    ]
    criteria += [
        _build_criterion(i, i, not brief, lines=lines, render=render)
        for i in packet.criteria
        if _normalize_text(i.text) not in brief_texts
    ]
    return tuple(criteria[:CRITERIA_SHOWN])


def _build_criterion(
    criterion: Item, claim: Item | None, in_brief: bool, lines: Sequence[CheckLine], render: Render
) -> Criterion:
    if claim is None:
        return Criterion(render(criterion.text), Mark("warn", "not in the packet"), (), ())
    mark = _MET if claim.checked else Mark("warn", "not met, as it says")
    if not in_brief:
        mark = Mark("warn", f"{mark.text}; not a criterion of the brief")
    # A check belongs to the criterion whose evidence names it, as a word of its own.
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", " ".join(claim.shown_by[:SHOWN_BY]).lower()))
    check_marks = tuple(check_view.short_check_mark(line) for line in lines if line.name in words)
    return Criterion(render(criterion.text), mark, tuple(map(render, claim.shown_by[:SHOWN_BY])), check_marks)


def _normalize_text(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")
