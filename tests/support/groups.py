"""Finished tasks, and the groups in which a queue lands them: by merges, squashed, or rebased.

Belongs here: making those histories with git, as the queues make them. Does not: what is expected of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from command import Said, run
from desk import BRIEF
from gitrepo import Repo

QUEUE = "gh-readonly-queue/main/pr-{}-{}"
PACKET = (
    "---\ntask: {task}\nbase: {base}\nhead: {head}\n---\n## Summary\nIt.\n## Why this approach\nSmall.\n"
    "## Files touched\n{files}\n## Acceptance criteria\n- [x] the sixth login answers 429\n  - tests/t.py\n"
    "## Test plan and results\nNo tests: it is a constant.\n## Risks and follow-ups\nnone\n"
)


class Merging:
    """A server's repository with base, a control branch, and branches of tasks that are finished."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.init(folder / "server")
        self.repo.commit(
            "main", {"docs/d.md": "d\n" * 9, "src/x/a.py": "a\n", "src/y/a.py": "a\n", "tests/t.py": "t\n"}
        )
        self.repo.commit("agentledger", {"README.md": "the manager's\n"}, parents=[])
        self.repo.flush()
        self.repo.checkout("main")
        self.start = self.repo.git("rev-parse", "main")
        self.folder = folder

    def plan(self, task: str, more: str = "") -> None:
        """A brief on the control branch; the task owns the folder of its name below src."""
        text = BRIEF.format(f"['src/{task}/**']", more).replace("task: x", f"task: {task}")
        tip = self.repo.git("rev-parse", "agentledger")
        self.repo.commit("agentledger", {f"tasks/{task}/brief.md": text}, parents=[tip])
        self.repo.flush()

    def finish(
        self,
        task: str,
        files: Sequence[str] = (),
        *,
        branch: str = "",
        more: str = "",
        packet: bool = True,
        verified: bool = True,
        on: str = "",
    ) -> str:
        """Plan a task and do it: code, then evidence, then the packet, each a commit; return the head."""
        self.plan(task, more)
        files, branch = files or (f"src/{task}/new.py",), branch or f"agent/{task}"
        below = f".agentledger/tasks/{task}"
        code = self.repo.commit(branch, dict.fromkeys(files, f"{task}\n"), parents=[on or self.start]).id
        change = self.change(code)
        known = {"version": 1, "check": "test", "command": "make test", "exit_code": 0}
        known |= {"head": code, "change": change}
        ran = {"tree": self.code_tree(code), "started_at": "2023-11-14T22:14:00Z", "seconds": 1.5}
        if verified:
            self.repo.commit(branch, {f"{below}/evidence/test.json": json.dumps(known | ran)})
        if packet:
            changed = self.repo.git("diff", "--name-only", self.start, code, "--", ":!.agentledger").split(
                "\n"
            )
            listed = "\n".join(f"- `{name}`" for name in changed)
            text = PACKET.format(task=task, base=self.start, head=f"{code}\nchange: {change}", files=listed)
            self.repo.commit(branch, {f"{below}/packet.md": text})
        self.repo.flush()
        return self.repo.git("rev-parse", branch)

    def change(self, head: str) -> str:
        """The id of what a commit changes on base."""
        self.repo.flush()
        flags = ["-r", "-z", "--raw", "--no-renames", "--full-index"]
        return hashlib.sha256(self.repo.git_bytes("diff-tree", *flags, self.start, head)).hexdigest()

    def code_tree(self, head: str) -> str:
        """A commit's tree without the ledger."""
        lines = self.repo.git("ls-tree", head).splitlines()
        kept = "".join(f"{line}\n" for line in lines if not line.endswith("\t.agentledger"))
        return self.repo.git("mktree", input=kept)

    def plain(self, branch: str, *files: str) -> str:
        """A branch of somebody, without a task."""
        self.repo.commit(branch, dict.fromkeys(files, f"{branch}\n"), parents=[self.start])
        self.repo.flush()
        return self.repo.git("rev-parse", branch)

    def queue(self, how: str, *branches: str) -> str:
        """Put the branches on top of base one after the other, each with its group's branch; the last one's name."""
        git = self.repo.git
        git("switch", "-q", "--detach", "main")
        name = ""
        for number, branch in enumerate(branches, 1):
            ground = git("rev-parse", "HEAD")
            if how == "merge":
                git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", branch)
            elif how == "squash":
                git("merge", "-q", "--squash", branch)
                git("commit", "-q", "-m", f"{branch} (#{number})")
            else:
                git("rebase", "-q", "--onto", ground, "main", git("rev-parse", branch))
            name = QUEUE.format(number, ground)
            git("branch", "-q", "-f", name, "HEAD")
        git("switch", "-q", "main")
        return name

    def amend(self, name: str, *files: str) -> None:
        """Change the last commit of a group's branch, as no queue does."""
        git = self.repo.git
        git("switch", "-q", name)
        for file in files:
            (self.repo.path / file).parent.mkdir(parents=True, exist_ok=True)
            (self.repo.path / file).write_text("slipped in\n")
        git("add", "-A")
        git("commit", "-q", "--amend", "--no-edit")
        git("switch", "-q", "main")

    def checkout(self, name: str, *, detached: bool = True, everything: bool = True) -> Repo:
        """What a CI job has: the group's branch checked out in a clone of its own.

        Without `everything` only base, the control branch and the group's ref are fetched.
        """
        place = Repo.init(self.folder / "ci")
        place.git("remote", "add", "origin", self.repo.path.as_uri())
        refs = ["*"] if everything else ["main", "agentledger", name]
        place.git("fetch", "-q", "origin", *(f"+refs/heads/{ref}:refs/remotes/origin/{ref}" for ref in refs))
        if detached:
            place.git("checkout", "-q", "--detach", f"refs/remotes/origin/{name}")
        else:
            place.git("checkout", "-q", "-B", name, f"refs/remotes/origin/{name}")
        return place


def judge(place: Repo | Path, between: str = "origin/main..HEAD") -> Said:
    """What CI is told of a range."""
    return run(place if isinstance(place, Path) else place.path, "check", "--range", between)


def blocking(place: Repo, between: str = "origin/main..HEAD") -> set[tuple[str, str]]:
    """The branch and the rule of each finding that stops the range."""
    said = run(place.path, "check", "--range", between, "--format", "json")
    assert said.code in (0, 1), said
    findings = json.loads(said.out)["findings"]
    return {(f["branch"], f["rule"]) for f in findings if f["blocks"]}
