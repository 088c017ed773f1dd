"""Fleets made by hand, for tests of what only shows them.

Belongs here: values of the model, plain and hostile. Does not: repositories (see `gitrepo`).
"""

from __future__ import annotations

from typing import Any

from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.fleet import (
    Agent,
    Arrival,
    Base,
    Branch,
    By,
    Change,
    Commit,
    Fleet,
    LeftOut,
    Loss,
    Person,
    State,
    Sync,
    TakenBack,
    Worktree,
)
from agentledger.model.text import decode

NOW = 1_700_000_000
HOUR, DAY = 3600, 86400
TAKEN_BACK = TakenBack(
    loss=Loss.REVERTED, arrival=Arrival(By.MERGE, "4" * 40, "5" * 40, after="4" * 40), commit="6" * 40
)
BASE = Base(
    name="main", ref="refs/heads/main", head="b" * 40, why="the branch that HEAD names", sync=Sync.LOCAL
)
HOSTILE = [
    "[bold red]agent/markup[/]",
    "agent/\u202egnp.exe",
    decode(b"agent/\xff\xfe"),
    "agent/;rm${IFS}-rf;'\"`x`",
    "-x",
    "agent/日本語のとても長い名前" * 6,
    "agent/" + "long-" * 60,
    "agent/\u009b31mred",
]


def branch(name: str = "agent/login", **different: Any) -> Branch:
    """An open branch that merges cleanly, an hour old, with one commit and one change."""
    values: dict[str, Any] = {
        "ref": f"refs/heads/{name}",
        "head": "a" * 40,
        "sync": Sync.LOCAL,
        "merge_bases": ("c" * 40,),
        "ahead": 1,
        "behind": 2,
        "commits": (commit(),),
        "changes": (change(),),
        "lines_counted": True,
        "code_tree": "d" * 40,
        "agent": Agent("codex", "branch"),
        "task": "login",
        "active_at": NOW - HOUR,
        "conflict": Conflict(True),
    }
    return Branch(name=name, **(values | different))


def commit(subject: str = "Add a login form", author: str = "Ada") -> Commit:
    """A commit of an hour ago, with one trailer."""
    trailers = (("Co-authored-by", "codex <codex@example.com>"),)
    at = NOW - HOUR
    return Commit(
        "a" * 40,
        ("c" * 40,),
        "d" * 40,
        author=Person(author, "ada@example.com"),
        at=at,
        committed_at=at,
        subject=subject,
        trailers=trailers,
    )


def change(path: bytes = b"src/login.py", **different: Any) -> Change:
    """A changed file, three lines more and one less."""
    plain = Change(
        path, "M", "100644", new_mode="100755", old="e" * 40, new="f" * 40, added=3, removed=1, binary=False
    )
    return plain._replace(**different)


def conflicting(*paths: bytes) -> Conflict:
    """A merge with base that stops at these paths, one region in each."""
    hunks = (Hunk(7, b"<<<<<<< main\na\n=======\n\xff\n>>>>>>> agent\n", 2),)
    return Conflict(False, tuple(ConflictFile(path, "content", hunks) for path in paths))


def fleet(*branches: Branch, **different: Any) -> Fleet:
    """A fleet of these branches, read at NOW."""
    values: dict[str, Any] = {"name": "shop", "object_format": "sha1", "base": BASE, "now": NOW}
    return Fleet(branches=branches, **(values | different))


def every_kind() -> Fleet:
    """A fleet with a branch of each state and section, and every optional value set somewhere."""
    return fleet(
        branch(),
        branch(
            "agent/dirty",
            worktree=Worktree("../shop.worktrees/dirty", True, NOW - 60, uncommitted=3),
            sync=Sync.AHEAD,
        ),
        branch(
            "agent/held", conflict=conflicting(b"src/a.py", b"src/\xff.py"), remote_ref="refs/remotes/o/x"
        ),
        branch("agent/failed", conflict=Conflict(None, (), "refusing to merge unrelated histories")),
        branch("agent/unknown", conflict=None, lines_counted=False, agent=None, task=None),
        branch(
            "agent/absorbed", state=State.ABSORBED, same_as="9" * 40, state_why="same change as 9999999999"
        ),
        branch(
            "agent/lost", state=State.UNREADABLE, state_why="missing blob", changes=(), lines_counted=False
        ),
        branch("agent/back", state=State.REVERTED, taken_back=TAKEN_BACK, arrival=TAKEN_BACK.arrival),
        *(branch(f"agent/{state}", state=state) for state in State),
        branch("agent/resting", at_rest=State.MERGED, worktree=Worktree("../w", True, 0, uncommitted=1)),
        branch("agent/rebased", worktree=Worktree("../w/r", False, 0, uncommitted=0, under_way="rebase")),
        branch("agent/stashed", state=State.MERGED, stashes=2),
        branch(
            "(detached) ../w/d",
            ref="worktrees/d/HEAD",
            detached=True,
            unsaved=2,
            task=None,
            worktree=Worktree("../w/d", False, 0, uncommitted=0),
        ),
        *(branch(name) for name in HOSTILE),
        notes=("2 branches were left out.",),
        left_out=(LeftOut("dependabot", 3),),
        forge="https://example.com/shop",
    )
