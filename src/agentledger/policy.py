"""The repository's policy: `.agentledger/config.toml` on base, read from base's tip and nowhere else.

The default base's file may name another branch as base; that branch's file counts then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from . import bases, config, objects
from .errors import RefError
from .ledger import Policy, Problem
from .model import Base
from .observe import Observation
from .scratch import Scratch
from .tips import resolve_base

FILE = ".agentledger/config.toml"


class Ruled(NamedTuple):
    """A policy, the base that it goes for, and the observation in which that base is chosen."""

    policy: Policy
    base: Base
    seen: Observation


def read(scratch: Scratch, seen: Observation, wanted: str | None) -> Ruled:
    """The policy, and the base that it names, unless the user `wanted` another.

    Raises GitError when base cannot be read.
    """
    base = resolve_base(scratch, seen)
    policy = _of_base(scratch, base)
    if wanted is not None or policy.base in (None, seen.choice.name):
        return Ruled(policy, base, seen)
    try:
        choice = bases.choose(seen.refs, policy.base, "", False)
    except RefError as error:
        hint = f"base stays {seen.choice.name}; {error.hint}"
        problem = Problem(FILE, None, f"`base` names a branch that is not here: {policy.base}", hint)
        return Ruled(replace(policy, problems=(*policy.problems, problem)), base, seen)
    moved = replace(seen, choice=choice._replace(why=f"named in {FILE} on {seen.choice.name}"))
    base = resolve_base(scratch, moved)
    return Ruled(_of_base(scratch, base), base, moved)


def _of_base(scratch: Scratch, base: Base) -> Policy:
    blob, kind, size = objects.kinds(scratch.git, [f"{base.head}:{FILE}"])[0]
    if kind != "blob":
        return Policy()
    if size > config.MOST_BYTES:
        return Policy(problems=(Problem(FILE, None, "it is too long to be a policy", "at most 256 KiB"),))
    raw = next((body for _, body in objects.contents(scratch.git, [blob])), b"")
    return config.parse(FILE, raw)
