"""Makes words, names and commands fit into the lines of a terminal.

Belongs here: wrapping, counting what is left out, and never half a command. Does not: what is in a line (see `text`
and `conflicts_text`).
"""

from __future__ import annotations

import functools
import shlex
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from agentledger.attention.commands import NextAction

NARROWEST = 12  # cells: the least width of a column or a line, however narrow the terminal is


def wrap_text(text: Text, width: int) -> list[Text]:
    """The text in lines of at most `width` cells."""
    if text.cell_len <= width:
        text.rstrip()
        return [text]
    lines = text.wrap(_make_console(), max(width, NARROWEST))
    for line in lines:
        line.rstrip()
    return list(lines)


@functools.cache
def _make_console() -> Console:
    """Return what rich wants for wrapping; it uses only its tab size, and escaped text has no tabs."""
    return Console()


def fit_names(start: str, names: Sequence[str], room: int) -> str:
    """As many names as fit on one line, at least one, and how many more there are."""
    line = start + names[0]
    for count, name in enumerate(names[1:], start=1):
        more = f" and {len(names) - count} more"
        if cell_len(f"{line}, {name}{more}") > room:
            return _truncate_line(line, room - len(more)) + more
        line = f"{line}, {name}"
    return line


def _truncate_line(line: str, room: int) -> str:
    text = Text(line)
    text.truncate(room, overflow="ellipsis")
    return text.plain


def fit_command(action: NextAction, room: int) -> list[str]:
    """The command on one line, or one step on each line as a shell reads it, or [] where that does not fit.

    A command is never cut: half a command, copied into a shell, does something else.
    """
    if not action.command or cell_len(action.command) <= room:
        return [action.command] if action.command else []
    steps = [f"{step} &&" for step in action.steps[:-1]] + list(action.steps[-1:])
    lines = [line for step in steps for line in _fit_step(step, room)]
    return lines if all(cell_len(line) <= room for line in lines) else []


def _fit_step(step: str, room: int) -> list[str]:
    """One step on a line; one that is too long on several, each but the last with a backslash at its end."""
    if cell_len(step) <= room or step.endswith("&&"):
        return [step]
    lines = [""]
    for part in _pair_options(shlex.split(step)):
        wider = f"{lines[-1]} {part}".strip()
        if cell_len(wider) > room - 2 and lines[-1]:
            lines.append(part)
        else:
            lines[-1] = wider
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _pair_options(words: Sequence[str]) -> Iterable[str]:
    """Yield the words, quoted for a shell, each option together with the word after it."""
    option = ""
    for word in words:
        if word.startswith("-") and not option:
            option = word
            continue
        yield f"{option} {shlex.quote(word)}".strip()
        option = ""
    yield from [option] if option else []
