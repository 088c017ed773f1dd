"""Starts an agent in its worktree, in the foreground, with the user's own command.

Belongs here: filling in that command and running it. Does not: which commands there are (see
`storage.user_config`), or the text for the agent (see `handover.hand_prompt`).

Like `site.notify` this starts the user's own program, which has nothing to do with git. It runs without a
shell, and each placeholder stays within one argument, so nothing in a task's name can become a command.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentledger.git import environment, process, queries
from agentledger.model.errors import LedgerError
from agentledger.model.text import encode, escape_hidden

# The placeholders of a launch command, in braces.
WORDS = ("worktree", "prompt_file", "task", "branch")


def launch_agent(
    command: Sequence[str], worktree: Path, prompt: str, values: Mapping[str, str], env: Mapping[str, str]
) -> int:
    """Run the command in the worktree, with this terminal as its own; return its exit code.

    `prompt` is written to a file in the worktree's git directory, where `git status` does not show it.
    `values` are the task and the branch. Raises LedgerError where the command cannot be started.
    """
    file = queries.locate_repository(process.repository_at(worktree)).directory / "agentledger" / "prompt.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode(prompt))
    filled = {**values, "worktree": str(worktree), "prompt_file": str(file)}
    arguments = fill_command(command, filled)
    try:
        return subprocess.run(
            arguments, cwd=worktree, env=environment.build_program_env(env), check=False
        ).returncode
    except OSError as error:
        message = f"{escape_hidden(command[0])} cannot be started: {error.strerror}"
        raise LedgerError(
            message, "see [launch] in your own config.toml; the worktree is ready all the same"
        ) from error


def fill_command(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The command's arguments with a value for each of WORDS; each value stays within one argument."""
    # One pass over each argument: braces in a value are not filled in again.
    return [re.sub("{(" + "|".join(WORDS) + ")}", lambda match: values[match[1]], word) for word in command]
