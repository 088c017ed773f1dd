"""The ledger's documents as JSON objects: where each one is, its fields and sections, its problems.

Belongs here: these parts of the document of `json.encode_ledger`, as dicts. Does not: the rest of it (see
`json` and `shapes_ledger`), or reading documents (see `documents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agentledger.attention import planned
from agentledger.attention.approval import count_rounds
from agentledger.attention.ended_tasks import describe_ending
from agentledger.attention.open_points import list_open_points
from agentledger.attention.reviewing import judge_freshness, list_reviews
from agentledger.attention.run_differences import describe_all_differences
from agentledger.attention.verdict import verdict_of
from agentledger.model.absent import Absent
from agentledger.model.evidence import RanWith, compare_with_base
from agentledger.model.fleet import Base, Branch
from agentledger.model.ledger import Document, Problem
from agentledger.model.text import encode, format_path, format_rfc3339
from agentledger.model.work import Checked, Ending, Fresh, Standing, Task, Work
from agentledger.reports import check_shapes, shapes_ledger

Json = dict[str, Any]


def shape_unknown(absent: Iterable[Absent]) -> tuple[shapes_ledger.Unknown, ...]:
    """The files that a partial clone lacks."""
    return tuple(
        shapes_ledger.Unknown(
            path=_json_text(file.path),
            ref=_json_text(file.ref),
            object=file.blob or None,
            remote=_json_text(file.remote),
            task=_json_text(file.task) or None,
        )
        for file in absent
    )


def shape_check_ins(work: Work | None) -> tuple[Json, ...]:
    """A branch's check-ins, newest first."""
    return tuple(_shape_document(c.document) for c in work.check_ins) if work else ()


def shape_packet(work: Work | None, standing: Standing | None) -> Json | None:
    """A branch's packet; None where it has none."""
    if work is None or work.packet is None:
        return None
    return {"about": standing.packet_fresh if standing else None} | _shape_document(work.packet.document)


def shape_reviews(branch: Branch) -> tuple[Json, ...]:
    """The reviews of a branch, newest first, whether it works on a task or not."""
    return tuple(
        {"about": judge_freshness(branch, r)} | _shape_document(r.document) for r in list_reviews(branch)
    )


def shape_review_state(work: Work | None, standing: Standing | None) -> shapes_ledger.ReviewState | None:
    """Who has to review a branch, and how far that is; None for one without a task."""
    if work is None or standing is None:
        return None
    asked = standing.asked
    points = list_open_points(work.reviews)
    return shapes_ledger.ReviewState(
        asked=asked.by if asked else None,
        another=bool(asked and asked.another),
        rounds=count_rounds(work.reviews),
        rounds_limit=asked.rounds if asked else None,
        open_points=tuple(
            shapes_ledger.OpenPoint(
                text=_json_text(point.text),
                reviewer=_json_text(point.review.reviewer),
                by=point.review.kind,
                path=_json_text(point.review.document.source.path),
            )
            for point in points
        ),
        no_verdicts=tuple(_shape_documents(review.document for review in work.no_verdicts)),
    )


def shape_checks(standing: Standing | None) -> tuple[Json, ...]:
    """The checks that brief and policy ask for, each with its evidence; null where there is none."""
    return tuple(map(_shape_check, standing.checks)) if standing else ()


def shape_problems(branch: Branch) -> tuple[Json, ...]:
    """What is wrong with a branch's ledger as a whole; problems in one document are listed with that document."""
    problems = (*branch.problems, *(branch.work.problems if branch.work else ()))
    return tuple({"path": _json_text(problem.path) or None} | _shape_problem(problem) for problem in problems)


def shape_task(task: Task) -> Json:
    """A task with the manager's documents about it."""
    waits = planned.find_waits(task)
    return {
        "id": task.id,
        "title": _json_text(task.title),
        "manager": _json_text(task.brief.manager) or None if task.brief else None,
        "mode": task.brief.mode if task.brief else None,
        "state": _task_state(task),
        "branches": [_json_text(name) for name in task.branches],
        "brief": _shape_document(task.brief.document) if task.brief else None,
        "brief_from": task.brief_from or None,
        "answers": _shape_documents(a.document for a in task.answers),
        "waivers": _shape_documents(w.document for w in task.waivers),
        "outcome": _shape_document(task.outcome.document) if task.outcome else None,
        "waits_for": None
        if waits is None
        else [{"reason": str(wait.reason), "text": _json_text(wait.text)} for wait in waits],
        "ending": _shape_ending(task.ending) if task.ending else None,
        "taken_back": task.taken_back,
        "attempts": _shape_documents(a.document for a in task.attempts),
        "elsewhere": [_json_text(name) for name in task.elsewhere],
    }


def _task_state(task: Task) -> str:
    if task.is_over:
        return "ended"
    if task.ending:
        return "gone"
    return "active" if task.branches or task.elsewhere else "planned"


def _shape_ending(ending: Ending) -> Json:
    return {
        "end": ending.end,
        "commit": ending.commit,
        "branch": _json_text(ending.branch) or None,
        "head": ending.head,
        "shown_by": ending.source,
        "text": describe_ending(ending),
    }


def _shape_check(checked: Checked) -> Json:
    head: Json = {
        "check": checked.check.name,
        "command": _json_text(checked.check.run),
        "result": checked.result,
        "fresh": None if checked.fresh in (None, Fresh.UNKNOWN) else checked.is_fresh,
        "about": checked.fresh,
    }
    return head | {"standing": checked.trust} | _shape_evidence(checked)


def _shape_evidence(checked: Checked) -> Json:
    evidence = checked.evidence
    if evidence is None:
        return {
            "exit_code": None,
            "head": None,
            "tree": None,
            "started_at": None,
            "seconds": None,
            "skipped": None,
            "junit": None,
            "report_gap": None,
            "on_base": None,
            "against_base": None,
            "tests": None,
            "with": None,
            "differences": [],
        }
    against = compare_with_base(evidence.exit_code, evidence.on_base)
    return {
        "exit_code": evidence.exit_code,
        "head": evidence.head,
        "tree": evidence.tree,
        "started_at": format_rfc3339(evidence.started_at),
        "seconds": evidence.seconds,
        "skipped": _json_text(evidence.skipped) if evidence.skipped else None,
        "junit": check_shapes.shape_junit(evidence.junit, evidence.on_base),
        "report_gap": check_shapes.shape_text(evidence.report_gap),
        "on_base": check_shapes.shape_on_base(evidence.on_base),
        "against_base": against.value if against else None,
        "tests": evidence.tests,
        "with": _shape_ran_with(evidence.ran_with),
        "differences": [_json_text(each) for each in describe_all_differences(checked)],
    }


def _shape_ran_with(ran_with: RanWith | None) -> Json | None:
    if ran_with is None:
        return None
    return {
        "tool": _json_text(ran_with.tool) or None,
        "files": {_json_text(path): digest for path, digest in ran_with.files},
    }


def _shape_documents(documents: Iterable[Document]) -> list[Json]:
    return [_shape_document(document) for document in documents]


def _shape_document(document: Document) -> Json:
    source = document.source
    return {
        "path": _json_text(source.path),
        "commit": source.commit,
        "uncommitted": source.uncommitted,
        "proven": source.proven,
        "fields": _json_value(document.fields),
        "sections": {_json_text(part.title): _json_text(part.text) for part in document.parts},
        "findings": [
            {
                "line": p.line,
                "message": _json_text(p.message),
                "hint": _json_text(p.hint),
                "kind": p.kind,
                "fatal": p.fatal,
            }
            for p in document.problems
        ],
    }


def _shape_problem(problem: Problem) -> Json:
    texts = {"message": _json_text(problem.message), "hint": _json_text(problem.hint)}
    return {"line": problem.line, **texts, "kind": problem.kind, "fatal": problem.fatal}


def _json_value(value: Any) -> Any:
    """A value from front matter, with every text in it as valid UTF-8."""
    if isinstance(value, str):
        return _json_text(value)
    if isinstance(value, Mapping):
        return {_json_text(str(key)): _json_value(entry) for key, entry in value.items()}
    return [_json_value(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _json_text(text: str) -> str:
    # Nearly all texts are ASCII, and a fleet has many.
    return text if text.isascii() else format_path(encode(text))


def shape_verdict(branch: Branch, base: Base) -> shapes_ledger.Verdict:
    """What is known of a branch."""
    known = verdict_of(branch, base)
    return shapes_ledger.Verdict(
        about=known.kind,
        text=_json_text(known.text),
        more=_json_text(known.more) if known.more else None,
        in_order=known.in_order,
    )
