"""The commit gate: does this commit change anything that the branch's brief does not allow?

Belongs here: judging a commit that is not made yet. Does not: where the hook was started (see `here`), or
what the manager said (see `gated`).

What the commit changes is its tree against its parents, merged again. Of that, only what merging it into base
would bring counts: undoing an earlier mistake has to pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agentledger import documents, rules
from agentledger.attention.clock import time_of
from agentledger.changes import base_states, content_risks, hidden_characters, net_changes, renames
from agentledger.changes.merge_blobs import list_change_blobs
from agentledger.changes.net_changes import Line, Own
from agentledger.fleet import check_ins, fleet_facts
from agentledger.gates import gated as who
from agentledger.gates import granting, lacking, stray_commits
from agentledger.gates import here as surroundings
from agentledger.gates.gated import Gated
from agentledger.gates.here import Here
from agentledger.git import commits, objects, scratch
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import decode, encode
from agentledger.model.work import Copy, Work
from agentledger.rules.case import Case, Report, Touched
from agentledger.scope import task_scope


def check_commit(outer: Mapping[str, str], cwd: Path, now: int) -> tuple[str, tuple[Finding, ...]]:
    """Return the branch, and what the rules find in the commit that the index would make; () without a brief.

    Where the brief is that of the worktree, the branch comes with words that say so.
    `outer` is the hook's environment, `now` in seconds since the epoch. Raises LedgerError.
    """
    here = surroundings.read_surroundings(outer, cwd)
    if not (here.branch or here.made_for):
        return "", ()
    with scratch.open_scratch(here.place) as sealed:
        # Made in the sealed directory, which is removed afterwards. A brief that this commit adds counts already,
        # as it will once the real commit is made.
        commit = sealed.commit(surroundings.write_index_tree(here, sealed.git.cwd / "objects"), here.parents)
        gated = who.read_gated_task(here, sealed, commit)
        if gated is None:
            return here.branch, ()
        findings = _evaluate_commit(sealed, here, gated, commit=commit, now=now)
        if not gated.stray:
            granting.write_grant(here, gated)
            return here.branch, findings
    return stray_commits.describe_stray(here), stray_commits.spare_ended(here, findings)


def _evaluate_commit(sealed: Scratch, here: Here, gated: Gated, commit: str, now: int) -> tuple[Finding, ...]:
    for merged in here.parents[1:]:
        lacking.bring_merge(gated.promised, sealed, here.parents[0], merged)
    own = net_changes.find_own_changes(sealed, {"": [Line(commit, here.parents)]})[""]
    case = _gather_case(sealed, here, gated, commit=commit, own=own, now=now)
    findings = rules.evaluate_rules(case)
    errors = [f for f in findings if f.path is not None and f.severity is Severity.ERROR and not f.waived]
    if not errors:
        return findings
    # Merging costs more than all the rest, so it is done only when somebody would be stopped.
    if any(finding.blocks for finding in errors):
        case = _keep_net_changes(sealed, gated, case, commit=commit, own=own)
    # What to type takes both sides of a rename back.
    pairs = {commit: (here.parents[0], commit)} if here.parents else {}
    moved = renames.find_renames(sealed, pairs, {commit: own.paths}).get(commit, {})
    return rules.evaluate_rules(replace(case, renames=moved))


def _keep_net_changes(sealed: Scratch, gated: Gated, case: Case, commit: str, own: Own) -> Case:
    """Return the case without what merging would not bring to base; unchanged, if git cannot merge.

    Nor do the conflicted paths count at which the commit has what base has, or had: only bringing base in settles
    those.
    """
    base = gated.base.head
    lacking.bring_merge(gated.promised, sealed, base, commit)
    net = net_changes.find_net_changes(sealed, base, [commit])[commit]
    if net.failed:
        return case
    conflicted = {commit: net.conflicted & own.paths}
    states = base_states.find_base_states(sealed, base, conflicted, {commit: [commit]})
    brought = net.paths - states.get(commit, frozenset())
    return replace(
        case,
        changed=tuple(t for t in case.changed if t.path in brought),
        hidden=tuple(h for h in case.hidden if h.path is None or h.path in brought),
    )


def _gather_case(sealed: Scratch, here: Here, gated: Gated, commit: str, own: Own, now: int) -> Case:
    brief = gated.task.brief
    assert brief
    changed = tuple(Touched(path, change) for path, (_, change) in sorted(own.newest.items()))
    new = [change for _, change in own.newest.values() if change.status != "D"]
    # Also what a full checkout has but a sparse one only names.
    lacking.require_blobs(gated.promised, ((decode(p), b) for p, b in list_change_blobs(new)), here.branch)
    targets = content_risks.read_link_targets(sealed, new)
    hidden = hidden_characters.find_hidden(sealed, new)
    return Case(
        gate=Gate.COMMIT,
        now=now,
        policy=gated.policy,
        base=fleet_facts.short_base_ref(gated.base),
        branch=here.branch,
        is_agent_branch=True,
        task=gated.task,
        work=_gather_work(sealed, here, gated, commit=commit, own=own, now=now),
        scope=task_scope.scope_of_brief(brief, gated.policy, task_scope.PROTECTED),
        changed=changed,
        code=any(not touched.path.startswith(LEDGER_BYTES) for touched in changed),
        links={c.path: targets[c.new] for c in new if c.new in targets},
        twins=content_risks.find_twins(sealed, [(commit, new)])[commit],
        hidden=tuple(each for c in new for each in hidden.get(c, ())),
        reports=_changed_check_ins(sealed, here, gated, commit=commit, own=own),
    )


def _changed_check_ins(
    sealed: Scratch, here: Here, gated: Gated, commit: str, own: Own
) -> tuple[Report, ...]:
    """Return the check-ins that this commit adds, edits or deletes, compared with how they were first."""
    histories = check_ins.check_in_history(gated.task.id, own.history)
    # An edit can be told from a correction only by all versions on the branch; a new file has one.
    if any(changes[0].status != "A" for changes in histories.values()):
        lines = [Line(*each) for each in commits.read_ancestry_outside(sealed.git, commit, gated.base.head)]
        history = net_changes.find_own_changes(sealed, {"": lines})[""].history
        histories = {path: history[path] for path in histories}
    changes = [change for each in histories.values() for change in each]
    lacking.require_blobs(
        gated.promised, ((decode(p), b) for p, b in list_change_blobs(changes)), here.branch
    )
    return check_ins.compare_check_ins(sealed, gated.policy, {"": histories})[""]


def _gather_work(sealed: Scratch, here: Here, gated: Gated, commit: str, own: Own, now: int) -> Work:
    """Gather the branch's documents that the rules of this gate ask for: its copy of the brief, and check-ins."""
    folder = f"{ledger_paths.task_folder(gated.task.id)}/"
    entries = objects.read_tree_entries(sealed.git, commit, folder)
    # A link is no document: what is behind it is not what was committed.
    blobs = {decode(path): blob for mode, blob, path in entries if mode != content_risks.LINK}
    copy = blobs.get(f"{folder}brief.md")
    same = copy is None or copy == gated.official
    refused = any(a.decision == "reject" and a.brief == copy for a in gated.task.answers)
    # Only the control branch's history shows whether a copy is outdated; here each counts as a scope change.
    state = Copy.NONE if copy is None else Copy.SAME if same else Copy.SCOPE_CHANGE
    if state is Copy.SCOPE_CHANGE and refused:
        state = Copy.REFUSED
    if gated.task.brief_from == "branch":
        state = Copy.UNCONFIRMED
    chosen = _select_check_ins(gated, own, blobs)
    lacking.require_blobs(gated.promised, chosen.items(), here.branch)
    texts = dict(objects.read_object_contents(sealed.git, list(dict.fromkeys(chosen.values()))))
    parsed = [
        documents.parse_check_in(
            documents.RawDocument(
                source=Source(path=path),
                content=texts.get(blob, b"")[: documents.MOST_BYTES],
                policy=gated.policy,
                blob=blob,
            )
        )
        for path, blob in chosen.items()
    ]
    # Which commit brought each is not known here; the newest names come first.
    newest = sorted(parsed, key=lambda c: (time_of(c, now), c.name), reverse=True)
    return Work(task=gated.task.id, copy=state, check_ins=tuple(newest), answers=gated.task.answers)


def _select_check_ins(gated: Gated, own: Own, blobs: Mapping[str, str]) -> dict[str, str]:
    """Return the check-ins of this commit, by path; all of the branch's, where one may ask for a checkpoint."""
    brief = gated.task.brief
    checkpoints = brief is not None and (brief.checkpoints or brief.mode == "review")
    folder = ledger_paths.status_folder(gated.task.id)
    return {
        path: blob
        for path, blob in blobs.items()
        if path.startswith(folder) and path.endswith(".md") and (checkpoints or encode(path) in own.newest)
    }
