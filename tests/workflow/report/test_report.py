"""`agentledger report`: an agent's check-in.

Belongs here: what it says, what it needs, and what it never loses. Does not: how the commit is made (see
`test_ledger_commit`).
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from command import refused, run
from desk import Desk, made
from killed import at_each_write, sound

STATUS = ".agentledger/tasks/x/status"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    repo = made(tmp_path, more="mode: review\n")
    repo.git("branch", "-q", "agent/x", "main")
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def check_ins(desk: Desk) -> list[str]:
    """The committed check-ins, oldest first."""
    names = desk.git("ls-tree", "--name-only", "HEAD", f"{STATUS}/").split()
    return [desk.git("show", f"HEAD:{name}") for name in names]


def work(desk: Desk, path: str = "src/a.py", subject: str = "work") -> None:
    desk.write(path, f"{subject}\n")
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", subject)


def test_a_check_in_is_one_commit_with_what_was_said(desk: Desk) -> None:
    result = run(
        desk.path,
        "report",
        "--changed",
        "It counts.",
        "--next",
        "Tests.",
        "--agent",
        "codex",
        "--session",
        "s: 1",
    )
    assert result.code == 0, result
    (text,) = check_ins(desk)
    assert 'agent: "codex"\nsession: "s: 1"\nstate: working\n' in text
    assert "## What changed\n\nIt counts.\n" in text
    assert "## What's next\n\nTests.\n" in text
    assert "## What I need from you\n\nnone\n" in text
    assert desk.git("log", "-1", "--format=%s") == "chore(ledger): x is working\n"
    # Its brief has a plan to be approved first.
    assert "next: write the plan in place of what --plan has here, and wait: agentledger report" in result.out
    assert run(desk.path, "check", "--branch", "agent/x", "--gate", "push").code == 0


def test_what_changed_comes_from_git_since_the_last_check_in(desk: Desk) -> None:
    work(desk, subject="the first")
    run(desk.path, "report")
    assert " the first\n" in check_ins(desk)[0]
    work(desk, subject="two")
    work(desk, "src/b.py", "three\x1b[31m")
    desk.write("src/c.py")
    run(desk.path, "report", "--next", "more")
    # Two of the same second are in no order by name.
    (newest,) = [text for text in check_ins(desk) if "## What's next\n\nmore\n" in text]
    assert " two\n" in newest
    assert "three\\x1b[31m" in newest
    assert "the first" not in newest
    assert "not committed yet" in newest


def test_nothing_new_is_said_to_be_nothing(desk: Desk) -> None:
    run(desk.path, "report")
    assert "Nothing in git since the branch began." in check_ins(desk)[0]


@pytest.mark.parametrize("state", ["needs-input", "blocked"])
def test_who_needs_something_has_to_say_what(desk: Desk, state: str) -> None:
    assert "--need" in refused(desk.path, "report", "--state", state).hint
    assert check_ins(desk) == []


def test_a_need_is_a_question_and_says_to_wait(desk: Desk) -> None:
    result = run(desk.path, "report", "--need", "Redis or memory? I would take memory.")
    assert "state: needs-input\n" in check_ins(desk)[0]
    assert "wait" in result.out


def test_a_checkpoint_is_one_of_the_briefs(desk: Desk) -> None:
    assert "plan" in refused(desk.path, "report", "--checkpoint", "plans").hint
    assert run(desk.path, "report", "--checkpoint", "plan", "--plan", "A plan.").code == 0
    assert 'checkpoint: "plan"\n' in check_ins(desk)[0]


def test_answers_since_the_last_check_in_are_printed(desk: Desk) -> None:
    run(desk.path, "report", "--need", "Redis?")
    answered = run(desk.repo.path, "answer", "x", "Memory.\n\nIt is enough.", "--decision", "change")
    assert answered.code == 0, answered
    result = run(desk.path, "report", "--changed", "memory")
    assert "change\nMemory.\n\nIt is enough." in result.out


@pytest.mark.parametrize(
    "text",
    [
        "## What changed\nIt.\n## What's next\nMore.\n## Risks and blockers\nnone\n",
        "---\nat: 2020-01-01T00:00:00Z\nstate: working\n---\n## What changed\nIt.\n## What's next\nMore.\n",
    ],
)
def test_standard_input_can_be_a_whole_report(desk: Desk, text: str) -> None:
    done = run(desk.path, "report", "-", given=text.encode())
    assert done.code == 0, done.err
    assert "## What changed\n\nIt.\n" in check_ins(desk)[0]
    assert "## What's next\n\nMore.\n" in check_ins(desk)[0]


@pytest.mark.parametrize(
    "text",
    [
        "## What's next\nhidden",
        "a\n\nTitle\n---\nb",
        "```\nnever closed",
        "<!-- never closed",
        "- item\n\n## sub",
        "~~~~\nx\n~~~",
    ],
)
def test_no_text_can_break_out_of_its_section(desk: Desk, text: str) -> None:
    result = run(desk.path, "report", "--changed", f"Said: {text}", "--next", "NEXT", "--need", "NEED")
    assert result.code == 0, result
    (branch,) = json.loads(run(desk.path, "board", "--format", "json", "--dormant=never").out)["branches"]
    (told,) = branch["check_ins"]
    assert told["findings"] == []
    sections = {title: text.strip() for title, text in told["sections"].items()}
    assert list(sections) == ["What changed", "What's next", "Risks and blockers", "What I need from you"]
    assert (sections["What's next"], sections["What I need from you"]) == ("NEXT", "NEED")


def test_work_that_is_staged_or_not_stays_so(desk: Desk) -> None:
    desk.write("src/a.py", "staged\n")
    desk.git("add", "-A")
    desk.write("src/a.py", "unstaged\n")
    before = desk.git("status", "--porcelain=v2")
    run(desk.path, "report")
    assert desk.git("status", "--porcelain=v2") == before


def test_in_a_rebase_what_was_said_is_kept_and_can_be_sent_later(desk: Desk) -> None:
    work(desk, subject="ours")
    desk.repo.commit("main", {"src/a.py": "theirs\n"})
    desk.repo.flush()
    desk.git("rebase", "main", ok=False)
    result = refused(desk.path, "report", "--changed", "Half-way.", "--need", "Which?")
    assert "rebase" in result.message
    (name,) = shlex.split(result.hint.partition("< ")[2].partition(" (")[0])
    kept = Path(name)
    assert kept.exists()
    desk.git("rebase", "--abort")
    done = run(desk.path, "report", "-", given=kept.read_bytes())
    assert done.code == 0, done.err
    assert "Half-way." in check_ins(desk)[0]


def test_what_was_left_uncommitted_is_taken_along(desk: Desk) -> None:
    run(desk.path, "report", "--changed", "first")
    desk.git("reset", "-q", "--soft", "HEAD~1")
    result = run(desk.path, "report", "--changed", "second")
    assert "was left uncommitted" in result.out
    assert len(check_ins(desk)) == 2
    assert desk.git("status", "--porcelain") == ""


def test_an_outdated_brief_is_brought_up_to_date(desk: Desk) -> None:
    brief = desk.repo.git("show", "agentledger:tasks/x/brief.md") + "\n"
    desk.write(".agentledger/tasks/x/brief.md", brief)
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "brief")
    newer = brief.replace("src/**", "src/a*")
    desk.repo.commit("agentledger", {"tasks/x/brief.md": newer})
    desk.repo.flush()
    assert "read it again" in run(desk.path, "report").out
    assert desk.git("show", "HEAD:.agentledger/tasks/x/brief.md") == newer


def test_a_dry_run_shows_it_and_writes_nothing(desk: Desk) -> None:
    result = run(desk.path, "report", "--changed", "It.", "--dry-run")
    assert "## What changed\n\nIt.\n" in result.out
    assert check_ins(desk) == []
    assert desk.git("status", "--porcelain") == ""


def test_programs_read_what_it_did(desk: Desk) -> None:
    did = json.loads(run(desk.path, "report", "--format", "json").out)
    assert did["kind"] == "did"
    assert did["commits"] == [desk.git("rev-parse", "HEAD").strip()]
    assert did["refs"] == ["refs/heads/agent/x"]
    assert did["files"][0].startswith(STATUS)


@pytest.mark.parametrize("place", ["main", "detached", "nobody's"])
def test_elsewhere_it_says_where_to_go(desk: Desk, place: str) -> None:
    folder = desk.path
    if place == "main":
        folder = desk.repo.path
    elif place == "detached":
        desk.git("switch", "-q", "--detach")
    else:
        desk.git("switch", "-q", "-c", "feature/y")
    refused(folder, "report", "--changed", "x")


def test_killed_at_any_write_it_can_be_run_again(desk: Desk) -> None:
    start = desk.git("rev-parse", "HEAD").strip()
    folder = desk.path.parent

    def before() -> None:
        desk.git("reset", "-q", "--hard", start)
        desk.git("clean", "-qfdx")

    writes = 0
    for _ in at_each_write(desk.path, folder, "report", "--changed", "It.", before=before):
        writes += 1
        sound(desk.repo.path)
        again = run(desk.path, "report", "--changed", "It.")
        assert again.code == 0, again
        assert [text.count("It.") for text in check_ins(desk)] == [1]
        assert desk.git("status", "--porcelain") == ""
        assert "agentledger-" not in " ".join(p.name for p in (desk.repo.path / ".git").iterdir())
    assert writes > 3


def test_a_row_of_picks_that_is_half_way_is_not_committed_into(desk: Desk) -> None:
    work(desk, subject="one")
    work(desk, "src/b.py", subject="two")
    tip = desk.git("rev-parse", "HEAD").strip()
    desk.git("reset", "-q", "--hard", "HEAD~2")
    work(desk, "src/b.py", subject="ours")
    desk.git("cherry-pick", f"{tip}~1", tip, ok=False)
    result = refused(desk.path, "report", "--changed", "Half-way.")
    assert "cherry-pick" in result.message
    desk.git("cherry-pick", "--abort")
    assert run(desk.path, "report", "--changed", "Whole.").code == 0


def test_what_is_no_text_is_refused_when_it_is_piped_in(desk: Desk) -> None:
    done = run(desk.path, "report", "-", given=b"a\xff")
    assert done.code == 2
    assert "UTF-8, at byte 2" in done.err
    assert check_ins(desk) == []


def test_a_note_is_read_while_ready_waits_for_its_review(desk: Desk) -> None:
    """A note settles nothing, so the work stays ready: its agent would never see it, and its author wait."""
    run(desk.path, "report", "--state", "ready", "--changed", "All.", "--next", "Nothing.")
    assert run(desk.repo.path, "answer", "x", "Why a loop?").code == 0
    result = run(desk.path, "report")
    assert "that is still so" in result.out
    assert "Why a loop?" in result.out


def test_a_review_that_asks_for_changes_is_told_to_whoever_waits_for_it(desk: Desk) -> None:
    run(desk.path, "report", "--state", "ready", "--changed", "All.", "--next", "Nothing.")
    head = desk.git("rev-parse", "HEAD").strip()
    text = f"---\nreviewer: ben\nkind: human\nverdict: request-changes\nbranch: agent/x\nhead: {head}\n---\n"
    desk.repo.commit("agentledger", {"tasks/x/reviews/1.md": text})
    desk.repo.flush()
    result = run(desk.path, "report", "--dry-run")
    assert "the review by ben asks for changes" in result.out


def test_looking_for_an_answer_takes_no_question_back(desk: Desk) -> None:
    run(desk.path, "report", "--need", "Redis?")
    head = desk.git("rev-parse", "HEAD")
    result = run(desk.path, "report")
    assert result.code == 0
    assert "no answer yet" in result.out
    assert desk.git("rev-parse", "HEAD") == head
    run(desk.repo.path, "answer", "x", "Memory.")
    assert "Memory." in run(desk.path, "report").out
    assert desk.git("rev-parse", "HEAD") != head


def test_going_on_without_an_answer_says_that_the_question_is_taken_back(desk: Desk) -> None:
    run(desk.path, "report", "--need", "Redis?")
    assert "takes back" in run(desk.path, "report", "--changed", "memory").out
