"""Is what an agent hands over complete and true?

Belongs here: the rules of the PKT family, which run from the `ready` gate on, and when something counts as handed
over. Does not: checks that ran (see `evidence`), parsing packets (see `documents`), or whether one is about the
change as it is now (see `changes.freshness`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from agentledger.model.findings import Gate
from agentledger.model.full_folders import find_full_folders, folder_of
from agentledger.model.ledger import Part, heading_key
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import encode, escape_hidden, format_path, quote_path
from agentledger.model.work import FINISHED, Fresh
from agentledger.rules.case import BaseDoubt, Case, Found
from agentledger.scope.task_scope import first_match

# The paths in backticks with which a list item, or a table's row, begins: "- `a.py`, `b.py`: the limit".
_LEADING_PATHS = re.compile(r"^\s*(?:[-*+]|\|)\s+((?:`[^`\n]+`(?:\s*,\s*|\s+and\s+)?)+)", re.MULTILINE)
_PATH = re.compile(r"`([^`]+)`")


def is_handed_over(case: Case) -> bool:
    """Does its agent say that it is ready, or is it about to merge?"""
    is_ready = case.standing is not None and case.standing.progress in FINISHED
    return (
        case.brief is not None
        and case.work is not None
        and (is_ready or case.gate in (Gate.READY, Gate.MERGE))
    )


def is_code_handed_over(case: Case) -> bool:
    """Is it handed over in order to be merged? A task with `mode: explore` has neither files nor checks to show."""
    return is_handed_over(case) and case.brief is not None and case.brief.mode != "explore"


def has_packet(case: Case) -> bool:
    """Is the branch handed over with a packet?"""
    return is_handed_over(case) and case.work is not None and case.work.packet is not None


def packet_missing(case: Case) -> Iterator[Found]:
    """The branch is handed over without a packet.

    Why: a packet tells the reviewer what is different, why this way, and what to look at twice.
    Fix: `agentledger packet` writes packet.md into the task's folder, except for what only you can say.
    """
    if case.work and case.work.packet is None:
        yield Found(
            message="it has no packet", hint="agentledger packet writes it, and says what only you can add"
        )


def packet_incomplete(case: Case) -> Iterator[Found]:
    """A section of the packet is missing, empty, or only a placeholder.

    Why: a reviewer decides by these sections.
    Fix: fill it in.
    """
    packet = case.work.packet if case.work else None
    for problem in packet.document.problems if packet else ():
        yield Found(
            message=problem.message,
            hint=problem.hint,
            path=problem.path,
            line=problem.line,
            milder=not problem.fatal,
        )


def packet_stale(case: Case) -> Iterator[Found]:
    """The packet is about a different change than the one that would merge.

    Why: what a reviewer reads is then not what would merge.
    Fix: `agentledger packet` brings it up to date, with `head:` the newest code commit. Check that what you
    wrote yourself is still true.
    """
    packet = case.work.packet if case.work else None
    fresh = case.standing.packet_fresh if case.standing else None
    if packet and case.standing and not (fresh and fresh.holds):
        head = escape_hidden((packet.head or "no commit")[:12])
        yield Found(
            message=f"the packet is about {head}, {describe_other_change(fresh)}",
            hint="agentledger packet",
            path=packet.document.source.path,
        )


def criterion_unaddressed(case: Case) -> Iterator[Found]:
    """A criterion of the brief is not in the packet, or is ticked with nothing that proves it.

    Why: the criteria are the contract.
    Fix: repeat each one, and name below it what shows that it is met.
    """
    packet = case.work.packet if case.work else None
    if packet is None or case.brief is None:
        return
    items = {heading_key(item.text): item for item in packet.criteria}
    for criterion in case.brief.criteria:
        item = items.get(heading_key(criterion.text))
        path = packet.document.source.path
        if item is None:
            yield Found(
                message=f"the packet does not mention: {escape_hidden(criterion.text)}",
                hint="repeat it word for word as `- [ ] `, or `- [x] ` with what shows it below",
                path=path,
            )
        elif item.checked and not item.shown_by:
            hint = "write what shows it into an indented list below it: `  - tests/test_it.py`"
            yield Found(
                message=f"nothing shows that this is met: {escape_hidden(item.text)}",
                hint=hint,
                path=path,
                line=item.line,
            )


def companion_missing(case: Case) -> Iterator[Found]:
    """Code changed, but not what has to change with it; by default that is a test.

    Why: a change without a test is only a claim.
    Fix: add it, or give the reason on a line of the test plan: `No tests: …`.
    """
    packet = case.work.packet if case.work else None
    plan = packet.document.part("Test plan and results") if packet else None
    if plan and any(line.strip().lower().startswith("no tests:") for line in plan.text.split("\n")):
        return
    paths = [t.path for t in case.changed if t.net and not t.path.startswith(LEDGER_BYTES)]
    for when, also in _companion_pairs(case):
        code = next((path for path in paths if when(path)), None)
        if code is not None and not any(first_match(map(encode, also), path) for path in paths):
            companions = ", ".join(map(escape_hidden, also[:4]))
            companions += f" and {len(also) - 4} more patterns" if len(also) > 4 else ""
            yield Found(
                message=f"{format_path(code)} changed, and nothing in {companions} did",
                hint="add that, or write `No tests: why` on a line of the packet's test plan",
                path=code,
            )


def _companion_pairs(case: Case) -> Iterator[tuple[Callable[[bytes], bool], tuple[str, ...]]]:
    """Yield which paths need a companion, and the patterns of which one has to change with them."""
    policy = case.policy
    for each in policy.companions:
        yield partial(_matches_any, tuple(map(encode, each.when))), each.also
    if not policy.companions and policy.tests:
        # Tests, what a machine writes, and prose need no test of their own.
        spared = tuple(map(encode, (*policy.tests, *policy.generated, "**/*.md")))
        yield (lambda path: not _matches_any(spared, path)), policy.tests


def _matches_any(patterns: tuple[bytes, ...], path: bytes) -> bool:
    return first_match(patterns, path) is not None


def packet_files_wrong(case: Case) -> Iterator[Found]:
    """*Files touched* does not list what the branch changes, or the packet's `base` is none to compare with.

    Why: a reviewer plans by that list, and does not look for what is not on it. `base` is a commit that base has
    had since the branch began: with any other one the list could leave files out.
    Fix: `agentledger packet` writes `base`, `head` and the list; what you wrote beside it stays, and must name no
    other path. By hand: `base` is base's newest commit, and every changed path stands in backticks, one an item,
    and no other; of a change of 1,000 files and more, a folder such as `data/` may stand for the files directly in
    it, if these are 100 or more.
    """
    packet, files = case.work.packet if case.work else None, case.packet_files
    if packet is None or files is None:
        return
    path = packet.document.source.path
    if files.doubt:
        yield Found(
            message=f"{_describe_doubt(files.doubt, escape_hidden(case.base))}, so it could leave files out of "
            "“Files touched”",
            hint=_mend_doubt(files.doubt),
            path=path,
        )
    part = packet.document.part("Files touched")
    if files.failed:
        message = f"nobody can tell whether “Files touched” is right: {escape_hidden(files.failed)}"
        yield Found(message=message, hint="git fetch may bring what is missing; git fsck names it", path=path)
    elif part is not None:
        yield from _compare_files(files.paths, part, path)


def _compare_files(changed: frozenset[bytes], part: Part, path: str) -> Iterator[Found]:
    listed_paths = {each for begin in _LEADING_PATHS.findall(part.text) for each in _PATH.findall(begin)}
    changed_paths = set(map(quote_path, changed))
    # One line for a folder of very many files names them all.
    folders = listed_paths & find_full_folders(changed_paths).keys()
    listed_paths -= folders
    listed_paths |= {path for path in changed_paths if folders and folder_of(path) in folders}
    for paths, what, hint in (
        (changed_paths - listed_paths, "does not list", "agentledger packet"),
        (
            listed_paths - changed_paths,
            "lists unchanged",
            "take that out: agentledger packet keeps what you wrote yourself",
        ),
    ):
        if paths:
            names = ", ".join(sorted(paths)[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")
            yield Found(message=f"“Files touched” {what} {names}", hint=hint, path=path, line=part.line)


def _describe_doubt(doubt: BaseDoubt, base: str) -> str:
    named, more = escape_hidden(doubt.named[:12]), escape_hidden(doubt.more)
    began = (
        f"than {more[:12]}, at which the branch began" if more else "than the branch, which shares no history"
    )
    return {
        "missing": "the packet names no `base` that can be read",
        "gone": f"there is no commit {named}, which the packet names as its `base`",
        "cut": f"this shallow clone has no commit {named}, the packet's `base`",
        "no commit": f"the packet's `base`, {named}, is no commit",
        "own": f"the packet's `base`, {named}, is a commit of the branch itself",
        "other": f"the packet's `base`, {named}, is a commit of {more or 'another branch'}, not of {base}",
        "outside": f"the packet's `base`, {named}, is not in the history of {base}",
        "older": f"the packet's `base`, {named}, is older {began}",
    }[doubt.kind]


def _mend_doubt(doubt: BaseDoubt) -> str:
    return "git fetch --unshallow" if doubt.kind == "cut" else "agentledger packet"


def change_large(case: Case) -> Iterator[Found]:
    """The branch changes more lines than policy calls reviewable.

    Why: the larger a change is, the less a review finds in it.
    Fix: split off what can land on its own.
    """
    lines = (case.added or 0) + (case.removed or 0)
    if lines > case.policy.size_lines:
        yield Found(
            message=f"it changes {lines:,} lines, more than {case.policy.size_lines:,}",
            hint="split off what can land alone",
        )


def describe_other_change(fresh: Fresh | None) -> str:
    """Say of a commit that is not the change as it is what is known of it."""
    if fresh is Fresh.UNKNOWN:
        return "which this clone does not have, and no recorded change is this one"
    return "a different change"
