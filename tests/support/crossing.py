"""A small shop whose branches do to its tests what branches do: each from the same base, with unittest as the runner.

Belongs here: base, and what each branch changes. Does not: what crossing a branch is expected to show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema

from agentledger.reports import shapes
from command import run
from gitrepo import Files, Repo
from rulecases import BODY

# Runs the functions of tests, prints what pytest would at its end, and writes a JUnit file where it gets a path for it.
RUN = "python3 -SB check.py"
RUNNER = """\
import importlib.util, sys, pathlib
from xml.sax.saxutils import quoteattr
sys.path.insert(0, ".")
files = [a for a in sys.argv[1:] if a.endswith(".py")] or sorted(map(str, pathlib.Path("tests").glob("test_*.py")))
report = next((a for a in sys.argv[1:] if a.endswith(".xml")), None)
counts, cases = {"failed": 0, "passed": 0, "skipped": 0, "errors": 0}, []
def end(kind, file, name, inner=""):
    counts[kind] += 1
    place = file.removesuffix(".py").replace("/", ".")
    place, name = (place, name) if name else ("", place)  # a file that does not load is named as pytest names it
    cases.append(f'<testcase classname="{place}" name="{name}">{inner}</testcase>')
for file in files:
    spec = importlib.util.spec_from_file_location(pathlib.Path(file).stem, file)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        print(f"ERROR {file} - {type(error).__name__}: {error}")
        end("errors", file, "", f"<error message={quoteattr('collection failure')}>{error}</error>")
        continue
    for name, test in list(vars(module).items()):
        if not name.startswith("test_"):
            continue
        try:
            kind = "skipped" if getattr(test, "skip", False) else test() or "passed"
            end(kind, file, name, "<skipped/>" if kind == "skipped" else "")
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            print(f"FAILED {file}::{name} - {words}")
            end("failed", file, name, f"<failure message={quoteattr(words)}>{words}</failure>")
ran = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
print(f"=== {ran or 'no tests ran'} in 0.01s ===")
if report:
    body = "".join(cases)
    pathlib.Path(report).write_text(f'<testsuites><testsuite name="pytest">{body}</testsuite></testsuites>')
sys.exit(1 if counts["failed"] or counts["errors"] else 0 if ran else 5)
"""
PRICE = """\
def total(prices, discount=0):
    return sum(prices) - discount


def is_large(prices):
    return total(prices) >= 100
"""
TEST = """\
from shop import price


def test_adds():
    assert price.total([1, 2]) == 3


def test_large_from_100_on():
    assert not price.is_large([99])
    assert price.is_large([100])
"""
STRICT = "    assert not price.is_large([99])\n"
LOWERED = PRICE.replace(">= 100", ">= 50")
CAPPED = PRICE.replace("return sum(prices) - discount", "return max(sum(prices) - discount, 0)")
RENAMED = PRICE.replace("total(", "sum_up(")
TIDY = PRICE.replace("sum(prices) - discount", "-discount + sum(prices)")
ASKS_CAP = TEST + "\n\ndef test_never_below_0():\n    assert price.total([1], 2) == 0\n"

BASE: Files = {
    "shop/__init__.py": "",
    "shop/price.py": PRICE,
    "check.py": RUNNER,
    "tests/test_price.py": TEST,
    "README.md": "A shop.\n",
    ".gitignore": "__pycache__/\n",
    ".agentledger/config.toml": f'[[verify]]\nname = "smoke"\nrun = "{RUN}"\nintegrity = true\npaths = ["loose/**"]\n',
}
# By task, what its branch changes.
BRANCHES: dict[str, Files] = {
    # The limit is another one, and what asked for the old one is gone.
    "threshold": {"shop/price.py": LOWERED, "tests/test_price.py": TEST.replace(STRICT, "")},
    # Something new, and a test that asks for it.
    "discount": {"shop/price.py": CAPPED, "tests/test_price.py": ASKS_CAP},
    # The same demands under another name.
    "rename": {
        "shop/price.py": RENAMED,
        "tests/test_price.py": TEST.replace("price.total(", "price.sum_up("),
    },
    # Behaviour and demand changed together.
    "contract": {
        "shop/price.py": LOWERED,
        "tests/test_price.py": TEST.replace("[99]", "[49]").replace("[100]", "[50]"),
    },
    # Nothing that a test could see; with a test that asks for nothing new, and without.
    "tidy": {"shop/price.py": TIDY},
    "idle": {"shop/price.py": TIDY, "tests/test_more.py": TEST},
    "tests-only": {"tests/test_price.py": TEST.replace(STRICT, "")},
    "words-only": {"README.md": "A better shop.\n"},
    "broken": {"shop/price.py": LOWERED},
    # On top of `discount`.
    "stacked": {"shop/price.py": CAPPED + "\n\n# Nothing else.\n"},
}


def build_shop(
    folder: Path, verify: Any = RUN, checks: Mapping[str, Any] = MappingProxyType({}), **more: Files
) -> Repo:
    """The shop with a brief on the control branch for each branch, and one branch without.

    `verify` is the check of all but those that `checks` has another one for; `more` are further branches.
    """
    repo = Repo.init(folder)
    repo.git("config", "user.name", "Ana")
    repo.git("config", "user.email", "ana@example.org")
    root = repo.commit("main", BASE)
    briefs, below = {}, root
    for task, files in (BRANCHES | more).items():
        check = json.dumps({"test": checks.get(task, verify)})
        stands = "depends_on: [discount]\n" if task == "stacked" else ""
        briefs[f"tasks/{task}/brief.md"] = brief = (
            f"---\ntask: {task}\nowns: ['**']\nverify: {check}\n{stands}---\n{BODY}"
        )
        own = {f".agentledger/tasks/{task}/brief.md": brief}
        tip = repo.commit(f"agent/{task}", {**files, **own}, parents=[below if stands else root])
        below = tip if task == "discount" else below
    repo.commit("agent/loose", {"loose/a.txt": "1\n", "shop/price.py": TIDY}, parents=[root])
    repo.commit("agentledger", briefs, parents=[])
    repo.checkout("main")
    return repo


def cross(repo: Repo, name: str, *arguments: str, folder: Path | None = None) -> dict[str, Any]:
    """What crossing a branch shows, as JSON that is as its schema says."""
    result = run(folder or repo.path, "verify", "--integrity", name, *arguments, "--format", "json")
    assert result.code == 0, result
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("crossed")))
    return document
