"""The blank documents that people and agents start from.

Belongs here: which text a new document begins with. Does not: filling it in, or reading a repository's own
templates from base (see `ledger.policy`).
"""

from __future__ import annotations

from agentledger.documents.frame import MOST_BYTES
from agentledger.storage import resources

TEMPLATES = ("brief", "status", "packet", "review")


def read_template(name: str, own: bytes | None = None) -> bytes:
    """Return the template of a document of TEMPLATES: the repository's `own`, if it can be used, else ours."""
    # An empty one, or one longer than any document may be, is nothing to start from.
    if own is not None and own.strip() and len(own) <= MOST_BYTES:
        return own
    return (resources.resource_folder("templates") / "ledger" / f"{name}.md").read_bytes()
