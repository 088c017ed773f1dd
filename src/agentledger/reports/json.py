"""Values as JSON documents: one function for each, UTF-8 with a newline at the end.

Belongs here: how a value of the model becomes an object of `shapes_ledger` or `shapes_commands`. Does not:
deciding anything (see `attention.sections`), or where the document goes (see `cli`).

Equal values give equal bytes: the order is that of the fleet, and of git.
"""

from __future__ import annotations

import msgspec

from agentledger.attention import actions, collisions, sections, turn, wip
from agentledger.attention.commands import NextAction
from agentledger.model import fleet as model_fleet
from agentledger.model.base_check import BaseCheck
from agentledger.model.command_result import Did
from agentledger.model.conflict import Conflict, ConflictFile
from agentledger.model.policy import Wip
from agentledger.model.text import encode, format_path, format_rfc3339
from agentledger.reports import (
    check_cell,
    document_json,
    findings,
    integrity_json,
    shapes_commands,
    shapes_ledger,
)

# How many collisions of one branch are listed, and paths of each: `agentledger conflicts` has all.
MOST_COLLISIONS = 5


def encode_ledger(fleet: model_fleet.Fleet) -> bytes:
    """The document of a fleet, in the fleet's order; `agentledger schema ledger` describes it."""
    document = shapes_ledger.Ledger(
        version=1,
        kind="ledger",
        generated_at=format_rfc3339(fleet.now),
        name=json_text(fleet.name),
        object_format=fleet.object_format,
        forge=optional_text(fleet.forge),
        notes=tuple(map(json_text, fleet.notes)),
        base=shape_base(fleet.base),
        branches=tuple(_shape_branch(branch, fleet) for branch in fleet.branches),
        tasks=tuple(document_json.shape_task(task) for task in fleet.tasks),
        wip=tuple(_shape_wip(load, fleet.policy.wip) for load in wip.measure_loads(fleet)),
        merged_by=shape_merger(fleet.merger),
        left_out=tuple(shapes_ledger.LeftOut(*each) for each in fleet.left_out),
        unknown=document_json.shape_unknown(fleet.absent),
    )
    return msgspec.json.encode(document) + b"\n"


def shape_merger(merger: model_fleet.Merger | None) -> shapes_ledger.Merger | None:
    """The git that made the forecast's merges."""
    return merger and shapes_ledger.Merger(git=merger.git, diff_algorithm=merger.diff_algorithm)


def encode_site(index: str, written: int, unchanged: int, removed: int) -> bytes:
    """The document of one build of the site; `index` is the board's path, the numbers count files."""
    document = shapes_commands.Site(
        version=1,
        kind="site",
        dry_run=False,
        index=json_text(index),
        written=written,
        unchanged=unchanged,
        removed=removed,
    )
    return msgspec.json.encode(document) + b"\n"


def encode_answer(
    task: str,
    *,
    ref: str,
    paths: tuple[str, ...],
    commit: str,
    to_publish: bool,
    unsigned: str,
    dry_run: bool = False,
) -> bytes:
    """The document of one answer, or of one to each of several branches.

    `unsigned` says why it has no signature, "" where it has or needs none.
    """
    document = shapes_commands.Answered(
        version=1,
        kind="answered",
        dry_run=dry_run,
        task=json_text(task),
        ref=json_text(ref),
        path=json_text(paths[0]),
        paths=tuple(map(json_text, paths)),
        commit=commit or None,
        to_publish=to_publish,
        unsigned=optional_text(unsigned),
    )
    return msgspec.json.encode(document) + b"\n"


def encode_command_result(done: Did) -> bytes:
    """The document of what a writing command did; `agentledger schema did` describes it."""
    document = shapes_commands.Did(
        version=1,
        kind="did",
        dry_run=done.dry_run,
        command=done.command,
        task=optional_text(done.task),
        refs=tuple(map(json_text, done.refs)),
        commits=done.commits,
        files=tuple(map(json_text, done.files)),
        worktree=optional_text(done.worktree),
        said=tuple(map(json_text, done.messages)),
        warnings=tuple(map(json_text, done.warnings)),
        next=optional_text(done.next),
        checks=tuple(map(_shape_base_check, done.checks)),
    )
    return msgspec.json.encode(document) + b"\n"


def _shape_base_check(check: BaseCheck) -> shapes_commands.BaseCheck:
    return shapes_commands.BaseCheck(
        name=json_text(check.name),
        command=json_text(check.command),
        commit=check.commit,
        on_base=check.result.value,
        exit_code=check.exit_code,
        seconds=check.seconds,
        tests=check.tests,
        words=optional_text(check.words or None),
        with_garbage=check.garbage.value,
        files=optional_text(check.garbage_words or None),
    )


def shape_base(base: model_fleet.Base) -> shapes_ledger.Base:
    """The branch that work merges into."""
    return shapes_ledger.Base(
        name=json_text(base.name),
        ref=json_text(base.ref),
        head=base.head,
        remote=optional_text(base.remote),
        fetched_at=_optional_time(base.fetched_at),
        why=json_text(base.why),
        sync=base.sync,
        other_ref=optional_text(base.other_ref),
    )


def _shape_wip(load: wip.Load, limits: Wip) -> shapes_ledger.Wip:
    return shapes_ledger.Wip(
        manager=optional_text(load.manager),
        active=shapes_ledger.Used(load.active, limits.active),
        local=shapes_ledger.Used(load.local, limits.local),
        review=shapes_ledger.Used(load.review, limits.review),
        review_lines=shapes_ledger.Used(load.review_lines, limits.review_lines),
    )


def _shape_branch(branch: model_fleet.Branch, fleet: model_fleet.Fleet) -> shapes_ledger.Branch:
    # What git could not read has no counts; null, since 0 would claim that there is nothing.
    readable = branch.state is not model_fleet.State.UNREADABLE
    return shapes_ledger.Branch(
        name=json_text(branch.name),
        ref=json_text(branch.ref),
        ref_base64=shapes_ledger.base64_unless_utf8(encode(branch.ref)),
        remote_ref=optional_text(branch.remote_ref),
        sync=branch.sync,
        head=branch.head or None,
        merge_bases=branch.merge_bases,
        ahead=branch.ahead if readable else None,
        behind=branch.behind if readable else None,
        state=branch.state,
        state_why=optional_text(branch.state_why),
        at_rest=branch.at_rest,
        same_as=branch.same_as,
        arrival=_shape_arrival(branch.arrival) if branch.arrival else None,
        taken_back=_shape_taken_back(branch.taken_back) if branch.taken_back else None,
        section=sections.section_of(branch),
        verdict=document_json.shape_verdict(branch, fleet.base),
        turn=_shape_turn(branch),
        task=optional_text(branch.task),
        agent=shapes_ledger.Agent(name=json_text(branch.agent.name), source=branch.agent.source)
        if branch.agent
        else None,
        active_at=_optional_time(branch.active_at) if branch.active_at else None,
        code_tree=branch.code_tree,
        stands_on=tuple(map(_shape_stand, branch.stands_on)),
        bridge=_shape_bridge(branch.bridge) if branch.bridge else None,
        base_conflict=_shape_conflict(branch.conflict) if branch.conflict else None,
        collides_with=_shape_collisions(branch, fleet),
        collides_with_total=len(collisions.list_collisions(fleet, branch)) if fleet.collisions else None,
        size=shapes_ledger.Size(len(branch.code_changes) if readable else None, branch.added, branch.removed),
        commits=tuple(map(_shape_commit, branch.own_commits)),
        changes=tuple(map(_shape_change, branch.changes)),
        worktree=_shape_worktree(branch.worktree) if branch.worktree else None,
        stashes=branch.stashes,
        detached=branch.detached,
        unsaved=branch.unsaved,
        check_ins=document_json.shape_check_ins(branch.work),
        packet=document_json.shape_packet(branch.work, branch.standing),
        checks=document_json.shape_checks(branch.standing),
        checks_summary=optional_text(check_cell.summarize_checks(branch)[1]),
        test_facts=integrity_json.shape_facts(branch.static_facts),
        crossings=integrity_json.shape_crossings(branch),
        contradictions=integrity_json.shape_contradictions(branch, fleet.policy),
        reviews=document_json.shape_reviews(branch),
        review_state=document_json.shape_review_state(branch.work, branch.standing),
        findings=tuple(map(findings.shape_finding, branch.findings or ())),
        problems=document_json.shape_problems(branch),
        next_action=shape_next_action(actions.next_action(branch, fleet.base)),
        unknown=document_json.shape_unknown(branch.absent),
    )


def _shape_arrival(arrival: model_fleet.Arrival) -> shapes_ledger.Arrival:
    return shapes_ledger.Arrival(by=arrival.by, commit=arrival.commit)


def _shape_taken_back(taken_back: model_fleet.TakenBack) -> shapes_ledger.TakenBack:
    return shapes_ledger.TakenBack(
        loss=taken_back.loss, commit=taken_back.commit, paths=tuple(map(format_path, taken_back.paths))
    )


def _shape_commit(commit: model_fleet.Commit) -> shapes_ledger.Commit:
    return shapes_ledger.Commit(
        id=commit.id,
        author=shapes_ledger.Person(json_text(commit.author.name), json_text(commit.author.email)),
        at=format_rfc3339(commit.at),
        subject=json_text(commit.subject),
        trailers=tuple((json_text(key), json_text(value)) for key, value in commit.trailers),
    )


def _shape_change(change: model_fleet.Change) -> shapes_ledger.Change:
    return shapes_ledger.Change(
        path=format_path(change.path),
        path_base64=shapes_ledger.base64_unless_utf8(change.path),
        status=change.status,
        old_mode=change.old_mode,
        new_mode=change.new_mode,
        old=change.old,
        new=change.new,
        added=change.added,
        removed=change.removed,
        binary=change.binary,
    )


def _shape_worktree(worktree: model_fleet.Worktree) -> shapes_ledger.Worktree:
    return shapes_ledger.Worktree(
        path=json_text(worktree.path),
        dirty=worktree.dirty,
        touched_at=_optional_time(worktree.touched_at),
        uncommitted=worktree.uncommitted,
        under_way=worktree.under_way or None,
    )


def _shape_stand(stand: model_fleet.Stand) -> shapes_ledger.Stand:
    return shapes_ledger.Stand(
        branch=optional_text(stand.branch),
        task=json_text(stand.task),
        commit=stand.commit,
        state=stand.state,
        landing=stand.landing,
        moved=stand.moved,
        rewritten=stand.rewritten,
    )


def _shape_bridge(bridge: model_fleet.Bridge) -> shapes_ledger.Bridge:
    return shapes_ledger.Bridge(
        branch=optional_text(bridge.branch),
        task=optional_text(bridge.task),
        head=bridge.head,
        landing=bridge.landing,
        paths=tuple(map(format_path, bridge.paths)),
    )


def _shape_conflict(conflict: Conflict) -> shapes_ledger.Conflict:
    return shapes_ledger.Conflict(
        clean=conflict.clean,
        paths=tuple(format_path(file.path) for file in conflict.files),
        kinds=tuple(sorted({file.kind for file in conflict.files})),
        failed=optional_text(conflict.failed),
        files=tuple(map(shape_conflict_file, conflict.files)),
        below=optional_text(conflict.below),
    )


def shape_conflict_file(file: ConflictFile) -> shapes_ledger.ConflictFile:
    """A file that conflicts, with its regions."""
    return shapes_ledger.ConflictFile(
        path=format_path(file.path),
        path_base64=shapes_ledger.base64_unless_utf8(file.path),
        kind=file.kind,
        hunks=tuple(shapes_ledger.Hunk(hunk.line, format_path(hunk.text), hunk.cut) for hunk in file.hunks),
    )


def _shape_turn(branch: model_fleet.Branch) -> shapes_ledger.BranchTurn:
    now = turn.turn_of(branch)
    return shapes_ledger.BranchTurn(now.whose, now.kind, _optional_time(now.since), optional_text(now.why))


def _shape_collisions(
    branch: model_fleet.Branch, fleet: model_fleet.Fleet
) -> tuple[shapes_ledger.CollidesWith, ...] | None:
    """The branches with which one collides, the first ones; null where nobody compared them."""
    if fleet.collisions is None:
        return None
    pairs = collisions.list_collisions(fleet, branch)[:MOST_COLLISIONS]
    names = collisions.name_branches(fleet, (ref for pair in pairs for ref in (pair.a, pair.b)))
    firsts = [collisions.find_first(fleet, pair) for pair in pairs]
    return tuple(
        shapes_ledger.CollidesWith(
            branch=json_text(names[pair.other(branch.ref)]),
            ref=json_text(pair.other(branch.ref)),
            paths=tuple(map(format_path, pair.paths[:MOST_COLLISIONS])),
            first=json_text(names[first.ref]) if first else None,
        )
        for pair, first in zip(pairs, firsts, strict=True)
    )


def shape_next_action(action: NextAction | None) -> shapes_ledger.NextAction | None:
    """What to do next."""
    return shapes_ledger.NextAction(action.text, action.command) if action else None


def json_text(text: str) -> str:
    """Text from git as valid UTF-8: bytes that are not become `\\xNN`, all else stays."""
    return text if text.isascii() else format_path(encode(text))


def optional_text(text: str | None) -> str | None:
    """The same; null for no text."""
    return json_text(text) if text else None


def _optional_time(at: int | None) -> str | None:
    return None if at is None else format_rfc3339(at)
