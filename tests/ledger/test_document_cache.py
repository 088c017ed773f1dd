"""Documents that are remembered: they are what parsing gives again, and lies about them end nothing.

Belongs here: `parsed`, and the lists of files that go with it. Does not: what a document says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.documents.test_fuzz import KINDS, SAMPLES, mutated
from tests.storage.test_cache import alter, opened

import cases
from agentledger.git import process, queries, scratch
from agentledger.git.scratch import Scratch
from agentledger.ledger.document_cache import Paper, Parser
from agentledger.ledger.ledger_files import LedgerFile
from agentledger.ledger.tasks import document_kind
from agentledger.model.ledger import Brief, Source
from agentledger.model.policy import Policy, PolicyCheck
from agentledger.storage.cache import Cache
from gitrepo import Repo
from reading import branch, git_commands

FOLDER = ".agentledger/tasks/x"
ODD = [
    b'{"seconds": 1e400, "version": 1}', b'{"command": "\\ud800", "version": 1}',
    b'{"log_bytes": 36893488147419103232}',
    b'{"a": NaN}', b"---\ntask: x\n---\n## One\nsame\n## Two\nsame\n", b"---\nat: 2026-11-23\n---\n", b"",
]  # fmt: skip


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    repo = Repo.init(tmp_path_factory.mktemp("r") / "r")
    with scratch.open_scratch(queries.locate_repository(process.repository_at(repo.path))) as opened:
        yield opened


def list_file(kind: str, raw: bytes | None, **source: Any) -> tuple[LedgerFile, type[Paper]]:
    path = cases.PLACES[kind][0]
    where = Source(path=path, **{"at": cases.AT, "by": cases.BY, **source})
    of_kind = document_kind(path)
    assert of_kind
    return LedgerFile(
        path=path, mode="100644", blob="0" * 40, source=where, size=len(raw or b""), raw=raw
    ), of_kind


def read(sealed: Scratch, store: Cache, kind: str, raw: bytes | None, **source: Any) -> Any:
    """The document, by a parser that nobody else uses; without `raw` it is not to be had from git."""
    file, of_kind = list_file(kind, raw, **source)
    parser = Parser(sealed, store, Policy(), [(file, of_kind)])
    document: Any = parser.read(of_kind, file)  # type: ignore[type-var]  # one of them, known at run time only
    parser.keep()
    return document


@contextmanager
def memory() -> Iterator[Cache]:
    with opened(None) as store:
        yield store


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KINDS, st.one_of(mutated(), st.sampled_from(SAMPLES + ODD)))
@example("evidence", ODD[0])
@example("evidence", ODD[1])
@example("evidence", ODD[2])
@example("status", ODD[4])
def test_what_is_recalled_is_what_was_parsed(sealed: Scratch, kind: str, raw: bytes) -> None:
    with memory() as store:
        first = read(sealed, store, kind, raw)
        again = read(sealed, store, kind, raw)
    assert first == again == cases.parse(kind, raw)
    assert json.dumps(again.document.fields) == json.dumps(first.document.fields)


@pytest.mark.parametrize("kind", sorted(cases.PLACES))
def test_a_remembered_document_is_not_read_again(sealed: Scratch, kind: str) -> None:
    raw = next(
        (cases.FOLDER / name).read_bytes() for name in cases.names() if name.startswith(f"{kind}-good")
    )
    with memory() as store:
        first = read(sealed, store, kind, raw)
        assert read(sealed, store, kind, None) == first
        # Where it stands does not matter to what it says.
        other = read(sealed, store, kind, None, ref="other", commit="c")
        assert other.document.source.ref == "other"
        assert replace(other, document=first.document) == first


@pytest.mark.parametrize(
    "source",
    [{"proven": True}, {"at": 5}, {"by": "other"}, {"uncommitted": True}],
    ids=lambda s: next(iter(s)),
)
def test_what_depends_on_more_than_the_content_is_parsed_anew(
    sealed: Scratch, source: Mapping[str, Any]
) -> None:
    raw = (cases.FOLDER / "answer-phone.md").read_bytes()
    with memory() as store:
        read(sealed, store, "answer", raw)
        read(sealed, store, "answer", raw, **source)
        lost = read(sealed, store, "answer", None, proven=True)
    assert lost.document.problems[0].message == "it is missing from this clone"


def test_another_policy_makes_another_brief(sealed: Scratch) -> None:
    raw = b"---\ntask: login-rate-limit\n---\n"
    file, _ = list_file("brief", raw)
    checks = Policy(checks=(PolicyCheck(cases.sample("brief-good.md").verify[0]),))
    problem_lists = []
    with memory() as store:
        for policy in (Policy(), checks):
            parser = Parser(sealed, store, policy, [(file, Brief)])
            problem_lists.append(parser.read(Brief, file).document.problems)
            parser.keep()
    assert [any("verify" in p.message for p in problems) for problems in problem_lists] == [True, False]


LIES: Mapping[str, Callable[[Any], Any]] = {
    "no list": lambda _: {}, "nothing": lambda _: None, "short": lambda row: row[:-1],
    "long": lambda row: [*row, 1],
    "another type": lambda row: [1, *row[1:]], "deep": lambda _: "[" * 50_000,
    "an odd part": lambda row: [row[0], row[1], [["a", 1, 2]], *row[3:]],
}  # fmt: skip


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_row_of_another_form_is_passed_over(sealed: Scratch, tmp_path: Path, lie: str) -> None:
    raw = (cases.FOLDER / "status-good.md").read_bytes()
    with opened(tmp_path) as store:
        first = read(sealed, store, "status", raw)
        (row,) = store._database.execute("SELECT value FROM entry").fetchone()
        altered = LIES[lie](json.loads(row))
        alter_to(store, altered if lie == "deep" else json.dumps(altered))
        assert read(sealed, store, "status", raw) == first


def alter_to(store: Cache, value: str) -> None:
    store._database.execute("UPDATE entry SET value = ?", [value])


def test_a_branch_is_the_same_from_memory_and_asks_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "0\n"})
    report = (cases.FOLDER / "status-good.md").read_text()
    repo.commit("agent/x", {f"{FOLDER}/brief.md": "---\ntask: x\n---\n"}, parents=[root])
    repo.commit("agent/x", {f"{FOLDER}/status/20261123T101500Z-a.md": report})
    first = branch(repo)
    assert first.work
    assert len(first.work.check_ins) == 1
    with git_commands(monkeypatch, tmp_path / "trace") as ran:
        assert branch(repo) == first
    cold = tmp_path / "cold"
    alter(repo.path / ".git/agentledger", "DELETE FROM entry")
    with git_commands(monkeypatch, cold) as ran_cold:
        assert branch(repo) == first
    assert ran["log"] < ran_cold["log"]
    assert ran["cat-file"] < ran_cold["cat-file"]


def test_a_list_of_files_cannot_claim_to_be_proven(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "0\n"})
    repo.commit("agent/x", {f"{FOLDER}/brief.md": "---\ntask: x\n---\n"}, parents=[root])
    first = branch(repo)
    places = repo.path / ".git/agentledger"
    alter(places, "UPDATE entry SET value = replace(value, '\"proven\":false', '\"proven\":true')")
    assert branch(repo) == first
