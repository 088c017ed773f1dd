"""Composes the prompt for an agent on somebody else's machine: a task's brief, and how to report from there.

Belongs here: what is different for Copilot's coding agent, Codex in the cloud and Jules, and what whoever hands
the text over has to do. Does not: the chapters that are the same everywhere (see `task` and `conversation`).

What each platform does is theirs to change; docs/prompt.md says how sure each statement is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentledger.reports.prompt import conversation, task
from agentledger.reports.prompt.assemble import Part
from agentledger.reports.prompt.given import Given
from agentledger.reports.prompt.quote import code_span
from agentledger.reports.prompt.texts import fill_text


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: its name, the start of its branches' names, how a text gets there, how agentledger does."""

    name: str
    branches: str
    hand_over: str
    install: str


PLATFORMS: Mapping[str, Platform] = {
    "copilot": Platform(
        "Copilot",
        "copilot/",
        "as the text of an issue that is assigned to Copilot, or with GitHub's own command line: "
        "agentledger prompt {task} --for copilot | gh agent-task create -F -",
        "a step in .github/workflows/copilot-setup-steps.yml",
    ),
    "codex": Platform(
        "Codex",
        "codex/",
        "as the text of a task on Codex's own page, in an environment of this repository",
        "the environment's setup script, since the agent itself has no network unless you give it one",
    ),
    "jules": Platform(
        "Jules",
        "jules/",
        "as the text of a session on Jules's own page, starting from the base branch",
        "the repository's setup script on Jules's page",
    ),
}


def compose_cloud_parts(given: Given) -> list[Part]:
    """The parts of the prompt, in reading order."""
    parts = [
        _compose_plan(given),
        task.compose_brief(given),
        task.compose_boundary(given),
        task.compose_checks(given),
    ]
    parts += [
        *task.compose_guidance(given),
        _compose_reporting(given),
        _compose_finishing(),
        *conversation.compose_giving_up(given),
    ]
    return [*parts, conversation.compose_by_hand(given)]


def _compose_plan(given: Given) -> Part:
    """An agent there cannot wait for an answer, so waiting is ending its session."""
    part = task.compose_checkpoints(given)
    if not given.brief.checkpoints:
        return part
    return Part(title=part.title, words=f"{part.words}\n\n{fill_text('cloud-plan')}", rank=part.rank)


def _compose_reporting(given: Given) -> Part:
    return Part(
        title="Checking in from here",
        words=fill_text("cloud-check-in", status=code_span(given.folder + "/status/")),
    )


def _compose_finishing() -> Part:
    return Part(
        title="Finishing",
        words=fill_text("cloud-finishing"),
    )


def describe_hand_over(given: Given, kind: str) -> tuple[str, ...]:
    """What the manager has left to do, a sentence each."""
    platform, brief = PLATFORMS[kind], given.brief
    notes = [f"hand it to {platform.name} {platform.hand_over.format(task=given.task.id)}"]
    if not (brief.branch or "").startswith(platform.branches):
        notes.append(
            f"{platform.name} names its branch itself ({platform.branches}…): it counts as work on "
            f"{given.task.id} from its first file in the task's folder; to tie it to the task before "
            f"that, write the name as `branch:` into the brief: agentledger plan {given.task.id}"
        )
    if brief.session != "cloud":
        notes.append(
            f"the brief says `session: {brief.session}`, so a check-in is expected every "
            f"{conversation.format_duration(brief.check_in)}; with `session: cloud` it is judged when it has pushed"
        )
    notes.append(
        f"to have agentledger there, install it in {platform.install}; without it, files are written by hand"
    )
    notes.append(
        "fetch when it has pushed: agentledger reads what is in this clone, and fetches nothing by itself"
    )
    return tuple(notes)
