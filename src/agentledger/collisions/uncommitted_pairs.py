"""What uncommitted work collides with, beside what the commits do: with base, and with other branches.

Belongs here: the pairs of which at least one takes part with its uncommitted work, where the commits alone merge. Does
not: that work as a commit (see `uncommitted`), or pairs of commits (see `forecast_pairs`), of which nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from agentledger.changes import forecast, net_changes
from agentledger.changes.net_changes import Net, net_key
from agentledger.collisions.compared_heads import Heads, find_heads, keep_clean
from agentledger.collisions.footprints import build_footprints
from agentledger.collisions.hunk_ranges import find_touching_edits
from agentledger.collisions.judge_pairs import build_key, judge_pairs
from agentledger.collisions.pair_filter import Two, find_suspects, order_pairs, parent_folders
from agentledger.collisions.pair_values import build_pair, name_key, rank_pair
from agentledger.collisions.stacked_pairs import Stack, find_stacks
from agentledger.collisions.where import Where
from agentledger.model.collisions import Collisions, Grade, Pair, Uncommitted
from agentledger.model.fleet import Branch, Change, State
from agentledger.model.policy import Policy
from agentledger.storage.cache import Cache


def add_uncommitted(
    where: Where,
    policy: Policy,
    collisions: Collisions,
    *,
    committed: Heads,
    branches: Sequence[Branch],
    works: Sequence[Uncommitted],
    only: str,
) -> Collisions:
    """Return the collisions with those of uncommitted work; `committed` are the heads that were compared.

    `works` are of some of the `branches`. With `only`, the pairs of that branch alone are looked for.
    """
    by_ref = {branch.ref: branch for branch in branches}
    heads = find_heads(where, [replace(by_ref[work.ref], head=work.head) for work in works if work.head])
    nets = net_changes.find_net_changes(where.scratch, where.base, list(heads), where.cache)
    known = {(p.a, p.b) for p in collisions.pairs if p.grade in (Grade.CONFLICT, Grade.UNKNOWN)}
    sides = _Sides(works=keep_clean(nets, heads), committed=committed, known=known, by_ref=by_ref, only=only)
    questions = _find_questions(where, sides)
    pairs = sorted((*collisions.pairs, *_find_pairs(where, policy, sides, questions)), key=rank_pair)
    rows = [*(("net", net_key(where.base, head)) for head in heads), *questions.rows]
    _forget_earlier(where.cache, rows, keep=bool(only))
    by_work = {member.ref: nets[head] for head, members in heads.items() for member in members}
    judged = _judge_with_base(where, works, by_ref, by_work)
    return replace(collisions, pairs=tuple(pairs), uncommitted=tuple(judged))


# -- with base --------------------------------------------------------------------------


def _judge_with_base(
    where: Where, works: Sequence[Uncommitted], branches: Mapping[str, Branch], nets: Mapping[str, Net]
) -> Iterator[Uncommitted]:
    """Yield the works, each with where it stops at base, though the commits do not."""
    stopped = [w for w in works if w.ref in nets and not nets[w.ref].clean and not nets[w.ref].failed]
    merged = forecast.merge_pairs(where.scratch, [(where.base, work.head) for work in stopped], where.by)
    conflicts = {work.ref: conflict for work, conflict in zip(stopped, merged, strict=True)}
    for work in works:
        net, branch = nets.get(work.ref), branches[work.ref]
        if net and net.failed:
            yield work._replace(failed=f"git cannot merge it: {net.failed}")
        elif work.ref not in conflicts:
            yield work
        elif branch.at_rest is State.ABSORBED or branch.bridge:
            # git takes the lines that base has already for new ones, and stops at those.
            yield work._replace(failed="base has its commits as other ones, so git cannot tell what is new")
        elif branch.conflict and branch.conflict.clean is not True:
            yield work
        else:
            yield work._replace(base_files=conflicts[work.ref].files)


# -- with each other --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """What is compared: works that merge into base, with each other and with commits that do."""

    works: Heads
    committed: Heads
    #: Pairs of refs that collide anyway.
    known: set[tuple[str, str]]
    #: The branches as they are committed.
    by_ref: Mapping[str, Branch]
    only: str

    def list_pairs(self, one: str, other: str) -> Iterator[tuple[Branch, Branch, tuple[str, ...]]]:
        """Yield the pairs of branches for which two heads stand, with the refs of those that stand as works."""
        for first in self._members(one):
            for second in self._members(other):
                a, b = sorted((first, second), key=name_key)
                asked = not self.only or self.only in (a.ref, b.ref)
                if a.ref != b.ref and asked and (a.ref, b.ref) not in self.known:
                    yield a, b, tuple(each.ref for each in (a, b) if each.head != self.by_ref[each.ref].head)

    def committed_head(self, head: str) -> str:
        """Return the commit of the history that a head stands on, or is."""
        return self.by_ref[self._members(head)[0].ref].head

    def _members(self, head: str) -> Sequence[Branch]:
        return self.works.members.get(head) or self.committed.members[head]


def _find_pairs(where: Where, policy: Policy, sides: _Sides, questions: _Questions) -> Iterator[Pair]:
    """Yield the pairs that collide only with uncommitted work, each with the least of it."""
    by_branches: dict[tuple[str, str], list[Pair]] = {}
    heads = list(questions.nets)
    judged = judge_pairs(where, questions.nets, plain=questions.plain, stacks=questions.stacks)
    for two, verdict in judged.items():
        if verdict.files or verdict.failed:
            for a, b, refs in sides.list_pairs(heads[two[0]], heads[two[1]]):
                pair = build_pair(policy, a, b, verdict)
                pair = pair._replace(stacked=two in questions.stacks, uncommitted=refs)
                by_branches.setdefault((a.ref, b.ref), []).append(pair)
    for pairs in by_branches.values():
        # Where one of the two works is enough, both together say no more.
        least = min(len(pair.uncommitted) for pair in pairs)
        yield from (pair for pair in pairs if len(pair.uncommitted) == least)


class _Questions(NamedTuple):
    """The heads that are compared, by numbers the pairs that can collide, and the rows of the cache that answer."""

    nets: Mapping[str, Net]
    plain: Sequence[Two]
    stacks: Mapping[Two, Stack]
    rows: Sequence[tuple[str, str]]


def _find_questions(where: Where, sides: _Sides) -> _Questions:
    """Find the pairs of heads, of which at least one is a work, that can collide though nobody knows of it yet."""
    works, near = sides.works, _find_near(where, sides)
    nets = {**works.nets, **near}
    heads = list(nets)

    def is_wanted(two: Two) -> bool:
        return two[0] < len(works.nets) and any(sides.list_pairs(heads[two[0]], heads[two[1]]))

    footprints = build_footprints(where.scratch, where.base, [net.changes for net in nets.values()])
    suspects = find_suspects(footprints)
    touching = find_touching_edits(where, [suspects.edits])[0]
    stacks = find_stacks(where.history, [sides.committed_head(head) for head in heads])
    stacks = {two: stack for two, stack in stacks.items() if is_wanted(two)}
    plain = [two for two in order_pairs(suspects, touching) if two not in stacks and is_wanted(two)]
    keys = (build_key(where, heads, two, stacks.get(two)) for two in (*plain, *stacks))
    return _Questions(nets, plain, stacks, [("pair", key) for key in keys])


def _find_near(where: Where, sides: _Sides) -> dict[str, Net]:
    """The commits that change something where a work does, or share commits with it: no others can collide with one."""
    below = {c.id for head in sides.works.members for c in where.history.own(sides.committed_head(head))}
    paths = {change.path for net in sides.works.nets.values() for change in net.changes}
    folders = {folder for path in paths for folder in parent_folders(path)}
    return {
        head: net
        for head, net in sides.committed.nets.items()
        if any(_is_near(change, paths, folders) for change in net.changes)
        or any(commit.id in below for commit in where.history.own(sides.committed_head(head)))
    }


def _is_near(change: Change, paths: set[bytes], folders: set[bytes]) -> bool:
    """Is it a change of one of these paths, of one that a folder took the place of, or of what a moved folder holds?"""
    if change.path in paths or change.path + b"/" in folders:
        return True
    above = list(parent_folders(change.path))
    return any(folder[:-1] in paths for folder in above) or (
        change.status in "AD" and any(folder in folders for folder in above)
    )


# -- the cache --------------------------------------------------------------------------


def _forget_earlier(cache: Cache, rows: Iterable[tuple[str, str]], *, keep: bool) -> None:
    """Remove the rows of earlier works: each edit makes others, and they do not come back.

    `keep` is for an answer that needed a part of the rows alone.
    """
    stored = cache.get("works", ["rows"]).get("rows")
    rows_before = stored if isinstance(stored, list) else []
    earlier = {(str(row[0]), str(row[1])) for row in rows_before if isinstance(row, list) and len(row) == 2}
    used = {*rows, *(earlier if keep else ())}
    if used != earlier:
        cache.forget(sorted(earlier - used))
        cache.put("works", [("rows", sorted(used))])
