"""The board for a terminal: a fleet as lines of styled text, none wider than the given width.

Belongs here: words, columns and colours of that text. Does not: deciding where a branch is listed or what
comes next (see `attention.sections` and `attention.actions`), or writing to a terminal (see `cli.board`).

Text from git is never read as rich's markup: it goes through `escape_hidden` into values of rich's class
`Text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from agentledger.attention import collisions, loose_work, plans, run_differences, stacking, wip_headings
from agentledger.attention.actions import next_action
from agentledger.attention.claims import find_contradictions, summarize_contradictions
from agentledger.attention.ended_tasks import ask_about_gone, describe_end, ended_tasks, gone_tasks
from agentledger.attention.left_out import format_left_out
from agentledger.attention.planned import find_waits, planned_action
from agentledger.attention.reviewing import describe_review
from agentledger.attention.sections import (
    Section,
    count_by_state,
    group_by_section,
    planned_tasks,
    section_order,
)
from agentledger.attention.turn import Whose, describe_guess, describe_turn, has_conflict, turn_of
from agentledger.attention.wanted import count_branch_wants
from agentledger.model.fleet import Base, Branch, Fleet, State, Sync
from agentledger.model.text import escape_hidden, format_age, format_count
from agentledger.model.work import Task
from agentledger.reports import check_cell, integrity
from agentledger.reports.fitting import NARROWEST, fit_command, fit_names, wrap_text

SYNC = {
    Sync.AHEAD: "not all of it is pushed: the local branch is ahead of the remote one",
    Sync.BEHIND: "the local branch is behind the remote one, which is shown here",
    Sync.DIVERGED: "the local branch and the remote one have diverged",
}
BASE_SYNC = {
    Sync.AHEAD: ", ahead of its upstream",
    Sync.BEHIND: " of its upstream, which the local branch is behind",
    Sync.DIVERGED: " of its upstream, from which the local branch has diverged",
}
OPEN_HEADINGS = ("Branch", "Agent", "Active", "Files", "Lines")
ENDED_HEADINGS = ("Branch", "Agent", "Active", "State")
NUMBERS = ("Active", "Files", "Lines")  # columns that are aligned to the right
GAP, INDENT = "  ", "    "


# The sections in the order of the first line's counts, and the word for each.
_COUNTED = (
    (Section.YOUR_TURN, "your turn"),
    (Section.UNBRIEFED, "open"),
    (Section.HELD, "held"),
    (Section.KILL, "to give up?"),
    (Section.SILENT, "silent"),
    (Section.WORKING, "working"),
    (Section.ENDED, "ended"),
)


class Row(NamedTuple):
    """One line of a table, and the indented lines below it."""

    cells: tuple[Text, ...]
    below: tuple[Text, ...]


def render_board(fleet: Fleet, width: int = 80, list_ended: bool = False) -> Text:
    """The board in lines of at most `width` cells; `list_ended` also lists the ended branches."""
    parts = group_by_section(fleet)
    room = width - len(INDENT)
    lines = _render_heading(fleet, parts, width)
    metered = wip_headings.format_meters(fleet)
    for part in section_order(fleet):
        if part is Section.UNBRIEFED:
            lines += _render_gone(fleet, room)
            lines += _render_planned(fleet, room)
        if part is not Section.ENDED:
            lines += _render_section(part, parts[part], metered.get(part, ()), fleet=fleet, width=width)
    wants = [
        line for want in count_branch_wants(fleet.branches) for line in wrap_text(Text(want, "dim"), room)
    ]
    lines += [Text(), *wants] if wants else []
    lines += _render_ended(parts[Section.ENDED], list_ended, fleet, width)
    if fleet.left_out:
        lines += [Text(), *wrap_text(Text(format_left_out(fleet), "dim"), room)]
    for note in fleet.notes:
        lines += [Text(), *wrap_text(Text(f"Note: {escape_hidden(note)}", "yellow"), room)]
    return Text("\n").join(lines)


def _section_title(part: Section, fleet: Fleet) -> str:
    reverted = any(branch.state is State.REVERTED for branch in fleet.branches)
    conflicts = f"Held: in conflict with {escape_hidden(fleet.base.name)}"
    held = "Held" if fleet.tasks or reverted else conflicts
    return {
        Section.YOUR_TURN: "Your turn",
        Section.HELD: held,
        Section.KILL: "Kill?",
        Section.SILENT: "Silent",
        Section.WORKING: "Working",
        Section.UNBRIEFED: "Unbriefed" if fleet.tasks else "Open",
    }[part]


def _render_planned(fleet: Fleet, room: int) -> list[Text]:
    tasks = planned_tasks(fleet)
    lines = [Text(), Text(f"Planned ({len(tasks)})", "bold")] if tasks else []
    for task in tasks:
        lines += wrap_text(Text.assemble(GAP, (escape_hidden(task.title), "bold"), f"  {task.id}"), room)
        lines += [Text(INDENT) + line for line in _render_planned_action(task, room)]
    return lines


def _render_planned_action(task: Task, room: int) -> list[Text]:
    action = planned_action(task)
    waits = wrap_text(Text(action.text), room) if find_waits(task) else []
    return [*waits, *(line for step in action.steps for line in wrap_text(Text(step, "cyan"), room))]


def _render_gone(fleet: Fleet, room: int) -> list[Text]:
    """The tasks whose branches are gone, each with the question what became of it."""
    tasks = gone_tasks(fleet)
    lines = [Text(), Text(f"Gone ({len(tasks)})", "bold")] if tasks else []
    for task in tasks:
        lines += wrap_text(Text.assemble(GAP, (escape_hidden(task.title), "bold"), f"  {task.id}"), room)
        asked = ask_about_gone(task, fleet)
        facts = [Text(describe_end(task), "dim"), Text(asked.text)]
        facts += [Text(step, "cyan") for step in asked.commands]
        lines += [Text(INDENT) + line for fact in facts for line in wrap_text(fact, room)]
    return lines


def _render_heading(fleet: Fleet, parts: dict[Section, tuple[Branch, ...]], width: int) -> list[Text]:
    counts = ", ".join(
        f"{len(parts[part])} {word}"
        for part, word in _COUNTED
        # A zero is shown, too, but not for giving up: that is a question, and only asked where it comes up.
        if parts[part] or (part in section_order(fleet) and part is not Section.KILL)
    )
    title = Text.assemble((escape_hidden(fleet.name), "bold"), f": {counts}" if fleet.branches else "")
    lines = [*wrap_text(title, width), *wrap_text(_render_base_line(fleet), width)]
    if not fleet.branches:
        hint = "No agent branch found. Name some with --branches 'feature/*' or --refs 'refs/pull/*/head'."
        lines += [Text(), *wrap_text(Text(hint), width)]
    return lines


def _render_base_line(fleet: Fleet) -> Text:
    base, now = fleet.base, fleet.now
    merged = f"; merges tried with {fleet.merger}" if fleet.merger and fleet.branches else ""
    where = Text.assemble("base ", (escape_hidden(base.name), "bold"), f" at {base.head[:10]}")
    where.append(BASE_SYNC.get(base.sync, ""))
    return where.append(f" ({escape_hidden(base.why)}){_describe_fetch(base, now)}{merged}", "dim")


def _describe_fetch(base: Base, now: int) -> str:
    """How old what is known of the remote is; "" where there is none."""
    if base.remote is None:
        return ""
    return (
        ", never fetched" if base.fetched_at is None else f", last fetch {_format_age(now - base.fetched_at)}"
    )


def _render_section(
    part: Section, branches: Sequence[Branch], meters: Sequence[str], fleet: Fleet, width: int
) -> list[Text]:
    if not branches:
        return []
    rows = [Row(_open_cells(branch, fleet.now), _render_details(branch, fleet, width)) for branch in branches]
    metered = [
        Text(GAP) + line
        for meter in meters
        for line in wrap_text(Text(escape_hidden(meter)), width - len(GAP))
    ]
    title = Text(f"{_section_title(part, fleet)} ({len(branches)})", "bold")
    return [Text(), title, *metered, *_render_table(OPEN_HEADINGS, rows, width)]


def _render_ended(branches: tuple[Branch, ...], list_ended: bool, fleet: Fleet, width: int) -> list[Text]:
    tasks = ended_tasks(fleet)
    if not branches and not tasks:
        return []
    counts = [f"{count} {state}" for state, count in count_by_state(branches)]
    counts += [format_count(len(tasks), "task without a branch", "tasks without a branch")] if tasks else []
    title = f"Ended ({len(branches) + len(tasks)})"
    lines = [Text(), *wrap_text(Text.assemble((title, "bold"), f": {', '.join(counts)}"), width)]
    if not list_ended:
        return [*lines, Text(f"{GAP}agentledger board --all lists them", "dim")]
    rows = [
        Row(_ended_cells(branch, fleet.now), _render_details(branch, fleet, width)) for branch in branches
    ]
    table = _render_table(ENDED_HEADINGS, rows, width) if rows else []
    return [*lines, *table, *(line for task in tasks for line in _render_ended_task(task, width))]


def _render_ended_task(task: Task, width: int) -> list[Text]:
    title = wrap_text(Text.assemble(GAP, (escape_hidden(task.title), "bold"), f"  {task.id}"), width)
    room = width - len(INDENT)
    return [*title, *(Text(INDENT) + line for line in wrap_text(Text(describe_end(task), "dim"), room))]


def _open_cells(branch: Branch, now: int) -> tuple[Text, ...]:
    lines = Text("?", "dim")
    if branch.added is not None:
        lines = Text.assemble((f"+{branch.added:,}", "green"), " ", (f"-{branch.removed:,}", "red"))
    return (*_common_cells(branch, now), Text(f"{len(branch.code_changes):,}"), lines)


def _ended_cells(branch: Branch, now: int) -> tuple[Text, ...]:
    style = "red" if branch.state is State.UNREADABLE else ""
    return (*_common_cells(branch, now), Text(branch.state, style))


def _common_cells(branch: Branch, now: int) -> tuple[Text, Text, Text]:
    agent = Text(escape_hidden(branch.agent.name)) if branch.agent else Text("?", "dim")
    agent.truncate(16, overflow="ellipsis")
    when = format_age(now - branch.active_at) if branch.active_at else "?"
    return Text(escape_hidden(branch.name), "bold"), agent, Text(when)


def _render_details(branch: Branch, fleet: Fleet, width: int) -> tuple[Text, ...]:
    room = width - len(INDENT)
    facts = [line for fact in _describe_branch(branch, fleet, room) for line in wrap_text(fact, room)]
    return (*facts, *_render_next_action(branch, fleet, room))


def _describe_branch(branch: Branch, fleet: Fleet, room: int) -> Iterable[Text]:
    if branch.state_why:
        at_rest = f"{branch.at_rest}: " if branch.at_rest else ""
        yield Text(f"{at_rest}{escape_hidden(branch.state_why)}", "dim")
    if loose := loose_work.describe_place(branch):
        yield Text(loose, "dim")
    if branch.state not in (State.OPEN, State.REVERTED):
        return
    if stands := stacking.describe_stands(branch):
        yield Text(stands, "dim")
    turn = turn_of(branch)
    if line := describe_turn(turn, fleet.now):
        yield Text(line, "dim")
    if line := describe_guess(branch):
        yield Text(line, "dim")
    if branch.work is None and (reviewed := describe_review(branch)):
        yield Text(reviewed, "dim")
    waits = turn.whose is Whose.MANAGER
    if waits and branch.standing and (plan := plans.shorten_plan(branch.standing.question)):
        yield Text(f"plan: {escape_hidden(plan)}", "bold")
    if branch.standing and branch.standing.question and waits and branch.standing.question.needs:
        question = " ".join(branch.standing.question.needs.split())
        yield Text(f"asks: {escape_hidden(question)}", "bold")
    if branch.standing and branch.work:
        for line in run_differences.notable_differences(branch.standing):
            yield Text(line, "yellow")
    yield from _describe_work(branch, fleet)
    if branch.sync in SYNC:
        yield Text(SYNC[branch.sync], "dim")
    if branch.conflict and branch.conflict.failed:
        failed = escape_hidden(branch.conflict.failed)
        yield Text(f"git could not merge it with {escape_hidden(fleet.base.name)}: {failed}", "yellow")
    if branch.bridge:
        yield Text(stacking.describe_bridge(branch), "dim")
    if command := stacking.follow_command(branch):
        yield Text.assemble("to follow it: ", (command, "cyan"))
    for line in (
        collisions.describe_collisions(fleet, branch),
        collisions.describe_uncommitted_collisions(fleet, branch),
    ):
        if line:
            yield Text(line, "yellow")
    if branch.conflict and branch.conflict.below:
        yield Text(f"conflicts where {escape_hidden(branch.conflict.below)} does: settled there", "dim")
    if branch.conflict and has_conflict(branch):
        yield Text(
            fit_names("conflicts in ", [escape_hidden(f.path) for f in branch.conflict.files], room), "red"
        )


def _describe_work(branch: Branch, fleet: Fleet) -> Iterable[Text]:
    """What is known of its checks and tests, and where its agent's words and git differ."""
    word, cell = check_cell.summarize_checks(branch)
    if cell:
        yield Text(f"checks {cell}", "red" if word in check_cell.BAD else "dim")
    if tests := integrity.summarize_integrity(branch):
        yield Text(tests, "yellow")
    if claims := summarize_contradictions(find_contradictions(branch, fleet.policy)):
        yield Text(claims, "yellow")


def _render_next_action(branch: Branch, fleet: Fleet, room: int) -> list[Text]:
    """The next action: its words and its command on one line, or the command on the lines below."""
    action = next_action(branch, fleet.base)
    if action is None:
        return []
    if action.command and cell_len(f"{action.text}: {action.command}") <= room:
        return [Text.assemble(f"{action.text}: ", (action.command, "cyan"))]
    return [
        *wrap_text(Text(action.text), room),
        *(Text(line, "cyan") for line in fit_command(action, room)),
    ]


def _render_table(headings: tuple[str, ...], rows: Sequence[Row], width: int) -> list[Text]:
    head = Row(tuple(Text(heading, "dim") for heading in headings), ())
    all_rows = (head, *rows)
    widths = [max(row.cells[i].cell_len for row in all_rows) for i in range(len(headings))]
    taken = sum(widths[1:]) + len(GAP) * len(headings)
    widths[0] = min(widths[0], max(width - taken, NARROWEST))
    lines = []
    for row in all_rows:
        lines.append(_render_row(headings, row.cells, widths, width))
        lines += [Text(INDENT).append_text(line) for line in row.below]
    return lines


def _render_row(headings: tuple[str, ...], cells: Sequence[Text], widths: Sequence[int], width: int) -> Text:
    line = Text()
    for heading, cell, size in zip(headings, cells, widths, strict=True):
        cell.truncate(size, overflow="ellipsis")
        blank = Text(" " * (size - cell.cell_len))
        line.append(GAP)
        line.append_text(blank + cell if heading in NUMBERS else cell + blank)
    line.rstrip()
    line.truncate(width, overflow="ellipsis")
    return line


def _format_age(seconds: int) -> str:
    age = format_age(seconds)
    return "just now" if age == "now" else f"{age} ago"
