"""`agentledger collect` commits ledger files that an agent could not commit itself and left in its worktree.

Belongs here: which files of which worktree, and what keeps one from being committed. Does not: how the commit
is made (see `session.ledger_commit`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.documents import MOST_BYTES
from agentledger.git import process
from agentledger.git.process import Git
from agentledger.ledger import ledger_files
from agentledger.model import ledger_paths
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.text import decode, escape_hidden, format_count
from agentledger.workflow.session import agent_context, ledger_commit, manager_context
from agentledger.workflow.session.manager_context import Managing

# The documents that an agent writes, by their paths in a task's folder. Nothing else is collected.
_OWN = re.compile(r"brief\.md|packet\.md|status/[^/]+\.md|evidence/[^/]+\.json")


def collect_files(start: Path, task: str | None, now: int, *, dry_run: bool = False) -> Did:
    """Commit uncommitted ledger files in the worktrees of a task (or branch), or of all where `task` is None.

    Each worktree gets one commit of ledger files alone, on the branch checked out there. `now` is in seconds
    since the epoch. Raises LedgerError in an agent's worktree, and where no branch of that task is checked out.
    """
    with manager_context.open_managing(start, now) as desk:
        checked_out = [b for b in _branches_of_task(desk, task) if b.worktree]
        if task is not None and not checked_out:
            raise LedgerError(
                f"no branch of {escape_hidden(task)} is checked out here",
                "git worktree list shows what is; agentledger board shows where each branch is",
            )
        results = [_collect_branch(desk, branch, dry_run) for branch in checked_out]
    return _combine_results(results, dry_run)


def _branches_of_task(desk: Managing, task: str | None) -> Sequence[Branch]:
    if task is None:
        return [b for b in desk.fleet.branches if b.work]
    desk.task(task)  # raises LedgerError, with near names, for one that nobody has
    return desk.attempts(task)


def _collect_branch(desk: Managing, branch: Branch, dry_run: bool) -> Did:
    """Commit the files of one branch's worktree. Without any, or where git cannot, the result has no files."""
    assert branch.worktree is not None
    assert branch.work is not None
    top = desk.observation.home / branch.worktree.path
    git = replace(desk.git, cwd=top)
    name = escape_hidden(branch.name)
    files = dict(_uncommitted_files(git, branch, desk.fleet.object_format))
    if not files:
        return Did(command="collect")
    if obstacle := _describe_obstacle(git):
        return Did(
            command="collect",
            warnings=(f"{escape_hidden(branch.name)}: {obstacle}, so nothing is committed there now",),
        )
    lines = (
        f"{escape_hidden(branch.name)}: {format_count(len(files), 'file')}",
        *(f"  {escape_hidden(path)}" for path in files),
    )
    if dry_run:
        return Did(command="collect", messages=lines, task=branch.work.task, files=tuple(files), dry_run=True)
    message = f"collect what {branch.work.task} left uncommitted"
    committed = ledger_commit.commit_files(git, branch.name, files, message, rules=desk.fleet.policy.commits)
    if committed.commit is None:
        following = committed.how_to_collect(branch.work.task) if committed.remedy else None
        return Did(command="collect", warnings=(f"{name}: {committed.why}",), next=following)
    return Did(
        command="collect",
        messages=lines,
        task=branch.work.task,
        refs=(branch.ref,),
        files=tuple(files),
        commits=(committed.commit,),
        warnings=committed.warnings,
    )


def _uncommitted_files(git: Git, branch: Branch, object_format: str) -> Iterator[tuple[str, bytes]]:
    """The documents of the branch's own task that differ from its head: each path, and what git would store."""
    assert branch.work is not None
    folder = ledger_paths.task_folder(branch.work.task) + "/"
    entries = process.run(git, ["ls-tree", "-r", "-z", "--full-tree", branch.head, "--", folder]).split(b"\0")
    committed = {
        decode(path): decode(entry.split()[2])
        for entry, _, path in (line.partition(b"\t") for line in entries)
        if entry
    }
    for file in ledger_files.read_worktree_files(git, branch, committed, object_format):
        own = file.path.startswith(folder) and _OWN.fullmatch(file.path.removeprefix(folder))
        # A file that no reader would take is not worth a commit.
        if own and file.raw is not None and len(file.raw) <= MOST_BYTES:
            yield file.path, file.raw


def _describe_obstacle(git: Git) -> str:
    """Why the worktree cannot take a commit now, '' where it can."""
    try:
        agent_context.locate_worktree(git.cwd)
    except agent_context.NotNow as error:
        return error.message
    return ""


def _combine_results(results: Sequence[Did], dry_run: bool) -> Did:
    """One result for the command, of one for each branch."""
    undone = [line for result in results for line in result.warnings]
    files = [path for result in results for path in result.files]
    lines = [line for result in results for line in result.messages]
    if not files:
        lines = ["nothing was committed" if undone else "no worktree has uncommitted ledger files"]
    return Did(
        command="collect",
        messages=tuple(lines),
        refs=tuple(ref for result in results for ref in result.refs),
        files=tuple(files),
        commits=tuple(commit for result in results for commit in result.commits),
        next=next((result.next for result in results if result.next), "agentledger board" if files else None),
        warnings=tuple(undone),
        dry_run=dry_run,
    )
