"""The command that a message names was typed as it stands there, in the state in which the message is printed.

Belongs here: messages that keep an agent or a manager from going on, and what a result names as the next step.
Does not: what was left behind or damaged (see `test_next_commands_damage`), the findings of rules (see
`tests/rules/test_advice.py`), or texts for agents (see `tests/docs/test_prompt.py`).

Only what a person fills in (NAME, TASK, …) is filled in before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from command import run
from desk import BRIEF, CHECK_IN, STATUS, made
from nextcommand import find_command, type_command
from writing import outcome

REPORT = ("report", "--changed", "It.", "--next", "More.", "--risks", "none")
WHY = ("--why", "It is asked for.", "--until", "2030-01-01")
PLAN = (
    "--owns 'more/**' --why 'It is slow; stop after two tries.' --outcome 'It is fast.'"
    " --accept 'It takes a second.' --verify test=true"
)


# -- looking something up: one repository for all of it ----------------------------------------


@dataclass(frozen=True)
class Lookup:
    """A command that cannot do what it was asked for, or says what to type next, and changes nothing.

    `where` is a worktree of the repository below; `named` finds the command in what is said, `filled` is what
    a person puts in, `then` is in what that command prints in turn, in the folder `at`.
    """

    asked: tuple[str, ...]
    named: str
    then: str
    where: str = "main"
    at: str = ""
    filled: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{' '.join(self.asked)} in {self.where}"


LOOKUPS = [
    Lookup(
        ("check",),
        "agentledger check --branch NAME",
        "agent/x",
        "detached",
        filled={"NAME": "agent/x --gate push"},
    ),
    Lookup(
        ("check", "--gate", "push", "--range", "main..HEAD"),
        "agentledger check --range .*",
        "agent/x",
        "elsewhere",
        filled={"agent/login": "agent/x --gate push"},
    ),
    Lookup(("check", "--branch", "agentledger"), "agentledger check --task NAME", "x", filled={"NAME": "x"}),
    Lookup(("check", "--branch", "qqq"), "`(agentledger board --all)`", "agent/x"),
    Lookup(("check", "--task", "qqq"), "`(agentledger board --all)`", "agent/x"),
    Lookup(("prompt", "agent/idle"), "agentledger board --all", "agent/x"),
    Lookup(("prompt", "y", "--for", "resume"), "agentledger prompt y", "Your task"),
    Lookup(("prompt", "over"), "agentledger board --all", "agent/over"),
    Lookup(("brief", "accept", "x"), "agentledger brief show x", "src/**"),
    Lookup(
        ("brief", "reject", "own", "-m", "No."),
        "agentledger brief accept agent/own",
        "dry run",
        filled={"agent/own": "agent/own --dry-run"},
    ),
    Lookup(("allow", "x", "--rule", "QQQ1", *WHY), "agentledger rule", "OWN001"),
    Lookup(("rule", "QQQ1"), "agentledger rule", "OWN001"),
    Lookup(("rule",), "agentledger rule ID", "Why:", filled={"ID": "OWN001"}),
    Lookup(("board",), "agentledger board --all", "agent/over"),
    Lookup(("collect", "y"), "git worktree list", "an agent's"),
    Lookup(("collect", "y"), "agentledger board", "Planned (1)"),
    Lookup(REPORT, "git worktree list", "an agent's"),
    Lookup(("answer", "x", "Yes."), "cd .*", "", "agent/x"),
    Lookup(("spawn", "x"), "agentledger prompt x", "Your task"),
    Lookup(("verify", "--rerun"), "agentledger verify --rerun TASK", "", filled={"TASK": "x --dry-run"}),
    Lookup(("verify", "--rerun", "y"), "agentledger spawn y", "", filled={"spawn y": "spawn y --dry-run"}),
    Lookup(("verify", "--rerun", "own"), "agentledger brief show own", "own/**"),
    Lookup(
        ("plan", "Fix It!", "--owns", "a"),
        "agentledger plan .*",
        "",
        filled={"fix-it": f"fix-it --dry-run {PLAN}"},
    ),
    Lookup(("plan", "con"), "agentledger plan .*", "", filled={"con-task": f"con-task --dry-run {PLAN}"}),
    Lookup(("plan", "own", "--owns", "a"), "agentledger brief show own", "own/**"),
]


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A repository with tasks at work, not begun, over, and known by an agent's copy alone; its worktrees."""
    folder = tmp_path_factory.mktemp("world")
    repo = made(folder)
    start = repo.git("rev-parse", "main")
    briefs = {
        name: BRIEF.format(f"['{name}/**']", "").replace("task: x", f"task: {name}")
        for name in ("y", "over", "own")
    }
    repo.commit(
        "agentledger",
        {
            "tasks/y/brief.md": briefs["y"],
            "tasks/over/brief.md": briefs["over"],
            "tasks/over/outcome.md": outcome("abandoned"),
        },
        parents=[repo.git("rev-parse", "agentledger")],
    )
    repo.commit(
        "agent/x", {"src/a.py": "a = 2\n", STATUS: CHECK_IN.format("working", "", "none")}, parents=[start]
    )
    repo.commit("agent/over", {"src/b.py": "b\n"}, parents=[start])
    repo.commit("agent/own", {".agentledger/tasks/own/brief.md": briefs["own"]}, parents=[start])
    repo.commit("agent/idle", {"lib/a.py": "a\n"}, parents=[start])
    repo.flush()
    repo.git("worktree", "add", "-q", "--detach", str(folder / "detached"), "agent/x")
    alone = repo.git("commit-tree", "-m", "on no branch", "-p", "main", "main^{tree}")
    repo.git("worktree", "add", "-q", "--detach", str(folder / "elsewhere"), alone)
    places = {"main": repo.path, "detached": folder / "detached", "elsewhere": folder / "elsewhere"}
    return places | {"agent/x": repo.worktree_add(folder / "an agent's", "agent/x").path}


@pytest.mark.parametrize("case", LOOKUPS, ids=lambda case: case.name)
def test_a_command_that_shows_something_shows_it(case: Lookup, everywhere: Mapping[str, Path]) -> None:
    said = run(everywhere[case.where], *case.asked)
    command = find_command(said.out + said.err, case.named, case.filled)
    assert case.then in type_command(everywhere[case.at or case.where], command).out
