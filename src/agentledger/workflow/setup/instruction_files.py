"""Notes on agents that do not read AGENTS.md by themselves, and how to make them read it.

Belongs here: the files that agents read in its place. Does not: changing any of these, since they are the
repository's own.

Claude Code reads CLAUDE.md and Gemini CLI GEMINI.md, in which a line `@AGENTS.md` includes it, if not in
backticks; Codex takes AGENTS.override.md in its place. Copilot, Cursor, Jules and opencode read AGENTS.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from agentledger.workflow.setup.agents_md import NAME

# A line, or a part of one, that includes AGENTS.md; in backticks it is only text.
_INCLUDED = re.compile(rb"(?<![\w`/.@])@(?:\.{1,2}/)?AGENTS\.md\b(?!`)")


class Reader(NamedTuple):
    """An agent, and the files that it reads: the path, and the line there that includes AGENTS.md."""

    name: str
    files: tuple[tuple[str, str], ...]


_CLAUDE = Reader("Claude Code", (("CLAUDE.md", "@AGENTS.md"), (".claude/CLAUDE.md", "@../AGENTS.md")))
_GEMINI = Reader("Gemini CLI", (("GEMINI.md", "@./AGENTS.md"),))


def describe_readers(top: Path) -> tuple[str, ...]:
    """A sentence for each agent that would not read AGENTS.md in this work tree."""
    notes = [note for note in (_describe_reader(top, _CLAUDE), _describe_reader(top, _GEMINI)) if note]
    if (top / "AGENTS.override.md").exists():
        notes.append(f"Codex reads AGENTS.override.md in place of {NAME}: the block is needed there, too")
    return tuple(notes)


def _describe_reader(top: Path, reader: Reader) -> str:
    """How to make this agent read AGENTS.md; '' where it does, or where nobody seems to use it."""
    existing = [(path, line) for path, line in reader.files if (top / path).is_file()]
    if any(_has_include(top, top / path) for path, _ in existing):
        return ""
    if existing:
        path, line = existing[0]
        return f"{reader.name} reads {path}, not {NAME}: a line {line} in it includes the block"
    if reader is _CLAUDE:
        path, line = reader.files[0]
        return f"{reader.name} reads {path}, not {NAME}: if you use it, write one with the line {line}"
    return ""


def _has_include(top: Path, file: Path) -> bool:
    """Does this file include AGENTS.md, or is it the same file by a link?"""
    agents = top / NAME
    if agents.exists() and agents.samefile(file):
        return True
    return bool(_INCLUDED.search(file.read_bytes()))
