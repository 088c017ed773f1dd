"""What `plan` says of a brief's surroundings: other scopes, hot files, and paths its text names."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from tests.workflow.plan.test_plan import done

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from command import run
from controls import files, say
from gitrepo import START, Repo
from writing import brief as written_brief
from writing import outcome

FLAGS = ("--why=It is slow.", "--outcome=`make` takes a second.", "--accept=`make` passes", "--verify=make")


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "here")
    paths = ("src/a.py", "src/b.py", "src/sql/x.sql", "docs/d.md", "tests/[odd].py", "README.md")
    repo.commit("main", dict.fromkeys(paths, "1\n"))
    repo.flush()
    repo.checkout("main")
    return repo


def other(repo: Repo, task: str, owns: list[str], change: str | None = None, **keys: Any) -> None:
    """Another task, which somebody works on when they have changed something."""
    say(repo, f"tasks/{task}/brief.md", written_brief(task, owns=owns, **keys))
    if change:
        work(repo, f"agent/{task}", {change: f"{task}\n"})


def work(repo: Repo, branch: str, changes: dict[str, str]) -> None:
    """A commit of just now, so that the branch is not taken for a dormant one."""
    repo.commit(branch, changes, parents=[repo.git("rev-parse", "main").strip()], at=int(time.time()))
    repo.flush()


def warned(repo: Repo, *flags: str, task: str = "x") -> list[str]:
    warnings: list[str] = done(repo, task, *FLAGS, *flags)["warnings"]
    return warnings


def overlapping(repo: Repo) -> bool:
    with snapshot.open_snapshot(repo.path, Request(forecast=False, now=START + 3600)) as taken:
        return "OWN004" in {finding.rule for finding in taken.spawn("x")}


def follow_the_advice(repo: Repo, line: str) -> None:
    """Type the command that a warning ends with."""
    done(repo, *shlex.split(line[line.rindex("agentledger plan ") :])[2:])


# -- other tasks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "flags"),
    [
        ("src/**", "src/sql/**", "--add-off-limits 'src/sql/**'"),
        ("src/**/*.py", "src/a*", "--add-off-limits 'src/a*'"),
    ],
)
def test_a_scope_that_meets_another_is_told_with_a_division_that_holds(
    here: Repo, mine: str, theirs: str, flags: str
) -> None:
    other(here, "y", [theirs], "src/b.py")
    (line,) = [line for line in warned(here, "--owns", mine) if "scope meets" in line]
    assert line.startswith("spawn refuses it: its scope meets that of y at src/")
    assert f"by {mine!r} and {theirs!r}" in line
    wait, apart = line.split("; one after the other: ")[1].split("; or apart with: ")
    assert wait == "agentledger plan x --add-depends-on y"
    assert apart == f"agentledger plan x {flags}"
    # What the spawn gate says of the same is the same.
    said = run(here.path, "check", "x").out
    assert f"next: {wait}; or keep out of its files: {apart}" in said
    assert overlapping(here)
    follow_the_advice(here, apart)
    assert not overlapping(here)


def test_nothing_is_advised_that_would_leave_a_task_with_no_file(here: Repo) -> None:
    other(here, "y", ["src/**"], "src/b.py")
    (line,) = [line for line in warned(here, "--owns", "src/a.py") if "scope meets" in line]
    assert line.endswith("; one after the other: agentledger plan x --add-depends-on y")
    said = run(here.path, "check", "x").out
    assert "off-limits" not in said
    assert "next: agentledger plan x --add-depends-on y\n" in said
    follow_the_advice(here, line)
    assert not overlapping(here)


def test_what_is_advised_for_several_tasks_leaves_something_when_all_of_it_is_done(here: Repo) -> None:
    other(here, "y", ["src/a.py"], "src/a.py")
    other(here, "z", ["src/b.py"], "src/b.py")
    lines = [line for line in warned(here, "--owns=src/a.py", "--owns=src/b.py") if "scope meets" in line]
    assert [line.partition("apart with: ")[2] for line in lines] == [
        "agentledger plan x --add-off-limits src/a.py",
        "",
    ]
    said = run(here.path, "check", "x").out
    hints = [line.strip() for line in said.splitlines() if "--add-depends-on" in line]
    assert hints == [
        (
            "next: agentledger plan x --add-depends-on y; or keep out of its files: "
            "agentledger plan x --add-off-limits src/a.py"
        ),
        "next: agentledger plan x --add-depends-on z",
    ]


def test_a_task_at_work_keeps_its_scope_whichever_of_the_two_is_planned(here: Repo) -> None:
    other(here, "x", ["src/**"], "src/b.py")
    other(here, "y", ["src/**", "docs/**"])
    (line,) = [line for line in done(here, "x", "--priority", "1")["warnings"] if "scope meets" in line]
    assert line.endswith(
        "; one after the other: agentledger plan y --add-depends-on x; "
        "or apart with: agentledger plan y --add-off-limits 'src/**'"
    )
    follow_the_advice(here, line.split("; or apart")[0])
    assert not [line for line in done(here, "x", "--priority", "2")["warnings"] if "scope meets" in line]


def test_the_witness_is_in_both_scopes(here: Repo) -> None:
    other(here, "y", ["src/**/*.sql"], "src/sql/x.sql")
    (line,) = [line for line in warned(here, "--owns", "src/sql/*") if "scope meets" in line]
    match = re.search(r" at (\S+), by", line)
    assert match
    assert re.fullmatch(r"src/sql/[^/]*\.sql", match[1])


def test_where_no_division_leaves_both_something_the_other_ways_are_told(here: Repo) -> None:
    other(here, "y", ["src/**"], "src/a.py")
    (line,) = [line for line in warned(here, "--owns", "src/**") if "scope meets" in line]
    assert line.endswith("; one after the other: agentledger plan x --add-depends-on y")
    assert not [line for line in warned(here, "--depends-on", "y") if "scope meets" in line]


def test_a_task_that_is_only_planned_is_named_as_such_and_refuses_nothing(here: Repo) -> None:
    other(here, "y", ["src/a.py"])
    (line,) = [line for line in warned(here, "--owns", "src/**") if "scope meets" in line]
    assert line.startswith("its scope meets that of y, which is planned, at src/a.py")


def test_what_is_over_or_open_to_all_meets_nothing(here: Repo) -> None:
    other(here, "y", ["src/**"])
    say(here, "tasks/y/outcome.md", outcome("declined"))
    here.commit("main", {".agentledger/config.toml": '[paths]\nopen = ["docs/**"]\n'})
    here.flush()
    other(here, "z", ["docs/**"], "docs/d.md")
    assert not [line for line in warned(here, "--owns", "src/**", "--owns", "docs/**") if "meets" in line]


def test_a_split_reckons_with_what_both_have_put_off_limits(here: Repo) -> None:
    other(here, "y", ["src/**"], "src/b.py", off_limits=["src/sql/**"])
    warnings = warned(here, "--owns", "src/sql/**", "--owns", "src/a.py")
    (line,) = [line for line in warnings if "scope meets" in line]
    assert " at src/a.py, by " in line
    follow_the_advice(here, line)
    assert not overlapping(here)
    assert 'owns: ["src/sql/**", "src/a.py"]' in files(here)["tasks/x/brief.md"]


# -- hot files -------------------------------------------------------------------------


def hot(warnings: list[str]) -> list[str]:
    return [line.removeprefix("hot: ") for line in warnings if line.startswith("hot: ")]


def test_what_base_changes_most_often_is_counted_along_its_own_line(here: Repo) -> None:
    for number in range(6):
        here.commit("main", {"src/a.py": f"{number}\n", "docs/d.md": f"{number}\n"})
    side = here.commit("side", {"src/b.py": "0\n"}, parents=[here.git("rev-parse", "main").strip()])
    for number in range(6):
        side = here.commit("side", {"src/b.py": f"s{number}\n"})
    here.checkout("main")
    here.git("merge", "-q", "--no-ff", "-m", "merge", side.id)
    (line,) = hot(warned(here, "--owns", "src/**"))
    assert line == "changed most often in base's last 8 commits: src/a.py 7"


# -- what the text names ---------------------------------------------------------------


def suggested(repo: Repo, *flags: str) -> list[str]:
    lines = [line for line in done(repo, "x", *FLAGS, *flags)["warnings"] if "names what" in line]
    return [" ".join(shlex.split(line[line.index("agentledger plan") :])[3:]) for line in lines]


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (["--outcome=`src/b.py` is gone."], ["--add-owns src/b.py"]),
        (["--why=See src/b.py, and ./docs/d.md."], ["--add-owns src/b.py --add-owns docs/d.md"]),
        (["--accept=README.md tells of it"], ["--add-owns README.md"]),
        (["--accept=the docs tell of it"], []),
        (["--accept=`docs` tell of it"], ["--add-owns docs/**"]),
        (["--accept=docs/ tells of it"], ["--add-owns docs/**"]),
        (["--verify=pytest -q tests/[odd].py::test_x"], [r"--add-owns tests/\[odd].py"]),
        (["--context=As in `src/b.py`, <!-- docs/d.md -->"], ["--add-follow src/b.py"]),
        (["--context=As in src/b.py", "--follow=src/b.py"], []),
        (["--outcome=src/a.py and nothing.py and src/none.py"], []),
        (["--outcome=src/b.py stays", "--off-limits=src/b.py"], []),
        (["--non-goals=docs/d.md"], []),
    ],
)
def test_paths_of_base_that_the_text_names_become_flags_and_are_never_added(
    here: Repo, flags: list[str], wanted: list[str]
) -> None:
    assert suggested(here, "--owns=src/a.py", *flags) == wanted
    assert 'owns: ["src/a.py"]' in files(here)["tasks/x/brief.md"]


def test_a_protected_path_is_not_suggested(here: Repo) -> None:
    here.commit("main", {".agentledger/config.toml": '[paths]\nprotected = ["docs/**"]\n'})
    here.flush()
    assert suggested(here, "--owns=src/a.py", "--outcome=docs/d.md and .agentledger/config.toml") == []


def test_a_pattern_that_no_file_of_base_matches_is_told(here: Repo) -> None:
    owns = ("src/**", "src/new.py", "lib/*.[ch]")
    document = done(here, "x", *FLAGS, *(f"--owns={pattern}" for pattern in owns))["warnings"]
    unmatched = [line for line in document if line.startswith("no file of base matches")]
    assert [line.split()[5] for line in unmatched] == ["src/new.py", "lib/*.[ch]"]
