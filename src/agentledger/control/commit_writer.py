"""Makes one commit on the control branch with `git fast-import`, which needs no work tree and no index.

Belongs here: the commit's author, its message, its content, and moving the branch to it. Does not: what it
continues, and whether it may (see `append`), or trying again (see `git.races`).

`git fast-import` refuses to move a branch to a commit that does not contain its tip, and takes git's own lock
to move it. So of two writers one comes second, reads the branch again, and writes on top.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agentledger.control import signing
from agentledger.control.control_files import Entry
from agentledger.git.process import UNHOOKED, Git, run_unchecked
from agentledger.git.races import RefusedError, classify_refusal
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.policy import CommitRules
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.repository.bases import HEADS

# Variables by which a program keeps git from the settings of the user and of the machine.
_ELSEWHERE = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")

_TRAILER = re.compile(r"[A-Za-z0-9-]+: ")


class Identity(NamedTuple):
    """The author and the committer in the form that git writes into a commit, with the time."""

    author: bytes
    committer: bytes


def read_identity(git: Git) -> Identity:
    """The person whom git is configured for; LedgerError, with the two commands to type, where it is none."""
    idents = []
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        out, code, _ = run_unchecked(git, ["var", variable])
        if code:
            raise _unknown_author_error(git)
        idents.append(out.rstrip(b"\n"))
    return Identity(*idents)


def _unknown_author_error(git: Git) -> LedgerError:
    """The error where git knows no author, with a command for this repository alone.

    A setting with --global would be written where some agents' programs let no git look: they set
    GIT_CONFIG_GLOBAL=/dev/null. Where that is why, the command names the person who is hidden that way.
    """
    hidden = [name for name in _ELSEWHERE if name in git.env]
    seeing = replace(git, env={name: value for name, value in git.env.items() if name not in _ELSEWHERE})
    known = [_read_setting(seeing, f"user.{key}") if hidden else "" for key in ("name", "email")]
    because = f" ({hidden[0]} is set, so git sees no settings of the user's)" if hidden and all(known) else ""
    typed = known if all(known) else ["Your Name", "you@example.org"]
    name, email = (shlex.quote(escape_hidden(each)) for each in typed)
    return LedgerError(
        f"git does not know who you are, and each commit names its author{because}",
        f"for this repository: git config user.name {name} && git config user.email {email}",
    )


def _read_setting(git: Git, key: str) -> str:
    out, code, _ = run_unchecked(git, ["config", "--get", key])
    return "" if code else decode(out).strip()


class New(NamedTuple):
    """A commit to be made.

    `changes` are those from the first parent, by path: content, an entry that exists already, or None for a
    removal. `tip` is the branch's present commit, the id of zeros where there is no branch. `rules` are the
    repository's for such commits, `form` that of the signature (see `signing`).
    """

    parents: Sequence[str]
    changes: Mapping[str, bytes | Entry | None]
    message: str
    who: Identity
    tip: str
    rules: CommitRules = CommitRules(prefix="")
    form: str = signing.NONE

    @property
    def text(self) -> str:
        """The message as it is committed: with the prefix of policy, and signed off by the committer."""
        text = f"{self.rules.prefix} {self.message}".strip()
        if not self.rules.sign_off:
            return text
        last = text.rpartition("\n\n")[2] if "\n\n" in text else ""
        is_trailers = last and all(_TRAILER.match(line) for line in last.splitlines())
        name = decode(self.who.committer).rpartition(" <")[0]
        address = decode(self.who.committer).rpartition(" <")[2].partition(">")[0]
        return f"{text}\n{'' if is_trailers else chr(10)}Signed-off-by: {name} <{address}>"


class Made(NamedTuple):
    """The new commit; `unsigned` is a sentence on why it is not signed where it was to be, else ''."""

    commit: str
    unsigned: str = ""


def write_commit(git: Git, name: str, new: New) -> Made:
    """Make the commit on the branch of this name.

    LostRaceError where the branch is not at `new.tip` any more, RefusedError where git would not move it for
    a different reason, such as a lock: see `git.races.retry`. One that cannot be signed is written all the same.
    """
    ref, before = HEADS + name, new.tip if new.tip.strip("0") else None
    if not new.form:
        commit, reason = _import_commit(git, _format_commit(ref, new))
        if reason:
            raise classify_refusal(git, ref, before, reason)
        return Made(commit)
    made = make_commit(git, name, new)
    update_ref = [*UNHOOKED, "update-ref", "-m", "agentledger", ref, made.commit, new.tip]
    _, failed, why = run_unchecked(git, update_ref)
    if failed:
        raise classify_refusal(git, ref, before, why)
    return made


def make_commit(git: Git, name: str, new: New) -> Made:
    """Make the commit without moving the branch to it. RefusedError where git would not."""
    # fast-import makes commits on refs only, so it gets one of ours, and deletes that again in the same run.
    temporary_ref = f"refs/agentledger/new/{name}"
    undo = f"reset {temporary_ref}\nfrom {'0' * len(new.tip)}\n\n"
    commit, reason = _import_commit(git, _format_commit(temporary_ref, new), undo)
    if reason:
        raise RefusedError(reason)
    if not new.form:
        return Made(commit)
    # fast-import signs nothing, so of what is to be signed it only makes the tree.
    return Made(*signing.sign_commit(git, commit, new.parents, message=new.text, form=new.form))


def _format_commit(ref: str, new: New) -> bytes:
    """The commit in the language of git-fast-import(1)."""
    lines = [
        b"commit %s\nmark :1\n" % encode(ref),
        b"author %s\ncommitter %s\n" % new.who,
        _format_data(encode(new.text + "\n")),
    ]
    lines += [
        b"%s %s\n" % (b"merge" if number else b"from", parent.encode())
        for number, parent in enumerate(new.parents)
    ]
    # Removals first: a file may give way to a folder.
    lines += [_format_change(path, content) for path, content in new.changes.items() if content is None]
    lines += [_format_change(path, content) for path, content in new.changes.items() if content is not None]
    return b"".join(lines)


def write_blobs(git: Git, contents: Sequence[bytes]) -> None:
    """Write these contents to the repository as blobs; GitError where it cannot be written."""
    stream = b"".join(b"blob\n" + _format_data(content) for content in contents)
    _, code, reason = run_unchecked(git, _IMPORT, stream + b"done\n")
    if code:
        raise GitError(f"git cannot write objects: {reason}", "make the git directory writable for you")


# Up to 100 objects stay loose, as those of other commits do; by default each run would leave a pack behind.
# --done: a stream that breaks off is an error, and not the end.
_IMPORT = (*UNHOOKED, "-c", "fastimport.unpackLimit=100", "fast-import", "--quiet", "--done")


def _import_commit(git: Git, commit: bytes, after: str = "") -> tuple[str, str]:
    """Run fast-import with this commit and what comes `after`; the commit's id, and why git failed, or ''."""
    out, code, reason = run_unchecked(git, _IMPORT, commit + b"get-mark :1\n" + encode(after) + b"done\n")
    return decode(out).strip(), reason if code else ""


def _format_change(path: str, content: bytes | Entry | None) -> bytes:
    # Always quoted: fast-import reads an unquoted path to the end of the line.
    quoted = encode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    if content is None:
        return b'D "%s"\n' % quoted
    if isinstance(content, bytes):
        return b'M 100644 inline "%s"\n%s' % (quoted, _format_data(content))
    return b'M %s %s "%s"\n' % (content.mode.encode(), content.blob.encode(), quoted)


def _format_data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
