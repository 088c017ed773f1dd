"""`agentledger init` on a terminal: what it asks, what Enter takes, and that nothing is written unasked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import command
from clones import everything, made
from gitrepo import Repo

HOOKS, AGENTS, TEMPLATE, LAST = (
    "Git hooks that block",
    "AGENTS.md: add a block",
    "pull_request_template.md: add a",
    "Do this?",
)
LIMIT = 30  # seconds for one question


class Ended(NamedTuple):
    code: int
    out: str


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return made(tmp_path / "repo")


def on_terminal(folder: Path, talk: Sequence[tuple[str, str]], *options: str) -> Ended:
    """Run `agentledger init` on a terminal: wait for each question in `talk`, then type what goes with it."""
    ours, theirs = pty.openpty()
    program = [*command.PROGRAM, "init", *options]
    with subprocess.Popen(program, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        said = ""
        try:
            for question, typed in talk:
                said += _until(ours, question, said)
                os.write(ours, typed.encode())
            said += _until(ours, None, said)
        except BaseException:
            running.kill()  # it waits for an answer, and leaving the block waits for it
            raise
        code = running.wait(LIMIT)
    os.close(ours)
    assert "Traceback" not in said
    return Ended(code, said.replace("\r\n", "\n"))


def _until(terminal: int, question: str | None, before: str) -> str:
    """What is said until the question has come that was not there before; None: until the end."""
    said, limit, seen = "", time.monotonic() + LIMIT, before.count(question) if question else 0
    while question is None or (before + said).count(question) <= seen or not said.rstrip(" ").endswith(":"):
        assert time.monotonic() < limit, (question, before + said)
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                block = os.read(terminal, 1 << 16)
            except OSError:  # Linux: the other side is closed
                block = b""
            if not block:
                assert question is None, (question, before + said)
                return said
            said += block.decode()
    return said


def test_enter_takes_every_default(repo: Repo) -> None:
    ended = on_terminal(repo.path, [(HOOKS, "\n"), (AGENTS, "\n"), (TEMPLATE, "\n"), (LAST, "\n")])
    assert ended.code == 0
    assert (repo.path / ".git/hooks/pre-commit").exists()
    assert (repo.path / "AGENTS.md").exists()
    assert not (repo.path / ".github").exists()  # no forge is known
    assert ended.out.index("write    ") < ended.out.index(LAST) < ended.out.index("wrote    ")
    assert "then: agentledger plan TASK" in ended.out


def test_each_answer_counts(repo: Repo) -> None:
    ended = on_terminal(repo.path, [(HOOKS, "none\n"), (AGENTS, "n\n"), (TEMPLATE, "y\n"), (LAST, "y\n")])
    assert ended.code == 0
    assert not (repo.path / ".git/hooks/pre-commit").exists()
    assert not (repo.path / "AGENTS.md").exists()
    assert (repo.path / ".github/pull_request_template.md").exists()


def test_with_a_forge_the_template_is_the_default(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "git@github.com:o/r.git")
    on_terminal(repo.path, [(HOOKS, "\n"), (AGENTS, "\n"), (TEMPLATE, "\n"), (LAST, "\n")])
    assert (repo.path / ".github/pull_request_template.md").exists()


def test_no_or_an_end_of_input_writes_nothing(repo: Repo) -> None:
    before = everything(repo.path)
    talk = [(HOOKS, "\n"), (AGENTS, "\n"), (TEMPLATE, "\n")]
    ended = on_terminal(repo.path, [*talk, (LAST, "n\n")])
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "nothing was written")
    assert everything(repo.path) == before
    assert on_terminal(repo.path, [*talk, (LAST, "\x04")]).code == 130
    assert everything(repo.path) == before


def test_the_diff_is_shown_on_request_before_anything_is_written(repo: Repo) -> None:
    before = everything(repo.path)
    talk = [(HOOKS, "\n"), (AGENTS, "\n"), (TEMPLATE, "\n"), (LAST, "d\n"), (LAST, "n\n")]
    ended = on_terminal(repo.path, talk)
    assert "+version = 1" in ended.out
    assert "+## Work under an agentledger brief" in ended.out
    assert everything(repo.path) == before


def test_what_a_flag_has_said_is_not_asked(repo: Repo) -> None:
    flags = ["--hooks", "none", "--no-agents-md", "--no-pr-template"]
    ended = on_terminal(repo.path, [(LAST, "y\n")], *flags)
    assert ended.code == 0
    assert HOOKS not in ended.out
    assert not (repo.path / "AGENTS.md").exists()


def test_what_is_there_already_is_not_asked(repo: Repo) -> None:
    on_terminal(repo.path, [], "--yes", "--pr-template")
    ended = on_terminal(repo.path, [(HOOKS, "\n")])
    assert (ended.code, AGENTS in ended.out, TEMPLATE in ended.out) == (0, False, False)
    assert "all of it is there already" in ended.out


@pytest.mark.parametrize("option", ["--yes", "--dry-run", "--format=json", "--uninstall"])
def test_nothing_is_asked_where_nobody_wants_to_be(repo: Repo, option: str) -> None:
    assert on_terminal(repo.path, [], option).code == 0
