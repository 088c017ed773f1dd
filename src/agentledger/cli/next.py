"""`agentledger next`: show the one thing that needs the manager, and decide it with single keys.

Belongs here: the keys, and what each one calls. Does not: what waits, and in which order (see
`attention.queue` and `workflow.manage.next_item`), or its text (see `reports.next_item`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import click

from agentledger.cli.answer import is_at_terminal
from agentledger.cli.options import FleetOptions, fleet_options, format_option
from agentledger.cli.single_keys import Then, press_keys, read_key

if TYPE_CHECKING:
    from agentledger.attention.queue import Turn
    from agentledger.workflow.manage.next_item import Waiting

Skipped = set[tuple[str, ...]]


class Key(NamedTuple):
    """A key: its label, the kinds it is offered for (see `attention.queue.Kind`; () is all), and its action."""

    key: str
    word: str
    kinds: tuple[str, ...]
    act: Callable[[FleetOptions, Turn], Then]


@click.command("next")
@fleet_options
@format_option
def next_(options: FleetOptions, format: str) -> None:
    """Show the one thing that needs you, and the command for it.

    On a terminal, single keys decide it; then the next thing is shown.
    """
    from agentledger.reports import next_item as report

    if format == "text" and is_at_terminal():
        _decide_turns(options)
        return
    waiting = _read_waiting(options, set())
    if format == "json":
        click.echo(report.encode_next_item(waiting.turns, waiting.fleet), nl=False)
    else:
        click.echo(_format_first_turn(waiting, 0), nl=False)


def _read_waiting(options: FleetOptions, skipped: Skipped) -> Waiting:
    from agentledger.workflow.manage import next_item as work

    with options.reading() as (snapshot, _tell):
        return work.find_waiting(options.start, snapshot, skipped)


def _format_first_turn(waiting: Waiting, skipped: int) -> str:
    from agentledger.reports import next_item as report

    if not waiting.turns:
        return report.render_empty_queue(waiting.fleet, skipped)
    return report.render_next_item(waiting.turns[0], waiting.fleet, len(waiting.turns) - 1)


# -- at a terminal ----------------------------------------------------------------------


def _decide_turns(options: FleetOptions) -> None:
    """Show one thing after the other until none is left; the fleet is read again for each."""
    from agentledger.cli.next_review import review_unbriefed

    skipped: Skipped = set()
    while True:
        waiting = _read_waiting(options, skipped)
        click.echo(_format_first_turn(waiting, len(skipped)), nl=False)
        if not waiting.turns:
            review_unbriefed(options.start, waiting.fleet)
            return
        if _settle_turn(options, waiting.turns[0]) is Then.END:
            return
        skipped.add(waiting.turns[0].key)
        click.echo()


def _settle_turn(options: FleetOptions, turn: Turn) -> Then:
    """Read keys until one goes on to the next thing, or ends the command."""
    offered = [key for key in KEYS if not key.kinds or turn.kind in key.kinds]
    return press_keys(offered, lambda key: key.act(options, turn))


# -- what the keys do -------------------------------------------------------------------


def _answer_turn(options: FleetOptions, turn: Turn) -> Then:
    """Answer with a text from the editor; about another scope, the form says that it grants nothing."""
    from agentledger.cli import answer
    from agentledger.workflow.manage import next_item as next_turn

    reply = next_turn.build_reply(turn, "note")
    click.echo(answer.describe_answer(answer.answer_in_editor(options.start, reply)))
    return Then.ON


def _approve_turn(options: FleetOptions, turn: Turn) -> Then:
    from agentledger.cli import answer, did
    from agentledger.workflow.manage import answer as work
    from agentledger.workflow.manage import brief_decision
    from agentledger.workflow.manage import next_item as next_turn

    if not _has_seen_plan(turn):
        return Then.STAY
    now = int(time.time())
    # A change of the brief is accepted, not answered: the branch's copy becomes the brief.
    if turn.change is None:
        click.echo(
            answer.describe_answer(
                work.write_answer(options.start, next_turn.build_reply(turn, "approve"), now)
            )
        )
    else:
        did.print_result(
            brief_decision.accept_copy(
                options.start, turn.branch.name, now, blob=next_turn.brief_copy_blob(turn)
            ),
            "text",
        )
    return Then.ON


def _has_seen_plan(turn: Turn) -> bool:
    """Has all of the plan been shown that is approved? What was left out is shown first, and confirmed."""
    from agentledger.reports import next_item as report

    question = turn.question
    if turn.change is not None or question is None or not report.is_plan_cut(question):
        return True
    click.echo("all of its plan:")
    click.echo(report.render_whole_plan(question), nl=False)
    click.echo(f"{click.style('y', bold=True)} approve this plan  any other key: not now")
    return read_key() == "y"


def _request_change(options: FleetOptions, turn: Turn) -> Then:
    from agentledger.cli import answer
    from agentledger.workflow.manage import next_item as next_turn

    reply = next_turn.build_reply(turn, "change")
    click.echo(answer.describe_answer(answer.answer_in_editor(options.start, reply)))
    return Then.ON


def _reject_scope(options: FleetOptions, turn: Turn) -> Then:
    """Reject what a copy of the brief asks for, with a text from the editor."""
    from agentledger.cli import answer, did
    from agentledger.workflow.manage import brief_decision
    from agentledger.workflow.manage import next_item as next_turn
    from agentledger.workflow.session import editor

    start = options.start
    written = answer.compose_in_editor(start, next_turn.build_reply(turn, "reject"))
    # The blob: only the copy that was shown is rejected, not one that came while the text was written.
    now, blob = int(time.time()), next_turn.brief_copy_blob(turn)
    did.print_result(
        brief_decision.reject_copy(start, turn.branch.name, now, text=written.text, blob=blob), "text"
    )
    editor.remove_draft(written.path)
    return Then.ON


def _send_back(options: FleetOptions, turn: Turn) -> Then:
    """Send it back to its agent with the text that the turn has."""
    from dataclasses import replace

    from agentledger.cli import answer
    from agentledger.workflow.manage import answer as work
    from agentledger.workflow.manage import next_item as next_turn

    reply = replace(next_turn.build_reply(turn, "change"), text=turn.text)
    click.echo(answer.describe_answer(work.write_answer(options.start, reply, int(time.time()))))
    return Then.ON


def _review_turn(options: FleetOptions, turn: Turn) -> Then:
    """Show the review of the branch; only there it can be approved, at the head that was shown."""
    from agentledger.cli.next_review import review_branch

    return review_branch(options.start, turn.branch.ref)


def _skip_turn(_options: FleetOptions, _turn: Turn) -> Then:
    return Then.ON


def _open_page(options: FleetOptions, turn: Turn) -> Then:
    """Open the branch's page in the browser, after building it if needed; without a screen, print its path."""
    from agentledger.cli import building, site
    from agentledger.site import page_names

    built = building.publish_site(options, building.site_folder(options, None)).result
    with options.reading() as (snapshot, _tell):
        page = page_names.name_pages(snapshot.fleet.branches).get(turn.branch.ref)
    path = built.index.parent / f"{page}.html" if page else built.index
    if site.is_on_desktop():
        site.open_in_browser(path)
    else:
        click.echo(f"its page is {path}")
    return Then.STAY


def _quit(_options: FleetOptions, _turn: Turn) -> Then:
    return Then.END


# A new key is a line here, and its function above. `y` is not for finished work: that is approved below its review.
KEYS = (
    Key("a", "answer", ("question", "ready", "kill", "stopped"), _answer_turn),
    Key("y", "approve", ("question",), _approve_turn),
    Key("y", "accept that scope", ("scope-change",), _approve_turn),
    Key("c", "reject it", ("scope-change",), _reject_scope),
    Key("a", "answer, which grants nothing", ("scope-change",), _answer_turn),
    Key("r", "review it", ("ready", "approved", "rejected", "held", "stopped"), _review_turn),
    Key("c", "ask for changes", ("question", "held", "kill"), _request_change),
    Key("b", "send it back", ("conflict",), _send_back),
    Key("s", "skip", (), _skip_turn),
    Key("o", "open its page", (), _open_page),
    Key("q", "quit", (), _quit),
)
