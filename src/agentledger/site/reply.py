"""What a branch waits for → the files with which its manager can answer on the forge.

Belongs here: which files are offered for which branch, and their names. Does not: their texts (see
`document_templates`), or the forge's addresses (see `newfile`).
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass

from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import CheckIn
from agentledger.model.ledger_paths import control_folder
from agentledger.model.text import HIDDEN, encode
from agentledger.model.work import ASKING, Progress, Standing, Task
from agentledger.site import document_templates, newfile
from agentledger.site.forge_links import Link
from agentledger.site.newfile import Desk, Missing, NewFile

# Characters that front matter cannot contain, although they hide nothing (see `documents.frame`).
_NO_YAML = re.compile("[\ufffe\uffff]")
_PLAIN = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Replies:
    """The files on offer, the most likely first, with a note about them; or what is missing for an offer.

    `pasted`: on this forge the text of at least one has to be pasted.
    """

    files: tuple[NewFile, ...] = ()
    note: str = ""
    pasted: bool = False
    missing: Missing | None = None


def build_replies(branch: Branch, fleet: Fleet) -> Replies | None:
    """What the branch's manager can write on the forge.

    None where the branch does not wait for the manager, or the forge is not known.
    """
    standing, work = branch.standing, branch.work
    if branch.state is not State.OPEN or standing is None or work is None or fleet.forge is None:
        return None
    if not (standing.progress is Progress.READY or _is_question_open(standing)):
        return None
    desk = newfile.find_desk(fleet)
    if desk is None:
        missing = newfile.find_missing(fleet)
        return Replies(missing=missing) if missing else None
    task = next((task for task in fleet.tasks if task.id == work.task), Task(id=work.task))
    offered = _Offer(branch, fleet, standing, desk=desk, task=task)
    files = offered.reviews() if standing.progress is Progress.READY else offered.answers()
    pasted = any(file.text for file in files)
    return Replies(files, _describe_replies(desk, pasted), pasted) if files else None


def first_reply_link(branch: Branch, fleet: Fleet, page: str) -> Link | None:
    """The link to the first answer: on the forge, or on the branch's `page` where a text must be copied first."""
    desk = newfile.find_desk(fleet) if branch.standing and _is_question_open(branch.standing) else None
    offered = build_replies(branch, fleet) if desk else None
    if desk is None or offered is None or not offered.files:
        return None
    first = offered.files[0]
    if first.text:
        return Link(f"{page}.html#reply", first.words)
    return Link(first.href, f"{first.words} on {desk.host}")


def _is_question_open(standing: Standing) -> bool:
    """Does the agent wait for an answer?"""
    return standing.progress in ASKING and standing.question is not None


def _describe_replies(desk: Desk, pasted: bool) -> str:
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
        """Answers to the question that waits. A checkpoint needs an approval: a mere answer leaves it closed."""
        asked = self.standing.question
        if asked is None or not _can_be_written(self.branch.name, self.task.id, asked.name):
            return ()
        if asked.checkpoint:
            first = self._answer_file(
                asked, "Approve", "approve", "Anything to add? Write it below this line."
            )
        else:
            first = self._answer_file(asked, "Answer", "note", "Your answer goes below this line.")
        prompt = "What should be different? Write it below this line."
        return _drop_missing(first, self._answer_file(asked, "Ask for changes", "change", prompt))

    def _answer_file(self, asked: CheckIn, words: str, decision: str, prompt: str) -> NewFile | None:
        # The branch is named only where several work on the task; an answer without it is for all.
        which = self.branch.name if self.standing.rivals else None
        text = document_templates.draft_answer(
            decision, prompt, to=asked.name, branch=which, checkpoint=asked.checkpoint
        )
        taken = {answer.name for answer in self.task.answers}
        return self._file(words, f"answers/to-{_shorten_name(asked.name)}", text, taken=taken)

    def reviews(self) -> tuple[NewFile, ...]:
        """Reviews of the head that the agent reports ready."""
        name, head = self.branch.name, self.branch.head
        if not _can_be_written(name, self.task.id):
            return ()
        taken = {review.name for review in self.task.reviews}
        texts = {
            "Approve": document_templates.draft_approval(name, head),
            "Ask for changes": document_templates.draft_change_request(name, head, self.fleet),
        }
        file = f"reviews/review-{head[:12]}"
        return _drop_missing(*(self._file(words, file, text, taken=taken) for words, text in texts.items()))

    def _file(self, words: str, name: str, text: str, *, taken: Collection[str]) -> NewFile | None:
        # A forge refuses a new file whose name is taken.
        free, number = name, 1
        while posixpath.basename(free) in taken:
            number += 1
            free = f"{name}-{number}"
        return self.desk.new_file(words, f"{control_folder(self.task.id)}/{free}.md", text)


def _drop_missing(*files: NewFile | None) -> tuple[NewFile, ...]:
    return tuple(file for file in files if file)


def _can_be_written(*names: str) -> bool:
    """Can these names be written into a document, and read from it again without a doubt?"""
    return not any(HIDDEN.search(name) or _NO_YAML.search(name) for name in names)


def _shorten_name(name: str) -> str:
    """A check-in's name as part of another name; a hash of it where an agent chose an odd or a long one."""
    return name if _PLAIN.fullmatch(name) else hashlib.sha256(encode(name)).hexdigest()[:12]
