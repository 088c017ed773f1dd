"""Whose approval counts: policy's `[[review]]`, the brief's mode, and what agents and humans said in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.attention import approval
from agentledger.attention.open_points import list_open_points
from agentledger.documents import parse_review
from agentledger.ledger.config import parse
from agentledger.model.ledger import Source
from cases import raw_document
from rulecases import brief, review
from writing import Desk, check_in, document, moment

ALL = '[[review]]\nby = "agent"\n'
ELSEWHERE = '[[review]]\npaths = ["docs/**"]\nby = "agent"\n'
HUMAN = '[[review]]\npaths = ["src/**"]\nby = "human"\n'
ANOTHER = '[[review]]\nby = "agent"\nanother = true\nrounds = 3\n'


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("", "delegate", None),
        (ELSEWHERE, "delegate", None),
        (ALL, "delegate", ("agent", False, None)),
        (ALL, "review", ("human", False, None)),
        # The strictest of those that cover it.
        (ALL + HUMAN, "delegate", ("human", False, None)),
        (ALL + ANOTHER, "delegate", ("agent", True, 3)),
        ("[[review]]\nrounds = 5\n" + ANOTHER, "delegate", ("human", True, 3)),
    ],
)
def test_the_strictest_rule_that_covers_a_changed_path_says_who(
    text: str, mode: str, expected: tuple[str, bool, int | None] | None
) -> None:
    policy = parse("config.toml", text.encode())
    assert policy.problems == ()
    asked = approval.find_asked(policy, brief(mode=mode), [b"src/a.py"])
    assert (asked and (asked.by, asked.another, asked.rounds)) == expected
    # What only the branch says of its mode, its agent has written.
    alone = approval.find_asked(policy, brief(mode=mode), [b"src/a.py"], confirmed=False)
    assert alone is None or alone.by == "human"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[review]]\nby = "anybody"\n', "`review.by`"),
        ("[[review]]\nround = 2\n", "`round` is no key"),
        ("[[review]]\nrounds = 0\n", "`review.rounds`"),
        ("[review]\nrounds = 2\n", "`review`"),
    ],
)
def test_a_wrong_value_is_told(text: str, message: str) -> None:
    assert message in " ".join(p.message for p in parse("config.toml", text.encode()).problems)


def said(verdict: str, by: str, minutes: int, head: object, reviewer: str = "") -> str:
    who = reviewer or ("codex" if by == "agent" else "ana@example.org")
    keys = {"reviewer": who, "kind": by, "verdict": verdict, "branch": "agent/x", "head": str(head)}
    sections = (
        "Matches intent and non-goals|Correctness|Style|Edge cases|Missed tests|Maintainability|Findings"
    )
    body = "".join(f"\n## {title}\nIt.\n" for title in sections.split("|"))
    return document(body, at=moment(minutes), **keys)


ORDERS: list[tuple[str, list[tuple[str, str, str]], str]] = [
    ("", [("approve", "agent", "")], "ready"),
    (ALL, [("approve", "agent", "")], "approved"),
    (ELSEWHERE, [("approve", "agent", "")], "ready"),
    (HUMAN, [("approve", "agent", "")], "ready"),
    (HUMAN, [("approve", "human", "")], "approved"),
    (ALL, [("approve", "human", "")], "approved"),
    # The author is zed.
    (ANOTHER, [("approve", "agent", "zed")], "ready"),
    (ANOTHER, [("approve", "agent", "codex")], "approved"),
    # An agent sends it back; another agent's approval takes that back, and a human's does.
    ("", [("request-changes", "agent", "")], "changes requested"),
    ("", [("request-changes", "agent", ""), ("approve", "agent", "")], "ready"),
    ("", [("request-changes", "agent", ""), ("approve", "human", "")], "approved"),
    # No agent takes back what a human has asked for.
    ("", [("request-changes", "human", ""), ("approve", "agent", "")], "changes requested"),
    (ALL, [("request-changes", "human", ""), ("approve", "agent", "")], "changes requested"),
    (ALL, [("reject", "human", ""), ("approve", "agent", "")], "rejected"),
    # What a human approved stays so when an agent approves it, too; not when one finds something.
    ("", [("approve", "human", ""), ("approve", "agent", "")], "approved"),
    ("", [("approve", "human", ""), ("request-changes", "agent", "")], "changes requested"),
]


@pytest.mark.parametrize(("policy", "reviews", "progress"), ORDERS)
def test_who_said_what_makes_it_approved_or_not(
    tmp_path: Path, policy: str, reviews: list[tuple[str, str, str]], progress: str
) -> None:
    desk = Desk(tmp_path)
    desk.repo.commit("main", {".agentledger/config.toml": policy}, parents=[desk.root])
    ready = desk.says({"status/1.md": check_in("ready")})
    for number, (verdict, by, reviewer) in enumerate(reviews):
        text = said(verdict, by, 51 + number, ready, reviewer)
        desk.manager({f"reviews/{number}.md": text})
    branch = desk.branch()
    assert branch.standing
    assert branch.standing.progress == progress
    if progress == "approved":
        deciding = branch.standing.review
        assert deciding
        kind = "agent" if reviews[-1][1] == "agent" and policy in (ALL, ANOTHER) else "human"
        assert approval.describe_reviewer(deciding).endswith(f" ({kind}, unproven)")


def test_points_stay_open_until_a_review_ticks_them_or_a_human_approves() -> None:
    first = review(
        "request-changes", "agent", findings="- [ ] src/a.py:1 one\n- [ ] src/a.py:2 two\n- [ ] three\n"
    )
    second = review("approve", "agent", findings="- [x] src/a.py:1 other words\n- [ ] `three`.\n- [ ] four\n")
    assert [p.text for p in list_open_points([second, first])] == ["src/a.py:2 two", "`three`.", "four"]
    assert [p.review for p in list_open_points([second, first])] == [first, second, second]
    assert list_open_points([review(), second, first]) == ()
    again = review("approve", findings="- [ ] five\n")
    assert [p.text for p in list_open_points([again, second, first])] == ["five"]


def test_a_run_without_a_verdict_needs_no_section() -> None:
    text = f"---\nat: 2023-11-15T00:00:00Z\nreviewer: codex\nverdict: none\nbranch: agent/x\nhead: {'a' * 40}\n---\n"
    parsed = parse_review(raw_document(Source(path="tasks/x/reviews/1.md"), text.encode()))
    assert (parsed.verdict, parsed.document.problems) == ("none", ())


def test_names_of_one_program_are_one() -> None:
    assert approval.client_of("claude-code") == approval.client_of("Claude") == "claude"
    assert approval.client_of("Zed") == "zed"
