"""The cache: answers that were computed once and cannot change, as JSON by kind and key, in SQLite.

Belongs here: storing and finding rows. Does not: what a row means, or under which key it is valid (see
`ledger.document_cache`, `changes`).

The file lies in agentledger's folder of the common git directory. Losing it costs time only, so its errors
stop no command: where it cannot be written it is kept in memory, and where it is damaged it is replaced.
Values are JSON, never pickles: an agent can write this file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# Raise it when the meaning of stored values changes.
FORMAT = "1"
# Seconds after which an unused entry goes.
_KEEP = 30 * 86400
# Seconds after which a use is written down again: once a day is enough, and saves a write at each reading.
_DAY = 86400
# With row ids: the tree of keys stays small beside values of some KB, and is read three times as fast.
_TABLE = """\
CREATE TABLE IF NOT EXISTS entry (kind TEXT, key TEXT, value TEXT, used INTEGER, PRIMARY KEY (kind, key))"""
# As bytes, which JSON's readers take: large texts are not turned into strings first.
_COLUMNS = "key, CAST(value AS BLOB), used"
# SQLite does not enforce column types, and anybody may have written the row.
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
    """Is the file itself damaged? An OperationalError is about locks, space and permissions."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


class Cache:
    """Reads and writes entries in bulk. No method raises for a file that is damaged, locked or read-only.

    `folder` is where the file goes; None: in memory. `maker` is the version of git that gave the answers: a
    different one may give different answers. `now` is in seconds since the epoch; entries unused for 30 days
    go.
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
            pass  # read-only, locked for long, or no space: it is kept in memory
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
        """The values stored under these keys, by key; a key that is not there is left out."""
        values: dict[str, Any] = {}
        for key, text in self.texts(kind, keys).items():
            try:
                values[key] = json.loads(text)
            except (ValueError, RecursionError):
                continue  # not ours; it will be computed and written again
        return values

    def put(self, kind: str, values: Iterable[tuple[str, Any]]) -> None:
        """Store values by key; a cache that cannot be written is no error."""
        self.put_texts(kind, ((key, json.dumps(value)) for key, value in values))

    def texts(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Like `get`, as the JSON that is stored: for callers with a faster or stricter reader of JSON."""
        texts: dict[str, bytes] = {}
        unique_keys = list(dict.fromkeys(keys))
        stale: list[str] = []
        # SQLite limits how many values a statement can have: 999 before version 3.32.
        for at in range(0, len(unique_keys), 500):
            part = unique_keys[at : at + 500]
            marks = ",".join("?" * len(part))
            # `marks` is question marks only; the keys themselves are bound.
            query = f"SELECT {_COLUMNS} FROM entry WHERE kind = ? AND key IN ({marks}) AND {_SOUND}"  # noqa: S608 - marks alone
            for key, text, used in self._read(query, [self._prefix + kind, *part]):
                texts[key] = text
                if used < self._now - _DAY:
                    stale.append(key)
        self._write(
            "UPDATE entry SET used = ? WHERE kind = ? AND key = ?",
            [(self._now, self._prefix + kind, k) for k in stale],
        )
        return texts

    def put_texts(self, kind: str, texts: Iterable[tuple[str, str]]) -> None:
        """Like `put`, for values that are JSON already."""
        rows = [(self._prefix + kind, key, text, self._now) for key, text in texts]
        self._write("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", rows)

    def forget(self, rows: Iterable[tuple[str, str]]) -> None:
        """Remove rows, by kind and key."""
        self._write(
            "DELETE FROM entry WHERE kind = ? AND key = ?", [(self._prefix + kind, key) for kind, key in rows]
        )

    def _read(self, query: str, values: list[str]) -> list[tuple[str, bytes, int]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._broken |= _is_damaged(error)
            return []

    def _write(self, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        try:
            with self._database:
                self._database.executemany(query, rows)
        except sqlite3.Error as error:
            self._broken |= _is_damaged(error)

    def close(self) -> None:
        """Remove what was not used for 30 days, and close. A file found to be damaged is removed."""
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
    """A value for each of `keys`: the stored ones, and the rest from `compute`, which are stored, too.

    `keys` maps what `compute` takes to the row's key. Without a store everything is computed. A gate has to
    give none where the answer lets somebody pass: an agent that can write to this repository can write to the
    store.
    """
    rows = store.get(kind, keys.values()) if store else {}
    stored = {
        k: value
        for k, row in keys.items()
        if row in rows and (value := _load_value(form, rows[row])) is not None
    }
    fresh = compute([k for k in keys if k not in stored]) if len(stored) < len(keys) else {}
    if store:
        dumps = ((keys[k], form.dump(value)) for k, value in fresh.items())
        store.put(kind, ((row, dumped) for row, dumped in dumps if dumped is not None))
    return stored | dict(fresh)


class Form(NamedTuple, Generic[V]):
    """How a value is stored: `dump` gives plain JSON values, None for what is not kept; `load` undoes it."""

    dump: Callable[[V], Any]
    load: Callable[[Any], V]


def _load_value(form: Form[V], stored: Any) -> V | None:
    """The stored value; None where it is not in that form: anybody may have written it."""
    try:
        return form.load(stored)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
        return None
