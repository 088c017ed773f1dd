"""`agentledger answer`: what it writes, where it stands, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import fleets
from agentledger.documents import parse_answer
from agentledger.model.ledger import Answer, CheckIn, Document, Source
from agentledger.model.text import decode
from agentledger.model.work import Progress, Standing
from agentledger.reports import json as report
from agentledger.reports import shapes
from agentledger.workflow.manage import compose
from agentledger.workflow.manage.answer import Reply
from cases import raw_document
from command import refused, run
from controls import NAME, files, say, server
from gitrepo import Repo
from terminal import editor, terminal

ASKED = "20261123T101500Z-3f2c"
BRIEF = "---\ntask: login\nowns: ['src/**']\n---\n\n## Outcome\n\nIt works.\n"
CHECK_IN = (
    "---\nat: 2026-11-23T10:15:00Z\nagent: claude-code\nstate: needs-input\n---\n\n"
    "## What changed\n\nA first try.\n\n## What's next\n\nThe rest.\n\n"
    "## Risks and blockers\n\nNone.\n\n## What I need from you\n\nRed or blue?\n"
)


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    """A repository with a brief on the control branch, and an agent that asks, by itself."""
    repo = Repo.init(tmp_path / "here")
    root = repo.commit("main", {"a.txt": "1\n"})
    repo.commit("agent/login", {f".agentledger/tasks/login/status/{ASKED}.md": CHECK_IN}, parents=[root])
    repo.flush()
    repo.checkout("main")
    say(repo, "tasks/login/brief.md", BRIEF)
    return repo


def answered(repo: Repo, *arguments: str) -> tuple[dict[str, Any], Answer]:
    """What the command says as JSON, and the answer as it is read from the branch it names."""
    result = run(repo.path, "answer", "--format", "json", *arguments)
    assert (result.code, result.err) == (0, ""), result
    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("answered")))
    raw = repo.git_bytes("show", f"{document['ref']}:{document['path']}")
    assert repo.git("rev-parse", document["ref"]).strip() == document["commit"]
    parsed = parse_answer(raw_document(Source(path=document["path"]), raw))
    assert parsed.document.problems == ()
    return document, parsed


def test_an_answer_is_one_document_more_by_whom_git_is_configured_for(here: Repo) -> None:
    data, parsed = answered(here, "login", "Blue, please.")
    assert data["path"].startswith("tasks/login/answers/20")
    assert (parsed.decision, parsed.to, parsed.branch, parsed.checkpoint) == ("note", ASKED, None, None)
    assert parsed.text.strip() == "Blue, please."
    assert parsed.by == here.git("var", "GIT_AUTHOR_IDENT").partition("<")[2].partition(">")[0]
    assert set(files(here)) == {"tasks/login/brief.md", data["path"]}


def test_the_document_says_what_was_written_and_whether_it_is_published(here: Repo, tmp_path: Path) -> None:
    data, _ = answered(here, "login", "Blue, please.")
    assert {key: data[key] for key in ("version", "kind", "dry_run", "task", "to_publish", "unsigned")} == {
        "version": 1,
        "kind": "answered",
        "dry_run": False,
        "task": "login",
        "to_publish": False,
        "unsigned": None,
    }
    here.git("remote", "add", "origin", str(server(tmp_path / "origin.git").path))
    assert answered(here, "login", "Red.")[0]["to_publish"] is True


def test_why_it_is_not_signed_is_told() -> None:
    path = decode(b"tasks/\xff")
    document = json.loads(
        report.encode_answer(
            "login", ref="refs/heads/x", paths=(path,), commit="a" * 40, to_publish=True, unsigned="no key"
        )
    )
    jsonschema.validate(document, json.loads(shapes.encode_schema("answered")))
    assert (document["path"], document["unsigned"]) == ("tasks/\\xff", "no key")


def test_every_option_is_in_the_document(here: Repo) -> None:
    chosen = (
        "--decision",
        "stop",
        "--to",
        f"status/{ASKED}.md",
        "--checkpoint",
        "plan",
        "--branch",
        "agent/login",
    )
    _, parsed = answered(here, "login", *chosen)
    assert (parsed.decision, parsed.to, parsed.branch, parsed.checkpoint, parsed.text.strip()) == (
        "stop",
        ASKED,
        "agent/login",
        "plan",
        "",
    )


def test_text_comes_from_standard_input_as_it_is(here: Repo) -> None:
    text = "First line: `x`\n\n---\nto: nobody\n---\n\n🍎 last\n"
    done = run(here.path, "answer", "login", "-", given=text.encode())
    assert (done.code, done.err) == (0, "")
    path = done.out.partition(": ")[0]
    assert files(here)[path].endswith(f"---\n\n{text}")


def test_work_tree_and_index_are_left_alone(here: Repo) -> None:
    (here.path / "a.txt").write_text("staged\n")
    here.git("add", "a.txt")
    (here.path / "a.txt").write_text("edited\n")
    (here.path / "new.txt").write_text("new\n")
    before = (here.git("status", "--porcelain"), (here.path / ".git" / "index").read_bytes())
    answered(here, "login", "Blue.")
    assert (here.git("status", "--porcelain"), (here.path / ".git" / "index").read_bytes()) == before


def test_two_answers_of_one_second_both_stay(here: Repo) -> None:
    paths = {answered(here, "login", text)[0]["path"] for text in ("Blue.", "No, red.")}
    assert len(paths) == 2
    assert paths < set(files(here))


def test_it_says_that_sync_publishes_where_there_is_a_remote(here: Repo, tmp_path: Path) -> None:
    assert "sync" not in run(here.path, "answer", "login", "Blue.").out
    here.git("remote", "add", "origin", str(server(tmp_path / "origin.git").path))
    result = run(here.path, "answer", "login", "Red.").out
    assert result.splitlines()[1] == "next: agentledger sync"
    tip = here.git("rev-parse", NAME).strip()
    assert result.splitlines()[0].endswith(f"written to {NAME}, {tip[:12]}")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("logn", "Hi."), "there is no task named logn", "did you mean login?"),
        (("zzz", "Hi."), "there is no task named zzz", "there is login"),
        (
            ("login", "Hi.", "--to", "nothing"),
            "there is no check-in of login named nothing",
            f"there is {ASKED}",
        ),
        (
            ("login", "Hi.", "--branch", "agent/logins"),
            "there is no branch of login named agent/logins",
            "did you mean agent/login?",
        ),
        (("login",), "the answer is empty", "write a text"),
        (("login", " \n"), "the answer is empty", "write a text"),
    ],
)
def test_what_is_not_known_or_says_nothing_is_refused(
    here: Repo, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    before = here.git("rev-parse", NAME)
    result = refused(here.path, "answer", *arguments)
    assert result.message == message
    assert result.hint.startswith(hint)
    assert here.git("rev-parse", NAME) == before


def test_a_checkpoint_that_could_not_be_read_again_is_refused(here: Repo) -> None:
    before = here.git("rev-parse", NAME)
    assert "read again" in refused(here.path, "answer", "login", "Hi.", "--checkpoint", "The Plan!").message
    assert here.git("rev-parse", NAME) == before


def test_an_agent_s_worktree_has_no_say(here: Repo, tmp_path: Path) -> None:
    beside = here.worktree_add(tmp_path / "beside", "agent/login")
    assert "the manager's" in refused(beside.path, "answer", "login", "Approved!").message


def test_without_any_task_it_says_so(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "bare")
    repo.commit("main", {"a.txt": "1\n"})
    repo.flush()
    assert refused(repo.path, "answer", "login", "Hi.").hint == "no task is known here"


def test_a_persons_branch_of_that_name_is_told_with_the_way_out(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "here")
    root = repo.commit("main", {"a.txt": "1\n"})
    repo.commit(NAME, {"src/mine.py": "1\n"}, parents=[root])
    repo.flush()
    repo.checkout("main")
    result = refused(repo.path, "answer", "login", "hi")
    assert "is not the control branch: it holds" in result.message
    assert "name another one" in result.hint


# -- paragraphs, rivals, dry runs -----------------------------------------------------------


def test_messages_are_paragraphs_after_the_text(here: Repo) -> None:
    _, parsed = answered(here, "login", "First.", "-m", "Second.", "--message", "Third.")
    assert parsed.text.strip() == "First.\n\nSecond.\n\nThird."


def test_a_message_can_come_from_standard_input(here: Repo) -> None:
    done = run(here.path, "answer", "login", "-m", "First.", "-m", "-", given=b"From a pipe.\n")
    assert (done.code, done.err) == (0, "")
    assert files(here)[done.out.partition(": ")[0]].endswith("---\n\nFirst.\n\nFrom a pipe.\n")


def test_a_dry_run_shows_the_document_and_writes_nothing(here: Repo) -> None:
    before = files(here)
    result = run(here.path, "answer", "login", "Blue \u202e.", "--dry-run")
    lines = result.out.splitlines()
    assert lines[0] == "nothing is written: this is a dry run"
    assert "would go to agentledger" in lines[1]
    assert "  decision: note" in lines
    assert "  Blue \\u{202E}." in lines
    document = json.loads(run(here.path, "answer", "login", "Blue.", "--dry-run", "--format", "json").out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("answered")))
    assert (document["dry_run"], document["commit"]) == (True, None)
    assert files(here) == before


def test_without_a_remote_the_next_command_is_next(here: Repo) -> None:
    assert run(here.path, "answer", "login", "Blue.").out.splitlines()[-1] == "next: agentledger next"


@pytest.fixture
def rivals(here: Repo) -> Repo:
    """A second attempt at the same task, whose check-in has another name."""
    root = here.git("rev-parse", "main").strip()
    files = {".agentledger/tasks/login/status/2.md": CHECK_IN}
    here.commit("agent/login--2", files, parents=[root])
    here.flush()
    return here


def test_of_rivals_one_has_to_be_named(rivals: Repo) -> None:
    before = files(rivals)
    result = refused(rivals.path, "answer", "login", "Blue.")
    assert result.message == "2 branches work on login: agent/login, agent/login--2"
    assert result.hint == "name the branch in place of the task, or say --all"
    assert files(rivals) == before


@pytest.mark.parametrize(
    ("arguments", "branch"),
    [
        (("agent/login--2",), "agent/login--2"),
        (("login", "--branch", "agent/login"), "agent/login"),
        (("login", "--to", "2"), "agent/login--2"),
    ],
)
def test_a_branch_its_check_in_or_all_can_be_named(
    rivals: Repo, arguments: tuple[str, ...], branch: str | None
) -> None:
    _, parsed = answered(rivals, *arguments, "-m", "Blue.")
    assert parsed.branch == branch


def test_all_are_answered_each_with_the_name_of_its_own_check_in(rivals: Repo) -> None:
    """One commit, and no answer of which a reader has to guess what it settles."""
    document = json.loads(run(rivals.path, "answer", "login", "Blue.", "--all", "--format", "json").out)
    written = sorted(files(rivals)[path].partition("decision: note\n")[2] for path in document["paths"])
    first, second = f'to: "{ASKED}"\nbranch: "agent/login"\n', 'to: "2"\nbranch: "agent/login--2"\n'
    assert written == [f"{second}---\n\nBlue.\n", f"{first}---\n\nBlue.\n"]


def test_one_branch_and_all_of_them_is_refused(rivals: Repo) -> None:
    result = run(rivals.path, "answer", "login", "Blue.", "--all", "--branch", "agent/login")
    assert result.code == 2
    assert "give only one of them" in result.err


def test_an_attempt_that_has_ended_is_no_rival(rivals: Repo) -> None:
    over = "---\noutcome: killed\nbranch: agent/login--2\n---\nToo slow.\n"
    say(rivals, "tasks/login/outcome.md", over)
    assert answered(rivals, "login", "Blue.")[1].branch is None


def test_a_note_on_a_checkpoint_is_told_to_leave_it_closed(here: Repo) -> None:
    asks = CHECK_IN.replace("state: needs-input\n", "state: working\ncheckpoint: plan\n")
    asks = asks.replace("## What I need", "## Plan\n\nCache it.\n\n## What I need")
    here.commit("agent/login", {".agentledger/tasks/login/status/20271123T101500Z-1.md": asks})
    here.flush()
    result = run(here.path, "answer", "login", "Looks good.").out
    assert "warning: a note leaves the checkpoint plan closed: --decision approve opens it" in result
    assert "warning" not in run(here.path, "answer", "login", "--decision", "approve").out


# -- in an editor -------------------------------------------------------------------------


def test_at_a_terminal_the_editor_opens_with_the_question_which_is_dropped(
    here: Repo, tmp_path: Path
) -> None:
    env = editor(
        tmp_path, f'cp "$1" "{tmp_path}/seen"; printf "# Blue\\n\\nIt is calm.\\n" | cat - "$1" >x; mv x "$1"'
    )
    with terminal(here.path, "answer", "login", env=env) as person:
        assert person.ended() == 0, person.shown
    assert "| Red or blue?" in (tmp_path / "seen").read_text()
    (path,) = set(files(here)) - {"tasks/login/brief.md"}
    assert files(here)[path].endswith("---\n\n# Blue\n\nIt is calm.\n")
    assert not list((here.path / ".git/agentledger/kept").iterdir())


def test_an_editor_that_is_left_as_it_was_writes_nothing(here: Repo, tmp_path: Path) -> None:
    before = files(here)
    with terminal(here.path, "answer", "login", env=editor(tmp_path, ":")) as person:
        assert person.ended() == 2
    assert "the answer is empty, so nothing was written" in person.shown
    assert files(here) == before


def test_what_was_written_is_kept_when_the_answer_is_refused(here: Repo, tmp_path: Path) -> None:
    here.git("worktree", "add", "-q", str(tmp_path / "control"), NAME)
    env = editor(tmp_path, 'printf "Blue.\\n" | cat - "$1" >x; mv x "$1"')
    with terminal(here.path, "answer", "login", env=env) as person:
        assert person.ended() == 2
    assert "is checked out" in person.shown
    here.git("worktree", "remove", "--force", str(tmp_path / "control"))
    with terminal(here.path, "answer", "login", env=editor(tmp_path, ":")) as person:
        assert person.ended() == 0, person.shown
    (path,) = set(files(here)) - {"tasks/login/brief.md"}
    assert files(here)[path].endswith("---\n\nBlue.\n")


def test_to_approve_takes_no_words_at_a_terminal_either(here: Repo, tmp_path: Path) -> None:
    env = editor(tmp_path, "exit 1")
    with terminal(here.path, "answer", "login", "--decision", "approve", env=env) as person:
        assert person.ended() == 0, person.shown


def test_a_question_cannot_get_into_the_answer() -> None:
    asking = CheckIn(
        document=Document(source=Source(path="x")),
        name="1",
        at=1,
        needs=f"Mine.\n{compose.CUT}\n# yes\n\x1b[2J\u202e",
    )
    branch = fleets.branch(standing=Standing(progress=Progress.NEEDS_INPUT, question=asking))
    form = compose.render_form(Reply(task="login"), [branch])
    assert form.count(f"\n{compose.CUT}") == 1
    assert "\x1b" not in form
    assert "\u202e" not in form
    assert compose.parse_form(f"Blue.\n{form}", form) == "Blue."
    assert compose.parse_form(f"Blue.\n{form}".replace(f"{compose.CUT}\n", "", 1), form) == "Blue."
