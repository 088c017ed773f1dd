"""A task in a worktree of its own, with checks to be run there.

Belongs here: making it, and reading what was recorded. Does not: what a check is expected to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from agentledger.documents import parse_evidence
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.evidence import Evidence
from agentledger.model.ledger import Source
from agentledger.model.work import Checked
from agentledger.reports import shapes
from cases import raw_document
from command import Said, run
from desk import Desk
from gitrepo import Repo
from rulecases import BODY

EVIDENCE = ".agentledger/tasks/x/evidence"


class Checks(Desk):
    """The worktree of agent/x, whose brief on the control branch asks for the `verify` that is given."""

    def __init__(self, folder: Path, verify: object, policy: str = "", confirmed: bool = True) -> None:
        repo = Repo.init(folder / "main")
        files = {
            "src/a.py": "a = 1\n", "check.sh": "exit 0\n", ".gitignore": "*.tmp\nready\n.env\n",
            ".agentledger/config.toml": policy,
        }  # fmt: skip
        self.root = repo.commit("main", files)
        self.brief = f"---\ntask: x\nowns: ['**']\nverify: {json.dumps(verify)}\n---\n{BODY}"
        if confirmed:
            repo.commit("agentledger", {"tasks/x/brief.md": self.brief}, parents=[])
        own = {".agentledger/tasks/x/brief.md": self.brief, "src/new.py": "n = 1\n"}
        repo.commit("agent/x", own, parents=[self.root])
        repo.checkout("main")
        super().__init__(repo, repo.worktree_add(folder / "agent", "agent/x").path)

    def change(self, path: str, text: str) -> None:
        """A commit of the agent's."""
        self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "work")

    def verify(self, *arguments: str, code: int = 0, folder: Path | None = None) -> dict[str, Any]:
        """What the command says as JSON; it ends with `code`."""
        said = self.said(*arguments, "--format", "json", folder=folder)
        assert said.code == code, said
        told: dict[str, Any] = json.loads(said.out)
        jsonschema.validate(told, json.loads(shapes.encode_schema("verified")))
        return told

    def said(self, *arguments: str, folder: Path | None = None, env: Mapping[str, str] | None = None) -> Said:
        """What the command says."""
        return run(folder or self.path, "verify", *arguments, env=env)

    def evidence(self, check: str = "test") -> Evidence:
        """What is committed of a check, free of problems."""
        path = f"{EVIDENCE}/{check}.json"
        raw = self.repo.git_bytes("show", f"agent/x:{path}")
        found = parse_evidence(raw_document(Source(path=path), raw))
        assert found.document.problems == ()
        return found

    def head(self) -> str:
        """Where the branch stands."""
        return self.repo.git("rev-parse", "agent/x")

    def untouched(self) -> tuple[str, ...]:
        """All that a run which records nothing must leave as it is."""
        return (
            self.repo.git("for-each-ref"), self.repo.git("worktree", "list"),
            self.git("status", "--porcelain"), *sorted(path.name for path in self.path.iterdir()),
        )  # fmt: skip


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    """By its name what came of each check."""
    return {check["name"]: check["outcome"] for check in told["checks"]}


def reruns(desk: Checks) -> list[str]:
    """The files of reruns on the control branch."""
    return desk.repo.git("ls-tree", "-r", "--name-only", "agentledger", "tasks/x/reruns/").splitlines()


def standing(desk: Checks) -> Checked:
    """Where the first check stands, as the board has it."""
    with snapshot.open_snapshot(desk.repo.path, Request()) as taken:
        branch = next(b for b in taken.fleet.branches if b.name == "agent/x")
    assert branch.standing
    return branch.standing.checks[0]
