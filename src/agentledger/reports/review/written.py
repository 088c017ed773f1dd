"""What a review wrote, as a value and as lines for a terminal.

Belongs here: both. Does not: writing it (see `workflow.review.decide`), or its JSON (see `look_json`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentledger.model.findings import Finding
from agentledger.model.text import escape_hidden, format_count

NAMED = 5  # findings and points


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A review that was written, or in a dry run would be."""

    branch: str
    #: "" for a branch that works on none.
    task: str
    verdict: str
    #: The full id of the commit that was reviewed, and its subject.
    head: str
    subject: str
    #: The document's path on the control branch, that branch's full name, and the commit; "" in a dry run.
    path: str
    ref: str
    commit: str
    content: bytes
    #: Is there a remote that the control branch can be pushed to?
    to_publish: bool
    #: Why the commit is not signed though base's policy lists signers, else ''.
    unsigned: str = ""
    settled: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    #: What stops the branch at the merge gate, this review counted.
    stopped_by: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_approved_and_stopped(self) -> bool:
        """Does it approve what the merge gate stops all the same?"""
        return self.verdict == "approve" and bool(self.stopped_by)


_SAYS = {"approve": "is approved", "request-changes": "is sent back with changes", "reject": "is rejected"}


def render_written(written: Written) -> str:
    """Return the lines about it: what was decided on, the document's place, what is open, and the next command."""
    return "".join(f"{escape_hidden(line)}".rstrip() + "\n" for line in _describe_written(written))


def _describe_written(written: Written) -> Iterator[str]:
    place = written.ref.removeprefix("refs/heads/")
    if not written.commit:
        yield "nothing is written: this is a dry run"
    yield f"{written.branch} {_SAYS[written.verdict]} at {written.head[:12]} {written.subject[:200]}"
    if written.commit:
        yield f"{written.path}: written to {place}, {written.commit[:12]}"
    else:
        yield f"{written.path}: would go to {place}"
        yield from (f"  {line}" for line in written.content.decode("utf-8", "replace").splitlines())
    yield from _list_points("settled", written.settled)
    yield from _list_points("open", written.open_points)
    yield from (f"warning: {line}" for line in written.warnings)
    if written.unsigned:
        yield written.unsigned
    if written.is_approved_and_stopped:
        count = format_count(len(written.stopped_by), "finding")
        yield f"approved, and the merge gate stops it all the same, by {count}:"
        for finding in written.stopped_by[:NAMED]:
            yield f"  {finding.rule} {finding.message}"
            yield f"    next: {finding.hint}"
        if len(written.stopped_by) > NAMED:
            yield f"  … and {len(written.stopped_by) - NAMED:,} more"
    yield f"next: agentledger {'sync' if written.to_publish else 'next'}"


def _list_points(word: str, points: tuple[str, ...]) -> Iterator[str]:
    if points:
        yield f"{format_count(len(points), 'point')} {word}:"
        yield from (f"  {point[:300]}" for point in points[:NAMED])
        if len(points) > NAMED:
            yield f"  … and {len(points) - NAMED:,} more"
