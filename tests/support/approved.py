"""A branch that was checked, run again by the manager and approved, and what all outputs say of it later.

Belongs here: making it, rewriting its history, and reading the words. Does not: what a test expects.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import command as command_line
from desk import checked
from outputs import Outputs, read_outputs
from reading import branch
from verifying import EVIDENCE, Checks

CHECK_IN = (
    "---\nat: 2023-11-14T22:20:00Z\nstate: ready\n---\n## What changed\nIt.\n## What's next\nNothing.\n"
    "## Risks and blockers\nnone\n## What I need from you\nnone\n"
)
FOLDER = ".agentledger/tasks/x"
PROSE = (
    *("--summary", "It limits.", "--why", "The smallest way.", "--risks", "none"),
    *("--criterion", "1=tests/test_a.py::test_six", "--no-tests", "covered before"),
)


class Approved(Checks):
    """Task x: its check passed at a commit, the manager ran it again there, and a human approved that commit."""

    def __init__(self, folder: Path, *, code: int = 0, long: str = "") -> None:
        super().__init__(folder, {"test": "sh check.sh"})
        #: Where the branch begins.
        self.start = self.root.id
        if long:
            self._begin_anew(long)
        if code:
            self.change("check.sh", f"exit {code}\n")
        self.change("src/a.py", "a = 1\n" + "b = 1\n" * 9)
        #: The commit that everything is about.
        self.proven = self.head()
        self.verify(code=1 if code else 0)
        if code:
            self.type_evidence(exit_code=0)
        said = command_line.run(self.path, "packet", *PROSE)
        assert said.code == 0, said
        self.note(f"{FOLDER}/status/20231114T222000Z-0001.md", CHECK_IN)
        self.again()
        self.approve()

    def _begin_anew(self, long: str) -> None:
        """Base has a long file, and the branch changes its end."""
        self.move_base("src/long.py", long)
        self.start = self.repo.git("rev-parse", "main")
        self.git("reset", "-q", "--hard", self.start)
        self.note(f"{FOLDER}/brief.md", self.brief)
        self.change("src/long.py", f"{long}end\n")

    def again(self) -> None:
        """The manager runs the check in a fresh worktree."""
        self.said("--rerun", "x", folder=self.repo.path)

    def note(self, path: str, text: str) -> None:
        """A commit of one file that says nothing of code."""
        self.change(path, text)

    def recorded(self) -> dict[str, Any]:
        """The evidence of the check, as it is in the worktree."""
        fields: dict[str, Any] = json.loads((self.path / EVIDENCE / "test.json").read_text())
        return fields

    def type_evidence(self, **fields: Any) -> None:
        """Change the evidence by hand, and commit it; None takes a key out."""
        typed = {key: value for key, value in (self.recorded() | fields).items() if value is not None}
        self.change(f"{EVIDENCE}/test.json", json.dumps(typed))

    def approve(self) -> None:
        """A human approves the commit on the control branch."""
        keys = {
            "at": "2023-11-14T22:30:00Z",
            "reviewer": "ana@example.org",
            "kind": "human",
            "verdict": "approve",
            "branch": "agent/x",
            "head": self.proven,
            "change": self.recorded()["change"],
        }
        text = "".join(f"{key}: {value}\n" for key, value in keys.items())
        control = self.repo.git("rev-parse", "agentledger")
        review = {"tasks/x/reviews/20231114T223000Z-0001.md": f"---\n{text}---\n"}
        self.repo.commit("agentledger", review, parents=[control])
        self.repo.flush()

    def move_base(self, path: str, text: str) -> None:
        """Somebody else's commit on base."""
        tip = self.repo.git("rev-parse", "main")
        self.repo.commit("main", {path: text}, parents=[tip], message="Elsewhere")
        self.repo.flush()
        self.repo.git("reset", "-q", "--hard", "main")

    def forget(self) -> None:
        """Let this clone lose the commits that no ref has any more, as another clone never had them."""
        for ref in self.repo.git("for-each-ref", "--format=%(refname)", "refs/agentledger/").splitlines():
            self.repo.git("update-ref", "-d", ref)
        self.repo.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
        self.repo.git("gc", "-q", "--prune=now")
        assert self.repo.exit_code("cat-file", "-e", self.proven)

    def outputs(self) -> Outputs:
        """What every output says."""
        return read_outputs(self.repo.path)

    def progress(self) -> str:
        """How far the branch is."""
        standing = branch(self.repo).standing
        assert standing
        return str(standing.progress)

    def check_shown(self, outputs: Outputs) -> tuple[str, str | None, str | None]:
        """Of the check in JSON: its result, how far it is trusted, and what it is about."""
        (shown,) = outputs.branch("agent/x")["checks"]
        return shown["result"], shown["standing"], shown["about"]

    def stopped(self) -> set[str]:
        """The rules about proof that stop it at the merge gate."""
        return {rule for rule in checked(self.repo, "merge") if rule[:3] == "EVD"}
