"""Writes the packet's section *Acceptance criteria*: the brief's, word for word, each with what shows that it is met.

Belongs here: that section. Does not: whether it is enough (see `rules.packet`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agentledger.documents.packet import CRITERIA
from agentledger.documents.tasklists import parse_items
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Item, Part, heading_key
from agentledger.model.text import escape_hidden, format_count
from agentledger.workflow.handover.packet_draft import Draft, Swallowed

# The beginning of a list item with a box; the group is as wide as the indent of lines below it.
_BOX = re.compile(r"( {0,3}(?:[-*+]|\d{1,9}[.)]) +)\[[ xX]\]")


class Claim(NamedTuple):
    """What the agent says about a criterion: its number, from 1; whether it is met; and what shows that."""

    number: int
    met: bool
    shown_by: str


def update_criteria(draft: Draft, criteria: Sequence[str], claims: Sequence[Claim]) -> list[str]:
    """Add the criteria that are missing, and what is claimed of some; return sentences for the agent.

    `criteria` are the brief's criteria. Raises LedgerError for a number that the brief does not have, and
    Swallowed where the section cannot take them.
    """
    _check_numbers(criteria, claims)
    present_keys = {heading_key(item.text) for item in _parse_items(draft)}
    missing = list(
        {key: text for text in criteria if (key := heading_key(text)) not in present_keys}.values()
    )
    _add_criteria(draft, missing)
    for claim in claims:
        _apply_claim(draft, _find_item(draft, criteria[claim.number - 1]), claim)
    criteria_keys = {heading_key(text) for text in criteria}
    # Text above the list can swallow it, by a code fence that is never closed.
    if not criteria_keys <= {heading_key(item.text) for item in _parse_items(draft)}:
        raise Swallowed(CRITERIA)
    more = [item.text for item in _parse_items(draft) if heading_key(item.text) not in criteria_keys]
    claimed = {heading_key(criteria[claim.number - 1]) for claim in claims}
    silent = [text for text in missing if heading_key(text) not in claimed]
    count = format_count(len(silent), "criterion", "criteria")
    added = [f"{count} of the brief added, unticked"] if silent else []
    return added + [f"no longer a criterion of the brief, but it stays: {text}" for text in more if text]


def open_criteria(items: Sequence[Item], criteria: Sequence[str]) -> list[tuple[int, str]]:
    """The criteria of which nothing is said yet, by number: not ticked, and without a line below."""
    answered = {heading_key(item.text) for item in items if item.checked or item.shown_by}
    return [(at, text) for at, text in enumerate(criteria, 1) if heading_key(text) not in answered]


def _check_numbers(criteria: Sequence[str], claims: Sequence[Claim]) -> None:
    """Raise LedgerError, with the criteria that there are, for a number that is none of theirs."""
    for claim in claims:
        if not 1 <= claim.number <= len(criteria):
            listing = "; ".join(f"{at}: {escape_hidden(text)[:60]}" for at, text in enumerate(criteria, 1))
            raise LedgerError(
                f"the brief has no criterion {claim.number}",
                f"it has {listing}" if listing else "it has none",
            )


def _parse_items(draft: Draft) -> tuple[Item, ...]:
    """The items of the section; each `line` is an index into the draft's lines."""
    span = draft.section(CRITERIA)
    if span is None:
        return ()
    text = "\n".join(draft.bare(span.below, span.end))
    return tuple(
        item for item in parse_items(Part(CRITERIA, 0, text, empty=False, text_line=span.below)) if item.text
    )


def _find_item(draft: Draft, text: str) -> Item:
    """The item of this criterion. Raises Swallowed where there is none."""
    item = next((each for each in _parse_items(draft) if heading_key(each.text) == heading_key(text)), None)
    if item is None:
        raise Swallowed(CRITERIA)
    return item


def _add_criteria(draft: Draft, missing: Sequence[str]) -> None:
    """Add these criteria, unticked, at the end of the section."""
    if not missing:
        return
    span = draft.ensure_section(CRITERIA, draft.titles)
    # Behind the last line with text; only a list that ends there goes on without a blank line.
    at = span.end
    while at > span.below and not draft.lines[at - 1].strip():
        at -= 1
    last = _parse_items(draft)[-1:]
    continues_list = bool(last) and _end_of_item(draft, last[0]) == at
    lines = [*([] if continues_list else [""]), *(f"- [ ] {text}" for text in missing)]
    more = [""] if at < len(draft.lines) and draft.lines[at].strip() else []
    draft.put(at, at, [*lines, *more])


def _end_of_item(draft: Draft, item: Item) -> int:
    """The index of the first line below an item that is not part of it."""
    span = draft.ensure_section(CRITERIA, ())
    indent, at, end = _indent_width(draft.lines[item.line]), item.line + 1, item.line + 1
    while at < span.end:
        line = draft.lines[at]
        if line.strip():
            if _indent_width(line) <= indent:
                break
            end = at + 1
        at += 1
    return end


def _indent_width(line: str) -> int:
    """The number of blanks at the beginning; a tab goes to the next multiple of four, as in Markdown."""
    bare = line.expandtabs(4)
    return len(bare) - len(bare.lstrip(" "))


def _apply_claim(draft: Draft, item: Item, claim: Claim) -> None:
    """Tick or untick the item, and add what shows it below, unless it is there already."""
    line = draft.lines[item.line]
    box = _BOX.match(line.expandtabs(4))
    assert box
    shown_by = " ".join(claim.shown_by.split())
    if item.checked != claim.met:
        at = line.index("[")
        draft.lines[item.line] = f"{line[:at]}[{'x' if claim.met else ' '}]{line[at + 3 :]}"
    if shown_by and heading_key(shown_by) not in map(heading_key, item.shown_by):
        end = _end_of_item(draft, item)
        draft.put(end, end, [f"{' ' * len(box[1])}- {shown_by}"])
