"""Which worktrees a client has made by itself: by the folder that they are in.

Belongs here: the table of those folders. Does not: branches whose names say whose they are (see `agents`), or
what is in a worktree (see `worktrees`). The commit gate imports this, so it imports little itself.
"""

from __future__ import annotations

import os
from pathlib import Path

from agentledger.git.queries import Place
from agentledger.repository import spawned_files

# In the repository: Claude Code, Gemini CLI, Qwen Code. In one's home: the Codex app, Cline.
_CLIENTS = {f"/.{name}/worktrees/": name for name in ("claude", "gemini", "qwen", "codex", "cline")}


def client_of_worktree(path: str, repository: str, branch: str, directory: Path) -> str:
    """The client that made a worktree, "" for none: by its path seen from the main worktree (or bare repository).

    `repository` is that one's folder name, `branch` what is checked out (without `refs/heads/`, "" for
    nothing), `directory` the worktree's git directory.
    """
    client = next((name for folder, name in _CLIENTS.items() if folder in f"/{path}"), "")
    return client or ("copilot" if _is_copilots(path, repository, branch, directory) else "")


def _is_copilots(path: str, repository: str, branch: str, directory: Path) -> bool:
    """Copilot CLI has a branch NAME in `<repository>.worktrees/NAME`, a folder in which `spawn` makes its own."""
    bare_name = bool(branch) and "/" not in branch
    siblings = f"../{repository.removesuffix('.git')}.worktrees"
    return bare_name and path == f"{siblings}/{branch}" and not spawned_files.is_marked(directory)


def is_clients_worktree(place: Place, branch: str) -> bool:
    """Did a client make this worktree? `branch` is what is checked out there."""
    if place.top is None or place.directory == place.common:
        return False
    home = place.common.parent if place.common.name == ".git" else place.common
    path = Path(os.path.relpath(place.top, home)).as_posix()
    return bool(client_of_worktree(path, home.name, branch, place.directory))
