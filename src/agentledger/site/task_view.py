"""A branch's task → the part of its page that shows what was asked for, and what the agent claims.

Belongs here: the brief, the question that waits, reviews. Does not: the packet (see `packet_view`), checks
(see `check_view`), the timeline (see `timeline`), or HTML.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.attention import plans, scope_request
from agentledger.attention.approval import describe_reviewer
from agentledger.attention.turn import describe_guess
from agentledger.documents.status import PLAN
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import Brief, CheckIn, Review
from agentledger.model.text import encode
from agentledger.model.work import ASKING, PLACES, Copy, Fresh, Standing, Work
from agentledger.site import check_view, diff, timeline
from agentledger.site.branch_commands import Command, scope_commands
from agentledger.site.check_view import CheckLine
from agentledger.site.labels import Fact, Mark
from agentledger.site.markdown.render import Rendered
from agentledger.site.packet_view import CRITERIA_SHOWN, PacketView, build_packet_view
from agentledger.site.timeline import CommitLine, Event, ProblemLine, Render, TextSection

COMPARED = 800  # lines of a brief; the time to compare grows with their square
REVIEWS_SHOWN = 20
MOST_TEXT = 512 << 10  # characters of Markdown on one page; the rest is replaced by a note
TOP = 4  # the level of the highest heading within a text


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefView:
    """The brief that counts, as the branch's page shows it."""

    #: Where it comes from, and whether that is proven.
    source: Mark
    #: How the branch's own copy differs from it; None where it does not.
    copy: Mark | None
    #: From the brief that counts to the branch's copy; or a note why there is no diff.
    diff: Markup
    diff_note: str
    #: What the task may change.
    scope: tuple[Fact, ...]
    outcome: tuple[TextSection, ...]
    #: Empty where the packet has them, with its claims beside them.
    criteria: tuple[Rendered, ...]
    #: All the rest.
    facts: tuple[Fact, ...]
    other_sections: tuple[TextSection, ...]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review."""

    verdict: Mark
    by: str
    fresh: Mark
    at: int
    sections: tuple[TextSection, ...]


@dataclass(frozen=True, slots=True)
class RequestView:
    """What a branch's changed copy of its brief asks for, and the commands that settle that."""

    asks: str
    #: The subject of the copy's commit, where no check-in gives the reason; "" where one does.
    subject: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """Everything that the page shows of the task. Times are in seconds since the epoch."""

    title: str
    #: Which check-in an answer that names none was taken to be about; "" for nothing.
    guess: str
    #: Other branches that work on the task.
    rivals: tuple[str, ...]
    #: The question that waits, behind the plan that is to be approved: its text, what is to be known about that
    #: plan, its agent and its time; empty where none waits.
    question: tuple[TextSection, ...]
    question_note: str
    question_by: str
    question_at: int | None
    #: Another scope that waits for a decision; None where none does.
    request: RequestView | None
    #: What its agent said last, where neither a question nor a packet says more; None where one does.
    latest: Event | None
    brief: BriefView | None
    packet: PacketView | None
    #: What needs a look, failures first; and what passed, had nothing to run, or has not run.
    open_checks: tuple[CheckLine, ...]
    quiet_checks: tuple[CheckLine, ...]
    #: The marks of these.
    quiet_marks: tuple[Mark, ...]
    reviews: tuple[ReviewView, ...]
    events: tuple[Event, ...]
    #: What the timeline leaves out; "" for nothing.
    events_more: str
    #: What is wrong in the documents, and what is merely incomplete.
    problems: tuple[ProblemLine, ...]
    warnings: tuple[ProblemLine, ...]


_COPIES = {
    Copy.OUTDATED: Mark("warn", "The branch’s copy is an earlier version of it"),
    Copy.SCOPE_CHANGE: Mark("warn", "The branch’s copy asks for a change of scope; it grants nothing"),
    Copy.REFUSED: Mark("none", "The branch’s copy is a change of scope that was refused; it grants nothing"),
}


def build_work_view(
    branch: Branch, fleet: Fleet, commits: Sequence[CommitLine], render: Render
) -> WorkView | None:
    """Build the task's part of a branch's page; `render` makes markup of Markdown. None where there is no task."""
    work, standing = branch.work, branch.standing
    if work is None or standing is None:
        return None
    render = _limit_text(MOST_TEXT, render)
    task = fleet.task_of(work)
    documents = timeline.list_documents(work, task)
    findings = branch.findings or ()
    check_lines = check_view.build_check_lines(standing, findings)
    quiet = tuple(line for line in check_lines if line.is_quiet)
    question = standing.question if standing.progress in ASKING else None
    # A packet says what its agent did; a question is what it said last.
    newest = next(iter(work.check_ins), None) if not work.packet and not question else None
    problems = timeline.build_problems(work, documents)
    return WorkView(
        title=task.title,
        guess=describe_guess(branch),
        rivals=standing.rivals,
        question=_build_question(question, render) if question else (),
        question_note=_describe_standing(work, question),
        question_by=question.agent if question else "",
        question_at=question.at if question else None,
        request=_build_request(branch, work),
        latest=timeline.build_check_in(newest, render) if newest else None,
        brief=_build_brief(task.brief, task.brief_from, work, render) if task.brief else None,
        packet=build_packet_view(work.packet, task.brief, standing, lines=check_lines, render=render)
        if work.packet
        else None,
        open_checks=tuple(line for line in check_lines if not line.is_quiet),
        quiet_checks=quiet,
        quiet_marks=check_view.quiet_marks(standing, findings),
        reviews=tuple(
            _build_review(r, standing, render) for r in (*work.reviews, *work.no_verdicts)[:REVIEWS_SHOWN]
        ),
        events=timeline.build_events(work, task, commits, render, above=newest, question=question),
        events_more=timeline.describe_left_out(work),
        problems=tuple(each for each in problems if each.mark.kind == "bad"),
        warnings=tuple(each for each in problems if each.mark.kind != "bad"),
    )


def _build_question(question: CheckIn, render: Render) -> tuple[TextSection, ...]:
    """The plan that is to be approved, and the question behind it."""
    plan = (TextSection(PLAN, render(question.plan)),) if question.checkpoint and question.plan else ()
    title = "Its question" if plan else ""
    return (*plan, *((TextSection(title, render(question.needs)),) if question.needs else ()))


def _describe_standing(work: Work, question: CheckIn | None) -> str:
    note = plans.describe_standing(work, question)
    return f"{note[0].upper()}{note[1:]}." if note else ""


def _build_request(branch: Branch, work: Work) -> RequestView | None:
    if not work.asks or branch.state is not State.OPEN:
        return None
    reason = scope_request.find_reason(branch)
    subject = "" if reason and reason.needs else scope_request.describe_reason(branch)
    return RequestView(f"It {work.asks}.", subject, scope_commands(branch))


def list_page_texts(branch: Branch, fleet: Fleet) -> list[str]:
    """The Markdown texts that a branch's page will pass to `render`, so that they can be rendered in one go.

    Built with a `render` that only notes its texts, so that this list cannot differ from the page's.
    """
    texts: list[str] = []
    empty = Rendered(Markup(""), "", ())

    def note(text: str) -> Rendered:
        texts.append(text)
        return empty

    build_work_view(branch, fleet, (), note)
    return texts


def _limit_text(room: int, render: Render) -> Render:
    """The same `render`, until `room` characters are used up: many check-ins could make a page endless."""
    room_left = room

    def limited(text: str) -> Rendered:
        nonlocal room_left
        room_left -= len(text)
        return (
            render(text)
            if room_left >= 0
            else Rendered(Markup(""), "Left out: this page has too much text.", ())
        )

    return limited


def _build_brief(brief: Brief, source: str, work: Work, render: Render) -> BriefView:
    changed = work.copy in _COPIES and work.brief is not None
    diff_markup, diff_note = (
        _compare_briefs(brief, work.brief) if changed and work.brief else (Markup(""), "")
    )
    return BriefView(
        source=_brief_source_mark(brief, source),
        copy=_COPIES.get(work.copy),
        diff=diff_markup,
        diff_note=diff_note,
        scope=_build_scope(brief),
        outcome=tuple(TextSection(p.title, render(p.text)) for p in [brief.document.part("Outcome")] if p),
        criteria=() if work.packet else tuple(render(i.text) for i in brief.criteria[:CRITERIA_SHOWN]),
        facts=_build_facts(brief),
        other_sections=timeline.build_sections(brief.document, render, ("Outcome", "Acceptance criteria")),
    )


def _brief_source_mark(brief: Brief, source: str) -> Mark:
    if source == "branch":
        return Mark("warn", "Unconfirmed: only this branch has it; its oldest version is shown")
    if brief.document.source.proven:
        return Mark("ok", f"From {PLACES.get(source, source)}, proven: agents cannot rewrite it")
    return Mark("none", f"From {PLACES.get(source, source)}, unproven: an agent here could have rewritten it")


def _build_scope(brief: Brief) -> tuple[Fact, ...]:
    facts = (
        Fact("Owns", "  ".join(brief.owns), code=True),
        Fact("Off limits", "  ".join(brief.off_limits), code=True),
    )
    return tuple(fact for fact in facts if fact.text)


def _build_facts(brief: Brief) -> tuple[Fact, ...]:
    facts = (
        Fact("Manager", brief.manager),
        Fact("Mode", f"{brief.mode}, {brief.session}, priority {brief.priority}"),
        Fact("Follows", "  ".join(brief.follow), code=True),
        Fact("Depends on", ", ".join(brief.depends_on)),
        Fact("Checkpoints", ", ".join(brief.checkpoints)),
    )
    return tuple(fact for fact in facts if fact.text)


def _compare_briefs(brief: Brief, branch_brief: Brief) -> tuple[Markup, str]:
    """The diff from the brief that counts to the branch's copy, and a note where there is none to show."""
    old, new = brief.document.text.split("\n"), branch_brief.document.text.split("\n")
    if max(len(old), len(new)) > COMPARED:
        return Markup(""), f"They are longer than {COMPARED:,} lines, so they are not compared here."
    lines = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    return diff.render_patch(
        encode("\n".join(lines)), mark_words=True
    ), "" if lines else "They differ in bytes only."


def _build_review(review: Review, standing: Standing, render: Render) -> ReviewView:
    fresh = standing.reviews_fresh.get(review.document.source.path, Fresh.UNKNOWN)
    by = describe_reviewer(review)
    return ReviewView(
        timeline.decision_mark(review.verdict),
        by,
        check_view.FRESH_MARKS[fresh],
        at=review.at,
        sections=timeline.build_sections(review.document, render),
    )
