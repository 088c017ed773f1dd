"""Interrupted, killed, run twice at once, or with nobody reading: the old site stays, no litter is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import command
from gitrepo import Repo


@pytest.fixture
def out(repo: Repo, tmp_path: Path) -> Path:
    """A site, and news for the next build."""
    folder = tmp_path / "out"
    command.site(repo.path, "--out", str(folder))
    repo.commit("agent/good", {"new.txt": "new\n"}, parents=[repo.git("rev-parse", "agent/good")])
    repo.flush()
    return folder


@contextmanager
def held(repo: Repo, out: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A build that stands still where git gives it the patches: half of its pages are staged by then.

    It runs in a process group of its own, as a shell would start it; nothing of it outlives the block.
    """
    real, script = shutil.which("git"), tmp_path / "held" / "git"
    script.parent.mkdir()
    script.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"diff-tree*--stdin*-p*) : > '{tmp_path}/reached'; exec sleep 60 ;;\n"
        f"*) exec '{real}' \"$@\" ;;\nesac\n"
    )
    script.chmod(0o755)
    program = [*command.INTERRUPTIBLE, "site", "--dormant=never", "--out", str(out)]
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        program,
        cwd=repo.path,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    try:
        while not (tmp_path / "reached").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def litter(repo: Repo, out: Path) -> list[str]:
    """What a build leaves nowhere, if it ends in an orderly way."""
    hidden = {path.name for path in out.iterdir() if path.name.startswith(".")}
    scratch = {path.name for path in (repo.path / ".git" / "agentledger" / "tmp").iterdir()}
    return sorted(scratch | hidden - {".gitignore", ".agentledger-site.json"})


def test_an_interruption_leaves_the_old_site_and_no_litter(repo: Repo, out: Path, tmp_path: Path) -> None:
    before = command.tree(out)
    with held(repo, out, tmp_path) as process:
        assert litter(repo, out) != []
        os.killpg(process.pid, signal.SIGINT)
        printed, told = process.communicate(timeout=60)
    assert (process.returncode, printed, told.strip()) == (130, b"", b"")
    assert command.tree(out) == before
    assert litter(repo, out) == []
    assert "new.txt" in command.site(repo.path, "--out", str(out))["paths.js"]


def test_what_a_killed_build_left_is_swept_by_the_next(repo: Repo, out: Path, tmp_path: Path) -> None:
    before = command.tree(out)
    with held(repo, out, tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    after = command.tree(out)
    assert {path: after[path] for path in before} == before
    assert "new.txt" in command.site(repo.path, "--out", str(out))["paths.js"]
    assert litter(repo, out) == []


def test_builds_at_once_take_turns(repo: Repo, out: Path) -> None:
    program = [*command.PROGRAM, "site", "--dormant=never", "--out", str(out)]
    running = [
        subprocess.Popen(program, cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 3
    assert told == [b""] * 3
    assert litter(repo, out) == []
    assert command.tree(out) == {
        k: v and v.encode() for k, v in command.site(repo.path, "--out", str(out)).items()
    } | {"branch": None}


@pytest.mark.parametrize(
    "arguments",
    [
        ["board", "--all"],
        ["board", "--format", "json"],
        ["schema", "ledger"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_nobody_reads_the_output(repo: Repo, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = [*command.PROGRAM, *arguments]
    done = subprocess.run(program, cwd=repo.path, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_the_reader_leaves_in_the_middle(repo: Repo) -> None:
    tip = repo.git("rev-parse", "agent/good")
    for number in range(300):
        repo.ref(f"agent/{number:03}", tip)
    repo.flush()
    program = [*command.PROGRAM, "board", "--format", "json"]
    # Unbuffered, a write that the reader cuts short counts as a write.
    env = os.environ | {"PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        program, cwd=repo.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == b"{"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
