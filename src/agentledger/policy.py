"""The repository's policy: `.agentledger/config.toml` on base, read from base's tip and nowhere else.

The default base's file may name another branch as base; that branch's file counts then.
"""

from __future__ import annotations

from dataclasses import replace

from . import bases, config, objects
from .errors import RefError
from .ledger import Policy, Problem
from .observe import Observation
from .scratch import Scratch
from .tips import resolve_base

FILE = ".agentledger/config.toml"


def read(scratch: Scratch, seen: Observation, wanted: str | None) -> tuple[Policy, Observation]:
    """The policy, and the observation with the base that it names, unless the user `wanted` another."""
    policy = _of_base(scratch, seen)
    if wanted is not None or policy.base in (None, seen.choice.name):
        return policy, seen
    try:
        choice = bases.choose(seen.refs, policy.base, "", False)
    except RefError as error:
        hint = f"base stays {seen.choice.name}; {error.hint}"
        problem = Problem(FILE, None, f"`base` names a branch that is not here: {policy.base}", hint)
        return replace(policy, problems=(*policy.problems, problem)), seen
    moved = replace(seen, choice=choice._replace(why=f"named in {FILE} on {seen.choice.name}"))
    return _of_base(scratch, moved), moved


def _of_base(scratch: Scratch, seen: Observation) -> Policy:
    head = resolve_base(scratch, seen).head
    blob, kind, size = objects.kinds(scratch.git, [f"{head}:{FILE}"])[0]
    if kind != "blob":
        return Policy()
    if size > config.MOST_BYTES:
        return Policy(problems=(Problem(FILE, None, "it is too long to be a policy", "at most 256 KiB"),))
    raw = next((body for _, body in objects.contents(scratch.git, [blob])), b"")
    return config.parse(FILE, raw)
