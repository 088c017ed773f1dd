"""Finds out what a check runs with: the interpreter behind its command, and the lock files that it sees.

Belongs here: which program a command's words stand for, its version, and digests. Does not: running the check (see
`one_check`), or what follows from a difference (see `attention.run_differences`).

Nothing is guessed. A command that chooses its interpreter by itself (tox, make, `. venv/bin/activate`) is not
asked about, and its evidence names none. The only thing that is run is a question for a version.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from agentledger.model.evidence import RanWith
from agentledger.model.text import escape_hidden
from agentledger.running.junit import Unreadable
from agentledger.workflow.verify.junit_files import read_plain_file

# Returns what a command given as arguments of `sh -c` prints; "" where it fails.
Ask = Callable[[Sequence[bytes]], str]

LOCK_FILES = (
    *("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "conda-lock.yml", "pixi.lock"),
    *("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"),
    *("deno.lock", "Cargo.lock", "go.sum", "go.work.sum", "Gemfile.lock", "composer.lock", "mix.lock"),
    *(
        "gradle.lockfile",
        "packages.lock.json",
        "Package.resolved",
        "pubspec.lock",
        "flake.lock",
        "rebar.lock",
    ),
)
_REQUIREMENTS = ("requirements*.txt", "constraints*.txt")  # at the top, and those that the command names
_MOST_FILES = 40
_MOST_BYTES = 64 << 20  # of a lock file
_MOST_TOOL = 80  # characters of a version
_HEAD = 512  # bytes of a script in which its interpreter is named

# How each is asked, and what its answer is cut to.
_VERSIONS = {
    "python": ("--version", re.compile(r"(Python|PyPy) [\w.+-]+")),
    "pypy": ("--version", re.compile(r"(Python|PyPy) [\w.+-]+")),
    "node": ("--version", re.compile(r"v[\d.]+\S*")),
    "go": ("version", re.compile(r"go[\d.]+\S*")),
    "rustc": ("--version", re.compile(r"rustc [\d.]+\S*")),
    "ruby": ("--version", re.compile(r"[jt]?ruby [\d.]+\w*")),
    "php": ("--version", re.compile(r"PHP [\d.]+\S*")),
    "java": ("-version", re.compile(r'version "[^"]+"')),
    "perl": ("--version", re.compile(r"v5[\d.]+")),
    "deno": ("--version", re.compile(r"deno [\d.]+\S*")),
    "bun": ("--version", re.compile(r"[\d.]+\S*")),
    "dotnet": ("--version", re.compile(r"[\d.]+\S*")),
}
# Words whose own version says little: what they run with is another program.
_INSTEAD = {"cargo": "rustc", "mvn": "java", "mvnw": "java", "gradle": "java", "gradlew": "java"}
# These choose an interpreter of their own.
_CHOOSE = frozenset(
    "tox nox hatch poetry pdm pipenv pipx uvx uv conda mamba micromamba pixi rye mise asdf nvm pyenv rbenv "
    "direnv nix nix-shell docker podman pre-commit rustup".split()
)
# What changes the meaning of the words after it.
_MOVE = frozenset(". source eval export exec cd pushd env sudo command".split())
_UV_FLAGS = frozenset("--frozen --locked --no-sync --quiet -q --all-extras --all-groups --offline".split())
_BEHIND_PYTHON = re.compile(r"python[\d.]*")


class Tools:
    """The tools that commands in the worktree at `top` use, each asked once."""

    def __init__(self, top: Path, env: Mapping[str, str], ask: Ask) -> None:
        self._top, self._path, self._env, self._ask = top, env.get("PATH", os.defpath), env, ask
        self._known: dict[str, str] = {}

    def describe(self, command: str) -> str:
        """The tools and versions of a command, such as `Python 3.11.7`; "" where they are not known."""
        versions = (self._version(word) for word in list_programs(command))
        return ", ".join(dict.fromkeys(filter(None, versions)))[:_MOST_TOOL]

    def _version(self, word: str) -> str:
        if word not in self._known:
            program = self._find_interpreter(word)
            self._known[word] = self._ask_version(program) if program else ""
        return self._known[word]

    def _find_interpreter(self, word: str, depth: int = 0) -> str | None:
        """The path of the program that runs a command: itself, or what its first line names; None if unknown."""
        name = word.rpartition("/")[2]
        instead = _INSTEAD.get(name)
        if instead == "java" and self._env.get("JAVA_HOME"):
            return str(Path(self._env["JAVA_HOME"], "bin/java"))
        path = self._which(instead or word)
        if path is None or family_of(instead or name):
            return path
        if depth > 1 or name in _CHOOSE:
            return None
        behind = read_interpreter(_read_head(Path(path)))
        return self._find_interpreter(behind, depth + 1) if behind else None

    def _which(self, word: str) -> str | None:
        """As the shell finds it, from the worktree's top."""
        if "/" in word:
            return shutil.which(str(self._top / word))
        folders = (str(self._top / folder) for folder in self._path.split(os.pathsep))
        return shutil.which(word, path=os.pathsep.join(folders))

    def _ask_version(self, program: str) -> str:
        family = family_of(program.rpartition("/")[2])
        if not family:
            return ""
        option, pattern = _VERSIONS[family]
        said = self._ask((b'exec "$0" "$1" 2>&1', os.fsencode(program), option.encode()))
        match = pattern.search(said)
        if not match:
            return ""
        words = escape_hidden(match[0].replace('"', ""))
        return words if words.lower().startswith((family, "py", "tr", "jr")) else f"{family} {words}"


def family_of(name: str) -> str:
    """The interpreter that a program's name stands for, such as `python` for `python3.11`; "" for none."""
    plain = "python" if _BEHIND_PYTHON.fullmatch(name) else name
    return plain if plain in _VERSIONS else ""


def list_programs(command: str) -> Iterator[str]:
    """The words of a shell command that are programs; none where the command is more than a plain list of them."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        words = [*lexer]
    except ValueError:  # a quote that does not end
        return
    expected, programs = True, []
    for at, word in enumerate(words):
        if set(word) <= set("();<>|&\n"):
            expected = not set(word) & set("<>")
        elif expected and not re.fullmatch(r"\w+=.*", word):
            if word in _MOVE or re.search(r"[$`*?{}!\[\]~]", word) or word.startswith("PATH="):
                return
            # uv keeps the project's environment there, unless it is told otherwise.
            in_venv = word == "uv" and _is_plain_uv_run(words[at + 1 :])
            programs.append(".venv/bin/python" if in_venv else word)
            expected = False
        elif word.startswith("PATH="):
            return
    yield from programs


def _is_plain_uv_run(words: Sequence[str]) -> bool:
    """Are these the words behind `uv` that run something in the environment of the project?"""
    first = next((word for word in words[1:] if word not in _UV_FLAGS), "-")
    return words[:1] == ["run"] and not first.startswith("-")


def read_interpreter(head: bytes) -> str | None:
    """The program that a script's first lines name; None where they name none that can be told."""
    if not head.startswith(b"#!"):
        return None
    lines = head.decode("utf-8", "replace").splitlines()
    words = lines[0][2:].split()
    if words[:1] == ["/bin/sh"] and len(lines) > 1 and lines[1].startswith("'''exec'"):
        # How pip and uv write a path that is too long for a first line, or has spaces.
        with suppress(ValueError):
            words = shlex.split(lines[1].removeprefix("'''exec'"))[:1]
    if words[:1] and words[0].endswith("/env"):
        words = [word for word in words[1:] if word != "-S"]
        return words[0] if words and "=" not in words[0] and not words[0].startswith("-") else None
    return words[0] if words else None


def _read_head(path: Path) -> bytes:
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(_HEAD)
    return b""


def digest_lock_files(top: Path, command: str) -> tuple[tuple[str, str], ...]:
    """The SHA-256 of each lock file at the worktree's top, and of requirements that the command names."""
    names = {name for name in LOCK_FILES if (top / name).is_file()}
    names |= {path.name for pattern in _REQUIREMENTS for path in top.glob(pattern)}
    names |= {
        word.removeprefix("./")
        for word in re.split(r"[\s'\"=;|&<>()]+", command)
        if word.endswith((".txt", ".lock", *LOCK_FILES))
        and re.search(r"(?:require|constraint|lock)", word)
        and not word.startswith(("/", "-"))
        and ".." not in word
    }
    digests = ((name, _digest(top, name)) for name in sorted(names)[:_MOST_FILES])
    return tuple((name, digest) for name, digest in digests if digest)


def _digest(top: Path, name: str) -> str:
    """The SHA-256 of one file; "" where it cannot be read, or a link leads out of the worktree."""
    with suppress(OSError, Unreadable):
        if (top / name).resolve().is_relative_to(top.resolve()):
            return hashlib.sha256(read_plain_file(top / name, _MOST_BYTES)).hexdigest()
    return ""


def join_facts(tool: str, files: tuple[tuple[str, str], ...]) -> RanWith | None:
    """What a check ran with; None where nothing is known."""
    return RanWith(tool, files) if tool or files else None
