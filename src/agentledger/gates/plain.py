"""Let a plain commit pass at once: ordinary files, all of them surely within what the brief grants.

Belongs here: recognising that no rule of the commit gate can find anything, from a few facts and next to no
imports. Does not: finding something. Whatever is not plain goes to `commit`, which judges everything, and
keeps what is needed here (see `granting`).

A yes must be what `commit` would say. So it is said only where each rule of the gate has nothing to look at:

- OWN001, OWN002, OWN003: each path is matched by a plain pattern of `owns`, and by no pattern that bars it
- OWN005: no links, no submodules, nothing in the ledger
- OWN006: no path is unsafe, no added one is like another name in any folder above it
- OWN009: no new side of a file has characters that mislead, nor has its name; none is binary that was text, none
  so large that it is not searched
- STA001, STA005, BRF007: no document of the task changes, and the branch's copy of the brief is the same
- BRF002, STA007: no grant is kept for briefs with problems or checkpoints
- OWN004: it needs other tasks, which the commit gate does not read
"""

from __future__ import annotations

import os

from agentledger.gates import grant
from agentledger.gates.git_output import MOST_REQUEST, git_output
from agentledger.gates.grant import Grant
from agentledger.git.environment import build_git_env
from agentledger.model import ledger_paths, paths

TYPE_CHECKING = False  # see `git.environment`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEADS = b"refs/heads/"
_KEPT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE")
_MOST_BYTES = 1 << 20  # of a file; a larger one is left to `commit`


def is_plain_commit(outer: Mapping[str, str]) -> bool:
    """Is the commit that the index would make a plain one? `outer` is the hook's environment."""
    # A merge commit can undo, or take over, what a diff with HEAD does not show.
    if any(name.startswith("GITHEAD_") for name in outer):
        return False
    env = _hook_environment(outer)
    granted = _load_current_grant(env)
    return granted is not None and _is_within_grant(granted[0], granted[1], env)


def is_plain_path(outer: Mapping[str, str], path: bytes) -> bool:
    """May whoever works on the branch that is checked out surely write this file, a path from the top?

    False means that only the full judgement can tell. It costs three processes of git's, whatever the
    repository's size, so that it can be asked before each edit.
    """
    env = _hook_environment(outer)
    granted = _load_current_grant(env)
    return granted is not None and _is_plain_name(granted[0], path)


def _hook_environment(outer: Mapping[str, str]) -> dict[str, str]:
    return build_git_env(outer) | {name: outer[name] for name in _KEPT if name in outer}


def _load_current_grant(env: dict[str, str]) -> tuple[Grant, bytes] | None:
    """The grant of the branch that is checked out, and HEAD's commit; None where there is none that holds."""
    question = ["--absolute-git-dir", "--git-common-dir", "HEAD", "--symbolic-full-name", "HEAD"]
    words = (git_output(["rev-parse", *question], env) or b"").split(b"\n")
    # Fewer words before the first commit; no branch on a detached HEAD.
    if len(words) != 5 or not words[3].startswith(HEADS):
        return None
    directory, common, head, ref, _ = words
    if os.path.lexists(directory + b"/MERGE_HEAD"):
        return None
    granted = grant.load(common, ref.removeprefix(HEADS))
    return (granted, head) if granted is not None and _is_grant_current(granted, env) else None


def _is_grant_current(granted: Grant, env: dict[str, str]) -> bool:
    """Are base, control branch, policy and briefs what they were when the grant was written?"""
    refs = grant.parse_refs(git_output(grant.refs_query(granted.many("patterns")), env) or b"")
    if list(refs) != granted.many("refs"):
        return False
    ids = {ref.split(b" ")[0]: oid for ref, oid in refs.items()}
    recorded = [*granted.many("base_refs"), *granted.many("control_refs")]
    # Two copies may differ in their documents, as the control branch's do between a plan and the next sync.
    # As long as neither moves, the one that counted still counts.
    if all(ids.get(name) == then for name, _, then in (copy.partition(b" ") for copy in recorded)):
        return True
    # A commit on base changes neither policy nor briefs, as a rule: then the grant is still good.
    copies = [(copy.partition(b" ")[0], granted.one("base")) for copy in granted.many("base_refs")]
    copies += [(copy.partition(b" ")[0], granted.one("control")) for copy in granted.many("control_refs")]
    moved = {(ids.get(name, b""), then) for name, then in copies if ids.get(name) != then}
    return not moved or _has_same_documents(moved, env)


def _has_same_documents(moved: set[tuple[bytes, bytes]], env: dict[str, str]) -> bool:
    """Has each of these commits the same policy and briefs as the one that it is compared with?"""
    wanted = [*ledger_paths.ALL_BRIEFS, ledger_paths.POLICY_FILE]
    pairs = b"".join(new + b" " + old + b"\n" for new, old in moved)
    flags = ["--stdin", "-r", "--raw", "--no-renames", "--no-commit-id"]
    return git_output(["diff-tree", *flags, "--", *wanted], env, pairs) == b""


# -- the commit -----------------------------------------------------------------------


class _Change:
    """A changed path as `--raw` gives it, with its status, and the new side's mode and blob."""

    def __init__(self, entry: bytes, path: bytes) -> None:
        _, self.mode, _, self.blob, self.status = entry.split(b" ")
        self.path = path


def _is_within_grant(granted: Grant, head: bytes, env: dict[str, str]) -> bool:
    changes = _read_changes(head, env)
    if changes is None or not all(_is_plain_file(granted, change) for change in changes):
        return False
    own = head + b":" + ledger_paths.TASKS_BYTES + granted.one("task") + b"/brief.md"
    folders = {f: head + b":" + f for c in changes if c.status == b"A" for f in paths.parent_folders(c.path)}
    blobs = [change.blob for change in changes if change.status != b"D"]
    read = _read_objects(list(dict.fromkeys([own, *folders.values(), *blobs])), env)
    if read is None or read[own][0] not in (b"", granted.one("brief")):
        return False
    trees = {folder: read[name][1] for folder, name in folders.items()}
    contents = ((change, read[change.blob][1]) for change in changes if change.status != b"D")
    return all(_is_clear_file(change, raw) for change, raw in contents) and _has_unique_names(
        changes, trees, len(head) // 2
    )


def _read_changes(head: bytes, env: dict[str, str]) -> list[_Change] | None:
    """Return what the index changes against `head`; None where git fails."""
    # A file system monitor is a program that the repository's configuration names.
    settings = ["-c", "core.fsmonitor=false", "diff-index", "--cached", "--raw", "-z", "--no-abbrev"]
    flags = ["--no-renames", "--no-relative", "--ignore-submodules=none", head.decode(), "--"]
    raw = git_output([*settings, *flags], env)
    if raw is None:
        return None
    words = raw.split(b"\0")
    return [_Change(entry, path) for entry, path in zip(words[:-1:2], words[1::2], strict=True)]


def _is_plain_file(granted: Grant, change: _Change) -> bool:
    """Is it an ordinary file that is surely within the scope?"""
    if change.status != b"D":
        known = change.status in (b"A", b"M", b"T") and change.mode in (b"100644", b"100755")
        return known and _is_plain_name(granted, change.path)
    return _is_allowed_name(granted, change.path)


def _is_plain_name(granted: Grant, path: bytes) -> bool:
    """Is it a name that any system can have, surely within the scope?"""
    return paths.unsafe_path_reason(path) is None and _is_allowed_name(granted, path)


def _is_allowed_name(granted: Grant, path: bytes) -> bool:
    ledger = (path + b"/").lower().startswith(ledger_paths.LEDGER_BYTES)
    return not ledger and _is_clear_text(path) and granted.surely_covers(path)


def _is_clear_file(change: _Change, raw: bytes) -> bool:
    """Is a file free of characters that mislead: a text without any, or a new one that git calls binary?"""
    if raw.isascii() and b"\0" not in raw:
        return True
    from agentledger.model.file_text import read_text
    from agentledger.model.text import count_misleading

    text = read_text(raw)
    # What was there before may have been text, and that is worth a word.
    return change.status == b"A" if text is None else not count_misleading([text])


def _is_clear_text(raw: bytes) -> bool:
    """Is a name free of characters that mislead?"""
    if raw.isascii():
        return True
    # Here, since most files are ASCII and the import costs time.
    from agentledger.model.text import count_misleading, decode

    return not count_misleading([decode(raw)])


def _has_unique_names(changes: list[_Change], trees: dict[bytes, bytes], size: int) -> bool:
    """Is each added name, and folder above one, unlike all others in HEAD's `trees` (ids of `size` bytes)?"""
    there: dict[bytes, dict[str, set[bytes]]] = {folder: {} for folder in trees}
    for folder, tree in trees.items():
        for name in paths.parse_tree_names(tree, size):
            there[folder].setdefault(paths.fold_name(name), set()).add(name)
    for path in [change.path for change in changes if change.status == b"A"]:
        for folder in paths.parent_folders(path):
            name = paths.next_component(path, folder)
            alike = there[folder].setdefault(paths.fold_name(name), set())
            alike.add(name)
            if len(alike) > 1:
                return False
    return True


# -- objects --------------------------------------------------------------------------


def _read_objects(names: list[bytes], env: dict[str, str]) -> dict[bytes, tuple[bytes, bytes]] | None:
    """Map each name to its object's id and content, (b"", b"") where there is none.

    None where an object is too long, or cannot be read.
    """
    contents: dict[bytes, tuple[bytes, bytes]] = {}
    for part in _split_batches(names):
        request = b"".join(name + b"\n" for name in part)
        out, at = git_output(["cat-file", "--batch", "--buffer"], env, request) or b"", 0
        for name in part:
            end = out.find(b"\n", at)
            words = out[at:end].split(b" ")
            if words[-1] == b"missing":
                contents[name], at = (b"", b""), end + 1
            elif end >= 0 and len(words) == 3 and words[2].isdigit() and int(words[2]) <= _MOST_BYTES:
                at = end + 1 + int(words[2])
                contents[name], at = (words[0], out[end + 1 : at]), at + 1
            else:
                return None
    return contents


def _split_batches(names: list[bytes]) -> Iterator[list[bytes]]:
    """Split names into parts that each fit into one question."""
    part: list[bytes] = []
    length = 0
    for name in names:
        length += len(name) + 1
        if length > MOST_REQUEST and part:
            yield part
            part, length = [], len(name) + 1
        part.append(name)
    yield part
