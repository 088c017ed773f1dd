"""Writes a dated exception for a task: a waiver on the control branch, by which a finding no longer stops it.

Belongs here: which rules and paths can be waived, until when, and the document itself. Does not: what a waiver
covers (see `rules`), or asking anybody (see `cli.allow`).
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger import rules
from agentledger.control import append
from agentledger.documents import RawDocument, parse_waiver, values
from agentledger.fleet.fleet_facts import short_base_ref
from agentledger.git import objects
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import ALIVE
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import FOLDER, LEDGER, LEDGER_BYTES, control_folder
from agentledger.model.near_names import unknown_name_error
from agentledger.model.policy import Policy
from agentledger.model.text import encode, escape_hidden, format_count, format_rfc3339
from agentledger.scope import automata
from agentledger.scope.automata import TooComplexError
from agentledger.scope.patterns import matches_path
from agentledger.scope.task_scope import first_match, literal_path
from agentledger.workflow.session import manager_context
from agentledger.workflow.session.manager_context import Managing

# The rules that say that a path is not the task's to change: the default. Rules about what a file is (a link,
# a name that some systems cannot have, hidden characters) have to be named.
USUAL = ("OWN001", "OWN002", "OWN003", "OWN007")
# The rules that keep everybody from changing agentledger's own files: no waiver may open those.
KEEPERS = ("OWN003", "OWN005")
SHOWN = 10  # findings that are named; more are counted
# Patterns of agentledger's own files: the folder, and all that is in it.
_OURS = (FOLDER.encode(), LEDGER_BYTES + b"**")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for. `rules` are ids or names, () for USUAL; `until` is as typed (see `parse_until`)."""

    task: str
    paths: tuple[str, ...]
    why: str
    until: str
    rules: tuple[str, ...] = ()


def write_waiver(start: Path, request: Wanted, now: int, *, dry_run: bool = False) -> Did:
    """Write the waiver in one commit; `now` is in seconds since the epoch.

    Raises LedgerError, and nothing is written, for a task or rule that is not known, a pattern that cannot be
    read or that matches agentledger's own files, a time that is past, and where git or
    `control.append.commit_files` refuses.
    """
    until = parse_until(request.until, now)
    paths = tuple(map(_parse_pattern, request.paths))
    chosen, is_reduced = _choose_rules(request.rules, paths)
    if not request.why.strip():
        raise LedgerError("it does not say why", "--why 'the reason, for whoever reads it later'")
    with manager_context.open_managing(start, now, lines=True, rules=True) as desk:
        task = desk.task(request.task)
        content = _render_waiver(desk, paths, chosen, until=until, why=request.why, now=now)
        path = f"{control_folder(task.id)}/waivers/{append.new_document_name(now, content)}"
        _refuse_unreadable(desk.fleet.policy, path, content)
        lines = [
            _describe_waiver(task.id, paths, chosen, until),
            *_describe_reach(desk, paths),
            *_describe_effect(desk, task.id, paths, chosen),
        ]
        warnings = [_LEFT_OUT] if is_reduced else []
        did = Did(
            command="allow",
            messages=tuple(lines),
            task=task.id,
            refs=(desk.ref,),
            files=(path,),
            next="agentledger sync" if desk.publishes else "agentledger next",
            warnings=tuple(warnings),
            dry_run=dry_run,
        )
        if dry_run:
            return did
        written = desk.append({path: content}, f"allow {task.id} {', '.join(chosen)}")
        return replace(
            did, commits=(written.commit,), warnings=(*warnings, *filter(None, [written.unsigned]))
        )


# -- what is asked for ------------------------------------------------------------------


def parse_until(text: str, now: int) -> int:
    """The second at which a waiver ends, from a time, a day (its end, in UTC) or a span that begins now.

    Raises LedgerError, with the accepted forms, for anything else, and for what is past.
    """
    until = _parse_moment(text.strip(), now)
    if until is None:
        raise LedgerError(
            f"{escape_hidden(text)} is no time", "--until takes 2026-12-24, 2026-12-24T18:00:00Z, 12h or 3d"
        )
    if until <= now:
        raise LedgerError(
            f"{escape_hidden(text)} is past",
            f"it is {format_rfc3339(now)} now; say a later time, or a span such as 3d",
        )
    return until


def _parse_moment(text: str, now: int) -> int | None:
    """Seconds since the epoch; None for what is no time, day or span."""
    day = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    try:
        if re.fullmatch(r"[0-9]+[mhd]", text):
            return now + values.parse_duration(text)
        return values.parse_time(f"{text}T23:59:59Z" if day else text)
    except values.Wrong:
        return None


def _parse_pattern(text: str) -> str:
    try:
        return values.parse_pattern(text)
    except values.Wrong as wrong:
        hint = wrong.hint or "paths are from the repository's top, such as src/api/**"
        raise LedgerError(f"the path {escape_hidden(text)} {wrong.reason}", hint) from wrong


def _choose_rules(rule_names: Sequence[str], paths: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The ids of the rules that are waived, and whether one of USUAL was left out because of the paths.

    Raises LedgerError where the user asks to waive a rule of KEEPERS for agentledger's own files.
    """
    if not rule_names and not paths:
        raise LedgerError("it says neither where nor which rule", "name a path, or a --rule")
    chosen = tuple(dict.fromkeys(map(_resolve_rule, rule_names))) or USUAL
    # A rule of KEEPERS can be waived only where every path is certain to be none of agentledger's own.
    guarded = [rule for rule in KEEPERS if rule in chosen]
    if not guarded or (paths and not any(map(_can_match_ledger, paths))):
        return chosen, False
    if rule_names or all(map(_is_ledger_pattern, paths)):
        raise LedgerError(
            "nobody may change agentledger's own files, and no waiver allows it",
            f"name paths outside .agentledger/, such as src/**, or leave {' and '.join(guarded)} out",
        )
    return tuple(rule for rule in chosen if rule not in KEEPERS), True


_LEFT_OUT = (
    "OWN003 is not among them, since a pattern matches agentledger's own files, too; "
    "name the path without a wildcard at its beginning to let a protected one pass"
)


def _resolve_rule(name: str) -> str:
    """The id of a rule named by id or name. Raises LedgerError, with near names, for one that is not known."""
    rule = rules.find_rule(name)
    if rule is None:
        known = [word for each in rules.RULES for word in (each.id, each.name)]
        near = difflib.get_close_matches(name, known, 3, 0.5)
        raise unknown_name_error("rule", name, near, "agentledger rule lists them")
    return rule.id


def _can_match_ledger(pattern: str) -> bool:
    """Can the pattern match a file of agentledger's, in small or capital letters? True where that is too complex."""
    spellings = {encode(pattern), encode(pattern.lower())}
    try:
        return any(
            automata.intersect_patterns(mine, ours) is not None for mine in spellings for ours in _OURS
        )
    except TooComplexError:
        return True


def _is_ledger_pattern(pattern: str) -> bool:
    """Does the pattern name agentledger's own folder, so that nothing else can be meant?"""
    return f"{pattern}/".lower().startswith(LEDGER)


# -- how it is written down -------------------------------------------------------------


def _render_waiver(
    desk: Managing, paths: Sequence[str], chosen: Sequence[str], until: int, why: str, now: int
) -> bytes:
    """The document: front matter and text. Values are in JSON's quotes, which YAML reads, whatever is in them."""
    quoted = json.dumps(list(paths), ensure_ascii=False)
    lines = [
        f"at: {format_rfc3339(now)}",
        f"by: {json.dumps(desk.own_email, ensure_ascii=False)}",
        f"rules: [{', '.join(chosen)}]",
        *([f"paths: {quoted}"] if paths else []),
        f"until: {format_rfc3339(until)}",
    ]
    return "\n".join(["---", *lines, "---", "", why.strip(), ""]).encode("utf-8", "replace")


def _refuse_unreadable(policy: Policy, path: str, content: bytes) -> None:
    """Raise LedgerError where a reader would find any problem in it: such a waiver would waive nothing."""
    raw = RawDocument(source=Source(path=path), content=content, policy=policy)
    for problem in parse_waiver(raw).document.problems:
        raise LedgerError(
            f"the waiver could not be read again: {escape_hidden(problem.message)}", problem.hint
        )


# -- sentences about the effect ---------------------------------------------------------


def _describe_waiver(task: str, paths: Sequence[str], chosen: Sequence[str], until: int) -> str:
    """The waiver in a sentence."""
    where = f" at {', '.join(paths)}" if paths else ""
    verb = "stop" if len(chosen) > 1 else "stops"
    return f"until {format_rfc3339(until)}, {', '.join(chosen)} {verb} nothing of {task}{where}"


def _describe_reach(desk: Managing, paths: Sequence[str]) -> Iterator[str]:
    """For each pattern that is more than one file of base: how many it covers, now that a name may be a folder's."""
    patterns = {path: encode(path) for path in paths}
    files = objects.read_file_ids(desk.snapshot.sealed, desk.fleet.base.head) if patterns else ()
    covered: Counter[str] = Counter()
    for file, _ in files:
        covered.update(path for path, pattern in patterns.items() if matches_path(pattern, file))
        # The file of that very name: not a folder.
        for path in [path for path, pattern in patterns.items() if literal_path(pattern) == file]:
            del patterns[path]
    base = short_base_ref(desk.fleet.base)
    for path, pattern in patterns.items():
        is_folder = literal_path(pattern) is not None
        if covered[path]:
            more = " and what is new below it" if is_folder else ""
            yield f"{path} covers {format_count(covered[path], 'file')} of {base}{more}"
        elif not is_folder:
            yield f"{path} covers no file of {base} yet"


def _describe_effect(desk: Managing, task: str, paths: Sequence[str], chosen: Sequence[str]) -> Iterator[str]:
    """The findings that it waives now, as the merge gate would have them, in lines."""
    findings = [
        (branch.name, finding)
        for branch in desk.attempts(task)
        if branch.state in ALIVE
        for finding in branch.findings or ()
        if finding.waived is None and finding.rule in chosen and _is_at_paths(finding, paths)
    ]
    errors = sum(finding.severity is not Severity.WARN for _, finding in findings)
    if not findings:
        yield "no finding is there that it waives now"
        return
    yield f"it waives {format_count(len(findings), 'finding')} now, {errors:,} of which would have stopped the merge:"
    for name, finding in findings[:SHOWN]:
        yield f"  {finding.rule} {finding.name} [{escape_hidden(name)}] {escape_hidden(finding.message)}"
    if len(findings) > SHOWN:
        yield f"  and {len(findings) - SHOWN:,} more"


def _is_at_paths(finding: Finding, paths: Sequence[str]) -> bool:
    return not paths or (
        finding.path is not None and first_match(map(encode, paths), finding.path) is not None
    )
