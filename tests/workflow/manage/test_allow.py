"""`agentledger allow`: what is let through until when, and what never is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.documents import parse_waiver
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Source, Waiver
from agentledger.reports import shapes
from agentledger.workflow.manage.allow import parse_until
from cases import raw_document
from command import refused, run
from controls import files, server
from desk import checked
from writing import Desk

WHY = ("--why", "agreed with Ben", "--until", "3d")
NOW = 1_764_590_400  # 2025-12-01T12:00:00Z


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A branch that has changed docs/, which its brief does not own."""
    desk = Desk(tmp_path / "a repo")
    desk.repo.commit("agent/x", {"docs/a.md": "1\n", "docs/b.md": "1\n"}, at=int(time.time()))
    desk.repo.checkout("main")
    return desk


def allowed(desk: Desk, *arguments: str) -> tuple[Any, Waiver]:
    """What the command says as JSON, and the waiver that it has written."""
    before = set(files(desk.repo))
    result = run(desk.repo.path, "allow", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, ""), result
    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("did")))
    (path,) = set(files(desk.repo)) - before
    assert document["files"] == [path]
    assert document["commits"] == [desk.repo.git("rev-parse", "agentledger")]
    raw = files(desk.repo)[path].encode()
    waiver = parse_waiver(raw_document(Source(path=path), raw))
    assert waiver.document.problems == ()
    return document, waiver


def refuses(desk: Desk, *arguments: str) -> tuple[str, str]:
    """Message and hint, after which nothing has been written."""
    before = files(desk.repo)
    result = refused(desk.repo.path, "allow", *arguments)
    assert files(desk.repo) == before
    return result.message, result.hint


def test_a_path_passes_every_gate_for_a_while_and_only_that_path(desk: Desk) -> None:
    assert "OWN001" in checked(desk.repo)
    document, waiver = allowed(desk, "x", "docs/a.md", *WHY)
    assert waiver.rules == ("OWN001", "OWN002", "OWN003", "OWN007")
    assert (waiver.paths, waiver.text.strip()) == (("docs/a.md",), "agreed with Ben")
    assert waiver.by == "ada@example.com"
    assert abs(waiver.until - time.time() - 3 * 86400) < 60
    assert "OWN001" in checked(desk.repo)
    allowed(desk, "x", "docs/**", *WHY)
    assert "OWN001" not in checked(desk.repo)
    assert document["task"] == "x"


def test_the_name_of_a_folder_covers_it_and_says_how_many_files_that_is(desk: Desk) -> None:
    start = desk.repo.git("rev-parse", "main")
    desk.repo.commit("main", {"docs/old/a.md": "", "docs/b.md": "", "docsx": ""}, parents=[start])
    desk.repo.flush()
    lines = run(desk.repo.path, "allow", "x", "docs", "docsx", *WHY).out.splitlines()
    assert lines[1] == "docs covers 2 files of main and what is new below it"
    assert lines[2].startswith("it waives 2 findings now")
    assert "OWN001" not in checked(desk.repo)


def test_it_says_what_it_waives_now(desk: Desk) -> None:
    lines = run(desk.repo.path, "allow", "agent/x", "docs/*", *WHY).out.splitlines()
    assert lines[0].startswith("until 20")
    assert lines[0].endswith("OWN001, OWN002, OWN003, OWN007 stop nothing of x at docs/*")
    assert lines[1] == "docs/* covers no file of main yet"
    assert lines[2] == "it waives 2 findings now, 2 of which would have stopped the merge:"
    assert lines[3].startswith("  OWN001 outside-scope [agent/x] docs/a.md is outside the scope")
    assert lines[-1] == "next: agentledger next"
    again = run(desk.repo.path, "allow", "x", "docs/*", "--why", "again", "--until", "1h").out.splitlines()
    assert again[2] == "no finding is there that it waives now"


def test_rules_are_named_by_id_or_name(desk: Desk) -> None:
    _, waiver = allowed(desk, "x", "docs/**", *WHY, "--rule", "off-limits", "--rule", "own001")
    assert waiver.rules == ("OWN002", "OWN001")


def test_without_a_path_all_that_a_rule_finds_is_waived(desk: Desk) -> None:
    assert "BRF011" not in checked(desk.repo, "merge")
    findings = checked(desk.repo, "merge")
    assert "EVD001" in findings
    allowed(desk, "x", *WHY, "--rule", "EVD001")
    assert checked(desk.repo, "merge") == findings - {"EVD001"}


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    before = files(desk.repo)
    result = run(desk.repo.path, "allow", "x", "docs/**", *WHY, "--dry-run")
    assert (result.code, result.out.splitlines()[0]) == (0, "nothing is written: this is a dry run")
    assert files(desk.repo) == before


def test_next_is_to_publish_where_there_is_a_remote(desk: Desk, tmp_path: Path) -> None:
    desk.repo.git("remote", "add", "origin", str(server(tmp_path / "origin.git").path))
    assert run(desk.repo.path, "allow", "x", "docs/**", *WHY).out.splitlines()[-1] == "next: agentledger sync"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("y", "docs/**", *WHY), "there is no task named y", "there is x"),
        (("x", "docs/**", *WHY, "--rule", "OWN999"), "there is no rule named OWN999", "did you mean OWN00"),
        (("x", "docs/**", *WHY, "--rule", "off-limit"), "there is no rule named off-limit", "did you mean"),
        (("x", "/docs", *WHY), "the path /docs is an absolute path", "write it from"),
        (("x", "!docs", *WHY), "the path !docs begins with `!`", "say what is meant"),
        (("x", "docs/[a", *WHY), "the path docs/[a has a `[` that nothing closes", "close it"),
        (("x", *WHY), "it says neither where nor which rule", "name a path"),
        (("x", "docs/**", "--why", " ", "--until", "3d"), "it does not say why", "--why"),
        (("x", "docs/**", "--why", "w", "--until", "2020-01-01"), "2020-01-01 is past", "it is 20"),
        (("x", "docs/**", "--why", "w", "--until", "soon"), "soon is no time", "--until takes"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(
    desk: Desk, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    result = refuses(desk, *arguments)
    assert (result[0], result[1][: len(hint)]) == (message, hint)


def test_an_agent_lets_nothing_through(desk: Desk, tmp_path: Path) -> None:
    beside = desk.repo.worktree_add(tmp_path / "beside", "agent/x")
    assert "the manager's" in refused(beside.path, "allow", "x", "docs/**", *WHY).message


# -- what is agentledger's own ------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (".agentledger/config.toml",),
        (".agentledger/**",),
        (".AgentLedger/tasks/y/brief.md",),
        (".agentledger",),
        (".agentledger/", ".agentledger/tasks/**"),
        ("**/config.toml", "--rule", "OWN003"),
        ("**", "--rule", "link-escape"),
        (".agent*/**", "--rule", "OWN003"),
        ("--rule", "protected-path"),
    ],
)
def test_agentledger_s_own_files_are_never_opened(desk: Desk, arguments: tuple[str, ...]) -> None:
    message, hint = refuses(desk, "x", *arguments, *WHY)
    assert message == "nobody may change agentledger's own files, and no waiver allows it"
    assert "src/**" in hint


@pytest.mark.parametrize("pattern", ["**", "**/config.toml", "[.]agentledger/*", ".[A-z]*/**"])
def test_a_pattern_that_reaches_them_waives_only_what_is_in_no_way_theirs(desk: Desk, pattern: str) -> None:
    desk.repo.commit("agent/x", {".agentledger/config.toml": 'managers = ["me"]\n'})
    document, waiver = allowed(desk, "x", pattern, *WHY)
    assert "OWN003" not in waiver.rules
    assert document["warnings"][0].startswith("OWN003 is not among them")
    assert "OWN003" in checked(desk.repo)


def test_a_protected_path_passes_by_its_name(desk: Desk) -> None:
    desk.repo.commit("agent/x", {".github/workflows/ci.yml": "on: push\n"})
    assert "OWN003" in checked(desk.repo)
    document, _ = allowed(desk, "x", ".github/workflows/*", *WHY)
    assert document["warnings"] == []
    assert "OWN003" not in checked(desk.repo)


def test_a_finding_in_a_check_in_can_be_waived(desk: Desk) -> None:
    path = ".agentledger/tasks/x/status/1.md"
    assert allowed(desk, "x", path, *WHY, "--rule", "STA001")[1].paths == (path,)


# -- until when ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 90 * 60),
        ("12h", 12 * 3600),
        ("3d", 3 * 86400),
        ("2025-12-01", 12 * 3600 - 1),
        ("2025-12-01T12:00:01Z", 1),
        ("2025-12-01T14:00:00+01:00", 3600),
    ],
)
def test_times_days_and_spans_are_understood(text: str, seconds: int) -> None:
    assert parse_until(text, NOW) == NOW + seconds


@pytest.mark.parametrize(
    "text", ["", "3", "0d", "2025-13-01", "2025-12-01T12:00:00", "2025-12-01T12:00:00Z", "-3d"]
)
def test_what_is_no_time_to_come_is_refused(text: str) -> None:
    with pytest.raises(LedgerError):
        parse_until(text, NOW)
