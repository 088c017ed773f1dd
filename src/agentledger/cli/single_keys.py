"""Single keys at a terminal: offering them, reading one, and what follows from it.

Belongs here: that. Does not: which keys there are, and what each one does (see `next` and `next_review`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Protocol, TypeVar

import click

from agentledger.model.errors import LedgerError


class Then(Enum):
    """What follows a key: go ON to the next thing, STAY with this one, or END."""

    ON = auto()
    STAY = auto()
    END = auto()


class Offered(Protocol):
    """A key that can be pressed, and its label."""

    @property
    def key(self) -> str:
        """The key."""

    @property
    def word(self) -> str:
        """What it does, in a word."""


K = TypeVar("K", bound=Offered)


def press_keys(offered: Sequence[K], act: Callable[[K], Then]) -> Then:
    """Offer these keys until one of them goes on or ends the command."""
    while True:
        chosen = press_once(offered)
        then = _act_or_stay(partial(act, chosen))
        if then is not Then.STAY:
            return then


def press_once(offered: Sequence[K]) -> K:
    """Offer these keys until one of them is pressed, and return it."""
    while True:
        click.echo("  ".join(f"{click.style(key.key, bold=True)} {key.word}" for key in offered))
        pressed = read_key()
        chosen = next((key for key in offered if key.key == pressed), None)
        if chosen:
            return chosen


def read_key() -> str:
    """Read one key; Ctrl-D counts as `q`."""
    try:
        return click.getchar()
    except EOFError:
        return "q"


def _act_or_stay(act: Callable[[], Then]) -> Then:
    """Do what a key says; after a refusal, print it and stay with the same thing."""
    from agentledger.model.text import escape_hidden

    try:
        return act()
    except LedgerError as error:
        click.echo(f"not done: {escape_hidden(error.message)}")
        if error.hint:
            click.echo(f"hint: {escape_hidden(error.hint)}")
        return Then.STAY
