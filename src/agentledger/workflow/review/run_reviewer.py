"""Runs one reviewer in its clone: the user's own command, with a time limit, to its end and with nothing left behind.

Belongs here: the command line, its output, its log. Does not: the clone (see `review_clone`), what it answered (see
`reviewer_answer`), or which branches are reviewed (see `run_reviews`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentledger.git import environment
from agentledger.model.text import encode, escape_hidden, format_age, format_count
from agentledger.running import logs, redact
from agentledger.running.output import Output
from agentledger.running.run import Ran, run
from agentledger.workflow.review.reviewer_answer import NoVerdict, read_answer
from agentledger.workflow.spawn.launch import fill_command
from agentledger.workflow.verify.one_check import read_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One reviewer's work, which touches nothing of the user's repository but the folder of logs."""

    command: Sequence[str]
    folder: Path
    #: The task and the branch, for the command's placeholders.
    values: Mapping[str, str]
    prompt: str
    answer_file: str
    #: Seconds that it may take.
    limit: float
    #: The folder of logs.
    logs: Path
    #: The texts of `.env` files, whose values are secrets.
    dotenvs: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: its answer, or why there is none."""

    answer: bytes = b""
    why: str = ""
    #: The name of its log.
    log: str = ""
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()


def run_reviewer(job: Job, is_stopped: Callable[[], bool]) -> Ended:
    """Run it, and read its answer; `is_stopped` is asked again and again, and ends it when true.

    Raises LedgerError where nothing can be started, or its log cannot be stored.
    """
    prompt = job.folder / ".git" / "agentledger" / "prompt.md"
    prompt.parent.mkdir(parents=True, exist_ok=True)
    prompt.write_bytes(encode(job.prompt))
    filled = {**job.values, "worktree": str(job.folder), "prompt_file": str(prompt)}
    # The words of the command are the arguments of the shell, which runs them and reads nothing in them.
    arguments = ['"$@"', "reviewer", *fill_command(job.command, filled)]
    output, secrets = Output(), redact.collect_secrets(os.environ, job.dotenvs)
    env = environment.build_program_env(os.environ)
    ran = run(arguments, job.folder, env, limit=job.limit, hear=output.add, is_stopped=is_stopped)
    answer, why = b"", _explain_end(ran, job.limit)
    try:
        answer = secrets.cleaned(read_answer(job.folder, job.answer_file))
    except NoVerdict as reason:
        why = why or str(reason)
    texts = [output.log(secrets).text, encode(f"[agentledger: {why or 'it ended with exit code 0'}]")]
    texts += [b"[agentledger: its answer]", answer] if answer else []
    lines = (escape_hidden(line) for text in texts for line in read_lines(text))
    log = logs.store_log(job.logs, encode("\n".join(lines) + "\n"))
    return Ended(answer=answer, why=why, log=log, seconds=ran.seconds, remarks=_describe_leftovers(ran))


def _explain_end(ran: Ran, limit: float) -> str:
    """Why how it ended is no verdict; '' for exit code 0."""
    if ran.late:
        return f"it was ended after {_format_limit(limit)}, its time limit"
    if ran.lost:
        return "it killed the process that kept it"
    return f"it ended with exit code {ran.exit_code}" if ran.exit_code else ""


def _format_limit(seconds: float) -> str:
    return format_age(int(seconds)) if seconds >= 60 else f"{int(seconds)} s"


def _describe_leftovers(ran: Ran) -> tuple[str, ...]:
    if ran.left:
        return (f"it left {format_count(ran.left, 'process', 'processes')} behind, which had to be ended",)
    return (
        () if ran.reaping else ("what leaves a command's process group may run on: this system shows it not",)
    )
