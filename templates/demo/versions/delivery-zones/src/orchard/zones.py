"""Where the van goes, and what that costs."""

import csv
from dataclasses import dataclass
from pathlib import Path

FREE_FROM = 5000
FEES = {"near": 290, "town": 390, "far": 590}


@dataclass(frozen=True)
class Stop:
    postcode: str
    zone: str
    minutes: int


def load(path: Path) -> dict[str, Stop]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {row["postcode"]: Stop(row["postcode"], row["zone"], int(row["minutes"])) for row in rows}


def fee(stop: Stop, total: int) -> int:
    """Cents for the delivery; nothing from 50 € on, except far away."""
    if total >= FREE_FROM and stop.zone != "far":
        return 0
    return FEES[stop.zone]
