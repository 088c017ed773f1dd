"""Notices for the person who is waited for: which ones are due, and handing them to their own command.

Belongs here: comparing two fleets, and starting that command. Does not: how far a branch is (a
function that tells is handed in), or where the command is configured (see `personal`).

This is the one place beside `git` that starts a process: the program is the user's own, and has
nothing to do with a repository. It is started without a shell, each argument as it is, so that
nothing in a branch's name can become a command, and killed when it does not end.
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
MOST = 3  # notices at once; more of them become one
LENGTH = 200  # characters of a name

WORDS: Mapping[str, tuple[str, str]] = {
    "needs-input": ("Needs input", "asks for an answer"),
    "blocked": ("Blocked", "cannot go on"),
    "ready": ("Ready", "is ready for review"),
}

# How far a branch of a fleet is, such as `ready`; any other word is none of ours.
Progress = Callable[[Branch, Fleet], str]


class Notice(NamedTuple):
    """What a person is told."""

    title: str
    text: str


def find_notices(before: Fleet, after: Fleet, progress: Progress) -> list[Notice]:
    """A notice for each open branch that has come to wait for a person since `before`."""
    earlier = {branch.ref: progress(branch, before) for branch in before.branches}
    found = [
        _format_notice(branch, after, now)
        for branch in after.branches
        if branch.state is State.OPEN
        and (now := progress(branch, after)) in WORDS
        and earlier.get(branch.ref) != now
    ]
    if len(found) <= MOST:
        return found
    return [
        Notice(
            f"{format_count(len(found), 'branch', 'branches')} wait for you", f"In {_plain_name(after.name)}."
        )
    ]


def _format_notice(branch: Branch, fleet: Fleet, word: str) -> Notice:
    title, does = WORDS[word]
    # Neither begins with a name: one like `--help` must not become an option of the command.
    return Notice(f"{title}: {_plain_name(fleet.name)}", f"Branch {_plain_name(branch.name)} {does}.")


def _plain_name(name: str) -> str:
    """A name that is text to a desktop that takes markup in its notices."""
    return escape_hidden(name)[:LENGTH].translate({ord("<"): "‹", ord(">"): "›", ord("&"): "＆"})


def send_notices(command: Sequence[str], notices: Sequence[Notice]) -> None:
    """Run the command once for each notice, one after the other.

    `{title}` and `{text}` in an argument are filled in. Raises LedgerError when the command cannot be
    started, fails, or takes longer than PATIENCE.
    """
    for notice in notices:
        filled = [_fill_argument(argument, notice) for argument in command]
        try:
            done = subprocess.run(
                filled,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it took over {PATIENCE:.0f} seconds"
            raise _command_error(command, str(reason)) from error
        if done.returncode:
            raise _command_error(command, f"exit code {done.returncode}")


def _fill_argument(argument: str, notice: Notice) -> str:
    # In one go: a title that holds “{text}” stays as it is.
    return re.sub("{(title|text)}", lambda found: str(getattr(notice, found[1])), argument)


def _command_error(command: Sequence[str], reason: str) -> LedgerError:
    return LedgerError(
        f"the command for notices, {command[0]}, failed: {reason}", "see [notify] in your own config.toml"
    )
