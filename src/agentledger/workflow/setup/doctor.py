"""`agentledger doctor` shows which gates are on in this clone and worktree, by trying them.

Belongs here: each surface, its state, the command that fixes it. Does not: the repository in which a gate is tried
(see `doctor_trial`), or printing (see `cli.doctor`).

A hook of somebody else's that does not start ours is not run: it would not know the repository of the trial.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from agentledger.fleet import fleet_facts, snapshot
from agentledger.fleet.request import Request
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import RefError
from agentledger.model.fleet import Branch, HooksOff
from agentledger.model.policy import Policy
from agentledger.model.text import decode, escape_hidden
from agentledger.repository import hook_files, live_hooks, ref_clashes
from agentledger.repository.bases import HEADS, REMOTES, Refs
from agentledger.running.lost_exit_code import find_lost_exit_code
from agentledger.storage import own_command
from agentledger.workflow.setup import agents_md, doctor_trial
from agentledger.workflow.setup.doctor_trial import RULE, Trial, TrialResult
from agentledger.workflow.setup.hooks import pre_commit_hooks, worktree_hooks

# Where CI systems keep what they run.
WORKFLOWS = (
    ".github/workflows/*.y*ml",
    ".gitlab-ci.yml",
    ".forgejo/workflows/*.y*ml",
    ".gitea/workflows/*.y*ml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "Jenkinsfile",
)


class State(StrEnum):
    """Whether a surface stops anything. On the agent's own machine nothing is more than advice."""

    ON = "on, as advice"
    OFF = "off"
    UNKNOWN = "not known"


class Surface(NamedTuple):
    """A place where rules can stop something. `told` explains its state; `next` is what to do, '' for nothing."""

    name: str
    state: State
    told: str
    next: str = ""


def examine_surfaces(start: Path) -> tuple[Surface, ...]:
    """Every surface of the repository around `start`. Raises LedgerError where there is no repository."""
    git = process.repository_at(start)
    place = queries.locate_repository(git)
    policy, base, doubts, off = _read_base(start)
    with doctor_trial.open_trial() as trial:
        return (
            *_examine_hooks(git, place, trial),
            *(_examine_worktree(git, place, *each) for each in off),
            *_examine_configured(git),
            *(_examine_base(doubt) for doubt in doubts),
            *_examine_names(start, policy),
            _examine_framework(place, trial),
            *_examine_path(),
            _examine_ci(place),
            _examine_instructions(git, place, base),
            _examine_enforcement(policy),
            _examine_control(policy),
            *_examine_checks(policy),
        )


def _read_base(
    start: Path,
) -> tuple[Policy, str | None, tuple[str, ...], tuple[tuple[Branch, HooksOff], ...]]:
    """What doctor needs of the fleet; the defaults before the first commit.

    It is the policy on base, base's commit, why it may be the wrong one, and the branches in whose worktrees no hook
    of ours would run.
    """
    request = Request(forecast=False, lines=False, rules=False)
    try:
        with snapshot.open_snapshot(start, request) as taken:
            fleet = taken.fleet
            briefs = {task.id: task.brief for task in fleet.tasks}
            pairs = [
                (b, fleet_facts.find_hooks_off(b, briefs.get(b.work.task) if b.work else None))
                for b in fleet.branches
            ]
            off = tuple((branch, each) for branch, each in pairs if each is not None)
            return fleet.policy, fleet.base.head, fleet.base.doubts, off
    except RefError:
        return Policy(), None, (), ()


# -- git's own hooks ---------------------------------------------------------------------


def _examine_hooks(git: Git, place: Place, trial: Trial) -> Iterator[Surface]:
    """Each of git's own hooks that ours are."""
    folder = _hooks_folder(git, place)
    tries = (trial.commit, trial.merge, trial.push)
    for name, attempt in zip(hook_files.NAMES, tries, strict=True):
        yield _examine_hook(git, place, folder / name, attempt)


def _examine_worktree(git: Git, place: Place, branch: Branch, off: HooksOff) -> Surface:
    """An agent's worktree in which no hook of ours would run; others are not listed."""
    name = f"hooks where {escape_hidden(branch.name)} is checked out"
    return Surface(name, State.OFF, off.reason, f"{_cd_to_main_worktree(git, place)}{off.command}")


def _hooks_folder(git: Git, place: Place) -> Path:
    """Where git looks for hooks in this worktree."""
    # core.hooksPath can be relative, and is then taken from the folder in which hooks run.
    top = replace(git, cwd=place.top or place.directory)
    path = decode(process.run(top, ["rev-parse", "--git-path", "hooks"])).rstrip("\n")
    return top.cwd / Path(path).expanduser()


def _examine_hook(git: Git, place: Place, hook: Path, attempt: Callable[[Path], TrialResult]) -> Surface:
    name = f"native {hook.name}"
    next_step = f"{_cd_to_main_worktree(git, place)}agentledger init"
    if not (
        hook_files.has_running_shim(hook)
        or any(hook_files.has_marker(each, b"agentledger") for each in _hook_candidates(hook))
    ):
        reason = (
            f"git finds {live_hooks.describe_maker(hook)} there" if hook.exists() else "git finds no hook"
        )
        setting = worktree_hooks.read_own_path(git) or worktree_hooks.read_shared_path(git, place)
        detail = f"{reason}: {escape_hidden(str(hook))}" + (
            f" (core.hooksPath is {escape_hidden(setting)})" if setting else ""
        )
        return Surface(name, State.OFF, detail, next_step)
    result = attempt(hook.parent)
    if result.refused and RULE in result.error_output:
        return Surface(name, State.ON, f"what a brief does not allow was refused; {escape_hidden(str(hook))}")
    return Surface(name, State.OFF, _describe_trial(result), next_step)


def _examine_configured(git: Git) -> Iterator[Surface]:
    """The hooks that git's settings name for our events, whoever wrote them: they run beside ours."""
    hooks = worktree_hooks.read_configured_hooks(git)
    if not hooks:
        return
    hook_list = ", ".join(f"{escape_hidden(name)} at {event}" for name, event in hooks)
    is_older = queries.read_version(git) < worktree_hooks.CONFIGURED
    note = "this git knows none of them, one from 2.54 on runs them" if is_older else "they run before ours"
    yield Surface("configured hooks", State.UNKNOWN, f"{hook_list}; {note}, and ours runs whatever they say")


def _hook_candidates(hook: Path) -> tuple[Path, ...]:
    """A hook, and the file that husky's hook of this name starts: it is a folder above husky's own."""
    return hook, hook.parent.parent / hook.name


def _describe_trial(result: TrialResult) -> str:
    """Why a trial was not refused by us, with the first line of what git printed instead."""
    lines = [escape_hidden(line) for line in result.error_output.splitlines() if line.strip()]
    text = "it was refused, but not by agentledger" if result.refused else "what no brief allows went through"
    return f"{text}: {lines[0]}" if lines else text


def _cd_to_main_worktree(git: Git, place: Place) -> str:
    """The beginning of a command that goes to the main worktree, where a manager's commands run; '' if there."""
    if place.directory == place.common:
        return ""
    return f"cd {shlex.quote(escape_hidden(str(queries.read_worktrees(git)[0].path)))} && "


# -- the pre-commit framework ------------------------------------------------------------


def _examine_framework(place: Place, trial: Trial) -> Surface:
    """The pre-commit framework, tried with our hook alone, so that no other one answers."""
    name, script = "pre-commit framework", place.common / "hooks" / "pre-commit"
    config = pre_commit_hooks.find_config(place.top or place.directory)
    install = pre_commit_hooks.install_command(config)
    reduced = _reduce_config(config)
    if reduced is None:
        detail = f"no hook `agentledger` in {config.name}"
        return Surface(name, State.OFF, detail, "agentledger init --hooks both, if you want it there too")
    if hook_files.name_maker(script) not in hook_files.FRAMEWORKS:
        return Surface(name, State.OFF, f"{install.split()[0]} is not installed in this clone", install)
    hooks_folder = trial.folder.parent / "hooks"
    hooks_folder.mkdir()
    copy = hooks_folder / "pre-commit"  # in a folder of its own, or a hook of ours beside it would answer
    copy.write_bytes(script.read_bytes())
    copy.chmod(0o755)
    (trial.folder / pre_commit_hooks.NAME).write_text(json.dumps(reduced))
    result = trial.commit(hooks_folder)
    if result.refused and RULE in result.error_output:
        return Surface(name, State.ON, "what a brief does not allow was refused")
    return Surface(name, State.OFF, _describe_trial(result), install)


def _reduce_config(file: Path) -> dict[str, Any] | None:
    """The framework's configuration with our hook alone; None where our hook is not in it."""
    config = pre_commit_hooks.parse_config(file)
    try:
        repos = [
            repo
            | {
                "hooks": [
                    _absolute_entry(hook, file.parent)
                    for hook in repo["hooks"]
                    if hook["id"] == "agentledger"
                ]
            }
            for repo in config["repos"]
        ]
    except (KeyError, TypeError):
        return None
    repos = [repo for repo in repos if repo["hooks"]]
    return {"repos": repos} if repos else None


def _absolute_entry(hook: dict[str, Any], top: Path) -> dict[str, Any]:
    """The hook, with an absolute path where its program is a file of the repository: the trial runs elsewhere."""
    program, _, arguments = str(hook.get("entry", "")).partition(" ")
    if "/" in program and (top / program).is_file():
        return hook | {"entry": f"{shlex.quote(str(top / program))} {arguments}".strip()}
    return hook


def _examine_base(doubt: str) -> Surface:
    """That the gates may judge by the wrong base, where something shows that."""
    detail, _, next_step = doubt.rpartition(": ")
    return Surface("base", State.UNKNOWN, detail, next_step)


def _examine_names(start: Path, policy: Policy) -> Iterator[Surface]:
    """Branches beside which git can make no branch for agents, or none for managers."""
    git = process.repository_at(start)
    refs = Refs(queries.read_refs(git, [HEADS, REMOTES]).refs, queries.read_config(git))
    for clash in ref_clashes.find_clashes(refs, policy.control_branch):
        yield Surface("branch names", State.OFF, clash.text, clash.fix)


# -- what cannot be tried here -----------------------------------------------------------


def _examine_path() -> Iterator[Surface]:
    """That agents may not find the program by its name, where this shell does not."""
    program = own_command.find_off_path()
    if program is None:
        return
    detail = f"not on this shell's PATH; it is {escape_hidden(str(program))}; an agent's PATH may be another"
    yield Surface("the command agentledger", State.OFF, detail, own_command.format_export(program))


def _examine_ci(place: Place) -> Surface:
    """CI: whether a workflow here runs `agentledger check`."""
    name = "CI"
    files = [file for glob in WORKFLOWS for file in sorted(place.top.glob(glob))] if place.top else []
    checking = [file for file in files if hook_files.has_marker(file, b"agentledger check")]
    if not checking or not place.top:
        next_step = "let CI run: agentledger check --range origin/BASE..HEAD, and require it"
        return Surface(name, State.OFF, "no workflow here runs agentledger check", next_step)
    path = escape_hidden(checking[0].relative_to(place.top).as_posix())
    return Surface(name, State.UNKNOWN, f"{path} runs it; whether it is required, your forge knows")


def _examine_instructions(git: Git, place: Place, base: str | None) -> Surface:
    """The block that tells agents what to do; it counts on base, from which agents' branches begin."""
    name = f"instructions in {agents_md.NAME}"
    state = agents_md.classify_block((agents_md.read_committed(git, base) if base else None) or b"")
    texts = {
        agents_md.State.CURRENT: "base has the block of this version",
        agents_md.State.EDITED: "the block on base was edited by hand; what it says now is not looked at",
        agents_md.State.OUTDATED: "the block on base is of another version",
        agents_md.State.BROKEN: "the markers of the block on base are no pair",
        agents_md.State.MISSING: "base has no block of agentledger's in it",
    }
    if state in (agents_md.State.CURRENT, agents_md.State.EDITED):
        return Surface(name, State.ON, texts[state])
    return Surface(name, State.OFF, texts[state], f"{_cd_to_main_worktree(git, place)}agentledger init")


def _examine_enforcement(policy: Policy) -> Surface:
    """Whether policy lets the gates stop anything at all."""
    if not policy.readable:
        problem = policy.problems[0]
        return Surface("policy", State.UNKNOWN, problem.message, problem.hint)
    if policy.enforce:
        return Surface("policy", State.ON, "what a gate finds stops")
    detail = "enforce = false on base: whatever a gate finds, nothing is stopped"
    return Surface("policy", State.OFF, detail, "set enforce = true in .agentledger/config.toml, on base")


def _examine_checks(policy: Policy) -> Iterator[Surface]:
    """The checks of policy that pass whatever their programs say."""
    for each in policy.checks:
        if lost := find_lost_exit_code(each.check.run):
            detail = f"it {lost.why}"
            name = f"policy check {escape_hidden(each.check.name)}"
            yield Surface(
                name, State.OFF, escape_hidden(detail), f"{lost.instead}: .agentledger/config.toml, on base"
            )


def _examine_control(policy: Policy) -> Surface:
    """Whether the control branch is protected from agents: by the forge, or by signatures."""
    if not policy.readable:
        return Surface("control branch", State.UNKNOWN, "the policy that names it cannot be read")
    name = f"control branch {escape_hidden(policy.control_branch)}"
    if policy.control_guarded:
        return Surface(
            name, State.UNKNOWN, "policy says that the forge guards it, which cannot be tried here"
        )
    if policy.control_signers:
        detail = (
            f"what is signed by one of {escape_hidden(policy.control_signers)} is proven, all else is not"
        )
        return Surface(name, State.ON, detail)
    detail = "anybody who can push can write it, agents too"
    return Surface(
        name, State.OFF, detail, "protect it on the forge, then set [control] guarded = true on base"
    )
