"""Notices for the manager: which are due, and running the manager's own command for each.

Belongs here: comparing two fleets, and starting that command. Does not: how far a branch is (a function for
that is passed in), or where the command is configured (see `storage.user_config`).

The program is the user's own and has nothing to do with a repository, so it is not started by `git`. It is
started without a shell, each argument unchanged, so that nothing in a branch's name can become a command.
It is killed when it does not end.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import escape_hidden, format_count

PATIENCE = 10.0  # seconds for the command
MOST = 3  # notices at once; more than these become one
LENGTH = 200  # characters of a name

NOTICE_TEXTS: Mapping[str, tuple[str, str]] = {
    "needs-input": ("Needs input", "asks for an answer"),
    "blocked": ("Blocked", "cannot go on"),
    "ready": ("Ready", "is ready for review"),
}

# Returns how far a branch of a fleet is, such as `ready`; a word that is not in WORDS gets no notice.
Progress = Callable[[Branch, Fleet], str]


class Notice(NamedTuple):
    """A desktop notice: its title and its text."""

    title: str
    text: str


def find_notices(before: Fleet, after: Fleet, progress: Progress) -> list[Notice]:
    """A notice for each open branch that waits for a person now and did not in `before`."""
    earlier_progress = {branch.ref: progress(branch, before) for branch in before.branches}
    notices = [
        _format_notice(branch, after, progress_now)
        for branch in after.branches
        if branch.state is State.OPEN
        and (progress_now := progress(branch, after)) in NOTICE_TEXTS
        and earlier_progress.get(branch.ref) != progress_now
    ]
    if len(notices) <= MOST:
        return notices
    return [
        Notice(
            f"{format_count(len(notices), 'branch', 'branches')} wait for you",
            f"In {_plain_name(after.name)}.",
        )
    ]


def _format_notice(branch: Branch, fleet: Fleet, state: str) -> Notice:
    title, predicate = NOTICE_TEXTS[state]
    # Neither text begins with a name: a name like `--help` must not become an option of the command.
    return Notice(f"{title}: {_plain_name(fleet.name)}", f"Branch {_plain_name(branch.name)} {predicate}.")


def _plain_name(name: str) -> str:
    """The name, at most LENGTH characters, without what a desktop could read as markup in a notice."""
    return escape_hidden(name)[:LENGTH].translate({ord("<"): "‹", ord(">"): "›", ord("&"): "＆"})


def send_notices(command: Sequence[str], notices: Sequence[Notice]) -> None:
    """Run the command for each notice, one after the other.

    `{title}` and `{text}` in an argument are filled in. Raises LedgerError when the command cannot be
    started, fails, or takes longer than PATIENCE.
    """
    for notice in notices:
        arguments = [_fill_argument(argument, notice) for argument in command]
        try:
            result = subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it took over {PATIENCE:.0f} seconds"
            raise _command_error(command, str(reason)) from error
        if result.returncode:
            raise _command_error(command, f"exit code {result.returncode}")


def _fill_argument(argument: str, notice: Notice) -> str:
    # In one pass: a title that contains “{text}” stays unchanged.
    return re.sub("{(title|text)}", lambda field: str(getattr(notice, field[1])), argument)


def _command_error(command: Sequence[str], reason: str) -> LedgerError:
    return LedgerError(
        f"the command for notices, {command[0]}, failed: {reason}", "see [notify] in your own config.toml"
    )
