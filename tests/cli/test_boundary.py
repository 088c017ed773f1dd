"""Errors at the edge: exit codes, the words of each, and that a closed or full output is no bug."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
import pytest

from agentledger import __version__
from agentledger.cli.boundary import Settings, run_guarded
from agentledger.model.errors import LedgerError


def raising(error: BaseException) -> Callable[[], NoReturn]:
    """An action that fails so."""

    def action() -> NoReturn:
        raise error

    return action


def test_an_expected_error_is_its_message_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_guarded(raising(LedgerError("no base branch", "name it with --base")), Settings())
    assert (code, *capsys.readouterr()) == (
        2,
        "",
        "agentledger: no base branch\nhint: name it with --base\n",
    )


def test_an_error_without_a_hint_has_no_hint_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(LedgerError("no")), Settings()) == 2
    assert capsys.readouterr().err == "agentledger: no\n"


def test_a_message_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run_guarded(raising(LedgerError("no \x1b[31m \u202e \udcff", "one\ntwo")), Settings())
    assert capsys.readouterr().err == "agentledger: no \\x1b[31m \\u202e \\udcff\nhint: one\ntwo\n"


def test_verbose_shows_where_an_expected_error_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(LedgerError("no")), Settings(verbose=True)) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_quiet_and_ends_with_130(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_guarded(raising(error), Settings()) == 130
    assert capsys.readouterr().err == ""


def test_a_usage_error_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(click.UsageError("not so")), Settings()) == 2
    assert capsys.readouterr().err == "Error: not so\n"


def test_a_bug_is_called_one_with_versions_and_a_log(
    capsys: pytest.CaptureFixture[str], sealed: Path
) -> None:
    assert run_guarded(raising(ValueError("odd \x1b")), Settings()) == 3
    error_text = capsys.readouterr().err
    assert "a bug in agentledger: ValueError: odd \\x1b" in error_text
    assert f"agentledger {__version__}, Python " in error_text
    assert ", git " in error_text
    assert "Traceback" not in error_text
    log = Path(error_text.rpartition("the details are in ")[2].strip())
    assert log.is_relative_to(sealed)
    assert "Traceback" in log.read_text()


def test_a_bug_is_told_even_where_no_log_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for name in ("XDG_STATE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    assert run_guarded(raising(ValueError("odd")), Settings()) == 3
    assert "no log could be written" in capsys.readouterr().err


def test_a_result_is_the_exit_code() -> None:
    assert run_guarded(lambda: 1, Settings()) == 1
    assert run_guarded(lambda: None, Settings()) == 0


def test_a_reader_that_went_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = [sys.executable, "-m", "agentledger", "schema", "ledger"]
    done = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_under_the_output_is_said_to_be_one() -> None:
    program = [sys.executable, "-m", "agentledger", "schema", "ledger"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith(b"agentledger: the disk of ")
    assert done.stderr.splitlines()[0].endswith(b" is full")
