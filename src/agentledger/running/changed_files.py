"""`{changed:GLOB}` in a check's command: the changed files that match, as arguments of their own.

Belongs here: which files, and the arguments for the shell. Does not: which files changed, or running it.

The names are handed to the shell as `$1`, `$2` …, and the command only refers to them: a name is never read
as part of a command, whatever it holds, and wherever in the command it is asked for.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentledger.model.text import decode, encode
from agentledger.scope.wildmatch import matches_path

_ASKED = re.compile(r"\{changed:([^{}]*)\}")
# A name that begins so could be an option, or a file of arguments, to the command.
_TAKEN = (b"-", b"+", b"@")


@dataclass(frozen=True, slots=True)
class Filled:
    """A command ready to be run. `arguments` are what `sh -c` takes; `shown` is what a person would type.

    `skipped` says why there is nothing to run it on, and is '' otherwise.
    """

    arguments: tuple[bytes, ...]
    shown: str
    skipped: str = ""


def fill_command(command: str, paths: Sequence[bytes]) -> Filled:
    """The command with each `{changed:GLOB}` filled in with those of `paths` that match.

    It is skipped where it asks for changed files, and none of its patterns matches any.
    """
    globs = list(dict.fromkeys(_ASKED.findall(command)))
    if not globs:
        return Filled((encode(command),), command)
    ordered = sorted(paths)
    found = {glob: [path for path in ordered if matches_path(encode(glob), path)] for glob in globs}
    names = sorted({path for matched in found.values() for path in matched})
    number = {path: at for at, path in enumerate(names, 1)}
    refer = _replace_globs(command, found, lambda path: f'"${{{number[path]}}}"')
    shown = _replace_globs(command, found, lambda path: shlex.quote(decode(_safe_argument(path))))
    skipped = "" if names else f"no changed file matches {', '.join(globs)}"
    return Filled((encode(refer), b"sh", *map(_safe_argument, names)), shown, skipped)


def _replace_globs(command: str, found: dict[str, list[bytes]], word: Callable[[bytes], str]) -> str:
    return _ASKED.sub(lambda asked: " ".join(map(word, found[asked[1]])), command)


def _safe_argument(path: bytes) -> bytes:
    return b"./" + path if path.startswith(_TAKEN) else path
