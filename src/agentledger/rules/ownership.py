"""Which files a branch may change, and what it must not smuggle into them.

Belongs here: the rules of the OWN family. Each compares the paths that the gate judges with the scope of the
brief that counts. Does not: finding out what a branch changed (see `changes`), or matching patterns (see
`scope`).
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from agentledger.model.findings import Gate
from agentledger.model.ledger_paths import LEDGER_BYTES, TASKS_BYTES
from agentledger.model.paths import unsafe_path_reason
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.rules.case import Case, Found, Hidden, Touched
from agentledger.rules.undo import describe_rename, quote_pathspec, undo_command
from agentledger.scope.task_scope import Scope, first_match

# What a branch writes at the top of its task's folder; check-ins and evidence have folders of their own.
_DOCUMENTS = (b"brief.md", b"packet.md")


def has_scope(case: Case) -> bool:
    """Does the case have a scope to compare paths with?"""
    return case.scope is not None


def outside_scope(case: Case) -> Iterator[Found]:
    """A changed path is not in the brief's `owns`.

    Why: whoever works on those files does not expect you there, and two agents in one file cost more than
    either saves.
    Fix: put the file back as base has it, and one that was renamed at both its names; or ask for it: change
    `owns` in your brief.md, commit that alone, and say why in a check-in with `state: needs-input`. It grants
    nothing until the manager accepts it. To allow a path only once, the manager types
    `agentledger allow TASK PATH`.
    """
    for touched in _changes_in_question(case):
        if case.scope and not case.scope.owned_by(touched.path) and not _is_open_path(case, touched.path):
            yield _path_finding(case, touched, "is outside the scope")


def off_limits(case: Case) -> Iterator[Found]:
    """A changed path is in the brief's `off_limits`.

    Why: the manager has excluded it on purpose, though `owns` covers it.
    Fix: put the file back as base has it, or ask in a check-in with `state: needs-input`.
    """
    for touched in _changes_in_question(case):
        pattern = case.scope.barred_by(touched.path) if case.scope else None
        if pattern is not None:
            yield _path_finding(case, touched, f"is off limits by {format_path(pattern)!r}")


def protected_path(case: Case) -> Iterator[Found]:
    """A changed path is protected: by policy, or because it steers the tools themselves.

    Why: hooks, workflows, agents' own rules and the ledger's policy decide what runs and what is
    allowed, so the manager decides about a change there.
    Fix: put it back as base has it. A brief may own such a path by its full name, without a wildcard, but
    never another task's folder or `.agentledger/config.toml`.
    """
    for touched in case.changed:
        if touched.net and _is_ledger_path(case, touched.path):
            yield _path_finding(case, touched, "belongs to agentledger, not to this task")
        elif case.scope and touched.net and (pattern := case.scope.protected_by(touched.path)) is not None:
            yield _path_finding(case, touched, f"is protected by {format_path(pattern)!r}")


def link_escape(case: Case) -> Iterator[Found]:
    """A symbolic link leads out of the scope or the repository, or a file in a task's folder is no document.

    Why: what is written through such a link lands where nobody looks for it.
    Fix: make it an ordinary file, or let it point to a path that your brief owns.
    """
    for touched in _changes_in_question(case):
        if (why := _describe_link_escape(case, touched)) is not None:
            yield _path_finding(case, touched, why)
    for touched in case.changed:
        if touched.path.startswith(TASKS_BYTES) and _is_odd_document(touched):
            yield _path_finding(
                case, touched, "is no plain .md or .json file, and a task's folder holds no others"
            )


def unsafe_path(case: Case) -> Iterator[Found]:
    """A path is one that some system cannot store, or confuses with another path.

    Why: `..`, `.git`, control characters, names that differ only by case or normalisation, and entries that
    are doubled or out of order overwrite files, or hide, on somebody's disk.
    Fix: rename it; what git itself would not have written, commit again with `git add`.
    """
    for touched in case.changed:
        change = touched.change
        # A path that is taken away is a danger no longer.
        if change is not None and change.status == "D":
            continue
        if (why := unsafe_path_reason(touched.path)) is not None:
            yield _path_finding(case, touched, why)
        elif (twin := case.twins.get(touched.path)) is not None:
            yield _path_finding(
                case, touched, f"differs from {format_path(twin)} only by case or normalisation"
            )
        elif touched.path in case.disordered:
            yield _path_finding(
                case, touched, "is in a folder with an entry that is doubled, or out of order"
            )


def history_outside_scope(case: Case) -> Iterator[Found]:
    """A commit changed a path outside the scope, and a later commit put it back; or it is as base once had it.

    Why: a merge or a squash brings nothing of it to base, but where pull requests land by rebase, each commit
    arrives.
    Fix: nothing has to be done. With `landing = "rebase"`, make one commit of all the branch's, so that nothing
    of it is left: `git reset --soft` to where the branch left base, and commit.
    A path that has what base had there, as after a squash of base, conflicts once base has moved on: bring base in.
    """
    rebased = case.policy.landing == "rebase"
    base = shlex.quote(escape_hidden(case.base))
    squash = f"git reset --soft $(git merge-base {base} HEAD) && git commit -m 'in one commit'"
    hint = squash if rebased else "nothing has to be done: neither a merge nor a squash brings any of it"
    for touched in case.changed:
        if touched.own and not touched.net and case.scope and not can_change(case, touched.path):
            message = f"{format_path(touched.path)} was changed outside the scope, and put back"
            if touched.base_state:
                message = f"{format_path(touched.path)} has what {case.base} had there, which has moved on"
            yield Found(
                message=message,
                hint=_base_state_hint(case, touched.path) if touched.base_state else hint,
                path=touched.path,
                line=None,
                commit=touched.commit,
                # The conflict with base is settled by bringing base in, whichever way it lands then.
                milder=not rebased or touched.base_state,
            )


def _base_state_hint(case: Case, path: bytes) -> str:
    base, there = shlex.quote(escape_hidden(case.base)), quote_pathspec(path)
    settle = f"git checkout --theirs -- {there} && git add -- {there} && git commit --no-edit"
    return f"bring it in, and take its version there: git merge {base} || ({settle})"


def foreign_branch_merged(case: Case) -> Iterator[Found]:
    """Commits of another task's branch were merged in without `depends_on` in the brief.

    Why: that work has not been reviewed, and would land under this task's name.
    Fix: take the merge out, `git rebase --onto MERGE^ MERGE`, or ask the manager for `depends_on` in the
    brief.
    """
    for task in case.merged:
        if task not in case.needs:
            merge = case.merged[task][:12]
            yield Found(
                message=f"commits of task {escape_hidden(task)} were merged in, and the brief does not depend on it",
                hint=f"git rebase --onto {merge}^ {merge}, or ask for `depends_on: [{escape_hidden(task)}]`",
                commit=case.merged[task],
            )


def hidden_unicode(case: Case) -> Iterator[Found]:
    """A change adds characters that cannot be seen, or that reorder what is seen.

    Why: what a reviewer reads is then not what runs.
    Fix: take them out, or write them as escapes (`\\u202e`). A file that git calls binary is not searched; that one
    was text before, or is too large to be searched, is only shown.
    """
    for hidden in case.hidden:
        if hidden.unread:
            yield _unread_finding(case, hidden)
            continue
        yield Found(
            message=f"{hidden.where} brings {', '.join(hidden.names)}: characters that mislead whoever reads it",
            hint="remove them, or write them as escapes such as \\u202e",
            path=hidden.path,
            line=hidden.line,
        )


def _unread_finding(case: Case, hidden: Hidden) -> Found:
    since = "--cached" if case.gate is Gate.COMMIT else f"{case.base}...{case.branch}"
    look = f"git diff --text {shlex.quote(escape_hidden(since))} -- {quote_pathspec(hidden.path or b'')}"
    return Found(
        message=f"{hidden.where} {hidden.unread}; it was not searched for characters that mislead",
        hint=f"look at it: {look}",
        path=hidden.path,
        milder=True,
    )


def foreign_ref(case: Case) -> Iterator[Found]:
    """A push from an agent's worktree moves or deletes a ref other than its own branch.

    Why: an agent has one branch; it must not move base, the control branch or other agents' branches.
    Fix: push only your own branch, `git push origin agent/TASK`. Where a setting makes each push take more along
    (`push.followTags`, `remote.NAME.mirror`, `remote.NAME.push`), the command that is given is without it.
    """
    for ref in case.refs:
        if ref.name != f"refs/heads/{case.branch}":
            what = "would delete" if ref.new is None else "would move"
            yield Found(
                message=f"the push {what} {escape_hidden(ref.name)}, which is not the branch of this worktree",
                hint=f"push only your own: {case.own_push or f'git push origin {escape_hidden(case.branch)}'}",
            )


# -- what counts ----------------------------------------------------------------------


def _changes_in_question(case: Case) -> Iterator[Touched]:
    """Yield the changes to compare with the scope: those still there, except the ledger's own files."""
    # The task's own documents are always in scope; all else of the ledger is `protected_path`'s.
    return (
        t
        for t in case.changed
        if t.net and not _is_task_document(case, t.path) and not _is_ledger_path(case, t.path)
    )


def can_change(case: Case, path: bytes) -> bool:
    """May the branch change this path: is it in scope, its own document, or open to everybody?"""
    in_scope = case.scope is not None and case.scope.holds(path)
    return in_scope or _is_task_document(case, path) or _is_open_path(case, path)


def _is_open_path(case: Case, path: bytes) -> bool:
    return first_match([encode(pattern) for pattern in case.policy.open], path) is not None


def _is_task_document(case: Case, path: bytes) -> bool:
    """Is it one of the documents that the branch has to write: its brief, packet, check-ins and evidence?"""
    folder = TASKS_BYTES + (case.task.id.encode() if case.task else b"") + b"/"
    if case.task is None or not path.startswith(folder):
        return False
    relative = path[len(folder) :]
    kind, slash, name = relative.partition(b"/")
    if not slash:
        return relative in _DOCUMENTS
    ending = {b"status": b".md", b"evidence": b".json"}.get(kind)
    return ending is not None and b"/" not in name and name.endswith(ending)


def _is_ledger_path(case: Case, path: bytes) -> bool:
    """Is it one of agentledger's files, which no brief can own?"""
    # In lower case, for file systems to which `.AgentLedger` is the same folder.
    return (path + b"/").lower().startswith(LEDGER_BYTES) and not _is_task_document(case, path)


def _path_finding(case: Case, touched: Touched, why: str) -> Found:
    path_text = format_path(touched.path)
    commit = touched.commit
    if not touched.own and touched.path in case.parted:
        commit = case.parted[touched.path]
        why = f"{why} (by {commit[:12]} of {escape_hidden(case.other_base)}, which {escape_hidden(case.base)} lacks)"
        hint = _bring_together(case)
    elif not touched.own:
        hint = f"no commit of the branch did it, but merging would ({case.base} moved): the manager decides"
    else:
        hint = undo_command(case, touched)
    scope = f"; the brief owns {_describe_owns(case)}" if "outside" in why else ""
    # Before the merge gate, nobody on the branch can fix what only merging would bring.
    milder = not touched.own and case.gate is not Gate.MERGE
    return Found(
        message=f"{path_text}{describe_rename(case, touched.path)} {why}{scope}",
        hint=hint,
        path=touched.path,
        line=None,
        commit=commit,
        milder=milder,
        on_base=not touched.own and touched.path in case.parted,
    )


def _bring_together(case: Case) -> str:
    """Return what the manager does about two copies of base that have parted; nothing on the branch is wrong."""
    other, base = (escape_hidden(name) for name in (case.other_base, case.base))
    command = f"git switch {shlex.quote(other)} && git merge {shlex.quote(base)}"
    return f"{other} and {base} have parted, and it is nothing of the branch's: the manager types {command}"


def _describe_owns(case: Case) -> str:
    owns = case.brief.owns if case.brief else ()
    patterns = ", ".join(escape_hidden(pattern) for pattern in owns[:4])
    return (patterns or "nothing") + (f" and {len(owns) - 4} more" if len(owns) > 4 else "")


def _is_odd_document(touched: Touched) -> bool:
    change = touched.change
    if change is None or change.status == "D":
        return False
    return change.new_mode not in ("100644", "100755") or not touched.path.endswith((b".md", b".json"))


def _describe_link_escape(case: Case, touched: Touched) -> str | None:
    change = touched.change
    if change is None or change.status == "D" or case.scope is None:
        return None
    if change.new_mode == "160000":
        return None if case.scope.holds(touched.path) else "is a submodule outside the scope"
    target = case.links.get(touched.path) if change.new_mode == "120000" else None
    if target is None:
        return None
    return describe_link_escape(case.scope, touched.path, target)


def describe_link_escape(scope: Scope, path: bytes, target: bytes) -> str | None:
    """Return what is wrong with a link at a path that leads to `target`, as words after its name; None if nothing."""
    # By the text of the link alone: nothing is looked up in anybody's work tree.
    folder = posixpath.dirname(path)
    where = posixpath.normpath(posixpath.join(folder, target))
    if target.startswith(b"/") or where == b".." or where.startswith(b"../"):
        return f"is a link that leaves the repository, to {format_path(target)}"
    if (where + b"/").lower().startswith(LEDGER_BYTES):
        return f"is a link into the ledger, to {format_path(target)}"
    # A link to a folder is in scope where any file in that folder would be.
    inside = scope.holds(where) or scope.holds(where + b"/x")
    return None if inside else f"is a link out of the scope, to {format_path(target)}"
