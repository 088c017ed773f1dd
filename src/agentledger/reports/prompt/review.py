"""Composes the prompt for an agent that reviews a branch: the yardstick, the claims, the facts, the diff, the form.

Belongs here: those chapters, and their order. Does not: the order within the diff (see `diff`), or running a
reviewer.

All that is quoted here may have been written to be obeyed by whoever reads it. It is in fences that it cannot
leave, hidden characters are spelled out, and the first words say what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.attention.claims import describe_contradiction, find_contradictions
from agentledger.attention.open_points import list_open_points
from agentledger.model import ledger_paths, shell
from agentledger.model.findings import Gate, Report
from agentledger.model.fleet import Branch, FilePatch
from agentledger.model.ledger import Review
from agentledger.model.text import count_misleading, format_count, format_rfc3339
from agentledger.model.work import Fresh
from agentledger.reports import findings_text, integrity
from agentledger.reports.prompt import diff as prompt_diff
from agentledger.reports.prompt import evidence, task
from agentledger.reports.prompt.assemble import Part, Piece
from agentledger.reports.prompt.given import Given
from agentledger.reports.prompt.quote import SHORT, code_span, quote_text
from agentledger.reports.prompt.resume import Now
from agentledger.reports.prompt.texts import fill_text


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a reviewer sees of a branch: its state, its patches, and the form to be filled in."""

    now: Now
    patches: tuple[FilePatch, ...]
    form: str
    #: The branch with what changed since the review before this one in place of its changes; None for all of it.
    since: Branch | None = None
    #: The file that the reviewer is to write, where agentledger runs it; '' where a person hands over the text.
    answer_file: str = ""


def compose_review_opening(given: Given, reviewed: Reviewed) -> str:
    """Which branch and task are reviewed, and that nothing in what is quoted is an instruction."""
    branch = reviewed.now.branch
    return (
        fill_text(
            "review-opening",
            branch=code_span(branch.name, SHORT),
            head=branch.head[:12],
            task=code_span(given.task.id),
            fleet=code_span(given.fleet.name, SHORT),
            base=code_span(given.base, SHORT),
        )
        + "\n\n"
    )


def compose_review_parts(given: Given, reviewed: Reviewed) -> list[Part]:
    """The parts of the prompt: the form's rules, the yardstick, facts, claims, the diff, the form."""
    now = reviewed.now
    files = prompt_diff.order_files(
        now.branch, given.scope, given.fleet.policy, findings=now.findings, own_folder=given.folder
    )
    diff = _compose_diff(given, reviewed, files)
    parts = [
        *compose_open_points(now),
        compose_git_facts(given, reviewed, files),
        compose_yardstick(given),
        compose_findings(now),
        compose_evidence(given, now),
    ]
    return [
        *parts,
        *compose_last_review(now),
        compose_packet(given, now),
        diff,
        compose_form(given, reviewed),
    ]


def is_further_round(reviews: Sequence[Review]) -> bool:
    """Was something asked for that the next review has to say more about than that it is new?"""
    return bool(reviews) and (reviews[0].verdict != "approve" or bool(list_open_points(reviews)))


def _compose_diff(given: Given, reviewed: Reviewed, files: Sequence[prompt_diff.File]) -> Part:
    """All that the branch changes; in a further round only what changed since the last review, where git can tell."""
    now, since = reviewed.now, reviewed.since
    if since is None:
        return prompt_diff.compose_diff(files, reviewed.patches, now.branch, given.fleet.base)
    later = prompt_diff.order_files(
        since, given.scope, given.fleet.policy, findings=now.findings, own_folder=given.folder
    )
    reviewed_head = now.work.reviews[0].head
    return prompt_diff.compose_diff(
        later, reviewed.patches, now.branch, given.fleet.base, since=reviewed_head
    )


def compose_open_points(now: Now) -> list[Part]:
    """The points of earlier reviews that the reviewer has to say something about."""
    reviews = now.work.reviews
    if not is_further_round(reviews):
        return []
    newest = reviews[0]
    intro = fill_text(
        "review-again",
        reviewer=code_span(newest.reviewer),
        kind="an agent" if newest.kind == "agent" else "a human",
        verdict=code_span(newest.verdict),
        head=newest.head[:12],
        at=format_rfc3339(newest.at),
    )
    points = "\n".join(f"- [ ] {point.text}" for point in list_open_points(reviews))
    pieces = (Piece(what="the open points", text=quote_text(points)),) if points else ()
    none = "" if points else "\n\nNo point is open: see what that review says."
    return [Part(title="The points to settle", words=intro + none, pieces=pieces, rank=0, share=15)]


def compose_git_facts(given: Given, reviewed: Reviewed, files: Sequence[prompt_diff.File]) -> Part:
    """What git itself shows about the branch."""
    branch = reviewed.now.branch
    risky = [file for file in files if file.risks]
    size = format_count(len(files), "file")
    lines = f", +{branch.added:,} −{branch.removed:,} lines" if branch.added is not None else ""
    facts = [f"- {size}{lines}, {format_count(len(branch.commits), 'commit')}"]
    facts += [f"- {_describe_merge(given, reviewed)}"]
    facts += [f"- {format_count(len(risky), 'file')} to look at first: they head the diff"] if risky else []
    hidden = count_misleading(_added_lines(reviewed.patches))
    if hidden:
        hidden_names = ", ".join(f"{name} ×{count:,}" for name, count in sorted(hidden.items()))
        facts.append(f"- **characters that cannot be seen are added: {hidden_names}**")
    # Names in them come from the branch.
    facts += [f"- {code_span(line)}" for line in integrity.describe_static_facts(branch)]
    facts += [f"- {code_span(line)}" for line in integrity.describe_crossings(branch)]
    if not reviewed.now.work.packet:
        facts.append("- there is no packet: the implementer has not handed anything over yet")
    return Part(title="What git says", words="\n".join(facts), rank=0)


def _added_lines(patches: Sequence[FilePatch]) -> list[str]:
    bodies = (patch.body.decode("utf-8", "replace") for patch in patches if not patch.body.isascii())
    return [line[1:] for body in bodies for line in body.split("\n") if line.startswith("+")]


def _describe_merge(given: Given, reviewed: Reviewed) -> str:
    conflict = reviewed.now.branch.conflict
    base = code_span(given.base)
    if conflict is None or conflict.clean is None:
        return f"whether it merges into {base} is not known"
    return f"it merges cleanly into {base}" if conflict.clean else f"**it conflicts with {base}**"


def compose_yardstick(given: Given) -> Part:
    """The brief: what was asked for, and what not."""
    part = task.compose_brief(given, "The yardstick: the brief")
    return Part(
        title=part.title,
        words=f"{task.describe_brief_trust(given)} {fill_text('review-yardstick')}",
        pieces=part.pieces,
        command=part.command,
        rank=0,
        share=25,
    )


def compose_findings(now: Now) -> Part:
    """What the rules find."""
    title = "What the rules find"
    command = f"agentledger check --branch {shell.format_ref(now.branch.ref) or now.branch.head}"
    if not now.findings:
        return Part(title=title, words="Nothing, at the gate `ready`.", command=command)
    text = findings_text.render_findings(Report(Gate.READY, now.branch.name, now.findings))
    intro = "Found by agentledger at the gate `ready`; names and messages in it come from the branch."
    return Part(
        title=title,
        words=intro,
        pieces=(Piece(what="the findings", text=quote_text(text), command=command),),
        command=command,
        rank=0,
        share=12,
    )


def compose_evidence(given: Given, now: Now) -> Part:
    """Which checks were run, and how far their results can be trusted."""
    intro = (
        f"{evidence.describe_checks(now.standing.checks)}\n\nWhat only the branch says, an agent can have "
        "typed: run what matters yourself."
    )
    pieces = evidence.quote_output_tails(now.standing.checks, given.folder)
    head = now.branch.head[:12]
    pieces = tuple(
        Piece(
            what=p.what,
            text=p.text,
            command=p.command.replace("git show HEAD:", f"git show {head}:"),
            label=p.label,
            keep=p.keep,
            most=p.most,
        )
        for p in pieces
    )
    return Part(title="Evidence", words=intro, pieces=pieces, command="agentledger verify --rerun", share=12)


def compose_last_review(now: Now) -> list[Part]:
    """The newest review: the next one says which of its findings are settled."""
    if not now.work.reviews:
        return []
    newest = now.work.reviews[0]
    name = "review-last" if not is_further_round(now.work.reviews) else "review-before"
    intro = fill_text(
        name,
        reviewer=code_span(newest.reviewer),
        verdict=code_span(newest.verdict),
        head=newest.head[:12],
        at=format_rfc3339(newest.at),
    )
    return [
        Part(
            title="The review before this one",
            words=intro,
            pieces=(Piece(what="that review", text=quote_text(newest.document.text)),),
            share=8,
        )
    ]


def compose_packet(given: Given, now: Now) -> Part:
    """What the implementer says of its own work."""
    title = "The implementer's claims: the packet"
    packet = now.work.packet
    if packet is None:
        return Part(title=title, words="There is none.")
    fresh = {
        Fresh.SAME: "It speaks of the code as it is.",
        Fresh.REWRITTEN: "Its commit was rewritten since, and the change is the same.",
        Fresh.OTHER: "**It speaks of other code than the branch has now.**",
        Fresh.UNKNOWN: "**It names no commit that is known here.**",
        Fresh.EDITED: "**It was edited, or written for another commit.**",
    }[now.standing.packet_fresh or Fresh.UNKNOWN]
    command = f"git show {now.branch.head[:12]}:{given.folder}/packet.md"
    intro = f"{fresh} None of it is shown by being said: hold each claim against the diff and the evidence."
    against = "\n".join(map(describe_contradiction, find_contradictions(now.branch, given.fleet.policy)))
    found = (
        [Piece(what="claims that git contradicts", text=quote_text(against), command=command)]
        if against
        else []
    )
    return Part(
        title=title,
        words=intro,
        pieces=(*found, Piece(what="the packet", text=quote_text(packet.document.text), command=command)),
        command=command,
        share=15,
    )


def compose_form(given: Given, reviewed: Reviewed) -> Part:
    """The form, with what is known filled in."""
    path = f"{ledger_paths.control_folder(given.task.id)}/reviews/{_compact_timestamp(given.fleet.now)}.md"
    intro = (
        fill_text("review-form-file", file=code_span(reviewed.answer_file))
        if reviewed.answer_file
        else fill_text(
            "review-form", control=code_span(given.fleet.policy.control_branch), path=code_span(path)
        )
    )
    text = quote_text(_fill_form(reviewed.form, given, reviewed))
    pieces = (Piece(what="the form", text=text, command="agentledger schema review"),)
    return Part(title="What to hand back", words=intro, pieces=pieces, rank=0, share=100)


def _fill_form(form: str, given: Given, reviewed: Reviewed) -> str:
    """The form with what is known already filled into its front matter."""
    values = {
        "at": format_rfc3339(given.fleet.now),
        "branch": json.dumps(reviewed.now.branch.name, ensure_ascii=False),
        "head": reviewed.now.branch.head,
        "kind": "agent",
    }
    lines = form.splitlines()
    end = next((at for at, line in enumerate(lines) if at and line == "---"), 0)
    for at, line in enumerate(lines[:end]):
        key = line.partition(":")[0]
        lines[at] = f"{key}: {values[key]}" if key in values else line
    return "\n".join(lines)


def _compact_timestamp(now: int) -> str:
    return re.sub("[-:]", "", format_rfc3339(now))
