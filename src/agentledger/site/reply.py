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

from agentledger.attention import plans
from agentledger.attention.conflicts import describe_conflict
from agentledger.attention.replies import START
from agentledger.attention.reviewing import list_unreviewed, name_open_points
from agentledger.attention.turn import Kind, turn_of
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import CheckIn
from agentledger.model.ledger_paths import control_folder, folder_of_branch
from agentledger.model.text import HIDDEN, encode
from agentledger.model.work import Progress, Standing, Task, Work
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
    if branch.state is not State.OPEN or fleet.forge is None:
        return None
    if standing is None or work is None:
        return _build_unbriefed(branch, fleet)
    kind = turn_of(branch).kind
    if kind not in _ANSWERABLE:
        return None
    desk = newfile.find_desk(fleet)
    if desk is None:
        missing = newfile.find_missing(fleet)
        return Replies(missing=missing) if missing else None
    task = fleet.task_of(work)
    offer = _Offer(branch, fleet, standing, desk=desk, task=task)
    if kind is Kind.QUESTION:
        files = offer.answers()
    elif kind is Kind.SCOPE_CHANGE:
        files = offer.scope_answers(work)
    else:
        # What a conflict asks for is known already; anything else is for a reviewer's own words.
        back = offer.send_back() if kind is Kind.CONFLICT else ()
        files = (*back, *(offer.reviews() if standing.progress is Progress.READY else ()))
    pasted = any(file.text for file in files)
    return Replies(files, _describe_replies(desk, pasted), pasted) if files else None


def _build_unbriefed(branch: Branch, fleet: Fleet) -> Replies | None:
    """The reviews of a branch that works on no task, where its head was not reviewed yet."""
    if not list_unreviewed([branch]):
        return None
    desk = newfile.find_desk(fleet)
    if desk is None:
        missing = newfile.find_missing(fleet)
        return Replies(missing=missing) if missing else None
    folder = folder_of_branch(branch.name)
    files = offer_reviews(branch, fleet, desk, folder, taken=[review.name for review in branch.reviews])
    pasted = any(file.text for file in files)
    return Replies(files, _describe_replies(desk, pasted), pasted) if files else None


def offer_reviews(
    branch: Branch, fleet: Fleet, desk: Desk, folder: str, *, taken: Collection[str]
) -> tuple[NewFile, ...]:
    """Reviews of a branch's head, as files of this folder of the control branch in which the names `taken` are."""
    if not _can_be_written(branch.name, folder):
        return ()
    open_points = name_open_points(branch)
    texts = {
        "Approve": document_templates.draft_approval(branch.name, branch.head, open_points),
        "Ask for changes": document_templates.draft_change_request(branch.name, branch.head, fleet),
    }
    path = f"{control_folder(folder)}/reviews/review-{branch.head[:12]}"
    return _drop_missing(
        *(desk.new_file(label, f"{_unused(path, taken)}.md", text) for label, text in texts.items())
    )


def first_reply_link(branch: Branch, fleet: Fleet, page: str) -> Link | None:
    """The link to the first answer: on the forge, or on the branch's `page` where a text must be copied first."""
    desk = newfile.find_desk(fleet) if turn_of(branch).kind is Kind.QUESTION else None
    replies = build_replies(branch, fleet) if desk else None
    if desk is None or replies is None or not replies.files:
        return None
    first = replies.files[0]
    if first.text:
        return Link(f"{page}.html#reply", first.label)
    return Link(first.href, f"{first.label} on {desk.host}")


# What a file on the control branch can settle.
_ANSWERABLE = (Kind.QUESTION, Kind.SCOPE_CHANGE, Kind.READY, Kind.CONFLICT, Kind.HELD)


def _describe_replies(desk: Desk, pasted: bool) -> str:
    place = f"on the branch {desk.branch} at {desk.host}"
    if pasted:
        steps = f"Each opens an empty file with its name, {place}: paste the text from below, and commit it."
    else:
        steps = f"Each opens a file that is filled in, {place}: read it, add to it, and commit it."
    return f"{steps} Here it counts after the next agentledger sync."


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
        question = self.standing.question
        if question is None or not _can_be_written(self.branch.name, self.task.id, question.name):
            return ()
        prompt = "What should be different? Write it below this line."
        if plans.lacks_plan(question):
            prompt = f"There is no plan to approve. {prompt}"
            return _drop_missing(self._answer_file(question, "Ask for the plan", "change", prompt))
        if question.checkpoint:
            first = self._answer_file(
                question, "Approve", "approve", "Anything to add? Write it below this line."
            )
        else:
            first = self._answer_file(question, "Answer", "note", "Your answer goes below this line.")
        return _drop_missing(first, self._answer_file(question, "Ask for changes", "change", prompt))

    def scope_answers(self, work: Work) -> tuple[NewFile, ...]:
        """The rejection of another scope, and an answer that grants nothing; accepting it takes the command."""
        question, brief = self.standing.question, work.brief
        to = question.name if question else START
        if (
            brief is None
            or brief.document.blob is None
            or not _can_be_written(self.branch.name, self.task.id, to)
        ):
            return ()
        about = {"to": to, "branch": self.branch.name if self.standing.rivals else None}
        refused = document_templates.draft_answer(
            "reject", "Why not? Write it below this line.", **about, brief=brief.document.blob
        )
        # An agent's pattern could end the comment.
        asks = work.asks if "--" not in work.asks else "asks for a different scope"
        prompt = (
            f"It {asks}. This answer grants nothing: agentledger brief accept does, in a clone. "
            "Your answer goes below this line."
        )
        told = document_templates.draft_answer("note", prompt, **about)
        taken = {answer.name for answer in self.task.answers}
        name = f"answers/to-{_shorten_name(to)}"
        return _drop_missing(
            self._file("Refuse the scope", f"{name}-scope", refused, taken=taken),
            self._file("Answer, which grants nothing", name, told, taken=taken),
        )

    def send_back(self) -> tuple[NewFile, ...]:
        """The answer that gives work back which was called ready, and is in conflict with base."""
        question = self.standing.question
        if question is None or not _can_be_written(self.branch.name, self.task.id, question.name):
            return ()
        prompt = "What should be different? Write it below this line."
        text = "\n\n".join(describe_conflict(self.branch, self.fleet.base))
        return _drop_missing(self._answer_file(question, "Send it back", "change", prompt, words=text))

    def _answer_file(
        self, question: CheckIn, label: str, decision: str, prompt: str, *, words: str = ""
    ) -> NewFile | None:
        # The branch is named only where several work on the task; an answer without it is for all.
        branch_name = self.branch.name if self.standing.rivals else None
        text = document_templates.draft_answer(
            decision, prompt, to=question.name, branch=branch_name, checkpoint=question.checkpoint
        )
        text += f"\n{words}\n" if words else ""
        taken = {answer.name for answer in self.task.answers}
        return self._file(label, f"answers/to-{_shorten_name(question.name)}", text, taken=taken)

    def reviews(self) -> tuple[NewFile, ...]:
        """Reviews of the head that the agent reports ready."""
        taken = {review.name for review in (*self.task.reviews, *self.task.no_verdicts)}
        return offer_reviews(self.branch, self.fleet, self.desk, self.task.id, taken=taken)

    def _file(self, label: str, name: str, text: str, *, taken: Collection[str]) -> NewFile | None:
        return self.desk.new_file(label, f"{control_folder(self.task.id)}/{_unused(name, taken)}.md", text)


def _unused(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken: a forge refuses a new file of such a name."""
    unused_name, number = name, 1
    while posixpath.basename(unused_name) in taken:
        number += 1
        unused_name = f"{name}-{number}"
    return unused_name


def _drop_missing(*files: NewFile | None) -> tuple[NewFile, ...]:
    return tuple(file for file in files if file)


def _can_be_written(*names: str) -> bool:
    """Can these names be written into a document, and read from it again without a doubt?"""
    return not any(HIDDEN.search(name) or _NO_YAML.search(name) for name in names)


def _shorten_name(name: str) -> str:
    """A check-in's name as part of another name; a hash of it where an agent chose an odd or a long one."""
    return name if _PLAIN.fullmatch(name) else hashlib.sha256(encode(name)).hexdigest()[:12]
