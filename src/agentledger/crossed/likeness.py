"""How alike two tests are, from the words of their bodies, and which of many are the most alike.

Belongs here: comparing texts. Does not: which test took the place of which (see `pairing`).

A body is the set of its words, each with the one that follows. Two thousand bodies are compared through the words
that few of them have; what has none of these in common is not alike.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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


def measure_likeness(left: Set[object], right: Set[object]) -> float:
    """The part of both that both have."""
    both = len(left) + len(right)
    return 2 * len(left & right) / both if both else 0.0


def find_alike(left: Sequence[Features], right: Sequence[Features], least: float = ALIKE) -> list[Alike]:
    """Pairs that are at least so alike; the most alike first, and of each no more than a few."""
    ranks = _rank_features((*left, *right))
    numbered = [frozenset(ranks[feature] for feature in each) for each in right]
    owners: dict[int, list[int]] = defaultdict(list)
    for number, each in enumerate(numbered):
        for rank in each:
            owners[rank].append(number)
    found = []
    for number, features in enumerate(left):
        if len(features) >= _FEWEST:
            own = frozenset(ranks[feature] for feature in features)
            for rival in _list_rivals(number, own, owners, least):
                likeness = measure_likeness(own, numbered[rival])
                if likeness >= least:
                    found.append(Alike(likeness, number, rival))
    return sorted(found, key=lambda alike: (-alike.likeness, alike.left, alike.right))


def _rank_features(bodies: Iterable[Features]) -> dict[str, int]:
    """Each feature's place, the rarest first."""
    counts: Counter[str] = Counter()
    for body in bodies:
        counts.update(body)
    ranked = sorted(counts, key=lambda feature: (counts[feature], feature))
    return {feature: rank for rank, feature in enumerate(ranked)}


def _list_rivals(
    number: int, own: frozenset[int], owners: Mapping[int, list[int]], least: float
) -> list[int]:
    """Those that have a rare word in common with it: so many must be in common that one of them is rare.

    Of a word that very many have, those are taken that stand at the same place: what was moved kept its order.
    """
    enough = len(own) - math.ceil(least / (2 - least) * len(own)) + 1
    rivals: Counter[int] = Counter()
    for rank in sorted(own)[:enough]:
        having = owners.get(rank, [])
        if len(having) > _MOST_RIVALS:
            near = max(0, bisect_left(having, number) - _MOST_RIVALS // 2)
            having = having[near : near + _MOST_RIVALS]
        rivals.update(having)
    best = sorted((-count, abs(rival - number), rival) for rival, count in rivals.items())
    return [rival for _, _, rival in best[:_MOST_RIVALS]]
