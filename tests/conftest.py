"""What holds for every test: nothing of the developer's own git reaches it.

Belongs here: the sealing, and settings of the test tools. Does not: sample
repositories (see `gitrepo`), or fixtures that only one test file needs.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A git process takes as long as the machine lets it, so a deadline would fail at random.
settings.register_profile("git", deadline=None, database=None, print_blob=True)
settings.load_profile("git")

# Another git for the whole run, by the path of its program: found first on PATH, with what lies beside it.
TEST_GIT = os.environ.get("AGENTLEDGER_TEST_GIT", "")

DROPPED = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "LANGUAGE", "EDITOR", "VISUAL")
# What a make that runs the tests tells the makes below it.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


def seal(patch: pytest.MonkeyPatch, home: Path, ceiling: Path) -> None:
    """Point git and everything that reads a home folder at `home`; git looks no higher than `ceiling`.

    All GIT_ variables go, more than `git rev-parse --local-env-vars` lists: tests that
    run inside a hook or a rebase inherit an index, an identity and an editor as well.
    """
    for name in list(os.environ):
        if name.startswith(("GIT_", "XDG_", "AGENTLEDGER_")) or name in (*DROPPED, *OF_MAKE):
            patch.delenv(name)
    for name, value in {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_STATE_HOME": str(home / ".state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(ceiling),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ada Author",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": "1700000000 +0000",
        "GIT_COMMITTER_NAME": "Cora Committer",
        "GIT_COMMITTER_EMAIL": "cora@example.com",
        "GIT_COMMITTER_DATE": "1700000000 +0000",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }.items():
        patch.setenv(name, value)
    # `agentledger` is found by its name, as where somebody has put it on PATH.
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ["PATH"].split(":"):
        patch.setenv("PATH", f"{os.environ['PATH']}:{programs}")
    if TEST_GIT:
        folder = str(Path(TEST_GIT).resolve().parent)
        if not os.environ["PATH"].startswith(f"{folder}:"):
            patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def pytest_report_header() -> str:
    """The git that the tests run, which is not the one of the last run for certain."""
    program = TEST_GIT or "git"
    return subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session", autouse=True)
def sealed_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Seals fixtures that live longer than one test, which are built before `sealed`."""
    with pytest.MonkeyPatch.context() as patch:
        seal(patch, tmp_path_factory.mktemp("home"), tmp_path_factory.getbasetemp().resolve())
        yield


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all homes: to number a new folder, pytest reads all that are beside it."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def sealed(
    sealed_session: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    homes: Path,
) -> Path:
    """Gives each test an empty home of its own, and returns it."""
    home = Path(tempfile.mkdtemp(dir=homes))
    seal(monkeypatch, home, tmp_path_factory.getbasetemp().resolve())
    return home


@pytest.fixture(scope="session")
def templates(sealed_session: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where repositories are made that several tests start from a copy of (see `template`)."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def browser(sealed_session: None) -> Iterator[Browser]:
    """A real browser, one for each process that runs tests; skips where there is none (see `browser`)."""
    from browser import started

    with started() as running:
        yield running


# Of a long table `.ci/run` takes one row in so many.
ROWS_APART = 3


@pytest.hookimpl(tryfirst=True)  # before marks are selected by
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the rows of tables that `.ci/run` leaves out: see the markers in pyproject.toml."""
    places = Counter[str]()
    for item in items:
        if item.get_closest_marker("table") is None or not hasattr(item, "callspec"):
            continue
        test = item.nodeid.partition("[")[0]
        if places[test] % ROWS_APART:
            item.add_marker(pytest.mark.wide)
        places[test] += 1


def pytest_collection_finish() -> None:
    """Six thousand tests are a heap that every full collection of garbage would walk through again."""
    gc.collect()
    gc.freeze()
