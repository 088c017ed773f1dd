"""What was said and done on a branch, newest first, and the documents that say it.

Belongs here: check-ins, answers, reviews, waivers, the outcome and commits as events; raw texts; what is
wrong in documents. Does not: what follows from them (see `task_view`).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.attention.clock import brought_at
from agentledger.model.ledger import CheckIn, Document, Part, Problem
from agentledger.model.text import format_count, format_rfc3339
from agentledger.model.work import Task, Work
from agentledger.site.labels import Mark
from agentledger.site.markdown.render import Rendered
from agentledger.site.visible_characters import insert_chips

EVENTS_SHOWN = 60  # documents, newest first; commits have a limit of their own
RAW_SHOWN, RAW_LONG, RAW_ALL = 40, 32 << 10, 512 << 10  # documents; characters of one, and of all
PROBLEMS_SHOWN = 100

Render = Callable[[str], Rendered]


@dataclass(frozen=True, slots=True)
class TextSection:
    """A section of a document with its heading; "" where the text is a whole document."""

    title: str
    text: Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitLine:
    """A commit in a list."""

    #: The first ten digits.
    id: str
    #: Its page on the forge; None where the forge is not known.
    href: str | None
    subject: str
    author: str
    #: Seconds since the epoch.
    at: int
    #: Lines `Key: value`.
    trailers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the timeline: either a commit, or a document with what it says."""

    #: Seconds since the epoch.
    at: int
    title: str
    by: str
    mark: Mark | None = None
    note: str = ""
    #: The document's sections; () for a commit.
    sections: tuple[TextSection, ...] = ()
    #: None for a document.
    commit: CommitLine | None = None
    #: When its commit was made; None where that is of no use.
    brought: int | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A document as it was written."""

    path: str
    text: Markup
    cut: str


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """Something wrong in a document, and where."""

    mark: Mark
    place: str
    message: str
    hint: str


CHECK_IN_MARKS = {
    "working": Mark("live", "working"),
    "needs-input": Mark("warn", "needs input"),
    "blocked": Mark("warn", "blocked"),
    "ready": Mark("done", "ready, as it says"),
}
DECISIONS = {"approve": "ok", "reject": "bad", "stop": "bad", "change": "warn", "request-changes": "warn"}


def build_events(work: Work, task: Task, commits: Sequence[CommitLine], render: Render) -> tuple[Event, ...]:
    """All events, newest first; of the same second, documents are above commits."""
    events = [_build_check_in(c, render) for c in work.check_ins[:EVENTS_SHOWN]]
    events += [
        Event(
            at=a.at,
            title="Answer",
            by=a.by,
            mark=decision_mark(a.decision),
            note=a.checkpoint or "",
            sections=_build_text(a.text, render),
            brought=brought_at(a),
        )
        for a in work.answers[:EVENTS_SHOWN]
    ]
    events += [
        Event(
            at=r.at,
            title="Review",
            by=r.reviewer,
            mark=decision_mark(r.verdict),
            note=f"of {r.head[:10]}",
            brought=brought_at(r),
        )
        for r in work.reviews[:EVENTS_SHOWN]
    ]
    events += [
        Event(
            at=w.at,
            title=f"Waiver of {', '.join(w.rules)}",
            by=w.by,
            mark=None,
            note=f"for {', '.join(w.paths)}, until {format_rfc3339(w.until)[:10]}",
            sections=_build_text(w.text, render),
        )
        for w in task.waivers[:EVENTS_SHOWN]
    ]
    events += [
        Event(at=a.at, title="Handed out", by="", note=f"as {a.branch}") for a in task.attempts[:EVENTS_SHOWN]
    ]
    if task.outcome:
        outcome = task.outcome
        events.append(
            Event(
                at=outcome.at,
                title="Outcome",
                by=outcome.by,
                mark=Mark("done", outcome.outcome),
                note="",
                sections=_build_text(outcome.text, render),
            )
        )
    events += [Event(at=c.at, title=c.subject, by=c.author, commit=c) for c in commits]
    # By when they can have been written: one that is dated ahead must not stand above all others for ever.
    return tuple(sorted(events, key=lambda e: (-min(e.at, e.brought or e.at), e.commit is not None)))


def describe_left_out(work: Work) -> str:
    """How many older check-ins the timeline leaves out, in words; "" for none."""
    left_out_count = work.check_ins_total - min(len(work.check_ins), EVENTS_SHOWN)
    return f"and {format_count(left_out_count, 'older check-in')}, not shown" if left_out_count > 0 else ""


def decision_mark(word: str) -> Mark:
    """An answer's decision or a review's verdict as a mark."""
    return Mark(DECISIONS.get(word, "none"), word.replace("-", " "))


def describe_check_in(check_in: CheckIn) -> tuple[str, ...]:
    """The notes about a check-in beside its state."""
    checkpoint_notes = (f"asks for checkpoint {check_in.checkpoint}",) if check_in.checkpoint else ()
    is_uncommitted = check_in.document.source.uncommitted
    return (*checkpoint_notes, *(("not committed: it lies in the worktree only",) if is_uncommitted else ()))


def build_sections(
    document: Document, render: Render, without: Iterable[str] = ()
) -> tuple[TextSection, ...]:
    """The sections of a document that are not empty, without those in `without`."""
    excluded = [document.part(title) for title in without]
    return tuple(_build_section(p, render) for p in document.parts if not p.empty and p not in excluded)


def list_documents(work: Work, task: Task) -> tuple[Document, ...]:
    """Every document of a branch and its task that is Markdown, the most important first."""
    brief, branch_copy = task.brief, work.brief
    # The branch's copy is listed only where it differs from the brief that counts.
    if brief and branch_copy and branch_copy.document.blob == brief.document.blob:
        branch_copy = None
    documents = [each.document for each in (brief, branch_copy) if each]
    documents += [each.document for each in (work.packet, task.outcome) if each]
    return (
        *documents,
        *(review.document for review in work.reviews),
        *(answer.document for answer in work.answers),
        *(waiver.document for waiver in task.waivers),
        *(attempt.document for attempt in task.attempts),
        *(check_in.document for check_in in work.check_ins),
    )


def build_raws(documents: Sequence[Document]) -> tuple[Raw, ...]:
    """The documents as they were written, within the page's limits; what is cut off is counted."""
    raws, room = [], RAW_ALL
    for document in documents[:RAW_SHOWN]:
        excerpt = document.text[: min(RAW_LONG, room)]
        room -= len(excerpt)
        cut_length = len(document.text) - len(excerpt)
        cut = f"and {format_count(cut_length, 'more character')}, not shown" if cut_length else ""
        raws.append(Raw(document.source.path, render_literal(excerpt), cut))
    return tuple(raws)


def render_literal(text: str) -> Markup:
    """A text of several lines as markup for a `<pre>`: escaped, and with chips for hidden characters."""
    normalized = text.replace("\r\n", "\n")
    return Markup(insert_chips(html.escape(normalized), keep="\n\t"))  # noqa: S704 - escaped on this very line


def build_problems(work: Work, documents: Sequence[Document]) -> tuple[ProblemLine, ...]:
    """What is wrong in the documents, the worst first, each only once."""
    checks = [e.document for e in (*work.evidence, *work.reruns)]
    checks += [record.document for record in work.integrity]
    problems = [*work.problems, *(p for d in (*documents, *checks) for p in d.problems)]
    ordered = sorted(dict.fromkeys(problems), key=lambda p: not p.fatal)
    return tuple(map(_build_problem, ordered[:PROBLEMS_SHOWN]))


def _build_check_in(check_in: CheckIn, render: Render) -> Event:
    mark = CHECK_IN_MARKS.get(check_in.state, Mark("none", check_in.state))
    sections = build_sections(check_in.document, render)
    return Event(
        at=check_in.at,
        title="Check-in",
        by=check_in.agent,
        mark=mark,
        note="; ".join(describe_check_in(check_in)),
        sections=sections,
        brought=brought_at(check_in),
    )


def _build_problem(problem: Problem) -> ProblemLine:
    place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    mark = Mark("bad", problem.kind) if problem.fatal else Mark("warn", "warning")
    return ProblemLine(mark, place, problem.message, problem.hint)


def _build_section(part: Part, render: Render) -> TextSection:
    return TextSection(part.title, render(part.text))


def _build_text(text: str, render: Render) -> tuple[TextSection, ...]:
    return (TextSection("", render(text)),) if text.strip() else ()
