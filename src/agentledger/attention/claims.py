"""Where an agent's words and git contradict each other, each claim with its place and the fact that it meets.

Belongs here: which sentence is held against which fact. Does not: how a claim is recognised in a text (see
`claim_words`), making facts, or the layout of one output.

A claim that nothing here can decide ("backwards compatible") is no claim here. What is found is two texts side by
side, for a reader to judge: an agent may have meant something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from agentledger.attention.claim_words import Claim, Kind, find_claims, find_names, names_path
from agentledger.model.file_kind import is_lock_file
from agentledger.model.findings import Severity
from agentledger.model.fleet import UNMERGED, Branch, Change
from agentledger.model.integrity import StaticFacts
from agentledger.model.ledger import Document
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode, escape_hidden, format_count, format_path
from agentledger.model.work import Checked, CheckResult, Fresh, Progress, Trust, Work
from agentledger.scope.file_role import is_test_path

# A check-in is the newest word on the branch where no commit came later; its own commit takes a moment.
_MOMENT = 120
# How many names of files one fact lists, and how many contradictions of a branch are kept.
_FILES, MOST = 4, 20
# How much of a claim a row shows.
_SHORT = 80
# Files that have nothing but dependencies in them; in others a change may be about anything.
_MANIFESTS = (b"requirements", b"constraints", b"go.mod", b"Gemfile", b"Pipfile")


class Contradiction(NamedTuple):
    """A claim of the branch's agent, where it stands, and the fact that says otherwise."""

    claim: str
    #: `packet.md:12`: the document below the task's folder, and the line.
    where: str
    fact: str


def find_contradictions(branch: Branch, policy: Policy) -> tuple[Contradiction, ...]:
    """Return where the newest words of a branch's agent and git contradict each other; () where they do not."""
    if branch.work is None or branch.state not in UNMERGED:
        return ()
    listed = [*_compare_sentences(branch, policy, branch.work), *_compare_documents(branch, branch.work)]
    return tuple(dict.fromkeys(listed))[:MOST]


def describe_contradiction(one: Contradiction) -> str:
    """Return both sides in a sentence: `“No other file changed” (packet.md:12), but src/b.py changed too`."""
    return f"“{escape_hidden(one.claim)}” ({escape_hidden(one.where)}), but {escape_hidden(one.fact)}"


def summarize_contradictions(found: tuple[Contradiction, ...]) -> str:
    """Return the first of them and how many more there are, for one row; "" for none."""
    if not found:
        return ""
    claim = found[0].claim
    short = claim if len(claim) <= _SHORT else f"{claim[: _SHORT - 1]}…"
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return describe_contradiction(found[0]._replace(claim=short)) + more


def _compare_sentences(branch: Branch, policy: Policy, work: Work) -> Iterator[Contradiction]:
    for document in _list_spoken(branch, work):
        for claim in find_claims(document.text):
            fact = _FACTS[claim.kind](branch, policy, claim)
            if fact:
                yield Contradiction(claim.text, f"{_name_document(document)}:{claim.line}", fact)


def _list_spoken(branch: Branch, work: Work) -> Iterator[Document]:
    """The documents that speak of the branch as it is: its packet, and the newest check-in."""
    if work.packet:
        yield work.packet.document
    newest = next(iter(work.check_ins), None)
    if newest is None:
        return
    last = max((commit.committed_at for commit in branch.own_commits), default=0)
    if newest.state == "ready" or last <= newest.at + _MOMENT:
        yield newest.document


def _name_document(document: Document) -> str:
    parts = document.source.path.split("/")
    return "/".join(parts[3:]) or document.source.path


# -- the facts that one kind of claim can meet; '' where it holds, or nobody can tell ---------------


def _find_other_files(branch: Branch, policy: Policy, claim: Claim) -> str:
    names = find_names(claim.text)
    if not names and claim.kind is Kind.NO_OTHER_FILE:
        names = _list_touched(branch)
    changed = [change.path for change in branch.code_changes]
    if not any(names_path(name, path) for name in names for path in changed):
        return ""
    speaks_of_tests = "test" in claim.text.lower()
    others = [
        path
        for path in changed
        if not any(names_path(name, path) for name in names)
        and not (speaks_of_tests and is_test_path(path, policy))
    ]
    return f"{_name_files(others)} changed too, at {branch.head[:10]}" if others else ""


def _list_touched(branch: Branch) -> tuple[str, ...]:
    packet = branch.work.packet if branch.work else None
    part = packet.document.part("Files touched") if packet else None
    return find_names(part.text) if part else ()


def _find_outside(branch: Branch, _: Policy, __: Claim) -> str:
    outside = [
        finding.path
        for finding in branch.findings or ()
        if finding.rule in ("OWN001", "OWN002", "OWN003") and finding.path and finding.waived is None
    ]
    paths = list(dict.fromkeys(outside))
    return f"{_name_files(paths)} changed, outside its scope, at {branch.head[:10]}" if paths else ""


def _find_failing(branch: Branch, _: Policy, __: Claim) -> str:
    checks = branch.standing.checks if branch.standing else ()
    words = [word for checked in checks if _is_about_tests(checked) and (word := _describe_bad(checked))]
    facts = branch.static_facts
    if facts and facts.is_loss:
        words.append(
            f"{format_count(facts.assertions_removed - facts.assertions_added, 'assertion')} and "
            f"{format_count(facts.tests_removed - facts.tests_added, 'test')} fewer than on base"
        )
    words += [f"{_name_skips(facts)} skipped, which ran on base"] if facts and _name_skips(facts) else []
    return "; ".join(words)


def _is_about_tests(checked: Checked) -> bool:
    evidence = checked.evidence
    counted = evidence is not None and (evidence.junit is not None or evidence.counts is not None)
    return counted or "test" in checked.check.name.lower()


def _describe_bad(checked: Checked) -> str:
    name, evidence = format_path(encode(checked.check.name)), checked.evidence
    if evidence is None:
        return ""
    if checked.result is CheckResult.FAILED:
        return f"check {name} failed, at {evidence.head[:10]}"
    if checked.fresh is Fresh.OTHER:
        return f"check {name} ran on another commit’s code, {evidence.head[:10]}"
    if checked.fresh is Fresh.EDITED:
        return f"the evidence for {name} was edited, or written for another commit"
    return f"check {name} is {checked.trust}" if checked.trust in (Trust.CONTRADICTED, Trust.FLAKY) else ""


def _name_skips(facts: StaticFacts) -> str:
    names = [mark.test or mark.path for mark in facts.skips if not mark.conditional]
    return _join(names)


def _find_changed_tests(branch: Branch, policy: Policy, claim: Claim) -> str:
    tests = [change for change in branch.code_changes if is_test_path(change.path, policy)]
    facts = branch.static_facts
    if claim.kind is Kind.NO_TEST_SKIPPED:
        skipped = _name_skips(facts) if facts else ""
        return f"{skipped} skipped, which ran on base" if skipped else ""
    if claim.kind is Kind.NO_TEST_REMOVED:
        return _find_removed_tests(tests, facts)
    # Only lines that are gone: who adds a test has changed none.
    changed = [c.path for c in tests if c.status == "D" or (c.status == "M" and c.removed)]
    return f"{_name_files(changed)} lost lines, at {branch.head[:10]}" if changed else ""


def _find_removed_tests(tests: list[Change], facts: StaticFacts | None) -> str:
    fewer = facts.tests_removed - facts.tests_added if facts else 0
    if fewer <= 0:
        return ""
    deleted = [change.path for change in tests if change.status == "D"]
    where = f"; {_name_files(deleted)} deleted" if deleted else ""
    return f"{format_count(fewer, 'test')} fewer declared than on base{where}"


def _find_dependencies(branch: Branch, _: Policy, __: Claim) -> str:
    changed = [
        change.path
        for change in branch.code_changes
        if change.status != "D" and change.added and _holds_dependencies(change.path)
    ]
    return f"{_name_files(changed)} gained lines, at {branch.head[:10]}" if changed else ""


def _holds_dependencies(path: bytes) -> bool:
    return is_lock_file(path) or path.rpartition(b"/")[2].startswith(_MANIFESTS)


_FACTS: Mapping[Kind, Callable[[Branch, Policy, Claim], str]] = {
    Kind.ONLY_FILES: _find_other_files,
    Kind.NO_OTHER_FILE: _find_other_files,
    Kind.WITHIN_SCOPE: _find_outside,
    Kind.TESTS_PASS: _find_failing,
    Kind.NO_TEST_CHANGED: _find_changed_tests,
    Kind.NO_TEST_REMOVED: _find_changed_tests,
    Kind.NO_TEST_SKIPPED: _find_changed_tests,
    Kind.NO_DEPENDENCY: _find_dependencies,
}


# -- what a document states by its form ----------------------------------------------------------------


def _compare_documents(branch: Branch, work: Work) -> Iterator[Contradiction]:
    packet, standing = work.packet, branch.standing
    if packet:
        name = _name_document(packet.document)
        for finding in branch.findings or ():
            if finding.rule == "PKT003" and finding.severity is Severity.ERROR and finding.waived is None:
                where = f"{name}:{finding.line}" if finding.line else name
                yield Contradiction("Files touched", where, finding.message)
        for item in packet.criteria:
            shown_by = "\n".join(item.shown_by) if item.checked else ""
            lacking = [each for each in branch.unfound_evidence if each in shown_by]
            if lacking:
                fact = f"{_join(lacking)} is not there at {branch.head[:10]}"
                yield Contradiction(item.text, f"{name}:{item.line}", fact)
    if standing and standing.progress is Progress.LAPSED and standing.lapsed:
        said = next((each for each in work.check_ins if each.state == "ready"), None)
        if said:
            fact = f"more code came after {standing.lapsed[:10]}, up to {branch.head[:10]}"
            yield Contradiction("state: ready", _name_document(said.document), fact)


def _name_files(paths: list[bytes]) -> str:
    return _join([decode(path) for path in paths])


def _join(names: list[str]) -> str:
    more = f" and {len(names) - _FILES} more" if len(names) > _FILES else ""
    return ", ".join(format_path(encode(name)) for name in names[:_FILES]) + more
