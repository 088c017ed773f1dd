"""Recorded checks in words: the result, who saw it, and of which code.

Belongs here: one line for each check, and for all of them one mark for each word. Does not: deciding whether a result
counts (see `attention.trust`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from agentledger.attention import run_differences
from agentledger.model import check_words
from agentledger.model.evidence import Evidence
from agentledger.model.findings import Finding
from agentledger.model.work import Checked, CheckResult, Fresh, Standing, Trust
from agentledger.reports.check_cell import BAD, word_of_check
from agentledger.rules.check_worth import list_doubts
from agentledger.site.labels import Mark
from agentledger.site.timeline import render_literal

NAMED = 3  # checks of one word


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check, and its last recorded run."""

    name: str
    #: The command in the brief or the policy.
    command: str
    result: Mark
    #: Was it claimed only, or reproduced by somebody else?
    trust: Mark | None
    #: Was it run on the head's code?
    fresh: Mark | None
    #: When it ran, in seconds since the epoch; None where there is no evidence.
    at: int | None
    details: tuple[str, ...]
    #: The command that was run, where it is not `command`; else "".
    other: str
    #: The last lines of its output.
    tail: Markup
    #: Why it shows nothing that it passed, each the end of a sentence about the check.
    doubts: tuple[str, ...] = ()
    #: Is it asked for, and does nothing about it need a person?
    is_quiet: bool = False


_TRUST = {
    Trust.CLAIMED: Mark("none", "claimed: nobody else has run it"),
    Trust.REPRODUCED: Mark("ok", "reproduced: somebody else saw the same"),
    Trust.CONTRADICTED: Mark("bad", "contradicted: somebody else saw another result"),
    Trust.FLAKY: Mark("warn", "flaky: runs of the same code differ"),
    Trust.SKIPPED: None,
}
FRESH_MARKS = {
    Fresh.SAME: Mark("ok", "of this head’s code"),
    Fresh.REWRITTEN: Mark("ok", "rewritten, same change"),
    Fresh.OTHER: Mark("warn", "of another commit’s code"),
    Fresh.UNKNOWN: Mark("warn", "of a commit that is not in this clone"),
    Fresh.EDITED: Mark("bad", "edited, or written for another commit: git says otherwise"),
}


def build_check_lines(standing: Standing, findings: tuple[Finding, ...]) -> tuple[CheckLine, ...]:
    """One line for each check that is asked for or was recorded, failures first."""
    required = {c.check.name for c in standing.checks}
    checks = [*standing.checks, *standing.unasked]
    lines = ((c, _build_check_line(c, c.check.name in required)) for c in sorted(checks, key=_check_sort_key))
    return tuple(_judge_line(line, c, line.name in required, findings) for c, line in lines)


def _judge_line(
    line: CheckLine, checked: Checked, is_required: bool, findings: tuple[Finding, ...]
) -> CheckLine:
    word = _word_of(checked, findings).kind
    # That other code passed, or that a check shows nothing, is nothing to be green about.
    is_doubtful = line.result.kind == "ok" and word not in _SOUND
    return replace(
        line,
        result=Mark("none", line.result.text) if is_doubtful else line.result,
        doubts=list_doubts(line.name, findings),
        is_quiet=is_required and word in _QUIET,
    )


# A word on a check that needs nobody: reproduced, claimed, or skipped with nothing to run. That one has not run
# needs its agent; from ready on it stops the branch, and a rule says so.
_SOUND = ("ok", "done")
_QUIET = (*_SOUND, "rest", "none")


def check_marks(standing: Standing, findings: tuple[Finding, ...]) -> tuple[Mark, ...]:
    """What is known of the checks that are asked for: a mark for each word, with the checks it is true of.

    The worst comes first: `test failing`, `lint stale`, `types, docs claimed`.
    """
    names_by_word: dict[Mark, list[str]] = {}
    for checked in sorted(standing.checks, key=_check_sort_key):
        names_by_word.setdefault(_word_of(checked, findings), []).append(checked.check.name)
    return tuple(
        Mark(word.kind, f"{_join_names(names)} {word.text}") for word, names in names_by_word.items()
    )


def quiet_marks(standing: Standing, findings: tuple[Finding, ...]) -> tuple[Mark, ...]:
    """Those marks of the checks that need nobody."""
    return tuple(mark for mark in check_marks(standing, findings) if mark.kind in _QUIET)


def _join_names(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _word_of(checked: Checked, findings: tuple[Finding, ...]) -> Mark:
    """The one word on a check, the same as on every board, and what is to be known about it."""
    word = word_of_check(checked, findings)
    if word in ("claimed", "reproduced"):
        if checked.evidence and (doubt := check_words.describe_doubt(checked.evidence)):
            return Mark("warn", doubt)
        word += " (rewritten, same change)" if checked.fresh is Fresh.REWRITTEN else ""
    return Mark(_KINDS.get(word.partition(" (")[0], "warn"), word)


# By word; those that are not here warn.
_KINDS = {
    **dict.fromkeys(BAD, "bad"),
    "not run": "none",
    "claimed": "done",
    "reproduced": "ok",
    "skipped": "rest",
}


def short_check_mark(line: CheckLine) -> Mark:
    """A check's mark in a few words, for a criterion that names the check."""
    stale = " (of other code)" if line.fresh and line.fresh.kind != "ok" else ""
    kind = "warn" if stale else line.result.kind
    return Mark(kind, f"{line.name}: {line.result.text}{stale}")


def _check_sort_key(checked: Checked) -> int:
    # Failed, no evidence, doubtful, fine: what needs a person comes first.
    if checked.result is CheckResult.FAILED:
        return 0
    if checked.result is CheckResult.NOT_RUN:
        return 1
    return 2 if not checked.is_fresh or checked.trust in (Trust.CONTRADICTED, Trust.FLAKY) else 3


def _build_check_line(checked: Checked, is_required: bool) -> CheckLine:
    check, evidence = checked.check, checked.evidence
    if evidence is None:
        return CheckLine(
            name=check.name,
            command=check.run,
            result=Mark("none", "no evidence"),
            trust=None,
            fresh=None,
            at=None,
            details=(),
            other="",
            tail=Markup(""),
        )
    return CheckLine(
        name=check.name,
        command=check.run,
        result=_result_mark(checked, evidence),
        trust=_TRUST[checked.trust] if checked.trust else None,
        fresh=FRESH_MARKS[checked.fresh] if checked.fresh else None,
        at=evidence.started_at,
        details=_describe_run(checked, evidence, is_required),
        other="" if evidence.command == check.run else evidence.command,
        tail=render_literal("\n".join(evidence.tail)),
    )


def _result_mark(checked: Checked, evidence: Evidence) -> Mark:
    if evidence.skipped is not None:
        if checked.result is CheckResult.NOT_RUN:
            return Mark("bad", "not run: its file says skipped, and there is something to run")
        return Mark("none", f"skipped: {evidence.skipped}")
    if evidence.passed:
        listed, doubt = check_words.describe_listed(evidence), check_words.describe_doubt(evidence)
        if doubt:
            return Mark("warn", f"passed, {doubt}")
        return Mark("ok", f"passed; {listed}" if listed else "passed")
    code = "no exit code" if evidence.exit_code is None else f"exit code {evidence.exit_code}"
    listed = check_words.describe_listed(evidence)
    return Mark("bad", f"failed: {listed}" if listed else f"failed, {code}")


def _describe_run(checked: Checked, evidence: Evidence, is_required: bool) -> tuple[str, ...]:
    details = [f"{evidence.seconds:,.1f} s", f"at {evidence.head[:10]}"]
    details += check_words.describe_report(evidence)
    failed = check_words.list_failed(evidence)
    details += [f"failed: {failed}"] if failed and evidence.exit_code else []
    if evidence.ran_with and evidence.ran_with.tool:
        details.append(f"with {evidence.ran_with.tool}")
    details += run_differences.describe_all_differences(checked)
    if evidence.failures_in_a_row > 1:
        details.append(f"{evidence.failures_in_a_row:,} failures in a row")
    # A check that fails on base in the same tests is not this branch's fault.
    if evidence.on_base and evidence.exit_code:
        details.append(f"{check_words.describe_against_base(evidence)}, at {evidence.on_base.commit[:10]}")
    if not is_required:
        details.append("not asked for by the brief or policy")
    return tuple(details)
