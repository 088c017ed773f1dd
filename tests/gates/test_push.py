"""The push gate with real pushes: every ref is judged, and only who can mend it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import BRIEF, CHECK_IN, STATUS, Pushed, stopping
from nextcommand import find_command, type_command

pytestmark = pytest.mark.versions


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    return Pushed(tmp_path, linked=True)


def test_work_within_the_scope_arrives(here: Pushed) -> None:
    here.desk.write("src/a.py")
    here.desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    assert here.desk.add() == ""
    assert here.push("agent/x") == ""


def test_what_slipped_past_the_commit_gate_is_stopped_and_the_advice_passes(here: Pushed) -> None:
    here.slip()
    said = here.push("agent/x")
    assert "error OWN001 outside-scope [agent/x] docs/d.md" in said
    assert "git checkout main -- :/docs/d.md" in said
    here.desk.git("checkout", "-q", "main", "--", "docs/d.md")
    here.desk.git("commit", "-q", "-m", "back")
    assert here.push("agent/x") == ""


def test_the_bad_one_of_several_refs_is_found(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.desk.write("src/a.py")
    here.desk.add()
    here.desk.git("branch", "feature")
    here.slip()
    here.desk.git("branch", "agent/x--2")
    said = here.push("feature", "agent/x--2")
    assert "[agent/x--2] docs/d.md" in said
    assert here.push("feature") == ""


def test_another_commit_than_the_branchs_tip_is_judged_by_itself(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.slip()
    here.desk.git("checkout", "-q", "main", "--", "docs/d.md")
    here.desk.git("commit", "-q", "-m", "back")
    assert "docs/d.md" in here.push("HEAD^:refs/heads/agent/x")
    assert here.push("HEAD:refs/heads/agent/x") == ""


def test_commits_that_the_remote_has_already_under_another_name_are_judged_too(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.slip()
    here.desk.git("push", "-q", "--no-verify", "origin", "agent/x:refs/heads/elsewhere")
    assert "docs/d.md" in here.push("agent/x")


@pytest.mark.parametrize(
    "refs",
    [
        ("HEAD:refs/heads/main",),
        ("agent/x", "HEAD:refs/heads/agent/y"),
        ("HEAD:refs/heads/Agent/x",),
        ("HEAD:refs/heads/agentledger",),
        (":refs/heads/main",),
    ],
)
def test_an_agents_worktree_moves_no_ref_but_its_own(here: Pushed, refs: tuple[str, ...]) -> None:
    here.desk.write("src/a.py")
    here.desk.add()
    assert "OWN010" in here.push(*refs)
    assert here.push("agent/x") == ""


def test_the_managers_checkout_pushes_what_it_likes(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.desk.write("src/a.py")
    here.desk.add()
    assert here.push("agentledger", "agent/x", "HEAD:refs/heads/copy") == ""


def test_branches_of_team_mates_are_never_stopped(here: Pushed) -> None:
    here.desk.git("switch", "-q", "-c", "feature", "main")
    here.slip()
    assert here.push("feature") == ""


def test_a_tag_named_like_base_changes_nothing(here: Pushed) -> None:
    here.slip()
    here.desk.git("tag", "main", "HEAD")
    assert "OWN001" in here.push("refs/heads/agent/x")


def test_an_edited_check_in_is_stopped(here: Pushed) -> None:
    here.slip(STATUS, CHECK_IN.format("working", "", "none"))
    assert here.push("agent/x") == ""
    here.slip(STATUS, CHECK_IN.format("ready", "", "none"))
    assert "STA005" in here.push("agent/x")


def test_ready_asks_for_the_packet_and_evidence_that_working_does_not(here: Pushed) -> None:
    here.slip("src/a.py")
    here.slip(STATUS, CHECK_IN.format("working", "", "none"))
    assert here.push("agent/x") == ""
    here.slip(STATUS.replace("0001", "0002"), CHECK_IN.format("ready", "", "none").replace("22:20", "22:40"))
    said = here.push("agent/x")
    assert {"PKT001", "EVD001"} <= {
        line.split(" ")[1] for line in said.splitlines() if line.startswith("error")
    }


def test_history_that_was_put_back_is_told_and_arrives(here: Pushed) -> None:
    here.slip()
    here.desk.git("revert", "--no-edit", "HEAD")
    assert here.push("agent/x") == ""


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_deletion_has_no_commit_to_judge(tmp_path: Path, object_format: str) -> None:
    from agentledger.gates import push
    from agentledger.rules.case import Ref

    zeros = "0" * (64 if object_format == "sha256" else 40)
    lines = [
        f"(delete) {zeros} refs/heads/a {'1' * len(zeros)}\n",
        f"HEAD {'2' * len(zeros)} refs/heads/b {zeros}\n",
    ]
    assert push.parse_pushed_refs(lines) == [Ref("refs/heads/a", None), Ref("refs/heads/b", "2" * len(zeros))]


def test_an_unreadable_policy_lets_a_push_through_and_says_so(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.desk.git("branch", "-q", "-m", "main", "other")
    here.desk.git("update-ref", "-d", "refs/remotes/origin/main")
    here.desk.git("remote", "set-head", "origin", "--delete", ok=False)
    here.slip()
    assert here.push("agent/x") == ""


def test_two_briefs_in_one_repository_each_guard_their_own_branch(tmp_path: Path) -> None:
    here = Pushed(tmp_path, linked=False)
    here.repo.commit(
        "agentledger", {"tasks/y/brief.md": BRIEF.format("['docs/**']", "").replace("task: x", "task: y")}
    )
    here.repo.flush()
    here.desk.git("switch", "-q", "-c", "agent/y", "main")
    here.slip()
    assert here.push("agent/y") == ""
    here.desk.git("branch", "-q", "-f", "agent/x", "agent/y")
    assert "[agent/x] docs/d.md" in here.push("agent/x")


# -- what settings push besides, and the command that is said to push the branch alone --------------


def unset(here: Pushed) -> None:
    """No setting: what is typed says it all."""
    assert here.repo.git("config", "--list")


def tagged(here: Pushed) -> None:
    """An annotated tag on the branch that the remote lacks, which goes with every push."""
    here.desk.git("tag", "-a", "-m", "v1", "v1", "main")
    here.repo.git("config", "push.followTags", "true")


def mirrored(here: Pushed) -> None:
    here.repo.git("config", "remote.origin.mirror", "true")
    here.repo.git("branch", "-q", "mine", "main")


def mapped(here: Pushed) -> None:
    here.repo.git("config", "remote.origin.push", "refs/heads/*:refs/heads/team/*")


def matching(here: Pushed) -> None:
    here.repo.git("config", "push.default", "matching")
    here.repo.commit("main", {"lib.py": "1\n"}, parents=[here.repo.git("rev-parse", "main")])
    here.repo.flush()
    here.desk.git("push", "-q", "--no-verify", "origin", "HEAD")
    here.desk.write("src/a.py", "a = 3\n")
    assert here.desk.add() == ""


@pytest.mark.parametrize(
    ("arrange", "arguments"),
    [
        (tagged, ("origin", "agent/x")),
        (tagged, ("--tags", "origin")),
        (mirrored, ()),
        (mapped, ("origin",)),
        (mapped, ("origin", "agent/x")),
        (matching, ()),
        (unset, ("--mirror", "origin")),
        (unset, ("--all", "origin")),
    ],
)
def test_what_a_setting_pushes_besides_is_left_out_by_the_command_that_is_named(
    here: Pushed, arrange: Callable[[Pushed], None], arguments: tuple[str, ...]
) -> None:
    here.repo.git("branch", "-q", "other", "main")
    here.desk.write("src/a.py")
    assert here.desk.add() == ""
    arrange(here)
    said = here.desk.git("push", "-q", *arguments, ok=False)
    assert stopping(said) == {"OWN010"}, said
    command = find_command(said, "push only your own: (.*)")
    type_command(here.desk.path, command)
    names = set(here.remote.git("for-each-ref", "--format=%(refname)").split())
    assert names == {"refs/heads/main", "refs/heads/agent/x"}
    assert here.remote.git("rev-parse", "agent/x") == here.repo.git("rev-parse", "agent/x")
    assert here.remote.git("rev-list", "--count", "main") == "1"


def test_the_remote_is_named_to_which_the_branch_goes(here: Pushed) -> None:
    here.repo.git("remote", "rename", "origin", "team")
    here.desk.write("src/a.py")
    assert here.desk.add() == ""
    said = here.desk.git("push", "-q", "team", "HEAD:refs/heads/main", ok=False)
    assert "push only your own: git push team agent/x" in said
    type_command(here.desk.path, find_command(said, "push only your own: (.*)"))
