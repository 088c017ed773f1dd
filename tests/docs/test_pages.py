"""docs/: the commands of the page of each step run as they stand, one after the other.

Belongs here: what has to be there before each page, and where a command is to end otherwise than well. Does
not: running them (see `docpages`), or what a command does (see its own tests).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import Desk
from docpages import DOCS, World, blocks, world

BRIEF = (
    *(
        "--owns",
        "src/auth/**",
        "--owns",
        "tests/auth/**",
        "--why",
        "it fails one run in five; stop after two",
    ),
    *("--outcome", "`pytest -q tests/auth` passes twenty times", "--accept", "twenty runs pass"),
    *("--verify", "test=test -f src/auth/login.py"),
)


def nothing(_here: World) -> None:
    """A repository as it is before agentledger."""


def planned(here: World, *more: str) -> None:
    here.say(here.repo.path, "init", "--yes")
    here.repo.git("add", "-A")
    here.repo.git("commit", "-q", "-m", "agentledger")
    here.say(here.repo.path, "plan", "fix-login", *BRIEF, *more)


def spawned(here: World, *more: str) -> None:
    planned(here, *more)
    here.say(here.repo.path, "spawn", "fix-login")


def worked(here: World) -> None:
    """Its agent has changed code and test."""
    spawned(here)
    for path in ("src/auth/login.py", "tests/auth/test_login.py"):
        here.desk.write(path, "a = 2\n")
    here.desk.git("commit", "-qam", "login")


def asking(here: World) -> None:
    """Its agent asks."""
    spawned(here)
    here.say(here.worktree, "report", "--state", "needs-input", "--next", "more", "--need", "The old format?")


def asks_for_more(here: World) -> None:
    """It has changed its copy of the brief, too."""
    copy = ".agentledger/tasks/fix-login/brief.md"
    wider = (here.worktree / copy).read_text().replace("src/auth/**", "src/**", 1)
    here.desk.write(copy, wider)
    here.desk.git("commit", "-q", "-m", "ask for more", copy)


def colliding(here: World) -> None:
    """Another branch changes the same line, and neither has landed."""
    spawned(here)
    for folder, text in ((here.worktree, "one\n"), (here.repo.path, "other\n")):
        if folder == here.repo.path:
            here.repo.git("switch", "-q", "-c", "claude/other")
        (folder / "src/auth").mkdir(parents=True, exist_ok=True)
        (folder / "src/auth/login.py").write_text(text)
        desk = Desk(here.repo, folder)
        desk.git("add", "-A", "src")
        desk.git("commit", "-q", "-m", "login")
    here.repo.git("switch", "-q", "main")


Before = Callable[[World], None]
# By page: what has to be there first, and by a word of a block, the exit code it has to end with if not 0.
PAGES: dict[str, tuple[Before, dict[str, int]]] = {
    "init.md": (nothing, {}),
    "spawn.md": (planned, {}),
    "dependencies.md": (spawned, {}),
    "conflicts.md": (colliding, {}),
    "merge-order.md": (spawned, {}),
    "report.md": (spawned, {}),
    "verify.md": (spawned, {}),
    "integrity.md": (worked, {}),
    "ledger.md": (nothing, {}),
    "unblock.md": (asking, {}),
}

# By page: what happens before a block, by a word of it.
MEANWHILE: dict[str, dict[str, Before]] = {"unblock.md": {"brief show": asks_for_more}}

# Pages with a test of their own, since each block of them is looked at.
ELSEWHERE = ("plan.md", "prompt.md", "finish.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_as_it_says(page: str, tmp_path: Path) -> None:
    before, odd = PAGES[page]
    here = world(tmp_path)
    before(here)
    found = blocks(page)
    assert found, page
    for block in found:
        for word, happens in MEANWHILE.get(page, {}).items():
            if word in block:
                happens(here)
        done = here.typed(block)
        expected = next((code for word, code in odd.items() if word in block), 0)
        assert done.returncode == expected, (block, done.stdout, done.stderr)


def test_every_page_with_commands_is_run() -> None:
    having = {page.name for page in DOCS.glob("*.md") if blocks(page.name)}
    assert having == {*PAGES, *ELSEWHERE}
