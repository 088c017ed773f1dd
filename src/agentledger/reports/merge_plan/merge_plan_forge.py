"""A merge plan as commands of a forge's own program: a text for a shell, one command a step.

Belongs here: these commands, and comments on what has to be done before one. Does not: the plan.

Each command names the commit that was tried, so that the forge refuses a branch that has moved since. The two
programs are `gh pr merge` (cli.github.com/manual) and `glab mr merge` (docs.gitlab.com/cli).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from agentledger.model.fleet import Branch, Fleet, Sync
from agentledger.model.merge_plan import Left, MergePlan, Step, Via
from agentledger.model.text import HIDDEN, escape_hidden
from agentledger.reports.merge_plan.merge_plan_text import describe_plan, describe_where

FORGES = ("gh", "glab")
# A forge's own refs of pull and merge requests, which go by their number.
_REQUEST = {
    "gh": re.compile(r"refs/(?:.*/)?pull/([0-9]+)/head"),
    "glab": re.compile(r"refs/(?:.*/)?merge-requests/([0-9]+)/head"),
}
_LANDINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gh": {"merge": ("--merge",), "squash": ("--squash",), "rebase": ("--rebase",)},
    "glab": {"merge": (), "squash": ("--squash",), "rebase": ("--rebase",)},
}
# glab would else ask, and wait for a pipeline while the next step is begun.
_NOW: Mapping[str, tuple[str, ...]] = {"gh": (), "glab": ("--auto-merge=false", "--yes")}
# What lands so is in base as commits that no branch has.
_REWRITING = ("squash", "rebase")
_KINDS = {"gh": "github", "glab": "gitlab"}


def render_forge_commands(plan: MergePlan, fleet: Fleet, forge: str) -> str:
    """The commands for `gh` or `glab`, with a newline at the end."""
    branches = {branch.ref: branch for branch in fleet.branches}
    lines = [f"# {describe_plan(plan, fleet)}"]
    if note := find_other_forge(fleet, forge):
        lines.append(f"# {note}")
    for step in plan.steps:
        lines += ["", f"# {step.number}. {step.why}", *_render_step(step, branches[step.ref], fleet, forge)]
        if (below := _find_rewritten(step, plan, branches)) and fleet.policy.landing in _REWRITING:
            lines[-1:] = [
                f"# {_name(below, branches)} lands as other commits, so git may stop at its lines: agentledger board",
                "# then has the commands that bring in what landed",
                lines[-1],
            ]
    if plan.left:
        lines += [
            "",
            "# Left out:",
            *(f"# {_name(left.ref, branches)}: {_explain(left)}" for left in plan.left),
        ]
    return "\n".join(lines) + "\n"


def _find_rewritten(step: Step, plan: MergePlan, branches: Mapping[str, Branch]) -> str:
    """Return the last of the steps before this one whose commits its branch has, too; "" where there is none."""
    mine = {commit.id for commit in branches[step.ref].commits}
    before = (each.ref for each in reversed(plan.steps[: step.number - 1]))
    return next((ref for ref in before if any(c.id in mine for c in branches[ref].commits)), "")


def find_other_forge(fleet: Fleet, forge: str) -> str:
    """Return a sentence where the remote is at a forge that the program is not for; "" elsewhere."""
    others = (kind for kind in ("github", "gitlab", "gitea", "codeberg") if kind in (fleet.forge or ""))
    known = next(others, "")
    if not known or known == _KINDS[forge]:
        return ""
    return f"the remote is {escape_hidden(fleet.forge or '')}, and {forge} is for {_KINDS[forge]}"


def _render_step(step: Step, branch: Branch, fleet: Fleet, forge: str) -> Iterator[str]:
    words = _merge_words(step, branch, fleet, forge)
    if words is None:
        yield "# its name cannot be typed: merge it on the forge's page"
        return
    if branch.sync in (Sync.LOCAL, Sync.AHEAD, Sync.DIVERGED) and not _is_request(branch, forge):
        remote, parted = fleet.base.remote or "origin", branch.sync is Sync.DIVERGED
        force = ("--force-with-lease",) if parted else ()
        push = shlex.join(("git", "push", *force, remote, branch.name))
        if parted:
            # They were fetched, so the lease does not keep them.
            copy = (branch.remote_ref or f"{remote}/{branch.name}").removeprefix("refs/remotes/")
            theirs = shlex.join(("git", "log", f"{step.head[:10]}..{copy}"))
            yield f"# the remote has commits of it that are not here: {theirs}"
            yield f"# this takes them away there: {push}"
        else:
            yield f"# it is not on the remote as it is here: {push}"
    if branch.ref == f"refs/remotes/{branch.name}":
        # Its name there is no name at the forge: the request may come from somebody's fork.
        yield "# it is on another remote, so put the number of its request for the name:"
        yield f"# {shlex.join(words)}"
        return
    # With more brought into it, the branch is at another commit than the one that is named.
    yield f"# then: {shlex.join(words)}" if step.via in (Via.BASE, Via.BRIDGE) else shlex.join(words)


def _merge_words(step: Step, branch: Branch, fleet: Fleet, forge: str) -> tuple[str, ...] | None:
    request = _REQUEST[forge].fullmatch(branch.ref)
    name = request[1] if request else branch.name
    if HIDDEN.search(name):
        return None
    landing = (*_LANDINGS[forge].get(fleet.policy.landing, ()), *_NOW[forge])
    program = ("gh", "pr", "merge") if forge == "gh" else ("glab", "mr", "merge")
    flag = "--match-head-commit" if forge == "gh" else "--sha"
    head = () if step.via else (flag, step.head)
    # Only what looks like an option needs the two dashes.
    return (
        (*program, *landing, *head, "--", name) if name.startswith("-") else (*program, name, *landing, *head)
    )


def _explain(left: Left) -> str:
    return ", ".join(filter(None, (left.why, describe_where(left))))


def _is_request(branch: Branch, forge: str) -> bool:
    return bool(_REQUEST[forge].fullmatch(branch.ref))


def _name(ref: str, branches: Mapping[str, Branch]) -> str:
    return escape_hidden(branches[ref].name)
