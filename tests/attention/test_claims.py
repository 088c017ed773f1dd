"""Claims of agents held against facts: which sentences claim something, and which facts contradict them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import command
import reading
from agentledger.attention.claim_words import TABLE, Kind, find_claims, find_names, names_path
from agentledger.attention.claims import find_contradictions
from agentledger.model.fleet import Branch, Fleet
from gitrepo import Content, Repo
from outputs import read_outputs
from writing import Desk, brief, check_in, document, evidence

TESTS = "def test_one():\n    assert one()\n    assert one()\n\n\ndef test_two():\n    assert two()\n    assert two()\n"
LESS = TESTS.split("\n\n\n", maxsplit=1)[0] + "\n"
PARTS = (
    "Summary",
    "Why this approach",
    "Files touched",
    "Acceptance criteria",
    "Test plan and results",
    "Risks and follow-ups",
)


@pytest.mark.parametrize(("kind", "claims", "other"), [(kind, yes, no) for kind, _, yes, no in TABLE])
def test_each_row_of_the_table_knows_its_example_and_not_the_other(
    kind: Kind, claims: str, other: str
) -> None:
    assert [claim.kind for claim in find_claims(claims)] == [kind]
    assert find_claims(other) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Not all tests pass.",
        "All tests pass except test_edge.",
        "No new dependencies apart from attrs.",
        "I will report once all tests pass.",
        "Make sure that all tests pass.",
        "Do all tests pass?",
        "> All tests pass.",
        "```\nAll tests pass.\n```",
        "<!-- All tests pass. -->",
        "- [ ] all existing tests pass",
        "---\nnote: All tests pass.\n---\n",
        "## All tests pass",
        "It should not matter that all tests pass.",
        "The brief requires that no tests were removed.",
        "All test files are in one folder.",
        "A map service would be a new dependency.",
        "There is no dependency between the two.",
        "Only the manager may change `src/a.py`.",
        "It only changes what `src/a.py` returns.",
    ],
)
def test_conditions_wishes_quotations_and_code_claim_nothing(text: str) -> None:
    assert find_claims(text) == ()


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("First.\n\nAll of the 214 tests\nstill pass, and fast.", Kind.TESTS_PASS, 3),
        ("- [x] All existing tests pass\n", Kind.TESTS_PASS, 1),
        ("The whole test suite is green.", Kind.TESTS_PASS, 1),
        ("a\nb. I did not touch any existing tests", Kind.NO_TEST_CHANGED, 2),
        ("This adds the limit without adding any new dependencies.", Kind.NO_DEPENDENCY, 1),
        ("I only edited `a.py` and `b.py`.", Kind.ONLY_FILES, 1),
    ],
)
def test_the_line_of_a_claim(text: str, kind: Kind, line: int) -> None:
    (claim,) = find_claims(text)
    assert (claim.kind, claim.line) == (kind, line)


def test_names_of_files() -> None:
    assert find_names("Only `src/a.py`, docs/api/ and https://x.example/y.py") == ("src/a.py", "docs/api/")
    assert names_path("a.py", b"src/a.py")
    assert names_path("src/", b"src/x/a.py")
    assert names_path("src/**/a.py", b"src/x/a.py")
    assert not names_path("b.py", b"src/a.py")


# -- against a repository --------------------------------------------------------------------------


def packet(head: str, **texts: str) -> str:
    """A packet with something in each section."""
    usual = {
        "Summary": "It is fast.",
        "Why this approach": "It is short.",
        "Files touched": "- `src/a.py`",
        "Acceptance criteria": "- [x] It takes a second\n  - test",
        "Test plan and results": "`test` ran.",
        "Risks and follow-ups": "None.",
    }
    said = usual | {title: text for title, text in texts.items() if title in PARTS}
    return document(
        "".join(f"## {part}\n\n{said[part]}\n\n" for part in PARTS), task="x", base=head, head=head
    )


@dataclass(frozen=True)
class Case:
    """What the packet's summary says, what the branch did, and a part of the fact that meets it; '' for none."""

    says: str
    files: Mapping[str, Content]
    fact: str
    code: int = 0
    parts: dict[str, str] = field(default_factory=dict)


A = {"src/a.py": "2\n"}
CASES = [
    Case("All tests pass.", A, ""),
    Case("All tests pass.", A, "check test failed", code=1),
    Case("All tests pass.", A | {"tests/test_a.py": LESS}, "2 assertions and 1 test fewer than on base"),
    Case("All tests pass.", A | {"tests/test_a.py": "import x\n@x.skip\n" + TESTS}, ""),
    Case("All existing tests pass.", A | {"tests/test_a.py": "@pytest.mark.skip\n" + TESTS}, "test_one skipped"),
    Case("No tests were changed.", A | {"tests/test_a.py": LESS}, "tests/test_a.py lost lines"),
    Case("No tests were changed.", A | {"tests/test_a.py": TESTS + "\n\ndef test_new():\n    assert 1\n"}, ""),
    Case("No tests were removed.", A | {"tests/test_a.py": None}, "2 tests fewer declared than on base"),
    Case("No tests were removed.", A | {"tests/test_a.py": None, "tests/test_b.py": TESTS}, ""),
    Case("No test is skipped.", A | {"tests/test_a.py": "@pytest.mark.skip\n" + TESTS}, "test_one skipped"),
    Case("Only `src/a.py` was changed.", A | {"src/b.py": "1\n"}, "src/b.py changed too"),
    Case("This only touches `src/`.", A | {"src/b.py": "1\n"}, ""),
    Case("Only `src/a.py` and its tests were changed.", A | {"tests/test_a.py": LESS}, ""),
    Case("No other file was touched.", A | {"docs/b.md": "1\n"}, "docs/b.md changed too"),
    Case("No other file was touched.", A, ""),
    Case("I stayed within my scope.", A | {"docs/b.md": "1\n"}, "docs/b.md changed, outside its scope"),
    Case("No new dependencies.", A | {"uv.lock": "1\n"}, "uv.lock gained lines"),
    Case("No new dependencies.", A | {"pyproject.toml": "1\n"}, ""),
    Case("", A, "tests/test_gone.py::test_it is not there",
         parts={"Acceptance criteria": "- [x] It takes a second\n  - tests/test_gone.py::test_it"}),
    Case("", A, "tests/test_a.py::test_three is not there",
         parts={"Acceptance criteria": "- [x] It takes a second\n  - tests/test_a.py::test_three"}),
    Case("", A, "", parts={"Acceptance criteria": "- [x] It takes a second\n  - tests/test_a.py::test_two, out/x.txt"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A branch and a task for each case."""
    repo = Repo.init(tmp_path_factory.mktemp("claims") / "r")
    root = repo.commit("main", {"src/a.py": "1\n", "tests/test_a.py": TESTS})
    briefs = {f"tasks/x{number}/brief.md": brief(f"x{number}", owns=["src/**", "tests/**", "uv.lock", "pyproject.toml"])
              for number in range(len(CASES))}  # fmt: skip
    repo.commit("agentledger", briefs, parents=[])
    for number, case in enumerate(CASES):
        code = repo.commit(f"agent/x{number}", case.files, parents=[root])
        repo.flush()
        text = packet(code.id, **{"Summary": case.says or "It is fast."} | case.parts).replace(
            'task: "x"', f"task: x{number}"
        )
        folder = f".agentledger/tasks/x{number}"
        files = {
            "packet.md": text,
            "evidence/test.json": evidence(code, case.code),
            "status/9.md": check_in("ready"),
        }
        repo.commit(f"agent/x{number}", {f"{folder}/{name}": each for name, each in files.items()})
    return reading.fleet(repo)


def facts_of(fleet: Fleet, branch: Branch) -> list[str]:
    """The facts that contradict a claim, without the list of files, which the rules look after."""
    return [one.fact for one in find_contradictions(branch, fleet.policy) if one.claim != "Files touched"]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case.says}-{case.fact}" for case in CASES])
def test_a_claim_is_held_against_what_git_shows(fleet: Fleet, number: int) -> None:
    found = facts_of(fleet, reading.named(fleet)[f"agent/x{number}"])
    fact = CASES[number].fact
    assert [fact in each for each in found] == ([True] if fact else []), found


def test_what_was_ready_and_went_on_contradicts_its_word(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.says({"status/9.md": check_in("ready", minutes=50)})
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    found = find_contradictions(desk.branch(), reading.fleet(desk.repo).policy)
    assert [(one.claim, one.where) for one in found] == [("state: ready", "status/9.md")]


def test_an_older_check_in_does_not_speak_of_what_came_later(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.says({"status/9.md": check_in("working", minutes=50, needs="No tests were changed.")})
    policy = reading.fleet(desk.repo).policy
    branch = desk.branch()
    assert branch.static_facts
    desk.repo.commit("agent/x", {"tests/test_a.py": TESTS}, at=reading.NOW - 60)
    desk.repo.commit("agent/x", {"tests/test_a.py": LESS}, at=reading.NOW - 30)
    assert find_contradictions(desk.branch(), policy) == ()


def test_every_output_shows_both_sides_and_the_facts_about_tests(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r", owns=["src/**", "tests/**"])
    root = desk.repo.commit("main", {"tests/test_a.py": TESTS}, parents=[desk.root])
    code = desk.repo.commit("agent/x", {"src/a.py": "2\n", "tests/test_a.py": LESS}, parents=[root])
    hostile = "All tests pass \u202e<b>.\n"
    desk.says({"packet.md": packet(code.id, Summary=hostile), "evidence/test.json": evidence(code, 1)})
    desk.says({"status/9.md": check_in("ready")})
    desk.repo.flush()
    seen = read_outputs(desk.repo.path)
    fact = "check test failed"
    row = seen.row("agent/x")
    assert "checks failing: test" in row
    assert "tests −2 assertions, −1 test" in row
    assert fact in row
    assert "\u202e" not in row
    whole = "assertions in tests: 2 fewer lines, 0 more · 1 test declared fewer · code +1 −1"
    page, index = seen.page("agent/x"), seen.index()
    assert (whole in page, fact in page, whole in seen.next, fact in seen.next) == (True, True, True, True)
    assert "test failing" in index
    assert "tests −2 assertions, −1 test" in index
    assert fact in index
    entry = seen.branch("agent/x")
    assert entry["checks_summary"] == "failing: test"
    assert entry["test_facts"]["is_loss"] is True
    assert entry["contradictions"][0]["where"].startswith("packet.md:")
    checked = command.run(desk.repo.path, "check", "--branch", "agent/x", "--gate", "ready")
    assert f"agent/x: {whole}" in checked.out + checked.err
    review = command.run(desk.repo.path, "review", "agent/x").out
    assert (whole in review, fact in review, "the agent's words, and git's:" in review) == (True, True, True)
    prompt = command.run(desk.repo.path, "prompt", "x", "--for", "review")
    assert (whole in prompt.out, fact in prompt.out) == (True, True)
