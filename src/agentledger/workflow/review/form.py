"""Lets a reviewer write in an editor, with what is decided on in view.

Belongs here: the form, and what is read from it. Does not: editors (see `session.editor`), or the verdict (see
`decide`).

All below a cut line is dropped, as in git's commit messages. Lines `- path:line text` above it are points; a
branch's name or an earlier point can neither end the form nor get into the review.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.text import escape_hidden
from agentledger.workflow.manage.compose import CUT, parse_form
from agentledger.workflow.session import editor

_POINT = re.compile(r"[-*] +(?:\[ \] +)?(\S.*:\d+(?:-\d+)?:? +\S.*)")
_WORDS = {
    "approve": "Anything to add? Write it above this line; it is Markdown.",
    "request-changes": "Write above this line what should be different; it is Markdown.",
    "reject": "Write above this line why not; it is Markdown.",
}


class Composed(NamedTuple):
    """The text, the points of it, and the file that keeps both until `editor.remove_draft`."""

    text: str
    points: tuple[str, ...]
    path: Path


def compose_review(git: Git, verdict: str, branch: str, head: str, open_points: tuple[str, ...]) -> Composed:
    """Have the reviewer write in their editor. Raises LedgerError where nothing was written, or the editor fails."""
    path = editor.draft_path(git, f"review-{branch}.md")
    initial = render_form(verdict, branch, head, open_points)
    written = parse_form(editor.edit_draft(git, initial, path) or "", initial)
    if not written:
        editor.remove_draft(path)
        raise LedgerError("the review is empty, so nothing was written", "run the same again to write one")
    text, points = split_points(written)
    return Composed(text, points, path)


def render_form(verdict: str, branch: str, head: str, open_points: tuple[str, ...]) -> str:
    """Return what the editor opens with."""
    lines = [
        _WORDS[verdict],
        "A line `- path:line text` is a point that has to be settled.",
        "All from that line on is dropped.",
        "",
        f"{escape_hidden(branch)} at {head[:12]}",
        *(f"open: {escape_hidden(point)}" for point in open_points),
    ]
    # Every line below the cut has a `#` in front, so none of them can look like the cut line.
    return "\n\n" + CUT + "\n" + "".join(f"# {line}".rstrip() + "\n" for line in lines)


def split_points(written: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without the lines that are points, and these."""
    text, points = [], []
    for line in written.splitlines():
        match = _POINT.fullmatch(line.strip())
        if match:
            points.append(match[1])
        else:
            text.append(line)
    return "\n".join(text).strip(), tuple(points)
