"""Shows what `agentledger init` would do, in the order in which a person wants to know it, and what it leaves alone.

Belongs here: sorting steps into files, settings, hooks and notes of our own, and their text. Does not: the steps (see
`init`), or their complete diff (see `steps.render_diff`).

Files that everybody gets come first, with their text. Hooks are named, not shown: they are long, and the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentledger.git.queries import Place
from agentledger.model.text import escape_hidden, format_count
from agentledger.repository import hook_branches, worktree_task
from agentledger.workflow.setup import steps
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Move, Write

_NOTES = (hook_branches.FILE, "manifest.json")
# What agents or people read, and init leaves to them.
_OTHERS = (
    "CLAUDE.md",
    ".claude",
    "GEMINI.md",
    "AGENTS.override.md",
    ".cursor",
    ".github/copilot-instructions.md",
    ".husky",
    "lefthook.yml",
)


def render_preview(place: Place, plan: Plan) -> str:
    """What the plan would do in the repository at `place`, as lines; '' for a plan without steps."""
    if not plan.steps:
        return ""
    lines = ["nothing is written; without --dry-run this would happen:"]
    for title, part in (
        ("files in the work tree, for you to commit", _describe_files(place, plan)),
        ("settings of git", _describe_settings(place, plan)),
        ("hooks in this clone, for agents' branches alone", _describe_hooks(place, plan)),
        ("notes of agentledger's own, in the git directory", _describe_notes(place, plan)),
        ("left as it is", _describe_untouched(place, plan)),
    ):
        lines += ["", f"{title}:", *(f"  {line}" if line else "" for line in part)]
    return "".join(f"{line}\n" for line in (*lines, ""))


def _describe_files(place: Place, plan: Plan) -> Iterator[str]:
    """Each file of the work tree: its text where it is new, else what would change in it."""
    files = [step for step in plan.steps if isinstance(step, Write) and _is_in_tree(place, step.path)]
    for step in files:
        size = len((step.after or b"").splitlines())
        how = f"new, {format_count(size, 'line')}" if step.before is None else "changed"
        yield f"{_relative(place, step.path)} ({how})"
        # The first two lines of a diff are the names.
        yield from steps.render_diff([step]).splitlines()[3 if step.before is None else 2 :]
    if not files:
        yield "none"


def _describe_settings(place: Place, plan: Plan) -> Iterator[str]:
    """Each setting with its value before and afterwards."""
    changes = [(path, key) for path, written in plan.done.files.items() for key in written.keys]
    for path, key in changes:
        former = "not set" if key.former is None else key.former
        now = "not set" if key.value is None else key.value
        text = f"{key.name} = {now} in {_relative(place, path)} (now: {former})"
        yield escape_hidden(text)
    if not changes:
        yield "none changes"


def _describe_hooks(place: Place, plan: Plan) -> Iterator[str]:
    """Each hook, and the one of somebody else's that it would run first."""
    moved = {step.source: step.target for step in plan.steps if isinstance(step, Move)}
    hooks = [step for step in plan.steps if isinstance(step, Write) and _is_hook(place, step.path)]
    for step in hooks:
        verb = "remove" if step.after is None else "write" if step.before is None else "renew"
        kept = moved.get(step.path)
        first = (
            f"; yours goes to {escape_hidden(kept.parent.name)} beside that folder, and runs first"
            if kept
            else ""
        )
        yield f"{verb} {_relative(place, step.path)}{first}"
    if not hooks:
        yield "none"


def _describe_notes(place: Place, plan: Plan) -> Iterator[str]:
    """The files by which agentledger knows what it did, and which branches the hooks check."""
    notes = [step for step in plan.steps if isinstance(step, Write) and _is_note(place, step.path)]
    yield ", ".join(_relative(place, step.path) for step in notes) or "none"


def _describe_untouched(place: Place, plan: Plan) -> Iterator[str]:
    """What a person may fear for, as far as it is there."""
    yield "every commit, branch and stash, the index, and your own git configuration"
    folder = place.common / "hooks"
    written = {step.target if isinstance(step, Move) else step.path for step in plan.steps}
    moved = {step.source for step in plan.steps if isinstance(step, Move)}
    hooks = sorted(
        each.name
        for each in (folder.iterdir() if folder.is_dir() else ())
        if each not in written | moved and each.suffix != ".sample"
    )
    if hooks:
        yield f"other hooks: {', '.join(map(escape_hidden, hooks))}"
    others = [name for name in _OTHERS if place.top and (place.top / name).exists()]
    if others:
        yield f"files of other tools: {', '.join(others)}"


def _is_in_tree(place: Place, path: Path) -> bool:
    return place.top is not None and path.is_relative_to(place.top) and not _is_in_git(place, path)


def _is_in_git(place: Place, path: Path) -> bool:
    return path.is_relative_to(place.common) or path.is_relative_to(place.directory)


def _is_hook(place: Place, path: Path) -> bool:
    return (
        _is_in_git(place, path)
        and path.parent.name in ("hooks", hook_branches.FOLDER)
        and not _is_note(place, path)
    )


def _is_note(place: Place, path: Path) -> bool:
    is_ours = path.parent == place.common / hook_branches.FOLDER and path.name in _NOTES
    return is_ours or path.name == worktree_task.FILE


def _relative(place: Place, path: Path) -> str:
    top = place.top
    inside = top is not None and path.is_relative_to(top)
    return escape_hidden(path.relative_to(top).as_posix() if inside and top else str(path))
