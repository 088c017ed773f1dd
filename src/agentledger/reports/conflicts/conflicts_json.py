"""Which branches collide, as a JSON document.

Belongs here: how `model.collisions.Collisions` becomes the shapes of `shapes_conflicts`. Does not: words for people
(see `conflicts_text`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from agentledger.attention import collisions as words
from agentledger.model.collisions import Collisions, Copy, Grade, Hint, Line, Pair, Uncommitted
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import format_path
from agentledger.reports import json
from agentledger.reports.conflicts import shapes_conflicts
from agentledger.reports.shapes_ledger import base64_unless_utf8


@dataclass(frozen=True, slots=True)
class _Shaping:
    fleet: Fleet
    collisions: Collisions
    names: Mapping[str, str]
    #: The ref of the branch whose pairs alone are wanted, or "".
    only: str

    def name(self, ref: str) -> str:
        return json.json_text(self.names.get(ref, ref))

    def is_wanted(self, two: Pair | Hint | Copy) -> bool:
        return not self.only or self.only in (two.a, two.b)


def encode_conflicts(fleet: Fleet, branch: Branch | None = None) -> bytes:
    """The document of a fleet whose branches were compared; `branch` is the one that alone was asked about."""
    collisions = fleet.collisions or Collisions()
    names = words.name_branches(fleet, (b.ref for b in fleet.branches))
    shaping = _Shaping(fleet, collisions, names, branch.ref if branch else "")
    document = shapes_conflicts.Forecast(
        version=1,
        kind="forecast",
        base=json.shape_base(fleet.base),
        branch=shaping.name(branch.ref) if branch else None,
        merged_by=json.shape_merger(fleet.merger),
        with_base=tuple(_list_with_base(shaping)),
        pairs=tuple(_shape_pair(shaping, pair) for pair in _list_pairs(shaping)),
        pairs_total=collisions.total,
        pairs_tried=collisions.tried,
        not_merged=tuple(
            shapes_conflicts.NotMerged(
                shaping.name(each.ref), json.json_text(each.ref), json.json_text(each.why)
            )
            for each in collisions.not_merged
        ),
        hints=tuple(_shape_hint(shaping, hint) for hint in collisions.hints if shaping.is_wanted(hint)),
        copies=tuple(_shape_copy(shaping, copy) for copy in collisions.copies if shaping.is_wanted(copy)),
        branches=tuple(_list_branches(shaping)),
    )
    return msgspec.json.encode(document) + b"\n"


def _list_with_base(shaping: _Shaping) -> Iterator[shapes_conflicts.WithBase]:
    for branch in sorted(shaping.fleet.branches, key=lambda b: (b.name, b.ref)):
        conflict = branch.conflict
        if branch.state is not State.OPEN or branch.at_rest or conflict is None or conflict.clean:
            continue
        if shaping.only in ("", branch.ref):
            yield shapes_conflicts.WithBase(
                branch=shaping.name(branch.ref),
                ref=json.json_text(branch.ref),
                paths=tuple(format_path(file.path) for file in conflict.files),
                kinds=tuple(sorted({file.kind for file in conflict.files})),
                failed=json.optional_text(conflict.failed),
            )


def _list_pairs(shaping: _Shaping) -> Iterator[Pair]:
    """The pairs from the worst to those that only may come to meet."""
    pairs = [pair for pair in shaping.collisions.pairs if shaping.is_wanted(pair)]
    yield from (pair for pair in pairs if pair.grade is not Grade.SCOPE)
    yield from shaping.collisions.list_overlaps(shaping.only)
    yield from (pair for pair in pairs if pair.grade is Grade.SCOPE)


def _shape_pair(shaping: _Shaping, pair: Pair) -> shapes_conflicts.Pair:
    fleet, collides = shaping.fleet, pair.grade is Grade.CONFLICT and pair.only is None
    first = words.find_first(fleet, pair) if collides else None
    action = words.settle_collision(fleet, pair) if collides else None
    return shapes_conflicts.Pair(
        a=shaping.name(pair.a),
        b=shaping.name(pair.b),
        a_ref=json.json_text(pair.a),
        b_ref=json.json_text(pair.b),
        grade=pair.grade,
        counts=words.is_collision(pair),
        paths=tuple(map(format_path, pair.paths)),
        kinds=tuple(sorted({file.kind for file in pair.files})),
        rivals=pair.rivals,
        stacked=pair.stacked,
        only=pair.only,
        uncommitted=tuple(map(shaping.name, pair.uncommitted)),
        files=tuple(map(json.shape_conflict_file, pair.files)),
        patterns=tuple(map(format_path, pair.patterns)),
        failed=json.optional_text(pair.failed),
        first=shaping.name(first.ref) if first else None,
        first_why=json.optional_text(first.why) if first else None,
        next_action=json.shape_next_action(action) if action and action.text else None,
    )


def _shape_hint(shaping: _Shaping, hint: Hint) -> shapes_conflicts.Hint:
    return shapes_conflicts.Hint(
        a=shaping.name(hint.a),
        b=shaping.name(hint.b),
        name=json.json_text(hint.name),
        renamed=json.optional_text(hint.renamed),
        definition=_shape_line(hint.definition),
        use=_shape_line(hint.use),
    )


def _shape_line(line: Line) -> shapes_conflicts.Line:
    return shapes_conflicts.Line(
        path=format_path(line.path),
        line=line.number,
        text=json.json_text(line.text),
        path_base64=base64_unless_utf8(line.path),
    )


def _shape_copy(shaping: _Shaping, copy: Copy) -> shapes_conflicts.Copy:
    return shapes_conflicts.Copy(
        a=shaping.name(copy.a),
        b=shaping.name(copy.b),
        commit_a=copy.commit_a,
        commit_b=copy.commit_b,
        author=json.json_text(copy.author),
        subject=json.json_text(copy.subject),
        paths=tuple(map(format_path, copy.paths)),
        outside_a=tuple(map(format_path, copy.outside_a)),
        outside_b=tuple(map(format_path, copy.outside_b)),
    )


def _list_branches(shaping: _Shaping) -> Iterator[shapes_conflicts.ComparedBranch]:
    loose = {each.ref: each for each in shaping.collisions.uncommitted}
    for branch in sorted(shaping.fleet.branches, key=lambda b: (b.name, b.ref)):
        if branch.state is State.OPEN and shaping.only in ("", branch.ref):
            yield shapes_conflicts.ComparedBranch(
                branch=shaping.name(branch.ref),
                ref=json.json_text(branch.ref),
                uncommitted=_shape_loose(loose[branch.ref]) if branch.ref in loose else None,
            )


def _shape_loose(loose: Uncommitted) -> shapes_conflicts.Loose:
    return shapes_conflicts.Loose(
        paths=tuple(map(format_path, loose.paths)),
        skipped=tuple(
            shapes_conflicts.LeftOutFile(
                format_path(each.path), json.json_text(each.why), path_base64=base64_unless_utf8(each.path)
            )
            for each in loose.skipped
        ),
        failed=json.optional_text(loose.failed),
        base_paths=tuple(format_path(file.path) for file in loose.base_files),
    )
