"""Fleet → the board: every word, order and count on it, so that the template has no logic.

Belongs here: the frozen view models of the board and of the list of ended branches. Does not: HTML, a
branch's own page (see `branch_view`), or words that both use (see `labels`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agentledger.attention import (
    ended_tasks,
    left_out,
    loose_work,
    planned,
    plans,
    sections,
    stacking,
    turn,
    wip_headings,
)
from agentledger.attention.claims import find_contradictions, summarize_contradictions
from agentledger.attention.collisions import describe_fleet_collisions
from agentledger.attention.commands import NextAction
from agentledger.attention.sections import Section
from agentledger.attention.wanted import count_branch_wants
from agentledger.model.fleet import Base, Branch, Fleet, State, Sync
from agentledger.model.merge_plan import MergePlan
from agentledger.model.text import format_count
from agentledger.model.work import ASKING, Standing
from agentledger.site import newtask, page_names, reply
from agentledger.site.collisions import collisions_view, merge_order_view, others_view
from agentledger.site.collisions.pair_view import Places
from agentledger.site.findings_view import SharedFinding, build_shared
from agentledger.site.forge_links import Link
from agentledger.site.labels import (
    STATES,
    Frame,
    Mark,
    branch_title,
    build_frame,
    format_line_counts,
    tests_mark,
)
from agentledger.site.verdict_line import VerdictLine, build_verdict_line

ENDED_SHOWN = 300  # branches on the board; a page of its own lists all of them
UNREADABLE_SHOWN = 5  # branches that are named; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An open branch on the board, in words; "" where there is nothing to say."""

    #: The path of its page, without the ending.
    page: str
    name: str
    title: str
    agent: str
    #: Its last activity, in seconds since the epoch.
    at: int
    #: `+12 −3`, lines added and removed.
    lines: str
    files: str
    #: What is known of it, whose turn it is, its checks, and how git's merge ended.
    known: VerdictLine
    #: Work that is not in its head: a worktree, or commits that are not pushed.
    place: str
    action: NextAction | None
    #: The first words of the plan that is to be approved.
    plan: str = ""
    #: The question that waits for the manager, on one line.
    question: str = ""
    #: How many of its findings are waived.
    waived: str = ""
    #: Where to answer the question.
    reply: Link | None = None
    #: With whom it collides.
    collides: str = ""
    #: What its tests have lost.
    tests: Mark | None = None
    #: Where its agent's words and git differ.
    claims: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSection:
    """Rows under a heading."""

    key: str
    heading: str
    #: The word for these rows in the filter by state.
    filter: str
    #: A sentence below the heading: what the section means.
    lead: str
    rows: tuple[Row, ...]
    #: How much is in progress, against the policy's limits.
    meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndedRow:
    """A branch that needs nothing: its name, why it ended (where that is not obvious), its last activity."""

    page: str
    name: str
    why: str
    at: int


@dataclass(frozen=True, slots=True)
class EndedGroup:
    """All branches that ended in the same way: `count` of them; `rows` are those that are listed."""

    key: str
    mark: Mark
    lead: str
    count: int
    rows: tuple[EndedRow, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Branches that git could not read. The board shows them, so that nobody has to search for them."""

    mark: Mark
    rows: tuple[EndedRow, ...]
    more_count: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A task that nobody works on yet."""

    id: str
    title: str
    priority: int
    action: NextAction


@dataclass(frozen=True, slots=True)
class EndedTask:
    """A task that has ended, or whose branches are gone, and that has no branch with a page."""

    id: str
    title: str
    #: How it ended, or where it was last seen.
    why: str
    #: The question to the manager, and the commands that answer it; '' where it has ended.
    question: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board. The list of ended branches is the same value, with more of them."""

    frame: Frame
    summary: str
    #: Base as a person would type it, without `refs/heads/`.
    base_ref: str
    #: How base's other copy (local or remote) differs from the one that was read; "" where it does not.
    base_note: str
    #: Why this branch is base.
    base_why: str
    #: Is there a remote to fetch from?
    has_remote: bool
    #: The last fetch, in seconds since the epoch; None where there was none.
    fetched_at: int | None
    notes: tuple[str, ...]
    unreadable: Unreadable | None
    sections: tuple[BoardSection, ...]
    ended: tuple[EndedGroup, ...]
    ended_count: int
    #: True where not all ended branches are listed, so that they have a page of their own.
    ended_more: bool
    #: The choices of the two filters.
    agents: tuple[str, ...]
    states: tuple[str, ...]
    #: Tasks that nobody works on yet.
    planned: tuple[Planned, ...] = ()
    #: Tasks that ended and have no branch any more, and those whose branches are gone without a sign why.
    ended_tasks: tuple[EndedTask, ...] = ()
    gone: tuple[EndedTask, ...] = ()
    #: The other pages that there are of the whole fleet.
    links: tuple[Link, ...] = ()
    #: What the branches at work will need at the gates to come, a sentence for each gate.
    wants: tuple[str, ...] = ()
    #: What is found on several branches, and so is on no branch's own page.
    shared: tuple[SharedFinding, ...] = ()
    #: A sentence about the branches of robots, which are not listed; "" for none.
    left_out: str = ""


# By section above the ended branches: its heading, its word in the filter, and what it means.
_SECTIONS: dict[Section, tuple[str, str, str]] = {
    Section.YOUR_TURN: (
        "Your turn",
        "Your turn",
        "Questions first, then what is ready{order}, then what goes back to its agent; else the longest wait first.",
    ),
    Section.HELD: (
        "Held",
        "Held",
        "With their agents, and out of bounds, in conflict with {base}, or no longer ready; or taken back by {base}.",
    ),
    Section.KILL: ("Kill?", "Kill", "A criterion is met at which the brief says to give up."),
    Section.SILENT: ("Silent", "Silent", "No check-in for longer than the brief allows."),
    Section.WORKING: (
        "Working",
        "Working",
        "Nothing to do but wait. Held and silent ones count for the limit, too.",
    ),
    Section.UNBRIEFED: ("Unbriefed", "Unbriefed", "Branches without a brief, last activity first."),
}
# The same where nobody uses briefs: only these two sections can have branches, in words that need no brief.
_WITHOUT_TASKS: dict[Section, tuple[str, str, str]] = {
    Section.UNBRIEFED: ("Open", "Open", "Last activity first."),
    Section.HELD: ("Held: conflicts with {base}", "Conflicts", "Whoever wrote them brings {base} in first."),
}

# In such a fleet, where base has also taken a change back.
_HELD_OR_REVERTED = ("Held", "Held", "In conflict with {base}, or taken back by {base}.")


def _section_texts(fleet: Fleet) -> tuple[tuple[Section, str, str, str], ...]:
    texts = _SECTIONS if fleet.tasks else _WITHOUT_TASKS
    if not fleet.tasks and any(branch.state is State.REVERTED for branch in fleet.branches):
        texts = {**texts, Section.HELD: _HELD_OR_REVERTED}
    return tuple((section, *texts[section]) for section in sections.section_order(fleet) if section in texts)


# By how local and remote base relate: the note about the one that was not taken.
_TWIN = {
    Sync.AHEAD: "{other} is behind it",
    Sync.BEHIND: "{other} here is behind it",
    Sync.DIVERGED: "{other} here has diverged from it",
}


def _list_notes(fleet: Fleet) -> tuple[str, ...]:
    """The fleet's notes, but the one that counts collisions: the page links to them, and each row names its own."""
    return tuple(note for note in fleet.notes if note != describe_fleet_collisions(fleet))


def build_board(
    fleet: Fleet,
    pages: Mapping[str, str],
    ended_shown: int | None = ENDED_SHOWN,
    plan: MergePlan | None = None,
) -> Board:
    """Build the board of a fleet; `pages` maps each ref to its page. `ended_shown` None: list all ended ones.

    With a `plan` to show, there is a link to its page.
    """
    groups = sections.group_by_section(fleet)
    ended = groups[Section.ENDED]
    unreadable = [branch for branch in ended if branch.state is State.UNREADABLE]
    board_sections = tuple(
        _build_section(texts, groups[texts[0]], fleet, pages) for texts in _section_texts(fleet)
    )
    meters = wip_headings.format_meters(fleet)
    return Board(
        frame=build_frame(fleet),
        summary=_describe_totals(groups, fleet),
        base_ref=_shorten_ref(fleet.base.ref),
        base_note=_describe_twin(fleet.base),
        base_why=fleet.base.why,
        has_remote=fleet.base.remote is not None,
        fetched_at=fleet.base.fetched_at,
        notes=(*_list_notes(fleet), *(() if fleet.forecast else ("Conflicts were left out, as asked.",))),
        unreadable=_build_unreadable(unreadable, pages),
        sections=tuple(replace(p, meters=meters.get(Section(p.key), ())) for p in board_sections),
        ended=_build_ended_groups(ended, pages, ended_shown),
        ended_count=len(ended),
        ended_more=ended_shown is not None and len(ended) > ended_shown,
        agents=tuple(sorted({b.agent.name for b in fleet.branches if b.agent}, key=str.casefold)),
        planned=tuple(
            Planned(t.id, t.title, t.brief.priority if t.brief else 2, planned.planned_action(t))
            for t in sections.planned_tasks(fleet)
        ),
        ended_tasks=tuple(
            EndedTask(t.id, t.title, ended_tasks.describe_end(t)) for t in ended_tasks.ended_tasks(fleet)
        ),
        gone=tuple(
            EndedTask(t.id, t.title, ended_tasks.describe_end(t), *ended_tasks.ask_about_gone(t, fleet))
            for t in ended_tasks.gone_tasks(fleet)
        ),
        links=tuple(_list_links(fleet, plan)),
        wants=tuple(f"{line[0].upper()}{line[1:]}." for line in count_branch_wants(fleet.branches)),
        shared=build_shared(fleet),
        left_out=left_out.format_left_out(fleet),
        states=(
            *(p.filter for p in board_sections if p.rows),
            *(g.mark.text for g in _build_ended_groups(ended, pages, 0)),
        ),
    )


def _list_links(fleet: Fleet, plan: MergePlan | None) -> Iterator[Link]:
    if collisions_view.is_offered(fleet):
        yield Link(page_names.COLLISIONS, "Collisions")
    if merge_order_view.is_offered(plan):
        yield Link(page_names.MERGE_ORDER, "Merge order")
    if fleet.tasks:
        yield Link(page_names.CHECK_INS, "Check-ins of all branches")
    if newtask.is_offered(fleet):
        yield Link(page_names.NEW_TASK, "New task")


def list_board_branches(fleet: Fleet) -> tuple[Branch, ...]:
    """The branches that the board's filter by path covers: all that have not ended, in the board's order."""
    groups = sections.group_by_section(fleet)
    return tuple(branch for section, *_ in _section_texts(fleet) for branch in groups[section])


def _describe_totals(groups: Mapping[Section, Sequence[Branch]], fleet: Fleet) -> str:
    ended = len(groups[Section.ENDED])
    conflict_count = sum(
        turn.has_conflict(b)
        for section, branches in groups.items()
        for b in branches
        if section is not Section.ENDED
    )
    open_count = sum(map(len, groups.values())) - ended
    conflict_text = (
        f", {conflict_count or 'none'} of them in conflict with {fleet.base.name}"
        if fleet.forecast and open_count
        else ""
    )
    ended_text = f"; {ended:,} ended" if ended else ""
    return f"{format_count(open_count, 'open branch', 'open branches')}{conflict_text}{ended_text}."


def _describe_twin(base: Base) -> str:
    text = _TWIN.get(base.sync)
    return text.replace("{other}", _shorten_ref(base.other_ref)) if text and base.other_ref else ""


def _shorten_ref(ref: str) -> str:
    return re.sub("^refs/(heads|remotes)/", "", ref)


def _build_section(
    texts: tuple[Section, str, str, str], branches: Sequence[Branch], fleet: Fleet, pages: Mapping[str, str]
) -> BoardSection:
    section, heading, filter_word, lead = texts
    name, places = fleet.base.name, Places(fleet, pages)
    titles = {task.id: task.title for task in fleet.tasks if task.brief}
    return BoardSection(
        key=section.value,
        heading=heading.replace("{base}", name),
        filter=filter_word,
        lead=lead.replace("{base}", name).replace("{order}", ", in merge order" if fleet.merge_order else ""),
        rows=tuple(_build_row(branch, fleet, places, titles) for branch in branches),
    )


def _build_row(branch: Branch, fleet: Fleet, places: Places, titles: Mapping[str, str]) -> Row:
    """Build a branch's row; `titles` are the tasks'. The manager's title says more than a commit's subject."""
    page, known = places.find(branch.ref).page, build_verdict_line(branch, fleet.base)
    return Row(
        page=page,
        name=branch.name,
        title=titles.get(branch.work.task if branch.work else "") or branch_title(branch),
        agent=branch.agent.name if branch.agent else "",
        at=branch.active_at,
        lines=format_line_counts(branch.added, branch.removed),
        files=format_count(len(branch.code_changes), "file"),
        known=known,
        place=_describe_place(branch),
        plan=_describe_plan(branch),
        question=_describe_question(branch.standing),
        waived=_describe_waived(branch),
        tests=tests_mark(branch),
        reply=reply.first_reply_link(branch, fleet, page),
        collides=others_view.describe_row(branch, fleet),
        claims=summarize_contradictions(find_contradictions(branch, fleet.policy)),
        action=known.action,
    )


def _describe_plan(branch: Branch) -> str:
    standing = branch.standing
    waits = standing is not None and turn.turn_of(branch).whose is turn.Whose.MANAGER
    return plans.shorten_plan(standing.question) if standing and waits else ""


def _describe_waived(branch: Branch) -> str:
    waived = sum(finding.waived is not None for finding in branch.findings or ())
    return f"{waived} waived" if waived else ""


def _describe_question(standing: Standing | None) -> str:
    """The question that waits for the manager, on one line of at most 240 characters."""
    if standing is None or standing.question is None or standing.progress not in ASKING:
        return ""
    question = " ".join(standing.question.needs.split())
    return question if len(question) <= 240 else f"{question[:239]}…"


def _describe_place(branch: Branch) -> str:
    """Where there is work beside the head that is shown, a worktree or another copy, and what it stands on."""
    places = {Sync.AHEAD: "not all pushed", Sync.DIVERGED: "diverged from its remote"}
    place = loose_work.describe_place(branch) or places.get(branch.sync, "")
    return ", ".join(part for part in (place, stacking.describe_stands(branch)) if part)


def _build_unreadable(branches: Sequence[Branch], pages: Mapping[str, str]) -> Unreadable | None:
    if not branches:
        return None
    rows = tuple(_build_ended_row(branch, pages) for branch in branches[:UNREADABLE_SHOWN])
    mark = Mark("warn", f"{format_count(len(branches), 'branch', 'branches')} could not be read")
    return Unreadable(mark, rows, len(branches) - len(rows))


def _build_ended_groups(
    ended: Sequence[Branch], pages: Mapping[str, str], limit: int | None
) -> tuple[EndedGroup, ...]:
    rows_left = len(ended) if limit is None else limit
    groups = []
    for state, (mark, lead) in STATES.items():
        branches = [branch for branch in ended if branch.state is state]
        if branches:
            rows = tuple(_build_ended_row(branch, pages) for branch in branches[:rows_left])
            rows_left -= len(rows)
            groups.append(EndedGroup(state.value, mark, lead, count=len(branches), rows=rows))
    return tuple(groups)


def _build_ended_row(branch: Branch, pages: Mapping[str, str]) -> EndedRow:
    # The heading of the group says it already.
    is_obvious = branch.state in (State.MERGED, State.DORMANT, State.EMPTY)
    why = "" if is_obvious else branch.state_why
    more = "; ".join(filter(None, (why, loose_work.describe_place(branch))))
    return EndedRow(pages[branch.ref], branch.name, more, branch.active_at)
