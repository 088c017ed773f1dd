"""What is remembered between runs, and that a file in any state costs time only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentledger.storage.cache import Cache
from gitrepo import Repo
from reading import branch

NOW, DAY = 1_700_000_000, 86400


@contextmanager
def opened(folder: Path | None, maker: str = "2.39.5", now: int = NOW) -> Iterator[Cache]:
    with closing(Cache(folder, maker, now)) as cache:
        yield cache


def remember(folder: Path, **values: Any) -> None:
    with opened(folder) as cache:
        cache.put("kind", values.items())


def recall(folder: Path, *keys: str, **rest: Any) -> dict[str, Any]:
    with opened(folder, **rest) as cache:
        return cache.get("kind", keys)


def alter(folder: Path, statement: str, *values: object) -> None:
    """Write into the file behind the cache's back."""
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database, database:
        database.execute(statement, values)


def test_values_are_there_again_for_the_same_kind_and_git(tmp_path: Path) -> None:
    remember(tmp_path, a=[1, "ü\udcff", None], b=None)
    assert recall(tmp_path, "a", "b", "c", "a") == {"a": [1, "ü\udcff", None], "b": None}
    assert recall(tmp_path, "a", maker="2.50.0") == {}
    with opened(tmp_path) as cache:
        assert cache.get("other", ["a"]) == {}


def test_thousands_of_keys_are_answered(tmp_path: Path) -> None:
    values = {f"k{number}": number for number in range(3000)}
    remember(tmp_path, **values)
    assert recall(tmp_path, *values) == values


def test_what_is_used_stays_and_the_rest_goes_after_a_month(tmp_path: Path) -> None:
    remember(tmp_path, used=1, unused=1)
    for day in range(0, 90, 20):
        assert recall(tmp_path, "used", now=NOW + day * DAY) == {"used": 1}
    assert recall(tmp_path, "unused", now=NOW + 90 * DAY) == {}


@pytest.mark.parametrize("content", [b"garbage" * 999, b"SQLite format 3\0" + b"\xff" * 5000, b"\0"])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.sqlite").write_bytes(content)
    remember(tmp_path, a=1)
    assert recall(tmp_path, "a") == {"a": 1}


def test_a_file_damaged_further_in_is_replaced_after_it_was_found_out(tmp_path: Path) -> None:
    values = {f"k{number}": "x" * 500 for number in range(200)}
    remember(tmp_path, **values)
    file = tmp_path / "cache.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    assert recall(tmp_path, *values) == {}
    remember(tmp_path, a=1)
    assert recall(tmp_path, "a") == {"a": 1}


VALUE, USED = "UPDATE entry SET value = ? WHERE key = 'a'", "UPDATE entry SET used = ? WHERE key = 'a'"


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        *((VALUE, value) for value in (None, b"[1]", "{", "[" * 100_000)),
        *((USED, value) for value in (None, "yesterday", b"\0")),
    ],
)
def test_an_entry_of_the_wrong_shape_is_as_good_as_none_and_is_written_anew(
    tmp_path: Path, statement: str, value: object
) -> None:
    remember(tmp_path, a=1, b=2)
    alter(tmp_path, statement, value)
    assert recall(tmp_path, "a", "b") == {"b": 2}
    remember(tmp_path, a=3)
    assert recall(tmp_path, "a") == {"a": 3}


def test_without_a_folder_or_a_file_it_lives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("")
    (tmp_path / "taken/cache.sqlite").mkdir(parents=True)
    for folder in (None, tmp_path / "in-the-way", tmp_path / "taken"):
        with opened(folder) as cache:
            cache.put("kind", [("a", 1)])
            assert cache.get("kind", ["a"]) == {"a": 1}


def test_a_file_that_another_process_holds_is_waited_for_or_done_without(tmp_path: Path) -> None:
    remember(tmp_path, a=1)
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with opened(tmp_path) as cache:
            cache._database.execute("PRAGMA busy_timeout = 1")
            cache.put("kind", [("b", 2)])
            assert cache.get("kind", ["a", "b"]) == {"a": 1}


JUNK = [
    "0", '"text"', "[]", "{}", "true", '["a", "b"]', "[[1], 2, 3]", '{"a": 1, "b": 2}', "[Infinity, NaN]",
    '[false, [["f", "content", [[Infinity, "x", 0]]]]]', '["' + "0" * 40 + '", 7, false]', "null",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_what_anybody_wrote_into_the_file_ends_nothing(tmp_path: Path, junk: str) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "0\n"})
    repo.commit("agent/x", {"f": "1\n2\n"}, parents=[root])
    repo.commit("main", {"f": "3\n"})
    first = branch(repo)
    alter(repo.path / ".git/agentledger", "UPDATE entry SET value = ?", junk)
    if junk == "null":  # that is what a binary file's counts look like
        alter(repo.path / ".git/agentledger", "DELETE FROM entry WHERE kind LIKE '% lines'")
    assert branch(repo) == first
