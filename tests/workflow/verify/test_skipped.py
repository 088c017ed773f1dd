"""A check that had nothing to run is called skipped on every output: neither passed nor reproduced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from approved import CHECK_IN, FOLDER, PROSE
from command import run
from desk import checked
from outputs import read_outputs
from verifying import Checks

LINT = "cat {changed:*.md}"


def ready(folder: Path, verify: dict[str, str]) -> Checks:
    """A branch that was verified, run again by the manager, and is said to be ready."""
    desk = Checks(folder, verify)
    desk.change("src/a.py", "a = 2\n")
    desk.verify()
    assert run(desk.path, "packet", *PROSE).code == 0
    desk.change(f"{FOLDER}/status/20231114T222000Z-0001.md", CHECK_IN)
    desk.said("--rerun", "x", folder=desk.repo.path)
    return desk


def worth(entry: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(check["result"], check["standing"]) for check in entry["checks"]]


def test_it_stands_beside_what_passed(tmp_path: Path) -> None:
    desk = ready(tmp_path, {"test": "true", "lint": LINT})
    outputs = read_outputs(desk.repo.path)
    assert worth(outputs.branch("agent/x")) == [("passed", "reproduced"), ("skipped", "skipped")]
    page = outputs.page("agent/x")
    assert ">test reproduced</span> · <span" in page
    assert ">lint skipped</span>" in page
    assert "skipped: no changed file matches *.md" in page
    assert "checks: test passed (reproduced), lint was skipped: nothing it looks at changed" in outputs.next
    assert "| lint | `cat {changed:*.md}` | skipped: no changed file matches *.md |" in desk.git(
        "show", f"agent/x:{FOLDER}/packet.md"
    )
    assert not {rule for rule in checked(desk.repo, "merge") if rule.startswith("EVD")}
    told = run(desk.repo.path, "prompt", "x", "--for", "review").out
    assert "`lint`: skipped (`no changed file matches *.md`)" in told


def test_alone_it_proves_nothing(tmp_path: Path) -> None:
    desk = ready(tmp_path, {"lint": LINT})
    outputs = read_outputs(desk.repo.path)
    assert worth(outputs.branch("agent/x")) == [("skipped", "skipped")]
    page = outputs.page("agent/x")
    assert ">lint skipped</span>" in page
    assert "reproduced" not in page
    assert not {rule for rule in checked(desk.repo, "merge") if rule.startswith("EVD")}


@pytest.mark.parametrize("removed", [True, False])
def test_it_counts_only_while_nothing_matches(tmp_path: Path, removed: bool) -> None:
    """A file that only disappears is none that a check could look at."""
    desk = ready(tmp_path, {"lint": LINT})
    tip = desk.repo.git("rev-parse", "main")
    desk.repo.commit("main", {"d.md": "d\n"}, parents=[tip])
    desk.repo.flush()
    desk.git("merge", "-q", "--no-edit", "main")
    if removed:
        desk.git("rm", "-q", "d.md")
        desk.git("commit", "-q", "-m", "work")
    else:
        desk.change("d.md", "e\n")
    desk.verify()
    (path,) = desk.repo.git("ls-tree", "-r", "--name-only", "agent/x", f"{FOLDER}/evidence/").splitlines()
    before = desk.repo.git("show", f"agent/x:{path}")
    assert ("skipped" in before) is removed
    if not removed:
        typed = before.replace('"exit_code": 0,', '"skipped": "no changed file matches *.md",')
        assert typed != before
        desk.change(path, typed)
    (check,) = read_outputs(desk.repo.path).branch("agent/x")["checks"]
    assert check["result"] == ("skipped" if removed else "not run")
    assert check["about"] == "same"
    found = {rule for rule in checked(desk.repo, "merge") if rule.startswith("EVD")}
    assert found == (set() if removed else {"EVD001"})


def test_the_command_that_is_named_records_it(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.verify()
    path = f"{FOLDER}/evidence/test.json"
    desk.change(path, (desk.path / path).read_text().replace('"exit_code": 0,', '"skipped": "no",'))
    said = run(desk.repo.path, "check", "--branch", "agent/x", "--gate", "merge")
    expected = "the check test has not run: its file says that it was skipped, and only a check of changed files can be"
    assert expected in said.out
    hint = next(line for line in said.out.splitlines() if "agentledger verify" in line)
    command = hint[hint.index("agentledger verify") :].split()
    assert run(desk.path, *command[1:]).code == 0
    assert "EVD001" not in checked(desk.repo, "merge")
