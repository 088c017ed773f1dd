"""The board of the terminal: what is on it, and that it never grows wider than asked."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from agentledger.model.conflict import Conflict
from agentledger.model.fleet import Agent, Base, Fleet, State, Sync, Worktree
from agentledger.reports import text
from fleets import DAY, HOSTILE, HOUR, NOW, branch, change, conflicting, every_kind, fleet

GOLDEN = """\
shop: 2 open, 1 held, 3 ended
base main at bbbbbbbbbb (the branch that HEAD names)

Open (2)
  Branch        Agent   Active  Files  Lines
  agent/login   codex      1 h      1  +3 -1
    Review it: agentledger review agent/login --head aaaaaaaaaaaa
  agent/search  claude    48 h      1      ?
    3 uncommitted files in ../shop.worktrees/search
    Review; 3 uncommitted files besides
    agentledger review agent/search --head aaaaaaaaaaaa

Held: in conflict with main (1)
  Branch      Agent  Active  Files  Lines
  agent/cart  codex     1 h      1  +3 -1
    conflicts in src/cart.py, src/price.py
    Bring main in and settle 2 files: git switch agent/cart && git merge main

Ended (3): 2 merged, 1 dormant
  agentledger board --all lists them

Note: One branch was left out."""


def rendered(value: Fleet, width: int = 80, list_ended: bool = False) -> str:
    """The board as a pipe gets it."""
    out = io.StringIO()
    Console(file=out, width=width).print(text.render_board(value, width, list_ended), soft_wrap=True)
    return out.getvalue()


def sample() -> Fleet:
    """The fleet that GOLDEN shows."""
    return fleet(
        branch(
            "agent/search",
            agent=Agent("claude", "branch"),
            lines_counted=False,
            worktree=Worktree("../shop.worktrees/search", True, None, uncommitted=3),
            active_at=NOW - 2 * DAY,
        ),
        branch("agent/old", state=State.DORMANT),
        branch("agent/login"),
        branch("agent/done", state=State.MERGED),
        branch("agent/done-too", state=State.MERGED),
        branch("agent/cart", conflict=conflicting(b"src/cart.py", b"src/price.py")),
        notes=("One branch was left out.",),
    )


def test_the_board_of_a_small_fleet() -> None:
    assert rendered(sample()).rstrip("\n") == GOLDEN


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for line in rendered(every_kind(), width, list_ended=True).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_reaches_the_terminal_raw_or_as_markup(name: str) -> None:
    output = rendered(fleet(branch(name), branch(name, conflict=conflicting(name.encode(errors="replace")))))
    assert "\x1b" not in output
    assert "\u009b" not in output
    assert "\u202e" not in output
    assert output.encode()
    if name.startswith("["):
        assert name in output


def test_a_command_is_whole_or_left_out() -> None:
    name = "agent/" + "y" * 55
    stepwise = rendered(fleet(branch(name, conflict=conflicting(b"a"))))
    assert f"    git switch {name} &&\n    git merge main\n" in stepwise
    assert "git switch" not in rendered(fleet(branch("agent/" + "y" * 90, conflict=conflicting(b"a"))))


def test_many_conflicting_paths_are_counted() -> None:
    output = rendered(fleet(branch(conflict=conflicting(*(b"src/module_%d.py" % n for n in range(30))))))
    assert "conflicts in src/module_0.py, src/module_1.py, src/module_2.py and 27 more" in output


def test_ended_branches_are_listed_when_asked_for() -> None:
    absorbed = branch("agent/same", state=State.ABSORBED, state_why="same change as 9999999999")
    output = rendered(fleet(absorbed, branch("agent/done", state=State.MERGED)), list_ended=True)
    assert "agent/same  codex     1 h  absorbed\n    same change as 9999999999" in output
    assert "Delete: git branch -d agent/done" in output
    assert "--all" not in output


def test_a_merge_that_git_could_not_try_is_no_conflict() -> None:
    output = rendered(fleet(branch(conflict=Conflict(None, (), "unrelated histories"))))
    assert "git could not merge it with main: unrelated histories" in output
    assert "Held" not in output


def test_the_base_says_where_it_is_from_and_how_old_the_fetch_is() -> None:
    base = Base(
        name="main",
        ref="refs/remotes/o/main",
        head="b" * 40,
        why="upstream of main",
        sync=Sync.BEHIND,
        other_ref=None,
        remote="o",
        fetched_at=NOW - 3 * HOUR,
    )
    output = " ".join(rendered(fleet(base=base)).split())
    assert "base main at bbbbbbbbbb of its upstream, which the local branch is behind" in output
    assert "(upstream of main), last fetch 3 h ago" in output


def test_an_empty_fleet_says_how_to_name_branches() -> None:
    output = rendered(fleet())
    assert "No agent branch found" in output
    assert "--branches" in output


def test_a_branch_that_is_not_pushed_says_so() -> None:
    output = rendered(fleet(branch(sync=Sync.AHEAD, changes=(change(), change(b"b")))))
    assert "the local branch is ahead of the remote one" in output
