"""Running one command: whatever it does, it ends in time, its output is kept, and nothing of it is left.

Real processes throughout. A process that is left would be found by the word in its arguments.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentledger.git import environment
from agentledger.model.errors import LedgerError
from agentledger.running import logs
from agentledger.running.output import MOST, Output
from agentledger.running.redact import Secrets
from agentledger.running.run import Ran, run

PYTHON = sys.executable
# A daemon as they are made: two forks and a session of its own, the output still open.
DAEMON = (
    "import os,sys,time\nif os.fork(): sys.exit()\nos.setsid()\nif os.fork(): os._exit(0)\n"
    "open(sys.argv[1],'w').write(str(os.getpid()))\ntime.sleep(600)"
)


def ran(
    folder: Path, command: str, limit: float = 60, grace: float = 0.3, env: Mapping[str, str] | None = None
) -> tuple[Ran, bytes]:
    """How a command ended, and what it printed."""
    output = Output()
    done = run([command], folder, {**os.environ, **(env or {})}, limit=limit, hear=output.add, grace=grace)
    return done, output.log(Secrets()).text


def alive(file: Path) -> bool:
    """Does the process still live whose id is in the file? Waits for one that is being ended."""
    pid = int(file.read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.01)
    return True


def test_both_streams_are_heard_in_order_and_the_exit_code_told(tmp_path: Path) -> None:
    done, text = ran(tmp_path, "echo one; echo two >&2; echo three; exit 7")
    assert (done.exit_code, text) == (7, b"one\ntwo\nthree\n")
    assert (done.late, done.lost, done.left) == (False, False, 0)


def test_a_signal_is_told_as_a_shell_tells_it(tmp_path: Path) -> None:
    assert ran(tmp_path, "kill -TERM $$")[0].exit_code == 128 + signal.SIGTERM


def test_it_stands_in_its_folder_with_nothing_to_read_and_no_terminal(tmp_path: Path) -> None:
    done, text = ran(tmp_path, "pwd -P; cat; ( : >/dev/tty ) 2>/dev/null || echo none")
    assert text.decode().split() == [str(tmp_path.resolve()), "none"], done


def test_what_it_prints_is_heard_while_it_runs(tmp_path: Path) -> None:
    heard: list[bytes] = []
    flag = tmp_path / "heard"

    def hear(block: bytes) -> None:
        heard.append(block)
        flag.touch()

    done = run(
        [f"echo first; while ! test -e {flag}; do sleep 0.01; done"],
        tmp_path,
        os.environ,
        limit=20,
        hear=hear,
    )
    assert (done.exit_code, heard) == (0, [b"first\n"])


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    done, text = ran(tmp_path, "echo begun; sleep 600", limit=0.3)
    assert (done.late, done.exit_code) == (True, 124)
    assert text.startswith(b"begun\n")
    assert done.seconds < 5


def test_what_ignores_being_asked_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    command = (
        f"trap '' TERM INT HUP; (trap '' TERM; echo $$ >{tmp_path}/pid; while :; do sleep 0.1; done) & wait"
    )
    done, _ = ran(tmp_path, command, limit=0.5)
    assert done.late
    assert not alive(tmp_path / "pid")


def test_time_is_given_to_clear_up_before_it_is_killed(tmp_path: Path) -> None:
    command = "trap 'echo cleared; exit' TERM; echo begun; while :; do sleep 0.05; done"
    assert ran(tmp_path, command, limit=0.4, grace=5)[1].endswith(b"cleared\n")


def test_a_daemon_that_keeps_the_output_open_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    command = f"{PYTHON} daemon.py pid; while ! test -s pid; do sleep 0.01; done; echo done"
    done, text = ran(tmp_path, command)
    assert (done.exit_code, text, done.reaping) == (0, b"done\n", True)
    assert done.left == 1
    assert done.seconds < 20
    assert not alive(tmp_path / "pid")


def test_killing_its_parent_ends_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    done, text = ran(tmp_path, "echo $$ >pid; kill -9 $PPID; sleep 600; echo never")
    assert (done.exit_code, text) == (137, b"")
    assert done.seconds < 20
    assert not alive(tmp_path / "pid")


def test_killing_the_keeper_itself_is_told(tmp_path: Path) -> None:
    keeper = "$(cut -d' ' -f4 /proc/$PPID/stat)"
    done, _ = ran(tmp_path, f"echo $$ >pid; kill -9 {keeper}; sleep 600")
    assert (done.exit_code, done.lost) == (137, True)
    assert not alive(tmp_path / "pid")


def test_killing_its_own_group_ends_nobody_else(tmp_path: Path) -> None:
    assert ran(tmp_path, "echo gone; kill -9 0; echo never")[1] == b"gone\n"


def test_when_agentledger_is_killed_the_command_ends_too(tmp_path: Path) -> None:
    source = (
        "import os,sys\nfrom pathlib import Path\nfrom agentledger.running.run import run\n"
        "run(['echo $$ >pid; sleep 600'], Path(sys.argv[1]), os.environ, 600, print, 0.3)"
    )
    process = subprocess.Popen([PYTHON, "-c", source, str(tmp_path)])
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not alive(tmp_path / "pid")


def test_an_error_of_the_listener_ends_the_command(tmp_path: Path) -> None:
    def hear(block: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(["echo $$ >pid; echo x; sleep 600"], tmp_path, os.environ, limit=600, hear=hear, grace=0.3)
    assert not alive(tmp_path / "pid")


def test_a_flood_is_kept_by_its_ends_in_little_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done, text = ran(tmp_path, "echo first; head -c 300000000 /dev/zero; echo; echo last")
    assert done.exit_code == 0
    assert text.startswith(b"first\n\0\0")
    assert text.endswith(b"\0\nlast\n")
    assert 2 * MOST < len(text) < 2 * MOST + 100
    assert f"{300000012 - 2 * MOST:,} bytes left out".encode() in text
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


@pytest.mark.parametrize("size", [0, 1, MOST - 1, MOST, 2 * MOST - 1, 2 * MOST, 2 * MOST + 1, 3 * MOST])
def test_output_is_whole_up_to_both_ends_together(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    for step in (1 << 20, 70_001):
        output = Output()
        for at in range(0, size, step):
            output.add(content[at : at + step])
        log = output.log(Secrets())
        if size <= 2 * MOST:
            assert (log.text, log.left_out) == (content, 0)
        else:
            assert log.left_out == size - 2 * MOST
            assert log.text.startswith(content[:MOST] + b"\n[")
            assert log.text.endswith(b"]\n" + content[-MOST:])


def test_bytes_that_are_no_text_pass_unchanged(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    (tmp_path / "f").write_bytes(content)
    assert ran(tmp_path, "cat f")[1] == content


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    output = Output()
    arguments = [b"a b", b"$(touch x)", b"\xff", b"", b"-n", b"'\"\n"]
    run(["printf '<%s>' \"$@\"", "sh", *arguments], tmp_path, os.environ, limit=20, hear=output.add)
    assert output.log(Secrets()).text == b"".join(b"<%s>" % word for word in arguments)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file"):
        ran(tmp_path / "gone", "true")


# -- the environment --------------------------------------------------------------------


def test_a_check_s_own_git_cannot_end_up_in_this_repository(tmp_path: Path) -> None:
    elsewhere = {
        "GIT_DIR": "/r/.git", "GIT_INDEX_FILE": "i", "GIT_WORK_TREE": "/r", "GIT_AUTHOR_NAME": "a",
        "GIT_COMMITTER_DATE": "1", "GIT_EDITOR": "e", "GIT_SEQUENCE_EDITOR": "e", "GIT_EXEC_PATH": "/x",
        "GIT_QUARANTINE_PATH": "/q", "GIT_PREFIX": "p", "GIT_REFLOG_ACTION": "commit",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true",
        "GITHEAD_1234": "main",
    }  # fmt: skip
    passed_on = {
        "PATH": "/bin",
        "HOME": "/h",
        "GIT_SSH_COMMAND": "ssh",
        "LANG": "de",
        "GIT_CONFIG_GLOBAL": "/g",
    }
    assert environment.build_program_env(elsewhere | passed_on) == passed_on


def test_every_variable_that_git_calls_local_is_dropped() -> None:
    done = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    )
    assert not environment.build_program_env(dict.fromkeys(done.stdout.split(), "x"))


# -- logs -------------------------------------------------------------------------------


def test_a_log_is_found_by_its_hash(tmp_path: Path) -> None:
    folder = logs.log_folder(tmp_path)
    name = logs.store_log(folder, b"hello\n")
    assert name == logs.store_log(folder, b"hello\n")
    assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [(name, b"hello\n")]


def test_old_logs_go(tmp_path: Path) -> None:
    folder = logs.log_folder(tmp_path)
    old = folder / logs.store_log(folder, b"old\n")
    os.utime(old, (time.time() - 40 * 86400,) * 2)
    new = logs.store_log(folder, b"new\n")
    assert [file.name for file in folder.iterdir()] == [new]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    folder = logs.log_folder(tmp_path)
    source = (
        "import resource,signal,sys\nfrom pathlib import Path\nfrom agentledger.running import logs\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from agentledger.model.errors import LedgerError\n"
        "try: logs.store_log(Path(sys.argv[1]), b'x' * 8192)\nexcept LedgerError as error: print(error.message)"
    )
    done = subprocess.run([PYTHON, "-c", source, str(folder)], capture_output=True, text=True, check=True)
    assert "cannot be kept" in done.stdout
    assert not list(folder.iterdir())
