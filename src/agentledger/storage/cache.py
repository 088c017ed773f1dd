"""What was computed once and cannot change: a table of kind and key to JSON, in SQLite.

It lies in agentledger's folder of the common git directory. Losing it costs time only,
so it gives way to everything: where it cannot be written it lives in memory, where it
is damaged it is replaced. Values are JSON, never pickles: an agent can write this file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

# Raise it when the meaning of stored values changes.
K = TypeVar("K")
V = TypeVar("V")

FORMAT = "1"
_KEEP = 30 * 86400
_DAY = 86400
# With row ids: the tree of keys stays small beside values of some KB, and is read three times as fast.
_TABLE = """\
CREATE TABLE IF NOT EXISTS entry (kind TEXT, key TEXT, value TEXT, used INTEGER, PRIMARY KEY (kind, key))"""
# As bytes, which JSON's readers want: large texts are not turned into strings first.
_COLUMNS = "key, CAST(value AS BLOB), used"
# SQLite's column types bind nobody.
_SOUND = "typeof(value) = 'text' AND typeof(used) = 'integer'"


def _open_database(file: str) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=10)
    try:
        # A crash may cost the last entries; that is cheaper than waiting for the disk each time.
        database.execute("PRAGMA synchronous = OFF")
        database.execute(_TABLE)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _is_damaged(error: sqlite3.Error) -> bool:
    """Is the file itself at fault? An OperationalError is about locks, space and permissions."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


class Cache:
    """Read and write entries in bulk.

    `maker` is the version of git whose answers these are: another one may answer otherwise.
    `now` is seconds since the epoch; entries unused for 30 days go.
    """

    def __init__(self, folder: Path | None, maker: str, now: int) -> None:
        self._prefix = f"{FORMAT} {maker} "
        self._now = now
        self._file = folder / "cache.sqlite" if folder else None
        self._broken = False
        self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                return self._open_or_replace(self._file)
        except (OSError, sqlite3.Error):
            pass  # read-only, locked for long, or no space: it lives in memory
        return _open_database(":memory:")

    @staticmethod
    def _open_or_replace(file: Path) -> sqlite3.Connection:
        try:
            return _open_database(str(file))
        except sqlite3.Error as error:
            if not _is_damaged(error):
                raise
            file.unlink()
            return _open_database(str(file))

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, Any]:
        """The values of those keys that are known."""
        found: dict[str, Any] = {}
        for key, text in self.texts(kind, keys).items():
            try:
                found[key] = json.loads(text)
            except (ValueError, RecursionError):
                continue  # not ours; it will be computed and written again
        return found

    def put(self, kind: str, values: Iterable[tuple[str, Any]]) -> None:
        """Store values by key; a cache that cannot be written is no error."""
        self.put_texts(kind, ((key, json.dumps(value)) for key, value in values))

    def texts(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """The same as they are stored, for whoever has a faster or stricter reader of JSON."""
        found: dict[str, bytes] = {}
        wanted = list(dict.fromkeys(keys))
        stale: list[str] = []
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            marks = ",".join("?" * len(part))
            # `marks` is question marks only; the keys themselves are bound.
            query = f"SELECT {_COLUMNS} FROM entry WHERE kind = ? AND key IN ({marks}) AND {_SOUND}"  # noqa: S608 - marks alone
            for key, text, used in self._read(query, [self._prefix + kind, *part]):
                found[key] = text
                if used < self._now - _DAY:
                    stale.append(key)
        self._write(
            "UPDATE entry SET used = ? WHERE kind = ? AND key = ?",
            [(self._now, self._prefix + kind, k) for k in stale],
        )
        return found

    def put_texts(self, kind: str, texts: Iterable[tuple[str, str]]) -> None:
        """Store what is JSON already."""
        rows = ((self._prefix + kind, key, text, self._now) for key, text in texts)
        self._write("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", rows)

    def _read(self, query: str, values: list[str]) -> list[tuple[str, bytes, int]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._broken |= _is_damaged(error)
            return []

    def _write(self, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
        try:
            with self._database:
                self._database.executemany(query, rows)
        except sqlite3.Error as error:
            self._broken |= _is_damaged(error)

    def close(self) -> None:
        """Forget what was not used for long, and close. A file found to be damaged goes."""
        self._write("DELETE FROM entry WHERE used < ?", [(self._now - _KEEP,)])
        self._database.close()
        if self._broken and self._file:
            self._file.unlink(missing_ok=True)


def get_or_compute(
    store: Cache | None,
    kind: str,
    keys: Mapping[K, str],
    compute: Callable[[list[K]], Mapping[K, V]],
    form: Form[V],
) -> dict[K, V]:
    """A value for each of `keys`: those that are stored, and the rest from `compute`, which are stored, too.

    Without a store everything is computed, as where the answer lets somebody pass: whoever can write
    to this repository can write to the store.
    """
    rows = store.get(kind, keys.values()) if store else {}
    found = {
        k: value
        for k, row in keys.items()
        if row in rows and (value := _load_value(form, rows[row])) is not None
    }
    fresh = compute([k for k in keys if k not in found]) if len(found) < len(keys) else {}
    if store:
        kept = ((keys[k], form.dump(value)) for k, value in fresh.items())
        store.put(kind, ((row, dumped) for row, dumped in kept if dumped is not None))
    return found | dict(fresh)


class Form(NamedTuple, Generic[V]):
    """How values are stored: `dump` gives plain JSON values, None for what is not kept; `load` undoes it."""

    dump: Callable[[V], Any]
    load: Callable[[Any], V]


def _load_value(form: Form[V], stored: Any) -> V | None:
    """None for what is not in that form: anybody may have written it."""
    try:
        return form.load(stored)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
        return None
