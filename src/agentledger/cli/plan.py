"""`agentledger plan`: write a task's brief, with a commit on the control branch.

Belongs here: a flag for each key and section of a brief, and reading the flags. Does not: the brief's text,
the editor or the commit (see `workflow.plan.plan_task`).
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option
from agentledger.workflow.plan.task_kinds import KINDS

if TYPE_CHECKING:
    from agentledger.model.command_result import Did
    from agentledger.workflow.plan.brief_wish import Wish

Command = Callable[..., Any]
_MODES, _SESSIONS = ("delegate", "review", "own", "explore"), ("background", "local", "cloud")
# Flag, the section's title, help. A flag given several times makes a list; the first two are given once.
_SECTIONS = (
    ("why", "Why, and what would stop us", "Why it is worth doing, and what would stop it."),
    ("outcome", "Outcome", "What is true when it is done."),
    ("context", "Context", "Where the code is, and which examples to follow."),
    ("constraints", "Constraints", "What must stay true whatever it costs."),
    ("non-goals", "Non-goals", "What is not part of the task."),
    ("integration", "Integration notes", "Who works nearby, and on which interfaces you meet."),
    ("verification", "Verification plan", "How you will check the result."),
)
# Flag, the brief's key, what it takes, help.
_LISTS = (
    ("owns", "owns", "PATTERN", "Files that the agent may change, such as 'src/auth/**'."),
    ("off-limits", "off_limits", "PATTERN", "Files that it must not change, even if --owns matches them."),
    ("follow", "follow", "PATH", "An existing file to take as an example."),
    ("depends-on", "depends_on", "TASK", "A task that has to be merged first."),
    ("checkpoint", "checkpoints", "NAME", "A step that needs your approval before the agent goes on."),
)
_VALUES: tuple[tuple[str, str, str | None, Any, str], ...] = (
    ("title", "title", "TEXT", None, "What the task is about.  [default: the id in words]"),
    ("mode", "mode", None, click.Choice(_MODES), "How closely you follow the work.  [default: delegate]"),
    ("session", "session", None, click.Choice(_SESSIONS), "Where the agent runs.  [default: background]"),
    ("priority", "priority", "N", click.IntRange(1), "1 comes first.  [default: 2]"),
    ("check-in", "check_in", "15m", None, "How often the agent has to check in."),
    ("branch", "branch", "NAME", None, "The task's branch.  [default: agent/TASK]"),
    ("manager", "manager", "ADDRESS", None, "Who is responsible.  [default: the policy's first manager]"),
)
# What says how to write a brief, and nothing of what is in it.
_NOT_REPEATED = ("source", "edit", "format", "dry_run", "repo", "verbose")
_ADDED = (("owns", "PATTERN"), ("off-limits", "PATTERN"), ("follow", "PATH"), ("depends-on", "TASK"))


def _brief_options(command: Command) -> Command:
    """Add a flag for each key and section, in the brief's order."""
    options: list[Callable[[Command], Command]] = [
        click.option(f"--{flag}", metavar=form, type=kind, help=help_text)
        for flag, _, form, kind, help_text in _VALUES
    ]
    options += [
        click.option(f"--{flag}", metavar=form, multiple=True, help=help_text)
        for flag, _, form, help_text in _LISTS
    ]
    options += [
        click.option(f"--{flag}", metavar="TEXT", multiple=number > 1, help=help_text)
        for number, (flag, _, help_text) in enumerate(_SECTIONS)
    ]
    options += [
        click.option("--accept", metavar="TEXT", multiple=True, help="An acceptance criterion."),
        click.option(
            "--verify", metavar="[NAME=]COMMAND", multiple=True, help="A command that checks the result."
        ),
        click.option(
            "--kill", metavar="KEY=VALUE", multiple=True, help="When to give up: lines=800, after=2d."
        ),
        click.option(
            "--seam/--no-seam", default=None, help="The task makes an interface that other tasks build on."
        ),
    ]
    for flag, form in (*_ADDED, ("accept", "TEXT"), ("verify", "[NAME=]COMMAND")):
        text = f"Add one more to --{flag}, and keep those that are there."
        options.append(click.option(f"--add-{flag}", metavar=form, multiple=True, help=text))
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("task")
@_brief_options
@click.option(
    "--kind", type=click.Choice(KINDS), help=f"Which template to begin with.  [default: {KINDS[0]}]"
)
@click.option(
    "--from",
    "source",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Take the whole brief from FILE; - is standard input.",
)
@click.option("--edit", is_flag=True, help="Open the editor even if nothing is missing.")
@click.option(
    "--baseline",
    is_flag=True,
    help="Then run its checks on base, and again with garbage in its files: can they fail?",
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def plan(
    settings: Settings,
    /,
    task: str,
    kind: str | None,
    source: Path | None,
    edit: bool,
    baseline: bool,
    format: str,
    dry_run: bool,
    **flags: Any,
) -> None:
    """Write the brief of TASK: its goal, its files and its checks.

    From flags, from a file, or from a template in your editor. Makes one commit on the control branch, which
    holds what managers write; worktree and index stay as they are. In an existing brief, flags change only
    what they name: a list is replaced (--add-… adds to it), an empty value removes a key or section. Remarks
    about the brief are printed, and block nothing.
    """
    from agentledger.workflow.plan import plan_task as work
    from agentledger.workflow.plan.plan_draft import Plan

    start, now = settings.repo or current_folder(), int(time.time())
    if baseline and dry_run:
        raise click.UsageError("--baseline runs the checks of a brief that is written: leave --dry-run out")
    if baseline and not (edit or source or any(value not in (None, ()) for value in flags.values()) or kind):
        print_result(_measure_checks(start, task, now), format)
        return
    text = None if source is None else _read_source(source)
    request = Plan(
        task=task,
        wish=_parse_flags(flags),
        kind=kind,
        text=text,
        typed=source == Path("-"),
        edit=edit,
        dry_run=dry_run,
        command=_repeat_command(click.get_current_context()),
    )
    # The editor needs a person: one who asks for it, or one at a terminal.
    person = edit or (sys.stdin.isatty() and sys.stdout.isatty())
    done = work.plan_task(start, request, now, _print_sentence if person else None)
    if baseline:
        measured = _measure_checks(start, task, now)
        done = replace(
            done,
            messages=done.messages + measured.messages,
            warnings=done.warnings + measured.warnings,
            checks=measured.checks,
        )
    print_result(done, format)


def _measure_checks(start: Path, task: str, now: int) -> Did:
    from agentledger.cli.verify import print_event
    from agentledger.workflow.verify import measure_task

    return measure_task.measure_planned(start, task, now, print_event)


def _repeat_command(ctx: click.Context) -> str:
    """The command as it was typed, but for options that have nothing to do with the brief."""
    words = ["agentledger", "plan", str(ctx.params["task"])]
    for parameter in ctx.command.params:
        name, value = str(parameter.name), ctx.params.get(str(parameter.name))
        given = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not isinstance(parameter, click.Option) or not given or name in _NOT_REPEATED:
            continue
        if isinstance(value, bool):
            words.append(parameter.opts[0] if value else parameter.secondary_opts[0])
            continue
        for each in value if isinstance(value, tuple) else (value,):
            words += [parameter.opts[0], str(each)]
    return shlex.join(words)


def _print_sentence(sentence: str) -> None:
    click.echo(sentence, err=True)


def _read_source(source: Path) -> str:
    from agentledger.documents import MOST_BYTES
    from agentledger.model.errors import LedgerError
    from agentledger.model.text import decode, escape_hidden

    # One byte more than a document may have, so that its own check sees that it is too long.
    if source == Path("-"):
        return decode(sys.stdin.buffer.read(MOST_BYTES + 1))
    try:
        with source.open("rb") as file:
            return decode(file.read(MOST_BYTES + 1))
    except OSError as error:
        message = f"{escape_hidden(str(source))} cannot be read: {error.strerror}"
        raise LedgerError(message, "name a Markdown file, or - for standard input") from error


def _parse_flags(flags: Mapping[str, Any]) -> Wish:
    """Turn the flags into what they change in a brief."""
    from agentledger.workflow.plan import brief_wish

    def value_of(flag: str) -> Any:
        return flags[flag.replace("-", "_")]

    # A key that is absent stays as it is; one with None is removed from the brief.
    keys = {key: value_of(flag) or None for flag, key, *_ in _VALUES if value_of(flag) is not None}
    keys |= {key: list(filter(None, value_of(flag))) or None for flag, key, *_ in _LISTS if value_of(flag)}
    keys |= {"verify": brief_wish.parse_checks(value_of("verify")) or None} if value_of("verify") else {}
    keys |= {"seam": value_of("seam")} if value_of("seam") is not None else {}
    sections = {
        title: brief_wish.render_prose([text] if isinstance(text, str) else text)
        for flag, title, _ in _SECTIONS
        if (text := value_of(flag)) not in (None, ())
    }
    return brief_wish.Wish(
        keys=keys,
        sections=sections,
        more={
            flag.replace("-", "_"): value_of(f"add-{flag}") for flag, _ in _ADDED if value_of(f"add-{flag}")
        },
        checks=value_of("add-verify"),
        kill=brief_wish.parse_kill_criteria(value_of("kill")),
        criteria=value_of("accept") or None,
        more_criteria=value_of("add-accept"),
    )
