"""What landed and was taken back again, on repositories made by git's own commands, by each way to land."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentledger.attention.actions import next_action
from agentledger.attention.sections import Section, section_of
from agentledger.model.fleet import Branch, Loss, State
from gitrepo import Repo
from nextcommand import type_command
from reading import branch, fleet

pytestmark = pytest.mark.versions

LINES = [f"line {number}" for number in range(40)]


def text(changes: dict[int, str] | None = None) -> str:
    """Forty lines, some of them replaced by number."""
    return "".join(f"{(changes or {}).get(at, line)}\n" for at, line in enumerate(LINES))


WORK = {"f": text({3: "x"}), "g": text({7: "x"}), "new": "1\n"}


def write(repo: Repo, files: dict[str, str | None], message: str) -> str:
    """Commit these files where HEAD is; the commit's id."""
    for path, content in files.items():
        if content is None:
            (repo.path / path).unlink()
        else:
            (repo.path / path).write_text(content)
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", message)
    return repo.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main, and agent/x with two commits of its own, checked out nowhere."""
    repo = Repo.init(tmp_path / "r")
    write(repo, {"f": text(), "g": text(), "h": "0\n"}, "root")
    repo.git("switch", "--quiet", "--create", "agent/x")
    write(repo, {"f": WORK["f"]}, "first half")
    write(repo, {"g": WORK["g"], "new": WORK["new"]}, "second half")
    repo.git("switch", "--quiet", "main")
    return repo


def merge(repo: Repo) -> list[str]:
    """Merge agent/x with a merge commit; what `git revert` takes to take it back."""
    repo.git("merge", "--quiet", "--no-ff", "--no-edit", "agent/x")
    return ["-m", "1", "HEAD"]


def fast_forward(repo: Repo) -> list[str]:
    repo.git("merge", "--quiet", "--ff-only", "agent/x")
    return ["--no-commit", "HEAD~2..HEAD"]


def squash(repo: Repo) -> list[str]:
    write(repo, {"h": "base\n"}, "base moves on")
    repo.git("merge", "--quiet", "--squash", "agent/x")
    repo.git("commit", "--quiet", "--message", "Do x (#7)")
    return ["HEAD"]


def rebase(repo: Repo) -> list[str]:
    write(repo, {"h": "base\n"}, "base moves on")
    repo.git("cherry-pick", "main..agent/x")
    return ["--no-commit", "HEAD~2..HEAD"]


Land = Callable[[Repo], list[str]]
WAYS: list[Land] = [merge, fast_forward, squash, rebase]
every_way = pytest.mark.parametrize("land", WAYS)


def revert(repo: Repo, what: list[str], message: str | None = None) -> str:
    """Take it back by git revert, in one commit; that commit."""
    if "--no-commit" in what or message:
        repo.git("revert", "--no-commit", *(word for word in what if word != "--no-commit"))
        repo.git("commit", "--quiet", "--message", message or "Take x back")
    else:
        repo.git("revert", "--no-edit", *what)
    return repo.git("rev-parse", "HEAD")


def assert_reverted(agent_branch: Branch, by: str) -> None:
    assert agent_branch.state is State.REVERTED, (agent_branch.state, agent_branch.state_why)
    assert agent_branch.taken_back is not None
    assert (agent_branch.taken_back.loss, agent_branch.taken_back.commit) == (Loss.REVERTED, by)
    assert f"took it back in {by[:12]}" in agent_branch.state_why
    assert section_of(agent_branch) is Section.HELD


def action_of(repo: Repo, agent_branch: Branch) -> tuple[str, str]:
    """The next action: its words, and its command."""
    action = next_action(agent_branch, fleet(repo).base)
    assert action is not None
    return action.text, action.command or ""


# -- taken back -------------------------------------------------------------------------


@every_way
def test_what_git_reverted_is_reverted(repo: Repo, land: Land) -> None:
    by = revert(repo, land(repo))
    assert_reverted(branch(repo), by)
    write(repo, {"h": "later\n"}, "later")
    assert_reverted(branch(repo), by)


@every_way
def test_what_was_taken_back_by_hand_and_without_a_word_is_reverted(repo: Repo, land: Land) -> None:
    land(repo)
    by = write(repo, {"f": text(), "g": text(), "new": None}, "Simplify")
    assert_reverted(branch(repo), by)


@every_way
def test_later_work_in_the_same_file_hides_no_revert(repo: Repo, land: Land) -> None:
    what = land(repo)
    write(repo, {"f": text({3: "x", 30: "base"})}, "more")
    commits = {"HEAD": "HEAD~1", "HEAD~2..HEAD": "HEAD~3..HEAD~1"}
    by = revert(repo, [commits.get(word, word) for word in what])
    assert (repo.path / "f").read_text() == text({30: "base"})
    assert_reverted(branch(repo), by)


@every_way
def test_a_revert_in_two_commits_is_named_by_the_last(repo: Repo, land: Land) -> None:
    land(repo)
    write(repo, {"g": text(), "new": None}, "Take g back")
    by = write(repo, {"f": text()}, "Take f back")
    agent_branch = branch(repo)
    assert_reverted(agent_branch, by)
    assert agent_branch.taken_back is not None
    assert not agent_branch.taken_back.alone


@every_way
def test_half_of_it_by_hand_is_no_revert(repo: Repo, land: Land) -> None:
    land(repo)
    write(repo, {"g": text()}, "Do g in another way")
    agent_branch = branch(repo)
    assert agent_branch.state in (State.MERGED, State.ABSORBED)
    assert agent_branch.taken_back is None


@every_way
def test_a_revert_that_was_reverted_is_none(repo: Repo, land: Land) -> None:
    by = revert(repo, land(repo))
    again = revert(repo, [by])
    agent_branch = branch(repo)
    assert agent_branch.state in (State.MERGED, State.ABSORBED)
    assert agent_branch.taken_back is None
    last = revert(repo, [again])
    assert_reverted(branch(repo), last)


@every_way
def test_what_is_remembered_does_not_mislead(repo: Repo, land: Land) -> None:
    what = land(repo)
    assert branch(repo).state in (State.MERGED, State.ABSORBED)
    write(repo, {"h": "1\n"}, "later")
    assert branch(repo).taken_back is None
    tip = repo.git("rev-parse", "HEAD")
    commits = {"HEAD": "HEAD~1", "HEAD~2..HEAD": "HEAD~3..HEAD~1"}
    by = revert(repo, [commits.get(word, word) for word in what])
    assert_reverted(branch(repo), by)
    assert_reverted(branch(repo), by)
    again = revert(repo, ["HEAD"])
    assert branch(repo).taken_back is None
    repo.git("reset", "--quiet", "--hard", by)
    assert_reverted(branch(repo), by)
    repo.git("reset", "--quiet", "--hard", tip)
    assert branch(repo).taken_back is None
    repo.git("reset", "--quiet", "--hard", again)
    assert branch(repo).taken_back is None


# -- in part, and lost ------------------------------------------------------------------


@pytest.mark.parametrize("land", [merge, fast_forward])
def test_a_message_that_names_one_commit_of_the_branch_says_partly(repo: Repo, land: Land) -> None:
    land(repo)
    half = repo.git("rev-parse", "agent/x~1")
    by = revert(repo, [half])
    agent_branch = branch(repo)
    assert agent_branch.state is State.MERGED
    assert agent_branch.taken_back is not None
    assert agent_branch.taken_back.loss is Loss.PARTLY
    assert f"partly taken back by {by[:12]}: f" in agent_branch.state_why
    text_, command = action_of(repo, agent_branch)
    assert "Delete" not in text_
    assert "branch -d" not in command
    type_command(repo.path, command)


def test_a_forge_s_words_name_a_squash_by_its_number(repo: Repo) -> None:
    squash(repo)
    write(
        repo, {"f": text({20: "other"}), "g": text({7: "x", 9: "y"}), "new": None}, 'Revert "Do x (#7)" (#9)'
    )
    agent_branch = branch(repo)
    assert agent_branch.taken_back is not None
    assert agent_branch.taken_back.loss is Loss.PARTLY
    assert agent_branch.taken_back.paths == (b"f", b"g", b"new")


def test_a_message_and_a_tree_without_the_change_are_a_revert_beside_other_changes(repo: Repo) -> None:
    merge(repo)
    landed = repo.git("rev-parse", "HEAD")
    files: dict[str, str | None] = {"f": text({30: "base"}), "g": text(), "new": None, "h": "2\n"}
    by = write(repo, files, f"Back to square one\n\nThis reverts commit {landed[:10]}.")
    assert_reverted(branch(repo), by)


def test_a_revert_on_a_branch_before_it_landed_is_its_own_business(repo: Repo) -> None:
    repo.git("switch", "--quiet", "agent/x")
    revert(repo, ["HEAD~1"])
    repo.git("switch", "--quiet", "main")
    merge(repo)
    agent_branch = branch(repo)
    assert (agent_branch.state, agent_branch.taken_back) == (State.MERGED, None)


@pytest.mark.parametrize("land", [merge, fast_forward])
def test_what_base_lost_without_a_word_is_kept(repo: Repo, land: Land) -> None:
    land(repo)
    write(repo, {"f": text({30: "base"}), "g": text({30: "base"}), "new": None}, "Another design")
    agent_branch = branch(repo)
    assert agent_branch.state is State.MERGED
    assert "main has lost it since" in agent_branch.state_why
    text_, command = action_of(repo, agent_branch)
    assert "branch -d" not in command
    assert "Keep it" in text_
    type_command(repo.path, command)


# -- work that goes on ------------------------------------------------------------------


@pytest.mark.parametrize("land", [merge, fast_forward])
def test_a_fix_on_top_of_a_reverted_merge_does_not_hide_it(repo: Repo, land: Land) -> None:
    by = revert(repo, land(repo))
    repo.git("switch", "--quiet", "agent/x")
    write(repo, {"fix": "1\n"}, "a fix")
    repo.git("switch", "--quiet", "main")
    agent_branch = branch(repo)
    assert_reverted(agent_branch, by)
    assert "merging again brings only what came after: 1 file" in agent_branch.state_why
    assert "3 files" in agent_branch.state_why
    text_, command = action_of(repo, agent_branch)
    assert text_.startswith("Revert the revert first")
    type_command(repo.path, command)
    assert (repo.path / "f").read_text() == WORK["f"]
    assert (repo.path / "fix").exists()
    assert branch(repo).state is State.MERGED


def test_a_fix_that_was_merged_on_top_does_not_hide_what_is_gone(repo: Repo) -> None:
    by = revert(repo, merge(repo))
    repo.git("switch", "--quiet", "agent/x")
    write(repo, {"fix": "1\n"}, "a fix")
    repo.git("switch", "--quiet", "main")
    merge(repo)
    assert not (repo.path / "new").exists()
    assert_reverted(branch(repo), by)


def test_a_branch_into_which_the_revert_was_merged_is_reverted(repo: Repo) -> None:
    by = revert(repo, merge(repo))
    repo.git("switch", "--quiet", "agent/x")
    write(repo, {"h": "mine\n"}, "more")
    repo.git("merge", "--quiet", "--no-edit", "main")
    assert not (repo.path / "new").exists()
    repo.git("switch", "--quiet", "main")
    assert_reverted(branch(repo), by)


def test_a_branch_that_stands_on_a_reverted_one_is_not_reverted(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--create", "agent/child", "agent/x")
    write(repo, {"child": "1\n"}, "child")
    repo.git("switch", "--quiet", "main")
    revert(repo, merge(repo))
    assert branch(repo, "agent/child").state is State.OPEN
    assert branch(repo, "agent/x").state is State.REVERTED


@every_way
def test_the_next_action_brings_it_back(repo: Repo, land: Land) -> None:
    revert(repo, land(repo))
    agent_branch = branch(repo)
    text_, command = action_of(repo, agent_branch)
    if land in (squash, rebase):
        assert "merging brings all of it again" in text_
        type_command(repo.path, command)
        repo.git("merge", "--quiet", "--no-edit", "agent/x")
    else:
        assert "bringing main in takes the code out of the branch" in text_
        type_command(repo.path, command)
    assert (repo.path / "g").read_text() == WORK["g"]
    assert (repo.path / "new").exists()


@pytest.mark.parametrize("land", [merge, fast_forward])
def test_what_two_commits_took_back_is_picked_again(repo: Repo, land: Land) -> None:
    land(repo)
    write(repo, {"g": text(), "new": None}, "Take g back")
    write(repo, {"f": text()}, "Take f back")
    type_command(repo.path, action_of(repo, branch(repo))[1])
    assert {path: (repo.path / path).read_text() for path in WORK} == WORK
    assert branch(repo).state is State.MERGED


# -- where a branch began ---------------------------------------------------------------


def test_a_branch_that_was_merged_by_moving_base_forward_is_merged(repo: Repo) -> None:
    fast_forward(repo)
    repo.git("branch", "agent/fresh")
    assert branch(repo).state is State.MERGED
    assert branch(repo).state_why == "its head is in main, by a fast-forward"
    fresh = branch(repo, "agent/fresh")
    assert (fresh.state, fresh.state_why) == (State.EMPTY, "no commit of its own yet")
    by = revert(repo, ["--no-commit", "HEAD~2..HEAD"])
    assert_reverted(branch(repo), by)
    assert branch(repo, "agent/fresh").state is State.EMPTY


def test_without_a_log_a_revert_of_the_head_itself_is_seen(repo: Repo) -> None:
    fast_forward(repo)
    by = revert(repo, ["HEAD"])
    shutil.rmtree(repo.path / ".git/logs")
    assert_reverted(branch(repo), by)


def test_a_branch_rebased_before_the_fast_forward_began_where_it_was_put(repo: Repo) -> None:
    write(repo, {"h": "base\n"}, "base moves on")
    repo.git("switch", "--quiet", "agent/x")
    repo.git("rebase", "--quiet", "main")
    repo.git("switch", "--quiet", "main")
    by = revert(repo, fast_forward(repo))
    (repo.path / ".git/logs/refs/heads/main").unlink()
    agent_branch = branch(repo)
    assert_reverted(agent_branch, by)
    assert agent_branch.taken_back is not None
    assert agent_branch.taken_back.paths == (b"f", b"g", b"new")


def test_deletion_is_not_offered_where_the_remote_copy_has_other_commits(repo: Repo) -> None:
    merge(repo)
    assert action_of(repo, branch(repo)) == ("Delete", "git branch -d agent/x")
    repo.git("remote", "add", "origin", "https://example.com/r.git")
    repo.git("switch", "--quiet", "--detach", "agent/x~1")
    other = write(repo, {"other": "1\n"}, "pushed from elsewhere")
    repo.git("update-ref", "refs/remotes/origin/agent/x", other)
    repo.git("switch", "--quiet", "main")
    agent_branch = branch(repo)
    assert agent_branch.state is State.MERGED
    assert next_action(agent_branch, fleet(repo).base) is None


# -- nothing to merge -------------------------------------------------------------------


def test_a_branch_whose_lines_base_took_and_more_is_absorbed(repo: Repo) -> None:
    write(repo, {"f": text({3: "x", 20: "base"}), "new": WORK["new"]}, "take some")
    write(repo, {"g": text({7: "x", 30: "base"})}, "take the rest")
    agent_branch = branch(repo)
    assert (agent_branch.state, agent_branch.same_as) == (State.ABSORBED, None)
    assert agent_branch.state_why == "merging it would change nothing"
    assert next_action(agent_branch, fleet(repo).base) is None
    assert branch(repo) == agent_branch  # what was remembered says so, too


def test_a_branch_whose_commits_cancel_out_is_empty(repo: Repo) -> None:
    repo.git("switch", "--quiet", "agent/x")
    revert(repo, ["--no-commit", "HEAD~2..HEAD"])
    repo.git("switch", "--quiet", "main")
    agent_branch = branch(repo)
    assert (agent_branch.state, agent_branch.state_why) == (
        State.EMPTY,
        "its commits change nothing on balance",
    )
