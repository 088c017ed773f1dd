"""Measured figures → rows, as a table or as JSON.

Belongs here: medians, ratios, aims, and how they are printed. Does not: measuring anything.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

WIDTH = 100
_COLUMNS = (42, 10, 9, 8, 13, 9)


class Aim(NamedTuple):
    """The most that a figure should be: the row's ratio when `of_ratio`, else the figure itself."""

    most: float
    of_ratio: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result.

    `against` and `ours` hold a figure for each run, the n-th of both measured next to each
    other. Either may be empty: a floor that nothing is compared with, or a size.
    """

    name: str
    against: tuple[float, ...] = ()
    ours: tuple[float, ...] = ()
    aim: Aim | None = None
    unit: str = "s"

    @property
    def ratios(self) -> list[float]:
        """Ours over what it is compared with, run by run: what ran side by side was disturbed alike."""
        if not self.against or not self.ours:
            return []
        return [ours / max(floor, 1e-9) for ours, floor in zip(self.ours, self.against, strict=True)]

    @property
    def met(self) -> bool | None:
        """Was the aim met? None where there is none, or nothing was measured."""
        found = self.ratios if self.aim and self.aim.of_ratio else self.ours
        return None if self.aim is None or not found else median(found) <= self.aim.most


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together, and a sentence that says what they compare."""

    title: str
    against: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Clock:
    """Adds up the seconds spent in named stages."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time a block. The garbage of earlier ones is collected before, so as not to count here."""
        gc.collect()
        with self.part(stage):
            yield

    @contextmanager
    def part(self, stage: str) -> Iterator[None]:
        """Time a block inside another one that is timed as well."""
        begin = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - begin


class Rounds:
    """What several runs of the same stages took."""

    def __init__(self, runs: Sequence[Mapping[str, float]]) -> None:
        self._runs = runs

    def total(self, *stages: str) -> tuple[float, ...]:
        """For each run, the sum of these stages."""
        return tuple(sum(run[stage] for stage in stages) for run in self._runs)


# -- printing ---------------------------------------------------------------------------


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


_UNITS: dict[str, Callable[[float], str]] = {
    "s": _seconds,
    "KB": lambda value: f"{value / 1000:,.0f} KB",
    "MB": lambda value: f"{value / 1_000_000:,.0f} MB",
    "a second": lambda value: f"{value:,.0f} /s",
    "": lambda value: f"{value:,.0f}",
}


def _middle(values: Sequence[float], unit: str) -> str:
    return _UNITS[unit](median(values)) if values else ""


def _aim(row: Row) -> str:
    if row.aim is None:
        return ""
    return f"≤ {row.aim.most:g} ×" if row.aim.of_ratio else f"≤ {_UNITS[row.unit](row.aim.most)}"


def _verdict(row: Row) -> str:
    if row.aim is None:
        return ""
    return {True: "met", False: "MISSED", None: "-"}[row.met]


def _cells(row: Row) -> list[str]:
    found = row.ratios
    ratio, spread = (f"{median(found):.2f} ×", f"{min(found):.2f}–{max(found):.2f}") if found else ("", "")
    return [row.name, _middle(row.against, row.unit), _middle(row.ours, row.unit), ratio, spread, _aim(row)]


def _line(cells: Sequence[str], last: str) -> str:
    first, *rest = (
        cell.rjust(width) if at else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(cells, _COLUMNS, strict=True))
    )
    return f"{first}{''.join(rest)}  {last}".rstrip()


def text(about: Sequence[str], sections: Sequence[Section]) -> str:
    """The table, no wider than `WIDTH` columns."""
    lines = list(about)
    for section in sections:
        head = _line([section.title, section.against, "ours", "ratio", "min–max", "aim"], "")
        lines += ["", head, "-" * WIDTH]
        lines += [_line(_cells(row), _verdict(row)) for row in section.rows]
        lines += [f"  {note}" for note in section.notes]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> dict[str, Any]:
    found = row.ratios
    return {
        "name": row.name,
        "unit": row.unit,
        "against": row.against,
        "ours": row.ours,
        "ratios": found,
        "ratio": median(found) if found else None,
        "aim": row.aim._asdict() if row.aim else None,
        "met": row.met,
    }


def document(about: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """The same as JSON; seconds and bytes, one figure a run."""
    listed = [
        {"title": s.title, "against": s.against, "rows": [_row(row) for row in s.rows], "notes": s.notes}
        for s in sections
    ]
    return json.dumps({**about, "sections": listed}, indent=1, ensure_ascii=False) + "\n"
