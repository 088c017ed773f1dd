"""Says how to type this program where its name alone starts nothing: it was installed into a folder off PATH.

Belongs here: that one question, about the PATH of whoever runs this. Does not: what is said where (see
`workflow.handover.hand_prompt`, `workflow.spawn.spawn_task`, `workflow.setup.doctor`, `gates.run`).

An agent's shell may have another PATH than its manager's, so what is said names this shell.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "agentledger"


def find_off_path() -> Path | None:
    """The full path of this program where its name finds none on this shell's PATH; None where it does.

    None also where it has no file of that name, as with `python -m agentledger`.
    """
    if any(
        _is_program(Path(folder, NAME)) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder
    ):
        return None
    started = Path(sys.argv[0]).absolute()
    candidates = (*([started] if started.name == NAME else ()), Path(sys.executable).with_name(NAME))
    return next((each for each in candidates if _is_program(each)), None)


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def format_export(program: Path) -> str:
    """The command after which the name alone starts it, in the shell in which it is typed."""
    import shlex

    return f'export PATH={shlex.quote(str(program.parent))}:"$PATH"'


def describe_off_path() -> str:
    """A sentence for whoever types `agentledger` here; '' where that works."""
    program = find_off_path()
    if program is None:
        return ""
    return f"agentledger is not on this shell's PATH: type {program}, or first {format_export(program)}"
