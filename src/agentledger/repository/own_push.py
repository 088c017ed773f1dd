"""How the branch of a worktree is pushed alone, whatever git's settings would push besides.

Belongs here: the command, by git's configuration. Does not: which refs a push may move (see `rules.ownership`).

Settings that make a plain push move other refs: push.followTags, remote.NAME.mirror, remote.NAME.push and
push.default=matching (git-push(1)). A refspec with both sides outweighs the last two, but not the first two.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from agentledger.model.text import HIDDEN, escape_hidden
from agentledger.repository.bases import HEADS
from agentledger.repository.remotes import main_remote

_FALSE = ("false", "no", "off", "0")


def format_own_push(branch: str, config: Mapping[str, str], *, upstream: bool = False) -> str:
    """The command that pushes this branch, which is checked out, and nothing else.

    To where `git push` would push it; without any remote, to origin, as in git's own words. With `upstream` it also
    makes that the branch's upstream.
    """
    remote = _find_remote(branch, config)
    flags: list[str] = []
    if _is_true(config.get("push.followtags")):
        flags += ["-c", "push.followTags=false"]
    if _is_true(config.get(f"remote.{remote}.mirror")):
        flags += ["-c", f"remote.{remote}.mirror=false"]
    flags += ["push", *(["-u"] if upstream else [])]
    return shlex.join(("git", *flags, escape_hidden(remote), _format_refspec(branch, remote, config)))


def _find_remote(branch: str, config: Mapping[str, str]) -> str:
    keys = (f"branch.{branch}.pushremote", "remote.pushdefault", f"branch.{branch}.remote")
    named = (config.get(key) for key in keys)
    # `.` is this very repository, and a name with odd characters cannot be typed.
    found = (name for name in named if name and name != "." and not HIDDEN.search(name))
    return next(found, None) or main_remote(config) or "origin"


def _format_refspec(branch: str, remote: str, config: Mapping[str, str]) -> str:
    """The branch's name; with its full name at the remote where a setting would give it another there."""
    if HIDDEN.search(branch):
        return "HEAD"
    return f"{branch}:{HEADS}{branch}" if f"remote.{remote}.push" in config else branch


def _is_true(value: str | None) -> bool:
    # A key without a value is true.
    return value is not None and value.lower() not in _FALSE
