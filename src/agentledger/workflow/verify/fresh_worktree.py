"""Makes a fresh worktree at a commit, sets it up as policy says, and removes it afterwards.

Belongs here: making it, its copied files and set-up command, and removing it however its use ends. Does not: what
is run in it (see `rerun` and `base_run`), or an agent's own worktree (see `spawn.spawn_task`).

It is among the system's temporary files, not beside the repository, and no hook runs for it.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.git.scratch import is_process_alive
from agentledger.model.errors import LedgerError
from agentledger.model.policy import Policy
from agentledger.model.text import encode, escape_hidden
from agentledger.repository.worktrees import FRESH
from agentledger.workflow.verify.clean_worktree import format_paths
from agentledger.workflow.verify.exact_checkout import find_altered_files
from agentledger.workflow.verify.one_check import LIMIT, Begins, Hear, Runner

# How the folders' names begin; the number of the process that made it follows.
_NAME = FRESH
# The user's own filters run, as in any checkout. Nothing else runs, and no file is left out.
_PLAIN = (*process.UNHOOKED, "-c", "core.fsmonitor=false", "-c", "core.sparseCheckout=false")


class SetupError(LedgerError):
    """Policy's set-up command failed in a fresh worktree."""


@contextmanager
def fresh_worktree(git: Git, place: Place, commit: str) -> Iterator[Path]:
    """Make a detached worktree at `commit`, give its top folder, and remove it when the block ends.

    Worktrees that killed processes have left are removed first. Raises GitError where git cannot make it, and
    LedgerError where it would hold other files than the commit has.
    """
    _sweep_worktrees(git)
    home = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-")).resolve()
    folder = home / (place.top or place.common).name
    try:
        process.run(
            git, [*_PLAIN, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder), commit]
        )
        # What a partial clone lacks of the code comes as in any checkout.
        at = process.with_lazy_fetch(Git(folder, git.env))
        process.run(at, [*_PLAIN, "reset", "--quiet", "--hard"])
        _refuse_altered(at, folder, commit)
        yield folder
    finally:
        _remove_worktree(git, home, folder)


def _refuse_altered(git: Git, folder: Path, commit: str) -> None:
    """Raise LedgerError where files are not as the commit has them: a result would be about other code."""
    altered = find_altered_files(git, folder, commit)
    if altered:
        raise LedgerError(
            f"a checkout of {commit[:12]} here has other content than the commit: {format_paths(altered)}",
            "git config --show-scope --get-regexp '^filter' and .git/info/attributes show filters of this clone, "
            "git fsck damage; a clone of your own has neither",
        )


def _remove_worktree(git: Git, home: Path, folder: Path) -> None:
    """Remove the folder, then git's own record: git would refuse to remove a worktree with a submodule."""
    for name, _, _ in os.walk(home):  # package managers make folders read-only
        with suppress(OSError):
            Path(name).chmod(stat.S_IRWXU)
    shutil.rmtree(home, ignore_errors=True)
    process.run_unchecked(git, [*process.UNHOOKED, "worktree", "remove", "--force", "--force", str(folder)])


def _sweep_worktrees(git: Git) -> None:
    """Remove the worktrees of processes that no longer run."""
    for checkout in queries.read_worktrees(git):
        home = checkout.path.parent
        owner = home.name.removeprefix(_NAME).partition("-")[0]
        if home.name.startswith(_NAME) and owner.isdigit() and not is_process_alive(int(owner)):
            _remove_worktree(git, home, checkout.path)


def prepare_worktree(
    folder: Path, source: Path, runner: Runner, policy: Policy, hear: Hear, limit: float = LIMIT
) -> None:
    """Copy the files that policy names from the worktree at `source`, and run its set-up command.

    `hear` gets an event when the set-up begins, which may take `limit` seconds. Raises LedgerError where a file
    would end up outside of `folder`, and SetupError where the command fails.
    """
    for path in policy.spawn_copy:
        _copy_file(folder, source, path)
    if policy.spawn_setup:
        hear(Begins("setup", policy.spawn_setup))
        ran, _ = runner.shell([encode(policy.spawn_setup)], limit)
        if ran.late:
            message = f"policy's set-up command did not end within {limit:,.0f} s in a fresh worktree"
            raise LedgerError(message, f"try it in a clone of your own: {escape_hidden(policy.spawn_setup)}")
        if ran.exit_code:
            message = f"policy's set-up command failed in a fresh worktree, exit code {ran.exit_code}"
            raise SetupError(message, f"try it in a clone of your own: {escape_hidden(policy.spawn_setup)}")


def _copy_file(folder: Path, source: Path, path: str) -> None:
    """Copy one file, if it exists. Raises LedgerError where a folder on the way is a link.

    An agent's commit could contain such a link, and the file may be one with secrets.
    """
    target = folder / path
    if not (source / path).is_file():
        return
    for part in (target.parent, *target.parent.parents):
        if part == folder:
            break
        if part.is_symlink():
            message = f"{escape_hidden(path)} is to be copied, and the branch has a link on the way there"
            raise LedgerError(message, "look at that branch: agentledger check")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # The target itself can be a link of the commit's, which a copy would write through.
        target.unlink(missing_ok=True)
        shutil.copy2(source / path, target)
    except OSError as error:
        message = f"{escape_hidden(path)} cannot be copied into a fresh worktree: {error.strerror}"
        raise LedgerError(message, "see [spawn] copy in .agentledger/config.toml") from error
