"""`agentledger init` sets a repository up for briefs and boundaries, and undoes that.

Belongs here: which parts there are, in which order, and recording them. Does not: each part (see
`hooks.native_hooks`, `hooks.worktree_hooks`, `hooks.pre_commit_hooks`, `agents_md`, `init_template`), taking
steps (see `steps`), describing the result (see `init_result`), or asking (see `cli.init_asking`).

Nothing is committed, and nobody else's file is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from agentledger.control import append
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import RefError
from agentledger.model.fleet import Base, Fleet
from agentledger.model.ledger_paths import ATTRIBUTES_FILE, POLICY_FILE
from agentledger.model.policy import Policy
from agentledger.model.text import decode
from agentledger.model.work import Task
from agentledger.repository import (
    forge,
    hook_branches,
    hook_files,
    listing,
    live_hooks,
    ref_clashes,
    worktree_task,
)
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import observe_repository
from agentledger.repository.worktrees import directory_of
from agentledger.storage import resources
from agentledger.workflow.session.manager_context import refuse_unknown
from agentledger.workflow.setup import agents_md as setup_agents_md
from agentledger.workflow.setup import git_settings, init_template, instruction_files, steps, uninstall
from agentledger.workflow.setup import manifest as setup_manifest
from agentledger.workflow.setup.hooks import native_hooks, pre_commit_hooks, worktree_hooks
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan, combine_plans
from agentledger.workflow.setup.steps import Write, read_content

# Ways to start the gates: git's own hooks, the pre-commit framework, both, or none.
WAYS = ("native", "pre-commit", "both", "none")
# By path in the repository, the template's file.
_FILES = {POLICY_FILE: "config.toml", ATTRIBUTES_FILE: "gitattributes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The repository that is set up."""

    git: Git
    place: Place
    #: None before the first commit.
    base: Base | None
    #: The policy on base, or the defaults.
    policy: Policy
    tasks: tuple[Task, ...]
    #: The kind of forge, such as github; None where none is known.
    forge: str | None = None
    #: The branches in worktrees that clients have made.
    client_branches: tuple[str, ...] = ()
    #: The tasks that are not over, by the branch that works on each.
    tasks_by_branch: Mapping[str, str] = field(default_factory=dict)
    #: Branches that agents' branches or the control branch cannot be made beside, each with a way out.
    clashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetupChoices:
    """What to set up: hooks in one of the `WAYS`, the block in AGENTS.md, the pull-request template.

    `pr_template` None means only where the forge is known, since the template's path depends on it.
    """

    way: str = "native"
    agents_md: bool = True
    pr_template: bool | None = None

    def template(self, forge: str | None) -> bool:
        """Is the template wanted for this kind of forge, None for an unknown one?"""
        return forge is not None if self.pr_template is None else self.pr_template


def inspect_repository(start: Path) -> Repository:
    """The repository around `start`. Raises LedgerError where there is none, and in an agent's worktree."""
    git = process.repository_at(start)
    place = queries.locate_repository(git)
    try:
        observed = observe_repository(start, None, ())
        with snapshot.open_snapshot(
            start, Request(forecast=False, lines=False, rules=False, fetch=True)
        ) as taken:
            refuse_unknown(taken)
            fleet = taken.fleet
    except RefError:  # no base before the first commit: the defaults are used until there is one
        return Repository(git=git, place=place, base=None, policy=Policy(), tasks=())
    append.refuse_in_agent_worktree(observed, fleet)
    kind = forge.forge_kind(fleet.forge) if fleet.forge else None
    return Repository(
        git=git,
        place=place,
        base=fleet.base,
        policy=fleet.policy,
        tasks=fleet.tasks,
        forge=kind,
        client_branches=tuple(listing.list_client_branches(observed)),
        tasks_by_branch=_find_tasks_by_branch(fleet),
        clashes=tuple(
            f"{clash.text}: {clash.fix}"
            for clash in ref_clashes.find_clashes(observed.refs, fleet.policy.control_branch)
        ),
    )


def _find_tasks_by_branch(fleet: Fleet) -> dict[str, str]:
    """The tasks with a brief that are not over, by the branch that works on each."""
    running = {task.id for task in fleet.tasks if task.brief and not task.is_over}
    return {b.name: b.work.task for b in fleet.branches if b.work and b.work.task in running}


def plan_init(repository: Repository, choices: SetupChoices) -> Plan:
    """The steps that set the repository up; none where all is done already."""
    done = setup_manifest.read_manifest(repository.place.common)
    parts = [*_plan_policy_files(repository)]
    if choices.agents_md:
        parts.append(plan_agents_md(repository, done))
    if choices.template(repository.forge):
        parts.append(plan_pr_template(repository))
    if choices.way in ("native", "both"):
        parts += _plan_hooks(repository, done)
    if choices.way in ("pre-commit", "both"):
        parts.append(_plan_framework(repository))
    return _record_plan(repository, done, [*parts, Plan(notes=repository.clashes)])


def pin_hooks(repository: Repository) -> None:
    """Install git's own hooks alone, so that they run there whatever `core.hooksPath` the user has for all."""
    common = repository.place.common
    pin = git_settings.plan_settings(common / "config", [(live_hooks.SETTING, str(common / "hooks"))])
    # One after the other: both change the same file.
    apply_plan(repository.place, _record_plan(repository, setup_manifest.read_manifest(common), [pin]))
    done = setup_manifest.read_manifest(common)
    apply_plan(repository.place, _record_plan(repository, done, _plan_hooks(repository, done)))


def _record_plan(repository: Repository, done: Manifest, parts: Iterable[Plan]) -> Plan:
    """One plan of these parts, which begins with the manifest's record of them."""
    plan = combine_plans(parts)
    record = done.merge_later(plan.done).without_gone(repository.place.common)
    content = setup_manifest.render_manifest(repository.place.common, record)
    return plan._replace(steps=(*_manifest_steps(repository.place, content, bool(record)), *plan.steps))


def apply_plan(place: Place, plan: Plan) -> None:
    """Take the steps of a plan, and record the folders that were made for them.

    Raises LedgerError as `steps.apply_steps` does.
    """
    folders = steps.apply_steps(plan.steps)
    file = setup_manifest.manifest_path(place.common)
    if folders and file.exists():
        done = setup_manifest.read_manifest(place.common).merge_later(Manifest(folders=tuple(folders)))
        steps.apply_steps(
            [Write(file, read_content(file), setup_manifest.render_manifest(place.common, done))]
        )


def plan_uninstall(start: Path) -> tuple[Place, Plan]:
    """Where the repository around `start` is, and the steps that undo its set-up."""
    git = process.repository_at(start)
    place = queries.locate_repository(git)
    return place, uninstall.plan_undo(git, place)


def apply_undo(place: Place, plan: Plan) -> None:
    """Take the steps that undo a set-up. Raises LedgerError as `steps.apply_steps` does."""
    done = setup_manifest.read_manifest(place.common)
    steps.apply_steps(plan.steps)
    # The steps removed the manifest; what could not be undone yet is written again.
    remaining = uninstall.remaining_manifest(plan, done)
    if remaining:
        file = setup_manifest.manifest_path(place.common)
        steps.apply_steps([Write(file, None, setup_manifest.render_manifest(place.common, remaining))])
    aside = hook_files.aside_path(place.common / "hooks/_").parent
    uninstall.remove_empty_folders((*done.folders, aside))


def _manifest_steps(place: Place, manifest: bytes, is_needed: bool) -> Iterable[Write]:
    """The step that writes the manifest: the first one, so that whatever is done can be undone after a kill."""
    file = setup_manifest.manifest_path(place.common)
    before = read_content(file)
    if is_needed and before != manifest:
        yield Write(file, before, manifest)


# -- the parts ---------------------------------------------------------------------------


def _plan_policy_files(repository: Repository) -> Iterable[Plan]:
    """The policy and its .gitattributes, where neither the work tree nor base has them."""
    if repository.place.top is None:
        yield Plan(
            notes=(f"there is no work tree here: run init in one of base to have {POLICY_FILE} written",)
        )
        return
    folder = resources.resource_folder("templates") / "init"
    for path, name in _FILES.items():
        file = repository.place.top / path
        # lexists: a broken link is somebody's file, too.
        if not os.path.lexists(file) and not _is_on_base(repository, path):
            text = (folder / name).read_bytes()
            yield Plan((Write(file, None, text),), Manifest({file: Written(hash_content(text), True)}))


def _is_on_base(repository: Repository, path: str) -> bool:
    """Does base have this file?"""
    if repository.base is None:
        return False
    arguments = ["ls-tree", "--full-tree", "--name-only", repository.base.head, "--", path]
    return bool(process.run(repository.git, ["--literal-pathspecs", *arguments]))


def plan_agents_md(repository: Repository, done: Manifest | None = None) -> Plan:
    """The part for AGENTS.md; `done` is what earlier runs did, None for nothing."""
    top = repository.place.top
    if top is None:
        return Plan()
    base = setup_agents_md.read_committed(repository.git, repository.base.head) if repository.base else None
    checked_out = setup_agents_md.read_committed(repository.git, "HEAD")
    part = setup_agents_md.plan_block(top, base if base != checked_out else None, done or Manifest())
    is_ignored = (
        process.run_or_none(repository.git, ["check-ignore", "-q", "--", str(top / setup_agents_md.NAME)])
        is not None
    )
    ignored_note = (f"{setup_agents_md.NAME} is ignored by git: agents in other worktrees will not have it",)
    readers = instruction_files.describe_readers(top) if part.steps or not part.notes else ()
    return part._replace(notes=(*part.notes, *(ignored_note if is_ignored else ()), *readers))


def plan_pr_template(repository: Repository) -> Plan:
    """The part for the pull-request template."""
    if repository.place.top is None:
        return Plan()
    base = repository.base.head if repository.base else None
    return init_template.plan_template(repository.git, repository.place.top, base, repository.forge)


def _plan_hooks(repository: Repository, done: Manifest) -> Iterable[Plan]:
    """The parts for git's own hooks: the list of branches that they check, and the hooks."""
    setting = worktree_hooks.read_shared_path(repository.git, repository.place)
    names = hook_branches.format_hook_branches(
        repository.policy, repository.tasks, repository.client_branches
    )
    file = repository.place.common / hook_branches.FOLDER / hook_branches.FILE
    before = read_content(file)
    if before != names:
        yield Plan((Write(file, before, names),))
    # With core.hooksPath set, git does not look in the shared hooks folder.
    if setting is None:
        yield native_hooks.plan_native_hooks(repository.place.common / "hooks", done)
    worktrees = _find_agent_worktrees(repository, names)
    # Without one, `spawn` writes these hooks for the first.
    if setting is not None or worktrees or (file.parent / worktree_hooks.FORWARD).exists():
        yield worktree_hooks.plan_worktree_hooks(
            repository.git, repository.place, setting, worktrees=worktrees, done=done
        )


def _find_agent_worktrees(repository: Repository, names: bytes) -> Mapping[Path, str]:
    """Agents' linked worktrees, each with the task that it is for, '' where that is not known.

    They were made for a task, or have an agent's branch checked out; `names` is the content of the hooks' list.
    """
    patterns = decode(names).split("\n")[:-1]
    running = set(repository.tasks_by_branch.values())
    worktrees: dict[Path, str] = {}
    # The first worktree is the main one.
    for checkout in queries.read_worktrees(repository.git)[1:]:
        branch = checkout.branch.removeprefix(HEADS)
        made_for = worktree_task.read_made_for(directory_of(checkout.path))
        task = made_for if made_for in running else repository.tasks_by_branch.get(branch, "")
        is_agents = made_for or any(fnmatchcase(branch, pattern) for pattern in patterns)
        if is_agents and not checkout.prunable:
            worktrees[checkout.path] = task
    return worktrees


def _plan_framework(repository: Repository) -> Plan:
    """The part for the pre-commit framework."""
    if repository.place.top is None:
        return Plan(notes=(f"there is no work tree here, so no {pre_commit_hooks.NAME}",))
    return pre_commit_hooks.plan_entry(repository.place.top)
