"""The text and the JSON of what is found beside conflicts of commits; and that nothing of a branch is shown raw."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len

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
from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.fleet import Fleet, State
from agentledger.reports import shapes
from agentledger.reports.conflicts.conflicts_json import encode_conflicts
from agentledger.reports.conflicts.conflicts_lines import FEW
from agentledger.reports.conflicts.conflicts_text import render_conflicts
from fleets import HOSTILE, branch, fleet

FILES = (
    ConflictFile(b"src/\xff.py", "content", (Hunk(3, b"<<<<<<< a\n\x1b]0;x\n=======\ny\n>>>>>>> b\n", 4),)),
)


def named(name: str) -> str:
    return f"refs/heads/{name}"


def two(a: str, b: str, grade: Grade = Grade.CONFLICT, **keys: Any) -> Pair:
    return Pair(named(a), named(b), grade, **keys)


def given(names: list[str], **keys: Any) -> Fleet:
    found = Collisions(**({"total": 3, "tried": 2} | keys))
    return fleet(*(branch(name) for name in names), collisions=found)


def show(of: Fleet, width: int = 80, **options: Any) -> str:
    assert of.collisions is not None
    lines = render_conflicts(of, of.collisions, width, **options).plain.splitlines()
    assert all(cell_len(line) <= width for line in lines if "agentledger answer" not in line), lines
    read(of)
    return "\n".join(lines)


def read(of: Fleet) -> Any:
    document = json.loads(encode_conflicts(of))
    jsonschema.validate(document, json.loads(shapes.encode_schema("forecast")))
    return document


ALL = given(
    ["agent/a", "agent/b", "agent/c"],
    pairs=(
        two("agent/a", "agent/c", Grade.UNKNOWN, failed="git ended by signal 6"),
        two("agent/b", "agent/c", files=FILES, paths=(b"src/\xff.py",), uncommitted=(named("agent/c"),)),
        two("agent/a", "agent/b", Grade.SCOPE, failed="these path patterns are too complicated"),
    ),
    hints=(
        Hint(
            *(named("agent/a"), named("agent/b"), "total"),
            definition=Line(b"shop/price.py", 4, "def total(items):"),
            use=Line(b"shop/report.py", 6, "    return sum(price.total(cart.items) for cart in carts)"),
            renamed="grand_total",
        ),
    ),
    copies=(
        Copy(
            *(named("agent/a"), named("agent/b"), "1" * 40, "2" * 40, "Ada", "Fix the sum"),
            paths=(b"shop/price.py",),
            outside_b=(b"shop/price.py",),
            later=named("agent/b"),
        ),
    ),
    uncommitted=(
        Uncommitted(
            *(named("agent/c"), "3" * 40, (b"src/\xff.py",), (Skipped(b"big.bin", "larger than 1 MiB"),)),
            base_files=(ConflictFile(b"src/x.py", "content"),),
        ),
        Uncommitted(named("agent/a"), "", failed="a merge is under way in its worktree"),
    ),
    not_merged=(NotMerged(named("agent/d"), "git cannot merge it: a blob is missing"),),
)


@pytest.mark.parametrize(
    "wanted",
    [
        "0 of 3 pairs collide (2 merges tried) on main at",
        "git could not merge these two (1): nobody knows whether they collide agent/a and agent/c: git ended by",
        "Collide with what is not committed yet (1) agent/b and agent/c (with uncommitted work of agent/c)",
        "agent/c: src/\\xff.py with it the branch conflicts with main in src/x.py left out: big.bin (larger",
        "agent/a: left out: a merge is under way in its worktree",
        "May break (1): guesses from names, which no merge shows; run the tests of both together agent/a calls",
        "agent/a calls total grand_total, which agent/b uses - shop/price.py:4: def total(items): + shop/report.py:6:",
        "- shop/price.py:4: def total(items): + shop/report.py:6: return sum(price.total(cart.items)",
        "Fix the sum (by Ada) 1111111111 on agent/a, 2222222222 on agent/b (made later): shop/price.py out of scope on",
        "agent/a and agent/b: nobody can tell, since these path patterns are too complicated",
    ],
)
def test_each_kind_reads_as_what_it_is(wanted: str) -> None:
    assert wanted in " ".join(show(ALL).split())


def test_the_document_has_all_of_it() -> None:
    document = read(ALL)
    assert [pair["grade"] for pair in document["pairs"]] == ["unknown", "conflict", "scope"]
    assert [pair["counts"] for pair in document["pairs"]] == [False, False, False]
    assert document["hints"][0]["definition"] == {
        "path": "shop/price.py",
        "line": 4,
        "text": "def total(items):",
    }
    assert document["copies"][0]["outside_b"] == ["shop/price.py"]
    assert document["not_merged"][0]["why"] == "git cannot merge it: a blob is missing"
    (loose,) = [b["uncommitted"] for b in document["branches"] if b["branch"] == "agent/c"]
    assert loose["skipped"] == [{"path": "big.bin", "why": "larger than 1 MiB"}]
    assert [b["uncommitted"] for b in document["branches"] if b["branch"] == "agent/b"] == [None]


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_names_are_spelled_out_at_every_width(width: int) -> None:
    pairs = tuple(
        two(min(name, "agent/zz"), max(name, "agent/zz"), files=FILES, paths=(b"src/\xff.py",))
        for name in HOSTILE
    )
    text = show(given([*HOSTILE, "agent/zz"], pairs=pairs), width)
    assert not any(hidden in text for hidden in ("\u202e", "\u009b", "\x1b", "\udcff"))
    assert "[bold red]agent/markup[/]" in text.replace("\n", "")


def test_a_great_many_pairs_are_counted() -> None:
    names = [f"agent/{number:02}" for number in range(30)]
    pairs = tuple(two("agent/00", name, files=FILES, paths=(b"a",)) for name in names[1:])
    of = given(names, pairs=pairs, shared=(Shared(b"b", tuple(map(named, names))),), total=435)
    text = show(of)
    assert f"and {29 - FEW} more: agentledger conflicts --all lists them" in text
    assert "406 pairs change the same files, and merge: agentledger conflicts --all" in " ".join(text.split())
    whole = show(of, list_all=True)
    assert whole.count("agent/00 and ") == 29
    assert "agent/28 and agent/29: b" in whole
    assert len(read(of)["pairs"]) == 435


def test_what_collides_in_generated_files_alone_is_last_and_brief() -> None:
    pairs = (
        two("agent/a", "agent/b", files=FILES, paths=(b"uv.lock",), only=Only.GENERATED),
        two("agent/a", "agent/c", files=FILES, paths=(b"CHANGELOG.md",), only=Only.OPEN),
    )
    text = show(given(["agent/a", "agent/b", "agent/c"], pairs=pairs))
    assert text.startswith("0 of 3 pairs collide")
    assert "goes first" not in text
    assert text.endswith("agent/a and agent/c\n    in CHANGELOG.md")


def test_a_branch_whose_merge_failed_says_so_where_it_is_asked_about() -> None:
    lost = branch("agent/x", conflict=Conflict(None, failed="an object is missing"))
    of = fleet(lost, collisions=Collisions(not_merged=(NotMerged(lost.ref, "an object is missing"),)))
    assert show(of, branch=lost) == "agent/x was not compared: an object is missing"


def test_lines_that_are_not_committed_yet_stand_under_the_branch_whose_they_are() -> None:
    loose = "3" * 40
    hunk = Hunk(1, f"<<<<<<< {loose}\nlies there\n=======\ncommitted\n>>>>>>> {'4' * 40}\n".encode())
    pair = two("agent/a", "agent/b", files=(ConflictFile(b"x", "content", (hunk,)),), paths=(b"x",))
    of = given(
        ["agent/a", "agent/b"],
        pairs=(pair._replace(uncommitted=(named("agent/b"),)),),
        uncommitted=(Uncommitted(named("agent/b"), loose, (b"x",)),),
    )
    shown = " ".join(show(of).split())
    assert "agent/b: | lies there agent/a: | committed" in shown


def test_who_collides_with_the_most_others_is_named() -> None:
    names = ["agent/a", "agent/b", "agent/c", "agent/d"]
    others = [two("agent/a", name, files=FILES, paths=(b"a",)) for name in names[1:]]
    assert "  agent/a collides with the most others: 3" in show(given(names, pairs=tuple(others)))
    both = (*others[:2], two("agent/b", "agent/c", files=FILES, paths=(b"a",)))
    text = " ".join(show(given(names, pairs=both)).split())
    assert "agent/a, agent/b and agent/c collide with the most others: 2 each" in text
    assert "the most others" not in show(given(names, pairs=(others[0],)))


def test_a_branch_without_a_commit_is_said_to_be_compared_by_its_uncommitted_work() -> None:
    empty = branch("agent/x", state=State.EMPTY, state_why="no commit of its own yet")
    of = fleet(empty, collisions=Collisions(uncommitted=(Uncommitted(empty.ref, "3" * 40, (b"x",)),)))
    assert show(of, branch=empty).startswith(
        "agent/x has no commit of its own to compare, only uncommitted work"
    )


def test_dormant_branches_come_with_the_command_that_compares_them() -> None:
    of = fleet(branch("agent/x", state=State.DORMANT), collisions=Collisions())
    assert "1 is dormant; to compare them: agentledger conflicts --dormant never" in " ".join(
        show(of).split()
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["agent/a"], "it is compared with the others once it merges into main"),
        (["agent/a", "agent/b"], "they are compared with the others once they merge into main"),
    ],
)
def test_what_conflicts_with_base_is_compared_later(names: list[str], said: str) -> None:
    held = Conflict(False, FILES)
    of = fleet(*(branch(name, conflict=held) for name in names), collisions=Collisions())
    assert said in " ".join(show(of).split())


def test_work_of_which_nothing_takes_part_says_of_each_file_why() -> None:
    ref, why = named("agent/a"), "nothing of it can be compared"
    loose = Uncommitted(ref, "", skipped=(Skipped(b"x.py", "nobody has settled its conflict"),), failed=why)
    shown = " ".join(show(given(["agent/a"], uncommitted=(loose,))).split())
    assert f"agent/a: left out: {why} left out: x.py (nobody has settled its conflict)" in shown
