"""Finds what a new brief comes close to: other tasks in the same paths, files that base often changes, paths it names.

Belongs here: finding these, as values. Does not: sentences about them (see `plan_lint`), what others change right now
(see `live_files`), or stopping anybody: the spawn gate has rules for that (see `rules.fleet`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agentledger.attention import landed_tasks
from agentledger.documents.brief import ALWAYS, CRITERIA
from agentledger.documents.placeholders import strip_comments
from agentledger.fleet import fleet_facts
from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.fleet import Fleet
from agentledger.model.ledger import Brief
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.paths import parent_folders
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode
from agentledger.scope.automata import TooComplexError
from agentledger.scope.narrowing import narrow_scope
from agentledger.scope.patterns import escape_pattern
from agentledger.scope.task_scope import Meeting, Scope

HISTORY = 500  # commits of base's first-parent line in which changes are counted
OFTEN = 5  # changes in these from which a file is hot
MOST = 5  # files or paths of each kind that are returned

# -- other tasks -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Split:
    """How two scopes are kept apart: one side, `mine` or the other's, puts these patterns off limits."""

    mine: bool
    patterns: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another task whose scope overlaps this one's.

    `active`: somebody works on it; else it is only planned. `split` is None where no task that is only planned
    could give way and still have something to do. `waits`: it is this task that can wait for the other, else the
    other for this one. `problem` is why the two cannot be compared; then there is no `meeting`.
    """

    task: str
    active: bool
    meeting: Meeting | None = None
    split: Split | None = None
    problem: str = ""
    waits: bool = True


def find_overlaps(brief: Brief, fleet: Fleet) -> tuple[Overlap, ...]:
    """The tasks that are not over and whose scope overlaps the brief's, unless one depends on the other."""
    mine, open_ = fleet_facts.scope_of(brief, fleet), _open_patterns(fleet.policy)
    running = any(peer.task == brief.task for peer in fleet_facts.peers_of(fleet))
    # What is left by what was said of the others: done all together, it must not leave this one with nothing.
    overlaps, left = [], mine
    for task, theirs, active in _other_scopes(brief, fleet):
        try:
            meeting = mine.overlap_with(theirs, open_)
            if meeting:
                split = _find_split(left, theirs, open_, running=running, active=active)
                if split and split.mine:
                    left = replace(left, off_limits=(*left.off_limits, *split.patterns))
                overlaps.append(Overlap(task, active, meeting, split, waits=not running or active))
        except TooComplexError as error:
            overlaps.append(Overlap(task, active, problem=error.message))
    return tuple(sorted(overlaps, key=lambda overlap: (not overlap.active, overlap.task)))


def _open_patterns(policy: Policy) -> tuple[bytes, ...]:
    return tuple(map(encode, policy.open))


def _other_scopes(brief: Brief, fleet: Fleet) -> Iterable[tuple[str, Scope, bool]]:
    """The id and scope of each other task that is not over, and whether somebody works on it."""
    active = {peer.task for peer in fleet_facts.peers_of(fleet)}
    merged = landed_tasks.merged_tasks(fleet)
    for task in fleet.tasks:
        other = task.brief
        if other is None or task.id == brief.task or task.outcome or task.id in merged:
            continue
        related = task.id in brief.depends_on or brief.task in other.depends_on
        # A brief that only a branch has is no plan of the manager's, so it counts while that branch is active.
        if not related and (task.id in active or task.brief_from != "branch"):
            yield task.id, fleet_facts.scope_of(other, fleet), task.id in active


def _find_split(
    mine: Scope, theirs: Scope, open_: tuple[bytes, ...], *, running: bool, active: bool
) -> Split | None:
    """A split after which the two scopes meet nowhere, and both sides still have paths; None without one.

    A task at which somebody works keeps its scope: `running` this one, `active` the other. Of two that are only
    planned, the side that keeps a part of each of its patterns gives way, before one that would lose a pattern.
    """
    sides = [] if running else [(mine, theirs, True)]
    sides += [] if active else [(theirs, mine, False)]
    splits = []
    for own, other, is_mine in sides:
        narrowing = narrow_scope(own, other, open_)
        if narrowing and narrowing.patterns:
            # Best first: loses no pattern; then this brief's own side, which the manager is writing now.
            splits.append((not narrowing.whole, not is_mine, Split(is_mine, narrowing.patterns)))
    return min(splits, key=lambda each: each[:2])[2] if splits else None


# -- hot files -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hot:
    """Files of base in the scope that base changes often, with in how many of its last `of` commits; at most MOST."""

    often: Mapping[bytes, int]
    of: int = 0


def find_hot_files(sealed: Git, brief: Brief, fleet: Fleet, paths: Sequence[bytes]) -> Hot:
    """Return the files of the brief's scope that base changes most often."""
    scope = fleet_facts.scope_of(brief, fleet)
    within = {path for path in paths if scope.holds(path)}
    counts, of = _count_changes(sealed, fleet.base.head, within)
    often = [path for path, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])) if n >= OFTEN]
    return Hot({path: counts[path] for path in often[:MOST]}, of)


def _count_changes(sealed: Git, head: str, within: set[bytes]) -> tuple[Counter[bytes], int]:
    """In how many of base's last commits each file changed, and how many commits were looked at."""
    if not within:
        return Counter(), 0
    # A merge counts once, with all that it brought to base's own line.
    flags = ["--first-parent", "--diff-merges=first-parent", "--no-renames", "--name-only", "-z"]
    # Three NULs in a row begin a commit; names alone never have that many.
    out, _, _ = process.run_unchecked(sealed, ["log", *flags, f"-{HISTORY}", "--format=%x00%x00", head])
    commits = out.split(b"\0\0\0")[1:]
    counts: Counter[bytes] = Counter()
    for names in commits:
        counts.update(within.intersection(name.lstrip(b"\n") for name in names.split(b"\0")))
    return counts, len(commits)


# -- what the text names ---------------------------------------------------------------

# Words with a slash or a dot in them, or in backquotes; punctuation at the end is not part of one.
_PATHS = re.compile(
    r"`([^`\n]{1,200})`|(?<![\w/.@-])((?:[\w.@+-]+/)+[\w.@+*-]*|[\w@+-]*\.?[\w@+-]+\.\w{1,8})"
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the text names and base has: patterns for `owns`, and paths for `follow`."""

    owns: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()


def find_named_paths(brief: Brief, fleet: Fleet, paths: Sequence[bytes]) -> Named:
    """Paths of base that the brief's text or its checks name, and that its scope does not decide on."""
    scope = fleet_facts.scope_of(brief, fleet)
    files = set(paths)
    folders = {folder for path in files for folder in parent_folders(path) if folder}
    parts = {part.title: strip_comments(part.text) for part in brief.document.parts if not part.empty}
    of = {title: parts.get(title, "") for title in (*ALWAYS, CRITERIA, "Context")}
    work = "\n".join([*(of[title] for title in (*ALWAYS, CRITERIA)), *(f"`{c.run}`" for c in brief.verify)])
    owns = [p for p in _find_mentions(work, files, folders) if not _is_scope_decided(scope, p, files)]
    # "Context" says what to read; the other sections say what to change.
    followed = {encode(path.rstrip("/")) for path in brief.follow}
    follow = [
        p
        for p in _find_mentions(of["Context"], files, folders)
        if p not in followed and p not in owns and not _is_scope_decided(scope, p, files)
    ]
    patterns = [decode(_path_pattern(path, path in folders)) for path in owns[:MOST]]
    return Named(tuple(patterns), tuple(map(decode, follow[:MOST])))


def _find_mentions(text: str, files: set[bytes], folders: set[bytes]) -> list[bytes]:
    """The files and folders of base that a text names, in the text's order."""
    mentions: dict[bytes, None] = {}
    for match in _PATHS.finditer(text):
        for word in (match[1] or match[2]).split():
            # pytest names a test as FILE::TEST.
            bare = word.partition("::")[0].rstrip(".,;:!?)")
            path = encode(bare.removeprefix("./").removesuffix("/**").rstrip("/"))
            # A folder's name alone, such as src or docs, is an ordinary word unless it is in backquotes.
            if path in files or (path in folders and (match[1] or "/" in bare)):
                mentions[path] = None
    return list(mentions)


def _is_scope_decided(scope: Scope, path: bytes, files: set[bytes]) -> bool:
    """Does the scope contain this path or a part of it, or bar it, or is it protected?"""
    if scope.holds(path) or any(scope.holds(file) for file in files if file.startswith(path + b"/")):
        return True
    barred = scope.barred_by(path) or scope.barred_by(path + b"/x") or scope.protected_by(path)
    return bool(barred) or (path + b"/").startswith(LEDGER_BYTES)


def _path_pattern(path: bytes, folder: bool) -> bytes:
    """A pattern that matches this file, or all below this folder."""
    return escape_pattern(path) + (b"/**" if folder else b"")
