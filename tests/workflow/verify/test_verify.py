"""`agentledger verify` in an agent's worktree: what runs, what is recorded, and what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from pathlib import Path

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.work import Fresh, Trust
from command import PROGRAM, refused
from gitrepo import Repo
from verifying import EVIDENCE, Checks, outcomes

LINT = '[[verify]]\nname = "lint"\nrun = "echo lint {changed:**/*.py}"\npaths = ["**/*.py"]\n'


def test_the_checks_run_in_order_and_their_evidence_is_committed_alone(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo tested", "types": "echo typed; exit 3"}, LINT)
    before = desk.head()
    document = desk.verify(code=1)
    assert outcomes(document) == {"test": "passed", "types": "failed", "lint": "passed"}
    assert (document["head"], document["commit"], document["ref"]) == (
        before,
        desk.head(),
        "refs/heads/agent/x",
    )
    assert desk.git("diff", "--name-only", before, "HEAD").split() == sorted(document["files"])
    assert sorted(document["files"]) == [f"{EVIDENCE}/{name}.json" for name in ("lint", "test", "types")]
    assert desk.git("log", "-1", "--format=%s").startswith("chore(ledger): ")
    assert desk.git("status", "--porcelain") == ""


def test_evidence_says_what_was_run_on_what_and_what_came_of_it(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo one; echo two >&2; exit 3"})
    head = desk.head()
    began = int(time.time())
    desk.verify(code=1)
    evidence = desk.evidence()
    assert (evidence.command, evidence.exit_code, evidence.tail) == (
        "echo one; echo two >&2; exit 3",
        3,
        ("one", "two"),
    )
    assert (evidence.head, evidence.failures_in_a_row, evidence.truncated) == (head, 1, False)
    assert began <= evidence.started_at <= time.time()
    log = tmp_path / "main/.git/agentledger/logs" / (evidence.log_sha256 or "")
    assert log.read_bytes() == b"one\ntwo\n"
    assert (evidence.log_bytes, evidence.log_sha256) == (8, hashlib.sha256(b"one\ntwo\n").hexdigest())
    tree = desk.git("ls-tree", head).replace("\t", " ").splitlines()
    without = "".join(
        line.replace(" ", "\t", 3).replace("\t", " ", 2) + "\n" for line in tree if ".agentledger" not in line
    )
    assert evidence.tree == desk.repo.git("mktree", input=without)


def test_the_change_id_is_that_of_git_s_own_raw_diff(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.change("src/a.py", "a = 2\n")
    desk.verify()
    flags = ["-r", "-z", "--raw", "--no-renames", "--full-index"]
    raw = desk.repo.git_bytes("diff-tree", *flags, "main", "agent/x", "--", ":!.agentledger")
    assert desk.evidence().change == hashlib.sha256(raw).hexdigest()


def test_what_is_recorded_is_what_the_board_asks_for(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"}, LINT + LINT.replace("lint", "docs").replace("*.py", "*.md"))
    document = desk.verify()
    assert set(outcomes(document)) == {"test", "lint"}
    with snapshot.open_snapshot(desk.repo.path, Request()) as taken:
        branch = next(b for b in taken.fleet.branches if b.name == "agent/x")
    assert branch.standing
    assert [(c.check.name, c.trust, c.fresh) for c in branch.standing.checks] == [
        ("test", Trust.CLAIMED, Fresh.SAME), ("lint", Trust.CLAIMED, Fresh.SAME)
    ]  # fmt: skip
    assert not [f for f in branch.findings or () if f.rule.startswith("EVD")]


def test_policy_s_check_for_some_paths_is_asked_for_as_soon_as_they_are_touched(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"}, LINT.replace("*.py", "*.md"))
    assert set(outcomes(desk.verify())) == {"test"}
    desk.change("docs/d.md", "d\n")
    assert set(outcomes(desk.verify())) == {"test", "lint"}


def test_only_the_changed_files_are_named_and_none_means_skipped(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"py": "echo {changed:**/*.py}", "js": "false {changed:**/*.js}"})
    document = desk.verify()
    assert desk.evidence("py").tail == ("src/new.py",)
    evidence = desk.evidence("js")
    assert (evidence.exit_code, evidence.skipped, evidence.passed) == (
        None,
        "no changed file matches **/*.js",
        False,
    )
    assert outcomes(document) == {"py": "passed", "js": "skipped"}


def test_a_file_that_is_deleted_is_not_among_the_changed_ones(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"py": "echo {changed:**/*.py}"})
    desk.git("rm", "-q", "src/a.py")
    desk.change("src/b; touch pwned.py", "b\n")
    desk.verify()
    assert desk.evidence("py").tail == ("src/b; touch pwned.py src/new.py",)


def test_failures_in_a_row_are_counted_and_end_with_a_success(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "test -e ready"})
    for row in (1, 2, 3):
        desk.verify(code=1)
        assert desk.evidence().failures_in_a_row == row
    (desk.path / "ready").touch()
    desk.verify()
    assert desk.evidence().failures_in_a_row == 0


def test_one_check_alone(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true", "types": "false"})
    assert outcomes(desk.verify("--only", "test")) == {"test": "passed"}
    result = refused(desk.path, "verify", "--only", "tset")
    assert (result.message, result.hint) == ("there is no check named tset", "did you mean test?")


def test_output_is_streamed_to_standard_error_and_the_result_told_on_the_other(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "printf 'a\\tb\\033[31m\\n'; exit 5"})
    result = desk.said()
    assert result.err.splitlines()[:2] == ["test: $ printf 'a\\tb\\033[31m\\n'; exit 5", "a    b\\x1b[31m"]
    assert result.out.startswith("test  failed with exit code 5")
    assert result.out.rstrip().endswith("next: fix it, commit, then agentledger verify --only test")


def test_a_dry_run_says_which_commands_would_run(tmp_path: Path) -> None:
    desk = Checks(
        tmp_path, {"test": "touch ran.tmp", "py": "echo {changed:**/*.py}", "js": "x {changed:*.js}"}
    )
    before = desk.untouched()
    document = desk.verify("--dry-run")
    assert [(c["command"], c["outcome"]) for c in document["checks"]] == [
        ("touch ran.tmp", "planned"), ("echo src/new.py", "planned"), ("x ", "skipped")
    ]  # fmt: skip
    assert desk.untouched() == before
    assert "nothing is run" in desk.said("--dry-run").out


def test_a_task_without_a_check_is_said_to_have_none(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {})
    assert "asks for a check" in desk.said().out


# -- what a worktree has to be like -------------------------------------------------------


def test_uncommitted_changes_are_refused_but_not_the_ledger_s(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "touch ran.tmp"})
    desk.write(".agentledger/tasks/x/status/note.md")
    desk.verify()
    (desk.path / "ran.tmp").unlink()
    for spoil, named in (
        (lambda: desk.write("src/a.py"), "src/a.py"),
        (lambda: desk.write("new.txt"), "new.txt"),
        (lambda: desk.git("mv", "src/a.py", "src/c.py"), "src/a.py"),
        ((desk.path / "src/new.py").unlink, "src/new.py"),
    ):
        spoil()
        result = refused(desk.path, "verify")
        assert named in result.message
        assert not (desk.path / "ran.tmp").exists()
        desk.git("reset", "-q", "--hard")
        (desk.path / "new.txt").unlink(missing_ok=True)


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_not_to_look_at_is_refused(tmp_path: Path, flag: str) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.git("update-index", flag, "src/a.py")
    desk.write("src/a.py", "hidden\n")
    assert desk.git("status", "--porcelain") == ""
    result = refused(desk.path, "verify")
    assert "src/a.py" in result.message
    desk.write("src/a.py", "a = 1\n")
    subprocess.run(["sh", "-c", result.hint.partition(";")[0]], cwd=desk.path, check=True)
    desk.verify()


def test_a_sparse_checkout_is_fine(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "ls"})
    desk.git("sparse-checkout", "set", "--no-cone", "/src/", "/.gitignore")
    assert not (desk.path / "check.sh").exists()
    desk.verify()
    assert desk.evidence().tail == ("src",)


def test_a_program_that_says_what_has_changed_is_not_asked(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    hook = tmp_path / "liar"
    hook.write_text("#!/bin/sh\nprintf 'token\\0'\n")
    hook.chmod(0o755)
    desk.git("config", "core.fsmonitor", str(hook))
    desk.git("status")
    desk.write("src/a.py", "changed behind its back\n")
    assert "src/a.py" in refused(desk.path, "verify").message


def test_a_check_that_changes_what_is_committed_records_nothing(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true", "format": "echo '# x' >>src/a.py"})
    before = desk.head()
    result = desk.said()
    assert result.code == 2
    assert "the check format changed files that are committed: src/a.py" in result.err
    assert desk.head() == before


def test_new_files_are_a_warning(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"a": "touch left.txt", "b": "touch fine.tmp"})
    document = desk.verify()
    assert [bool(check["warnings"]) for check in document["checks"]] == [True, False]
    assert "left.txt" in document["checks"][0]["warnings"][0]


def test_code_that_is_committed_meanwhile_records_nothing_but_a_report_does_no_harm(tmp_path: Path) -> None:
    who = "git -c user.name=a -c user.email=a@x"
    note = ".agentledger/tasks/x/status/n.md"
    desk = Checks(tmp_path, {
        "note": f"mkdir -p $(dirname {note}); date +%N >{note}; git add {note}; {who} commit -qm note",
    })  # fmt: skip
    desk.verify()
    desk = Checks(tmp_path / "b", {"code": f"date +%N >src/a.py; {who} commit -qam code"})
    result = desk.said()
    assert result.code == 2
    assert "moved on" in result.err


def test_it_runs_from_any_folder_of_the_worktree_and_in_its_top(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "pwd -P"})
    desk.verify(folder=desk.path / "src")
    assert desk.evidence().tail == (str(desk.path.resolve()),)


def test_base_works_on_no_task(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    assert "works on no task" in refused(desk.repo.path, "verify").message


def test_the_checks_of_an_unconfirmed_brief_run_in_its_own_worktree(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo own"}, confirmed=False)
    desk.verify()
    assert desk.evidence().tail == ("own",)


def test_a_repository_of_sha256_is_no_different(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", object_format="sha256")
    brief = Checks(tmp_path / "other", {"test": "false"}).brief
    root = repo.commit("main", {"a.py": "a\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": brief}, parents=[])
    repo.commit("agent/x", {"b.py": "b\n"}, parents=[root])
    repo.checkout("main")
    path = repo.worktree_add(tmp_path / "w", "agent/x").path
    done = subprocess.run(
        [*PROGRAM, "verify", "--format", "json"], cwd=path, capture_output=True, check=False
    )
    assert done.returncode == 1, done
    assert len(json.loads(done.stdout)["commit"]) == 64


def test_in_a_merge_that_is_half_way_the_advice_is_to_end_it(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.write("src/a.py", "ours\n")
    desk.git("commit", "-q", "-a", "-m", "ours", "--no-verify")
    desk.git("switch", "-q", "-c", "theirs", "main")
    desk.write("src/a.py", "theirs\n")
    desk.git("commit", "-q", "-a", "-m", "theirs", "--no-verify")
    desk.git("switch", "-q", "agent/x")
    desk.git("merge", "theirs", ok=False)
    result = refused(desk.path, "verify")
    assert "merge is half-way" in result.message
    assert "git merge --abort" in result.hint
