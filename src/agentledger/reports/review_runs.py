"""What `agentledger review --run` did, as text and as JSON.

Belongs here: the words about each branch. Does not: running the reviewer (see `workflow.review.run_reviews`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agentledger.model.review_run import ReviewRun, ReviewRuns
from agentledger.model.text import encode, escape_hidden, format_count, format_path
from agentledger.reports import shapes_commands

_VERDICTS = {
    "approve": "approves it",
    "request-changes": "asks for changes",
    "reject": "rejects it",
    "none": "no verdict",
    "planned": "would be reviewed",
}


def render_review_runs(runs: ReviewRuns) -> str:
    """The text: for each branch a line, and below it what else is to be known."""
    if not runs.runs:
        return f"no branch is ready that {escape_hidden(runs.reviewer)} has not reviewed as it is"
    lines = ["nothing is started: this is a dry run"] if runs.dry_run else []
    for run in runs.runs:
        lines += [_describe_verdict(runs, run), *(f"  {line}" for line in _describe_rest(run))]
    next_step = find_next_step(runs)
    return "\n".join([*lines, *([f"next: {next_step}"] if next_step else [])])


def find_next_step(runs: ReviewRuns) -> str:
    """The command to type next; '' where nothing is left to do."""
    return "agentledger sync" if runs.to_publish else ""


def _describe_verdict(runs: ReviewRuns, run: ReviewRun) -> str:
    name, who = escape_hidden(run.branch), escape_hidden(runs.reviewer)
    if run.verdict == "none":
        return f"{name}: no verdict: {run.why}"
    if run.verdict == "planned":
        return f"{name} would be reviewed by {who} at {run.head[:12]}"
    return f"{name}: {who}, an agent, {_VERDICTS[run.verdict]} at {run.head[:12]}{_describe_round(run)}"


def _describe_round(run: ReviewRun) -> str:
    if run.rounds_limit is not None and run.round > run.rounds_limit:
        return f" (round {run.round}, more than the policy's {format_count(run.rounds_limit, 'round')})"
    return f" (round {run.round})" if run.round > 1 else ""


def _describe_rest(run: ReviewRun) -> Iterator[str]:
    if run.counts is not None:
        yield (
            "policy leaves that to an agent: it counts as approved"
            if run.counts
            else "it informs: a human has to approve (agentledger board says who)"
        )
    yield from (f"settled: {escape_hidden(point)}" for point in run.settled)
    for point in run.open_points:
        forgotten = ", which it did not mention" if point in run.forgotten else ""
        yield f"open{forgotten}: {escape_hidden(point)}"
    if run.moved:
        yield run.moved
    yield from (f"warning: {escape_hidden(line)}" for line in run.warnings)
    if run.log and run.verdict == "none":
        yield f"to see what it printed: {run.log}"


def encode_review_runs(runs: ReviewRuns) -> bytes:
    """The document that `agentledger schema review-run` describes."""
    shape = shapes_commands.ReviewRuns(
        version=1,
        kind="review-run",
        dry_run=runs.dry_run,
        reviewer=_json_text(runs.reviewer),
        complete=runs.complete,
        reviews=tuple(map(_shape_run, runs.runs)),
        next=find_next_step(runs) or None,
    )
    return msgspec.json.encode(shape) + b"\n"


def _shape_run(run: ReviewRun) -> shapes_commands.ReviewRun:
    return shapes_commands.ReviewRun(
        branch=_json_text(run.branch),
        task=_json_text(run.task) or None,
        head=run.head or None,
        verdict=run.verdict,
        why=_json_text(run.why) or None,
        open_points=tuple(map(_json_text, run.open_points)),
        settled=tuple(map(_json_text, run.settled)),
        forgotten=tuple(map(_json_text, run.forgotten)),
        round=run.round,
        rounds_limit=run.rounds_limit,
        counts=run.counts,
        log=run.log or None,
        path=_json_text(run.path) or None,
        commit=run.commit or None,
        moved=_json_text(run.moved) or None,
        warnings=tuple(map(_json_text, run.warnings)),
        seconds=round(run.seconds, 2),
    )


def _json_text(text: str) -> str:
    return format_path(encode(text))
