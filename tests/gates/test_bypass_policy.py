"""Briefs and policy that an agent would rather have: its own word widens nothing, at any gate.

Belongs here: whose brief counts, and what no brief grants. Does not: verdicts of another time (see
`test_bypass_verdicts`), which document counts for a view (`test_tasks`), or changes that hide.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from command import run
from desk import BRIEF, Desk, Pushed, checked, install, stopping
from gitrepo import Repo
from rulecases import BODY

OWN = ".agentledger/tasks/x/brief.md"
WIDE = BRIEF.format("['**']", "")


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    return Pushed(tmp_path, linked=False)


def stopped_everywhere(here: Pushed, path: str = "docs/d.md") -> bool:
    """A change there is refused at commit, at push and by `check`; work within the scope passes."""
    here.desk.write("src/within.py")
    assert here.desk.add() == ""
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
    here.desk.write(path)
    here.desk.git("add", "-A")
    said = [stopping(here.desk.commit())]
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    said += [stopping(here.push("agent/x")), checked(here.repo)]
    return all("OWN001" in rules for rules in said)


# -- the brief ----------------------------------------------------------------------------


def test_widening_it_is_a_question_and_grants_nothing(here: Pushed) -> None:
    here.desk.write(OWN, WIDE)
    assert here.desk.add() == ""
    assert stopped_everywhere(here)


def test_a_key_said_twice_grants_nothing(here: Pushed) -> None:
    twice = BRIEF.format("['src/**']", "owns: ['**']\n")
    here.desk.write(OWN, twice)
    assert here.desk.add() == ""
    assert stopped_everywhere(here)


def test_a_key_said_twice_by_the_manager_is_told_and_not_guessed_at(here: Pushed) -> None:
    twice = BRIEF.format("['src/**']", "owns: ['**']\n")
    here.repo.commit("agentledger", {"tasks/x/brief.md": twice})
    here.repo.flush()
    here.slip()
    assert "OWN001" in stopping(here.push("agent/x"))
    said = run(here.repo.path, "check", "--task", "x")
    assert (said.code, "error BRF002" in said.out) == (1, True)


@pytest.mark.parametrize("way", ["deleted", "renamed", "emptied"])
def test_on_base_it_counts_whatever_the_branch_does_to_its_copy(tmp_path: Path, way: str) -> None:
    here = Pushed(tmp_path, linked=False)
    here.repo.git("update-ref", "-d", "refs/heads/agentledger")
    here.repo.commit(
        "main", {OWN: BRIEF.format("['src/**']", "")}, parents=[here.repo.git("rev-parse", "main")]
    )
    here.repo.flush()
    here.desk.git("reset", "-q", "--hard", "main")
    if way == "deleted":
        here.desk.git("rm", "-q", OWN)
    elif way == "renamed":
        (here.desk.path / ".agentledger/tasks/z").mkdir()
        here.desk.git("mv", OWN, ".agentledger/tasks/z/brief.md")
    else:
        here.desk.write(OWN, "")
    said = stopping(here.desk.add())
    assert said == ({"OWN003"} if way == "renamed" else set())
    here.desk.git("commit", "-q", "-n", "--allow-empty", "-m", "brief")
    here.desk.write("docs/d.md")
    assert "OWN001" in stopping(here.desk.add())
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    assert "OWN001" in stopping(here.push("agent/x"))
    assert "OWN001" in checked(here.repo)


def test_a_second_brief_that_names_the_branch_grants_nothing(here: Pushed) -> None:
    second = WIDE.replace("task: x\n", "task: z\nbranch: agent/x\n")
    here.desk.write(".agentledger/tasks/z/brief.md", second)
    assert stopping(here.desk.add()) == {"OWN003"}
    here.desk.git("commit", "-q", "-n", "-m", "brief")
    here.desk.write("docs/d.md")
    assert "OWN001" in stopping(here.desk.add())
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    assert {"OWN001", "OWN003"} <= stopping(here.push("agent/x"))
    assert {"OWN001", "OWN003"} <= checked(here.repo)


def test_a_looser_brief_of_an_older_base_is_over(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    old = repo.commit("main", {OWN: WIDE, "src/a.py": "a\n", "docs/d.md": "d\n"})
    repo.commit("main", {OWN: BRIEF.format("['src/**']", "")})
    repo.ref("agent/x", old)
    repo.flush()
    repo.git("switch", "-q", "agent/x")
    install(repo)
    desk = Desk(repo, repo.path)
    desk.write("src/a.py")
    assert desk.add() == ""
    assert checked(repo) == set()
    desk.write("docs/d.md")
    assert stopping(desk.add()) == {"OWN001"}
    desk.git("commit", "-q", "-n", "-m", "slip")
    assert checked(repo) == {"OWN001"}


@pytest.mark.parametrize("name", ["copilot/fix", "fix-41"])
def test_a_branch_of_another_name_has_the_brief_that_names_it(tmp_path: Path, name: str) -> None:
    here = Pushed(tmp_path, linked=False, more=f"branch: {name}\n")
    here.desk.git("branch", "-m", "agent/x", name)
    here.desk.write("docs/d.md")
    assert f"[{name}] docs/d.md" in here.desk.add()
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    assert f"[{name}] docs/d.md" in here.push(name)
    assert checked(here.repo, branch=name) == {"OWN001"}
    here.desk.git("reset", "-q", "--hard", "main")
    here.desk.write("src/a.py")
    assert here.desk.add() == ""
    assert here.push(name) == ""


@pytest.mark.parametrize("name", ["agent/x--2", "team/agent/x"])
def test_another_attempt_has_the_brief_of_its_task(here: Pushed, name: str) -> None:
    here.desk.git("switch", "-q", "-c", name, "main")
    here.desk.write("docs/d.md")
    assert stopping(here.desk.add()) == {"OWN001"}
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    assert stopping(here.push(name)) == {"OWN001"}
    here.desk.git("reset", "-q", "--hard", "main")
    here.slip("src/a.py")
    assert here.push(name) == ""


def test_who_is_said_to_have_written_it_changes_nothing(
    here: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.com")  # the manager, who wrote the brief
    assert stopped_everywhere(here)


# -- what no wildcard grants ----------------------------------------------------------------

STEERING = (
    ".agentledger/config.toml .gitattributes src/.gitmodules .pre-commit-config.yaml .husky/pre-commit "
    ".githooks/pre-push .github/workflows/ci.yml .github/actions/x/action.yml .gitlab-ci.yml AGENTS.md "
    "src/CLAUDE.md .claude/settings.json .codex/config.toml .cursor/rules/a.mdc "
    ".github/copilot-instructions.md"
).split()


def test_what_steers_the_tools_is_owned_by_its_full_name_alone(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False, owns="['**']")
    for path in STEERING:
        here.desk.write(path)
    said = here.desk.add()
    assert {line.split("] ")[1] for line in said.splitlines() if "error OWN003" in line} == set(STEERING)
    here.desk.git("commit", "-q", "-n", "-m", "slip")
    assert stopping(here.push("agent/x")) == {"OWN003"}
    assert checked(here.repo) == {"OWN003"}
    here.desk.git("reset", "-q", "--hard", "main")
    here.repo.commit(
        "agentledger", {"tasks/x/brief.md": BRIEF.format(["AGENTS.md", ".github/workflows/ci.yml"], "")}
    )
    here.repo.flush()
    here.desk.write("AGENTS.md")
    here.desk.write(".github/workflows/ci.yml")
    assert here.desk.add() == ""
    assert here.push("agent/x") == ""


def test_scopes_that_meet_stop_the_newer_before_it_starts(here: Pushed) -> None:
    here.slip("src/a.py")
    other = "---\ntask: {}\nowns: ['{}']\nverify: {{test: make test}}\n---\n" + BODY
    here.repo.commit("agentledger", {"tasks/y/brief.md": other.format("y", "src/a*")})
    here.repo.commit("agentledger", {"tasks/z/brief.md": other.format("z", "lib/**")})
    here.repo.flush()
    said = run(here.repo.path, "check", "--task", "y")
    assert (said.code, stopping(said.out)) == (1, {"OWN004"})
    assert run(here.repo.path, "check", "--task", "z").code == 0
    assert checked(here.repo) == set()  # the older one goes on
    assert here.push("agent/x") == ""
