"""Which programs run tests, linters or compilers, by the words of a command, and which of their flags make them pass.

Belongs here: those names. Does not: the shell's grammar around them (see `shell_list` and `lost_exit_code`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentledger.running.shell_list import Word

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# Words in front of a program that run it and have its exit code.
_PREFIXES = frozenset(("env", "time", "exec", "command", "sudo", "nice", "nohup", "xvfb-run"))
# Programs that run another one: how many of the words behind belong to them.
_RUNNERS = {
    ("uv", "run"): 2,
    ("poetry", "run"): 2,
    ("pipenv", "run"): 2,
    ("pdm", "run"): 2,
    ("hatch", "run"): 2,
    ("rye", "run"): 2,
    ("pixi", "run"): 2,
    ("bundle", "exec"): 2,
    ("pnpm", "exec"): 2,
    ("yarn", "exec"): 2,
    ("npm", "exec"): 2,
    ("coverage", "run"): 2,
    ("npx",): 1,
    ("bunx",): 1,
}
_TEST = frozenset(
    "pytest py.test tox nox nose2 nosetests unittest jest vitest mocha ava tap jasmine karma tsc eslint tslint "
    "stylelint ctest gotestsum golangci-lint staticcheck rspec phpunit pest phpstan psalm bats behave cucumber "
    "ruff mypy flake8 pylint pyright black isort rubocop shellcheck clippy ginkgo prove nextest".split()
)
# Programs that run tests by their first word.
_BY_WORD = {
    "cargo": {"test", "check", "clippy", "nextest", "fmt"},
    "go": {"test", "vet"},
    "deno": {"test", "lint", "check"},
    "bun": {"test"},
    "dotnet": {"test"},
    "swift": {"test"},
    "mix": {"test"},
    "meson": {"test"},
    "stack": {"test"},
    "cabal": {"test"},
    "sbt": {"test"},
    "lein": {"test"},
    "playwright": {"test"},
    "cypress": {"run"},
    "node": {"--test"},
}
# Programs that run what the repository calls so.
_BY_TARGET = frozenset(
    ("make", "gmake", "npm", "pnpm", "yarn", "bun", "just", "task", "rake", "mvn", "mvnw", "gradle", "gradlew",
     "composer", "ninja")
)  # fmt: skip
_TARGET = re.compile(r"(?:.*[:_-])?(?:tests?|check|lint|specs?|typecheck|verify|t)(?:[:_-].*)?")
# A flag, with a value or without; of which programs (None: any); what it means.
_FLAGS: tuple[tuple[str, frozenset[str] | None, str], ...] = (
    (r"--passWithNoTests(=true)?", None, "it passes where it finds no test"),
    (r"--exit-zero", None, "it passes whatever it finds"),
    (r"-Dmaven\.test\.failure\.ignore(=true)?", None, "it passes with failing tests"),
    (r"-D(skipTests|maven\.test\.skip)(=true)?", None, "it runs no test"),
    (r"--fail-never|-fn", frozenset(("mvn", "mvnw")), "it passes whatever fails"),
    (r"-[a-hj-z]*i[a-z]*|--ignore-errors", frozenset(("make", "gmake")), "it passes whatever fails"),
    (r"--collect-only|--co", frozenset(("pytest", "py.test")), "it runs no test"),
    (r"--dry-run", frozenset(("mocha", "rspec", "cucumber", "behave", "make", "gmake", "gradle", "gradlew")),
     "it runs no test"),
    (r"-n|--just-print", frozenset(("make", "gmake")), "it runs nothing"),
    (r"--no-run", frozenset(("cargo", "deno")), "it runs no test"),
    (r"--list-?[tT]ests", None, "it runs no test"),
)  # fmt: skip


def strip_prefix(words: Sequence[Word]) -> Sequence[Word]:
    """The words from the program on that decides: `CI=1 uv run python -m pytest -q` begins at `pytest`."""
    words = list(words)
    while words:
        texts = [word.text for word in words]
        name = _base_name(texts[0])
        if _ASSIGNMENT.match(texts[0]) or name in _PREFIXES:
            words = _drop(words, 1)
        elif name == "timeout" and len(words) > 2:
            words = _drop(words, 1)[1:]
        elif count := next(
            (n for key, n in _RUNNERS.items() if tuple([name, *texts[1:]][: len(key)]) == key), 0
        ):
            words = _drop(words, count)
        elif re.fullmatch(r"python[\d.]*|pypy3?|py", name) and texts[1:2] == ["-m"] and len(words) > 2:
            words = words[2:]
        else:
            break
    return words


def _drop(words: list[Word], count: int) -> list[Word]:
    """The words without the first `count`, and without the options behind those."""
    words = words[count:]
    while len(words) > 1 and words[0].text.startswith("-") and words[0].text != "-m":
        words = words[1:]
    if len(words) > 1 and words[0].text == "-m":
        words = words[1:]
    return words


def is_test_program(words: Sequence[Word]) -> bool:
    """Do these words, from the program on, run tests, a linter or a compiler?"""
    if not words:
        return False
    name, arguments = _base_name(words[0].text), [word.text for word in words[1:]]
    return (
        name in _TEST
        or any(word in _BY_WORD.get(name, ()) for word in arguments[:2])
        or (name in _BY_TARGET and any(map(_TARGET.fullmatch, arguments)))
    )


def passing_flag(words: Sequence[Word], flag: str) -> str:
    """What a flag of these words means, where with it a program passes though nothing was tested; '' for others."""
    name = _base_name(words[0].text) if words else ""
    for pattern, programs, meaning in _FLAGS:
        if (programs is None or name in programs) and re.fullmatch(pattern, flag):
            return meaning
    return ""


def describe_program(words: Sequence[Word]) -> str:
    """The program's name as people say it: `pytest`, `cargo test`, `npm run lint`; '' for no words."""
    if not words:
        return ""
    name, arguments = _base_name(words[0].text), [word.text for word in words[1:] if word.plain]
    if name in _BY_WORD or name in _BY_TARGET:
        count = 2 if arguments[:1] == ["run"] else 1
        return " ".join([name, *arguments[:count]])
    return name


def _base_name(program: str) -> str:
    return program.rpartition("/")[2]
