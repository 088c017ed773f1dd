"""What `agentledger verify --integrity` prints, as text and as JSON.

Belongs here: layout and keys. Does not: the sentences about crossings (see `integrity`), or crossing (see
`workflow.integrity`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from agentledger.model.integrity import CrossingRun, Integrity, WordOnTest
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.reports import shapes_commands
from agentledger.reports.crossings import describe_crossing


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedReport:
    """What the crossings of a branch's checks show; of a dry run, the checks that would be crossed."""

    #: '' for a branch that works on no task.
    task: str
    branch: str
    head: str
    base: str
    records: tuple[Integrity, ...]
    dry_run: bool = False
    #: Where the results were committed; None and () where they were not.
    ref: str | None = None
    commit: str | None = None
    files: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    #: The command to type next; None where nothing is left to do.
    next: str | None = None


def render_crossed(report: CrossedReport) -> str:
    """A line for each check with what it shows, the warnings, and the command to type next."""
    lines = ["nothing is run: this is a dry run"] if report.dry_run else []
    width = max((len(record.check) for record in report.records), default=0)
    for record in report.records:
        shown = escape_hidden(record.command) if report.dry_run else " · ".join(_describe(record))
        lines.append(f"{record.check:<{width}}  {shown}")
    if report.commit:
        lines.append(f"kept on the control branch, {report.commit[:12]}")
    lines += [f"warning: {escape_hidden(remark)}" for remark in report.remarks]
    return "\n".join([*lines, *([f"next: {escape_hidden(report.next)}"] if report.next else [])])


def _describe(record: Integrity) -> Iterator[str]:
    yield str(record.meaning)
    sentences = describe_crossing(record)
    yield from (each.removeprefix("no verdict: ") for each in sentences)


def encode_crossed(report: CrossedReport) -> bytes:
    """The document that `agentledger schema crossed` describes."""
    shape = shapes_commands.Crossed(
        version=1,
        kind="crossed",
        dry_run=report.dry_run,
        task=_text(report.task) or None,
        branch=_text(report.branch),
        head=report.head,
        base=report.base,
        checks=tuple(_shape_record(record, dry_run=report.dry_run) for record in report.records),
        ref=_text(report.ref) if report.ref else None,
        commit=report.commit,
        files=tuple(map(_text, report.files)),
        warnings=tuple(map(_text, report.remarks)),
        next=_text(report.next) if report.next else None,
    )
    return msgspec.json.encode(shape) + b"\n"


def _shape_record(record: Integrity, *, dry_run: bool) -> shapes_commands.CrossedCheck:
    return shapes_commands.CrossedCheck(
        name=record.check,
        command=_text(record.command),
        meaning=None if dry_run else record.meaning,
        why=_text(record.why) or None,
        sentences=() if dry_run else describe_crossing(record),
        base_tests_on_branch=_shape_run(record.c),
        branch_tests_on_base=_shape_run(record.d),
        tells=record.tells,
        needs_names=record.needs_names,
        words=tuple(map(_shape_word, record.words)),
        words_total=record.words_total,
    )


def _shape_run(run: CrossingRun | None) -> shapes_commands.CrossingRun | None:
    if run is None:
        return None
    return shapes_commands.CrossingRun(
        end=run.end,
        exit_code=run.exit_code,
        seconds=run.seconds,
        tests=run.tests,
        failed=run.failed,
        why=_text(run.why) or None,
    )


def _shape_word(word: WordOnTest) -> shapes_commands.CrossedTest:
    texts = {
        key: _text(str(value)) or None for key, value in word._asdict().items() if key not in ("test", "word")
    }
    return shapes_commands.CrossedTest(test=_text(word.test), word=word.word, **texts)


def _text(text: str) -> str:
    return format_path(encode(text))
