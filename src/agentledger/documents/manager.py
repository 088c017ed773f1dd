"""Parse the manager's documents, except reviews: answers, waivers, outcomes.

Belongs here: those files of the control branch. Does not: reviews (see `review`), or what an answer changes
(see `attention.progress`).

Somebody may have typed them on a phone, so what is missing comes from the commit. Where a decision is missing,
the value grants nothing.
"""

from __future__ import annotations

import posixpath

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_blank
from agentledger.documents.syntax.tables import ANSWER, OUTCOME, WAIVER
from agentledger.model.ledger import Answer, Outcome, Policy, Source, Waiver


def parse_answer(
    source: Source,
    raw: bytes,
    _policy: Policy,
    blob: str | None = None,
    *,
    size: int | None = None,
    template: bytes | None = None,
) -> Answer:
    """Parse the answer in `raw`, all of a file of `size` bytes or its beginning.

    It is a `note` if it decides nothing.
    """
    page = Page(source, raw, ANSWER, size=size, template=template)
    said = page.values
    page.require_keys()
    at, by = page.at(), page.by()
    # `to` may be a path or a name, with or without the ending.
    to = posixpath.basename(said.get("to", "")).removesuffix(".md") or None
    return Answer(
        document=page.document(blob),
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


def parse_waiver(
    source: Source,
    raw: bytes,
    _policy: Policy,
    blob: str | None = None,
    *,
    size: int | None = None,
    template: bytes | None = None,
) -> Waiver:
    """Parse the waiver in `raw`, all of a file of `size` bytes or its beginning.

    Without `rules` or `until`, or with anything invalid in it, it waives nothing.
    """
    page = Page(source, raw, WAIVER, size=size, template=template)
    said = page.values
    page.require_keys()
    if is_blank(page.text) and page.looked_into:
        page.out.incomplete(
            None, "it does not say why", "write the reason below the front matter", fatal=False
        )
    at, by = page.at(), page.by()
    document = page.document(blob)
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


def parse_outcome(
    source: Source,
    raw: bytes,
    _policy: Policy,
    blob: str | None = None,
    *,
    size: int | None = None,
    template: bytes | None = None,
) -> Outcome:
    """Parse the outcome in `raw`, all of a file of `size` bytes or its beginning; '' where it names none."""
    page = Page(source, raw, OUTCOME, size=size, template=template)
    said = page.values
    page.require_keys()
    outcome = said.get("outcome", "")
    if outcome == "explored":
        for title in ("Options", "Recommendation"):
            page.require_section(title, fatal=False)
    at, by = page.at(), page.by()
    return Outcome(
        document=page.document(blob),
        at=at,
        by=by,
        outcome=outcome,
        branch=said.get("branch"),
        head=said.get("head"),
        merge=said.get("merge"),
        text=page.text,
    )
