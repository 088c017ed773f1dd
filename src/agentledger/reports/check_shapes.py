"""A check's report, and base's run of it, as JSON: the same shape for a fresh result and for recorded evidence.

Belongs here: these two, with their names made fit for JSON. Does not: the documents that they are part of (see
`document_json` and `verify_reports`), or words for people (see `model.check_words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from agentledger.model.evidence import JUnit, OnBase
from agentledger.model.text import encode, format_path
from agentledger.reports import shapes_commands

_MOST_NAMES = 50  # of tests that failed


def shape_junit(junit: JUnit | None, on_base: OnBase | None) -> shapes_commands.JUnitCounts | None:
    """What a report says; of the names first those that base does not have. None without a report."""
    if junit is None:
        return None
    new = frozenset(on_base.new) if on_base else frozenset()
    names = sorted(junit.failed, key=lambda name: name not in new)
    return shapes_commands.JUnitCounts(**asdict(junit) | {"failed": _shape_names(names)})


def shape_on_base(on_base: OnBase | None) -> shapes_commands.OnBase | None:
    """The same check on base; None where it was not tried."""
    if on_base is None:
        return None
    names = {"failed": _shape_names(on_base.failed), "new": _shape_names(on_base.new)}
    unlike = shape_text(on_base.unlike)
    return shapes_commands.OnBase(**asdict(on_base) | names | {"unlike": unlike})


def shape_text(text: str | None) -> str | None:
    """A text that somebody else wrote, with what JSON cannot hold spelled out."""
    return None if text is None else format_path(encode(text))


def _shape_names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(format_path(encode(name)) for name in names[:_MOST_NAMES])
