"""What `spawn` and `plan --baseline` measure of a task's checks, on real repositories.

Belongs here: every result, what is kept, and that nothing stays behind. Does not: the text of commands (see
`test_lost_exit_code`), or EVD005 as a rule (see `test_rules`, `test_advice`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.reports import shapes
from command import INTERRUPTIBLE, run
from gitrepo import Content, Repo
from rulecases import BODY

FILES: dict[str, Content] = {
    "src/price.py": "def price():\n    return 3\n",
    "src/README.md": "words\n",
    "src/rates.json": "{}\n",
    "tests/check.sh": f"PYTHONPATH=src {sys.executable} -B -c 'import price; assert price.price() == 3'\n",
    "tests/fix.sh": f"PYTHONPATH=src {sys.executable} -B -c 'import price; assert price.price() == 4' 2>/dev/null\n",
}


class Shop:
    """A repository with task x, whose checks are given."""

    def __init__(
        self,
        folder: Path,
        verify: object,
        policy: str = "",
        owns: str = "['src/**', 'tests/**']",
        more: str = "",
    ) -> None:
        self.repo = Repo.init(folder / "shop")
        self.base = self.repo.commit("main", FILES | {".agentledger/config.toml": policy}).id
        brief = f"---\ntask: x\nowns: {owns}\nverify: {json.dumps(verify)}\n{more}---\n{BODY}"
        self.repo.commit("agentledger", {"tasks/x/brief.md": brief}, parents=[])
        self.repo.checkout("main")
        self.path = self.repo.path

    def asked(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """What a command says as JSON."""
        said = run(self.path, *arguments, "--format", "json")
        assert said.code == code, said
        told: dict[str, Any] = json.loads(said.out)
        jsonschema.validate(told, json.loads(shapes.encode_schema("did")))
        return told

    def checks(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What is measured of each check, by its name."""
        told = self.asked(*(arguments or ("spawn", "x")))
        self.nothing_left()
        return {check["name"]: check for check in told["checks"]}

    def nothing_left(self) -> None:
        """No temporary worktree is left, and the agent's is clean."""
        listed = self.repo.git("worktree", "list", "--porcelain")
        assert "agentledger-" not in listed
        agent = self.path.parent / "shop.worktrees/x"
        if agent.exists():
            assert not subprocess.run(["git", "status", "--porcelain"], cwd=agent, capture_output=True).stdout


def test_check_that_reads_the_code_can_fail(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path, {"test": "sh tests/check.sh && echo && echo Ran 12 tests in 0.1s && echo && echo OK"}
    )
    said = run(shop.path, "spawn", "x")
    assert said.code == 0, said
    (line,) = [line for line in said.out.splitlines() if line.startswith("test: ")]
    assert line.startswith("test: passes on base in ")
    assert line.endswith(" s, 12 tests; fails with garbage in src/price.py: it can fail")
    assert "warning: test" not in said.out
    assert "EVD005" not in run(shop.path, "board", "--all").out


def test_results_are_structured(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path,
        {
            "good": "sh tests/check.sh",
            "fix": "sh tests/fix.sh",
            "blind": "test -e src/price.py",
            "none": "printf '\\nRan 0 tests in 0.000s\\n\\nOK\\n'",
            "gone": "no-such-program-here",
            "folder": "cd no/such/folder && true",
            "lint": "cat {changed:**/*.py}",
        },
    )
    checks = shop.checks()
    assert {name: (c["on_base"], c["with_garbage"]) for name, c in checks.items()} == {
        "good": ("passes", "fails"),
        "fix": ("fails", "not-tried"),
        "blind": ("passes", "passes"),
        "none": ("no-tests", "not-tried"),
        "gone": ("cannot-run", "not-tried"),
        "folder": ("cannot-run", "not-tried"),
        "lint": ("not-measured", "not-tried"),
    }
    assert checks["blind"]["files"] == "src/price.py"
    assert checks["none"]["words"] == "Ran 0 tests in 0.000s"
    assert checks["gone"]["exit_code"] == 127
    assert "changed files" in checks["lint"]["words"]
    assert {check["commit"] for check in checks.values()} == {shop.base}


def test_blind_check_is_a_finding_of_its_branch(tmp_path: Path) -> None:
    shop = Shop(tmp_path, {"test": "test -e src/price.py"})
    told = shop.asked("spawn", "x")
    assert any("passes with garbage in src/price.py" in line for line in told["warnings"])
    agent = shop.path.parent / "shop.worktrees/x"
    (agent / "src/new.py").write_text("n = 1\n")
    for command in (["add", "-A"], ["commit", "-q", "--no-verify", "-m", "work"]):
        # Now, since a branch that is dormant is not judged.
        date = f"{int(time.time())} +0000"
        env = os.environ | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        subprocess.run(["git", *command], cwd=agent, check=True, env=env)
    ledger = json.loads(run(shop.path, "board", "--format", "json").out)
    (branch,) = ledger["branches"]
    (found,) = [each for each in branch["findings"] if each["rule"] == "EVD005"]
    assert found["message"] == (
        f"the check test passes with garbage in src/price.py at {shop.base[:12]}: it does not read it"
    )
    assert found["severity"] == "warn"
    assert found["message"] in run(shop.path, "check", "--fleet").out
    assert found["message"] in run(shop.path, "check", "--branch", "agent/x", "--gate", "merge").out
    site = tmp_path / "site"
    assert run(shop.path, "site", "--out", str(site)).code == 0
    pages = "".join(page.read_text() for page in site.rglob("*.html"))
    assert "It shows nothing: it passes with garbage in src/price.py" in pages
    # Another clone knows nothing of it, and says nothing.
    clone = Repo.init(tmp_path / "clone.git", bare=True)
    clone.git("fetch", "-q", str(shop.path), "+refs/heads/*:refs/heads/*")
    assert "EVD005" not in run(clone.path, "board", "--format", "json").out


def test_base_s_result_is_not_measured_twice(tmp_path: Path) -> None:
    count = tmp_path / "count"
    shop = Shop(tmp_path, {"test": f"echo run >>{count}; sh tests/check.sh"})
    shop.checks()
    assert count.read_text().count("run") == 2
    shop.checks("spawn", "x", "--attempt", "2")
    assert count.read_text().count("run") == 2
    shop.checks("plan", "x", "--baseline")
    assert count.read_text().count("run") == 4


def test_verify_uses_what_was_measured(tmp_path: Path) -> None:
    count = tmp_path / "count"
    shop = Shop(tmp_path, {"test": f"echo run >>{count}; sh tests/fix.sh"})
    assert shop.checks()["test"]["on_base"] == "fails"
    said = run(shop.path.parent / "shop.worktrees/x", "verify", "--format", "json")
    assert json.loads(said.out)["checks"][0]["on_base"]["exit_code"] == 1
    assert count.read_text().count("run") == 2


def test_policy_turns_it_off(tmp_path: Path) -> None:
    count = tmp_path / "count"
    verify = {"test": f"echo run >>{count}"}
    shop = Shop(tmp_path, verify, policy='[spawn]\nbaseline = "0s"\n')
    told = shop.asked("spawn", "x")
    assert told["checks"] == []
    assert "the checks were not measured: [spawn] baseline is 0s" in told["said"]
    assert not count.exists()
    assert shop.checks("plan", "x", "--baseline")["test"]["with_garbage"] == "passes"


def test_flag_turns_it_off(tmp_path: Path) -> None:
    count = tmp_path / "count"
    shop = Shop(tmp_path, {"test": f"echo run >>{count}"})
    assert shop.asked("spawn", "x", "--no-baseline")["checks"] == []
    assert not count.exists()


def test_time_that_is_over_is_said(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path, {"slow": "sleep 30", "late": "sh tests/check.sh"}, policy='[spawn]\nbaseline = "1s"\n'
    )
    began = time.monotonic()
    checks = shop.checks()
    assert time.monotonic() - began < 20
    assert [checks[name]["on_base"] for name in ("slow", "late")] == ["not-measured", "not-measured"]
    assert "1 s of [spawn] baseline" in checks["slow"]["words"]
    assert checks["late"]["words"] == "the 1 s of [spawn] baseline were over"


def test_set_up_that_fails_there_is_a_sentence(tmp_path: Path) -> None:
    # It passes in the agent's worktree, which is no temporary one.
    setup = 'case "$PWD" in */shop.worktrees/*) ;; *) exit 3 ;; esac'
    shop = Shop(tmp_path, {"test": "sh tests/check.sh"}, policy=f"[spawn]\nsetup = '{setup}'\n")
    told = shop.asked("spawn", "x")
    assert told["checks"][0]["on_base"] == "not-measured"
    assert any(
        "the checks were not all measured: policy's set-up command failed" in line for line in told["said"]
    )
    shop.nothing_left()
    assert shop.repo.git("rev-parse", "--verify", "agent/x")


def test_set_up_may_make_what_the_checks_need(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path,
        {"test": "./run.tmp"},
        policy="[spawn]\nsetup = 'cp tests/check.sh run.tmp; chmod +x run.tmp'\n",
    )
    shop.repo.commit("main", {".gitignore": "*.tmp\n"}, parents=[shop.base])
    shop.repo.checkout("main")
    assert shop.checks()["test"]["with_garbage"] == "fails"


def test_copy_that_was_installed_is_found(tmp_path: Path) -> None:
    """As with an editable install, which points back at the main checkout."""
    repo_src = tmp_path / "shop/src"
    shop = Shop(tmp_path, {"test": f"PYTHONPATH={repo_src} {sys.executable} -B -c 'import price'"})
    check = shop.checks()["test"]
    assert (check["on_base"], check["with_garbage"]) == ("passes", "passes")


def test_what_a_check_changes_is_put_back_before_garbage(tmp_path: Path) -> None:
    # One that has replaced the file by a link would have garbage written through it.
    outside = tmp_path / "outside.py"
    outside.write_text("kept\n")
    shop = Shop(tmp_path, {"test": f"rm -r src; mkdir src; ln -s {outside} src/price.py; touch left; true"})
    assert shop.checks()["test"]["with_garbage"] == "passes"
    assert outside.read_text() == "kept\n"


@pytest.mark.parametrize(
    "owns", ["['docs/**']", "['src/new.py', 'tests/**']", "['src/README.md', 'src/rates.json']"]
)
def test_without_a_source_file_nothing_is_claimed(tmp_path: Path, owns: str) -> None:
    check = Shop(tmp_path, {"test": "sh tests/check.sh"}, owns=owns).checks()["test"]
    assert (check["on_base"], check["with_garbage"]) == ("passes", "not-tried")
    assert check["files"] == "base has no source file yet that the task may change"


def test_task_that_explores_has_nothing_to_measure(tmp_path: Path) -> None:
    assert Shop(tmp_path, {"test": "true"}, more="mode: explore\n").checks() == {}


def test_checks_of_policy_are_measured_too(tmp_path: Path) -> None:
    policy = (
        "[[verify]]\nname = 'all'\nrun = 'sh tests/check.sh'\n"
        "[[verify]]\nname = 'docs'\nrun = 'true'\npaths = ['docs/**']\n"
    )
    assert set(Shop(tmp_path, {"test": "sh tests/check.sh"}, policy=policy).checks()) == {"all", "test"}


def test_dry_run_runs_nothing(tmp_path: Path) -> None:
    count = tmp_path / "count"
    shop = Shop(tmp_path, {"test": f"echo run >>{count}"})
    shop.asked("spawn", "x", "--dry-run")
    said = run(shop.path, "plan", "x", "--baseline", "--dry-run")
    assert said.code == 2
    assert "leave --dry-run out" in said.err
    assert not count.exists()


def test_interrupted_measurement_leaves_the_task_handed_out(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    shop = Shop(tmp_path, {"test": f"echo $$ >{pid}; sleep 60"})
    process = subprocess.Popen(
        [*INTERRUPTIBLE, "spawn", "x"], cwd=shop.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 60
    while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    shop.nothing_left()
    assert shop.repo.git("rev-parse", "--verify", "agent/x")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_another_spawn_does_not_wait_for_the_measurement(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    shop = Shop(tmp_path, {"test": f"touch {mark}; sleep 20"})
    process = subprocess.Popen(
        [*INTERRUPTIBLE, "spawn", "x"], cwd=shop.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert run(shop.path, "spawn", "x", "--attempt", "2", "--no-baseline").code == 0
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_lost_exit_code_is_said_by_plan_spawn_doctor_and_board(tmp_path: Path) -> None:
    policy = "[[verify]]\nname = 'lint'\nrun = 'ruff check . | tee log'\n"
    shop = Shop(tmp_path, {"test": "sh tests/check.sh || true"}, policy=policy)
    sentences = (
        "the check test ends in `|| true`: it passes whatever sh says",
        "the check lint has the exit code of tee, not of ruff",
    )
    for arguments in (
        ("plan", "x", "--priority", "1", "--dry-run"),
        ("plan", "x", "--priority", "1"),
        ("spawn", "x"),
    ):
        said = run(shop.path, *arguments)
        assert said.code == 0, said
        assert all(f"warning: {sentence}" in said.out for sentence in sentences), said
    assert "policy check lint" in run(shop.path, "doctor").out
    findings = run(shop.path, "check", "--task", "x").out
    assert all(sentence in findings for sentence in sentences)


def test_time_limit_of_policy_is_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path, {"test": "true"}, policy='[spawn]\nbaseline = "60"\n')
    said = run(shop.path, "board", "--format", "json").out
    assert "60s" in said
