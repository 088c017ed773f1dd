"""The record of what a brief grants a branch, kept so that the next plain commit need not ask again.

Belongs here: the record, as bytes, and which paths are surely within it. Does not: what goes into it (see
`granting`), or whether it is still true (see `plain`).

It is in agentledger's folder of the common git directory, one file for each branch. An agent can forge it
there, as it can edit the hook: whatever matters is judged again at the push, which never reads it. It has only
what `plain` can use without the engine of patterns: everything that is not plain is judged in full.
"""

from __future__ import annotations

import os

# Raise it when the meaning of a record changes, or a rule for which a plain commit must pass.
FORMAT = b"3"
# Fields with one value. `end` is written last: a record without it was cut off.
_ONE = ("format", "branch", "task", "brief", "base", "control", "end")
# Fields with any number of values.
_MANY = ("base_refs", "control_refs", "patterns", "refs", "owns", "barred")
_SPECIAL = b"*?[]\\"  # the characters that make a pattern more than a path
_REFS = "%(refname) %(symref) %(upstream)%00%(objectname)"


class Grant:
    """Everything that judging a plain commit depends on, besides the commit itself.

    `brief` is the blob of the brief that counts; `base` and `control` are the commits from which it and the
    policy were read (`control` is b"" without a control branch). `patterns` match the refs that decide which
    branch is base, and which is the control branch; `refs` are those refs as they were, without ids. The ids of
    `base_refs` and `control_refs` may change, as long as briefs and policy are the same. `owns` are the brief's
    patterns, `barred` the patterns that take paths away from them.
    """

    def __init__(self, fields: dict[str, list[bytes]]) -> None:
        self.fields = fields
        self._owned = [plain for pattern in fields["owns"] if (plain := _path_or_folder(pattern))]
        ends = [_fixed_ends(pattern) for pattern in fields["barred"]]
        self._heads = tuple(head for head, _ in ends if head)
        self._tails = tuple(tail for head, tail in ends if not head)
        self._barred = ends

    def one(self, name: str) -> bytes:
        """Return the value of a field that has one."""
        return self.fields[name][0]

    def many(self, name: str) -> list[bytes]:
        """Return the values of a field that has any number of them."""
        return self.fields[name]

    def surely_covers(self, path: bytes) -> bool:
        """Is a path surely in scope? False means that only the engine of patterns can decide."""
        owned = any(path == name or path.startswith(folder) for name, folder in self._owned)
        # Two quick tests settle most paths: each looks at all patterns at once.
        if not owned or not (path.startswith(self._heads) or path.endswith(self._tails)):
            return owned
        return not any(path.startswith(head) and path.endswith(tail) for head, tail in self._barred)


def _path_or_folder(pattern: bytes) -> tuple[bytes | None, bytes] | None:
    """Return the path that a pattern names, if it does, and the folder of which it matches everything.

    None for any other pattern: it then grants nothing here.
    """
    whole = pattern.removesuffix(b"**") if pattern == b"**" or pattern.endswith(b"/**") else pattern
    if any(special in whole for special in _SPECIAL):
        return None
    below = whole != pattern or whole.endswith(b"/")
    # Without wildcards it is a file, or a folder with all that is below it.
    return (None, whole) if below else (whole, whole + b"/")


def _fixed_ends(pattern: bytes) -> tuple[bytes, bytes]:
    """Return the beginning and the end that all paths have which a pattern matches."""
    if pattern.endswith(b"/"):
        return _fixed_ends(pattern + b"**")
    at = [index for index, byte in enumerate(pattern) if byte in _SPECIAL]
    if not at:
        return pattern, b""  # the path, and everything below it
    # `**/` can match no folder at all, and then the `/` is missing, too.
    return pattern[: at[0]], pattern[at[-1] + 1 :].removeprefix(b"/")


def refs_query(patterns: list[bytes]) -> list[str]:
    """Return the git command that lists the refs of these patterns."""
    return ["for-each-ref", f"--format={_REFS}", "--", *map(os.fsdecode, patterns)]


def parse_refs(listed: bytes) -> dict[bytes, bytes]:
    """Parse its output: the id of each ref, by its name, the ref that it points to, and its upstream."""
    rows = (line.partition(b"\0") for line in listed.splitlines())
    return {ref: oid for ref, _, oid in rows}


# -- on disk --------------------------------------------------------------------------


def grant_path(common: bytes, branch: bytes) -> bytes:
    """Return the path of a branch's record."""
    # One flat folder, so a branch's slashes are escaped.
    name = branch.replace(b"%", b"%25").replace(b"/", b"%2F")
    return b"/".join((common, b"agentledger", b"grants", name))


def dump(fields: dict[str, list[bytes]]) -> bytes | None:
    """Return the record of these fields as bytes; None where a value cannot be written in one."""
    fields = {**fields, "format": [FORMAT], "end": [b""]}
    if any(b"\0" in value for values in fields.values() for value in values):
        return None
    named = [(name, value) for name in (*_MANY, *_ONE) for value in fields[name]]
    return b"\0".join(name.encode() + b"=" + value for name, value in named)


def load(common: bytes, branch: bytes) -> Grant | None:
    """Read the record of a branch; None where there is none, or it is incomplete or of a different format."""
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
    # The branch, too: on file systems that ignore case, two branches can have one file.
    return Grant(fields) if fields["format"] == [FORMAT] and fields["branch"] == [branch] else None
