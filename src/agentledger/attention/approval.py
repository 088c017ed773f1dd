"""Which review decides about a branch, whether it approves, who that was, and in which round it is.

Belongs here: what policy's `[[review]]` makes of reviews, and the words about a reviewer. Does not: whether a review
is still about the change (see `trust`), what follows from its verdict (see `progress`), or the points that are open
(see `open_points`).

A human's word outranks an agent's: an agent's approval never takes back what a human has asked for, and it counts only
where the policy leaves the review to an agent and the brief delegates the work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief, Review
from agentledger.model.policy import Policy, ReviewRule
from agentledger.model.text import encode, escape_hidden, format_count
from agentledger.model.work import Work
from agentledger.scope.task_scope import first_match

# What the names of agents' programs, and what people call them, have in common.
_CLIENTS = (
    "claude codex copilot cursor devin gemini jules qwen opencode kilo auggie aider amp droid goose".split()
)
_WORDS = re.compile("[a-z0-9]+")


# -- who has to review ------------------------------------------------------------------------


def find_asked(
    policy: Policy, brief: Brief | None, touched: Collection[bytes], *, confirmed: bool = True
) -> ReviewRule | None:
    """Return who has to review a change of these paths: the strictest rule of all that cover one; None without any.

    An agent's review is enough only where a manager's brief delegates the work; `confirmed` is False for a brief that
    the branch alone has, since its agent has written the mode itself.
    """
    rules = [rule for rule in policy.reviews if _covers(rule, touched)]
    if not rules:
        return None
    delegated = confirmed and brief is not None and brief.mode == "delegate"
    limits = [rule.rounds for rule in rules if rule.rounds is not None]
    return ReviewRule(
        paths=tuple(dict.fromkeys(path for rule in rules for path in rule.paths)),
        by="agent" if delegated and all(rule.by == "agent" for rule in rules) else "human",
        another=any(rule.another for rule in rules),
        rounds=min(limits) if limits else None,
    )


def _covers(rule: ReviewRule, touched: Collection[bytes]) -> bool:
    patterns = tuple(map(encode, rule.paths))
    return not patterns or any(first_match(patterns, path) is not None for path in touched)


def list_clients(work: Work, agent: str = "") -> frozenset[str]:
    """Return the programs that wrote the branch, as far as its check-ins, and what `agent` names, show."""
    names = (agent, *(check_in.agent for check_in in work.check_ins))
    return frozenset(client_of(name) for name in names if name)


def client_of(name: str) -> str:
    """Return the program that an agent's name stands for: `claude` for `claude-code`; the name where none is known."""
    flat = name.lower()
    return next((word for word in _WORDS.findall(flat) if word in _CLIENTS), flat)


# -- which review decides -----------------------------------------------------------------------


def counts_as_approval(review: Review, asked: ReviewRule | None, authors: Collection[str]) -> bool:
    """Does an approval by this reviewer approve the change? `authors` are the programs that wrote it."""
    if review.kind == "human":
        return True
    if asked is None or asked.by != "agent":
        return False
    return not (asked.another and client_of(review.reviewer) in authors)


def find_deciding(
    reviews: Sequence[Review],
    asked: ReviewRule | None,
    authors: Collection[str],
    holds: Callable[[Review], bool],
) -> Review | None:
    """Return the review that decides, of those of a branch, newest first; None where none does.

    `holds` tells whether a review is about the change as it is now.
    """
    if not reviews:
        return None
    newest = reviews[0]
    if newest.kind == "human" or newest.verdict != "approve":
        return newest
    human = next((review for review in reviews if review.kind == "human"), None)
    if not counts_as_approval(newest, asked, authors):
        # It takes back what agents said before it, and no more.
        return human
    return human if human and human.verdict != "approve" and holds(human) else newest


# -- rounds, and the words --------------------------------------------------------------------


def count_rounds(reviews: Iterable[Review]) -> int:
    """Return how often the branch was reviewed: several reviews of one commit are one round."""
    return len({review.head for review in reviews})


def describe_rounds(branch: Branch) -> str:
    """Return which round of review a branch has had, from the second on, or beyond the policy's limit; else ''."""
    rounds = count_rounds(branch.work.reviews) if branch.work else 0
    limit = branch.standing.asked.rounds if branch.standing and branch.standing.asked else None
    if limit is not None and rounds > limit:
        return f"round {rounds}, more than the policy's {format_count(limit, 'round')}"
    return f"round {rounds}" if rounds > 1 else ""


def describe_reviewer(review: Review) -> str:
    """Return who reviewed, of which kind, and how far that is shown: `mia@example.com (human, unproven)`."""
    ran = "run by agentledger" if review.kind == "agent" and review.run == "manager" else ""
    shown = "proven" if review.document.source.proven else "unproven"
    what = ", ".join(part for part in (review.kind, ran, shown) if part)
    return f"{escape_hidden(review.reviewer) or 'somebody'} ({what})"


def describe_informing(branch: Branch) -> str:
    """Return what the newest review says that decides nothing: an agent's approval, or a run without a verdict."""
    work, standing = branch.work, branch.standing
    if work is None or standing is None:
        return ""
    newest = next(iter(work.reviews), None)
    failed = next(iter(work.no_verdicts), None)
    if failed and failed.head == branch.head and (newest is None or failed.at > newest.at):
        return f"{describe_reviewer(failed)} came to no verdict"
    if newest is None or newest is standing.review or newest.verdict != "approve":
        return ""
    fresh = standing.reviews_fresh.get(newest.document.source.path)
    if fresh is None or not fresh.holds:
        return ""
    return f"{describe_reviewer(newest)} approves it, which only informs"
