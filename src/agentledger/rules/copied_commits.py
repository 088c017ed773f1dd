"""Is a commit of the branch on another branch, too?

Belongs here: the rule FLT006, and its words. Does not: finding such commits (see
`collisions.copied.copies`), or the other rules of the fleet (see `fleet`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.model.text import escape_hidden, format_count, format_path
from agentledger.rules.case import Case, CopiedCommit, Found


def has_copies(case: Case) -> bool:
    """Is a commit of the branch on another one under another id?"""
    return bool(case.copies)


def copied_commit(case: Case) -> Iterator[Found]:
    """A commit of the branch is on another branch, too, under another id.

    Why: both bring the same change. Whichever merges second is reviewed with work that is not its own, conflicts
    where the two have gone on differently, and takes along files that its brief may not let it change.
    Fix: keep the commit on one of the two. Take it out of the later one, or let that one depend on the other:
    `agentledger plan TASK --add-depends-on OTHER`. Compared are the 200 newest commits of each open branch, and the
    same is what one author wrote, line by line: with the same author's time, as cherry-pick and rebase keep it, or with
    the same lines around it. Of two attempts at one task only one lands, so nothing is said of those.
    """
    by_branch: dict[str, list[CopiedCommit]] = {}
    for copied in case.copies:
        by_branch.setdefault(copied.other, []).append(copied)
    groups: dict[tuple[str, ...], list[str]] = {}
    for other, copies in by_branch.items():
        groups.setdefault(tuple(copied.commit for copied in copies), []).append(other)
    # One finding for all that was taken over together, and for all branches that have it.
    for others in groups.values():
        copies = [copied for other in others for copied in by_branch[other]]
        outside = tuple(dict.fromkeys(path for copied in copies for path in copied.outside))
        yield Found(
            message=_describe_copies(by_branch[others[0]], others) + _describe_outside(copies, outside),
            hint=_keep_one(case, by_branch[others[0]]),
            path=outside[0] if outside else None,
            commit=copies[0].commit,
        )


def _describe_copies(copies: list[CopiedCommit], others: list[str]) -> str:
    first, more = copies[0], len(copies) - 1
    subject = f'"{escape_hidden(first.subject)}" by {escape_hidden(first.author)}'
    several = f", and {format_count(more, 'more commit')}" if more else ""
    elsewhere = "".join(f", and on {escape_hidden(other)}" for other in others[1:3])
    elsewhere += f", and on {len(others) - 3} more" if others[3:] else ""
    verb = "are" if more else "is"
    return (
        f"{first.commit[:12]} ({subject}){several} {verb} also on {escape_hidden(first.other)}, "
        f"as {first.other_commit[:12]}{elsewhere}"
    )


def _describe_outside(copies: list[CopiedCommit], outside: tuple[bytes, ...]) -> str:
    text = f"; {_name_paths(outside)} out of scope here" if outside else ""
    there = tuple(dict.fromkeys(path for copied in copies for path in copied.outside_there))
    return f"{text}; {_name_paths(there)} out of scope there" if there else text


def _name_paths(paths: tuple[bytes, ...]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"{', '.join(map(format_path, paths[:3]))}{more} {'are' if paths[1:] else 'is'}"


def _keep_one(case: Case, copies: list[CopiedCommit]) -> str:
    first = copies[0]
    mine, theirs = case.brief.task if case.brief else "", first.task
    depend = ""
    if mine and theirs:
        later, earlier = (mine, theirs) if first.is_later else (theirs, mine)
        depend = f"agentledger plan {escape_hidden(later)} --add-depends-on {escape_hidden(earlier)}"
    if first.is_later:
        drop = first.drop or f"take it out here: {escape_hidden(first.other)} had it first"
        return f"{drop}; or build on it: {depend}" if depend else drop
    take_out = f"take it out of {escape_hidden(first.other)}, which had it later"
    return f"{take_out}; or let that build on this: {depend}" if depend else take_out
