"""What kind of pair a verdict makes: which files alone collide."""

from __future__ import annotations

import pytest

from agentledger.collisions.merge_pairs import Verdict
from agentledger.collisions.pair_values import build_pair
from agentledger.model.collisions import Only
from agentledger.model.conflict import ConflictFile
from agentledger.model.fleet import Branch, Sync
from agentledger.model.policy import Policy

POLICY = Policy(generated=("dist/**",), open=("CHANGES.md",))


def branch(name: str) -> Branch:
    return Branch(name=name, ref=f"refs/heads/{name}", head="1" * 40, sync=Sync.LOCAL)


@pytest.mark.parametrize(
    ("paths", "only"),
    [
        (["web/package-lock.json"], Only.GENERATED),
        (["Cargo.lock", "dist/app.js"], Only.GENERATED),
        (["go.sum", "CHANGES.md"], Only.OPEN),
        (["CHANGES.md"], Only.OPEN),
        (["docs/CHANGES.md"], None),
        (["go.sum", "go.mod"], None),
        (["src/lock.py"], None),
    ],
)
def test_lock_files_generated_and_open_files_alone_are_said_to_be_that(
    paths: list[str], only: Only | None
) -> None:
    verdict = Verdict(tuple(ConflictFile(path.encode(), "content") for path in paths))
    assert build_pair(POLICY, branch("a"), branch("b"), verdict).only is only
