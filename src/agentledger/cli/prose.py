"""The options with which an agent fills in its packet, for the commands that write one.

Belongs here: their names and forms. Does not: where their texts go (see `workflow.handover.packet_text`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import click

from agentledger.cli.options import read_standard_input

Command = Callable[..., Any]
# By option: the section that it fills in, and its help.
_TEXTS = {
    "summary": ("Summary", "What is different now."),
    "why": ("Why this approach", "Why this way, and what else was considered."),
    "tests": ("Test plan and results", "What was tested besides the checks."),
    "risks": ("Risks and follow-ups", "Where the reviewer should look twice."),
    "options": ("Options", "For an exploring task: the ways that were looked at."),
    "recommendation": ("Recommendation", "For an exploring task: which of them to take."),
}
_NUMBERED = "N is the number of one of the brief's acceptance criteria. Repeatable."


class Pair(click.ParamType[tuple[str, str]]):
    """A name and a text, from `NAME=TEXT`; neither may be empty."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the name and the text; anything else is a usage error that shows the accepted form."""
        if isinstance(value, tuple):  # click may pass a value that is converted already
            return value
        name, _, text = str(value).partition("=")
        if not name.strip() or not text.strip():
            self.fail(f"{value!r} is not of the form {self.form(param)}", param, ctx)
        return name.strip(), text

    @staticmethod
    def form(param: click.Parameter | None) -> str:
        """The accepted form, as the help shows it."""
        return str(param.metavar) if param is not None and param.metavar else "NAME=TEXT"


def prose_options(command: Command) -> Command:
    """Add these options; the command gets a `Prose` as the argument `prose`."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        section: tuple[tuple[str, str], ...],
        criterion: tuple[tuple[str, str], ...],
        unmet: tuple[tuple[str, str], ...],
        file: tuple[tuple[str, str], ...],
        no_tests: str,
        **named: Any,
    ) -> Any:
        from agentledger.workflow.handover.packet_text import Prose

        texts = {title: text for option, (title, _) in _TEXTS.items() if (text := named.pop(option))}
        claims = (*_parse_claims(criterion, "--criterion", True), *_parse_claims(unmet, "--unmet", False))
        prose = Prose(_read_piped_text(texts | dict(section)), dict(file), claims, no_tests)
        return command(*arguments, prose=prose, **named)

    optioned: Command = wrapped
    for decorate in reversed([*_text_options(), *_OTHERS]):
        optioned = decorate(optioned)
    return optioned


def _text_options() -> Iterator[Callable[[Command], Command]]:
    for option, (title, about) in _TEXTS.items():
        yield click.option(f"--{option}", default="", metavar="TEXT", help=f"{title}: {about}")


_PAIR = Pair()
_OTHERS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--section", multiple=True, type=_PAIR, metavar="NAME=TEXT",
        help="The text of any section; replaces what you wrote there before. Repeatable.",
    ),
    click.option(
        "--criterion", multiple=True, type=_PAIR, metavar="N=EVIDENCE",
        help=f"Tick a criterion as met, with the evidence. {_NUMBERED}",
    ),
    click.option(
        "--unmet", multiple=True, type=_PAIR, metavar="N=WHY",
        help=f"Leave a criterion unticked, with the reason. {_NUMBERED}",
    ),
    click.option(
        "--file", multiple=True, type=_PAIR, metavar="PATH=WORDS",
        help="What happened in a file that the branch changes. Repeatable.",
    ),
    click.option("--no-tests", default="", metavar="WHY", help="Why no test had to change."),
)  # fmt: skip


def _parse_claims(pairs: tuple[tuple[str, str], ...], option: str, is_met: bool) -> list[Any]:
    from agentledger.workflow.handover.packet_criteria import Claim

    for name, _ in pairs:
        if not name.isascii() or not name.isdigit():
            raise click.UsageError(f"{option} {name}=… does not begin with a criterion's number, such as 1.")
    return [Claim(int(name), is_met, text) for name, text in pairs]


def _read_piped_text(texts: dict[str, str]) -> dict[str, str]:
    """Return the texts; standard input replaces the one that is `-`. Two of them are a usage error."""
    from_input = [title for title, text in texts.items() if text == "-"]
    if len(from_input) > 1:
        raise click.UsageError("standard input (-) can be the text of one section only.")
    if not from_input:
        return texts
    piped = read_standard_input()
    if not piped.strip():
        raise click.UsageError(f"standard input holds no text for “{from_input[0]}”.")
    return texts | {from_input[0]: piped}
