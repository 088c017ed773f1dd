"""The terms in which the sample fleet is described, and the people in it.

Belongs here: what one step of the story is, and how a tree follows from it. Does not: the story (see `demo_base`
and `demo_branches`), reading its files (see `demo_files`), or writing commits (see `create_demo`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# In minutes, as `Step.minutes` counts.
HOUR = 60
DAY = 24 * HOUR

# How the message of a commit begins that holds nothing but documents.
SUBJECT = "chore(ledger): "


class File(NamedTuple):
    """A file with its whole content; `mode` as git writes it."""

    content: bytes
    mode: str = "100644"


Tree = dict[str, File]
# By path: the file as it is afterwards, or None where it is deleted.
Changes = Mapping[str, File | None]


@dataclass(frozen=True, slots=True)
class BuildState:
    """What the demo has so far, for documents to mention: the moment, and by step the ids of its commits."""

    now: int
    heads: dict[str, str] = field(default_factory=dict)
    code_trees: dict[str, str] = field(default_factory=dict)


class Who(NamedTuple):
    """The author of a step."""

    name: str
    email: str


class Step(NamedTuple):
    """One commit: `minutes` before now, on top of the steps named in `after`.

    `files` gives the changes to the first parent's tree, once it is known which commits there are.
    """

    key: str
    after: tuple[str, ...]
    minutes: int
    who: Who
    message: str
    files: Callable[[BuildState], Changes]


MARTA = Who("Marta Lindqvist", "marta@orchard.example")
CLAUDE = Who("Claude", "noreply@anthropic.com")
CODEX = Who("Codex", "codex@openai.com")
COPILOT = Who("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com")
CURSOR = Who("Cursor Agent", "cursoragent@cursor.com")
DEVIN = Who("Devin AI", "158243242+devin-ai-integration[bot]@users.noreply.github.com")
JULES = Who("google-labs-jules[bot]", "161369871+google-labs-jules[bot]@users.noreply.github.com")


def apply_changes(tree: Tree, changes: Changes) -> Tree:
    """The tree after the changes. Raises KeyError where a file to delete is not there."""
    after = dict(tree)
    for path, file in changes.items():
        if file is None:
            del after[path]
        else:
            after[path] = file
    return after
