"""Pairs of branches in real repositories: what git says of each kind of case, and how many it has to merge for that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import damage
from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.text import decode
from gitrepo import Content, Repo
from reading import fleet

pytestmark = pytest.mark.versions

LINES = "".join(f"line {number}\n" for number in range(1, 21))
# An addition between these two can as well begin after the empty line. git's diff without context leaves out the end,
# one kilobyte that both files have in common with the newline before it, and then sees no empty line.
START = "".join(f"line {number}\n" for number in range(1, 10))
END = "\nline 10\n" + "end\n" * 253 + "x\n"
MODULE, OTHER_MODULE = ("160000", "1" * 40), ("160000", "2" * 40)
FOLDER: Mapping[str, Content] = {f"d/{name}": f"{name}\n{LINES}" for name in "abc"}
# d, renamed to e.
MOVED: Mapping[str, Content] = {f"d/{name}": None for name in "abc"} | {
    f"e/{name}": FOLDER[f"d/{name}"] for name in "abc"
}


def edited(number: int, line: str, text: str = LINES) -> str:
    return text.replace(f"line {number}\n", f"{line}\n", 1)


class Case(NamedTuple):
    """What base has, what two branches do with it, the conflicts, and whether git had to be asked."""

    base: Mapping[str, Content]
    ours: Mapping[str, Content]
    theirs: Mapping[str, Content]
    conflicts: Mapping[str, str] = {}
    tried: bool = True


F: Mapping[str, Content] = {"f": LINES}
CASES = {
    "far apart in one file": Case(F, {"f": edited(2, "x")}, {"f": edited(18, "y")}, tried=False),
    "a line between two edits": Case(F, {"f": edited(2, "x")}, {"f": edited(4, "y")}, tried=False),
    "lines side by side": Case(F, {"f": edited(2, "x")}, {"f": edited(3, "y")}, {"f": "content"}),
    "the same line": Case(F, {"f": edited(2, "x")}, {"f": edited(2, "y")}, {"f": "content"}),
    "the same edit": Case(F, {"f": edited(2, "x")}, {"f": edited(2, "x")}, tried=False),
    "the same edit, and more of it": Case(F, {"f": edited(2, "x")}, {"f": edited(2, "x\nz")}, {"f": "content"}),
    "added at the same place": Case(F, {"f": edited(9, "line 9\nx")}, {"f": edited(9, "line 9\ny")}, {"f": "content"}),
    "an addition that slides to the other edit": Case(
        {"f": START + END}, {"f": START + "\nx\n" + END}, {"f": START + END.replace("line 10", "y")}, {"f": "content"}
    ),
    "no newline at the end": Case(F, {"f": LINES[:-1]}, {"f": LINES + "more\n"}, {"f": "content"}),
    "other line ends": Case(F, {"f": LINES.replace("\n", "\r\n")}, {"f": edited(2, "y")}, {"f": "content"}),
    "binary": Case({"f": "\0a"}, {"f": "\0b"}, {"f": "\0c"}, {"f": "content"}),
    "mode and content": Case(F, {"f": ("100755", LINES)}, {"f": edited(2, "y")}, tried=False),
    "link and link": Case({"f": ("120000", "a")}, {"f": ("120000", "b")}, {"f": ("120000", "c")}, {"f": "content"}),
    "a file and a link": Case(F, {"f": ("120000", "a")}, {"f": edited(2, "y")}, {"f": "content"}),
    "deleted and edited": Case(F, {"f": None}, {"f": edited(2, "y")}, {"f": "modify/delete"}),
    # Either may have renamed it to its new file.
    "deleted by both": Case(F, {"f": None}, {"f": None}),
    "added alike": Case(F, {"n": "1\n"}, {"n": "1\n"}, tried=False),
    "added differently": Case(F, {"n": "1\n"}, {"n": "2\n"}, {"n": "add/add"}),
    "a file where the other has a folder": Case(F, {"n": "1\n"}, {"n/m": "2\n"}, {"n": "other"}),
    "renamed and edited": Case(F, {"f": None, "g": LINES}, {"f": edited(2, "y")}),
    "renamed and edited at the same line": Case(
        F, {"f": None, "g": edited(2, "x")}, {"f": edited(2, "y")}, {"g": "content"}
    ),
    "renamed twice": Case(
        F, {"f": None, "g": LINES}, {"f": None, "h": LINES}, {"f": "other", "g": "other", "h": "other"}
    ),
    "renamed and deleted": Case(F, {"f": None, "g": LINES}, {"f": None}, {"g": "modify/delete"}),
    "renamed to what the other adds": Case(F, {"f": None, "g": LINES}, {"g": "2\n"}, {"g": "add/add"}),
    "a folder renamed, a file added there": Case(FOLDER, MOVED, {"d/n": "n\n"}, {"e/n": "other"}),
    "a folder renamed by both": Case(FOLDER, MOVED, MOVED),
    "a folder split, a file added there": Case(
        {**FOLDER, "d/x": f"x\n{LINES}"},
        {f"d/{n}": None for n in "abcx"}
        | {f"{to}/{n}": FOLDER[f"d/{n}"] for to, n in ("ea", "eb", "hc")}
        | {"h/x": f"x\n{LINES}"},
        {"d/n": "n\n"},
        {"d": "other"},
    ),
    "submodule moved on": Case({"s": MODULE}, {"s": OTHER_MODULE}, {"s": ("160000", "3" * 40)}, {"s": "content"}),
    "submodule removed and moved on": Case({"s": MODULE}, {"s": None}, {"s": OTHER_MODULE}, {"s": "modify/delete"}),
    "the ledger alone": Case(
        F, {".agentledger/tasks/t/log.md": "# a\n"}, {".agentledger/tasks/t/log.md": "# b\n"}, tried=False
    ),
}  # fmt: skip


def place(name: str, files: Mapping[str, Content]) -> dict[str, Content]:
    """The files in a folder of their own, but for the ledger."""
    return {path if path.startswith(".") else f"{name}/{path}": content for path, content in files.items()}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Collisions:
    """All cases in one repository: each has a folder and two branches."""
    repo = Repo.init(tmp_path_factory.mktemp("cases") / "r")
    base = repo.commit(
        "main", {p: c for name, case in CASES.items() for p, c in place(name, case.base).items()}
    )
    for number, (name, case) in enumerate(CASES.items()):
        for side, files in (("a", case.ours), ("b", case.theirs)):
            # A file of its own: a branch that does nothing else is no branch with work.
            own = {f"{name}/own {side}": f"{name} {side}\n"}
            repo.commit(f"agent/{number:02d}-{side}", place(name, files) | own, parents=[base])
    return compare(repo)


def compare(repo: Repo, **request: object) -> Collisions:
    found = fleet(repo, pairs=True, rules=False, lines=False, dormant=None, **request).collisions
    assert found is not None
    return found


def by_names(collisions: Collisions) -> dict[tuple[str, str], Pair]:
    return {(p.a.rpartition("/")[2], p.b.rpartition("/")[2]): p for p in collisions.pairs}


def kinds(pair: Pair | None) -> dict[str, str]:
    assert pair is None or pair.grade is Grade.CONFLICT
    return {decode(file.path): file.kind for file in pair.files} if pair else {}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_what_git_makes_of_it(cases: Collisions, name: str) -> None:
    number = list(CASES).index(name)
    pair = by_names(cases).get((f"{number:02d}-a", f"{number:02d}-b"))
    assert kinds(pair) == place(name, CASES[name].conflicts)


def test_git_merges_no_pair_that_cannot_conflict(cases: Collisions) -> None:
    assert all(pair.a[-4:-2] == pair.b[-4:-2] for pair in cases.pairs)
    assert cases.total == len(CASES) * (2 * len(CASES) - 1)
    assert cases.tried == sum(case.tried for case in CASES.values())


# -- shared commits -----------------------------------------------------------------------


def test_branches_that_share_commits_are_compared_from_where_they_part(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": LINES})
    low = repo.commit("agent/low", {"f": edited(2, "low")}, parents=[root])
    repo.commit("agent/up", {"f": edited(2, "up")}, parents=[low])
    repo.commit("agent/other", {"f": edited(2, "other")}, parents=[low])
    # It has base's own newer commit as well.
    repo.commit("main", {"g": "1\n"})
    repo.merge(
        "agent/late",
        [low, repo.git("rev-parse", "main")],
        {"g": "1\n", "f": edited(3, "late", edited(2, "low"))},
    )
    pairs = by_names(compare(repo))
    assert {two: kinds(pair) for two, pair in pairs.items()} == {
        ("other", "up"): {"f": "content"},
        ("late", "other"): {"f": "content"},
        ("late", "up"): {"f": "content"},
    }
    assert all(pair.stacked for pair in pairs.values())


# -- what git cannot merge ----------------------------------------------------------------

# git's merge stops at an assertion: a folder moved by both, in which one puts a submodule where the other has a link.
MOVED_IN: Mapping[str, Content] = {
    **{f"a/b/{n}": None for n in "fgi"},
    **{f"a/b/in/{n}": f"{n}\n{LINES}" for n in "fg"},
    "a/b/in/i": MODULE,
}


def make_assertion(repo: Repo) -> None:
    root = repo.commit("main", {"a/b/f": f"f\n{LINES}", "a/b/g": f"g\n{LINES}", "a/b/i": MODULE, "f": LINES})
    repo.commit("agent/a", MOVED_IN, parents=[root])
    repo.commit("agent/b", {**MOVED_IN, "a/b/i": ("120000", "f")}, parents=[root])
    for name in "cd":
        repo.commit(f"agent/{name}", {"f": edited(2, name)}, parents=[root])


def test_a_pair_at_which_git_dies_is_unknown_and_its_neighbours_are_not(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    make_assertion(repo)
    pairs = by_names(compare(repo))
    assert {two: pair.grade for two, pair in pairs.items()} == {
        ("a", "b"): Grade.UNKNOWN,
        ("c", "d"): Grade.CONFLICT,
    }
    assert "Assertion" in pairs["a", "b"].failed
    # It is asked again each time: another version of git may know.
    assert by_names(compare(repo)) == pairs


@pytest.mark.parametrize(
    ("lost", "unknown"),
    [("main:f", {("a", "b"), ("b", "c")}), ("agent/b:f", {("a", "b"), ("b", "c")}), ("agent/b:d", set())],
)
def test_a_missing_object_is_no_clean_pair(tmp_path: Path, lost: str, unknown: set[tuple[str, str]]) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": LINES, "d/g": f"g\n{LINES}"})
    for number, name in enumerate("abc", 2):
        files = {"f": edited(number, name), "d/g": "g\n" + edited(number, name)}
        repo.commit(f"agent/{name}", files, parents=[root])
    repo.commit("agent/d", {"d/g": "g\n" + edited(4, "d")}, parents=[root])
    repo.flush()
    damage.unpack(repo)
    damage.remove(repo, lost)
    pairs = by_names(compare(repo))
    assert {two for two, pair in pairs.items() if pair.grade is Grade.UNKNOWN} >= unknown
    assert all(pair.failed for pair in pairs.values() if pair.grade is Grade.UNKNOWN)
    # The rest of the batch has its answers.
    assert kinds(pairs["c", "d"]) == {"d/g": "content"}
