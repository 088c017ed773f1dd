"""`agentledger sync`: which remote it takes, and how it refuses: one sentence, a hint, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import refused
from controls import NAME, REMOTE, files, hook, say, server, synced, tips
from gitrepo import Repo
from gitversions import needs_part

pytestmark = pytest.mark.versions

BRIEF = "tasks/login/brief.md"
ANSWER = "tasks/login/answers/1.md"


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


# -- which remote ------------------------------------------------------------------------------


def test_without_a_remote_it_says_how_to_have_one(tmp_path: Path) -> None:
    alone = Repo.init(tmp_path)
    alone.commit("main", {"a": "1"})
    alone.flush()
    result = refused(tmp_path, "sync")
    assert "no remote" in result.message
    assert "git remote add" in result.hint


def test_of_several_remotes_origin_is_taken_or_one_is_named(here: Repo, tmp_path: Path) -> None:
    other = server(tmp_path / "other.git")
    here.git("remote", "add", "backup", str(other.path))
    say(here, BRIEF)
    assert synced(here)["remote"] == "origin"
    assert synced(here, "--remote", "backup")["remote_ref"] == f"refs/remotes/backup/{NAME}"
    assert list(files(other)) == [BRIEF]
    assert "there are: backup, origin" in refused(here.path, "sync", "--remote", "bakcup").hint
    here.git("remote", "rename", "origin", "work")
    assert "which remote" in refused(here.path, "sync").message
    here.git("config", f"branch.{NAME}.remote", "work")
    assert synced(here)["remote"] == "work"


# -- what is refused ---------------------------------------------------------------------------


def test_an_empty_remote_does_not_get_it_as_its_default_branch(tmp_path: Path) -> None:
    empty = Repo.init(tmp_path / "empty.git", bare=True)
    mine = Repo.init(tmp_path / "mine")
    mine.commit("main", {"a": "1"})
    mine.git("remote", "add", "origin", str(empty.path))
    say(mine, BRIEF)
    result = refused(mine.path, "sync")
    assert "would become its default" in result.message
    mine.git(*result.hint.partition("git ")[2].replace("HEAD", "main").split())
    synced(mine)


@pytest.mark.parametrize("pruned", [True, False])
def test_a_branch_that_was_deleted_there_comes_back_only_when_told(
    here: Repo, phone: Repo, origin: Repo, pruned: bool
) -> None:
    commit = say(here, BRIEF)
    synced(here)
    phone.git("push", "-q", "origin", f":{NAME}")
    if pruned:
        here.git("fetch", "-q", "--prune")
        assert here.exit_code("rev-parse", "-q", "--verify", REMOTE) == 1
    result = refused(here.path, "sync")
    assert "deleted there" in result.message
    assert result.hint.startswith("agentledger sync --recreate")
    assert origin.exit_code("rev-parse", "-q", "--verify", NAME) == 1
    assert here.git("rev-parse", NAME) == commit
    synced(here, "--recreate")
    assert tips(here, origin) == {commit}


def test_a_servers_refusal_is_told_in_its_words_and_nothing_is_lost(here: Repo, origin: Repo) -> None:
    hook(origin, "pre-receive", "echo >&2 'error: GH006: Only managers push here.'; exit 1")
    commit = say(here, BRIEF)
    result = refused(here.path, "sync")
    assert result.message == f"origin refuses {NAME}: GH006: Only managers push here."
    assert "nothing is lost" in result.hint
    assert here.git("rev-parse", NAME) == commit


def test_a_server_that_refuses_without_a_word_is_told_too(here: Repo, origin: Repo) -> None:
    hook(origin, "pre-receive", "exit 1")
    say(here, BRIEF)
    message = f"origin refuses {NAME}: [remote rejected] (pre-receive hook declined)"
    assert refused(here.path, "sync").message == message


def test_what_was_fetched_stays_when_the_push_is_refused(here: Repo, phone: Repo, origin: Repo) -> None:
    say(phone, BRIEF)
    synced(phone)
    say(here, ANSWER)
    hook(origin, "pre-receive", "exit 1")
    refused(here.path, "sync")
    assert set(files(here)) == {BRIEF, ANSWER}


def test_a_hook_here_that_stops_the_push_is_named(here: Repo) -> None:
    hook(here, "pre-push", "echo >&2 tests fail; exit 1")
    say(here, BRIEF)
    assert (
        refused(here.path, "sync").message == f"a pre-push hook of this repository stops {NAME}: tests fail"
    )


def test_offline_nothing_is_lost_and_no_token_is_told(here: Repo) -> None:
    needs_part("git-remote-https")
    here.git("remote", "set-url", "origin", "https://me:secret@localhost:1/x.git")
    say(here, BRIEF)
    result = refused(here.path, "sync")
    assert result.message.startswith("git cannot talk to origin: unable to access")
    assert "secret" not in result.err
    assert "nothing is lost" in result.hint


def test_a_remote_that_is_gone_is_told(here: Repo, tmp_path: Path) -> None:
    here.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    assert "does not appear to be a git repository" in refused(here.path, "sync").message


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_persons_branch_of_that_name_goes_nowhere(here: Repo, phone: Repo, origin: Repo, side: str) -> None:
    (here if side == "here" else phone).git("branch", NAME, "main")
    if side == "there":
        phone.git("push", "-q", "origin", NAME)
        say(here, BRIEF)
    before = origin.git("for-each-ref")
    result = refused(here.path, "sync")
    assert "is not the control branch: it holds a.txt" in result.message
    assert "[control]" in result.hint
    assert origin.git("for-each-ref") == before


def test_a_worktree_that_has_it_checked_out_is_refused(here: Repo, tmp_path: Path) -> None:
    say(here, BRIEF)
    here.worktree_add(tmp_path / "w", NAME)
    assert "is checked out in" in refused(here.path, "sync").message


def test_an_address_that_is_an_option_is_none(here: Repo, tmp_path: Path) -> None:
    here.git("config", "remote.origin.url", f"--upload-pack=touch {tmp_path}/ran")
    refused(here.path, "sync")
    assert not (tmp_path / "ran").exists()
