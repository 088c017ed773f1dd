"""Fleet → the page for a new task, which is written on the forge or in a shell.

Belongs here: the view model of that page. Does not: HTML, the brief's text (see `document_templates`), or
the forge's address (see `newfile`).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from agentledger.model.fleet import Control, Fleet, Sync
from agentledger.model.ledger_paths import control_brief_path
from agentledger.model.text import HIDDEN
from agentledger.site import document_templates, newfile
from agentledger.site.branch_commands import Command
from agentledger.site.labels import Frame, build_frame
from agentledger.site.newfile import Missing, NewFile

# A placeholder for the id in the path. No id has capitals, so it is refused where it was not replaced.
ID = "NEW-TASK"
PATH = control_brief_path(ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """The page."""

    frame: Frame
    #: The control branch's name.
    branch: str
    host: str
    #: None where the forge is not known, or has no control branch.
    link: NewFile | None
    missing: Missing | None
    #: The placeholder for the task's id in `path`.
    id: str
    path: str
    #: The brief to fill in.
    text: str
    #: The same in a shell.
    steps: tuple[Command, ...]


def is_offered(fleet: Fleet) -> bool:
    """Is there such a page? Only where there are tasks, or a control branch to write them on."""
    return bool(fleet.tasks) or (fleet.control is not None and fleet.control.ref is not None)


def build_new_task(fleet: Fleet) -> NewTask:
    """Build the page of a fleet."""
    desk = newfile.find_desk(fleet)
    text = document_templates.draft_brief(fleet)
    control = fleet.control or Control(fleet.policy.control_branch)
    return NewTask(
        frame=build_frame(fleet),
        branch=control.name,
        host=desk.host if desk else "",
        link=desk.new_file(f"Write it on {desk.host}", PATH, text) if desk else None,
        missing=newfile.find_missing(fleet),
        id=ID,
        path=PATH,
        text=text,
        steps=_build_shell_steps(fleet.name, control),
    )


def _build_shell_steps(name: str, control: Control) -> tuple[Command, ...]:
    """The same in a shell: a worktree beside the repository, removed at the end.

    () where a name cannot be typed, or the branch of that name is not a control branch.
    """
    if HIDDEN.search(name + control.name) or (control.ref is None and control.note):
        return ()
    worktree = f"../{name}.ledger"
    quoted = shlex.quote(worktree)
    steps = (
        Command(
            "Take the branch out, beside the repository",
            f"git worktree add {_worktree_arguments(control, quoted)}",
        ),
        Command("Make the task’s folder", f"mkdir -p {shlex.quote(f'{worktree}/tasks/{ID}')}"),
        Command("Put the text there, and fill it in", shlex.quote(f"{worktree}/{PATH}")),
        Command(
            "Commit it",
            f"git -C {quoted} add tasks && git -C {quoted} commit -m {shlex.quote(f'Plan {ID}')}",
        ),
        Command("Put the branch back: agentledger writes to it, too", f"git worktree remove {quoted}"),
    )
    # Without a control branch the first step makes one.
    first_steps = (_begin_command(control.name),) if control.ref is None else ()
    return (*first_steps, *steps, Command("Publish it, where there is a remote", "agentledger sync"))


def _begin_command(branch: str) -> Command:
    """The command that makes the control branch: it shares no history, so it starts with an empty commit."""
    empty_tree = '"$(git mktree </dev/null)"'
    empty_commit = f'"$(git commit-tree -m {shlex.quote("Begin the ledger")} {empty_tree})"'
    return Command("Begin the branch", f"git branch {shlex.quote(branch)} {empty_commit}")


def _worktree_arguments(control: Control, path: str) -> str:
    """The arguments for `git worktree add`: a branch that only the remote has gets a local copy."""
    branch = shlex.quote(control.name)
    if control.sync is Sync.REMOTE and control.ref:
        return f"--track -b {branch} {path} {shlex.quote(control.ref.removeprefix('refs/remotes/'))}"
    return f"{path} {branch}"
