"""What was computed once and cannot change: a table of kind and key to JSON, in SQLite.

It lies in agentledger's folder of the common git directory. Losing it costs time only,
so it gives way to everything: where it cannot be written it lives in memory, where it
is damaged it is replaced. Values are JSON, never pickles: an agent can write this file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Raise it when the meaning of stored values changes.
FORMAT = "1"
_KEEP = 30 * 86400
_DAY = 86400
_TABLE = """\
CREATE TABLE IF NOT EXISTS entry (
    kind TEXT, key TEXT, value TEXT, used INTEGER, PRIMARY KEY (kind, key)
) WITHOUT ROWID"""


def _connect(file: str) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=10)
    # A crash may cost the last entries; that is cheaper than waiting for the disk each time.
    database.execute("PRAGMA synchronous = OFF")
    database.execute(_TABLE)
    return database


class Cache:
    """Read and write entries in bulk.

    `maker` is the version of git whose answers these are: another one may answer otherwise.
    `now` is seconds since the epoch; entries unused for 30 days go.
    """

    def __init__(self, folder: Path | None, maker: str, now: int) -> None:
        self._prefix = f"{FORMAT} {maker} "
        self._now = now
        self._database = self._open(folder)

    @staticmethod
    def _open(folder: Path | None) -> sqlite3.Connection:
        if folder is None:
            return _connect(":memory:")
        file = folder / "cache.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _connect(str(file))
        except sqlite3.OperationalError:
            return _connect(":memory:")  # read-only, locked for long, or no space
        except sqlite3.DatabaseError:
            file.unlink(missing_ok=True)
            return _connect(str(file))
        except OSError:
            return _connect(":memory:")

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, Any]:
        """The values of those keys that are known."""
        found: dict[str, Any] = {}
        wanted = list(dict.fromkeys(keys))
        stale: list[str] = []
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            marks = ",".join("?" * len(part))
            # `marks` is question marks only; the keys themselves are bound.
            query = f"SELECT key, value, used FROM entry WHERE kind = ? AND key IN ({marks})"  # noqa: S608
            for key, value, used in self._read(query, [self._prefix + kind, *part]):
                try:
                    found[key] = json.loads(value)
                except ValueError:
                    continue  # not ours; it will be computed and written again
                if used < self._now - _DAY:
                    stale.append(key)
        self._write(
            "UPDATE entry SET used = ? WHERE kind = ? AND key = ?",
            [(self._now, self._prefix + kind, k) for k in stale],
        )
        return found

    def put(self, kind: str, values: Mapping[str, Any]) -> None:
        """Store values; a cache that cannot be written is no error."""
        rows = [(self._prefix + kind, key, json.dumps(value), self._now) for key, value in values.items()]
        self._write("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", rows)

    def _read(self, query: str, values: list[str]) -> list[tuple[str, str, int]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    def _write(self, query: str, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        try:
            with self._database:
                self._database.executemany(query, rows)
        except sqlite3.Error:
            self._database.rollback()

    def close(self) -> None:
        """Forget what was not used for long, and close."""
        self._write("DELETE FROM entry WHERE used < ?", [(self._now - _KEEP,)])
        self._database.close()
