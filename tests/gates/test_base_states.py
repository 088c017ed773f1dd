"""A branch that has what base had conflicts with base once that moves on, and is not to blame; one that puts an
older state back is.

Belongs here: such histories at commit, push and `check`, made by git itself. Does not: which states those are, in
general (see `changes.base_states`).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command import run
from desk import BRIEF, Pushed, checked, stopping
from reading import git_commands

LONG = [f"line {number}\n" for number in range(20)]
PATH = "docs/d.md"

Tell = Callable[[Pushed], None]


def edited(*texts: str) -> str:
    """The file, each text in the line after that of the text before it, from the fifth on."""
    lines = list(LONG)
    lines[5 : 5 + len(texts)] = [f"{text}\n" for text in texts]
    return "".join(lines)


def base(here: Pushed, text: str | None, path: str = PATH) -> str:
    """A commit on base, pushed; its id."""
    here.repo.commit("main", {path: text}, parents=[here.repo.git("rev-parse", "main")])
    here.repo.flush()
    here.repo.git("push", "-q", "--no-verify", "--force", "origin", "main")
    return here.repo.git("rev-parse", "main")


def squashed(here: Pushed, commit: str = "main") -> None:
    here.desk.git("merge", "-q", "--squash", commit)
    here.desk.git("commit", "-q", "--no-verify", "-m", "base, squashed")


def begun(folder: Path) -> Pushed:
    """A branch with work of its own, on a base with a file that others edit."""
    here = Pushed(folder, linked=False)
    base(here, edited())
    here.desk.git("reset", "-q", "--hard", "main")
    here.slip("src/b.py", "mine\n")
    return here


def squash_of_base(here: Pushed) -> None:
    base(here, edited("one"))
    squashed(here)


def pick_of_base(here: Pushed) -> None:
    here.desk.git("cherry-pick", base(here, edited("one")))


def two_squashes(here: Pushed) -> None:
    squash_of_base(here)
    base(here, edited("one and a half"))
    here.desk.git("checkout", "-q", "main", "--", PATH)
    here.desk.git("commit", "-q", "--no-verify", "-m", "base again")


def squash_of_an_older_base(here: Pushed) -> None:
    commit = base(here, edited("one"))
    base(here, edited("one and a half"))
    squashed(here, commit)


def squash_of_a_deletion(here: Pushed) -> None:
    base(here, None)
    squashed(here)


def squash_and_merge(here: Pushed) -> None:
    """Of which only the squash is left to conflict."""
    base(here, "other\n", "docs/other.md")
    here.desk.git("merge", "-q", "--no-verify", "--no-edit", "main")
    squash_of_base(here)


HONEST = (
    squash_of_base,
    pick_of_base,
    two_squashes,
    squash_of_an_older_base,
    squash_of_a_deletion,
    squash_and_merge,
)


def squash_and_a_slip(here: Pushed) -> None:
    squash_of_base(here)
    here.slip(PATH, edited("one", "and mine"))


def slip_of_the_mode(here: Pushed) -> None:
    squash_of_base(here)
    (here.desk.path / PATH).chmod(0o755)
    here.desk.git("commit", "-q", "--no-verify", "-a", "-m", "mode")


def put_back_to_the_older_base(here: Pushed) -> None:
    base(here, edited("one"))
    here.desk.git("merge", "-q", "--no-verify", "--no-edit", "main")
    here.slip(PATH, edited())


def put_back_below_a_squash(here: Pushed) -> None:
    """The oldest state, where base's own since then is the squash's."""
    squash_of_base(here)
    here.desk.git("merge", "-q", "--no-verify", "--no-edit", "main")
    here.slip(PATH, edited())


def pick_of_what_base_dropped(here: Pushed) -> None:
    before = here.repo.git("rev-parse", "main")
    here.desk.git("cherry-pick", base(here, edited("one")))
    here.repo.git("branch", "-q", "-f", "main", before)


def another_path_s_state(here: Pushed) -> None:
    base(here, edited("one"), "docs/other.md")
    here.slip(PATH, edited("one"))


GUILTY = (
    squash_and_a_slip,
    slip_of_the_mode,
    put_back_to_the_older_base,
    put_back_below_a_squash,
    pick_of_what_base_dropped,
    another_path_s_state,
)


def goes_on(here: Pushed) -> None:
    """Base, in the same lines."""
    base(here, edited("two"))


@pytest.mark.parametrize("tell", HONEST, ids=lambda tell: tell.__name__)
def test_what_base_had_is_nobodys_trespass_once_base_goes_on(tmp_path: Path, tell: Tell) -> None:
    here = begun(tmp_path)
    tell(here)
    goes_on(here)
    assert here.repo.exit_code("merge-tree", "--write-tree", "main", "agent/x") == 1
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
    assert checked(here.repo, "ready") & {"OWN001", "OWN003", "OWN007"} == set()
    # The merge still stops, at the conflict.
    assert "FLT004" in checked(here.repo, "merge")


@pytest.mark.parametrize("tell", GUILTY, ids=lambda tell: tell.__name__)
def test_what_base_never_had_or_what_undoes_it_is(tmp_path: Path, tell: Tell) -> None:
    here = begun(tmp_path)
    tell(here)
    goes_on(here)
    assert here.repo.exit_code("merge-tree", "--write-tree", "main", "agent/x") == 1
    assert stopping(here.push("agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}


def test_the_advice_brings_base_in(tmp_path: Path) -> None:
    here = begun(tmp_path)
    squash_of_base(here)
    goes_on(here)
    said = here.desk.git("push", "origin", "agent/x", ok=False)
    assert said == ""
    text = run(here.repo.path, "check", "agent/x", "--gate", "push").out
    assert "warn OWN007 history-outside-scope [agent/x] docs/d.md" in text
    assert "docs/d.md has what main had there, which has moved on" in text
    (advice,) = [
        row.partition("take its version there: ")[2] for row in text.splitlines() if "its version" in row
    ]
    subprocess.run(advice, shell=True, cwd=here.desk.path, check=True, capture_output=True)  # noqa: S602
    assert here.desk.git("show", f"HEAD:{PATH}") == edited("two")
    assert checked(here.repo) == set()
    assert here.repo.exit_code("merge-tree", "--write-tree", "main", "agent/x") == 0


def test_who_commits_a_squash_of_a_base_that_has_moved_on_is_let_through(tmp_path: Path) -> None:
    here = begun(tmp_path)
    commit = base(here, edited("one"))
    goes_on(here)
    here.desk.git("merge", "-q", "--squash", commit)
    assert here.desk.commit() == ""
    here.desk.write(PATH, edited("one", "and mine"))
    here.desk.git("add", PATH)
    assert stopping(here.desk.commit()) == {"OWN001"}


def test_branches_that_left_base_at_different_commits_are_each_judged_by_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = begun(tmp_path)
    briefs = {
        f"tasks/{task}/brief.md": BRIEF.format("['src/**']", "").replace("task: x", f"task: {task}")
        for task in "yz"
    }
    here.repo.commit("agentledger", briefs, parents=[here.repo.git("rev-parse", "agentledger")])
    squash_of_base(here)
    # y leaves base where it has "one" already, and puts that back to what was before; z squashes what came then.
    for task, text in (("y", edited()), ("z", edited("two"))):
        here.repo.commit(f"agent/{task}", {PATH: text}, parents=[here.repo.git("rev-parse", "main")])
    here.repo.flush()
    goes_on(here)
    base(here, edited("three"))
    assert {b: "OWN001" in checked(here.repo, branch=f"agent/{b}") for b in "xyz"} == {
        "x": False,
        "y": True,
        "z": False,
    }
    with git_commands(monkeypatch, tmp_path / "trace") as commands:
        said = run(here.repo.path, "check", "--fleet", "--gate", "push", "--format", "json").out
    stopped = [f["branch"] for f in json.loads(said)["findings"] if f["rule"] == "OWN001" and f["blocks"]]
    assert stopped == ["agent/y"]
    assert commands["merge-base"] <= 1
