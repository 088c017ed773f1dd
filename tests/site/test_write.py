"""Publishing: what is refused, what is left alone, and what a failure leaves behind."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.model.errors import OutputError
from agentledger.model.fleet import Branch, FilePatch
from agentledger.site import folder
from agentledger.site.build import build_site, is_up_to_date
from sitefleet import content, page_of

MANIFEST = ".agentledger-site.json"


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def refused(out: Path, words: str) -> OutputError:
    with pytest.raises(OutputError, match=words) as caught:
        sf.built(out, sf.branch("a"))
    assert caught.value.hint
    return caught.value


def test_a_folder_that_is_not_ours_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    refused(tmp_path, "not empty")
    assert content(tmp_path) == {"thesis.txt": b"years"}


def test_places_that_are_gits_or_no_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "repo/.git").mkdir(parents=True)
    refused(tmp_path / "file", "is a file")
    refused(tmp_path / "file/below", "cannot be written")
    refused(tmp_path / "repo/.git/site", "inside a .git folder")
    refused(tmp_path / "repo", "top of a git repository")
    refused(Path("/proc/agentledger"), "cannot be written")


def test_a_symbolic_link_is_never_followed_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    refused(tmp_path / "link", "symbolic link")
    sf.built(tmp_path / "out")
    (tmp_path / "out/branch").symlink_to("../elsewhere")
    refused(tmp_path / "out", "not a plain folder")
    assert names(tmp_path / "elsewhere") == []


def test_a_link_in_place_of_a_page_is_replaced_not_written_through(tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_text("mine")
    sf.built(out)
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(victim)
    sf.built(out)
    assert victim.read_text() == "mine"
    assert not (out / "index.html").is_symlink()


def test_a_manifest_that_came_with_a_clone_is_not_believed(tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_text("mine")
    sf.built(out, sf.branch("a"))
    page = page_of(out, "a")
    honest = page.read_bytes()
    page.write_text("forged")
    forged = json.loads((out / MANIFEST).read_text())
    forged["files"] |= {"../victim": "0", "/etc/hostname": "0", "branch/../../victim": "0"}
    forged["place"] = "elsewhere"
    (out / MANIFEST).write_text(json.dumps(forged))
    sf.built(out, sf.branch("a"))
    assert page.read_bytes() == honest
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": 1}', '{"files": {"a": []}}', "\xff"])
def test_a_damaged_manifest_means_building_everything(tmp_path: Path, text: str) -> None:
    sf.built(tmp_path, sf.branch("a"))
    (tmp_path / MANIFEST).write_bytes(text.encode("latin-1"))
    assert sf.built(tmp_path, sf.branch("a")).unchanged == 0


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes: the nearest to a full disk that needs no mounting."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_site_whole(tmp_path: Path) -> None:
    build_site(sf.Given(sf.fleet(sf.branch("a"))), tmp_path, sf.silent, fingerprint="f")
    before = content(tmp_path)
    large = {"ledger.json": b"x" * 100_000}
    with small_disk(50_000), pytest.raises(OutputError, match="the disk is full"):
        build_site(sf.Given(sf.fleet(sf.branch("b"))), tmp_path, sf.silent, large)
    assert content(tmp_path) == before
    assert is_up_to_date(tmp_path, "f", 0)


def test_a_first_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(1_000), pytest.raises(OutputError):
        sf.built(tmp_path / "out", sf.branch("a"))
    assert names(tmp_path) == []


def test_a_failure_while_reading_is_passed_on_and_drops_what_was_staged(tmp_path: Path) -> None:
    class Broken(sf.Given):
        def patches(self, _: object, /) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
            raise BrokenPipeError

    sf.built(tmp_path)
    before = content(tmp_path)
    with pytest.raises(BrokenPipeError):
        build_site(Broken(sf.fleet(sf.branch("a"))), tmp_path, sf.silent)
    assert content(tmp_path) == before


def test_a_crash_while_publishing_means_building_everything_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sf.built(tmp_path, sf.branch("a"), sf.branch("b"))
    done = []

    def dies(source: Path, target: Path) -> None:
        if target.name == "index.html":
            raise KeyboardInterrupt
        os.replace(source, target)  # noqa: PTH105 - the method is what is replaced
        done.append(target.name)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            sf.built(tmp_path, sf.branch("a", head=sf.oid("moved")))
    assert done[0] == MANIFEST
    assert not any(name.startswith(folder.STAGING) for name in names(tmp_path))
    result = sf.built(tmp_path, sf.branch("a", head=sf.oid("moved")))
    assert (result.unchanged, result.removed) == (0, 1)


def test_what_a_dead_build_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".staging-999/branch").mkdir(parents=True)
    (tmp_path / ".staging-999/branch/x.html").touch()
    sf.built(tmp_path)
    assert not (tmp_path / ".staging-999").exists()


def test_a_second_build_waits_and_then_says_who_holds_the_folder(tmp_path: Path) -> None:
    sf.built(tmp_path)
    with (tmp_path / folder.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("4711\n")
        held.flush()
        with pytest.raises(OutputError, match="process 4711"), folder.lock_folder(tmp_path, patience=0.1):
            pass


def test_builds_at_once_take_turns(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with folder.lock_folder(tmp_path):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6
    assert names(tmp_path) == []
