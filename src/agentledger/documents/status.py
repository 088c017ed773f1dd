"""Parse a check-in: what an agent says about its work, and what it needs.

Belongs here: `status/<time>.md`. Does not: whether one is due, or whether it is still true (see
`attention.progress`).
"""

from __future__ import annotations

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_none_phrase, strip_comments
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax.tables import STATUS
from agentledger.documents.values import parse_time_in_name
from agentledger.model.check_in_states import ASKING_STATES
from agentledger.model.ledger import CheckIn

NEEDS = "What I need from you"
# What a checkpoint approves: needed where one is asked for, and in front of the question.
PLAN = "Plan"
SECTIONS = ("What changed", "What's next", "Risks and blockers", NEEDS)
_NONE = "write “none” if there is nothing"


def parse_check_in(raw: RawDocument) -> CheckIn:
    """Parse the check-in in `raw`; never raises."""
    page = Page(raw, STATUS)
    said = page.values
    page.require_keys()
    state = said.get("state", "working")
    needs = _parse_needs(page, asks=state in ASKING_STATES)
    plan = _parse_plan(page, said.get("checkpoint"))
    return CheckIn(
        document=page.document(),
        name=page.name,
        at=_written_at(page),
        state=state,
        agent=said.get("agent", ""),
        session=said.get("session", ""),
        checkpoint=said.get("checkpoint"),
        needs=needs,
        plan=plan,
    )


def _written_at(page: Page) -> int:
    """Return when it was written, in seconds since the epoch; 0 where nothing shows it.

    Where the key is missing (a problem already), its name decides rather than its commit.
    """
    named = parse_time_in_name(page.name)
    other = page.source.at if named is None else named
    at: int | None = page.values.get("at", other)
    return at or 0


def _parse_needs(page: Page, asks: bool) -> str:
    # Only the first section must have a text; in the others, an empty one warns.
    for title in SECTIONS[:3]:
        page.require_section(title, title == SECTIONS[0] or page.part(title) is None, _NONE)
    page.note_duplicates((*SECTIONS, PLAN))
    part = page.part(NEEDS)
    if part is None or (part.empty and asks):
        page.require_section(NEEDS, hint="say what you need in order to go on")
    elif part.empty:
        page.require_section(NEEDS, fatal=False, hint=_NONE)
    elif not is_none_phrase(part.text):
        return strip_comments(part.text).strip()
    elif asks:
        said = f"it says `state: {page.values['state']}`, but “{NEEDS}” asks for nothing"
        page.out.incomplete(part.line, said, "say what you need, or write `state: working`")
    return ""


def _parse_plan(page: Page, checkpoint: str | None) -> str:
    """Return what is to be approved; '' where nothing is. A checkpoint without it cannot be decided on."""
    part = page.part(PLAN)
    if part and not part.empty and not is_none_phrase(part.text):
        # With its comments: what is approved is all that stands there.
        return part.text.strip()
    if checkpoint and page.looked_into:
        what = "says nothing" if part else "is missing"
        page.out.incomplete(
            part.line if part else page.line("checkpoint"),
            f"it asks for the checkpoint `{checkpoint}`, and the section “{PLAN}” {what}",
            f"write `## {PLAN}` on a line of its own, and below it what is to be approved",
        )
    return ""
