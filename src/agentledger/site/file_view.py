"""The changed files of a branch, as its page lists and shows them.

Belongs here: for each file its words, whether its diff is open, and the note for a diff that is left out.
Does not: the markup of a diff's lines (see `diff`), or the order (see `file_order`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Base, Branch, Change, FilePatch, Fleet
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.policy import Policy
from agentledger.model.text import decode, format_count
from agentledger.site import diff
from agentledger.site.branch_commands import file_diff_command
from agentledger.site.file_order import Role, order_changes
from agentledger.site.findings_view import ABOUT_CONFLICTS
from agentledger.site.labels import format_line_counts

OPEN_LINES, OPEN_BYTES = 400, 20_000  # of one file's diff; a larger one is folded
OWN_PAGE_LINES, OWN_PAGE_BYTES = 10_000, 1_000_000  # of a branch's diffs; larger ones get their own page
PAGE_BYTES = 4_000_000  # of patch text; a file beyond that is listed with the command that shows it
LISTED = 2_000  # files

_STATUS = {"A": "added", "M": "changed", "D": "deleted", "T": "type changed"}
_WHOLE = (_STATUS["A"], _STATUS["D"])
_KIND = {"120000": "symbolic link", "160000": "submodule", "100755": "executable file", "100644": "file"}
_OMITTED = {
    "binary": "Binary; nothing to show as text.",
    "large": "Too large to be shown here.",
    "missing": "Its content is not in this clone, or damaged.",
    "unreadable": "git could not read its content.",
    "page": "Left out: this page is long enough.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of changed files; `number` is also its diff's."""

    number: int
    path: str
    status: str
    role: str
    lines: str


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A file's diff, or half of it: a note, and the markup of its lines or the command that shows them.

    A file that changes its type has two halves: a deletion and an addition.
    """

    note: str
    body: Markup | None
    command: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file with its diff; `open` where a rule has found something in it, so that it is read without a click.

    `whole`: all of it was added or removed, so that no line needs a colour to stand out.
    """

    entry: Entry
    open: bool
    whole: bool
    parts: tuple[DiffPart, ...]
    findings: tuple[str, ...] = ()


def build_entries(branch: Branch, policy: Policy) -> tuple[Entry, ...]:
    """The changed files in reading order, numbered from 1; the ledger's own are no work, and have their own page."""
    return tuple(entry for entry, _ in _number_entries(branch, policy))


def _number_entries(branch: Branch, policy: Policy) -> list[tuple[Entry, bytes]]:
    """The entries, each with its path in git's bytes."""
    conflicts = {file.path for file in branch.conflict.files} if branch.conflict else set()
    return [
        (_build_entry(number, change, role), change.path)
        for number, (change, role) in enumerate(
            order_changes(branch.code_changes, policy, conflicts, _paths_with_findings(branch)), 1
        )
    ]


def _build_entry(number: int, change: Change, role: Role) -> Entry:
    return Entry(
        number,
        decode(change.path),
        _status_word(change),
        role=_role_word(role),
        lines=_format_change_size(change),
    )


def _paths_with_findings(branch: Branch) -> set[bytes]:
    """The paths in which rules have found something that is true now."""
    return {f.path for f in branch.findings or () if f.path and _is_true_now(f)}


def build_files(branch: Branch, fleet: Fleet, patches: Sequence[FilePatch]) -> tuple[File, ...]:
    """The diffs of the changed files, in the order and with the numbers of `build_entries`."""
    return _build_files(_number_entries(branch, fleet.policy), branch, fleet.base, patches)


def build_ledger_files(branch: Branch, base: Base, patches: Sequence[FilePatch]) -> tuple[File, ...]:
    """The diffs of these patches of the ledger's own files, numbered from 1."""
    changes = dict.fromkeys(patch.change for patch in patches[:LISTED])
    entries = [(_build_entry(n, change, Role.LEDGER), change.path) for n, change in enumerate(changes, 1)]
    return _build_files(entries, branch, base, patches)


def _build_files(
    entries: Sequence[tuple[Entry, bytes]], branch: Branch, base: Base, patches: Sequence[FilePatch]
) -> tuple[File, ...]:
    by_path: dict[bytes, list[FilePatch]] = defaultdict(list)
    for patch in patches:
        by_path[patch.change.path].append(patch)
    # What the page still has room for: bytes of all diffs, lines of those in which words are marked.
    bytes_left, lines_left, files = PAGE_BYTES, OWN_PAGE_LINES, []
    for entry, path in entries:
        halves = by_path[path]
        size = sum(len(half.body) for half in halves)
        findings = describe_findings(branch, path)
        is_short = _is_short(entry, halves, lines_left)
        notes = _notes_by_line(branch, path)
        parts = tuple(
            _build_diff(half, branch, base, is_short=is_short, fits=bytes_left >= size, notes=notes)
            for half in halves
        )
        bytes_left -= size
        lines_left -= _count_changed_lines(halves) if is_short else 0
        is_open = is_short and bool(findings)
        files.append(File(entry, is_open, entry.status in _WHOLE, parts=parts, findings=findings))
    return tuple(files)


def describe_findings(branch: Branch, path: bytes) -> tuple[str, ...]:
    """The findings about one file, one line each. A finding about a line of it is also shown at that line."""
    return tuple(
        f"{finding.rule} {finding.message}" + (f", line {finding.line}" if finding.line else "")
        for finding in branch.findings or ()
        if finding.path == path and _is_true_now(finding)
    )


def _is_true_now(finding: Finding) -> bool:
    """Is it neither waived nor due at a later gate? What a branch at work still lacks is no fault of a file.

    A conflict has a section of its own.
    """
    is_due = finding.waived is None and finding.severity is not Severity.LATER
    return is_due and finding.rule not in ABOUT_CONFLICTS


def _notes_by_line(branch: Branch, path: bytes) -> dict[int, str]:
    """The findings about single lines of a file, by line number."""
    findings = [f for f in branch.findings or () if f.path == path and f.line and _is_true_now(f)]
    lines: dict[int, list[str]] = {}
    for finding in findings:
        lines.setdefault(finding.line or 0, []).append(f"{finding.rule} {finding.message}")
    return {line: "; ".join(messages) for line, messages in lines.items()}


def needs_own_page(patches: Iterable[FilePatch]) -> bool:
    """True when a branch's diff is so long that nobody would find the rest of its page."""
    bodies = [patch.body for patch in patches if not is_of_ledger(patch)]
    total = sum(map(len, bodies))
    return total > OWN_PAGE_BYTES or sum(body.count(b"\n") for body in bodies) > OWN_PAGE_LINES


def is_of_ledger(patch: FilePatch) -> bool:
    """Is it a change of one of the ledger's own files?"""
    return patch.change.path.startswith(LEDGER_BYTES)


def _is_short(entry: Entry, halves: Sequence[FilePatch], lines_left: int) -> bool:
    """Is a diff small, written by hand, and more than a deletion or a change of mode?"""
    changed, size = _count_changed_lines(halves), sum(len(half.body) for half in halves)
    if entry.role == Role.GENERATED or not size or all(h.change.status == "D" for h in halves):
        return False
    return changed <= min(OPEN_LINES, lines_left) and size <= OPEN_BYTES


def _count_changed_lines(halves: Sequence[FilePatch]) -> int:
    return sum(half.body.count(b"\n+") + half.body.count(b"\n-") for half in halves)


def _build_diff(
    half: FilePatch, branch: Branch, base: Base, is_short: bool, fits: bool, notes: Mapping[int, str]
) -> DiffPart:
    omitted = half.omitted or ("" if fits else "page")
    if omitted:
        command = (
            None if omitted in ("binary", "missing") else file_diff_command(branch, base, half.change.path)
        )
        return DiffPart(_OMITTED[omitted], None, command)
    if not half.body:
        return DiffPart(_describe_modes(half.change) or "An empty file.", None, None)
    crlf = "Every line ends in CR LF." if diff.ends_in_crlf(half.body) else ""
    note = " ".join(part for part in (_describe_modes(half.change), crlf) if part)
    return DiffPart(note, diff.render_patch(half.body, mark_words=is_short, notes=notes), None)


def _describe_modes(change: Change) -> str:
    """What the modes show beyond an ordinary file that is added, changed or deleted; "" for nothing."""
    old, new = _kind_of_mode(change.old_mode), _kind_of_mode(change.new_mode)
    if change.status == "M" and change.old_mode != change.new_mode:
        return f"Mode {change.old_mode} → {change.new_mode}: from {old} to {new}."
    if change.status == "T":
        return f"From {old} to {new}."
    mode = change.old_mode if change.status == "D" else change.new_mode
    return f"A {_kind_of_mode(mode)}." if mode in ("120000", "160000") else ""


def _kind_of_mode(mode: str) -> str:
    return _KIND.get(mode, f"mode {mode}")


def _status_word(change: Change) -> str:
    return _STATUS.get(change.status, change.status)


def _role_word(role: Role) -> str:
    return "" if role is Role.SOURCE else role.value


def _format_change_size(change: Change) -> str:
    if change.binary:
        return "binary"
    # Without this word, the list would show a file with a changed mode as if nothing had changed.
    mode = "mode" if change.status == "M" and change.old_mode != change.new_mode else ""
    return " ".join(part for part in (format_line_counts(change.added, change.removed), mode) if part)


def format_branch_size(branch: Branch) -> str:
    """The size of a branch's change: `3 files, +120 −7`, the ledger's own files aside, as everywhere."""
    size = format_line_counts(branch.added, branch.removed)
    return ", ".join(part for part in (format_count(len(branch.code_changes), "file"), size) if part)
