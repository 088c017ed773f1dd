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

from agentledger.attention import replies, requests
from agentledger.attention.clock import time_of
from agentledger.attention.turn import Whose, turn_of
from agentledger.documents import RawDocument, parse_check_in
from agentledger.documents.placeholders import is_blank, is_none_phrase
from agentledger.fleet import fleet_facts
from agentledger.git import process, queries
from agentledger.git.stored_form import read_stored_forms
from agentledger.model.check_in_states import ASKING_STATES
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Answer, CheckIn, Source
from agentledger.model.ledger_paths import FOLDER, LEDGER_BYTES
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import decode, encode, escape_hidden, format_age
from agentledger.model.work import Copy, Progress
from agentledger.repository import live_hooks, worktrees
from agentledger.workflow.report import check_in
from agentledger.workflow.report.agent_program import identify_program
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.session import agent_context, editor, ledger_commit
from agentledger.workflow.session.agent_context import AtWork, NotNow

# What is left of a command line's byte that is no UTF-8.
_HALF = re.compile("[\ud800-\udfff]")
# Commits that a check-in lists by subject; more are counted.
MOST_COMMITS = 20
# Seconds within which the same words are the same check-in, sent again because the command was interrupted.
SAME = 120
# Seconds by which check-ins that were written at once may be ahead of the clock, one after the other.
_BURST = 5


def report_progress(start: Path, report: Said, now: int, *, dry_run: bool = False) -> Did:
    """Check in on the task of the worktree around `start`.

    `now` is the check-in's time in seconds since the epoch. Raises LedgerError, and nothing is written, where
    something needed is missing. Raises NotNow on a detached HEAD or in a rebase; the git directory then keeps
    what was said.
    """
    try:
        with agent_context.open_worktree(start, now, lines=True) as at:
            return write_check_in(at, report, now, dry_run=dry_run)
    except NotNow as error:
        raise _keep_check_in(start, report, now, error) from error


def write_check_in(at: AtWork, report: Said, now: int, *, dry_run: bool = False) -> Did:
    """The same as `report_progress`, in a worktree that is open already."""
    if report.silent and report.state == "working" and (pending := _describe_pending(at, report, now)):
        return pending
    warnings = (
        *_describe_withdrawal(at, report),
        *_describe_replacement(at, report),
        *_describe_hooks_off(at),
    )
    report = complete_check_in(at, report)
    now = _later_than_newest(at, now)
    content = check_in.render_check_in(report, now)
    uncommitted = read_uncommitted(at)
    # An interrupted run may have written this check-in already: then its file is used, not a second one.
    interrupted = _find_same_check_in(at, uncommitted, content, now)
    path = f"{at.folder}/status/{check_in.check_in_name(now, content)}"
    path, content = interrupted or (path, content)
    refuse_unreadable(at, path, content)
    files = {path: content} | uncommitted | renewed_brief(at)
    lines = [
        f"{path}: checked in as {report.state}",
        *describe_answers(at),
        *describe_lapse(at),
        *_describe_other_files(at, files, path),
    ]
    next_step = following_step(at, report)
    if dry_run:
        lines.append(content.decode())
        return Did(
            command="report",
            messages=tuple(lines),
            task=at.task.id,
            files=tuple(files),
            next=next_step,
            warnings=warnings,
            dry_run=True,
        )
    committed = ledger_commit.commit_files(
        at.git, at.branch.name, files, f"{at.task.id} is {report.state}", rules=at.fleet.policy.commits
    )
    if committed.commit is None:
        return describe_uncommitted("report", at, tuple(lines), committed)
    refs, commits = (at.branch.ref,), (committed.commit,)
    return Did(
        command="report",
        messages=tuple(lines),
        task=at.task.id,
        refs=refs,
        files=tuple(files),
        commits=commits,
        worktree=None,
        next=next_step,
        warnings=(*warnings, *committed.warnings),
    )


def _later_than_newest(at: AtWork, now: int) -> int:
    """Return the time to write: one second after the newest check-in, where that is of this second.

    The commit gate knows check-ins by their times alone, and could not tell which of the two came last.
    """
    newest = max((each.at for each in at.work.check_ins), default=0)
    return newest + 1 if now <= newest < now + _BURST else now


def _describe_pending(at: AtWork, report: Said, now: int) -> Did | None:
    """The result of a report without options while something waits for the manager; None where nothing does.

    A check-in would take the question back, and an agent that only looks for an answer must not do that.
    """
    question = _waiting_check_in(at)
    if question is None or report.checkpoint not in (None, question.checkpoint):
        return None
    if question.document.source.uncommitted:
        return None  # a bare report is what commits it
    since = format_age(now - time_of(question, now))
    if question.state == "ready":
        line = f"you said {since} ago that it is ready, and that is still so; nothing is written"
        next_step = "wait for the review; or say what goes on: agentledger report --changed '…'"
    else:
        line = f"there is no answer yet to what you asked {since} ago; nothing is written"
        next_step = "wait, and look again later: agentledger report"
    # A note settles nothing, and is still there to be read.
    return Did(command="report", messages=(line, *describe_answers(at)), task=at.task.id, next=next_step)


def _waiting_check_in(at: AtWork) -> CheckIn | None:
    """The agent's check-in that waits for the manager; None where it is the agent's turn."""
    manager = turn_of(at.branch).whose is Whose.MANAGER
    return at.branch.standing.question if at.branch.standing and manager else None


def _describe_hooks_off(at: AtWork) -> tuple[str, ...]:
    """A warning where no commit is checked in this worktree; an agent can only pass it on."""
    off = fleet_facts.find_hooks_off(at.branch, at.task.brief)
    if off is None:
        return ()
    main = queries.read_worktrees(at.git)[0].path
    command = live_hooks.in_main_worktree(off, main).command
    return (f"no commit is checked here: {off.reason}; tell your manager to run: {command}",)


def _describe_withdrawal(at: AtWork, report: Said) -> tuple[str, ...]:
    """A warning where this check-in takes back a question that nobody has answered; () elsewhere."""
    question = _waiting_check_in(at)
    # A checkpoint stays open whatever is said next.
    if question is None or question.checkpoint or report.state != "working" or report.checkpoint:
        return ()
    return ("this takes back what waited for the manager; ask again, with --need, if it still matters",)


def _describe_replacement(at: AtWork, report: Said) -> tuple[str, ...]:
    """A warning where the plan of an open checkpoint is replaced, which closes it again; () elsewhere."""
    if report.checkpoint is None or report.checkpoint not in replies.approved_checkpoints(at.work):
        return ()
    name = escape_hidden(report.checkpoint)
    return (
        f"the checkpoint {name} was open; this replaces what was approved, and waits for an approval again",
    )


def describe_uncommitted(
    command: str, at: AtWork, lines: tuple[str, ...], committed: ledger_commit.Committed
) -> Did:
    """The result where git would not write: the files are in the worktree, and the board shows them there.

    `lines` are for the agent; `committed` names the files and git's reason.
    """
    warning = (
        f"git would not commit it: {committed.why}. It is in this worktree as a file, where the board and the "
        "site show it, marked as uncommitted; there is nothing more for you to do"
    )
    collect = f"{committed.how_to_collect(at.task.id)}, by the manager, in the main worktree"
    return Did(
        command=command,
        messages=lines,
        task=at.task.id,
        files=committed.files,
        warnings=(warning,),
        next=collect,
    )


# -- the content of the check-in ---------------------------------------------------------


def complete_check_in(at: AtWork, report: Said) -> Said:
    """What was said, with what git and the environment add. Raises LedgerError for what only the agent can add."""
    if report.state in ASKING_STATES and not report.need.strip():
        raise LedgerError(
            f"a check-in that is {report.state} says what it needs",
            "add --need with a question that can be answered in a sentence, and the options you see",
        )
    checkpoints = requests.needed_checkpoints(at.brief)
    if report.checkpoint is not None and report.checkpoint not in checkpoints:
        none = f"the brief of {escape_hidden(at.task.id)} has none: check in without --checkpoint"
        raise unknown_name_error("checkpoint", report.checkpoint, checkpoints, none)
    _refuse_without_plan(report, checkpoints)
    changed = report.changed if report.changed.strip() else describe_changes(at)
    running = identify_program(os.environ)
    # The session is that of the program that runs, not of an agent with another name.
    session = running.session if report.agent in ("", running.agent) else ""
    return replace(
        report, changed=changed, agent=report.agent or agent_name(at), session=report.session or session
    )


def _refuse_without_plan(report: Said, checkpoints: tuple[str, ...]) -> None:
    """Raise LedgerError for a checkpoint without a plan, which nobody could decide on, and for the reverse."""
    says_nothing = is_blank(report.plan) or is_none_phrase(report.plan)
    if report.checkpoint is not None and says_nothing:
        what = "is empty" if report.plan.strip() else "is missing"
        command = requests.ask_command(report.checkpoint)
        raise LedgerError(
            f"the plan that the checkpoint {escape_hidden(report.checkpoint)} is to approve {what}",
            f"write it in place of what --plan has here, or --plan - to pipe it in: {command}",
        )
    if _HALF.search(report.plan):
        raise LedgerError(
            "the plan is not UTF-8, so what is approved would not be what it says",
            "pipe it in: … | iconv -f LATIN1 -t UTF-8 | agentledger report --plan - …",
        )
    if report.checkpoint is None and not says_nothing:
        names = " or ".join(f"--checkpoint {shlex.quote(escape_hidden(name))}" for name in checkpoints)
        hint = f"add {names}" if names else "the brief has no checkpoint: say it with --next instead"
        raise LedgerError("a plan is for a checkpoint, which approves it", hint)


def agent_name(at: AtWork) -> str:
    """The agent's name: by the variable that its program sets, else as in its last check-in, else ''."""
    running = identify_program(os.environ)
    return running.agent or next((each.agent for each in at.work.check_ins if each.agent), "")


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
    uncommitted = worktrees.list_uncommitted(at.git, queries.read_worktrees(at.git))
    return any(not file.path.startswith(LEDGER_BYTES) for file in (uncommitted[1] if uncommitted else ()))


def _last_check_in(at: AtWork) -> CheckIn | None:
    """The check-in that was committed last, by the order of commits, since two can be of one second."""
    order = {commit.id: number for number, commit in enumerate(at.branch.commits)}
    committed = [c for c in at.work.check_ins if c.document.source.commit in order]
    return min(committed, key=lambda c: order[c.document.source.commit or ""], default=None)


def _read_new_commits(at: AtWork) -> list[tuple[str, str]]:
    """The commits on the branch's own line that changed code since the last check-in: id and subject."""
    last = _last_check_in(at)
    # Before the first check-in: everything since the branch left base.
    known_commits = (
        [last.document.source.commit] if last and last.document.source.commit else at.branch.merge_bases
    )
    flags = [
        "log",
        "-z",
        "--format=%H %s",
        "--first-parent",
        at.branch.head,
        *(f"^{commit}" for commit in known_commits),
    ]
    log = process.run(at.git, [*flags, "--", ".", f":(exclude){FOLDER}"])
    entries = (decode(entry).partition(" ") for entry in log.split(b"\0") if entry)
    return [(commit, subject) for commit, _, subject in entries]


def refuse_unreadable(at: AtWork, path: str, content: bytes) -> None:
    """Raise LedgerError where a reader of the check-in would find a fatal problem in it."""
    raw = RawDocument(source=Source(path=path), content=content, policy=at.fleet.policy)
    for problem in parse_check_in(raw).document.problems:
        if problem.fatal:
            raise LedgerError(
                f"the check-in would be unreadable: {escape_hidden(problem.message)}", problem.hint
            )


# -- answers since the last check-in -----------------------------------------------------


def describe_answers(at: AtWork) -> list[str]:
    """The manager's answers since the last check-in, oldest first, each with its whole text."""
    new = reversed(replies.list_new_answers(at.work, at.fleet.now))
    return [*map(_describe_answer, new), *_describe_review(at)]


def _describe_review(at: AtWork) -> list[str]:
    """What a review of this very code asks for: the agent that called it ready hears of that nowhere else."""
    standing = at.branch.standing
    review = standing.review if standing else None
    if standing is None or review is None or standing.progress not in (Progress.CHANGES, Progress.REJECTED):
        return []
    verdict = "asks for changes" if standing.progress is Progress.CHANGES else "rejects it"
    where = f"agentledger prompt {at.task.id} --for resume"
    return [f"the review by {escape_hidden(review.reviewer)} {verdict}; to read it: {where}"]


def describe_lapse(at: AtWork) -> list[str]:
    """That the agent's word that it is ready no longer holds, and what to do; [] where it holds, or none was given."""
    standing = at.branch.standing
    if standing is None or standing.progress is not Progress.LAPSED:
        return []
    was = f" at {standing.lapsed[:10]}" if standing.lapsed else ""
    return [
        f"you said that it is ready{was}; more code came since, so nobody reviews it before agentledger done"
    ]


def _describe_answer(answer: Answer) -> str:
    about = f" on {escape_hidden(answer.checkpoint)}" if answer.checkpoint else ""
    text = f"\n{answer.text.strip()}" if answer.text.strip() else ""
    return f"answer from {escape_hidden(answer.by)}{about}: {answer.decision}{text}"


def following_step(at: AtWork, report: Said) -> str:
    """What to do after this check-in."""
    if report.state in ASKING_STATES or report.checkpoint:
        return "stop here and wait for the answer; agentledger report shows it once it has come"
    if report.state == "ready":
        return "wait for the review; more code takes this back: then agentledger done again"
    return requests.describe_agents_step(at.work, at.brief)


# -- what must not be lost -----------------------------------------------------------------


def read_uncommitted(at: AtWork) -> dict[str, bytes]:
    """Check-ins of this task that are in the worktree but not committed, by path: left by a kill or a sandbox."""
    paths = [each.document.source.path for each in at.work.check_ins if each.document.source.uncommitted]
    own = [path for path in paths if path.startswith(f"{at.folder}/status/")]
    stored = read_stored_forms(at.git, at.top, own)
    return {path: stored.get(path) or (at.top / path).read_bytes() for path in own}


def _find_same_check_in(
    at: AtWork, uncommitted: Mapping[str, bytes], content: bytes, now: int
) -> tuple[str, bytes] | None:
    """This check-in, as path and content, where an interrupted run has left it; None where it is new.

    It is one that was left uncommitted, or the last committed one if that is younger than SAME seconds.
    """
    last = _last_check_in(at)
    recent = (
        {last.document.source.path: encode(last.document.text)} if last and abs(now - last.at) < SAME else {}
    )
    new_text = _strip_time(content)
    return next(
        (
            (path, text)
            for path, text in (*uncommitted.items(), *recent.items())
            if _strip_time(text) == new_text
        ),
        None,
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


def _keep_check_in(start: Path, report: Said, now: int, error: NotNow) -> NotNow:
    """The same error, with a hint that sends what was said, which the git directory keeps: nothing is lost."""
    if report.silent:
        return error
    git = process.repository_at(start)
    content = check_in.render_check_in(report, now)
    path = editor.draft_path(git, f"report-{hashlib.sha256(content).hexdigest()[:8]}.md")
    editor.keep_draft(path, content.decode())
    kept = shlex.quote(escape_hidden(str(path)))
    flags = f" --checkpoint {shlex.quote(escape_hidden(report.checkpoint))}" if report.checkpoint else ""
    # A question in the text sets no state by itself.
    flags += f" --state {report.state}" if report.state != "working" else ""
    return NotNow(
        error.message, f"{error.hint}: agentledger report{flags} - < {kept} (what you said is kept there)"
    )
