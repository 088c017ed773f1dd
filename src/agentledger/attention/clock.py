"""When something was written, as far as a document's own word can be taken for it.

Belongs here: the one time by which documents are compared. Does not: the order of check-ins, which is that of
their commits (see `ledger.order`), or the words for a wait (see `model.text.format_age`).

A clock can be wrong, and `at` can be typed by hand. So `at` counts where it is no later than the commit that
brought the document, and no later than now; it is shown as it was written in any case.
"""

from __future__ import annotations

from typing import Protocol

from agentledger.model.ledger import Document

# Seconds by which two clocks may differ before that is worth a word.
TOLERANCE = 5 * 60


class Dated(Protocol):
    """A check-in, an answer or a review."""

    @property
    def document(self) -> Document:
        """Where it was read."""

    @property
    def at(self) -> int:
        """Its own word on when it was written, in seconds since the epoch; 0 where nothing shows it."""


def time_of(dated: Dated, now: int) -> int:
    """Return when it was written, never later than its commit or `now`; in seconds since the epoch."""
    brought = dated.document.source.at
    return min(dated.at or brought or now, now if brought is None else brought, now)


def brought_at(dated: Dated) -> int:
    """Return when its commit was made; without a commit, its own word."""
    brought = dated.document.source.at
    return dated.at if brought is None else brought


def seconds_ahead(dated: Dated, now: int) -> int:
    """Return by how much its own word is later than its commit or `now`; 0 within the tolerance."""
    brought = dated.document.source.at
    ahead = dated.at - min(now if brought is None else brought, now)
    return ahead if ahead > TOLERANCE else 0
