"""Finds who added each file of the control branch, and when, by one walk over the history of its copies.

Belongs here: that walk, whole or in part. Does not: which of two contents counts (see `control_files`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from agentledger.control.control_files import Moved, Origin
from agentledger.git.process import run, split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.fleet import Person
from agentledger.model.text import decode


@dataclass(slots=True)
class History:
    """What the walk found.

    `origins` maps path and blob to the newest commit that made it so. `briefs` has, by task, every blob that
    `tasks/<task>/brief.md` ever was. `failure` is git's reason where the walk ended early, else ''.
    """

    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)
    briefs: dict[str, set[str]] = field(default_factory=dict)
    failure: str = ""


def read_history(scratch: Scratch, tips: Sequence[str]) -> History:
    """The commit that gave each file each content, over everything that the tips reach; never raises."""
    # -c: of a merge only what is in neither parent, that is what was kept beside, or typed into the merge.
    flags = ["-c", "--raw", "-r", "-z", "--no-renames", "--no-abbrev", "--topo-order"]
    flow = stream_output(
        scratch.git, ["log", *flags, "--encoding=UTF-8", "--format=%x00%H %at%x00%an%x00%ae", *tips], []
    )
    history = History()
    shallow = _read_shallow(scratch)
    commit, at, by = "", 0, Person("", "")
    tokens = split_stream(flow.blocks)
    for raw_token in tokens:
        token = decode(raw_token).lstrip("\n")
        if token.startswith(":"):
            origin = None if commit in shallow else (commit, at, by)
            _record_origin(history, token, decode(next(tokens, b"")), origin)
        elif token:
            commit, _, time = token.partition(" ")
            # A hostile or broken time is '' or more than 64 bits hold (see `git.commits`).
            at = int(time) if time.isdigit() and len(time) < 15 else 0
            by = Person(decode(next(tokens, b"")), decode(next(tokens, b"")))
    history.failure = flow.failure()
    return history


def read_moved_commits(scratch: Scratch, new: str | None, old: str | None) -> Moved:
    """The commits of `new` that `old` lacks, and the paths they changed; None means no commit at all."""
    if new is None or new == old:
        return Moved()
    span = [new, *([f"^{old}"] if old else [])]
    commits = decode(run(scratch.git, ["rev-list", "--topo-order", *span])).split()
    flags = ["-c", "--name-only", "-r", "-z", "--no-renames", "--format="]
    paths = {path for path in decode(run(scratch.git, ["log", *flags, *span, "--"])).split("\0") if path}
    return Moved(tuple(commits), tuple(sorted(paths)))


def _record_origin(history: History, header: str, path: str, origin: Origin | None) -> None:
    """Add one raw line of a commit to the history."""
    # `:old-mode new-mode old new status`; of a merge with n parents n colons, n + 1 modes, n + 1 ids.
    parents = len(header) - len(header.lstrip(":"))
    blob = header.split(" ")[2 * parents + 1]
    if origin:
        history.origins.setdefault((path, blob), origin)
    task = posixpath.basename(posixpath.dirname(path))
    if path == ledger_paths.control_brief_path(task) and blob.strip("0"):
        history.briefs.setdefault(task, set()).add(blob)


def _read_shallow(scratch: Scratch) -> frozenset[str]:
    """The commits at which history is cut off: each of them seems to add all that its missing parents had."""
    try:
        return frozenset((scratch.git.cwd / "shallow").read_text("ascii").split())
    except FileNotFoundError:
        return frozenset()
