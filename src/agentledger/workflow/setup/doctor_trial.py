"""Tries hooks in a small repository in a temporary folder, in which an agent does what its brief does not allow.

Belongs here: that repository, and how the given hooks respond to a commit, a merge and a push. Does not: which
hooks a repository has, or what a trial means (see `doctor`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agentledger.git import process
from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.model.ledger_paths import brief_path

BRANCH = "agent/doctor-trial"
RULE = "OWN001"  # the rule that must stop it, as the refusal names it
_BRIEF = """\
---
task: doctor-trial
owns: [src/**]
verify: {test: "true"}
---
## Why, and what would stop us
A hook that is never tried is believed in, not known.
## Outcome
`docs/d` stays as it is.
## Acceptance criteria
- [ ] The commit is refused.
"""
_FILES = {"src/a": "a\n", "docs/d": "d\n", brief_path("doctor-trial"): _BRIEF}
# A trial reads nobody's configuration, so it needs a name and an address of its own.
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "agentledger doctor"), ("EMAIL", "doctor@localhost"))
}


class TrialResult(NamedTuple):
    """Whether git refused, and what it printed on standard error."""

    refused: bool
    error_output: str


class Trial:
    """The repository of a trial; each attempt starts from the same commit."""

    def __init__(self, folder: Path, remote: Path) -> None:
        self.folder = folder
        self.remote = remote
        # Settings of the user or the system must not change the result.
        outer = build_git_env(os.environ, sealed=True)
        sealed = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "AGENTLEDGER_TRIAL": "1"}
        self._git = Git(folder, outer | sealed | _WHO | {"PRE_COMMIT_ALLOW_NO_CONFIG": "1"})

    def commit(self, hooks: Path) -> TrialResult:
        """Try a commit outside the scope, with the hooks in this folder."""
        self._start()
        return self._try_command(hooks, ["commit", "--quiet", "--message", "trial"])

    def merge(self, hooks: Path) -> TrialResult:
        """Try a merge of base that discards base's work, with the hooks in this folder."""
        self._start()
        self._run(["commit", "--quiet", "--no-verify", "--message", "base moves on"])
        self._run(["branch", "--force", "main", "HEAD"])
        self._run(["reset", "--quiet", "--hard", "start"])
        (self.folder / "src/a").write_text("agent's\n")
        self._run(["commit", "--quiet", "--no-verify", "--all", "--message", "work"])
        return self._try_command(hooks, ["merge", "--quiet", "--no-edit", "--strategy", "ours", "main"])

    def push(self, hooks: Path) -> TrialResult:
        """Try a push of what the commit gate should have stopped, with the hooks in this folder."""
        self._start()
        self._run(["commit", "--quiet", "--no-verify", "--message", "slip"])
        return self._try_command(hooks, ["push", "--quiet", str(self.remote), BRANCH])

    def create(self) -> None:
        """Make the repository, and an empty one to push to."""
        # --template= leaves out the hooks that the user's template may have.
        self._run(["init", "--quiet", "--template=", "--initial-branch=main"])
        self._run(["init", "--quiet", "--template=", "--bare", str(self.remote)])
        for path, text in _FILES.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        self._run(["add", "--all"])
        self._run(["commit", "--quiet", "--no-verify", "--message", "base"])
        self._run(["tag", "start"])
        self._run(["switch", "--quiet", "--create", BRANCH])

    def _start(self) -> None:
        """Go back to the first commit, and stage a change outside the scope."""
        self._run(["reset", "--quiet", "--hard", "start"])
        self._run(["branch", "--force", "main", "start"])
        (self.folder / "docs/d").write_text("changed\n")
        self._run(["add", "docs/d"])

    def _run(self, arguments: Sequence[str]) -> None:
        """Run git without any hook."""
        process.run(self._git, ["-c", f"core.hooksPath={os.devnull}", *arguments])

    def _try_command(self, hooks: Path, arguments: Sequence[str]) -> TrialResult:
        """Run git with the hooks in this folder."""
        _, code, error_output = process.run_with_progress(
            self._git, ["-c", f"core.hooksPath={hooks}", *arguments], _ignore_line
        )
        return TrialResult(code != 0, error_output)


def _ignore_line(_line: str) -> None:
    pass


@contextmanager
def open_trial() -> Iterator[Trial]:
    """Make a trial, and remove it when the block ends."""
    with tempfile.TemporaryDirectory(prefix="agentledger-doctor-", ignore_cleanup_errors=True) as name:
        trial = Trial(Path(name) / "work", Path(name) / "remote")
        trial.folder.mkdir()
        trial.create()
        yield trial
