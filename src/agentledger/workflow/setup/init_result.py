"""Describes what `agentledger init` did: each step, the notes, and what to type next.

Belongs here: the result and its lines. Does not: deciding or doing it (see `init`), or printing it (see
`cli.init`).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.command_result import Did
from agentledger.model.ledger_paths import FOLDER, LEDGER
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.workflow.setup import manifest
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Link, Move, Step, Write

PLAN = "agentledger plan TASK"


def describe_init(git: Git, place: Place, plan: Plan, dry_run: bool) -> Did:
    """The result of setting the repository up; `next` is to commit what is not committed, else to plan a task."""
    done = _describe_plan(place, plan, dry_run)
    files = manifest.read_manifest(place.common).files
    paths = [step.path for step in plan.steps if isinstance(step, Write)] if dry_run else list(files)
    return replace(done, next=_commit_command(git, place, paths, dry_run) or PLAN)


def describe_undo(place: Place, plan: Plan, dry_run: bool) -> Did:
    """The result of undoing the set-up."""
    return _describe_plan(place, plan, dry_run)


def describe_steps(steps: Sequence[Step], dry_run: bool = False) -> tuple[str, ...]:
    """A line for each step: what was done, or would be, to which file."""
    return tuple(_describe_step(step, dry_run) for step in steps)


def _describe_plan(place: Place, plan: Plan, dry_run: bool) -> Did:
    """The result of a plan's steps, without a next command."""
    files = [step.target if isinstance(step, Move) else step.path for step in plan.steps]
    return Did(
        command="init",
        messages=describe_steps(plan.steps, dry_run),
        files=tuple(_format_path(place, path) for path in files),
        warnings=plan.notes,
        dry_run=dry_run,
    )


def _describe_step(step: Step, dry_run: bool) -> str:
    """A line on one step: the verb in eight columns, then the file."""
    if isinstance(step, Move):
        verb = "move" if dry_run else "moved"
        return f"{verb:8} {escape_hidden(str(step.source))} to {escape_hidden(str(step.target))}"
    if isinstance(step, Link):
        verb = ("link" if step.made else "remove") if dry_run else ("linked" if step.made else "removed")
        return f"{verb:8} {escape_hidden(str(step.path))}"
    verbs = ("remove", "write", "change") if dry_run else ("removed", "wrote", "changed")
    verb = verbs[0] if step.after is None else verbs[1] if step.before is None else verbs[2]
    return f"{verb:8} {escape_hidden(str(step.path))}"


def _format_path(place: Place, path: Path) -> str:
    """The path from the top of the work tree where the file is below it, else the whole path."""
    if place.top and path.is_relative_to(place.top):
        return path.relative_to(place.top).as_posix()
    return str(path)


def _commit_command(git: Git, place: Place, paths: Sequence[Path], dry_run: bool) -> str:
    """The command that commits those of these files that are new or changed; '' where there is nothing to commit.

    Files outside the work tree, and those in the git directory, are left out.
    """
    if place.top is None:
        return ""
    targets = [path.resolve() for path in paths if dry_run or path.exists()]
    own_files = [path for path in targets if path.is_relative_to(place.top)]
    own_files = [path for path in own_files if not path.is_relative_to(place.common)]
    names = sorted(path.relative_to(place.top).as_posix() for path in own_files)
    if names and not dry_run:
        names = read_uncommitted(git, place.top, names)
    return format_commit_command(git, place.top, names) if names else ""


def format_commit_command(git: Git, top: Path, names: Sequence[str]) -> str:
    """The two commands that commit these files of the worktree at `top`, as they are typed where `git` runs."""
    option = "" if git.cwd.resolve() == top.resolve() else f" -C {shlex.quote(str(top))}"
    # The ledger's folder is named once: its files belong together.
    short_names = dict.fromkeys(FOLDER if name.startswith(LEDGER) else name for name in names)
    quoted_names = " ".join(map(shlex.quote, short_names))
    return f'git{option} add {quoted_names} && git{option} commit -m "agentledger init" -- {quoted_names}'


def read_uncommitted(git: Git, top: Path, names: Sequence[str]) -> list[str]:
    """Those of these files that are new or differ from HEAD, in order; ignored ones are left out."""
    flags = ["status", "--porcelain", "-z", "--no-renames", "-uall"]
    out = process.run(Git(top, git.env), ["--literal-pathspecs", *flags, "--", *names])
    # Two letters for the state and a blank come before the path.
    paths = [line[3:] for line in out.split(b"\0") if line]
    return sorted(decode(name) for name in paths if name in {encode(each) for each in names})
