"""`agentledger plan`: write a task's brief, on the control branch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option
from agentledger.workflow.plan.task_kinds import KINDS

if TYPE_CHECKING:
    from agentledger.workflow.plan.brief_wish import Wish

Command = Callable[..., Any]
_MODES, _SESSIONS = ("delegate", "review", "own", "explore"), ("background", "local", "cloud")
# Flag, the section's title, help. Given several times it becomes a list, but for the first two.
_SECTIONS = (
    ("why", "Why, and what would stop us", "Why it is worth doing, and what would stop it."),
    ("outcome", "Outcome", "What is true when it is done."),
    ("context", "Context", "Where it lives, and what there is to follow."),
    ("constraints", "Constraints", "What must not be traded away."),
    ("non-goals", "Non-goals", "What is not to be done besides."),
    ("integration", "Integration notes", "Who works nearby, where the seams are."),
    ("verification", "Verification plan", "How you will convince yourself."),
)
# Flag, the brief's key, what it takes, help.
_LISTS = (
    ("owns", "owns", "PATTERN", "What may change, such as 'src/auth/**'."),
    ("off-limits", "off_limits", "PATTERN", "What must not, though --owns would match."),
    ("follow", "follow", "PATH", "An existing file whose pattern is to be followed."),
    ("depends-on", "depends_on", "TASK", "A task that merges first."),
    ("checkpoint", "checkpoints", "NAME", "What has to be approved on the way."),
)
_VALUES: tuple[tuple[str, str, str | None, Any, str], ...] = (
    ("title", "title", "TEXT", None, "What it is about.  [default: the id in words]"),
    ("mode", "mode", None, click.Choice(_MODES), "How much you stay with it.  [default: delegate]"),
    ("session", "session", None, click.Choice(_SESSIONS), "Where the agent runs.  [default: background]"),
    ("priority", "priority", "N", click.IntRange(1), "1 comes first.  [default: 2]"),
    ("check-in", "check_in", "15m", None, "How often a sign of life is due."),
    ("branch", "branch", "NAME", None, "The branch, where it is not agent/TASK."),
    ("manager", "manager", "ADDRESS", None, "Who answers for it.  [default: policy's first]"),
)
_ADDED = (("owns", "PATTERN"), ("off-limits", "PATTERN"), ("follow", "PATH"), ("depends-on", "TASK"))


def _brief_options(command: Command) -> Command:
    """A flag for each key and section, in the brief's order."""
    options: list[Callable[[Command], Command]] = [
        click.option(f"--{flag}", metavar=form, type=kind, help=said) for flag, _, form, kind, said in _VALUES
    ]
    options += [
        click.option(f"--{flag}", metavar=form, multiple=True, help=said) for flag, _, form, said in _LISTS
    ]
    options += [
        click.option(f"--{flag}", metavar="TEXT", multiple=number > 1, help=said)
        for number, (flag, _, said) in enumerate(_SECTIONS)
    ]
    options += [
        click.option("--accept", metavar="TEXT", multiple=True, help="A criterion that can be checked."),
        click.option("--verify", metavar="[NAME=]COMMAND", multiple=True, help="A command that shows it."),
        click.option(
            "--kill", metavar="KEY=VALUE", multiple=True, help="When to give up: lines=800, after=2d."
        ),
        click.option("--seam/--no-seam", default=None, help="It is an interface that others build on."),
    ]
    for flag, form in (*_ADDED, ("accept", "TEXT"), ("verify", "[NAME=]COMMAND")):
        text = f"One more for --{flag}: what is there stays."
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
    help="Take a brief as it is in FILE; - is standard input.",
)
@click.option("--edit", is_flag=True, help="Open the editor, though nothing is missing.")
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
    format: str,
    dry_run: bool,
    **given: Any,
) -> None:
    """Write the brief of TASK: from flags, a file, or a template in your editor.

    One commit on the control branch; work tree and index stay as they are. Of a brief that is there already,
    flags change just what they name: a list is replaced (--add-… adds to it), an empty value takes a key or
    section out. What is worth knowing about the brief is told, and stops nobody.
    """
    from agentledger.workflow.plan import plan_task as work
    from agentledger.workflow.plan.plan_draft import Plan

    text = None if source is None else _read_source(source)
    asked = Plan(
        task=task,
        wish=_parse_flags(given),
        kind=kind,
        text=text,
        typed=source == Path("-"),
        edit=edit,
        dry_run=dry_run,
    )
    person = edit or (sys.stdin.isatty() and sys.stdout.isatty())
    print_result(
        work.plan_task(
            settings.repo or current_folder(), asked, int(time.time()), _print_sentence if person else None
        ),
        format,
    )


def _print_sentence(sentence: str) -> None:
    click.echo(sentence, err=True)


def _read_source(source: Path) -> str:
    from agentledger.documents import MOST_BYTES
    from agentledger.model.errors import LedgerError
    from agentledger.model.text import decode, escape_hidden

    if source == Path("-"):
        return decode(sys.stdin.buffer.read(MOST_BYTES + 1))
    try:
        with source.open("rb") as file:
            return decode(file.read(MOST_BYTES + 1))
    except OSError as error:
        told = f"{escape_hidden(str(source))} cannot be read: {error.strerror}"
        raise LedgerError(told, "name a Markdown file, or - for standard input") from error


def _parse_flags(given: Mapping[str, Any]) -> Wish:
    """The flags, as what they stand for."""
    from agentledger.workflow.plan import brief_wish

    def said(flag: str) -> Any:
        return given[flag.replace("-", "_")]

    keys = {key: said(flag) or None for flag, key, *_ in _VALUES if said(flag) is not None}
    keys |= {key: list(filter(None, said(flag))) or None for flag, key, *_ in _LISTS if said(flag)}
    keys |= {"verify": brief_wish.parse_checks(said("verify")) or None} if said("verify") else {}
    keys |= {"seam": said("seam")} if said("seam") is not None else {}
    sections = {
        title: brief_wish.render_prose([words] if isinstance(words, str) else words)
        for flag, title, _ in _SECTIONS
        if (words := said(flag)) not in (None, ())
    }
    return brief_wish.Wish(
        keys=keys,
        sections=sections,
        more={flag.replace("-", "_"): said(f"add-{flag}") for flag, _ in _ADDED if said(f"add-{flag}")},
        checks=said("add-verify"),
        kill=brief_wish.parse_kill_criteria(said("kill")),
        criteria=said("accept") or None,
        more_criteria=said("add-accept"),
    )
