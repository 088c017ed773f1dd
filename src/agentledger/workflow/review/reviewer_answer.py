"""What a reviewer has written, and whether that is a verdict on what it was asked about.

Belongs here: reading the one file, and what of it is taken over. Does not: running the reviewer (see `run_reviewer`),
or writing the review (see `record`).

Only the verdict, the sections and the points are the reviewer's. Branch, commit, task, and who it is are ours: what the
file says of them is compared, and never taken over.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention.open_points import join_item, match_points
from agentledger.documents import RawDocument, parse_review
from agentledger.documents.review import FINDINGS
from agentledger.model.ledger import Item, Review, Source, heading_key
from agentledger.model.policy import Policy
from agentledger.model.text import encode, escape_hidden
from agentledger.reports.prompt.quote import reveal_hidden
from agentledger.running.junit import Unreadable
from agentledger.workflow.review.record import Verdict, render_review
from agentledger.workflow.verify.junit_files import read_plain_file

_MOST = 1 << 20  # bytes of the file that are read; a document may have fewer


class NoVerdict(Exception):
    """There is none; the reason completes "no verdict: …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the reviewer was asked about."""

    branch: str
    head: str
    policy: Policy
    #: The session ids of those who wrote the branch.
    sessions: Collection[str] = ()
    #: The points that are open, each one line.
    points: Sequence[str] = ()
    #: The repository's own form.
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A verdict that holds, with all points that are open after it."""

    verdict: str
    text: str
    session: str
    points: tuple[str, ...]
    settled: tuple[str, ...]
    #: Those of the open points that it says nothing about.
    forgotten: tuple[str, ...]


def read_answer(folder: Path, name: str) -> bytes:
    """Read the file. Raises NoVerdict where there is none, or no plain one of a sensible size."""
    try:
        return read_plain_file(folder / name, _MOST, os.O_NOFOLLOW)
    except FileNotFoundError:
        gone = "" if folder.is_dir() else ": its whole checkout is gone"
        raise NoVerdict(f"it wrote no answer{gone}") from None
    except Unreadable as error:
        raise NoVerdict(f"its answer {error}") from error
    except OSError as error:
        raise NoVerdict(f"its answer cannot be read: {error.strerror}") from error


def judge_answer(raw: bytes, question: Question) -> Reply:
    """Take over what is the reviewer's. Raises NoVerdict where it is no sound review of this very commit."""
    review = _parse(raw, question)
    _refuse_other(review, question)
    items = [replace(item, text=_on_one_line(item)) for item in review.findings]
    reply = _sort_points(review, items, question.points)
    _refuse_changed(reply, question)
    return reply


def _parse(raw: bytes, question: Question) -> Review:
    template = encode(question.template) if question.template is not None else None
    source = Source(path="answer.md")
    review = parse_review(
        RawDocument(source=source, content=raw.lstrip(), policy=question.policy, template=template)
    )
    for problem in review.document.problems:
        if problem.fatal:
            where = f", line {problem.line}" if problem.line else ""
            raise NoVerdict(f"its answer is no review{where}: {escape_hidden(problem.message)}")
    return review


def _refuse_other(review: Review, question: Question) -> None:
    """Raise NoVerdict for an answer about something else, or by somebody else than an agent that was asked."""
    if review.verdict == "none":
        raise NoVerdict("it says itself that it came to none")
    if review.branch != question.branch:
        raise NoVerdict(f"its answer is about another branch, {escape_hidden(review.branch)}")
    if review.head != question.head:
        raise NoVerdict(f"its answer is about another commit, {escape_hidden(review.head[:12])}")
    if review.kind != "agent":
        raise NoVerdict("its answer says that a human wrote it")
    if review.session and review.session in question.sessions:
        raise NoVerdict(f"it is the session that wrote the branch, {escape_hidden(review.session)}")


def _on_one_line(item: Item) -> str:
    return " ".join(reveal_hidden(join_item(item)).split())


def _sort_points(review: Review, items: Sequence[Item], before: Sequence[str]) -> Reply:
    """Put its points to those that were open: what it does not mention stays open, word for word."""
    matched = match_points(items, before)
    named = {point: item for point, item in zip(matched, items, strict=True) if point is not None}
    forgotten = tuple(point for point in before if point not in named)
    still = tuple(point for point, item in named.items() if not item.checked)
    new = [item for point, item in zip(matched, items, strict=True) if point is None]
    settled = (point for point, item in named.items() if item.checked)
    return Reply(
        verdict=review.verdict,
        text=_join_sections(review),
        session=review.session,
        points=(*still, *forgotten, *(item.text for item in new if not item.checked)),
        settled=(*settled, *(item.text for item in new if item.checked)),
        forgotten=forgotten,
    )


def _join_sections(review: Review) -> str:
    parts = (part for part in review.document.parts if heading_key(part.title) != heading_key(FINDINGS))
    return "\n\n".join(
        f"## {reveal_hidden(part.title)}\n\n{reveal_hidden(part.text).strip()}" for part in parts
    )


def _refuse_changed(reply: Reply, question: Question) -> None:
    """Raise NoVerdict where our own document would be read as something else than the answer says.

    An open comment or code block in a section would swallow the points below it.
    """
    content = render_review(
        Verdict(
            task="x",
            branch=question.branch,
            head=question.head,
            verdict=reply.verdict,
            reviewer="x",
            kind="agent",
            text=reply.text,
            points=reply.points,
            settled=reply.settled,
        ),
        0,
    )
    read = parse_review(RawDocument(source=Source(path="answer.md"), content=content, policy=question.policy))
    points = tuple(item.text for item in read.findings if not item.checked)
    if (
        any(problem.fatal for problem in read.document.problems)
        or (read.verdict, points) != (reply.verdict, reply.points)
        or len(read.findings) != len(reply.points) + len(reply.settled)
    ):
        raise NoVerdict(
            "its answer cannot be copied as it is: a comment or a block of code is left open in it"
        )
