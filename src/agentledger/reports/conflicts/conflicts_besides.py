"""What two branches do to each other beside conflicts of commits: the text for it.

Belongs here: pairs that git could not merge, overlaps, scopes that meet, copies, guesses, uncommitted work. Does not:
conflicts (see `conflicts_text`).
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from agentledger.attention import collisions as words
from agentledger.model.collisions import Copy, Grade, Hint, Line, Pair, Uncommitted
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import find_dependencies
from agentledger.reports.conflicts.conflicts_lines import FEW, FILES, INDENT, View, count_rest, name_pair


def render_unknown(view: View) -> Iterator[Text]:
    pairs = [pair for pair in view.collisions.pairs if pair.grade is Grade.UNKNOWN]
    if pairs:
        yield from view.wrap(
            f"git could not merge these two ({len(pairs):,}): nobody knows whether they collide", 0, "bold"
        )
    for pair in pairs if view.is_whole else pairs[:FEW]:
        yield from view.wrap(f"{name_pair(view, pair)}: {escape_hidden(pair.failed)}", 1, "yellow")
    yield from count_rest(view, len(pairs))


def render_not_merged(view: View) -> Iterator[Text]:
    refs = {view.branch.ref} if view.branch else set(view.names)
    left = [each for each in view.collisions.not_merged if each.ref in refs]
    if left and not view.branch:
        yield Text(f"Not compared ({len(left)})", "bold")
        for each in left:
            yield from view.wrap(f"{view.name(each.ref)}: {escape_hidden(each.why)}", 1, "yellow")


# -- what is no conflict ----------------------------------------------------------------------


def render_overlaps(view: View) -> Iterator[Text]:
    overlaps = view.collisions.list_overlaps(view.branch.ref if view.branch else "")
    if not overlaps:
        return
    if not view.is_whole:
        count = format_count(len(overlaps), "pair changes", "pairs change")
        yield from view.wrap(f"{count} the same files, and {'merges' if len(overlaps) == 1 else 'merge'}: "
                             f"{words.COMMAND} --all", 0)  # fmt: skip
        return
    yield from view.wrap(f"Change the same files, and merge ({len(overlaps):,})", 0, "bold")
    for pair in overlaps:
        paths = words.format_few([escape_hidden(path) for path in pair.paths], most=FILES)
        yield from view.wrap(f"{name_pair(view, pair)}: {paths}", 1)


def render_scopes(view: View) -> Iterator[Text]:
    pairs = [pair for pair in view.collisions.pairs if pair.grade is Grade.SCOPE]
    if not pairs:
        return
    yield from view.wrap(
        f"Have no file in common yet, and their briefs let both change one ({len(pairs):,})", 0, "bold"
    )
    for pair in pairs if view.is_whole else pairs[:FEW]:
        yield from view.wrap(f"{name_pair(view, pair)}: {_describe_meeting(view, pair)}", 1)
    yield from count_rest(view, len(pairs))


def _describe_meeting(view: View, pair: Pair) -> str:
    if pair.failed:
        return f"nobody can tell, since {escape_hidden(pair.failed)}"
    mine, theirs = (escape_hidden(pattern) for pattern in pair.patterns)
    by = f"both by '{mine}'" if mine == theirs else f"by '{mine}' and '{theirs}'"
    return f"{escape_hidden(pair.paths[0])}, {by}{_describe_dependency(view, pair)}"


def _describe_dependency(view: View, pair: Pair) -> str:
    tasks = {b.ref: b.work.task for b in view.fleet.branches if b.work and b.ref in (pair.a, pair.b)}
    briefs = {task.id: task.brief for task in view.fleet.tasks}
    for one, other in ((pair.a, pair.b), (pair.b, pair.a)):
        if one in tasks and other in tasks and tasks[other] in find_dependencies(tasks[one], briefs):
            return f"; {view.name(one)} depends on {view.name(other)}, so one comes after the other"
    return ""


def render_copies(view: View) -> Iterator[Text]:
    copies = [c for c in view.collisions.copies if view.branch is None or view.branch.ref in (c.a, c.b)]
    if copies:
        yield Text(f"Copies: one change, a commit of its own on two branches ({len(copies):,})", "bold")
    for copy in copies if view.is_whole else copies[:FEW]:
        yield from _render_copy(view, copy)
    yield from count_rest(view, len(copies))


def _render_copy(view: View, copy: Copy) -> Iterator[Text]:
    yield from view.wrap(f"{escape_hidden(copy.subject)} (by {escape_hidden(copy.author)})", 1)
    sides = (
        f"{commit[:10]} on {view.name(ref)}{' (made later)' if ref == copy.later else ''}"
        for ref, commit in ((copy.a, copy.commit_a), (copy.b, copy.commit_b))
    )
    yield from view.wrap(
        f"{', '.join(sides)}: {words.format_few([escape_hidden(path) for path in copy.paths], most=FILES)}",
        2,
    )
    for ref, outside in ((copy.a, copy.outside_a), (copy.b, copy.outside_b)):
        if outside:
            paths = words.format_few([escape_hidden(path) for path in outside], most=FILES)
            yield from view.wrap(f"out of scope on {view.name(ref)}: {paths}", 2, "yellow")


def render_hints(view: View) -> Iterator[Text]:
    hints = [h for h in view.collisions.hints if view.branch is None or view.branch.ref in (h.a, h.b)]
    if hints:
        yield from view.wrap(f"May break ({len(hints):,}): guesses from names, which no merge shows; "
                             "run the tests of both together", 0, "bold")  # fmt: skip
    for hint in hints if view.is_whole else hints[:FEW]:
        yield from _render_hint(view, hint)
    yield from count_rest(view, len(hints))


def _render_hint(view: View, hint: Hint) -> Iterator[Text]:
    name = escape_hidden(hint.name)
    does = f"calls {name} {escape_hidden(hint.renamed)}" if hint.renamed else f"removes {name}"
    yield from view.wrap(f"{view.name(hint.a)} {does}, which {view.name(hint.b)} uses", 1)
    for sign, line, style in (("-", hint.definition, "red"), ("+", hint.use, "green")):
        yield _fit_line(view, sign, line, style)


def _fit_line(view: View, sign: str, line: Line, style: str) -> Text:
    text = f"{sign} {escape_hidden(line.path)}:{line.number}: {escape_hidden(line.text.strip())}"
    fitted = Text(INDENT * 2 + text, style)
    fitted.truncate(view.width, overflow="ellipsis")
    return fitted


def render_uncommitted(view: View) -> Iterator[Text]:
    left = [u for u in view.collisions.uncommitted if view.branch is None or u.ref == view.branch.ref]
    if left:
        yield from view.wrap("Uncommitted work in this clone's worktrees, taken as it lies there", 0, "bold")
    for each in left:
        yield from _render_loose(view, each)


def _render_loose(view: View, loose: Uncommitted) -> Iterator[Text]:
    if loose.failed:
        yield from view.wrap(f"{view.name(loose.ref)}: left out: {escape_hidden(loose.failed)}", 1, "yellow")
    else:
        yield from _render_taken(view, loose)
    for skipped in loose.skipped:
        path = escape_hidden(skipped.path)
        yield from view.wrap(f"left out: {path} ({escape_hidden(skipped.why)})", 2, "yellow")


def _render_taken(view: View, loose: Uncommitted) -> Iterator[Text]:
    paths = words.format_few([escape_hidden(path) for path in loose.paths], most=FILES)
    yield from view.wrap(f"{view.name(loose.ref)}: {paths or 'nothing that takes part'}", 1)
    if loose.base_files:
        base = escape_hidden(view.fleet.base.name)
        where = words.describe_files(loose.base_files)
        yield from view.wrap(f"with it the branch conflicts with {base} in {where}", 2, "red")
