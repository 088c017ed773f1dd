"""A task's branch whose merge was taken back, as every output shows it; and those that are no end at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.reports import shapes
from command import run
from desk import BRIEF, made
from gitrepo import Repo
from nextcommand import type_command
from sitefleet import page_of

STATUS = ".agentledger/tasks/x/status/20231114T222000Z-0001.md"
READY = (
    "---\nat: 2023-11-14T22:20:00Z\nstate: {}\n---\n## What changed\nIt.\n## What's next\nMore.\n"
    "## Risks and blockers\nnone\n## What I need from you\nnone\n"
)
LEDGER = {".agentledger/tasks/x/brief.md": BRIEF.format("['src/**']", ""), STATUS: READY.format("working")}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Task x, with a brief of the manager's and agent/x, which has its ledger and nothing else."""
    repo = made(tmp_path)
    repo.git("switch", "--quiet", "--create", "agent/x")
    write(repo, LEDGER, "chore(ledger): begin")
    return repo


def write(repo: Repo, files: dict[str, str], message: str) -> str:
    for path, content in files.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(content)
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--no-verify", "--message", message)
    return repo.git("rev-parse", "HEAD")


def land(repo: Repo) -> str:
    repo.git("switch", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-verify", "--no-ff", "--no-edit", "agent/x")
    return repo.git("rev-parse", "HEAD")


def document(repo: Repo, *command: str) -> Any:
    """A command's JSON, valid by its schema."""
    said = run(repo.path, *command, "--format", "json", "--dormant", "never")
    assert said.code == 0, said
    found = json.loads(said.out)
    schema = "ledger" if command[0] == "board" else command[0]
    jsonschema.validate(found, json.loads(shapes.encode_schema(schema)))
    return found


def entry(repo: Repo) -> Any:
    """agent/x in the JSON board."""
    (found,) = [b for b in document(repo, "board")["branches"] if b["name"] == "agent/x"]
    return found


def page(repo: Repo, out: Path) -> tuple[str, str]:
    """The site's board, and the page of agent/x."""
    assert run(repo.path, "site", "--dormant", "never", "--out", str(out)).code == 0
    branch = page_of(out, "agent-x")
    return (out / "index.html").read_text(), branch.read_text()


def test_a_merge_that_was_taken_back_reads_right_everywhere(repo: Repo, tmp_path: Path) -> None:
    write(repo, {"src/a.py": "a = 2\n"}, "work")
    landed = land(repo)
    repo.git("revert", "--no-edit", "-m", "1", landed)
    by = repo.git("rev-parse", "HEAD")
    found = entry(repo)
    assert (found["state"], found["section"]) == ("reverted", "held")
    assert found["arrival"] == {"by": "merge", "commit": landed}
    assert found["taken_back"] == {"loss": "reverted", "commit": by, "paths": ["src/a.py"]}
    why = f"main took it back in {by[:12]} (merged in {landed[:12]}, 1 file)"
    assert found["state_why"].startswith(why)
    board = run(repo.path, "board", "--dormant", "never").out
    assert "Held (1)" in board
    assert "Ended" not in board
    assert why in " ".join(board.split())
    assert f"git revert --no-edit {by}" in board
    turn = document(repo, "next")["turn"]
    assert (turn["about"], turn["branch"]) == ("reverted", "agent/x")
    text = run(repo.path, "next", "--dormant", "never").out
    assert "had landed, and base took it back" in text
    assert why in text
    index, own = page(repo, tmp_path / "site")
    for html in (index, own):
        assert f"git revert --no-edit {by}" in html
        assert "git branch -d" not in html
        assert "Base took it back" in html
        assert why in html
    type_command(repo.path, found["next_action"]["command"])
    assert entry(repo)["state"] == "merged"


def test_a_killed_task_does_not_stay_held_for_a_revert(repo: Repo) -> None:
    write(repo, {"src/a.py": "a = 2\n"}, "work")
    repo.git("revert", "--no-edit", "-m", "1", land(repo))
    outcome = "---\nat: 2023-11-15T00:00:00Z\nby: Ann\noutcome: killed\n---\nNot worth it.\n"
    repo.git("switch", "--quiet", "agentledger")
    write(repo, {"tasks/x/outcome.md": outcome}, "kill")
    repo.git("switch", "--quiet", "main")
    assert entry(repo)["state"] == "killed"


def test_a_live_task_s_branch_with_its_ledger_alone_is_open(repo: Repo) -> None:
    assert entry(repo)["state"] == "open"
    assert entry(repo)["section"] == "silent"  # its only check-in is of 2023


def test_a_branch_whose_lines_base_took_and_more_reads_right_everywhere(repo: Repo, tmp_path: Path) -> None:
    write(repo, {"src/a.py": "a = 2\n" + "a = 1\n" * 19}, "work")
    repo.git("switch", "--quiet", "main")
    write(repo, {"src/a.py": "a = 2\n" + "a = 1\n" * 19, "docs/d.md": "more\n"}, "took it, and more")
    found = entry(repo)
    assert (found["state"], found["section"], found["same_as"]) == ("absorbed", "ended", None)
    assert found["state_why"] == "merging it would change nothing"
    assert found["next_action"] is None
    board = run(repo.path, "board", "--all", "--dormant", "never").out
    assert "merging it would change nothing" in board
    assert "Review" not in board
    assert document(repo, "next")["turn"] is None
    own = page(repo, tmp_path / "site")[1]
    assert "Its change is in already" in own
    assert "merging it would change nothing" in own


def test_a_part_that_was_taken_back_takes_the_deletion_away(repo: Repo) -> None:
    first = write(repo, {"src/a.py": "a = 2\n"}, "work")
    write(repo, {"src/b.py": "b = 1\n"}, "more")
    land(repo)
    assert entry(repo)["next_action"]["text"] == "Delete"
    repo.git("revert", "--no-edit", first)
    by = repo.git("rev-parse", "HEAD")
    found = entry(repo)
    assert (found["state"], found["taken_back"]["loss"]) == ("merged", "partly")
    assert found["taken_back"]["paths"] == ["src/a.py"]
    assert "branch -d" not in run(repo.path, "board", "--all", "--dormant", "never").out
    assert f"partly taken back by {by[:12]}" in found["state_why"]


def test_what_depends_on_a_reverted_task_cannot_be_spawned(repo: Repo) -> None:
    write(repo, {"src/a.py": "a = 2\n"}, "work")
    landed = land(repo)
    repo.git("switch", "--quiet", "agentledger")
    child = BRIEF.replace("task: x", "task: y\ndepends_on: [x]").format("['docs/**']", "")
    write(repo, {"tasks/y/brief.md": child}, "plan y")
    repo.git("switch", "--quiet", "main")
    assert "FLT003" not in run(repo.path, "spawn", "y", "--dry-run").out
    repo.git("revert", "--no-edit", "-m", "1", landed)
    refused = run(repo.path, "spawn", "y", "--dry-run")
    assert (refused.code, "FLT003" in refused.out + refused.err) == (1, True), refused


def test_a_branch_that_goes_on_after_a_revert_is_still_judged(repo: Repo) -> None:
    write(repo, {"src/a.py": "a = 2\n"}, "work")
    repo.git("revert", "--no-edit", "-m", "1", land(repo))
    repo.git("switch", "--quiet", "agent/x")
    write(repo, {"docs/d.md": "out of bounds\n"}, "slip")
    repo.git("switch", "--quiet", "main")
    assert entry(repo)["state"] == "reverted"
    refused = run(repo.path, "check", "--branch", "agent/x", "--gate", "push")
    assert refused.code == 1
    assert "docs/d.md" in refused.out
