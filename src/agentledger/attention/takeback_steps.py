"""What to do about a branch whose change base has taken back: words and commands, by the way it had landed.

Belongs here: which words and commands fit. Does not: whether there is anything more urgent (see `actions`).

After a merge or a fast-forward git has the branch's commits for landed: merging the branch again brings only what
came after, and merging base into the branch takes the code out of it. What helps is to revert the revert, on
base. After a squash or a rebase git knows nothing of that, and merging the branch brings all of it again.
"""

from __future__ import annotations

from agentledger.model import shell
from agentledger.model.fleet import Base, Branch, By, Loss, State, Sync, TakenBack
from agentledger.model.text import HIDDEN, escape_hidden


def choose_takeback_steps(branch: Branch, taken_back: TakenBack, base: Base) -> tuple[str, tuple[str, ...]]:
    """Return what to do about it in a few words, and the commands for that; () where none can be typed."""
    name = escape_hidden(base.name)
    if taken_back.loss is not Loss.REVERTED:
        return f"Keep it: {name} no longer has all of it", _look(taken_back, base)
    if taken_back.arrival.by is By.SAME_CHANGE:
        return f"See why {name} took it back: merging brings all of it again", _look(taken_back, base)
    text = (
        "Revert the revert first, if it is to come again: merging it again brings only what came after, and "
        f"bringing {name} in takes the code out of the branch"
    )
    return text, _land_again(branch, taken_back, base)


def _look(taken_back: TakenBack, base: Base) -> tuple[str, ...]:
    if taken_back.commit:
        return shell.join_commands(("git", "show", "-m", "--first-parent", taken_back.commit))
    tip = shell.format_ref(base.ref) or base.head
    return shell.join_commands(("git", "diff", taken_back.arrival.commit, tip))


def _land_again(branch: Branch, taken_back: TakenBack, base: Base) -> tuple[str, ...]:
    """Return the commands that bring the change back on the local base, and then what came after."""
    if HIDDEN.search(base.name):
        return ()
    steps: list[tuple[str, ...]] = [("git", "switch", "--", base.name)]
    if base.sync is Sync.BEHIND:
        steps.append(("git", "merge", "--ff-only", shell.format_ref(base.ref) or base.head))
    steps.append(_undo(taken_back))
    if branch.state is State.REVERTED and branch.code_changes:
        steps.append(("git", "merge", "--no-ff", shell.format_ref(branch.ref) or branch.head))
    return shell.join_commands(*steps)


def _undo(taken_back: TakenBack) -> tuple[str, ...]:
    commit = taken_back.commit or ""
    if taken_back.alone:
        return ("git", "revert", "--no-edit", *(("-m", "1") if taken_back.is_merge else ()), commit)
    # Several commits took it back: what had arrived is picked once more, as one commit or as it came.
    arrival = taken_back.arrival
    if arrival.by is By.MERGE:
        return ("git", "cherry-pick", "-m", "1", arrival.commit)
    return ("git", "cherry-pick", f"{arrival.before}..{arrival.after}")
