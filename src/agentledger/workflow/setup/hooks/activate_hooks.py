"""Turns the hooks on in a worktree that was made just now, where the repository has them.

Belongs here: that alone. Does not: the hooks, or where they are (see `native_hooks`, `worktree_hooks`).
"""

from __future__ import annotations

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.repository import live_hooks
from agentledger.repository.hook_branches import FOLDER
from agentledger.workflow.setup import manifest, steps
from agentledger.workflow.setup.hooks import worktree_hooks
from agentledger.workflow.setup.steps import Write, read_content

OFF = "no hooks of agentledger are on here, so no commit is checked; agentledger init turns them on"
TRIES = 3  # somebody else may write the same settings at this moment


def activate_hooks(git: Git, task: str) -> tuple[str, ...]:
    """Have the worktree around `git`, made for `task`, run the repository's hooks; say what prevents that.

    Each agent's worktree gets a `core.hooksPath` of its own: a shared one, which the set-up of a package manager can
    set at any time, would otherwise turn the hooks off there.
    """
    place = queries.locate_repository(git)
    done = manifest.read_manifest(place.common)
    ours = place.common / FOLDER
    if not (done.hooks or any(path.parent == ours for path in done.files)):
        return (OFF,)
    for attempt in range(TRIES):
        try:
            _activate(git, place, task)
            break
        except LedgerError as error:
            if attempt == TRIES - 1:
                return (f"its own hooks could not be set: {error.message}; agentledger init sets them",)
    installed = live_hooks.read_installed(git, place, queries.read_config(git))
    off = live_hooks.find_hooks_off(installed, git.cwd, place.directory)
    return (f"{off.reason}, so no commit is checked here; {off.command} turns them on",) if off else ()


def _activate(git: Git, place: Place, task: str) -> None:
    """Write the settings and hooks of this worktree. Raises LedgerError where that cannot be."""
    done = manifest.read_manifest(place.common)
    setting = worktree_hooks.read_shared_path(git, place)
    plan = worktree_hooks.plan_worktree_hooks(git, place, setting, worktrees={git.cwd: task}, done=done)
    content = manifest.render_manifest(place.common, done.merge_later(plan.done).without_gone(place.common))
    file = manifest.manifest_path(place.common)
    before = read_content(file)
    # The manifest first, as in `init`: whatever is done can be undone after a kill.
    record = [Write(file, before, content)] if before != content else []
    steps.apply_steps([*record, *plan.steps])
