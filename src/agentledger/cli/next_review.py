"""The review in `agentledger next`: what a reviewer decides from, and below it the keys that decide.

Belongs here: those keys, and what each one calls. Does not: the keys of everything else that waits (see `next`),
or the review itself (see `workflow.review`).

A decision is about the head that was shown, and comes after the reviews that were there then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from agentledger.cli.single_keys import Then, press_keys, press_once

if TYPE_CHECKING:
    from agentledger.model.fleet import Fleet
    from agentledger.reports.review.look import Look
    from agentledger.workflow.review.decide import Asked


class ReviewKey(NamedTuple):
    """A key below a review: its label, and its action."""

    key: str
    word: str
    act: Callable[[Path, Look], Then]


class BranchKey(NamedTuple):
    """A key for a branch that works on no task, given by its ref: its label, and its action."""

    key: str
    word: str
    act: Callable[[Path, str], Then]


def review_unbriefed(start: Path, fleet: Fleet) -> None:
    """Offer the reviews of the branches without a task: nobody waits with them, so they come last."""
    from agentledger.attention.reviewing import list_unreviewed
    from agentledger.model.text import escape_hidden

    for branch in list_unreviewed(fleet.branches):
        click.echo(f"\n{escape_hidden(branch.name)} works on no task, and is not reviewed as it is")
        if press_keys(BRANCH_KEYS, partial(_act_on_ref, start, branch.ref)) is Then.END:
            return


def _act_on_ref(start: Path, ref: str, key: BranchKey) -> Then:
    return key.act(start, ref)


def review_branch(start: Path, ref: str) -> Then:
    """Show what to decide about a branch from, and read keys until one of them decides. Raises LedgerError."""
    from agentledger.reports.review import look_text
    from agentledger.workflow.review.look_at_branch import look_at_branch

    look = look_at_branch(start, ref, int(time.time()))
    click.echo(look_text.render_look(look), nl=False)
    # What is refused leads back to the keys above: what was shown may be another change by now.
    pressed = press_once(REVIEW_KEYS)
    return pressed.act(start, look)


def _approve(start: Path, look: Look) -> Then:
    """Approve the head that was shown; what was shown as open is settled then."""
    from dataclasses import replace

    from agentledger.cli.review import print_written
    from agentledger.workflow.review.decide import write_verdict

    asked = _ask(look, "approve")
    asked = replace(asked, settled=("all",) if look.open_points else ())
    print_written(write_verdict(start, asked, int(time.time())), "text")
    return Then.ON


def _request_changes(start: Path, look: Look) -> Then:
    return _write(start, look, "request-changes")


def _reject(start: Path, look: Look) -> Then:
    return _write(start, look, "reject")


def _write(start: Path, look: Look, verdict: str) -> Then:
    """Write a verdict with a text and points from the editor."""
    from agentledger.cli.review import print_written, review_in_editor

    print_written(review_in_editor(start, _ask(look, verdict)), "text")
    return Then.ON


def _ask(look: Look, verdict: str) -> Asked:
    """What is asked for, about what was shown."""
    from agentledger.attention.reviewing import list_reviews
    from agentledger.workflow.review.decide import Asked

    newest = next(iter(list_reviews(look.branch)), None)
    after = newest.name if newest else None
    return Asked(name=look.branch.ref, verdict=verdict, head=look.branch.head, after=after)


def _skip(_start: Path, _ref: str) -> Then:
    return Then.ON


def _leave(_start: Path, _look: Look) -> Then:
    return Then.STAY


def _quit(_start: Path, _about: object) -> Then:
    return Then.END


REVIEW_KEYS = (
    ReviewKey("y", "approve this head", _approve),
    ReviewKey("c", "ask for changes", _request_changes),
    ReviewKey("n", "reject it", _reject),
    ReviewKey("l", "leave it", _leave),
    ReviewKey("q", "quit", _quit),
)
BRANCH_KEYS = (
    BranchKey("r", "review it", review_branch),
    BranchKey("s", "skip", _skip),
    BranchKey("q", "quit", _quit),
)
