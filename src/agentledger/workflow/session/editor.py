"""A text that a person writes in their editor, and that is not lost whatever happens next.

Belongs here: starting the editor, and the file in the git directory that the text stays in meanwhile.
Does not: which text it begins with, or what becomes of it (see `plan`), or asking at all (see `cli`: an
editor is for a person at a terminal).

    path = editor.place(asked, f"plan-{task}.md")
    text = editor.edit(asked, initial, path)    # None: left as it was, or empty; nothing is kept then
    ...                                         # may raise: the text is still in `path`, and is gone on from
    editor.forget(path)                         # once it is written where it belongs
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


def draft_path(asked: Git, name: str) -> Path:
    """Where the text of that name is kept: a file in the git directory that all worktrees share.

    `name` may hold anything that a branch's name may; its ending tells editors what they show.
    """
    return queries.locate_repository(asked).common / "agentledger" / "kept" / quote(encode(name), safe=" ")


def read_draft(path: Path) -> str | None:
    """The text that was left there the last time; None where there is none, or nothing in it."""
    try:
        text = decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf")).replace("\r\n", "\n")
    except OSError:
        return None
    return text if text.strip() else None


def keep_draft(path: Path, text: str) -> None:
    """Put a text there, whole or not at all; LedgerError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write.write_atomically(path, encode(text))
    except OSError as error:
        told = f"the text cannot be kept in {escape_hidden(str(path))}: {error.strerror}"
        raise LedgerError(told, "make that folder writable, or give the text with --from FILE") from error


def remove_draft(path: Path) -> None:
    """Take it away, if it is there: the text is where it belongs."""
    path.unlink(missing_ok=True)


def edit_draft(asked: Git, initial: str, path: Path) -> str | None:
    """The text as the person leaves it, in `path` until `forget`; None where there is nothing new in it.

    It begins with what is kept in `path` from the last time, else with `initial`. Nothing new: equal to
    `initial`, or blank; `path` is gone then. Raises LedgerError when the editor cannot be started or ends
    with an error, which is how a person gives up in most of them; a changed text stays in `path`.
    """
    if read_draft(path) is None:
        keep_draft(path, initial)
    problem = _run_editor(_editor_command(asked), path)
    text = read_draft(path)
    if text is None or text.rstrip() == initial.rstrip():
        remove_draft(path)
        text = None
    if problem:
        stays = f"the text is kept in {shlex.quote(escape_hidden(str(path)))}; run the same again to go on"
        raise LedgerError(problem, stays if text else "git config core.editor names another editor")
    return text


def _editor_command(asked: Git) -> str:
    """The person's editor as git finds it: GIT_EDITOR, core.editor, VISUAL, EDITOR, else vi."""
    out, code, _ = process.run_unchecked(asked, ["var", "GIT_EDITOR"])
    found = decode(out).strip()
    if code or not found or found == ":":
        raise LedgerError(
            "git knows no editor to open here", "git config --global core.editor …, or set EDITOR"
        )
    return found


def _run_editor(command: str, path: Path) -> str:
    """Why the editor failed, '' when it did not. A shell takes the command apart, as for git."""
    import click

    if sys.platform != "win32":
        command = shlex.join(["sh", "-c", f'{command} "$@"', command])
    try:
        click.edit(filename=str(path), editor=command)
    except click.ClickException:
        return "the editor ended with an error, and nothing is written"
    return ""
