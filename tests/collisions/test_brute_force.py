"""The forecast of pairs equals git's merge of every pair, on generated repositories.

A sample: `python benchmarks/brute.py --pairs 100000` does the same at length.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.fleet.request import Request
from brutepairs import compare_fleet
from pairfuzz import make_fleet

pytestmark = pytest.mark.versions


# 311 has pairs at which git 2.39 dies by an assertion, 18 conflicts that git names in messages alone.
@pytest.mark.parametrize("seed", [18, 311])
def test_all_pairs_are_as_git_merges_them(tmp_path: Path, seed: int) -> None:
    make_fleet(tmp_path / "r", seed, branches=36)
    request = Request(pairs=True, rules=False, lines=False, dormant=None)
    result = compare_fleet(tmp_path / "r", request, really=False)
    assert result.differences == ()
    assert result.pairs > 100
    assert result.conflicts > 10
    assert result.tried <= 1.7 * (result.conflicts + result.unknown) + 5
