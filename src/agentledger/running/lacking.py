"""Find in a failing check's output what it lacks to run at all: a program, a package, a network, a service.

Belongs here: the words of shells, interpreters and package managers. Does not: whether the machine lacks it, or the
branch that was checked (see `workflow.verify.could_not_run`): from the words alone that cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST = 400  # characters of a line that is looked at
_MOST_WORDS = 160  # characters of the words that are told
# A shell's exit codes for a program that it cannot run, or cannot find.
CANNOT_RUN = (126, 127)


@dataclass(frozen=True, slots=True)
class Lacking:
    """The very words of the output, and the name of what is lacking; "" where it has none."""

    words: str
    name: str = ""


# Each is compared with a whole line, and its group is the name.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Shells, make and npm, which end with an exit code of their own.
        r"(?:/bin/)?(?:\w+sh|sh): (?:line )?(?:\d+: )?(\S+): (?:command )?not found",
        r"(?:/bin/)?(?:\w+sh|sh): command not found: (\S+)",
        r"make(?:\[\d+\])?: (\S+): (?:No such file or directory|Permission denied)",
        r"/usr/bin/env: [‘'`]?([^\s’']+)[’']?: No such file or directory",
        r"env: (\S+): No such file or directory",
        # Python
        r"(?:E +)?(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?.*",
        r".*python[\d.]*: No module named ([\w.]+)",
        r"ERROR: Could not find a version that satisfies the requirement (\S+).*",
        # JavaScript
        r"(?:\[?\w*Error\b.*: |Error: |error: )?Cannot find (?:module|package) '([^']+)'.*",
        r"npm (?:ERR!|error) could not determine executable to run",
        # Ruby, PHP, Java, .NET
        r".*cannot load such file -- (\S+) \(LoadError\)",
        r"bundler: command not found: (\S+)",
        r"Could not find (?:gem )?'?([\w.-]+)'?.* in (?:any of the sources|locally installed gems).*",
        r"Could not open input file: (\S+)",
        r"(?:PHP )?(?:Fatal error|Warning): .*Failed opening required '([^']+)'.*",
        r"Error: JAVA_HOME is not defined correctly.*|ERROR: JAVA_HOME is (?:not set|set to an invalid).*",
        r".*Could not (?:transfer|resolve|find) (?:artifact|dependencies).*",
        # Rust
        r"error: no such command: `([\w-]+)`",
        # No network, and no service
        r".*(?:Could not resolve host|Temporary failure in name resolution|getaddrinfo E\w+|dial tcp: lookup).*",
        r".*Cannot connect to the Docker daemon.*",
    )
)


def find_lacking(lines: Sequence[str]) -> tuple[Lacking, ...]:
    """What an output says that it lacks, once each, the first first."""
    lacking: dict[str, Lacking] = {}
    for line in lines:
        words = line.strip()
        if not words or len(words) > _LONGEST:
            continue
        match = next(filter(None, (pattern.fullmatch(words) for pattern in _PATTERNS)), None)
        if match:
            name = (match[1] or "") if match.re.groups else ""
            lacking.setdefault(name or words, Lacking(_cut(words.removeprefix("E ").strip()), name))
    return tuple(lacking.values())


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"
