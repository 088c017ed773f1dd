"""`agentledger init` and back: nothing that was there is lost, and nothing stays that was not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import clones
import command
from agentledger.documents.policy_keys import POLICY
from agentledger.ledger import config
from agentledger.model.policy import Policy
from agentledger.repository import agents
from agentledger.storage import resources
from clones import LEFTHOOK, everything, hook, init, made
from gitrepo import Repo


class Clone(NamedTuple):
    """A clone: where commands are run, and all folders that init could touch."""

    here: Path
    folders: tuple[Path, ...]


def plain(folder: Path) -> Clone:
    repo = made(folder / "repo")
    return Clone(repo.path, (repo.path,))


def odd_path(folder: Path) -> Clone:
    repo = made(folder / 'it\'s a "repo" $HOME')
    return Clone(repo.path, (repo.path,))


def own_hooks(folder: Path) -> Clone:
    repo = made(folder / "repo")
    hook(repo.path / ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    hook(
        repo.path / ".git/hooks/pre-push", "#!/bin/sh\nexit 0\n", 0o644
    )  # not executable: git passes it over
    hook(repo.path / ".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n", 0o700)
    (repo.path / ".git/hooks/pre-merge-commit").symlink_to("pre-commit")
    return Clone(repo.path, (repo.path,))


def pre_commit(folder: Path) -> Clone:
    repo = made(folder / "repo")
    (repo.path / ".pre-commit-config.yaml").write_text("repos: []\n")
    hook(repo.path / ".git/hooks/pre-push", "#!/bin/sh\nexit 0\n")
    types = ["--hook-type", "pre-commit", "--hook-type", "pre-push"]
    subprocess.run([clones.PRE_COMMIT, "install", *types], cwd=repo.path, check=True, capture_output=True)
    return Clone(repo.path, (repo.path,))


def lefthook(folder: Path) -> Clone:
    repo = made(folder / "repo")
    for name in ("pre-commit", "prepare-commit-msg"):
        hook(repo.path / ".git/hooks" / name, LEFTHOOK)
    return Clone(repo.path, (repo.path,))


def husky(folder: Path) -> Clone:
    repo = made(folder / "repo")
    clones.husky(repo.path)
    repo.git("config", "core.hooksPath", ".husky/_")
    worktrees = [repo.worktree_add(folder / name, name).path for name in _branched(repo)]
    return Clone(repo.path, (repo.path, *worktrees))


def worktrees(folder: Path) -> Clone:
    repo = made(folder / "repo")
    linked = [repo.worktree_add(folder / name, name).path for name in _branched(repo)]
    return Clone(linked[1], (repo.path, *linked))


def bare(folder: Path) -> Clone:
    """A bare repository with worktrees beside it, and hooks in a folder that a person set."""
    repo = made(folder / "repo.git", "--bare")
    linked = [repo.worktree_add(folder / name, name).path for name in ("main", *_branched(repo))]
    hook(folder / "theirs/pre-commit", "#!/bin/sh\nexit 0\n")
    repo.git("config", "core.hooksPath", str(folder / "theirs"))
    return Clone(linked[0], (repo.path, *linked, folder / "theirs"))


def submodule(folder: Path) -> Clone:
    inner, outer = made(folder / "inner"), made(folder / "outer")
    add = ["submodule", "add", "--quiet", str(inner.path), "sub module"]
    assert clones.git(outer.path, *add).code == 0
    sub = Repo(outer.path / "sub module")
    sub.git("branch", "agent/x", "main")
    linked = sub.worktree_add(folder / "linked", "agent/x").path
    sub.git("config", "core.hooksPath", "theirs")
    return Clone(sub.path, (outer.path, linked))


def _branched(repo: Repo) -> tuple[str, ...]:
    for name in ("agent/x", "feature"):
        repo.git("branch", name, "main")
    return "agent/x", "feature"


KINDS = (plain, odd_path, own_hooks, pre_commit, lefthook, husky, worktrees, bare, submodule)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
Kind = Callable[[Path], Clone]


@every_kind
@pytest.mark.parametrize("way", ["native", "both"])
def test_uninstalling_leaves_everything_as_it_was(tmp_path: Path, kind: Kind, way: str) -> None:
    clone = kind(tmp_path)
    before = everything(*clone.folders)
    init(clone.here, "--hooks", way)
    assert everything(*clone.folders) != before
    init(clone.here, "--uninstall")
    assert everything(*clone.folders) == before


@every_kind
def test_a_second_run_changes_nothing(tmp_path: Path, kind: Kind) -> None:
    clone = kind(tmp_path)
    first = init(clone.here, "--hooks", "both")
    assert "wrote" in first
    after = everything(*clone.folders)
    assert "all of it is there already" in init(clone.here, "--hooks", "both")
    assert everything(*clone.folders) == after


@every_kind
def test_a_dry_run_shows_everything_and_changes_nothing(tmp_path: Path, kind: Kind) -> None:
    clone = kind(tmp_path)
    before = everything(*clone.folders)
    shown = init(clone.here, "--hooks", "both", "--dry-run")
    assert everything(*clone.folders) == before
    init(clone.here, "--hooks", "both")
    changed = {path for path, now in everything(*clone.folders).items() if before.get(path) != now}
    files = {path for path in changed if not Path(path).is_dir()}
    assert {path for path in files if Path(path).name not in shown} == set()
    assert "+version = 1" in shown
    back = init(clone.here, "--uninstall", "--dry-run")
    assert "-version = 1" in back
    assert {path for path, now in everything(*clone.folders).items() if before.get(path) != now} == changed


def test_what_was_changed_since_is_left_alone_and_named(tmp_path: Path) -> None:
    repo = plain(tmp_path).here
    init(repo, "--hooks", "both")
    for path in (".agentledger/config.toml", ".git/hooks/pre-push", ".pre-commit-config.yaml"):
        with (repo / path).open("a") as file:
            file.write("# mine\n")
    said = init(repo, "--uninstall")
    assert (repo / ".agentledger/config.toml").exists()
    assert (repo / ".git/hooks/pre-push").read_text().endswith("# mine\n")
    assert not (repo / ".git/hooks/pre-commit").exists()
    assert (repo / ".pre-commit-config.yaml").read_text() == "repos:\n# mine\n"
    assert len(re.findall("left alone", said)) == 2, said


def test_what_is_committed_stays(tmp_path: Path) -> None:
    repo = plain(tmp_path).here
    init(repo)
    assert clones.git(repo, "add", ".agentledger").code == 0
    assert clones.git(repo, "commit", "-q", "-m", "policy").code == 0
    said = init(repo, "--uninstall")
    assert "git rm removes it for everybody" in said
    assert clones.git(repo, "diff", "--exit-code").code == 0


def test_other_settings_made_since_stay(tmp_path: Path) -> None:
    clone = husky(tmp_path)
    shared = clone.here / ".git/config"
    before = shared.read_bytes()
    init(clone.here)
    clones.git(clone.here, "config", "user.name", "Ana")
    init(clone.here, "--uninstall")
    now = shared.read_bytes()
    assert now.replace(b"[user]\n\tname = Ana\n", b"") == before


def test_a_worktrees_own_settings_keep_what_they_need(tmp_path: Path) -> None:
    clone = bare(tmp_path)
    init(clone.here)
    clones.git(clone.folders[2], "config", "--worktree", "user.name", "Ana")
    said = init(clone.here, "--uninstall")
    assert "stays on" in said
    asked = Repo(clone.folders[2])
    assert asked.git("config", "user.name") == "Ana"
    assert asked.git("config", "core.hooksPath") == str(tmp_path / "theirs")
    assert Repo(clone.folders[0]).git("rev-parse", "--is-bare-repository") == "true"
    clones.git(clone.folders[2], "config", "--worktree", "--unset", "user.name")
    (clone.folders[0] / "worktrees/x/config.worktree").write_text("")
    assert "stays on" not in init(clone.here, "--uninstall")
    assert Repo(clone.folders[0]).git("config", "--local", "--list").count("worktreeconfig") == 0


def test_a_worktree_made_of_an_agents_is_freed_as_well(tmp_path: Path) -> None:
    clone = husky(tmp_path)
    init(clone.here)
    add = ["worktree", "add", "-q", "-b", "agent/y", str(tmp_path / "y")]
    assert clones.git(clone.folders[1], *add).code == 0
    assert Repo(tmp_path / "y").git("config", "core.hooksPath").endswith("agentledger-hooks")
    init(clone.here, "--uninstall")
    assert Repo(tmp_path / "y").git("config", "core.hooksPath") == ".husky/_"


def test_an_agents_worktree_is_no_place_for_it(tmp_path: Path) -> None:
    clone = worktrees(tmp_path)
    before = everything(*clone.folders)
    said = command.refused(clone.folders[1], "init")
    assert "agent/x" in said.message
    assert everything(*clone.folders) == before


def test_before_the_first_commit_the_defaults_do(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "new")
    before = everything(repo.path)
    init(repo.path)
    assert (repo.path / ".agentledger/config.toml").exists()
    init(repo.path, "--uninstall")
    assert everything(repo.path) == before


def test_a_policy_that_is_there_stays(tmp_path: Path) -> None:
    repo = plain(tmp_path).here
    hook(repo / ".agentledger/config.toml", "version = 1\n", 0o644)
    init(repo)
    assert (repo / ".agentledger/config.toml").read_text() == "version = 1\n"
    init(repo, "--uninstall")
    assert (repo / ".agentledger/config.toml").exists()


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    repo = plain(tmp_path).here
    init(repo)
    (repo / ".git/agentledger-hooks/manifest.json").write_text("{")
    assert "manifest.json" in command.refused(repo, "init", "--uninstall").message


# -- the policy that is written ----------------------------------------------------------


def written() -> str:
    return (resources.resource_folder("templates") / "init/config.toml").read_text()


def test_the_policy_as_written_says_nothing_but_the_defaults() -> None:
    assert config.parse("config.toml", written().encode()) == Policy()


def test_every_key_is_in_it_with_its_default() -> None:
    text = re.sub(r"^# (?=\[|\w+ = |  \"|\]$)", "", written(), flags=re.MULTILINE)
    policy = config.parse("config.toml", text.encode())
    assert policy.problems == ()
    usual = Policy()
    examples = {"base", "managers", "protected", "shared", "open"}
    examples |= {
        "companions",
        "delegations",
        "checks",
        "reviews",
        "spawn_copy",
        "spawn_setup",
        "rules",
        "branches",
    }
    for name in Policy.__slots__:
        assert name in examples or getattr(policy, name) == getattr(usual, name), name
    assert set(policy.branches) == set(agents.DEFAULT_PATTERNS)
    named = set(re.findall(r"^\[*(\w+)(?:\]| = )", text, re.MULTILINE))
    assert {key.name for key in POLICY.keys} <= named
