"""Reads the newest entry of a reflog from its file, without starting git.

Belongs here: that one line. Does not: which reflog is asked, or refs in tables (reftable), whose logs only git reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agentledger.model.text import decode


class Entry(NamedTuple):
    """When a ref moved, in seconds since the epoch, and why, in the words of whoever moved it."""

    at: int
    message: str


def read_newest_entry(file: Path) -> Entry | None:
    """The last entry of a reflog's file; None where there is none."""
    try:
        # The file's own time will not do: every `git gc` changes it.
        with file.open("rb") as reflog:
            reflog.seek(max(0, file.stat().st_size - 4096))
            last = reflog.read().rstrip(b"\n").rpartition(b"\n")[2]
    except OSError:
        return None
    # <old> <new> <name> <address> <seconds> <zone>, a tab, and the message
    head, _, message = last.partition(b"\t")
    fields = head.split()
    return Entry(int(fields[-2]), decode(message)) if len(fields) > 3 and fields[-2].isdigit() else None
