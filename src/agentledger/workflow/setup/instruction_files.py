"""Who does not read AGENTS.md by itself, and what to type so that they do.

Belongs here: the files that agents read in its place. Does not: changing any of them, since they are the
repository's own.

Claude Code reads CLAUDE.md and Gemini CLI GEMINI.md, in which a line `@AGENTS.md` includes it, if not in
backticks; Codex takes AGENTS.override.md in its place. Copilot, Cursor, Jules and opencode read AGENTS.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from agentledger.workflow.setup.agents_md import NAME

_INCLUDED = re.compile(rb"(?<![\w`/.@])@(?:\.{1,2}/)?AGENTS\.md\b(?!`)")


class Reader(NamedTuple):
    """An agent, and where it looks for instructions: path and the line that includes AGENTS.md there."""

    name: str
    files: tuple[tuple[str, str], ...]


_CLAUDE = Reader("Claude Code", (("CLAUDE.md", "@AGENTS.md"), (".claude/CLAUDE.md", "@../AGENTS.md")))
_GEMINI = Reader("Gemini CLI", (("GEMINI.md", "@./AGENTS.md"),))


def describe_readers(top: Path) -> tuple[str, ...]:
    """A sentence for each agent that would not see AGENTS.md in this work tree."""
    found = [told for told in (_describe_reader(top, _CLAUDE), _describe_reader(top, _GEMINI)) if told]
    if (top / "AGENTS.override.md").exists():
        found.append(f"Codex reads AGENTS.override.md in place of {NAME}: the block is needed there, too")
    return tuple(found)


def _describe_reader(top: Path, reader: Reader) -> str:
    there = [(path, line) for path, line in reader.files if (top / path).is_file()]
    if any(_has_include(top, top / path) for path, _ in there):
        return ""
    if there:
        path, line = there[0]
        return f"{reader.name} reads {path}, not {NAME}: a line {line} in it includes the block"
    if reader is _CLAUDE:
        path, line = reader.files[0]
        return f"{reader.name} reads {path}, not {NAME}: if you use it, write one with the line {line}"
    return ""


def _has_include(top: Path, file: Path) -> bool:
    agents = top / NAME
    if agents.exists() and agents.samefile(file):
        return True
    return bool(_INCLUDED.search(file.read_bytes()))
