"""What a check ran with, and what of that is otherwise than in the run before, or in the rerun."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

import pytest

from agentledger.model.evidence import RanWith
from agentledger.workflow.verify.ran_with import digest_lock_files, list_programs, read_interpreter
from command import run
from verifying import EVIDENCE, Checks

PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("pytest -q", ["pytest"]),
        ("CI=1 python -m pytest && node --test", ["python", "node"]),
        ("ruff check . | tee log; go test ./...", ["ruff", "tee", "go"]),
        ("npm test 2>&1 >out.txt", ["npm"]),
        ("uv run pytest -q", [".venv/bin/python"]),
        ("uv run --frozen pytest", [".venv/bin/python"]),
        ("uv run --python 3.12 pytest", ["uv"]),
        ("cd web && npm test", []),
        (". .venv/bin/activate && pytest", []),
        ("PATH=bin:$PATH pytest", []),
        ("$(which pytest)", []),
        ("if true; then pytest; fi", ["if", "then", "fi"]),
        ("pytest 'a b", []),
        ("echo 'python x'", ["echo"]),
    ],
)
def test_the_programs_of_a_command_are_told_only_where_they_are_plain(
    command: str, programs: list[str]
) -> None:
    assert [*list_programs(command)] == programs


@pytest.mark.parametrize(
    ("head", "program"),
    [
        (b"#!/usr/bin/python3 -I\n", "/usr/bin/python3"),
        (b"#!/usr/bin/env node\n", "node"),
        (b"#!/usr/bin/env -S php -d x=1\n", "php"),
        (b"#!/bin/sh\n'''exec' \"/a b/python\" \"$0\" \"$@\"\n' '''\n", "/a b/python"),
        (b"#!/usr/bin/env -i X=1 node\n", None),
        (b"\x7fELF", None),
        (b"#!", None),
        (b"", None),
    ],
)
def test_a_script_names_its_interpreter(head: bytes, program: str | None) -> None:
    assert read_interpreter(head) == program


def test_the_interpreter_behind_a_script_is_asked_for_its_version(tmp_path: Path) -> None:
    write_program(tmp_path / "bin/mytest", f"#!{sys.executable}\nprint('2 passed in 0.01s')\n")
    desk = Checks(tmp_path, {"test": f"{tmp_path}/bin/mytest"})
    said = desk.said()
    assert f"2 tests, 0 failed (pytest), with {PYTHON}" in said.out
    evidence = desk.evidence()
    assert evidence.ran_with == RanWith(PYTHON)
    assert evidence.counts is not None
    assert (evidence.counts.runner, evidence.tests) == ("pytest", 2)


# As the interpreter of the check's own program it ends at once; only asked for its version it hangs.
HANGS = '#!/bin/sh\n[ "$1" != --version ] || sleep 100\n'


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 0\n", "#!/nowhere/python\n", HANGS])
def test_what_is_not_known_is_not_told(tmp_path: Path, text: str) -> None:
    write_program(tmp_path / "bin/node", text)
    desk = Checks(tmp_path, {"test": f"true; {tmp_path}/bin/tool"})
    write_program(tmp_path / "bin/tool", f"#!{tmp_path}/bin/node\n")
    desk.said()
    assert desk.evidence().ran_with is None


def test_lock_files_are_told_by_their_digests(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_bytes(b"one\n")
    (tmp_path / "requirements-dev.txt").write_bytes(b"two\n")
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps/requirements.txt").write_bytes(b"three\n")
    (tmp_path / "Cargo.lock").symlink_to("/etc/hostname")
    digests = digest_lock_files(tmp_path, "pip install -r deps/requirements.txt && pytest")
    assert [name for name, _ in digests] == ["deps/requirements.txt", "requirements-dev.txt", "uv.lock"]
    assert dict(digests)["uv.lock"] == hashlib.sha256(b"one\n").hexdigest()


def test_fewer_tests_than_before_and_another_lock_file_are_shown_everywhere(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "cat out.txt"})
    desk.when = f"@{int(time.time())} +0000"  # else nobody has worked on it for years
    desk.change("out.txt", "==== 12 passed in 0.10s ====\n")
    desk.change("uv.lock", "one\n")
    desk.verify()
    before = desk.git("rev-parse", "HEAD~1").strip()
    desk.change("out.txt", "==== 9 passed in 0.10s ====\n")
    desk.change("uv.lock", "two\n")
    said = desk.verify()
    fewer, differs = "fewer: 12 tests before, 9 now", "uv.lock differs"
    assert said["checks"][0]["differences"] == [fewer, differs]
    assert said["checks"][0]["counts"] == {"runner": "pytest", "tests": 9, "failed": 0, "skipped": 0}
    assert said["checks"][0]["with"]["files"].keys() == {"uv.lock"}
    # Once more does not make the difference go away.
    assert desk.verify()["checks"][0]["differences"] == [fewer, differs]
    desk.git("commit", "-q", "--amend", "--no-edit")
    evidence = desk.evidence()
    assert evidence.before is not None
    assert (evidence.before.head, evidence.before.tests) == (before, 12)
    line = f"since the run before (at {before[:10]}): {fewer}; {differs}"
    board = " ".join(run(desk.repo.path, "board").out.split())
    assert f"test, {line}" in board
    ledger = json.loads(run(desk.repo.path, "board", "--format", "json").out)
    (check,) = next(b for b in ledger["branches"] if b["name"] == "agent/x")["checks"]
    assert (check["tests"], check["differences"]) == (9, [line])
    assert line in run(desk.repo.path, "prompt", "x", "--for", "review").out
    run(desk.repo.path, "site", "--out", str(tmp_path / "site"))
    pages = "".join(path.read_text() for path in (tmp_path / "site").rglob("*.html"))
    assert line in pages
    assert "0 failed (pytest)" in pages


def test_a_run_that_counts_nothing_in_between_hides_nothing(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "cat out.txt"})
    for text in ("12 passed in 0.10s\n", "nothing\n", "9 passed in 0.10s\n"):
        desk.change("out.txt", text)
        said = desk.verify()
    assert said["checks"][0]["differences"] == ["fewer: 12 tests before, 9 now"]


def test_what_was_otherwise_in_a_rerun_is_said(tmp_path: Path) -> None:
    write_program(
        tmp_path / "bin/mytest", f"#!{sys.executable}\nprint('2 failed in 0.01s'); raise SystemExit(1)\n"
    )
    desk = Checks(tmp_path, {"test": f"{tmp_path}/bin/mytest"})
    desk.when = f"@{int(time.time())} +0000"
    desk.verify(code=1)
    # As an agent would type it, or as it was on another machine.
    claim = json.loads((desk.path / EVIDENCE / "test.json").read_text()) | {"exit_code": 0}
    claim["with"] = {"tool": "Python 3.9.1", "files": {"uv.lock": "a" * 64}}
    claim["counts"] = {"runner": "pytest", "tests": 3, "failed": 0, "skipped": 0}
    desk.change(f"{EVIDENCE}/test.json", json.dumps(claim))
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    differences = ["fewer: 3 tests there, 2 here", f"Python 3.9.1 there, {PYTHON} here", "uv.lock only there"]
    assert (said["checks"][0]["trust"], said["checks"][0]["differences"]) == ("contradicted", differences)
    board = " ".join(run(desk.repo.path, "board").out.split())
    assert f"test, in the rerun: {'; '.join(differences)}" in board
