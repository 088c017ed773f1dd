"""The policy: its values, its defaults, and the lines that its problems name.

Belongs here: TOML → Policy. Does not: the wording of problems (test_documents_cases has it).
"""

from __future__ import annotations

import pytest

import cases
from agentledger.documents.syntax.nodes import Map, Seq
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.syntax.toml_lines import parse_toml
from agentledger.ledger import config
from agentledger.model.ledger import Check
from agentledger.model.policy import Companion, Delegation, Policy, PolicyCheck, Wip
from agentledger.repository.agents import DEFAULT_PATTERNS


def test_every_key_ends_in_the_policy() -> None:
    assert cases.sample("policy-good.toml") == Policy(
        base="main",
        branches=("agent/*", "team/*/bot"),
        require_briefs=True,
        managers=("ana@example.org",),
        dormant=3 * 86400,
        enforce=False,
        control_branch="ledger",
        control_guarded=True,
        control_signers=".signers",
        wip=Wip(active=2, review_lines=0),
        size_lines=200,
        landing="squash",
        protected=(".github/**",),
        tests=(),
        companions=(Companion(("src/**",), ("tests/**",)),),
        delegations=(Delegation(("migrations/**",), "own"),),
        checks=(
            PolicyCheck(Check("check", "ruff check {changed:**/*.py}", timeout=300)),
            PolicyCheck(Check("docs", "mkdocs build"), ("docs/**",)),
        ),
        spawn_copy=(".env",),
        spawn_setup="uv sync",
        rules={"companion-missing": "warn", "OWN001": "off"},
    )


@pytest.mark.parametrize("raw", [b"", b"# nothing yet\n", b"\xef\xbb\xbfversion = 1\r\n"])
def test_an_empty_file_is_the_default_policy(raw: bytes) -> None:
    assert config.parse("config.toml", raw) == Policy()


def test_the_default_patterns_can_be_written_out() -> None:
    patterns = ", ".join(f'"{pattern}"' for pattern in DEFAULT_PATTERNS)
    policy = config.parse("config.toml", f"branches = [{patterns}]".encode())
    assert policy == Policy(branches=DEFAULT_PATTERNS)


def test_what_is_wrong_leaves_the_default_and_all_else_counts() -> None:
    policy = cases.sample("policy-wrong.toml")
    assert policy.require_briefs is False
    assert policy.dormant == 7 * 86400
    assert policy.branches == ("agent/*",)
    assert policy.protected == ("ok/**",)
    assert policy.checks == ()
    assert policy.wip == Wip()


def test_a_file_that_is_too_long_is_one_problem() -> None:
    (problem,) = config.parse("config.toml", b"", size=300_000_000).problems
    assert (problem.path, problem.line) == ("config.toml", None)


def test_lines_are_found_in_tables_of_the_same_name_and_dotted_keys() -> None:
    checks = "[[verify]]\nrun = 'x'\n\n[[verify]]\n# run =\nrun = 'y'\n"
    text = f"a.b = 1\n\n{checks}[wip]\nactive = 1\n'local' = 2"
    tree = parse_toml(text, Problems("x"))
    assert tree
    top = {entry.key: entry for entry in tree.entries}
    assert (top["a"].line, top["wip"].line) == (1, 9)
    tables = top["verify"].value
    assert isinstance(tables, Seq)
    assert [item.line for item in tables.items] == [3, 6]
    assert [item.entries[0].line for item in tables.items if isinstance(item, Map)] == [4, 8]
    wip = top["wip"].value
    assert isinstance(wip, Map)
    assert [(entry.key, entry.line) for entry in wip.entries] == [("active", 10), ("local", 11)]


@pytest.mark.parametrize(
    "text",
    [
        "a." * 100_000 + "a = 1",
        "a = " + "[" * 100_000,
        "a = {" + "b.".join([""] * 60_000),
        "x = 1" + "0" * 5000,
    ],
)
def test_a_tower_is_refused(text: str) -> None:
    (problem,) = config.parse("config.toml", text.encode()).problems
    assert problem.fatal


def test_a_rule_that_does_not_exist_is_named_with_its_line_and_a_near_one() -> None:
    policy = config.parse(
        "config.toml", b'[rules]\ncompanion-misssing = "off"\nKIL999 = "warn"\nOWN001 = "warn"\n'
    )
    assert [(p.line, p.message, p.hint) for p in policy.problems] == [
        (
            2,
            "there is no rule named companion-misssing, so this changes nothing",
            "did you mean companion-missing or packet-missing or evidence-missing?",
        ),
        (3, "there is no rule named KIL999, so this changes nothing", "did you mean KIL001?"),
    ]
    assert policy.readable
    assert policy.rules["OWN001"] == "warn"
    assert not any(problem.fatal for problem in policy.problems)
