"""`agentledger spawn`: a task handed out in one step, or not at all.

Belongs here: what is made, what is refused, and what an interrupted spawn leaves. Does not: which rules the
spawn gate has (see `test_rules`, `test_advice`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command import refused, run
from desk import BRIEF, Desk, made
from gitrepo import Repo
from killed import at_each_write, sound

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return made(tmp_path, policy="managers = ['ada@example.com']\n")


def place(repo: Repo, name: str = "x") -> Path:
    return repo.path.parent / f"{repo.path.name}.worktrees" / name


def policy(repo: Repo, text: str) -> None:
    repo.commit("main", {".agentledger/config.toml": text})
    repo.flush()
    repo.checkout("main")


def state(repo: Repo) -> tuple[str, str, bool]:
    """The branches, the worktrees, and whether the folder of worktrees is there."""
    return repo.git("for-each-ref"), repo.git("worktree", "list", "--porcelain"), place(repo).parent.exists()


def test_a_branch_with_the_brief_in_a_worktree_beside_the_repository(repo: Repo) -> None:
    result = run(repo.path, "spawn", "x")
    assert result.code == 0, result
    desk = Desk(repo, place(repo))
    assert desk.git("symbolic-ref", "HEAD").strip() == "refs/heads/agent/x"
    assert desk.git("status", "--porcelain") == ""
    assert desk.git("diff-tree", "-r", "--name-only", "main", "HEAD").split() == [
        ".agentledger/tasks/x/brief.md"
    ]
    brief = repo.git("show", "agentledger:tasks/x/brief.md")
    assert (desk.path / ".agentledger/tasks/x/brief.md").read_text() == f"{brief}\n"
    assert "locked" not in repo.git("worktree", "list", "--porcelain")
    assert "agentledger prompt x" in result.out
    assert list((repo.path / ".git/agentledger/spawn").iterdir()) == []


def init(repo: Repo) -> None:
    """Set up, and commit what that wrote."""
    assert run(repo.path, "init", "--yes").code == 0
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "init")


def test_the_hooks_are_on_in_it(repo: Repo) -> None:
    init(repo)
    run(repo.path, "spawn", "x")
    desk = Desk(repo, place(repo))
    desk.write("docs/d.md")
    assert "OWN001" in desk.add()


def test_that_there_are_no_hooks_is_said(tmp_path: Path) -> None:
    repo = made(tmp_path)
    for hook in (repo.path / ".git/hooks").iterdir():
        hook.unlink()
    assert "agentledger init" in run(repo.path, "spawn", "x").out


def test_hooks_are_on_though_the_set_up_sets_a_hooks_path(repo: Repo) -> None:
    init(repo)
    policy(repo, "[spawn]\nsetup = 'git config core.hooksPath .husky'\n")
    assert run(repo.path, "spawn", "x").code == 0
    desk = Desk(repo, place(repo))
    desk.write("docs/d.md")
    assert "OWN001" in desk.add()


def test_files_are_copied_and_the_set_up_runs_in_the_worktree(repo: Repo) -> None:
    policy(repo, "[spawn]\ncopy = ['.env', 'conf/local.ini', 'gone']\nsetup = 'echo made > built; pwd'\n")
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text(".env\nconf\nbuilt\n")
    (repo.path / ".env").write_text("A=1\n")
    (repo.path / "conf").mkdir()
    (repo.path / "conf/local.ini").write_text("b\n")
    result = run(repo.path, "spawn", "x")
    assert result.code == 0, result
    assert (place(repo) / ".env").read_text() == "A=1\n"
    assert (place(repo) / "conf/local.ini").read_text() == "b\n"
    assert (place(repo) / "built").read_text() == "made\n"
    assert str(place(repo)) in result.err
    assert "warning" not in result.out.replace("warning: no hooks", "")


def test_what_the_set_up_leaves_unignored_is_warned_of(repo: Repo) -> None:
    policy(repo, "[spawn]\nsetup = 'echo x >> src/a.py; touch lock'\n")
    assert "lock" in run(repo.path, "spawn", "x").out


def read_worktree(repo: Repo) -> dict[str, object]:
    (entry,) = json.loads(run(repo.path, "board", "--format", "json").out)["branches"]
    return dict(entry["worktree"])


def test_what_spawn_has_put_there_is_no_uncommitted_work(repo: Repo) -> None:
    policy(repo, "[spawn]\ncopy = ['.env', 'conf/local.ini']\nsetup = 'echo x >> src/a.py; touch lock'\n")
    (repo.path / "conf").mkdir()
    for name in (".env", "conf/local.ini"):
        (repo.path / name).write_text("A=1\n")
    assert run(repo.path, "spawn", "x").code == 0
    assert (read_worktree(repo)["dirty"], read_worktree(repo)["uncommitted"]) == (True, 0)
    # The copy stays a copy when its owner's settings change; what git tracks can be committed.
    (place(repo) / ".env").write_text("A=2\n")
    assert read_worktree(repo)["uncommitted"] == 0
    (place(repo) / "conf/new.py").write_text("1\n")
    (place(repo) / "src/a.py").write_text("work\n")
    assert read_worktree(repo)["uncommitted"] == 2


def test_a_set_up_that_fails_leaves_nothing(repo: Repo) -> None:
    policy(repo, "[spawn]\nsetup = 'echo why; exit 3'\n")
    before = state(repo)
    result = run(repo.path, "spawn", "x")
    assert result.code == 2
    assert "exit code 3" in result.err
    assert "why" in result.err
    assert state(repo) == before
    policy(repo, "")
    assert run(repo.path, "spawn", "x").code == 0


def test_what_the_spawn_gate_finds_is_told_and_nothing_is_made(repo: Repo) -> None:
    run(repo.path, "spawn", "x")
    repo.commit(
        "agentledger", {"tasks/y/brief.md": BRIEF.format("['src/a.py']", "").replace("task: x", "task: y")}
    )
    repo.flush()
    before = state(repo)
    result = run(repo.path, "spawn", "y")
    assert result.code == 1
    assert "OWN004" in result.out
    assert "src/a.py" in result.out
    assert state(repo) == before
    document = json.loads(run(repo.path, "spawn", "y", "--format", "json").out)
    assert document["blocked"] is True


def test_a_rival_has_a_branch_and_a_folder_of_its_own(repo: Repo) -> None:
    run(repo.path, "spawn", "x")
    again = refused(repo.path, "spawn", "x")
    assert "already" in again.message
    assert "--attempt 2" in again.hint
    assert run(repo.path, "spawn", "x", "--attempt", "2").code == 0
    assert Desk(repo, place(repo, "x--2")).git("symbolic-ref", "HEAD").strip() == "refs/heads/agent/x--2"


def test_a_worktree_that_somebody_removed_can_be_brought_back(repo: Repo) -> None:
    run(repo.path, "spawn", "x")
    shutil.rmtree(place(repo))
    result = refused(repo.path, "spawn", "x")
    assert "is gone" in result.message
    command, _, _ = result.hint.partition(" brings back")
    subprocess.run(["sh", "-c", command], cwd=repo.path, capture_output=True, check=True)
    assert (place(repo) / ".agentledger/tasks/x/brief.md").exists()


def test_the_brief_can_name_the_branch(tmp_path: Path) -> None:
    repo = made(tmp_path, more="branch: copilot/fix-41\n")
    assert run(repo.path, "spawn", "x").code == 0
    assert Desk(repo, place(repo)).git("symbolic-ref", "HEAD").strip() == "refs/heads/copilot/fix-41"


@pytest.mark.parametrize("there", ["branch", "folder", "clash"])
def test_what_is_there_already_stays_and_is_named(repo: Repo, there: str) -> None:
    if there == "folder":
        place(repo).mkdir(parents=True)
        (place(repo) / "mine").touch()
    else:
        repo.git("branch", "agent/x" if there == "branch" else "agent", "main")
    before = state(repo)
    result = refused(repo.path, "spawn", "x")
    assert "agent" in result.message or str(place(repo)) in result.message
    assert state(repo) == before
    if there == "folder":
        assert (place(repo) / "mine").exists()


def test_a_brief_on_base_can_be_spawned(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"src/a.py": "a\n", ".agentledger/tasks/x/brief.md": BRIEF.format("['src/**']", "")})
    repo.flush()
    repo.checkout("main")
    assert run(repo.path, "spawn", "x").code == 0
    (branch,) = json.loads(run(repo.path, "board", "--format", "json", "--dormant=never").out)["branches"]
    assert (branch["name"], branch["task"]) == ("agent/x", "x")
    assert branch["section"] != "ended"


def test_in_a_bare_layout_the_worktree_goes_beside_it(repo: Repo, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", repo.path, tmp_path / "b/r.git"], check=True)
    bare = Repo(tmp_path / "b/r.git")
    assert run(bare.path, "spawn", "x").code == 0
    assert (tmp_path / "b/r.worktrees/x/.agentledger/tasks/x/brief.md").exists()


def test_a_dry_run_says_it_and_makes_nothing(repo: Repo) -> None:
    before = state(repo)
    result = run(repo.path, "spawn", "x", "--dry-run")
    assert result.code == 0
    assert str(place(repo)) in result.out
    assert state(repo) == before


def test_an_agent_hands_nothing_out(repo: Repo) -> None:
    run(repo.path, "spawn", "x")
    assert "manager" in refused(place(repo), "spawn", "x", "--attempt", "2").message


def test_the_users_own_command_is_started_there_with_the_prompt(repo: Repo, sealed: Path) -> None:
    config = sealed / ".config/agentledger/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        "[launch]\n"
        """show = "sh -c 'pwd; cat \\"$1\\"; echo $2' sh {prompt_file} {branch}"\n"""
        'bad = "false"\n'
    )
    result = run(repo.path, "spawn", "x", "--launch", "show")
    assert result.code == 0, result
    assert str(place(repo)) in result.out
    assert "agentledger done" in result.out
    assert "agent/x" in result.out
    assert Desk(repo, place(repo)).git("status", "--porcelain") == ""
    assert "show" in refused(repo.path, "spawn", "x", "--attempt", "2", "--launch", "shw").hint
    assert run(repo.path, "spawn", "x", "--attempt", "2", "--launch", "bad").code == 1


def test_two_at_once_make_one_branch(repo: Repo) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "agentledger", "spawn", "x"],
            cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [each.communicate() for each in both]
    assert sorted(each.returncode for each in both) == [0, 2], said
    assert repo.git("worktree", "list").count("agent/x") == 1


def test_killed_at_any_write_nothing_half_made_shows_and_it_can_be_run_again(repo: Repo) -> None:
    policy(repo, "[spawn]\nsetup = 'echo made > built'\n")
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("built\n")
    refs, control = repo.git("for-each-ref"), repo.git("rev-parse", "agentledger")

    def before() -> None:
        if place(repo).exists():
            repo.git("worktree", "remove", "--force", "--force", str(place(repo)))
        repo.git("worktree", "prune")
        subprocess.run(["git", "branch", "-qD", "agent/x"], cwd=repo.path, capture_output=True, check=False)
        # What a spawn that got through has written down.
        repo.git("update-ref", "refs/heads/agentledger", control)
        for ref in repo.git("for-each-ref", "--format=%(refname)", "refs/agentledger").split():
            repo.git("update-ref", "-d", ref)

    writes = 0
    for _ in at_each_write(repo.path, repo.path.parent, "spawn", "x", before=before):
        writes += 1
        sound(repo.path)
        branch = "agent/x" in repo.git("for-each-ref")
        if not branch:
            assert repo.git("for-each-ref") == refs
        again = run(repo.path, "spawn", "x")
        assert again.code == (2 if "already" in again.err else 0), again
        desk = Desk(repo, place(repo))
        assert desk.git("symbolic-ref", "HEAD").strip() == "refs/heads/agent/x"
        assert desk.git("status", "--porcelain") == ""
        assert (desk.path / "built").read_text() == "made\n"
        assert "locked" not in repo.git("worktree", "list", "--porcelain")
        assert list((repo.path / ".git/agentledger/spawn").iterdir()) == []
    assert writes > 6
