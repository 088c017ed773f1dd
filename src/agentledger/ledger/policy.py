"""Reads the repository's policy, `.agentledger/config.toml` on base, and the templates in the same folder.

Belongs here: which version of which branch's file counts. Does not: parsing it (see `config`).

The policy is read from base's tip and nowhere else: no branch can change its own rules. The default base's
file may name a different branch as base; then that branch's file counts. Where the file cannot be read, its
newest version that can be read counts, so that a slip on base neither opens nor closes any gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agentledger import documents
from agentledger.git import objects
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.ledger import config
from agentledger.model.absent import Absent, describe_absent, format_fetch, format_refetch
from agentledger.model.errors import GitError, RefError, Unjudged
from agentledger.model.fleet import Base
from agentledger.model.ledger import Problem
from agentledger.model.ledger_paths import FOLDER, POLICY_FILE, TEMPLATES
from agentledger.model.policy import Policy
from agentledger.model.text import decode
from agentledger.repository import bases
from agentledger.repository.bases import Choice, Refs
from agentledger.repository.resolve_base import resolve_base

# So many older versions are tried: where more in a row are broken, it is not by a slip.
_VERSIONS = 20


class Ruled(NamedTuple):
    """A policy, the base that it is for, and how that base was chosen.

    `policy.readable` is False where neither the file nor any of its last versions can be read. `absent` has the
    file where a partial clone lacks it: then the defaults are in its place, and nobody knows what it says.
    """

    policy: Policy
    base: Base
    choice: Choice
    absent: tuple[Absent, ...] = ()


def read_policy(
    scratch: Scratch, refs: Refs, choice: Choice, requested: str | None, fetched_at: int | None = None
) -> Ruled:
    """The policy, and the base that it names, unless the user `requested` a different one with `--base`.

    Raises GitError where base cannot be read.
    """
    base = _resolve_base(scratch, refs, choice, fetched_at)
    policy = _read_base_policy(scratch, base)
    if absent := find_absent(scratch, refs, base, [POLICY_FILE]):
        return Ruled(_unknown_policy(absent), base, choice, absent)
    if requested is not None or policy.base in (None, choice.name):
        return Ruled(policy, base, choice)
    try:
        named = bases.choose_base(refs, policy.base, "", False)
    except RefError as error:
        hint = f"base stays {choice.name}; {error.hint}"
        problem = Problem(
            path=POLICY_FILE,
            line=None,
            message=f"`base` names a branch that is not here: {policy.base}",
            hint=hint,
        )
        return Ruled(replace(policy, problems=(*policy.problems, problem)), base, choice)
    chosen = named._replace(why=f"named in {POLICY_FILE} on {choice.name}")
    base = _resolve_base(scratch, refs, chosen, fetched_at)
    absent = find_absent(scratch, refs, base, [POLICY_FILE])
    policy = _unknown_policy(absent) if absent else _read_base_policy(scratch, base)
    return Ruled(policy, base, chosen, absent)


def _resolve_base(scratch: Scratch, refs: Refs, choice: Choice, fetched_at: int | None) -> Base:
    """Base at its tip. GitError where it cannot be read; Unjudged where that may be for a partial clone's sake."""
    try:
        return resolve_base(scratch, choice, fetched_at)
    except GitError as error:
        if not refs.promisors:
            raise
        # Without its tree there is no policy to go by, and a gate must not take that for none.
        raise Unjudged(
            f"nothing is judged in this partial clone: {error.message}", format_refetch(refs.promisors[0])
        ) from error


def find_absent(scratch: Scratch, refs: Refs, base: Base, paths: Sequence[str]) -> tuple[Absent, ...]:
    """Those of these files of base that are in its tree, but whose content this partial clone lacks.

    A full clone is not asked.
    """
    remote = next(iter(refs.promisors), "")
    if not remote or not paths:
        return ()
    entries = objects.find_entry_ids(scratch.git, base.head, paths)
    if entries is None:
        return (Absent(path=f"{FOLDER}/", ref=base.name, blob="", remote=remote),)
    kinds = objects.read_object_info(scratch.git, list(entries.values()))
    return tuple(
        Absent(path=path, ref=base.name, blob=blob, remote=remote)
        for (path, blob), (_, kind, _) in zip(entries.items(), kinds, strict=True)
        if kind == "missing"
    )


def _unknown_policy(absent: Sequence[Absent]) -> Policy:
    """What stands in for a policy that is not in this partial clone. No older version does: it may differ."""
    problem = Problem(
        path=POLICY_FILE,
        line=None,
        message=f"{describe_absent(absent)}, so it is unknown; the defaults are shown",
        hint=format_fetch(absent),
    )
    return Policy(problems=(problem,), readable=False)


def read_templates(scratch: Scratch, base: Base) -> dict[str, str]:
    """The repository's own templates on base, by document; one that is too long, or no file, is left out.

    Bytes that are not UTF-8 are replaced. Takes one process where there are no templates, else two.
    """
    names = {f"{base.head}:{TEMPLATES}/{name}.md": name for name in documents.TEMPLATES}
    infos = zip(names.values(), objects.read_object_info(scratch.git, list(names)), strict=True)
    blobs = {
        name: blob for name, (blob, kind, size) in infos if kind == "blob" and size <= documents.MOST_BYTES
    }
    texts = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(blobs.values()))))
    return {name: texts[blob].decode("utf-8", "replace") for name, blob in blobs.items() if blob in texts}


def _read_base_policy(scratch: Scratch, base: Base) -> Policy:
    """The policy at base's tip, else its newest version that can be read, with a problem that says so."""
    policy = _read_policies(scratch, [base.head])[0]
    if policy.readable:
        return policy
    log = ["log", f"-{_VERSIONS}", "--format=%H", base.head, "--", POLICY_FILE]
    commits = decode(run_unchecked(scratch.git, log)[0]).split()
    for commit, older in zip(commits, _read_policies(scratch, commits), strict=True):
        if older.readable:
            hint = f"the version of {commit[:12]} counts until it is fixed"
            unreadable = Problem(
                path=POLICY_FILE, line=None, message=f"the policy on {base.name} cannot be read", hint=hint
            )
            return replace(older, problems=(*policy.problems, unreadable))
    return policy


def _read_policies(scratch: Scratch, commits: Sequence[str]) -> list[Policy]:
    """The policy in each of these commits; the defaults where there is no such file."""
    kinds = objects.read_object_info(scratch.git, [f"{commit}:{POLICY_FILE}" for commit in commits])
    small = [blob for blob, kind, size in kinds if kind == "blob" and size <= config.MOST_BYTES]
    texts = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(small))))
    return [
        Policy()
        if kind == "missing"
        else config.parse(POLICY_FILE, texts[blob])
        if blob in texts
        else _no_policy()
        for blob, kind, _ in kinds
    ]


def _no_policy() -> Policy:
    problem = Problem(
        path=POLICY_FILE,
        line=None,
        message="it is too long to be a policy, or no file",
        hint="at most 256 KiB",
    )
    return Policy(problems=(problem,), readable=False)
