"""The hooks of a worktree that has just been made: on, where the repository has them.

Belongs here: that question alone. Does not: the hooks, or where they lie (see `hooks`, `hooks_beside`).
"""

from __future__ import annotations

from agentledger import git
from agentledger.git import Git
from agentledger.watched import FOLDER

from . import hooks_beside, init_manifest, init_steps
from .hooks import NAMES, has_running_shim
from .init_steps import Write, read_content

OFF = "no hooks of agentledger are on here, so no commit is checked; agentledger init turns them on"


def activate_hooks(asked: Git) -> tuple[str, ...]:
    """Have the worktree around `asked` run the repository's hooks; sentences about what keeps it from that.

    Hooks in the shared folder run in every worktree. Where `core.hooksPath` is set, as a package manager's
    set-up does, each worktree is told of ours by a setting of its own.
    """
    place = git.locate_repository(asked)
    done = init_manifest.read_manifest(place.common)
    ours = place.common / FOLDER
    if not (done.hooks or any(path.parent == ours for path in done.files)):
        return (OFF,)
    setting = hooks_beside.read_shared_path(asked, place)
    if setting is None:
        missing = [name for name in NAMES if not has_running_shim(place.common / "hooks" / name)]
        told = f"{', '.join(missing)} of agentledger no longer run here; agentledger doctor tells why"
        return (told,) if missing else ()
    plan = hooks_beside.plan_worktree_hooks(asked, place, setting, [asked.cwd], done)
    kept = init_manifest.render_manifest(place.common, done.merge_later(plan.done))
    file = init_manifest.manifest_path(place.common)
    init_steps.apply_steps([Write(file, read_content(file), kept), *plan.steps])
    return ()
