"""The filter of pairs by paths and by lines, as pure functions: each row is a rule of git's merge."""

from __future__ import annotations

import pytest

from agentledger.collisions.hunk_ranges import find_touching
from agentledger.collisions.pair_filter import Edits, Footprint, Suspects, find_suspects, order_pairs
from agentledger.git.hunks import HunkRange, Ranges
from agentledger.model.fleet import Change

FILE, RUN, LINK, MODULE, NONE = "100644", "100755", "120000", "160000", "000000"


def change(path: str, status: str, new: str = "n", mode: str = FILE, old_mode: str = FILE) -> Change:
    """A change of a file, whose blobs are letters."""
    before, after = (NONE if status == "A" else old_mode), (NONE if status == "D" else mode)
    return Change(
        path.encode(), status, before, new_mode=after, old="o" * (status != "A"), new=new * (status != "D")
    )


def footprint(*changes: Change, gone: tuple[str, ...] = ()) -> Footprint:
    return Footprint({each.path: each for each in changes}, frozenset(folder.encode() for folder in gone))


DELETED, EDITED, ADDED = change("f", "D"), change("f", "M"), change("new", "A")
ROWS = {
    "nothing in common": (footprint(EDITED), footprint(change("g", "M")), False),
    "deleted and edited": (footprint(DELETED), footprint(EDITED), True),
    "deleted by both, nothing added": (footprint(DELETED), footprint(DELETED), False),
    "deleted by both, one may have renamed it": (footprint(DELETED, ADDED), footprint(DELETED), True),
    "deleted by both, the other may have renamed it": (footprint(DELETED), footprint(DELETED, ADDED), True),
    "added alike": (footprint(ADDED), footprint(ADDED), False),
    "added with another content": (footprint(ADDED), footprint(change("new", "A", "m")), True),
    "added with another mode": (footprint(ADDED), footprint(change("new", "A", mode=RUN)), True),
    "made a link, and edited": (footprint(change("f", "T", mode=LINK)), footprint(EDITED), True),
    "two links": (
        footprint(change("f", "M", mode=LINK, old_mode=LINK)),
        footprint(change("f", "M", "m", mode=LINK, old_mode=LINK)),
        True,
    ),
    "two submodules": (
        footprint(change("f", "M", mode=MODULE, old_mode=MODULE)),
        footprint(change("f", "M", "m", mode=MODULE, old_mode=MODULE)),
        True,
    ),
    "a file for a folder": (footprint(change("d", "A")), footprint(change("d/e/f", "M")), True),
    "a name that only begins alike": (footprint(change("d", "A")), footprint(change("dd/f", "M")), False),
    "a folder moved, a file added there": (
        footprint(change("d/f", "D"), change("e/f", "A"), gone=("d/",)),
        footprint(change("d/e/new", "A")),
        True,
    ),
    "a folder deleted, a file added there": (
        footprint(change("d/f", "D"), gone=("d/",)),
        footprint(change("d/new", "A")),
        False,
    ),
    "a folder moved, a file edited elsewhere": (
        footprint(change("d/f", "D"), change("e/f", "A"), gone=("d/",)),
        footprint(change("x", "M")),
        False,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_pair_is_suspect_by_its_paths(name: str) -> None:
    one, other, suspect = ROWS[name]
    for both in ([one, other], [other, one]):
        suspects = find_suspects(both)
        assert suspects.pairs == ({(0, 1)} if suspect else set())
        assert not suspects.edits or name == "nothing in common"


def test_edits_of_one_file_wait_for_its_lines() -> None:
    three = [footprint(change("f", "M", blob)) for blob in "abb"]
    mode_alone = footprint(change("f", "M", "o", mode=RUN))
    suspects = find_suspects([*three, mode_alone])
    assert suspects == Suspects(frozenset(), {b"f": Edits("o", {"a": (0,), "b": (1, 2)})})
    assert order_pairs(suspects, []) == []
    assert order_pairs(suspects, [(b"f", "a", "b")]) == [(0, 1), (0, 2)]


def lines(*ranges: tuple[int, int, str]) -> Ranges:
    return tuple(HunkRange(*each) for each in ranges)


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        (lines((1, 2, "x")), lines((3, 4, "y")), False),
        (lines((1, 2, "x")), lines((2, 3, "y")), True),
        (lines((2, 2, "x")), lines((2, 2, "y")), True),
        (lines((2, 2, "x")), lines((2, 5, "y")), True),
        (lines((1, 9, "x")), lines((4, 5, "y")), True),
        (lines((1, 2, "x")), lines((1, 2, "x")), False),
        # The same there, and next to it more.
        (lines((1, 2, "x"), (2, 2, "z")), lines((1, 2, "x")), True),
        (lines((1, 2, "x"), (8, 9, "z")), lines((1, 2, "x"), (5, 6, "y")), False),
        (None, lines((1, 2, "x")), True),
        (None, None, True),
    ],
)
def test_ranges_touch_where_git_calls_it_a_conflict(one: Ranges, other: Ranges, touch: bool) -> None:
    assert bool(list(find_touching({"one": one, "other": other}))) is touch
