"""`agentledger plan` from flags and files: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.documents import parse_brief
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.ledger import Brief, Source
from agentledger.reports import shapes
from cases import raw_document
from command import Said, refused, run
from controls import NAME, files, say, server
from gitrepo import Repo
from nextcommand import find_command, type_command
from writing import brief as written_brief
from writing import outcome

SMALL = (
    "fix-flaky-login",
    *("--owns", "tests/auth/**"),
    *("--why", "fails 1 run in 5; stop after two tries"),
    *("--outcome", "`pytest tests/auth` passes ten times in a row"),
    *("--accept", "ten runs pass"),
    *("--verify", "pytest -q tests/auth"),
)
PATH = "tasks/fix-flaky-login/brief.md"
BRANCH = "agent/fix-flaky-login"


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    """Base with some files, and no control branch."""
    repo = Repo.init(tmp_path / "here")
    paths = ("src/auth/login.py", "src/api/throttle.py", "tests/auth/test_login.py", "README.md")
    repo.commit("main", dict.fromkeys(paths, "1\n"))
    repo.flush()
    repo.checkout("main")
    return repo


def done(repo: Repo, *arguments: str) -> dict[str, Any]:
    """What the command says as JSON, which holds to its schema."""
    result = run(repo.path, "plan", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, ""), result
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("did")))
    return document


def piped(repo: Repo, text: str | bytes, *arguments: str) -> Said:
    """The same with something on standard input."""
    raw = text.encode() if isinstance(text, str) else text
    return run(repo.path, "plan", *arguments, "--from", "-", given=raw)


def text(repo: Repo, path: str = PATH) -> str:
    return files(repo)[path]


def brief(repo: Repo, path: str = PATH) -> Brief:
    return parse_brief(raw_document(Source(path=path), text(repo, path).encode()))


def blocking(repo: Repo, task: str) -> list[str]:
    """The rules by which the spawn gate refuses a task."""
    with snapshot.open_snapshot(repo.path, Request(forecast=False)) as taken:
        return [finding.rule for finding in taken.spawn(task) if finding.blocks]


# -- a new brief -----------------------------------------------------------------------


def test_a_small_task_is_a_whole_brief_that_the_spawn_gate_lets_pass(here: Repo) -> None:
    document = done(here, *SMALL)
    assert (document["files"], document["refs"]) == ([PATH], [f"refs/heads/{NAME}"])
    assert document["commits"] == [here.git("rev-parse", NAME).strip()]
    assert document["next"] == "agentledger spawn fix-flaky-login"
    assert document["warnings"] == []
    assert text(here).startswith(
        '---\ntask: fix-flaky-login\nowns: ["tests/auth/**"]\nverify:\n  check: pytest'
    )
    assert [item.text for item in brief(here).criteria] == ["ten runs pass"]
    assert blocking(here, "fix-flaky-login") == []


def test_every_flag_is_in_the_brief(here: Repo) -> None:
    more = (
        "--title It: all", "--mode review", "--session cloud", "--priority 1", "--check-in 2h",
        "--branch copilot/fix-1", "--manager ana@example.org", "--owns src/b/**", "--off-limits src/b/x.py",
        "--follow src/api/throttle.py", "--depends-on one", "--depends-on two", "--checkpoint plan",
        "--context Here.", "--constraints Fast.", "--constraints Small.", "--non-goals None more.",
        "--integration Alone.", "--verification Look.", "--accept - [ ] the other\nruns too",
        "--verify lint=ruff check {changed:**/*.py}", "--verify mypy src", "--kill after=2d",
        "--kill failing-runs=3", "--seam",
    )  # fmt: skip
    done(here, *SMALL, *(word for flag in more for word in flag.split(" ", 1)))
    parsed = brief(here)
    assert parsed.document.problems == ()
    assert (parsed.title, parsed.mode, parsed.session, parsed.priority) == ("It: all", "review", "cloud", 1)
    assert (parsed.check_in, parsed.branch, parsed.manager) == (7200, "copilot/fix-1", "ana@example.org")
    assert (parsed.owns, parsed.off_limits) == (("tests/auth/**", "src/b/**"), ("src/b/x.py",))
    assert (parsed.follow, parsed.depends_on) == (("src/api/throttle.py",), ("one", "two"))
    assert (parsed.checkpoints, parsed.seam) == (("plan",), True)
    assert (parsed.kill.after, parsed.kill.failing_runs, parsed.kill.lines) == (2 * 86400, 3, None)
    assert [(check.name, check.run) for check in parsed.verify] == [
        ("check", "pytest -q tests/auth"),
        ("lint", "ruff check {changed:**/*.py}"),
        ("check-2", "mypy src"),
    ]
    part = parsed.document.part("Constraints")
    assert part
    assert part.text == "- Fast.\n- Small."
    assert [item.text for item in parsed.criteria] == ["ten runs pass", "the other runs too"]


def test_nothing_but_the_control_branch_changes(here: Repo) -> None:
    (here.path / "README.md").write_text("edited\n")
    here.git("add", "README.md")
    before = (here.git("status", "--porcelain"), (here.path / ".git/index").read_bytes())
    done(here, *SMALL)
    assert (here.git("status", "--porcelain"), (here.path / ".git/index").read_bytes()) == before
    assert here.git("log", "--format=%s", NAME).splitlines()[0] == "chore(ledger): plan fix-flaky-login"


def test_text_output_ends_with_the_next_command_and_sync_beside_it(here: Repo, tmp_path: Path) -> None:
    here.git("remote", "add", "origin", str(server(tmp_path / "origin.git").path))
    result = run(here.path, "plan", *SMALL).out.splitlines()
    assert result[0].startswith(f"{PATH}: written to {NAME}, ")
    assert "agentledger sync publishes it" in result
    assert result[-1] == "next: agentledger spawn fix-flaky-login"


def test_a_dry_run_shows_brief_and_advice_and_writes_nothing(here: Repo) -> None:
    result = run(here.path, "plan", *SMALL, "--add-follow", "src/nothing.py", "--dry-run")
    assert result.code == 0
    assert "- [ ] ten runs pass\n" in result.out
    assert "warning: spawn refuses it: `follow` names src/nothing.py, which is not on main" in result.out
    assert NAME not in here.git("for-each-ref")


def test_without_a_terminal_every_missing_flag_is_named_and_nothing_is_written(here: Repo) -> None:
    result = refused(here.path, "plan", "x", "--why", "It fails.")
    why = "an agent works alone by its files, criteria and checks"
    assert result.message == f"the brief lacks --owns, --outcome, --accept, --verify: {why}"
    assert NAME not in here.git("for-each-ref")
    result = refused(here.path, "plan", "x", *SMALL[1:], "--mode", "review")
    lacking = "--context, --constraints, --non-goals, --integration, --verification"
    why = "with mode review somebody decides at each step, by every section of the brief"
    assert result.message == f"the brief lacks {lacking}: {why}"


@pytest.mark.parametrize("mode", ["delegate", "review", "explore", "own"])
def test_the_command_that_lacks_something_is_there_to_be_completed(here: Repo, mode: str) -> None:
    typed = ("plan", "x", "--mode", mode, "--priority", "1", "--no-seam", "--owns", "src/**", "--owns=it's")
    result = refused(here.path, *typed)
    command = find_command(result.hint, "or complete this: (agentledger plan .*)")
    completed = type_command(here.path, command.replace("'…'", "'Ten runs of make pass.'"))
    assert "next: agentledger spawn x\n" in completed.out or mode == "own", completed
    brief = files(here)["tasks/x/brief.md"]
    assert f"mode: {mode}\n" in brief
    assert "priority: 1\n" in brief
    assert """owns: ["src/**", "it's"]""" in brief
    # As it stands it says nothing, and is refused for the same.
    assert refused(here.path, *shlex.split(command.replace("plan x", "plan y"))[1:]).message == result.message


def test_what_to_own_is_suggested_where_the_text_names_it(here: Repo) -> None:
    result = refused(here.path, "plan", "x", "--why", "src/auth/login.py fails, as `tests/auth` shows")
    assert "shows' --owns src/auth/login.py --owns 'tests/auth/**' --outcome '…'" in result.hint


def test_a_policy_s_check_is_a_check(here: Repo) -> None:
    policy = '[[verify]]\nname = "test"\nrun = "pytest -q"\n'
    here.commit("main", {".agentledger/config.toml": policy})
    here.flush()
    done(here, *SMALL[:-2])
    assert blocking(here, "fix-flaky-login") == []


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--check-in", "soon", "line 6: `check_in`: `soon` is not what is wanted here"),
        ("--owns", "/etc/**", "is an absolute path"),
        ("--owns", "a\nb", "has a control character in it"),
        ("--verify", "no id!=x", ""),
        ("--depends-on", "No Id", "`depends_on`"),
        ("--kill", "after=never", "`kill.after`"),
        ("--why", "## Outcome", "begins a section of its own"),
        ("--kill", "after", "is no KEY=VALUE"),
    ],
)
def test_a_value_that_could_not_be_read_again_is_refused_with_its_form(
    here: Repo, flag: str, value: str, said: str
) -> None:
    if not said:
        done(here, *SMALL, flag, value)
        assert [check.run for check in brief(here).verify][1] == value
        return
    assert said in refused(here.path, "plan", *SMALL, flag, value).message
    assert NAME not in here.git("for-each-ref")


def test_bytes_that_are_no_text_are_told(here: Repo) -> None:
    result = run(here.path, "plan", *SMALL, b"--title", b"caf\xe9")
    assert (result.code, result.out) == (2, "")
    assert "UTF-8" in result.message


# -- names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Fix_Login", "agentledger plan fix-login"),
        ("agent/fix-login", "agentledger plan fix-login"),
        ("a--b", "agentledger plan a-b"),
        ("x" * 64, f"agentledger plan {'x' * 63}"),
        ("nul", "agentledger plan nul-task"),
        ("\x1b[31m", "agentledger plan 31m"),
        ("é", "such as fix-login"),
    ],
)
def test_a_name_that_cannot_be_is_told_with_one_that_can(here: Repo, name: str, hint: str) -> None:
    result = refused(here.path, "plan", name, *SMALL[1:])
    assert result.hint == hint
    assert "\x1b" not in result.err


def test_a_task_that_is_over_keeps_its_name(here: Repo) -> None:
    done(here, *SMALL)
    say(here, "tasks/fix-flaky-login/outcome.md", outcome("declined"))
    result = refused(here.path, "plan", *SMALL)
    assert result.message == "fix-flaky-login is over: its outcome is declined"
    assert result.hint == "choose another name: agentledger plan fix-flaky-login-2"


def test_a_branch_of_that_name_is_bound_only_when_that_is_meant(here: Repo) -> None:
    here.git("branch", BRANCH, "main")
    result = refused(here.path, "plan", *SMALL)
    assert result.message.startswith(f"{BRANCH} is there already")
    assert f"--branch {BRANCH}" in result.hint
    assert done(here, *SMALL, "--branch", BRANCH)["next"] == "agentledger prompt fix-flaky-login --for start"


def test_a_branch_of_that_name_at_the_remote_counts_too(here: Repo, tmp_path: Path) -> None:
    remote = server(tmp_path / "origin.git")
    here.git("remote", "add", "origin", str(remote.path))
    here.git("push", "-q", "origin", f"main:refs/heads/{BRANCH}")
    here.git("fetch", "-q")
    assert "is there already" in refused(here.path, "plan", *SMALL).message


def test_a_brief_that_only_a_branch_has_is_accepted_and_not_written_over(here: Repo) -> None:
    base = here.git("rev-parse", "main").strip()
    own = {f".agentledger/{PATH}": written_brief("fix-flaky-login")}
    here.commit(BRANCH, own, parents=[base])
    here.flush()
    assert "brief accept fix-flaky-login" in refused(here.path, "plan", *SMALL).hint


def test_an_agent_s_worktree_plans_nothing(here: Repo, tmp_path: Path) -> None:
    done(here, *SMALL)
    here.git("branch", BRANCH, "main")
    beside = here.worktree_add(tmp_path / "beside", BRANCH)
    assert "the manager's" in refused(beside.path, "plan", *SMALL).message


# -- a brief that is there -------------------------------------------------------------


def test_flags_change_just_what_they_name(here: Repo) -> None:
    done(here, *SMALL)
    before = text(here)
    document = done(here, "fix-flaky-login", "--priority", "1")
    assert text(here) == before.replace("owns:", "priority: 1\nowns:")
    assert (
        here.git("log", "-1", "--format=%s", NAME).strip()
        == "chore(ledger): change the brief of fix-flaky-login"
    )
    assert document["next"] == "agentledger spawn fix-flaky-login"


def test_a_list_is_replaced_and_add_adds_to_it(here: Repo) -> None:
    done(here, *SMALL)
    done(here, "fix-flaky-login", "--add-owns", "src/auth/**", "--add-accept", "and one more")
    done(here, "fix-flaky-login", "--add-verify", "lint=ruff check", "--add-verify", "check=pytest")
    parsed = brief(here)
    assert parsed.owns == ("tests/auth/**", "src/auth/**")
    assert [item.text for item in parsed.criteria] == ["ten runs pass", "and one more"]
    assert [(check.name, check.run) for check in parsed.verify] == [
        ("check", "pytest"),
        ("lint", "ruff check"),
    ]
    done(here, "fix-flaky-login", "--owns", "src/a/**", "--accept", "another", "--verify", "make")
    parsed = brief(here)
    assert (parsed.owns, [item.text for item in parsed.criteria]) == (("src/a/**",), ["another"])
    assert [(check.name, check.run) for check in parsed.verify] == [("check", "make")]


def test_kill_changes_one_criterion_and_an_empty_value_takes_out(here: Repo) -> None:
    done(here, *SMALL, "--kill", "lines=800", "--kill", "after=2d", "--title", "A", "--context", "Here.")
    done(here, "fix-flaky-login", "--kill", "lines=500", "--kill", "after=", "--title", "", "--context", "")
    parsed = brief(here)
    assert (parsed.kill.lines, parsed.kill.after, parsed.title) == (500, None, "fix flaky login")
    assert "Context" not in text(here)


def test_what_is_incomplete_afterwards_is_written_and_told(here: Repo) -> None:
    done(here, *SMALL)
    document = done(here, "fix-flaky-login", "--outcome", "")
    assert document["commits"]
    assert "spawn refuses it: the section “Outcome” is missing" in document["warnings"][0]
    assert document["next"] == "agentledger plan fix-flaky-login --outcome …"


def test_a_brief_that_stays_as_it_is_is_no_commit(here: Repo) -> None:
    done(here, *SMALL)
    before = here.git("rev-parse", NAME)
    document = done(here, "fix-flaky-login", "--owns", "tests/auth/**")
    assert (document["commits"], document["refs"]) == ([], [])
    assert "nothing is written" in document["said"][0]
    assert here.git("rev-parse", NAME) == before


def test_without_flags_and_a_terminal_there_is_nothing_to_change(here: Repo) -> None:
    done(here, *SMALL)
    assert "nothing says what should change" in refused(here.path, "plan", "fix-flaky-login").message
    assert "--kind is for a new one" in refused(here.path, "plan", *SMALL, "--kind", "docs").message


def test_a_brief_on_base_is_changed_on_the_control_branch(here: Repo) -> None:
    here.commit("main", {f".agentledger/{PATH}": written_brief("fix-flaky-login")})
    here.flush()
    done(here, "fix-flaky-login", "--priority", "1")
    assert brief(here).priority == 1
    assert brief(here).owns == ("src/**",)


def test_whoever_works_by_the_older_brief_is_named_with_how_they_learn_of_it(here: Repo) -> None:
    done(here, *SMALL)
    base = here.git("rev-parse", "main").strip()
    own = {f".agentledger/{PATH}": text(here), "tests/auth/test_login.py": "2\n"}
    here.commit(BRANCH, own, parents=[base])
    here.flush()
    document = done(here, "fix-flaky-login", "--priority", "1")
    assert [line for line in document["warnings"] if f"the copy on {BRANCH} is outdated" in line]
    assert document["next"] == "agentledger prompt fix-flaky-login --for resume"


def test_a_brief_that_flags_cannot_change_is_told_with_the_way_out(here: Repo) -> None:
    say(here, PATH, "no front matter\n")
    result = refused(here.path, "plan", "fix-flaky-login", "--priority", "1")
    assert "front matter" in result.message
    assert "--from FILE" in result.hint


# -- a brief from elsewhere ------------------------------------------------------------


def test_a_file_is_taken_byte_for_byte(here: Repo, tmp_path: Path) -> None:
    whole = written_brief("fix-flaky-login", title="Whole").replace("\n", "\r\n")
    file = tmp_path / "a brief.md"
    file.write_bytes(whole.encode())
    done(here, "fix-flaky-login", "--from", str(file))
    assert here.git_bytes("show", f"{NAME}:{PATH}") == whole.encode()


def test_standard_input_with_flags_on_top_gets_the_task_it_lacks(here: Repo) -> None:
    whole = "---\nowns: [src/**]\n---\n## Outcome\n\nIt holds.\n"
    result = piped(here, whole, "fix-flaky-login", "--title", "A", "--verify", "make")
    assert result.code == 0, result
    parsed = brief(here)
    assert (parsed.task, parsed.title, [check.run for check in parsed.verify]) == (
        "fix-flaky-login",
        "A",
        ["make"],
    )
    assert "warning: spawn refuses it: the section “Why, and what would stop us” is missing" in result.out


@pytest.mark.parametrize(
    "whole",
    [
        "---\ntask: another\nowns: [a]\n---\n",
        "---\ntask: fix-flaky-login\npriority: soon\n---\n",
        "---\ntask: fix-flaky-login\ntask: x\n---\n",
        b"---\ntask: fix-flaky-login\ntitle: caf\xe9\n---\n",
    ],
)
def test_what_cannot_be_read_is_not_written_and_what_was_typed_is_kept(
    here: Repo, whole: str | bytes
) -> None:
    result = piped(here, whole, "fix-flaky-login")
    assert (result.code, result.out) == (2, "")
    assert result.message.startswith("nothing is written: line ")
    path = result.hint.removeprefix("the text is kept in ").split("; ")[0]
    assert Path(path).read_bytes() == (whole.encode() if isinstance(whole, str) else whole)
    assert result.hint.endswith("agentledger plan fix-flaky-login --edit")
    assert NAME not in here.git("for-each-ref")


@pytest.mark.parametrize("size", [300_000, 0])
def test_what_is_too_long_or_empty_is_no_brief(here: Repo, size: int) -> None:
    assert piped(here, "x" * size, "fix-flaky-login").code == 2
    assert NAME not in here.git("for-each-ref")


def test_a_file_that_is_not_there_is_told(here: Repo) -> None:
    assert "cannot be read" in refused(here.path, "plan", "x", "--from", "nothing.md").message


def test_every_suggested_command_can_be_pasted(here: Repo) -> None:
    document = done(here, *SMALL, "--context", "As in src/api/throttle.py.")
    line = next(line for line in document["warnings"] if "could be followed" in line)
    command = shlex.split(line[line.index("agentledger plan ") :])
    done(here, *command[2:])
    assert brief(here).follow == ("src/api/throttle.py",)


@pytest.mark.parametrize("name", ["-x", "main", "agentledger", "a..b"])
def test_a_branch_that_no_agent_can_work_on_is_refused(here: Repo, name: str) -> None:
    result = refused(here.path, "plan", *SMALL, f"--branch={name}")
    assert "branch" in result.message
