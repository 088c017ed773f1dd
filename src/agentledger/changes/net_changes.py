"""What merging a branch would bring, what its own commits did, and whether two heads are the same change.

Belongs here: those three questions, for many branches at once. Does not: which of these paths are allowed
(see `rules`), or a merge's conflicts as a page shows them (see `forecast`).

Three-dot diffs answer none of them: they blame a branch that cherry-picked base's own commit, and miss
one that merged base with `-s ours`. So git merges, in the sealed directory, and the results are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from agentledger.git import diffs, merging
from agentledger.git.code_tree import compute_code_trees
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache, Form, get_or_compute


@dataclass(frozen=True, slots=True)
class Net:
    """What merging a head would change at base's tip: without renames, in order of paths.

    `tree` is the merge's result. `conflicted` has the paths on which it stops; those of them that differ
    in the tree are in `changes`, too. `failed` is git's reason where it cannot merge the two, else ''.
    """

    tree: str = ""
    clean: bool = False
    changes: tuple[Change, ...] = ()
    conflicted: frozenset[bytes] = frozenset()
    failed: str = ""

    @property
    def paths(self) -> frozenset[bytes]:
        """Return all paths that the head would change, and all that somebody has to decide on."""
        # A binary conflict leaves base's blob in the tree, so `changes` alone would miss it.
        return self.conflicted | {change.path for change in self.changes}


@dataclass(frozen=True, slots=True)
class Own:
    """What a branch's own commits changed, including what a later commit put back.

    `newest` has, by path, the newest commit that changed it, and how. `repeated` has all changes, newest first,
    of the paths that several commits changed. `failed` is git's reason where a commit could not be read.
    """

    newest: Mapping[bytes, tuple[str, Change]] = field(default_factory=dict)
    failed: str = ""
    repeated: Mapping[bytes, Sequence[Change]] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[bytes]:
        """Return the paths alone."""
        return frozenset(self.newest)

    @property
    def history(self) -> dict[bytes, Sequence[Change]]:
        """Map each path to all its changes, newest first."""
        return {path: self.repeated.get(path, (change,)) for path, (_, change) in self.newest.items()}


class Line(NamedTuple):
    """A commit's id, and those of its parents."""

    id: str
    parents: tuple[str, ...]


# -- net ------------------------------------------------------------------------------


class Ahead(NamedTuple):
    """A head that base is an ancestor of: its tree, and how it differs from base."""

    tree: str
    changes: tuple[Change, ...]


def find_net_changes(
    scratch: Scratch,
    base: str,
    heads: Sequence[str],
    store: Cache | None = None,
    ahead: Mapping[str, Ahead] = MappingProxyType({}),
) -> dict[str, Net]:
    """Map each head to what merging it into the commit `base` would change there. Two or three processes.

    `ahead` are heads whose differences from `base` somebody has read: where a merge gives their tree, these are it.
    """
    known = {(base, head): each for head, each in ahead.items()}
    nets = find_nets_of_pairs(scratch, [(base, head) for head in heads], store, known)
    return {head: net for (_, head), net in nets.items()}


def find_nets_of_pairs(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    store: Cache | None = None,
    ahead: Mapping[tuple[str, str], Ahead] = MappingProxyType({}),
) -> dict[tuple[str, str], Net]:
    """The same for pairs of a base and a head, whatever the bases are. Two or three processes."""

    def ask(missing: list[tuple[str, str]]) -> dict[tuple[str, str], Net]:
        answers = dict(zip(missing, merging.recall_merges(scratch, missing), strict=True))
        same = {
            pair: ahead[pair].changes
            for pair, answer in answers.items()
            if isinstance(answer, Merged) and pair in ahead and ahead[pair].tree == answer.tree
        }
        return _nets_of_merges(scratch, answers, same)

    return get_or_compute(store, "net", {pair: net_key(*pair) for pair in pairs}, compute=ask, form=NET)


def change_id(net: Net) -> str | None:
    """Compute the id that evidence, packets and reviews are bound to; None where the change is not clean.

    It is the SHA-256 of what `git diff-tree -r -z --raw --no-renames --full-index` prints of the change,
    without the ledger. So it is known even where the commit that was reviewed is gone.
    """
    if net.failed or not net.clean:
        return None
    entries = (
        b":%s\0%s\0" % (encode(f"{c.old_mode} {c.new_mode} {c.old} {c.new} {c.status}"), c.path)
        for c in net.changes
        if not c.path.startswith(LEDGER_BYTES)
    )
    return hashlib.sha256(b"".join(entries)).hexdigest()


def net_key(base: str, head: str) -> str:
    """Build the key under which a net change is stored."""
    return f"{base} {head}"


def _nets_of_merges(
    scratch: Scratch,
    answers: Mapping[tuple[str, str], Merged | Failure],
    known: Mapping[tuple[str, str], tuple[Change, ...]],
) -> dict[tuple[str, str], Net]:
    """`known` has the differences that need not be read."""
    merge_commits = {
        pair: scratch.commit(answer.tree, [pair[0]])
        for pair, answer in answers.items()
        if isinstance(answer, Merged) and pair not in known
    }
    changes = diffs.read_changes(scratch.git, [(base, commit) for (base, _), commit in merge_commits.items()])
    changes_by_pair = {**known, **dict(zip(merge_commits, changes, strict=True))}
    return {pair: _net_of_merge(answer, changes_by_pair.get(pair, ())) for pair, answer in answers.items()}


def _net_of_merge(answer: Merged | Failure, diff: tuple[Change, ...] | Failure) -> Net:
    if isinstance(answer, Failure):
        return Net(failed=answer.reason)
    if isinstance(diff, Failure):
        return Net(answer.tree, failed=diff.reason)
    changes = answer.restore_paths(diff)
    return Net(answer.tree, answer.clean, changes, frozenset(path for path, _ in answer.stages))


def _dump_change(change: Change) -> list[str]:
    fields = (change.status, change.old_mode, change.new_mode, change.old, change.new)
    return [decode(change.path), *fields]


def _load_change(row: list[str]) -> Change:
    path, status, old_mode, new_mode, old, new = map(str, row)
    return Change(encode(path), status, old_mode, new_mode=new_mode, old=old, new=new)


def _dump_net(net: Net) -> Any:
    # A failure may pass, as when a missing blob is fetched later, so only answers are kept.
    changes = [_dump_change(change) for change in net.changes]
    return None if net.failed else [net.tree, net.clean, changes, sorted(map(decode, net.conflicted))]


def _load_net(row: Any) -> Net:
    tree, clean, changes, conflicted = row
    return Net(
        str(tree), clean is True, tuple(map(_load_change, changes)), frozenset(map(encode, conflicted))
    )


NET = Form(_dump_net, _load_net)


# -- own ------------------------------------------------------------------------------


def find_own_changes(
    scratch: Scratch, branches: Mapping[str, Sequence[Line]], store: Cache | None = None
) -> dict[str, Own]:
    """Map each name to what its commits (newest first) changed by themselves.

    The caller says which commits count: those outside base, and outside of what a branch may build on
    (see `own_commits`). A merge changed what differs from its parents merged again; where git cannot
    merge those, all that differs from its first parent.
    """
    commits = {line.id: line for lines in branches.values() for line in lines}
    # What one commit did never changes, whatever base or the branch is: its id alone is the key.
    keys = {line: line.id for line in commits.values()}
    by_line = get_or_compute(
        store, "own", keys, compute=lambda lines: _changes_of_commits(scratch, lines), form=_COMMIT_CHANGES
    )
    changes_by_commit = {line.id: each for line, each in by_line.items()}
    owns = {}
    for name, lines in branches.items():
        newest: dict[bytes, tuple[str, Change]] = {}
        repeated: dict[bytes, list[Change]] = {}
        failed = ""
        for line in lines:
            changes = changes_by_commit[line.id]
            if isinstance(changes, Failure):
                failed = failed or f"{line.id[:12]}: {changes.reason}"
                continue
            for change in changes:
                first_seen = newest.setdefault(change.path, (line.id, change))[1]
                if first_seen is not change:
                    repeated.setdefault(change.path, [first_seen]).append(change)
        owns[name] = Own(newest, failed, repeated)
    return owns


CommitChanges = tuple[Change, ...] | Failure


def _dump_commit_changes(changes: CommitChanges) -> Any:
    return None if isinstance(changes, Failure) else [_dump_change(change) for change in changes]


def _load_commit_changes(row: Any) -> CommitChanges:
    return tuple(map(_load_change, row))


_COMMIT_CHANGES: Form[CommitChanges] = Form(_dump_commit_changes, _load_commit_changes)


def _changes_of_commits(scratch: Scratch, commits: Sequence[Line]) -> dict[Line, CommitChanges]:
    # A root commit is compared with the empty tree.
    empty_commit = scratch.commit(scratch.tree([])) if any(not line.parents for line in commits) else ""
    before = {line.id: line.parents[0] if line.parents else empty_commit for line in commits}
    merged_parents, last_merges = _merge_parents(scratch, [line for line in commits if len(line.parents) > 1])
    before |= merged_parents
    differences = diffs.read_changes(scratch.git, [(before[line.id], line.id) for line in commits])
    return {
        line: last_merges[line.id].restore_paths(changes)
        if line.id in last_merges and not isinstance(changes, Failure)
        else changes
        for line, changes in zip(commits, differences, strict=True)
    }


def _merge_parents(scratch: Scratch, merges: Sequence[Line]) -> tuple[dict[str, str], dict[str, Merged]]:
    """Merge the parents of each merge again, folded from left to right.

    Returns, by the merge's id, a commit with the result (its first parent where git cannot merge them), and
    git's last answer. `git log --remerge-diff` would do for two parents, but prints nothing for an octopus.
    """
    last_merges: dict[str, Merged] = {}
    folded: dict[str, str | None] = {line.id: line.parents[0] for line in merges}
    for number in range(1, max((len(line.parents) for line in merges), default=1)):
        pending = [
            (line, left) for line in merges if (left := folded[line.id]) and number < len(line.parents)
        ]
        pairs = [(left, line.parents[number]) for line, left in pending]
        for (line, left), answer in zip(pending, merging.simulate_merges(scratch, pairs), strict=True):
            parents = (left, line.parents[number])
            folded[line.id] = scratch.commit(answer.tree, parents) if isinstance(answer, Merged) else None
            if isinstance(answer, Merged):
                last_merges[line.id] = answer
    return {line.id: folded[line.id] or line.parents[0] for line in merges}, last_merges


# -- the same change ------------------------------------------------------------------


def compare_heads(
    scratch: Scratch, base: str, pairs: Sequence[tuple[str, str]], store: Cache | None = None
) -> dict[tuple[str, str], bool]:
    """For each (then, now) of heads: does merging either into `base` give the same, outside `.agentledger`?

    False where either does not merge cleanly: the result is then somebody's decision. Equal code trees alone
    prove nothing: `merge -s ours` keeps the code tree, and reverts what base did.
    """
    keys = {pair: f"{base} {pair[0]} {pair[1]}" for pair in pairs}
    return get_or_compute(
        store,
        "equal",
        keys,
        compute=lambda missing: _compare_heads(scratch, base, missing),
        form=Form(bool, bool),
    )


def _compare_heads(
    scratch: Scratch, base: str, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bool]:
    heads = list(dict.fromkeys(head for pair in pairs for head in pair))
    answers = dict(zip(heads, merging.recall_merges(scratch, [(base, head) for head in heads]), strict=True))
    trees = {h: a.tree for h, a in answers.items() if isinstance(a, Merged) and a.clean}
    code_trees = compute_code_trees(scratch, list(trees.values()))
    code_tree_of = {head: code_trees.get(tree) for head, tree in trees.items()}
    return {
        (then, now): code_tree_of.get(then) is not None and code_tree_of.get(then) == code_tree_of.get(now)
        for then, now in pairs
    }


def has_only_reports(lines: Iterable[Line], code_trees: Mapping[str, str], then: str) -> bool:
    """Have only plain commits inside the ledger's folder come since `then`? `lines` are newest first.

    `code_trees` are code trees by commit. A merge among them is no report, whatever its tree is.
    """
    expected: str | None = None
    for line in lines:
        # Only the way from the head down counts: each commit's parent, and nothing beside it.
        if expected is not None and line.id != expected:
            continue
        if line.id == then:
            return True
        if len(line.parents) != 1 or code_trees.get(line.id) is None:
            return False
        expected = line.parents[0]
        if code_trees.get(expected) != code_trees[line.id]:
            return False
    return expected == then
