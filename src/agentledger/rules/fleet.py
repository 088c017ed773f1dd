"""Does a task fit in beside the others, and should it be given up?

Belongs here: the rules of the FLT and KIL families, and of overlapping scopes (OWN004). Does not: which paths
two scopes share (see `scope.automata`), or counting work in progress (see `attention.wip`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from agentledger.model.findings import Gate
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import encode, escape_hidden, format_count, format_path, format_rfc3339
from agentledger.model.work import Progress
from agentledger.rules.case import Case, Found, Peer
from agentledger.rules.ownership import can_change
from agentledger.scope.automata import TooComplexError
from agentledger.scope.narrowing import Narrowing, narrow_scope
from agentledger.scope.task_scope import Scope

MEETINGS = 5  # overlaps named for one scope; where there are more, the scope itself is wrong


def scope_overlap(case: Case) -> Iterator[Found]:
    """The scope overlaps with that of another active task.

    Why: two agents in the same files make conflicts faster than anybody settles them.
    Fix: let the later task depend on the other, `agentledger plan TASK --add-depends-on OTHER`; or, as long as
    nobody works on it, let it keep out of the other's files, where that leaves it something to do:
    `--add-off-limits`.
    """
    if case.scope is None or case.brief is None:
        return
    open_ = tuple(map(encode, case.policy.open))
    reported, left = 0, case.scope
    for peer in case.peers:
        # Of two tasks of which one depends on the other, both may change a path: one after the other.
        related = peer.task in case.needs or case.brief.task in case.needs_of(peer.brief)
        # Only the newer task gets the finding: the older was there first. A task being spawned is the newer.
        older = _order(_has_plan(case), case.since, case.brief.task) < _order(
            peer.planned, peer.since, peer.task
        )
        spared = older and case.gate not in (Gate.SPAWN, Gate.MERGE)
        if peer.task == case.brief.task or related or spared:
            continue
        if reported == MEETINGS:
            yield Found(message="it may meet more tasks, which were not compared", hint="settle these first")
            return
        try:
            meeting = case.scope.overlap_with(peer.scope, open_)
        except TooComplexError as error:
            yield Found(
                message=f"it cannot be compared with {escape_hidden(peer.task)}: {error.message}",
                hint=error.hint,
            )
            continue
        if meeting:
            reported += 1
            patterns = f"{format_path(meeting.mine)!r} and its {format_path(meeting.theirs)!r}"
            apart = _narrow_planned(case, left, peer, open_)
            left = apart.left if apart else left
            yield Found(
                message=f"its scope meets that of {escape_hidden(peer.task)}, "
                f"at {format_path(meeting.path)}: by {patterns}",
                hint=_one_after_the_other(case, peer, waits=not older or _is_planned(case))
                + (_keep_out(case.brief.task, apart.patterns) if apart and apart.patterns else ""),
                path=case.brief.document.source.path,
            )


def _order(planned: bool, since: int | None, task: str) -> tuple[bool, int, str]:
    """The older of two first, as both of them see it: else each would be told to wait for the other.

    A brief on base has no date, and one that nobody has accepted comes last.
    """
    return not planned, since or 0, task


def _has_plan(case: Case) -> bool:
    """Is its brief one that `agentledger plan` can change? It refuses one that nobody has accepted."""
    return case.task is None or case.task.brief_from != "branch"


def _narrow_planned(case: Case, left: Scope, peer: Peer, open_: tuple[bytes, ...]) -> Narrowing | None:
    """How a task at which nobody works yet keeps out of another's files; None where it cannot, or is at work.

    `left` is what is left of its scope by what was said of the others: done all together, it must not be empty.
    """
    if not _is_planned(case):
        return None
    try:
        return narrow_scope(left, peer.scope, open_)
    except TooComplexError:
        return None


def _is_planned(case: Case) -> bool:
    """Is the task about to be handed out for the first time?"""
    return case.gate is Gate.SPAWN and case.brief is not None and not case.underway.get(case.brief.task)


def _one_after_the_other(case: Case, peer: Peer, *, waits: bool) -> str:
    own = case.brief.task if case.brief else ""
    first, second = map(escape_hidden, (own, peer.task) if waits else (peer.task, own))
    command = f"agentledger plan {first} --add-depends-on {second}"
    if _has_plan(case) if waits else peer.planned:
        return command
    return f"agentledger brief show {first}, then agentledger brief accept {first}, then {command}"


def _keep_out(task: str, patterns: tuple[bytes, ...]) -> str:
    flags = " ".join(f"--add-off-limits {shlex.quote(format_path(pattern))}" for pattern in patterns)
    return f"; or keep out of its files: agentledger plan {escape_hidden(task)} {flags}"


def wip_exceeded(case: Case) -> Iterator[Found]:
    """The manager has more in progress, or waiting for review, than policy allows.

    Why: work that nobody has time to review only grows old, and conflicts.
    Fix: answer, review, merge or end something first: `agentledger next`; or raise the limit under `[wip]` of
    the policy.
    """
    load, limits, brief = case.load, case.policy.wip, case.brief
    # `mode: own` is a human's own work, and starts no agent.
    if load is None or brief is None or brief.mode == "own":
        return
    kind, count, limit = (
        ("local", load.local, limits.local)
        if brief.session == "local"
        else ("active", load.active, limits.active)
    )
    if count >= limit:
        yield Found(
            message=f"{count} {kind} tasks are under way, and policy allows {limit}",
            hint=f"end one: agentledger next; or raise `{kind}` under [wip] of the policy",
        )
    if load.review >= limits.review:
        waiting = format_count(load.review, "branch waits", "branches wait")
        yield Found(
            message=f"{waiting} for review, and policy allows {limits.review}",
            hint="review one first: agentledger next; or raise `review` under [wip] of the policy",
        )
    elif load.review_lines >= limits.review_lines:
        yield Found(
            message=f"{load.review_lines:,} changed lines wait for review, and policy allows {limits.review_lines:,}",
            hint="review some first: agentledger next; or raise `review_lines` under [wip] of the policy",
        )


def dependency_unmerged(case: Case) -> Iterator[Found]:
    """A task that this one depends on has not merged, is unknown, or depends on this one in turn.

    Why: its work would be built on something that may still change, or would wait for ever.
    Fix: merge that one first; or start at its work, `agentledger spawn TASK --on DEPENDENCY`, and merge after
    it; or take it out of `depends_on`: `agentledger plan TASK`.
    """
    if case.brief is None:
        return
    for task in case.brief.depends_on:
        others = [f"--depends-on {escape_hidden(other)}" for other in case.brief.depends_on if other != task]
        flags = " ".join(others) or "--depends-on ''"
        without = f"agentledger plan {escape_hidden(case.brief.task)} {flags}"
        if task not in case.dependencies:
            yield Found(
                message=f"it depends on {escape_hidden(task)}, and there is no such task",
                hint=without,
            )
        elif circle := _dependency_cycle(case, task):
            yield Found(
                message=f"tasks depend on each other in a circle: {' → '.join(map(escape_hidden, circle))}",
                hint=f"let one of them go first: {without}",
            )
        elif task in case.gone:
            yield Found(
                message=f"it depends on {escape_hidden(task)}, which is {case.gone[task]}",
                hint=f"say what became of {escape_hidden(task)}, agentledger next; or do without: {without}",
            )
        elif task not in case.done | case.below:
            yield Found(
                message=f"it depends on {escape_hidden(task)}, which has not merged",
                hint=f"{_wait_or_build(case, task)}, or do without: {without}",
            )


def _wait_or_build(case: Case, task: str) -> str:
    """Return what to do about a dependency that has not merged: wait, or at `spawn` build on its work."""
    merge_first, branches = f"merge {escape_hidden(task)} first", case.underway.get(task, ())
    if case.gate is not Gate.SPAWN or case.brief is None or not branches:
        return merge_first
    ground = task if len(branches) == 1 else branches[0]
    command = shlex.join(("agentledger", "spawn", case.brief.task, "--on", ground))
    return f"{merge_first}, or build on it: {escape_hidden(command)}"


def _dependency_cycle(case: Case, first: str) -> list[str] | None:
    """Return the way from this task through a dependency back to itself, both ends included; None: no circle."""
    me = case.brief.task if case.brief else ""
    if first == me:
        return [me, me]
    ways, seen = [[me, first]], {first}
    while ways:
        way = ways.pop()
        for following in case.dependencies.get(way[-1], ()):
            if following == me:
                return [*way, me]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return None


def has_collisions(case: Case) -> bool:
    """Is it known that the branch collides with another one?"""
    return bool(case.collisions)


def conflict_predicted(case: Case) -> Iterator[Found]:
    """The branch merges into base, and will not any more once another open branch has landed.

    Why: whoever merges second has to settle what only the two authors understand; told now, one of them can wait, or
    keep out of the other's way.
    Fix: let one wait for the other, `agentledger plan TASK --add-depends-on OTHER`, or tell its agent:
    `agentledger answer`. `agentledger conflicts --branch NAME` shows the lines of both. It is looked for where pairs
    are compared: on everything that shows a fleet, and at merge. A commit, a push and `agentledger done` do not wait
    for that. Two attempts at one task, a task that already depends on the other, and what collides in generated or
    `open` files alone are no findings.
    """
    for each in case.collisions[:MEETINGS]:
        first = f"; {each.first}" if each.first else ""
        yield Found(
            message=f"once {each.branch} has landed, it will not merge: {each.where}{first}",
            hint=each.hint,
            path=each.path,
        )
    more = len(case.collisions) - MEETINGS
    if more > 0:
        yield Found(
            message=f"it collides with {format_count(more, 'more branch', 'more branches')}",
            hint=f"agentledger conflicts --branch {shlex.quote(escape_hidden(case.branch))} lists them",
        )


def conflicts_with_base(case: Case) -> Iterator[Found]:
    """The branch conflicts with base's tip.

    Why: whoever merges would have to settle what only the author understands.
    Fix: merge base into the branch, and settle the conflict there. Where base has the branch's own commits under
    another one, since what it stands on was squashed, a command is given that has no conflict.
    """
    reason, command = case.bridge
    if reason:
        yield Found(message=reason, hint=command or "merge the landing in by hand", milder=True)
    if case.conflict is not None and case.conflict.clean is False:
        paths = [format_path(file.path) for file in case.conflict.files[:4]]
        more = f" and {len(case.conflict.files) - 4} more" if len(case.conflict.files) > 4 else ""
        below = escape_hidden(case.conflict.below)
        settle = f"git merge {shlex.quote(escape_hidden(case.base))}, settle what conflicts, and commit"
        yield Found(
            message=f"it conflicts with {escape_hidden(case.base)} in {', '.join(paths)}{more}",
            hint=f"{below}, on which it stands, conflicts there: settle it on that one" if below else settle,
            path=case.conflict.files[0].path if case.conflict.files else None,
        )


def gate_passed_by(case: Case) -> Iterator[Found]:
    """A commit contains a change that the commit gate refuses.

    Why: the gate was skipped, off, or crashed, and nobody noticed that nothing was checked. Or the commit came by
    cherry-pick, rebase, revert or am, for which git runs no commit hook; then nobody skipped anything.
    Fix: take back what does not belong there, as OWN001 says. `agentledger doctor` shows whether the hooks are in
    place in that worktree.
    """
    outside: dict[str, list[bytes]] = {}
    for touched in case.changed:
        if touched.own and touched.commit and not can_change(case, touched.path):
            outside.setdefault(touched.commit, []).append(touched.path)
    # One finding a commit: the gate was passed by once.
    for commit, paths in outside.items():
        replay = case.replayed.get(commit, "")
        seen = (
            f"may have come by cherry-pick, rebase, revert or am, which run no commit hook ({replay})"
            if replay
            else "the gate should have stopped"
        )
        yield Found(
            message=f"a commit that {seen}: it changes {format_path(paths[0])}",
            hint="agentledger doctor in that worktree shows whether its hooks are on",
            path=paths[0],
            line=None,
            commit=commit,
        )


def is_hooked_off(case: Case) -> bool:
    """Is there a worktree in which no hook of ours would run?"""
    return case.hooks_off is not None


def gate_off(case: Case) -> Iterator[Found]:
    """A hook of ours would not run in the worktree in which the branch is checked out.

    Why: a commit there is made unchecked, and nobody notices before the push, or before the merge.
    Fix: `agentledger init` in the main worktree gives each agent's worktree hooks of its own, which no shared
    `core.hooksPath` turns off. Where more is needed, the message has the whole command. It is seen only where
    `agentledger init` has installed git's hooks; what is set for one command alone (`git -c`) is not seen.
    """
    if case.hooks_off is not None:
        yield Found(
            message=f"no commit is checked in its worktree: {case.hooks_off.reason}",
            hint=case.hooks_off.command,
        )


def kill_criterion_met(case: Case) -> Iterator[Found]:
    """The branch meets a criterion at which its brief says to give up.

    Why: the criterion was agreed on before anybody had invested anything. agentledger ends no task by itself.
    Fix: end the task; or raise the criterion in the brief, `agentledger plan TASK`, and say there why it goes
    on.
    """
    if case.brief is None:
        return
    kill = case.brief.kill
    code = [t for t in case.changed if t.net and not t.path.startswith(LEDGER_BYTES)]
    lines = (case.added or 0) + (case.removed or 0)
    runs = max((e.failures_in_a_row for e in (case.work.evidence if case.work else ())), default=0)
    # While it waits for the manager, its age is not the agent's doing.
    resting = case.standing is not None and case.standing.progress in (
        Progress.READY,
        Progress.NEEDS_INPUT,
        Progress.BLOCKED,
        Progress.APPROVED,
    )
    plan = f"agentledger plan {escape_hidden(case.brief.task)} --kill"
    age = case.now - case.since if case.since is not None and not resting else 0
    yield from (
        Found(
            message=f"{fact}, and the brief says to stop at that",
            hint=f"end it, or raise it: {plan} {key}=MORE",
        )
        for key, limit, value, fact in (
            ("after", kill.after, age, f"it was begun {format_rfc3339(case.since or 0)}"),
            ("lines", kill.lines, lines, f"it changes {lines:,} lines"),
            ("files", kill.files, len(code), f"it changes {format_count(len(code), 'file')}"),
            ("commits", kill.commits, case.commits, f"it has {format_count(case.commits, 'commit')}"),
            ("failing_runs", kill.failing_runs, runs, f"a check failed {runs} times in a row"),
        )
        if limit is not None and value >= limit
    )
