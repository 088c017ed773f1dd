"""The real command line in a process of its own, and what it must never do.

Belongs here: running it, and looking at what it wrote. Does not: repositories (see
`gitrepo`), ways to break them (see `damage`), how a process starts warm (see `warm`),
or what one test expects.
"""

from __future__ import annotations

import html
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import warm

# Read here, since the tests see no such variable: every command in a fresh interpreter, to compare.
FRESH = bool(os.environ.get("AGENTLEDGER_TEST_FRESH"))
PROGRAM = (sys.executable, "-m", "agentledger")
# The same for Ctrl-C: a shell that starts tests in the background has them ignore it, and so all that they start.
_HEEDING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from agentledger.cli import main
sys.exit(main())
"""
INTERRUPTIBLE = (sys.executable, "-c", _HEEDING)


def in_shell() -> str:
    """The words of shell for `agentledger`, in a fork as with `run`, to which arguments can be added."""
    return (None if FRESH else warm.program_command()) or shlex.join(PROGRAM)


class Said(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one sentence of an error that a user can mend."""
        first = self.err.splitlines()[0] if self.err else ""
        assert first.startswith("agentledger: "), self
        return first.removeprefix("agentledger: ")

    @property
    def hint(self) -> str:
        """What to do about it."""
        lines = self.err.splitlines()
        assert len(lines) == 2, self
        assert lines[1].startswith("hint: "), self
        return lines[1].removeprefix("hint: ")


def run(
    folder: Path, *arguments: str | bytes, env: Mapping[str, str] | None = None, given: bytes = b""
) -> Said:
    """Run `agentledger ARGUMENTS` in a folder; `env` comes on top of the test's own environment.

    In a fork of a process that has imported the program already, where that makes no difference.
    """
    ended = None if FRESH else warm.run(folder, arguments, os.environ | dict(env or {}), given=given)
    return _said(ended) if ended else run_fresh(folder, *arguments, env=env, given=given)


def run_fresh(
    folder: Path, *arguments: str | bytes, env: Mapping[str, str] | None = None, given: bytes = b""
) -> Said:
    """The same in a fresh interpreter: for what depends on how Python starts, or what it finds around it."""
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=os.environ | dict(env or {}),
        input=given, capture_output=True, check=False,
    )  # fmt: skip
    return _said(warm.Ended(done.returncode, done.stdout, done.stderr))


def _said(ended: warm.Ended) -> Said:
    said = Said(ended.code, ended.out.decode(), ended.err.decode())
    assert "Traceback" not in said.err, said
    assert said.code != 3, said
    return said


def refused(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, fresh: bool = False) -> Said:
    """Run a command that has to end with 2, one sentence and a hint, and print nothing else."""
    said = (run_fresh if fresh else run)(folder, *arguments, env=env)
    assert (said.code, said.out) == (2, ""), said
    assert said.message, said
    assert said.hint, said
    return said


def board(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The board as JSON, read strictly: what is not UTF-8, or holds half a surrogate pair, fails.

    Nothing is dormant in it, since the samples are old.
    """
    said = run(folder, "board", "--dormant=never", "--format", "json", *arguments, env=env)
    assert said.code == 0, said
    found: dict[str, Any] = msgspec.json.decode(said.out)
    return found


def branches(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """The branches of the board by name."""
    return {entry["name"]: entry for entry in board(folder, *arguments, env=env)["branches"]}


def site(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build the site, and give its files by path, each decoded strictly as UTF-8."""
    said = run(folder, "site", "--dormant=never", *arguments, env=env)
    assert said.code == 0, said
    out = Path(arguments[arguments.index("--out") + 1]) if "--out" in arguments else Path(".agentledger-site")
    return {path: content.decode() for path, content in tree(folder / out).items() if content is not None}


def page(files: Mapping[str, str], branch: Mapping[str, Any]) -> str:
    """The page of a branch (an entry of the board's JSON) with a plain name, in a built site."""
    fact = f"<code>{html.escape(branch['ref'])}</code>"
    names = [path for path in files if path.startswith("branch/") and fact in files[path]]
    assert len(names) == 1, (branch["ref"], names)
    return files[names[0]]


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: each file with its content, a folder as None, a link as its target."""
    return {path.relative_to(folder).as_posix(): _content(path) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> bytes | None:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return None if path.is_dir() else path.read_bytes()
