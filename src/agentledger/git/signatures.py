"""Which commits carry a signature by one of the keys that base lists.

Belongs here: asking git to check SSH signatures. Does not: what a signature is worth (see
`papers`), or making one.

The answers are kept in this process alone, never in the cache: whoever a signature is to keep out
can write to that. Checking one takes 5 ms (two processes of git's, each with two of ssh-keygen's).

The list of keys is base's own file, in the form of ssh-keygen's ALLOWED SIGNERS
(man 1 ssh-keygen); git hands it on as `gpg.ssh.allowedSignersFile`. The user's configuration
has no part in it: a made-up `gpg.ssh.program` would find every signature good.
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
from agentledger.model.ledger import Policy, Problem
from agentledger.model.text import decode

MOST_BYTES = 256 << 10
# `false` in place of gpg: a key in somebody's own keyring is none that base lists.
_ONLY_SSH = ("-c", "gpg.program=false", "-c", "gpg.x509.program=false")


def read_allowed_signers(scratch: Scratch, base: Base, policy: Policy) -> tuple[bytes, Problem | None]:
    """The allowed signers that policy names, read from base; b"" and why, where there are none to go by."""
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
    """Those of the commits that one of the signers has signed. Two processes, none for what this one knows.

    git counts a signature at the time its commit names, so the answer for a commit never changes.
    """
    asked = list(dict.fromkeys(commits)) if signers.strip() else []
    known = _known_answers(hashlib.sha256(signers).digest())
    unknown = [commit for commit in asked if commit not in known]
    if unknown:
        file = scratch.git.cwd / "signers"
        file.write_bytes(signers)
        halves = [half for half in (unknown[::2], unknown[1::2]) if half]
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(lambda half: _check_signatures(scratch, half, file), halves):
                known |= found
    return frozenset(commit for commit in asked if known.get(commit))


@cache
def _known_answers(signers: bytes) -> dict[str, bool]:  # noqa: ARG001 - it is the key
    """What this process has found out so far, by commit, for a list of signers (its hash)."""
    return {}


def _check_signatures(scratch: Scratch, commits: list[str], file: Path) -> dict[str, bool]:
    flags = [*_ONLY_SSH, "-c", f"gpg.ssh.allowedSignersFile={file}"]
    # %G? is G for a good signature of somebody listed, U for one of anybody else.
    asked = ["log", "--no-walk=unsorted", "--stdin", "--format=%H %G? %GF"]
    out = decode(run(scratch.git, [*flags, *asked], "\n".join([*commits, ""]).encode()))
    lines = (line.split(" ") for line in out.splitlines())
    return {words[0]: words[1] == "G" and words[2].startswith("SHA256:") for words in lines if len(words) > 2}
