"""The command `agentledger-hook`, which the pre-commit framework starts, or a hook that somebody wrote.

Belongs here: finding out which hook is running, from the framework's environment. Does not: judging (see
`run`).

The framework closes standard input and describes a push in variables, and of that only the first ref; the
native hook gets all refs.
"""

from __future__ import annotations

import os
import sys

from agentledger.gates import run
from agentledger.storage import platform

TYPE_CHECKING = False  # see `git.environment`
if TYPE_CHECKING:
    from collections.abc import Mapping

STOPPED, USAGE = 1, 2  # exit codes
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
NONE = "0" * 40  # git's id for "no commit"; zeros of any length mean the same to `push`


def main() -> int:
    """Run the hook that the argument names, or the running one; return 1 when the commit or push must stop."""
    named = next(iter(sys.argv[1:]), "")
    if named not in ("", *HOOKS):
        sys.stderr.write(f"agentledger-hook: {named!r} is no hook; it knows {', '.join(HOOKS)}\n")
        return USAGE
    if not platform.is_supported():
        # A team-mate's commit is never stopped by what agentledger cannot do.
        sys.stderr.write(f"{platform.UNSUPPORTED}; this was not checked\n")
        return 0
    if named:
        code = run.main(named)
    elif pushed := _pushed_ref_line(os.environ):
        code = run.main("pre-push", [pushed])
    else:
        code = run.main("pre-commit")
    # 10 is only for our own hook scripts; callers of this command expect the usual 1.
    return STOPPED if code == run.STOPPED else code


def _pushed_ref_line(env: Mapping[str, str]) -> str:
    """Return the pushed ref as the line that git would give to a hook; '' when this is no push."""
    ours, theirs = (env.get(f"PRE_COMMIT_{side}_BRANCH") for side in ("LOCAL", "REMOTE"))
    if not ours or not theirs:
        return ""
    new, old = (env.get(f"PRE_COMMIT_{end}_REF") for end in ("TO", "FROM"))
    return f"{ours} {new or _resolve_commit(ours)} {theirs} {old or NONE}"


def _resolve_commit(ref: str) -> str:
    """Return the id at a ref: the framework gives no ids where the very first commits are pushed."""
    from pathlib import Path

    from agentledger.git import process
    from agentledger.model.text import decode

    out = process.run_or_none(process.repository_at(Path.cwd()), ["rev-parse", "--verify", "--quiet", ref])
    return NONE if out is None else decode(out).strip()
