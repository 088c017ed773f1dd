"""Lets the manager write a reply in an editor, with the agent's question in view.

Belongs here: the form that the editor opens, and which part of it is the reply. Does not: editors (see
`session.editor`), or writing the reply (see `answer`).

The question is below a cut line, as in git's commit messages, since Markdown has its own use for lines that
begin with `#`. What an agent wrote can neither end that part nor get into the reply.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agentledger.attention import plans
from agentledger.attention.commands import format_command
from agentledger.attention.replies import open_question
from agentledger.attention.scope_request import has_scope_change
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger import CheckIn
from agentledger.model.text import escape_hidden
from agentledger.workflow.manage import answer
from agentledger.workflow.manage.answer import Reply
from agentledger.workflow.session import editor
from agentledger.workflow.session.manager_context import Managing

# The line that git itself uses for this (git-commit(1), `--cleanup=scissors`), so that editors know it.
CUT = "# ------------------------ >8 ------------------------"
SHOWN = 200  # lines of one question; the branch's page has all of it
_WORDS = {
    "note": "Write the answer above this line; it is Markdown.",
    "change": "Write above this line what should be different; it is Markdown.",
    "reject": "Write above this line why not; it is Markdown.",
    "stop": "Write above this line why the work is to stop; it is Markdown.",
    "approve": "Anything to add? Write it above this line; it is Markdown.",
}


class Composed(NamedTuple):
    """The reply's text, and the file that keeps it until `editor.remove_draft`."""

    text: str
    path: Path


def compose_reply(desk: Managing, reply: Reply) -> Composed:
    """Have the manager write a reply in their editor; return what they wrote.

    Raises LedgerError for a name that is not known, where nothing was written, and where the editor fails.
    """
    # Names are checked before the editor opens: nobody should write a text that is then refused.
    reply = answer.resolve_reply(desk, reply)
    path = editor.draft_path(desk.git, f"answer-{reply.branch or reply.task}.md")
    initial = render_form(reply, answer.addressed_branches(desk, reply))
    text = parse_form(editor.edit_draft(desk.git, initial, path) or "", initial)
    if not text:
        editor.remove_draft(path)
        raise LedgerError("the answer is empty, so nothing was written", "run the same again to write one")
    return Composed(text, path)


def render_form(reply: Reply, branches: list[Branch]) -> str:
    """The text that the editor opens with: room for the reply, the cut line, and below it the questions."""
    lines = ["", "", CUT, _WORDS[reply.decision], "All from that line on is dropped."]
    for branch in branches:
        if has_scope_change(branch) and reply.decision != "reject":
            command = (
                format_command(("agentledger", "brief", "accept"), branch.name) or "agentledger brief accept"
            )
            lines += ["", f"{answer.describe_ungranted(branch)}: {command} does."]
        question = open_question(branch)
        if question:
            lines += ["", *_format_question(branch, question)]
    # Every line below the cut has a `#` in front, so none of an agent's can look like the cut line.
    return "".join(f"{line if line in ('', CUT) else f'# {line}'}\n" for line in lines)


def _format_question(branch: Branch, question: CheckIn) -> list[str]:
    """The lines of one question: its plan, who asks, and at most SHOWN lines of each."""
    name = escape_hidden(branch.name)
    about = f" about its checkpoint {escape_hidden(question.checkpoint)}" if question.checkpoint else ""
    plan = [f"{name} plans:", *_quote_text(question.plan)] if question.checkpoint and question.plan else []
    standing = plans.describe_standing(branch.work, question)
    asks = [f"{name} asks{about}:", *_quote_text(question.needs)]
    return [*plan, *([f"({standing})"] if standing else []), *asks]


def _quote_text(text: str) -> list[str]:
    lines = text.splitlines() or ["(it says nothing)"]
    more = [f"… and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    return [*(f"| {escape_hidden(line)}".rstrip() for line in lines[:SHOWN]), *more]


def parse_form(edited: str, initial: str) -> str:
    """The reply in an edited form: what is above the cut line, or where that is gone, all but the form's lines."""
    above, cut, _ = f"\n{edited}".partition(f"\n{CUT}")
    if not cut:
        form_lines = {line for line in initial.splitlines() if line}
        above = "\n".join(line for line in edited.splitlines() if line not in form_lines)
    return above.strip()
