"""A fresh worktree at some commit, made ready as policy says, and gone afterwards.

Belongs here: making it, its copied files and set-up command, and removing it however its use ends. Does not:
what is run in it (see `verify_rerun` and `verify_base`), or an agent's own worktree (see `spawn`).

It lies among the system's temporary files, not beside the repository, and no hook runs for it.
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
from agentledger.model.ledger import Policy
from agentledger.model.text import encode, escape_hidden
from agentledger.workflow.verify.one_check import LIMIT, Begins, Hear, Runner

_NAME = "agentledger-verify-"
# A filter of the user's runs as in any checkout; what else could run, or leave files out, does not.
_PLAIN = (*process.UNHOOKED, "-c", "core.fsmonitor=false", "-c", "core.sparseCheckout=false")


@contextmanager
def fresh_worktree(git: Git, place: Place, commit: str) -> Iterator[Path]:
    """The top of a detached worktree at `commit`, until the block is left.

    Raises GitError where git cannot make it. What a killed process has left of one is removed first.
    """
    _sweep_worktrees(git)
    home = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-")).resolve()
    folder = home / (place.top or place.common).name
    try:
        process.run(
            git, [*_PLAIN, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder), commit]
        )
        process.run(Git(folder, git.env), [*_PLAIN, "reset", "--quiet", "--hard"])
        yield folder
    finally:
        _remove_worktree(git, home, folder)


def _remove_worktree(git: Git, home: Path, folder: Path) -> None:
    """The folder first: git would refuse to remove one with a submodule in it."""
    for name, _, _ in os.walk(home):  # what a package manager made read-only
        with suppress(OSError):
            Path(name).chmod(stat.S_IRWXU)
    shutil.rmtree(home, ignore_errors=True)
    process.run_unchecked(git, [*process.UNHOOKED, "worktree", "remove", "--force", "--force", str(folder)])


def _sweep_worktrees(git: Git) -> None:
    """Remove the worktrees of processes that were killed."""
    for checkout in queries.read_worktrees(git):
        home = checkout.path.parent
        owner = home.name.removeprefix(_NAME).partition("-")[0]
        if home.name.startswith(_NAME) and owner.isdigit() and not is_process_alive(int(owner)):
            _remove_worktree(git, home, checkout.path)


def prepare_worktree(folder: Path, source: Path, runner: Runner, policy: Policy, hear: Hear) -> None:
    """Copy policy's files from the worktree at `source`, and run its set-up command.

    LedgerError where a file would be copied to outside of `folder`, or the command fails.
    """
    for path in policy.spawn_copy:
        _copy_file(folder, source, path)
    if policy.spawn_setup:
        hear(Begins("setup", policy.spawn_setup))
        ran, _ = runner.shell([encode(policy.spawn_setup)], LIMIT)
        if ran.exit_code:
            message = f"policy's set-up command failed in a fresh worktree, exit code {ran.exit_code}"
            raise LedgerError(message, f"try it in a clone of your own: {escape_hidden(policy.spawn_setup)}")


def _copy_file(folder: Path, source: Path, path: str) -> None:
    """One file, if there is one; an agent's commit could have put a link in its way."""
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
        target.unlink(missing_ok=True)
        shutil.copy2(source / path, target)
    except OSError as error:
        message = f"{escape_hidden(path)} cannot be copied into a fresh worktree: {error.strerror}"
        raise LedgerError(message, "see [spawn] copy in .agentledger/config.toml") from error
