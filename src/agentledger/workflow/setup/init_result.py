"""What `init` did, in words: each step, the notes, and what to type next.

Belongs here: that. Does not: deciding or doing it (see `init`), or printing it (see `cli.init`).
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
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.workflow.setup import manifest
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Move, Step

PLAN = "agentledger plan TASK"


def describe_init(git: Git, place: Place, plan: Plan, dry_run: bool) -> Did:
    """What making the repository ready came to; `next` is to commit what is not, else to plan a task."""
    done = _describe_plan(place, plan, dry_run)
    files = manifest.read_manifest(place.common).files
    paths = [step.path for step in plan.steps if not isinstance(step, Move)] if dry_run else list(files)
    return replace(done, next=_commit_command(git, place, paths, dry_run) or PLAN)


def describe_undo(place: Place, plan: Plan, dry_run: bool) -> Did:
    """What taking it back came to."""
    return _describe_plan(place, plan, dry_run)


def describe_steps(steps: Sequence[Step], dry_run: bool = False) -> tuple[str, ...]:
    """A line for each step: what was done, or would be, to which file."""
    return tuple(_describe_step(step, dry_run) for step in steps)


def _describe_plan(place: Place, plan: Plan, dry_run: bool) -> Did:
    files = [step.target if isinstance(step, Move) else step.path for step in plan.steps]
    return Did(
        command="init",
        said=describe_steps(plan.steps, dry_run),
        files=tuple(_format_path(place, path) for path in files),
        warnings=plan.notes,
        dry_run=dry_run,
    )


def _describe_step(step: Step, dry_run: bool) -> str:
    if isinstance(step, Move):
        word = "move" if dry_run else "moved"
        return f"{word:8} {escape_hidden(str(step.source))} to {escape_hidden(step.target.name)}"
    words = ("remove", "write", "change") if dry_run else ("removed", "wrote", "changed")
    word = words[0] if step.after is None else words[1] if step.before is None else words[2]
    return f"{word:8} {escape_hidden(str(step.path))}"


def _format_path(place: Place, path: Path) -> str:
    """A path from the top of the work tree, where it lies below."""
    if place.top and path.is_relative_to(place.top):
        return path.relative_to(place.top).as_posix()
    return str(path)


def _commit_command(git: Git, place: Place, paths: Sequence[Path], dry_run: bool) -> str:
    """The command that commits those of these files of the work tree that git does not have as they are."""
    if place.top is None:
        return ""
    targets = [path.resolve() for path in paths if dry_run or path.exists()]
    ours = [path for path in targets if path.is_relative_to(place.top)]
    ours = [path for path in ours if not path.is_relative_to(place.common)]
    names = sorted(path.relative_to(place.top).as_posix() for path in ours)
    if names and not dry_run:
        names = _read_uncommitted(git, place.top, names)
    if not names:
        return ""
    where = "" if git.cwd.resolve() == place.top.resolve() else f" -C {shlex.quote(str(place.top))}"
    folder = ".agentledger"
    named = dict.fromkeys(folder if name.startswith(f"{folder}/") else name for name in names)
    words = " ".join(map(shlex.quote, named))
    return f'git{where} add {words} && git{where} commit -m "agentledger init" -- {words}'


def _read_uncommitted(git: Git, top: Path, names: Sequence[str]) -> list[str]:
    """Those that are new or differ from HEAD; what git ignores is not among them."""
    flags = ["status", "--porcelain", "-z", "--no-renames", "-uall"]
    out = process.run(Git(top, git.env), ["--literal-pathspecs", *flags, "--", *names])
    found = [line[3:] for line in out.split(b"\0") if line]
    return sorted(decode(name) for name in found if name in {encode(each) for each in names})
