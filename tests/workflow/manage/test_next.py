"""`agentledger next`: what comes first, and what its keys do at a real terminal."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.attention.turn import Kind, Whose, turn_of
from agentledger.cli.next import KEYS
from agentledger.model.work import Copy
from agentledger.reports import shapes
from command import refused, run
from controls import files
from gitrepo import Content
from terminal import Terminal, editor, terminal
from writing import FOLDER, Desk, brief, evidence


def now() -> int:
    """This moment: what was a moment ago when the file was imported is long past when its last test runs."""
    return int(time.time())


def said(state: str = "working", ago: int = 5, needs: str = "none", **keys: str) -> str:
    """A check-in by zed, so many minutes ago."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now() - 60 * ago))
    plan = keys.pop("plan", "Cache it.")
    more = "".join(f"{key}: {value}\n" for key, value in keys.items())
    section = f"## Plan\n{plan}\n" if "checkpoint" in keys and plan else ""
    return (
        f"---\nat: {at}\nagent: zed\nstate: {state}\n{more}---\n## What changed\nIt.\n## What's next\nMore.\n"
        f"## Risks and blockers\nNone.\n{section}## What I need from you\n{needs}\n"
    )


class Fleet(Desk):
    """The desk of task x, and other tasks, all of them at work just now."""

    def asks(self, task: str, needs: str, ago: int = 5, **keys: str) -> None:
        """Another task whose agent asks."""
        self.repo.commit("agentledger", {f"tasks/{task}/brief.md": brief(task, owns=[f"{task}/**"])})
        path = f".agentledger/tasks/{task}/status/1.md"
        files: dict[str, Content] = {f"{task}/a.py": "1\n", path: said("needs-input", ago, needs, **keys)}
        self.repo.commit(f"agent/{task}", files, parents=[self.root], at=now() - 60 * ago)
        self.repo.flush()

    def x(self, files: dict[str, Content]) -> None:
        """What the agent of x writes now."""
        self.says(files, at=now())
        self.repo.flush()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Nothing waits: one agent is at work. What a command commits is of this moment, as its documents are."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)
    desk = Fleet(tmp_path / "a repo")
    desk.repo.commit("agent/x", {"src/b.py": "1\n"}, at=now())
    desk.repo.checkout("main")
    return desk


def text(desk: Fleet) -> str:
    result = run(desk.repo.path, "next")
    assert (result.code, result.err) == (0, "")
    return result.out


def document(desk: Fleet) -> Any:
    result = run(desk.repo.path, "next", "--format", "json")
    assert (result.code, result.err) == (0, "")
    data = json.loads(result.out)
    jsonschema.validate(data, json.loads(shapes.encode_schema("next")))
    return data


# -- what is shown ------------------------------------------------------------------------


def test_when_nothing_waits_it_says_what_the_agents_are_doing(desk: Fleet) -> None:
    assert text(desk) == "nothing waits for you\nagents: 1 working (agent/x)\n"
    assert document(desk) == {
        "version": 1,
        "kind": "next",
        "waiting": 0,
        "turn": None,
        "unknown": [],
        "agents": "agents: 1 working (agent/x)",
        "gone": [],
        "hand_out": None,
    }


def test_a_question_is_shown_with_all_that_one_needs_to_answer_it(desk: Fleet) -> None:
    desk.x(
        {
            "status/1.md": said("needs-input", needs="Red?\nOr blue?"),
            "evidence/test.json": evidence(desk.code),
        }
    )
    lines = text(desk).splitlines()
    assert lines[0] == "Answer its question"
    assert lines[1].startswith("x (task x, branch agent/x), waits for you since 20")
    # It was five minutes ago when this file was loaded.
    assert re.search(r"UTC \((?:\d+ min|\d+ h)\)$", lines[1])
    assert lines[3:6] == ["zed asks:", "  | Red?", "  | Or blue?"]
    assert lines[6:8] == ["the outcome that the brief asks for:", "  | It is fast."]
    assert lines[8] == "checks: test passed (claimed, on other code)"
    assert lines[-1] == "next: agentledger answer x 'your answer'"


def test_who_has_waited_longest_comes_first_and_the_rest_is_counted(desk: Fleet) -> None:
    desk.asks("y", "First?", ago=50)
    desk.asks("z", "Second?", ago=9)
    desk.x({"status/1.md": said("ready")})
    lines = text(desk).splitlines()
    assert "  | First?" in lines
    assert lines[-1] == "2 more wait behind it"
    data = document(desk)
    assert (data["waiting"], data["turn"]["branch"], data["turn"]["question"]) == (3, "agent/y", "First?")
    assert data["turn"]["next_action"]["command"] == "agentledger answer y 'your answer'"


def test_a_checkpoint_is_named(desk: Fleet) -> None:
    desk.x({"status/1.md": said(checkpoint="plan", needs="See above.")})
    lines = text(desk).splitlines()
    assert lines[0] == "Decide on its checkpoint: plan"
    at = lines.index("zed asks about its checkpoint plan, by this plan:")
    assert lines[at + 1 : at + 4] == ["  | Cache it.", "and asks:", "  | See above."]
    assert lines[-1] == "next: agentledger answer x --decision approve --checkpoint plan --to 1"


def test_a_scope_change_is_told_in_words(desk: Fleet) -> None:
    desk.x({"brief.md": brief(owns=["src/**", "docs/**"])})
    assert "  | it could touch docs/**, for instance docs/a" in text(desk).splitlines()
    assert text(desk).splitlines()[-4] == "next: agentledger brief diff agent/x"
    assert document(desk)["turn"]["asks_for"] == ["it could touch docs/**, for instance docs/a"]


def test_finished_work_that_is_held_says_why(desk: Fleet) -> None:
    desk.x({"status/1.md": said("ready")})
    lines = text(desk).splitlines()
    at = next(number for number, line in enumerate(lines) if line.endswith("is held:"))
    assert any("packet" in line for line in lines[at + 1 : at + 4])
    assert document(desk)["turn"]["about"] == "held"


def test_what_an_agent_wrote_is_bounded_and_spelled_out(desk: Fleet) -> None:
    lines = "\n".join(["\x1b[2J\u202eevil", "w" * 5000, *(f"line {n}" for n in range(500))])
    desk.x({"status/1.md": said("needs-input", needs=lines)})
    screen = text(desk)
    assert "  | \\x1b[2J\\u{202E}evil" in screen
    assert "\x1b" not in screen
    assert "  | … and 472 more lines" in screen
    assert max(map(len, screen.splitlines())) < 420


def test_a_repository_without_agents_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.repo.git("branch", "-D", "agent/x")
    desk.repo.checkout("main")
    assert run(desk.repo.path, "next").out == (
        "nothing waits for you\nagents: none at work\nthere is room for x (task x)\nnext: agentledger spawn x\n"
    )


def test_it_is_not_an_agent_s_turn(desk: Fleet, tmp_path: Path) -> None:
    beside = desk.repo.worktree_add(tmp_path / "beside", "agent/x")
    assert "the manager's" in refused(beside.path, "next").message


# -- keys -------------------------------------------------------------------------------

OFFERED = "q quit\n"
ANSWER = 'printf "Blue.\\n" | cat - "$1" >x; mv x "$1"'


def person(at: Terminal, *keys: str) -> str:
    """Press each key once it is offered; what was shown until the end, which has to be a good one."""
    for key in keys:
        at.wait(OFFERED)
        at.press(key)
    assert at.ended() == 0, at.shown
    return at.shown


def test_every_key_is_another_and_finished_work_is_not_approved_by_an_answer() -> None:
    for kind in Kind:
        offered = [key.key for key in KEYS if not key.kinds or kind in key.kinds]
        assert len(set(offered)) == len(offered), kind
    for key in KEYS:
        assert set(key.kinds) <= set(Kind)
    approving = {kind for key in KEYS if key.key == "y" for kind in key.kinds}
    assert approving == {Kind.QUESTION, Kind.SCOPE_CHANGE}


def test_y_approves_what_was_asked_and_the_next_thing_comes(desk: Fleet) -> None:
    desk.asks("y", "First?", ago=50, checkpoint="plan")
    desk.x({"status/1.md": said("needs-input", needs="Second?")})
    with terminal(desk.repo.path, "next") as at:
        at.wait("First?")
        at.wait(OFFERED)
        at.press("y")
        at.wait("written to agentledger")
        at.wait("Second?")
        screen = person(at, "y")
    assert screen.splitlines()[-2:] == [
        "nothing else waits for you; 2 things skipped or under way",
        "agents: 2 working (agent/x, agent/y)",
    ]
    (path,) = [path for path in files(desk.repo) if path.startswith("tasks/y/answers/")]
    assert 'decision: approve\nto: "1"\ncheckpoint: "plan"\n' in files(desk.repo)[path]
    assert turn_of(desk.branch()).whose is Whose.AGENT


def test_a_answers_from_the_editor(desk: Fleet, tmp_path: Path) -> None:
    desk.x({"status/1.md": said("needs-input", needs="Red?")})
    with terminal(desk.repo.path, "next", env=editor(tmp_path, ANSWER)) as at:
        person(at, "a")
    (answer,) = desk.work().answers
    assert (answer.decision, answer.to, answer.text.strip()) == ("note", "1", "Blue.")


def test_c_asks_for_changes(desk: Fleet, tmp_path: Path) -> None:
    desk.x({"status/1.md": said("ready")})
    with terminal(desk.repo.path, "next", env=editor(tmp_path, ANSWER)) as at:
        person(at, "c")
    (answer,) = desk.work().answers
    assert (answer.decision, answer.text.strip()) == ("change", "Blue.")
    assert turn_of(desk.branch()).whose is Whose.AGENT


def test_b_sends_a_conflict_back_with_what_to_settle(desk: Fleet) -> None:
    desk.repo.commit("main", {"src/b.py": "0\n"}, parents=[desk.root])
    desk.x({"status/1.md": said("ready")})
    assert document(desk)["turn"]["about"] == "conflict"
    with terminal(desk.repo.path, "next") as at:
        person(at, "b")
    (answer,) = desk.work().answers
    base = desk.repo.git("rev-parse", "main").strip()[:10]
    assert (answer.decision, answer.to) == ("change", "1")
    assert f"git merge {base}.\n\nSettle src/b.py." in answer.text
    assert turn_of(desk.branch()).whose is Whose.AGENT


def test_y_accepts_a_scope_change(desk: Fleet) -> None:
    desk.x({"brief.md": brief(owns=["src/**", "docs/**"])})
    with terminal(desk.repo.path, "next") as at:
        person(at, "y")
    assert desk.work().copy is Copy.SAME


def test_c_rejects_a_scope_change_with_the_reason(desk: Fleet, tmp_path: Path) -> None:
    desk.x({"brief.md": brief(owns=["src/**", "docs/**"])})
    with terminal(desk.repo.path, "next", env=editor(tmp_path, ANSWER)) as at:
        person(at, "c")
    assert desk.work().copy is Copy.REFUSED
    assert desk.work().answers[0].text.strip() == "Blue."


def test_a_copy_that_changes_under_the_eyes_is_not_accepted(desk: Fleet) -> None:
    desk.x({"brief.md": brief(owns=["src/**", "docs/**"])})
    with terminal(desk.repo.path, "next") as at:
        at.wait(OFFERED)
        desk.x({"brief.md": brief(owns=["**"])})
        at.press("y")
        at.wait("not done: the copy of agent/x was replaced meanwhile")
        person(at, "q")
    assert files(desk.repo)["tasks/x/brief.md"] == brief()


def test_s_goes_on_without_a_word(desk: Fleet) -> None:
    desk.asks("y", "First?", ago=50)
    desk.asks("z", "Second?", ago=9)
    before = files(desk.repo)
    with terminal(desk.repo.path, "next") as at:
        at.wait("First?")
        at.wait(OFFERED)
        at.press("s")
        at.wait("Second?")
        assert "nothing else waits for you; 2 things" in person(at, "s")
    assert files(desk.repo) == before


@pytest.mark.parametrize("key", ["q", "\x04"])
def test_q_and_the_end_of_input_quit(desk: Fleet, key: str) -> None:
    desk.asks("y", "First?")
    with terminal(desk.repo.path, "next") as at:
        person(at, key)


def test_ctrl_c_ends_with_130_and_without_a_traceback(desk: Fleet) -> None:
    desk.asks("y", "First?")
    with terminal(desk.repo.path, "next") as at:
        at.wait(OFFERED)
        at.press("\x03")
        assert at.ended() == 130
    assert "Traceback" not in at.shown


def test_other_keys_do_nothing_and_unoffered_ones_neither(desk: Fleet) -> None:
    desk.x({"status/1.md": said("ready")})
    before = files(desk.repo)
    with terminal(desk.repo.path, "next") as at:
        assert "y approve" not in at.wait(OFFERED)
        at.press("y")
        at.wait(OFFERED)
        at.press("\x1b[A")
        person(at, "q")
    assert files(desk.repo) == before


def test_an_editor_that_fails_leaves_the_thing_where_it_is(desk: Fleet, tmp_path: Path) -> None:
    desk.asks("y", "First?")
    with terminal(desk.repo.path, "next", env=editor(tmp_path, "exit 1")) as at:
        at.wait(OFFERED)
        at.press("a")
        at.wait("not done: ")
        person(at, "q")


def test_o_builds_the_page_and_says_where_it_is_without_a_screen(desk: Fleet) -> None:
    desk.asks("y", "First?")
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with terminal(desk.repo.path, "next", env=env) as at:
        at.wait(OFFERED)
        at.press("o")
        at.wait("its page is ")
        path = Path(at.wait("\n").strip())
        person(at, "q")
    assert "First?" in path.read_text()


def test_o_opens_the_page_in_the_browser(desk: Fleet, tmp_path: Path) -> None:
    desk.asks("y", "First?")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >"{tmp_path}/opened"\n')
    browser.chmod(0o755)
    env = {"DISPLAY": ":99", "BROWSER": str(browser)}
    with terminal(desk.repo.path, "next", env=env) as at:
        at.wait(OFFERED)
        at.press("o")
        person(at, "q")
    assert "/branch/agent-y-" in (tmp_path / "opened").read_text()
    assert FOLDER not in (tmp_path / "opened").read_text()
