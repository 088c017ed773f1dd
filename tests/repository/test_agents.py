"""Which agent a branch, an author or a trailer names, and which task."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from agentledger.model.fleet import Agent, Commit, Person
from agentledger.repository.agents import (
    CLIENTS,
    DEFAULT_PATTERNS,
    agent_of_branch,
    agent_of_commits,
    client_of_person,
    parse_co_authors,
    task_of_branch,
)

ADA = Person("Ada", "ada@example.com")


def commit(author: Person = ADA, *trailers: tuple[str, str]) -> Commit:
    return Commit(
        "1" * 40, (), "2" * 40, author=author, at=0, committed_at=0, subject="subject", trailers=trailers
    )


@pytest.mark.parametrize(
    ("name", "address", "client"),
    [
        ("Claude", "noreply@anthropic.com", "claude"),
        ("claude[bot]", "209825114+claude[bot]@users.noreply.github.com", "claude"),
        ("Copilot", "198982749+Copilot@users.noreply.github.com", "copilot"),
        ("copilot-swe-agent[bot]", "x@users.noreply.github.com", "copilot"),
        ("Codex", "codex@openai.com", "codex"),
        ("chatgpt-codex-connector[bot]", "x@users.noreply.github.com", "codex"),
        ("Cursor Agent", "cursoragent@cursor.com", "cursor"),
        ("Devin AI", "158243242+devin-ai-integration[bot]@users.noreply.github.com", "devin"),
        ("google-labs-jules[bot]", "161369871+google-labs-jules[bot]@users.noreply.github.com", "jules"),
        ("aider (gpt-4o)", "noreply@aider.chat", "aider"),
        ("Ann", "ANN@ANTHROPIC.COM", "claude"),
        ("Claudette", "claudette@example.com", None),
        ("Claude Monet", "monet@example.com", None),
        ("Ann Codexson", "ann@codex.example.com", None),
        ("Ann", "ann@notanthropic.com.example", None),
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", None),
        ("", "", None),
    ],
)
def test_an_automatic_identity_is_told_from_a_person_s(name: str, address: str, client: str | None) -> None:
    assert client_of_person(Person(name, address)) == client


def test_the_folder_of_a_branch_says_whose_it_is_wherever_it_stands() -> None:
    for row in CLIENTS:
        assert agent_of_branch(f"{row.prefix}fix", []) == Agent(row.name, "branch")
        assert agent_of_branch(f"up/{row.prefix}fix", []) == Agent(row.name, "branch")
        assert agent_of_branch(f"x{row.prefix}fix", []) is None


def test_the_branch_comes_before_the_author_and_the_author_before_the_trailer() -> None:
    claude = Person("Claude", "noreply@anthropic.com")
    trailer = ("Co-authored-by", "Cursor <cursoragent@cursor.com>")
    commits = [commit(claude, trailer)]
    assert agent_of_branch("codex/x", commits) == Agent("codex", "branch")
    assert agent_of_branch("agent/x", commits) == Agent("claude", "author")
    assert agent_of_branch("agent/x", [commit(ADA, trailer)]) == Agent("cursor", "trailer")
    assert agent_of_branch("agent/x", [commit()]) is None


def test_of_several_agents_the_one_with_most_commits_is_named() -> None:
    claude, codex = Person("Claude", "noreply@anthropic.com"), Person("Codex", "codex@openai.com")
    assert agent_of_commits([commit(), commit(codex), commit(claude), commit(claude)]) == Agent(
        "claude", "author"
    )
    assert agent_of_commits([commit(codex), commit(claude)]) == Agent("codex", "author")
    assert agent_of_commits([]) is None


@pytest.mark.parametrize(
    ("trailer", "person"),
    [
        (("Co-authored-by", "Claude <noreply@anthropic.com>"), [Person("Claude", "noreply@anthropic.com")]),
        (("CO-AUTHORED-BY", "A B<a@b>  "), [Person("A B", "a@b")]),
        (("Co-authored-by", "nobody"), [Person("nobody", "")]),
        (("Signed-off-by", "Claude <noreply@anthropic.com>"), []),
    ],
)
def test_co_authors_are_read_from_trailers(trailer: tuple[str, str], person: list[Person]) -> None:
    assert list(parse_co_authors(commit(ADA, trailer))) == person


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("agent/login", "login"),
        ("agent/fix-login-2", "fix-login-2"),
        ("agent/fix-login--claude", "fix-login"),
        ("agent/fix-login--2", "fix-login"),
        ("origin/agent/login", "login"),
        ("agent/" + "a" * 63, "a" * 63),
        ("agent/" + "a" * 64, None),
        ("agent/Login", None),
        ("agent/-x", None),
        ("agent/x-", None),
        ("agent/a/b", None),
        ("agent/", None),
        ("agents/login", None),
        ("codex/login", None),
    ],
)
def test_a_task_is_what_follows_agent_in_the_name(name: str, task: str | None) -> None:
    assert task_of_branch(name) == task


def test_agent_branches_are_listed_unasked_and_others_are_not() -> None:
    def shown(name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in DEFAULT_PATTERNS)

    assert all(map(shown, ["agent/x", "agent/x--1", "claude/x", "copilot/a/b", "codex/x", "cursor/x"]))
    assert not any(map(shown, ["main", "feature/agent/x", "agentx", "agentledger", "claude"]))
