"""Where pairs are compared: what every question about two branches needs.

Belongs here: these values. Does not: any question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentledger.changes.ancestry import History
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Merger
from agentledger.storage.cache import Cache

# Told which blobs are about to be read: a merge that was remembered may have left them in a directory that is gone.
Bring = Callable[[frozenset[str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The sealed directory, the cache, the commit at which all merges begin, and whose merges they are."""

    scratch: Scratch
    cache: Cache
    history: History
    #: The commit of base.
    base: str
    by: Merger
    #: Called with a stage in words, what is done of it, and the total.
    progress: Callable[[str, int, int], None]
