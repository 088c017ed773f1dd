"""One commit on the control branch, made by `git fast-import`.

Belongs here: who makes it, and its making. Does not: what it continues, and whether it may (see
`control_write`), or trying again (see `races`).

`git fast-import` refuses to move a branch to a commit that does not contain its tip, and
takes git's own lock to move it. So of two writers one comes second, looks again, and writes
on top. It touches no work tree and no index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.control.control_files import Entry
from agentledger.git.process import UNHOOKED, Git, run_unchecked, without_prompts
from agentledger.git.races import RefusedError, classify_refusal
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.text import decode, encode
from agentledger.repository.bases import HEADS


class Identity(NamedTuple):
    """The author and the committer as git writes them into a commit, with the time."""

    author: bytes
    committer: bytes


def read_identity(asked: Git) -> Identity:
    """Whom git is configured for; LedgerError with the two commands when it does not know."""
    found = []
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        out, code, _ = run_unchecked(asked, ["var", variable])
        if code:
            hint = 'git config --global user.name "…", and git config --global user.email …@…'
            raise LedgerError("git does not know who you are, and each commit names its author", hint)
        found.append(out.rstrip(b"\n"))
    return Identity(*found)


class New(NamedTuple):
    """A commit to be made, its changes relative to the first parent.

    `tip` is where the branch stands, the null id where there is none.
    """

    parents: Sequence[str]
    changes: Mapping[str, bytes | Entry | None]
    message: str
    who: Identity
    tip: str


def write_commit(asked: Git, name: str, new: New) -> str:
    """One commit on the branch; its id.

    LostRaceError when the branch does not stand at `new.tip` any more, RefusedError when git would not
    move it for another reason, such as a lock: see `races.retry`.
    """
    ref, before = HEADS + name, new.tip if new.tip.strip("0") else None
    commit, reason = _import_commit(asked, _format_commit(ref, new))
    if reason:
        raise classify_refusal(asked, ref, before, reason)
    return commit


def write_signed_commit(asked: Git, name: str, new: New) -> tuple[str, str]:
    """The same with an SSH signature: the id, and why it carries none where git could not sign it.

    git never asks for a passphrase here: a key has to be without one, or known to an agent. fast-import
    signs nothing, so it only makes the tree.
    """
    made = make_commit(asked, name, new)
    heads = [word for parent in new.parents for word in ("-p", parent)]
    how = ["-c", "gpg.format=ssh", "commit-tree", "-S", *heads, f"{made}^{{tree}}"]
    out, code, reason = run_unchecked(without_prompts(asked), how, encode(new.message.rstrip("\n") + "\n"))
    commit = made if code else decode(out).strip()
    moving = [*UNHOOKED, "update-ref", "-m", "agentledger", HEADS + name, commit, new.tip]
    _, failed, why = run_unchecked(asked, moving)
    if failed:
        raise classify_refusal(asked, HEADS + name, new.tip if new.tip.strip("0") else None, why)
    return commit, reason


def make_commit(asked: Git, name: str, new: New) -> str:
    """The commit alone, which no branch leads to; its id. Of the ref that this needs nothing is left.

    RefusedError where git would not.
    """
    passing = f"refs/agentledger/new/{name}"
    undo = f"reset {passing}\nfrom {'0' * len(new.tip)}\n\n"
    commit, reason = _import_commit(asked, _format_commit(passing, new), undo)
    if reason:
        raise RefusedError(reason)
    return commit


def _format_commit(ref: str, new: New) -> bytes:
    """The commit as fast-import takes it."""
    lines = [
        b"commit %s\nmark :1\n" % encode(ref),
        b"author %s\ncommitter %s\n" % new.who,
        _format_data(encode(new.message.rstrip("\n") + "\n")),
    ]
    lines += [
        b"%s %s\n" % (b"merge" if number else b"from", parent.encode())
        for number, parent in enumerate(new.parents)
    ]
    # Removals first: a file may give way to a folder.
    lines += [_format_change(path, content) for path, content in new.changes.items() if content is None]
    lines += [_format_change(path, content) for path, content in new.changes.items() if content is not None]
    return b"".join(lines)


def write_blobs(asked: Git, contents: Sequence[bytes]) -> None:
    """Have these bytes as blobs of the repository; GitError where it cannot be written."""
    stream = b"".join(b"blob\n" + _format_data(content) for content in contents)
    _, code, reason = run_unchecked(asked, _IMPORT, stream + b"done\n")
    if code:
        raise GitError(f"git cannot write objects: {reason}", "make the git directory writable for you")


# Few objects stay loose, as those of other commits do; by default they become a pack each time.
_IMPORT = (*UNHOOKED, "-c", "fastimport.unpackLimit=100", "fast-import", "--quiet", "--done")


def _import_commit(asked: Git, commit: bytes, after: str = "") -> tuple[str, str]:
    """The commit's id, and why git did not do what it was told ('': it did)."""
    out, code, reason = run_unchecked(asked, _IMPORT, commit + b"get-mark :1\n" + encode(after) + b"done\n")
    return decode(out).strip(), reason if code else ""


def _format_change(path: str, content: bytes | Entry | None) -> bytes:
    quoted = encode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    if content is None:
        return b'D "%s"\n' % quoted
    if isinstance(content, bytes):
        return b'M 100644 inline "%s"\n%s' % (quoted, _format_data(content))
    return b'M %s %s "%s"\n' % (content.mode.encode(), content.blob.encode(), quoted)


def _format_data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
