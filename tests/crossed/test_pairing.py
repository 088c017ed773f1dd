"""Which new test took the place of one whose name is gone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.crossed.pairing import pair_tests
from agentledger.crossed.texts import Texts
from agentledger.running.case_names import CaseName

POURS = "    pot = Pot(water=3)\n    pot.heat(degrees=100)\n    assert pot.pour() == 'tea'\n    assert pot.is_empty\n"
HEATS = "    stove = Stove()\n    with stove.lit() as flame:\n        assert flame.heat > 10, 'too cold'\n"
OPENS = (
    "    lid = Lid(pot=None)\n    lid.open()\n    for each in lid.parts:\n        assert each.moves(1, 2)\n"
)


def write(**tests: str) -> str:
    return "\n".join(f"def {name}():\n{body}" for name, body in tests.items())


def name(name: str, file: str = "tests/test_a.py", row: str | None = None) -> CaseName:
    return CaseName(file, (), name, row)


def pair(
    base: dict[str, str], branch: dict[str, str], gone: list[CaseName], new: list[CaseName]
) -> dict[str, str]:
    pairs = pair_tests(gone, new, Texts(base), Texts(branch))
    return {
        str(pair.gone).rpartition(" | ")[2]: f"{str(pair.new).rpartition(' | ')[2]}: {pair.how}"
        for pair in pairs.values()
    }


A, B = "tests/test_a.py", "tests/test_b.py"
CASES = {
    "moved": (
        {A: write(test_x=POURS)},
        {B: write(test_x=POURS)},
        [name("test_x")],
        [name("test_x", B)],
        {"test_x": "test_x: moved"},
    ),
    "renamed": (
        {A: write(test_x=POURS, test_y=HEATS)},
        {A: write(test_w=HEATS, test_z=POURS)},
        [name("test_x"), name("test_y")],
        [name("test_w"), name("test_z")],
        {"test_x": "test_z: renamed", "test_y": "test_w: renamed"},
    ),
    "moved and renamed": (
        {A: write(test_x=POURS)},
        {B: write(test_z=POURS)},
        [name("test_x")],
        [name("test_z", B)],
        {"test_x": "test_z: moved and renamed"},
    ),
    "the same body that demands nothing": (
        {A: write(test_x="    pass\n")},
        {A: write(test_z="    pass\n")},
        [name("test_x")],
        [name("test_z")],
        {},
    ),
    "moved and rewritten": (
        {A: write(test_x=POURS)},
        {B: write(test_x=POURS.replace("water=3", "water=4") + "    assert pot.cools()\n")},
        [name("test_x")],
        [name("test_x", B)],
        {"test_x": "test_x: moved and rewritten (88 % alike)"},
    ),
    "a name in another spelling": (
        {A: write(test_pours_tea=POURS)},
        {B: write(testPoursTea=POURS + "    assert pot.cools()\n")},
        [name("test_pours_tea")],
        [name("testPoursTea", B)],
        {"test_pours_tea": "testPoursTea: moved and rewritten (92 % alike)"},
    ),
    "rewritten": (
        {A: write(test_pours_tea=POURS)},
        {A: write(test_pours_hot_tea=POURS.replace("100", "90"))},
        [name("test_pours_tea")],
        [name("test_pours_hot_tea")],
        {
            "test_pours_tea": "test_pours_hot_tea: rewritten as tests/test_a.py | test_pours_hot_tea (95 % alike)"
        },
    ),
    "gone, and something else is new": (
        {A: write(test_x=POURS)},
        {A: write(test_z=HEATS)},
        [name("test_x")],
        [name("test_z")],
        {},
    ),
    "a name that many have, and another body": (
        {A: write(test_works=POURS), B: write(test_works=HEATS)},
        {"tests/test_c.py": write(test_works=OPENS)},
        [name("test_works"), name("test_works", B)],
        [name("test_works", "tests/test_c.py")],
        {},
    ),
    "a row changed": (
        {},
        {},
        [name("test_x", row="1-2")],
        [name("test_x", row="1-3")],
        {"test_x[1-2]": "test_x[1-3]: row changed"},
    ),
    "a row gone, and one that is not alike came": (
        {},
        {},
        [name("test_x", row="boils")],
        [name("test_x", row="whisky")],
        {},
    ),
    "a table now": (
        {},
        {},
        [name("test_x")],
        [name("test_x", row="a"), name("test_x", row="b")],
        {"test_x": "test_x[a]: now with rows"},
    ),
    "a renamed table": (
        {A: write(test_x=POURS)},
        {A: write(test_z=POURS)},
        [name("test_x", row="1"), name("test_x", row="2")],
        [name("test_z", row="2"), name("test_z", row="1")],
        {"test_x[1]": "test_z[1]: renamed", "test_x[2]": "test_z[2]: renamed"},
    ),
    "a file moved whose tests are not found": (
        {},
        {},
        [name("made by a loop", "a.test.js")],
        [name("made by a loop", "b.test.js")],
        {"made by a loop": "made by a loop: moved"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_took_the_place_of_what(case: str) -> None:
    base, branch, gone, new, expected = CASES[case]
    assert pair(base, branch, gone, new) == expected


def test_names_tell_bodies_apart_that_are_all_alike() -> None:
    body = "    res = app.request('/', {})\n    assert res.status == %s\n    data = res.json()\n    assert data.ok\n"
    base = write(test_json_wrong=body % 400, test_form_wrong=body % 401)
    branch = write(test_form_not_wrong=body % 402, test_json_not_wrong=body % 403)
    gone, new = (
        [name("test_json_wrong"), name("test_form_wrong")],
        [name("test_form_not_wrong"), name("test_json_not_wrong")],
    )
    pairs = pair_tests(gone, new, Texts({A: base}), Texts({A: branch}))
    assert {pair.gone.name: pair.new.name for pair in pairs.values()} == {
        "test_json_wrong": "test_json_not_wrong",
        "test_form_wrong": "test_form_not_wrong",
    }


def test_a_thousand_rewritten_tests_find_each_other() -> None:
    def tests(word: str, more: str) -> str:
        body = (
            "    value = compute({n}, 'name{n}')\n    assert value == {n}\n    assert value.other == 'x{n}'\n"
        )
        return write(**{f"test_{word}_{n}_adds": body.format(n=n) + more for n in range(1_000)})

    gone = [name(f"test_old_{n}_adds") for n in range(1_000)]
    new = [name(f"test_new_{n}_adds") for n in range(1_000)]
    base, branch = Texts({A: tests("old", "")}), Texts({A: tests("new", "    assert value.more\n")})
    pairs = pair_tests(gone, new, base, branch)
    assert len(pairs) == 1_000
    assert all(pair.gone.name.split("_")[2] == pair.new.name.split("_")[2] for pair in pairs.values())


def test_very_many_names_are_paired() -> None:
    gone = [name(f"test_{n // 100}", row=f"old {n}") for n in range(20_000)]
    new = [name(f"test_{n // 100}", row=f"new {n}") for n in range(20_000)]
    pairs = pair_tests(gone, new, Texts({}), Texts({}))
    assert len({pair.new for pair in pairs.values()}) == len(pairs)


BODIES = st.sampled_from([POURS, HEATS, OPENS, "    pass\n", POURS.replace("3", "4"), HEATS + OPENS])
NAMES = st.tuples(st.sampled_from([A, B]), st.sampled_from(["test_x", "test_y", "test_X", "test_x_y"]))
SIDES = st.dictionaries(
    NAMES, st.tuples(BODIES, st.lists(st.sampled_from("abc"), max_size=3, unique=True)), max_size=6
)


def read_side(tests: dict[tuple[str, str], tuple[str, list[str]]]) -> tuple[dict[str, str], set[CaseName]]:
    files: dict[str, str] = {}
    names = set()
    for (file, title), (body, rows) in tests.items():
        files[file] = files.get(file, "") + write(**{title: body}) + "\n"
        names |= {name(title, file, row) for row in rows} or {name(title, file)}
    return files, names


@given(SIDES, SIDES, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_pairs_are_one_to_one_and_the_order_makes_no_difference(
    base: dict[tuple[str, str], tuple[str, list[str]]],
    branch: dict[tuple[str, str], tuple[str, list[str]]],
    chance: random.Random,
) -> None:
    old_files, old = read_side(base)
    new_files, new = read_side(branch)
    gone, come = sorted(old - new, key=str), sorted(new - old, key=str)
    pairs = pair_tests(gone, come, Texts(old_files), Texts(new_files))
    assert set(pairs) <= set(gone)
    assert {pair.new for pair in pairs.values()} <= set(come)
    assert len({pair.new for pair in pairs.values()}) == len(pairs)
    chance.shuffle(gone)
    chance.shuffle(come)
    turned = Texts(dict(reversed(old_files.items()))), Texts(dict(reversed(new_files.items())))
    assert pair_tests(gone, come, *turned) == pairs
