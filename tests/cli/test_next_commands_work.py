"""What a command says to type next, typed as it stands: an agent on its way to done, and its manager.

Belongs here: going on where a command has stopped, or has named the next step. Does not: what only shows
something (see `test_next_commands`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from command import Said, refused, run, site
from controls import hook, server, synced
from desk import Desk, made
from gitrepo import Repo
from nextcommand import find_command, type_command
from verifying import Checks

REPORT = ("report", "--changed", "It.", "--next", "More.", "--risks", "none")
WAIVER = ("allow", "x", "docs/**", "--why", "It is asked for.", "--until", "2030-01-01")
PROSE = (
    "--summary",
    "S.",
    "--why",
    "W.",
    "--risks",
    "none",
    "--no-tests",
    "words",
    "--criterion",
    "1=src/new.py",
)
NEXT = "^next: (.*)$"


@pytest.fixture
def desk(tmp_path: Path) -> Checks:
    """Task x, whose one check passes as long as check.sh does."""
    return Checks(tmp_path, {"test": "sh check.sh"})


def asked(desk: Desk, *options: str) -> Said:
    """A command of the agent's, after a check-in that asks something."""
    run(desk.path, *REPORT, "--need", "Red or blue?")
    return run(desk.path, *options)


# -- the agent ---------------------------------------------------------------------------------


def test_the_loop_goes_on_by_what_is_said_to_be_next(desk: Checks, tmp_path: Path) -> None:
    Repo.init(tmp_path / "remote.git", bare=True)
    desk.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    said = run(desk.path, *REPORT)
    done = find_command(said.out, "agentledger done")
    lacking = type_command(desk.path, done, code=1)
    again = find_command(lacking.out, NEXT, {"'…'": "'said'"})
    finished = type_command(desk.path, again)
    push, body = find_command(finished.out, NEXT).split(", then open the pull request: ")
    type_command(desk.path, push)
    assert "said" in type_command(desk.path, body).out


def test_a_failed_check_runs_again_by_the_command_that_is_named(desk: Checks) -> None:
    desk.change("check.sh", "exit 1\n")
    failed = run(desk.path, "verify")
    again = find_command(failed.out, "^next: fix it, commit, then (.*)$")
    desk.change("check.sh", "exit 0\n")
    passed = type_command(desk.path, again)
    assert find_command(passed.out, NEXT) == "agentledger done"


def test_an_answer_that_was_waited_for_is_shown(desk: Checks) -> None:
    run(desk.path, *REPORT, "--need", "Red or blue?")
    waiting = run(desk.path, "report")
    report = find_command(waiting.out, "^next: wait, and look again later: (.*)$")
    prompt = find_command(run(desk.path, "done").out, NEXT)
    run(desk.repo.path, "answer", "x", "Blue.")
    assert "Blue." in type_command(desk.path, prompt).out
    assert "Blue." in type_command(desk.path, report).out


def test_who_was_told_to_stop_checks_in_and_ends(desk: Checks) -> None:
    run(desk.path, *REPORT)
    run(desk.repo.path, "answer", "x", "--decision", "stop", "-m", "Enough.")
    stopped = run(desk.path, "done")
    assert "Enough." in stopped.out
    type_command(desk.path, find_command(stopped.out, NEXT))
    assert "told you to stop" not in run(desk.path, "done", "--dry-run").out


def test_who_is_ready_can_say_what_goes_on(desk: Checks) -> None:
    assert run(desk.path, "done", *PROSE).code == 0
    waiting = run(desk.path, "report")
    command = find_command(waiting.out, "or say what goes on: (.*)$", {"'…'": "'One line more.'"})
    assert "checked in as working" in type_command(desk.path, command).out


@pytest.mark.parametrize("half", ["rebase", "detached", "cherry-pick"])
def test_what_was_said_half_way_is_sent_by_the_command_in_the_hint(desk: Checks, half: str) -> None:
    desk.repo.commit("main", {"src/new.py": "theirs\n"}, parents=[desk.root])
    desk.repo.commit("main", {"src/a.py": "theirs too\n"})
    desk.repo.flush()
    if half == "detached":
        desk.git("switch", "-q", "--detach")
    else:
        desk.git(half, *(["main~2..main"] if half == "cherry-pick" else ["main"]), ok=False)
    said = refused(desk.path, "report", "--changed", "Half-way.", "--need", "Which?")
    if half == "detached":
        type_command(desk.path, find_command(said.hint, "git switch(?= to your branch)") + " agent/x")
    else:
        type_command(desk.path, find_command(said.hint, r"\((git .* --abort)\)"))
    type_command(desk.path, find_command(said.hint, r"run this again: (.*) \(what you said is kept there\)"))
    assert "Half-way." in desk.git("show", "HEAD")


def test_without_code_there_is_a_check_in_and_no_packet(desk: Checks) -> None:
    desk.git("reset", "-q", "--hard", "main")
    desk.change(".agentledger/tasks/x/brief.md", desk.brief)
    said = refused(desk.path, "packet")
    assert "checked in" in type_command(desk.path, find_command(said.hint, "agentledger report")).out


def test_a_packet_is_followed_by_done(desk: Checks) -> None:
    said = run(desk.path, "packet", *PROSE)
    type_command(desk.path, find_command(said.out, NEXT))


def merging(desk: Checks) -> None:
    desk.repo.commit("main", {"src/new.py": "theirs\n"}, parents=[desk.root])
    desk.repo.flush()
    desk.git("merge", "main", ok=False)


@pytest.mark.parametrize(
    ("arrange", "command"),
    [
        (merging, r"\((git merge --abort)\)"),
        (lambda desk: desk.write("src/a.py", "more\n"), r"\(or (git stash)\)"),
        (
            lambda desk: (desk.write("src/a.py", "more\n"), desk.git("update-index", "--assume-unchanged", "src/a.py")),
            "(git update-index.*); then run this again",
        ),
    ],
)  # fmt: skip
def test_a_worktree_is_made_clean_by_the_command_that_is_named(
    desk: Checks, arrange: Callable[[Checks], object], command: str
) -> None:
    arrange(desk)
    said = refused(desk.path, "verify")
    type_command(desk.path, find_command(said.hint, command))
    after = run(desk.path, "verify")
    assert after.code == 0 or "uncommitted changes" in after.err


def test_evidence_that_is_no_json_is_written_again(desk: Checks) -> None:
    desk.change(".agentledger/tasks/x/evidence/test.json", "{")
    said = "".join(site(desk.repo.path).values())
    type_command(desk.path, find_command(said, "`(agentledger verify)`"))
    assert desk.evidence().exit_code == 0


def test_a_short_id_is_printed_whole(desk: Checks) -> None:
    short = desk.head()[:10]
    desk.change(".agentledger/tasks/x/packet.md", f"---\ntask: x\nbase: {short}\nhead: {short}\n---\n")
    said = run(desk.repo.path, "check", "--branch", "agent/x").out
    command = find_command(said, f"`(git rev-parse {short})`")
    assert type_command(desk.path, command).out.strip() == desk.repo.git("rev-parse", short)


# -- the manager -------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Repo, Repo]:
    """A clone with task x, which its remote has as well, and that remote."""
    origin = server(tmp_path / "origin.git")
    origin.commit("agentledger", {"tasks/x/brief.md": "---\ntask: x\nowns: ['src/**']\n---\n"}, parents=[])
    origin.flush()
    here = origin.clone(tmp_path / "it's here")
    synced(here)
    return here, origin


@pytest.mark.parametrize("asked", [WAIVER, ("answer", "x", "Blue."), ("plan", "x", "--add-owns", "lib/**")])
def test_what_was_written_is_published_by_the_command_that_is_named(
    pair: tuple[Repo, Repo], asked: tuple[str, ...]
) -> None:
    here, origin = pair
    said = run(here.path, *asked)
    type_command(here.path, find_command(said.out, "agentledger sync"))
    assert origin.git("rev-parse", "agentledger") == here.git("rev-parse", "agentledger")


@pytest.mark.parametrize("asked", [WAIVER, ("answer", "x", "Blue.")])
def test_without_a_remote_the_next_thing_is_shown(desk: Checks, asked: tuple[str, ...]) -> None:
    said = run(desk.repo.path, *asked)
    type_command(desk.repo.path, find_command(said.out, NEXT))


def test_a_remote_that_is_named_is_synced_with(pair: tuple[Repo, Repo]) -> None:
    here, origin = pair
    here.git("remote", "remove", "origin")
    said = refused(here.path, "sync")
    command = find_command(said.hint, "git remote add origin <address>", {"<address>": str(origin.path)})
    type_command(here.path, command)
    assert synced(here)["remote"] == "origin"


def test_a_branch_that_was_deleted_there_is_pushed_again(pair: tuple[Repo, Repo]) -> None:
    here, origin = pair
    origin.git("branch", "-q", "-D", "agentledger")
    said = refused(here.path, "sync")
    type_command(here.path, find_command(said.hint, "agentledger sync --recreate"))
    assert origin.git("rev-parse", "agentledger") == here.git("rev-parse", "agentledger")


def test_after_the_hook_s_reason_is_gone_sync_pushes_what_waited(pair: tuple[Repo, Repo]) -> None:
    here, origin = pair
    hook(here, "pre-push", "exit 1")
    run(here.path, *WAIVER)
    said = refused(here.path, "sync")
    (here.path / ".git/hooks/pre-push").unlink()
    type_command(here.path, find_command(said.hint, "agentledger sync"))
    assert origin.git("rev-parse", "agentledger") == here.git("rev-parse", "agentledger")


def test_a_remote_that_answers_again_is_told_by_fetch(pair: tuple[Repo, Repo]) -> None:
    here, _ = pair
    address = here.git("config", "remote.origin.url")
    here.git("config", "remote.origin.url", f"{address}.gone")
    said = refused(here.path, "sync")
    fetch = find_command(said.hint, r"once (git fetch \S+) works")
    type_command(here.path, fetch, code=128)
    here.git("config", "remote.origin.url", address)
    type_command(here.path, fetch)
    type_command(here.path, find_command(said.hint, "agentledger sync"))


def test_git_learns_who_the_manager_is(desk: Checks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    desk.repo.git("config", "user.useConfigOnly", "true")
    said = refused(desk.repo.path, *WAIVER)
    filled = {"'Your Name'": "Zoë", "you@example.org": "z@example.com"}
    type_command(desk.repo.path, find_command(said.hint, "git config user.name .*", filled))
    assert run(desk.repo.path, *WAIVER).code == 0


def test_a_planned_task_is_handed_out_and_its_agent_told(tmp_path: Path) -> None:
    repo = made(tmp_path)
    flags = "--owns lib/** --mode own --why=w --outcome=`o` --accept=`a` --verify=make".split()
    spawned = type_command(repo.path, find_command(run(repo.path, "plan", "y", *flags).out, NEXT))
    assert "no hooks of agentledger are on here" in spawned.out
    assert "Your task" in type_command(repo.path, find_command(spawned.out, NEXT)).out
    type_command(repo.path, find_command(spawned.out, "agentledger init(?= turns them on)") + " --yes")
    agent = repo.path.parent / "a repo.worktrees/y"
    found = json.loads(run(agent, "doctor", "--format", "json").out)
    assert {each["state"] for each in found["surfaces"] if each["name"].startswith("native")} == {
        "on, as advice"
    }


def test_a_branch_without_a_worktree_gets_one(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("branch", "agent/x", "main")
    said = refused(repo.path, "spawn", "x")
    type_command(repo.path, find_command(said.hint, "work in it: (git worktree add .*);"))
    assert "agent/x" in repo.git("worktree", "list")


def test_a_brief_that_a_branch_alone_has_is_read_and_accepted(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"}, confirmed=False)
    said = refused(desk.repo.path, "verify", "--rerun", "x")
    for command in find_command(said.hint, "read them first: (.*)").split("; then "):
        type_command(desk.repo.path, command)
    assert run(desk.repo.path, "verify", "--rerun", "x").code == 0


@pytest.mark.parametrize("committed", [False, True])
def test_a_copy_that_is_not_committed_yet_is_collected(tmp_path: Path, committed: bool) -> None:
    desk = Checks(tmp_path, {"test": "true"}, confirmed=committed)
    brief = desk.path / ".agentledger/tasks/x/brief.md"
    brief.write_text(desk.brief.replace("owns: ['**']", "owns: ['src/**']"))
    said = refused(desk.repo.path, "brief", "accept", "x")
    type_command(desk.repo.path, find_command(said.hint, "agentledger collect x"))
    assert run(desk.repo.path, "brief", "accept", "x").code == 0
