"""Fill in `{changed:GLOB}` in a check's command: the changed files that match, each as one argument.

Belongs here: which of the files match, and the arguments for the shell. Does not: which files changed (see
`workflow.verify.run_checks`), or running the command (see `run`).

The shell gets the names as `$1`, `$2` …, and the command only refers to them. So a name is never read as part
of a command, whatever characters it has, and wherever in the command it is filled in.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentledger.model.text import decode, encode
from agentledger.scope.changed_globs import CHANGED, list_globs
from agentledger.scope.patterns import matches_path

# The command could read a name that begins with one of these as an option, or as a file of arguments.
_TAKEN = (b"-", b"+", b"@")


@dataclass(frozen=True, slots=True)
class Filled:
    """A command ready to be run.

    `arguments` are what `sh -c` takes; `shown` is what a person would type. `skipped` says why there is
    nothing to run, '' where there is something.
    """

    arguments: tuple[bytes, ...]
    shown: str
    skipped: str = ""


def fill_command(command: str, paths: Sequence[bytes]) -> Filled:
    """Fill in each `{changed:GLOB}` of a command with those of `paths` that match.

    It is skipped where it has such globs, and none of them matches any path.
    """
    globs = list_globs(command)
    if not globs:
        return Filled((encode(command),), command)
    ordered = sorted(paths)
    matching = {glob: [path for path in ordered if matches_path(encode(glob), path)] for glob in globs}
    names = sorted({path for matched in matching.values() for path in matched})
    number = {path: at for at, path in enumerate(names, 1)}
    # With braces, since `$10` is `$1` and a 0 to a shell.
    refer = _replace_globs(command, matching, lambda path: f'"${{{number[path]}}}"')
    shown = _replace_globs(command, matching, lambda path: shlex.quote(decode(_safe_argument(path))))
    skipped = "" if names else f"no changed file matches {', '.join(globs)}"
    return Filled((encode(refer), b"sh", *map(_safe_argument, names)), shown, skipped)


def fill_files(command: str, paths: Sequence[bytes]) -> str:
    """Put these paths, quoted for a shell, in place of `{files}`."""
    names = " ".join(shlex.quote(decode(_safe_argument(path))) for path in paths)
    return command.replace("{files}", names)


def _replace_globs(command: str, matching: dict[str, list[bytes]], word: Callable[[bytes], str]) -> str:
    return CHANGED.sub(lambda match: " ".join(map(word, matching[match[1]])), command)


def _safe_argument(path: bytes) -> bytes:
    return b"./" + path if path.startswith(_TAKEN) else path
