"""How often rule BRF004 is right, by texts that people have labelled.

    python benchmarks/vague.py LABELS.tsv [MORE.tsv ...]

A line of a file is `vague` or `observable`, a tab, and a text: an outcome, a criterion, an item of a task
list. Files are counted one by one, so a part that the rule was made with and a part held back stay apart.

Belongs here: counting. Does not: texts, which are other people's and stay outside of the repository.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from agentledger.rules.vague import vague

LABELS = {"vague": True, "observable": False}


def main() -> None:
    """Print precision and recall for each file, and with --wrong the texts that it was wrong about."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="LABELS.tsv")
    parser.add_argument("--wrong", action="store_true", help="print what it was wrong about")
    asked = parser.parse_args()
    for file in asked.files:
        labelled = read(file)
        print(f"{file.name}: {told(labelled)}")
        for text, wanted in labelled if asked.wrong else ():
            if vague(text) != wanted:
                print(f"  {'missed' if wanted else 'wrongly told'}: {text}")


def read(file: Path) -> list[tuple[str, bool]]:
    """The texts of a file, each with whether it is vague; SystemExit where a line has no label."""
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        label, _, text = line.partition("\t")
        if label not in LABELS:
            raise SystemExit(f"{file}:{number}: the first field is one of {', '.join(LABELS)}")
        found.append((text, LABELS[label]))
    return found


def told(labelled: list[tuple[str, bool]]) -> str:
    """The figures in a line."""
    counts = Counter((wanted, vague(text)) for text, wanted in labelled)
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    shares = f"precision {share(right, right + wrong)}, recall {share(right, right + missed)}"
    return f"{len(labelled)} texts, {right + missed} vague, {right + wrong} told, {right} rightly: {shares}"


def share(part: int, whole: int) -> str:
    """A share in per cent, or a dash of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


if __name__ == "__main__":
    main()
