"""Parse the manager's documents, except reviews: answers, waivers, outcomes, attempts.

Belongs here: those files of the control branch. Does not: reviews (see `review`), or what an answer changes
(see `attention.progress`).

Somebody may have typed them on a phone, so what is missing comes from the commit. Where a decision is missing,
the value grants nothing.
"""

from __future__ import annotations

import posixpath

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_blank
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax.tables import ANSWER, ATTEMPT, OUTCOME, WAIVER
from agentledger.model.ledger import Answer, Attempt, Outcome, Waiver


def parse_answer(raw: RawDocument) -> Answer:
    """Parse the answer in `raw`; it is a `note` if it decides nothing."""
    page = Page(raw, ANSWER)
    said = page.values
    page.require_keys()
    at, by = page.at(), page.by()
    # `to` may be a path or a name, with or without the ending.
    to = posixpath.basename(said.get("to", "")).removesuffix(".md") or None
    return Answer(
        document=page.document(),
        name=page.name,
        at=at,
        by=by,
        decision=said.get("decision", "note"),
        to=to,
        branch=said.get("branch"),
        checkpoint=said.get("checkpoint"),
        text=page.text,
        brief=said.get("brief"),
    )


def parse_waiver(raw: RawDocument) -> Waiver:
    """Parse the waiver in `raw`.

    Without `rules` or `until`, or with anything invalid in it, it waives nothing.
    """
    page = Page(raw, WAIVER)
    said = page.values
    page.require_keys()
    if is_blank(page.text) and page.looked_into:
        page.out.incomplete(
            None, "it does not say why", "write the reason below the front matter", fatal=False
        )
    at, by = page.at(), page.by()
    document = page.document()
    # A path that cannot be read would be left out, and a waiver without paths covers all of them.
    rules = () if any(problem.kind == "invalid" for problem in document.problems) else said.get("rules", ())
    return Waiver(
        document=document,
        name=page.name,
        at=at,
        by=by,
        rules=rules,
        paths=said.get("paths", ()),
        until=said.get("until", 0),
        text=page.text,
    )


def parse_outcome(raw: RawDocument) -> Outcome:
    """Parse the outcome in `raw`; '' where it names none."""
    page = Page(raw, OUTCOME)
    said = page.values
    page.require_keys()
    outcome = said.get("outcome", "")
    if outcome == "explored":
        for title in ("Options", "Recommendation"):
            page.require_section(title, fatal=False)
    at, by = page.at(), page.by()
    return Outcome(
        document=page.document(),
        at=at,
        by=by,
        outcome=outcome,
        branch=said.get("branch"),
        head=said.get("head"),
        merge=said.get("merge"),
        text=page.text,
    )


def parse_attempt(raw: RawDocument) -> Attempt:
    """Parse the attempt in `raw`; its branch is '' where it names none."""
    page = Page(raw, ATTEMPT)
    said = page.values
    page.require_keys()
    at = page.at()
    return Attempt(
        document=page.document(),
        at=at,
        branch=said.get("branch", ""),
        base=said.get("base"),
        head=said.get("head"),
    )
