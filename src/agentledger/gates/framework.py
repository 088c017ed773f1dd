"""What the pre-commit framework starts, and whoever calls us from a hook of their own: `agentledger-hook`.

Belongs here: which hook is running, from the framework's environment. Does not: judging (see `run`).

The framework closes standard input and tells about a push in variables, about its first ref only; the
native hook hears of all.
"""

from __future__ import annotations

import os
import sys

from agentledger.gates import run

TYPE_CHECKING = False  # see `git_env`
if TYPE_CHECKING:
    from collections.abc import Mapping

STOPPED, USAGE = 1, 2
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
NONE = "0" * 40


def main() -> int:
    """The exit code: 1 when the commit or the push has to stop. An argument names the hook."""
    named = next(iter(sys.argv[1:]), "")
    if named not in ("", *HOOKS):
        sys.stderr.write(f"agentledger-hook: {named!r} is no hook; it knows {', '.join(HOOKS)}\n")
        return USAGE
    if named:
        code = run.main(named)
    elif pushed := _pushed_ref_line(os.environ):
        code = run.main("pre-push", [pushed])
    else:
        code = run.main("pre-commit")
    return STOPPED if code == run.STOPPED else code


def _pushed_ref_line(env: Mapping[str, str]) -> str:
    """The ref that is pushed, in the line that git would give to a hook; '' when this is no push."""
    ours, theirs = (env.get(f"PRE_COMMIT_{side}_BRANCH") for side in ("LOCAL", "REMOTE"))
    if not ours or not theirs:
        return ""
    new, old = (env.get(f"PRE_COMMIT_{end}_REF") for end in ("TO", "FROM"))
    return f"{ours} {new or _resolve_commit(ours)} {theirs} {old or NONE}"


def _resolve_commit(ref: str) -> str:
    """What a ref stands at: the framework names no ids where the first commits of all are pushed."""
    from pathlib import Path

    from agentledger.git import process
    from agentledger.model.text import decode

    out = process.run_or_none(process.repository_at(Path.cwd()), ["rev-parse", "--verify", "--quiet", ref])
    return NONE if out is None else decode(out).strip()
