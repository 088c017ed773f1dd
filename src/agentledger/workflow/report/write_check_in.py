"""`agentledger report` commits an agent's check-in by itself, and shows the answers that came meanwhile.

Belongs here: what has changed since the last check-in, which texts are needed, committing. Does not: the
file's text (see `check_in`), how the commit is made (see `session.ledger_commit`), or an editor (see
`cli.report`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agentledger.documents import parse_check_in
from agentledger.git import process, queries
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import LEDGER
from agentledger.model.ledger import Answer, CheckIn, Source
from agentledger.model.text import decode, encode, escape_hidden, format_age
from agentledger.model.work import Copy
from agentledger.workflow.report import check_in
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.session import agent_context, editor, ledger_commit
from agentledger.workflow.session.agent_context import AtWork, NotNow
from agentledger.workflow.session.manager_context import unknown_name_error

# Commits that a check-in lists by subject; more are counted.
MOST_COMMITS = 20
# Seconds within which the same words are the same check-in, sent again because the command was interrupted.
SAME = 120
# A variable that an agent's program sets in the environment of its commands, and the name of that program.
_AGENTS = {
    "CLAUDECODE": "claude-code",
    "COPILOT_CLI": "copilot",
    "GEMINI_CLI": "gemini",
    "CODEX_SANDBOX": "codex",
}


def report_progress(start: Path, said: Said, now: int, *, dry_run: bool = False) -> Did:
    """Check in on the task of the worktree around `start`.

    `now` is the check-in's time in seconds since the epoch. Raises LedgerError, and nothing is written, where
    something needed is missing. Raises NotNow on a detached HEAD or in a rebase; the git directory then keeps
    what was said.
    """
    try:
        with agent_context.open_worktree(start, now, lines=True) as at:
            return write_check_in(at, said, now, dry_run=dry_run)
    except NotNow as error:
        raise _keep_check_in(start, said, now, error) from error


def write_check_in(at: AtWork, said: Said, now: int, *, dry_run: bool = False) -> Did:
    """The same as `report_progress`, in a worktree that is open already."""
    if said.silent and said.state == "working" and (pending := _describe_pending(at, now)):
        return pending
    withdrawn = _describe_withdrawal(at, said)
    said = complete_check_in(at, said)
    content = check_in.render_check_in(said, now)
    left = read_uncommitted(at)
    # An interrupted run may have written this check-in already: then its file is used, not a second one.
    begun = _find_same_check_in(at, left, content, now)
    path = f"{at.folder}/status/{check_in.check_in_name(now, content)}"
    path, content = begun or (path, content)
    refuse_unreadable(at, path, content)
    files = {path: content} | left | renewed_brief(at)
    lines = [
        f"{path}: checked in as {said.state}",
        *describe_answers(at),
        *_describe_other_files(at, files, path),
    ]
    following = following_step(said)
    if dry_run:
        lines.append(content.decode())
        return Did(
            command="report",
            said=tuple(lines),
            task=at.task.id,
            files=tuple(files),
            next=following,
            dry_run=True,
        )
    done = ledger_commit.commit_files(
        at.asked, at.branch.name, files, f"chore(ledger): {at.task.id} is {said.state}"
    )
    if done.commit is None:
        return describe_uncommitted("report", at, tuple(lines), done)
    refs, commits = (at.branch.ref,), (done.commit,)
    return Did(
        command="report",
        said=tuple(lines),
        task=at.task.id,
        refs=refs,
        files=tuple(files),
        commits=commits,
        worktree=None,
        next=following,
        warnings=withdrawn,
    )


def _describe_pending(at: AtWork, now: int) -> Did | None:
    """The result of a report without options while something waits for the manager; None where nothing does.

    A check-in would take the question back, and an agent that only looks for an answer must not do that.
    """
    standing = at.branch.standing
    if standing is None or standing.waits_for != "manager" or standing.question is None:
        return None
    question = standing.question
    if question.document.source.uncommitted:
        return None  # a bare report is what commits it
    since = format_age(max(now - question.at, 0))
    if question.state == "ready":
        line = f"you said {since} ago that it is ready, and that is still so; nothing is written"
        following = "wait for the review; or say what goes on: agentledger report --changed '…'"
    else:
        line = f"there is no answer yet to what you asked {since} ago; nothing is written"
        following = "wait, and look again later: agentledger report"
    return Did(command="report", said=(line,), task=at.task.id, next=following)


def _describe_withdrawal(at: AtWork, said: Said) -> tuple[str, ...]:
    """A warning where this check-in takes back a question that nobody has answered; () elsewhere."""
    standing = at.branch.standing
    question = standing.question if standing is not None and standing.waits_for == "manager" else None
    # A checkpoint stays open whatever is said next.
    if question is None or question.checkpoint or said.state != "working" or said.checkpoint:
        return ()
    return ("this takes back what waited for the manager; ask again, with --need, if it still matters",)


def describe_uncommitted(
    command: str, at: AtWork, told: tuple[str, ...], done: ledger_commit.Committed
) -> Did:
    """The result where git would not write: the files are in the worktree, and the board shows them there.

    `told` are lines for the agent; `done` names the files and git's reason.
    """
    warning = (
        f"git would not commit it: {done.why}. It is in this worktree as a file, where the board and the "
        "site show it, marked as uncommitted; there is nothing more for you to do"
    )
    collect = f"{done.how_to_collect(at.task.id)}, by the manager, in the main worktree"
    return Did(
        command=command, said=told, task=at.task.id, files=done.files, warnings=(warning,), next=collect
    )


# -- what is said ------------------------------------------------------------------------


def complete_check_in(at: AtWork, said: Said) -> Said:
    """What was said, with what git and the environment add. Raises LedgerError for what only the agent can add."""
    if said.state in ("needs-input", "blocked") and not said.need.strip():
        raise LedgerError(
            f"a check-in that is {said.state} says what it needs",
            "add --need with a question that can be answered in a sentence, and the options you see",
        )
    if said.checkpoint is not None and said.checkpoint not in at.brief.checkpoints:
        none = f"the brief of {escape_hidden(at.task.id)} has none: check in without --checkpoint"
        raise unknown_name_error("checkpoint", said.checkpoint, at.brief.checkpoints, none)
    changed = said.changed if said.changed.strip() else describe_changes(at)
    return replace(said, changed=changed, agent=said.agent or agent_name(at), session=said.session)


def agent_name(at: AtWork) -> str:
    """The agent's name: by the variable that its program sets, else as in its last check-in, else ''."""
    for variable, name in _AGENTS.items():
        if os.environ.get(variable):
            return name
    return next((each.agent for each in at.work.check_ins if each.agent), "")


def describe_changes(at: AtWork) -> str:
    """What has changed since the last check-in, by git: a list of commits, and whether files are uncommitted."""
    lines = [
        f"- {commit[:10]} {' '.join(escape_hidden(subject).split())}"
        for commit, subject in _read_new_commits(at)
    ]
    if len(lines) > MOST_COMMITS:
        lines[MOST_COMMITS:] = [f"- and {len(lines) - MOST_COMMITS} more commits"]
    if _is_dirty(at):
        lines.append("- more in the worktree, not committed yet")
    last = "the last check-in" if _last_check_in(at) else "the branch began"
    return "\n".join(lines) if lines else f"Nothing in git since {last}."


def _is_dirty(at: AtWork) -> bool:
    """Is there code that is not committed? The ledger's own files are committed with the check-in."""
    changed = queries.read_status(at.asked)
    return any(not path.startswith(LEDGER) for path in changed or ())


def _last_check_in(at: AtWork) -> CheckIn | None:
    """The check-in that was committed last, by the order of commits, since two can be of one second."""
    order = {commit.id: number for number, commit in enumerate(at.branch.commits)}
    committed = [c for c in at.work.check_ins if c.document.source.commit in order]
    return min(committed, key=lambda c: order[c.document.source.commit or ""], default=None)


def _read_new_commits(at: AtWork) -> list[tuple[str, str]]:
    """The commits on the branch's own line that changed code since the last check-in: id and subject."""
    last = _last_check_in(at)
    # Before the first check-in: everything since the branch left base.
    seen = [last.document.source.commit] if last and last.document.source.commit else at.branch.merge_bases
    flags = [
        "log",
        "-z",
        "--format=%H %s",
        "--first-parent",
        at.branch.head,
        *(f"^{commit}" for commit in seen),
    ]
    log = process.run(at.asked, [*flags, "--", ".", ":(exclude).agentledger"])
    entries = (decode(entry).partition(" ") for entry in log.split(b"\0") if entry)
    return [(commit, subject) for commit, _, subject in entries]


def refuse_unreadable(at: AtWork, path: str, content: bytes) -> None:
    """Raise LedgerError where a reader of the check-in would find a fatal problem in it."""
    parsed = parse_check_in(Source(path=path), content, at.fleet.policy, size=len(content))
    for problem in parsed.document.problems:
        if problem.fatal:
            raise LedgerError(
                f"the check-in would be unreadable: {escape_hidden(problem.message)}", problem.hint
            )


# -- what came meanwhile -----------------------------------------------------------------


def describe_answers(at: AtWork) -> list[str]:
    """The manager's answers since the last check-in, oldest first, each with its whole text."""
    last = max((each.at for each in at.work.check_ins), default=0)
    # An answer of the same second counts as new: shown twice does less harm than never shown.
    return [_describe_answer(answer) for answer in reversed(at.work.answers) if answer.at >= last]


def _describe_answer(answer: Answer) -> str:
    about = f" on {escape_hidden(answer.checkpoint)}" if answer.checkpoint else ""
    text = f"\n{answer.text.strip()}" if answer.text.strip() else ""
    return f"answer from {escape_hidden(answer.by)}{about}: {answer.decision}{text}"


def following_step(said: Said) -> str:
    """What to do after this check-in."""
    if said.state in ("needs-input", "blocked") or said.checkpoint:
        return "stop here and wait for the answer; agentledger report shows it once it has come"
    if said.state == "ready":
        return "wait for the review"
    return "go on with the work; when it is finished: agentledger done"


# -- what must not be lost -----------------------------------------------------------------


def read_uncommitted(at: AtWork) -> dict[str, bytes]:
    """Check-ins of this task that are in the worktree but not committed, by path: left by a kill or a sandbox."""
    paths = [each.document.source.path for each in at.work.check_ins if each.document.source.uncommitted]
    return {path: (at.top / path).read_bytes() for path in paths if path.startswith(f"{at.folder}/status/")}


def _find_same_check_in(
    at: AtWork, left: Mapping[str, bytes], content: bytes, now: int
) -> tuple[str, bytes] | None:
    """This check-in, as path and content, where an interrupted run has left it; None where it is new.

    It is one that was left uncommitted, or the last committed one if that is younger than SAME seconds.
    """
    last = _last_check_in(at)
    recent = {last.document.source.path: encode(last.document.text)} if last and now - last.at < SAME else {}
    said = _strip_time(content)
    return next(
        ((path, text) for path, text in (*left.items(), *recent.items()) if _strip_time(text) == said), None
    )


def _strip_time(content: bytes) -> bytes:
    """A check-in without its time, which is all that differs when the same one is sent again."""
    return re.sub(rb"\Aat: .*\n", b"", content.removeprefix(b"---\n"))


def renewed_brief(at: AtWork) -> dict[str, bytes]:
    """The brief that counts, by its path on the branch, where the branch's own copy is an older version.

    {} where the copy is up to date, or was changed by the agent, which is a request.
    """
    if at.work.copy is not Copy.OUTDATED:
        return {}
    return {f"{at.folder}/brief.md": encode(at.brief.document.text)}


def _describe_other_files(at: AtWork, files: Mapping[str, bytes], path: str) -> list[str]:
    """A sentence for each file that is committed beside the check-in."""
    brief = f"{at.folder}/brief.md"
    lines = [
        f"{other}: was left uncommitted, and is committed with it"
        for other in files
        if other not in (path, brief)
    ]
    if brief in files:
        lines.append(
            f"{brief}: the manager has changed the brief since; this is how it is now, read it again"
        )
    return lines


def _keep_check_in(start: Path, said: Said, now: int, error: NotNow) -> NotNow:
    """The same error, with a hint that sends what was said, which the git directory keeps: nothing is lost."""
    if said.silent:
        return error
    git = process.repository_at(start)
    content = check_in.render_check_in(said, now)
    path = editor.draft_path(git, f"report-{hashlib.sha256(content).hexdigest()[:8]}.md")
    editor.keep_draft(path, content.decode())
    kept = shlex.quote(escape_hidden(str(path)))
    return NotNow(error.message, f"{error.hint}: agentledger report - < {kept} (what you said is kept there)")
