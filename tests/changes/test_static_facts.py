"""What is counted in the test files of branches, without running them: the counts, new skips, marks to run alone.

Every case is a branch of one repository, and is read as all views read it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import damage
import reading
from agentledger.changes.marks_of_tests import LANGUAGES, is_comment, language_of
from agentledger.model.fleet import Branch
from agentledger.model.integrity import StaticFacts
from gitrepo import Content, Files, Repo
from writing import brief

BODY = "def test_{0}():\n    assert one({0!r})\n    assert two({0!r})\n\n\n"
PYTHON = "".join(BODY.format(name) for name in ("first", "second", "edge"))
SPEC = "describe('cart', () => {\n  it('adds', () => {\n    expect(add(1, 2)).toBe(3)\n  })\n})\n"
GO = 'func TestSum(t *testing.T) {\n\tif sum(1, 2) != 3 {\n\t\tt.Fatal("wrong")\n\t}\n}\n'
RUST = "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n"
JAVA = "class CartTest {\n  @Test\n  void adds() {\n    assertEquals(3, add(1, 2));\n  }\n}\n"
CODE = "".join(f"line {number}\n" for number in range(10))
BASE: Mapping[str, Content] = {
    "tests/test_cart.py": PYTHON,
    "tests/windows.py": PYTHON.replace("\n", "\r\n"),
    "web/cart.spec.ts": SPEC,
    "pkg/sum_test.go": GO,
    "tests/adds.rs": RUST,
    "src/CartTest.java": JAVA,
    "src/cart.py": CODE,
    "testing/helper.py": "def test_double():\n    assert True\n    assert True\n",
    "tests/data/picture.py": b"assert\0 no text\n",
}
LESS = PYTHON.replace(BODY.format("edge"), "")
SKIP = "@pytest.mark.skip(reason='slow when it is cold')\n"


@dataclass(frozen=True)
class Case:
    """What a branch does to base's files, and what is counted then."""

    name: str
    files: Files
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    loss: bool = False
    skips: tuple[tuple[str, bool], ...] = ()
    more: dict[str, object] = field(default_factory=dict)


def after(text: str, mark: str, before: str = "def test_edge") -> str:
    return text.replace(before, f"{mark}{before}")


CASES = [
    Case("loses a test", {"tests/test_cart.py": LESS}, (2, 0, 1, 0), loss=True),
    Case(
        "loses assertions alone",
        {"tests/test_cart.py": PYTHON.replace("    assert two('edge')\n", "")},
        (1, 0, 0, 0),
    ),
    Case(
        "loses code too",
        {"tests/test_cart.py": LESS, "src/cart.py": "line 1\n"},
        (2, 0, 1, 0),
        more={"code_removed": 9},
    ),
    Case(
        "rewrites code",
        {"tests/test_cart.py": LESS, "src/cart.py": "new\n" * 12},
        (2, 0, 1, 0),
        loss=True,
        more={"code_removed": 10, "code_added": 12},
    ),
    Case(
        "adds rows",
        {"tests/test_cart.py": after(LESS, "@pytest.mark.parametrize('x', [1])\n", "def test_second")},
        (2, 0, 1, 0),
        more={"adds_rows": True},
    ),
    Case("comments out", {"tests/test_cart.py": PYTHON.replace("    assert", "    # assert")}, (6, 0, 0, 0)),
    Case("renames a file", {"tests/test_cart.py": None, "tests/test_basket.py": PYTHON}),
    Case("moves a test", {"tests/test_cart.py": LESS, "tests/test_edge.py": BODY.format("edge")}),
    Case(
        "indents",
        {
            "tests/test_cart.py": "class TestCart:\n"
            + "".join(f"    {line}\n" for line in PYTHON.splitlines())
        },
    ),
    Case("other line ends", {"tests/windows.py": PYTHON, "tests/test_cart.py": PYTHON.replace("\n", "\r\n")}),
    Case(
        "renames a test",
        {"tests/test_cart.py": PYTHON.replace("def test_edge", "def test_corner")},
        (0, 0, 1, 1),
    ),
    Case("skips", {"tests/test_cart.py": after(PYTHON, SKIP)}, skips=(("test_edge", False),)),
    Case(
        "skips in the body",
        {
            "tests/test_cart.py": PYTHON.replace(
                "    assert one('edge')", "    pytest.skip('later')\n    assert one('edge')"
            )
        },
        skips=(("test_edge", False),),
    ),
    Case(
        "skips where",
        {"tests/test_cart.py": after(PYTHON, "@pytest.mark.skipif(os.name == 'nt', reason='x')\n")},
        skips=(("test_edge", True),),
    ),
    Case(
        "may fail",
        {"tests/test_cart.py": after(PYTHON, "@pytest.mark.xfail(reason='x')\n")},
        skips=(("test_edge", False),),
    ),
    Case(
        "skips all", {"tests/test_cart.py": "pytestmark = pytest.mark.skip\n" + PYTHON}, skips=(("", False),)
    ),
    Case("adds a skipped test", {"tests/test_cart.py": PYTHON + SKIP + BODY.format("new")}, (0, 2, 0, 1)),
    Case(
        "moves and skips",
        {"tests/test_cart.py": None, "tests/test_basket.py": after(PYTHON, SKIP)},
        skips=(("test_edge", False),),
    ),
    Case(
        "JavaScript",
        {"web/cart.spec.ts": SPEC.replace("it(", "it.skip(")},
        (0, 0, 1, 1),
        skips=(("adds", False),),
    ),
    Case(
        "JavaScript group",
        {"web/cart.spec.ts": SPEC.replace("describe(", "describe.skip(")},
        skips=(("cart", False),),
    ),
    Case(
        "JavaScript alone",
        {"web/cart.spec.ts": SPEC.replace("it(", "it.only(")},
        (0, 0, 1, 1),
        more={"focus": [("web/cart.spec.ts", 2, "it.only('adds', () => {")]},
    ),
    Case(
        "speaks of a mark",
        {"web/cart.spec.ts": SPEC.replace("'adds'", "'runs it.only() and describe.skip()'")},
        (0, 0, 1, 1),
    ),
    Case(
        "Go",
        {"pkg/sum_test.go": GO.replace("\tif sum", '\tt.Skip("flaky if cold")\n\tif sum')},
        skips=(("TestSum", False),),
    ),
    Case(
        "Go, short",
        {"pkg/sum_test.go": GO.replace("\tif sum", "\tif testing.Short() {\n\t\tt.Skip()\n\t}\n\tif sum")},
        skips=(("TestSum", True),),
    ),
    Case("Go, built elsewhere", {"pkg/sum_test.go": "//go:build slow\n\n" + GO}, skips=(("", True),)),
    Case("Rust", {"tests/adds.rs": RUST.replace("fn adds", "#[ignore]\nfn adds")}, skips=(("adds", False),)),
    Case(
        "Java", {"src/CartTest.java": JAVA.replace("  void", "  @Disabled\n  void")}, skips=(("adds", False),)
    ),
    Case("a library's folder", {"testing/helper.py": ""}, more={"code_removed": 3}),
    Case("a binary file", {"tests/data/picture.py": b"assert\0 other\n"}),
    Case("packed", {"tests/test_cart.py": PYTHON + "x = 1;" * 400 + "assert y\n"}),
    Case("odd names", {b"tests/test_\xff\n.py": PYTHON}, (0, 6, 0, 3)),
    Case("documents alone", {"README.md": "x\n" * 9}),
]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    repo = Repo.init(tmp_path_factory.mktemp("facts") / "r")
    root = repo.commit("main", BASE)
    for number, case in enumerate(CASES):
        repo.commit(f"agent/{number}", case.files, parents=[root])
    repo.flush()
    return repo


@pytest.fixture(scope="module")
def branches(repo: Repo) -> Mapping[str, Branch]:
    return reading.named(reading.fleet(repo))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_what_a_branch_did_to_tests_is_counted(branches: Mapping[str, Branch], number: int) -> None:
    case, facts = CASES[number], branches[f"agent/{number}"].static_facts
    assert facts is not None
    counted = (facts.assertions_removed, facts.assertions_added, facts.tests_removed, facts.tests_added)
    assert (counted, facts.is_loss) == (case.counts, case.loss)
    assert tuple((mark.test, mark.conditional) for mark in facts.skips) == case.skips
    found = {"focus": [mark[1:4] for mark in facts.focus]} if facts.focus else {}
    found |= {
        key: value for key in ("code_removed", "code_added", "adds_rows") if (value := getattr(facts, key))
    }
    assert found == case.more


def test_more_branches_start_no_more_processes(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, found = [], []
    for number, chosen in enumerate((("agent/0", "agent/11"), ("agent/*",))):
        shutil.rmtree(repo.path / ".git/agentledger", ignore_errors=True)
        for turn in ("cold", "warm"):
            with reading.git_commands(monkeypatch, tmp_path / f"{number}-{turn}") as commands:
                found.append(reading.named(reading.fleet(repo, branches=chosen)))
            used.append(commands["diff-tree"] + commands["cat-file"])
        first, cached = found[-2:]
        assert {n: b.static_facts for n, b in cached.items()} == {n: b.static_facts for n, b in first.items()}
    assert used[0] == used[2]
    assert used[1] == used[3] < used[0]


@pytest.mark.parametrize("harm", [damage.remove, damage.truncate])
def test_a_damaged_test_is_unknown_and_takes_no_other_branch_with_it(
    repo: Repo, tmp_path: Path, harm: Callable[[Repo, str], None]
) -> None:
    copy = Repo(Path(shutil.copytree(repo.path, tmp_path / "r")))
    shutil.rmtree(copy.path / ".git/agentledger", ignore_errors=True)
    damage.unpack(copy)
    harm(copy, copy.git("rev-parse", "agent/11:tests/test_cart.py").strip())
    found = reading.named(reading.fleet(copy))
    assert found["agent/11"].static_facts is None
    assert found["agent/0"].static_facts == reading.branch(repo, "agent/0").static_facts


def test_a_partial_clone_counts_nothing_rather_than_too_little(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = repo.clone(tmp_path / "p", "--filter=blob:none", "--no-checkout")
    found = reading.named(reading.fleet(partial))
    assert {found[f"agent/{number}"].static_facts for number in (0, 11)} == {None}


def test_a_stacked_branch_counts_its_own_change_alone(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", BASE)
    briefs = {"a": [], "b": ["a"]}
    repo.commit(
        "agentledger",
        {f"tasks/{task}/brief.md": brief(task, depends_on=needs) for task, needs in briefs.items()},
        parents=[],
    )
    below = repo.commit("agent/a", {"tests/test_cart.py": LESS}, parents=[root])
    repo.commit("agent/b", {"tests/test_more.py": BODY.format("more")}, parents=[below])
    found = reading.named(reading.fleet(repo))
    assert found["agent/a"].static_facts == StaticFacts(assertions_removed=2, tests_removed=1)
    assert found["agent/b"].static_facts == StaticFacts(assertions_added=2, tests_added=1)


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.py", "# assert x", True),
        ("a.go", "// t.Fatal()", True),
        ("a.go", "//go:build slow", False),
        ("a.rs", "#[ignore]", False),
        ("a.php", "#[Test]", False),
        ("a.ts", "* expect(1)", True),
        ("a.c", "*p = 1;", False),
    ],
)
def test_comments(path: str, line: str, expected: bool) -> None:
    language = language_of(path.encode())
    assert language is not None
    assert is_comment(language, line.encode()) is expected


def test_every_ending_has_one_language() -> None:
    endings = [ending for _, text in LANGUAGES for ending in text.split()]
    assert len(endings) == len(set(endings))


@pytest.mark.parametrize(
    ("assertions", "tests", "code", "rows", "expected"),
    [
        ((2, 0), (1, 0), (0, 0), False, True),
        ((1, 0), (1, 0), (0, 0), False, False),
        ((9, 8), (1, 0), (0, 0), False, False),
        ((2, 0), (1, 1), (0, 0), False, False),
        ((2, 0), (1, 0), (9, 8), False, False),
        ((2, 0), (1, 0), (9, 9), False, True),
        ((2, 0), (1, 0), (0, 0), True, False),
    ],
)
def test_the_threshold(
    assertions: tuple[int, int], tests: tuple[int, int], code: tuple[int, int], rows: bool, expected: bool
) -> None:
    facts = StaticFacts(
        assertions_removed=assertions[0],
        assertions_added=assertions[1],
        tests_removed=tests[0],
        tests_added=tests[1],
        code_removed=code[0],
        code_added=code[1],
        adds_rows=rows,
    )
    assert facts.is_loss is expected
