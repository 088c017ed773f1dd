"""What a changed copy of a brief asks for, in words and as a diff.

Belongs here: comparing two briefs. Does not: which copy of which branch that is (see
`workflow.manage.brief_decision`), or whether the change is accepted (see `rules.brief`).

What it would let a branch touch is decided on the patterns themselves, not on the files that exist today.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agentledger.model.ledger import Brief
from agentledger.model.text import escape_hidden, format_path
from agentledger.scope import automata
from agentledger.scope.automata import TooComplexError
from agentledger.scope.task_scope import Scope, literal_path

COMPARED = 3000  # lines of a brief; difflib's time grows with their square
VALUE = 120  # characters shown of one value of the front matter
NAMED = 3  # patterns that one clause names


@dataclass(frozen=True, slots=True)
class Change:
    """What a copy asks for, each as a clause: what it could newly touch, no longer touch, and the rest."""

    grants: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return all clauses, what it grants first."""
        return (*self.grants, *self.takes, *self.others)


def compare_briefs(old: Brief, new: Brief, was: Scope, would: Scope) -> Change:
    """Say how two briefs differ; `was` and `would` are the scopes that they grant under policy."""
    grants = [f"it could touch {path}" for path in _describe_gains(was, would)]
    takes = [f"it could no longer touch {path}" for path in _describe_gains(would, was)]
    return Change(
        tuple(grants),
        tuple(takes),
        (*_describe_keys(old, new), *_describe_checks(old, new), *_describe_parts(old, new)),
    )


def describe_request(old: Brief, new: Brief) -> str:
    """Say in one clause what a copy asks for: `asks for src/api/** besides src/login/**`."""
    more = [each for each in new.owns if each not in old.owns]
    less = [each for each in old.owns if each not in new.owns]
    freed = [each for each in old.off_limits if each not in new.off_limits]
    kept = [each for each in old.owns if each in new.owns]
    clauses = []
    if more:
        rest = f" in place of {_join_patterns(less)}" if less else ""
        rest += f" besides {_join_patterns(kept)}" if kept and not less else ""
        clauses.append(f"asks for {_join_patterns(more)}{rest}")
    elif less:
        clauses.append(f"asks to give up {_join_patterns(less)}")
    if freed:
        clauses.append(f"asks to take {_join_patterns(freed)} off the limits")
    return " and ".join(clauses) or "asks for a different brief"


def _join_patterns(patterns: Sequence[str]) -> str:
    more = f" and {len(patterns) - NAMED} more" if len(patterns) > NAMED else ""
    return ", ".join(escape_hidden(_shorten_text(each)) for each in patterns[:NAMED]) + more


def unified_diff(old: str, new: str, names: tuple[str, str]) -> tuple[str, ...]:
    """Return the lines of a unified diff of two texts, or one line that says why there is none."""
    left, right = old.split("\n"), new.split("\n")
    if max(len(left), len(right)) > COMPARED:
        return (f"they are longer than {COMPARED:,} lines, and not compared here",)
    lines = tuple(difflib.unified_diff(left, right, *names, lineterm=""))
    return lines or (("they differ in bytes only: line ends, or what is not UTF-8",) if old == new else ())


# -- paths ------------------------------------------------------------------------------


def _describe_gains(before: Scope, after: Scope) -> Iterator[str]:
    """Yield each pattern that lets more pass than before, with a path for which it does."""
    seen = set()
    for pattern in after.owns:
        try:
            path = _find_new_path(pattern, before, after)
        except TooComplexError as error:
            yield f"{format_path(pattern)}, which cannot be compared: {error.message}"
            continue
        if path is not None and pattern not in seen:
            seen.add(pattern)
            example = "" if path == pattern else f", for instance {format_path(path)}"
            yield format_path(pattern) + example


def _find_new_path(pattern: bytes, before: Scope, after: Scope) -> bytes | None:
    """Find a path that the pattern grants now and that was not granted before; None where there is none.

    Raises TooComplexError where the patterns cannot be compared.
    """
    literal = literal_path(pattern)
    if literal is not None and after.holds(literal) and not before.holds(literal):
        return literal
    # Below a folder, and with wildcards, no protected path is granted; that takes its full name, as above.
    barred = (*after.off_limits, *after.protected)
    new = automata.intersect_patterns(pattern, pattern, (*barred, *before.owns))
    if new is not None:
        return new
    # Granted before by some pattern, but kept out by an `off_limits` that is gone.
    freed = (automata.intersect_patterns(pattern, other, barred) for other in before.off_limits)
    return next((path for path in freed if path is not None), None)


# -- everything else --------------------------------------------------------------------

# Keys that are described in their own way, and the task's id, which cannot change.
_PATHS = ("owns", "off_limits", "verify", "task")


def _describe_keys(old: Brief, new: Brief) -> Iterator[str]:
    """Describe the other keys of the front matter, as they are written."""
    was, would = old.document.fields, new.document.fields
    for key in dict.fromkeys([*was, *would]):
        if key not in _PATHS and was.get(key) != would.get(key):
            yield f"`{key}`: {_format_value(was.get(key))} → {_format_value(would.get(key))}"


def _describe_checks(old: Brief, new: Brief) -> Iterator[str]:
    """Describe the checks, each by its command: an agent could pass with a weaker one."""
    was, would = ({check.name: check for check in brief.verify} for brief in (old, new))
    for name in dict.fromkeys([*was, *would]):
        if name not in would:
            yield f"the check {name} would be gone: {_shorten_text(was[name].run)}"
        elif name not in was:
            yield f"a new check {name}: {_shorten_text(would[name].run)}"
        elif was[name] != would[name]:
            yield f"the check {name}: {_shorten_text(was[name].run)} → {_shorten_text(would[name].run)}"
    if list(was) != list(would) and sorted(was) == sorted(would):
        yield f"the checks would run in this order: {', '.join(would)}"


def _describe_parts(old: Brief, new: Brief) -> Iterator[str]:
    """Name the sections whose text differs."""
    was, would = ({p.title: p.text.strip() for p in brief.document.parts} for brief in (old, new))
    titles = [t for t in dict.fromkeys([*was, *would]) if was.get(t, "") != would.get(t, "")]
    if titles:
        yield f"other words below: {', '.join(map(_shorten_text, titles))}"


def _format_value(value: Any) -> str:
    return "not set" if value is None else _shorten_text(json.dumps(value, ensure_ascii=False))


def _shorten_text(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= VALUE else f"{flat[: VALUE - 1]}…"
