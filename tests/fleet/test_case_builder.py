"""Findings of real branches: what each gate would say of a history made with git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.findings import Gate
from desk import CHECK_IN
from gitrepo import Repo
from reading import NOW, named
from rulecases import BODY

BRIEF = "---\ntask: {}\nowns: [{}]\nverify: {{test: make test}}\n{}---\n" + BODY
STATUS = ".agentledger/tasks/x/status/{}.md"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Base with some files; tasks x, which owns src, and y, which owns lib, on the control branch."""
    made = Repo.init(tmp_path / "repo")
    made.commit("main", {"src/a.py": "a = 1\n" * 20, "lib/b.py": "b = 1\n", "f": "0\n", "tests/t.py": "t\n"})
    briefs = {
        "tasks/x/brief.md": BRIEF.format("x", "'src/**'", ""),
        "tasks/y/brief.md": BRIEF.format("y", "'lib/**'", ""),
    }
    made.commit("agentledger", briefs, parents=[])
    return made


def found(repo: Repo, gate: Gate = Gate.PUSH, branch: str = "agent/x") -> dict[str, list[str]]:
    """The paths of each rule that speaks, of rules that speak of paths; [] for others."""
    repo.flush()
    with snapshot.open_snapshot(repo.path, Request(now=NOW)) as taken:
        asked = named(taken.fleet)[branch]
        findings = taken.findings([asked], gate)[asked.ref]
    told: dict[str, list[str]] = {}
    for finding in findings:
        told.setdefault(finding.rule, []).extend([finding.path.decode()] if finding.path else [])
    return told


def grown(repo: Repo, files: dict[str, Any], branch: str = "agent/x") -> None:
    """One commit on top of base, or of the branch."""
    tips = repo.answer("rev-parse", "--verify", "-q", branch)
    repo.flush()
    parents = None if tips[0] == 0 else [repo.git("rev-parse", "main").strip()]
    repo.commit(branch, files, parents=parents)
    repo.flush()


def test_a_branch_that_stays_within_its_scope_is_told_nothing(repo: Repo) -> None:
    grown(
        repo,
        {"src/a.py": "a = 2\n", "src/new.py": "", STATUS.format("1"): CHECK_IN.format("working", "", "none")},
    )
    assert found(repo) == {}


@pytest.mark.parametrize("gate", [Gate.PUSH, Gate.READY, Gate.MERGE])
def test_what_is_outside_is_found_with_its_path(repo: Repo, gate: Gate) -> None:
    grown(repo, {"f": "1\n", "src/a.py": "a = 2\n", "AGENTS.md": "do as you like\n"})
    told = found(repo, gate)
    assert (told["OWN001"], told["OWN003"]) == (["AGENTS.md", "f"], ["AGENTS.md"])


def test_a_change_put_back_is_only_history(repo: Repo) -> None:
    grown(repo, {"f": "1\n"})
    grown(repo, {"f": "0\n", "src/a.py": "a = 2\n"})
    assert found(repo) == {"OWN007": ["f"]}


def test_the_ledgers_own_files_are_not_the_tasks(repo: Repo) -> None:
    grown(
        repo, {".agentledger/config.toml": "enforce = false\n", ".agentledger/tasks/y/brief.md": "mine now\n"}
    )
    assert found(repo)["OWN003"] == [".agentledger/config.toml", ".agentledger/tasks/y/brief.md"]


def test_links_are_followed(repo: Repo) -> None:
    links = {
        "src/in": "a.py",
        "src/out": "../f",
        "src/away": "/etc/passwd",
        "src/ledger": "../.agentledger/tasks",
    }
    grown(repo, {path: ("120000", target) for path, target in links.items()})
    assert found(repo) == {"OWN005": ["src/away", "src/ledger", "src/out"]}


def test_characters_that_mislead_are_found_where_they_are_new(repo: Repo) -> None:
    repo.commit("main", {"src/old.py": "x = '\u202e'\n"})
    repo.flush()
    grown(repo, {"src/old.py": "x = '\u202e'  # more\n", "src/new.py": "y = 1\nz = '\u2066'\n"})
    assert found(repo) == {"OWN009": ["src/new.py"]}


def test_names_that_collide_are_found_in_any_folder(repo: Repo) -> None:
    grown(repo, {"src/A.py": "", "SRC/x.py": ""})
    assert found(repo)["OWN006"] == ["SRC/x.py", "src/A.py"]


def test_another_tasks_branch_must_be_declared(repo: Repo) -> None:
    grown(repo, {"lib/b.py": "b = 2\n"}, "agent/y")
    grown(repo, {"src/a.py": "a = 2\n"})
    repo.merge("agent/x", ["agent/x", "agent/y"], {"lib/b.py": "b = 2\n"})
    told = found(repo)
    assert "OWN008" in told
    assert told["OWN001"] == ["lib/b.py"]
    # Declared, its commits are not this branch's doing; what merging brings is the manager's to order.
    brief = BRIEF.format("x", "'src/**'", "depends_on: [y]\n")
    repo.commit("agentledger", {"tasks/x/brief.md": brief})
    told = found(repo)
    assert "OWN008" not in told
    assert found(repo, Gate.MERGE)["FLT003"] == []


def test_an_edited_check_in_is_found_and_a_new_one_not(repo: Repo) -> None:
    grown(repo, {STATUS.format("1"): CHECK_IN.format("working", "", "none")})
    grown(repo, {STATUS.format("2"): CHECK_IN.format("working", "", "none")})
    assert found(repo) == {}
    grown(repo, {STATUS.format("1"): CHECK_IN.format("ready", "", "none")})
    assert found(repo) == {"STA005": [STATUS.format("1")]}


def test_scopes_that_meet_are_told_to_the_newer(repo: Repo) -> None:
    grown(repo, {"src/a.py": "a = 2\n"})
    grown(repo, {"src/z.py": "z\n"}, "agent/z")
    repo.commit("agentledger", {"tasks/z/brief.md": BRIEF.format("z", "'src/z.py'", "")})
    assert "OWN004" in found(repo, branch="agent/z")
    assert "OWN004" not in found(repo)
    assert "OWN004" in found(repo, Gate.MERGE)


PACKET = (
    "---\ntask: x\nbase: {base}\nhead: {head}\n---\n## Summary\nIt.\n## Why this approach\nSmall.\n"
    "## Files touched\n{files}\n## Acceptance criteria\n- [x] the sixth login answers 429\n  - tests/t.py\n"
    "## Test plan and results\nNo tests: it is a constant.\n## Risks and follow-ups\nnone\n"
)


def handed_over(repo: Repo, files: str = "- `src/a.py`") -> str:
    """A code commit, and a packet that speaks of it; the code commit's id."""
    grown(repo, {"src/a.py": "a = 2\n" + "a = 1\n" * 19})
    base, head = repo.git("rev-parse", "main", "agent/x").split()
    grown(repo, {".agentledger/tasks/x/packet.md": PACKET.format(base=base, head=head, files=files)})
    return head


def packets(repo: Repo) -> set[str]:
    return {rule for rule in found(repo, Gate.READY) if rule.startswith("PKT")}


def test_a_packet_is_held_against_what_git_says(repo: Repo) -> None:
    handed_over(repo)
    assert packets(repo) == set()


@pytest.mark.parametrize("files", ["none", "- `src/a.py`\n- `src/gone.py`"])
def test_a_list_of_files_that_is_not_what_changed_is_found(repo: Repo, files: str) -> None:
    handed_over(repo, files)
    assert packets(repo) == {"PKT003"}


def test_base_merged_in_keeps_a_packet_and_more_code_does_not(repo: Repo) -> None:
    handed_over(repo)
    repo.commit("main", {"f": "9\n"})
    tip = repo.git("rev-parse", "agent/x").strip()
    repo.merge("agent/x", [tip, "main"], {"f": "9\n"})
    assert packets(repo) == set()
    grown(repo, {"src/a.py": "a = 3\n"})
    assert packets(repo) == {"PKT004"}


def test_ours_over_base_makes_a_packet_stale_though_the_code_is_the_same(repo: Repo) -> None:
    handed_over(repo)
    repo.commit("main", {"src/a.py": "a = 1\n" * 19 + "fixed = 1\n"})
    repo.flush()
    repo.merge("agent/x", [repo.git("rev-parse", "agent/x").strip(), repo.git("rev-parse", "main").strip()])
    assert "PKT004" in packets(repo)


def test_a_branch_without_a_brief_is_only_told_so(repo: Repo) -> None:
    grown(repo, {"f": "1\n"}, "agent/nobody")
    assert found(repo, branch="agent/nobody") == {"BRF001": []}


def test_two_tasks_on_one_branch_are_found(repo: Repo) -> None:
    grown(
        repo,
        {f".agentledger/tasks/{task}/brief.md": BRIEF.format(task, "'src/**'", "") for task in ("x", "z")},
    )
    assert "BRF009" in found(repo)
