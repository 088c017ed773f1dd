"""Orders on disk, in SQLite."""

import json
import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,
    customer TEXT NOT NULL,
    lines TEXT NOT NULL,
    total INTEGER NOT NULL,
    slot TEXT
)
"""


class OrderStore:
    """One connection; the caller closes it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(SCHEMA)

    def add(self, customer: str, lines: dict[str, int], total: int, slot: str | None = None) -> int:
        """Store an order; returns its number."""
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO orders (customer, lines, total, slot) VALUES (?, ?, ?, ?)",
                (customer, json.dumps(lines), total, slot),
            )
        return int(cursor.lastrowid or 0)

    def lines(self, number: int) -> dict[str, int] | None:
        row = self._db.execute("SELECT lines FROM orders WHERE number = ?", (number,)).fetchone()
        return json.loads(row[0]) if row else None

    def close(self) -> None:
        self._db.close()
