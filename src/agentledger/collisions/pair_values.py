"""From a verdict about two branches to a `Pair`: what it means, and how bad it is.

Belongs here: pure functions on values. Does not: the verdicts (see `judge_pairs`).
"""

from __future__ import annotations

from collections.abc import Sequence

from agentledger.collisions.merge_pairs import Verdict
from agentledger.model.collisions import Grade, Only, Pair
from agentledger.model.conflict import ConflictFile
from agentledger.model.file_kind import is_lock_file
from agentledger.model.fleet import Branch
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.scope.task_scope import first_match

_WORST = tuple(Grade)


def name_key(branch: Branch) -> tuple[str, str]:
    """Return what branches are sorted by: of a pair, the first one is `a`."""
    return branch.name, branch.ref


def build_pair(policy: Policy, a: Branch, b: Branch, verdict: Verdict) -> Pair:
    """Return the pair of two branches that conflict, or that git could not merge."""
    if verdict.failed:
        return Pair(a.ref, b.ref, Grade.UNKNOWN, failed=verdict.failed)
    return Pair(
        a.ref,
        b.ref,
        Grade.CONFLICT,
        files=verdict.files,
        paths=tuple(file.path for file in verdict.files),
        only=_find_only(policy, verdict.files),
        rivals=bool(a.work and b.work and a.work.task == b.work.task),
    )


def _find_only(policy: Policy, files: Sequence[ConflictFile]) -> Only | None:
    """Tell what kind of files alone conflict, if it is one that nobody minds."""
    generated, open_ = tuple(map(encode, policy.generated)), tuple(map(encode, policy.open))
    kinds = {
        Only.GENERATED
        if is_lock_file(file.path) or first_match(generated, file.path) is not None
        else Only.OPEN
        if first_match(open_, file.path) is not None
        else None
        for file in files
    }
    return None if None in kinds or not kinds else Only.OPEN if Only.OPEN in kinds else Only.GENERATED


def rank_pair(pair: Pair) -> tuple[int, bool, bool, bool, str, str, tuple[str, ...]]:
    """Return what pairs are sorted by, the worst first."""
    grade = _WORST.index(pair.grade)
    return grade, pair.only is not None, bool(pair.uncommitted), pair.rivals, pair.a, pair.b, pair.uncommitted
