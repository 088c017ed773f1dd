"""The kinds of tasks, and the text that a brief of each kind begins with.

Belongs here: which kinds there are, and which template counts. Does not: what is in the templates, which are
Markdown in `templates/ledger/`, or filling one in (see `brief_wish`). Every command line imports this module,
so it imports next to nothing.
"""

from __future__ import annotations

from agentledger.storage import resources

# The first is the default.
KINDS = ("feature", "bugfix", "migration", "tests", "docs", "dependencies", "refactor", "explore")


def read_kind_template(kind: str | None = None, own: str | None = None) -> str:
    """The template of one of KINDS, None for the first; `own` is the repository's, which replaces the first's."""
    ledger = resources.resource_folder("templates") / "ledger"
    if kind in (None, KINDS[0]):
        if own and own.strip():
            return own.removeprefix("\ufeff").replace("\r\n", "\n")
        return (ledger / "brief.md").read_text("utf-8")
    return (ledger / "kinds" / f"{kind}.md").read_text("utf-8")
