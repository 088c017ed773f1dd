"""Orders in PostgreSQL."""

import json

import psycopg

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer TEXT NOT NULL,
    lines JSONB NOT NULL,
    total INTEGER NOT NULL,
    slot TEXT
)
"""


class OrderStore:
    """One connection; the caller closes it."""

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url)
        self._db.execute(SCHEMA)

    def add(self, customer: str, lines: dict[str, int], total: int, slot: str | None = None) -> int:
        """Store an order; returns its number."""
        with self._db.transaction():
            cursor = self._db.execute(
                "INSERT INTO orders (customer, lines, total, slot) VALUES (%s, %s, %s, %s) RETURNING number",
                (customer, json.dumps(lines), total, slot),
            )
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def lines(self, number: int) -> dict[str, int] | None:
        row = self._db.execute("SELECT lines FROM orders WHERE number = %s", (number,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self._db.close()
