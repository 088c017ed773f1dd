"""Made-up documents of the ledger, as agents and managers write them: of one task each, no two alike.

Belongs here: their text. Does not: where they are committed (`made`). One in fifty is large.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

CHECK_INS = 6
CHECKS = ("test", "types", "lint", "docs")
_LARGE = 50
_MARKED = {
    0: ["**and", "that", "counts**"],
    1: ["(see", "[the", "log](https://example.com/log))"],
    2: ["&", "so", "on"],
}
_WORDS = (
    "the limit is counted for each customer and not for each address so a shop behind one proxy keeps "
    "its share the bucket lives in the cache and a restart empties it which `throttle.py` says in a comment "
    "requests over the limit get 429 with `Retry-After` in whole seconds and the log names the route once a "
    "minute at most tests run against a clock that is handed in and nothing sleeps I kept the old header"
).split()


@dataclass(frozen=True, slots=True)
class Place:
    """What a branch's documents speak of: its number, base, its last code commit and that one's tree."""

    number: int
    base: str
    head: str
    tree: str

    @property
    def task(self) -> str:
        """The task's id, which the branch's name ends in."""
        return f"t{self.number}"

    def dice(self, what: str) -> random.Random:
        """The same numbers for the same document."""
        return random.Random(f"{self.number} {what}")  # noqa: S311 - only to vary texts

    def large(self, what: str) -> int:
        """How many times as long as usual a document is."""
        return 20 if self.dice(f"size of {what}").randrange(_LARGE) == 0 else 1


def stamp(at: int) -> str:
    """A time as file names begin with it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sentence(dice: random.Random) -> str:
    start = dice.randrange(len(_WORDS))
    words = (_WORDS * 2)[start : start + dice.randint(8, 22)]
    # One in eight has something that only a Markdown parser knows.
    words += _MARKED.get(dice.randrange(24), [])
    return f"{' '.join(words).capitalize()} {dice.randrange(10_000)}."


def _prose(dice: random.Random, sentences: int) -> str:
    return " ".join(_sentence(dice) for _ in range(sentences))


def _list(dice: random.Random, items: int, mark: str = "-") -> str:
    return "\n".join(f"{mark} {_sentence(dice)}" for _ in range(items))


def _sections(head: str, sections: dict[str, str]) -> str:
    return f"---\n{head}---\n" + "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items())


def brief(place: Place) -> str:
    """A brief of about 2 KB."""
    dice, more = place.dice("brief"), place.large("brief")
    number = place.number
    head = (
        f"task: {place.task}\ntitle: Limit requests of customer {number}\nmanager: anna@example.com\n"
        f"mode: {'review' if number % 3 == 0 else 'delegate'}\nsession: background\n"
        f"priority: {1 + number % 3}\n"
        f'owns: ["src/d{number % 20}/**", "new/{number}.py", "tests/d{number % 20}/**"]\n'
        f'off_limits: ["src/d{(number + 1) % 20}/**"]\nfollow: [src/d{number % 20}/f{number % 400}.py]\n'
        "verify:\n  test: pytest -q tests\n  types: mypy --strict src\n  lint: ruff check .\n"
        "  docs: make docs\n"
        "check_in: 30m\nkill: {after: 2d, lines: 800, failing_runs: 3}\n"
    )
    return _sections(
        head,
        {
            "Why, and what would stop us": _prose(dice, 3),
            "Outcome": _prose(dice, 2 * more),
            "Context": _list(dice, 3),
            "Constraints": _list(dice, 2),
            "Acceptance criteria": _list(dice, 4, "- [ ]"),
            "Non-goals": _list(dice, 2),
            "Integration notes": _prose(dice, 2),
            "Verification plan": f"```\npytest -q tests -k {place.task}\n```\n\n" + _prose(dice, 1),
        },
    )


def check_in(place: Place, step: int, at: int) -> str:
    """A check-in of about 1.2 KB; the last one of some branches asks, that of others says it is done."""
    dice, more = place.dice(f"check-in {step}"), place.large(f"check-in {step}")
    last = ("working", "needs-input", "ready", "ready", "blocked")[place.number % 5]
    state = last if step == CHECK_INS - 1 else "working"
    asks = state in ("needs-input", "blocked")
    return _sections(
        f"at: {_time(at)}\nstate: {state}\nagent: claude-code\nsession: {place.number}-{step}\n",
        {
            "What changed": _prose(dice, 2) + "\n\n" + _list(dice, 3 * more),
            "What's next": _list(dice, 2),
            "Risks and blockers": _prose(dice, 2),
            "What I need from you": _prose(dice, 2) if asks else "none",
        },
    )


def packet(place: Place) -> str:
    """A packet of about 2.5 KB."""
    dice, more = place.dice("packet"), place.large("packet")
    rows = "\n".join(f"| `src/d{place.number % 20}/f{n}.py` | {_sentence(dice)} |" for n in range(3))
    criteria = "\n".join(f"- [x] {_sentence(dice)}\n  - `pytest -q tests -k case_{n}`" for n in range(4))
    return _sections(
        f"task: {place.task}\nbase: {place.base}\nhead: {place.head}\n",
        {
            "Summary": _prose(dice, 3 * more),
            "Why this approach": _prose(dice, 4),
            "Files touched": f"| file | why |\n|---|---|\n{rows}",
            "Acceptance criteria": criteria,
            "Test plan and results": "```\n" + "\n".join(_tail(dice, 6)) + "\n```\n\n" + _prose(dice, 1),
            "Risks and follow-ups": _list(dice, 3),
        },
    )


def _tail(dice: random.Random, lines: int) -> list[str]:
    return [f"tests/test_{dice.randrange(900)}.py {'.' * dice.randrange(8, 50)} [{n}%]" for n in range(lines)]


def evidence(place: Place, at: int) -> Iterator[tuple[str, str]]:
    """The name and the file of each check, of about 1.4 KB."""
    for check in CHECKS:
        dice, more = place.dice(check), place.large(check)
        found = {
            "version": 1,
            "check": check,
            "command": {"test": "pytest -q tests", "types": "mypy --strict src"}.get(check, f"make {check}"),
            "exit_code": int(dice.randrange(20) == 0),
            "started_at": _time(at),
            "seconds": round(dice.uniform(0.5, 90), 2),
            "head": place.head,
            "tree": place.tree,
            "log_sha256": f"{dice.getrandbits(256):064x}",
            "log_bytes": dice.randrange(2_000, 90_000),
            "truncated": False,
            "tail": _tail(dice, 20 * more),
            "junit": {"tests": dice.randrange(10, 900), "failures": 0, "errors": 0, "skipped": 1},
        }
        yield check, json.dumps(found, indent=2) + "\n"


def reviews(place: Place, begin: int) -> Iterator[tuple[str, str]]:
    """Two reviews of about 1.5 KB by name: an agent's, and a human's that came after."""
    for step, (reviewer, kind) in enumerate((("codex", "agent"), ("anna@example.com", "human"))):
        dice, more = place.dice(f"review {step}"), place.large(f"review {step}")
        at = begin + step * 60 + place.number % 60
        verdict = "approve" if place.number % 5 == 3 else "request-changes"
        head = (
            f"at: {_time(at)}\nreviewer: {reviewer}\nkind: {kind}\nverdict: {verdict}\n"
            f"branch: agent/{place.task}\nhead: {place.head if place.number % 2 else place.base}\n"
        )
        sections = {
            "Matches intent and non-goals": _prose(dice, 2),
            "Correctness": _prose(dice, 2 * more),
            "Style": "none",
            "Edge cases": _list(dice, 2),
            "Missed tests": _prose(dice, 1),
            "Maintainability": _prose(dice, 1),
            "Findings": _list(dice, 3, "- [ ]"),
        }
        yield f"{stamp(at)}-{place.number:04x}.md", _sections(head, sections)
