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
from agentledger.model import ledger_paths, shell
from agentledger.model.findings import Gate, Report
from agentledger.model.fleet import FilePatch
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
    diff = prompt_diff.compose_diff(files, reviewed.patches, now.branch, given.fleet.base)
    parts = [
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
    intro = fill_text(
        "review-last",
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
    control = given.fleet.policy.control_branch
    intro = fill_text(
        "review-form",
        control=code_span(control),
        path=code_span(
            ledger_paths.control_folder(given.task.id)
            + "/reviews/"
            + _compact_timestamp(given.fleet.now)
            + ".md"
        ),
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
