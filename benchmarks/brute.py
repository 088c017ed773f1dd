"""Does the forecast of pairs say what git says of every pair? In given repositories, or in generated ones.

    python benchmarks/brute.py REPOSITORY…
    python benchmarks/brute.py --pairs 100000         some 80 generated repositories of 60 branches, 5 minutes
    python benchmarks/brute.py --pairs 20000 --seed 7 --branches 30 --keep FOLDER

Belongs here: the loop and what it prints. Does not: making repositories, or merging all pairs (see `pairfuzz` and
`brutepairs` in tests/support, a sample of which runs with the tests).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from agentledger.fleet.request import Request
from brutepairs import Compared, compare_fleet
from pairfuzz import make_fleet

REQUEST = Request(pairs=True, rules=False, lines=False, dormant=None)
MOST_SHOWN = 20


def main() -> int:
    """Compare, and return 1 where there is a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument(
        "--pairs", type=int, default=10_000, help="generate repositories until so many are compared"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first repository")
    parser.add_argument("--branches", type=int, default=60, help="of each repository")
    parser.add_argument("--keep", type=Path, help="where generated repositories with a difference are left")
    asked = parser.parse_args()
    if asked.repositories:
        return int(sum(show(compare_fleet(path, REQUEST)) for path in asked.repositories) > 0)
    return int(generate(asked.pairs, asked.seed, branches=asked.branches, keep=asked.keep) > 0)


def show(result: Compared) -> int:
    """Print one repository, and return how many pairs differ."""
    for line in result.differences[:MOST_SHOWN]:
        print(f"  {line}")
    print(result, flush=True)
    return len(result.differences)


def generate(pairs: int, seed: int, *, branches: int, keep: Path | None) -> int:
    """Make one repository after the other, and return how many pairs differ."""
    total: Counter[str] = Counter()
    while total["pairs"] < pairs:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / f"seed-{seed}"
            make_fleet(path, seed, branches)
            result = compare_fleet(path, REQUEST)
            if result.differences:
                show(result)
                if keep:
                    shutil.copytree(path, keep / path.name, dirs_exist_ok=True)
        total.update(
            {name: value for name, value in result._asdict().items() if isinstance(value, int | float)}
        )
        total.update(differences=len(result.differences), repositories=1)
        seed += 1
        if total["repositories"] % 10 == 0 or total["pairs"] >= pairs:
            print({name: round(value) for name, value in total.items()}, flush=True)
    return total["differences"]


if __name__ == "__main__":
    sys.exit(main())
