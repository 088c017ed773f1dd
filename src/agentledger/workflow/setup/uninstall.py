"""Plans how to undo `agentledger init`: all that it has done, as far as nobody has changed it since.

Belongs here: the plan that undoes a manifest. Does not: how one hook, setting or block is undone (see
`hooks.native_hooks`, `hooks.worktree_hooks`, `hooks.pre_commit_hooks`, `git_settings`, `agents_md`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.text import escape_hidden
from agentledger.repository.hook_branches import FILE, FOLDER
from agentledger.workflow.setup import agents_md, manifest
from agentledger.workflow.setup.hooks import native_hooks, pre_commit_hooks, worktree_hooks
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan, combine_plans
from agentledger.workflow.setup.steps import Write, read_content


def plan_undo(git: Git, place: Place) -> Plan:
    """The steps that undo the set-up. What stays in the plan's manifest is still in use, and can be undone later."""
    done = manifest.read_manifest(place.common)
    settings = {path: each for path, each in done.files.items() if each.keys}
    plain = {path: each for path, each in done.files.items() if not each.keys}
    parts = [native_hooks.plan_hook_undo(path, each) for path, each in done.hooks.items()]
    parts.append(native_hooks.plan_links_undo(place.common / "hooks"))
    parts += [
        worktree_hooks.plan_worktree_undo(place, settings),
        worktree_hooks.plan_copies_undo(place, done),
    ]
    parts += [
        _plan_file_undo(git, path, each)
        for path, each in plain.items()
        if not worktree_hooks.is_managers(place, path)
    ]
    return combine_plans([*parts, _plan_manifest_undo(place.common)])


def _plan_file_undo(git: Git, path: Path, written: Written) -> Plan:
    """The steps for one file; a note where it was changed, or is in git and so is everybody's."""
    if path.name == agents_md.NAME:
        return _plan_agents_undo(git, path, written)
    if written.snippet:
        return pre_commit_hooks.plan_entry_undo(path, written)
    content = read_content(path)
    if content is None:
        return Plan()
    if hash_content(content) != written.hash:
        return Plan(notes=(f"{escape_hidden(str(path))} was changed since, and left alone",))
    if _is_tracked(git, path):
        return Plan(
            notes=(f"{escape_hidden(str(path))} is in git, and stays; git rm removes it for everybody",)
        )
    return Plan((Write(path, content, None),))


def _plan_agents_undo(git: Git, path: Path, written: Written) -> Plan:
    """The steps for AGENTS.md; a note where the block is committed."""
    part = agents_md.plan_block_undo(path, written)
    committed = agents_md.read_committed(git, "HEAD") or b""
    if not part.steps or agents_md.classify_block(committed) is agents_md.State.MISSING:
        return part
    note = f"the block is committed in {agents_md.NAME}: commit that it is gone, and it is for everybody"
    return part._replace(notes=(note,))


def _is_tracked(git: Git, path: Path) -> bool:
    """Does git track this file?"""
    folder_git = Git(path.parent, git.env)
    return bool(process.run_unchecked(folder_git, ["ls-files", "-z", "--", path.name])[0])


def _plan_manifest_undo(common: Path) -> Plan:
    """The steps that remove the hooks' list of branches and the manifest, whatever is in them now."""
    files = [common / FOLDER / FILE, manifest.manifest_path(common)]
    return Plan(tuple(Write(path, now, None) for path in files if (now := read_content(path)) is not None))


def remove_empty_folders(folders: Iterable[Path]) -> None:
    """Remove the folders that init made and that are empty now, the innermost first."""
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def remaining_manifest(plan: Plan, done: Manifest) -> Manifest:
    """The manifest to keep: the record of what could not be undone yet, so that it can be later."""
    return Manifest(plan.done.files, plan.done.hooks, done.folders if plan.done else ())
