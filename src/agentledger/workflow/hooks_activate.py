"""The hooks of a worktree that has just been made: on, where the repository has them.

Belongs here: that question alone. Does not: the hooks, or where they lie (see `hooks`, `hooks_beside`).
"""

from __future__ import annotations

from agentledger import git
from agentledger.git import Git
from agentledger.watched import FOLDER

from . import hooks_beside, init_manifest, init_steps
from .hooks import NAMES, runs
from .init_steps import Write, content

OFF = "no hooks of agentledger are on here, so no commit is checked; agentledger init turns them on"


def activate(asked: Git) -> tuple[str, ...]:
    """Have the worktree around `asked` run the repository's hooks; sentences about what keeps it from that.

    Hooks in the shared folder run in every worktree. Where `core.hooksPath` is set, as a package manager's
    set-up does, each worktree is told of ours by a setting of its own.
    """
    place = git.place(asked)
    done = init_manifest.read(place.common)
    ours = place.common / FOLDER
    if not (done.hooks or any(path.parent == ours for path in done.files)):
        return (OFF,)
    setting = hooks_beside.shared(asked, place)
    if setting is None:
        missing = [name for name in NAMES if not runs(place.common / "hooks" / name)]
        told = f"{', '.join(missing)} of agentledger no longer run here; agentledger doctor tells why"
        return (told,) if missing else ()
    plan = hooks_beside.plan(asked, place, setting, [asked.cwd], done)
    kept = init_manifest.text(place.common, done.and_then(plan.done))
    file = init_manifest.path_in(place.common)
    init_steps.take([Write(file, content(file), kept), *plan.steps])
    return ()
