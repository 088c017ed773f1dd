"""Composes what a prompt says of reporting: how to check in, to finish, to give up, and to do it all by hand.

Belongs here: those chapters. Does not: what the task is (see `task`), or how to report from a cloud machine (see
`cloud`).
"""

from __future__ import annotations

from collections.abc import Iterable

from agentledger.model.ledger import Kill
from agentledger.model.text import format_count
from agentledger.reports.prompt.assemble import Part
from agentledger.reports.prompt.given import Given
from agentledger.reports.prompt.quote import code_span
from agentledger.reports.prompt.texts import fill_text


def compose_talk_parts(given: Given) -> list[Part]:
    """All of these chapters, in reading order."""
    return [
        compose_reporting(given),
        compose_finishing(given),
        *compose_giving_up(given),
        compose_by_hand(given),
    ]


def compose_reporting(given: Given) -> Part:
    """When and how to check in."""
    brief = given.brief
    when = {
        "background": f"when you begin, every {format_duration(brief.check_in)}, "
        "and when something unexpected turns up",
        "local": "when something unexpected turns up (a person sits with you, so no more than that)",
        "cloud": "when you begin, and when something unexpected turns up; nobody sees it before you push",
    }.get(brief.session, "when you begin")
    return Part(
        title="Checking in",
        words=fill_text("check-in", when=when),
    )


def compose_finishing(given: Given) -> Part:
    """How the work ends."""
    packet = (
        "options and a recommendation"
        if given.brief.mode == "explore"
        else "what changed and why, each criterion with what shows it, how it was tested, what may go wrong"
    )
    return Part(
        title="Finishing",
        words=fill_text("finishing", packet=packet),
    )


def compose_giving_up(given: Given) -> list[Part]:
    """When to stop trying."""
    limits = list(_describe_kill(given.brief.kill))
    stop = f"Stop trying when it has taken {', or '.join(limits)}. " if limits else ""
    return [
        Part(
            title="Giving up",
            words=stop + fill_text("giving-up"),
        )
    ]


def _describe_kill(kill: Kill) -> Iterable[str]:
    if kill.after is not None:
        yield format_duration(kill.after)
    for count, noun in ((kill.lines, "changed line"), (kill.files, "changed file"), (kill.commits, "commit")):
        if count is not None:
            yield format_count(count, noun)
    if kill.failing_runs is not None:
        yield f"{format_count(kill.failing_runs, 'failing run')} of a check in a row"


def compose_by_hand(given: Given) -> Part:
    """How to do all of this by hand, without agentledger."""
    folder, task = given.folder, given.task.id
    sections = (
        "`## Options`, `## Recommendation`"
        if given.brief.mode == "explore"
        else "`## Files touched`, `## Acceptance criteria` (the brief's, word for word, ticked if true, "
        "below each a list of what shows it), `## Test plan and results`"
    )
    return Part(
        title="If agentledger is not installed here",
        words=fill_text(
            "by-hand",
            brief=code_span(folder + "/brief.md"),
            check_in=code_span(folder + "/status/20261123T101500Z-3f2c.md"),
            packet=code_span(folder + "/packet.md"),
            task=task,
            sections=sections,
        ),
        rank=2,
    )


def format_duration(seconds: int) -> str:
    """A duration as a brief has it: `15m`, `2h`, `3d`."""
    for length, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
