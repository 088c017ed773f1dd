"""What a changed file is to the reader, and which files are tests: by the repository's policy, and else by names.

Belongs here: the one answer to "is this a test?" for all outputs and checks. Does not: the patterns (see
`model.policy`), or names alone (see `model.file_kind`).
"""

from __future__ import annotations

from functools import lru_cache

from agentledger.model import file_kind
from agentledger.model.file_kind import Role
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.scope.task_scope import first_match


def classify_path(path: bytes, policy: Policy) -> Role:
    """Return the kind of a file: SOURCE, TEST, GENERATED or LEDGER.

    A snapshot is both: GENERATED to who reads a diff, and a test to `is_test_path`.
    """
    return _classify_path(path, policy.tests, policy.generated)


def is_test_path(path: bytes, policy: Policy) -> bool:
    """Is it a test, by the policy's patterns, and nothing that a program writes?"""
    return _is_test_path(path, policy.tests, policy.generated)


def is_code_path(path: bytes, policy: Policy) -> bool:
    """Is it a program's source, outside tests, documents, data and generated files?"""
    return classify_path(path, policy) is Role.SOURCE and not file_kind.is_data(path)


# Branches share most of their paths, and a page asks several times.
@lru_cache(maxsize=1 << 13)
def _classify_path(path: bytes, tests: tuple[str, ...], generated: tuple[str, ...]) -> Role:
    if file_kind.is_ledger(path):
        return Role.LEDGER
    if first_match(map(encode, generated), path) is not None or file_kind.is_generated(path):
        return Role.GENERATED
    return Role.TEST if first_match(map(encode, tests), path) is not None else Role.SOURCE


@lru_cache(maxsize=1 << 13)
def _is_test_path(path: bytes, tests: tuple[str, ...], generated: tuple[str, ...]) -> bool:
    return (
        not file_kind.is_ledger(path)
        and first_match(map(encode, tests), path) is not None
        and first_match(map(encode, generated), path) is None
    )
