"""Partial clones of a server that has every kind of document, made once and copied.

Belongs here: making them, with what they lack. Does not: what a command or a gate is expected to say.

Everything is as it really comes about: the clone was made with `--filter=blob:none`, and what it does not lack was
fetched by id. Its documents are newer than what is checked out, as after a `git fetch`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from desk import Desk, install
from gitrepo import Commit, Repo
from rulecases import BODY
from writing import document

NOWHERE = "file:///nowhere/at/all.git"
FOLDER = ".agentledger/tasks"


class Kind(NamedTuple):
    """Where one kind of document is, the ref in a clone and the path there, and a branch that it decides about."""

    ref: str
    path: str
    branch: str = "agent/x"


# One of each. `x` is a task with everything, `b` one whose brief is on base, `own` one that only its branch has.
KINDS = {
    "policy": Kind("origin/main", ".agentledger/config.toml"),
    "template": Kind("origin/main", ".agentledger/templates/packet.md"),
    "signers": Kind("origin/main", "keys/signers"),
    "brief on control": Kind("origin/agentledger", "tasks/x/brief.md"),
    "brief on base": Kind("origin/main", f"{FOLDER}/b/brief.md", "agent/b"),
    "brief on the branch": Kind("origin/agent/own", f"{FOLDER}/own/brief.md", "agent/own"),
    "copy of the brief": Kind("origin/agent/x", f"{FOLDER}/x/brief.md"),
    "check-in": Kind("origin/agent/x", f"{FOLDER}/x/status/20260101T000000Z-0001.md"),
    "evidence": Kind("origin/agent/x", f"{FOLDER}/x/evidence/test.json"),
    "packet": Kind("origin/agent/x", f"{FOLDER}/x/packet.md"),
    "answer": Kind("origin/agentledger", "tasks/x/answers/1.md"),
    "waiver": Kind("origin/agentledger", "tasks/x/waivers/1.md"),
    "review": Kind("origin/agentledger", "tasks/x/reviews/1.md"),
    "rerun": Kind("origin/agentledger", "tasks/x/reruns/1-test.json"),
    "outcome": Kind("origin/agentledger", "tasks/over/outcome.md", "agent/over"),
}

POLICY = """\
dormant = "3650d"
managers = ["cora@example.com"]
[paths]
protected = ["secrets/**"]
[control]
signers = "keys/signers"
[wip]
active = 20
"""


class Place(NamedTuple):
    """A clone in which base is checked out, an agent's worktree of `agent/todo` beside it, and their server."""

    clone: Repo
    agent: Desk
    server: Repo

    @property
    def agents(self) -> Path:
        """The agent's worktree."""
        return self.agent.path


class Clones:
    """A server, a full clone and a partial one of it; and copies of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Repo.init(folder / "server.git", bare=True)
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            self.server.git("config", key, "true")
        self.at = int(time.time()) - 7200
        self._begin()
        clones = [self._clone("full"), self._clone("partial", "--filter=blob:none")]
        self._go_on()
        for clone in clones:
            clone.git("fetch", "-q")

    def _clone(self, name: str, *flags: str) -> Repo:
        path = self.folder / name / "clone"
        self.server.git("clone", "-q", "--template=", *flags, self.server.path.as_uri(), str(path))
        clone = Repo(path)
        install(clone)
        clone.git("worktree", "add", "-q", str(path.with_name("agent")), "agent/todo")
        return clone

    def _begin(self) -> None:
        """What there is before anybody clones: code, and the first brief of one task."""
        code = {"src/a.py": "a = 1\n" * 9, "docs/d.md": "d\n", "secrets/key": "1\n"}
        root = self.server.commit("main", code, at=self.at)
        first = _brief("todo", "lib/**")
        self.server.commit("agentledger", {"tasks/todo/brief.md": first}, parents=[], at=self.at)
        own = {"src/todo.py": "t\n", f"{FOLDER}/todo/brief.md": first}
        self.server.commit("agent/todo", own, parents=[root], at=self.at)
        self.server.flush()

    def _go_on(self) -> None:
        """What comes afterwards: every kind of document."""
        server, at = self.server, self.at + 60
        settings = {
            ".agentledger/config.toml": POLICY,
            ".agentledger/templates/packet.md": "---\ntask:\n---\n## Summary\nours\n",
            "keys/signers": "cora@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA\n",
            f"{FOLDER}/b/brief.md": _brief("b"),
        }
        base = server.commit("main", settings, at=at)
        code = server.commit("agent/x", {"src/x.py": "x\n", "docs/d.md": "e\n"}, parents=[base], at=at)
        server.flush()
        server.commit("agentledger", _managers(code, at), at=at)
        own = {
            "brief.md": _brief("x", "tests/**"), "evidence/test.json": _evidence(code),
            "packet.md": document("## Summary\nIt is two.\n", task="x", base=base.id, head=code.id),
            "status/20260101T000000Z-0001.md": _check_in(at),
        }  # fmt: skip
        server.commit("agent/x", {f"{FOLDER}/x/{name}": text for name, text in own.items()}, at=at)
        for task, brief in {"b": {}, "own": {f"{FOLDER}/own/brief.md": _brief("own")}, "over": {}}.items():
            files = {f"src/{task}.py": f"{task}\n", **brief}
            server.commit(f"agent/{task}", files, parents=[base], at=at)
        server.flush()

    def full(self, path: Path) -> Place:
        """A copy of the full clone, with a server of its own."""
        return self._copy("full", path)

    def partial(self, path: Path, lacking: Iterable[str] | None = None) -> Place:
        """A copy of the partial clone that lacks these kinds of KINDS, and has all else; None: it lacks all."""
        place = self._copy("partial", path)
        if lacking is not None:
            lost = {id_of(place.clone, kind) for kind in lacking}
            fetch(place.clone, [blob for blob in self._all_blobs() if blob not in lost])
        return place

    def _all_blobs(self) -> list[str]:
        lines = self.server.git("cat-file", "--batch-check", "--batch-all-objects").splitlines()
        return [line.split()[0] for line in lines if " blob " in line]

    def _copy(self, name: str, path: Path) -> Place:
        shutil.copytree(self.folder / name, path, symlinks=True)
        shutil.copytree(self.server.path, path / "server.git")
        clone, server = Repo(path / "clone"), Repo(path / "server.git")
        # The two that name each other: `git worktree repair` leaves a copy with the repository it came from.
        record = path / "clone/.git/worktrees/agent"
        (path / "agent/.git").write_text(f"gitdir: {record}\n")
        (record / "gitdir").write_text(f"{path / 'agent'}/.git\n")
        clone.git("remote", "set-url", "origin", server.path.as_uri())
        return Place(clone, Desk(clone, path / "agent"), server)


def id_of(clone: Repo, kind: str) -> str:
    """The id of a kind's file, for which the file itself need not be here."""
    return clone.git("rev-parse", f"{KINDS[kind].ref}:{KINDS[kind].path}")


def missing(clone: Repo) -> set[str]:
    """The objects of the branches that are not here; nothing is fetched for the question."""
    lines = clone.git("rev-list", "--objects", "--all", "--missing=print", "--no-object-names").splitlines()
    return {line[1:] for line in lines if line.startswith("?")}


def fetch(clone: Repo, ids: list[str]) -> None:
    """Bring these objects."""
    flags = ["--no-write-fetch-head", "--filter=blob:none", "--stdin"]
    clone.git("fetch", "-q", *flags, "origin", input="".join(f"{oid}\n" for oid in ids))


def cut_off(clone: Repo) -> str:
    """Let the clone's promisor be where nobody answers; the address that it had."""
    address = clone.git("remote", "get-url", "origin")
    clone.git("remote", "set-url", "origin", NOWHERE)
    return address


def _brief(task: str, *more: str) -> str:
    return document(BODY, task=task, owns=[f"src/{task}*", *more], verify={"test": "true"})


def _managers(head: Commit, at: int) -> dict[str, str]:
    """What the manager has written, by path; `head` is the commit that it is about."""
    by: dict[str, object] = {"at": _moment(at), "by": "cora@example.com"}
    waived = {"rules": ["OWN001"], "paths": ["docs/**"], "until": "2099-01-01T00:00:00Z"}
    review = {"at": _moment(at), "reviewer": "cora@example.com", "kind": "human", "verdict": "approve"}
    return {
        "tasks/x/brief.md": _brief("x"),
        "tasks/x/answers/1.md": document("Go on.\n", **by, decision="note"),
        "tasks/x/waivers/1.md": document("It is known.\n", **by, **waived),
        "tasks/x/reviews/1.md": document(**review, branch="agent/x", head=head.id),
        "tasks/x/reruns/1-test.json": _evidence(head, seconds=9.0),
        "tasks/todo/brief.md": _brief("todo"),
        "tasks/later/brief.md": _brief("later"),
        "tasks/over/brief.md": _brief("over"),
        "tasks/over/outcome.md": document("Over.\n", **by, outcome="declined"),
    }


def _moment(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _check_in(at: int) -> str:
    parts = "## What changed\nIt.\n## What's next\nMore.\n## Risks and blockers\nnone\n"
    parts += "## What I need from you\nRed or blue?\n"
    return document(parts, at=_moment(at), agent="zed", state="needs-input")


def _evidence(head: Commit, seconds: float = 1.5) -> str:
    ran = {"started_at": "2026-01-01T00:00:00Z", "seconds": seconds, "tree": head.code_tree, "head": head.id}
    return json.dumps({"version": 1, "check": "test", "command": "true", "exit_code": 0, **ran})
