"""What a brief was found to grant a branch, kept so that the next plain commit need not ask again.

Belongs here: the record, as bytes, and which paths are surely within it. Does not: what goes into it (see
`granting`), or when it still holds (see `plain`).

It lies in agentledger's folder of the common git directory, a file a branch. An agent can forge it there, as
it can edit the hook: what must hold is judged again at the push, which never reads it. It is made of what
`plain` can tell without the engine of patterns: everything that is not plain is judged in full.
"""

from __future__ import annotations

import os

# Raise it when the meaning of a record changes, or a rule that it must hold for.
FORMAT = b"2"
_ONE = ("format", "branch", "task", "brief", "base", "control", "end")
_MANY = ("base_refs", "control_refs", "patterns", "refs", "owns", "barred")
_SPECIAL = b"*?[]\\"
_REFS = "%(refname) %(symref) %(upstream)%00%(objectname)"


class Grant:
    """Everything that the judgement of a plain commit depends on, besides the commit.

    `brief` is the blob of the brief that counts, `base` and `control` the commits that it and the policy were
    read from (`control` is b"" without a control branch). `patterns` are of the refs that tell which branch
    is base, and which the control branch; `refs` is how those stood, without ids. The ids of `base_refs` and
    `control_refs` may move, as long as briefs and policy stay. `owns` are the brief's patterns, `barred` are
    those that take from them.
    """

    def __init__(self, fields: dict[str, list[bytes]]) -> None:
        self.fields = fields
        self._owned = [_path_or_folder(pattern) for pattern in fields["owns"]]
        ends = [_fixed_ends(pattern) for pattern in fields["barred"]]
        self._heads = tuple(head for head, _ in ends if head)
        self._tails = tuple(tail for head, tail in ends if not head)
        self._barred = ends

    def one(self, name: str) -> bytes:
        """A field that has one value."""
        return self.fields[name][0]

    def many(self, name: str) -> list[bytes]:
        """A field that has any number of them."""
        return self.fields[name]

    def surely_covers(self, path: bytes) -> bool:
        """Is a path in scope? False means that only the engine of patterns can tell."""
        owned = any(
            path == name if name is not None else path.startswith(folder) for name, folder in self._owned
        )
        if not owned or not (path.startswith(self._heads) or path.endswith(self._tails)):
            return owned
        return not any(path.startswith(head) and path.endswith(tail) for head, tail in self._barred)


def _path_or_folder(pattern: bytes) -> tuple[bytes | None, bytes]:
    """The one path that a pattern matches, or the folder of which it matches all; else what no path is."""
    whole = pattern.removesuffix(b"**") if pattern == b"**" or pattern.endswith(b"/**") else pattern
    if any(special in whole for special in _SPECIAL):
        return b"", b""
    below = whole != pattern or whole.endswith(b"/")
    return (None, whole) if below else (whole, b"")


def _fixed_ends(pattern: bytes) -> tuple[bytes, bytes]:
    """What every path begins and ends with that a pattern matches."""
    if pattern.endswith(b"/"):
        return _fixed_ends(pattern + b"**")
    at = [index for index, byte in enumerate(pattern) if byte in _SPECIAL]
    if not at:
        return pattern, pattern
    # `**/` may stand for no folder at all.
    return pattern[: at[0]], pattern[at[-1] + 1 :].removeprefix(b"/")


def refs_query(patterns: list[bytes]) -> list[str]:
    """The question how the refs of these patterns stand."""
    return ["for-each-ref", f"--format={_REFS}", "--", *map(os.fsdecode, patterns)]


def parse_refs(listed: bytes) -> dict[bytes, bytes]:
    """The answer: the id of each ref, by its name, and what it points to and follows."""
    rows = (line.partition(b"\0") for line in listed.splitlines())
    return {ref: oid for ref, _, oid in rows}


# -- on disk --------------------------------------------------------------------------


def grant_path(common: bytes, branch: bytes) -> bytes:
    """Where the record of a branch lies."""
    name = branch.replace(b"%", b"%25").replace(b"/", b"%2F")
    return b"/".join((common, b"agentledger", b"grants", name))


def dump(fields: dict[str, list[bytes]]) -> bytes | None:
    """The record of these fields as bytes; None where a value cannot stand in one."""
    fields = {**fields, "format": [FORMAT], "end": [b""]}
    if any(b"\0" in value for values in fields.values() for value in values):
        return None
    named = [(name, value) for name in (*_MANY, *_ONE) for value in fields[name]]
    return b"\0".join(name.encode() + b"=" + value for name, value in named)


def load(common: bytes, branch: bytes) -> Grant | None:
    """The record of a branch; None where there is none that is whole, and of this format."""
    try:
        with open(grant_path(common, branch), "rb") as record:  # noqa: PTH123 - pathlib takes longer than all this
            raw = record.read()
    except OSError:
        return None
    fields: dict[str, list[bytes]] = {name: [] for name in (*_MANY, *_ONE)}
    for word in raw.split(b"\0"):
        name, _, value = word.partition(b"=")
        fields.setdefault(name.decode("ascii", "replace"), []).append(value)
    if any(len(fields[name]) != 1 for name in _ONE) or len(fields) > len(_MANY) + len(_ONE):
        return None
    return Grant(fields) if fields["format"] == [FORMAT] and fields["branch"] == [branch] else None
