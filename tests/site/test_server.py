"""`agentledger serve` over real repositories: what makes it build, what does not, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import refused, run
from gitrepo import START, Repo
from serving import Serving, opened, serving, until

pytestmark = pytest.mark.alone

IDLE = 1.5  # seconds; a loop would build several times in them


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main, checked out, and two agent branches."""
    made = Repo.init(tmp_path / "shop")
    root = made.commit("main", {"a.txt": "1\n"})
    made.commit("claude/login", {"b.txt": "1\n"}, parents=[root], message="Add a login form\n")
    made.commit("claude/search", {"c.txt": "1\n"}, parents=[root], message="Add a search box\n")
    made.checkout()
    return made


@pytest.fixture
def worktree(repo: Repo, tmp_path: Path) -> Repo:
    """A linked worktree of one of them."""
    return repo.worktree_add(tmp_path / "login", "claude/login")


@pytest.fixture
def served(repo: Repo, worktree: Repo) -> Iterator[Serving]:
    with serving(repo.path, "--dormant", "never") as running:
        yield running


def commit(worktree: Repo, subject: str) -> None:
    """What an agent does."""
    (worktree.path / "b.txt").write_text(f"{subject}\n")
    worktree.git("commit", "--quiet", "--all", "--message", subject)


def listed(served: Serving) -> dict[str, str]:
    """Head by branch, as published."""
    return {b["name"]: b["head"] for b in json.loads(served.page("/ledger.json"))["branches"]}


def settles(served: Serving) -> bool:
    """Comes to rest: a change may be seen in two halves, and built twice; a loop never ends."""
    return any(quiet(served) for _ in range(4))


def quiet(served: Serving) -> bool:
    """True when nothing is built for a while."""
    before = len(served.builds)
    time.sleep(IDLE)
    return len(served.builds) == before


def test_a_commit_in_a_worktree_reaches_open_pages_and_builds_what_moved(
    served: Serving, worktree: Repo
) -> None:
    with opened(served) as page, opened(served) as other:
        commit(worktree, "Check the password")
        assert page.hears() == other.hears() == "changed"
    assert listed(served)["claude/login"] == worktree.git("rev-parse", "HEAD")
    # The board, its JSON, the merge order and the branch's page; not the other branch's.
    assert " 4 written, " in served.builds[-1]


def test_a_check_in_that_is_not_committed_counts(served: Serving, worktree: Repo) -> None:
    status = worktree.path / ".agentledger" / "tasks" / "login" / "status"
    with opened(served) as page:
        status.mkdir(parents=True)
        (status / "0001.md").write_text("Started.\n")
        assert page.hears() == "changed"
        assert settles(served)
        (status / "0002.md").write_text("Going on.\n")
        assert page.hears() == "changed"


def test_a_worktree_that_comes_later_is_watched_too(served: Serving, repo: Repo, tmp_path: Path) -> None:
    with opened(served) as page:
        later = repo.worktree_add(tmp_path / "later", "claude/search")
        assert page.hears() == "changed"
        assert settles(served)
        tasks = later.path / ".agentledger" / "tasks"
        tasks.mkdir(parents=True)
        (tasks / "note.md").write_text("Hello.\n")
        assert page.hears() == "changed"


def test_a_fetch_counts(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone")
    with serving(clone.path, "--dormant", "never") as served, opened(served) as page:
        head = repo.commit("claude/login", {"b.txt": "2\n"}).id
        clone.git("fetch", "--quiet")
        until(lambda: page.hears() == "changed" and listed(served)["claude/login"] == head)


@pytest.mark.parametrize("command", [("pack-refs", "--all"), ("gc", "--quiet", "--prune=now")])
def test_housekeeping_starts_no_loop_and_nothing_is_missed_after_it(
    served: Serving, repo: Repo, worktree: Repo, command: tuple[str, ...]
) -> None:
    repo.git(*command)
    # Cleaning up writes reflogs anew, which looks like a sign of life once.
    assert settles(served)
    with opened(served) as page:
        commit(worktree, "After it")
        assert page.hears() == "changed"
    assert listed(served)["claude/login"] == worktree.git("rev-parse", "HEAD")


def test_nothing_is_built_when_nothing_changes(served: Serving, repo: Repo, worktree: Repo) -> None:
    assert len(served.builds) == 1
    with opened(served):
        served.page()
        # Others look as well; git may write its index then.
        worktree.git("status")
        repo.git("log", "--all")
        assert quiet(served)
    assert served.err == []


@pytest.mark.slow
def test_of_a_thousand_refs_changed_at_once_none_is_missed(served: Serving, repo: Repo) -> None:
    head = repo.git("rev-parse", "claude/login")
    orders = "".join(f"create refs/heads/agent/{number}/work {head}\n" for number in range(1000))
    repo.git("update-ref", "--stdin", input=orders)
    until(lambda: len(listed(served)) == 1002, patience=60)
    assert settles(served)
    repo.git("update-ref", "--stdin", input=orders.replace("create", "delete"))
    until(lambda: len(listed(served)) == 2, patience=60)


@pytest.mark.slow
def test_while_base_is_gone_the_site_stays_as_it_was(repo: Repo, worktree: Repo) -> None:
    main = repo.git("rev-parse", "main")
    with serving(repo.path, "--base", "main", "--dormant", "never") as served, opened(served) as page:
        repo.git("update-ref", "-d", "refs/heads/main")
        until(lambda: served.err != [])
        board = served.page()
        commit(worktree, "Nobody sees this yet")
        assert settles(served)
        assert served.page() == board
        # Said once, with a hint, however often it is tried.
        assert len(served.err) == 2
        repo.git("update-ref", "refs/heads/main", main)
        assert page.hears() == "changed"
        assert listed(served)["claude/login"] == worktree.git("rev-parse", "HEAD")


@pytest.mark.slow
def test_time_alone_can_make_a_site_stale(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "shop")
    root = repo.commit("main", {"a.txt": "1\n"}, at=START)
    repo.commit("claude/login", {"b.txt": "1\n"}, parents=[root], at=int(time.time()) - 3600 + 6)
    repo.checkout()
    with serving(repo.path, "--dormant", "1h") as served:
        until(lambda: json.loads(served.page("/ledger.json"))["branches"][0]["state"] == "dormant")


def test_ctrl_c_ends_it_without_a_word_whoever_listens(served: Serving) -> None:
    with opened(served):
        assert served.interrupted() == 130
    # The line that `^C` stands on is ended.
    assert "".join(served.err).strip() == ""


def test_a_service_manager_ends_it_as_cleanly(served: Serving, repo: Repo) -> None:
    assert served.interrupted(signal.SIGTERM) == 128 + signal.SIGTERM
    assert "".join(served.err).strip() == ""
    assert list((repo.path / ".git/agentledger/tmp").iterdir()) == []


def test_a_port_that_is_taken_is_an_error_only_if_it_was_asked_for(repo: Repo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(repo.path, "serve", "--port", port)
    assert said.message == f"port {port} is taken by another program"
    assert not (repo.path / ".agentledger-site").exists()


def test_an_address_that_is_not_of_this_machine_is_an_error(repo: Repo) -> None:
    assert "192.0.2.1" in refused(repo.path, "serve", "--host", "192.0.2.1", "--port", "0").message
    assert "no.such.host.invalid" in refused(repo.path, "serve", "--host", "no.such.host.invalid").message


def test_what_others_can_reach_is_said_to_be(repo: Repo) -> None:
    with serving(repo.path, "--host", "0.0.0.0") as served:  # noqa: S104 - that is what is tested
        assert served.err == ["agentledger: anyone who reaches this address can read your branches\n"]


def test_served_files_are_those_that_site_builds(served: Serving, repo: Repo, tmp_path: Path) -> None:
    out = tmp_path / "built"
    assert run(repo.path, "site", "--dormant", "never", "--out", str(out)).code == 0
    ours, theirs = ({p.name for p in folder.rglob("*")} for folder in (repo.path / ".agentledger-site", out))
    assert ours == theirs
    assert "live.js" not in (out / "index.html").read_text()
    assert "connect-src" not in (repo.path / ".agentledger-site" / "index.html").read_text()
