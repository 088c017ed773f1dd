"""On a system that it does not run on, every command says so in one sentence, and a hook stops nobody."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Python on Windows has no fcntl, and another `os.name`; nothing else of it matters here.
AS_ON_WINDOWS = (
    "import os, sys; os.name = 'nt'; sys.modules['fcntl'] = None; sys.argv = ['agentledger', *{!r}]; "
)


def run_as_on_windows(start: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = AS_ON_WINDOWS.format(list(arguments)) + start
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("board",), ("--version",), ("spawn", "x"), ()])
def test_a_command_says_that_it_does_not_run_there(arguments: tuple[str, ...]) -> None:
    ran = run_as_on_windows("from agentledger.__main__ import main; sys.exit(main())", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("agentledger: agentledger does not run on Windows")
    assert ran.stderr.endswith("inside WSL it runs as on Linux\n")
    assert ran.stderr.count("\n") == 1


def test_a_hook_of_the_framework_lets_through_and_says_so() -> None:
    ran = run_as_on_windows("from agentledger.gates.framework import main; sys.exit(main())")
    assert ran.returncode == 0
    assert "does not run on Windows" in ran.stderr
    assert ran.stderr.endswith("this was not checked\n")


def test_the_same_commands_run_on_this_system() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "agentledger", "--version"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
