"""Arguments: what is refused, and with which words; help, version, schema and completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner

from agentledger import __version__
from agentledger.cli import agentledger
from agentledger.cli.boundary import Settings

SLOW = ("rich", "msgspec", "jinja2", "git", "markdown_it", "yaml", "platformdirs", "pygments")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "agentledger", *arguments],
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(*arguments: str) -> str:
    """What a refusal says, after checking that it is one and ends with 2."""
    result = CliRunner().invoke(agentledger, arguments, obj=Settings())
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def test_the_version_is_one_line() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"agentledger {__version__}\n")


def test_version_and_completion_load_nothing_slow() -> None:
    program = (
        "import sys; from agentledger.cli import main; main(['--version']);"
        f"print([name for name in {SLOW!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_as_the_help_says(shell: str) -> None:
    if shell == "bash" and sys.platform == "win32":
        pytest.skip("click asks bash for its version")
    done = run(_AGENTLEDGER_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert "agentledger" in done.stdout
    assert f"_AGENTLEDGER_COMPLETE={shell}_source" in run("--help").stdout


def test_the_help_names_every_command() -> None:
    help_text = run("--help").stdout
    for name in agentledger.commands:
        assert f"  {name} " in help_text
    assert all(len(line) <= 100 for line in help_text.splitlines())


@pytest.mark.parametrize("group", [agentledger, agentledger.commands["brief"]], ids=["top", "brief"])
def test_the_help_shows_each_summary_whole_at_80_columns(group: click.Command) -> None:
    """click ends a summary that is too long with `...`; 80 columns are what a terminal has by default."""
    assert isinstance(group, click.Group)
    words = [] if group is agentledger else [str(group.name)]
    help_text = run(*words, "--help", COLUMNS="80").stdout
    assert "..." not in help_text.replace("[ARGS]...", "")
    width = max(map(len, group.commands))
    for name, command in group.commands.items():
        summary = (command.help or "").splitlines()[0]
        assert summary.endswith(".")
        assert f"\n  {name:{width}}  {summary}\n" in help_text


def test_a_mistyped_command_or_option_gets_a_suggestion() -> None:
    assert "Did you mean 'board'?" in refused("bord")
    assert "Did you mean '--branches'?" in refused("board", "--branch", "x")
    assert "Did you mean ledger?" in refused("schema", "legder")
    assert "There are: ledger" in refused("schema", "zzz")


def test_a_base_given_twice_is_refused_by_name() -> None:
    error_text = refused("board", "--base", "main", "--base", "dev")
    assert "--base was given 2 times (main and dev); a fleet has one base." in error_text


@pytest.mark.parametrize("words", ["7", "d", "-1d", "1.5h", "7 days", "", "9999999999d"])
def test_a_duration_that_is_none_is_refused_with_the_forms(words: str) -> None:
    assert "write 15m, 2h, 3d or never" in refused("board", f"--dormant={words}")


def test_a_repository_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert "is a file" in refused("board", "--repo", str(tmp_path / "f"))


def test_the_schema_is_printed_whole() -> None:
    done = run("schema", "ledger")
    assert done.returncode == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(done.stdout))
    assert {"ledger", "site", "brief", "policy"} <= set(run("schema").stdout.split())
