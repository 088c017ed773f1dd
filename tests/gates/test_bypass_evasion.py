"""Ways around the hooks themselves: what slips past one gate is stopped at the next, at last by `check`.

Belongs here: hooks as `init` installs them, skipped, silenced, gone, or never asked. Does not: hooks that are
damaged by accident (see `test_hooks`), or what a gate finds (see the other `test_bypass_…`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.workflow.setup.hooks.test_pre_commit_hooks import on_path
from tests.workflow.setup.hooks.test_pre_commit_hooks import ready as with_framework

from clones import commit, git, init, made
from command import run
from desk import Pushed, checked, stopping
from gitrepo import Repo


class Clone:
    """A repository made ready by `init`, on the branch of its task, with a remote."""

    def __init__(self, folder: Path) -> None:
        self.repo = made(folder / "repo")
        init(self.repo.path)
        self.remote = Repo.init(folder / "remote", bare=True)
        self.repo.git("remote", "add", "origin", str(self.remote.path))
        self.repo.git("push", "-q", "--no-verify", "origin", "main")
        self.repo.git("switch", "-q", "-c", "agent/x", "main")

    def push(self, *arguments: str) -> set[str]:
        return stopping(git(self.repo.path, "push", "-q", "origin", *arguments).said)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


SKIPS = {
    "SKIP": "agentledger",
    "PRE_COMMIT_ALLOW_NO_CONFIG": "1",
    "HUSKY": "0",
    "LEFTHOOK": "0",
    "CI": "true",
}


def test_the_switches_of_other_tools_are_no_switch_of_ours(clone: Clone) -> None:
    assert "OWN001" in commit(clone.repo.path, "docs/d.md", env=SKIPS).said
    git(clone.repo.path, "reset", "-q", "--hard")
    assert commit(clone.repo.path, "src/a.py", env=SKIPS).code == 0


def test_what_the_framework_is_told_to_skip_is_found_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch)
    repo = with_framework(tmp_path / "repo")
    assert commit(repo.path, "docs/d.md", env=SKIPS).code == 0
    remote = Repo.init(tmp_path / "remote", bare=True)
    repo.git("push", "-q", "--no-verify", str(remote.path), "main")
    assert git(repo.path, "push", "-q", str(remote.path), "agent/x").code == 1
    assert git(repo.path, "push", "-q", str(remote.path), "agent/x", env=SKIPS).code == 0
    assert "OWN001" in checked(repo)


Way = tuple[tuple[str, ...], dict[str, str]]
SILENCED: dict[str, Way] = {
    "an option": (("-c", "core.hooksPath=/dev/null"), {}),
    "the environment": (
        (),
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": "/nowhere"},
    ),
}


@pytest.mark.parametrize("way", SILENCED)
def test_a_commit_with_the_hooks_silenced_is_stopped_at_the_push(clone: Clone, way: str) -> None:
    options, env = SILENCED[way]
    path = clone.repo.path
    (path / "docs/d.md").write_text("slip\n")
    assert git(path, *options, "commit", "-q", "-a", "-m", "slip", env=env).code == 0
    assert clone.push("agent/x") == {"OWN001"}
    assert git(path, *options, "push", "-q", "origin", "agent/x", env=env).code == 0
    assert checked(clone.repo) == {"OWN001"}
    assert run(path, "check", "--range", "main..agent/x").code == 1
    git(path, "reset", "-q", "--hard", "main")
    assert commit(path, "src/a.py").code == 0
    assert checked(clone.repo) == set()


def test_hooks_that_a_worktrees_settings_silence_are_missed_by_check_and_doctor(
    clone: Clone, tmp_path: Path
) -> None:
    clone.repo.git("switch", "-q", "main")
    desk = clone.repo.worktree_add(tmp_path / "desk", "agent/x")
    clone.repo.git("config", "extensions.worktreeConfig", "true")
    desk.git("config", "--worktree", "core.hooksPath", "/nowhere")
    assert commit(desk.path, "docs/d.md").code == 0
    assert git(desk.path, "push", "-q", "origin", "agent/x").code == 0
    assert checked(clone.repo) == {"OWN001"}
    assert "off" in run(desk.path, "doctor").out
    desk.git("config", "--worktree", "--unset", "core.hooksPath")
    assert "OWN001" in commit(desk.path, "docs/d.md").said


def by_plumbing(repo: Repo, path: str) -> None:
    """What libraries and web pages do: objects and a ref, and no hook."""
    blob = repo.git("hash-object", "-w", "--stdin", input="slip\n")
    env = {"GIT_INDEX_FILE": str(repo.path / ".git/other-index")}
    for arguments in (
        ["read-tree", "HEAD"],
        ["update-index", "--add", "--cacheinfo", f"100644,{blob},{path}"],
    ):
        assert git(repo.path, *arguments, env=env).code == 0
    (repo.path / ".git/index").write_bytes((repo.path / ".git/other-index").read_bytes())
    commit = repo.git("commit-tree", "-p", "HEAD", "-m", "slip", repo.git("write-tree"))
    repo.git("update-ref", "refs/heads/agent/x", commit)


def by_a_ref_file(repo: Repo, path: str) -> None:
    repo.git("switch", "-q", "--detach")
    by_plumbing(repo, path)
    made_at = repo.git("rev-parse", "agent/x")
    (repo.path / ".git/refs/heads/agent/x").write_text(made_at + "\n")


@pytest.mark.parametrize("way", [by_plumbing, by_a_ref_file])
def test_a_commit_without_a_hook_is_stopped_at_the_push(
    clone: Clone, way: Callable[[Repo, str], None]
) -> None:
    way(clone.repo, "docs/d.md")
    assert clone.push("agent/x") == {"OWN001"}
    assert checked(clone.repo) == {"OWN001"}
    clone.repo.git("update-ref", "refs/heads/agent/x", "main")
    way(clone.repo, "src/b.py")
    assert clone.push("agent/x") == set()
    assert checked(clone.repo) == set()


def test_from_any_branch_a_push_is_judged_by_where_it_goes(clone: Clone) -> None:
    clone.repo.git("switch", "-q", "-c", "feature", "main")
    assert commit(clone.repo.path, "docs/d.md", "a slip, and more").code == 0
    assert clone.push("HEAD^{/a slip}:refs/heads/agent/x") == {"OWN001"}
    assert clone.push("HEAD^{/a slip}:refs/heads/feature") == set()
    assert clone.remote.git("for-each-ref", "--format=%(refname)").split()[0] == "refs/heads/feature"


def test_without_an_interpreter_it_is_let_through_loudly_and_found_later(clone: Clone) -> None:
    for name in ("pre-commit", "pre-push"):
        file = clone.repo.path / ".git/hooks" / name
        file.write_text(file.read_text().replace("\nledger_python=", "\nledger_python=/nowhere"))
    ended = commit(clone.repo.path, "docs/d.md")
    assert (ended.code, "agentledger has NOT checked this" in ended.said) == (0, True)
    ended = git(clone.repo.path, "push", "-q", "origin", "agent/x")
    assert (ended.code, "agentledger has NOT checked this" in ended.said) == (0, True)
    assert checked(clone.repo) == {"OWN001"}
    git(clone.repo.path, "reset", "-q", "--hard", "main")
    assert commit(clone.repo.path, "src/a.py").code == 0
    assert checked(clone.repo) == set()


# -- what git would make of a merge here ----------------------------------------------------


@pytest.mark.parametrize(
    "where", [".gitattributes", ".git/info/attributes", "core.attributesFile", "on base"]
)
@pytest.mark.parametrize("driver", ["union", "mine"])
def test_attributes_and_drivers_settle_no_conflict(tmp_path: Path, where: str, driver: str) -> None:
    here = Pushed(tmp_path, linked=False)
    ran = tmp_path / "ran"
    here.repo.git("config", "merge.mine.driver", f"touch '{ran}'; true")
    here.repo.git("config", "merge.default", "mine")
    attributes = f"docs/* merge={driver}\n"
    base = {"docs/d.md": "theirs\n" + "d\n" * 19}
    if where == "on base":
        base[".gitattributes"] = attributes
    elif where == "core.attributesFile":
        (tmp_path / "attributes").write_text(attributes)
        here.repo.git("config", where, str(tmp_path / "attributes"))
    else:
        (here.repo.path / where).parent.mkdir(exist_ok=True)
        (here.repo.path / where).write_text(attributes)
    exclude = here.repo.path / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(".gitattributes\n")
    here.slip("docs/d.md", "mine\n" + "d\n" * 19)
    here.repo.commit("main", base, parents=[here.repo.git("rev-parse", "main")])
    here.repo.flush()
    assert stopping(here.push("agent/x")) == {"OWN001"}
    assert checked(here.repo) == {"OWN001"}
    here.desk.git("reset", "-q", "--hard", "agent/x^")
    here.slip("src/a.py")
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
    assert not ran.exists()


def test_the_gates_write_nothing_into_the_repository(clone: Clone) -> None:
    assert commit(clone.repo.path, "docs/d.md").code == 1
    git(clone.repo.path, "commit", "-q", "-n", "-m", "slip")
    before = clone.repo.count_objects(), clone.repo.git("for-each-ref")
    assert clone.push("agent/x") == {"OWN001"}
    assert checked(clone.repo) == {"OWN001"}
    assert (clone.repo.count_objects(), clone.repo.git("for-each-ref")) == before
    assert list((clone.repo.path / ".git/agentledger/tmp").iterdir()) == []
