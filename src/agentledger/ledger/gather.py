"""Gathers all documents about a fleet, from branches, worktrees, base and the control branch.

Belongs here: reading them in a handful of processes, and which of them count as proven. Does not: matching
each with its branch and task (see `tasks`), or judging anything (see `rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from agentledger.control import reader
from agentledger.control.control_files import Entry, Side
from agentledger.git import process, signatures
from agentledger.git.code_tree import compute_code_trees
from agentledger.git.scratch import Scratch
from agentledger.ledger import ledger_files, named_commits, refused_briefs, tasks, unknown
from agentledger.ledger.document_cache import Parser
from agentledger.ledger.idle_waivers import note_idle_waivers
from agentledger.ledger.ledger_files import BranchFiles, LedgerFile
from agentledger.ledger.policy import read_templates
from agentledger.model.absent import describe_unknown
from agentledger.model.fleet import Base, Branch, Control, Fleet, Sync
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import CONTROL_TASKS
from agentledger.model.policy import Policy
from agentledger.repository.repository_state import Observation
from agentledger.storage.cache import Cache


def attach_ledger(
    scratch: Scratch, cache: Cache, observed: Observation, fleet: Fleet, committed: bool = False
) -> Fleet:
    """The fleet with its tasks, its work and its control branch; how far the work is follows from these.

    With `committed`, nothing is read from worktrees. Never raises for what is in a document.
    """
    manager = reader.read_control(scratch, observed, fleet.policy.control_branch)
    promisor = next(iter(observed.refs.promisors), "")
    signers, unchecked = signatures.read_allowed_signers(scratch, fleet.base, fleet.policy)
    commits = [entry.commit for entry in _document_entries(manager) if entry.commit]
    signed = signatures.find_signed_commits(scratch, commits, signers)
    branches = ledger_files.list_branch_files(scratch, cache, fleet.branches, fleet.base)
    base = ledger_files.list_base_files(scratch, fleet.base, _is_base_proven(fleet.base))
    uncommitted = {} if committed else _read_uncommitted(observed, fleet, branches, base)
    written = [b for b in fleet.branches if b.ref in branches or b.ref in uncommitted]
    control = _list_control_files(manager, _proof_predicate(manager, fleet.policy, signed))
    counting = refused_briefs.replace_refused(scratch, fleet.base.head, base, control)
    papers = tasks.Papers(
        branches=branches,
        uncommitted=uncommitted,
        base=counting,
        control=control,
        earlier=manager.earlier_briefs,
        code_trees=_read_code_trees(scratch, written),
    )
    own = read_templates(scratch, fleet.base)
    files = list(tasks.list_documents(papers))
    parser = Parser(scratch, cache, fleet.policy, files=files, templates=own, promisor=promisor)
    absent = (
        *fleet.absent,
        *unknown.find_absent_settings(scratch, observed.refs, fleet.base, fleet.policy),
        *unknown.find_absent_control(observed.refs, manager),
        *parser.absent,
    )
    summary = _summarize_control(manager, fleet.policy)
    problems = (*fleet.policy.problems, *([unchecked] if unchecked else ()))
    refused = refused_briefs.describe_refused(base, counting, fleet.base.name)
    notes = (
        *fleet.notes,
        *manager.notes,
        *refused,
        *(_describe_problem(p.message, p.hint) for p in problems),
    )
    if absent:
        notes = (*notes, describe_unknown(absent))
    placed = tasks.attach_tasks(
        replace(fleet, control=summary, notes=notes, templates=own, absent=absent), papers, parser
    )
    parser.keep()
    named = named_commits.attach_named_commits(scratch, placed.branches)
    return unknown.mark_unknown(note_idle_waivers(replace(placed, branches=named)))


def _describe_problem(message: str, hint: str) -> str:
    return f"Policy: {message} ({hint})." if hint else f"Policy: {message}."


def _is_base_proven(base: Base) -> bool:
    """Does what is on base count as proven? Yes, but where there is a server only in the server's copy.

    A local base that is ahead has commits that no server has accepted.
    """
    return base.sync is not Sync.AHEAD


def _document_entries(manager: reader.Control) -> list[Entry]:
    return [entry for entry in manager.files.values() if entry.path.startswith(CONTROL_TASKS)]


def _proof_predicate(
    manager: reader.Control, policy: Policy, signed: Collection[str]
) -> Callable[[Entry], bool]:
    """A test for entries of the control branch that no agent can have written: signed or guarded ones.

    Where there is a server, the guard is on the server, so only its copy is guarded.
    """
    has_server = manager.copies.remote is not None

    def proven(entry: Entry) -> bool:
        guarded = policy.control_guarded and (entry.side is not Side.LOCAL or not has_server)
        return guarded or entry.commit in signed

    return proven


def _list_control_files(manager: reader.Control, proven: Callable[[Entry], bool]) -> list[LedgerFile]:
    return [_ledger_file(manager, entry, proven(entry)) for entry in _document_entries(manager)]


def _ledger_file(manager: reader.Control, entry: Entry, proven: bool) -> LedgerFile:
    by = entry.by.email if entry.by else None
    source = Source(
        path=entry.path, ref=manager.ref(entry), commit=entry.commit, at=entry.at, by=by, proven=proven
    )
    return LedgerFile(path=entry.path, mode=entry.mode, blob=entry.blob, source=source, size=entry.size or 0)


def _summarize_control(manager: reader.Control, policy: Policy) -> Control:
    """The control branch as pages and JSON show it, at the tip of the copy that is ahead."""
    ref = manager.copies.local or manager.copies.remote
    if manager.relation is None or ref is None or manager.foreign:
        return Control(policy.control_branch, note=" ".join(manager.notes))
    behind = manager.relation is Sync.BEHIND and manager.copies.remote
    chosen = manager.copies.remote if behind and manager.copies.remote else ref
    return Control(
        policy.control_branch, chosen.name, chosen.id, sync=manager.relation, note=" ".join(manager.notes)
    )


def _read_uncommitted(
    observed: Observation, fleet: Fleet, committed: Mapping[str, BranchFiles], base: Sequence[LedgerFile]
) -> dict[str, list[LedgerFile]]:
    """By branch ref, the ledger files of its worktree that are not committed as they are there."""
    # A branch has base's files without adding them, so they are not among its own.
    on_base = {file.path: file.blob for file in base}
    uncommitted = {}
    for branch in fleet.branches:
        if branch.worktree is None:
            continue
        known = committed.get(branch.ref, BranchFiles((), 0, {}))
        blobs = on_base | {file.path: file.blob for file in known.files}
        git = process.repository_at(observed.home / branch.worktree.path)
        files = ledger_files.read_worktree_files(git, branch, blobs, fleet.object_format)
        if files:
            uncommitted[branch.ref] = files
    return uncommitted


def _read_code_trees(scratch: Scratch, branches: Sequence[Branch]) -> dict[str, str]:
    """The code tree of each commit of these branches, by the commit's id; what cannot be read is left out."""
    commits = [commit for branch in branches for commit in branch.commits]
    trees = compute_code_trees(scratch, [commit.tree for commit in commits])
    return {commit.id: trees[commit.tree] for commit in commits if commit.tree in trees}
