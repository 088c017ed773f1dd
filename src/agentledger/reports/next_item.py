"""The one thing that needs the manager, as text for a terminal and as JSON.

Belongs here: words, lines and keys. Does not: which thing that is (see `attention.queue`), or acting on it
(see `cli.next`).

All text by agents is cut to a limit, and printed line by line through `escape_hidden`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from agentledger.attention import (
    collisions,
    loose_work,
    planned,
    plans,
    run_differences,
    scope_request,
    sections,
    stacking,
)
from agentledger.attention.actions import next_action
from agentledger.attention.claims import describe_contradiction, find_contradictions
from agentledger.attention.ended_tasks import ask_about_gone, describe_end, gone_tasks
from agentledger.attention.queue import Turn
from agentledger.attention.reviewing import stand_with_reviewers
from agentledger.attention.sections import Section, group_by_section
from agentledger.attention.turn import Kind, blocking_reasons, describe_rewriting, met_kill_criteria
from agentledger.attention.verdict import Known, verdict_of
from agentledger.model import check_words
from agentledger.model.absent import describe_unknown
from agentledger.model.evidence import Evidence
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import CheckIn
from agentledger.model.text import (
    encode,
    escape_hidden,
    format_age,
    format_count,
    format_path,
    format_rfc3339,
)
from agentledger.model.work import Checked, CheckResult, Fresh, Task
from agentledger.reports import document_json, integrity, shapes_commands, shapes_ledger

LINES, WIDTH = 30, 400  # lines of one text, and characters of a line; the branch's page has all of it
FEW = 6  # lines of an outcome
NAMED = 3  # branches of one state

_WAITS = {
    Kind.QUESTION: "asks",
    Kind.SCOPE_CHANGE: "asks for a different scope",
    Kind.CONFLICT: "says that it is ready, and is in conflict with base",
    Kind.HELD: "is held",
    Kind.UNKNOWN: "cannot be judged here",
    Kind.READY: "says that it is ready",
    Kind.APPROVED: "is approved",
    Kind.REJECTED: "was rejected",
    Kind.KILL: "has met a criterion to give up",
    Kind.REVERTED: "had landed, and base took it back",
    Kind.STOPPED: "has stopped, as it was told",
}
# Verdicts that say no more than what is to be done.
_SAID_BY_ACTION = (Known.ASKS, Known.GIVE_UP, Known.HALTED, Known.REVERTED, Known.UNKNOWN)
# What follows from a review.
_REVIEWED = (Kind.APPROVED, Kind.REJECTED)


def render_next_item(turn: Turn, fleet: Fleet, more: int = 0) -> str:
    """Everything that the manager needs to decide about it; `more` is how many others wait."""
    return "".join(f"{escape_hidden(line)}".rstrip() + "\n" for line in _describe_turn(turn, fleet, more))


def _describe_turn(turn: Turn, fleet: Fleet, more: int) -> Iterator[str]:
    task, question = turn.task, turn.question
    yield turn.action.text
    yield f"{task.title} (task {task.id}, branch {turn.branch.name}){_describe_wait(turn, fleet.now)}"
    verdict = verdict_of(turn.branch, fleet.base)
    if verdict.kind not in _SAID_BY_ACTION:
        yield "; ".join(filter(None, (verdict.text, verdict.more)))
    if stands := stacking.describe_stands(turn.branch):
        yield stands
    if bridged := stacking.describe_bridge(turn.branch):
        yield bridged
    if collides := collisions.describe_collisions(fleet, turn.branch):
        yield collides
    if loosely := collisions.describe_uncommitted_collisions(fleet, turn.branch):
        yield loosely
    yield ""
    about = f" about its checkpoint {question.checkpoint}" if question and question.checkpoint else ""
    reasons = _list_reasons(turn)
    about += describe_rewriting(turn.branch) if turn.kind in _REVIEWED else ""
    waits = _describe_request(turn) if turn.kind is Kind.SCOPE_CHANGE else _WAITS[turn.kind]
    about += ", by this plan" if question and question.checkpoint and question.plan else ""
    yield f"{_asker_name(turn)} {waits}{about}{':' if question or turn.change or reasons else ''}"
    if turn.change:
        yield from quote_lines("\n".join(turn.change.sentences) or "the same, written differently", LINES)
        yield from _describe_why(turn)
    elif question:
        yield from _quote_question(turn.branch, question)
    yield from quote_lines("\n".join(reasons), FEW) if reasons else ()
    outcome = task.brief.document.part("Outcome") if task.brief else None
    if outcome and not outcome.empty:
        yield "the outcome that the brief asks for:"
        yield from quote_lines(outcome.text, FEW)
    if turn.branch.standing and turn.branch.standing.checks:
        yield f"checks: {', '.join(map(describe_check, turn.branch.standing.checks))}"
        yield from map(escape_hidden, _list_differences(turn.branch))
    yield from integrity.describe_integrity(turn.branch)
    claims = find_contradictions(turn.branch, fleet.policy)
    if claims:
        yield "its agent’s words, and git:"
        yield from quote_lines("\n".join(map(describe_contradiction, claims)), FEW)
    if loose := loose_work.describe_place(turn.branch):
        yield f"beside its commits: {loose}"
    yield ""
    if turn.action.command:
        yield f"next: {turn.action.command}"
    for purpose, command in scope_request.list_decisions(turn.branch) if turn.change else ():
        yield f"{purpose}: {command}"
    if fleet.absent:
        yield f"note: {describe_unknown(fleet.absent)}"
    if more:
        yield f"{format_count(more, 'more waits', 'more wait')} behind it"


def _describe_request(turn: Turn) -> str:
    return (turn.branch.work.asks if turn.branch.work else "") or _WAITS[turn.kind]


def _describe_why(turn: Turn) -> Iterator[str]:
    """The reason for another scope; a question that came before it is shown, too, as it waits as well."""
    question, reason = turn.question, scope_request.find_reason(turn.branch)
    if why := scope_request.describe_reason(turn.branch):
        yield "why:"
        yield from quote_lines(why, LINES)
    if question and question is not reason:
        yield "it also asks, which deciding on the scope does not answer:"
        yield from _quote_question(turn.branch, question)


def _quote_question(branch: Branch, question: CheckIn) -> Iterator[str]:
    """The question; in front of it the plan that is to be approved, and what there is to know about that."""
    has_plan = bool(question.checkpoint and question.plan)
    if has_plan:
        yield from quote_lines(question.plan, LINES)
    if standing := plans.describe_standing(branch.work, question):
        yield f"note: {standing}"
    if has_plan and question.needs:
        yield "and asks:"
    if question.needs or not has_plan:
        yield from quote_lines(_describe_question(question), LINES)


def is_plan_cut(question: CheckIn | None) -> bool:
    """Is a plan to be approved of which `render_next_item` shows only the beginning?"""
    lines = question.plan.splitlines() if question and question.checkpoint else []
    return len(lines) > LINES or any(len(line) > WIDTH for line in lines)


def render_whole_plan(question: CheckIn) -> str:
    """All of a plan, marked as somebody else's words."""
    return "".join(f"  | {escape_hidden(line)}".rstrip() + "\n" for line in question.plan.splitlines())


def _describe_question(check_in: CheckIn) -> str:
    """The text to answer. Where the check-in has no question, its first sections: what was done, what is next."""
    if check_in.needs:
        return check_in.needs
    parts = [part for part in check_in.document.parts[:3] if not part.empty and part.text.strip()]
    return "\n".join(f"{part.title}: {part.text.strip()}" for part in parts) or "(it says nothing)"


def _list_reasons(turn: Turn) -> tuple[str, ...]:
    if turn.kind is Kind.REVERTED:
        return (turn.branch.state_why,)
    if turn.kind in (Kind.HELD, Kind.UNKNOWN):
        return blocking_reasons(turn.branch)
    return met_kill_criteria(turn.branch) if turn.kind is Kind.KILL else ()


def _describe_wait(turn: Turn, now: int) -> str:
    if turn.since is None:
        return ""
    since = format_rfc3339(turn.since)[:16].replace("T", " ")
    return f", waits for you since {since} UTC ({format_age(now - turn.since)})"


def _asker_name(turn: Turn) -> str:
    question, agent = turn.question, turn.branch.agent
    return (question.agent if question else "") or (agent.name if agent else "") or turn.branch.name


def quote_lines(text: str, most: int) -> list[str]:
    """The first `most` lines, none longer than WIDTH, each marked with `|` as somebody else's words."""
    lines = text.strip().splitlines()
    quoted = [f"  | {line if len(line) <= WIDTH else line[: WIDTH - 1] + '…'}" for line in lines[:most]]
    return quoted + ([f"  | … and {len(lines) - most:,} more lines"] if len(lines) > most else [])


def _list_differences(branch: Branch) -> tuple[str, ...]:
    return run_differences.notable_differences(branch.standing) if branch.standing else ()


_FRESH = {
    Fresh.SAME: "",
    Fresh.REWRITTEN: "; rewritten, same change",
    Fresh.OTHER: ", on other code",
    Fresh.UNKNOWN: ", on a commit that is not known here",
    Fresh.EDITED: ", and edited since",
}


def describe_check(checked: Checked) -> str:
    """A check and its last result, in a few words."""
    name = checked.check.name
    if checked.evidence is None or checked.result is CheckResult.NOT_RUN:
        return f"{name} has not run"
    if checked.result is CheckResult.SKIPPED:
        return f"{name} was skipped: nothing it looks at changed"
    word = _describe_result(checked.evidence)
    old = _FRESH[checked.fresh] if checked.fresh else ""
    other = ", by another command" if checked.ran_other_command else ""
    return f"{name} {word} ({checked.trust or 'claimed'}{old}{other})"


def _describe_result(evidence: Evidence) -> str:
    if not evidence.passed:
        return check_words.describe_failure(evidence)
    doubt, listed = check_words.describe_doubt(evidence), check_words.describe_listed(evidence)
    return "; ".join(filter(None, ("passed", listed, doubt)))


# -- nothing waits ----------------------------------------------------------------------


def render_empty_queue(fleet: Fleet, skipped: int = 0) -> str:
    """The text where nothing (else) waits, with what the agents are doing; `skipped` things were put off."""
    left = f"; {format_count(skipped, 'thing')} skipped or under way" if skipped else ""
    gone = "".join(f"{escape_hidden(line)}\n" for line in _describe_gone(fleet))
    unknown = [f"note: {describe_unknown(fleet.absent)}"] if fleet.absent else []
    others = f"{'else ' if skipped or gone else ''}{'known here ' if unknown else ''}"
    nothing = f"nothing {others}waits for you{left}"
    lines = (nothing, *unknown, describe_agents(fleet), *_describe_planned(fleet))
    return gone + "".join(f"{line}\n" for line in lines) + "".join(_describe_unsaved(fleet))


def _describe_gone(fleet: Fleet) -> Iterator[str]:
    """The tasks whose branches are gone, each with the question what became of it."""
    for task in gone_tasks(fleet):
        question = ask_about_gone(task, fleet)
        yield f"{task.title} (task {task.id}) is {describe_end(task)}"
        yield question.text
        yield from (f"  {step}" for step in question.commands)
        yield ""


def _describe_planned(fleet: Fleet) -> Iterator[str]:
    """The planned task to hand out next, with its command; where `spawn` would take none, what the first waits for."""
    task = planned.next_to_hand_out(fleet)
    tasks = sections.planned_tasks(fleet)
    if task is not None:
        yield f"there is room for {escape_hidden(task.title)} (task {escape_hidden(task.id)})"
    elif tasks:
        task = tasks[0]
        yield f"{format_count(len(tasks), 'task is', 'tasks are')} planned, and none can be handed out now"
        yield f"{escape_hidden(task.id)}: {planned.planned_action(task).text}"
    command = planned.planned_action(task).command if task else None
    if command:
        yield f"next: {command}"


def describe_agents(fleet: Fleet) -> str:
    """What the agents are doing, in one line."""
    parts = group_by_section(fleet)
    labels = {
        Section.WORKING: "working",
        Section.SILENT: "silent",
        Section.HELD: "held back",
        Section.UNBRIEFED: "without a brief",
    }
    states = [
        f"{len(parts[part])} {label}{_format_names(parts[part])}"
        for part, label in labels.items()
        if parts[part]
    ]
    return f"agents: {', '.join(states) or 'none at work'}"


def _format_names(branches: Sequence[Branch]) -> str:
    names = ", ".join(map(_describe_name, branches[:NAMED]))
    more = f" and {len(branches) - NAMED} more" if len(branches) > NAMED else ""
    return f" ({names}{more})"


def _describe_name(branch: Branch) -> str:
    """A branch's name, with what it has outside of its commits, or on no branch at all."""
    unsaved = f"{format_count(branch.unsaved, 'commit')} on no branch" if branch.unsaved else ""
    use, stashes = loose_work.describe_use(branch.worktree), loose_work.describe_stashes(branch)
    loose = " and ".join(filter(None, (unsaved, use, stashes)))
    reviewed = f" ({stand_with_reviewers(branch).state})" if branch.reviews else ""
    return f"{escape_hidden(branch.name)}{reviewed}{f' with {loose}' if loose else ''}"


def _describe_unsaved(fleet: Fleet) -> Iterator[str]:
    """For each detached worktree with commits on no branch, the command that saves them."""
    for branch in fleet.branches:
        action = next_action(branch, fleet.base) if branch.unsaved else None
        if action and action.command:
            yield f"{escape_hidden(branch.name)}: {action.text}: {action.command}\n"


# -- for programs -----------------------------------------------------------------------


def encode_next_item(turns: Sequence[Turn], fleet: Fleet) -> bytes:
    """The document that `agentledger schema next` describes: the first thing that waits, and how many do."""
    shape = shapes_commands.Next(
        version=1,
        kind="next",
        waiting=len(turns),
        turn=_shape_turn(turns[0], fleet) if turns else None,
        agents=_json_text(describe_agents(fleet)),
        gone=tuple(_shape_gone(task, fleet) for task in gone_tasks(fleet)),
        hand_out=None if turns else _shape_hand_out(planned.next_to_hand_out(fleet)),
        unknown=document_json.shape_unknown(fleet.absent),
    )
    return msgspec.json.encode(shape) + b"\n"


def _shape_hand_out(task: Task | None) -> shapes_commands.HandOut | None:
    if task is None:
        return None
    action = planned.planned_action(task)
    return shapes_commands.HandOut(
        task=_json_text(task.id),
        title=_json_text(task.title),
        next_action=shapes_ledger.NextAction(_json_text(action.text), action.command),
    )


def _shape_turn(turn: Turn, fleet: Fleet) -> shapes_commands.Turn:
    question = turn.question
    outcome = turn.task.brief.document.part("Outcome") if turn.task.brief else None
    checks = turn.branch.standing.checks if turn.branch.standing else ()
    return shapes_commands.Turn(
        about=turn.kind,
        branch=_json_text(turn.branch.name),
        task=_json_text(turn.task.id),
        title=_json_text(turn.task.title),
        since=None if turn.since is None else format_rfc3339(turn.since),
        check_in=_json_text(question.name) if question else None,
        checkpoint=question.checkpoint if question else None,
        plan=_json_text(question.plan) or None if question and question.checkpoint else None,
        approved_plan=_name_approved(turn),
        question=_json_text(question.needs) if question else None,
        asks_for=tuple(map(_json_text, turn.change.sentences)) if turn.change else (),
        why=_json_text(scope_request.describe_reason(turn.branch)) or None if turn.change else None,
        decisions=_shape_decisions(turn),
        outcome=_json_text(outcome.text.strip()) if outcome and not outcome.empty else None,
        checks=(
            *(_json_text(describe_check(each)) for each in checks),
            *map(_json_text, _list_differences(turn.branch)),
        ),
        verdict=document_json.shape_verdict(turn.branch, fleet.base),
        next_action=shapes_ledger.NextAction(_json_text(turn.action.text), turn.action.command),
    )


def _name_approved(turn: Turn) -> str | None:
    """The check-in with the earlier plan that was approved, where another one waits."""
    work, question = turn.branch.work, turn.question
    approved = plans.find_replaced(work, question) if work and question else None
    return _json_text(approved.name) if approved else None


def _shape_decisions(turn: Turn) -> tuple[shapes_commands.Decision, ...]:
    listed = scope_request.list_decisions(turn.branch) if turn.change else ()
    return tuple(shapes_commands.Decision(purpose.partition(",")[0], command) for purpose, command in listed)


def _shape_gone(task: Task, fleet: Fleet) -> shapes_commands.Gone:
    asked = ask_about_gone(task, fleet)
    return shapes_commands.Gone(
        task=_json_text(task.id),
        title=_json_text(task.title),
        last_seen=task.ending.head if task.ending else None,
        question=_json_text(asked.text),
        commands=tuple(map(_json_text, asked.commands)),
    )


def _json_text(text: str) -> str:
    return format_path(encode(text))
