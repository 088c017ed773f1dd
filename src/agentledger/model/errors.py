"""Everything that agentledger raises on purpose, each with a hint.

What a user writes wrongly in a document is a finding, not an exception; these
are for the rest: the repository, the command line, the disk. The command line
translates them once (see `cli.boundary`); nothing else catches them all.
"""


class LedgerError(Exception):
    """Something the user can mend. `message` says what, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unjudged(LedgerError):
    """What is asked about cannot be judged before its author has mended something here."""


class GitError(LedgerError):
    """git refused or failed; `message` carries git's own reason."""


class GitMissing(GitError):
    """git is not installed, or older than the oldest version that works."""


class NotARepository(GitError):
    """The folder is in no git repository."""


class RefError(LedgerError):
    """A name given by the user, or the base branch, does not resolve."""


class OutputError(LedgerError):
    """The output folder cannot be written, or is not ours to write."""
