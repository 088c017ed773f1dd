"""Is what an agent hands over complete, true, and shown by checks that ran?

Belongs here: the rules of the PKT and EVD families, which speak from `ready` on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from agentledger.model.findings import Gate
from agentledger.model.fleet import LEDGER
from agentledger.model.ledger import heading_key
from agentledger.model.text import encode, escape_hidden, format_path, quote_path
from agentledger.model.work import Checked, Progress, Trust
from agentledger.rules.case import Case, Found
from agentledger.scope.patterns import first_match

# The paths in backticks with which a list item, or a table's row, begins: "- `a.py`, `b.py`: the limit".
_LISTED = re.compile(r"^\s*(?:[-*+]|\|)\s+((?:`[^`\n]+`(?:\s*,\s*|\s+and\s+)?)+)", re.MULTILINE)
_PATH = re.compile(r"`([^`]+)`")


def is_handed_over(case: Case) -> bool:
    """Was ready said, or is it about to merge?"""
    said = case.standing is not None and case.standing.progress in (Progress.READY, Progress.APPROVED)
    return (
        case.brief is not None and case.work is not None and (said or case.gate in (Gate.READY, Gate.MERGE))
    )


def is_code_handed_over(case: Case) -> bool:
    """The same for work that is to be merged: what only explores has neither files nor checks to show."""
    return is_handed_over(case) and case.brief is not None and case.brief.mode != "explore"


def has_packet(case: Case) -> bool:
    """Is there a packet to look into?"""
    return is_handed_over(case) and case.work is not None and case.work.packet is not None


def packet_missing(case: Case) -> Iterator[Found]:
    """There is no packet.

    Why: it tells the reviewer what is different, why this way, and what to look at twice.
    Fix: `agentledger packet` writes packet.md into the task's folder, but for what only you can say.
    """
    if case.work and case.work.packet is None:
        yield Found(
            message="it has no packet", hint="agentledger packet writes it, and says what only you can add"
        )


def packet_incomplete(case: Case) -> Iterator[Found]:
    """A section of the packet is missing, empty, or only a placeholder.

    Why: the sections are what a reviewer decides from.
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
    """The packet speaks of another change than the branch's head.

    Why: what it tells is not what would merge.
    Fix: `agentledger packet` brings it up to date, with `head:` the newest code commit; see that what you
    wrote yourself is still true.
    """
    packet = case.work.packet if case.work else None
    if packet and case.standing and case.standing.packet_fresh is not True:
        named = escape_hidden((packet.head or "no commit")[:12])
        yield Found(
            message=f"the packet speaks of {named}, another change",
            hint="agentledger packet",
            path=packet.document.source.path,
        )


def criterion_unaddressed(case: Case) -> Iterator[Found]:
    """A criterion of the brief is absent in the packet, or ticked with nothing that shows it.

    Why: the criteria are the contract.
    Fix: repeat each one, and say below it what shows that it holds.
    """
    packet = case.work.packet if case.work else None
    if packet is None or case.brief is None:
        return
    told = {heading_key(item.text): item for item in packet.criteria}
    for wanted in case.brief.criteria:
        item = told.get(heading_key(wanted.text))
        path = packet.document.source.path
        if item is None:
            yield Found(
                message=f"the packet does not speak of: {escape_hidden(wanted.text)}",
                hint="repeat it word for word as `- [ ] `, or `- [x] ` with what shows it below",
                path=path,
            )
        elif item.checked and not item.shown_by:
            hint = "write what shows it into an indented list below it: `  - tests/test_it.py`"
            yield Found(
                message=f"nothing shows that this holds: {escape_hidden(item.text)}",
                hint=hint,
                path=path,
                line=item.line,
            )


def companion_missing(case: Case) -> Iterator[Found]:
    """Code changed, and what has to change with it did not; by default that is a test.

    Why: a change without a test is a claim.
    Fix: add it, or give the reason on a line of the test plan: `No tests: …`.
    """
    packet = case.work.packet if case.work else None
    plan = packet.document.part("Test plan and results") if packet else None
    if plan and any(line.strip().lower().startswith("no tests:") for line in plan.text.split("\n")):
        return
    paths = [t.path for t in case.changed if t.net and not t.path.startswith(LEDGER)]
    for when, also in _companion_pairs(case):
        code = next((path for path in paths if when(path)), None)
        if code is not None and not any(first_match(map(encode, also), path) for path in paths):
            wanted = ", ".join(map(escape_hidden, also[:4]))
            yield Found(
                message=f"{format_path(code)} changed, and nothing in {wanted} did",
                hint="add that, or write `No tests: why` on a line of the packet's test plan",
                path=code,
            )


def _companion_pairs(case: Case) -> Iterator[tuple[Callable[[bytes], bool], tuple[str, ...]]]:
    """What asks for a companion, and the patterns of which one has to change with it."""
    policy = case.policy
    for each in policy.companions:
        yield partial(_matches_any, tuple(map(encode, each.when))), each.also
    if not policy.companions and policy.tests:
        spared = tuple(map(encode, (*policy.tests, *policy.generated, "**/*.md")))
        yield (lambda path: not _matches_any(spared, path)), policy.tests


def _matches_any(patterns: tuple[bytes, ...], path: bytes) -> bool:
    return first_match(patterns, path) is not None


def packet_files_wrong(case: Case) -> Iterator[Found]:
    """*Files touched* does not list what the branch changes, at the base and head that the packet names.

    Why: a reviewer plans by that list; what is not on it is not looked for.
    Fix: `agentledger packet` writes that list; what you wrote beside it stays, and may name no other path. By
    hand: every changed path in backticks, one an item, and no other.
    """
    packet = case.work.packet if case.work else None
    part = packet.document.part("Files touched") if packet else None
    if packet is None or part is None or case.packet_paths is None:
        return
    told = {path for begin in _LISTED.findall(part.text) for path in _PATH.findall(begin)}
    changed = set(map(quote_path, case.packet_paths))
    for paths, what, hint in (
        (changed - told, "does not list", "agentledger packet"),
        (told - changed, "lists unchanged", "take that out: what you wrote there yourself stays"),
    ):
        if paths:
            shown = ", ".join(sorted(paths)[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")
            yield Found(
                message=f"*Files touched* {what} {shown}",
                hint=hint,
                path=packet.document.source.path,
                line=part.line,
            )


def change_large(case: Case) -> Iterator[Found]:
    """It changes more lines than policy calls reviewable.

    Why: what is found in a review falls with its size.
    Fix: split off what can land by itself.
    """
    lines = (case.added or 0) + (case.removed or 0)
    if lines > case.policy.size_lines:
        yield Found(
            message=f"it changes {lines:,} lines, more than {case.policy.size_lines:,}",
            hint="split off what can land alone",
        )


# -- evidence -------------------------------------------------------------------------


def evidence_missing(case: Case) -> Iterator[Found]:
    """A check that was asked for has no evidence, or another command was run.

    Why: nobody knows whether it passes.
    Fix: `agentledger verify` runs it, and records what came of it; running the command yourself does not.
    """
    for checked in _required_checks(case):
        if checked.evidence is None:
            yield Found(
                message=f"the check {escape_hidden(checked.check.name)} has not run",
                hint=_verify_command(checked),
            )
        elif checked.evidence.command != checked.check.run:
            ran = escape_hidden(checked.evidence.command)
            yield Found(
                message=f"for {escape_hidden(checked.check.name)} another command ran: {ran}",
                hint=_verify_command(checked),
                path=checked.evidence.document.source.path,
            )


def evidence_stale(case: Case) -> Iterator[Found]:
    """Evidence speaks of another change than the branch's head.

    Why: what passed then may fail now.
    Fix: run the check again: `agentledger verify`.
    """
    for checked in _required_checks(case):
        if checked.evidence is not None and checked.fresh is not True:
            yield Found(
                message=f"the evidence for {escape_hidden(checked.check.name)} is of another change",
                hint=_verify_command(checked),
                path=checked.evidence.document.source.path,
            )


def evidence_failing(case: Case) -> Iterator[Found]:
    """A check failed.

    Why: it was asked for since it decides.
    Fix: mend what it found, commit, and run it again: `agentledger verify`. Where it fails on base, too, it
    is not this branch's doing, and only told.
    """
    for checked in _required_checks(case):
        if checked.evidence is not None and not checked.evidence.passed:
            on_base = checked.evidence.on_base
            yield Found(
                message=f"the check {escape_hidden(checked.check.name)} failed"
                + (", and fails on base, too" if on_base and on_base[1] else ""),
                hint=f"mend what it found and commit; then {_verify_command(checked)}",
                path=checked.evidence.document.source.path,
                milder=bool(on_base and on_base[1]),
            )


def evidence_contradicted(case: Case) -> Iterator[Found]:
    """Somebody else ran the check, and saw another outcome.

    Why: then the branch's own evidence is worth nothing.
    Fix: find out which of the two is right, on a fresh checkout: `agentledger verify TASK --rerun`.
    """
    for checked in _required_checks(case):
        if checked.trust is Trust.CONTRADICTED:
            yield Found(
                message=f"a rerun of {escape_hidden(checked.check.name)} saw another outcome",
                hint=f"agentledger verify {escape_hidden(case.brief.task if case.brief else '')} --rerun "
                f"--only {escape_hidden(checked.check.name)}",
            )


def _verify_command(checked: Checked) -> str:
    """What records the outcome of a check; to type its command alone would not."""
    return f"agentledger verify --only {escape_hidden(checked.check.name)}"


def _required_checks(case: Case) -> tuple[Checked, ...]:
    return case.standing.checks if case.standing else ()
