"""Markdown documents of the ledger, as values.

So far only what the fleet's reader needs of a check-in: its front matter.
"""

from __future__ import annotations

import re
from typing import Any

# A ledger document is at most this long; a longer one is not looked into.
MOST_BYTES = 256 << 10

_FRONT = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def front_matter(raw: bytes) -> dict[str, Any]:
    """The YAML mapping between the first two `---` lines; {} where there is none that can be read."""
    found = _FRONT.match(raw[:MOST_BYTES])
    if not found:
        return {}
    import yaml  # here, since most runs meet no document at all

    try:
        fields = yaml.safe_load(found[1].decode("utf-8", "replace"))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
