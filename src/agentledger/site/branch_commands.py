"""The commands with which a reader continues in a shell: fetch, read, check out, merge.

Belongs here: the commands on a branch's page, quoted for a POSIX shell. Does not: the one next action, which
other outputs share (see `attention.actions`).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from agentledger.attention import stacking
from agentledger.attention.commands import review_command
from agentledger.attention.scope_request import list_decisions
from agentledger.model import shell
from agentledger.model.fleet import UNMERGED, Base, Branch, State, Sync
from agentledger.model.text import HIDDEN


@dataclass(frozen=True, slots=True)
class Command:
    """A command and what it is for."""

    purpose: str
    text: str


def build_commands(branch: Branch, base: Base) -> tuple[Command, ...]:
    """The commands for work on a branch; none for a branch that git cannot read."""
    if branch.state is State.UNREADABLE:
        return ()
    head_revision = safe_revision(branch.ref, branch.head)
    commands = (
        _fetch_command(branch),
        _review_command(branch),
        Command("Read the whole diff", shlex.join(shell.format_diff_command(branch, base))),
        _checkout_command(branch, head_revision),
        _merge_command(branch, base),
    )
    return tuple(command for command in commands if command)


def file_diff_command(branch: Branch, base: Base, path: bytes) -> str | None:
    """The command that prints one file's diff; None where its path cannot be typed."""
    text = path.decode("utf-8", "surrogateescape")
    if HIDDEN.search(text):
        return None
    return shlex.join((*shell.format_diff_command(branch, base), "--", f":(top,literal){text}"))


def safe_revision(ref: str, head: str) -> str:
    """A ref as a person would type it; the object id where hidden characters make typing it unsafe."""
    return shell.format_ref(ref) or head


def _fetch_command(branch: Branch) -> Command | None:
    match = re.match("refs/remotes/([^/]+)/", branch.remote_ref or "")
    if match is None or HIDDEN.search(match[1]):
        return None
    return Command("Fetch", shlex.join(("git", "fetch", "--", match[1])))


def _review_command(branch: Branch) -> Command | None:
    text = review_command(branch) if branch.state in UNMERGED and not branch.detached else None
    return Command("Review it: what to decide from, and the commands that decide", text) if text else None


def _checkout_command(branch: Branch, head: str) -> Command:
    if branch.worktree and not HIDDEN.search(branch.worktree.path):
        return Command("Go to its worktree", shlex.join(("cd", "--", branch.worktree.path or ".")))
    # Detached for what is not a branch, such as the head of a pull request.
    arguments = ["--detach", head]
    if not HIDDEN.search(branch.ref):
        if branch.ref.startswith("refs/heads/"):
            arguments = ["--", branch.ref.removeprefix("refs/heads/")]
        elif branch.ref.startswith("refs/remotes/") and branch.sync is Sync.REMOTE:
            arguments = ["--track", head]
    return Command("Check it out", shlex.join(("git", "switch", *arguments)))


def _merge_command(branch: Branch, base: Base) -> Command | None:
    # What it stands on merges first, and what landed comes in first: else there is more to it than this. What base
    # took back does not come again by a merge, or comes as it was.
    ready = branch.state in UNMERGED and not branch.bridge and not stacking.live_ground(branch)
    ready = ready and not stacking.unmerged_dependencies(branch)
    steps = shell.format_merge_commands(branch, base) if ready else ()
    return Command(f"Merge it into {base.name}", " && ".join(steps)) if steps else None


def scope_commands(branch: Branch) -> tuple[Command, ...]:
    """The commands that settle what the branch's copy of the brief asks for."""
    return tuple(Command(_DECISIONS[purpose], text) for purpose, text in list_decisions(branch))


_DECISIONS = {
    "accept": "Accept the brief as it has it",
    "reject": "Refuse that brief",
    "answer, which grants nothing": "Answer, which grants nothing",
}
