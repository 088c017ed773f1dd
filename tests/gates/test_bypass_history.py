"""Histories that carry foreign work past a look at the last commit: each is stopped at push and by `check`.

Belongs here: merges, picks, reverts and rebases made by git itself, and beside each an honest one. Does not:
what counts as net and own in them, path by path (see `test_changes_judged`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import Pushed, checked, stopping

Tell = Callable[[Pushed], None]


def ours(here: Pushed, text: str = "mine\n") -> None:
    """Honest work, as far as any gate can tell."""
    here.slip("src/b.py", text)


def base_moves(here: Pushed, *paths: str, text: str = "from base\n") -> None:
    here.repo.commit("main", dict.fromkeys(paths, text))
    here.repo.flush()
    here.repo.git("push", "-q", "--no-verify", "origin", "main")


def merged(here: Pushed, *arguments: str) -> None:
    here.desk.git("merge", "-q", "--no-verify", "--no-edit", *arguments)


def base_merged_in(here: Pushed) -> None:
    ours(here)
    base_moves(here, "docs/d.md", "new")
    merged(here, "main")


def evil_merge(here: Pushed) -> None:
    ours(here)
    base_moves(here, "new")
    merged(here, "--no-commit", "main")
    here.slip("docs/d.md")


def ours_over_base(here: Pushed) -> None:
    ours(here)
    base_moves(here, "docs/d.md")
    merged(here, "-s", "ours", "main")


def ours_over_one_file(here: Pushed) -> None:
    ours(here)
    base_moves(here, "docs/d.md", "new")
    merged(here, "--no-commit", "main")
    here.desk.git("checkout", "-q", "HEAD", "--", "docs/d.md")
    here.desk.git("commit", "-q", "--no-verify", "-m", "merge")


def ours_after_a_merge(here: Pushed) -> None:
    base_merged_in(here)
    base_moves(here, "docs/d.md", text="fixed\n")
    merged(here, "-s", "ours", "main")


def put_back_to_the_older_base(here: Pushed) -> None:
    base_merged_in(here)
    here.desk.git("checkout", "-q", "main^", "--", "docs/d.md")
    here.desk.git("commit", "-q", "--no-verify", "-m", "back")


def added_then_reverted(here: Pushed) -> None:
    here.slip()
    here.desk.git("revert", "--no-edit", "HEAD")


def another_branch(here: Pushed, name: str, path: str) -> None:
    here.desk.git("switch", "-q", "-c", name, "main")
    here.slip(path)
    here.desk.git("switch", "-q", "agent/x")


def another_agents_branch(here: Pushed) -> None:
    another_branch(here, "agent/other", "docs/d.md")
    ours(here)
    merged(here, "agent/other")


def octopus(here: Pushed, path: str = "docs/d.md") -> None:
    another_branch(here, "one", "src/one.py")
    another_branch(here, "two", path)
    ours(here)
    merged(here, "one", "two")


def honest_octopus(here: Pushed) -> None:
    octopus(here, "src/two.py")


def criss_cross(here: Pushed) -> None:
    """Base and the branch merged each other at the same time, so that they have two merge bases."""
    ours(here)
    base_moves(here, "docs/d.md")
    before = here.repo.git("rev-parse", "agent/x")
    merged(here, "main")
    here.desk.git("switch", "-q", "--detach", "main")
    merged(here, before)
    here.desk.git("push", "-q", "--no-verify", "origin", "HEAD:main")
    here.desk.git("branch", "-q", "-f", "main", "HEAD")
    here.desk.git("switch", "-q", "agent/x")
    assert len(here.repo.git("merge-base", "--all", "main", "agent/x").split()) == 2
    ours(here, "more\n")


def criss_cross_and_back(here: Pushed) -> None:
    criss_cross(here)
    here.slip("docs/d.md", "d\n" * 20)


def unrelated_root_merged(here: Pushed, path: str = "elsewhere") -> None:
    here.desk.git("switch", "-q", "--orphan", "elsewhere")
    here.slip(path)
    here.desk.git("switch", "-q", "agent/x")
    merged(here, "--allow-unrelated-histories", "elsewhere")


def unrelated_root_of_own(here: Pushed) -> None:
    unrelated_root_merged(here, "src/c.py")


def unrelated_branch(here: Pushed) -> None:
    here.desk.git("switch", "-q", "--orphan", "again")
    here.slip("docs/d.md")
    here.desk.git("branch", "-q", "-M", "again", "agent/x")


def picked(here: Pushed, path: str = "docs/d.md") -> None:
    another_branch(here, "elsewhere", path)
    here.desk.git("cherry-pick", "elsewhere")


def picked_of_own(here: Pushed) -> None:
    picked(here, "src/b.py")


def reverted(here: Pushed, path: str = "docs/d.md") -> None:
    base_moves(here, path)
    merged(here, "main")
    here.desk.git("revert", "--no-edit", "main")


def reverted_own(here: Pushed) -> None:
    reverted(here, "src/b.py")


def rebased(here: Pushed, path: str = "docs/d.md") -> None:
    here.slip(path)
    base_moves(here, "new")
    here.desk.git("rebase", "-q", "main")


def rebased_own(here: Pushed) -> None:
    rebased(here, "src/b.py")


def applied(here: Pushed, path: str = "docs/d.md") -> None:
    another_branch(here, "elsewhere", path)
    here.desk.git("format-patch", "-q", "-1", "elsewhere", "-o", str(here.repo.path / ".git/mail"))
    (mail,) = (here.repo.path / ".git/mail").iterdir()
    here.desk.git("am", "-q", str(mail))


def applied_own(here: Pushed) -> None:
    applied(here, "src/b.py")


def unverified(here: Pushed) -> None:
    here.desk.write("docs/d.md")
    here.desk.git("commit", "-q", "-a", "-n", "-m", "slip")


def buried(here: Pushed, path: str = "docs/d.md") -> None:
    """More commits on top of the slip than a page would list."""
    here.slip(path)
    here.repo.commit("agent/x", {}, parents=[here.repo.git("rev-parse", "agent/x")])
    for _ in range(600):
        here.repo.commit("agent/x", {})
    here.repo.flush()


def buried_own(here: Pushed) -> None:
    buried(here, "src/b.py")


@pytest.mark.parametrize(
    ("attack", "honest"),
    [
        (evil_merge, base_merged_in),
        (ours_over_base, base_merged_in),
        (ours_over_one_file, base_merged_in),
        (ours_after_a_merge, base_merged_in),
        (put_back_to_the_older_base, added_then_reverted),
        (another_agents_branch, base_merged_in),
        (octopus, honest_octopus),
        (criss_cross_and_back, criss_cross),
        (unrelated_root_merged, unrelated_root_of_own),
        (unrelated_branch, unrelated_root_of_own),
        (picked, picked_of_own),
        (reverted, reverted_own),
        (rebased, rebased_own),
        (applied, applied_own),
        (unverified, rebased_own),
        (buried, buried_own),
    ],
    ids=lambda value: value.__name__,
)
def test_it_is_stopped(tmp_path: Path, attack: Tell, honest: Tell) -> None:
    here = Pushed(tmp_path / "attack", linked=False)
    attack(here)
    assert stopping(here.push("agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}
    here = Pushed(tmp_path / "honest", linked=False)
    honest(here)
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
