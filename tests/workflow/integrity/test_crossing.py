"""How a branch is crossed: where its work begins, what is laid where, what is run again, kept, and left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.integrity import Meaning
from agentledger.model.work import Fresh, Trust
from command import INTERRUPTIBLE, refused, run
from crossing import BASE, BRANCHES, RUN, TEST, build_shop, cross
from gitrepo import Files, Repo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Repo:
    """Besides, a branch whose check writes down what it finds, and some whose runs are counted."""
    seen = f"(find tests -printf '%y%m %p %l\\n' | sort; echo) >>{folder}/seen"
    tree: Files = {
        "tests/test_price.py": ("120000", "../shop/price.py"), "tests/data": ("120000", "test_price.py"),
        "tests/deep/a": "1\n", "shop/price.py": "a = 1\n", "shop/tool": ("100755", "b\n"),
    }  # fmt: skip
    checks = {
        "tree": seen,
        "counted": f"echo >>{folder}/runs; {RUN}",
        # A service that is up for the branch's own run, and down for base's.
        "needy": f"if test -e tests/test_new.py -o ! -e {folder}/down; then {RUN}; "
        "else echo '=== 2 failed in 0.01s ==='; exit 1; fi",
        "few": {"run": f"false; {RUN}", "files": f"echo {{files}} >>{folder}/files; {RUN} {{files}}"},
    }
    few = {**BRANCHES["discount"], "tests/test_it's new.py": TEST}
    needy = {**BRANCHES["discount"], "tests/test_new.py": TEST}
    counted = BRANCHES["discount"]
    return build_shop(folder / "shop", checks=checks, tree=tree, counted=counted, few=few, needy=needy)


def test_a_branch_s_own_work_begins_where_the_branch_below_ends(shop: Repo) -> None:
    document = cross(shop, "stacked")
    assert document["base"] == shop.git("rev-parse", "agent/discount")
    assert document["checks"][0]["meaning"] == "no test can tell"
    assert document["warnings"] == [f"its own work begins at {document['base'][:12]}, on agent/discount"]


def test_links_modes_and_folders_of_tests_are_laid_as_they_are(shop: Repo, folder: Path) -> None:
    cross(shop, "tree")
    head, base, c, d = (folder / "seen").read_text().strip("\n").split("\n\n")[:4]
    assert (c, d) == (base, head)
    assert "l777 tests/data test_price.py" in d
    assert "f644 tests/test_price.py" in c


def test_base_is_run_once_for_all_and_the_branch_s_evidence_is_its_own_run(shop: Repo, folder: Path) -> None:
    def count() -> int:
        lines = (folder / "runs").read_text().count("\n")
        (folder / "runs").write_text("")
        return lines

    (folder / "runs").write_text("")
    cross(shop, "counted")
    assert count() == 4
    cross(shop, "counted")
    assert count() == 3
    agent = shop.worktree_add(folder / "counted", "agent/counted")
    assert run(agent.path, "verify").code == 0
    assert count() == 1
    # From an agent's own worktree nothing is kept for the reviewer.
    document = cross(shop, "counted", folder=agent.path)
    assert count() == 2
    assert (document["commit"], document["files"]) == (None, [])


def test_a_failure_on_base_is_not_kept_since_it_may_be_the_machine_s(shop: Repo, folder: Path) -> None:
    (folder / "down").touch()
    assert cross(shop, "needy")["checks"][0]["why"] == "base's own tests fail throughout"
    (folder / "down").unlink()
    assert cross(shop, "needy")["checks"][0]["meaning"] == "added, and tested"


def test_with_a_command_for_files_only_changed_test_files_are_run(shop: Repo, folder: Path) -> None:
    check = cross(shop, "few")["checks"][0]
    assert check["meaning"] == "added, and tested"
    both, one = "tests/test_it's new.py tests/test_price.py", "tests/test_price.py"
    assert (folder / "files").read_text().splitlines() == [both, one, one, both]


def test_a_branch_without_a_task_has_the_policy_s_checks_and_nothing_is_kept(shop: Repo) -> None:
    before = shop.git("rev-parse", "agentledger")
    document = cross(shop, "agent/loose")
    assert (document["task"], document["commit"]) == (None, None)
    assert [(c["name"], c["meaning"]) for c in document["checks"]] == [("smoke", "no test can tell")]
    assert shop.git("rev-parse", "agentledger") == before


def test_what_is_kept_is_read_again_and_is_no_rerun(shop: Repo, folder: Path) -> None:
    agent = shop.worktree_add(folder / "threshold", "agent/threshold")
    assert run(agent.path, "verify").code == 0
    (path,) = cross(shop, "threshold")["files"]
    kept = json.loads(shop.git("show", f"agentledger:{path}"))
    assert (kept["meaning"], kept["c"]["end"], kept["branch"]) == (
        "demands were only taken away", "fails", "agent/threshold",
    )  # fmt: skip
    with snapshot.open_snapshot(shop.path, Request()) as taken:
        branch = next(b for b in taken.fleet.branches if b.name == "agent/threshold")
    assert branch.work is not None
    assert branch.standing is not None
    assert [each.meaning for each in branch.work.integrity] == [Meaning.DEMANDS_REMOVED]
    assert branch.work.integrity[0].document.problems == ()
    assert branch.standing.integrity_fresh == {path: Fresh.SAME}
    assert branch.standing.checks[0].trust is Trust.CLAIMED


def test_a_dry_run_runs_nothing(shop: Repo) -> None:
    before = shop.git("for-each-ref")
    check = cross(shop, "threshold", "--dry-run")["checks"][0]
    assert (check["command"], check["meaning"]) == (RUN, None)
    result = run(shop.path, "verify", "--integrity", "threshold", "--dry-run")
    assert result.out == f"nothing is run: this is a dry run\ntest  {RUN}\n"
    assert shop.git("for-each-ref") == before


def test_what_cannot_be_crossed_is_refused_with_a_way_on(shop: Repo) -> None:
    assert refused(shop.path, "verify", "--integrity", "no-such-task").hint
    result = refused(shop.path, "verify", "--integrity")
    assert result.hint == "name one, or a branch: agentledger verify --integrity TASK"
    assert run(shop.path, "verify", "--integrity", "--rerun", "threshold").code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    repo, made = Repo.init(tmp_path / "r"), tmp_path / "tmp"
    made.mkdir()
    # The fourth run is a crossing.
    check = f"echo $$ >>{tmp_path}/pids; test $(wc -l <{tmp_path}/pids) -ne 4 || exec sleep 60"
    config = f'[[verify]]\nname = "test"\nrun = "{check}"\n'
    root = repo.commit("main", {**BASE, ".agentledger/config.toml": config})
    repo.commit("agent/x", BRANCHES["discount"], parents=[root])
    repo.checkout("main")
    env = os.environ | {"TMPDIR": str(made)}
    arguments = ["verify", "--integrity", "agent/x"]
    pids, process = tmp_path / "pids", subprocess.Popen(
        [*INTERRUPTIBLE, *arguments], cwd=repo.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    try:
        while not pids.exists() or pids.read_text().count("\n") < 4:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(number)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    if number is signal.SIGKILL:  # the next one sweeps
        cross(repo, "agent/x")
    left = pids.read_text().split()[3]
    for _ in range(200):
        if not Path(f"/proc/{left}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{left}").exists()
    assert repo.git("worktree", "list").count("\n") == 0
    assert not list(made.iterdir())
    assert not list((repo.path / ".git/agentledger/tmp").glob("*"))
