"""Hand-made branches that do to each other all that branches can do, with the merge plan that follows.

Belongs here: values for the tests of pages. Does not: what a page has to show of them, or finding any of it.
"""

from __future__ import annotations

from dataclasses import replace

import sitefleet as sf
from agentledger.model.collisions import (
    Collisions,
    Copy,
    Grade,
    Hint,
    Line,
    NotMerged,
    Only,
    Pair,
    Shared,
    Skipped,
    Uncommitted,
)
from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.merge_plan import Left, MergeOrder, MergePlan, NotAsked, Step, Waits
from agentledger.model.text import encode

NAMES = ("claude/a", "claude/b", "codex/c", "codex/d", "jules/e")
A, B, C, D, E = (f"refs/heads/{name}" for name in NAMES)


def branches(odd: str = "") -> tuple[Branch, ...]:
    """The five branches, the last one with `odd` as its name's end."""
    return tuple(
        sf.branch(name + (odd if ref == E else "")) for name, ref in zip(NAMES, (A, B, C, D, E), strict=True)
    )


def conflict(path: bytes, ours: str, theirs: str, kind: str = "content", text: str = "x") -> ConflictFile:
    """A file in conflict between two branches, with the markers that git writes."""
    lines = (f"<<<<<<< {sf.oid(ours)}", f"one {text}", "=======", f"two {text}", f">>>>>>> {sf.oid(theirs)}")
    return ConflictFile(path, kind, (Hunk(7, encode("\n".join(lines) + "\n")),))


def collide(fleet: Fleet, odd: str = "") -> Fleet:
    """The fleet with all that its five branches do to each other; texts and paths have `odd` in them."""
    e, path = E + odd, encode(f"src/{odd}.py")
    clash = conflict(path, "claude/a", "claude/b", text=odd)
    pairs = (
        Pair(
            A,
            B,
            Grade.CONFLICT,
            files=(clash, ConflictFile(b"old.py", "modify/delete")),
            paths=(path, b"old.py"),
        ),
        Pair(A, C, Grade.CONFLICT, files=(clash,), paths=(path,), stacked=True),
        Pair(C, D, Grade.CONFLICT, files=(clash,), paths=(path,), rivals=True),
        Pair(B, D, Grade.CONFLICT, files=(clash,), paths=(path,), uncommitted=(D,)),
        Pair(B, e, Grade.CONFLICT, files=(clash,), paths=(path,), only=Only.GENERATED),
        Pair(D, e, Grade.UNKNOWN, failed=f"assertion {odd}"),
        Pair(A, D, Grade.SCOPE, paths=(path,), patterns=(b"src/**", path)),
    )
    found = Collisions(
        pairs=pairs,
        shared=(Shared(path, (A, B, C, D, e)), Shared(b"README.md", (A, D))),
        total=10,
        tried=6,
        not_merged=(NotMerged(C, f"an object is missing: {odd}"),),
        hints=(
            Hint(A, e, f"price{odd}", Line(path, 3, f"def price{odd}"), Line(b"b.py", 4, f"price({odd})")),
        ),
        copies=(Copy(A, B, "a" * 40, "b" * 40, f"Ann {odd}", f"Fix {odd}", (path,), outside_b=(path,)),),
        uncommitted=(
            Uncommitted(
                D, "c" * 40, (path,), (Skipped(path, f"larger than 1 MiB {odd}"),), base_files=(clash,)
            ),
        ),
    )
    return replace(fleet, collisions=found, merge_order=order(odd))


def order(odd: str = "") -> MergeOrder:
    """A goes first; B and C wait for it."""
    waits = {
        B: Waits("", "landing it would hold 2 others", (b"src/x.py",), (A, D)),
        C: Waits(A, "it conflicts with claude/a, which goes first", (b"src/x.py",), (A,)),
    }
    reasons = {A: "approved since 2023-11-14 21:13", D: "ready", E + odd: "no brief"}
    return MergeOrder(
        refs=(A, D, E + odd, B, C), reasons=reasons | {r: w.why for r, w in waits.items()}, waits=waits
    )


def plan(odd: str = "") -> MergePlan:
    """Three steps in two waves; one left out at the first, another by base; two that are at work."""
    steps = tuple(
        Step(number, ref, sf.oid(ref), why=f"ready {odd}", wave=wave, tree=sf.oid("tree"))
        for number, (ref, wave) in enumerate(((A, 1), (D, 1), (E + odd, 2)), 1)
    )
    left = (
        Left(
            B, f"landing it would hold 2 others {odd}", 1, A, (encode(f"src/{odd}.py"),), (A, D), by_age=True
        ),
        Left(C, "it conflicts with main, in old.py", None, "refs/heads/main", (b"old.py",)),
    )
    asked = (NotAsked("working", "working", ("refs/heads/claude/long", "refs/heads/claude/nowhere")),)
    return MergePlan(steps=steps, left=left, not_asked=asked, by_age=2, exact=False)
