"""From numbers of heads to verdicts: what is stored, and what git has to merge for the rest.

Belongs here: making the commits that stand for base with a head merged. Does not: choosing plain pairs (see
`pair_filter`), or one merge (see `merge_pairs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from agentledger.changes.net_changes import Net
from agentledger.collisions import merge_pairs
from agentledger.collisions.merge_pairs import Question, Trees, Verdict
from agentledger.collisions.pair_filter import Two
from agentledger.collisions.stacked_pairs import Stack, find_suspect_stacks
from agentledger.collisions.where import Where
from agentledger.git import merging, objects


def judge_pairs(
    where: Where, nets: Mapping[str, Net], *, plain: Sequence[Two], stacks: Mapping[Two, Stack]
) -> dict[Two, Verdict]:
    """Return the verdict about each pair, by the numbers of its heads in `nets`: plain ones to merge, and stacks."""
    heads = list(nets)
    keys = {two: build_key(where, heads, two, stacks.get(two)) for two in (*plain, *stacks)}
    stored = merge_pairs.load_verdicts(where.cache, list(keys.values()))
    missing = [two for two, key in keys.items() if key not in stored]
    fresh = _merge_missing(where, nets, missing, stacks)
    merge_pairs.store_verdicts(where.cache, {keys[two]: verdict for two, verdict in fresh.items()})
    return {two: fresh[two] if two in fresh else stored[key] for two, key in keys.items()}


def build_key(where: Where, heads: Sequence[str], two: Two, stack: Stack | None) -> str:
    """Build the key under which the verdict about a pair of heads is stored, as of kind "pair"."""
    first, second = (stack.first, stack.second) if stack else two
    return " ".join(filter(None, (where.base, heads[first], heads[second], where.by.diff_algorithm)))


def _merge_missing(
    where: Where, nets: Mapping[str, Net], missing: Sequence[Two], stacks: Mapping[Two, Stack]
) -> dict[Two, Verdict]:
    if not missing:
        return {}
    heads = list(nets)
    _restore_trees(where, {heads[n]: nets[heads[n]] for n in sorted({n for two in missing for n in two})})
    asked = {two: stacks[two] for two in missing if two in stacks}
    landed = {
        first: where.scratch.commit(nets[heads[first]].tree, (where.base, heads[first]))
        for first in {stack.first for stack in asked.values()}
    }
    suspects = find_suspect_stacks(where, asked, landed=landed, heads=heads)
    tried = [two for two in missing if two not in stacks or two in suspects]
    questions = dict(
        zip(
            tried,
            _build_questions(where, nets, [(two, stacks.get(two)) for two in tried], landed),
            strict=True,
        )
    )
    able = {two: question for two, question in questions.items() if question.ours and question.theirs}
    done = count(1)
    tick = lambda: where.progress("merging branches two by two", next(done), len(able))  # noqa: E731  (a counter bound once)
    answers = merge_pairs.merge_questions(where.scratch, list(able.values()), where.by, tick)
    verdicts = dict(zip(able, answers, strict=True))
    lost = Verdict(failed="an object is missing")
    return {two: verdicts.get(two, lost) if two in questions else Verdict(tried=False) for two in missing}


def _restore_trees(where: Where, nets: Mapping[str, Net]) -> None:
    """Merge again what was remembered: its tree was in a sealed directory that is gone."""
    unsure = [head for head in nets if (where.base, head) not in where.scratch.merges]
    infos = objects.read_object_info(where.scratch.git, [nets[head].tree for head in unsure])
    gone = [head for head, (_, kind, _) in zip(unsure, infos, strict=True) if kind != "tree"]
    merging.recall_merges(where.scratch, [(where.base, head) for head in gone])


def bring_blobs(where: Where, nets: Mapping[str, Net], blobs: frozenset[str]) -> None:
    """Make blobs again that only merges of these heads with base have made."""
    makers = {h: net for h, net in nets.items() if any(change.new in blobs for change in net.changes)}
    _restore_trees(where, makers)


def _build_questions(
    where: Where,
    nets: Mapping[str, Net],
    tried: Sequence[tuple[Two, Stack | None]],
    landed: Mapping[int, str],
) -> list[Question]:
    heads = list(nets)
    grounds = [where.base, *(stack.ground for _, stack in tried if stack and stack.ground)]
    upper = [heads[stack.second] for _, stack in tried if stack]
    roots = merge_pairs.read_root_trees(where.scratch, list(dict.fromkeys((*grounds, *upper))))
    after = {n: nets[heads[n]].tree for two, _ in tried for n in two}
    trees = Trees(where.scratch, [*roots.values(), *after.values()])
    questions = []
    for (one, other), stack in tried:
        if stack is None:
            ground = roots.get(where.base, "")
            ours, theirs = trees.commit(after[one], ground), trees.commit(after[other], ground)
            questions.append(Question(ours, theirs, heads[one], heads[other]))
            continue
        first, second = heads[stack.first], heads[stack.second]
        if stack.ground is None:
            questions.append(Question(landed[stack.first], second, first, second))
            continue
        ground = roots.get(stack.ground, "")
        ours, theirs = trees.commit(after[stack.first], ground), trees.commit(roots.get(second, ""), ground)
        questions.append(Question(ours, theirs, first, second))
    return questions
