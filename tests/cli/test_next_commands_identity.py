"""Where a client hides the user's settings from git, the command that a message names gives a commit its author.

Belongs here: the environment of such a client, and typing the command there. Does not: what a commit holds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from command import refused, run
from nextcommand import find_command, type_command
from verifying import Checks

REPORT = ("report", "--changed", "It.", "--next", "More.", "--risks", "none")
CONFIG = "git config user.name .* && git config user.email .*"


@pytest.fixture
def desk(tmp_path: Path, sealed: Path, monkeypatch: pytest.MonkeyPatch) -> Checks:
    """An agent's worktree; its user is known by ~/.gitconfig alone, which no git here reads (Gemini CLI does so)."""
    made = Checks(tmp_path, {"test": "true"})
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    (sealed / ".gitconfig").write_text("[user]\n\tname = Zoë O'Hara\n\temail = zoe@example.org\n")
    made.repo.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return made


@pytest.mark.parametrize(
    "command", [REPORT, ("verify",), ("packet",), ("done",)], ids=lambda command: command[0]
)
def test_an_agent_whose_client_hides_the_user_goes_on_as_that_user(
    desk: Checks, command: tuple[str, ...]
) -> None:
    said = run(desk.path, *command)
    assert said.code == 2, said
    assert "(GIT_CONFIG_GLOBAL is set, so git sees no settings of the user's)" in said.err
    type_command(desk.path, find_command(said.err, CONFIG))
    assert run(desk.path, *command).code in (0, 1)
    assert desk.git("log", "-1", "--format=%an <%ae>") == "Zoë O'Hara <zoe@example.org>\n"


def test_a_user_whom_nothing_names_is_asked_for_in_this_repository(desk: Checks, sealed: Path) -> None:
    (sealed / ".gitconfig").unlink()
    said = refused(desk.path, *REPORT)
    assert "--global" not in said.hint
    assert "GIT_CONFIG_GLOBAL" not in said.message
    filled = {"Your Name": "Ada", "you@example.org": "ada@example.org"}
    type_command(desk.path, find_command(said.hint, CONFIG, filled))
    assert run(desk.path, *REPORT).code == 0
