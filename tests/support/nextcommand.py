"""Typing a command that a message names, as it stands in the message.

Belongs here: taking it out of the text, and running it as a person would. Does not: the messages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from command import Said, in_shell, run


def find_command(text: str, pattern: str, filled: Mapping[str, str] | None = None) -> str:
    """The one command in a text that the pattern matches: its first group, or all that it matches.

    `filled` is what a person writes in place of NAME, … and the like.
    """
    found = {match[match.re.groups and 1] for match in re.finditer(pattern, text, re.MULTILINE)}
    assert len(found) == 1, (pattern, found, text)
    (command,) = found
    for placeholder, value in (filled or {}).items():
        assert placeholder in command, (placeholder, command)
        command = command.replace(placeholder, value)
    return str(command)


def type_command(folder: Path, command: str, code: int | None = 0) -> Said:
    """What comes of a command that is typed there; it has to end with this code, if any is given."""
    words = shlex.split(command, comments=True)
    plain = words[0] == "agentledger" and not {"&&", "<", "|", ";"} & set(words)
    said = run(folder, *words[1:]) if plain else _shell(folder, command)
    assert code in (said.code, None), (command, said)
    return said


def next_of(text: str) -> str:
    """What follows the last `next:` or `hint:` of a text."""
    found: list[str] = re.findall(r"^(?:next|hint): (.*)$", text, re.MULTILINE)
    assert found, text
    return found[-1]


def stops_of(text: str) -> list[str]:
    """What `done` says about findings that stop it, which no option of its own settles."""
    return list(dict.fromkeys(re.findall(r"^(?:[A-Z]{3}\d{3}): .*\n  (.*)$", text, re.MULTILINE)))


def command_of(hint: str) -> str:
    """The first command in what a message says; what stands around it is for people."""
    found = re.search(
        r"(?:^|: |\((?:or )?)(?=(?:\(|git |agentledger |cd |mv |mkdir |GIT_EDITOR=))(.*)$", hint
    )
    assert found, f"names no command: {hint}"
    command = re.split(r", or |; or: |; or |; then |, then | takes that |   #", found[1])[0]
    command = command.partition(" (or ")[0]
    inside = hint[: found.start(1)].endswith(("(", "(or "))
    return command.partition(")")[0] if inside else command


def _shell(folder: Path, command: str) -> Said:
    """The same in a shell in which agentledger is a command."""
    program = f'agentledger() {{ {in_shell()} "$@"; }}'
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{program}\n{command}"], cwd=folder, env=os.environ | {"GIT_EDITOR": "false"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Said(ended.returncode, ended.stdout, ended.stderr)
