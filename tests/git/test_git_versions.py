"""What newer versions of git do otherwise, and settings that only they obey: the answers stay right."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agentledger.model.conflict import Conflict
from command import branches, run
from desk import made
from gitrepo import Content, Repo
from gitversions import CONFIGURED_HOOKS, MERGE_OBEYS, needs, version
from reading import branch, fleet, git_commands, named
from samples import text

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


def conflict(repo: Repo, name: str) -> Conflict:
    forecast = branch(repo, name).conflict
    assert forecast is not None
    return forecast


# -- objects -----------------------------------------------------------------------------------


def test_a_submodule_in_conflict_costs_no_process_of_its_own(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repo.commit("main", {"part": ("160000", "1" * 40), "f": "0\n"})

    def branch_off(number: int) -> None:
        edit: dict[str, Content] = {"part": ("160000", f"{number:040x}"), "f": f"{number}\n"}
        repo.commit(f"agent/{number}", edit, parents=[root])

    for number in range(2, 30):
        branch_off(number)
    repo.commit("main", {"part": ("160000", "f" * 40), "f": "1\n"})
    repo.flush()
    with git_commands(monkeypatch, tmp_path / "few") as few:
        fleet(repo)
    for number in range(30, 60):
        branch_off(number)
    repo.flush()
    with git_commands(monkeypatch, tmp_path / "many") as many:
        fleet_ = fleet(repo)
    assert {file.path for b in fleet_.branches for file in (b.conflict or Conflict(None)).files} == {
        b"part",
        b"f",
    }
    assert many.total() == few.total()


@pytest.mark.parametrize("folder_on", ["main", "agent/x"])
def test_a_file_where_the_other_side_has_a_folder_is_shown_under_its_own_name(
    repo: Repo, folder_on: str
) -> None:
    root = repo.commit("main", {"kept": "1\n"})
    mine: dict[str, Content] = {"it/in": "1\n"} if folder_on == "agent/x" else {"it": "1\n"}
    theirs: dict[str, Content] = {"it": "1\n"} if folder_on == "agent/x" else {"it/in": "1\n"}
    repo.commit("agent/x", mine, parents=[root])
    repo.commit("main", theirs)
    assert [file.path for file in conflict(repo, "agent/x").files] == [b"it"]


def test_the_scope_of_such_a_file_is_its_own_name_s(tmp_path: Path) -> None:
    repo = made(tmp_path, owns="['it']")
    base = repo.git("rev-parse", "main")
    repo.commit("agent/x", {"it": "1\n"}, parents=[base])
    repo.commit("main", {"it/in": "1\n"}, parents=[base])
    repo.flush()
    result = run(repo.path, "check", "--branch", "agent/x", "--gate", "push")
    assert (result.code, "OWN001" in result.out) == (0, False), result


# -- settings ----------------------------------------------------------------------------------


def configured(monkeypatch: pytest.MonkeyPatch, folder: Path, **settings: str) -> None:
    """The user's own configuration has these settings; `_` stands for the dots of their names."""
    file = folder / "user-config"
    for name, value in settings.items():
        subprocess.run(["git", "config", "--file", str(file), name.replace("_", "."), value], check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))


@pytest.mark.parametrize("start", ["w", "project/.bare"])
def test_base_of_a_bare_repository_stays_where_git_wants_bare_ones_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    bare = Repo.init(tmp_path / "project/.bare", bare=True, default="line")
    bare.commit("line", {"f": "1\n"})
    bare.ref("main", bare.git("rev-parse", "line"))
    bare.worktree_add(tmp_path / "w", "line")
    configured(monkeypatch, tmp_path, safe_bareRepository="explicit")
    result = run(tmp_path / start, "board", "--format", "json")
    if start == "w":
        assert json.loads(result.out)["base"]["name"] == "line"
    else:
        # Nobody named it, so git takes it for no repository; that is the user's wish, and is said.
        assert result.code == 2
        assert "bare" in result.err
        assert "worktrees" in result.err


def test_a_question_that_failed_is_not_answered_with_none(repo: Repo) -> None:
    from agentledger.git import process, queries
    from agentledger.model.errors import GitError

    git = process.repository_at(repo.path)
    assert process.run_or_none(git, ["rev-parse", "--verify", "--quiet", "refs/heads/none"]) is None
    with pytest.raises(GitError, match="rev-list"):
        process.run_or_none(git, ["rev-list", "none"])
    (repo.path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (repo.path / ".git/refs/heads/main").write_text("garbage\n")
    assert queries.read_head_ref(git) == "refs/heads/main"


EVENTS = ("reference-transaction", "post-index-change", "post-checkout", "pre-commit")
PLAN = (
    *("plan", "y", "--owns", "lib/**", "--why", "It is slow; stop after two tries."),
    *("--outcome", "It is fast.", "--accept", "It takes a second.", "--verify", "test=true"),
)
REPORT = ("report", "--changed", "It.", "--next", "More.", "--risks", "None.")


def test_hooks_that_a_setting_names_take_no_part_in_what_agentledger_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(CONFIGURED_HOOKS)
    repo, log = made(tmp_path), tmp_path / "log"
    settings = {f"hook_my-{event}_event": event for event in EVENTS}
    settings |= {f"hook_my-{event}_command": f"echo {event} >>{log}; :" for event in EVENTS}
    configured(monkeypatch, tmp_path, **settings)
    log.write_text("")
    for folder, arguments in (
        (repo.path, PLAN),
        (repo.path, ("spawn", "y", "--worktree", str(tmp_path / "y"))),
        (tmp_path / "y", REPORT),
        (repo.path, ("answer", "y", "Go on.")),
    ):
        result = run(folder, *arguments)
        assert result.code == 0, result
    assert log.read_text() == ""
    Repo(tmp_path / "y").git("commit", "-q", "--allow-empty", "-m", "by hand")
    assert "pre-commit" in log.read_text()  # they do run when a person commits


def test_doctor_lists_hooks_that_a_setting_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = made(tmp_path)
    configured(monkeypatch, tmp_path, hook_lint_event="pre-commit", hook_lint_command="true")
    surfaces = {
        s["name"]: s for s in json.loads(run(repo.path, "doctor", "--format", "json").out)["surfaces"]
    }
    hooks_text = surfaces["configured hooks"]["told"]
    assert hooks_text.startswith("lint at pre-commit; ")
    assert ("this git knows none" in hooks_text) == (version() < CONFIGURED_HOOKS)
    configured(monkeypatch, tmp_path, hook_lint_event="post-commit")
    assert "configured hooks" not in run(repo.path, "doctor").out


# -- merges ------------------------------------------------------------------------------------


def merged(repo: Repo, ours: str, theirs: str) -> bool:
    """Does git itself merge them, with the user's configuration?"""
    repo.git("checkout", "-q", "--detach", ours)
    code = repo.exit_code("merge", "-q", "--no-edit", theirs)
    repo.git("reset", "-q", "--hard")
    return code == 0


@pytest.mark.parametrize("algorithm", ["myers", "patience", None])
def test_the_forecast_is_what_git_s_own_merge_comes_to_with_the_user_s_algorithm(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str | None
) -> None:
    dice = random.Random(50)
    settings = {"diff_algorithm": algorithm} if algorithm else {"x_y": "z"}
    configured(monkeypatch, tmp_path, **settings)
    root = repo.commit("main", {f"f{n}": text(dice) for n in range(40)})
    repo.commit("main", {f"f{n}": text(dice) for n in range(40)})
    for n in range(40):
        repo.commit(f"agent/{n}", {f"f{n}": text(dice)}, parents=[root])
    repo.checkout("main")
    by_name = named(fleet(repo))
    for name, each in by_name.items():
        assert each.conflict
        assert each.conflict.clean == merged(repo, "main", name), name
    board: dict[str, Any] = json.loads(run(repo.path, "board", "--format", "json").out)
    obeyed = algorithm if version() >= MERGE_OBEYS else None
    assert board["merged_by"] == {"git": ".".join(map(str, version())), "diff_algorithm": obeyed}
    assert f"merges tried with git {board['merged_by']['git']}" in run(repo.path, "board").out.replace(
        "\n", " "
    )


def test_another_algorithm_is_another_verdict(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample on which they differ: lines that moved, which myers and patience line up differently."""
    needs(MERGE_OBEYS)
    base = "a\nb\nc\na\nb\nb\na\n"
    root = repo.commit("main", {"f": base})
    sides = _differing(repo, root.id)
    repo.checkout("main")
    repo.ref("main", sides[0])
    repo.ref("agent/x", sides[1])
    repo.flush()
    answers = {}
    for algorithm in ("myers", "histogram"):
        configured(monkeypatch, tmp_path, diff_algorithm=algorithm)
        answers[algorithm] = branches(repo.path)["agent/x"]["base_conflict"]["clean"]
        assert answers[algorithm] == merged(repo, "main", "agent/x")
    assert answers["myers"] != answers["histogram"]


def _differing(repo: Repo, root: str) -> tuple[str, str]:
    """Two commits that merge cleanly by one algorithm only, found by trying."""
    dice = random.Random(7)
    lines = repo.git("show", f"{root}:f").split("\n")

    def edited() -> str:
        mine = list(lines)
        for _ in range(dice.randrange(1, 4)):
            mine.insert(dice.randrange(len(mine)), dice.choice("abc"))
            del mine[dice.randrange(len(mine))]
        return "\n".join(mine) + "\n"

    for _ in range(400):
        ours = repo.commit("try/ours", {"f": edited()}, parents=[root])
        theirs = repo.commit("try/theirs", {"f": edited()}, parents=[root])
        repo.flush()
        codes = {
            algorithm: repo.exit_code(
                "merge-tree", "--write-tree", "-X", f"diff-algorithm={algorithm}", ours.id, theirs.id
            )
            for algorithm in ("myers", "histogram")
        }
        if codes["myers"] != codes["histogram"]:
            return ours.id, theirs.id
    raise AssertionError("no sample was found")
