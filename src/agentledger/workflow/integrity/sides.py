"""Parts the files of a branch and of the commit where its own work begins: which are tests, and which are code.

Belongs here: that commit, what changed on either side, and the trees in which one side's tests meet the other's
code. Does not: laying such a tree into a folder (see `crossed_worktree`), or running anything.

Test paths are those of the policy (`[paths] tests`) and files that hold nothing but a runner's settings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from agentledger.git import objects, tree_edits
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.git.tree_edits import Edits, Entry
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.policy import Policy
from agentledger.model.text import escape_hidden
from agentledger.scope.file_role import is_test_path

# Mode and id by path.
Files = Mapping[bytes, tuple[str, str]]

# Files that say how tests are run, and nothing else; what pyproject.toml or package.json say goes with the code.
_RUNNER_SETTINGS = re.compile(
    rb"(?:.*/)?(?:pytest\.ini|conftest\.py|\.mocharc(?:\.\w+)?|(?:jest|vitest|playwright|cypress)\.config\.\w+"
    rb"|vitest\.workspace\.\w+|karma\.conf\.\w+|\.rspec|phpunit\.xml(?:\.dist)?)"
)
# What people read: it changes no test's result.
_PROSE = re.compile(
    rb"(?i).*\.(?:md|markdown|rst|adoc|org|pod|svg|png|jpe?g|gif)"
    rb"|(?:.*/)?(?:licen[cs]e|copying|notice|authors|codeowners|readme|changelog|changes|news)(?:\.txt)?"
)
# The names that runners take for files of tests; any other test path is a helper, or data.
_TEST_FILE = re.compile(
    rb"(?:.*/)?(?:test_[^/]*\.py|[^/]*_test\.\w+|[^/]*[.](?:test|spec)\.\w+|[^/]*_spec\.\w+|[^/]*Tests?\.\w+)"
)
# Tests that stand in files of code, by the file's ending: what they look like, and whether the command has to name it.
_BESIDE = (
    (b".rs", re.compile(rb"#\[cfg\(test\)\]"), ""),
    (b".zig", re.compile(rb"^\s*test\s+\"", re.MULTILINE), ""),
    (b".d", re.compile(rb"^\s*unittest\b", re.MULTILINE), ""),
    (b".py", re.compile(rb"^\s*>>> ", re.MULTILINE), "doctest"),
    (b".ts", re.compile(rb"\bimport\.meta\.vitest\b"), ""),
    (b".js", re.compile(rb"\bimport\.meta\.vitest\b"), ""),
)
_MOST_READ = 1 << 20  # bytes of a changed file in which tests are looked for


def is_test(path: bytes, policy: Policy) -> bool:
    """Does a path go with the tests when the two sides are crossed?"""
    if path.startswith(LEDGER_BYTES):
        return False
    if _RUNNER_SETTINGS.fullmatch(path):
        return True
    return is_test_path(path, policy)


def find_fork(branch: Branch) -> tuple[str, str]:
    """The commit at which a branch's own work begins, and a remark on how it was chosen; '' for the usual one.

    That is its merge base with base. On a stack it is the commit of the branch below; on several of them, the one
    before the oldest commit of its own first-parent line. Raises LedgerError where there is none.
    """
    if branch.stands_on:
        own = [commit for commit in branch.line if commit.id not in branch.borrowed]
        below = branch.stands_on[0].commit
        if len(branch.stands_on) > 1 and own and own[-1].parents:
            below = own[-1].parents[0]
        return below, f"its own work begins at {below[:12]}, on {_name_stands(branch)}"
    if not branch.merge_bases:
        raise LedgerError(
            f"{escape_hidden(branch.name)} has no commit in common with base",
            "git merge-base shows none; git fetch --unshallow helps where the clone is shallow",
        )
    fork, count = branch.merge_bases[0], len(branch.merge_bases)
    return fork, f"of its {count} merge bases, {fork[:12]} is taken" if count > 1 else ""


def _name_stands(branch: Branch) -> str:
    return ", ".join(escape_hidden(stand.branch or stand.task) for stand in branch.stands_on)


class Crossing(NamedTuple):
    """A commit whose code is taken, its files, and those of the commit whose tests are laid there."""

    commit: str
    code: Files
    tests: Files

    def list_files(self, policy: Policy) -> dict[bytes, tuple[str, str]]:
        """What is in the tree of both: mode and id by path."""
        kept = {path: entry for path, entry in self.code.items() if not is_test(path, policy)}
        return kept | {path: entry for path, entry in self.tests.items() if is_test(path, policy)}

    def list_edits(self, policy: Policy) -> Edits:
        """By path, what that tree has otherwise than the commit."""
        code, tests = self.code, self.tests
        differing = [p for p in {*code, *tests} if code.get(p) != tests.get(p) and is_test(p, policy)]
        return {path: Entry(*tests[path]) if path in tests else None for path in differing}


@dataclass(frozen=True, kw_only=True)
class Sides:
    """All files of a branch's head and of the commit where its own work begins."""

    base: str
    head: str
    base_files: Files
    head_files: Files
    policy: Policy

    @cached_property
    def changed(self) -> tuple[bytes, ...]:
        """The paths that differ, the ledger's own and what only people read left out."""
        paths = sorted({*self.base_files, *self.head_files})
        return tuple(
            path
            for path in paths
            if self.base_files.get(path) != self.head_files.get(path)
            and not path.startswith(LEDGER_BYTES)
            and (is_test(path, self.policy) or not _PROSE.fullmatch(path))
        )

    @cached_property
    def tests(self) -> tuple[bytes, ...]:
        """The changed paths that go with the tests."""
        return tuple(path for path in self.changed if is_test(path, self.policy))

    @cached_property
    def code(self) -> tuple[bytes, ...]:
        """The changed paths that do not."""
        tests = set(self.tests)
        return tuple(path for path in self.changed if path not in tests)

    @cached_property
    def has_tests(self) -> tuple[bool, bool]:
        """Has base, and has the branch, any file that may hold tests?"""
        base, head = (
            any(is_test(path, self.policy) and not _RUNNER_SETTINGS.fullmatch(path) for path in files)
            for files in (self.base_files, self.head_files)
        )
        return base, head

    def only_test_files(self) -> bool:
        """Is each changed test path one that a runner can be given by name, so that no helper changed?"""
        return bool(self.tests) and all(map(_TEST_FILE.fullmatch, self.tests))


def find_clashes(sides: Sides) -> tuple[bytes, ...]:
    """The code's files and links that are a folder of tests on the other side: no tree can have both."""
    pairs = ((sides.head_files, sides.base_files), (sides.base_files, sides.head_files))
    clashes = set[bytes]()
    for code, tests in pairs:
        mine = {path for path in code if not is_test(path, sides.policy)}
        theirs = {path for path in tests if is_test(path, sides.policy)}
        clashes |= mine & _list_folders(theirs) | theirs & _list_folders(mine)
    return tuple(sorted(clashes))


def _list_folders(paths: Collection[bytes]) -> set[bytes]:
    folders, todo = set[bytes](), {path.rpartition(b"/")[0] for path in paths}
    while todo := todo - folders - {b""}:
        folders |= todo
        todo = {path.rpartition(b"/")[0] for path in todo}
    return folders


def read_sides(scratch: Scratch, base: str, head: str, policy: Policy) -> Sides:
    """Both commits' files. Raises GitError where a tree cannot be read."""
    base_files, head_files = (objects.read_files(scratch.git, commit) for commit in (base, head))
    return Sides(base=base, head=head, base_files=base_files, head_files=head_files, policy=policy)


def find_tests_beside_code(scratch: Scratch, sides: Sides, command: str) -> tuple[bytes, ...]:
    """The changed files of code that hold tests themselves, on either side: those cannot be crossed."""
    wanted = [
        (path, pattern, oid)
        for path in sides.code
        for ending, pattern, needs in _BESIDE
        if path.endswith(ending) and needs in command
        for files in (sides.base_files, sides.head_files)
        for mode, oid in [files.get(path, ("", ""))]
        if mode.startswith("100")
    ]
    ids = list(dict.fromkeys(oid for _, _, oid in wanted))
    sizes = dict(zip(ids, objects.read_object_info(scratch.git, ids), strict=True))
    small = [oid for oid in ids if sizes[oid][2] <= _MOST_READ]
    texts = dict(objects.read_object_contents(scratch.git, small)) if small else {}
    beside = (path for path, pattern, oid in wanted if pattern.search(texts.get(oid, b"")))
    return tuple(dict.fromkeys(beside))


def write_crossed_tree(scratch: Scratch, crossing: Crossing, policy: Policy) -> str:
    """Write the tree of a crossing into the sealed directory; return its id.

    Raises LedgerError where a folder on the way cannot be read.
    """
    (tree,) = tree_edits.write_edited_trees(scratch, [(crossing.commit, crossing.list_edits(policy))])
    if isinstance(tree, Failure):
        message = f"the tree of {crossing.commit[:12]} cannot be read: {tree.reason}"
        raise LedgerError(message, "git fsck says what is missing")
    return tree


def keep_existing(paths: Sequence[bytes], files: Collection[bytes]) -> list[bytes]:
    """Those of the paths that are there, in order."""
    return [path for path in paths if path in files]
