"""What open branches do to each other, in words: which collide, which goes first and why, and what to do about it.

Belongs here: sentences and commands about two branches, chosen once, for every output. Does not: finding collisions
(see `collisions.forecast_pairs`) or an order (see `merge_order`), or a branch's conflict with base (see `conflicts`).

Branches are named by their refs until a sentence is made. What is said of a pair changes neither the section of a
branch nor whose turn it is: nobody is stopped before one of the two has landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agentledger.attention.commands import NextAction
from agentledger.attention.conflicts import answer_command
from agentledger.attention.turn import Kind, turn_of
from agentledger.model.collisions import Collisions, Grade, Only, Pair
from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.merge_plan import MergeOrder
from agentledger.model.shell import join_commands
from agentledger.model.text import HIDDEN, escape_hidden, format_count
from agentledger.model.work import find_dependencies, task_of_work

NAMED = 2  # branches or files in a sentence; more are counted
EXCERPT = 48  # characters of a line of code in a sentence
COMMAND = "agentledger conflicts"

ONLY = {Only.GENERATED: "generated files", Only.OPEN: "files that every task may change"}


class First(NamedTuple):
    """Which of two branches goes first, and why, as a part of a sentence; "" where nothing shows it."""

    ref: str
    why: str


# -- which -----------------------------------------------------------------------------------


def is_collision(pair: Pair) -> bool:
    """Does the pair count as a collision of two branches that are both to land?"""
    return pair.counts and not pair.rivals


def list_collisions(fleet: Fleet, branch: Branch) -> tuple[Pair, ...]:
    """Return the collisions of a branch that count, those with branches that merge first coming first."""
    if fleet.collisions is None:
        return ()
    pairs = [pair for pair in fleet.collisions.by_ref.get(branch.ref, ()) if is_collision(pair)]
    place = fleet.merge_order.places if fleet.merge_order else {}
    return tuple(sorted(pairs, key=lambda pair: place.get(pair.other(branch.ref), len(place))))


def list_unsettled(fleet: Fleet, branch: Branch) -> tuple[Pair, ...]:
    """Return those of its collisions about which something can be decided: neither task depends on the other yet."""
    return tuple(pair for pair in list_collisions(fleet, branch) if not _is_one_after_the_other(fleet, pair))


def _is_one_after_the_other(fleet: Fleet, pair: Pair) -> bool:
    tasks = {b.ref: b.work.task for b in fleet.branches if b.work and b.ref in (pair.a, pair.b)}
    a, b = tasks.get(pair.a), tasks.get(pair.b)
    if a is None or b is None:
        return False
    briefs = {task.id: task.brief for task in fleet.tasks}
    return b in find_dependencies(a, briefs) or a in find_dependencies(b, briefs)


def find_first(fleet: Fleet, pair: Pair) -> First | None:
    """Return which branch of a pair goes first; None where no order is known."""
    order = fleet.merge_order
    ref = order.first_of(pair.a, pair.b) if order else None
    if order is None or ref is None:
        return None
    return First(ref, _explain_first(fleet, order, ref, pair.other(ref)))


def _explain_first(fleet: Fleet, order: MergeOrder, ref: str, other: str) -> str:
    """Why one of two goes first. Its own place is no reason where it waits itself, or where the other's is better."""
    if ref in order.waits:
        return "neither lands yet, and it is earlier in the merge order"
    waits = order.waits.get(other)
    if waits and ref in waits.later and len(waits.holds) > 1:
        late = name_branches(fleet, [other])[other]
        return f"landing {late} would hold {format_count(len(waits.holds), 'other')}"
    return order.reasons.get(ref, "")


def name_branches(fleet: Fleet, refs: Iterable[str]) -> dict[str, str]:
    """Map refs to what to call their branches: by name, or by ref where two have the same name. Not escaped."""
    return {ref: fleet.clear_names.get(ref, ref) for ref in refs}


# -- one branch and the others -----------------------------------------------------------------


def describe_collisions(fleet: Fleet, branch: Branch) -> str:
    """`collides with agent/a, which goes first: it is approved`; "" where it collides with none."""
    pairs = list_collisions(fleet, branch)
    if not pairs:
        return ""
    others = [pair.other(branch.ref) for pair in pairs]
    names = name_branches(fleet, others)
    listed = format_few([escape_hidden(names[ref]) for ref in others])
    first = describe_first(fleet, branch, pairs[0])
    # One name is enough where there is but one other.
    if len(others) == 1 and first.startswith(f"{listed} goes"):
        return f"collides with {listed}, which{first.removeprefix(listed)}"
    return "; ".join(filter(None, (f"collides with {listed}", first)))


def describe_first(fleet: Fleet, branch: Branch, pair: Pair) -> str:
    """`agent/a goes first: approved`, or `this one goes first`, seen from one branch of a pair; "" for no order."""
    first = find_first(fleet, pair)
    if first is None:
        return ""
    name = (
        "this one" if first.ref == branch.ref else escape_hidden(name_branches(fleet, [first.ref])[first.ref])
    )
    return f"{name} goes first{f': {escape_hidden(first.why)}' if first.why else ''}"


def describe_uncommitted_collisions(fleet: Fleet, branch: Branch) -> str:
    """`with uncommitted work it collides with agent/a`, where only such work makes it so; else ""."""
    pairs = fleet.collisions.by_ref.get(branch.ref, ()) if fleet.collisions else ()
    already = {pair.other(branch.ref) for pair in pairs if pair.counts}
    others = [
        other
        for pair in pairs
        if pair.uncommitted and pair.grade is Grade.CONFLICT and pair.only is None and not pair.rivals
        if (other := pair.other(branch.ref)) not in already
    ]
    if not others:
        return ""
    names = name_branches(fleet, others)
    listed = format_few([escape_hidden(names[ref]) for ref in dict.fromkeys(others)])
    return f"with uncommitted work it collides with {listed}"


def describe_fleet_collisions(fleet: Fleet) -> str:
    """A note for the whole fleet, with the command that lists the pairs; "" where none collides."""
    count = count_collisions(fleet.collisions) if fleet.collisions else 0
    if not count:
        return ""
    verb = "pair of branches collides" if count == 1 else "pairs of branches collide"
    return f"{count:,} {verb}, though each merges into {escape_hidden(fleet.base.name)}: {COMMAND}"


def count_collisions(collisions: Collisions) -> int:
    """Return how many pairs count as collisions."""
    return sum(map(is_collision, collisions.pairs))


def format_few(words: Sequence[str], most: int = NAMED) -> str:
    """`a`, `a and b`, `a, b and 3 more`; a single one more is named, too."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


# -- two branches -----------------------------------------------------------------------------


def describe_files(files: Sequence[ConflictFile]) -> str:
    """`src/a.py, from line 12: 'x = 1' against 'x = 2'; and 3 more files`."""
    if not files:
        return ""
    more = f"; and {format_count(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    first = files[0]
    path = escape_hidden(first.path)
    if not first.hunks:
        kind = "" if first.kind in ("content", "other") else f" ({first.kind})"
        return f"{path}{kind}{more}"
    sides = describe_hunk(first.hunks[0])
    return f"{path}, from line {first.hunks[0].line}{f': {sides}' if sides else ''}{more}"


def describe_hunk(hunk: Hunk) -> str:
    """The first lines in which the two sides of a conflict differ: `'x = 1' against 'x = 2'`."""
    ours, theirs = split_hunk(hunk)
    if theirs is None:
        return f"{_quote_lines(ours[0], b'')[0]} against lines that are not kept" if ours else ""
    differ = next(
        ((one, other) for one, other in zip(ours, theirs, strict=False) if one != other),
        (next(iter(ours[len(theirs) :]), b""), next(iter(theirs[len(ours) :]), b"")),
    )
    one, other = _quote_lines(*differ)
    return f"{one or 'nothing'} against {other or 'nothing'}" if one or other else ""


def split_hunk(hunk: Hunk) -> tuple[list[bytes], list[bytes] | None]:
    """Return the lines of the two sides of a conflict, without markers.

    Of a hunk that was cut off these are the lines that are known; None where nothing is known of the second side.
    """
    ours: list[bytes] = []
    theirs: list[bytes] | None = None
    for line in hunk.text.split(b"\n")[1:]:
        if line.startswith(b">>>>>>> "):
            break
        # Only this very line parts the two: a longer one may be a heading.
        if theirs is None and line.rstrip(b"\r") == b"=======":
            theirs = []
        else:
            (ours if theirs is None else theirs).append(line)
    return ours, theirs


def _quote_lines(one: bytes, other: bytes) -> tuple[str, str]:
    """Both lines in quotes, short, and from near the place at which they begin to differ."""
    words = b" ".join(one.split()), b" ".join(other.split())
    # Lines that differ in their spaces alone are shown with them.
    first, second = words if words[0] != words[1] else (one, other)
    texts = escape_hidden(first), escape_hidden(second)
    same = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    start = same - EXCERPT // 4 if same > EXCERPT // 2 else 0
    return _cut(texts[0], start), _cut(texts[1], start)


def _cut(text: str, start: int) -> str:
    if not text:
        return ""
    text = f"…{text[start:]}" if start else text
    return f"'{text if len(text) <= EXCERPT else text[: EXCERPT - 1] + '…'}'"


def settle_collision(fleet: Fleet, pair: Pair) -> NextAction:
    """Return what to do about two branches that collide: which waits, and the command that says so to its agent."""
    first = find_first(fleet, pair)
    early_ref = first.ref if first else pair.a
    by_ref = {b.ref: b for b in fleet.branches if b.ref in (pair.a, pair.b)}
    early, late = by_ref.get(early_ref), by_ref.get(pair.other(early_ref))
    if early is None or late is None:
        return NextAction("")
    names = {ref: escape_hidden(name) for ref, name in name_branches(fleet, by_ref).items()}
    if pair.rivals:
        return NextAction("Take one of them: they are two attempts at one task")
    action = _let_wait(fleet, pair, early, late, names=names)
    if first:
        return action
    then = action.text[:1].lower() + action.text[1:]
    return NextAction(f"Which goes first is open; with {names[early.ref]} first: {then}", action.steps)


def _let_wait(
    fleet: Fleet, pair: Pair, early: Branch, late: Branch, *, names: Mapping[str, str]
) -> NextAction:
    base, waiting = escape_hidden(fleet.base.name), names[late.ref]
    mine, other = _brief_of(fleet, late), _brief_of(fleet, early)
    where = format_few([escape_hidden(path) for path in pair.paths]) or "what conflicts"
    later = f"brings {base} in once {names[early.ref]} has landed, and settles {where}"
    if mine is None:
        return NextAction(f"Whoever works on {waiting} {later}")
    if _is_one_after_the_other(fleet, pair):
        return NextAction(f"Nothing: {waiting} waits for it already, and its agent {later}")
    if other and _is_planned_here(fleet, late) and not HIDDEN.search(mine.task + other.task):
        command = ("agentledger", "plan", mine.task, "--add-depends-on", other.task)
        return NextAction(f"Let {waiting} wait for it", join_commands(command))
    if turn_of(late).kind is Kind.QUESTION:
        # Any answer would close the question.
        return NextAction(f"Answer what {waiting} asks, and tell its agent that it {later}")
    text = (
        f"{names[early.ref]} changes {where}, too, and is to land first.",
        f"Once it has, bring {base} in and settle {where}.",
    )
    told = answer_command(late, "note", text)
    return NextAction(f"Tell the agent of {waiting}", (told,) if told else ())


def _is_planned_here(fleet: Fleet, branch: Branch) -> bool:
    """Is its brief the manager's, so that `agentledger plan` can change it? A branch's own has to be accepted first."""
    task = branch.work.task if branch.work else ""
    return any(each.id == task and each.brief_from not in ("", "branch") for each in fleet.tasks)


def _brief_of(fleet: Fleet, branch: Branch) -> Brief | None:
    if branch.work is None:
        return None
    task = task_of_work(branch.work, {task.id: task for task in fleet.tasks if task.id == branch.work.task})
    return task.brief
