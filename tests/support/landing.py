"""Tasks handed out, worked on and landed on a real repository, in each way that a forge or a person lands them.

Belongs here: making those histories with git. Does not: what is expected of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from command import board, run
from desk import BRIEF, made
from gitrepo import Repo


class Scene:
    """A repository with tasks x and y, of which y depends on x; each owns the folder of its name below src."""

    def __init__(self, folder: Path) -> None:
        self.repo = made(folder, owns="['src/x/**']", policy="managers = ['ada@example.com']\n")
        self.plan("y", "depends_on: [x]\n")

    def plan(self, task: str, more: str = "") -> None:
        """A brief for one more task on the control branch."""
        text = BRIEF.format(f"['src/{task}/**']", more).replace("task: x", f"task: {task}")
        self.repo.commit(
            "agentledger",
            {f"tasks/{task}/brief.md": text},
            parents=[self.repo.git("rev-parse", "agentledger")],
        )
        self.repo.flush()

    def place(self, task: str) -> Path:
        """The worktree of a task that `spawn` handed out."""
        return self.repo.path.parent / f"{self.repo.path.name}.worktrees" / task

    def spawn(self, task: str = "x", *flags: str) -> None:
        """Hand it out."""
        said = run(self.repo.path, "spawn", task, *flags)
        assert said.code == 0, said

    def work(self, task: str = "x", files: Sequence[str] = (), text: str = "work\n") -> str:
        """Commit files in the task's worktree, by default one that it owns; return the new head."""
        desk = Repo(self.place(task))
        for name in files or (f"src/{task}/new.py",):
            path = desk.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}{name}\n")
        desk.git("add", "-A")
        desk.git("commit", "-q", "--no-verify", "-m", f"work on {task}")
        return desk.git("rev-parse", "HEAD")

    def packet(self, task: str = "x") -> str:
        """Commit a packet in the task's worktree."""
        return self.work(task, [f".agentledger/tasks/{task}/packet.md"])

    def commit(self, path: str, text: str = "more\n") -> None:
        """Somebody's commit on base."""
        file = self.repo.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.repo.git("add", "-A")
        self.repo.git("commit", "-q", "--no-verify", "-m", "on base")

    def land(self, how: str, branch: str = "agent/x") -> str:
        """Land a branch on main in one of five ways; return base's new tip."""
        git = self.repo.git
        if how == "merge":
            git("merge", "-q", "--no-ff", "--no-verify", "-m", "a merge", branch)
        elif how == "forward":
            git("merge", "-q", "--ff-only", branch)
        elif how == "rebase":
            git("cherry-pick", f"main..{branch}")
        else:
            git("merge", "-q", "--squash", branch)
            if how == "bare squash":
                git("reset", "-q", "--", ".agentledger/tasks")
                git("clean", "-qfd", ".agentledger/tasks")
            git("commit", "-q", "--no-verify", "-m", "a squash")
        return git("rev-parse", "HEAD")

    def clean_up(self, task: str = "x", force: bool = False) -> None:
        """Remove worktree and branch, as the board advises, or by force, as a forge does with a branch."""
        self.repo.git("worktree", "remove", *(["--force"] if force else []), str(self.place(task)))
        self.repo.git("branch", "-q", "-D" if force else "-d", f"agent/{task}")

    def task(self, name: str = "x", *flags: str, path: Path | None = None) -> dict[str, Any]:
        """The task as the board's JSON has it."""
        tasks = board(path or self.repo.path, *flags)["tasks"]
        found: dict[str, Any] = next(task for task in tasks if task["id"] == name)
        return found

    def state(self, name: str = "x", *flags: str) -> str:
        """The word for the task's state."""
        return str(self.task(name, *flags)["state"])
