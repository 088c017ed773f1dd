"""`agentledger brief`: the brief that counts, and a copy that asks for a different one."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.attention.brief_change import compare_briefs
from agentledger.attention.commands import format_command
from agentledger.attention.scope_request import list_decisions
from agentledger.documents import parse_brief
from agentledger.model.ledger import Brief, Source
from agentledger.model.policy import Policy
from agentledger.model.work import Copy
from agentledger.reports import shapes
from agentledger.scope.task_scope import scope_of_brief
from agentledger.site.branch_commands import scope_commands
from cases import raw_document
from command import Said, refused, run
from controls import NAME, files, server
from gitrepo import Repo
from writing import FOLDER, Desk, brief, check_in

WIDER = brief(owns=["src/**", "docs/**"])


@pytest.fixture
def asking(tmp_path: Path) -> Desk:
    """A branch whose copy of the brief asks for docs/, too; main is checked out."""
    desk = Desk(tmp_path / "a repo")
    desk.says({"brief.md": WIDER}, at=int(time.time()))
    desk.repo.checkout("main")
    return desk


def blob(desk: Desk, name: str = "agent/x") -> str:
    return desk.repo.git("rev-parse", f"{name}:{FOLDER}brief.md")


def on_control(desk: Desk) -> str:
    return desk.repo.git("rev-parse", f"{NAME}:tasks/x/brief.md")


def told(desk: Desk, schema: str, *arguments: str) -> Any:
    """What the command says as JSON, valid by its schema."""
    result = run(desk.repo.path, "brief", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, ""), result
    data = json.loads(result.out)
    jsonschema.validate(data, json.loads(shapes.encode_schema(schema)))
    return data


def well(desk: Desk, *arguments: str) -> str:
    result = run(desk.repo.path, "brief", *arguments)
    assert (result.code, result.err) == (0, ""), result
    return result.out


# -- looking ----------------------------------------------------------------------------


def test_show_prints_the_brief_where_it_is_from_and_who_has_it(asking: Desk) -> None:
    lines = well(asking, "show", "x").splitlines()
    assert lines[0].startswith("# brief of x: from the control branch, commit ")
    assert lines[0].endswith("unproven: an agent here could have rewritten it")
    assert lines[1] == "# agent/x asks for a different one"
    assert lines[2:] == brief().splitlines()


def test_show_as_a_document(asking: Desk) -> None:
    data = told(asking, "brief-show", "show", "agent/x")
    assert (data["task"], data["from"], data["proven"]) == ("x", "control", False)
    assert data["text"] == brief()
    assert data["blob"] == on_control(asking)
    assert data["copies"] == [{"branch": "agent/x", "copy": "scope-change"}]


def test_hidden_characters_of_a_brief_are_spelled_out(asking: Desk) -> None:
    asking.manager({"brief.md": brief() + "\n\x1b[2Jgone \u202e\n"})
    asking.repo.flush()
    assert "\\x1b[2Jgone \\u{202E}" in well(asking, "show", "x")


def test_a_task_without_a_brief_says_how_to_write_one(asking: Desk) -> None:
    asking.repo.commit(NAME, {"tasks/y/answers/1.md": "---\ndecision: note\n---\nHi.\n"})
    asking.repo.flush()
    result = refused(asking.repo.path, "brief", "show", "y")
    assert (result.message, result.hint) == ("y has no brief", "agentledger plan y writes one")


def test_diff_says_what_it_would_let_the_branch_touch_then_shows_it(asking: Desk) -> None:
    out = well(asking, "diff", "x")
    lines = out.splitlines()
    assert lines[:2] == ["agent/x asks for a different one", "  it could touch docs/**, for instance docs/a"]
    assert '+owns: ["src/**", "docs/**"]' in lines
    assert lines[-2] == f"next: agentledger brief accept --blob {blob(asking)[:12]} agent/x"
    assert lines[-1] == f"or: agentledger brief reject --blob {blob(asking)[:12]} -m 'why not' agent/x"


def test_the_command_that_diff_prints_accepts_that_copy(asking: Desk) -> None:
    command = well(asking, "diff", "x").splitlines()[-2].removeprefix("next: agentledger brief ")
    well(asking, *command.split())
    assert on_control(asking) == blob(asking)


@pytest.mark.parametrize("name", ["agent/a;b", "agent/it's", "agent/$(reboot)"])
def test_odd_names_of_branches_are_quoted_in_every_command(asking: Desk, name: str) -> None:
    asking.manager({"brief.md": brief(branch=name)})
    asked = {FOLDER + "brief.md": WIDER, FOLDER + "status/1.md": check_in("needs-input", needs="May I?")}
    asking.repo.commit(f"refs/heads/{name}", asked, parents=[asking.root], at=int(time.time()))
    asking.repo.git("branch", "-q", "-D", "agent/x")
    *_, accept, reject = (
        shlex.split(line.partition(": ")[2])[1:] for line in well(asking, "diff", "x").splitlines()
    )
    assert run(asking.repo.path, *reject, "--dry-run").code == 0
    for _, command in list_decisions(asking.branch(name)):
        assert run(asking.repo.path, *shlex.split(command)[1:], "--dry-run").code == 0
    assert run(asking.repo.path, *accept).code == 0
    assert asking.branch(name).standing is not None
    assert asking.work(name).copy is Copy.SAME
    assert asking.work(name).answers[0].decision == "approve"


def test_a_name_that_looks_like_an_option_is_taken_for_a_name() -> None:
    assert format_command(("agentledger", "answer"), "-x", "yes") == "agentledger answer -- -x yes"
    assert format_command(("agentledger", "answer"), "a\u202eb") is None


def test_diff_as_a_document(asking: Desk) -> None:
    (copy,) = told(asking, "brief-diff", "diff", "x")["copies"]
    assert (copy["branch"], copy["copy"], copy["blob"]) == ("agent/x", "scope-change", blob(asking))
    assert copy["grants"] == ["it could touch docs/**, for instance docs/a"]
    assert copy["takes"] == copy["others"] == []
    assert not any(problem["fatal"] for problem in copy["problems"])
    assert "+owns" in copy["diff"]


def test_without_a_difference_diff_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.says({"brief.md": brief()})
    desk.repo.checkout("main")
    assert well(desk, "diff", "x") == "x: every copy is the brief that counts\n"
    assert told(desk, "brief-diff", "diff", "x")["copies"] == []


def test_an_agent_may_look_but_not_settle(asking: Desk, tmp_path: Path) -> None:
    beside = asking.repo.worktree_add(tmp_path / "beside", "agent/x")
    for command in ("show", "diff"):
        assert run(beside.path, "brief", command, "x").code == 0
    for command in ("accept", "reject"):
        assert "the manager's" in refused(beside.path, "brief", command, "x").message


# -- what a copy asks for, in words -------------------------------------------------------


def parsed(text: str) -> Brief:
    raw = text.encode()
    return parse_brief(raw_document(Source(path="tasks/x/brief.md"), raw))


def asks(old: str, new: str, protected: tuple[str, ...] = ()) -> tuple[str, ...]:
    policy = Policy(protected=protected)
    before, after = parsed(old), parsed(new)
    return compare_briefs(
        before, after, scope_of_brief(before, policy), scope_of_brief(after, policy)
    ).sentences


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ({}, {"owns": ["src/a/**"]}, ["it could no longer touch src/**, for instance src/a"]),
        ({}, {"owns": ["src/**", "src/a/**"]}, []),
        ({"owns": ["src/*.py"]}, {"owns": ["src/**"]}, ["it could touch src/**, for instance src/a"]),
        (
            {"off_limits": ["src/legacy/**"]},
            {},
            ["it could touch src/**, for instance src/legacy/a"],
        ),
        ({"owns": ["src/**"]}, {"owns": ["src/**", "setup.cfg"]}, ["it could touch setup.cfg"]),
        ({}, {"mode": "review"}, ['`mode`: not set → "review"']),
        ({}, {"kill": {"lines": 9}}, ['`kill`: not set → {"lines": 9}']),
        ({}, {"verify": {"test": "true"}}, ["the check test: pytest -q → true"]),
        (
            {"verify": {"test": "make", "lint": "ruff"}},
            {"verify": {"lint": "ruff"}},
            ["the check test would be gone: make"],
        ),
        ({}, {"verify": {"test": "pytest -q", "lint": "ruff"}}, ["a new check lint: ruff"]),
    ],
)
def test_what_a_copy_asks_for_is_said(old: dict[str, Any], new: dict[str, Any], sentences: list[str]) -> None:
    assert list(asks(brief(**old), brief(**new))) == sentences


def test_other_words_of_a_section_are_named() -> None:
    new = brief().replace("It takes a second", "It takes an hour")
    assert list(asks(brief(), new)) == ["other words below: Acceptance criteria"]


def test_what_policy_protects_is_only_granted_by_its_full_name() -> None:
    wide, full = brief(owns=["**"]), brief(owns=["src/**", "pyproject.toml"])
    assert list(asks(brief(), full, ("pyproject.toml",))) == ["it could touch pyproject.toml"]
    assert list(asks(wide, brief(owns=["**", "pyproject.toml"]), ("pyproject.toml",))) == [
        "it could touch pyproject.toml"
    ]


# -- accepting --------------------------------------------------------------------------


def test_accepting_makes_the_copy_the_brief_in_one_commit(asking: Desk) -> None:
    before = asking.repo.git("rev-parse", NAME)
    data = told(asking, "did", "accept", "x")
    assert on_control(asking) == blob(asking)
    assert asking.work().copy is Copy.SAME
    assert asking.repo.git("rev-parse", f"{NAME}^") == before
    assert data["commits"] == [asking.repo.git("rev-parse", NAME)]
    assert (data["command"], data["task"], data["files"]) == ("brief accept", "x", ["tasks/x/brief.md"])
    assert data["said"] == [
        "the copy of agent/x is the brief of x",
        "it could touch docs/**, for instance docs/a",
    ]
    assert data["next"] == "agentledger next"


def test_a_dry_run_says_the_same_and_writes_nothing(asking: Desk) -> None:
    before = files(asking.repo)
    data = told(asking, "did", "accept", "x", "--dry-run", "-m", "Fine.")
    assert (data["dry_run"], data["commits"], len(data["files"])) == (True, [], 2)
    assert told(asking, "did", "reject", "x", "--dry-run")["commits"] == []
    assert files(asking.repo) == before


def test_next_is_to_publish_where_there_is_a_remote(asking: Desk, tmp_path: Path) -> None:
    asking.repo.git("remote", "add", "origin", str(server(tmp_path / "origin.git").path))
    assert well(asking, "accept", "x").splitlines()[-1] == "next: agentledger sync"


def test_a_question_from_before_stays_open_without_a_word_and_is_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a repo")
    desk.says({"status/1.md": check_in("needs-input", needs="Red or blue?")})
    desk.says({"brief.md": WIDER}, at=int(time.time()))
    desk.repo.checkout("main")
    assert well(desk, "accept", "x").splitlines()[-1] == "next: agentledger answer agent/x 'your answer'"
    assert desk.standing().progress == "needs-input"


def test_a_text_answers_the_question_too_in_the_same_commit(asking: Desk) -> None:
    asking.says({"status/1.md": check_in("needs-input", needs="May I?")})
    asking.repo.flush()
    before = asking.repo.git("rev-parse", NAME)
    assert "that answers what agent/x asks, too" in well(asking, "accept", "x", "-m", "Only these.")
    assert asking.repo.git("rev-parse", f"{NAME}^") == before
    (answer,) = asking.work().answers
    assert (answer.decision, answer.to, answer.brief) == ("approve", "1", blob(asking))
    assert asking.standing().progress == "working"


@pytest.mark.parametrize("settle", ["accept", "reject"])
def test_a_text_does_not_decide_on_a_checkpoint(asking: Desk, settle: str) -> None:
    asking.says({"status/1.md": check_in(checkpoint="plan", needs="The plan.")})
    asking.repo.flush()
    well(asking, settle, "x", "-m", "As for the scope.")
    assert asking.work().copy is (Copy.SAME if settle == "accept" else Copy.REFUSED)
    assert asking.standing().progress == "needs-input"


def test_a_copy_that_was_put_in_its_place_is_not_accepted(asking: Desk) -> None:
    seen = blob(asking)
    asking.says({"brief.md": brief(owns=["**"])})
    asking.repo.flush()
    for settle in ("accept", "reject"):
        result = refused(asking.repo.path, "brief", settle, "x", "--blob", seen[:12])
        assert result.message == "the copy of agent/x was replaced meanwhile"
        assert result.hint == "look again: agentledger brief diff agent/x"
    assert files(asking.repo)["tasks/x/brief.md"] == brief()


def test_a_brief_that_nobody_confirmed_becomes_the_brief(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    folder = ".agentledger/tasks/y/"
    desk.repo.commit("agent/y", {f"{folder}brief.md": brief("y")}, parents=[desk.root])
    desk.repo.checkout("main")
    out = well(desk, "accept", "y")
    assert out.startswith("the copy of agent/y, which nobody had confirmed, is the brief of y\n")
    assert files(desk.repo)["tasks/y/brief.md"] == brief("y")


def test_bytes_stay_as_they_are(asking: Desk) -> None:
    asking.says({"brief.md": WIDER.replace("\n", "\r\n")})
    asking.repo.flush()
    well(asking, "accept", "x")
    assert on_control(asking) == blob(asking)


def refuses(desk: Desk, *arguments: str) -> Said:
    """The refusal, after which nothing has been written."""
    before = files(desk.repo)
    result = refused(desk.repo.path, "brief", *arguments)
    assert files(desk.repo) == before
    return result


def test_a_copy_that_cannot_be_read_is_refused_with_its_line(asking: Desk) -> None:
    asking.says({"brief.md": WIDER.replace("owns:", "ownz:")})
    asking.repo.flush()
    result = refuses(asking, "accept", "x")
    assert result.message.startswith("the copy of agent/x cannot be the brief, line 1: `owns` is")
    assert "it cannot be the brief: line 3: " in well(asking, "diff", "x")


def test_a_copy_that_is_not_committed_is_refused(asking: Desk, tmp_path: Path) -> None:
    beside = asking.repo.worktree_add(tmp_path / "beside", "agent/x")
    (beside.path / FOLDER / "brief.md").write_text(brief(owns=["**"]))
    assert refuses(asking, "accept", "x").message == "the copy of agent/x is not committed yet"


@pytest.mark.parametrize(
    ("copy", "message"),
    [
        (brief(), "agent/x has the brief that counts, and asks for nothing else"),
        (None, "agent/x has no copy of the brief"),
    ],
)
def test_what_asks_for_nothing_is_refused(asking: Desk, copy: str | None, message: str) -> None:
    asking.says({"brief.md": copy, "status/1.md": check_in()})
    asking.repo.flush()
    for settle in ("accept", "reject"):
        assert refuses(asking, settle, "x").message == message


def test_an_earlier_version_asks_for_nothing(asking: Desk) -> None:
    asking.says({"brief.md": brief()})
    asking.manager({"brief.md": WIDER})
    asking.repo.flush()
    result = refuses(asking, "accept", "agent/x")
    assert result.message == "agent/x has an earlier version of the brief, and asks for nothing else"


def test_of_two_that_ask_for_different_ones_one_has_to_be_named(asking: Desk) -> None:
    asking.repo.commit("agent/x--2", {FOLDER + "brief.md": brief(owns=["lib/**"])}, parents=[asking.root])
    asking.repo.flush()
    result = refuses(asking, "accept", "x")
    assert result.message == "2 branches ask for different briefs: agent/x, agent/x--2"
    assert well(asking, "diff", "x").count("asks for a different one") == 2
    well(asking, "accept", "agent/x--2")
    assert (asking.work("agent/x--2").copy, asking.work().copy) == (Copy.SAME, Copy.SCOPE_CHANGE)


# -- other tasks, and policy --------------------------------------------------------------


@pytest.fixture
def beside(asking: Desk) -> Desk:
    """Another task that is at work in docs/."""
    asking.repo.commit(NAME, {"tasks/y/brief.md": brief("y", owns=["docs/api/*"])})
    asking.repo.commit("agent/y", {"docs/api/a.md": "1\n"}, parents=[asking.root])
    asking.repo.flush()
    return asking


def test_meeting_another_task_is_refused_with_the_path(beside: Desk) -> None:
    result = refuses(beside, "accept", "x")
    met = "its scope meets that of y, at docs/api/a: by 'docs/**' and its 'docs/api/*'"
    assert result.message == f"with that brief {met}"
    assert "--despite-overlap" in result.hint
    assert f"warning: {met}" in well(beside, "accept", "x", "--despite-overlap")


def test_who_depends_on_the_other_may_meet_it(beside: Desk) -> None:
    beside.says({"brief.md": brief(owns=["src/**", "docs/**"], depends_on=["y"])})
    beside.repo.flush()
    assert "warning" not in well(beside, "accept", "x")


def test_tasks_that_met_before_are_told_nothing_new(beside: Desk) -> None:
    beside.manager({"brief.md": WIDER})
    beside.says({"brief.md": brief(owns=["src/**", "docs/**", "lib/**"])})
    beside.repo.flush()
    assert "warning" not in well(beside, "accept", "x")


def test_what_policy_has_against_the_new_brief_is_told(asking: Desk) -> None:
    config = '[paths]\nshared = ["docs/api/**"]\n'
    asking.repo.commit("main", {".agentledger/config.toml": config})
    asking.repo.checkout("main")
    out = well(asking, "accept", "x", "--dry-run")
    assert "warning: BRF010 brief-seam: it can touch the shared docs/api/a" in out


# -- its page ----------------------------------------------------------------------------


def test_the_page_has_both_commands_which_hold_to_the_copy_that_it_shows(asking: Desk) -> None:
    commands = {c.purpose: shlex.split(c.text)[1:] for c in scope_commands(asking.branch())}
    accept, refuse = commands["Accept the brief as it has it"], commands["Refuse that brief"]
    assert run(asking.repo.path, *refuse).code == 0
    assert asking.work().copy is Copy.REFUSED
    assert scope_commands(asking.branch()) == ()
    asking.says({"brief.md": brief(owns=["**"])})
    asking.repo.flush()
    assert "was replaced meanwhile" in refused(asking.repo.path, *accept).message


# -- rejecting --------------------------------------------------------------------------


def test_rejecting_writes_an_answer_that_names_the_copy(asking: Desk) -> None:
    data = told(asking, "did", "reject", "x", "-m", "Not docs.", "-m", "Later.")
    assert asking.work().copy is Copy.REFUSED
    (answer,) = asking.work().answers
    assert (answer.decision, answer.brief) == ("reject", blob(asking))
    assert answer.text.strip() == "Not docs.\n\nLater."
    assert data["files"] == [f"tasks/x/answers/{answer.name}.md"]
    assert files(asking.repo)["tasks/x/brief.md"] == brief()


def test_rejecting_twice_is_refused_and_accepting_it_after_all_is_not(asking: Desk) -> None:
    well(asking, "reject", "x")
    assert refuses(asking, "reject", "x").message == "what agent/x asks for is refused already"
    assert "which had been refused" in well(asking, "accept", "x")
    assert asking.work().copy is Copy.SAME


def test_rejecting_with_a_text_answers_the_question_too(asking: Desk) -> None:
    asking.says({"status/1.md": check_in("needs-input", needs="May I?")})
    asking.repo.flush()
    well(asking, "reject", "x", "-m", "No.")
    assert (asking.work().copy, asking.standing().progress) == (Copy.REFUSED, "working")


def test_a_name_that_nobody_has_is_told_with_near_ones(asking: Desk) -> None:
    result = refuses(asking, "accept", "agent/z")
    assert result.message == "there is no task named agent/z"


def test_it_works_from_a_subfolder(asking: Desk) -> None:
    result = run(asking.repo.path / "src", "brief", "accept", "x")
    assert result.code == 0
    assert asking.work().copy is Copy.SAME


def test_a_bare_repository_will_do(asking: Desk, tmp_path: Path) -> None:
    bare = Repo.init(tmp_path / "b.git", bare=True)
    bare.git("fetch", "-q", str(asking.repo.path), "+refs/heads/*:refs/heads/*")
    assert run(bare.path, "brief", "accept", "x").code == 0
