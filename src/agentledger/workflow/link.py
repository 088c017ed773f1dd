"""Talking to a remote about one branch: fetch it by name, push it by name, and what the remote said.

Belongs here: the two commands, progress, and the remote's answers as values or sentences. Does
not: what is pushed, and when (see `workflow.sync`).

Nothing here forces: a push goes through only where it adds to what the remote has, and a fetch
writes the remote-tracking copy, never a branch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentledger import git
from agentledger.bases import HEADS, REMOTES
from agentledger.errors import GitError
from agentledger.git import Git
from agentledger.text import printable

if TYPE_CHECKING:
    from agentledger.snapshot import Progress

# Reasons of a rejected push that mean: the branch moved there meanwhile.
_RACE = ("fetch first", "non-fast-forward", "stale info", "cannot lock ref", "failed to update ref")


@dataclass(frozen=True, slots=True)
class Link:
    """A branch on a remote. `progress` hears how far git is, None: nobody asks."""

    asked: Git
    remote: str
    name: str
    progress: Progress | None = None

    @property
    def branch(self) -> str:
        """The branch's full name, here and there."""
        return HEADS + self.name

    @property
    def tracking(self) -> str:
        """The remote-tracking copy."""
        return f"{REMOTES}{self.remote}/{self.name}"

    @property
    def synced(self) -> str:
        """A ref of our own that remembers what both had last: it survives `git fetch --prune`."""
        return f"refs/agentledger/synced/{self.remote}/{self.name}"

    def fetch(self) -> bool:
        """Bring the remote-tracking copy up to date; False when the remote has no such branch.

        Raises GitError with the remote's or git's words when it cannot be reached.
        """
        flags = ["--no-tags", "--no-prune", "--no-recurse-submodules", "--no-auto-maintenance"]
        # Nothing else is fetched, so FETCH_HEAD must not say that the whole repository just was. The
        # empty map keeps git from also applying the configured refspec, which can name the branch itself.
        flags += ["--no-write-fetch-head", "--refmap="]
        refspec = f"+{self.branch}:{self.tracking}"
        _, code, said = self._talk(["fetch", *flags], [self.remote, refspec])
        if code and "couldn't find remote ref" in said:
            return False
        if code:
            raise self.unreachable(said)
        return True

    def is_empty(self) -> bool:
        """The remote has no branch at all, so that the first one pushed would become its default."""
        out, code, said = self._talk(["ls-remote", "--heads"], [self.remote])
        if code:
            raise self.unreachable(said)
        return not out.strip()

    def push(self, commit: str) -> bool:
        """Push this commit to the branch; False when the remote's has moved on meanwhile.

        Raises GitError with the server's words when it refuses.
        """
        flags = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-force-with-lease"]
        out, code, said = self._talk(["push", *flags], [self.remote, f"{commit}:{self.branch}"])
        if not code:
            return True
        # `!`, what was pushed where, `[rejected] (why)`, between tabs.
        rejected = next((line for line in out.split("\n") if line.startswith("!")), "")
        if not rejected:
            raise self._hooked(said) if "error: failed to push some refs" in said else self.unreachable(said)
        if any(reason in rejected for reason in _RACE):
            return False
        why = rejected.split("\t")[-1]
        words = _remote_words(said)
        told = f"{printable(self.remote)} refuses {printable(self.name)}: {printable(words or why)}"
        raise GitError(
            told, "nothing is lost, it waits in the local branch; ask for the right to push it there"
        )

    def unreachable(self, said: str) -> GitError:
        """The error for a remote that does not answer, or that git will not talk to."""
        words, remote = _remote_words(said) or _fatal_words(said), printable(self.remote)
        return GitError(
            f"git cannot talk to {remote}: {printable(words)}",
            f"nothing is lost; once git fetch {remote} works, run agentledger sync again",
        )

    def _hooked(self, said: str) -> GitError:
        """The error for a push that never left, since a hook of this repository ended it."""
        lines = [line.strip() for line in said.split("\n") if line.strip() and not line.startswith("error: ")]
        words = f": {printable(' '.join(lines)[:400])}" if lines else ""
        return GitError(
            f"a pre-push hook of this repository stops {printable(self.name)}{words}",
            "nothing is lost, it waits in the local branch; mend what the hook names, then agentledger sync",
        )

    def _talk(self, command: list[str], arguments: list[str]) -> tuple[str, int, str]:
        hear = _listener(self.progress) if self.progress else _deaf
        flags = ["--progress"] if self.progress and command[0] != "ls-remote" else []
        asked = self.asked
        if self.progress:
            # On a terminal somebody can type a password.
            kept: Mapping[str, str] = {k: v for k, v in asked.env.items() if k != "GIT_TERMINAL_PROMPT"}
            asked = replace(asked, env=kept)
        return git.overheard(asked, [*command, *flags, "--", *arguments], hear)


def _deaf(_line: str) -> None:
    pass


def _remote_words(said: str) -> str:
    """What the server said, in one line: its lines come marked `remote:`, padded with blanks."""
    lines = [line.removeprefix("remote:").strip() for line in said.split("\n") if line.startswith("remote:")]
    return _cleaned(" ".join(re.sub(r"^(error|fatal|ERROR): ", "", line) for line in lines if line))


def _fatal_words(said: str) -> str:
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: ", "ssh: "))]
    return _cleaned(re.sub(r"^(fatal|error): ", "", (fatal or lines or ["git gave no reason"])[0]))


def _cleaned(words: str) -> str:
    """Short, and without a password or token that stands in an address."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", words)[:400]


def _listener(progress: Progress) -> Callable[[str], object]:
    """Turns git's bars into stages; GitPython knows how to read them."""
    from git import RemoteProgress

    stages = {
        RemoteProgress.COUNTING: "counting what is new",
        RemoteProgress.COMPRESSING: "compressing",
        RemoteProgress.WRITING: "pushing",
        RemoteProgress.RECEIVING: "fetching",
        RemoteProgress.RESOLVING: "unpacking",
    }

    class Bars(RemoteProgress):
        def update(
            self,
            op_code: int,
            cur_count: str | float,
            max_count: str | float | None = None,
            message: str = "",  # noqa: ARG002 - GitPython gives it by name
        ) -> None:
            stage = stages.get(op_code & self.OP_MASK, "talking to the remote")
            progress(stage, int(cur_count), int(max_count or 0))

    return Bars().new_message_handler()
