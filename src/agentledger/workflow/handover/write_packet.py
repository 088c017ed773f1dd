"""`agentledger packet` brings a branch's packet up to date from git and evidence, and commits it by itself.

Belongs here: gathering what goes into it, and what is still missing. Does not: the text (see `packet_text`), the
body of a pull request (see `pr_body`), or saying that the work is ready (see `done`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.changes import line_counts, net_changes, renames
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net, change_id
from agentledger.documents import MOST_BYTES, RawDocument
from agentledger.documents.frame import parse_frame
from agentledger.documents.packet import parse_packet
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.templates import read_template
from agentledger.git import process
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.git.scratch import Scratch
from agentledger.model import check_words
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.evidence import Evidence
from agentledger.model.fleet import Branch, Change
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import encode, escape_hidden, format_count, format_rfc3339, quote_path
from agentledger.model.work import Checked, CheckResult, Fresh
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

_NAMED = 5  # lost files that are named; more are counted
_GITLINK, _LINK = "160000", "120000"  # git's modes of a submodule and of a symbolic link


@dataclass(frozen=True, slots=True)
class Composed:
    """A packet that is not written yet: its path from the worktree's top, its bytes, and sentences about it.

    `lacks` is what only the agent can add; `changed`: the worktree does not have these bytes yet.
    """

    path: str
    raw: bytes
    notes: tuple[str, ...]
    lacks: tuple[Lack, ...]
    changed: bool


def update_packet(start: Path, prose: Prose, now: int, *, dry_run: bool = False) -> Did:
    """Bring the packet of the worktree around `start` up to date, and commit it alone.

    `now` is in seconds since the epoch. Raises LedgerError, and nothing is written, where the branch changes
    no code, where `prose` names something unknown, and where the packet's sections cannot be told apart.
    """
    with agent_context.open_worktree(start, now) as at:
        composed = compose_packet(at, prose)
        next_step = packet_gaps.next_command("packet", composed.lacks)
        next_step = next_step or (None if composed.lacks else "agentledger done")
        lines = (*_describe_packet(composed), *(lack.describe("packet") for lack in composed.lacks))
        if dry_run:
            new_text = composed.raw.decode("utf-8", "replace")
            return Did(
                command="packet",
                messages=(*lines, new_text),
                task=at.task.id,
                files=(composed.path,),
                next=next_step,
                dry_run=True,
            )
        files, rules = {composed.path: composed.raw}, at.fleet.policy.commits
        message = f"packet of {at.task.id}"
        committed = ledger_commit.commit_files(at.git, at.branch.name, files, message, rules=rules)
        if committed.commit is None:
            return write_check_in.describe_uncommitted("packet", at, lines, committed)
        # Without news `commit_files` makes no commit, and returns the branch's head.
        new = (committed.commit,) if committed.commit != at.branch.head else ()
        refs = (at.branch.ref,) if new else ()
        return Did(
            command="packet",
            messages=lines,
            task=at.task.id,
            refs=refs,
            files=(composed.path,) if new else (),
            commits=new,
            next=next_step,
            warnings=committed.warnings,
        )


def compose_pr_body(start: Path, prose: Prose, now: int) -> str:
    """The body of a pull request, from the packet as it would be now; nothing is written."""
    with agent_context.open_worktree(start, now) as at:
        composed = compose_packet(at, prose)
        frame = parse_frame(composed.raw, None, Problems(composed.path))
        assert frame  # it has been put together here
        return pr_body.render_body(
            frame.body, pr_template.read_template(at.snapshot.sealed, at.fleet.base.head)
        )


def _describe_packet(composed: Composed) -> tuple[str, ...]:
    """A line on the packet's state, and what the agent should know of it."""
    state = "brought up to date" if composed.changed else "is up to date"
    ending = "" if composed.lacks else "; nothing is missing"
    return (f"{escape_hidden(composed.path)}: {state}{ending}", *composed.notes)


def compose_packet(at: AtWork, prose: Prose, files: Files = {}) -> Composed:  # noqa: B006 - never written to
    """The packet as it should be now, and what it lacks; `files` is evidence to be committed with it, by path."""
    sealed = Scratch(at.snapshot.sealed, at.place.object_format)
    path = f"{at.folder}/packet.md"
    facts = gather_facts(at, sealed, files)
    old = read_packet(at, path)
    own = at.fleet.templates.get("packet")
    raw = old or packet_text.begin_packet(
        read_template("packet", encode(own) if own else None), facts.explores
    )
    refreshed = packet_text.refresh_packet(raw, facts, prose)
    if len(refreshed.raw) > MOST_BYTES:
        message = f"the packet would have {len(refreshed.raw):,} bytes, and at most {MOST_BYTES:,} are read"
        raise LedgerError(message, "shorten what you wrote; a change of so many files is better split")
    findings = overlay.evaluate_ready_gate(
        sealed, at.snapshot, at.branch, files={**files, path: refreshed.raw}, only=packet_gaps.RULES
    )
    document = RawDocument(source=Source(path=path), content=refreshed.raw, policy=at.fleet.policy)
    items = parse_packet(document).criteria
    open_items = () if facts.explores else packet_criteria.open_criteria(items, facts.criteria)
    lacks = packet_gaps.find_lacks(findings, open_items, facts.criteria)
    notes = (*refreshed.notes, *_describe_lost_files(at, sealed))
    return Composed(path, refreshed.raw, notes, lacks=lacks, changed=refreshed.raw != old)


def _describe_lost_files(at: AtWork, sealed: Scratch) -> list[str]:
    """A sentence on the files that the branch deletes without having their content anywhere else: half a rename."""
    branch = at.branch
    gone = [change.path for change in branch.code_changes if change.status == "D"]
    if not gone or not branch.merge_bases:
        return []
    paths = {branch.head: {change.path for change in branch.code_changes}}
    pairs = {branch.head: (branch.merge_bases[0], branch.head)}
    moved = renames.find_renames(sealed, pairs, paths, at.snapshot.cache)[branch.head]
    lost = [escape_hidden(path) for path in gone if path not in moved]
    if not lost:
        return []
    more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
    what = f"merging deletes {format_count(len(lost), 'file')}, and no other file has the content"
    names = ", ".join(lost[:_NAMED])
    return [f"{what}: {names}{more}; if it was moved, its new place is not committed"]


def read_packet(at: AtWork, path: str) -> bytes | None:
    """The packet in the worktree, committed or not; where a sparse checkout leaves it out, the committed one.

    None without one. Raises LedgerError where it cannot be read, or is no plain file.
    """
    try:
        return read_plain_file(at.top / path, MOST_BYTES, os.O_NOFOLLOW)
    except FileNotFoundError:
        # `S` is for skip-worktree. Any other missing packet was removed, and begins again.
        entry = process.run(at.git, ["ls-files", "-t", "-z", "--", f":(top,literal){path}"])
        return process.run(at.git, ["cat-file", "blob", f":{path}"]) if entry.startswith(b"S ") else None
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
    at.snapshot.require_code([at.branch])
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
    (counted,) = line_counts.count_lines(sealed, at.snapshot.cache, [replace(at.branch, changes=net.changes)])
    notes = {
        change.path: _describe_change(change)
        for change in counted.changes
        if not change.path.startswith(LEDGER_BYTES)
    }
    for path in net.conflicted:
        if not path.startswith(LEDGER_BYTES):
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


_ABOUT = {
    Fresh.SAME: "",
    Fresh.REWRITTEN: ", rewritten, same change",
    Fresh.OTHER: ", another change",
    Fresh.UNKNOWN: ", not known here",
    Fresh.EDITED: ", edited",
}


def _build_result(checked: Checked) -> Result:
    """The row of one check."""
    evidence, name, command = checked.evidence, checked.check.name, checked.check.run
    if evidence is None:
        return Result(check=name, command=command, outcome="not run")
    about = _ABOUT[checked.fresh or Fresh.UNKNOWN]
    worth = str(checked.trust) if checked.trust else ""
    commit = f"`{evidence.head[:12]}`{about}"
    return Result(
        check=name,
        command=evidence.command,
        outcome=describe_outcome(evidence) if checked.result is not CheckResult.NOT_RUN else "not run",
        when=format_rfc3339(evidence.started_at),
        commit=commit,
        worth=worth,
    )


def describe_outcome(evidence: Evidence) -> str:
    """The result of a check in words."""
    if evidence.skipped is not None:
        return f"skipped: {escape_hidden(evidence.skipped)}"
    word = "passed" if evidence.passed else "failed"
    code = [f"exit code {evidence.exit_code}"] if not evidence.passed and evidence.exit_code else []
    failed = check_words.list_failed(evidence, _quote_name) if evidence.exit_code else ""
    base = check_words.describe_against_base(evidence, _quote_name) if evidence.exit_code else ""
    parts = (
        f"{word} in {evidence.seconds:g} s",
        *code,
        *check_words.describe_report(evidence, _quote_name),
        check_words.describe_listed(evidence, _quote_name),
        f"failed: {failed}" if failed else "",
        base,
    )
    return ", ".join(filter(None, parts))


def _quote_name(name: str) -> str:
    """A test's name, or another text out of a report, as code."""
    return f"`{escape_hidden(name).replace('`', '´')}`"
