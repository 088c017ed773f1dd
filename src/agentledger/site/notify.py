"""Notices for the manager: which are due, and running the manager's own command for each.

Belongs here: comparing two fleets, and starting that command. Does not: whose turn it is (see
`attention.turn`), or where the command is configured (see `storage.user_config`).

The program is the user's own and has nothing to do with a repository, so it is not started by `git`. It is
started without a shell, each argument unchanged, so that nothing in a branch's name can become a command.
It is killed when it does not end.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.attention import plans
from agentledger.attention.turn import BranchTurn, Kind, Whose, turn_of
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import escape_hidden, format_count

PATIENCE = 10.0  # seconds for the command
MOST = 3  # notices at once; more than these become one
LENGTH = 200  # characters of a name

# What begins a notice, by what the manager has to decide; the rest of it is why it is the manager's turn.
TITLES: Mapping[Kind, str] = {
    Kind.QUESTION: "Needs input",
    Kind.SCOPE_CHANGE: "Asks for another scope",
    Kind.REJECTED: "Rejected",
    Kind.CONFLICT: "In conflict",
    Kind.HELD: "Not ready",
    Kind.READY: "Ready",
    Kind.APPROVED: "Approved",
    Kind.KILL: "Give it up?",
    Kind.STOPPED: "Stopped",
    Kind.REVERTED: "Taken back",
    Kind.UNKNOWN: "Unknown here",
}


class Notice(NamedTuple):
    """A desktop notice: its title and its text."""

    title: str
    text: str


def find_notices(before: Fleet, after: Fleet) -> list[Notice]:
    """A notice for each branch that is the manager's turn now, and was not in `before`, or for another reason."""
    earlier = {branch.ref: turn_of(branch).kind for branch in before.branches}
    notices = [
        _format_notice(branch, after, turn)
        for branch in after.branches
        if (turn := turn_of(branch)).whose is Whose.MANAGER and earlier.get(branch.ref) is not turn.kind
    ]
    if len(notices) <= MOST:
        return notices
    return [
        Notice(
            f"{format_count(len(notices), 'branch', 'branches')} wait for you",
            f"In {_plain_name(after.name)}.",
        )
    ]


def _format_notice(branch: Branch, fleet: Fleet, turn: BranchTurn) -> Notice:
    # Neither text begins with a name: a name like `--help` must not become an option of the command.
    return Notice(
        f"{TITLES[turn.kind]}: {_plain_name(fleet.name)}",
        f"Branch {_plain_name(branch.name)}: {_plain_name(turn.why)}{_quote_plan(branch, turn)}.",
    )


def _quote_plan(branch: Branch, turn: BranchTurn) -> str:
    """The first words of the plan that is to be approved, behind a colon; "" where none waits."""
    waits = branch.standing if turn.kind is Kind.QUESTION else None
    plan = plans.shorten_plan(waits.question) if waits else ""
    return f": “{_plain_name(plan)}”" if plan else ""


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
