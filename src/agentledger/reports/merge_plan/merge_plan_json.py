"""A merge plan as a JSON document, UTF-8 with a newline at the end.

Belongs here: how the plan becomes an object of `shapes_merge_plan`. Does not: making it (see `merge_order.plan`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agentledger.model.fleet import Fleet
from agentledger.model.merge_plan import Left, MergePlan, NotAsked, Step
from agentledger.model.text import encode, format_path
from agentledger.reports.json import shape_base
from agentledger.reports.merge_plan import shapes_merge_plan as shapes
from agentledger.reports.shapes_ledger import base64_unless_utf8


def encode_merge_plan(plan: MergePlan, fleet: Fleet) -> bytes:
    """The document that `agentledger schema merge-plan` describes."""
    names = {branch.ref: branch.name for branch in fleet.branches} | {fleet.base.ref: fleet.base.name}
    document = shapes.MergePlan(
        version=1,
        kind="merge-plan",
        base=shape_base(fleet.base),
        steps=tuple(_shape_step(step, names) for step in plan.steps),
        left_out=tuple(_shape_left(left, names) for left in plan.left),
        not_asked=tuple(_shape_not_asked(each, names) for each in plan.not_asked),
        by_age=plan.by_age,
        exact=plan.exact,
    )
    return msgspec.json.encode(document) + b"\n"


def _shape_step(step: Step, names: Mapping[str, str]) -> shapes.Step:
    return shapes.Step(
        n=step.number,
        branch=_json_text(names[step.ref]),
        ref=_json_text(step.ref),
        head=step.head,
        why=step.why,
        wave=step.wave,
        tree=step.tree,
        via=step.via,
        ref_base64=base64_unless_utf8(encode(step.ref)),
    )


def _shape_left(left: Left, names: Mapping[str, str]) -> shapes.LeftOut:
    return shapes.LeftOut(
        branch=_json_text(names[left.ref]),
        ref=_json_text(left.ref),
        step=left.step,
        against=_json_text(names[left.against]) if left.against in names else None,
        paths=tuple(map(format_path, left.paths)),
        why=left.why,
        holds=tuple(_json_text(names[ref]) for ref in left.holds),
        by_age=left.by_age,
        ref_base64=base64_unless_utf8(encode(left.ref)),
    )


def _shape_not_asked(each: NotAsked, names: Mapping[str, str]) -> shapes.NotAsked:
    return shapes.NotAsked(
        why=each.why, include=each.include, branches=tuple(_json_text(names[ref]) for ref in each.refs)
    )


def _json_text(text: str) -> str:
    """Text from git as valid UTF-8: bytes that are not become `\\xNN`, all else stays."""
    return text if text.isascii() else format_path(encode(text))
