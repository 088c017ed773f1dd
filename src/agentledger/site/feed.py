"""Fleet → what was said on all its branches, newest first, as one page and one Atom feed.

Belongs here: check-ins, answers, reviews and outcomes of the whole fleet as entries, their ids, and how
many are shown. Does not: one branch's timeline (see `timeline`), HTML or XML.

An entry's id is computed from the document alone (path, blob, time), so it is the same in every clone and
at every address where the site is published. The feed's own id is computed from the forge's address, so
that clones agree; without a forge there is nothing better than the repository's name.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from agentledger.attention.clock import seconds_ahead, time_of
from agentledger.attention.turn import WHOSE_WORDS, turn_of
from agentledger.documents.placeholders import is_none_phrase
from agentledger.documents.status import NEEDS, PLAN
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Answer, CheckIn, Document, Outcome, Part, Review
from agentledger.model.text import encode, format_count, format_path, format_rfc3339
from agentledger.model.work import Task
from agentledger.site import timeline
from agentledger.site.labels import Frame, Mark, build_frame
from agentledger.site.markdown.render import Rendered
from agentledger.site.timeline import Render, TextSection

PAGE_SHOWN, ATOM_SHOWN = 300, 100  # entries
LONG = 16 << 10  # characters of one document; a longer one is read on its branch's page
MOST_TEXT = 1 << 20  # characters of all documents on the page
BRANCHES_SHOWN = 3  # of one entry: every branch made from a check-in's branch also has that check-in

_OURS = uuid.UUID("6f1d2c1e-3a53-5b0e-9c39-8b8f0a4f7f61")  # chosen once: the namespace of all our ids
# Characters that no XML document may contain, not even as a reference (XML 1.0, 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Place:
    """A branch: its page's path without the ending, and its name."""

    page: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document that somebody wrote about a task, as the page and the feed show it."""

    #: A URN, `urn:uuid:…`.
    id: str
    #: The fragment (`#…`) that leads to the entry on the page.
    anchor: str
    #: Seconds since the epoch.
    at: int
    #: The task's title.
    task: str
    kind: str
    mark: Mark
    by: str
    #: Branches that have it, at most BRANCHES_SHOWN; a note counts the others.
    places: tuple[Place, ...]
    #: Whose turn it is now with the branches whose newest check-in it is. The page alone has it: a feed's reader
    #: keeps an entry as it once was.
    turns: tuple[str, ...]
    notes: tuple[str, ...]
    #: The sections that are read without opening anything.
    open_sections: tuple[TextSection, ...]
    #: The sections that are folded below them.
    folded_sections: tuple[TextSection, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day, UTC."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The page, by days, and the Atom feed."""

    frame: Frame
    id: str
    #: The newest entry's time, so that a feed without new entries stays the same, byte for byte.
    updated: int
    #: What the page shows, and a sentence about what it leaves out; "" for nothing.
    days: tuple[Day, ...]
    days_more: str
    #: What the Atom feed contains, and the same sentence about it.
    entries: tuple[Entry, ...]
    entries_more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeedItem:
    """One document before its Markdown is rendered. The fields are those of an `Entry`, and these."""

    document: Document
    #: When it was written, as far as that can be taken for true (see `attention.clock`).
    at: int
    #: When it says that it was written.
    dated: int
    task: str
    kind: str
    mark: Mark
    by: str
    branches: tuple[Branch, ...]
    notes: tuple[str, ...]
    #: Titles of the sections that are read first; () for a document without sections.
    lead: tuple[str, ...] = ()
    #: The whole text, where there are no sections.
    text: str = ""
    turns: tuple[str, ...] = ()

    def parts(self) -> tuple[list[Part], list[Part]]:
        """The parts that say anything: those to read first, and the rest. Two [] where the text is too long."""
        if len(self.document.text) > LONG:
            return [], []
        if not self.lead:
            return ([Part("", 1, self.text, False)] if self.text.strip() else []), []
        leading = [self.document.part(title) for title in self.lead]
        filled = [part for part in self.document.parts if not part.empty and not is_none_phrase(part.text)]
        return [p for p in leading if p in filled and p], [p for p in filled if p not in leading]


def build_feed(fleet: Fleet, pages: Mapping[str, str], render: Render) -> Feed:
    """Build the feed of a fleet; `pages` maps each ref to its page, and `render` makes markup of Markdown."""
    newest, total = _select_newest(fleet)
    entries = tuple(_build_entry(item, pages, render) for item in newest)
    return Feed(
        frame=build_frame(fleet),
        id=_make_urn("feed", fleet.forge or fleet.name),
        updated=entries[0].at if entries else _newest_brief_time(fleet),
        days=tuple(
            Day(day, tuple(group))
            for day, group in itertools.groupby(entries, key=lambda entry: format_rfc3339(entry.at)[:10])
        ),
        days_more=_describe_rest(len(entries), total),
        entries=entries[:ATOM_SHOWN],
        entries_more=_describe_rest(min(len(entries), ATOM_SHOWN), total),
    )


def list_feed_texts(fleet: Fleet) -> list[str]:
    """The Markdown texts that `build_feed` will pass to `render`, so that they can be rendered in one go."""
    newest, _ = _select_newest(fleet)
    return [part.text for item in newest for parts in item.parts() for part in parts]


def replace_non_xml(text: str) -> str:
    """The text with U+FFFD in place of each character that no XML document may contain."""
    return _NOT_XML.sub("\ufffd", text)


# -- what was said -----------------------------------------------------------------------


def _select_newest(fleet: Fleet) -> tuple[list[_FeedItem], int]:
    """The documents that the page has room for, newest first, and how many there are in all."""
    branches_by_task: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work:
            branches_by_task.setdefault(branch.work.task, []).append(branch)
    decisions = (
        item
        for task in fleet.tasks
        for item in _collect_decisions(task, branches_by_task.get(task.id, ()), fleet.now)
    )
    # What was said of a branch without a task.
    loose = (
        replace(item, task="No task")
        for branch in fleet.branches
        if branch.reviews
        for item in _collect_decisions(Task(id="", reviews=branch.reviews), [branch], fleet.now)
    )
    items = [*_collect_check_ins(fleet), *decisions, *loose]
    # Of a branch with very many check-ins only the newest are read; the others are counted.
    unread_count = sum(b.work.check_ins_total - len(b.work.check_ins) for b in fleet.branches if b.work)
    newest = sorted(items, key=lambda item: (-item.at, item.document.source.path, item.document.blob or ""))
    lengths = itertools.accumulate(min(len(item.document.text), LONG) for item in newest[:PAGE_SHOWN])
    fitting_count = sum(length <= MOST_TEXT for length in lengths)
    return newest[:fitting_count], len(items) + max(unread_count, 0)


def _collect_check_ins(fleet: Fleet) -> Iterator[_FeedItem]:
    """Yield each check-in once, with all branches that have it."""
    titles = {task.id: task.title for task in fleet.tasks}
    holders: dict[tuple[str, str], list[tuple[CheckIn, Branch]]] = {}
    for branch in sorted(fleet.branches, key=lambda branch: (branch.name, branch.ref)):
        for check_in in branch.work.check_ins if branch.work else ():
            key = check_in.document.source.path, check_in.document.blob or branch.ref
            holders.setdefault(key, []).append((check_in, branch))
    for (check_in, branch), *others in holders.values():
        held_by = (branch, *(other for _, other in others))
        yield _FeedItem(
            document=check_in.document,
            at=time_of(check_in, fleet.now),
            dated=check_in.at,
            task=titles.get(branch.work.task, "") if branch.work else "",
            kind="Check-in",
            mark=timeline.CHECK_IN_MARKS.get(check_in.state, Mark("none", check_in.state)),
            by=check_in.agent,
            branches=held_by,
            notes=(*timeline.describe_check_in(check_in), *_describe_clock(check_in, fleet.now)),
            turns=tuple(_list_turns(check_in, held_by)),
            lead=(*((PLAN,) if check_in.checkpoint else ()), NEEDS, "What changed"),
        )


def _list_turns(check_in: CheckIn, branches: Iterable[Branch]) -> list[str]:
    """Whose turn it is with the branches that have said nothing since, each once."""
    newest = [b for b in branches if b.work and b.work.check_ins[0].document == check_in.document]
    turns = [turn_of(branch) for branch in newest]
    return list(dict.fromkeys(f"{WHOSE_WORDS[turn.whose]}: {turn.why}" for turn in turns if turn.why))


def _describe_clock(dated: CheckIn, now: int) -> tuple[str, ...]:
    return (f"dated {format_rfc3339(dated.at)}, which is ahead",) if seconds_ahead(dated, now) else ()


def _collect_decisions(task: Task, branches: Sequence[Branch], now: int) -> Iterator[_FeedItem]:
    """Yield answers, reviews and the outcome of a task that these branches work on."""

    def make_item(
        decision: Answer | Review | Outcome, kind: str, *, word: str, by: str, note: str = "", text: str = ""
    ) -> _FeedItem:
        item_branches = tuple(branch for branch in branches if decision.branch in (None, "", branch.name))
        lead = ("Findings",) if kind == "Review" else ()
        notes = (note,) if note else ()
        mark = timeline.decision_mark(word) if kind != "Outcome" else Mark("done", word)
        return _FeedItem(
            document=decision.document,
            at=time_of(decision, now),
            dated=decision.at,
            task=task.title,
            kind=kind,
            mark=mark,
            by=by,
            branches=item_branches,
            notes=notes,
            lead=lead,
            text=text,
        )

    for answer in task.answers:
        yield make_item(
            answer,
            "Answer",
            word=answer.decision,
            by=answer.by,
            note=answer.checkpoint or "",
            text=answer.text,
        )
    for review in (*task.reviews, *task.no_verdicts):
        yield make_item(
            review, "Review", word=review.verdict, by=review.reviewer, note=f"of {review.head[:10]}"
        )
    for outcome in (task.outcome,) if task.outcome else ():
        yield make_item(outcome, "Outcome", word=outcome.outcome, by=outcome.by, text=outcome.text)


# -- how it is shown ---------------------------------------------------------------------


def _build_entry(item: _FeedItem, pages: Mapping[str, str], render: Render) -> Entry:
    source = item.document.source
    # A document that is too long to be read has no blob; its ref distinguishes it from others.
    urn = _make_urn(source.path, item.document.blob or source.ref, str(item.dated))
    open_parts, folded_parts = item.parts()
    more_count = len(item.branches) - BRANCHES_SHOWN
    return Entry(
        id=urn,
        anchor=f"said-{urn[-12:]}",
        at=item.at,
        task=item.task,
        kind=item.kind,
        mark=item.mark,
        by=item.by,
        places=tuple(Place(pages[b.ref], b.name) for b in item.branches[:BRANCHES_SHOWN]),
        notes=(
            *([f"and {format_count(more_count, 'more branch', 'more branches')}"] if more_count > 0 else []),
            *item.notes,
        ),
        open_sections=_build_sections(open_parts, render) if len(item.document.text) <= LONG else _LEFT_OUT,
        folded_sections=_build_sections(folded_parts, render),
        turns=item.turns,
    )


_LEFT_OUT = (TextSection("", Rendered(Markup(""), "Left out: it is too long for this page.", ())),)


def _build_sections(parts: Iterable[Part], render: Render) -> tuple[TextSection, ...]:
    return tuple(TextSection(part.title, render(part.text)) for part in parts)


def _make_urn(*names: str) -> str:
    """A unique name computed from these names: `urn:uuid:…` (RFC 4122, version 5)."""
    return uuid.uuid5(_OURS, format_path(encode("\0".join(names)))).urn


def _newest_brief_time(fleet: Fleet) -> int:
    """The time of a feed without entries: when the newest brief was committed; 0 where no time is known."""
    return max((t.brief.document.source.at or 0 for t in fleet.tasks if t.brief), default=0)


def _describe_rest(shown_count: int, total: int) -> str:
    return f"The newest {shown_count:,} of {total:,}." if shown_count < total else ""
