"""`agentledger merge-plan` as it is typed: which branches it takes, what it prints, and what it refuses."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest

from agentledger.reports import shapes
from command import refused, run
from desk import BRIEF, CHECK_IN
from gitrepo import Repo

PLAN = ("merge-plan", "--dormant=never")


def make_fleet(path: Path) -> Repo:
    """A branch of each kind: ready, working, silent, held, unbriefed, dirty, at a conflict with main."""
    repo = Repo.init(path)
    main = repo.commit("main", {"src/a.py": "a = 1\n", "README.md": "r\n"})
    far = {"ready": "ready", "working": "working", "held": "ready", "late": "working"}
    briefs = {
        f"tasks/{task}/brief.md": BRIEF.format(
            f"['src/{task}/**']", "check_in: 1h\n" if task == "late" else "session: local\n"
        )
        .replace("task: x", f"task: {task}")
        .replace("verify: {test: make test}\n", "verify: {}\n")
        for task in far
    }
    repo.commit("agentledger", briefs, parents=[])
    for task, state in far.items():
        folder = "docs" if task == "held" else f"src/{task}"
        report = f".agentledger/tasks/{task}/status/20231114T222000Z-0001.md"
        files = {f"{folder}/new.py": "n\n", report: CHECK_IN.format(state, "", "none")}
        repo.commit(f"agent/{task}", files, parents=[main])
    repo.commit("agent/free", {"free.py": "f\n"}, parents=[main])
    repo.commit("agent/dirty", {"dirty.py": "f\n"}, parents=[main])
    repo.commit("agent/same", {"free.py": "s\n"}, parents=[main])
    repo.checkout("main")
    worktree = repo.worktree_add(path.parent / "dirty", "agent/dirty")
    (worktree.path / "dirty.py").write_text("more\n")
    return repo


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_fleet(tmp_path_factory.mktemp("fleet") / "shop")


def landing(repo: Repo, *arguments: str) -> list[str]:
    said = run(repo.path, *PLAN, "--format", "json", *arguments)
    assert said.code == 0, said
    return [step["branch"] for step in json.loads(said.out)["steps"]]


def test_the_first_line_counts_what_is_left_out_and_by_what(repo: Repo) -> None:
    first, second = run(repo.path, *PLAN).out.splitlines()[:2]
    assert first == (
        f"1 branch lands on main at {repo.git('rev-parse', 'main')[:10]}; 6 left out: 1 working, 1 silent, "
        "2 held, 1 with uncommitted changes, 1 for the reason below"
    )
    assert second.endswith("add: --include working --include silent --include held")


@pytest.mark.parametrize(
    ("include", "more"),
    [
        ((), []),
        (("working",), ["agent/working", "agent/dirty"]),
        (("silent",), ["agent/late"]),
        (("held",), ["agent/ready", "agent/held"]),
        (("held", "silent"), ["agent/ready", "agent/held", "agent/late"]),
    ],
)
def test_include_takes_what_it_names_besides(repo: Repo, include: tuple[str, ...], more: list[str]) -> None:
    flags = [word for each in include for word in ("--include", each)]
    assert sorted(landing(repo, *flags)) == sorted(["agent/free", *more])


def test_a_branch_that_is_named_is_taken_however_far_or_old_it_is(repo: Repo) -> None:
    assert landing(repo, "agent/late", "refs/heads/agent/working") == ["agent/working", "agent/late"]
    # Without --dormant=never, too.
    said = run(repo.path, "merge-plan", "agent/free")
    assert said.out.startswith("1 branch lands on main at ")
    assert "7 left out: 4 silent, 2 held" in run(repo.path, "merge-plan").out


def test_a_worktree_with_uncommitted_files_is_said_with_the_step(repo: Repo) -> None:
    said = run(repo.path, *PLAN, "agent/dirty")
    assert "what lies in its worktree does not land: 1 uncommitted file" in " ".join(said.out.split())


def test_an_unknown_name_is_refused_with_those_that_are_like_it(repo: Repo) -> None:
    said = refused(repo.path, *PLAN, "agent/fre")
    assert said.message == "there is no branch named agent/fre"
    assert said.hint.startswith("did you mean agent/free")
    assert "--branches" in refused(repo.path, *PLAN, "zzzz").hint


def test_the_json_satisfies_its_schema(repo: Repo) -> None:
    said = run(repo.path, *PLAN, "--format", "json", "--include", "held")
    document = json.loads(said.out)
    schema = json.loads(shapes.encode_schema("merge-plan"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert [(each["why"], each["include"], each["branches"]) for each in document["not_asked"]] == [
        ("working", "working", ["agent/working"]),
        ("silent", "silent", ["agent/late"]),
        ("with uncommitted changes", "working", ["agent/dirty"]),
    ]
    (left,) = document["left_out"]
    assert (left["branch"], left["against"], left["paths"]) == ("agent/same", "agent/free", ["free.py"])


@pytest.mark.parametrize(
    ("forge", "program", "flag"),
    [("gh", ["gh", "pr", "merge"], "--match-head-commit"), ("glab", ["glab", "mr", "merge"], "--sha")],
)
def test_the_commands_of_a_forge_name_the_commit_that_was_tried(
    repo: Repo, forge: str, program: list[str], flag: str
) -> None:
    said = run(repo.path, *PLAN, "--format", forge)
    (command,) = [shlex.split(line) for line in said.out.splitlines() if line and not line.startswith("#")]
    assert command[:4] == [*program, "agent/free"]
    assert command[command.index(flag) + 1] == repo.git("rev-parse", "agent/free")
    assert "# agent/same: it conflicts with agent/free, which goes first, in free.py" in said.out
    assert "git push origin agent/free" in said.out


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Names that a shell or a terminal would take for something else, at a forge, landed by squash."""
    repo = Repo.init(tmp_path_factory.mktemp("strange") / "r")
    main = repo.commit("main", {"a": "1\n", ".agentledger/config.toml": "[merge]\nlanding = 'squash'\n"})
    for number, name in enumerate(("agent/;rm -rf $HOME".replace(" ", "_"), "agent/\u202egnp", "agent/'q'")):
        repo.commit(f"refs/heads/{name}", {f"f{number}": "1\n", "a\nb": f"{number}"}, parents=[main])
    repo.checkout("main")
    repo.git("remote", "add", "origin", "https://gitlab.com/o/r.git")
    return repo


def test_strange_names_are_quoted_for_a_shell_and_escaped_for_a_reader(strange: Repo) -> None:
    said = run(strange.path, *PLAN, "--format", "gh", "agent/;rm_-rf_$HOME")
    (line,) = [line for line in said.out.splitlines() if line and not line.startswith("#")]
    assert shlex.split(line)[3] == "agent/;rm_-rf_$HOME"
    assert "the remote is https://gitlab.com/o/r, and gh is for github" in said.out
    assert "--squash" in line
    assert "note: the remote is " in said.err
    said = run(strange.path, *PLAN, "--format", "gh", "agent/\u202egnp")
    assert "# its name cannot be typed: merge it on the forge's page" in said.out
    for output in ("text", "gh", "glab"):
        said = run(strange.path, *PLAN, "--format", output)
        assert "\u202e" not in said.out
        assert "a\nb" not in said.out


def test_a_forge_is_told_what_its_landing_and_its_names_need(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    main = repo.commit("main", {"a": "1\n", ".agentledger/config.toml": "[merge]\nlanding = 'squash'\n"})
    low = repo.commit("agent/low", {"a": "2\n"}, parents=[main])
    repo.commit("agent/upper", {"a": "3\n"}, parents=[low])
    repo.commit("refs/remotes/fork/agent/far", {"b": "1\n"}, parents=[main])
    repo.checkout("main")
    repo.git("remote", "add", "fork", str(tmp_path))
    said = run(repo.path, *PLAN, "--format", "gh")
    _, first, second, third, *_ = said.out.split("\n\n")
    assert "other commits" not in first
    assert "# agent/low lands as other commits" in second
    assert "\ngh pr merge agent/upper --squash" in second
    # No pull request has a branch of that name.
    assert "number of its request" in third
    assert "\n# gh pr merge fork/agent/far" in third


def test_base_is_not_said_to_be_missing(repo: Repo) -> None:
    for name in ("main", "refs/heads/main"):
        assert refused(repo.path, "merge-plan", name).message.startswith(f"{name} is the base")


def test_a_fleet_without_branches_says_so(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"a": "1\n"})
    repo.checkout("main")
    assert run(repo.path, *PLAN).out == (
        f"No branch lands on main at {repo.git('rev-parse', 'main')[:10]}: there is none to merge\n"
    )
    assert landing(repo) == []
    assert run(repo.path, *PLAN, "--format", "gh").out.startswith("# No branch lands on main")


def test_files_are_named_once_and_all_or_none_of_them(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    files = [f"f{number}" for number in range(5)]
    root = repo.commit("main", dict.fromkeys([*files, "a"], "1\n"))
    repo.commit("agent/far", dict.fromkeys(files, "2\n"), parents=[root])
    repo.commit("main", dict.fromkeys(files, "3\n"), parents=[root])
    for name in ("agent/p", "agent/q"):
        repo.commit(name, {"a": name}, parents=[root])
    repo.checkout("main")
    said = run(repo.path, *PLAN, "--dormant", "never").out
    assert "agent/far\n    it conflicts with main, in f0, f1, f2 and 2 more\n\n" in said
    # A short path is a part of many sentences.
    assert "it conflicts with agent/p, which goes first\n    in a\n" in said


def test_a_push_that_takes_commits_away_says_so(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"a": "1\n"})
    head = repo.commit("agent/x", {"b": "1\n"}, parents=[root])
    repo.commit("refs/remotes/origin/agent/x", {"c": "1\n"}, parents=[root])
    repo.checkout("main")
    repo.git("remote", "add", "origin", "https://github.com/o/r.git")
    said = run(repo.path, *PLAN, "--format", "gh", "agent/x").out
    assert f"that are not here: git log {head.id[:10]}..origin/agent/x" in said
    assert "# this takes them away there: git push --force-with-lease origin agent/x" in said


def test_the_lines_fit_the_terminal(repo: Repo) -> None:
    said = run(repo.path, *PLAN, "--include", "working", "--include", "held", env={"COLUMNS": "60"})
    assert max(map(len, said.out.splitlines()[2:])) <= 60


def test_without_merges_there_is_no_plan(repo: Repo) -> None:
    said = run(repo.path, *PLAN, "--no-forecast")
    assert (said.code, said.out) == (2, "")
    assert "--no-forecast leaves nothing to plan by" in said.err
