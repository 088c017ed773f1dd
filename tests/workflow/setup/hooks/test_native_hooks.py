"""The hooks as `init` installs them, with real commits and pushes: who is stopped, and who never notices."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import command
from clones import BRIEF, commit, git, hook, init, made
from gitrepo import Repo
from gitversions import needs_part

pytestmark = pytest.mark.versions

# Writes down that it was started, instead of Python.
STUB = '#!/bin/sh\necho "$@" >>"{}"\nexit {}\n'


def ready(folder: Path, *options: str) -> Repo:
    """A repository with base and a task, made ready, on the branch of that task."""
    repo = made(folder)
    init(repo.path, *options)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    return repo


def stub(repo: Path, path: Path, code: int = 0) -> Path:
    """Put a program in the place of Python in all hooks; the file in which it writes each start."""
    started = path / "started"
    hook(path / "stub", STUB.format(started, code))
    for file in (repo / ".git/hooks").iterdir():
        text = re.sub(
            "^ledger_python=.*$", f"ledger_python='{path}/stub'", file.read_text(), flags=re.MULTILINE
        )
        file.write_text(text)
    return started


def remote(repo: Repo, path: Path) -> str:
    Repo.init(path, bare=True)
    repo.git("remote", "add", "origin", str(path))
    return str(path)


@pytest.mark.parametrize("name", ["repo", 'it\'s a "repo" $HOME'])
@pytest.mark.parametrize("linked", [False, True])
def test_a_commit_outside_the_brief_is_refused_and_mended(tmp_path: Path, name: str, linked: bool) -> None:
    repo = made(tmp_path / name)
    repo.git("branch", "agent/x", "main")
    desk = repo.worktree_add(tmp_path / "an agent's", "agent/x").path if linked else repo.path
    init(repo.path)
    if not linked:
        repo.git("switch", "-q", "agent/x")
    ended = commit(desk, "docs/d.md")
    assert ended.code == 1
    assert "error OWN001 outside-scope [agent/x] docs/d.md" in ended.said
    (advice,) = re.findall("next: (git .*)", ended.said)
    subprocess.run(advice, shell=True, cwd=desk, check=True)  # noqa: S602 - what an agent does with it
    assert commit(desk, "src/a.py") == (0, "")


def test_a_merge_that_git_makes_by_itself_is_judged(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    assert commit(repo.path, "src/a.py").code == 0
    repo.commit("main", {"docs/d.md": "base moved\n"})
    repo.flush()
    said = git(repo.path, "merge", "--no-edit", "-s", "ours", "main")
    assert "OWN001" in said.said
    assert git(repo.path, "reset", "-q", "--hard").code == 0
    assert git(repo.path, "merge", "-q", "--no-edit", "main").code == 0


def test_of_a_push_every_ref_counts(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    assert commit(repo.path, "docs/d.md").code == 1
    assert git(repo.path, "commit", "-q", "--no-verify", "-m", "slip").code == 0
    repo.git("switch", "-q", "-C", "feature", "main")
    assert commit(repo.path, "run.sh").code == 0
    ended = git(repo.path, "push", "-q", url, "feature", "agent/x")
    assert "OWN001" in ended.said
    assert Repo(tmp_path / "remote").git("for-each-ref") == ""
    assert git(repo.path, "push", "-q", url, "feature") == (0, "")


def test_a_team_mates_work_starts_nothing(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    started = stub(repo.path, tmp_path)
    repo.git("switch", "-q", "-c", "feature", "main")
    assert commit(repo.path, "docs/d.md") == (0, "")
    repo.git("switch", "-q", "main")
    assert git(repo.path, "merge", "-q", "--no-ff", "--no-edit", "feature") == (0, "")
    assert git(repo.path, "push", "-q", url, "feature", "main") == (0, "")
    repo.git("switch", "-q", "--detach", "feature")
    assert commit(repo.path, "docs/d.md") == (0, "")
    linked = repo.worktree_add(tmp_path / "linked", "feature").path
    assert commit(linked, "docs/d.md") == (0, "")
    assert not started.exists()
    repo.git("switch", "-q", "agent/x")
    assert commit(repo.path, "docs/d.md") == (0, "")
    assert started.read_text().count("run.py pre-commit") == 1


@pytest.mark.parametrize(
    "pushed", ["agent/x", "agent/x:other", "feature:agent/x", ":agent/x", "feature agent/x", "--all"]
)
def test_a_push_that_touches_an_agents_branch_is_judged(tmp_path: Path, pushed: str) -> None:
    repo = ready(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    repo.git("push", "-q", "--no-verify", url, "main", "agent/x")
    repo.git("switch", "-q", "-c", "feature", "main")
    assert commit(repo.path, "src/a.py").code == 0
    assert git(repo.path, "switch", "-q", "agent/x").code == 0
    assert commit(repo.path, "src/a.py").code == 0
    repo.git("switch", "-q", "feature")
    started = stub(repo.path, tmp_path)
    git(repo.path, "push", "-q", "-f", url, *pushed.split())
    assert started.read_text().count("run.py pre-push") == 1


def test_from_an_agents_branch_every_push_is_judged(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    started = stub(repo.path, tmp_path)
    git(repo.path, "push", "-q", url, "main")
    assert "run.py pre-push" in started.read_text()


def test_without_the_list_every_branch_is_asked_about(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    started = stub(repo.path, tmp_path)
    repo.git("switch", "-q", "-c", "feature", "main")
    (repo.path / ".git/agentledger-hooks/branches").unlink()
    assert commit(repo.path, "docs/d.md").code == 0
    assert "run.py pre-commit" in started.read_text()


def test_a_brief_puts_its_branch_on_the_list(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    repo.git("switch", "-q", "-c", "fix-41", "main")
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.replace("task: x", "task: x\nbranch: fix-41")})
    repo.flush()
    assert commit(repo.path, "docs/d.md").code == 0  # nothing has read the brief yet
    assert command.run(repo.path, "board").code == 0
    assert "OWN001" in commit(repo.path, "docs/d.md").said


def test_policy_says_which_branches_are_listed(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    repo.commit("main", {".agentledger/config.toml": 'branches = ["bots/*", "bad \\\\ one"]\n'})
    repo.checkout()
    init(repo.path)
    listed = (repo.path / ".git/agentledger-hooks/branches").read_text().split("\n")
    assert listed == ["agent/*", "*/agent/*", "bots/*", ""]
    assert command.run(repo.path, "board", "--branches", "other/*").code == 0
    assert (repo.path / ".git/agentledger-hooks/branches").read_text().split("\n") == listed


# -- whatever is not the author's fault ---------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ledger_python='/nowhere/python'", "/nowhere/python or "),
        ("ledger_gate='/nowhere/run.py'", "/nowhere/run.py is gone"),
        ("ledger_python=/bin/false", "its check ended with 1"),
    ],
)
def test_what_is_gone_or_broken_lets_through_and_says_what_to_do(
    tmp_path: Path, line: str, told: str
) -> None:
    repo = ready(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    for name in ("pre-commit", "pre-push"):
        file = repo.path / ".git/hooks" / name
        key = line.partition("=")[0]
        file.write_text(re.sub(f"^{key}=.*$", line, file.read_text(), flags=re.MULTILINE))
    for ended in (commit(repo.path, "docs/d.md"), git(repo.path, "push", "-q", url, "agent/x")):
        assert ended.code == 0
        assert told in ended.said
        assert "agentledger has NOT checked this" in ended.said
        assert ended.said.splitlines()[-1].endswith("in the main worktree: agentledger init")
    again = init_again(repo)
    assert "pre-commit was changed since init wrote it" in again


def init_again(repo: Repo) -> str:
    repo.git("switch", "-q", "main")
    return init(repo.path)


def test_a_damaged_package_lets_through(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    package = tmp_path / "lib/agentledger/gates"
    package.mkdir(parents=True)
    file = repo.path / ".git/hooks/pre-commit"
    (gate,) = re.findall("^ledger_gate='?(.*?)'?$", file.read_text(), re.MULTILINE)
    (package / "run.py").write_bytes(Path(gate).read_bytes())  # and nothing else of it
    file.write_text(file.read_text().replace(gate, str(package / "run.py")))
    ended = commit(repo.path, "docs/d.md")
    assert ended.code == 0
    assert "ended with 1" in ended.said


def test_an_interrupted_check_lets_nothing_through(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    stub(repo.path, tmp_path, 130)
    before = repo.git("rev-parse", "HEAD")
    assert commit(repo.path, "src/a.py").code == 1
    assert repo.git("rev-parse", "HEAD") == before


def test_two_worktrees_commit_at_once(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    init(repo.path)
    desks = []
    for name in ("agent/x", "agent/x--2"):
        repo.git("branch", name, "main")
        desks.append(repo.worktree_add(tmp_path / name.replace("/", "-"), name).path)
        (desks[-1] / "docs/d.md").write_text(name)
    running = [
        subprocess.Popen(
            ["git", "commit", "-q", "-a", "-m", "m"], cwd=desk, stderr=subprocess.PIPE, text=True
        )
        for desk in desks * 3
    ]
    said = [process.communicate()[1] for process in running]
    judged = [text for text in said if "index.lock" not in text]  # the same worktree can be taken
    assert len(judged) >= 2
    assert all("OWN001" in text for text in judged), said
    assert list((repo.path / ".git/agentledger/tmp").iterdir()) == []


# -- where git starts them ---------------------------------------------------------------


def test_a_program_with_a_bare_path_is_judged_too(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    assert "OWN001" in commit(repo.path, "docs/d.md", env={"PATH": "/usr/bin:/bin"}).said


def test_from_anywhere_by_options(tmp_path: Path) -> None:
    repo = ready(tmp_path / "repo")
    (repo.path / "docs/d.md").write_text("changed\n")
    there = ["-C", "repo"], ["--git-dir", "repo/.git", "--work-tree", "repo"]
    for options in there:
        assert "OWN001" in git(tmp_path, *options, "commit", "-q", "-a", "-m", "m").said
    assert "OWN001" in git(repo.path / "src", "commit", "-q", "-a", "-m", "m").said


def test_a_submodules_own_hooks(tmp_path: Path) -> None:
    needs_part("git-sh-setup")
    inner, outer = made(tmp_path / "inner"), made(tmp_path / "outer")
    assert git(outer.path, "submodule", "add", "-q", str(inner.path), "sub").code == 0
    sub = Repo(outer.path / "sub")
    sub.git("branch", "agentledger", "origin/agentledger")
    init(sub.path)
    sub.git("switch", "-q", "-c", "agent/x", "main")
    assert "OWN001" in commit(sub.path, "docs/d.md").said
    assert commit(outer.path, "docs/d.md").code == 0
