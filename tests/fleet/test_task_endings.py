"""A task that ended stays ended, whatever became of its branch, and one that has not is not ended."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from command import board, refused, run
from gitrepo import Repo
from landing import Scene
from reading import fleet, git_commands

WAYS = ("merge", "forward", "squash", "bare squash", "rebase")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def seen(scene: Scene, tmp_path: Path) -> None:
    """A sync with a remote, which writes down the heads that are seen."""
    remote = tmp_path / "remote.git"
    if not remote.exists():
        Repo.init(remote, bare=True)
        scene.repo.git("remote", "add", "origin", str(remote))
        scene.repo.git("push", "-q", "--no-verify", "origin", "main")
    said = run(scene.repo.path, "sync")
    assert said.code == 0, said


# -- landed, and cleaned up --------------------------------------------------------------------


@pytest.mark.parametrize("how", WAYS)
def test_landed_and_cleaned_up_it_is_ended_and_what_depends_on_it_can_be_spawned(
    scene: Scene, tmp_path: Path, how: str
) -> None:
    scene.spawn()
    scene.work()
    seen(scene, tmp_path)
    assert scene.state() == "active"
    tip = scene.land(how)
    assert scene.state() == "ended"
    scene.clean_up(force=how not in ("merge", "forward"))
    task = scene.task()
    assert (task["state"], task["branches"]) == ("ended", [])
    assert task["ending"]["commit"] == tip
    text = run(scene.repo.path, "board", "--all").out
    assert "agentledger spawn x" not in text
    word = "absorbed: same change as" if how == "bare squash" else "merged in"
    assert f"{word} {tip[:12]}" in text
    assert scene.state("x", "--refs", "refs/pull/*/head") == "ended"
    assert run(scene.repo.path, "spawn", "y").code == 0


@pytest.mark.parametrize("how", ["merge", "forward", "squash"])
def test_taken_back_after_its_branch_is_gone_it_is_said_and_nothing_can_build_on_it(
    scene: Scene, tmp_path: Path, how: str
) -> None:
    scene.spawn()
    scene.work()
    seen(scene, tmp_path)
    tip = scene.land(how)
    scene.clean_up(force=True)
    mainline = ("-m", "1") if how == "merge" else ()
    scene.repo.git("revert", "--no-edit", *mainline, tip)
    revert = scene.repo.git("rev-parse", "main")
    assert scene.task()["taken_back"] == revert
    # No outcome is written for it, and one that was written before does not make it there to build on.
    seen(scene, tmp_path)
    assert scene.task()["outcome"] is None
    assert f"and taken back by base in {revert[:12]}" in run(scene.repo.path, "board", "--all").out
    stopped = run(scene.repo.path, "spawn", "y")
    assert (stopped.code, "it depends on x, which has not merged" in stopped.out) == (1, True)
    scene.repo.git("revert", "--no-edit", revert)
    assert scene.task()["taken_back"] is None
    assert run(scene.repo.path, "spawn", "y").code == 0


def test_a_squash_without_its_folder_that_was_taken_back_leaves_nothing_on_base(
    scene: Scene, tmp_path: Path
) -> None:
    scene.spawn()
    scene.work()
    seen(scene, tmp_path)
    tip = scene.land("bare squash")
    scene.clean_up(force=True)
    scene.repo.git("revert", "--no-edit", tip)
    # Nothing but the head that was last seen knows of it, and base has nothing of that any more.
    assert scene.state() == "gone"
    assert run(scene.repo.path, "spawn", "y").code == 1


def test_the_brief_and_one_commit_in_a_merge_are_enough_without_anything_written_down(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.repo.git("update-ref", "refs/heads/agentledger", "agentledger~1")
    scene.land("merge")
    scene.clean_up()
    assert scene.task()["attempts"] == []
    assert scene.state() == "ended"


def test_a_branch_made_by_hand_without_trailers_is_known_by_the_commit_of_its_brief(scene: Scene) -> None:
    git = scene.repo.git
    brief = git("show", "agentledger:tasks/x/brief.md")
    git("switch", "-q", "-c", "agent/x")
    scene.commit(".agentledger/tasks/x/brief.md", f"{brief}\n")
    scene.commit("src/x/new.py")
    git("switch", "-q", "main")
    scene.land("merge")
    git("branch", "-q", "-d", "agent/x")
    assert scene.state() == "ended"


def test_the_merged_branch_that_base_was_moved_to_is_merged_not_waiting_for_a_check_in(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.land("forward")
    branch = next(b for b in board(scene.repo.path)["branches"] if b["name"] == "agent/x")
    assert branch["state"] == "merged"
    assert "git branch -d agent/x" in branch["next_action"]["command"]


def test_a_squash_whose_packet_came_along_needs_nothing_else(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.packet()
    scene.repo.git("update-ref", "refs/heads/agentledger", "agentledger~1")
    scene.land("squash")
    scene.clean_up(force=True)
    scene.repo.git("rm", "-rq", ".agentledger/tasks")
    scene.repo.git("commit", "-q", "-m", "tidy")
    assert scene.task()["ending"]["end"] == "merged"


def test_two_tasks_in_one_squash_have_both_ended(scene: Scene) -> None:
    scene.plan("z")
    for task in ("x", "z"):
        scene.spawn(task)
        scene.work(task)
        scene.packet(task)
    scene.repo.git("switch", "-q", "-c", "both")
    scene.land("merge", "agent/x")
    scene.land("merge", "agent/z")
    scene.repo.git("switch", "-q", "main")
    scene.land("squash", "both")
    for task in ("x", "z"):
        scene.clean_up(task, force=True)
    scene.repo.git("branch", "-q", "-D", "both")
    assert (scene.state("x"), scene.state("z")) == ("ended", "ended")


def test_by_the_trailers_of_a_commit_that_brought_it_in(scene: Scene) -> None:
    scene.spawn()
    head = scene.work()
    scene.repo.git("merge", "-q", "--squash", "agent/x")
    scene.repo.git("reset", "-q", "--", ".agentledger/tasks")
    scene.repo.git("clean", "-qfd", ".agentledger/tasks")
    trailers = f"Agentledger-Task: x\nAgentledger-Branch: agent/x\nAgentledger-Head: {head}"
    scene.repo.git("commit", "-q", "--no-verify", "-m", f"x\n\n{trailers}")
    scene.clean_up(force=True)
    ending = scene.task()["ending"]
    assert (ending["shown_by"], ending["head"]) == ("trailer", head)


# -- not ended ----------------------------------------------------------------------------------


def test_a_task_on_whose_unfinished_work_another_stands_does_not_end_with_that_one(
    scene: Scene, tmp_path: Path
) -> None:
    scene.spawn("x")
    scene.work("x")
    scene.work("x", [".agentledger/tasks/x/evidence/test.json"])
    scene.plan("z")
    scene.repo.git("switch", "-q", "-c", "agent/z", "agent/x")
    scene.commit(
        ".agentledger/tasks/z/brief.md", scene.repo.git("show", "agentledger:tasks/z/brief.md") + "\n"
    )
    scene.commit("src/z/new.py")
    scene.commit(".agentledger/tasks/z/packet.md")
    scene.repo.git("switch", "-q", "main")
    scene.work("x", ["src/x/second.py"])
    scene.land("squash", "agent/z")
    scene.repo.git("branch", "-q", "-D", "agent/z")
    assert (scene.state("x"), scene.state("z")) == ("active", "ended")


def test_a_packet_that_somebody_put_on_base_ends_nothing_while_the_branch_has_work(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.packet()
    scene.repo.git("checkout", "-q", "agent/x", "--", ".agentledger/tasks/x/packet.md")
    scene.repo.git("commit", "-q", "--no-verify", "-m", "by mistake")
    assert scene.state() == "active"


def test_a_brief_on_base_is_no_end(scene: Scene) -> None:
    scene.commit(
        ".agentledger/tasks/x/brief.md", scene.repo.git("show", "agentledger:tasks/x/brief.md") + "\n"
    )
    scene.commit("src/x/new.py")
    assert scene.state() == "planned"
    assert "agentledger spawn x" in run(scene.repo.path, "board").out


def test_the_brief_alone_in_base_is_no_end(scene: Scene) -> None:
    scene.spawn()
    scene.land("merge")
    assert scene.state() == "active"
    scene.clean_up()
    assert scene.state() == "gone"


def test_what_goes_on_after_landing_is_not_over(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.land("merge")
    scene.work(files=["src/x/second.py"])
    assert scene.state() == "active"
    scene.repo.git("-C", str(scene.place("x")), "reset", "-q", "--hard", "main~1")
    scene.work(files=["src/x/other.py"], text="forced\n")
    assert scene.state() == "active"


def test_a_landed_branch_on_which_somebody_works_is_not_over(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.land("merge")
    (scene.place("x") / "src/x/new.py").write_text("not committed\n")
    assert scene.state() == "active"


def test_a_branch_out_of_view_makes_its_task_neither_planned_nor_ended(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    task = scene.task("x", "--refs", "refs/pull/*/head")
    assert (task["state"], task["elsewhere"]) == ("active", ["agent/x"])
    assert "agentledger spawn x" not in run(scene.repo.path, "board", "--refs", "refs/pull/*/head").out
    assert "agentledger spawn x" not in run(scene.repo.path, "board", "--branches", "other/*").out


# -- gone ---------------------------------------------------------------------------------------


def test_a_task_whose_branch_is_gone_is_a_question_and_what_depends_on_it_names_it(
    scene: Scene, tmp_path: Path
) -> None:
    scene.spawn()
    head = scene.work()
    seen(scene, tmp_path)
    scene.clean_up(force=True)
    scene.repo.git("reflog", "expire", "--expire=now", "--all")
    scene.repo.git("gc", "--quiet", "--prune=now")
    task = scene.task()
    assert (task["state"], task["ending"]["head"]) == ("gone", head)
    where = f"gone: last seen at {head[:12]} on agent/x"
    for command in ("board", "next"):
        text = " ".join(run(scene.repo.path, command).out.split())
        assert where in text
        assert "agentledger spawn x --attempt 2" in text
        assert f"git branch agent/x {head[:12]}" in text
    waiting = json.loads(run(scene.repo.path, "next", "--format", "json").out)
    assert [each["task"] for each in waiting["gone"]] == ["x"]
    finding = run(scene.repo.path, "spawn", "y")
    assert finding.code == 1
    assert where in " ".join(finding.out.split())
    again = refused(scene.repo.path, "spawn", "x")
    assert where in again.message
    assert "--attempt 2" in again.hint


@pytest.mark.parametrize("number", [0, 1])
def test_either_command_settles_it(scene: Scene, tmp_path: Path, number: int) -> None:
    scene.spawn()
    scene.work()
    seen(scene, tmp_path)
    scene.clean_up(force=True)
    waiting = json.loads(run(scene.repo.path, "next", "--format", "json").out)
    command = waiting["gone"][0]["commands"][number]
    if command.startswith("agentledger "):
        assert run(scene.repo.path, *command.split()[1:]).code == 0
    else:
        subprocess.run(command, shell=True, cwd=scene.repo.path, check=True)  # noqa: S602 - as a person types it
    assert scene.state() == "active"


def test_an_outcome_settles_it_and_lets_its_head_go(scene: Scene, tmp_path: Path) -> None:
    scene.spawn()
    head = scene.work()
    seen(scene, tmp_path)
    scene.clean_up(force=True)
    assert head in scene.repo.git("for-each-ref", "refs/agentledger/keep/")
    outcome = "---\noutcome: killed\n---\nNobody needs it.\n"
    tip = scene.repo.git("rev-parse", "agentledger")
    scene.repo.commit("agentledger", {"tasks/x/outcome.md": outcome}, parents=[tip])
    scene.repo.flush()
    assert scene.state() == "ended"
    seen(scene, tmp_path)
    assert head not in scene.repo.git("for-each-ref", "refs/agentledger/keep/")


def test_a_branch_that_only_another_clone_has_is_not_gone(scene: Scene, tmp_path: Path) -> None:
    scene.spawn()
    scene.work()
    seen(scene, tmp_path)
    other = Repo(tmp_path / "remote.git").clone(tmp_path / "other")
    task = scene.task(path=other.path)
    assert (task["state"], task["elsewhere"], task["ending"]) == ("active", ["agent/x"], None)
    assert "not in this clone" in refused(other.path, "spawn", "x").message


def test_the_site_shows_both(scene: Scene, tmp_path: Path) -> None:
    scene.plan("z")
    for task in ("x", "z"):
        scene.spawn(task)
    scene.work("x")
    tip = scene.land("merge")
    for task in ("x", "z"):
        scene.clean_up(task, force=True)
    assert run(scene.repo.path, "site", "--out", str(tmp_path / "site")).code == 0
    page = (tmp_path / "site/index.html").read_text()
    assert f"merged in {tip[:12]}" in page
    assert "gone: last seen at" in page
    assert "<code>agentledger spawn z --attempt 2</code>" in page


# -- the id ---------------------------------------------------------------------------------------


def test_its_id_is_not_used_again(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    tip = scene.land("merge")
    scene.clean_up()
    again = refused(scene.repo.path, "plan", "x", "--owns", "src/q/**")
    assert f"merged in {tip[:12]}" in again.message
    assert "agentledger plan x-2" in again.hint
    assert f"merged in {tip[:12]}" in refused(scene.repo.path, "spawn", "x", "--attempt", "2").message


def test_nor_is_it_where_only_the_history_knows_it(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.land("merge")
    scene.clean_up()
    scene.repo.commit("agentledger", {"tasks/y/brief.md": "gone\n"}, parents=[])
    scene.repo.flush()
    flags = ("--owns", "src/q/**", "--outcome", "o", "--why", "w", "--accept", "a", "--verify", "true")
    again = refused(scene.repo.path, "plan", "x", *flags)
    assert "merged in" in again.message


def test_the_brief_of_one_that_goes_on_can_be_changed(scene: Scene) -> None:
    scene.spawn()
    scene.work()
    scene.land("merge")
    scene.work(files=["src/x/second.py"])
    assert run(scene.repo.path, "plan", "x", "--add-owns", "docs/**").code == 0


# -- cost -----------------------------------------------------------------------------------------


def test_it_takes_three_processes_and_none_of_them_where_base_has_not_moved(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.spawn()
    scene.work()
    scene.land("merge")
    scene.clean_up()
    counts = []
    for number in range(2):
        with git_commands(monkeypatch, tmp_path / str(number)) as counted:
            fleet(scene.repo.path)
        counts.append(counted)
    # Two that read base's history, and one that looks for what took the landing back.
    assert counts[0]["log"] - counts[1]["log"] == 3
    assert counts[0]["diff-tree"] - counts[1]["diff-tree"] == 1
