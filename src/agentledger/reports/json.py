"""Values as JSON documents: one function a document, UTF-8 with a newline at the end.

Belongs here: how a value of the model becomes an object of `reports.shapes`. Does not:
deciding anything (see `sections`), or where the document goes (see `cli`).

Equal values give equal bytes: the order is that of the fleet, and of git.
"""

from __future__ import annotations

import msgspec

from agentledger import actions, model, sections, wip
from agentledger.did import Did
from agentledger.ledger import Wip
from agentledger.reports import findings, papers, shapes_commands, shapes_ledger
from agentledger.text import encode, path_text, rfc3339


def ledger(fleet: model.Fleet) -> bytes:
    """The document of a fleet as UTF-8, in the order of the fleet; equal fleets give equal bytes."""
    document = shapes_ledger.Ledger(
        version=1,
        kind="ledger",
        generated_at=rfc3339(fleet.now),
        name=_text(fleet.name),
        object_format=fleet.object_format,
        forge=_maybe(fleet.forge),
        notes=tuple(map(_text, fleet.notes)),
        base=_base(fleet.base),
        branches=tuple(_branch(branch, fleet) for branch in fleet.branches),
        tasks=tuple(papers.task(task) for task in fleet.tasks),
        wip=tuple(_wip(load, fleet.policy.wip) for load in wip.loads(fleet)),
        merged_by=_merger(fleet.merger),
    )
    return msgspec.json.encode(document) + b"\n"


def _merger(merger: model.Merger | None) -> shapes_ledger.Merger | None:
    return merger and shapes_ledger.Merger(git=merger.git, diff_algorithm=merger.diff_algorithm)


def site(index: str, written: int, unchanged: int, removed: int) -> bytes:
    """The document of one build of the site, whose board is at the path `index`."""
    document = shapes_commands.Site(
        version=1,
        kind="site",
        dry_run=False,
        index=_text(index),
        written=written,
        unchanged=unchanged,
        removed=removed,
    )
    return msgspec.json.encode(document) + b"\n"


def answered(
    task: str, ref: str, path: str, commit: str, to_publish: bool, unsigned: str, dry_run: bool = False
) -> bytes:
    """The document of one answer; `unsigned` is "" where nothing is to be said of a signature."""
    document = shapes_commands.Answered(
        version=1,
        kind="answered",
        dry_run=dry_run,
        task=_text(task),
        ref=_text(ref),
        path=_text(path),
        commit=commit or None,
        to_publish=to_publish,
        unsigned=_maybe(unsigned),
    )
    return msgspec.json.encode(document) + b"\n"


def did(done: Did) -> bytes:
    """The document of what a command that writes did."""
    document = shapes_commands.Did(
        version=1,
        kind="did",
        dry_run=done.dry_run,
        command=done.command,
        task=_maybe(done.task),
        refs=tuple(map(_text, done.refs)),
        commits=done.commits,
        files=tuple(map(_text, done.files)),
        worktree=_maybe(done.worktree),
        said=tuple(map(_text, done.said)),
        warnings=tuple(map(_text, done.warnings)),
        next=_maybe(done.next),
    )
    return msgspec.json.encode(document) + b"\n"


def _base(base: model.Base) -> shapes_ledger.Base:
    return shapes_ledger.Base(
        name=_text(base.name),
        ref=_text(base.ref),
        head=base.head,
        fetched_at=_time(base.fetched_at),
        why=_text(base.why),
        sync=base.sync,
        other_ref=_maybe(base.other_ref),
    )


def _wip(load: wip.Load, limits: Wip) -> shapes_ledger.Wip:
    return shapes_ledger.Wip(
        manager=_maybe(load.manager),
        active=shapes_ledger.Used(load.active, limits.active),
        local=shapes_ledger.Used(load.local, limits.local),
        review=shapes_ledger.Used(load.review, limits.review),
        review_lines=shapes_ledger.Used(load.review_lines, limits.review_lines),
    )


def _branch(branch: model.Branch, fleet: model.Fleet) -> shapes_ledger.Branch:
    readable = branch.state is not model.State.UNREADABLE
    return shapes_ledger.Branch(
        name=_text(branch.name),
        ref=_text(branch.ref),
        ref_base64=shapes_ledger.exact(encode(branch.ref)),
        remote_ref=_maybe(branch.remote_ref),
        sync=branch.sync,
        head=branch.head or None,
        merge_bases=branch.merge_bases,
        ahead=branch.ahead if readable else None,
        behind=branch.behind if readable else None,
        state=branch.state,
        state_why=_maybe(branch.state_why),
        same_as=branch.same_as,
        section=sections.section(branch),
        task=_maybe(branch.task),
        agent=shapes_ledger.Agent(name=_text(branch.agent.name), source=branch.agent.source)
        if branch.agent
        else None,
        active_at=_time(branch.active_at) if branch.active_at else None,
        code_tree=branch.code_tree,
        base_conflict=_conflict(branch.conflict) if branch.conflict else None,
        size=shapes_ledger.Size(len(branch.code_changes) if readable else None, branch.added, branch.removed),
        commits=tuple(map(_commit, branch.commits)),
        changes=tuple(map(_change, branch.changes)),
        worktree=_worktree(branch.worktree) if branch.worktree else None,
        check_ins=papers.check_ins(branch.work),
        packet=papers.packet(branch.work),
        checks=papers.checks(branch.standing),
        reviews=papers.reviews(branch.work),
        findings=tuple(map(findings.finding, branch.findings or ())),
        problems=papers.problems(branch),
        next_action=_next_action(actions.next_action(branch, fleet.base)),
    )


def _commit(commit: model.Commit) -> shapes_ledger.Commit:
    return shapes_ledger.Commit(
        id=commit.id,
        author=shapes_ledger.Person(_text(commit.author.name), _text(commit.author.email)),
        at=rfc3339(commit.at),
        subject=_text(commit.subject),
        trailers=tuple((_text(key), _text(value)) for key, value in commit.trailers),
    )


def _change(change: model.Change) -> shapes_ledger.Change:
    return shapes_ledger.Change(
        path=path_text(change.path),
        path_base64=shapes_ledger.exact(change.path),
        status=change.status,
        old_mode=change.old_mode,
        new_mode=change.new_mode,
        old=change.old,
        new=change.new,
        added=change.added,
        removed=change.removed,
        binary=change.binary,
    )


def _worktree(worktree: model.Worktree) -> shapes_ledger.Worktree:
    return shapes_ledger.Worktree(_text(worktree.path), worktree.dirty, _time(worktree.touched_at))


def _conflict(conflict: model.Conflict) -> shapes_ledger.Conflict:
    return shapes_ledger.Conflict(
        clean=conflict.clean,
        paths=tuple(path_text(file.path) for file in conflict.files),
        kinds=tuple(sorted({file.kind for file in conflict.files})),
        failed=_maybe(conflict.failed),
        files=tuple(map(_conflict_file, conflict.files)),
    )


def _conflict_file(file: model.ConflictFile) -> shapes_ledger.ConflictFile:
    return shapes_ledger.ConflictFile(
        path=path_text(file.path),
        path_base64=shapes_ledger.exact(file.path),
        kind=file.kind,
        hunks=tuple(shapes_ledger.Hunk(hunk.line, path_text(hunk.text), hunk.cut) for hunk in file.hunks),
    )


def _next_action(action: actions.NextAction | None) -> shapes_ledger.NextAction | None:
    return shapes_ledger.NextAction(action.text, action.command) if action else None


def _text(text: str) -> str:
    """Text from git as JSON can hold it: bytes that are not UTF-8 as `\\xNN`, the rest untouched."""
    return text if text.isascii() else path_text(encode(text))


def _maybe(text: str | None) -> str | None:
    return _text(text) if text else None


def _time(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
