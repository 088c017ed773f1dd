"""A real repository with a task, in which whoever is told something does it.

Belongs here: an agent's worktree and its manager's checkout, the five gates as each of the two meets them,
and typing what a message says. Does not: what is going on there (see `advicecases`).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from agentledger.cli import main
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.gates import commit
from agentledger.model.findings import Gate, Report
from agentledger.reports import findings_text
from desk import CHECK_IN, Desk, install
from gitrepo import START, Content, Repo
from rulecases import BODY

NOW = START + 3600
FOLDER = ".agentledger/tasks/x/"
CONFIG = ".agentledger/config.toml"
# Long enough that nothing here is a rename of anything else.
BASE: dict[str, Content] = {
    "src/a.py": "a = 1\n" * 20,
    "src/old.py": "old = 1\n" * 20,
    "docs/d.md": "d\n" * 20,
    "tests/t.py": "t = 1\n" * 20,
}


class Told(NamedTuple):
    """A finding as it is printed: E or w, the rule, where it is, what is wrong, and what to type next."""

    level: str
    rule: str
    where: str
    message: str
    hint: str


def read(said: str) -> list[Told]:
    """The findings in what a gate has printed; waived ones are none."""
    pattern = r"(?m)^(error|warn) (\S+) \S+(.*)\n  (.*)\n  next: (.*)$"
    return [
        Told("E" if word == "error" else "w", rule, where.strip(), message=message, hint=hint)
        for word, rule, where, message, hint in re.findall(pattern, said)
    ]


def level(found: list[Told]) -> str:
    """What findings come to together."""
    return next((word for word in "Ew" if any(each.level == word for each in found)), "·")


class Scene:
    """Base, task x on the control branch, and agent/x in a worktree of its own, with hooks."""

    def __init__(self, folder: Path, policy: str, keys: Mapping[str, Any], code: bool) -> None:
        self.repo = Repo.init(folder / "a repo")
        start = self.repo.commit("main", BASE | {CONFIG: policy})
        usual = {"task": "x", "owns": ["src/**", "tests/**"], "verify": {"test": "true"}}
        self.keys: dict[str, Any] = {**usual, **keys}
        self.body = BODY
        self.repo.commit("agentledger", {"tasks/x/brief.md": self.text(self.keys)}, parents=[])
        self.repo.commit("agent/x", {"src/a.py": "a = 2\n" * 20} if code else {}, parents=[start])
        self.repo.checkout("main")
        install(self.repo)
        self.desk = Desk(self.repo, self.repo.worktree_add(folder / "an agent's", "agent/x").path)
        self.pushed: tuple[str, ...] = ("HEAD:refs/heads/agent/x",)
        self.steps = 0
        #: Does `checked` compare the branches two by two, which takes a merge each?
        self.compares = False

    @cached_property
    def remote(self) -> Repo:
        """A server that has base already; for whoever needs one, since it takes a while to make."""
        made = Repo.init(self.repo.path.parent / "remote.git", bare=True)
        self.repo.git("remote", "add", "origin", str(made.path))
        self.repo.git("push", "-q", "--no-verify", "origin", "main")
        return made

    # -- the manager's side --------------------------------------------------------------

    def text(self, keys: Mapping[str, Any], body: str = "") -> str:
        """A brief."""
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items() if value is not None)
        return f"---\n{lines}---\n{body or self.body}"

    def plan(self, task: str = "x", body: str = "", **keys: Any) -> None:
        """A brief of this manager's, the task's own with these keys, as `agentledger plan` edits it."""
        wanted = self.keys | {"task": task} | keys
        if task == "x":
            self.keys, self.body = wanted, body or self.body
        self.control({f"tasks/{task}/brief.md": self.text(wanted, body)})

    def control(self, files: Mapping[str, Content]) -> None:
        """A commit on the control branch."""
        self.repo.commit("agentledger", files, parents=[self.repo.git("rev-parse", "agentledger")])
        self.repo.flush()

    def base(self, files: Mapping[str, Content]) -> None:
        """A commit on base, checked out where the manager is."""
        self.repo.commit("main", files, parents=[self.repo.git("rev-parse", "main")])
        self.repo.checkout("main")

    def peer(self, task: str = "y", path: str = "docs/d.md", **keys: Any) -> None:
        """Another task, briefed, with a branch on which a commit changed a path."""
        self.plan(task, **({"owns": ["docs/**"]} | keys))
        check_in = {f".agentledger/tasks/{task}/status/1.md": CHECK_IN.format("working", "", "none")}
        files = {path: f"{task}\n" * 20} | check_in
        self.repo.commit(f"agent/{task}", files, parents=[self.repo.git("rev-parse", "main")])
        self.repo.flush()

    def managed(self, command: str, said: Told) -> str:
        """What comes of a command that a message names, typed in the manager's checkout."""
        assert command in said.hint, said
        return self.types(command)

    def types(self, command: str, *codes: int) -> str:
        """The same for one that the message only describes; it may end with one of `codes`, too."""
        return _typed(command, self.repo.path, *codes)

    # -- the agent's side ----------------------------------------------------------------

    def obey(self, command: str, said: Told) -> str:
        """What comes of a command that a message names, typed in the agent's worktree."""
        assert command in said.hint, said
        return self.does(command)

    def does(self, command: str) -> str:
        """The same for one that the message only describes."""
        return _typed(command, self.desk.path)

    def write(self, path: str, text: str = "changed\n") -> None:
        """A file in the agent's worktree, and in its index."""
        self.desk.write(path, text)
        self.desk.git("add", "--", path)

    def slip(self, path: str, text: str = "changed\n") -> str:
        """The same, committed while nobody looked; the commit."""
        self.write(path, text)
        return self.slipped()

    def slipped(self) -> str:
        """What is staged, committed while nobody looked; the commit."""
        self.desk.git("commit", "-q", "--no-verify", "-m", "slip")
        return self.desk.git("rev-parse", "HEAD").strip()

    def commits(self) -> None:
        """A commit of what is staged, if anything is, which no gate may stop."""
        assert not self.desk.git("diff", "--cached", "--name-only") or self.desk.commit() == ""

    def idles(self) -> None:
        """Something harmless, staged."""
        self.steps += 1
        self.write(f"{FOLDER}evidence/idle.json", f'{{"version": 1, "step": {self.steps}}}')

    def says(self, state: str = "working", more: str = "", needs: str = "none", at: str = "22:20") -> str:
        """A check-in at that time of the day, staged; its path. What is committed next is committed then."""
        self.desk.when = f"2023-11-14T{at}:00 +0000"
        path = f"{FOLDER}status/20231114T{at.replace(':', '')}00Z-0001.md"
        self.write(path, CHECK_IN.format(state, more, needs).replace("22:20", at))
        return path

    def now(self) -> str:
        """The agent's newest commit that is about more than the ledger."""
        return self.desk.git("log", "-1", "--format=%H", "--", ".", ":!.agentledger").strip()

    # -- the gates -----------------------------------------------------------------------

    def committed(self) -> list[Told]:
        """What a commit is told: of all that is staged, and of something harmless."""
        self.idles()
        before = self.desk.git("rev-parse", "HEAD")
        said = self._git("commit", "-q", "-m", "work")
        found = read(said)
        assert (self.desk.git("rev-parse", "HEAD") == before) == (level(found) == "E"), said
        return found

    def staged(self) -> list[Told]:
        """The same as `agentledger check --staged` tells it, and the commit is made; quicker than a hook."""
        self.idles()
        _, found = commit.check_commit(os.environ, self.desk.path, NOW)
        self.slipped()
        return read(findings_text.render_findings(Report(Gate.COMMIT, "", found)))

    def sent(self) -> list[Told]:
        """What a push is told."""
        before = self.remote.git("for-each-ref")
        said = self._git("push", "-q", "--force", "origin", *self.pushed)
        found = read(said)
        assert level(found) != "E" or self.remote.git("for-each-ref") == before, said
        assert found or not said, said
        return found

    def checked(self, *gates: str) -> dict[str, list[Told]]:
        """What `agentledger check` tells at these gates, on the task at spawn, else on its branch."""
        self.repo.flush()
        asked = Request(now=NOW, forecast=self.compares, pairs=True, rules=False, gate=True)
        with snapshot.open_snapshot(self.repo.path, asked) as taken:
            (branch,) = [each for each in taken.fleet.branches if each.name == "agent/x"]
            found = {
                gate: taken.spawn("x")
                if gate == "spawn"
                else taken.findings([branch], Gate(gate))[branch.ref]
                for gate in gates
            }
        return {
            gate: read(findings_text.render_findings(Report(Gate(gate), "", each)))
            for gate, each in found.items()
        }

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.desk.path, capture_output=True, text=True, check=False, env=_lone()
        )
        return done.stderr


def _typed(command: str, where: Path, *codes: int) -> str:
    """What a command says, which has to succeed. Ours are run in this process, which is quicker."""
    if not command.startswith("agentledger "):
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=where, capture_output=True, text=True, check=False, env=_lone()
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout
    out, err = io.StringIO(), io.StringIO()
    # A command takes its time from the clock, so git has to as well.
    dates = {name: os.environ.pop(name, "") for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")}
    with contextlib.chdir(where), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(shlex.split(command)[1:])
    os.environ.update(dates)
    assert code in (0, *codes), (command, out.getvalue(), err.getvalue())
    return out.getvalue()


def _lone() -> dict[str, str]:
    """The environment of somebody without an editor: what would ask for a message, fails."""
    return {**os.environ, "GIT_EDITOR": "false"}
