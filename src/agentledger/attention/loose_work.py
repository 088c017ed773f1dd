"""What a branch has outside of its commits: uncommitted files, a rebase under way, stashes; and what to do then.

Belongs here: the words for it that all outputs share, and the next step where nothing else is to be done. Does
not: reading it (see `repository.worktrees`), or what to do about the commits (see `actions`).
"""

from __future__ import annotations

from agentledger.model import shell
from agentledger.model.fleet import Branch, State, Worktree
from agentledger.model.text import HIDDEN, escape_hidden, format_count

# What to do next, in words, and the commands for it (see `actions.NextAction`).
Advice = tuple[str, tuple[str, ...]]

MAIN = ("", ".")  # the path of the main worktree, seen from the repository's top


def describe_use(worktree: Worktree | None) -> str:
    """What goes on in a worktree beside its commits, such as `3 uncommitted files`; "" for nothing."""
    if worktree is None:
        return ""
    files = format_count(worktree.uncommitted, "uncommitted file") if worktree.uncommitted else ""
    under_way = f"a {worktree.under_way} under way" if worktree.under_way else ""
    return ", ".join(filter(None, (files, under_way)))


def describe_stashes(branch: Branch) -> str:
    """How many stashes were made on a branch, in words; "" for none."""
    return format_count(branch.stashes, "stash", "stashes") if branch.stashes else ""


def describe_unsaved(branch: Branch) -> str:
    """How many commits only a detached worktree has, in words; "" for none."""
    count = format_count(branch.unsaved, "commit")
    return (
        f"{count} on no branch: only this worktree has {_pronoun(branch.unsaved)}" if branch.unsaved else ""
    )


def save_detached(branch: Branch) -> Advice:
    """Return how to put the commits of a detached worktree on a branch, or that its files are at work."""
    if not branch.unsaved:
        return wait_for_worktree(branch)
    text = f"Save {'this commit' if branch.unsaved == 1 else 'these commits'}"
    name = _new_branch_name(branch)
    if branch.worktree is None or HIDDEN.search(branch.worktree.path):
        return text, shell.join_commands(("git", "branch", name, branch.head))
    command = ("git", "-C", branch.worktree.path, "switch", "-c", name)
    return text, shell.join_commands(command)


def _new_branch_name(branch: Branch) -> str:
    """A name for the commits of a detached worktree: an agent's by its pattern, and as good as surely free."""
    worktree_id = branch.ref.removeprefix("worktrees/").removesuffix("/HEAD")
    ending = f"-{worktree_id}" if shell.is_plain_name(worktree_id) else ""
    return f"worktree{ending}-{branch.head[:7]}"


def wait_for_worktree(branch: Branch) -> Advice:
    """Return that work goes on in the worktree, and how to look at it."""
    use = describe_use(branch.worktree)
    text = f"Wait: {use}" if branch.worktree else "Wait"
    if branch.worktree is None or HIDDEN.search(branch.worktree.path):
        return text, ()
    place = () if branch.worktree.path in MAIN else ("-C", branch.worktree.path)
    return text, shell.join_commands(("git", *place, "status", "--short"))


def look_at_stashes(branch: Branch) -> Advice:
    """Return that a branch which could be deleted has stashes: each is the only copy of what is in it."""
    text = f"Keep it: {describe_stashes(branch)} made on it"
    return text, shell.join_commands(("git", "stash", "list"))


def describe_place(branch: Branch) -> str:
    """All of it on one line for a branch's row, "" for nothing; the worktree by its path."""
    use = describe_use(branch.worktree)
    where = escape_hidden(branch.worktree.path) if branch.worktree else ""
    in_place = f"{use} in {'the main worktree' if where in MAIN else where}" if use else ""
    return "; ".join(filter(None, (describe_unsaved(branch), in_place, describe_stashes(branch))))


def is_resting(branch: Branch) -> bool:
    """Is there nothing to do about its commits, so that only its worktree is at work?

    An agent that asks something there, in a check-in that is not committed, is heard all the same.
    """
    question = branch.standing.question if branch.standing else None
    asks = question is not None and question.document.source.uncommitted
    return branch.state is State.OPEN and branch.at_rest is not None and not asks


def is_moving(branch: Branch) -> bool:
    """Is it being rebased, so that its commits are about to be others? A task's branch is its agent's to tell of."""
    rebased = branch.worktree is not None and branch.worktree.under_way == "rebase"
    return branch.state is State.OPEN and branch.standing is None and rebased


def _pronoun(count: int) -> str:
    return "it" if count == 1 else "them"
