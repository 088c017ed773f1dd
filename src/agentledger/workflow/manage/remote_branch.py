"""Talking to a remote about one branch: fetch it by name, push it by name, and what the remote said.

Belongs here: the two commands, progress, and the remote's answers as values or sentences. Does
not: what is pushed, and when (see `workflow.sync`).

Nothing here forces: a push goes through only where it adds to what the remote has, and a fetch
writes the remote-tracking copy, never a branch.

What a failure means is found out by looking again, here and there: git's words for it differ between its
versions, and a push that lost a race is refused in the words of the server's. They are for people.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.git.races import RefusedError, Writer, read_tip, retry
from agentledger.model.errors import GitError
from agentledger.model.text import escape_hidden
from agentledger.repository.bases import HEADS, REMOTES

if TYPE_CHECKING:
    from agentledger.fleet.snapshot import Progress

# Pauses in seconds before a refused push is tried again, though the branch there has not moved: a rival's
# push may have held its lock. A server that means it says no each time.
_PAUSES = (0.1, 0.4)


@dataclass(frozen=True, slots=True)
class Link:
    """A branch on a remote. `progress` hears how far git is, None: nobody asks."""

    asked: Git
    place: Place
    remote: str
    name: str
    progress: Progress | None = None

    @property
    def branch(self) -> str:
        """The branch's full name, here and there."""
        return HEADS + self.name

    @property
    def tracking_ref(self) -> str:
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
        return retry(
            Writer(self.place, self.tracking_ref, self.place.common / "agentledger"), self._fetch_once
        )

    def _fetch_once(self) -> bool:
        flags = ["--no-tags", "--no-prune", "--no-recurse-submodules", "--no-auto-maintenance"]
        # Nothing else is fetched, so FETCH_HEAD must not say that the whole repository just was. The
        # empty map keeps git from also applying the configured refspec, which can name the branch itself.
        flags += ["--no-write-fetch-head", "--refmap="]
        refspec = f"+{self.branch}:{self.tracking_ref}"
        _, code, said = self._run_remote(["fetch", *flags], [self.remote, refspec])
        if not code:
            return True
        there = self._there(said)
        if there is None:
            return False
        if there == read_tip(self.asked, self.tracking_ref):
            return True  # somebody else brought it
        raise RefusedError(_fatal_words(said))

    def _there(self, said: str) -> str | None:
        """What the branch is at on the remote now, None where it has none. GitError tells what was `said`."""
        out, code, _ = self._run_remote(["ls-remote", "--heads"], [self.remote, self.branch])
        if code:
            raise self.unreachable_error(said)
        # The pattern also matches the ends of longer names.
        ids = [
            oid for oid, _, ref in (line.partition("\t") for line in out.split("\n")) if ref == self.branch
        ]
        return ids[0] if ids else None

    def is_empty(self) -> bool:
        """The remote has no branch at all, so that the first one pushed would become its default."""
        out, code, said = self._run_remote(["ls-remote", "--heads"], [self.remote])
        if code:
            raise self.unreachable_error(said)
        return not out.strip()

    def push(self, commit: str, before: str | None) -> bool:
        """Push this commit to the branch; False when the remote's has moved on from `before` meanwhile.

        Raises GitError with the server's words when it refuses.
        """
        for pause in (*_PAUSES, None):
            rejected, said = self._push_once(commit)
            if rejected is None:
                return True
            there = self._there(said)
            if there == commit:
                return True  # it is there, whatever failed afterwards
            if there != before:
                return False
            if not rejected:  # it never left this machine, so nobody there said no
                raise self._hooked(said)
            if pause is not None:
                time.sleep(pause * random.uniform(1, 2))  # noqa: S311 - no secret
        told = escape_hidden(_remote_words(said) or (rejected or "").split("\t")[-1])
        raise GitError(
            f"{escape_hidden(self.remote)} refuses {escape_hidden(self.name)}: {told}",
            "nothing is lost, it waits in the local branch; ask for the right to push it there",
        )

    def _push_once(self, commit: str) -> tuple[str | None, str]:
        """The line of a rejected push, '' where none was tried, None: it went through. And what was said."""
        flags = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-force-with-lease"]
        out, code, said = self._run_remote(["push", *flags], [self.remote, f"{commit}:{self.branch}"])
        if not code:
            return None, said
        # `!`, what was pushed where, `[rejected] (why)`, between tabs.
        return next((line for line in out.split("\n") if line.startswith("!")), ""), said

    def unreachable_error(self, said: str) -> GitError:
        """The error for a remote that does not answer, or that git will not talk to."""
        words, remote = _remote_words(said) or _fatal_words(said), escape_hidden(self.remote)
        return GitError(
            f"git cannot talk to {remote}: {escape_hidden(words)}",
            f"nothing is lost; once git fetch {remote} works, run agentledger sync again",
        )

    def _hooked(self, said: str) -> GitError:
        """The error for a push that never left, since a hook of this repository ended it."""
        lines = [line.strip() for line in said.split("\n") if line.strip() and not line.startswith("error: ")]
        words = f": {escape_hidden(' '.join(lines)[:400])}" if lines else ""
        return GitError(
            f"a pre-push hook of this repository stops {escape_hidden(self.name)}{words}",
            "nothing is lost, it waits in the local branch; mend what the hook names, then agentledger sync",
        )

    def _run_remote(self, command: list[str], arguments: list[str]) -> tuple[str, int, str]:
        hear = _make_listener(self.progress) if self.progress else _ignore_line
        flags = ["--progress"] if self.progress and command[0] != "ls-remote" else []
        git = self.asked
        if self.progress:
            # On a terminal somebody can type a password.
            kept: Mapping[str, str] = {k: v for k, v in git.env.items() if k != "GIT_TERMINAL_PROMPT"}
            git = replace(git, env=kept)
        return process.run_with_progress(git, [*command, *flags, "--", *arguments], hear)


def _ignore_line(_line: str) -> None:
    pass


def _remote_words(said: str) -> str:
    """What the server said, in one line: its lines come marked `remote:`, padded with blanks."""
    lines = [line.removeprefix("remote:").strip() for line in said.split("\n") if line.startswith("remote:")]
    return _strip_credentials(" ".join(re.sub(r"^(error|fatal|ERROR): ", "", line) for line in lines if line))


def _fatal_words(said: str) -> str:
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: ", "ssh: "))]
    return _strip_credentials(re.sub(r"^(fatal|error): ", "", (fatal or lines or ["git gave no reason"])[0]))


def _strip_credentials(words: str) -> str:
    """Short, and without a password or token that stands in an address."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", words)[:400]


def _make_listener(progress: Progress) -> Callable[[str], object]:
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
