"""Collect the problems of one document while it is read.

Belongs here: the list, its limit, and near misses. Does not: deciding what is a problem (see the modules of
`documents`).
"""

from __future__ import annotations

from collections.abc import Iterable

from agentledger.model.ledger import Problem
from agentledger.model.near_names import find_near_names
from agentledger.model.text import escape_hidden

# Nobody reads more, and a hostile document could have a hundred thousand.
MOST = 50


class Problems:
    """The problems of the document at `path`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._problems: list[Problem] = []
        self._more = 0

    @property
    def full(self) -> bool:
        """Is the list full, so that looking for more is no use?"""
        return len(self._problems) >= MOST

    @property
    def any(self) -> bool:
        """Is there any problem?"""
        return bool(self._problems)

    def invalid(self, line: int | None, message: str, hint: str, fatal: bool = True) -> None:
        """Note what is there, but cannot be read."""
        self._add(line, message, hint, kind="invalid", fatal=fatal)

    def incomplete(self, line: int | None, message: str, hint: str, fatal: bool = True) -> None:
        """Note what is missing, empty, or only a placeholder."""
        self._add(line, message, hint, kind="incomplete", fatal=fatal)

    def _add(self, line: int | None, message: str, hint: str, *, kind: str, fatal: bool) -> None:
        if self.full:
            self._more += 1
        else:
            # Shortened and escaped: the document's own keys and headings are in it.
            self._problems.append(
                Problem(
                    path=self.path,
                    line=line,
                    message=_shorten_text(message),
                    hint=_shorten_text(hint),
                    kind=kind,
                    fatal=fatal,
                )
            )

    def all(self) -> tuple[Problem, ...]:
        """Return all problems in the order of their lines, then how many were left out."""
        problems = sorted(self._problems, key=lambda problem: problem.line or 0)
        if self._more:
            text = f"more is wrong than the {MOST} problems shown; {self._more:,} were left out"
            problems.append(
                Problem(path=self.path, line=None, message=text, hint="fix these first, then look again")
            )
        return tuple(problems)


def _shorten_text(text: str) -> str:
    return escape_hidden(text if len(text) <= 400 else text[:399] + "…")


def quote_excerpt(text: str) -> str:
    """Return a text of the document for a message, in backticks, cut to 60 characters."""
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` with the closest known word; where none is close, a list of all."""
    names = list(known)
    close = find_near_miss(word, names)
    if close is not None:
        return f"did you mean `{close}`?"
    return "there are: " + ", ".join(f"`{name}`" for name in names)


def find_near_miss(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that this one is most likely a misspelling of, or None."""
    return next(iter(find_near_names(word, known, most=1, likeness=0.6)), None)
