"""The commit gate with real commits: who is stopped, who is not, and that the advice given passes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import BRIEF, CHECK_IN, STATUS, Desk, fresh_hook, install, made
from gitrepo import Repo

pytestmark = pytest.mark.versions


@pytest.fixture(params=["main checkout", "linked worktree"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    if request.param == "linked worktree":
        return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)
    repo.git("switch", "-q", "agent/x")
    return Desk(repo, repo.path)


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    repo = made(tmp_path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    return Desk(repo, repo.path)


def test_work_within_the_scope_and_reports_pass(desk: Desk) -> None:
    desk.write("src/a.py")
    desk.write("src/new/b.py")
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    assert desk.add() == ""


def test_what_is_outside_is_stopped_and_the_advice_passes(desk: Desk) -> None:
    desk.write("src/a.py")
    desk.write("docs/d.md")
    said = desk.add()
    assert "error OWN001 outside-scope [agent/x] docs/d.md" in said
    assert "the brief owns src/**" in said
    (advice,) = [line.strip().removeprefix("next: ") for line in said.splitlines() if "next:" in line]
    subprocess.run(advice, shell=True, cwd=desk.path, check=True)  # noqa: S602 - what an agent does with it
    assert desk.commit() == ""
    assert desk.git("show", "--format=", "--name-only").split() == ["src/a.py"]


def renamed_in(desk: Desk) -> None:
    desk.git("mv", "docs/d.md", "src/d.md")


def deleted(desk: Desk) -> None:
    desk.git("rm", "-q", "docs/d.md")


def made_a_link(desk: Desk) -> None:
    (desk.path / "docs/d.md").unlink()
    (desk.path / "docs/d.md").symlink_to("../src/a.py")


def mode_alone(desk: Desk) -> None:
    (desk.path / "run.sh").chmod(0o755)


def a_submodule(desk: Desk) -> None:
    desk.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendored")
    desk.git("config", "submodule.vendored.ignore", "all")


def odd_names(desk: Desk) -> None:
    desk.write('docs/a\nb "c" é.md')


def link_out(desk: Desk) -> None:
    desk.write("src/x")
    (desk.path / "src/x").unlink()
    (desk.path / "src/x").symlink_to("../../elsewhere")


def into_the_ledger(desk: Desk) -> None:
    (desk.path / "src/x").symlink_to("../.agentledger/config.toml")


def brief_as_link(desk: Desk) -> None:
    desk.write(".agentledger/tasks/x/brief.md")
    (desk.path / ".agentledger/tasks/x/brief.md").unlink()
    (desk.path / ".agentledger/tasks/x/brief.md").symlink_to("/etc/hostname")


def case_twin(desk: Desk) -> None:
    desk.write("src/A.py")


def policy_loosened(desk: Desk) -> None:
    desk.write(".agentledger/config.toml", "enforce = false\n")


def agents_rules(desk: Desk) -> None:
    desk.write("AGENTS.md")


def another_tasks(desk: Desk) -> None:
    desk.write(".agentledger/tasks/y/brief.md")


def hidden_file(desk: Desk) -> None:
    desk.write(STATUS, CHECK_IN.format("wrking", "", "none"))


WAYS: list[tuple[Callable[[Desk], None], set[str]]] = [
    (renamed_in, {"OWN001"}),
    (deleted, {"OWN001"}),
    (made_a_link, {"OWN001"}),
    (mode_alone, {"OWN001"}),
    (a_submodule, {"OWN001", "OWN005"}),
    (odd_names, {"OWN001", "OWN006"}),
    (link_out, {"OWN005"}),
    (into_the_ledger, {"OWN005"}),
    (brief_as_link, {"OWN005"}),
    (case_twin, {"OWN006"}),
    (policy_loosened, {"OWN003"}),
    (agents_rules, {"OWN001", "OWN003"}),
    (another_tasks, {"OWN003"}),
    (hidden_file, {"STA001"}),
]


@pytest.mark.parametrize(("tell", "rules"), WAYS, ids=lambda value: getattr(value, "__name__", ""))
def test_each_way_around_the_scope_is_stopped(
    here: Desk, tell: Callable[[Desk], None], rules: set[str]
) -> None:
    tell(here)
    if tell is not a_submodule:
        here.git("add", "-A")
    said = here.commit()
    assert {line.split(" ")[1] for line in said.splitlines() if line.startswith("error ")} == rules


def test_a_partial_commit_is_judged_by_what_it_takes(here: Desk) -> None:
    here.write("src/a.py")
    here.write("docs/d.md")
    here.git("add", "-A")
    assert "docs/d.md" in here.commit("docs/d.md")
    assert here.commit("src/a.py") == ""
    assert "docs/d.md" in here.commit("-a")


def test_a_subfolder_and_its_configuration_hide_nothing(here: Desk) -> None:
    here.git("config", "diff.relative", "true")
    here.git("config", "diff.external", "true")
    here.write("docs/d.md")
    here.git("add", "-A")
    assert "OWN001" in Desk(here.repo, here.path / "src").commit()


def test_undoing_an_earlier_slip_passes(here: Desk) -> None:
    here.write("docs/d.md")
    here.git("add", "-A")
    here.git("commit", "-q", "--no-verify", "-m", "slip")
    here.write("src/a.py")
    assert here.add() == ""  # the slip is the push's to find
    here.git("checkout", "-q", "main", "--", "docs/d.md")
    assert here.commit() == ""


def test_base_merged_in_passes_and_an_evil_merge_does_not(here: Desk) -> None:
    here.write("src/a.py")
    assert here.add() == ""
    here.repo.commit("main", {"docs/d.md": "from base\n", "new": "x\n"})
    here.repo.flush()
    here.git("merge", "-q", "--no-edit", "main")
    here.git("reset", "-q", "--hard", "HEAD^")
    here.git("merge", "-q", "--no-commit", "main")
    here.write("run.sh", "evil\n")
    said = here.add()
    assert "OWN001 outside-scope [agent/x] run.sh" in said
    assert "docs/d.md" not in said


def test_ours_over_bases_work_is_stopped(here: Desk) -> None:
    here.write("src/a.py")
    assert here.add() == ""
    here.repo.commit("main", {"docs/d.md": "from base\n"})
    here.repo.flush()
    said = here.git("merge", "-q", "--no-edit", "-s", "ours", "main", ok=False)
    assert "OWN001 outside-scope [agent/x] docs/d.md" in said


def test_widening_its_own_brief_grants_nothing(here: Desk) -> None:
    here.write(".agentledger/tasks/x/brief.md", BRIEF.format("['**']", ""))
    assert here.add() == ""  # to ask for it is fine
    here.write("docs/d.md")
    assert "OWN001" in here.add()


def test_an_unconfirmed_brief_is_held_at_its_first_version(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    root = repo.commit("main", {"src/a.py": "1\n", "docs/d.md": "1\n"})
    brief = ".agentledger/tasks/x/brief.md"
    repo.commit("agent/x", {brief: BRIEF.format("['src/**']", "")}, parents=[root])
    repo.commit("agent/x", {brief: BRIEF.format("['**']", "")})
    repo.flush()
    repo.git("switch", "-q", "agent/x")
    install(repo)
    desk = Desk(repo, repo.path)
    desk.write("docs/d.md")
    assert "OWN001" in desk.add()


@pytest.mark.parametrize("branch", ["feature", "agent/nobody", "claude/free"])
def test_a_branch_without_a_brief_is_never_stopped(here: Desk, branch: str) -> None:
    here.git("switch", "-q", "-c", branch, "main")
    here.write("docs/d.md")
    assert here.add() == ""


def test_a_brief_names_a_branch_that_is_called_otherwise(tmp_path: Path) -> None:
    repo = made(tmp_path, more="branch: copilot/fix-41\n")
    repo.git("switch", "-q", "-c", "copilot/fix-41", "main")
    desk = Desk(repo, repo.path)
    desk.write("docs/d.md")
    assert "[copilot/fix-41] docs/d.md" in desk.add()


def test_code_waits_for_an_approved_plan(tmp_path: Path) -> None:
    repo = made(tmp_path, more="mode: review\n")
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    desk.write("src/a.py")
    assert "STA007" in desk.add()
    desk.git("reset", "-q", "--hard")
    asks = CHECK_IN.format("needs-input", "checkpoint: plan\n", "Is that the way?")
    desk.write(STATUS, asks)
    without = desk.add()
    assert f"STA001 status-invalid [agent/x] {STATUS}:4\n" in without
    assert "next: write `## Plan` on a line of its own, and below it what is to be approved" in without
    desk.write(STATUS, f"{asks}## Plan\nCache it.\n")
    assert desk.add() == ""
    answer = "---\nat: 2023-11-14T22:30:00Z\nby: ana\ndecision: approve\n---\n"
    repo.commit("agentledger", {"tasks/x/answers/1.md": answer})
    repo.flush()
    desk.write("src/a.py")
    assert desk.add() == ""


def test_a_waiver_lets_through_and_says_so(here: Desk) -> None:
    told = (
        "at: 2023-11-14T22:30:00Z\nby: ana\nrules: [OWN001]\npaths: ['docs/**']\nuntil: 2999-01-01T00:00:00Z"
    )
    waiver = f"---\n{told}\n---\nthis once\n"
    here.repo.commit("agentledger", {"tasks/x/waivers/1.md": waiver})
    here.repo.flush()
    here.write("docs/d.md")
    here.git("add", "-A")
    said = subprocess.run(
        ["git", "commit", "-q", "-m", "w"], cwd=here.path, capture_output=True, text=True, check=True
    )
    assert "waived: this once" in said.stderr


def test_without_enforcement_it_is_told_and_made(tmp_path: Path) -> None:
    repo = made(tmp_path, policy="enforce = false\n")
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    desk.write("docs/d.md")
    assert desk.add() == ""


# -- whatever is not the author's fault ---------------------------------------------------


def test_a_policy_that_was_readable_once_still_counts(here: Desk) -> None:
    here.repo.commit("main", {".agentledger/config.toml": "this is no TOML"})
    here.repo.flush()
    here.write("docs/d.md")
    assert "OWN001" in here.add()


def test_a_missing_base_lets_through_loudly(here: Desk) -> None:
    here.git("branch", "-m", "main", "other")
    here.write("docs/d.md")
    here.git("add", "-A")
    said = subprocess.run(
        ["git", "commit", "-q", "-m", "w"], cwd=here.path, capture_output=True, text=True, check=True
    )
    assert "could not check this" in said.stderr
    assert "let through" in said.stderr


def test_the_hook_leaves_nothing_behind_and_writes_no_object(here: Desk) -> None:
    here.write("docs/d.md")
    here.git("add", "-A")
    before = here.repo.count_objects()
    hook = [here.path / ".git/hooks/pre-commit"]
    assert subprocess.run(hook, cwd=here.path, capture_output=True, check=False).returncode == 10
    assert here.repo.count_objects() == before
    assert list((here.repo.path / ".git/agentledger/tmp").iterdir()) == []


@pytest.mark.parametrize("name", ["pre-commit", "pre-push"])
def test_in_an_interpreter_of_its_own_as_users_have_it_it_says_the_same(here: Desk, name: str) -> None:
    here.write("docs/d.md")
    here.git("add", "-A")
    here.git("commit", "-q", "--no-verify", "-m", "slip")
    here.write("docs/d.md", "again\n")
    here.git("add", "-A")
    pushed = f"refs/heads/agent/x {here.repo.git('rev-parse', 'HEAD')} refs/heads/agent/x {'0' * 40}\n"
    for hook in ([str(here.path / ".git/hooks" / name)], fresh_hook(name)):
        done = subprocess.run(hook, cwd=here.path, input=pushed, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (10, "")
        assert done.stderr.startswith("error OWN001 outside-scope [agent/x] docs/d.md")


def test_a_first_commit_of_all_is_judged_too(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("switch", "-q", "--orphan", "agent/x")
    desk = Desk(repo, repo.path)
    desk.write("docs/d.md")
    desk.git("add", "-A")
    assert "OWN001" in desk.git("commit", "-q", "-m", "root", ok=False)


def test_an_unfinished_merge_is_gits_own_to_refuse(here: Desk) -> None:
    here.write("src/a.py", "mine\n")
    assert here.add() == ""
    here.repo.commit("main", {"src/a.py": "theirs\n"})
    here.repo.flush()
    here.git("merge", "-q", "main", ok=False)
    assert "unmerged" in here.git("commit", "-q", "-m", "m", ok=False)
    here.write("src/a.py", "both\n")
    assert here.add() == ""


def test_the_advice_for_a_new_file_keeps_it(here: Desk) -> None:
    here.write("src/a.py")
    here.write("docs/new.md", "only here\n")
    said = here.add()
    (advice,) = [line.strip().removeprefix("next: ") for line in said.splitlines() if "next:" in line]
    subprocess.run(advice, shell=True, cwd=here.path, check=True)  # noqa: S602 - what an agent does with it
    assert here.commit() == ""
    assert (here.path / "docs/new.md").read_text() == "only here\n"
