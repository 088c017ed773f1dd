"""The shapes of what `agentledger review` prints for programs.

Belongs here: one struct for each object, its fields in the order of the keys. Does not: how a value becomes one
(see `look_json`). A class docstring here is the description in the JSON Schema, and so a text for users.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from agentledger.attention.reviewing import VERDICTS, Reviewed
from agentledger.model.fleet import State
from agentledger.model.work import Fresh
from agentledger.reports.shapes_ledger import Base64, Count, Entry, Finding, Oid, Time, one_of


class ReviewStanding(Entry, frozen=True):
    """The review that counts, and what it makes of the branch. `text` says it in words.

    `about` is whether it speaks of the change as it is. All but `state` and `text` are null where there is none.
    """

    state: Annotated[str, one_of(*Reviewed)]
    text: str
    verdict: Annotated[str, one_of(*VERDICTS)] | None
    reviewer: str | None
    by: Annotated[str, one_of("human", "agent")] | None
    proven: bool | None
    head: str | None
    about: Annotated[str, one_of(*Fresh)] | None
    at: Time | None
    name: str | None


class Criterion(Entry, frozen=True):
    """An acceptance criterion, what the packet claims of it in words, and what is to show that."""

    text: str
    claim: str
    shown_by: tuple[str, ...]


class Since(Entry, frozen=True):
    """What came to the branch since `head`, the commit of the last review, or of `--head`.

    `commits` and the counts are null where git cannot compare the two. `rewritten`: the branch does not contain that
    commit any more. `brought_base`: base was merged in since, and what it brought is not counted.
    """

    head: str
    commits: tuple[Oid, ...] | None
    files: Count | None
    added: Count | None
    removed: Count | None
    rewritten: bool
    brought_base: bool
    diff: str | None


class File(Entry, frozen=True):
    """A changed file, and in words why to look at it closely."""

    path: str
    status: str
    added: Count | None
    removed: Count | None
    role: str
    risks: tuple[str, ...]
    path_base64: Base64 | UnsetType = UNSET


class Decision(Entry, frozen=True):
    """What can be decided, and the command for it at this very head; null where it cannot be typed."""

    decision: str
    command: str | None


class Review(Entry, frozen=True):
    """What a reviewer decides from, of one branch at one head; `files` are those at risk first.

    `task` is null for a branch that works on none, `findings` where the branch was not judged.
    """

    version: Literal[1]
    kind: Literal["review-look"]
    branch: str
    ref: str
    head: Oid
    subject: str
    task: str | None
    title: str | None
    state: Annotated[str, one_of(*State)]
    reviewed: ReviewStanding
    reviews: Count
    findings: tuple[Finding, ...] | None
    integrity: tuple[str, ...]
    contradictions: tuple[str, ...]
    merging: tuple[str, ...]
    checks: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    open_points: tuple[str, ...]
    since: Since | None
    files: tuple[File, ...]
    files_total: Count
    diff: str
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]


class ReviewWritten(Entry, frozen=True):
    """What a review did: it wrote the document at `path`, with `commit`, on the control branch `ref`.

    `commit` is null in a dry run. `open_points` are those that are left open, `settled` those that it ticks.
    `stopped_by` is what stops the branch at the merge gate with this review: then the command ends with 1 if it
    approves.
    """

    version: Literal[1]
    kind: Literal["reviewed"]
    dry_run: bool
    branch: str
    task: str | None
    verdict: Annotated[str, one_of(*VERDICTS)]
    head: Oid
    subject: str
    ref: str
    path: str
    commit: Oid | None
    to_publish: bool
    unsigned: str | None
    settled: tuple[str, ...]
    open_points: tuple[str, ...]
    stopped_by: tuple[Finding, ...]
    warnings: tuple[str, ...]
