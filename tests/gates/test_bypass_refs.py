"""Refs, and files beside them, that make a push look like another one: stopped at push and by `check`.

Belongs here: names, several refs at once, grafts, replacements, histories that end early. Does not: what the
commits bring (see `test_bypass_history`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from command import refused
from desk import Desk, Pushed, checked, install, stopping


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    """The manager's checkout, or a clone of an agent's."""
    return Pushed(tmp_path, linked=False)


@pytest.mark.parametrize("order", [("feature", "agent/x--2"), ("agent/x--2", "feature")])
def test_of_several_refs_each_is_judged(here: Pushed, order: tuple[str, str]) -> None:
    here.slip("src/a.py")
    here.desk.git("branch", "feature")
    here.slip()
    here.desk.git("branch", "agent/x--2")
    assert "[agent/x--2] docs/d.md" in here.push(*order)
    assert here.push("feature", "agent/x~1:refs/heads/agent/x") == ""


@pytest.mark.parametrize(
    "ref",
    [
        "HEAD:refs/heads/main",
        "HEAD:refs/heads/agent/y",
        "HEAD:refs/heads/Agent/x",
        "HEAD:refs/heads/agent/x-",
        "HEAD:refs/heads/agent/\u0445",  # a Cyrillic letter
        "HEAD:refs/heads/agent/x--2",
        "+main:refs/heads/agent/y",
    ],
)
def test_an_agents_worktree_moves_its_own_branch_alone(tmp_path: Path, ref: str) -> None:
    here = Pushed(tmp_path, linked=True)
    here.slip("src/a.py")
    assert stopping(here.push(ref)) == {"OWN010"}
    assert stopping(here.push("agent/x", ref)) == {"OWN010"}
    assert here.push("agent/x") == ""


@pytest.mark.parametrize("typed", ["HEAD^{/a slip}", "HEAD~0", "agent/x@{0}"])
def test_however_a_commit_is_named_it_is_judged(here: Pushed, typed: str) -> None:
    here.desk.write("docs/d.md")
    here.desk.git("commit", "-q", "-a", "-n", "-m", "a slip, and more")
    assert stopping(here.push(f"{typed}:refs/heads/agent/x")) == {"OWN001"}
    here.desk.git("reset", "-q", "--hard", "main")
    here.desk.write("src/a.py")
    here.desk.git("commit", "-q", "-a", "-m", "a slip of the tongue")
    assert here.push(f"{typed}:refs/heads/agent/x") == ""


def test_what_the_remote_has_under_another_name_is_judged_anew(here: Pushed) -> None:
    here.slip()
    here.desk.git("push", "-q", "--no-verify", "origin", "agent/x:refs/heads/elsewhere")
    here.desk.git("fetch", "-q")
    assert stopping(here.push("agent/x")) == {"OWN001"}
    here.desk.git("reset", "-q", "--hard", "main")
    here.slip("src/a.py")
    here.desk.git("push", "-q", "--no-verify", "origin", "agent/x:refs/heads/elsewhere2")
    assert here.push("agent/x") == ""


@pytest.mark.parametrize("name", ["main", "refs/heads/main", "origin/main", "agentledger", "agent/x", "HEAD"])
def test_a_tag_named_like_a_branch_changes_nothing(here: Pushed, name: str) -> None:
    here.desk.write("docs/d.md")
    here.desk.git("add", "-A")
    tree = here.desk.git("write-tree").strip()
    slip = here.repo.git("commit-tree", "-p", "HEAD", "-m", "slip", tree)
    here.repo.git("update-ref", f"refs/tags/{name}", slip)
    assert stopping(here.desk.commit()) == {"OWN001"}
    here.slip()
    assert stopping(here.push("refs/heads/agent/x:refs/heads/agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}
    here.repo.git("reset", "-q", "--hard", "refs/heads/main")
    here.slip("src/a.py")
    assert here.push("refs/heads/agent/x:refs/heads/agent/x") == ""
    assert checked(here.repo) == set()


def grafted(here: Pushed) -> None:
    """Base would have the slip among its parents."""
    main, head = here.repo.git("rev-parse", "main", "agent/x").split()
    (here.repo.path / ".git/info").mkdir(exist_ok=True)
    (here.repo.path / ".git/info/grafts").write_text(f"{main} {head}\n")


def grafted_off(here: Pushed) -> None:
    """The slip would have no parent."""
    (here.repo.path / ".git/info").mkdir(exist_ok=True)
    (here.repo.path / ".git/info/grafts").write_text(here.repo.git("rev-parse", "agent/x") + "\n")


def replaced(here: Pushed) -> None:
    """git would read the honest commit in place of the slip."""
    main = here.repo.git("rev-parse", "main")
    honest = here.repo.git("commit-tree", "-p", main, "-m", "honest", f"{main}^{{tree}}")
    here.repo.git("replace", here.repo.git("rev-parse", "agent/x"), honest)


def replaced_blob(here: Pushed) -> None:
    here.repo.git("replace", *here.repo.git("rev-parse", "agent/x:docs/d.md", "main:docs/d.md").split())


@pytest.mark.parametrize(
    "trick", [grafted, grafted_off, replaced, replaced_blob], ids=lambda value: value.__name__
)
def test_grafts_and_replacements_count_for_nothing(tmp_path: Path, trick: Callable[[Pushed], None]) -> None:
    here = Pushed(tmp_path / "attack", linked=False)
    here.slip()
    trick(here)
    assert stopping(here.push("agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}
    here = Pushed(tmp_path / "honest", linked=False)
    here.slip("src/a.py")
    assert here.push("agent/x") == ""
    if trick is not replaced_blob:  # there is none to replace
        trick(here)
    assert checked(here.repo) == set()


@pytest.mark.parametrize("cut", [("agent/x",), ("agent/x^",), ("main",), ("agent/x", "main")])
def test_a_made_up_end_of_history_is_no_way_out(here: Pushed, cut: tuple[str, ...]) -> None:
    here.slip()
    here.slip("src/b.py")
    (here.repo.path / ".git/shallow").write_text(here.repo.git("rev-parse", *cut) + "\n")
    said = here.push("agent/x")
    if cut == ("main",):  # enough of it is left to judge by
        assert stopping(said) == {"OWN001"}
        assert checked(here.repo) == {"OWN001"}
        return
    assert "agent/x cannot be judged: a shallow clone cuts it off" in said
    assert "git fetch --unshallow" in said
    for arguments in (("--branch", "agent/x"), ("--range", "main..agent/x")):
        assert "git fetch --unshallow" in refused(here.repo.path, "check", *arguments).message


def test_who_makes_the_own_branch_unreadable_pushes_no_other(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=True)
    here.slip("src/a.py")
    (here.repo.path / ".git/shallow").write_text(here.repo.git("rev-parse", "agent/x") + "\n")
    assert "agent/x cannot be judged" in here.push("main:refs/heads/agent/y")
    (here.repo.path / ".git/shallow").unlink()
    assert here.push("agent/x") == ""


def test_a_shallow_clone_that_reaches_base_is_judged_as_any_other(here: Pushed, tmp_path: Path) -> None:
    here.repo.commit("main", {"more": "1\n"})
    here.repo.flush()
    here.repo.git("push", "-q", "--no-verify", "origin", "main", "agentledger")
    clone = here.remote.clone(tmp_path / "clone", "--depth=1", "--no-single-branch", "--branch=main")
    install(clone)
    desk = Desk(clone, clone.path)
    desk.git("switch", "-q", "-c", "agent/x")
    desk.write("src/a.py")
    assert desk.add() == ""
    assert desk.git("push", "-q", "origin", "agent/x", ok=False) == ""
    desk.write("docs/d.md")
    desk.git("commit", "-q", "-a", "-n", "-m", "slip")
    assert stopping(desk.git("push", "-q", "origin", "agent/x", ok=False)) == {"OWN001"}
