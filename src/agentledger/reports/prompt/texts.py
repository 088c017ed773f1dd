"""Reads the longer texts of prompts, which are Markdown in `templates/prompt/`, and fills words in.

Belongs here: finding a text, its lines, its `$` words. Does not: which text an agent gets, or making a word harmless
(see `quote`): what is filled in has been through that.
"""

from __future__ import annotations

import re
from functools import cache
from string import Template

from agentledger.model.errors import LedgerError
from agentledger.storage import resources

# A paragraph is one line in a prompt, and may be several in its file: an item of a list begins a line of its own.
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n|- ) *")


def fill_text(name: str, **words: str) -> str:
    """The text of this name, each of `words` in place of its `$name`; what a word holds is never filled in itself.

    Raises LedgerError where the file is missing, KeyError where the text has a word that is not given.
    """
    return _read_template(name).substitute(words)


@cache
def _read_template(name: str) -> Template:
    """The text, a paragraph a line, without the newline that ends the file."""
    try:
        text = (resources.resource_folder("templates") / "prompt" / f"{name}.md").read_text("utf-8")
    except OSError as error:
        raise LedgerError(
            f"agentledger's own file “templates/prompt/{name}.md” cannot be read: {error.strerror}",
            "The installation is incomplete: install agentledger again.",
        ) from error
    return Template(_LINE_BREAK.sub(" ", text.removesuffix("\n")))
