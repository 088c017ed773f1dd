"""Which program runs `report`, and in which session, by the variables that it was seen to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.workflow.report.agent_program import identify_program
from command import run
from desk import made
from gitrepo import Repo

SEEN = [
    ({"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "5c1e-9"}, "claude-code", "5c1e-9"),
    ({"CLAUDECODE": "1", "AI_AGENT": "claude-code_2.1"}, "claude-code", ""),
    ({"GEMINI_CLI": "1"}, "gemini", ""),
    ({"QWEN_CODE": "1", "QWEN_CODE_SESSION_ID": "q1"}, "qwen-code", "q1"),
    ({"COPILOT_CLI": "1", "CLAUDE_PROJECT_DIR": "/x"}, "copilot", ""),
    ({"CODEX_THREAD_ID": "t1", "CODEX_SESSION_ID": "s1", "CODEX_VERSION": "0.171.0"}, "codex", "s1"),
    ({"CODEX_THREAD_ID": "t1"}, "codex", "t1"),
    ({"OPENCODE": "1", "AGENT": "1"}, "opencode", ""),
    ({"KILO": "1", "OPENCODE": "1"}, "kilo", ""),
    ({"AUGMENT_AGENT": "1"}, "auggie", ""),
    ({"GIT_EDITOR": "true", "AGENT": "1"}, "", ""),
    ({"CLAUDECODE": ""}, "", ""),
    # What is no plain id is not written into a document.
    ({"QWEN_CODE": "1", "QWEN_CODE_SESSION_ID": "a: b\nstate: ready"}, "qwen-code", ""),
]


@pytest.mark.parametrize(("environment", "agent", "session"), SEEN)
def test_a_program_is_known_by_what_it_sets(environment: dict[str, str], agent: str, session: str) -> None:
    assert identify_program(environment) == (agent, session)


@pytest.fixture
def desk(tmp_path: Path) -> Repo:
    repo = made(tmp_path)
    repo.git("branch", "agent/x", "main")
    return repo.worktree_add(tmp_path / "desk", "agent/x")


def check_in(desk: Repo, *options: str, **env: str) -> str:
    clean = dict.fromkeys({name for row in SEEN for name in row[0]}, "")
    result = run(desk.path, "report", "working", "--next", "more", *options, env=clean | env)
    assert result.code == 0, result
    (status,) = (desk.path / ".agentledger/tasks/x/status").iterdir()
    return status.read_text()


def test_a_check_in_names_the_program_and_its_session(desk: Repo) -> None:
    text = check_in(desk, KILO="1", OPENCODE="1")
    assert 'agent: "kilo"\n' in text
    assert "session:" not in text


def test_the_session_is_in_the_check_in(desk: Repo) -> None:
    text = check_in(desk, CODEX_THREAD_ID="t-1")
    assert 'agent: "codex"\nsession: "t-1"\n' in text


def test_an_agent_that_names_itself_is_believed(desk: Repo) -> None:
    text = check_in(desk, "--agent", "mine", CODEX_THREAD_ID="t-1")
    assert 'agent: "mine"\n' in text
    assert "t-1" not in text
