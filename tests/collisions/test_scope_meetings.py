"""Pairs of branches whose briefs let both change a file: as each two scopes say by themselves, each compared once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agentledger.collisions.scope_meetings import find_scope_meetings
from agentledger.model.collisions import Collisions, Grade, Pair, Shared
from agentledger.model.fleet import Branch, State
from agentledger.scope.automata import TooComplexError
from agentledger.scope.task_scope import Meeting, Scope
from fleets import branch

PATTERNS = [b"src/**", b"src/*.py", b"src/a/**", b"docs/**", b"**/x", b"src/a/x", b"lib/*", b"lib/**"]


def ref(name: str) -> str:
    return f"refs/heads/{name}"


def find(scopes: dict[str, Scope], collisions: Collisions | None = None, **keys: Any) -> tuple[Pair, ...]:
    branches: list[Branch] = [branch(name, work=None) for name in scopes]
    by_ref = {ref(name): scope for name, scope in scopes.items()}
    return find_scope_meetings(branches, by_ref, collisions or Collisions(), **keys)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_as_if_each_two_scopes_were_compared(seed: int) -> None:
    chosen = random.Random(seed)
    scopes = {
        f"agent/{number}": Scope(tuple(chosen.sample(PATTERNS, 2)), tuple(chosen.sample(PATTERNS, 1)))
        for number in range(8)
    }
    wanted = {
        (one, other)
        for one in scopes
        for other in scopes
        if one < other and scopes[one].overlap_with(scopes[other])
    }
    pairs = find(scopes)
    assert {(pair.a, pair.b) for pair in pairs} == {(ref(one), ref(other)) for one, other in wanted}
    for pair in pairs:
        mine, theirs = (scopes[each.removeprefix("refs/heads/")] for each in (pair.a, pair.b))
        assert mine.holds(pair.paths[0])
        assert theirs.holds(pair.paths[0])
        assert pair.patterns[0] in mine.owns
        assert pair.patterns[1] in theirs.owns
    some = ref("agent/3")
    assert find(scopes, only=some) == tuple(pair for pair in pairs if some in (pair.a, pair.b))


def test_equal_scopes_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = {f"agent/{number:02}": Scope((b"src/**",)) for number in range(40)}
    calls, real = [], Scope.overlap_with

    def count(one: Scope, other: Scope, open_: tuple[bytes, ...]) -> Meeting | None:
        calls.append(one)
        return real(one, other, open_)

    monkeypatch.setattr(Scope, "overlap_with", count)
    assert len(find(scopes)) == 40 * 39 // 2
    assert len(calls) == 1


def test_who_collides_or_has_a_file_in_common_is_left_out_and_open_files_meet_nobody() -> None:
    scopes = {name: Scope((b"src/**", b"log")) for name in ("agent/a", "agent/b", "agent/c")}
    known = Collisions(
        pairs=(Pair(ref("agent/a"), ref("agent/b"), Grade.CONFLICT),),
        shared=(Shared(b"src/x", (ref("agent/b"), ref("agent/c"))),),
    )
    assert [(pair.a, pair.b) for pair in find(scopes, known)] == [(ref("agent/a"), ref("agent/c"))]
    assert find(scopes, open_=(b"src/**", b"log")) == ()


def test_what_is_over_or_has_no_brief_has_no_scope() -> None:
    branches = [
        branch("agent/a"),
        branch("agent/b", state=State.MERGED),
        branch("agent/c", at_rest=State.MERGED),
    ]
    scopes = {each.ref: Scope((b"**",)) for each in branches}
    branches.append(branch("agent/d"))
    assert find_scope_meetings(branches, scopes, Collisions()) == ()


def test_scopes_that_nobody_can_compare_are_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: Any) -> None:
        raise TooComplexError("too complicated", "fewer")

    monkeypatch.setattr(Scope, "overlap_with", give_up)
    (pair,) = find({"agent/a": Scope((b"a*",)), "agent/b": Scope((b"a**",))})
    assert (pair.grade, pair.failed, pair.paths) == (Grade.SCOPE, "too complicated", ())
