"""Whole runs of `agentledger site`, as a user starts them: time, memory, git processes.

Belongs here: starting them, and watching them from outside. Does not: what goes on inside
(see `stages`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentledger.git.environment import build_git_env
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.text import decode, escape_hidden
from figures import Clock
from sandbox import SEALED, Sandbox

COLD = "cold"
UNCHANGED = "nothing changed"
MOVED = "one branch moved"
_PROC = Path("/proc")


def _command(box: Sandbox, out: Path) -> list[str]:
    options = ["--repo", str(box.path), "--base", box.base, "--dormant", "never", "--out", str(out)]
    refs = [word for glob in box.globs for word in ("--refs", glob)]
    return [sys.executable, "-m", "agentledger", "site", *options, *refs]


def _environment(trace: Path | None = None) -> dict[str, str]:
    env = build_git_env(os.environ, sealed=True) | SEALED
    return env | ({"GIT_TRACE2_EVENT": str(trace)} if trace else {})


def _checked(code: int, said: bytes) -> None:
    if code:
        raise LedgerError(f"agentledger site ended with {code}: {escape_hidden(decode(said).strip())[-400:]}")


def _fresh(box: Sandbox, out: Path) -> None:
    box.forget()
    shutil.rmtree(out, ignore_errors=True)


def runs(clock: Clock, box: Sandbox, out: Path, branch: Branch | None) -> None:
    """From nothing, then once more, then with one more commit on one branch (left out when None)."""
    _fresh(box, out)
    for stage in (COLD, UNCHANGED, MOVED) if branch else (COLD, UNCHANGED):
        if stage is MOVED and branch:
            box.move(branch)
        with clock(stage):
            done = subprocess.run(_command(box, out), env=_environment(), capture_output=True)
        _checked(done.returncode, done.stderr)


# -- from outside -----------------------------------------------------------------------


@dataclass
class Watched:
    """One run: git processes by command, and most resident memory in bytes.

    `own` is that of the Python process alone, `child` that of the largest git process; both 0
    where the system has no /proc. A process's pages of mapped pack files count as its memory.
    """

    commands: Counter[str] = field(default_factory=Counter)
    own: int = 0
    child: int = 0


def watched(box: Sandbox, out: Path, branch: Branch | None) -> dict[str, Watched]:
    """The same runs again, not timed, since tracing and looking have a price."""
    _fresh(box, out)
    found = {}
    for stage in (COLD, UNCHANGED, MOVED) if branch else (COLD, UNCHANGED):
        if stage is MOVED and branch:
            box.move(branch)
        found[stage] = _watch(box, out)
    return found


def _watch(box: Sandbox, out: Path) -> Watched:
    trace = out.with_name("trace")
    trace.mkdir()
    seen = Watched()
    errors = out.with_name("errors")
    with errors.open("wb") as said:
        process = subprocess.Popen(
            _command(box, out), env=_environment(trace), stdout=subprocess.DEVNULL, stderr=said
        )
        while process.poll() is None:
            seen.own = max(seen.own, _peak(process.pid))
            seen.child = max([seen.child, *(_peak(child, "git") for child in _descendants(process.pid))])
            time.sleep(0.01)
    _checked(process.returncode, errors.read_bytes())
    seen.commands = _commands(trace)
    shutil.rmtree(trace)
    return seen


def _peak(pid: int, program: str = "") -> int:
    """The most that a process ever had resident, in bytes; 0 when it is gone, or not yet `program`.

    Between fork and exec a child still is its parent. The kernel's figure begins anew at exec;
    `ru_maxrss` would go on from what the parent had.
    """
    try:
        lines = (_PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    except OSError:
        return 0
    facts = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    there = facts.get("Name", "").startswith(program)
    return int(facts.get("VmHWM", "0").split()[0]) * 1024 if there else 0


def _descendants(pid: int) -> Iterator[int]:
    for file in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            children = [int(word) for word in file.read_text().split()]
        except OSError:
            continue  # gone meanwhile
        for child in children:
            yield child
            yield from _descendants(child)


def _commands(trace: Path) -> Counter[str]:
    """Each git process wrote a file of its own, in which one event holds the command's name."""
    found: Counter[str] = Counter()
    for file in trace.iterdir():
        events = (json.loads(line) for line in file.read_bytes().splitlines())
        found[next((event["name"] for event in events if event["event"] == "cmd_name"), "git")] += 1
    return found
