"""A merge plan for a terminal, as plain lines of at most a given width.

Belongs here: the layout. Does not: the reasons, which the plan has in words (see `merge_order.reasons`), or the
commands of a forge (see `merge_plan_forge`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from agentledger.model.fleet import Fleet
from agentledger.model.merge_plan import Left, MergePlan, Step
from agentledger.model.text import escape_hidden

_MOST_PATHS = 5


def render_merge_plan(plan: MergePlan, fleet: Fleet, width: int = 80) -> str:
    """The plan, with a newline at the end."""
    names = {branch.ref: escape_hidden(branch.name) for branch in fleet.branches}
    lines = [describe_plan(plan, fleet)]
    flags = dict.fromkeys(f"--include {each.include}" for each in plan.not_asked)
    lines += [f"To look at those, too, add: {' '.join(flags)}"] if flags else []
    lines += ["", *_render_steps(plan.steps, names, width)] if plan.steps else []
    lines += ["", "Left out:", *_render_left(plan.left, names, width)] if plan.left else []
    notes = list(_render_notes(plan, names))
    for note in notes:
        lines += ["", *_wrap(note, width, "")]
    return "\n".join(lines) + "\n"


def describe_plan(plan: MergePlan, fleet: Fleet) -> str:
    """How many branches land, and how many do not, for which reasons: one line, whatever its length."""
    base = f"{escape_hidden(fleet.base.name)} at {fleet.base.head[:10]}"
    count, others = len(plan.steps), len(plan.left) + sum(len(each.refs) for each in plan.not_asked)
    lands = "branch lands" if count == 1 else "branches land"
    begin = f"{count or 'No'} {lands if count != 0 else 'branch lands'} on {base}"
    begin += ", one after the other" if count > 1 else ""
    if not others:
        return f"{begin}; none is left out" if count else f"{begin}: there is none to merge"
    reasons = [f"{len(each.refs)} {each.why}" for each in plan.not_asked]
    if not reasons:
        return f"{begin}; {others} left out, for the {'reason' if others == 1 else 'reasons'} below"
    if plan.left:
        reasons.append(f"{len(plan.left)} for the {'reason' if len(plan.left) == 1 else 'reasons'} below")
    return f"{begin}; {others} left out: {', '.join(reasons)}"


def _render_steps(steps: Sequence[Step], names: Mapping[str, str], width: int) -> Iterator[str]:
    digits = len(str(len(steps)))
    last = max(step.wave for step in steps)
    longest = min(max(len(names[step.ref]) for step in steps), width // 2)
    for step in steps:
        wave = f"wave {step.wave:<{len(str(last))}}  " if last > 1 else ""
        line = f"{step.number:>{digits + 1}}  {wave}{names[step.ref]:<{longest}}  "
        if len(line) + len(step.why) <= width:
            yield line + step.why
        else:
            yield line.rstrip()
            yield from _wrap(step.why, width, " " * (digits + 3 + len(wave)))


def _render_left(left: Sequence[Left], names: Mapping[str, str], width: int) -> Iterator[str]:
    for each in left:
        yield f"  {names[each.ref]}"
        step = f"from step {each.step} on: " if each.step else ""
        yield from _wrap(f"{step}{each.why}", width, "    ")
        if where := describe_where(each):
            yield from _wrap(where, width, "    ")


def list_unnamed(left: Left) -> tuple[bytes, ...]:
    """Return the files in which a branch conflicts, () where its reason ends with them already."""
    named = left.paths and f", in {escape_hidden(left.paths[0])}" in left.why
    return () if named else left.paths


def describe_where(left: Left) -> str:
    """`in a.py, b.py and 3 more`; "" where the reason says it."""
    missing = [escape_hidden(path) for path in list_unnamed(left)]
    more = f" and {len(missing) - _MOST_PATHS} more" if len(missing) > _MOST_PATHS else ""
    return f"in {', '.join(missing[:_MOST_PATHS])}{more}" if missing else ""


def _render_notes(plan: MergePlan, names: Mapping[str, str]) -> Iterator[str]:
    if len(plan.steps) > 1:
        waves = max(step.wave for step in plan.steps)
        all_ = "No two of them change one file" if waves == 1 else "No two of one wave change one file"
        yield f"{all_}, so these can land in any order."
    if plan.by_age is not None:
        aged = [names[each.ref] for each in plan.left if each.by_age]
        some = ", ".join(aged[:3]) + (f" and {len(aged) - 3} more" if len(aged) > 3 else "")
        also = f", {some} among them" if aged else ""
        yield f"If the oldest always went first, only {plan.by_age} would land{also}."
    if not plan.exact:
        yield "There are too many conflicts to search all sets: a larger one may exist."
    if plan.steps:
        yield "The commands that merge them: add --format gh, or --format glab"


def _wrap(text: str, width: int, indent: str) -> list[str]:
    """Lines of at most `width` characters; a word that is longer stays whole, since it may be a name or a path."""
    return textwrap.wrap(
        text,
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
