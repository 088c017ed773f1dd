"""What a partial clone lacks of the ledger, and the words about it.

Belongs here: the value for such a file, and its sentence, command and error. Does not: finding out what is missing
(see `ledger.gather` and `gates.gated`), or fetching it (see `git.promised`).

Nobody here knows what such a file says. So it is neither empty nor absent from its branch: it is unknown.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentledger.model.errors import Unjudged
from agentledger.model.text import escape_hidden

# Files that a sentence names, and objects that one command fetches: a shell's line has an end.
_NAMED, _FETCHED = 3, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A file whose content this partial clone lacks, so that nobody here knows what it says."""

    #: The path in its tree; a folder's ends in `/`.
    path: str
    #: The branch it was read from, in short.
    ref: str
    #: The object's id; '' where git cannot tell it here.
    blob: str
    #: The remote that promised to have it.
    remote: str
    #: The task that it is about; '' where it decides about all of them.
    task: str = ""

    @property
    def name(self) -> str:
        """Where it is, in words."""
        return f"{escape_hidden(self.path)} on {escape_hidden(self.ref)}"


def describe_absent(files: Iterable[Absent], then: str = "") -> str:
    """Which files those are, as a sentence; `then` goes on, with `{they}` and `{them}` for the files."""
    names = list(dict.fromkeys(each.name for each in files))
    rest = len(names) - _NAMED
    joined = ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    one = len(names) == 1
    end = then.format(they="it says" if one else "they say", them="it" if one else "them")
    return f"{joined} {'is' if one else 'are'} not in this partial clone{end}"


def describe_unknown(files: Sequence[Absent]) -> str:
    """The sentence for the reader of a view, with the command that brings everything."""
    sentence = describe_absent(files, ", so what {they} is unknown: agentledger check --fleet brings {them}")
    return f"{sentence}."


def format_fetch(files: Sequence[Absent]) -> str:
    """The git command that brings these files; of many, the first ones. '' for no file."""
    if not files:
        return ""
    if any(each.path.endswith("/") or not each.blob for each in files):
        return format_refetch(files[0].remote)
    ids = list(dict.fromkeys(each.blob for each in files if each.remote == files[0].remote))
    # Named by its id, an object comes whatever the filter and the refspecs are. FETCH_HEAD would say that
    # the branches had been fetched.
    remote = shlex.quote(escape_hidden(files[0].remote))
    return f"git fetch --no-write-fetch-head {remote} {' '.join(ids[:_FETCHED])}"


def format_refetch(remote: str) -> str:
    """The git command that brings all folders, which a clone with `--filter=tree:0` lacks, but no file."""
    name = escape_hidden(remote)
    key = shlex.quote(f"remote.{name}.partialCloneFilter")
    return f"git config {key} blob:none && git fetch --refetch {shlex.quote(name)}"


def make_absent_error(files: Sequence[Absent], what: str, why: str = "") -> Unjudged:
    """The error for what cannot be done without these files; `why` is git's reason for not fetching them, if any."""
    reason = f": {escape_hidden(why)}" if why else ""
    failed = describe_absent(files, ", and git could not fetch {them}" if why else "")
    return Unjudged(f"{what}: {failed}{reason}", f"{format_fetch(files)}; then run this again")
