"""What several tests read: a fleet of every kind of branch, and random edits of every kind of file.

Belongs here: samples for the reader of git. Does not: what anybody should make of them. Random
ones are the same for the same dice.
"""

from __future__ import annotations

import random

from gitrepo import START, Content, Repo
from reading import DAY

STATUS = ".agentledger/tasks/x/status/"
WORDS = [
    b"alpha",
    b"beta",
    b"  gamma",
    b"delta",
    b"",
    b"{",
    b"}",
    b"@@ -1 +1 @@",
    b"\\ No newline",
    b"-- ",
    b"\xff",
]
GITLINKS = ["1" * 40, "2" * 40]
PATHS = [
    b"a.txt",
    b"b.py",
    b"dir/c",
    b"dir/sub/d",
    b"sp ace",
    b'q"uote',
    b"\xff\xfe",
    "ü🌸".encode(),
    b"two\nlines",
]


def mixed(repo: Repo, branches: int) -> Repo:
    """Branches of six kinds by turns: clean, in conflict, squashed, merged, left alone, checked in."""
    root = repo.commit("main", {"f": "0\n", "g": "0\n"}, at=START - 99 * DAY)
    for number in range(branches):
        name, kind = f"agent/{number}", number % 6
        own = {f"{number}.txt": f"{number}\n"}
        extra = {1: {"f": f"branch {number}\n"}, 5: {f"{STATUS}1.md": "---\nagent: zed\n---\n"}}
        at = START - 30 * DAY if kind == 4 else None
        work = repo.commit(name, own | extra.get(kind, {}), parents=[root], at=at)
        if kind == 2:
            repo.commit("main", own)
        elif kind == 3:
            repo.merge("main", [repo.commit("main", {"g": f"{number}\n"}), work], own)
    repo.commit("main", {"f": "1\n"})
    repo.flush()
    return repo


def text(dice: random.Random) -> bytes:
    """Up to 40 lines, many of them alike; sometimes with other line ends, or no last one."""
    end = dice.choice([b"\n", b"\n", b"\n", b"\r\n"])
    body = end.join(dice.choice(WORDS) for _ in range(dice.randrange(40)))
    return body + end if dice.random() < 0.7 else body


def change(dice: random.Random, old: bytes) -> bytes:
    """Some lines of a text replaced, dropped or added."""
    lines = old.split(b"\n")
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(lines) + 1)
        lines[at : at + dice.randrange(3)] = [dice.choice(WORDS)] * dice.randrange(3)
    return b"\n".join(lines)


def tree(dice: random.Random) -> dict[bytes, Content]:
    """Files at about half of the paths, a few of them of another kind."""
    return {path: entry(dice) for path in PATHS if dice.random() < 0.6}


def entry(dice: random.Random) -> tuple[str, bytes]:
    """A file, an executable, a binary, a symlink or a submodule."""
    kind = dice.choice(["100644"] * 4 + ["100755", "binary", "120000", "160000"])
    if kind == "binary":
        return "100644", b"\0" + dice.randbytes(20)
    if kind == "120000":
        return kind, dice.choice([b"a.txt", b"../b", b"dir"])
    return kind, dice.choice(GITLINKS).encode() if kind == "160000" else text(dice)


def edit(dice: random.Random, old: dict[bytes, Content]) -> dict[bytes, Content]:
    """What a commit does to `old`: changes, modes, deletions, additions, other kinds."""
    done: dict[bytes, Content] = {}
    for path in PATHS:
        before = old.get(path)
        if dice.random() < 0.4:
            continue
        if before is None or dice.random() < 0.25:
            done[path] = entry(dice)
        elif dice.random() < 0.2:
            done[path] = None
        else:
            assert isinstance(before, tuple)
            mode, body = before
            assert isinstance(body, bytes)
            if mode in ("100644", "100755"):
                body = change(dice, body) if dice.random() < 0.8 else body
                mode = dice.choice(["100644", "100755"])
            done[path] = (mode, body)
    return {path: content for path, content in done.items() if content is not None or path in old}


def cut_short(repo: Repo, name: str) -> None:
    """Take the end off a loose object: its header can be read still, its content cannot."""
    oid = repo.git("rev-parse", name)
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-6])
