"""When a live site looks and builds, apart from any repository: hints, time, errors, watching."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agentledger.model.errors import LedgerError
from agentledger.site import manifest
from agentledger.site.rebuild_loop import Live, Pulse, Source
from agentledger.site.watch import Folder, Watch, list_folders

pytestmark = pytest.mark.alone


class Made:
    """A source whose state is a number, and whose builds are counted."""

    def __init__(self, out: Path) -> None:
        self.state = "1"
        self.error: LedgerError | None = None
        self.until: int | None = None
        self.builds: list[str] = []
        self._out = out

    def fingerprint(self) -> str:
        if self.error:
            raise self.error
        return self.state

    def publish(self, fingerprint: str) -> int | None:
        self.builds.append(fingerprint)
        (self._out / manifest.NAME).unlink(missing_ok=True)
        (self._out / manifest.NAME).write_text(f"{len(self.builds)}")
        return self.until


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def pulse() -> Pulse:
    return Pulse()


@pytest.fixture
def live(made: Made, told: list[str], pulse: Pulse, tmp_path: Path) -> Iterator[Live]:
    source = Source(list, made.fingerprint, made.publish)
    with closing(Watch(tmp_path)) as watch:
        live = Live(source, tmp_path, watch, pulse=pulse, failed=lambda error: told.append(error.message))
        live.start()
        yield live


def test_a_look_builds_only_what_is_different(live: Live, made: Made, pulse: Pulse) -> None:
    live.look()
    assert (made.builds, pulse.count) == (["1"], 1)
    made.state = "2"
    live.look()
    live.look()
    assert (made.builds, pulse.count) == (["1", "2"], 2)


def test_what_time_has_made_stale_is_built_again(live: Live, made: Made) -> None:
    made.state, made.until = "2", int(time.time())
    live.look()
    made.until = None
    live.look()
    live.look()
    assert made.builds == ["1", "2", "2"]


def test_an_error_is_told_once_and_tried_again(live: Live, made: Made, told: list[str], pulse: Pulse) -> None:
    made.error, made.state = LedgerError("base is gone"), "2"
    live.look()
    live.look()
    assert (told, made.builds, pulse.count) == (["base is gone"], ["1"], 1)
    made.error = None
    live.look()
    made.error = LedgerError("base is gone")
    live.look()
    assert (told, made.builds) == (["base is gone"] * 2, ["1", "2"])


def test_another_build_into_the_same_folder_reaches_open_pages(live: Live, made: Made, pulse: Pulse) -> None:
    made.publish("by hand")
    live.look()
    assert pulse.count == 2


@contextmanager
def without_files() -> Iterator[None]:
    """No file, and so no inotify instance, can be opened any more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_where_nothing_can_be_watched_it_is_said_and_looked_at_instead(tmp_path: Path) -> None:
    with without_files():
        watch = Watch(tmp_path)
    with closing(watch):
        watch.follow([Folder(tmp_path)])
        assert not watch.complete
        assert not watch.wait(0)


def test_events_that_say_nothing_are_no_hints(tmp_path: Path) -> None:
    common, worktree, out = tmp_path / "git", tmp_path / "tree", tmp_path / "tree" / ".agentledger" / "site"
    for folder in (common / "refs", common / "agentledger", common / "objects", out):
        folder.mkdir(parents=True)
    (common / "HEAD").write_text("ref: refs/heads/main\n")
    with closing(Watch(out)) as watch:
        watch.follow(list_folders(common, [worktree]))
        assert watch.complete
        (common / "HEAD").read_text()
        (common / "agentledger" / "cache").write_text("ours")
        (common / "objects" / "ab").write_text("an object")
        (common / "index.lock").write_text("a lock")
        (common / "COMMIT_EDITMSG").write_text("words")
        (worktree / "main.py").write_text("code")
        (out / "index.html").write_text("our output")
        assert not watch.wait(0.5)
        (common / "index.lock").rename(common / "index")
        assert watch.wait(10)
        watch.settle(0.1, 1)
        assert not watch.wait(0.2)
        (worktree / ".agentledger" / "tasks").mkdir()
        assert watch.wait(10)


def test_a_folder_made_anew_under_its_name_is_watched_again(tmp_path: Path) -> None:
    folder = tmp_path / "refs"
    folder.mkdir()
    with closing(Watch(tmp_path / "out")) as watch:
        watch.follow([Folder(folder)])
        folder.rename(tmp_path / "old")
        folder.mkdir()
        watch.follow([Folder(folder)])
        watch.settle(0.1, 1)
        (folder / "main").write_text("1")
        assert watch.wait(10)
