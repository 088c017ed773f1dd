"""Parse a review: a verdict on one commit, and what was found.

Belongs here: `reviews/<time>.md`. Does not: whether it is still true (see `changes.freshness`), or who may
review whom (see `rules.review`).
"""

from __future__ import annotations

from dataclasses import replace

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_blank
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax.tables import REVIEW
from agentledger.documents.tasklists import parse_items
from agentledger.model.ledger import Item, Review

FINDINGS = "Findings"
# A comment's beginning, as a point has it that is about one.
_ESCAPED = "<\\!--"
SECTIONS = (
    "Matches intent and non-goals",
    "Correctness",
    "Style",
    "Edge cases",
    "Missed tests",
    "Maintainability",
)


def parse_review(raw: RawDocument) -> Review:
    """Parse the review in `raw`; never raises.

    What it does not say counts as the weaker claim: an agent's review, reported, and no approval.
    """
    page = Page(raw, REVIEW)
    said = page.values
    kind = said.get("kind", "agent")
    page.require_keys()
    # A human's review may be a verdict alone, and who came to none has looked at nothing.
    if kind == "agent" and said.get("verdict") != "none":
        _require_sections(page)
    page.note_duplicates((*SECTIONS, FINDINGS))
    at, reviewer = page.at(), page.by("reviewer")
    return Review(
        document=page.document(),
        name=page.name,
        at=at,
        reviewer=reviewer,
        kind=kind,
        verdict=said.get("verdict", "request-changes"),
        branch=said.get("branch", ""),
        head=said.get("head", ""),
        run=said.get("run", "reported"),
        change=said.get("change"),
        session=said.get("session", ""),
        findings=tuple(
            _reveal_comment(item) for item in parse_items(page.part(FINDINGS)) if not is_blank(item.text)
        ),
    )


def escape_comment(text: str) -> str:
    """Return the text of a point in which nothing opens a comment; Markdown shows it as it was."""
    return text.replace("<!--", _ESCAPED)


def _reveal_comment(item: Item) -> Item:
    if _ESCAPED not in item.text:
        return item
    return replace(item, text=item.text.replace(_ESCAPED, "<!--"))


def _require_sections(page: Page) -> None:
    for title in SECTIONS:
        page.require_section(title, hint="say what you looked at; “none” if there is nothing to say")
    if page.part(FINDINGS) is None:
        page.require_section(FINDINGS)
