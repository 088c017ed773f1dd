"""Which branches collide, as text for a terminal: the worst first, each with what to do about it.

Belongs here: words, order and lines of `agentledger conflicts`. Does not: sentences that other outputs share (see
`attention.collisions`), or the same for programs (see `conflicts_json`).

Text from git is never read as rich's markup: it goes through `escape_hidden` into values of rich's class `Text`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

from agentledger.attention import collisions as words
from agentledger.attention.turn import has_conflict
from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import escape_hidden, format_count
from agentledger.reports.conflicts import conflicts_besides as besides
from agentledger.reports.conflicts.conflicts_lines import (
    FEW,
    FILES,
    INDENT,
    View,
    count_rest,
    name_pair,
    render_file,
)
from agentledger.reports.fitting import fit_command


def render_conflicts(
    fleet: Fleet,
    collisions: Collisions,
    width: int = 80,
    *,
    branch: Branch | None = None,
    list_all: bool = False,
) -> Text:
    """The text, in lines of at most `width` cells but for commands; `branch` is the one that alone is asked about."""
    refs = [b.ref for b in fleet.branches]
    view = View(
        fleet=fleet,
        collisions=collisions,
        names=words.name_branches(fleet, refs),
        width=width,
        is_whole=list_all or branch is not None,
        branch=branch,
    )
    lines = [*_render_head(view)]
    for part in _PARTS:
        body = [*part(view)]
        lines += [Text(), *body] if body else []
    return Text("\n").join(lines)


# -- the first lines -------------------------------------------------------------------------


def _render_head(view: View) -> Iterator[Text]:
    found, base = view.collisions, view.fleet.base
    where = f"on {escape_hidden(base.name)} at {base.head[:10]}"
    tried = f"{format_count(found.tried, 'merge')} tried"
    if view.branch and (why := _describe_absence(view, view.branch)):
        yield from view.wrap(f"{view.name(view.branch.ref)} {why}", 0, "bold")
    elif view.branch:
        count = words.count_collisions(found)
        pairs = f"{count:,} of {format_count(found.total, 'other branch', 'other branches')}"
        yield from view.wrap(
            f"{view.name(view.branch.ref)} collides with {pairs} ({tried}) {where}", 0, "bold"
        )
    elif found.total:
        count = words.count_collisions(found)
        verb = "collides" if count == 1 else "collide"
        yield from view.wrap(
            f"{count:,} of {format_count(found.total, 'pair')} {verb} ({tried}) {where}", 0, "bold"
        )
    else:
        yield from view.wrap(f"nothing to compare {where}: {_describe_none(view)}", 0, "bold")
    if view.fleet.merger and found.tried:
        yield from view.wrap(f"two branches collide where both merge into {escape_hidden(base.name)}, and not both: "
                             f"by {view.fleet.merger}", 0, "dim")  # fmt: skip


def _describe_none(view: View) -> str:
    open_ = [b for b in view.fleet.branches if b.state is State.OPEN]
    if not view.fleet.branches:
        return "no agent branch found; name some with --branches 'feature/*' or --refs 'refs/pull/*/head'"
    if not open_:
        dormant = sum(b.state is State.DORMANT for b in view.fleet.branches)
        count = format_count(dormant, "is dormant", "are dormant")
        return f"no branch is open{f'; {count}; to compare them: {words.COMMAND} --dormant never' if dormant else ''}"
    merging = [b for b in open_ if b.conflict and b.conflict.clean]
    merge = "merges" if len(merging) == 1 else "merge"
    return f"{format_count(len(open_), 'branch is', 'branches are')} open, and {len(merging)} {merge} into it"


def _describe_absence(view: View, branch: Branch) -> str:
    """Why a branch is compared with no other; "" where it is."""
    base = escape_hidden(view.fleet.base.name)
    if branch.at_rest or branch.state is not State.OPEN:
        why = f": {escape_hidden(branch.state_why)}" if branch.state_why else ""
        older = "; to compare it, add --dormant never" if branch.state is State.DORMANT else ""
        if any(each.ref == branch.ref and each.head for each in view.collisions.uncommitted):
            return "has no commit of its own to compare, only uncommitted work"
        return f"is not compared, since it is {branch.at_rest or branch.state}{why}{older}"
    if has_conflict(branch):
        return f"is in conflict with {base} itself, which comes first"
    return next(
        (
            f"was not compared: {escape_hidden(each.why)}"
            for each in view.collisions.not_merged
            if each.ref == branch.ref
        ),
        "",
    )


# -- with base, and two by two -----------------------------------------------------------------


def _render_with_base(view: View) -> Iterator[Text]:
    asked = [view.branch] if view.branch else list(view.fleet.branches)
    held = [
        b
        for b in asked
        if b.state is State.OPEN and not b.at_rest and b.conflict and b.conflict.clean is False
    ]
    if not held:
        return
    base = escape_hidden(view.fleet.base.name)
    yield Text(f"In conflict with {base} itself ({len(held)})", "bold")
    for branch in (
        sorted(held, key=lambda b: b.name) if view.is_whole else sorted(held, key=lambda b: b.name)[:FEW]
    ):
        files = branch.conflict.files if branch.conflict else ()
        yield from view.wrap(view.name(branch.ref), 1, "bold")
        yield from view.wrap(words.describe_files(files), 2)
        if branch.conflict and branch.conflict.below:
            yield from view.wrap(f"settled on {escape_hidden(branch.conflict.below)}, on which it stands", 2)
    yield from count_rest(view, len(held))
    they = "it is" if len(held) == 1 else "they are"
    merge = "it merges" if len(held) == 1 else "they merge"
    yield from view.wrap(f"{they} compared with the others once {merge} into {base}; "
                         "agentledger board says what to do", 1, "dim")  # fmt: skip


def _render_collisions(view: View) -> Iterator[Text]:
    pairs = [pair for pair in view.collisions.pairs if words.is_collision(pair)]
    yield from _render_pairs(view, "Collide", pairs)
    if view.branch is None and (most := _describe_most(view, pairs)):
        yield from view.wrap(most, 1, "dim")


def _describe_most(view: View, pairs: Sequence[Pair]) -> str:
    """`agent/a collides with the most others: 5`; "" where no branch is in two of the pairs."""
    counts = Counter(ref for pair in pairs for ref in (pair.a, pair.b))
    most = max(counts.values(), default=0)
    if most < 2:
        return ""
    refs = sorted((ref for ref, count in counts.items() if count == most), key=view.name)
    verb, each = ("collides", "") if len(refs) == 1 else ("collide", " each")
    return f"{words.format_few([view.name(ref) for ref in refs])} {verb} with the most others: {most:,}{each}"


def _render_rivals(view: View) -> Iterator[Text]:
    pairs = [pair for pair in view.collisions.pairs if pair.counts and pair.rivals]
    yield from _render_pairs(view, "Rivals that collide: two attempts at one task, of which one lands", pairs)


def _render_uncommitted_pairs(view: View) -> Iterator[Text]:
    pairs = [
        p for p in view.collisions.pairs if p.grade is Grade.CONFLICT and p.uncommitted and p.only is None
    ]
    yield from _render_pairs(view, "Collide with what is not committed yet", pairs)


def _render_mild(view: View) -> Iterator[Text]:
    for only, kind in words.ONLY.items():
        pairs = [p for p in view.collisions.pairs if p.grade is Grade.CONFLICT and p.only is only]
        heading = f"Collide in {kind} alone, which need no talk"
        body = [*_render_pairs(view, heading, pairs, brief=view.branch is None)]
        yield from [*body, Text()] if body and only is not list(words.ONLY)[-1] else body


def _render_pairs(view: View, heading: str, pairs: Sequence[Pair], *, brief: bool = False) -> Iterator[Text]:
    if not pairs:
        return
    yield from view.wrap(f"{heading} ({len(pairs):,})", 0, "bold")
    for pair in pairs if view.is_whole else pairs[:FEW]:
        yield from _render_pair(view, pair, brief=brief)
    yield from count_rest(view, len(pairs))


def _render_pair(view: View, pair: Pair, *, brief: bool) -> Iterator[Text]:
    yield from view.wrap(name_pair(view, pair), 1, "bold")
    if brief:
        paths = [escape_hidden(path) for path in pair.paths]
        yield from view.wrap(f"in {words.format_few(paths, most=FILES)}", 2)
        return
    for file in pair.files[:FILES]:
        yield from render_file(view, pair, file)
    if len(pair.files) > FILES:
        yield from view.wrap(f"and {format_count(len(pair.files) - FILES, 'more file')}", 2)
    yield from _render_settling(view, pair)


def _render_settling(view: View, pair: Pair) -> Iterator[Text]:
    first = words.find_first(view.fleet, pair)
    if first and not pair.rivals:
        why = f": {escape_hidden(first.why)}" if first.why else ""
        yield from view.wrap(f"{view.name(first.ref)} goes first{why}", 2)
    action = words.settle_collision(view.fleet, pair)
    if not action.text:
        return
    yield from view.wrap(f"{action.text}{':' if action.command else ''}", 2)
    for line in fit_command(action, view.width - 2 * len(INDENT)) or filter(None, (action.command,)):
        yield Text.assemble(INDENT * 2, (line, "cyan"))


# What matters most first; what needs no talk comes last.
_PARTS: tuple[Callable[[View], Iterator[Text]], ...] = (
    _render_with_base,
    _render_collisions,
    besides.render_unknown,
    besides.render_not_merged,
    _render_uncommitted_pairs,
    besides.render_uncommitted,
    besides.render_hints,
    besides.render_copies,
    _render_rivals,
    besides.render_overlaps,
    besides.render_scopes,
    _render_mild,
)
