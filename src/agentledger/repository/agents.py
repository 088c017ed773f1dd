"""Guesses which agent works on a branch, from its name, the authors of its commits, and its worktree's place.

Belongs here: pure functions, and the table of clients; to add a client, add a row to `CLIENTS`. Does not:
which branches are listed (see `listing`).

The addresses and bot names are those that the clients put on their commits by themselves. A person can type
any of them, so the guess is a label, never a permission.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from agentledger.model.fleet import Agent, Commit, Person


class Client(NamedTuple):
    """A kind of agent: its label, the folder of its branches, and expressions for its address and name."""

    name: str
    prefix: str
    address: str
    bot: str = ""


CLIENTS = (
    Client("claude", "claude/", r"@anthropic\.com$|\bclaude\[bot\]@", r"claude(\[bot\]| code)"),
    Client(
        "copilot",
        "copilot/",
        r"\+copilot@users\.noreply|copilot-swe-agent|^copilot@github\.com$",
        r"copilot(-swe-agent)?(\[bot\])?|github copilot",
    ),
    Client(
        "codex",
        "codex/",
        r"^codex@openai\.com$|chatgpt-codex-connector|@openai\.com$",
        r"codex|chatgpt-codex-connector(\[bot\])?",
    ),
    Client(
        "cursor", "cursor/", r"^cursoragent@cursor\.com$|@cursor\.(com|sh)$", r"cursor agent|cursor\[bot\]"
    ),
    Client("devin", "devin/", r"devin-ai-integration", r"devin(-ai-integration\[bot\]| ai)"),
    Client("jules", "jules/", r"google-labs-jules", r"google-labs-jules(\[bot\])?"),
    Client("aider", "aider/", r"@aider\.chat$", r"aider \(.*\)"),
    Client("gemini", "gemini/", r"gemini-code-assist", r"gemini-code-assist(\[bot\])?"),
    Client("amp", "amp/", r"^amp@ampcode\.com$"),
    Client("opencode", "opencode/", r"@opencode\.ai$"),
    Client("openhands", "openhands/", r"^openhands@all-hands\.dev$", r"openhands"),
    Client("qwen", "qwen/", r"^qwen-coder@alibabacloud\.com$", r"qwen-coder"),
)

# The branch of a worktree that a client was told to make: by Claude Code, Gemini CLI and Qwen Code after the
# name that it was given, by Copilot CLI after three words of its own.
_WORKTREE, _COPILOT = "worktree-*", "copilot-*-*-*"
# A glob cannot say "three words of small letters".
_EXACT = {_COPILOT: re.compile(r"copilot-[a-z]+-[a-z]+-[a-z]+")}

# The branches that are listed where policy names none; `*` crosses `/` here.
DEFAULT_PATTERNS = ("agent/*", *(f"{client.prefix}*" for client in CLIENTS[:6]), _WORKTREE, _COPILOT)


def matches_pattern(name: str, pattern: str) -> bool:
    """Does a branch's name match a glob in which `*` crosses `/`? `copilot-*-*-*` takes three plain words only."""
    exact = _EXACT.get(pattern)
    return bool(exact.fullmatch(name)) if exact else fnmatchcase(name, pattern)


def matches_patterns(name: str, patterns: Sequence[str]) -> bool:
    """Does a branch's name match one of the policy's `patterns`, or the default ones where it has none?"""
    return any(matches_pattern(name, pattern) for pattern in patterns or DEFAULT_PATTERNS)


def is_agent_name(name: str, patterns: Sequence[str]) -> bool:
    """Is a branch an agent's by its name? One that names a task is, whatever the policy's patterns are."""
    return task_of_branch(name) is not None or matches_patterns(name, patterns)


# agent/<task>, also below a remote's or a person's name, and with or without --<attempt>.
_TASK = re.compile(r"(?:^|/)agent/([a-z0-9]+(?:-[a-z0-9]+)*?)(?:--[a-z0-9-]+)?$")


@lru_cache(maxsize=4096)
def client_of_person(person: Person) -> str | None:
    """The client that signs its commits with this name or address; None where no client does."""
    for client in CLIENTS:
        if re.search(client.address, person.email, re.IGNORECASE):
            return client.name
        if client.bot and re.fullmatch(client.bot, person.name, re.IGNORECASE):
            return client.name
    return None


def parse_co_authors(commit: Commit) -> Iterable[Person]:
    """The people that the commit's `Co-authored-by` trailers name."""
    for key, value in commit.trailers:
        if key.lower() == "co-authored-by":
            name, _, rest = value.partition("<")
            yield Person(name.strip(), rest.partition(">")[0].strip())


def _most_frequent(names: Iterable[str | None]) -> str | None:
    """The name that occurs most often; of equals the one that came first."""
    counts = Counter(name for name in names if name)
    return counts.most_common(1)[0][0] if counts else None


def agent_of_commits(commits: Sequence[Commit]) -> Agent | None:
    """The agent that wrote most of these commits, by their authors, else by their co-authors."""
    author = _most_frequent(client_of_person(commit.author) for commit in commits)
    if author:
        return Agent(author, "author")
    trailer = _most_frequent(
        client_of_person(person) for commit in commits for person in parse_co_authors(commit)
    )
    return Agent(trailer, "trailer") if trailer else None


def agent_of_branch(name: str, commits: Sequence[Commit], client: str = "") -> Agent | None:
    """The agent that works on a branch; None: not known.

    By its name, else by authors, else by co-authors, else by the place of its worktree: `client`.
    """
    for row in CLIENTS:
        if name.startswith(row.prefix) or f"/{row.prefix}" in name:
            return Agent(row.name, "branch")
    if matches_pattern(name.rpartition("/")[2], _COPILOT):
        return Agent("copilot", "branch")
    return agent_of_commits(commits) or (Agent(client, "worktree") if client else None)


def task_of_branch(name: str) -> str | None:
    """The task in a branch's name, `agent/<task>` or `agent/<task>--<attempt>`; None: it names none."""
    match = _TASK.search(name)
    # No id of a task is longer (see `documents.values`).
    return match[1] if match and len(match[1]) <= 63 else None
