"""The terms in which the sample fleet is told, and the people in it.

Belongs here: what one step of the story is, and how files follow from it. Does
not: the story (`demo_base`, `demo_branches`), or anything that writes (`demo`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

HOUR = 60
DAY = 24 * HOUR


class Edit(NamedTuple):
    """Replace the one place where `old` stands by `new`."""

    old: str
    new: str


class File(NamedTuple):
    """A file given whole."""

    content: bytes
    mode: str = "100644"


Change = str | File | None | tuple[Edit, ...]
Tree = dict[str, File]


@dataclass(frozen=True, slots=True)
class Known:
    """What a document can speak of: the moment, and by step the ids of commits made before it."""

    now: int
    heads: dict[str, str] = field(default_factory=dict)
    code_trees: dict[str, str] = field(default_factory=dict)


class Who(NamedTuple):
    """The author of a step."""

    name: str
    email: str


class Step(NamedTuple):
    """One commit: `minutes` before now, on top of the steps named in `after`.

    `files` are changes to the first parent's tree: the whole text, a `File`, edits
    of the text that is there, or None to delete; or what gives them, once it is known
    which commits there are.
    """

    key: str
    after: tuple[str, ...]
    minutes: int
    who: Who
    message: str
    files: Mapping[str, Change] | Callable[[Known], Mapping[str, Change]]


MARTA = Who("Marta Lindqvist", "marta@orchard.example")
CLAUDE = Who("Claude", "noreply@anthropic.com")
CODEX = Who("Codex", "codex@openai.com")
COPILOT = Who("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com")
CURSOR = Who("Cursor Agent", "cursoragent@cursor.com")
DEVIN = Who("Devin AI", "158243242+devin-ai-integration[bot]@users.noreply.github.com")
JULES = Who("google-labs-jules[bot]", "161369871+google-labs-jules[bot]@users.noreply.github.com")


def apply_changes(tree: Tree, files: Mapping[str, Change]) -> Tree:
    """The tree after the changes. Raises LookupError where an edit does not fit exactly once."""
    after = dict(tree)
    for path, change in files.items():
        if change is None:
            del after[path]
        elif isinstance(change, File):
            after[path] = change
        elif isinstance(change, str):
            after[path] = File(change.encode())
        else:
            after[path] = File(
                _apply_edits(path, tree[path].content.decode(), change).encode(), tree[path].mode
            )
    return after


def _apply_edits(path: str, text: str, edits: Iterable[Edit]) -> str:
    for edit in edits:
        if text.count(edit.old) != 1:
            raise LookupError(f"{path}: {text.count(edit.old)} places hold {edit.old!r}")
        text = text.replace(edit.old, edit.new)
    return text
