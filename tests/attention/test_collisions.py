"""What is said of two branches that collide: who goes first, who waits, and a command that is typed as it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import colliding
import reading
from agentledger.attention import collisions as words
from agentledger.attention.relations import list_ties
from agentledger.model.collisions import Pair
from agentledger.model.conflict import Hunk
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.merge_plan import MergeOrder, Waits
from gitrepo import Repo
from nextcommand import type_command
from writing import Desk, check_in


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    repo = colliding.build(tmp_path_factory.mktemp("words") / "shop")
    return replace(reading.fleet(repo, pairs=True, scopes=True, hints=True), merge_order=None)


def order(fleet: Fleet, *names: str, **reasons: str) -> Fleet:
    """The fleet with an order in which these branches go first, in this order."""
    refs = [f"refs/heads/{name}" for name in names]
    others = [branch.ref for branch in fleet.branches if branch.ref not in refs]
    why = {refs[0]: reasons.get("why", "approved")}
    return replace(fleet, merge_order=MergeOrder(refs=(*refs, *others), reasons=why))


def named(fleet: Fleet, name: str) -> Branch:
    return reading.named(fleet)[name]


def pair(fleet: Fleet, a: str, b: str) -> Pair:
    assert fleet.collisions
    (found,) = [p for p in fleet.collisions.pairs if (p.a, p.b) == (f"refs/heads/{a}", f"refs/heads/{b}")]
    return found


def test_the_line_of_a_branch_names_who_goes_first_and_why(fleet: Fleet) -> None:
    odd = r"agent/\u{202E}gnp.exe"
    one = named(fleet, "agent/one")
    assert words.describe_collisions(fleet, one) == f"collides with agent/two and {odd}"
    ordered = order(fleet, colliding.ODD, "agent/one", "agent/two")
    assert words.describe_collisions(ordered, one) == (
        f"collides with {odd} and agent/two; {odd} goes first: approved"
    )
    mine = order(fleet, "agent/one")
    assert words.describe_collisions(mine, one).endswith("; this one goes first: approved")
    assert words.describe_collisions(fleet, named(fleet, "agent/alone")) == ""


def test_rivals_and_files_that_everybody_changes_are_no_collision_of_the_line(fleet: Fleet) -> None:
    for name in ("agent/r", "agent/log-a", "agent/lock-b"):
        assert words.describe_collisions(fleet, named(fleet, name)) == ""


def test_a_reason_for_waiting_is_none_for_going_first(fleet: Fleet) -> None:
    ref = "refs/heads/agent/one"
    ordered = order(fleet, "agent/one", why="collides with agent/x, which goes first")
    assert ordered.merge_order
    waiting = replace(ordered.merge_order, waits={ref: Waits("", "collides with agent/x")})
    told = words.describe_collisions(replace(ordered, merge_order=waiting), named(fleet, "agent/two"))
    assert told == (
        "collides with agent/one, which goes first: neither lands yet, and it is earlier in the merge order"
    )


def test_an_older_branch_that_waits_for_the_sake_of_many_is_the_reason(fleet: Fleet) -> None:
    one, two = "refs/heads/agent/one", "refs/heads/agent/two"
    ordered = order(fleet, "agent/one", why="no brief, last commit 2026-01-01 00:00")
    assert ordered.merge_order
    waits = Waits("", "landing it would hold 3 others", holds=(one, "x", "y"), later=(one,))
    held = replace(ordered, merge_order=replace(ordered.merge_order, waits={two: waits}))
    told = words.describe_collisions(held, named(fleet, "agent/two"))
    assert told == "collides with agent/one, which goes first: landing agent/two would hold 3 others"
    first = replace(ordered.merge_order, waits={two: waits._replace(later=())})
    told = words.describe_collisions(replace(ordered, merge_order=first), named(fleet, "agent/two"))
    assert told.endswith("agent/one, which goes first: no brief, last commit 2026-01-01 00:00")


def test_of_two_tasks_the_one_that_goes_second_is_told_to_wait(fleet: Fleet) -> None:
    two = pair(fleet, "agent/p", "agent/q")
    assert words.settle_collision(order(fleet, "agent/q"), two).command == (
        "agentledger plan p --add-depends-on q"
    )
    assert words.settle_collision(order(fleet, "agent/p"), two).command == (
        "agentledger plan q --add-depends-on p"
    )


def test_a_task_that_collides_with_a_branch_without_a_brief_is_answered(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a repo")
    desk.says({"status/1.md": check_in("working")})
    desk.repo.commit("claude/it's", {"src/a.py": "3\n"}, parents=[desk.root])
    desk.repo.checkout("main")
    fleet = order(reading.fleet(desk.repo, pairs=True), "claude/it's", "agent/x")
    two = pair(fleet, "agent/x", "claude/it's")
    action = words.settle_collision(fleet, two)
    assert action.text == "Tell the agent of agent/x"
    assert action.command
    type_command(desk.repo.path, action.command)
    (answer,) = desk.work().answers
    assert (
        answer.text.split()
        == (
            "claude/it's changes src/a.py, too, and is to land first. Once it has, bring main in and settle src/a.py."
        ).split()
    )
    other = words.settle_collision(order(fleet, "agent/x", "claude/it's"), two)
    assert (other.command, other.text) == (
        None,
        "Whoever works on claude/it's brings main in once agent/x has landed, and settles src/a.py",
    )


def test_a_question_is_not_answered_by_the_way(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a repo")
    desk.says({"status/1.md": check_in("needs-input", needs="Blue?")})
    desk.repo.commit("claude/o", {"src/a.py": "3\n"}, parents=[desk.root])
    desk.repo.checkout("main")
    fleet = order(reading.fleet(desk.repo, pairs=True), "claude/o", "agent/x")
    action = words.settle_collision(fleet, pair(fleet, "agent/x", "claude/o"))
    assert action.command is None
    assert action.text.startswith("Answer what agent/x asks, and tell its agent that it brings main in")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"<<<<<<< a\nx = 1\nsame\n=======\nx = 2\nsame\n>>>>>>> b\n", "'x = 1' against 'x = 2'"),
        (b"<<<<<<< a\nsame\nx = 1\n=======\nsame\nx = 2\n>>>>>>> b\n", "'x = 1' against 'x = 2'"),
        (b"<<<<<<< a\n=======\nx\n>>>>>>> b\n", "nothing against 'x'"),
        (b"<<<<<<< a\nx\ny\n=======\nx\n>>>>>>> b\n", "'y' against nothing"),
        (b"<<<<<<< a\n\x1b[2J\n=======\n" + b"z" * 60 + b"\n", r"'\x1b[2J' against '" + "z" * 47 + "…'"),
        (b"<<<<<<< a\nx = 1\n", "'x = 1' against lines that are not kept"),
        (b"<<<<<<< a\n========\nx\n=======\n========\ny\n>>>>>>> b\n", "'x' against 'y'"),
        (
            b"<<<<<<< a\n" + b"z" * 60 + b"1\n=======\n" + b"z" * 60 + b"2\n>>>>>>> b\n",
            f"'…{'z' * 12}1' against '…{'z' * 12}2'",
        ),
    ],
)
def test_the_two_sides_of_a_conflict_in_a_few_words(text: bytes, shown: str) -> None:
    assert words.describe_hunk(Hunk(7, text)) == shown


def test_names_are_counted_from_the_fourth_on() -> None:
    shown = [words.format_few(list("abcde")[:n]) for n in range(6)]
    assert shown == ["", "a", "a and b", "a, b and c", "a, b and 2 more", "a, b and 3 more"]


def test_two_copies_of_one_name_are_told_apart_by_their_refs(fleet: Fleet) -> None:
    one = named(fleet, "agent/one")
    copy = replace(one, ref="refs/remotes/fork/agent/one")
    both = replace(fleet, branches=(*fleet.branches, copy))
    assert words.name_branches(both, [one.ref, copy.ref]) == {one.ref: one.ref, copy.ref: copy.ref}


def test_a_branch_has_one_line_for_each_kind_of_tie(fleet: Fleet) -> None:
    lines = {
        name: [
            (tie.verb, [other.name for other in tie.others], tie.note)
            for tie in list_ties(fleet, named(fleet, name))
        ]
        for name in ("agent/above", "agent/r", "agent/alone")
    }
    assert lines == {
        "agent/above": [("shares commits that main lacks with", ["agent/below"], "")],
        "agent/r": [("rival of", ["agent/r-2"], "one of them lands; 1 of these it collides with")],
        "agent/alone": [],
    }


def test_a_link_of_a_tie_leads_to_a_branch_of_the_fleet(fleet: Fleet) -> None:
    refs = {branch.ref for branch in fleet.branches}
    others = [o for b in fleet.branches for tie in list_ties(fleet, b) for o in tie.others]
    assert others
    assert {other.ref for other in others} <= refs


def test_nobody_s_turn_or_section_comes_from_a_collision(tmp_path: Path) -> None:
    repo: Repo = colliding.build(tmp_path / "shop")
    with_pairs, without = (reading.fleet(repo, pairs=pairs) for pairs in (True, False))
    assert [(b.name, b.standing) for b in with_pairs.branches] == [
        (b.name, b.standing) for b in without.branches
    ]
