"""The results of running checks, as text and as JSON.

Belongs here: words and keys. Does not: running checks (see `workflow.verify`), or printing (see `cli.verify`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import msgspec

from agentledger.model import check_words
from agentledger.model.evidence import JUnit, OnBase, RanWith, TestCounts
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.reports import check_shapes, shapes_commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check and its result."""

    name: str
    command: str
    #: `passed`, `failed`, `skipped`, `could-not-run` in a rerun, or `planned` in a dry run.
    outcome: str
    exit_code: int | None = None
    seconds: float | None = None
    #: Why it was skipped.
    skipped: str | None = None
    #: Why it could not be run here; "" where it was.
    unable: str = ""
    junit: JUnit | None = None
    #: What is wrong with its report.
    report_gap: str | None = None
    #: What the test runner said, where there is no JUnit file.
    counts: TestCounts | None = None
    ran_with: RanWith | None = None
    #: What was otherwise in the run that this is compared with, each in a few words.
    differences: tuple[str, ...] = ()
    #: The same check on base.
    on_base: OnBase | None = None
    #: For a rerun: what it says about the branch's evidence, and how often the check ran.
    trust: str | None = None
    runs: int = 1
    #: The path of its log.
    log: str | None = None
    #: Warnings about this check.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The results of all checks of one run, rerun or dry run."""

    task: str
    branch: str
    #: The commit that was checked.
    head: str
    lines: tuple[Line, ...]
    #: Nothing failed, and a rerun saw what the branch has recorded.
    sound: bool
    rerun: bool = False
    dry_run: bool = False
    #: Where the evidence was committed; None and () where it was not.
    ref: str | None = None
    commit: str | None = None
    files: tuple[str, ...] = ()
    #: Sentences for people; they are not in the JSON.
    sentences: tuple[str, ...] = ()
    #: Warnings about the run as a whole.
    remarks: tuple[str, ...] = ()
    #: The command to type next; None where nothing is left to do.
    next: str | None = None


def encode_verification(verification: Verification) -> bytes:
    """The document that `agentledger schema verified` describes."""
    shape = shapes_commands.Verified(
        version=1,
        kind="verified",
        dry_run=verification.dry_run,
        rerun=verification.rerun,
        sound=verification.sound,
        task=_json_text(verification.task),
        branch=_json_text(verification.branch),
        head=verification.head,
        checks=tuple(map(_shape_check, verification.lines)),
        ref=_json_text(verification.ref) if verification.ref else None,
        commit=verification.commit,
        files=tuple(map(_json_text, verification.files)),
        warnings=tuple(map(_json_text, verification.remarks)),
        next=_json_text(verification.next) if verification.next else None,
    )
    return msgspec.json.encode(shape) + b"\n"


def _shape_check(line: Line) -> shapes_commands.VerifiedCheck:
    return shapes_commands.VerifiedCheck(
        name=line.name,
        command=_json_text(line.command),
        outcome=line.outcome,
        exit_code=line.exit_code,
        seconds=line.seconds,
        skipped=_json_text(line.skipped) if line.skipped is not None else None,
        unable=_json_text(line.unable) or None,
        junit=check_shapes.shape_junit(line.junit, line.on_base),
        report_gap=check_shapes.shape_text(line.report_gap),
        counts=shapes_commands.RunnerCounts(**asdict(line.counts)) if line.counts else None,
        ran_with=_shape_ran_with(line.ran_with),
        differences=tuple(map(_json_text, line.differences)),
        on_base=check_shapes.shape_on_base(line.on_base),
        trust=line.trust,
        runs=line.runs,
        log=_json_text(line.log) if line.log else None,
        warnings=tuple(map(_json_text, line.remarks)),
    )


def _shape_ran_with(ran_with: RanWith | None) -> shapes_commands.RunWith | None:
    if ran_with is None:
        return None
    files = {_json_text(path): digest for path, digest in ran_with.files}
    return shapes_commands.RunWith(tool=_json_text(ran_with.tool) or None, files=files)


def _json_text(text: str) -> str:
    return format_path(encode(text))


def render_verification(verification: Verification) -> str:
    """One line for each check, the warnings, and at the end the command to type next."""
    lines = ["nothing is run: this is a dry run"] if verification.dry_run else []
    width = max((len(line.name) for line in verification.lines), default=0)
    for line in verification.lines:
        lines.append(f"{line.name:<{width}}  {', '.join(_describe_check(line))}")
        lines += [f"  {escape_hidden(each)}" for each in line.differences]
        kept = line.log and line.outcome in ("failed", "could-not-run")
        lines += [f"  log: {escape_hidden(line.log or '')}"] if kept else []
        lines += [f"warning: {line.name}: {escape_hidden(remark)}" for remark in line.remarks]
    lines += [] if verification.lines else ["neither the brief nor the policy asks for a check here"]
    lines += map(escape_hidden, verification.sentences)
    lines += [f"warning: {escape_hidden(remark)}" for remark in verification.remarks]
    return "\n".join([*lines, *([f"next: {escape_hidden(verification.next)}"] if verification.next else [])])


def _describe_check(line: Line) -> Iterator[str]:
    if line.skipped is not None:
        yield f"skipped: {escape_hidden(line.skipped)}"
        return
    if line.unable:
        yield f"could not be run here: {escape_hidden(line.unable)}"
        return
    if line.outcome == "planned":
        yield escape_hidden(line.command)
        return
    # Without an exit code, or with 0, it failed otherwise (a time limit, failed tests in a JUnit file).
    failed = line.outcome == "failed" and line.exit_code
    yield f"failed with exit code {line.exit_code}" if failed else line.outcome
    yield f"{line.seconds or 0:,.1f} s"
    yield from check_words.describe_counts(line)
    if line.ran_with and line.ran_with.tool:
        yield f"with {escape_hidden(line.ran_with.tool)}"
    yield from _describe_names(line)
    if line.runs > 1:
        yield f"run {line.runs} times"
    if line.trust:
        yield line.trust


def _describe_names(line: Line) -> Iterator[str]:
    """The tests that failed, and what base says of them."""
    if listed := check_words.describe_listed(line):
        yield listed
        return
    failed, against = check_words.list_failed(line), check_words.describe_against_base(line)
    if failed:
        yield f"failed: {failed}"
    if against:
        yield against
