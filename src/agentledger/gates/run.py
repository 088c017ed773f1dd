"""What git's hooks start: `python -IS run.py HOOK FOLDER`. Tells on standard error; 10 stops the commit.

Belongs here: exit codes, and letting through, loudly, whatever is our own fault: a bug of ours, an unreadable
policy or a missing base must not keep anybody from committing. The next gates look again.

Python itself ends with 1 where it cannot start, so that code is not ours to say that something was found.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # see `git_env`
if TYPE_CHECKING:
    from collections.abc import Sequence

STOPPED = 10
INTERRUPTED = 130


def main(hook: str, pushed: Sequence[str] | None = None) -> int:
    """Judge what the hook of this name is about to let happen; `pushed` instead of standard input."""
    from agentledger.model.errors import LedgerError, Unjudged

    try:
        return _run_push_gate(pushed) if hook == "pre-push" else _run_commit_gate()
    except Unjudged as error:
        sys.stderr.write(
            f"{error.message}\nhint: {error.hint}\nstopped at push: it cannot be judged before\n"
        )
        return STOPPED
    except LedgerError as error:
        _write_fault(f"agentledger could not check this: {error.message}", error.hint)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: a bug of ours stops nobody, and is said to be one
        _write_fault(
            f"agentledger has a bug, so this was not checked: {error!r}", "agentledger doctor tells more"
        )
    return 0


def _run_commit_gate() -> int:
    from agentledger.gates import plain

    # Nearly all commits are plain, and what the others need takes many times as long to import.
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
    sys.stderr.write(f"{findings_text.render_findings(report)}\n")
    return STOPPED if report.blocked else 0


def _run_push_gate(pushed: Sequence[str] | None) -> int:
    from pathlib import Path

    from agentledger.gates import push
    from agentledger.model.findings import Gate, Report
    from agentledger.reports import findings_text

    if pushed is None:
        # Bytes that are no UTF-8 may stand in a ref's name.
        pushed = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\n")
    report = Report(Gate.PUSH, "the push", push.check_push(os.environ, Path.cwd(), pushed))
    if report.findings:
        sys.stderr.write(f"{findings_text.render_findings(report)}\n")
    return STOPPED if report.blocked else 0


def _write_fault(message: str, hint: str) -> None:
    sys.stderr.write(
        f"{message}\nhint: {hint}\nIt was let through; the push, the site and the merge look again.\n"
    )


if __name__ == "__main__":
    # -I leaves out the script's own folder, -S all packages: looking for those costs more than judging.
    # FOLDER is where the YAML reader is, for the odd brief that needs it; nearly all do without.
    sys.path[:0] = [os.path.realpath(f"{__file__}/../../.."), *sys.argv[2:]]
    sys.exit(main(sys.argv[1]))
