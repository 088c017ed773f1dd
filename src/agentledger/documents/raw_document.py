"""What every parser of a document is given: its bytes, and what is known about them besides.

Belongs here: that one value. Does not: parsing it (see the module of each document).
"""

from __future__ import annotations

from dataclasses import dataclass

from agentledger.model.ledger import Source
from agentledger.model.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """A file of the ledger that nobody has parsed yet."""

    source: Source
    #: All of the file, or its beginning where it is too long.
    content: bytes
    #: It may say what the document leaves open.
    policy: Policy
    #: The id of its blob; None where it is not known.
    blob: str | None = None
    #: How many bytes the whole file has; None: as many as `content`.
    size: int | None = None
    #: The repository's own template of such documents, whose prompts count as empty.
    template: bytes | None = None
