"""An honest, careless agent: it works in its worktree, and does what a message tells it, and nothing else.

Belongs here: a repository as `init`, `plan` and `spawn` leave it, copied for each case; typing the commands that a
message names, until the task is ready or the manager is asked. Does not: what the agent does first (see
`honest_cases`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import desk
import template
from advicescene import Told, read
from command import Said, run
from gitrepo import Content, Repo
from nextcommand import command_of, next_of, stops_of, type_command

LINES = "".join(f"line {number} of this file\n" for number in range(30))
BASE: dict[str, Content] = {
    "src/app.py": "LIMIT = 1\n" + LINES,
    "src/util.py": LINES.replace("line", "util"),
    **{f"src/pkg/{name}.py": LINES.replace("line", name) for name in "abc"},
    "src/run": "#!/bin/sh\n",
    "tests/test_app.py": LINES.replace("line", "test"),
    "docs/guide.md": LINES.replace("line", "guide"),
    "lib/one.py": LINES.replace("line", "one"),
    "README.md": "# Shop\n" + LINES.replace("line", "readme"),
    "package-lock.json": "{}\n",
    ".gitignore": "build/\n",
}
PLAN = (
    *("--why", "Accounts are guessed. Stop if the store has to change.", "--mode", "delegate"),
    *("--outcome", "src/app.py has LIMIT.", "--accept", "src/app.py names LIMIT"),
    *("--verify", "limit=grep -q LIMIT src/app.py"),
)
# What an agent writes in place of `…`.
FILL = "src/app.py names it"
# Refusals of one command, and commands until `done` has its way: more is a loop.
MOST = 8


def make_template(folder: Path) -> Path:
    """A repository with its remote, and tasks x and y handed out, the second with docs; made once."""
    repo = Repo.init(folder / "shop")
    repo.commit("main", BASE)
    repo.checkout("main")
    Repo.init(folder / "remote.git", bare=True)
    repo.git("remote", "add", "origin", str(folder / "remote.git"))
    _types(repo.path, "init", "--yes")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "agentledger")
    repo.git("push", "-q", "-u", "origin", "main")
    _types(repo.path, "plan", "x", "--owns", "src/**", "--owns", "tests/**", *PLAN)
    _types(repo.path, "plan", "y", "--owns", "docs/**", *PLAN)
    _types(repo.path, "spawn", "x", "--no-baseline")
    _types(repo.path, "spawn", "y", "--no-baseline")
    for hooks in ("hooks", "agentledger-hooks"):
        desk.warm_up(repo.path / ".git" / hooks)
    return folder


def _types(folder: Path, *arguments: str) -> None:
    said = run(folder, *arguments)
    assert said.code == 0, said


def copy(made: Path, folder: Path) -> Honest:
    """The same below another folder."""
    template.copy_folder(made, folder)
    shutil.rmtree(folder / "shop/.git/agentledger", ignore_errors=True)
    return Honest(folder)


def program_of(command: str) -> list[str]:
    """The program of a command and its subcommand: of `git -c push.followTags=false push`, `git push`."""
    return re.sub(r"^git -c \S+ ", "git ", command).split()[:2]


@dataclass(frozen=True)
class Case:
    """What an agent does, and what becomes of it.

    Steps are typed in the agent's worktree, one command each, so that one that is refused can be typed again;
    those after `manager$ ` in the manager's checkout, and one after `! ` is to fail. `refused` are the rules by
    which commands are refused, in order, those of one refusal with a `+`. With `asks`, the agent asks for the path
    that it is refused. `end` is what follows from the messages: ready, or a question.
    """

    name: str
    steps: tuple[str, ...]
    refused: tuple[str, ...] = ()
    asks: bool = False
    end: str = "ready"
    #: Files in scope that no gate lets through; what the messages say puts them into a stash.
    aside: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The same in a few words, for the table in docs/enforcement.md."""
        if not self.refused:
            return "passes" if self.end == "ready" else "ends in a question"
        return f"{', '.join(self.refused)}; then {'ready' if self.end == 'ready' else 'a question'}"


@dataclass
class Honest:
    """The agent at its desk."""

    folder: Path
    refused: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    #: What its files in scope have held, by content, with the name.
    own: dict[bytes, str] = field(default_factory=dict)

    @property
    def desk(self) -> Path:
        """Its worktree, which somebody may have moved."""
        (at,) = [*self.folder.glob("shop.worktrees/x"), *self.folder.glob("moved")]
        return at

    def works(self, case: Case) -> str:
        """Do what the case says, and what the messages say then; how it ended."""
        for step in case.steps:
            if step.startswith("manager$ "):
                type_command(self.folder / "shop", step.removeprefix("manager$ "), None)
                continue
            self.does(step, asks=case.asks)
        self.remember()
        return self.finishes()

    def does(self, step: str, asks: bool = False) -> None:
        """Type a command until it is not refused any more, following what each refusal says."""
        fails, command = step.startswith("! "), step.removeprefix("! ")
        for _ in range(MOST):
            said = self.types(command)
            if "stopped at " not in said.err:
                done = "nothing to commit" in said.out or "nothing added to commit" in said.out
                assert (said.code != 0) == fails or (done and self.refused), (command, said)
                return
            self.remember()
            if asks:
                self.asks(said)
                return
            if self.obeys(said, command):
                return
        raise AssertionError(f"refused again and again: {self.typed}")

    def obeys(self, said: Said, command: str) -> bool:
        """Type what each finding that stops says; whether that was instead of the command that was refused."""
        advised = [command_of(told.hint) for told in self.stopped(said)]
        for each in dict.fromkeys(advised):
            self.does(each)
        return any(program_of(each) == program_of(command) for each in advised)

    def stopped(self, said: Said) -> list[Told]:
        """The findings of a refusal, which is noted."""
        stopping = [told for told in read(said.err) if told.level == "E"]
        assert stopping, said
        self.refused.append("+".join(sorted({told.rule for told in stopping})))
        return stopping

    def asks(self, said: Said) -> None:
        """Ask for the paths, as the line below the findings says, instead of taking them back."""
        paths = dict.fromkeys(told.where for told in self.stopped(said))
        asked = re.search(
            r"add it to `owns` in your brief.md, commit that alone, then (.*)$", said.err, re.MULTILINE
        )
        assert asked, said
        brief = self.desk / ".agentledger/tasks/x/brief.md"
        wanted = "".join(f'"{path}", ' for path in paths)
        brief.write_text(re.sub(r"(?m)^owns: *\[", rf"\g<0>{wanted}", brief.read_text()))
        assert wanted in brief.read_text(), brief.read_text()
        self.types("git reset -q")
        self.does("git commit -q -m ask .agentledger/tasks/x/brief.md")
        self.does(asked[1])

    def finishes(self) -> str:
        """Type `agentledger done`, and whatever it says, to the end."""
        command = "agentledger done"
        for _ in range(MOST):
            said = self.types(command)
            if "stop and wait: " in said.out:
                return "question"
            if said.code == 0:
                push = command_of(next_of(said.out))
                if self.sent(push):
                    return "ready"
                command = "agentledger done"
                continue
            if said.code == 2:
                self.does(command_of(next_of(said.err)))
                continue
            for hint in stops_of(said.out):
                self.does(command_of(hint))
            command = command_of(next_of(said.out))
        raise AssertionError(f"never ready: {self.typed}")

    def sent(self, push: str) -> bool:
        """Push; whether nothing had to be mended for it."""
        before = len(self.refused)
        self.does(push)
        return len(self.refused) == before

    def types(self, command: str) -> Said:
        """What comes of a command, with the agent's words in it."""
        command = command.replace("…", FILL)
        self.typed.append(command)
        return type_command(self.desk, command, None)

    # -- nothing is lost -----------------------------------------------------------------

    def remember(self) -> None:
        """Note what is in its files now."""
        for content, name in contents(self.desk, "src", "tests").items():
            self.own.setdefault(content, name)

    def lost(self, case: Case) -> list[str]:
        """The files in scope whose content, at any time that it was noted, is not on the branch that is ready.

        Where the end is a question, what was asked for waits in the worktree.
        """
        kept = self.blobs("HEAD")
        if case.end == "question":
            kept |= contents(self.desk, ".").keys()
        if case.aside:
            kept |= self.blobs("stash@{0}^3")
        return [name for content, name in self.own.items() if content not in kept]

    def blobs(self, commit: str) -> set[bytes]:
        """The content of every file of a commit."""
        git = ["git", "ls-tree", "-r", "-z", "--format=%(objectname)", commit]
        ids = subprocess.run(git, cwd=self.desk, capture_output=True, check=True).stdout.split(b"\0")
        order = b"\n".join(dict.fromkeys(filter(None, ids))) + b"\n"
        batch = ["git", "cat-file", "--batch"]
        read = subprocess.run(batch, cwd=self.desk, input=order, capture_output=True, check=True).stdout
        found = set()
        while read:
            head, _, rest = read.partition(b"\n")
            size = int(head.split()[2]) if not head.endswith(b"missing") else -1
            found.add(rest[: max(size, 0)])
            read = rest[size + 1 :]
        return found


def contents(top: Path, *folders: str) -> dict[bytes, str]:
    """The content of each file below these folders, with a name of it; a link's is its target.

    What is in a submodule is in a repository of its own.
    """
    found = {}
    for folder in folders:
        nested = {file.parent for file in (top / folder).rglob(".git") if file.parent != top}
        for path in sorted((top / folder).rglob("*")):
            if nested & set(path.parents):
                continue
            if path.is_symlink():
                found[os.fsencode(path.readlink())] = path.relative_to(top).as_posix()
            elif path.is_file():
                found[path.read_bytes()] = path.relative_to(top).as_posix()
    return found
