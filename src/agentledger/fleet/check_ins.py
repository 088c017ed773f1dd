"""Whether an agent's earlier check-ins are unchanged, or were edited or removed later.

Belongs here: finding what was said first, from all versions of a check-in on a branch. Does not: what follows
from it (see `rules.status`), or reading check-ins for a view (see `ledger.gather`).

The first sound version counts as said. So fixing a check-in that a gate has refused is no edit, and neither
is putting an edited one back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentledger import documents
from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import status_folder
from agentledger.model.policy import Policy
from agentledger.model.text import count_misleading, decode, encode
from agentledger.rules.case import Report

# The changes of each path, newest first.
History = Mapping[bytes, Sequence[Change]]


def check_in_history(task: str, history: History) -> dict[bytes, Sequence[Change]]:
    """Return the part of a history that is about the task's check-ins, sorted by path."""
    folder = encode(status_folder(task))
    return {p: history[p] for p in sorted(history) if p.startswith(folder) and p.endswith(b".md")}


def compare_check_ins(
    scratch: Scratch, policy: Policy, asked: Mapping[str, History]
) -> dict[str, tuple[Report, ...]]:
    """Map each name to its check-ins: new (A), changed (M) or removed (D). One git process, if any."""
    # Most check-ins have one version only, and of those nothing has to be read.
    earlier = {
        blob for history in asked.values() for each in history.values() for blob in _earlier_blobs(each)
    }
    texts = dict(objects.read_object_contents(scratch.git, sorted(earlier)))
    sound = {blob for blob in earlier if _is_sound(texts.get(blob, b""), policy)}
    return {name: tuple(_compare_check_ins(history, sound)) for name, history in asked.items()}


def _compare_check_ins(history: History, sound: set[str]) -> Iterator[Report]:
    for path, changes in history.items():
        newest = changes[0]
        first = next((blob for blob in _earlier_blobs(changes) if blob in sound), None)
        if newest.status != "D":
            yield Report(decode(path), "A" if first in (None, newest.new) else "M", first or "")
        elif first is not None:
            yield Report(decode(path), "D", first)


def _earlier_blobs(changes: Sequence[Change]) -> list[str]:
    """Return the blobs of the versions before the newest, oldest first."""
    blobs = [changes[-1].old, *(change.new for change in reversed(changes[1:]))]
    return [blob for blob in blobs if blob.strip("0")]


def _is_sound(raw: bytes, policy: Policy) -> bool:
    # The two things for which a gate refuses a check-in: it cannot be parsed, or its characters mislead.
    document = documents.parse_check_in(
        documents.RawDocument(source=Source(path=""), content=raw[: documents.MOST_BYTES], policy=policy)
    ).document
    return not document.problems and not count_misleading([decode(raw)])
