"""Writes a review as a new document on the control branch.

Belongs here: the document and its commit. Does not: what the reviewer sees (see `reports.review`), who the reviewer
is, or whether the head is still the one that was shown (see `reviewed`).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from agentledger.attention.reviewing import list_reviews
from agentledger.control import append
from agentledger.documents import RawDocument, parse_review
from agentledger.documents.review import escape_comment
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Source
from agentledger.model.text import escape_hidden
from agentledger.workflow.session.manager_context import Managing

_AHEAD = 2  # seconds that a review may be ahead of the clock and still be waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer says about one commit of a branch."""

    #: The folder of the control branch that it goes to: the task's id, or of a branch without one
    #: `ledger_paths.folder_of_branch`.
    task: str
    #: The branch's name, and the full id of the commit that was looked at.
    branch: str
    head: str
    #: The id of the branch's net change at that commit, where it is known.
    change: str | None = None
    #: approve, request-changes or reject; none, where a reviewer was run and came to no verdict.
    verdict: str
    #: An agent's name, or a mail address.
    reviewer: str
    #: human or agent; manager, where agentledger ran the reviewer itself, else reported.
    kind: str = "human"
    run: str = "reported"
    #: The reviewing agent's own session id.
    session: str = ""
    #: Markdown; sections of level 2 where the reviewer has filled in the form.
    text: str = ""
    #: The points that are open and those that are settled, each one line: `path:line text`.
    points: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was written, or in a dry run would be."""

    path: str
    #: The full name of the control branch.
    ref: str
    content: bytes
    #: '' in a dry run.
    commit: str = ""
    #: Why the commit is not signed though base's policy lists signers, else ''.
    unsigned: str = ""
    to_publish: bool = False


def record_review(desk: Managing, verdict: Verdict, now: int, *, dry_run: bool = False) -> Recorded:
    """Append a review to the control branch; `now` is its time in seconds since the epoch, at the earliest.

    It is later than the branch's newest review: of two in one second, nobody could tell which came last.
    Raises LedgerError, and nothing is written, where a reader could not read it again, and where
    `control.append.commit_files` refuses.
    """
    now = now if dry_run else _wait_for_next_second(desk.branch(verdict.branch), now)
    content = render_review(verdict, now)
    name = append.new_document_name(now, content)
    path = f"{ledger_paths.control_folder(verdict.task)}/reviews/{name}"
    _refuse_unreadable(desk, verdict, path, content)
    recorded = Recorded(path=path, ref=desk.ref, content=content, to_publish=desk.publishes)
    if dry_run:
        return recorded
    made = desk.append({path: content}, f"review {verdict.branch}: {verdict.verdict}")
    return Recorded(
        path=path,
        ref=desk.ref,
        content=content,
        commit=made.commit,
        unsigned=made.unsigned,
        to_publish=desk.publishes,
    )


def _wait_for_next_second(branch: Branch | None, now: int) -> int:
    """Return a time after that of the branch's newest review, once it has come: who reads takes no time to come."""
    reviews = (*list_reviews(branch), *(branch.work.no_verdicts if branch.work else ())) if branch else ()
    newest = max((review.at for review in reviews), default=0)
    if not now <= newest < now + _AHEAD:
        return now
    time.sleep(min(max(newest + 1 - time.time(), 0), _AHEAD))
    return newest + 1


def render_review(verdict: Verdict, now: int) -> bytes:
    """Front matter, text, and the points as a task list. Values are in quotes of JSON, which YAML reads."""
    keys = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "reviewer": verdict.reviewer,
        "kind": verdict.kind,
        "run": verdict.run,
        "verdict": verdict.verdict,
        "branch": verdict.branch,
        "head": verdict.head,
        "change": verdict.change,
        "session": verdict.session or None,
    }
    quoted = ("reviewer", "branch", "session")
    lines = [
        f"{key}: {json.dumps(value, ensure_ascii=False) if key in quoted else value}\n"
        for key, value in keys.items()
        if value is not None
    ]
    items = [f"- [ ] {escape_comment(_on_one_line(point))}\n" for point in verdict.points]
    items += [f"- [x] {escape_comment(_on_one_line(point))}\n" for point in verdict.settled]
    # An agent's review has that section, be it empty.
    lists = bool(items) or (verdict.kind == "agent" and verdict.verdict != "none")
    parts = [verdict.text.strip(), f"## Findings\n\n{''.join(items)}".strip() if lists else ""]
    body = "".join(f"\n{part}\n" for part in parts if part)
    return f"---\n{''.join(lines)}---\n{body}".encode("utf-8", "replace")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _refuse_unreadable(desk: Managing, verdict: Verdict, path: str, content: bytes) -> None:
    """Raise LedgerError where a reader would find a fatal problem in it, or other points than were meant."""
    raw = RawDocument(source=Source(path=path), content=content, policy=desk.fleet.policy)
    review = parse_review(raw)
    for problem in review.document.problems:
        if problem.fatal:
            message = f"the review could not be read again: {escape_hidden(problem.message)}"
            raise LedgerError(message, problem.hint)
    if review.branch != verdict.branch:
        message = f"the name of {escape_hidden(verdict.branch)} cannot be written into a document as it is"
        raise LedgerError(message, "give the branch another name: git branch -m OLD NEW")
    meant = [_on_one_line(point) for point in (*verdict.points, *verdict.settled)]
    if meant and [_on_one_line(item.text) for item in review.findings] != meant:
        hint = "close every code fence, and leave the heading Findings to the points"
        raise LedgerError("the review's text hides its points from readers", hint)
