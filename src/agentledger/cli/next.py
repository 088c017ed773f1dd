"""`agentledger next`: the one thing that needs the manager, decided with single keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from agentledger.cli.answer import at_terminal
from agentledger.cli.options import Asked, fleet_options, format_option
from agentledger.errors import LedgerError

if TYPE_CHECKING:
    from agentledger.turns import Turn
    from agentledger.workflow.next import Waiting

Skipped = set[tuple[str, ...]]


class Then(Enum):
    """What comes after a key."""

    ON = auto()
    STAY = auto()
    END = auto()


class Key(NamedTuple):
    """A key: what it does in words, for which kinds of `turns.Kind` (() for all), and doing it."""

    key: str
    word: str
    kinds: tuple[str, ...]
    act: Callable[[Asked, Turn], Then]


@click.command("next")
@fleet_options
@format_option
def next_(asked: Asked, format: str) -> None:
    """Show the one thing that needs you, with the command for it.

    On a terminal, single keys decide it, and the next thing is shown.
    """
    from agentledger.reports import asked as report

    if format == "text" and at_terminal():
        _decide(asked)
        return
    found = _look(asked, set())
    if format == "json":
        click.echo(report.document(found.turns, found.fleet), nl=False)
    else:
        click.echo(_shown(found, 0), nl=False)


def _look(asked: Asked, skipped: Skipped) -> Waiting:
    from agentledger.workflow import next as work

    with asked.reading() as (taken, _tell):
        return work.look(asked.start, taken, skipped)


def _shown(found: Waiting, skipped: int) -> str:
    from agentledger.reports import asked as report

    if not found.turns:
        return report.quiet(found.fleet, skipped)
    return report.text(found.turns[0], found.fleet, len(found.turns) - 1)


# -- at a terminal ----------------------------------------------------------------------


def _decide(asked: Asked) -> None:
    """One thing after the other, each in a fleet that was read anew."""
    skipped: Skipped = set()
    while True:
        found = _look(asked, skipped)
        click.echo(_shown(found, len(skipped)), nl=False)
        if not found.turns or _settled(asked, found.turns[0]) is Then.END:
            return
        skipped.add(found.turns[0].key)
        click.echo()


def _settled(asked: Asked, turn: Turn) -> Then:
    """Keys until one goes on, or ends it."""
    offered = [key for key in KEYS if not key.kinds or turn.kind in key.kinds]
    while True:
        click.echo("  ".join(f"{click.style(key.key, bold=True)} {key.word}" for key in offered))
        pressed = _pressed()
        chosen = next((key for key in offered if key.key == pressed), None)
        then = _done(asked, turn, chosen) if chosen else Then.STAY
        if then is not Then.STAY:
            return then


def _pressed() -> str:
    """One key; Ctrl-D is to quit."""
    try:
        return click.getchar()
    except EOFError:
        return "q"


def _done(asked: Asked, turn: Turn, key: Key) -> Then:
    """Do what the key says; what is refused is told, and the same thing stays."""
    from agentledger.text import printable

    try:
        return key.act(asked, turn)
    except LedgerError as error:
        click.echo(f"not done: {printable(error.message)}")
        if error.hint:
            click.echo(f"hint: {printable(error.hint)}")
        return Then.STAY


# -- what the keys do -------------------------------------------------------------------


def _answer(asked: Asked, turn: Turn) -> Then:
    return _reply(asked.start, turn, "note")


def _approve(asked: Asked, turn: Turn) -> Then:
    from agentledger.cli import answer, did
    from agentledger.workflow import answer as work
    from agentledger.workflow import brief
    from agentledger.workflow import next as next_turn

    now = int(time.time())
    if turn.change is None:
        click.echo(answer.told(work.answer(asked.start, next_turn.reply(turn, "approve"), now)))
    else:
        did.tell(brief.accept(asked.start, turn.branch.name, now, blob=next_turn.copy(turn)), "text")
    return Then.ON


def _change(asked: Asked, turn: Turn) -> Then:
    return _reply(asked.start, turn, "change" if turn.change is None else "reject")


def _reply(start: Path, turn: Turn, decision: str) -> Then:
    """A reply with words from the editor; to a scope change it is the rejection of that."""
    from agentledger.cli import answer, did
    from agentledger.workflow import brief, editor
    from agentledger.workflow import next as next_turn

    reply = next_turn.reply(turn, decision)
    if turn.change is None:
        click.echo(answer.told(answer.edited(start, reply)))
        return Then.ON
    written = answer.composed(start, reply)
    now, blob = int(time.time()), next_turn.copy(turn)
    did.tell(brief.reject(start, turn.branch.name, now, text=written.text, blob=blob), "text")
    editor.forget(written.path)
    return Then.ON


def _skip(_asked: Asked, _turn: Turn) -> Then:
    return Then.ON


def _open(asked: Asked, turn: Turn) -> Then:
    """Its page in the browser, built if it is not; where no browser can open, where it is."""
    from agentledger.cli import building, site
    from agentledger.site import names

    built = building.publish(asked, building.folder(asked, None)).result
    with asked.reading() as (taken, _tell):
        page = names.page_names(taken.fleet.branches).get(turn.branch.ref)
    path = built.index.parent / f"{page}.html" if page else built.index
    if site.on_desktop():
        site.show(path)
    else:
        click.echo(f"its page is {path}")
    return Then.STAY


def _quit(_asked: Asked, _turn: Turn) -> Then:
    return Then.END


# A key more is a line here, and its function above. Finished work is approved by a review, not by an answer.
KEYS = (
    Key("a", "answer", ("question", "ready", "kill"), _answer),
    Key("y", "approve", ("question", "scope-change"), _approve),
    Key("c", "ask for changes", ("question", "scope-change", "ready", "held", "kill"), _change),
    Key("s", "skip", (), _skip),
    Key("o", "open its page", (), _open),
    Key("q", "quit", (), _quit),
)
