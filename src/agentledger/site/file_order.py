"""The order in which a branch's changed files are shown.

Belongs here: which files come first, and why. Does not: what a file is (see `scope.file_role`), or what of
it is shown (see `file_view`).

The first files are read best, so the order is not the alphabet's: files with findings, files in conflict,
source by size, each test beside what it tests, then what machines write, and the ledger's own documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from agentledger.model import file_kind as by_name
from agentledger.model.file_kind import Role
from agentledger.model.fleet import Change
from agentledger.model.policy import Policy
from agentledger.model.text import decode
from agentledger.scope.file_role import classify_path

__all__ = ("Role", "order_changes")


def order_changes(
    changes: Sequence[Change],
    policy: Policy,
    conflict_paths: Collection[bytes],
    finding_paths: Collection[bytes] = (),
) -> tuple[tuple[Change, Role], ...]:
    """The changes in reading order, each with its role.

    `conflict_paths` are the paths in conflict, `finding_paths` those in which a rule has found something.
    """
    roles = [
        (change, _role_of_path(change.path, policy, conflict_paths, finding_paths)) for change in changes
    ]
    by_role = {role: sorted((c for c, r in roles if r is role), key=_change_sort_key) for role in Role}
    paired, unpaired = _pair_tests(by_role[Role.SOURCE], by_role[Role.TEST])
    result = [(change, role) for role in (Role.FINDING, Role.CONFLICT) for change in by_role[role]]
    for source in by_role[Role.SOURCE]:
        result.append((source, Role.SOURCE))
        result.extend((test, Role.TEST) for test in paired[source.path])
    result.extend((test, Role.TEST) for test in unpaired)
    result.extend((change, role) for role in (Role.GENERATED, Role.LEDGER) for change in by_role[role])
    return tuple(result)


def _role_of_path(
    path: bytes, policy: Policy, conflict_paths: Collection[bytes], finding_paths: Collection[bytes]
) -> Role:
    if path in finding_paths:
        return Role.FINDING
    return Role.CONFLICT if path in conflict_paths else classify_path(path, policy)


def _change_sort_key(change: Change) -> tuple[int, bytes]:
    return -((change.added or 0) + (change.removed or 0)), change.path


def _pair_tests(
    sources: Sequence[Change], tests: Sequence[Change]
) -> tuple[dict[bytes, list[Change]], list[Change]]:
    """The tests of each source file, and the tests of none of these. A test's name says what it tests."""
    by_stem: dict[str, list[Change]] = defaultdict(list)
    for source in sources:
        by_stem[by_name.file_stem(decode(source.path)).lower()].append(source)
    paired: dict[bytes, list[Change]] = defaultdict(list)
    unpaired: list[Change] = []
    for test in tests:
        owners = by_stem.get(by_name.stem_under_test(decode(test.path)), ())
        if owners:
            # Of several sources with that name, the one in the most similar folder.
            paired[max(owners, key=lambda owner: _count_shared_parts(owner.path, test.path)).path].append(
                test
            )
        else:
            unpaired.append(test)
    return paired, unpaired


def _count_shared_parts(one: bytes, other: bytes) -> int:
    return len(set(one.split(b"/")) & set(other.split(b"/")))
