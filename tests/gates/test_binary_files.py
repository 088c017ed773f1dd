"""What git calls binary is nobody's hidden Unicode; texts in UTF-16 and long ones are searched, or it is said.

Belongs here: the gates on real files. Does not: which characters mislead (see `test_text`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import binaries
from agentledger.changes import hidden_characters
from agentledger.gates import plain
from agentledger.model.file_text import is_binary, read_text
from agentledger.model.text import count_misleading, decode
from desk import Desk, Pushed, checked, stopping

OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    """A desk whose brief the gate has seen, so that the next plain commit passes at once."""
    made = Pushed(tmp_path, linked=False)
    made.desk.write("src/first.py")
    assert made.desk.add() == ""
    return made


def put(desk: Desk, path: str, raw: bytes) -> None:
    (desk.path / path).write_bytes(raw)
    desk.git("add", "--", path)


def passes_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.chdir(desk.path)
    return plain.is_plain_commit(os.environ)


def shown(here: Pushed) -> list[str]:
    """The lines about OWN009 that the push gate would print, the next step with them."""
    done = subprocess.run(
        ["git", "push", "-q", "origin", "agent/x"],
        cwd=here.desk.path,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    at = [n for n, line in enumerate(lines) if " OWN009 " in line]
    return [line for n in at for line in lines[n : n + 3]]


def test_no_file_of_the_usual_kinds_is_refused(here: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    count = binaries.write_all(here.desk.path / "src/assets", each=40)
    assert count == 240
    here.desk.git("add", "-A")
    assert passes_at_once(here.desk, monkeypatch)
    assert here.desk.commit() == ""
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
    # The same by the long way, as for a picture that was one before.
    for kind, make in binaries.KINDS.items():
        put(here.desk, f"src/assets/0.{kind}", make(7))
    assert not passes_at_once(here.desk, monkeypatch)
    assert here.desk.commit() == ""
    assert shown(here) == []


def test_by_their_bytes_alone_most_of_them_would_be() -> None:
    """Or the test above would show nothing."""
    files = [make(seed) for make in binaries.KINDS.values() for seed in range(40)]
    assert sum(bool(count_misleading([decode(raw)])) for raw in files) > len(files) / 2
    assert all(is_binary(raw) and read_text(raw) is None for raw in files)


def test_what_is_binary_is_what_git_calls_so(here: Pushed) -> None:
    """But for UTF-16 with its mark, which is text to a reader."""
    contents = {
        "empty": b"",
        "late": b"x" * 8000 + b"\0",
        "early": b"x" * 7999 + b"\0",
        "latin": "é\n".encode("latin-1") * 5,
        "odd": b"\xff\xfea\0b",
        "chance": binaries.chance(3),
        "small": binaries.chance(3, 40).replace(b"\0", b""),
        "ascii": b"a\n",
    }
    for name, raw in contents.items():
        put(here.desk, name, raw)
    rows = here.desk.git("diff", "--cached", "--numstat", "--", *contents).splitlines()
    assert {row.split("\t")[2] for row in rows if row.startswith("-")} == {
        name for name, raw in contents.items() if is_binary(raw)
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_searched_as_what_it_says(
    here: Pushed, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    put(here.desk, "src/w.rc", mark + "naïve\r\n„quoted“\r\n".encode(encoding))
    assert passes_at_once(here.desk, monkeypatch)
    assert here.desk.commit() == ""
    assert here.push("agent/x") == ""
    put(here.desk, "src/w.rc", mark + f"naïve\r\nx = '{OVERRIDE}'\r\n".encode(encoding))
    assert not passes_at_once(here.desk, monkeypatch)
    here.desk.git("commit", "-q", "-m", "work")
    said = here.push("agent/x")
    assert stopping(said) == {"OWN009"}
    assert "OWN009 hidden-unicode [agent/x] src/w.rc:2" in said


def test_a_text_of_more_than_a_mebibyte_is_searched(here: Pushed) -> None:
    put(here.desk, "src/long.csv", ("é,1\n" * 400_000).encode())
    assert here.desk.commit() == ""
    assert here.push("agent/x") == ""
    put(here.desk, "src/long.csv", ("é,1\n" * 400_000 + f"é,{OVERRIDE}\n").encode())
    here.desk.git("commit", "-q", "-m", "work")
    said = here.push("agent/x")
    assert stopping(said) == {"OWN009"}
    assert "src/long.csv:400001" in said


def test_of_a_file_that_is_too_long_it_is_said(here: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    most = hidden_characters.MOST_BYTES
    assert most == 32 << 20
    put(here.desk, "src/huge.csv", b"a,1\n" * (most // 4) + b"\n")
    here.desk.git("commit", "-q", "-m", "work")
    said = shown(here)
    assert said[0] == "warn OWN009 hidden-unicode [agent/x] src/huge.csv"
    assert "is larger than 32 MiB; it was not searched" in said[1]


def test_of_a_long_picture_nothing_is_said(here: Pushed) -> None:
    put(here.desk, "src/huge.bin", binaries.chance(1) + b"\0" * hidden_characters.MOST_BYTES)
    put(here.desk, "src/next.py", f"x = '{OVERRIDE}'\n".encode())
    here.desk.git("commit", "-q", "-m", "work")
    said = here.push("agent/x")
    assert "huge" not in said
    assert "OWN009 hidden-unicode [agent/x] src/next.py:1" in said


@pytest.mark.parametrize("raw", [b"x = 1\n\0\n", binaries.png(1)])
def test_a_text_that_is_binary_now_is_shown_with_how_to_look_at_it(here: Pushed, raw: bytes) -> None:
    put(here.desk, "src/a.py", raw)
    committed = subprocess.run(
        ["git", "commit", "-q", "-m", "work"], cwd=here.desk.path, capture_output=True, text=True, check=True
    )
    assert "git diff --text --cached -- :/src/a.py" in committed.stderr
    said = shown(here)
    assert said[0] == "warn OWN009 hidden-unicode [agent/x] src/a.py"
    assert "was text, and is binary to git now, so that no diff shows it" in said[1]
    command = said[2].removeprefix("  next: look at it: ")
    assert command == "git diff --text main...agent/x -- :/src/a.py"
    out = subprocess.run(command, shell=True, cwd=here.desk.path, check=True, capture_output=True).stdout  # noqa: S602
    assert out.startswith(b"diff --git a/src/a.py")
    assert b"Binary files" not in out
