"""Submodules that both sides of a merge have moved: settled as git settles them where they are checked out.

Belongs here: which commit of a submodule a merge takes, and the tree with it. Does not: the merge itself (see `train`).

`git merge` looks into a submodule's own repository: where both sides have gone on from the commit where they part,
and one of the two is ahead of the other, it takes that one. The sealed directory has no submodules, so git calls all
of them conflicts there. Here the same question is asked about the objects of a submodule that is checked out; its
settings are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.code_tree import find_entry
from agentledger.git.merging import Merged
from agentledger.git.process import Git, run_unchecked
from agentledger.git.scratch import Scratch, format_alternate
from agentledger.model.text import decode, escape_hidden

LINK = "160000"  # the mode of a submodule in a tree


class Settled(NamedTuple):
    """git's answer, with the submodules settled that can be; and why one cannot, in words."""

    answer: Merged
    note: str = ""


class Submodules:
    """The submodules of a repository, as far as they are checked out somewhere."""

    def __init__(self, scratch: Scratch, common: Path | None) -> None:
        """`common` is the git directory that all worktrees share; None: no submodule is looked for."""
        self._scratch, self._common = scratch, common

    def find_links(self, tree: str, paths: Sequence[bytes]) -> frozenset[bytes]:
        """Return those of these paths at which a tree has a submodule."""
        entries = objects.read_entries(self._scratch.git, tree, paths)
        return frozenset(path for path, (mode, _) in entries.items() if mode == LINK)

    def settle(self, answer: Merged, sides: tuple[str, str, str]) -> Settled:
        """Settle what can be settled of a merge that stopped.

        `sides` are the trees that were merged: where they part, ours, and theirs.
        """
        paths = sorted({path for path, _ in answer.stages})
        if not all(sides) or not self.find_links(sides[1], paths):
            return Settled(answer)
        entries = [objects.read_entries(self._scratch.git, tree, paths) for tree in sides]
        note = ""
        for path in paths:
            links = [each.get(path, ("", "")) for each in entries]
            if any(mode != LINK for mode, _ in links):
                continue
            chosen, reason = self._choose(path, sides[1], [commit for _, commit in links])
            tree = _set_link(self._scratch, answer.tree, path.split(b"/"), chosen) if chosen else ""
            note = note or reason
            if tree:
                stages = tuple(each for each in answer.stages if each[0] != path)
                answer = answer._replace(tree=tree, stages=stages, clean=not stages)
        return Settled(answer, note)

    def _choose(self, path: bytes, tree: str, commits: Sequence[str]) -> tuple[str, str]:
        """Return the commit that git takes, of three: where both part, ours, theirs; else '' and why."""
        name = escape_hidden(path)
        start, ours, theirs = commits
        for store in self._find_stores(path, tree):
            answers = [
                self._is_ancestor(store, *two)
                for two in ((start, ours), (start, theirs), (ours, theirs), (theirs, ours))
            ]
            if None in answers:
                continue
            if not (answers[0] and answers[1]):
                return "", f"submodule {name} went back on one side"
            if answers[2] or answers[3]:
                return theirs if answers[2] else ours, ""
            return "", f"the commits of submodule {name} have parted"
        return "", f"submodule {name} is not checked out here with these commits"

    def _find_stores(self, path: bytes, tree: str) -> Iterator[Path]:
        """Yield the folders of objects in which a submodule's commits may be."""
        name = self._read_names(tree).get(path, decode(path))
        # The name is the branch's word; git refuses such a one, too.
        if self._common is None or not name or ".." in Path(name).parts or Path(name).is_absolute():
            return
        places = [self._common, *sorted((self._common / "worktrees").glob("*"))]
        stores = [place / "modules" / name / "objects" for place in places]
        # A submodule that was never absorbed has its git directory where it is checked out.
        stores.append(self._common.parent / decode(path) / ".git" / "objects")
        yield from (store for store in stores if store.is_dir())

    def _read_names(self, tree: str) -> Mapping[bytes, str]:
        args = ["config", "--blob", f"{tree}:.gitmodules", "--list", "-z"]
        out, code, _ = run_unchecked(self._scratch.git, args)
        names = {}
        for entry in out.split(b"\0") if not code else ():
            key, _, value = entry.partition(b"\n")
            if key.startswith(b"submodule.") and key.endswith(b".path"):
                names[value] = decode(key[len(b"submodule.") : -len(b".path")])
        return names

    def _is_ancestor(self, store: Path, old: str, new: str) -> bool | None:
        """Is one commit of a submodule below another? None where its objects do not show it."""
        where = decode(format_alternate(store)).removesuffix("\n")
        # git takes a colon for the end of a path, unless that is quoted.
        quoted = where if where.startswith('"') or ":" not in where else f'"{where}"'
        git = Git(
            self._scratch.git.cwd, {**self._scratch.git.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted}
        )
        _, code, _ = run_unchecked(git, ["merge-base", "--is-ancestor", old, new])
        return {0: True, 1: False}.get(code)


def _set_link(scratch: Scratch, tree: str, path: Sequence[bytes], commit: str) -> str:
    """Write a tree with another commit for the submodule at a path that it has; '' where it has none there."""
    body = dict(objects.read_object_contents(scratch.git, [tree])).get(tree, b"")
    mode = LINK.encode() if len(path) == 1 else b"40000"
    entry = mode + b" " + path[0] + b"\0"
    start, end = find_entry(body, entry, scratch.object_format)
    if start == end:
        return ""
    start += len(entry)
    new = commit if len(path) == 1 else _set_link(scratch, body[start:end].hex(), path[1:], commit)
    return scratch.write("tree", body[:start] + bytes.fromhex(new) + body[end:]) if new else ""
