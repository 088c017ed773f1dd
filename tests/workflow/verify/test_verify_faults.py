"""`agentledger verify` when a check misbehaves: what is ended, hidden, bounded, and never recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command import INTERRUPTIBLE, PROGRAM
from verifying import Checks


def test_time_limits_are_the_check_s_own(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": {"run": "echo begun; sleep 600", "timeout": "1m"}})
    script = (
        "import sys\nfrom agentledger.documents import values\nvalues._UNITS['m'] = 1\n"
        "from agentledger.cli import main\nsys.exit(main(['verify']))"
    )
    done = subprocess.run([PROGRAM[0], "-c", script], cwd=desk.path, capture_output=True, text=True)
    assert done.returncode == 1, done
    evidence = desk.evidence()
    assert (evidence.exit_code, evidence.tail[0]) == (124, "begun")
    assert "time limit" in evidence.tail[-1]


def test_what_it_leaves_running_is_ended_and_told(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "setsid sleep 600 & echo started"})
    document = desk.verify()
    assert "1 process behind" in document["checks"][0]["warnings"][0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("rerun", [False, True])
def test_an_interrupt_ends_the_tree_and_leaves_everything_as_it_was(
    tmp_path: Path, number: signal.Signals, rerun: bool
) -> None:
    desk = Checks(tmp_path, {"test": f"(setsid sh -c 'echo $$ >{tmp_path}/pid; exec sleep 60' &); sleep 60"})
    before = desk.untouched()
    command = [*INTERRUPTIBLE, "verify", *(["--rerun"] if rerun else [])]
    made = tmp_path / "tmp"
    made.mkdir()
    process = subprocess.Popen(
        command,
        cwd=desk.path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(made)},
    )
    pid = tmp_path / "pid"
    try:
        while not pid.exists() or not pid.read_text().strip():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()  # if it still runs; the keeper then ends the tree
        process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number), (out, err)
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
    assert desk.untouched() == before
    assert not list(made.iterdir())


def test_secrets_are_in_neither_evidence_nor_log_nor_output(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "echo $API_TOKEN; cat .env; echo at $URL"}, '[spawn]\ncopy = [".env"]\n')
    (desk.path / ".env").write_text("DATABASE=secret-of-the-file\n")
    result = desk.said(env={"API_TOKEN": "abc-secret-1", "URL": "http://u:pass-of-url@h/"})
    everything = result.out + result.err + repr(desk.evidence())
    everything += "".join(f.read_text() for f in (tmp_path / "main/.git/agentledger/logs").iterdir())
    for secret in ("abc-secret-1", "secret-of-the-file", "pass-of-url"):
        assert secret not in everything
    assert desk.evidence().tail == ("[redacted]", "DATABASE=[redacted]", "at http://u:[redacted]@h/")


def test_binary_output_and_long_lines_make_a_readable_tail(tmp_path: Path) -> None:
    command = (
        "head -c 100000 /dev/urandom; echo; seq 50; printf '1%%\\r100%%\\n'; "
        "printf '\\033[32mok\\033[0m \\342\\200\\256'; head -c 3000 /dev/zero | tr '\\0' x"
    )
    desk = Checks(tmp_path, {"test": command})
    desk.verify()
    tail = desk.evidence().tail
    assert len(tail) == 40
    assert tail[-2] == "100%"
    assert tail[-1].startswith("ok \\u{202E}xxx")
    assert len(tail[-1]) == 400


def test_a_check_s_own_commits_land_in_its_own_repository(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    command = f"git init -q {elsewhere} && cd {elsewhere} && git commit -q --allow-empty -m x"
    desk = Checks(tmp_path, {"test": f"git config user.email >/dev/null; export EMAIL=a@x; {command}"})
    before = desk.head()
    result = desk.said(
        env={"GIT_DIR": str(tmp_path / "main/.git/worktrees/agent"), "GIT_WORK_TREE": str(desk.path)}
    )
    assert result.code == 0, result
    assert desk.git("rev-parse", "HEAD^").strip() == before
    assert desk.git("config", "core.bare").strip() == "false"


def test_junit_is_counted_and_moved_out_of_the_worktree(tmp_path: Path) -> None:
    xml = "<testsuite><testcase/><testcase><failure/></testcase></testsuite>"
    check = {"run": f"echo '{xml}' >out.xml", "junit": "out.xml"}
    desk = Checks(tmp_path, {"test": check})
    document = desk.verify(code=1)
    evidence = desk.evidence()
    assert evidence.junit is not None
    assert (evidence.exit_code, evidence.junit.tests, evidence.junit.failures, evidence.passed) == (
        0,
        2,
        1,
        False,
    )
    assert document["checks"][0]["warnings"] == []
    assert not (desk.path / "out.xml").exists()
    kept = [f.read_text() for f in (tmp_path / "main/.git/agentledger/logs").iterdir()]
    assert xml + "\n" in kept


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("true", "was not written"),
        ("touch old.tmp; true", "was not written"),
        ("echo '{}' >r.tmp", "is no XML"),
        ("mkfifo r.tmp", "is not a plain file"),
        ("ln -s /etc/passwd r.tmp", "cannot be read"),
        ("head -c 20000000 /dev/zero >r.tmp", "is larger than 16 MiB"),
    ],
)
def test_a_junit_file_that_is_none_is_a_warning(tmp_path: Path, run: str, why: str) -> None:
    desk = Checks(tmp_path, {"test": {"run": run, "junit": "r.tmp"}})
    document = desk.verify()
    assert why in document["checks"][0]["warnings"][0]
    assert desk.evidence().junit is None


def test_a_junit_file_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": {"run": "true", "junit": "r.tmp"}})
    (desk.path / "r.tmp").write_text("<testsuite><testcase/></testsuite>")
    assert "was not written" in desk.verify()["checks"][0]["warnings"][0]
    assert (desk.path / "r.tmp").exists()


def test_a_disk_without_room_for_the_log_is_said_and_nothing_recorded(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "seq 5000"})
    before = desk.head()
    command = "ulimit -f 2; exec " + " ".join((*PROGRAM, "verify"))
    done = subprocess.run(["bash", "-c", command], cwd=desk.path, capture_output=True, text=True)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert desk.head() == before
    assert not list((tmp_path / "main/.git/agentledger/logs").glob("new-*"))
