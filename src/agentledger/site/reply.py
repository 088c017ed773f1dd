"""What a branch waits for → the files with which its manager can settle that on the forge.

Belongs here: which files are offered for which branch, under which names. Does not: their texts (see
`blank`), or the forge's addresses (see `newfile`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from agentledger.ledger import CheckIn
from agentledger.model import Branch, Fleet, State
from agentledger.site import blank, newfile
from agentledger.site.links import Link
from agentledger.site.newfile import Desk, Missing, NewFile
from agentledger.text import HIDDEN, encode
from agentledger.work import Progress, Standing, Task

_ASKING = (Progress.NEEDS_INPUT, Progress.BLOCKED)
# What cannot stand in front matter, though it hides nothing (see `documents.frame`).
_NO_YAML = re.compile("[\ufffe\uffff]")
_PLAIN = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Replies:
    """The files on offer, the likeliest first, and what to know of them; or what they lack.

    `pasted`: at this forge the text of at least one has to be pasted.
    """

    files: tuple[NewFile, ...] = ()
    note: str = ""
    pasted: bool = False
    missing: Missing | None = None


def replies(branch: Branch, fleet: Fleet) -> Replies | None:
    """What its manager can write on the forge; None where nothing is waited for, or nobody can tell."""
    found, work = branch.standing, branch.work
    if branch.state is not State.OPEN or found is None or work is None or fleet.forge is None:
        return None
    if not (found.progress is Progress.READY or _asks(found)):
        return None
    desk = newfile.desk(fleet)
    if desk is None:
        missing = newfile.missing(fleet)
        return Replies(missing=missing) if missing else None
    task = next((task for task in fleet.tasks if task.id == work.task), Task(work.task))
    offered = _Offer(branch, fleet, found, desk, task)
    files = offered.reviews() if found.progress is Progress.READY else offered.answers()
    pasted = any(file.text for file in files)
    return Replies(files, _note(desk, pasted), pasted) if files else None


def on_board(branch: Branch, fleet: Fleet, page: str) -> Link | None:
    """The first answer to its question: on the forge, or on its `page` where a text must be copied first."""
    desk = newfile.desk(fleet) if branch.standing and _asks(branch.standing) else None
    offered = replies(branch, fleet) if desk else None
    if desk is None or offered is None or not offered.files:
        return None
    first = offered.files[0]
    if first.text:
        return Link(f"{page}.html#reply", first.words)
    return Link(first.href, f"{first.words} on {desk.host}")


def _asks(standing: Standing) -> bool:
    """Is a question open?"""
    return standing.progress in _ASKING and standing.question is not None


def _note(desk: Desk, pasted: bool) -> str:
    where = f"on the branch {desk.branch} at {desk.host}"
    if pasted:
        how = f"Each opens an empty file with its name, {where}: paste the text from below, and commit it."
    else:
        how = f"Each opens a file that is filled in, {where}: read it, add to it, and commit it."
    return f"{how} Here it counts after the next agentledger sync."


@dataclass(frozen=True, slots=True)
class _Offer:
    """The files for one branch."""

    branch: Branch
    fleet: Fleet
    standing: Standing
    desk: Desk
    task: Task

    def answers(self) -> tuple[NewFile, ...]:
        """To the question that waits. A checkpoint takes a decision: a mere answer would leave it closed."""
        asked = self.standing.question
        if asked is None or not _typed(self.branch.name, self.task.id, asked.name):
            return ()
        if asked.checkpoint:
            first = self._answer(asked, "Approve", "approve", "Anything to add? Write it below this line.")
        else:
            first = self._answer(asked, "Answer", "note", "Your answer goes below this line.")
        prompt = "What should be different? Write it below this line."
        return _there(first, self._answer(asked, "Ask for changes", "change", prompt))

    def _answer(self, asked: CheckIn, words: str, decision: str, prompt: str) -> NewFile | None:
        which = self.branch.name if self.standing.rivals else None
        text = blank.answer(decision, prompt, to=asked.name, branch=which, checkpoint=asked.checkpoint)
        taken = {found.name for found in self.task.answers}
        return self._file(words, "answers", f"to-{_short(asked.name)}", taken, text)

    def reviews(self) -> tuple[NewFile, ...]:
        """Of the head that is said to be ready."""
        name, head = self.branch.name, self.branch.head
        if not _typed(name, self.task.id):
            return ()
        taken = {found.name for found in self.task.reviews}
        texts = {
            "Approve": blank.approval(name, head),
            "Ask for changes": blank.changes(name, head, self.fleet),
        }
        file = f"review-{head[:12]}"
        return _there(*(self._file(words, "reviews", file, taken, text) for words, text in texts.items()))

    def _file(self, words: str, folder: str, name: str, taken: Collection[str], text: str) -> NewFile | None:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}-{number}"
        return self.desk.new_file(words, f"tasks/{self.task.id}/{folder}/{free}.md", text)


def _there(*files: NewFile | None) -> tuple[NewFile, ...]:
    return tuple(file for file in files if file)


def _typed(*names: str) -> bool:
    """Can these be written into a document, and be read there for what they are?"""
    return not any(HIDDEN.search(name) or _NO_YAML.search(name) for name in names)


def _short(name: str) -> str:
    """A check-in's name as part of another: agents name their files as they like, and as long."""
    return name if _PLAIN.fullmatch(name) else hashlib.sha256(encode(name)).hexdigest()[:12]
