"""How alike two tests are, from the words of their bodies, and which of many are the most alike.

Belongs here: comparing texts. Does not: which test took the place of which (see `pairing`).

A body is the set of its words, each with the one that follows. Two thousand bodies are compared through the words
that few of them have; what has none of these in common is not alike.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

ALIKE = 0.75

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_WORDS = 3_000  # words of a body that are compared
_MOST_RIVALS = 60  # bodies that are compared with one
_FEWEST = 12  # features below which likeness says nothing

Features = frozenset[str]


class Alike(NamedTuple):
    """Two bodies by their numbers, and how alike they are, from 0 to 1."""

    likeness: float
    left: int
    right: int


def list_features(body: str) -> Features:
    """The words of a body, and its pairs of neighbours; each as often as it is there."""
    words = _WORD.findall(body)[:_MOST_WORDS]
    neighbours = [f"{word} {after}" for word, after in pairwise(words)]
    return frozenset((*_number(words), *_number(neighbours)))


def _number(items: Sequence[str]) -> Iterator[str]:
    """Each with how many of it there were before."""
    seen: Counter[str] = Counter()
    for item in items:
        seen[item] += 1
        yield f"{seen[item]} {item}"


def measure_likeness(left: Features, right: Features) -> float:
    """The part of both that both have."""
    both = len(left) + len(right)
    return 2 * len(left & right) / both if both else 0.0


def find_alike(left: Sequence[Features], right: Sequence[Features], least: float = ALIKE) -> list[Alike]:
    """Pairs that are at least so alike; the most alike first, and of each no more than a few."""
    counts: Counter[str] = Counter()
    for each in (*left, *right):
        counts.update(each)
    owners: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(right):
        for feature in each:
            owners[feature].append(number)
    found = []
    for number, features in enumerate(left):
        if len(features) >= _FEWEST:
            for rival in _list_rivals(features, owners, counts, least):
                likeness = measure_likeness(features, right[rival])
                if likeness >= least:
                    found.append(Alike(likeness, number, rival))
    return sorted(found, key=lambda alike: (-alike.likeness, alike.left, alike.right))


def _list_rivals(
    features: Features, owners: dict[str, list[int]], counts: Counter[str], least: float
) -> list[int]:
    """Those that have a rare word in common with it: so many must be in common that one of them is rare."""
    rarest = sorted(features, key=lambda feature: (counts[feature], feature))
    enough = len(features) - math.ceil(least / (2 - least) * len(features)) + 1
    rivals: Counter[int] = Counter()
    for feature in rarest[:enough]:
        if len(rivals) >= _MOST_RIVALS and len(owners.get(feature, ())) > _MOST_RIVALS:
            break
        rivals.update(owners.get(feature, ()))
    return [rival for rival, _ in sorted(rivals.items(), key=lambda item: (-item[1], item[0]))[:_MOST_RIVALS]]
