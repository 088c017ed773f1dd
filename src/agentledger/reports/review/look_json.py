"""What a reviewer decides from, and what a review wrote, as JSON documents.

Belongs here: how these values become objects of `shapes_review`. Does not: which facts (see `look`).
"""

from __future__ import annotations

import msgspec

from agentledger.attention.reviewing import ReviewStanding
from agentledger.model.came import Came
from agentledger.model.text import format_path, format_rfc3339
from agentledger.reports import shapes_ledger
from agentledger.reports.findings import shape_finding
from agentledger.reports.json import json_text, optional_text
from agentledger.reports.prompt.diff import File
from agentledger.reports.review import shapes_review
from agentledger.reports.review.look import Look
from agentledger.reports.review.written import Written

MOST_FILES = 1000


def encode_look(look: Look) -> bytes:
    """Return the document that `agentledger schema review-look` describes."""
    branch = look.branch
    document = shapes_review.Review(
        version=1,
        kind="review-look",
        branch=json_text(branch.name),
        ref=json_text(branch.ref),
        head=branch.head,
        subject=json_text(look.subject),
        task=optional_text(look.task),
        title=optional_text(look.title),
        state=branch.state,
        reviewed=shape_review_standing(look.standing),
        reviews=look.reviews,
        findings=None if look.findings is None else tuple(map(shape_finding, look.findings)),
        integrity=tuple(map(json_text, look.integrity)),
        contradictions=tuple(map(json_text, look.contradictions)),
        merging=tuple(map(json_text, look.collisions)),
        checks=tuple(map(json_text, look.checks)),
        criteria=tuple(
            shapes_review.Criterion(json_text(c.text), c.claim, tuple(map(json_text, c.shown_by)))
            for c in look.criteria
        ),
        open_points=tuple(map(json_text, look.open_points)),
        since=_shape_came(look.came, look.diff_since) if look.came else None,
        files=tuple(map(_shape_file, look.files[:MOST_FILES])),
        files_total=len(look.files),
        diff=json_text(look.diff),
        decisions=tuple(shapes_review.Decision(d.decision, optional_text(d.command)) for d in look.decisions),
        notes=tuple(map(json_text, look.notes)),
    )
    return msgspec.json.encode(document) + b"\n"


def encode_written(written: Written) -> bytes:
    """Return the document that `agentledger schema reviewed` describes."""
    document = shapes_review.ReviewWritten(
        version=1,
        kind="reviewed",
        dry_run=not written.commit,
        branch=json_text(written.branch),
        task=optional_text(written.task),
        verdict=written.verdict,
        head=written.head,
        subject=json_text(written.subject),
        ref=json_text(written.ref),
        path=json_text(written.path),
        commit=written.commit or None,
        to_publish=written.to_publish,
        unsigned=optional_text(written.unsigned),
        settled=tuple(map(json_text, written.settled)),
        open_points=tuple(map(json_text, written.open_points)),
        stopped_by=tuple(map(shape_finding, written.stopped_by)),
        warnings=tuple(map(json_text, written.warnings)),
    )
    return msgspec.json.encode(document) + b"\n"


def shape_review_standing(standing: ReviewStanding) -> shapes_review.ReviewStanding:
    """Return the review that counts, and what it makes of its branch."""
    review = standing.review
    return shapes_review.ReviewStanding(
        state=standing.state,
        text=json_text(standing.text),
        verdict=review.verdict if review else None,
        reviewer=json_text(review.reviewer) if review else None,
        by=review.kind if review else None,
        proven=review.document.source.proven if review else None,
        head=json_text(review.head) if review else None,
        about=standing.fresh,
        at=format_rfc3339(review.at) if review else None,
        name=json_text(review.name) if review else None,
    )


def _shape_came(came: Came, diff: str | None) -> shapes_review.Since:
    known = came.paths is not None
    return shapes_review.Since(
        head=json_text(came.since),
        commits=tuple(commit.id for commit in came.commits) if known else None,
        files=None if came.paths is None else len(came.paths),
        added=came.added if known else None,
        removed=came.removed if known else None,
        rewritten=came.is_rewritten,
        brought_base=came.brought_base,
        diff=diff,
    )


def _shape_file(file: File) -> shapes_review.File:
    change = file.change
    return shapes_review.File(
        path=format_path(change.path),
        status=change.status,
        added=change.added,
        removed=change.removed,
        role=file.role.name.lower(),
        risks=file.risks,
        path_base64=shapes_ledger.base64_unless_utf8(change.path),
    )
