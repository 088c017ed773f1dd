"""`agentledger sync`: what it does with real remotes, and how it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentledger.control.append import commit_files
from agentledger.git import process
from agentledger.model.errors import GitError
from agentledger.workflow.manage import remote_branch, sync
from checkout import ROOT
from command import run
from controls import NAME, files, hook, say, server, synced, tips
from desk import BRIEF as FULL
from gitrepo import Repo

pytestmark = pytest.mark.versions

BRIEF = "tasks/login/brief.md"
ANSWER = "tasks/login/answers/1.md"
SECOND = "tasks/login/answers/2.md"


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    return server(tmp_path / "origin.git")


@pytest.fixture
def here(origin: Repo, tmp_path: Path) -> Repo:
    return origin.clone(tmp_path / "here")


@pytest.fixture
def phone(origin: Repo, tmp_path: Path) -> Repo:
    """Somebody else's clone."""
    return origin.clone(tmp_path / "phone")


# -- what it does ---------------------------------------------------------------------------


def test_nothing_anywhere_is_no_error(here: Repo) -> None:
    result = run(here.path, "sync")
    assert (result.code, result.err) == (0, "")
    assert result.out == f"there is no branch {NAME} yet, here or on origin\n"
    assert synced(here)["head"] is None


def test_the_first_push_makes_the_branch_there(here: Repo, origin: Repo) -> None:
    commit = say(here, BRIEF)
    done = synced(here)
    assert (done["head"], done["local_before"], done["remote_before"]) == (commit, commit, None)
    assert done["pushed"] == {"commits": [commit], "paths": [BRIEF]}
    assert done["fetched"] == {"commits": [], "paths": []}
    assert tips(here, origin) == {commit}


def test_a_second_sync_does_nothing(here: Repo, origin: Repo) -> None:
    say(here, BRIEF)
    synced(here)
    hook(origin, "pre-receive", "exit 1")
    assert run(here.path, "sync").out == f"{NAME}, with origin: nothing new\n"


def test_what_is_new_there_comes_here(here: Repo, phone: Repo, origin: Repo) -> None:
    say(phone, BRIEF)
    synced(phone)
    done = synced(here)
    assert done["fetched"]["paths"] == [BRIEF]
    assert done["local_before"] is None
    commit = say(phone, ANSWER)
    synced(phone)
    result = run(here.path, "sync")
    assert result.out == f"{NAME}, with origin: fetched 1 commit (1 file)\n"
    assert tips(here, origin) == {commit}


def test_diverged_copies_are_united_in_a_merge_and_pushed(here: Repo, phone: Repo, origin: Repo) -> None:
    say(here, BRIEF)
    synced(here)
    synced(phone)
    theirs = say(phone, SECOND)
    synced(phone)
    mine = say(here, ANSWER)
    done = synced(here)
    assert here.git("rev-list", "--parents", "-1", NAME).split() == [done["merge"], mine, theirs]
    assert (done["fetched"]["paths"], done["pushed"]["paths"]) == ([SECOND], [ANSWER])
    assert done["pushed"]["commits"] == [done["merge"], mine]
    assert set(files(origin)) == {BRIEF, ANSWER, SECOND}
    assert done["kept"] == []
    assert tips(here, origin) == {done["head"]}


def test_of_a_brief_that_both_changed_the_local_one_is_kept_beside(
    here: Repo, phone: Repo, origin: Repo
) -> None:
    say(here, BRIEF, "v1\n")
    synced(here)
    synced(phone)
    say(phone, BRIEF, "theirs\n", replace=True)
    synced(phone)
    mine = say(here, BRIEF, "mine\n", replace=True)
    beside = f"tasks/login/brief.{mine[:8]}.md"
    result = run(here.path, "sync")
    assert f"{BRIEF}: both had changed it. origin's counts; yours is kept as {beside}" in result.out
    assert files(origin) == {BRIEF: "theirs\n", beside: "mine\n"}


def test_branches_that_began_apart_unite(here: Repo, phone: Repo, origin: Repo) -> None:
    say(phone, BRIEF)
    synced(phone)
    say(here, ANSWER)
    done = synced(here)
    assert done["merge"]
    assert set(files(origin)) == {BRIEF, ANSWER}


def test_a_push_that_came_first_is_united_with(here: Repo, phone: Repo, origin: Repo, tmp_path: Path) -> None:
    say(here, BRIEF)
    synced(here)
    synced(phone)
    say(phone, SECOND)
    mine = say(here, ANSWER)
    # While this push is on its way, the other one arrives.
    other = (
        f"test -e {tmp_path}/once || {{ touch {tmp_path}/once; git -C {phone.path} push -q origin {NAME}; }}"
    )
    hook(here, "pre-push", other)
    done = synced(here)
    assert done["merge"]
    assert mine in done["pushed"]["commits"]
    assert set(files(origin)) == {BRIEF, ANSWER, SECOND}
    assert tips(here, origin) == {done["head"]}


def test_somebody_who_is_always_first_ends_it(
    here: Repo, origin: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(here, BRIEF)
    monkeypatch.setattr(remote_branch.Link, "push", lambda *_: False)
    monkeypatch.setattr(sync, "ROUNDS", 2)
    with pytest.raises(GitError, match="all the time"):
        sync.sync_control_branch(here.path)


def test_a_remotes_rewritten_copy_never_costs_what_is_here(here: Repo, phone: Repo, origin: Repo) -> None:
    say(here, BRIEF)
    synced(here)
    mine = say(here, ANSWER)
    origin.git("update-ref", "-d", f"refs/heads/{NAME}")
    say(phone, SECOND)
    synced(phone)
    done = synced(here)
    assert set(files(origin)) == {BRIEF, ANSWER, SECOND}
    assert here.exit_code("merge-base", "--is-ancestor", mine, done["head"]) == 0


def test_a_mirroring_refspec_does_not_overwrite_the_local_branch(
    here: Repo, phone: Repo, origin: Repo
) -> None:
    say(here, BRIEF)
    synced(here)
    synced(phone)
    say(phone, SECOND)
    synced(phone)
    say(here, ANSWER)
    here.git("config", "remote.origin.fetch", "+refs/heads/*:refs/heads/*")
    here.git("config", "fetch.prune", "true")
    here.git("switch", "-q", "--detach")
    synced(here)
    assert set(files(origin)) == {BRIEF, ANSWER, SECOND}


def test_a_clone_of_one_branch_and_no_depth_gets_it_by_name(
    origin: Repo, phone: Repo, tmp_path: Path
) -> None:
    for path in (BRIEF, ANSWER):
        say(phone, path)
    synced(phone)
    cut = origin.clone(tmp_path / "cut", "--depth=1", "--single-branch", "--branch=main")
    assert len(synced(cut)["fetched"]["commits"]) == 2
    commit = say(cut, SECOND)
    synced(cut)
    assert tips(cut, origin) == {commit}


def test_neither_files_nor_the_time_of_the_last_fetch_change(here: Repo, phone: Repo) -> None:
    say(phone, BRIEF)
    synced(phone)
    before = here.git("status", "--porcelain", "--branch"), (here.path / ".git/FETCH_HEAD").exists()
    synced(here)
    assert (here.git("status", "--porcelain", "--branch"), (here.path / ".git/FETCH_HEAD").exists()) == before


def test_tags_and_other_branches_stay_where_they_are(here: Repo, origin: Repo) -> None:
    commit = say(here, BRIEF)
    here.git("tag", "-a", "-m", "t", "v1", commit)
    here.git("config", "push.followTags", "true")
    here.git("branch", "mine")
    synced(here)
    assert origin.git("for-each-ref", "--format=%(refname)").split() == [
        f"refs/heads/{NAME}",
        "refs/heads/main",
    ]


def test_the_policy_names_the_branch(here: Repo, origin: Repo) -> None:
    config = '[control]\nbranch = "fleet-control"\n'
    here.commit("main", {".agentledger/config.toml": config}, parents=[here.git("rev-parse", "main")])
    here.flush()
    here.git("branch", NAME, "main")
    commit_files(process.repository_at(here.path), {BRIEF: b"x"}, "m", name="fleet-control")
    assert synced(here)["branch"] == "fleet-control"
    assert list(files(origin, "fleet-control")) == [BRIEF]


# -- progress -----------------------------------------------------------------------------------


def test_progress_is_told_in_stages(here: Repo, phone: Repo) -> None:
    for number in range(40):
        say(phone, f"tasks/t/answers/{number}.md", os.urandom(3000))
    stages: list[str] = []
    sync.sync_control_branch(phone.path, progress=lambda stage, _done, _total: stages.append(stage))
    assert "pushing" in stages
    stages.clear()
    sync.sync_control_branch(here.path, progress=lambda stage, _done, _total: stages.append(stage))
    assert "fetching" in stages


def test_in_a_pipe_nothing_is_said_meanwhile(here: Repo) -> None:
    say(here, BRIEF)
    assert run(here.path, "sync").err == ""


# -- the page about it --------------------------------------------------------------------------

PAGE = ROOT / "docs" / "sync.md"


def test_the_commands_of_the_page_work(here: Repo) -> None:
    text = PAGE.read_text(encoding="utf-8")
    commands = [line.split()[1:] for line in text.splitlines() if line.startswith("agentledger ")]
    assert len(commands) == 3
    say(here, BRIEF)
    for command in commands:
        assert run(here.path, *command).code == 0, command


def test_the_hooks_learn_of_a_branch_that_a_brief_names(here: Repo, phone: Repo) -> None:
    run(here.path, "init", "--yes")
    brief = FULL.format("['src/**']", "branch: fix-41\n").replace("task: x", "task: login")
    phone.commit(NAME, {BRIEF: brief}, parents=[])
    phone.flush()
    synced(phone)
    names = here.path / ".git/agentledger-hooks/branches"
    assert "fix-41" not in names.read_text()
    synced(here)
    assert "fix-41" in names.read_text().split()
