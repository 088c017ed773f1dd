"""The script that git's hooks start: `python -IS run.py HOOK FOLDER`. It reports on standard error.

Belongs here: exit codes, and letting through, with a message, whatever is our own fault: a bug of ours, an
unreadable policy or a missing base must not keep anybody from committing. The next gates look again. Does
not: judging (see `commit`, `push`).

The exit code that stops a commit is 10: Python itself ends with 1 where it cannot start.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # see `git.environment`
if TYPE_CHECKING:
    from collections.abc import Sequence

STOPPED = 10
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it


def main(hook: str, pushed: Sequence[str] | None = None) -> int:
    """Judge the commit or push for which this hook runs, and return the exit code.

    `pushed` are the lines about a push; None: they are on standard input.
    """
    from agentledger.model.errors import LedgerError, Unjudged

    try:
        return _run_push_gate(pushed) if hook == "pre-push" else _run_commit_gate()
    except LedgerError as error:
        if hook == "pre-push" and isinstance(error, Unjudged):
            sys.stderr.write(
                f"{error.message}\nhint: {error.hint}\nstopped at push: it cannot be judged before\n"
            )
            return STOPPED
        _write_fault(f"agentledger could not check this: {error.message}", error.hint)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: a bug of ours stops nobody, and is reported as one
        _write_fault(
            f"agentledger has a bug, so this was not checked: {error!r}", "agentledger doctor shows more"
        )
    return 0


def _run_commit_gate() -> int:
    from agentledger.gates import plain

    # Nearly all commits are plain, and the modules for all others take many times as long to import.
    return 0 if plain.is_plain_commit(os.environ) else _judge_commit()


def _judge_commit() -> int:
    import time
    from pathlib import Path

    from agentledger.gates import commit
    from agentledger.model.findings import Gate, Report
    from agentledger.reports import findings_text

    branch, findings = commit.check_commit(os.environ, Path.cwd(), int(time.time()))
    if not findings:
        return 0
    report = Report(Gate.COMMIT, branch, findings)
    sys.stderr.write(f"{findings_text.render_findings(report)}\n{_describe_off_path()}")
    return STOPPED if report.blocked else 0


def _run_push_gate(pushed: Sequence[str] | None) -> int:
    from pathlib import Path

    from agentledger.gates import push
    from agentledger.model.findings import Gate, Report
    from agentledger.reports import findings_text

    if pushed is None:
        # A ref's name can have bytes that are not UTF-8.
        pushed = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\n")
    report = Report(Gate.PUSH, "the push", push.check_push(os.environ, Path.cwd(), pushed))
    if report.findings:
        sys.stderr.write(f"{findings_text.render_findings(report)}\n{_describe_off_path()}")
    return STOPPED if report.blocked else 0


def _describe_off_path() -> str:
    """A line for an agent whose shell would not find what it is told to type; git hands that PATH on to its hooks."""
    from agentledger.storage import own_command

    told = own_command.describe_off_path()
    return f"{told}\n" if told else ""


def _write_fault(message: str, hint: str) -> None:
    sys.stderr.write(
        f"{message}\nhint: {hint}\nIt was let through; the push, the site and the merge look again.\n"
    )


if __name__ == "__main__":
    # -I leaves out the script's own folder, -S all packages: searching for those takes longer than judging.
    # FOLDER has the YAML reader, for the few briefs that need it.
    sys.path[:0] = [os.path.realpath(f"{__file__}/../../.."), *sys.argv[2:]]
    sys.exit(main(sys.argv[1]))
