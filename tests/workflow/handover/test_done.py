"""`agentledger done` in real worktrees: all of it in one commit, or what only the agent can settle.

Belongs here: the command from end to end. Does not: its parts (see `test_packet_command`, `test_verify`).
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest
from tests.workflow.handover.test_packet_command import PACKET, PROSE, work

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.reports import shapes
from command import Said, refused, run
from controls import say
from desk import CHECK_IN, STATUS, Desk, checked, made
from gitrepo import Repo
from killed import at_each_write, sound

FOLDER = ".agentledger/tasks/x"
EVIDENCE = f"{FOLDER}/evidence/test.json"
MAKEFILE = "test:\n\t@echo ran >> '{}'; sh src/check.sh\n"


class Task:
    """A desk whose check counts its runs outside of the repository, and fails when src/check.sh does."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.ran = folder / "ran"
        self.repo = made(folder, more=more)
        self.repo.commit("main", {"Makefile": MAKEFILE.format(self.ran), "src/check.sh": "echo fine\n"})
        self.repo.flush()
        self.repo.git("branch", "-q", "agent/x", "main")
        self.desk = Desk(self.repo, self.repo.worktree_add(folder / "an agent's", "agent/x").path)
        work(self.desk)

    def done(self, *arguments: str, code: int = 0) -> Said:
        result = run(self.desk.path, "done", *arguments)
        assert result.code == code, result
        return result

    @property
    def runs(self) -> int:
        return self.ran.read_text().count("ran") if self.ran.exists() else 0

    @property
    def head(self) -> str:
        return self.desk.git("rev-parse", "HEAD").strip()

    def brought(self) -> list[str]:
        """The paths of the newest commit."""
        return self.desk.git("diff-tree", "-r", "--name-only", "--no-commit-id", "HEAD").split("\n")[:-1]

    def statuses(self) -> list[str]:
        return self.desk.git("ls-tree", "-r", "--name-only", "HEAD", f"{FOLDER}/status/").split("\n")[:-1]

    def progress(self) -> str:
        with snapshot.open_snapshot(
            self.repo.path, Request(forecast=False, lines=False, dormant=None)
        ) as taken:
            branch = next(each for each in taken.fleet.branches if each.name == "agent/x")
            assert branch.standing
            return str(branch.standing.progress)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path)


def test_all_of_it_is_one_commit_and_passes_the_gate(task: Task) -> None:
    before = task.head
    result = task.done(*PROSE)
    assert task.desk.git("rev-parse", "HEAD~1").strip() == before
    status, *_ = task.statuses()
    assert task.brought() == [EVIDENCE, PACKET, status]
    assert checked(task.repo, "ready") == set()
    assert task.progress() == "ready"
    assert "test: passed\n" in result.out
    assert "x is ready\n" in result.out
    assert result.out.splitlines()[-1].startswith("next: wait for the review; more code takes this back")
    assert task.desk.git("status", "--porcelain") == ""
    assert "| test | `make test` | passed in " in task.desk.git("show", f"HEAD:{PACKET}")


def test_what_only_the_agent_can_say_is_told_once_and_the_rest_is_kept(task: Task) -> None:
    result = task.done(code=1)
    assert task.brought() == [EVIDENCE, PACKET]
    assert task.statuses() == []
    assert task.progress() != "ready"
    assert "not ready yet, for 5 things that only you can settle:\n" in result.out
    assert "\n  agentledger done --summary '…'\n" in result.out
    for regenerated in ("PKT003", "PKT004", "EVD", "STA"):
        assert regenerated not in result.out
    task.done(*PROSE)
    assert task.runs == 1
    assert checked(task.repo, "ready") == set()


def test_the_next_command_is_one_that_can_be_typed(task: Task) -> None:
    result = task.done(code=1)
    command = result.out.splitlines()[-1].removeprefix("next: ")
    assert shlex.split(command)[:2] == ["agentledger", "done"]
    # As it stands it says nothing, and nothing is what it counts as.
    task.done(*shlex.split(command)[2:], code=1)
    task.done(*shlex.split(command.replace("…", "said"))[2:])
    assert task.progress() == "ready"


def test_a_failing_check_is_shown_with_its_end_and_its_log_and_stops(task: Task) -> None:
    work(task.desk, "echo one; echo two; exit 3\n", "src/check.sh")
    result = task.done(*PROSE, code=1)
    assert "test: failed, exit code 2\n  | one\n  | two\n" in result.out
    log = next(line for line in result.out.splitlines() if line.startswith("  its log: "))
    assert b"two" in Path(log.removeprefix("  its log: ")).read_bytes()
    assert "EVD003: the check test failed" in result.out
    assert task.brought() == [EVIDENCE, PACKET]
    work(task.desk, "echo mended\n", "src/check.sh")
    task.done()
    assert task.progress() == "ready"


def test_evidence_that_holds_is_not_made_again_unless_asked(task: Task) -> None:
    assert run(task.desk.path, "verify").code == 0
    result = task.done(*PROSE)
    assert task.runs == 1
    assert "no check has to run: the evidence holds" in result.out
    task.done("--again")
    assert task.runs == 2


def test_evidence_typed_into_the_worktree_does_not_count(task: Task) -> None:
    run(task.desk.path, "verify")
    file = task.desk.path / EVIDENCE
    file.write_bytes(file.read_bytes().replace(b'"seconds": ', b'"seconds": 1'))
    task.done(*PROSE)
    assert task.runs == 2


def test_base_merged_in_needs_no_new_run(task: Task) -> None:
    task.done(code=1)
    task.repo.commit("main", {"docs/d.md": "theirs\n"})
    task.repo.flush()
    task.desk.git("merge", "-q", "--no-edit", "--no-verify", "main")
    task.done(*PROSE)
    assert task.runs == 1
    assert checked(task.repo, "ready") == set()


def test_said_again_it_adds_nothing(task: Task) -> None:
    task.done(*PROSE)
    before = task.head
    result = task.done()
    assert "x was said to be ready before, and still is" in result.out
    assert task.head == before


def test_more_code_makes_it_say_so_anew(task: Task) -> None:
    task.done(*PROSE)
    ready = task.head
    work(task.desk, "a = 3\n")
    assert task.progress() == "no longer ready"
    told = run(task.desk.path, "prompt", "x", "--for", "resume").out
    assert "## No longer ready" in told
    assert f"You called this ready at `{ready[:12]}`" in told
    said = run(task.desk.path, "report", "--changed", "It.", "--next", "More.", "--dry-run").out
    assert f"you said that it is ready at {ready[:10]}; more code came since" in said
    task.done()
    assert len(task.statuses()) == 2
    assert task.progress() == "ready"
    assert checked(task.repo, "ready") == set()


# -- not now --------------------------------------------------------------------------------------


def test_uncommitted_code_is_refused_by_name(task: Task) -> None:
    before = task.head
    task.desk.write("src/a.py", "not yet\n")
    result = refused(task.desk.path, "done", *PROSE)
    assert "src/a.py" in result.message
    assert "commit" in result.hint
    assert (task.head, task.runs) == (before, 0)


def test_a_slip_in_an_option_is_told_before_any_check_runs(task: Task) -> None:
    assert "no criterion 7" in refused(task.desk.path, "done", *PROSE, "--criterion", "7=x").message
    assert task.runs == 0


def test_an_exploring_task_is_done_with_a_recommendation(tmp_path: Path) -> None:
    task = Task(tmp_path, "mode: explore\n")
    result = task.done("--summary", "S.", "--why", "W.", "--risks", "none", code=1)
    assert result.out.splitlines()[-1] == ("next: agentledger done --options '…' --recommendation '…'")
    task.done("--options", "O.", "--recommendation", "R.")
    assert task.progress() == "ready"
    assert checked(task.repo, "ready") == set()


@pytest.mark.parametrize("state", ["needs-input", "blocked"])
def test_after_a_question_it_says_to_stop_and_wait(task: Task, state: str) -> None:
    ask(task, state, "Red or blue?")
    before = task.head
    result = task.done(*PROSE, code=1)
    assert result.out.startswith("stop and wait: your question is not answered yet, asked ")
    assert "  Red or blue?\n" in result.out
    assert result.out.splitlines()[-1] == "next: agentledger prompt x --for resume"
    assert (task.head, task.runs) == (before, 0)
    say(task.repo, "tasks/x/answers/1.md", "---\nat: 2023-11-14T22:30:00Z\ndecision: note\n---\nBlue.\n")
    assert "Blue." in task.done(*PROSE).out
    assert task.progress() == "ready"


def test_an_open_checkpoint_waits_whatever_was_said_since(tmp_path: Path) -> None:
    task = Task(tmp_path, "checkpoints: [api]\n")
    ask(task, "working", "Is this the interface?", "checkpoint: api\n")
    assert "stop and wait: the checkpoint api" in task.done(*PROSE, code=1).out
    say(
        task.repo,
        "tasks/x/answers/1.md",
        "---\nat: 2023-11-14T22:30:00Z\ndecision: approve\ncheckpoint: api\n---\n",
    )
    task.done(*PROSE)


def test_a_checkpoint_that_nobody_asked_for_is_told_by_its_rule(tmp_path: Path) -> None:
    task = Task(tmp_path, "checkpoints: [api]\n")
    result = task.done(*PROSE, code=1)
    assert "STA007: the checkpoint api is not approved" in result.out
    assert task.statuses() == []


def test_a_file_outside_the_scope_is_told_with_its_way_out(task: Task) -> None:
    work(task.desk, "x\n", "docs/new.md")
    result = task.done(*PROSE, code=1)
    assert "OWN001: docs/new.md" in result.out
    assert task.statuses() == []
    assert result.out.splitlines()[-1] == "next: agentledger done"


def ask(task: Task, state: str, need: str, more: str = "") -> None:
    plan = "## Plan\nThis one.\n" if "checkpoint" in more else ""
    task.desk.write(STATUS, CHECK_IN.format(state, more, need) + plan)
    task.desk.git("add", "-A")
    task.desk.git("commit", "-q", "--no-verify", "-m", "check in")


# -- around it -------------------------------------------------------------------------------------


def test_what_was_said_meanwhile_without_git_is_committed_along(task: Task) -> None:
    task.desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    task.done(*PROSE)
    assert STATUS in task.brought()
    assert len(task.statuses()) == 2


def test_the_next_step_is_the_push_where_there_is_a_remote(task: Task, tmp_path: Path) -> None:
    remote = Repo.init(tmp_path / "remote.git", bare=True)
    task.repo.git("remote", "add", "origin", str(remote.path))
    result = task.done(*PROSE)
    assert result.out.splitlines()[-1] == (
        "next: git push -u origin agent/x, then open the pull request: agentledger packet --pr-body"
    )


def test_the_push_that_is_next_takes_nothing_else_along(task: Task, tmp_path: Path) -> None:
    remote = Repo.init(tmp_path / "remote.git", bare=True)
    task.repo.git("remote", "add", "team", str(remote.path))
    task.repo.git("config", "push.followTags", "true")
    assert "next: git -c push.followTags=false push -u team agent/x, then" in task.done(*PROSE).out


def test_a_dry_run_runs_no_check_and_writes_nothing(task: Task) -> None:
    before = task.head
    result = task.done("--dry-run")
    assert "would run test: make test\n" in result.out
    assert "missing: the section “Summary” is empty" in result.out
    assert (task.head, task.runs) == (before, 0)
    assert task.desk.git("status", "--porcelain") == ""


def test_the_document_says_what_was_done(task: Task) -> None:
    document = json.loads(task.done("--format", "json", *PROSE, "--agent", "codex").out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("did")))
    assert (document["command"], document["task"], document["commits"]) == ("done", "x", [task.head])
    assert sorted(document["files"]) == task.brought()
    assert 'agent: "codex"' in task.desk.git("show", f"HEAD:{task.statuses()[0]}")


def test_killed_at_each_write_it_is_never_half_ready_and_completes(task: Task) -> None:
    start, common = task.head, task.repo.path / ".git"

    def before() -> None:
        unlock(common)
        task.desk.git("reset", "-q", "--hard", start)
        task.desk.git("clean", "-qfdx")

    tried = 0
    for _ in at_each_write(task.desk.path, task.desk.path, "done", *PROSE, before=before):
        tried += 1
        unlock(common)
        sound(task.repo.path)
        if task.head != start:
            assert checked(task.repo, "ready") == set()
        task.done(*PROSE)
        assert checked(task.repo, "ready") == set()
        assert len(task.statuses()) == 1
        assert task.desk.git("status", "--porcelain") == ""
    assert tried >= 5


def test_a_run_that_was_killed_leaves_no_word_of_ready_where_the_next_one_is_stopped(task: Task) -> None:
    left = f"{FOLDER}/status/20231114T222500Z-0002.md"
    task.desk.write(left, CHECK_IN.format("ready", "", "none"))
    task.desk.git("add", "-A")
    task.done(code=1)
    assert not (task.desk.path / left).exists()
    assert task.desk.git("status", "--porcelain") == ""
    assert task.progress() != "ready"


def unlock(common: Path) -> None:
    """Remove what a killed git has left locked, as a person would."""
    for lock in common.rglob("*.lock"):
        if lock.name != "control.lock":
            lock.unlink()


def test_told_to_stop_nothing_is_finished_before_the_next_check_in(task: Task) -> None:
    run(task.desk.path, "report", "--changed", "some")
    assert run(task.repo.path, "answer", "x", "We keep the old one.", "--decision", "stop").code == 0
    before = task.head
    result = task.done(*PROSE, code=1)
    assert "We keep the old one." in result.out
    assert "agentledger report" in result.out
    assert task.head == before


def test_a_check_of_the_briefs_own_that_fails_on_base_too_still_stops(task: Task) -> None:
    work(task.desk, "exit 3\n", "src/check.sh")
    task.repo.commit("main", {"src/check.sh": "exit 3\n"})
    task.repo.flush()
    task.desk.git("merge", "-q", "--no-edit", "--no-verify", "main")
    result = task.done(*PROSE, code=1)
    assert "EVD003: the check test failed" in result.out
    assert "agentledger allow x --rule EVD003" in result.out
