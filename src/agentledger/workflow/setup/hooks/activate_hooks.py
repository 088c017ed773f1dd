"""Turns the hooks on in a worktree that was made just now, where the repository has them.

Belongs here: that alone. Does not: the hooks, or where they are (see `native_hooks`, `worktree_hooks`).
"""

from __future__ import annotations

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.repository.hook_branches import FOLDER
from agentledger.workflow.setup import manifest, steps
from agentledger.workflow.setup.hooks import worktree_hooks
from agentledger.workflow.setup.hooks.native_hooks import NAMES, has_running_shim
from agentledger.workflow.setup.steps import Write, read_content

OFF = "no hooks of agentledger are on here, so no commit is checked; agentledger init turns them on"


def activate_hooks(git: Git) -> tuple[str, ...]:
    """Have the worktree around `git` run the repository's hooks; return sentences about what prevents that.

    Hooks in the shared folder run in every worktree. Where `core.hooksPath` is set, which the set-up of a
    package manager can do, each worktree gets a setting of its own that names our folder.
    """
    place = queries.locate_repository(git)
    done = manifest.read_manifest(place.common)
    ours = place.common / FOLDER
    if not (done.hooks or any(path.parent == ours for path in done.files)):
        return (OFF,)
    setting = worktree_hooks.read_shared_path(git, place)
    if setting is None:
        missing = [name for name in NAMES if not has_running_shim(place.common / "hooks" / name)]
        line = f"{', '.join(missing)} of agentledger no longer run here; agentledger doctor shows why"
        return (line,) if missing else ()
    plan = worktree_hooks.plan_worktree_hooks(git, place, setting, worktrees=[git.cwd], done=done)
    content = manifest.render_manifest(place.common, done.merge_later(plan.done))
    file = manifest.manifest_path(place.common)
    # The manifest first, as in `init`: whatever is done can be undone after a kill.
    steps.apply_steps([Write(file, read_content(file), content), *plan.steps])
    return ()
