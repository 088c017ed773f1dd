"""Finds the commits that are signed with one of the SSH keys that base lists.

Belongs here: having git check SSH signatures. Does not: what a signature proves (see `ledger.gather`), or
making one (see `control.commit_writer`).

Answers are kept in this process only, never in the cache: those whom a signature is to keep out can write to
it. One check takes 5 ms (two processes of git, each with two of ssh-keygen).

The list of keys is a file on base, in the form of ssh-keygen's ALLOWED SIGNERS (man 1 ssh-keygen); git gets
it as `gpg.ssh.allowedSignersFile`. The user's configuration has no part in the check: a made-up
`gpg.ssh.program` would find every signature good.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from agentledger.git import objects
from agentledger.git.process import run
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Base
from agentledger.model.ledger import Problem
from agentledger.model.policy import Policy
from agentledger.model.text import decode

# A longer list of keys is not read.
MOST_BYTES = 256 << 10
# `false` in place of gpg: OpenPGP and X.509 keys are not on base's list, so their signatures do not count.
_ONLY_SSH = ("-c", "gpg.program=false", "-c", "gpg.x509.program=false")


def read_allowed_signers(scratch: Scratch, base: Base, policy: Policy) -> tuple[bytes, Problem | None]:
    """The content of the file of allowed signers that policy names, from base; b"" where there is none.

    The problem says why a file that policy names cannot be used.
    """
    path = policy.control_signers
    if not path:
        return b"", None
    blob, kind, size = objects.read_object_info(scratch.git, [f"{base.head}:{path}"])[0]
    if kind != "blob" or size > MOST_BYTES:
        what = "is not a file on base" if kind != "blob" else "is too long to be a list of keys"
        hint = "no signature was checked; the file has one `name key-type key` a line"
        return b"", Problem(
            path=path, line=None, message=f"`signers` under `[control]` names {path}, which {what}", hint=hint
        )
    if shutil.which("ssh-keygen") is None:
        hint = "install OpenSSH's client; until then signed commits count as unsigned"
        return b"", Problem(
            path=path,
            line=None,
            message="ssh-keygen is not installed, so no signature was checked",
            hint=hint,
        )
    return next((body for _, body in objects.read_object_contents(scratch.git, [blob])), b""), None


def find_signed_commits(scratch: Scratch, commits: Iterable[str], signers: bytes) -> frozenset[str]:
    """Those of the commits that one of the signers has signed; `signers` comes from `read_allowed_signers`.

    Takes two processes, and none for commits that were checked before. git checks whether a key is valid at
    the time that its commit names, so the answer for a commit never changes.
    """
    unique = list(dict.fromkeys(commits)) if signers.strip() else []
    answers = _known_answers(hashlib.sha256(signers).digest())
    unchecked = [commit for commit in unique if commit not in answers]
    if unchecked:
        file = scratch.git.cwd / "signers"
        file.write_bytes(signers)
        halves = [half for half in (unchecked[::2], unchecked[1::2]) if half]
        with ThreadPoolExecutor(2) as pool:
            for new_answers in pool.map(lambda half: _check_signatures(scratch, half, file), halves):
                answers |= new_answers
    return frozenset(commit for commit in unique if answers.get(commit))


@cache
def _known_answers(signers: bytes) -> dict[str, bool]:  # noqa: ARG001 - it is the key
    """The answers so far, by commit, for a list of signers (its hash); callers add to this dictionary."""
    return {}


def _check_signatures(scratch: Scratch, commits: list[str], file: Path) -> dict[str, bool]:
    flags = [*_ONLY_SSH, "-c", f"gpg.ssh.allowedSignersFile={file}"]
    # %G? is G for a good signature of somebody listed, U for one of anybody else. %GF is the key's
    # fingerprint, which begins with SHA256 for SSH keys only.
    log = ["log", "--no-walk=unsorted", "--stdin", "--format=%H %G? %GF"]
    out = decode(run(scratch.git, [*flags, *log], "\n".join([*commits, ""]).encode()))
    lines = (line.split(" ") for line in out.splitlines())
    return {
        fields[0]: fields[1] == "G" and fields[2].startswith("SHA256:") for fields in lines if len(fields) > 2
    }
