"""Composes a branch's diff for a prompt: riskiest files first, and a fair share of each where not all of it fits.

Belongs here: the order, and why a file is where it is. Does not: reading patches (see `changes.patches`), or
the order on the site's pages (see `site.file_order`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from agentledger.model import shell
from agentledger.model.file_kind import Role
from agentledger.model.findings import Finding
from agentledger.model.fleet import Base, Branch, Change, FilePatch
from agentledger.model.policy import Policy
from agentledger.model.text import HIDDEN, decode, encode, escape_hidden
from agentledger.reports.prompt.assemble import LONGEST_COMMAND, Part, Piece
from agentledger.reports.prompt.quote import code_span, quote_text
from agentledger.reports.prompt.texts import fill_text
from agentledger.scope.file_role import classify_path
from agentledger.scope.task_scope import Scope, first_match

LEAST = 1_200  # bytes of a file's diff with its frame: with less a reader learns nothing
_MOST = {Role.TEST: 3_000, Role.GENERATED: 900}
_LIST = 4_000

_STATUS = {"A": "added", "M": "changed", "D": "deleted", "T": "became another kind of file"}
_MODES = {"120000": "symbolic link", "160000": "submodule", "100755": "executable"}
_OMITTED = {
    "binary": "Binary: nothing to show as text.",
    "large": "Too large to be shown here.",
    "missing": "Its content is not in this clone.",
    "unreadable": "git could not read its content.",
    "": "Nothing but its mode or its name has changed, or it is empty.",
}


@dataclass(frozen=True, slots=True)
class File:
    """A changed file: what it is, and why to look at it closely (`risks`, in words)."""

    change: Change
    role: Role
    risks: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines changed."""
        return (self.change.added or 0) + (self.change.removed or 0)


def order_files(
    branch: Branch, scope: Scope, policy: Policy, findings: Sequence[Finding], own_folder: str
) -> list[File]:
    """Every changed file but the task's own documents: those at risk, source by size, tests, generated."""
    rules_by_path: dict[bytes, list[str]] = {}
    for finding in findings:
        if finding.path is not None and finding.waived is None:
            rules_by_path.setdefault(finding.path, []).append(finding.rule)
    conflicting = {file.path for file in branch.conflict.files} if branch.conflict else set[bytes]()
    files = []
    for change in branch.changes:
        if not change.path.startswith(encode(own_folder) + b"/"):
            role = classify_path(change.path, policy)
            risks = _find_risks(
                change,
                role,
                scope,
                policy=policy,
                rules=rules_by_path.get(change.path, []),
                conflicts=change.path in conflicting,
            )
            files.append(File(change, role, tuple(risks)))
    return sorted(files, key=_file_sort_key)


def _file_sort_key(file: File) -> tuple[bool, int, int, bytes]:
    later = {Role.TEST: 1, Role.GENERATED: 2}.get(file.role, 0)
    return not file.risks, later, -file.lines, file.change.path


def _find_risks(
    change: Change, role: Role, scope: Scope, policy: Policy, rules: Sequence[str], conflicts: bool
) -> Iterator[str]:
    yield from dict.fromkeys(rules)
    if scope.protected_by(change.path) is not None:
        yield "protected"
    elif not scope.holds(change.path) and first_match(map(encode, policy.open), change.path) is None:
        yield "outside the boundary"
    if first_match(map(encode, policy.shared), change.path) is not None:
        yield "shared interface"
    if conflicts:
        yield "conflicts with base"
    if role is Role.TEST and change.status == "D":
        yield "a test is deleted"
    mode = _MODES.get(change.new_mode)
    if mode and change.old_mode != change.new_mode:
        yield f"now a {mode}" if mode != "executable" else "now executable"


# -- shown --------------------------------------------------------------------------------


def compose_diff(
    files: Sequence[File], patches: Sequence[FilePatch], branch: Branch, base: Base, *, since: str = ""
) -> Part:
    """The chapter: a list of all files, then their diffs, both in this order.

    `since` is the commit of the branch that the files are compared with; '' for all that the branch changes.
    """
    title = f"What changed since {since[:12]}" if since else "The diff"
    if not files:
        words = "No file has changed but the task's own documents."
        return Part(title=title, words=words, command=_diff_command(branch, base, since=since))
    bodies = {
        path: list(group)
        for path, group in groupby(patches, key=lambda patch: patch.change.path)
    }  # fmt: skip
    file_lines = "\n".join(_format_file_line(file) for file in files)
    stat = _diff_command(branch, base, "--stat", since=since)
    names = Piece(
        what="the list of files",
        text=quote_text(file_lines),
        command=stat,
        label="Every changed file, in reading order:",
        most=_LIST,
    )
    pieces = [_quote_file_diff(file, bodies, branch, base, since=since) for file in files]
    whole = f" All of the branch: {code_span(_diff_command(branch, base), LONGEST_COMMAND)}." if since else ""
    return Part(
        title=title,
        words=fill_text("review-diff") + whole,
        pieces=(names, *pieces),
        command=_diff_command(branch, base, since=since),
        share=60,
        least=LEAST,
    )


def _format_file_line(file: File) -> str:
    risks = f"  ({', '.join(file.risks)})" if file.risks else ""
    return f"{_format_line_counts(file.change)}  {escape_hidden(file.change.path)}{risks}"


def _format_line_counts(change: Change) -> str:
    return "binary" if change.added is None else f"+{change.added:,} -{change.removed or 0:,}"


def _quote_file_diff(
    file: File, bodies: Mapping[bytes, list[FilePatch]], branch: Branch, base: Base, *, since: str
) -> Piece:
    change, file_patches = file.change, bodies.get(file.change.path, [])
    body = b"".join(patch.body for patch in file_patches)
    risks = f"; **{', '.join(file.risks)}**" if file.risks else ""
    ends = "; its lines end in CR LF" if b"\r\n" in body else ""
    status = _STATUS.get(change.status, change.status)
    label = f"### {code_span(change.path)} {_format_line_counts(change)}, {status}{risks}{ends}"
    if not body:
        why = next((patch.omitted for patch in file_patches), "")
        label += f"\n\n{_OMITTED.get(why, why)}"
    return Piece(
        what=code_span(change.path),
        text=quote_text(body),
        command=_diff_command(branch, base, path=change.path, since=since),
        label=label,
        keep="hunks",
        most=_MOST.get(file.role, 1 << 30) if not file.risks else 1 << 30,
    )


def _diff_command(branch: Branch, base: Base, *flags: str, path: bytes | None = None, since: str = "") -> str:
    """The command that shows a path's diff at exactly this head; all of it where the path cannot be typed."""
    dots = "..." if branch.merge_bases else ".."
    ground = next((stand.commit[:12] for stand in branch.stands_on if stand.plain), None)
    left = ground or shell.format_ref(base.ref) or base.head
    spread = f"{since[:12]}..{branch.head[:12]}" if since else f"{left}{dots}{branch.head[:12]}"
    command = ("git", "diff", *flags, spread)
    if path is None or HIDDEN.search(decode(path)):
        return shlex.join(command)
    path_command = shlex.join((*command, "--", f":(top,literal){decode(path)}"))
    return path_command if len(path_command) <= LONGEST_COMMAND else shlex.join(command)
