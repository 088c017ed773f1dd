"""What a partial clone lacks of the ledger, beside the documents themselves, and which branches that concerns.

Belongs here: finding it, and marking the branches about which nothing is known. Does not: reading documents (see
`document_cache`), the policy (see `policy`), or fetching anything (see `git.promised`).
"""

from __future__ import annotations

from dataclasses import replace

from agentledger import documents
from agentledger.control import reader
from agentledger.git.scratch import Scratch
from agentledger.ledger.policy import find_absent
from agentledger.model.absent import Absent
from agentledger.model.findings import Gate
from agentledger.model.fleet import Base, Branch, Fleet
from agentledger.model.ledger_paths import CONTROL_TASKS, TEMPLATES, folder_of_branch
from agentledger.model.policy import Policy
from agentledger.repository.bases import HEADS, REMOTES, Refs


def find_absent_settings(scratch: Scratch, refs: Refs, base: Base, policy: Policy) -> tuple[Absent, ...]:
    """The templates, and the list of signers, that base has and this partial clone lacks."""
    templates = [f"{TEMPLATES}/{name}.md" for name in documents.TEMPLATES]
    signers = [policy.control_signers] if policy.control_signers else []
    return find_absent(scratch, refs, base, [*templates, *signers])


def find_absent_control(refs: Refs, control: reader.Control) -> tuple[Absent, ...]:
    """The copies of the control branch whose files cannot even be listed, as in a clone without trees."""
    remote = next(iter(refs.promisors), "")
    copies = reader.find_copies(refs, control.copies.name) if remote else None
    if copies is None or control.foreign:
        return ()
    listed = {ref.name for ref in (control.copies.local, control.copies.remote) if ref}
    names = [ref.name for ref in (copies.local, copies.remote) if ref and ref.name not in listed]
    return tuple(
        Absent(path=CONTROL_TASKS, ref=name.removeprefix(HEADS).removeprefix(REMOTES), blob="", remote=remote)
        for name in names
    )


def mark_unknown(fleet: Fleet) -> Fleet:
    """The fleet; each branch has what decides about it and is not here."""
    if not fleet.absent:
        return fleet
    branches = tuple(replace(branch, absent=_concerning(branch, fleet)) for branch in fleet.branches)
    return replace(fleet, branches=branches)


def _concerning(branch: Branch, fleet: Fleet) -> tuple[Absent, ...]:
    task = branch.work.task if branch.work else None
    return tuple(each for each in fleet.absent if _concerns(each, branch, task, fleet.base.name))


def _concerns(file: Absent, branch: Branch, task: str | None, base: str) -> bool:
    if not file.task:  # policy, templates and the like decide about every branch
        return True
    managers = file.path.startswith(CONTROL_TASKS) or file.ref == base
    # From before the branch had a task, too.
    is_review = file.task == folder_of_branch(branch.name) and "/reviews/" in file.path
    if task is None:  # any brief may name a branch whose task nobody knows
        return file.ref == branch.name or (managers and (is_review or file.path.endswith("/brief.md")))
    return (managers and is_review) or (file.task == task and (managers or file.ref == branch.name))


def find_undecided(fleet: Fleet, branch: Branch, gate: Gate) -> tuple[Absent, ...]:
    """What a gate has to know about a branch, and is not here; at merge that is every brief, for their overlaps."""
    others = filter(decides_elsewhere, fleet.absent) if gate is Gate.MERGE else ()
    return tuple(dict.fromkeys((*branch.absent, *others)))


def find_undecided_task(fleet: Fleet, task: str) -> tuple[Absent, ...]:
    """What handing a task out, or deciding about it, has to know, and is not here."""
    return tuple(each for each in fleet.absent if each.task == task or decides_elsewhere(each))


def decides_elsewhere(file: Absent) -> bool:
    """Does it decide about other tasks too, as every brief does: whose paths are whose, who works on what?"""
    return not file.task or file.path.endswith("/brief.md")
