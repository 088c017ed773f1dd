"""Parse a packet: what an agent hands over for review.

Belongs here: `packet.md`, or the text of a pull request in its place. Does not: whether its files, criteria
and results are true (see `rules.packet`), or writing it (see `workflow.handover.write_packet`).
"""

from __future__ import annotations

import re

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_blank
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax.tables import PACKET
from agentledger.documents.tasklists import parse_items
from agentledger.model.ledger import Packet

CRITERIA = "Acceptance criteria"
SECTIONS = (
    "Summary",
    "Why this approach",
    "Files touched",
    CRITERIA,
    "Test plan and results",
    "Risks and follow-ups",
)
# A line that begins or ends a part which `agentledger packet` writes again each time.
MARK = re.compile(r" {0,3}<!--\s*agentledger:\s*(files|results|end)\s*-->\s*")
EXPLORE = ("Summary", "Why this approach", "Options", "Recommendation", "Risks and follow-ups")


def strip_marks(text: str) -> str:
    """Return a packet's text without the lines that mark what is generated."""
    return "\n".join(line for line in text.split("\n") if not MARK.fullmatch(line))


def parse_packet(raw: RawDocument) -> Packet:
    """Parse the packet in `raw`; never raises."""
    page = Page(raw, PACKET)
    said = page.values
    page.require_keys()
    task = page.require_own_task()
    for title in EXPLORE if _is_explore_packet(page) else SECTIONS:
        page.require_section(title)
    page.note_duplicates((*SECTIONS, *EXPLORE))
    criteria = tuple(item for item in parse_items(page.part(CRITERIA)) if not is_blank(item.text))
    return Packet(
        document=page.document(),
        task=task,
        base=said.get("base"),
        head=said.get("head"),
        change=said.get("change"),
        criteria=criteria,
    )


def _is_explore_packet(page: Page) -> bool:
    return page.part("Options") is not None and page.part(CRITERIA) is None
