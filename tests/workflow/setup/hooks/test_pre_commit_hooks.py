"""The pre-commit framework: our hook as others use it, and the entry that `init` writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import command
from checkout import ROOT
from clones import PRE_COMMIT, commit, git, init, made
from gitrepo import Repo

CHECKOUT = ROOT
BIN = Path(sys.executable).parent
SHIPPED = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
SHIPPED_FOLDERS = ("src", "hooks", "templates", "schemas", "site")
FOREIGN = "repos:\n  # theirs\n  - repo: meta\n    hooks:\n      - id: identity   # shows names\n"


def framework(repo: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PRE_COMMIT, *arguments], cwd=repo, capture_output=True, text=True, check=False)


def on_path(monkeypatch: pytest.MonkeyPatch, present: bool = True) -> None:
    """Put our programs on PATH, or see to it that they are not."""
    kept = [folder for folder in os.environ["PATH"].split(":") if Path(folder) != BIN]
    monkeypatch.setenv("PATH", ":".join([str(BIN), *kept] if present else kept))


def ready(folder: Path) -> Repo:
    repo = made(folder)
    init(repo.path, "--hooks", "pre-commit")
    stages = ("pre-commit", "pre-merge-commit", "pre-push")
    types = [word for stage in stages for word in ("--hook-type", stage)]
    assert framework(repo.path, "install", *types).returncode == 0
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "set up")
    repo.git("switch", "-q", "-c", "agent/x")
    return repo


def test_our_entry_stops_commits_merges_and_pushes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch)
    repo = ready(tmp_path / "repo")
    assert "OWN001" in commit(repo.path, "docs/d.md").said
    assert git(repo.path, "commit", "-q", "--no-verify", "-m", "slip").code == 0
    for first_push in (True, False):
        Repo.init(tmp_path / f"{first_push}", bare=True)
        if not first_push:
            repo.git("push", "-q", "--no-verify", str(tmp_path / f"{first_push}"), "main")
        ended = git(repo.path, "push", str(tmp_path / f"{first_push}"), "agent/x")
        assert ended.code == 1
        assert Repo(tmp_path / f"{first_push}").git("for-each-ref", "refs/heads/agent") == ""
    repo.git("reset", "-q", "--hard", "HEAD^")
    assert commit(repo.path, "src/a.py").code == 0
    repo.git("switch", "-q", "main")
    assert commit(repo.path, "docs/d.md").code == 0
    repo.git("switch", "-q", "agent/x")
    merged = git(repo.path, "merge", "--no-edit", "-s", "ours", "main")
    assert "OWN001" in merged.said
    assert git(repo.path, "merge", "--abort").code == 0
    assert git(repo.path, "merge", "-q", "--no-edit", "main").code == 0


def test_where_agentledger_is_not_installed_the_entry_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch)
    repo = ready(tmp_path / "repo")
    on_path(monkeypatch, present=False)
    assert shutil.which("agentledger-hook") is None
    assert commit(repo.path, "docs/d.md").code == 0


def test_the_entry_goes_to_the_end_of_the_list_and_out_again(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    file = repo.path / ".pre-commit-config.yaml"
    file.write_text(FOREIGN)
    assert "in each clone: pre-commit install" in init(repo.path, "--hooks", "pre-commit")
    assert file.read_text().startswith(FOREIGN + "  - repo: local\n")
    assert framework(repo.path, "validate-config").returncode == 0
    file.write_text(file.read_text() + "  - repo: meta\n    hooks: [{id: check-hooks-apply}]\n")
    init(repo.path, "--uninstall")
    assert file.read_text() == FOREIGN + "  - repo: meta\n    hooks: [{id: check-hooks-apply}]\n"


@pytest.mark.parametrize(
    "text", ["repos: []\n", "repos:\n- repo: meta\n  hooks: []\nfail_fast: true\n", "x: [\n"]
)
def test_where_that_is_not_safe_the_entry_is_shown(tmp_path: Path, text: str) -> None:
    repo = made(tmp_path / "repo")
    file = repo.path / ".pre-commit-config.yaml"
    file.write_text(text)
    assert "add this to that list:\n- repo: local" in init(repo.path, "--hooks", "pre-commit")
    assert file.read_text() == text


def test_a_hook_of_ones_own_can_start_it(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    repo.git("switch", "-q", "-c", "agent/x")
    (repo.path / "docs/d.md").write_text("changed\n")
    repo.git("add", "-A")
    program = str(BIN / "agentledger-hook")
    done = subprocess.run([program, "pre-commit"], cwd=repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, "OWN001" in done.stderr) == (1, True)
    repo.git("commit", "-q", "-m", "slip")
    line = f"refs/heads/agent/x {repo.git('rev-parse', 'HEAD')} refs/heads/agent/x {'0' * 40}\n"
    done = subprocess.run(
        [program, "pre-push"], cwd=repo.path, input=line, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "OWN001" in done.stderr) == (1, True)
    done = subprocess.run([program, "--help"], cwd=repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, "it knows pre-commit" in done.stderr) == (2, True)


@pytest.mark.slow
def test_the_framework_installs_and_runs_this_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    ours = Repo.init(tmp_path / "agentledger")
    for name in SHIPPED:
        shutil.copyfile(CHECKOUT / name, ours.path / name)
    for name in SHIPPED_FOLDERS:
        shutil.copytree(CHECKOUT / name, ours.path / name, ignore=shutil.ignore_patterns("__pycache__"))
    ours.git("add", "-A")
    ours.git("commit", "-q", "-m", "as it is")
    repo = made(tmp_path / "repo")
    repo.git("switch", "-q", "-c", "agent/x")
    rev = ours.git("rev-parse", "HEAD")
    entry = {"repo": str(ours.path), "rev": rev, "hooks": [{"id": "agentledger"}]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"repos": [entry]}))
    tried = framework(repo.path, "run", "--config", str(tmp_path / "config.yaml"))
    assert tried.returncode == 0, tried.stdout
    assert "Passed" in tried.stdout
    (repo.path / "docs/d.md").write_text("changed\n")
    repo.git("add", "-A")
    again = framework(repo.path, "run", "--config", str(tmp_path / "config.yaml"))
    assert again.returncode == 1
    assert "error OWN001 outside-scope [agent/x] docs/d.md" in again.stdout


def test_this_repository_uses_it_beside_its_other_checks() -> None:
    said = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())
    used = {hook["id"]: hook for repo in said["repos"] for hook in repo["hooks"]}
    (offered,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    assert {"ruff", "mypy", "agentledger"} <= used.keys()
    same = ("stages", "always_run", "pass_filenames")
    assert [used["agentledger"][key] for key in same] == [offered[key] for key in same]
    assert framework(CHECKOUT, "validate-config").returncode == 0
    assert framework(CHECKOUT, "validate-manifest").returncode == 0


@pytest.mark.parametrize("name", [".pre-commit-config.yml", "prek.toml"])
def test_the_file_that_prek_reads_gets_the_entry(tmp_path: Path, name: str) -> None:
    repo = made(tmp_path / "repo")
    file = repo.path / name
    before = '[[repos]]\nrepo = "meta"\nhooks = [{id = "identity"}]\n' if name == "prek.toml" else FOREIGN
    file.write_text(before)
    said = init(repo.path, "--hooks", "both")
    assert f"commit {name}, and in each clone: prek install --hook-type pre-commit" in said
    assert not (repo.path / ".pre-commit-config.yaml").exists()
    after = file.read_text()
    assert after.startswith(before)
    read = tomllib.loads(after) if name == "prek.toml" else yaml.safe_load(after)
    (hook,) = read["repos"][1]["hooks"]
    assert (hook["id"], hook["pass_filenames"]) == ("agentledger", False)
    assert hook["stages"] == ["pre-commit", "pre-merge-commit", "pre-push"]
    assert "has an entry already" in init(repo.path, "--hooks", "pre-commit")
    doctor = " ".join(command.run(repo.path, "doctor").out.split())
    assert "prek is not installed in this clone" in doctor
    assert "next: prek install" in doctor
    init(repo.path, "--uninstall")
    assert file.read_text() == before


def test_a_prek_toml_whose_list_cannot_be_added_to_stays(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    (repo.path / "prek.toml").write_text("repos = []\n")
    said = init(repo.path, "--hooks", "pre-commit")
    assert "prek.toml does not end with its list of repos" in said
    assert (repo.path / "prek.toml").read_text() == "repos = []\n"
