"""What a branch stands on, in words, and the commands that bring in what has landed below it.

Belongs here: sentences and commands about stacks, chosen once, for every output. Does not: finding stacks and
bridges (see `changes.stacks` and `changes.bridges`), or the other next actions (see `actions`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from agentledger.attention.loose_work import MAIN
from agentledger.model import ledger_paths, shell
from agentledger.model.findings import Severity
from agentledger.model.fleet import UNDER_WAY, Branch, Bridge, Stand, State
from agentledger.model.text import HIDDEN, escape_hidden, format_count

# So much of an id is typed: enough for git to know the commit, and short enough for a line of a terminal.
TYPED = 10


def describe_stands(branch: Branch) -> str:
    """`stands on claude/a (task a)`, and what has become of that branch; "" for a branch that stands on base."""
    return "; ".join(f"stands on {_describe_stand(stand)}" for stand in branch.stands_on)


def _describe_stand(stand: Stand) -> str:
    name, task = escape_hidden(stand.branch), escape_hidden(stand.task)
    if stand.rewritten:
        landed = f", which has landed as {stand.landing[:12]}" if stand.landing else ""
        return f"an earlier {name} (task {task}){landed or ', which was rewritten since'}"
    who = f"{name} (task {task})" if name else f"task {task}"
    if stand.landing:
        return f"{who}, which has landed as {stand.landing[:12]}"
    if stand.state is None:
        return f"{who}, whose branch is gone"
    if stand.state not in UNDER_WAY:
        return f"{who}, which is {stand.state}"
    return f"{who}, which has gone on since" if stand.moved else who


def live_ground(branch: Branch) -> str:
    """Return the name of a branch that has to merge before this one; "" where none has."""
    return next((stand.branch for stand in branch.stands_on if stand.state in UNDER_WAY), "")


def unmerged_dependencies(branch: Branch) -> tuple[str, ...]:
    """Return what has to merge before this branch, in words: the merge gate would stop it for that."""
    return tuple(
        finding.message
        for finding in branch.findings or ()
        if finding.rule == "FLT003" and finding.severity is not Severity.WARN and finding.waived is None
    )


def follow_command(branch: Branch) -> str | None:
    """Return the command that moves a branch onto the one that it stood on before that was rewritten."""
    stand = next((s for s in branch.stands_on if s.rewritten and s.state is State.OPEN), None)
    git = _git_in_worktree(branch)
    target = shell.format_ref(stand.ref) if stand else None
    if stand is None or stand.landing or git is None or target is None:
        return None
    return shlex.join((*git, "rebase", "--onto", target, stand.commit[:TYPED]))


# -- the bridge -----------------------------------------------------------------------


def describe_bridge(branch: Branch) -> str:
    """Why git alone would stop, though nothing has to be settled; "" for a branch without a bridge."""
    bridge = branch.bridge
    if bridge is None:
        return ""
    where = format_count(len(bridge.paths), "file")
    return f"{_name_landed(bridge)} landed as {bridge.landing[:12]}: git alone would stop at {where}, falsely"


def bridge_text(bridge: Bridge) -> str:
    """What to do first, in a few words."""
    return f"Bring in what landed of {_name_landed(bridge)}"


def _name_landed(bridge: Bridge) -> str:
    return escape_hidden(bridge.branch or (f"task {bridge.task}" if bridge.task else "its own earlier work"))


def bridge_steps(branch: Branch, *, inside: bool = False) -> tuple[str, ...]:
    """Return the commands that merge a branch's bridge into it, where it is checked out; () if none can be typed.

    They are for a POSIX shell at the repository's top, or with `inside` in the branch's own worktree. The bridge
    is a commit that git makes of what is there: the landing's tree, with the head that landed and the landing as
    parents.
    """
    bridge, git = branch.bridge, ("git",) if inside else _git_in_worktree(branch)
    if bridge is None or git is None:
        return ()
    switch = () if branch.worktree or inside else (shlex.join(("git", "switch", branch.name)),)
    return (
        *switch,
        f"J=$({' && '.join(_make_bridge(bridge))})",
        f'{shlex.join((*git, "merge", "--no-edit"))} "$J"',
    )


def _make_bridge(bridge: Bridge) -> Iterator[str]:
    head, landing = bridge.head[:TYPED], bridge.landing[:TYPED]
    tree = f"{landing}:"
    if bridge.keeps:
        # Base has no ledger of the task, and a merge would delete the branch's: so its folder goes into the tree.
        folder = shlex.quote(ledger_paths.task_folder(bridge.keeps))
        yield 'export GIT_INDEX_FILE="$(mktemp -u)"'
        yield f"git read-tree {landing}"
        yield f"git read-tree --prefix={folder}/ {head}:{folder}"
        tree = '"$(git write-tree)"'
    yield f"git commit-tree {tree} -p {head} -p {landing} -m landed"
    if bridge.keeps:
        yield 'rm "$GIT_INDEX_FILE"'


def _git_in_worktree(branch: Branch) -> tuple[str, ...] | None:
    """Return git as it is typed for the branch's worktree; None where there is no such place to name."""
    if not branch.ref.startswith("refs/heads/") or not shell.is_plain_name(branch.name):
        return None
    if branch.worktree is None or branch.worktree.path in MAIN:
        return ("git",)
    return None if HIDDEN.search(branch.worktree.path) else ("git", "-C", branch.worktree.path)
