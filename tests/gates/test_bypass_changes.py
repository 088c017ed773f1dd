"""Ways to change what is not one's own unseen: each is stopped at commit, at push and by `check`.

Belongs here: a change set that is odd in itself, and beside it an honest one of the same kind, which passes.
Does not: odd histories (see `test_bypass_history`), or what only a made-up tree holds (`test_bypass_trees`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import BRIEF, Desk, Pushed, checked, stopping

Tell = Callable[[Desk], None]


def foreign_moved_in(desk: Desk) -> None:
    desk.git("mv", "docs/d.md", "src/d.md")


def own_moved(desk: Desk) -> None:
    desk.git("mv", "src/a.py", "src/b.py")


def foreign_deleted(desk: Desk) -> None:
    desk.git("rm", "-q", "docs/d.md")


def own_deleted(desk: Desk) -> None:
    desk.git("rm", "-q", "src/a.py")


def copied_out(desk: Desk) -> None:
    desk.git("config", "diff.renames", "copies")
    desk.write("docs/a.py", (desk.path / "src/a.py").read_text())


def copied_in(desk: Desk) -> None:
    desk.git("config", "diff.renames", "copies")
    desk.write("src/d.md", (desk.path / "docs/d.md").read_text())


def linked(desk: Desk, path: str, target: str) -> None:
    file = desk.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.symlink_to(target)


def foreign_made_a_link(desk: Desk) -> None:
    linked(desk, "docs/d.md", "../src/a.py")


def own_made_a_link(desk: Desk) -> None:
    desk.write("src/b.py")
    linked(desk, "src/a.py", "b.py")


def foreign_mode(desk: Desk) -> None:
    (desk.path / "run.sh").chmod(0o755)


def own_mode(desk: Desk) -> None:
    (desk.path / "src/a.py").chmod(0o755)


def submodule(desk: Desk, path: str) -> None:
    """A submodule that git's own commands are told to pass over, and which `add -A` does not see."""
    desk.git("config", "diff.ignoreSubmodules", "all")
    desk.git("config", f"submodule.{path}.ignore", "all")
    (desk.path / path).mkdir(parents=True)
    desk.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{path}")


def foreign_submodule(desk: Desk) -> None:
    submodule(desk, "vendored")


def own_submodule(desk: Desk) -> None:
    submodule(desk, "src/vendored")


def concealed(desk: Desk, path: str) -> None:
    """Settings and attributes that keep git's own diff from showing a file."""
    for key, value in (("diff.relative", "true"), ("diff.external", "true"), ("diff.noPrefix", "true")):
        desk.git("config", key, value)
    attributes = desk.repo.path / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* -diff binary\n")
    desk.write(path)


def foreign_concealed(desk: Desk) -> None:
    concealed(desk, "docs/d.md")


def own_concealed(desk: Desk) -> None:
    concealed(desk, "src/a.py")


def foreign_odd_names(desk: Desk) -> None:
    desk.write('docs/a "b" é.md')
    desk.write(os.fsdecode(b"docs/\xff.md"))


def own_odd_names(desk: Desk) -> None:
    desk.write('src/a "b" é.md')
    desk.write(os.fsdecode(b"src/\xff.md"))


def line_break_in_a_name(desk: Desk) -> None:
    desk.write("docs/a\nsrc/b.md")


def link_out(desk: Desk) -> None:
    linked(desk, "src/x", "../../elsewhere")


def link_into_the_ledger(desk: Desk) -> None:
    linked(desk, "src/x", "../.agentledger/config.toml")


def link_within(desk: Desk) -> None:
    linked(desk, "src/deep/x", "../a.py")


def brief_made_a_link(desk: Desk) -> None:
    linked(desk, ".agentledger/tasks/x/brief.md", "/etc/hostname")


def brief_made_a_submodule(desk: Desk) -> None:
    submodule(desk, ".agentledger/tasks/x/brief.md")


def brief_copied(desk: Desk) -> None:
    desk.write(".agentledger/tasks/x/brief.md", BRIEF.format("['src/**']", ""))


def case_twin(desk: Desk) -> None:
    desk.write("src/A.py")


def other_normalisation(desk: Desk) -> None:
    desk.write("src/\u00e9.py")
    desk.write("src/e\u0301.py")


def another_name(desk: Desk) -> None:
    desk.write("src/\u00e9.py")
    desk.write("src/e.py")


@pytest.mark.parametrize(
    ("attack", "rules", "honest"),
    [
        (foreign_moved_in, {"OWN001"}, own_moved),
        (foreign_deleted, {"OWN001"}, own_deleted),
        (copied_out, {"OWN001"}, copied_in),
        (foreign_made_a_link, {"OWN001"}, own_made_a_link),
        (foreign_mode, {"OWN001"}, own_mode),
        (foreign_submodule, {"OWN001", "OWN005"}, own_submodule),
        (foreign_concealed, {"OWN001"}, own_concealed),
        (foreign_odd_names, {"OWN001"}, own_odd_names),
        (line_break_in_a_name, {"OWN001", "OWN006"}, own_odd_names),
        (link_out, {"OWN005"}, link_within),
        (link_into_the_ledger, {"OWN005"}, link_within),
        (brief_made_a_link, {"OWN005"}, brief_copied),
        (brief_made_a_submodule, {"OWN005"}, brief_copied),
        (case_twin, {"OWN006"}, another_name),
        (other_normalisation, {"OWN006"}, another_name),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_stopped(tmp_path: Path, attack: Tell, rules: set[str], honest: Tell) -> None:
    here = Pushed(tmp_path, linked=False)
    desk = here.desk
    desk.write("src/first.py")
    assert desk.add() == ""  # from now on the gate remembers what the brief grants
    staged(desk, attack)
    # Empty is what git takes a commit of a submodule for that it passes over.
    assert stopping(desk.commit("--allow-empty")) == rules
    desk.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "slip")
    assert stopping(here.push("agent/x")) == rules
    assert checked(here.repo) == rules
    desk.git("reset", "-q", "--hard", "main")
    desk.git("clean", "-q", "-d", "-f")
    staged(desk, honest)
    assert desk.commit("--allow-empty") == ""
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()


def staged(desk: Desk, tell: Tell) -> None:
    tell(desk)
    if "submodule" not in tell.__name__:
        desk.git("add", "-A")


def test_a_subfolder_to_commit_from_hides_nothing(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    concealed(here.desk, "docs/d.md")
    inside = Desk(here.repo, here.desk.path / "src")
    inside.git("add", "-A", "..")
    assert stopping(inside.commit()) == {"OWN001"}
    inside.git("restore", "--staged", "--worktree", "../docs/d.md")
    inside.write("a.py")
    assert inside.add() == ""
