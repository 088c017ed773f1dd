"""The exceptions that agentledger raises on purpose, each with a hint on what to do next.

Belongs here: errors of the repository, the command line and the disk. Does not: what a user writes wrongly in
a document, which is a finding or a problem and never raised (see `findings`, `ledger.Problem`); or turning an
error into a message and an exit code, which happens once (see `cli.boundary`): nothing else catches them all.
"""


class LedgerError(Exception):
    """Something the user can fix. `message` says what is wrong, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unjudged(LedgerError):
    """No verdict is possible before the author of the work has fixed something here."""


class GitError(LedgerError):
    """git refused or failed; `message` carries git's own reason."""


class GitMissing(GitError):
    """git is not installed, or older than the oldest version that works."""


class NotARepository(GitError):
    """The folder is in no git repository."""


class RefError(LedgerError):
    """A name given by the user, or the base branch, leads to no ref."""


class OutputError(LedgerError):
    """The output folder cannot be written, or is not ours to write."""
