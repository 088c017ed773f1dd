"""Makes the sample's documents of their texts in `templates/demo/tasks/`: each with its path, its time, its commits.

Belongs here: what is known only when the demo is made. Does not: what the documents say (see the texts), or when
they were written (see `demo_reports` and `demo_ledger`).
"""

from __future__ import annotations

import json
import time
from string import Template

from agentledger.control.append import new_document_name
from agentledger.model import ledger_paths
from agentledger.workflow.demo.demo_files import read_demo_file
from agentledger.workflow.demo.demo_fleet import BuildState, File

Files = dict[str, File]


def read_brief(task: str) -> str:
    """A brief as Marta wrote it: it says the same whenever the demo is made."""
    return read_demo_file(ledger_paths.control_brief_path(task)).decode()


def make_brief_copy(task: str) -> Files:
    """The brief as an agent's branch has it."""
    return {ledger_paths.brief_path(task): File(read_brief(task).encode())}


def make_check_in(state: BuildState, task: str, minutes: int, text: str = "check-in") -> Files:
    """A check-in, written so many minutes before now; `text` is the name of its file, without the ending."""
    content = _fill_document(state, task, text, minutes)
    return {f"{ledger_paths.status_folder(task)}{_name_document(state, minutes, content)}": File(content)}


def make_evidence(
    state: BuildState, task: str, step: str, minutes: int, check: str, command: str, **ran: object
) -> Files:
    """The record of a check that passed on the commit of `step`."""
    evidence = {
        "version": 1,
        "check": check,
        "command": command,
        "exit_code": 0,
        "started_at": _format_moment(state, minutes),
        "head": state.heads[step],
        "tree": state.code_trees[step],
        **ran,
    }
    content = json.dumps(evidence, ensure_ascii=False, indent=1) + "\n"
    return {f"{ledger_paths.task_folder(task)}/evidence/{check}.json": File(content.encode())}


def make_packet(state: BuildState, task: str, base: str, head: str) -> Files:
    """The hand-over of the commits from the step `base` to the step `head`."""
    return {
        f"{ledger_paths.task_folder(task)}/packet.md": File(
            _fill_document(state, task, "packet", base=base, head=head)
        )
    }


def make_review(state: BuildState, task: str, minutes: int, head: str) -> Files:
    """A review of the step `head`, on the control branch."""
    content = _fill_document(state, task, "review", minutes, head=head)
    return {
        f"{ledger_paths.control_folder(task)}/reviews/{_name_document(state, minutes, content)}": File(
            content
        )
    }


def make_answer(state: BuildState, task: str, minutes: int) -> Files:
    """An answer, on the control branch."""
    content = _fill_document(state, task, "answer", minutes)
    return {
        f"{ledger_paths.control_folder(task)}/answers/{_name_document(state, minutes, content)}": File(
            content
        )
    }


def make_outcome(state: BuildState, task: str, minutes: int, head: str) -> Files:
    """How a task ended at the step `head`, on the control branch."""
    return {
        f"{ledger_paths.control_folder(task)}/outcome.md": File(
            _fill_document(state, task, "outcome", minutes, head=head)
        )
    }


def _fill_document(state: BuildState, task: str, name: str, minutes: int = 0, **steps: str) -> bytes:
    """The text with its time in place of `$at`, and for each of `steps` its commit in place of `$` and the word."""
    text = Template(read_demo_file(f"{ledger_paths.control_folder(task)}/{name}.md").decode())
    commits = {placeholder: state.heads[step] for placeholder, step in steps.items()}
    return text.substitute(at=_format_moment(state, minutes), **commits).encode()


def _format_moment(state: BuildState, minutes: int) -> str:
    """So many minutes before now, as documents write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(state.now - 60 * minutes))


def _name_document(state: BuildState, minutes: int, content: bytes) -> str:
    """The file name of a document of that time."""
    return new_document_name(state.now - 60 * minutes, content)
