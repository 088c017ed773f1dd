"""Fleet → what was said on all its branches, newest first: one page of it, and one Atom feed.

Belongs here: check-ins, answers, reviews and outcomes of the whole fleet as entries, their ids, and
how many of them are shown. Does not: a single branch's timeline (see `timeline`), HTML or XML.

An entry's id comes of what was said alone (path, blob, time), so it is the same in every clone and
under every address at which the site is published. The feed's own id comes of the forge's address, so
that clones agree; without a forge nothing better than the repository's name is at hand.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.documents.placeholders import is_none_phrase
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Answer, CheckIn, Document, Outcome, Part, Review
from agentledger.model.text import encode, format_count, format_path, format_rfc3339
from agentledger.model.work import Task
from agentledger.site import timeline
from agentledger.site.labels import Frame, Mark, build_frame
from agentledger.site.markdown.render import Rendered
from agentledger.site.timeline import Render, Said

PAGE_SHOWN, ATOM_SHOWN = 300, 100  # entries
LONG = 16 << 10  # characters of one document; a longer one is read on its branch's page
MOST_TEXT = 1 << 20  # characters of all documents on the page
BRANCHES_SHOWN = 3  # of one entry: a check-in goes with every branch that was made from its own

_OURS = uuid.UUID("6f1d2c1e-3a53-5b0e-9c39-8b8f0a4f7f61")  # made up once; a namespace for `uuid5`
# Characters that no XML document may hold, not even as a reference (XML 1.0, 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Place:
    """A branch: its page's path without the ending, and its name."""

    page: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something said. `first` is what is read without opening anything; `rest` stands folded below it.

    `id` is a URN, and `anchor` what the entry is reached by on the page.
    """

    id: str
    anchor: str
    at: int
    task: str
    kind: str
    mark: Mark
    by: str
    places: tuple[Place, ...]
    notes: tuple[str, ...]
    first: tuple[Said, ...]
    rest: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day, UTC."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The page by days, and the feed's `entries`; each with how many it leaves out, in words.

    `updated` is the newest entry's time: a feed to which nothing was added stays as it is.
    """

    frame: Frame
    id: str
    updated: int
    days: tuple[Day, ...]
    days_more: str
    entries: tuple[Entry, ...]
    entries_more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """One document with what the feed says of it: its sections, those named in `lead` first, or `text`."""

    document: Document
    at: int
    task: str
    kind: str
    mark: Mark
    by: str
    branches: tuple[Branch, ...]
    notes: tuple[str, ...]
    lead: tuple[str, ...] = ()
    text: str = ""

    def parts(self) -> tuple[list[Part], list[Part]]:
        """What says anything: what is read at once, and the rest; nothing of what is too long."""
        if len(self.document.text) > LONG:
            return [], []
        if not self.lead:
            return ([Part("", 1, self.text, False)] if self.text.strip() else []), []
        wanted = [self.document.part(title) for title in self.lead]
        telling = [part for part in self.document.parts if not part.empty and not is_none_phrase(part.text)]
        return [p for p in wanted if p in telling and p], [p for p in telling if p not in wanted]


def build_feed(fleet: Fleet, pages: Mapping[str, str], render: Render) -> Feed:
    """The feed of a fleet; `pages` gives each ref its page, and Markdown goes through `render`."""
    found, total = _select_newest(fleet)
    entries = tuple(_build_entry(one, pages, render) for one in found)
    return Feed(
        frame=build_frame(fleet),
        id=_make_urn("feed", fleet.forge or fleet.name),
        updated=entries[0].at if entries else _newest_brief_time(fleet),
        days=tuple(
            Day(day, tuple(of_day))
            for day, of_day in itertools.groupby(entries, key=lambda entry: format_rfc3339(entry.at)[:10])
        ),
        days_more=_describe_rest(len(entries), total),
        entries=entries[:ATOM_SHOWN],
        entries_more=_describe_rest(min(len(entries), ATOM_SHOWN), total),
    )


def list_feed_texts(fleet: Fleet) -> list[str]:
    """The Markdown that `feed` will ask for."""
    found, _ = _select_newest(fleet)
    return [part.text for one in found for parts in one.parts() for part in parts]


def replace_non_xml(text: str) -> str:
    """The text with a replacement character for each one that no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)


# -- what was said -----------------------------------------------------------------------


def _select_newest(fleet: Fleet) -> tuple[list[_Spoken], int]:
    """What the page has room for, newest first, and how much there is altogether."""
    working: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work:
            working.setdefault(branch.work.task, []).append(branch)
    told = (one for task in fleet.tasks for one in _collect_decisions(task, working.get(task.id, ())))
    everything = [*_collect_check_ins(fleet), *told]
    unread = sum(b.work.check_ins_total - len(b.work.check_ins) for b in fleet.branches if b.work)
    newest = sorted(everything, key=lambda one: (-one.at, one.document.source.path, one.document.blob or ""))
    lengths = itertools.accumulate(min(len(one.document.text), LONG) for one in newest[:PAGE_SHOWN])
    room = sum(length <= MOST_TEXT for length in lengths)
    return newest[:room], len(everything) + max(unread, 0)


def _collect_check_ins(fleet: Fleet) -> Iterator[_Spoken]:
    """Each check-in once, with all branches that have it."""
    titles = {task.id: task.title for task in fleet.tasks}
    found: dict[tuple[str, str], list[tuple[CheckIn, Branch]]] = {}
    for branch in sorted(fleet.branches, key=lambda branch: (branch.name, branch.ref)):
        for check_in in branch.work.check_ins if branch.work else ():
            same = check_in.document.source.path, check_in.document.blob or branch.ref
            found.setdefault(same, []).append((check_in, branch))
    for (check_in, branch), *others in found.values():
        yield _Spoken(
            document=check_in.document,
            at=check_in.at,
            task=titles.get(branch.work.task, "") if branch.work else "",
            kind="Check-in",
            mark=timeline.CHECK_IN_MARKS.get(check_in.state, Mark("none", check_in.state)),
            by=check_in.agent,
            branches=(branch, *(other for _, other in others)),
            notes=timeline.describe_check_in(check_in),
            lead=("What I need from you", "What changed"),
        )


def _collect_decisions(task: Task, working: Sequence[Branch]) -> Iterator[_Spoken]:
    """Answers, reviews and the outcome of a task that these branches work on."""

    def told(said: Answer | Review | Outcome, kind: str, word: str, by: str, note: str, text: str) -> _Spoken:
        where = tuple(branch for branch in working if said.branch in (None, "", branch.name))
        lead = ("Findings",) if kind == "Review" else ()
        notes = (note,) if note else ()
        mark = timeline.decision_mark(word) if kind != "Outcome" else Mark("done", word)
        return _Spoken(
            document=said.document,
            at=said.at,
            task=task.title,
            kind=kind,
            mark=mark,
            by=by,
            branches=where,
            notes=notes,
            lead=lead,
            text=text,
        )

    for answer in task.answers:
        yield told(answer, "Answer", answer.decision, answer.by, answer.checkpoint or "", answer.text)
    for review in task.reviews:
        yield told(review, "Review", review.verdict, review.reviewer, f"of {review.head[:10]}", "")
    for end in (task.outcome,) if task.outcome else ():
        yield told(end, "Outcome", end.outcome, end.by, "", end.text)


# -- how it is shown ---------------------------------------------------------------------


def _build_entry(one: _Spoken, pages: Mapping[str, str], render: Render) -> Entry:
    source = one.document.source
    # What is too long to be read has no blob yet; its place tells it from others.
    urn = _make_urn(source.path, one.document.blob or source.ref, str(one.at))
    first, rest = one.parts()
    more = len(one.branches) - BRANCHES_SHOWN
    return Entry(
        id=urn,
        anchor=f"said-{urn[-12:]}",
        at=one.at,
        task=one.task,
        kind=one.kind,
        mark=one.mark,
        by=one.by,
        places=tuple(Place(pages[b.ref], b.name) for b in one.branches[:BRANCHES_SHOWN]),
        notes=(
            *([f"and {format_count(more, 'more branch', 'more branches')}"] if more > 0 else []),
            *one.notes,
        ),
        first=_build_sections(first, render) if len(one.document.text) <= LONG else _LEFT_OUT,
        rest=_build_sections(rest, render),
    )


_LEFT_OUT = (Said("", Rendered(Markup(""), "Left out: it is too long for this page.", ())),)


def _build_sections(parts: Iterable[Part], render: Render) -> tuple[Said, ...]:
    return tuple(Said(part.title, render(part.text)) for part in parts)


def _make_urn(*names: str) -> str:
    """A name that no two things share: `urn:uuid:…` (RFC 4122, version 5)."""
    return uuid.uuid5(_OURS, format_path(encode("\0".join(names)))).urn


def _newest_brief_time(fleet: Fleet) -> int:
    """The time of a feed without entries: when the newest brief was committed, so far as that is known."""
    return max((t.brief.document.source.at or 0 for t in fleet.tasks if t.brief), default=0)


def _describe_rest(shown: int, total: int) -> str:
    return f"The newest {shown:,} of {total:,}." if shown < total else ""
