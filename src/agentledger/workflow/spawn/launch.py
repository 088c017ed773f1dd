"""Starting an agent in its worktree, in the foreground, by the user's own command.

Belongs here: filling in that command and running it. Does not: which commands there are (see `personal`), or
the text that is handed over (see `prompt`).

Like `notify` this starts the user's own program, which has nothing to do with git: without a shell, each
placeholder within one argument, so that nothing in a task's name can become a command.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentledger.git import environment, process, queries
from agentledger.model.errors import LedgerError
from agentledger.model.text import encode, escape_hidden

WORDS = ("worktree", "prompt_file", "task", "branch")


def launch_agent(
    command: Sequence[str], worktree: Path, prompt: str, values: Mapping[str, str], env: Mapping[str, str]
) -> int:
    """Run the command in the worktree, with this terminal as its own; its exit code.

    `prompt` is written to a file in the worktree's git directory, out of sight of git's status; `values` are
    the task and the branch. LedgerError where the command cannot be started.
    """
    file = queries.locate_repository(process.repository_at(worktree)).directory / "agentledger" / "prompt.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode(prompt))
    filled = {**values, "worktree": str(worktree), "prompt_file": str(file)}
    arguments = [
        re.sub("{(" + "|".join(WORDS) + ")}", lambda found: filled[found[1]], word) for word in command
    ]
    try:
        return subprocess.run(
            arguments, cwd=worktree, env=environment.build_program_env(env), check=False
        ).returncode
    except OSError as error:
        told = f"{escape_hidden(command[0])} cannot be started: {error.strerror}"
        raise LedgerError(
            told, "see [launch] in your own config.toml; the worktree is ready all the same"
        ) from error
