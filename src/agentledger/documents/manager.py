"""The manager's documents, reviews aside: answers, waivers, outcomes.

Belongs here: files of the control branch, which somebody may have typed on a phone, so what is missing in
them comes from the commit. Where a decision is missing, the value grants nothing.
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
    """The answer in `raw`, all of a file of `size` bytes or its beginning; a `note` if it decides nothing."""
    page = Page(source, raw, ANSWER, size, template)
    said = page.values
    page.require_keys()
    at, by = page.at(), page.by()
    to = posixpath.basename(said.get("to", "")).removesuffix(".md") or None
    return Answer(
        page.document(blob),
        page.name,
        at,
        by,
        said.get("decision", "note"),
        to,
        said.get("branch"),
        said.get("checkpoint"),
        page.text,
        said.get("brief"),
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
    """The waiver in `raw`, all of a file of `size` bytes or its beginning.

    Without `rules` or `until`, or with a path that cannot be read, it waives nothing.
    """
    page = Page(source, raw, WAIVER, size, template)
    said = page.values
    page.require_keys()
    if is_blank(page.text) and page.looked_into:
        page.out.incomplete(
            None, "it does not say why", "write the reason below the front matter", fatal=False
        )
    at, by = page.at(), page.by()
    document = page.document(blob)
    rules = () if any(problem.kind == "invalid" for problem in document.problems) else said.get("rules", ())
    return Waiver(document, page.name, at, by, rules, said.get("paths", ()), said.get("until", 0), page.text)


def parse_outcome(
    source: Source,
    raw: bytes,
    _policy: Policy,
    blob: str | None = None,
    *,
    size: int | None = None,
    template: bytes | None = None,
) -> Outcome:
    """The outcome in `raw`, all of a file of `size` bytes or its beginning; '' where it names none."""
    page = Page(source, raw, OUTCOME, size, template)
    said = page.values
    page.require_keys()
    outcome = said.get("outcome", "")
    if outcome == "explored":
        for title in ("Options", "Recommendation"):
            page.require_section(title, fatal=False)
    at, by = page.at(), page.by()
    return Outcome(
        page.document(blob),
        at,
        by,
        outcome,
        said.get("branch"),
        said.get("head"),
        said.get("merge"),
        page.text,
    )
