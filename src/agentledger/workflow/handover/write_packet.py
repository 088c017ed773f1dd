"""`agentledger packet` brings a branch's packet up to date from git and evidence, and commits it by itself.

Belongs here: gathering what goes into it, and what is still missing. Does not: the text (see `packet_text`), the
body of a pull request (see `pr_body`), or saying that the work is ready (see `done`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.changes import line_counts, net_changes
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net, change_id
from agentledger.documents import MOST_BYTES
from agentledger.documents.frame import parse_frame
from agentledger.documents.packet import parse_packet
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.templates import read_template
from agentledger.git import process
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.git.scratch import Scratch
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import LEDGER, Branch, Change
from agentledger.model.ledger import Evidence, Source
from agentledger.model.text import encode, escape_hidden, format_count, format_rfc3339, quote_path
from agentledger.model.work import Checked
from agentledger.running.junit import Unreadable
from agentledger.workflow.handover import packet_criteria, packet_gaps, packet_text, pr_body
from agentledger.workflow.handover.packet_files import Touched
from agentledger.workflow.handover.packet_gaps import Lack
from agentledger.workflow.handover.packet_text import Facts, Prose, Result
from agentledger.workflow.report import write_check_in
from agentledger.workflow.session import agent_context, ledger_commit, overlay
from agentledger.workflow.session.agent_context import AtWork
from agentledger.workflow.session.overlay import Files
from agentledger.workflow.setup import pr_template
from agentledger.workflow.verify.junit_files import read_plain_file

_GITLINK, _LINK = "160000", "120000"  # git's modes of a submodule and of a symbolic link


@dataclass(frozen=True, slots=True)
class Composed:
    """A packet that is not written yet: its path from the worktree's top, its bytes, and sentences about it.

    `lacks` is what only the agent can add; `changed`: the worktree does not have these bytes yet.
    """

    path: str
    raw: bytes
    told: tuple[str, ...]
    lacks: tuple[Lack, ...]
    changed: bool


def update_packet(start: Path, prose: Prose, now: int, *, dry_run: bool = False) -> Did:
    """Bring the packet of the worktree around `start` up to date, and commit it alone.

    `now` is in seconds since the epoch. Raises LedgerError, and nothing is written, where the branch changes
    no code, where `prose` names something unknown, and where the packet's sections cannot be told apart.
    """
    with agent_context.open_worktree(start, now) as at:
        made = compose_packet(at, prose)
        following = packet_gaps.next_command("packet", made.lacks)
        following = following or (None if made.lacks else "agentledger done")
        lines = (*_describe_packet(made), *(lack.told("packet") for lack in made.lacks))
        if dry_run:
            shown = made.raw.decode("utf-8", "replace")
            return Did(
                command="packet",
                said=(*lines, shown),
                task=at.task.id,
                files=(made.path,),
                next=following,
                dry_run=True,
            )
        message = f"chore(ledger): packet of {at.task.id}"
        done = ledger_commit.commit_files(at.asked, at.branch.name, {made.path: made.raw}, message)
        if done.commit is None:
            return write_check_in.describe_uncommitted("packet", at, lines, done)
        # Without news `commit_files` makes no commit, and returns the branch's head.
        new = (done.commit,) if done.commit != at.branch.head else ()
        refs = (at.branch.ref,) if new else ()
        return Did(
            command="packet",
            said=lines,
            task=at.task.id,
            refs=refs,
            files=(made.path,) if new else (),
            commits=new,
            next=following,
        )


def compose_pr_body(start: Path, prose: Prose, now: int) -> str:
    """The body of a pull request, from the packet as it would be now; nothing is written."""
    with agent_context.open_worktree(start, now) as at:
        made = compose_packet(at, prose)
        frame = parse_frame(made.raw, None, Problems(made.path))
        assert frame  # it has been put together here
        return pr_body.render_body(frame.body, pr_template.read_template(at.taken.sealed, at.fleet.base.head))


def _describe_packet(made: Composed) -> tuple[str, ...]:
    """A line on the packet's state, and what the agent should know of it."""
    state = "brought up to date" if made.changed else "is up to date"
    whole = "" if made.lacks else "; nothing is missing"
    return (f"{escape_hidden(made.path)}: {state}{whole}", *made.told)


def compose_packet(at: AtWork, prose: Prose, files: Files = {}) -> Composed:  # noqa: B006 - never written to
    """The packet as it should be now, and what it lacks; `files` is evidence to be committed with it, by path."""
    sealed = Scratch(at.taken.sealed, at.place.object_format)
    path = f"{at.folder}/packet.md"
    facts = gather_facts(at, sealed, files)
    old = read_packet(at, path)
    own = at.fleet.templates.get("packet")
    begun = old or packet_text.begin_packet(
        read_template("packet", encode(own) if own else None), facts.explores
    )
    made = packet_text.refresh_packet(begun, facts, prose)
    if len(made.raw) > MOST_BYTES:
        message = f"the packet would have {len(made.raw):,} bytes, and at most {MOST_BYTES:,} are read"
        raise LedgerError(message, "shorten what you wrote; a change of so many files is better split")
    found = overlay.evaluate_ready_gate(
        sealed, at.fleet, at.branch, files={**files, path: made.raw}, only=packet_gaps.RULES
    )
    items = parse_packet(Source(path=path), made.raw, at.fleet.policy).criteria
    unsaid = () if facts.explores else packet_criteria.open_criteria(items, facts.criteria)
    lacks = packet_gaps.find_lacks(found, unsaid, facts.criteria)
    return Composed(path, made.raw, made.told, lacks=lacks, changed=made.raw != old)


def read_packet(at: AtWork, path: str) -> bytes | None:
    """The packet in the worktree, committed or not; where a sparse checkout leaves it out, the committed one.

    None without one. Raises LedgerError where it cannot be read, or is no plain file.
    """
    try:
        return read_plain_file(at.top / path, MOST_BYTES, os.O_NOFOLLOW)
    except FileNotFoundError:
        # `S` is for skip-worktree. Any other missing packet was removed, and begins again.
        entry = process.run(at.asked, ["ls-files", "-t", "-z", "--", f":(top,literal){path}"])
        return process.run(at.asked, ["cat-file", "blob", f":{path}"]) if entry.startswith(b"S ") else None
    except (OSError, Unreadable) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        message = f"{escape_hidden(path)} cannot be read: {why}"
        raise LedgerError(
            message, "put a plain file in its place, or remove it; then run this again"
        ) from error


# -- what git and evidence show -------------------------------------------------------------


def gather_facts(at: AtWork, sealed: Scratch, files: Files) -> Facts:
    """Everything that is generated. Raises LedgerError where there is no change to hand over."""
    brief = at.task.brief
    explores = brief is not None and brief.mode == "explore"
    # Not from the cache: the merge's blobs are needed to count lines, and only the merge itself writes them.
    net = net_changes.find_net_changes(sealed, at.fleet.base.head, [at.branch.head])[at.branch.head]
    if net.failed:
        message = f"git cannot tell what {escape_hidden(at.branch.name)} changes: {escape_hidden(net.failed)}"
        raise LedgerError(message, f"{FETCH_AGAIN} may bring what is missing; git fsck names it")
    touched = find_touched_files(at, sealed, net)
    if not touched and not explores:
        message = f"{escape_hidden(at.branch.name)} changes no code, so there is nothing to hand over yet"
        raise LedgerError(message, "commit your work first; to say how it goes: agentledger report")
    criteria = tuple(item.text for item in brief.criteria) if brief else ()
    return Facts(
        task=at.task.id,
        base=at.fleet.base.head,
        head=last_code_commit(at.branch),
        change=change_id(net) or "",
        files=touched,
        results=tuple(map(_build_result, judge_checks(at, sealed, files))),
        criteria=criteria,
        explores=explores,
    )


def last_code_commit(branch: Branch) -> str:
    """The newest commit of the branch's own line that changes code: what its packet is about.

    A merge counts, and so does a commit whose code tree is not known.
    """
    codes = branch.work.code_trees if branch.work else {}
    for commit in branch.line:
        code = codes.get(commit.id)
        if len(commit.parents) != 1 or code is None or codes.get(commit.parents[0]) != code:
            return commit.id
    return branch.head


def judge_checks(at: AtWork, sealed: Scratch, files: Files) -> Sequence[Checked]:
    """The checks that are asked for, judged as if these files of evidence were committed."""
    fleet, branch = overlay.overlay_files(at.fleet, at.branch, files)
    standing = Freshness(sealed, fleet, [branch]).standing(branch)
    return standing.checks if standing else ()


def find_touched_files(at: AtWork, sealed: Scratch, net: Net) -> list[Touched]:
    """The files outside the ledger that merging would change, with the size of each change, in path order."""
    (counted,) = line_counts.count_lines(sealed, at.taken.cache, [replace(at.branch, changes=net.changes)])
    notes = {
        change.path: _describe_change(change)
        for change in counted.changes
        if not change.path.startswith(LEDGER)
    }
    for path in net.conflicted:
        if not path.startswith(LEDGER):
            notes[path] = "conflicts with base"
    return [Touched(quote_path(path), note) for path, note in sorted(notes.items())]


def _describe_change(change: Change) -> str:
    """What git says about a change, such as `new, +3` or `+3 −1`."""
    kind = {"A": "new", "D": "deleted"}.get(change.status, "")
    what = {_GITLINK: "submodule", _LINK: "link"}.get(max(change.new_mode, change.old_mode), "")
    if change.binary:
        what = "binary"
    elif change.added is None or change.removed is None:
        what = "not counted"
    elif not what:
        what = " ".join(f"{sign}{n:,}" for sign, n in (("+", change.added), ("−", change.removed)) if n)
    return ", ".join(filter(None, (kind, what))) or ("mode" if change.old_mode != change.new_mode else "+0")


def _build_result(checked: Checked) -> Result:
    """The row of one check."""
    found, name, command = checked.evidence, checked.check.name, checked.check.run
    if found is None:
        return Result(check=name, command=command, outcome="not run")
    about = "" if checked.fresh else ", another change"
    worth = str(checked.trust) if checked.trust else ""
    commit = f"`{found.head[:12]}`{about}"
    return Result(
        check=name,
        command=found.command,
        outcome=describe_outcome(found),
        when=format_rfc3339(found.started_at),
        commit=commit,
        worth=worth,
    )


def describe_outcome(found: Evidence) -> str:
    """The result of a check in words."""
    if found.skipped is not None:
        return f"skipped: {escape_hidden(found.skipped)}"
    said = "passed" if found.passed else "failed"
    code = f", exit code {found.exit_code}" if not found.passed and found.exit_code is not None else ""
    broken = found.junit.failures + found.junit.errors if found.junit else 0
    tests = f", {format_count(found.junit.tests, 'test')}" if found.junit else ""
    tests += f", {broken:,} failed" if broken else ""
    on_base = ", on base, too" if not found.passed and found.on_base and found.on_base[1] else ""
    return f"{said} in {found.seconds:g} s{code}{tests}{on_base}"
