"""Fetches objects that a partial clone lacks, from the remote that promised them.

Belongs here: which objects are missing, and bringing exactly those. Does not: which ones somebody needs (see
`ledger.gather`, `changes.merge_blobs`, `gates.gated`), or what it means that one is missing (see `model.absent`).

The sealed directory, through which objects are read, never fetches: so this is done in the user's repository,
before anything is read. No view does it; gates and commands that write do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from agentledger.git.objects import read_object_info
from agentledger.git.process import UNHOOKED, Git, run_with_deadline, without_prompts

# Seconds for all fetches of one command or gate.
LIMIT = 10
# What git itself gives its own lazy fetch (promisor-remote.c), and no maintenance afterwards. With this filter
# nothing comes along with what is asked for by its id.
_SETTINGS = (*UNHOOKED, "-c", "fetch.negotiationAlgorithm=noop")
_FLAGS = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--no-auto-maintenance", "--quiet")


class Promised:
    """What a clone was promised, and can fetch. In a full clone, without `remotes`, it starts no process."""

    def __init__(self, git: Git, sealed: Git, remotes: Sequence[str]) -> None:
        """`git` is the user's repository, `sealed` the directory in which its objects are read."""
        self.remotes = tuple(remotes)
        #: git's reason why it could not fetch, '' where it could.
        self.failure = ""
        self._git, self._sealed = without_prompts(git), sealed
        self._until = time.monotonic() + LIMIT

    def find_missing(self, ids: Iterable[str]) -> list[str]:
        """Those of these ids whose objects are not here, each once; none in a full clone."""
        unique = list(dict.fromkeys(oid for oid in ids if oid.strip("0"))) if self.remotes else []
        answers = read_object_info(self._sealed, unique)
        return [oid for oid, (_, kind, _) in zip(unique, answers, strict=True) if kind == "missing"]

    def bring(self, ids: Iterable[str]) -> list[str]:
        """Fetch those of these ids that are not here, in one batch; return what is missing all the same."""
        missing, reason = self.find_missing(ids), self.failure
        # A remote that did not answer once is not asked again.
        for remote in self.remotes if not self.failure else ():
            if missing:
                reason = self._fetch(remote, missing)
                missing = self.find_missing(missing)
        self.failure = reason if missing else self.failure
        return missing

    def _fetch(self, remote: str, ids: Sequence[str]) -> str:
        """Fetch these objects from a remote; git's reason where that fails, else ''."""
        # `--`: nothing of a remote's name may be taken for an option.
        fetch = ["fetch", *_FLAGS, "--filter=blob:none", "--stdin", "--", remote]
        wanted = "".join(f"{oid}\n" for oid in ids).encode()
        return run_with_deadline(
            self._git, [*_SETTINGS, *fetch], wanted, seconds=self._until - time.monotonic()
        )
