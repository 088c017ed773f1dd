"""Which outcomes and criteria name nothing that somebody could see.

Belongs here: texts made up for the purpose. Does not: how often the rule is right about real ones (see
benchmarks/vague.py).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentledger.findings import Gate
from agentledger.ledger import Policy
from agentledger.rules import evaluate_rules
from agentledger.rules.vague import MOST, vague
from rulecases import BODY, brief, case

ON = Policy(rules={"brief-vague": "warn"})
CRITERION, OUTCOME = "the sixth login answers 429", "`make test` passes."


@pytest.mark.parametrize(
    "text",
    [
        "Clean up the code",
        "The code is better",
        "Improve error handling",
        "Login works properly.",
        "Everything works as expected",
        "**Tests added**",
        "Documentation is clear and complete",
        "Performance is acceptable",
        "Errors are handled gracefully",
        "The UI looks nice",
        "Make it user-friendly and robust",
        "All requirements are met",
        "No regressions",
        "Refactor where appropriate",
    ],
)
def test_judgements_and_words_of_every_task_are_vague(text: str) -> None:
    assert vague(text)


@pytest.mark.parametrize(
    "text",
    [
        "`make test` passes",
        "Improve login so that the sixth attempt answers 429",
        "src/login/limit.py handles it properly",
        "Clean up config.toml",
        "--quiet works properly",
        "The page says 'try again' properly",
        "clear_cache() is better",
        "Sentry is set up properly",
        "The user is warned properly when the disk is full",
        "A wrong password is rejected gracefully",
        "All tests pass",
        "Errors go to standard error",
        "A locked account gets a proper message with the time it opens again",
        "Add an index on the address for faster logins",
        "Improve the header by sorting its columns",
        "Tests prove that limits work properly",
        "In short:",
        "",
        "…",
    ],
)
def test_what_can_be_looked_up_or_watched_is_not(text: str) -> None:
    assert not vague(text)


@pytest.mark.parametrize(
    "text", ["Le code est plus propre", "Der Code ist besser", "コードを改善する", "代码更好"]
)
def test_other_languages_are_left_alone(text: str) -> None:
    assert not vague(text)
    assert told(BODY.replace(OUTCOME, text)) == []


def test_a_long_text_says_something_and_costs_nothing() -> None:
    assert not vague("better " * (MOST // 7 + 1))
    before = time.process_time()
    told(BODY.replace(OUTCOME, "test coverage code code " * 40_000 + "\n" + "a better one. " * 40_000))
    assert time.process_time() - before < 5


def told(body: str, policy: Policy = ON) -> list[tuple[str, int | None]]:
    """What is said about a brief, and where."""
    found = evaluate_rules(case(Gate.SPAWN, brief(body), policy=policy))
    return [(f.message, f.line) for f in found if f.rule == "BRF004"]


def test_it_names_the_line_and_the_text_of_what_is_vague() -> None:
    body = BODY.replace(CRITERION, "it works properly\n- [ ] `make lint` passes\n- [ ] better code")
    (first, line), (second, other) = told(body)
    text = brief(body).document.text.split("\n")
    assert first.endswith("a criterion names nothing that somebody could see: it works properly")
    assert "it works properly" in text[line - 1 if line else 0]
    assert "better code" in text[other - 1 if other else 0]
    assert "better code" in second


def test_an_outcome_is_vague_when_all_its_sentences_are() -> None:
    assert len(told(BODY.replace(OUTCOME, "The code is cleaner.\nIt works properly."))) == 1
    assert told(BODY.replace(OUTCOME, "The code is cleaner. The sixth login answers 429.")) == []
    assert told(BODY.replace(OUTCOME, "TODO")) == []


def test_hidden_characters_in_what_it_quotes_are_spelled_out() -> None:
    ((message, _),) = told(BODY.replace(CRITERION, "better \u202ecode"))
    assert "\\u{202E}" in message


def test_it_is_off_until_policy_asks_for_it() -> None:
    body = BODY.replace(CRITERION, "it works properly")
    assert told(body, Policy()) == []
    assert told(body, Policy(rules={"BRF004": "off"})) == []
    (finding,) = evaluate_rules(case(Gate.SPAWN, brief(body), policy=Policy(rules={"BRF004": "error"})))
    assert finding.blocks


def test_the_benchmark_counts_and_shows_what_was_wrong(tmp_path: Path) -> None:
    program = Path(__file__).resolve().parent.parent / "benchmarks" / "vague.py"
    labels = tmp_path / "labels.tsv"
    labels.write_text("vague\tbetter code\nvague\tSo, so\nobservable\tproper words\nobservable\t`a`\n")
    command = [sys.executable, str(program), str(labels), "--wrong"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "labels.tsv: 4 texts, 2 vague, 2 told, 1 rightly: precision 50 %, recall 50 %",
        "  missed: So, so",
        "  wrongly told: proper words",
    ]
    labels.write_text("good\tbetter code\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
