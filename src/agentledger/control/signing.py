"""Signs a commit of ours with git's own `commit-tree -S`, as the user's git is set, and never asks for anything.

Belongs here: whether a signature is wanted, in which form, and making it. Does not: the commit that is signed (see
`commit_writer`), or checking signatures (see `git.signatures`).
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentledger.git import queries
from agentledger.git.process import Git, run_unchecked, without_prompts
from agentledger.model.text import decode, encode

# The forms of a signature: none, the user's own `gpg.format`, and SSH whatever that is.
NONE, OWN, SSH = "", "own", "ssh"
# The program of each form that may open a window for a passphrase, where no setting names another.
_PROGRAMS = {"openpgp": "gpg", "x509": "gpgsm"}


def choose_form(git: Git) -> str:
    """The form in which the user's git signs commits (`commit.gpgsign`), one process."""
    return OWN if queries.read_config(git).get("commit.gpgsign", "").lower() in _TRUE else NONE


_TRUE = ("true", "yes", "on", "1")


def sign_commit(git: Git, unsigned: str, parents: Sequence[str], message: str, form: str) -> tuple[str, str]:
    """A signed commit like the one that is there: its id, and why it has no signature ('': it has one).

    Without a signature it is the commit that is there. A key has to be without a passphrase, or known to an agent.
    """
    parent_args = [word for parent in parents for word in ("-p", parent)]
    # The list of signers on base has SSH keys only.
    with _never_asking(git) if form == OWN else _as_ssh() as flags:
        arguments = [*flags, "commit-tree", "-S", *parent_args, f"{unsigned}^{{tree}}"]
        out, code, reason = run_unchecked(
            without_prompts(git), arguments, encode(message.rstrip("\n") + "\n")
        )
    if not code:
        return decode(out).strip(), ""
    why = "not signed, so it stays unproven" if form == SSH else "not signed, although commit.gpgsign is set"
    return unsigned, f"{why}: {reason}"


@contextmanager
def _as_ssh() -> Iterator[Sequence[str]]:
    yield ("-c", "gpg.format=ssh")


@contextmanager
def _never_asking(git: Git) -> Iterator[Sequence[str]]:
    """Flags for git with which the user's program for signatures fails where it would have to ask.

    gpg has its agent ask, in a window where there is one; what an agent knows already is signed without asking.
    """
    config = queries.read_config(git)
    form = config.get("gpg.format", "openpgp").lower()
    if form not in _PROGRAMS:
        yield ()
        return
    program = _find_program(config, form)
    with tempfile.TemporaryDirectory(prefix="agentledger-sign-") as folder:
        quiet = Path(folder) / "sign"
        options = "--batch --no-tty --pinentry-mode error"
        quiet.write_text(f'#!/bin/sh\nexec {shlex.quote(program)} {options} "$@"\n')
        quiet.chmod(0o700)
        yield ("-c", f"gpg.{form}.program={quiet}")


def _find_program(config: Mapping[str, str], form: str) -> str:
    """The program that the user's git starts for this form; `gpg.program` is the older name for OpenPGP's."""
    older = config.get("gpg.program", "") if form == "openpgp" else ""
    named = config.get(f"gpg.{form}.program", "") or older
    return str(Path(named).expanduser()) if named else _PROGRAMS[form]
