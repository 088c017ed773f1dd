"""Who added what to the control branch, and when: one walk over the history of its copies.

Belongs here: that walk, whole or in part. Does not: which of two contents counts (see `control_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agentledger.control.control_files import Moved, Origin
from agentledger.git.process import run, split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Person
from agentledger.model.text import decode


@dataclass(slots=True)
class History:
    """`origins` by path and blob, the newest where one came twice.

    `briefs` has by task every blob that `tasks/<task>/brief.md` ever was; `failure` is git's
    reason where the walk ended early, else ''.
    """

    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)
    briefs: dict[str, set[str]] = field(default_factory=dict)
    failure: str = ""


def read_history(scratch: Scratch, tips: Sequence[str]) -> History:
    """Who gave each file each content, newest first, over everything that the tips reach."""
    # -c: of a merge only what is in neither parent, that is what was kept beside, or typed into it.
    raw = ["-c", "--raw", "-r", "-z", "--no-renames", "--no-abbrev", "--topo-order"]
    flow = stream_output(
        scratch.git, ["log", *raw, "--encoding=UTF-8", "--format=%x00%H %at%x00%an%x00%ae", *tips], []
    )
    found = History()
    cut = _read_shallow(scratch)
    commit, at, by = "", 0, Person("", "")
    words = split_stream(flow.blocks)
    for raw_word in words:
        word = decode(raw_word).lstrip("\n")
        if word.startswith(":"):
            _record_origin(found, word, decode(next(words, b"")), None if commit in cut else (commit, at, by))
        elif word:
            commit, _, time = word.partition(" ")
            at = int(time) if time.isdigit() and len(time) < 15 else 0
            by = Person(decode(next(words, b"")), decode(next(words, b"")))
    found.failure = flow.failure()
    return found


def read_moved_commits(scratch: Scratch, new: str | None, old: str | None) -> Moved:
    """The commits that `new` has and `old` has not, and the paths they changed; None: no commit at all."""
    if new is None or new == old:
        return Moved()
    span = [new, *([f"^{old}"] if old else [])]
    commits = decode(run(scratch.git, ["rev-list", "--topo-order", *span])).split()
    flags = ["-c", "--name-only", "-r", "-z", "--no-renames", "--format="]
    paths = {path for path in decode(run(scratch.git, ["log", *flags, *span, "--"])).split("\0") if path}
    return Moved(tuple(commits), tuple(sorted(paths)))


def _record_origin(found: History, header: str, path: str, origin: Origin | None) -> None:
    # `:old-mode new-mode old new status`; of a merge with n parents n colons, n + 1 modes, n + 1 ids.
    parents = len(header) - len(header.lstrip(":"))
    blob = header.split(" ")[2 * parents + 1]
    if origin:
        found.origins.setdefault((path, blob), origin)
    folder, _, name = path.rpartition("/")
    above, _, task = folder.rpartition("/")
    if name == "brief.md" and above == "tasks" and blob.strip("0"):
        found.briefs.setdefault(task, set()).add(blob)


def _read_shallow(scratch: Scratch) -> frozenset[str]:
    """Where history is cut off: such a commit seems to add all that its missing parents had."""
    try:
        return frozenset((scratch.git.cwd / "shallow").read_text("ascii").split())
    except FileNotFoundError:
        return frozenset()
