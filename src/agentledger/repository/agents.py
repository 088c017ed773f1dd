"""Which agent works on a branch, as far as its name and its commits tell.

Pure. The addresses and bot names are those that the clients put on their commits by
themselves; a person can type any of them, so this is a label, never a permission.
To add a client, add a row to `CLIENTS`.
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
    """A kind of agent: its label, the folder of its branches, what its address or name looks like."""

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
)

# Whose branches are listed when nobody says otherwise; `*` crosses `/` here.
DEFAULT_PATTERNS = ("agent/*", *(f"{client.prefix}*" for client in CLIENTS[:6]))


def matches_patterns(name: str, patterns: Sequence[str]) -> bool:
    """Is a branch's name one of the policy's `patterns`? Where it has none, the clients' own count."""
    return any(fnmatchcase(name, pattern) for pattern in patterns or DEFAULT_PATTERNS)


def is_agent_name(name: str, patterns: Sequence[str]) -> bool:
    """Is a branch an agent's by its name? One that says a task counts whatever the policy is."""
    return task_of_branch(name) is not None or matches_patterns(name, patterns)


_TASK = re.compile(r"(?:^|/)agent/([a-z0-9]+(?:-[a-z0-9]+)*?)(?:--[a-z0-9-]+)?$")


@lru_cache(maxsize=4096)
def client_of_person(person: Person) -> str | None:
    """The client whose automatic identity this is, if any."""
    for client in CLIENTS:
        if re.search(client.address, person.email, re.IGNORECASE):
            return client.name
        if client.bot and re.fullmatch(client.bot, person.name, re.IGNORECASE):
            return client.name
    return None


def parse_co_authors(commit: Commit) -> Iterable[Person]:
    """Who the commit's `Co-authored-by` trailers name."""
    for key, value in commit.trailers:
        if key.lower() == "co-authored-by":
            name, _, rest = value.partition("<")
            yield Person(name.strip(), rest.partition(">")[0].strip())


def _most_frequent(names: Iterable[str | None]) -> str | None:
    """The name that occurs most often; of equals the one that came first."""
    counted = Counter(name for name in names if name)
    return counted.most_common(1)[0][0] if counted else None


def agent_of_commits(commits: Sequence[Commit]) -> Agent | None:
    """Who wrote these commits: by author before by co-author."""
    author = _most_frequent(client_of_person(commit.author) for commit in commits)
    if author:
        return Agent(author, "author")
    trailer = _most_frequent(
        client_of_person(person) for commit in commits for person in parse_co_authors(commit)
    )
    return Agent(trailer, "trailer") if trailer else None


def agent_of_branch(name: str, commits: Sequence[Commit]) -> Agent | None:
    """Who works on a branch: what its name says, else its authors, else its co-authors."""
    for client in CLIENTS:
        if name.startswith(client.prefix) or f"/{client.prefix}" in name:
            return Agent(client.name, "branch")
    return agent_of_commits(commits)


def task_of_branch(name: str) -> str | None:
    """The task that a branch's name says: `agent/<task>`, or `agent/<task>--<attempt>`."""
    found = _TASK.search(name)
    return found[1] if found and len(found[1]) <= 63 else None
