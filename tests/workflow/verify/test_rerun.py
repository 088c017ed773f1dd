"""`agentledger verify --rerun`: the checks once more, in a fresh worktree, and what that makes of a claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentledger.model.work import Trust
from command import refused
from verifying import EVIDENCE, Checks, outcomes, reruns, standing

COPIES = '[spawn]\ncopy = [".env"]\nsetup = "touch ready"\n'


def trusts(told: dict[str, Any]) -> list[tuple[str | None, int]]:
    return [(check["trust"], check["runs"]) for check in told["checks"]]


def test_the_same_outcome_is_reproduced_and_kept_for_the_manager(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo tested"})
    desk.verify()
    head = desk.head()
    document = desk.verify("--rerun", "x", folder=desk.repo.path)
    assert trusts(document) == [("reproduced", 1)]
    assert (document["commit"], document["ref"]) == (
        desk.repo.git("rev-parse", "agentledger"),
        "refs/heads/agentledger",
    )
    assert reruns(desk) == document["files"]
    assert document["files"][0].endswith("-test.json")
    assert standing(desk).trust is Trust.REPRODUCED
    assert desk.head() == head
    assert desk.repo.git("worktree", "list").count("\n") == 1


def test_evidence_that_was_typed_is_contradicted_by_two_runs(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "exit 1"})
    desk.verify(code=1)
    path = desk.path / EVIDENCE / "test.json"
    claim = json.loads(path.read_text()) | {"exit_code": 0}
    desk.change(f"{EVIDENCE}/test.json", json.dumps(claim))
    document = desk.verify("--rerun", "agent/x", folder=desk.repo.path, code=1)
    assert trusts(document) == [("contradicted", 2)]
    assert len(reruns(desk)) == 2
    assert standing(desk).trust is Trust.CONTRADICTED


def test_runs_that_differ_among_themselves_are_flaky(tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    desk = Checks(tmp_path, {"test": f"echo >>{turn}; test $(wc -l <{turn}) -ne 2"})
    desk.verify()
    document = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert trusts(document) == [("flaky", 2)]
    assert standing(desk).trust is Trust.FLAKY


def test_what_only_passes_with_files_that_no_commit_has_is_found_out(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "test -e ready"})
    (desk.path / "ready").touch()
    desk.verify()
    assert trusts(desk.verify("--rerun", "x", folder=desk.repo.path, code=1)) == [("contradicted", 2)]


def test_without_evidence_of_this_code_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    assert trusts(desk.verify("--rerun", "x", folder=desk.repo.path)) == [(None, 1)]
    desk.verify()
    desk.change("src/a.py", "a = 2\n")
    assert trusts(desk.verify("--rerun", "x", folder=desk.repo.path)) == [(None, 1)]


def test_the_worktree_is_made_ready_as_policy_says(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "cat .env && test -e ready && git status --porcelain"}, COPIES)
    (desk.repo.path / ".env").write_text("TOKEN=secret-of-mine\n")
    document = desk.verify("--rerun", "x", folder=desk.repo.path)
    log = Path(document["checks"][0]["log"])
    assert log.read_text() == "TOKEN=[redacted]\n"


def test_a_link_in_the_way_of_a_copied_file_leads_nowhere(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"}, '[spawn]\ncopy = ["conf/.env"]\n')
    (desk.repo.path / "conf").mkdir()
    (desk.repo.path / "conf/.env").write_text("A=1\n")
    victim = tmp_path / "victim"
    victim.mkdir()
    (desk.path / "conf").symlink_to(victim)
    desk.change("src/a.py", "a = 2\n")
    result = refused(desk.repo.path, "verify", "--rerun", "x")
    assert "a link on the way" in result.message
    assert not list(victim.iterdir())


def test_a_link_is_as_its_commit_has_it_whatever_way_it_is_written(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "cat again"})
    for name, target in (("again", "./src/../check.sh"), ("code", "src//")):
        (desk.path / name).symlink_to(target)
    desk.change("src/a.py", "a = 2\n")
    assert desk.repo.git("ls-tree", "agent/x", "again").startswith("120000")
    desk.verify()
    assert trusts(desk.verify("--rerun", "x", folder=desk.repo.path)) == [("reproduced", 1)]


def test_a_sparse_checkout_s_fresh_worktree_is_whole(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "ls"})
    desk.repo.git("sparse-checkout", "set", "--no-cone", "/src/")
    document = desk.verify("--rerun", "x", folder=desk.repo.path)
    assert Path(document["checks"][0]["log"]).read_text() == "check.sh\nsrc\n"


def test_in_an_agent_s_worktree_nothing_is_kept_on_the_control_branch(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.verify()
    before = desk.untouched()
    document = desk.verify("--rerun")
    assert trusts(document) == [("reproduced", 1)]
    assert (document["commit"], document["files"]) == (None, [])
    assert desk.untouched() == before


def test_the_checks_of_an_unconfirmed_brief_are_not_run_elsewhere(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    desk = Checks(tmp_path, {"test": f"touch {mark}"}, confirmed=False)
    result = refused(desk.repo.path, "verify", "--rerun", "x")
    assert "unconfirmed" in result.message
    assert "agentledger brief accept x" in result.hint
    refused(desk.repo.path, "verify", "--rerun", "x", "--dry-run")
    assert not mark.exists()


def test_policy_s_checks_are_run_for_an_unconfirmed_brief_all_the_same(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    policy = '[[verify]]\nname = "lint"\nrun = "echo linted"\n'
    desk = Checks(tmp_path, {"test": f"touch {mark}"}, policy, confirmed=False)
    document = desk.verify("--rerun", "x", folder=desk.repo.path)
    assert outcomes(document) == {"lint": "passed"}
    assert document["warnings"] == ["not run, since the brief is unconfirmed: test"]
    assert not mark.exists()


def test_rivals_have_to_be_told_apart(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.repo.git("branch", "agent/x--2", "agent/x")
    result = refused(desk.repo.path, "verify", "--rerun", "x")
    assert result.message == "several branches work on x: agent/x, agent/x--2"
    assert result.hint == "name one: agentledger verify --rerun agent/x"
    assert desk.verify("--rerun", "agent/x--2", folder=desk.repo.path)["branch"] == "agent/x--2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--rerun"], "no task is worked on here"), (["--rerun", "y"], "there is no task named y")],
)
def test_what_there_is_not_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    assert refused(desk.repo.path, "verify", *arguments).message == message


def test_a_dry_run_runs_nothing(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": f"touch {tmp_path}/ran"})
    document = desk.verify("--rerun", "x", "--dry-run", folder=desk.repo.path)
    assert outcomes(document) == {"test": "planned"}
    assert not (tmp_path / "ran").exists()


def test_a_branch_that_is_only_remote_can_be_run_again(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo tested"})
    desk.verify()
    mine = desk.repo.clone(tmp_path / "mine")
    document = desk.verify("--rerun", "agent/x", folder=mine.path)
    assert trusts(document) == [("reproduced", 1)]
    assert mine.git("rev-parse", "agentledger") == document["commit"]
