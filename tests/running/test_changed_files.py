"""`{changed:GLOB}`: the changed files reach a command as single arguments, whatever their names hold."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from agentledger.running.changed_files import fill_command
from agentledger.running.run import run

NAMES = [
    b"a.py", b"a b.py", b"; touch pwned; .py", b"$(touch pwned).py", b"`touch pwned`.py", b"it's.py",
    b'"q".py', b"new\nline.py", b"-rf.py", b"@args.py", b"+x.py", b"*.py", b"~.py", b"\xff\xfe.py", b"a\\.py",
    b"#c.py", b"${1}.py", b"{changed:x}.py", b"&& touch pwned .py", b"| touch pwned.py", b"\ttab.py",
    b"caf\xc3\xa9.py",
]  # fmt: skip


def arguments(folder: Path, command: str, names: list[bytes]) -> list[bytes]:
    """What a program that is started by the command gets, each argument ended by a NUL."""
    (folder / "show").write_text("#!/bin/sh\nfor each; do printf '%s\\0' \"$each\"; done\n")
    (folder / "show").chmod(0o755)
    heard: list[bytes] = []
    run(fill_command(command, names).arguments, folder, os.environ, limit=20, hear=heard.append)
    assert {path.name for path in folder.iterdir()} == {"show"}, "a name was run as a command"
    return b"".join(heard).split(b"\0")[:-1]


def as_argument(name: bytes) -> bytes:
    return b"./" + name if name[:1] in (b"-", b"+", b"@") else name


def test_each_name_is_one_argument_and_never_a_command(tmp_path: Path) -> None:
    assert arguments(tmp_path, "./show {changed:**/*.py}", NAMES) == [
        as_argument(name) for name in sorted(NAMES)
    ]


@pytest.mark.parametrize("name", [name for name in NAMES if re.search(rb"pwned|['\"]", name)])
@pytest.mark.parametrize(
    "command",
    ['./show "{changed:**}"', "./show '{changed:**}'", "./show `./show {changed:**}`",
     './show "$(./show {changed:**})"',
     "./show \\{changed:**}", "cat <<E >/dev/null\n{changed:**}\nE", "# it's\n./show '{changed:**}'",
     "sh -c './show {changed:**}'", "x={changed:**}; ./show \"$x\"", "./show ${1#{changed:**}}"],
)  # fmt: skip
def test_wherever_it_is_written_no_name_becomes_a_command(tmp_path: Path, command: str, name: bytes) -> None:
    arguments(tmp_path, command, [name])


def test_a_leading_dash_is_no_option(tmp_path: Path) -> None:
    assert arguments(tmp_path, "./show {changed:*}", [b"--help"]) == [b"./--help"]


def test_patterns_are_the_brief_s(tmp_path: Path) -> None:
    names = [b"a.py", b"src/b.py", b"src/c.js", b"src/deep/d.py", b"A.PY"]
    assert arguments(tmp_path, "./show {changed:src/**/*.py} -- {changed:*}", names) == [
        b"src/b.py", b"src/deep/d.py", b"--", b"A.PY", b"a.py",
    ]  # fmt: skip


def test_where_nothing_matches_there_is_nothing_to_run() -> None:
    assert (
        fill_command("ruff check {changed:**/*.py}", [b"a.js"]).skipped == "no changed file matches **/*.py"
    )
    assert (
        fill_command("x {changed:*.py} {changed:*.ts}", [b"a.js"]).skipped
        == "no changed file matches *.py, *.ts"
    )
    assert fill_command("x {changed:*.py} {changed:*.js}", [b"a.js"]).skipped == ""
    assert fill_command("make test", []).skipped == ""


def test_it_is_shown_as_a_person_would_type_it() -> None:
    assert fill_command("ruff {changed:*} -q", [b"b.py", b"a; b"]).shown == "ruff 'a; b' b.py -q"
    shown = fill_command("show {changed:**}", NAMES).shown
    assert shlex.split(shown)[1:] == [os.fsdecode(as_argument(name)) for name in sorted(NAMES)]


def test_more_files_than_fit_in_one_string(tmp_path: Path) -> None:
    names = [b"folder/with/a/long/name/%06d.py" % number for number in range(9000)]
    assert len(arguments(tmp_path, "./show {changed:**/*.py}", names)) == 9000
