"""What base's commit messages say of reverts: which commit takes back which, as far as the words go.

Belongs here: reading those messages, and which commits they mean. Does not: whether base really has taken the
change back (see `takebacks`).

Read are `This reverts commit ID`, as git writes it; `Reverts owner/repo#N` and `Revert "… (#N)"`, as forges do.
A revert that was itself reverted says nothing any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.changes.ancestry import History
from agentledger.git.commits import Message

_BY_ID = re.compile(r"\breverts? (?:commits? )?([0-9a-f]{7,64})\b", re.IGNORECASE)
_BY_NUMBER = re.compile(
    r"\breverts? (?:pull request |merge request |PR )?(?:[\w.-]+/[\w.-]+)?[#!](\d+)\b", re.IGNORECASE
)
_BY_SUBJECT = re.compile(r'^\s*(?:Revert|Back out|Backout):? "(.+)"(?: \(#\d+\))?\s*$')
_NUMBERED = re.compile(r"\(#(\d+)\)\s*$|^Merge pull request #(\d+)\b|^Auto merge of #(\d+)\b")


class Named(NamedTuple):
    """What one commit says that it takes back: commits by id, requests by number, subjects."""

    commit: str
    ids: tuple[str, ...]
    numbers: tuple[str, ...]
    subject: str


class Revert(NamedTuple):
    """A commit of base's first-parent line that says it takes back `target`, which base had then."""

    landing: str
    target: str


def parse_message(message: Message) -> Named | None:
    """Return what a message says that its commit takes back; None where it names nothing."""
    subject, _, _ = message.text.partition("\n")
    quoted = match[1] if (match := _BY_SUBJECT.match(subject)) else ""
    ids = tuple(dict.fromkeys(each.lower() for each in _BY_ID.findall(message.text)))
    numbers = dict.fromkeys(_BY_NUMBER.findall(message.text))
    if number := number_of(quoted):
        numbers[number] = None
    named = Named(message.commit, ids, tuple(numbers), quoted)
    return named if ids or numbers or quoted else None


def number_of(subject: str) -> str:
    """Return the number of the request that a commit with this subject landed; '' where it has none."""
    match = _NUMBERED.search(subject)
    return next((number for number in match.groups() if number), "") if match else ""


@dataclass(frozen=True, slots=True)
class _Landings:
    """The commits of base that something may take back, by number and by subject."""

    by_number: Mapping[str, str]
    by_subject: Mapping[str, str]


def match_reverts(
    history: History, named: Sequence[Named], subjects: Mapping[str, str]
) -> tuple[Revert, ...]:
    """Return the reverts that hold, newest first, with the commits of base that they name.

    `named` are newest first. `subjects` are those of commits of base's first-parent line; a number or a
    subject can mean one of these only.
    """
    landings = _index_landings(subjects)
    prefixes = _index_prefixes(history, named)
    undone: set[str] = set()
    reverts = []
    for each in named:
        if not history.contains(each.commit):
            continue
        landing = history.landing(each.commit)
        if undone.isdisjoint((each.commit, landing)):
            targets = [
                t for t in _find_targets(each, landings, prefixes) if _is_older(history, t, each.commit)
            ]
            undone.update(targets)
            reverts += [Revert(landing, target) for target in targets]
    return tuple(reverts)


def _index_landings(subjects: Mapping[str, str]) -> _Landings:
    by_number = {number: commit for commit, subject in subjects.items() if (number := number_of(subject))}
    by_subject = {_plain_subject(subject): commit for commit, subject in subjects.items()}
    return _Landings(by_number, by_subject)


def _plain_subject(subject: str) -> str:
    return re.sub(r"\s*\(#\d+\)\s*$", "", subject).strip()


def _index_prefixes(history: History, named: Iterable[Named]) -> dict[str, str]:
    """Map ids as messages have them, often shortened, to the commits of base; ambiguous ones are left out."""
    wanted = {oid for each in named for oid in each.ids}
    found = {oid: oid for oid in wanted if history.contains(oid)}
    short = wanted - found.keys()
    lengths = {len(oid) for oid in short}
    if short:
        for commit in history.position:
            for length in lengths:
                if (prefix := commit[:length]) in short:
                    found[prefix] = "" if prefix in found else commit
    return {oid: commit for oid, commit in found.items() if commit}


def _find_targets(named: Named, landings: _Landings, prefixes: Mapping[str, str]) -> list[str]:
    targets = [prefixes[oid] for oid in named.ids if oid in prefixes]
    targets += [landings.by_number[n] for n in named.numbers if n in landings.by_number]
    # Subjects are not unique, so they count only where nothing better names the commit.
    if not targets and _plain_subject(named.subject) in landings.by_subject:
        targets.append(landings.by_subject[_plain_subject(named.subject)])
    return list(dict.fromkeys(targets))


def _is_older(history: History, target: str, commit: str) -> bool:
    """Was the target in base before this commit came? A branch may revert its own commits before it lands."""
    return history.step(target) < history.step(commit)
