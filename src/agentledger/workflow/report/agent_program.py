"""Which agent's program runs a command, and in which of its sessions: by the variables that it sets.

Belongs here: that table. Does not: which agent works on a branch (see `repository.agents`).

The table was filled by running the programs and looking at the environment of their shells (November 2026).
Cline, Continue and droid set nothing that would tell. What is set can be typed by anybody: it is a label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

# An id that can stand in a document's front matter as it is.
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")


class Program(NamedTuple):
    """An agent's name, and the id of its session; "" where not known."""

    agent: str
    session: str


class _Row(NamedTuple):
    agent: str
    #: Any of these tells the program.
    variables: tuple[str, ...]
    #: The first of these that is set has the session's id.
    sessions: tuple[str, ...] = ()


# The first row that fits counts: Kilo sets OpenCode's variable, too.
_PROGRAMS = (
    _Row("claude-code", ("CLAUDECODE",), ("CLAUDE_CODE_SESSION_ID",)),
    _Row("copilot", ("COPILOT_CLI",)),
    _Row("qwen-code", ("QWEN_CODE",), ("QWEN_CODE_SESSION_ID",)),
    _Row("gemini", ("GEMINI_CLI",)),
    # Its sandbox sets CODEX_SANDBOX on macOS alone.
    _Row(
        "codex",
        ("CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_VERSION", "CODEX_SANDBOX"),
        ("CODEX_SESSION_ID", "CODEX_THREAD_ID"),
    ),
    _Row("kilo", ("KILO",)),
    _Row("opencode", ("OPENCODE",)),
    _Row("auggie", ("AUGMENT_AGENT",)),
)


def identify_program(environment: Mapping[str, str]) -> Program:
    """Return the program of this environment; an empty one where no variable tells."""
    for row in _PROGRAMS:
        if any(environment.get(variable) for variable in row.variables):
            session = next(filter(None, map(environment.get, row.sessions)), "")
            return Program(row.agent, session if _SESSION.fullmatch(session) else "")
    return Program("", "")
