"""Lets a person write a text in their editor, and keeps that text whatever happens next.

Belongs here: starting the editor, and the file in the git directory that keeps the text meanwhile. Does not:
the text it begins with, or what is done with it (see `plan.plan_task`, `manage.compose`), or whether an editor
is opened at all (see `cli.plan`: an editor is for a person at a terminal).

    path = editor.draft_path(git, f"plan-{task}.md")
    text = editor.edit_draft(git, initial, path)    # None: left as it was, or empty; nothing is kept then
    ...                                             # may raise: `path` still has the text for the next run
    editor.remove_draft(path)                       # once the text is written where it belongs
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from urllib.parse import quote

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.storage import atomic_write


def draft_path(git: Git, name: str) -> Path:
    """The file that keeps the text of this name, in the git directory that all worktrees share.

    `name` may contain anything that a branch's name may. Its ending, such as .md, shows editors the format.
    """
    return queries.locate_repository(git).common / "agentledger" / "kept" / quote(encode(name), safe=" ")


def read_draft(path: Path) -> str | None:
    """The text that was kept there the last time; None where there is none, or it is blank."""
    try:
        # An editor may put a byte-order mark in front, and end lines with CRLF.
        text = decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf")).replace("\r\n", "\n")
    except OSError:
        return None
    return text if text.strip() else None


def keep_draft(path: Path, text: str) -> None:
    """Keep a text there, whole or not at all. Raises LedgerError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write.write_atomically(path, encode(text))
    except OSError as error:
        message = f"the text cannot be kept in {escape_hidden(str(path))}: {error.strerror}"
        raise LedgerError(message, "make that folder writable, or give the text with --from FILE") from error


def remove_draft(path: Path) -> None:
    """Remove the kept text, if there is one: it is now where it belongs."""
    path.unlink(missing_ok=True)


def edit_draft(git: Git, initial: str, path: Path) -> str | None:
    """Open the editor; return the text as the person leaves it, or None where it is not new.

    The editor opens with what `path` keeps from the last time, else with `initial`. The text stays in `path`
    until `remove_draft`. Not new means equal to `initial`, or blank; then `path` is removed. Raises LedgerError
    where the editor cannot be started or ends with an error, which is how a person gives up in most editors;
    a changed text stays in `path`.
    """
    if read_draft(path) is None:
        keep_draft(path, initial)
    problem = _run_editor(_editor_command(git), path)
    text = read_draft(path)
    if text is None or text.rstrip() == initial.rstrip():
        remove_draft(path)
        text = None
    if problem:
        hint = f"the text is kept in {shlex.quote(escape_hidden(str(path)))}; run the same again to go on"
        raise LedgerError(problem, hint if text else "git config core.editor names another editor")
    return text


def _editor_command(git: Git) -> str:
    """The person's editor as git finds it: GIT_EDITOR, core.editor, VISUAL, EDITOR, else vi."""
    out, code, _ = process.run_unchecked(git, ["var", "GIT_EDITOR"])
    command = decode(out).strip()
    # git itself sets `:` where no editor is to open; without a terminal that can show one, git fails.
    if code or not command or command == ":":
        raise LedgerError("git knows no editor to open here", "git config core.editor …, or set EDITOR")
    return command


def _run_editor(command: str, path: Path) -> str:
    """Run the editor on this file; return why it failed, or ''. A shell splits the command, as git does it."""
    import click

    # The command may have arguments and variables of its own, so it is not one program's path.
    if sys.platform != "win32":
        command = shlex.join(["sh", "-c", f'{command} "$@"', command])
    try:
        click.edit(filename=str(path), editor=command)
    except click.ClickException:
        return "the editor ended with an error, and nothing is written"
    return ""
