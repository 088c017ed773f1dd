"""Composes the prompt for an agent that goes on with a task: what came since its last report, then the task itself.

Belongs here: answers, findings, failing checks, what base did meanwhile. Does not: gathering any of it (see
`workflow.handover.hand_prompt`), or the chapters about the task (see `task`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentledger.attention import loose_work, replies, requests, stacking
from agentledger.attention.approval import describe_reviewer
from agentledger.attention.open_points import list_open_points
from agentledger.attention.requests import Request
from agentledger.attention.turn import has_conflict
from agentledger.model import shell
from agentledger.model.findings import Finding, Gate, Report
from agentledger.model.fleet import Base, Branch
from agentledger.model.ledger import Answer
from agentledger.model.ledger_paths import control_folder
from agentledger.model.text import format_count, format_rfc3339
from agentledger.model.work import ASKING, Copy, Progress, Standing, Work
from agentledger.reports import findings_text
from agentledger.reports.prompt import conversation, evidence, task
from agentledger.reports.prompt.assemble import Part, Piece
from agentledger.reports.prompt.given import MOST_NAMES, Given
from agentledger.reports.prompt.quote import code_span, quote_text
from agentledger.reports.prompt.texts import fill_text

DECISIONS = {
    "approve": "approved: go on",
    "change": "change it as told, then check in",
    "reject": "refused: do not do it that way",
    "stop": "**stop: commit what you have, check in, and end**",
    "note": "a note: it decides nothing, and no checkpoint is open by it",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What base did since the branch left it: how many commits, and the changed paths that matter here.

    `shared` paths were changed by the branch as well; `near` ones are in its scope, or in what it is to follow.
    """

    commits: int = 0
    shared: tuple[bytes, ...] = ()
    near: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The state of a branch as it is now."""

    branch: Branch
    work: Work
    standing: Standing
    #: Of the gate `ready`.
    findings: tuple[Finding, ...] = ()
    #: What its own copy of the brief asks for, a sentence each.
    asks: tuple[str, ...] = ()
    moved: Moved = Moved()


def compose_resume_parts(given: Given, now: Now) -> list[Part]:
    """The parts of the prompt; what decides the next step comes first."""
    parts = [
        compose_answers(given, now),
        *compose_lapse(now),
        *compose_conflict(given, now),
        *compose_scope_change(now),
        *compose_review(now),
        compose_findings(now),
    ]
    parts += [
        compose_checks(given, now),
        *compose_base_changes(given, now),
        *compose_last_check_in(given, now),
    ]
    parts += [
        task.compose_checkpoints(given),
        *compose_approved_plans(given, now),
        task.compose_brief(given),
        task.compose_boundary(given),
    ]
    return [*parts, *conversation.compose_talk_parts(given)]


# -- what the manager said ----------------------------------------------------------------


def compose_answers(given: Given, now: Now) -> Part:
    """The answers since the last check-in, oldest first, and what is still open."""
    answers = replies.list_new_answers(now.work, given.fleet.now)
    request = requests.find_request(now.work)
    # Read once, and still to be done: whoever goes on now may never have seen it.
    held = request is not None and request.answer not in answers
    answers = (*answers, request.answer) if request and held else answers
    command = f"git log -p {given.fleet.policy.control_branch} -- {control_folder(given.task.id)}/answers"
    pieces = tuple(_quote_answer(answer, command) for answer in reversed(answers))
    return Part(
        title="Answers since your last check-in",
        words=" ".join(filter(None, (_describe_open_question(now, bool(answers)), _describe_held(request)))),
        pieces=pieces,
        command=command,
        rank=0,
        share=20,
    )


def _describe_held(request: Request | None) -> str:
    """What is to be done about an answer that sends the work back, and until when it holds."""
    if request is None or request.answer.decision == "stop":
        return ""
    if request.checkpoint is None:
        return fill_text("resume-sent-back")
    command = code_span(requests.ask_command(request.checkpoint))
    return fill_text("resume-checkpoint", checkpoint=code_span(request.checkpoint), command=command)


def _quote_answer(answer: Answer, command: str) -> Piece:
    about = f" on the checkpoint {code_span(answer.checkpoint)}" if answer.checkpoint else ""
    decision = DECISIONS.get(answer.decision, code_span(answer.decision))
    label = f"{format_rfc3339(answer.at)}, {code_span(answer.by)}{about}: {decision}."
    return Piece(
        what=f"the answer of {format_rfc3339(answer.at)}",
        text=quote_text(answer.text),
        command=command,
        label=label,
    )


def _describe_open_question(now: Now, has_answers: bool) -> str:
    question = now.standing.question
    if now.standing.progress in ASKING and question:
        about = f" (the checkpoint {code_span(question.checkpoint)})" if question.checkpoint else ""
        return fill_text("resume-open-question", at=format_rfc3339(question.at), about=about)
    if has_answers:
        return "These are the manager's words: do what they say."
    return _NO_ANSWER.get(now.standing.progress, "None has come, and none is waited for.")


_NO_ANSWER = {
    Progress.READY: "None has come. The work was called ready, and waits for the review: change nothing.",
    Progress.APPROVED: "None has come. The work is approved, and waits to be merged: change nothing.",
}


def compose_lapse(now: Now) -> list[Part]:
    """That what was called ready is not what is there now."""
    if now.standing.progress is not Progress.LAPSED:
        return []
    words = fill_text("resume-lapsed", ready=code_span(now.standing.lapsed[:12]))
    return [Part(title="No longer ready", words=words, command="agentledger done", rank=0)]


def compose_conflict(given: Given, now: Now) -> list[Part]:
    """What to do about a conflict with base, in the agent's own worktree."""
    if not has_conflict(now.branch) or now.branch.conflict is None:
        return []
    base = given.fleet.base
    command = f"git merge {base.head[:10]}"
    words = fill_text(
        "resume-conflict",
        base=code_span(given.base),
        commit=code_span(base.head[:10]),
        command=code_span(command),
        files=_format_path_list([file.path for file in now.branch.conflict.files]),
    )
    return [Part(title="It does not merge", words=words, command=command, rank=0)]


def compose_scope_change(now: Now) -> list[Part]:
    """Whether another scope that was asked for is granted, or the brief has changed."""
    name = {
        Copy.SCOPE_CHANGE: "resume-scope-change",
        Copy.REFUSED: "resume-refused",
        Copy.OUTDATED: "resume-outdated",
    }.get(now.work.copy)
    if name is None:
        return []
    command = f"agentledger brief diff {_branch_revision(now.branch)}"
    asks = (
        (Piece(what="what the copy asks for", text=quote_text("\n".join(now.asks)), command=command),)
        if now.asks
        else ()
    )
    words = fill_text(name)
    return [Part(title="Your copy of the brief", words=words, pieces=asks, command=command, rank=0)]


def compose_review(now: Now) -> list[Part]:
    """What a reviewer wants to see changed."""
    review = now.standing.review
    points = compose_points(now)
    if review is None or review.verdict == "approve":
        return points
    intro = fill_text(
        "resume-review",
        reviewer=code_span(review.reviewer),
        head=review.head[:12],
        verdict=code_span(review.verdict),
    )
    text = Piece(
        what="the review", text=quote_text(review.document.text), command="", label="The review (quoted):"
    )
    return [Part(title="What the review asks for", words=intro, pieces=(text,), rank=0, share=15), *points]


def compose_points(now: Now) -> list[Part]:
    """Every point that a reviewer has named and nobody has settled."""
    points = list_open_points(now.work.reviews)
    if not points:
        return []
    lines = [
        f"- [ ] {point.text}\n      by {describe_reviewer(point.review)}, of {point.review.head[:12]}"
        for point in points
    ]
    text = Piece(what="the open points", text=quote_text("\n".join(lines)), label="The points (quoted):")
    return [
        Part(
            title="The points that are open",
            words=fill_text("resume-points"),
            pieces=(text,),
            rank=0,
            share=15,
        )
    ]


# -- what machines found ------------------------------------------------------------------


def compose_findings(now: Now) -> Part:
    """What the rules find if the work is called ready now."""
    command = f"agentledger check --branch {_branch_revision(now.branch)}"
    title = "What stands between here and ready"
    if not now.findings:
        nothing = "No rule has anything to say."
        asked = bool(compose_review(now))
        words = f"{nothing} What the review asks for does." if asked else f"Nothing. {nothing}"
        return Part(title=title, words=words, command=command)
    report = findings_text.render_findings(Report(Gate.READY, now.branch.name, now.findings))
    intro = fill_text("resume-findings")
    return Part(
        title=title,
        words=intro,
        pieces=(Piece(what="the findings", text=quote_text(report), command=command),),
        command=command,
        rank=0,
        share=20,
    )


def compose_checks(given: Given, now: Now) -> Part:
    """Every check as it was last recorded, and what the failing ones printed."""
    pieces = evidence.quote_output_tails(now.standing.checks, given.folder)
    first = task.compose_checks(given)
    intro = f"{first.words}\n\nAs last recorded:\n\n{evidence.describe_checks(now.standing.checks)}"
    return Part(
        title=first.title,
        words=intro,
        pieces=(*first.pieces, *pieces),
        command="agentledger verify",
        share=20,
    )


def compose_base_changes(given: Given, now: Now) -> list[Part]:
    """What base did meanwhile."""
    paragraphs = list(_describe_base_moves(given, now))
    if now.branch.bridge:
        steps = " && ".join(stacking.bridge_steps(now.branch, inside=True))
        reason = stacking.describe_bridge(now.branch)
        paragraphs.append(
            f"First bring in what landed already, which has no conflict ({reason}):\n\n```sh\n{steps}\n```"
        )
    if not paragraphs:
        return []
    command = f"git merge {_base_revision(given.fleet.base)}"
    paragraphs.append(f"To bring it in: {code_span(command)}, in a commit of its own.")
    return [
        Part(
            title="What base did meanwhile",
            words="\n\n".join(paragraphs),
            command=f"git log -p HEAD..{_base_revision(given.fleet.base)}",
        )
    ]


def _describe_base_moves(given: Given, now: Now) -> Iterator[str]:
    moved = now.moved
    if moved.commits:
        yield f"{code_span(given.base)} has {format_count(moved.commits, 'commit')} that this branch does not."
    if moved.shared:
        yield f"It changed these files, which you changed too:\n\n{_format_path_list(moved.shared)}"
    if moved.near:
        yield f"It changed these in your scope, or that you were told to follow:\n\n{_format_path_list(moved.near)}"


def _format_path_list(paths: Sequence[bytes]) -> str:
    lines = [f"- {code_span(path)}" for path in paths[:MOST_NAMES]]
    left = len(paths) - len(lines)
    return "\n".join([*lines, *([f"- and {left:,} more"] if left else [])])


def compose_last_check_in(given: Given, now: Now) -> list[Part]:
    """The last report, for an agent that remembers nothing of it."""
    use, stashes = loose_work.describe_use(now.branch.worktree), loose_work.describe_stashes(now.branch)
    at_work = f"In the worktree: {use}. Look at that first (`git status`)." if use else ""
    put_away = f"On this branch: {stashes} (`git stash list`)." if stashes else ""
    intro = " ".join(filter(None, (at_work, put_away)))
    if not now.work.check_ins:
        return [Part(title="Where you left off", words=intro or "Nobody has checked in on this branch yet.")]
    newest = now.work.check_ins[0]
    command = f"ls {given.folder}/status"
    text = Piece(
        what="the last check-in",
        text=quote_text(newest.document.text),
        command=command,
        label="The last check-in (quoted):",
    )
    return [Part(title="Where you left off", words=intro, pieces=(text,), command=command)]


def compose_approved_plans(given: Given, now: Now) -> list[Part]:
    """What was approved, for an agent that has not written it: the newest plan of each checkpoint that is open."""
    is_open = replies.approved_checkpoints(now.work)
    command = f"ls {given.folder}/status"
    pieces = tuple(
        Piece(
            what=f"the plan of {asked.name}",
            text=quote_text(asked.plan),
            command=command,
            label=f"Approved at the checkpoint {code_span(name)} (quoted):",
        )
        for name, asked in replies.newest_requests(now.work).items()
        if name in is_open and asked.plan
    )
    words = fill_text("resume-plan")
    return [Part(title="The plan", words=words, pieces=pieces, command=command, rank=0)] if pieces else []


def _branch_revision(branch: Branch) -> str:
    return shell.format_ref(branch.ref) or branch.head


def _base_revision(base: Base) -> str:
    return shell.format_ref(base.ref) or base.head
