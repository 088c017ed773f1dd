"""Writes down what a sync sees of the branches: their heads, and the outcomes that base's history makes certain.

Belongs here: who does that, and the commit. Does not: what is written (see `session.attempts`), or fetching and
pushing it (see `sync`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentledger.control import append
from agentledger.control.commit_writer import read_identity
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError, RefError
from agentledger.model.fleet import Fleet
from agentledger.model.ledger_paths import attempt_path
from agentledger.model.text import format_count
from agentledger.repository.repository_state import Observation, observe_repository
from agentledger.workflow.session import attempts
from agentledger.workflow.session.manager_context import parse_email


def write_seen(start: Path, name: str) -> str | None:
    """Commit it to the control branch of this name; the commit, None where there is nothing new.

    Raises LedgerError where the repository cannot be read, or git does not know who commits.
    """
    try:
        observed = observe_repository(start, None, ())
    except RefError:
        return None  # without a base nothing can have landed
    request = Request(forecast=False, lines=False, rules=False, fetch=True)
    git = process.repository_at(start)
    with snapshot.open_snapshot(start, request) as taken:
        records = attempts.list_records(taken.sealed, taken.fleet)
        outcomes = attempts.render_outcomes(taken.sealed, taken.fleet)
        files = {record.path: record.render() for record in records} | outcomes
        may_write = bool(files) and _is_manager(git, observed, taken.fleet)
        written = _commit(git, files, taken.fleet, name) if may_write else None
        attempts.keep_heads(git, taken.sealed, taken.fleet, records)
    return written


def _commit(git: Git, files: Mapping[str, bytes], fleet: Fleet, name: str) -> str:
    message = f"what is seen of {format_count(len(files), 'branch', 'branches')}"
    # An outcome that somebody wrote meanwhile stays.
    known = {attempt_path(t.id, a.branch) for t in fleet.tasks for a in t.attempts}
    rules, proven = fleet.policy.commits, bool(fleet.policy.control_signers)
    made = append.commit_files(git, files, message, replace=known, name=name, rules=rules, proven=proven)
    return made.commit


def _is_manager(git: Git, observed: Observation, fleet: Fleet) -> bool:
    """May this user write there? Where policy names managers, only they can push what is written.

    Raises LedgerError where git does not know who commits.
    """
    try:
        append.refuse_in_agent_worktree(observed, fleet)
    except LedgerError:
        return False
    managers = fleet.policy.managers
    return not managers or parse_email(read_identity(git).author) in managers
