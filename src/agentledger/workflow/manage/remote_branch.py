"""Fetches and pushes one branch of a remote by name, and explains what the remote said.

Belongs here: the two commands, progress, and the remote's answers as values or sentences. Does not: what is
pushed, and when (see `sync`).

Nothing here forces: a push succeeds only where it adds to what the remote has, and a fetch writes the
remote-tracking copy, never a branch.

What a failure means is found out by looking at both sides again: git's words for it differ between versions, and
the server words the refusal of a push that lost a race. Such words are only shown to people.
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
    from agentledger.fleet.request import Progress

# Seconds before a refused push is tried again where the branch on the remote has not moved: a rival's push may
# have held its lock. A server that means its refusal repeats it.
_PAUSES = (0.1, 0.4)


@dataclass(frozen=True, slots=True)
class Link:
    """A branch on a remote, by its short name.

    `progress` is called with how far git is, None for nobody.
    """

    git: Git
    place: Place
    remote: str
    name: str
    progress: Progress | None = None

    @property
    def branch(self) -> str:
        """The branch's full name, both here and on the remote."""
        return HEADS + self.name

    @property
    def tracking_ref(self) -> str:
        """The full name of the remote-tracking copy."""
        return f"{REMOTES}{self.remote}/{self.name}"

    @property
    def synced(self) -> str:
        """The full name of a ref of our own that remembers what both sides had last.

        Unlike the remote-tracking copy it survives `git fetch --prune`, so a deleted branch is noticed.
        """
        return f"refs/agentledger/synced/{self.remote}/{self.name}"

    def fetch(self) -> bool:
        """Bring the remote-tracking copy up to date; False where the remote has no such branch.

        Raises GitError, with the remote's or git's words, where it cannot be reached.
        """
        return retry(
            Writer(self.place, self.tracking_ref, self.place.common / "agentledger"), self._fetch_once
        )

    def _fetch_once(self) -> bool:
        """One try. Raises RefusedError where the copy here could not be written, for `retry` to decide on."""
        # A person's own settings must not bring tags, remove refs, enter submodules or start maintenance.
        flags = ["--no-tags", "--no-prune", "--no-recurse-submodules", "--no-auto-maintenance"]
        # Nothing else is fetched, so FETCH_HEAD must not say that the whole repository just was. The
        # empty map keeps git from also applying the configured refspec, which can name the branch itself.
        flags += ["--no-write-fetch-head", "--refmap="]
        refspec = f"+{self.branch}:{self.tracking_ref}"
        _, code, error_text = self._run_remote(["fetch", *flags], [self.remote, refspec])
        if not code:
            return True
        remote_tip = self._read_remote_tip(error_text)
        if remote_tip is None:
            return False
        if remote_tip == read_tip(self.git, self.tracking_ref):
            return True  # somebody else brought it
        raise RefusedError(_fatal_words(error_text))

    def _read_remote_tip(self, error_text: str) -> str | None:
        """The commit of the branch on the remote now, None where it has no such branch.

        Raises GitError, with the `error_text` of an earlier command, where the remote cannot be reached.
        """
        output, code, _ = self._run_remote(["ls-remote", "--heads"], [self.remote, self.branch])
        if code:
            raise self.unreachable_error(error_text)
        # ls-remote's pattern also matches the ends of longer names.
        ids = [
            oid for oid, _, ref in (line.partition("\t") for line in output.split("\n")) if ref == self.branch
        ]
        return ids[0] if ids else None

    def is_empty(self) -> bool:
        """Has the remote no branch at all? Then the first one pushed would become its default branch."""
        output, code, error_text = self._run_remote(["ls-remote", "--heads"], [self.remote])
        if code:
            raise self.unreachable_error(error_text)
        return not output.strip()

    def push(self, commit: str, before: str | None) -> bool:
        """Push this commit to the branch; False where the remote's branch has moved from `before` meanwhile.

        `before` is None where the remote had no such branch. Raises GitError, with the server's words, where
        it refuses.
        """
        for pause in (*_PAUSES, None):
            rejected, error_text = self._push_once(commit)
            if rejected is None:
                return True
            remote_tip = self._read_remote_tip(error_text)
            if remote_tip == commit:
                return True  # it is there, whatever failed afterwards
            if remote_tip != before:
                return False
            if not rejected:  # it never left this machine, so nobody there said no
                raise self._hook_error(error_text)
            if pause is not None:
                time.sleep(pause * random.uniform(1, 2))  # noqa: S311 - no secret
        reason = escape_hidden(_remote_words(error_text) or (rejected or "").split("\t")[-1])
        raise GitError(
            f"{escape_hidden(self.remote)} refuses {escape_hidden(self.name)}: {reason}",
            "nothing is lost, it waits in the local branch; ask for the right to push it there",
        )

    def _push_once(self, commit: str) -> tuple[str | None, str]:
        """The line of a rejected push, '' where nothing was sent, None where it succeeded; and what git said."""
        flags = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-force-with-lease"]
        output, code, error_text = self._run_remote(
            ["push", *flags], [self.remote, f"{commit}:{self.branch}"]
        )
        if not code:
            return None, error_text
        # A rejected ref has three fields between tabs: `!`, what was pushed where, `[rejected] (why)`.
        return next((line for line in output.split("\n") if line.startswith("!")), ""), error_text

    def unreachable_error(self, error_text: str) -> GitError:
        """The error for a remote that does not answer, or that git cannot talk to."""
        reason, remote = _remote_words(error_text) or _fatal_words(error_text), escape_hidden(self.remote)
        return GitError(
            f"git cannot talk to {remote}: {escape_hidden(reason)}",
            f"nothing is lost; once git fetch {remote} works, run agentledger sync again",
        )

    def _hook_error(self, error_text: str) -> GitError:
        """The error for a push that a hook of this repository stopped before anything was sent."""
        lines = [
            line.strip() for line in error_text.split("\n") if line.strip() and not line.startswith("error: ")
        ]
        hook_output = f": {escape_hidden(' '.join(lines)[:400])}" if lines else ""
        return GitError(
            f"a pre-push hook of this repository stops {escape_hidden(self.name)}{hook_output}",
            "nothing is lost, it waits in the local branch; fix what the hook names, then run agentledger sync",
        )

    def _run_remote(self, command: list[str], arguments: list[str]) -> tuple[str, int, str]:
        """Run git; return its output, exit code, and what it said on standard error."""
        listener = _make_listener(self.progress) if self.progress else _ignore_line
        flags = ["--progress"] if self.progress and command[0] != "ls-remote" else []
        git = self.git
        if self.progress:
            # Progress is asked for only at a terminal, where somebody can type a password.
            env: Mapping[str, str] = {k: v for k, v in git.env.items() if k != "GIT_TERMINAL_PROMPT"}
            git = replace(git, env=env)
        return process.run_with_progress(git, [*command, *flags, "--", *arguments], listener)


def _ignore_line(_line: str) -> None:
    pass


def _remote_words(error_text: str) -> str:
    """What the server said, in one line; git marks its lines with `remote:` and pads them with blanks."""
    lines = [
        line.removeprefix("remote:").strip() for line in error_text.split("\n") if line.startswith("remote:")
    ]
    return _strip_credentials(" ".join(re.sub(r"^(error|fatal|ERROR): ", "", line) for line in lines if line))


def _fatal_words(error_text: str) -> str:
    """git's own reason for a failure: the first fatal line, else the first line."""
    lines = [line.strip() for line in error_text.split("\n") if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: ", "ssh: "))]
    return _strip_credentials(re.sub(r"^(fatal|error): ", "", (fatal or lines or ["git gave no reason"])[0]))


def _strip_credentials(text: str) -> str:
    """The words without a password or token in an address, in at most 400 characters."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)[:400]


def _make_listener(progress: Progress) -> Callable[[str], object]:
    """A function that takes git's progress lines and reports stages; GitPython parses the lines."""
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
