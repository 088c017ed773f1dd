"""Compare all branches that merge into base, two by two: the whole of what `model.collisions.Collisions` has.

Belongs here: which branches take part, and putting the parts together. Does not: which pairs can conflict (see
`pair_filter`), merging them (see `merge_pairs`), or what else is found about two branches (see `may_break`,
`copied`, `uncommitted`).

The question about two branches: base with the first one merged, and base with the second one merged, do these merge?
Both begin at base, so the answer does not depend on when either branch forked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from agentledger.changes import net_changes
from agentledger.changes.net_changes import Net
from agentledger.collisions.compared_heads import find_heads, keep_clean, list_ahead
from agentledger.collisions.copied.copies import find_copies, list_cut
from agentledger.collisions.footprints import build_footprints
from agentledger.collisions.hunk_ranges import find_touching_edits
from agentledger.collisions.judge_pairs import bring_blobs, judge_pairs
from agentledger.collisions.merge_pairs import Verdict
from agentledger.collisions.pair_filter import Footprint, Two, find_suspects, order_pairs
from agentledger.collisions.pair_values import build_pair, name_key, rank_pair
from agentledger.collisions.stacked_pairs import Stack, find_stacks
from agentledger.collisions.where import Where
from agentledger.model.collisions import Collisions, Hint, NotMerged, Pair, Shared, Uncommitted
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.policy import Policy


def forecast_pairs(
    where: Where,
    fleet: Fleet,
    *,
    branches: Sequence[Branch],
    only: str = "",
    works: Sequence[Uncommitted] = (),
    hints: bool = False,
) -> Collisions:
    """Return what was found about the pairs of these branches of a fleet, whose merges with base are known.

    `only` is the ref of the branch whose pairs are asked for; '' for all. `works` is their uncommitted work. `hints`:
    also guess what may break.
    """
    open_ = [b for b in branches if b.state is State.OPEN and b.at_rest is None and b.conflict is not None]
    heads = find_heads(where, [b for b in open_ if b.conflict and b.conflict.clean])
    ahead = list_ahead(where.base, heads)
    nets = net_changes.find_net_changes(where.scratch, where.base, list(heads), where.cache, ahead=ahead)
    ready = keep_clean(nets, heads)
    compared = _compare_heads(where, ready.nets, ready.members, only)
    refs = [b.ref for members in ready.members.values() for b in members]
    pairs = sorted(
        _build_pairs(fleet.policy, ready.members, compared.verdicts, compared.stacks), key=rank_pair
    )
    others = sorted(
        _build_pairs(fleet.policy, ready.members, compared.others, compared.stacks), key=rank_pair
    )
    collisions = Collisions(
        pairs=tuple(pairs),
        others=tuple(others),
        shared=compared.shared,
        total=len(refs) * (len(refs) - 1) // 2 if not only else len(refs) - 1 if only in refs else 0,
        tried=sum(verdict.tried for verdict in compared.verdicts.values()),
        not_merged=(*_list_unreadable(branches), *_list_unmerged(open_, heads, nets)),
        hints=tuple(sorted(_find_hints(where, ready.nets, ready.members, compared))) if hints else (),
        copies=find_copies(where, fleet, branches=branches, only=only),
        cut=list_cut(branches),
    )
    if not works:
        return collisions
    from agentledger.collisions.uncommitted_pairs import add_uncommitted

    return add_uncommitted(
        where, fleet.policy, collisions, committed=ready, branches=branches, works=works, only=only
    )


def _list_unreadable(branches: Iterable[Branch]) -> Iterator[NotMerged]:
    """Yield the branches of which nobody knows whether they are open: a shallow clone may cut off all of them."""
    for branch in sorted(branches, key=name_key):
        if branch.state is State.UNREADABLE:
            yield NotMerged(branch.ref, branch.state_why or "it cannot be read")


def _list_unmerged(
    branches: Iterable[Branch], heads: Mapping[str, Sequence[Branch]], nets: Mapping[str, Net]
) -> Iterator[NotMerged]:
    """Yield the branches that take no part, though nobody knows of a conflict with base."""
    for branch in branches:
        if branch.conflict and branch.conflict.clean is None:
            yield NotMerged(branch.ref, branch.conflict.failed)
    for head, members in heads.items():
        net = nets[head]
        if net.failed:
            yield from (NotMerged(b.ref, f"git cannot merge it: {net.failed}") for b in members)
        elif not net.clean:
            why = "it merges only once the branch has landed on which it stands"
            yield from (NotMerged(b.ref, why) for b in members)


# -- which pairs ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """By numbers of heads, the verdicts about pairs, and which of them share commits; and the files in common."""

    verdicts: Mapping[Two, Verdict]
    #: The verdicts about pairs that were not asked for: who goes first follows from all of them.
    others: Mapping[Two, Verdict]
    stacks: Mapping[Two, Stack]
    shared: tuple[Shared, ...]
    #: The number of the only head whose pairs are asked for; None for all.
    focus: int | None = None
    #: The head that is asked for is in no pair.
    nobody: bool = False


def _compare_heads(
    where: Where, nets: Mapping[str, Net], members: Mapping[str, Sequence[Branch]], only: str
) -> _Compared:
    heads = list(nets)
    focus = next((n for n, head in enumerate(heads) if any(b.ref == only for b in members[head])), None)
    footprints = build_footprints(where.scratch, [(where.base, net.changes) for net in nets.values()])
    suspects = find_suspects(footprints)
    # A commit behind a bridge is none of the history.
    stacks = find_stacks(where.history, [members[head][0].head for head in heads])
    touching = find_touching_edits(where, [suspects.edits], partial(bring_blobs, where, nets))[0]
    plain = [two for two in order_pairs(suspects, touching) if two not in stacks]
    verdicts = judge_pairs(where, nets, plain=plain, stacks=stacks)
    asked = {two: verdict for two, verdict in verdicts.items() if not only or focus in two}
    return _Compared(
        verdicts=asked,
        others={two: verdict for two, verdict in verdicts.items() if two not in asked},
        stacks=stacks,
        shared=tuple(_list_shared(footprints, [members[head] for head in heads])),
        focus=focus,
        nobody=bool(only) and focus is None,
    )


def _list_shared(footprints: Sequence[Footprint], members: Sequence[Sequence[Branch]]) -> Iterator[Shared]:
    by_path: dict[bytes, list[Branch]] = {}
    for footprint, each in zip(footprints, members, strict=True):
        for path in footprint.changes:
            by_path.setdefault(path, []).extend(each)
    for path, branches in sorted(by_path.items()):
        if len(branches) > 1:
            yield Shared(path, tuple(b.ref for b in sorted(branches, key=name_key)))


def _find_hints(
    where: Where, nets: Mapping[str, Net], members: Mapping[str, Sequence[Branch]], compared: _Compared
) -> Iterator[Hint]:
    """Yield what may break between these heads; one that stands on another one knows what that does."""
    # Most commands ask for none, and need none of its patterns.
    from agentledger.collisions.may_break.hints import find_guesses, list_hints

    if compared.nobody:
        return
    changes = [net.changes for net in nets.values()]
    guesses = find_guesses(where, changes, partial(bring_blobs, where, nets))
    asked_for = (
        guess
        for guess in guesses
        if guess.two not in compared.stacks and (compared.focus is None or compared.focus in guess.two)
    )
    conflicts = {
        two: frozenset(file.path for file in verdict.files) for two, verdict in compared.verdicts.items()
    }
    yield from list_hints(asked_for, [members[head] for head in nets], conflicts)


# -- what they mean ---------------------------------------------------------------------


def _build_pairs(
    policy: Policy,
    members: Mapping[str, Sequence[Branch]],
    verdicts: Mapping[Two, Verdict],
    stacks: Mapping[Two, Stack],
) -> Iterator[Pair]:
    heads = list(members)
    for two, verdict in verdicts.items():
        if not (verdict.files or verdict.failed):
            continue
        for one in members[heads[two[0]]]:
            for other in members[heads[two[1]]]:
                a, b = sorted((one, other), key=name_key)
                yield build_pair(policy, a, b, verdict)._replace(stacked=two in stacks)
