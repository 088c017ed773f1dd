"""What may break: names that one branch takes away and lines of another one use; and false alarms.

Every row is two branches of one repository, in a folder of their own; such false alarms come up in real histories.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from agentledger.model.collisions import Hint
from agentledger.model.fleet import Fleet
from gitrepo import Files, Repo
from reading import fleet, git_commands


class Row(NamedTuple):
    """What base has, what the one branch and the other one change, and the hint: definition, use, new name."""

    base: Files
    one: Files
    other: Files
    name: str = ""
    definition: str = ""
    use: str = ""
    renamed: str = ""


PY = "import os\n\n\ndef {}(url):\n    return os.stat(url)\n"
KEPT = "import os\n"

BREAK = {
    "python function": Row(
        {"a.py": PY.format("fetch_page")},
        {"a.py": KEPT},
        {"b.py": "from a import fetch_page\n"},
        "fetch_page",
        "def fetch_page(url):",
        "from a import fetch_page",
    ),
    "python function renamed": Row(
        {"a.py": PY.format("redact_password")},
        {"a.py": PY.format("redact_auth")},
        {"b.py": "import a\n\nprint(a.redact_password('x'))\n"},
        "redact_password",
        "def redact_password(url):",
        "print(a.redact_password('x'))",
        "redact_auth",
    ),
    "python file removed": Row(
        {"old/a.py": "class BaseRetrying:\n    pass\n"},
        {"old/a.py": None},
        {"new.py": "class Mine(BaseRetrying):\n    pass\n"},
        "BaseRetrying",
        "class BaseRetrying:",
        "class Mine(BaseRetrying):",
    ),
    "python constant": Row(
        {"a.py": "STOP_NEVER = 1\n"},
        {"a.py": "# nothing\n"},
        {"b.py": "x = STOP_NEVER + 1\n"},
        "STOP_NEVER",
        "STOP_NEVER = 1",
        "x = STOP_NEVER + 1",
    ),
    "typescript function": Row(
        {"a.ts": "export function transformResult<T>(\n  a: T,\n) {}\n"},
        {"a.ts": None},
        {"b.tsx": "import { transformResult } from './a';\n"},
        "transformResult",
        "export function transformResult<T>(",
        "import { transformResult } from './a';",
    ),
    "javascript arrow renamed": Row(
        {"a.js": "export const pathFromUrl = (url) => url\n"},
        {"a.js": "export const takePath = (url) => url\n"},
        {"b.mjs": "run(pathFromUrl(x))\n"},
        "pathFromUrl",
        "export const pathFromUrl = (url) => url",
        "run(pathFromUrl(x))",
        "takePath",
    ),
    "javascript method": Row(
        {"a.js": "class A {\n  drainQueue(all) {\n    return all\n  }\n}\n"},
        {"a.js": "class A {\n}\n"},
        {"b.js": "a.drainQueue(1)\n"},
        "drainQueue",
        "drainQueue(all) {",
        "a.drainQueue(1)",
    ),
    "go method": Row(
        {"a.go": "package a\n\nfunc (c *Config) CheckWriteable(host string) error {\n\treturn nil\n}\n"},
        {"a.go": "package a\n"},
        {"b.go": "package a\n\nvar e = cfg.CheckWriteable(h)\n"},
        "CheckWriteable",
        "func (c *Config) CheckWriteable(host string) error {",
        "var e = cfg.CheckWriteable(h)",
    ),
    "go type": Row(
        {"a.go": "package a\n\ntype FakeHTTP struct {\n\tn int\n}\n"},
        {"a.go": "package a\n"},
        {"b_test.go": "package a\n\nvar http = &FakeHTTP{}\n"},
        "FakeHTTP",
        "type FakeHTTP struct {",
        "var http = &FakeHTTP{}",
    ),
    "rust function": Row(
        {"a.rs": "pub fn value_of_os(&self) -> u8 {\n    1\n}\n"},
        {"a.rs": "// none\n"},
        {"b.rs": 'assert_eq!(m.value_of_os("it\'s"), 1);\n'},
        "value_of_os",
        "pub fn value_of_os(&self) -> u8 {",
        'assert_eq!(m.value_of_os("it\'s"), 1);',
    ),
    "c macro": Row(
        {"a.h": "#define MAX_DEPTH 12\n"},
        {"a.h": "\n"},
        {"b.c": "int x[MAX_DEPTH];\n"},
        "MAX_DEPTH",
        "#define MAX_DEPTH 12",
        "int x[MAX_DEPTH];",
    ),
    "java method": Row(
        {"A.java": "class A {\n  public static int countWheels(int a) throws E {\n    return a;\n  }\n}\n"},
        {"A.java": "class A {\n}\n"},
        {"B.java": "class B {\n  int n = A.countWheels(1);\n}\n"},
        "countWheels",
        "public static int countWheels(int a) throws E {",
        "int n = A.countWheels(1);",
    ),
    "ruby method": Row(
        {"a.rb": "def self.render_card(x)\nend\n"},
        {"a.rb": "# none\n"},
        {"b.rb": "A.render_card 1\n"},
        "render_card",
        "def self.render_card(x)",
        "A.render_card 1",
    ),
    "imported from the module that lost it": Row(
        {"pages.py": PY.format("load_all"), "c.py": PY.format("load_all")},
        {"pages.py": KEPT},
        {"b.py": "from pages import KEPT, load_all\n"},
        "load_all",
        "def load_all(url):",
        "from pages import KEPT, load_all",
    ),
    "taken from a module that is imported under its own name": Row(
        {"pages.js": "export const openAll = 1\n", "c.js": "export const openAll = 1\n"},
        {"pages.js": "// none\n"},
        {"b.js": "const pages = require('./pages')\npages.openAll(1)\n"},
        "openAll",
        "export const openAll = 1",
        "pages.openAll(1)",
    ),
    "taken from the package that lost it": Row(
        {"git/a.go": "package git\n\nfunc Clean() {\n}\n", "c.go": "package c\n\nfunc Clean() {\n}\n"},
        {"git/a.go": "package git\n"},
        {"b.go": "package b\n\nvar x = git.Clean()\n"},
        "Clean",
        "func Clean() {",
        "var x = git.Clean()",
    ),
    "imported from the script that lost it": Row(
        {"url.ts": "export const joinAll = 1\n", "c.ts": "export const joinAll = 1\n"},
        {"url.ts": "// none\n"},
        {"b.ts": "import { joinAll, x } from './url'\n"},
        "joinAll",
        "export const joinAll = 1",
        "import { joinAll, x } from './url'",
    ),
    "used from the crate's module that lost it": Row(
        {"disk/mod.rs": "pub fn seek_to() {\n}\n", "c.rs": "fn seek_to() {\n}\n"},
        {"disk/mod.rs": "// none\n"},
        {"b.rs": "use crate::disk::{read, seek_to};\n"},
        "seek_to",
        "pub fn seek_to() {",
        "use crate::disk::{read, seek_to};",
    ),
}
QUIET = {
    "another module of that name has it": Row(
        {"one/common.rs": "pub fn assert_all() {\n}\n", "two/common.rs": "pub fn assert_all() {\n}\n"},
        {"one/common.rs": "// none\n"},
        {"two/b.rs": "common::assert_all();\n"},
    ),
    "moved to another file": Row(
        {"a.py": PY.format("moved_away")},
        {"a.py": KEPT, "c.py": PY.format("moved_away")},
        {"b.py": "moved_away()\n"},
    ),
    "another one is left in a file that neither touches": Row(
        {"a.py": PY.format("defined_twice"), "c.py": PY.format("defined_twice")},
        {"a.py": KEPT},
        {"b.py": "defined_twice()\n"},
    ),
    "another one is left in the same file": Row(
        {"a.py": PY.format("still_here") + "\n\nx = thing.still_here\n"},
        {"a.py": KEPT + "\n\nx = thing.still_here\n"},
        {"b.py": "still_here()\n"},
    ),
    "only its parameters change": Row(
        {"a.py": PY.format("more_parameters")},
        {"a.py": PY.format("more_parameters").replace("url)", "url, more)")},
        {"b.py": "more_parameters(1)\n"},
    ),
    "the other one defines it": Row(
        {"a.py": PY.format("own_helper")},
        {"a.py": KEPT},
        {"b.py": "def own_helper():\n    pass\n\n\nown_helper()\n"},
    ),
    "the other one defines it for any types": Row(
        {"A.java": "class A {\n  public Answer<T> toAnswer(Answer<?> a) {\n    return a;\n  }\n}\n"},
        {"A.java": "class A {\n}\n"},
        {
            "B.java": "class B {\n  public static <T, A> Map<T, A> toAnswer(A a) {\n    return a;\n  }\n}\n",
            "C.java": "class C {\n  int n = B.toAnswer(1);\n}\n",
        },
    ),
    "an object that is called like the module": Row(
        {"writer.py": PY.format("send_all"), "c.py": PY.format("send_all")},
        {"writer.py": KEPT},
        {"b.py": "import c\n\n\ndef f(self, writer: c.C) -> None:\n    writer.send_all(1)\n"},
    ),
    "a part of something else that is called like the module": Row(
        {"fs/path.py": PY.format("split_all"), "c.py": PY.format("split_all")},
        {"fs/path.py": KEPT},
        {"b.py": "import os\n\nos.path.split_all(1)\n"},
    ),
    "the other one has a variable": Row(
        {"a.py": PY.format("page_size")},
        {"a.py": KEPT},
        {"b.py": "def f():\n    print(page_size)\n    page_size, n = 1, 2\n"},
    ),
    "the other one has a variable of a condition": Row(
        {"a.go": "package a\n\nfunc homeDir() string {\n}\n"},
        {"a.go": "package a\n"},
        {
            "b.go": "package b\n\nfunc f() {\n\tif homeDir, err := dir(); err == nil {\n\t\tg(homeDir)\n\t}\n}\n"
        },
    ),
    "the other one has a parameter": Row(
        {"a.ts": "export const rowCount = () => 1\n"},
        {"a.ts": "// none\n"},
        {"b.ts": "rows.map((rowCount, at) => rowCount + 1)\n"},
    ),
    "the other one takes an object apart": Row(
        {"a.ts": "export const cellWidth = () => 1\n"},
        {"a.ts": "// none\n"},
        {"b.ts": "f(cellWidth)\nconst { x, cellWidth } = props\n"},
    ),
    "a named argument": Row(
        {"a.py": PY.format("timeout_after")},
        {"a.py": KEPT},
        {"b.py": "import x\n\nx.run(timeout_after=3)\n"},
    ),
    "a key": Row(
        {"a.ts": "export const maxItems = () => 1\n"},
        {"a.ts": "// none\n"},
        {"b.ts": "const x = { maxItems: 3 }\n"},
    ),
    "a comment and a text": Row(
        {"a.py": PY.format("only_told")},
        {"a.py": KEPT},
        {"b.py": "x = 1  # only_told\ny = 'only_told'\n"},
    ),
    "a line within a text of many lines": Row(
        {"a.py": PY.format("in_docstring"), "b.py": '"""Words.\n\nMore words.\n"""\n'},
        {"a.py": KEPT},
        {"b.py": '"""Words.\n\nUse in_docstring(x).\nMore words.\n"""\n'},
    ),
    "a line within a comment of many lines": Row(
        {"a.js": "function inComment() {}\n", "b.js": "/* Words.\n\nMore words.\n*/\n"},
        {"a.js": "\n"},
        {"b.js": "/* Words.\n\ninComment(x)\nMore words.\n*/\n"},
    ),
    "another language": Row(
        {"a.py": PY.format("other_tongue")},
        {"a.py": KEPT},
        {"b.go": "package a\n\nvar x = other_tongue()\n"},
    ),
    "a line that used it before": Row(
        {"a.py": PY.format("used_before"), "b.py": "x = used_before(1)\n"},
        {"a.py": KEPT, "b.py": None},
        {"b.py": "x = used_before(1, 2)\n"},
    ),
    "a name that everybody takes": Row(
        {"a.py": PY.format("handler")}, {"a.py": KEPT}, {"b.py": "print(handler)\n"}
    ),
    "a short name": Row({"a.py": PY.format("fn")}, {"a.py": KEPT}, {"b.py": "print(fn(1))\n"}),
    "a conflict in that file": Row(
        {"a.py": PY.format("in_conflict") + "\n\nTAIL = 1\n"},
        {"a.py": None},
        {"a.py": PY.format("in_conflict") + "\n\nTAIL = 1\nx = in_conflict(1)\n"},
    ),
    "a variable of that type": Row(
        {"a.c": "int x;\nstruct node_list *all = 0;\n"},
        {"a.c": "int x;\n"},
        {"b.c": "struct node_list *more;\n"},
    ),
}


def slug(title: str) -> str:
    """A title as a part of a branch's name and a folder."""
    return title.replace(" ", "-")


def branches_of(title: str) -> tuple[str, str]:
    """The refs of the branches of a row."""
    return f"refs/heads/agent/{slug(title)}-one", f"refs/heads/agent/{slug(title)}-other"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    made = Repo.init(tmp_path_factory.mktemp("hints") / "r")
    rows = {slug(title): row for title, row in (BREAK | QUIET).items()}
    base = made.commit(
        "main", {f"{folder}/{path}": each for folder, row in rows.items() for path, each in row.base.items()}
    )
    for folder, row in rows.items():
        for ending, files in (("one", row.one), ("other", row.other)):
            changes = {f"{folder}/{path}": each for path, each in files.items()}
            made.commit(f"agent/{folder}-{ending}", changes, parents=[base])
    made.flush()
    return made


@pytest.fixture(scope="module")
def compared(repo: Repo) -> Fleet:
    return fleet(repo, pairs=True, hints=True)


def hints_of(compared: Fleet, title: str) -> list[Hint]:
    assert compared.collisions
    return [hint for hint in compared.collisions.hints if {hint.a, hint.b} & set(branches_of(title))]


@pytest.mark.parametrize("title", BREAK)
def test_a_name_that_goes_and_is_used_is_shown_with_both_lines(compared: Fleet, title: str) -> None:
    row = BREAK[title]
    hints = hints_of(compared, title)
    assert [(h.a, h.b) for h in hints] == [branches_of(title)]
    (hint,) = hints
    folder = slug(title).encode()
    assert (hint.name, hint.definition.text, hint.use.text, hint.renamed) == row[3:]
    for line, files in ((hint.definition, row.base), (hint.use, row.other)):
        text = files[line.path.removeprefix(folder + b"/").decode()]
        assert str(text).splitlines()[line.number - 1].strip() == line.text


@pytest.mark.parametrize("title", QUIET)
def test_false_alarms_of_real_histories_give_no_hint(compared: Fleet, title: str) -> None:
    assert hints_of(compared, title) == []


def test_what_is_known_is_not_read_again(
    repo: Repo, compared: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with git_commands(monkeypatch, tmp_path / "trace") as counted:
        again = fleet(repo, pairs=True, hints=True)
    assert again.collisions == compared.collisions
    assert counted["diff-tree"] <= 2
    # The policy's one is none of ours.
    assert counted["grep"] <= 1


def test_a_hint_stays_where_the_file_exists_in_a_merge_with_base_alone(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    rest = "".join(f"x{n} = {n}\n" for n in range(9))
    at = repo.commit("main", {"a.py": PY.format("lower_part") + rest, "b.py": rest})
    repo.commit(
        "main", {"a.py": PY.format("lower_part") + rest + "y = 1\n", "b.py": rest + "y = 1\n"}, parents=[at]
    )
    repo.commit("agent/one", {"a.py": KEPT + rest}, parents=[at])
    repo.commit("agent/other", {"b.py": "import a\na.lower_part()\n" + rest}, parents=[at])
    found = [fleet(repo, pairs=True, hints=True).collisions for _ in range(2)]
    assert [[h.name for h in each.hints] for each in found if each] == [["lower_part"], ["lower_part"]]


def test_who_asks_for_no_hints_gets_none(repo: Repo) -> None:
    found = fleet(repo, pairs=True).collisions
    assert found
    assert found.hints == ()


def test_only_the_branch_that_is_asked_for_has_hints(repo: Repo) -> None:
    only = branches_of("go type")[1]
    found = fleet(repo, pairs=True, hints=True, pairs_of=only).collisions
    assert found
    assert [(h.name, h.b) for h in found.hints] == [("FakeHTTP", only)]


def test_a_branch_that_stands_on_another_knows_what_that_does(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {"a.py": PY.format("lower_part")})
    lower = repo.commit("agent/lower", {"a.py": KEPT}, parents=[base])
    repo.commit("agent/upper", {"b.py": "lower_part()\n"}, parents=[lower])
    repo.commit("agent/aside", {"b.py": "lower_part()\n"}, parents=[base])
    found = fleet(repo, pairs=True, hints=True).collisions
    assert found
    assert {(h.a, h.b) for h in found.hints} >= {("refs/heads/agent/lower", "refs/heads/agent/aside")}
    assert ("refs/heads/agent/lower", "refs/heads/agent/upper") not in {(h.a, h.b) for h in found.hints}


def test_a_blob_that_is_no_text_is_nobodys_harm(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {"a.py": PY.format("odd_bytes"), "b.py": b"\0\xff\n"})
    repo.commit("agent/one", {"a.py": KEPT, "l.py": ("120000", "a.py")}, parents=[base])
    repo.commit("agent/other", {"b.py": b"odd_bytes()\xff\n", 'q"\n.py': "odd_bytes()\n"}, parents=[base])
    found = fleet(repo, pairs=True, hints=True).collisions
    assert found
    assert {h.name for h in found.hints} == {"odd_bytes"}
