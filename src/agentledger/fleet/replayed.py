"""Which commits git may have made of other commits, without a commit hook.

Belongs here: what a commit itself shows of that. Does not: which commit it was made of, or what the hooks are for
(see `rules.fleet`).

cherry-pick, rebase and am keep the author's date and set the committer's; revert writes its own subject. None of them
runs pre-commit (githooks(5)). `git commit --amend` keeps the author's date, too, and runs it: so this is no proof.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentledger.model.fleet import Commit

# What `git revert` begins a message with; a revert of a revert has the second since git 2.43.
_REVERTS = ('Revert "', 'Reapply "')


def find_replayed(commits: Iterable[Commit]) -> dict[str, str]:
    """Map the commits that may be such to what shows it, as a part of a sentence."""
    reasons = ((commit.id, _describe_replay(commit)) for commit in commits)
    return {commit: reason for commit, reason in reasons if reason}


def _describe_replay(commit: Commit) -> str:
    if commit.subject.startswith(_REVERTS):
        return "its subject is that of git revert"
    return "it was written at another time than it was committed" if commit.at != commit.committed_at else ""
