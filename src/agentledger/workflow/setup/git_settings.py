"""Plans changes to settings in one of git's configuration files, and how to undo them, as steps.

Belongs here: the file's new content, which git itself writes, to a copy. Does not: which settings (see
`hooks.worktree_hooks`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agentledger.git import process
from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.model.text import decode, escape_hidden
from agentledger.workflow.setup.manifest import Key, Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Write, read_content

Setting = tuple[str, str | None]  # a name and its value; None: not set


def read_setting(file: Path, name: str) -> str | None:
    """The value of a setting in a file; None where the file or the setting is missing."""
    if not file.exists():
        return None
    out = process.run_or_none(_git_in_folder(file.parent), ["config", "--file", str(file), "--get", name])
    return None if out is None else decode(out).rstrip("\n")


def plan_settings(file: Path, settings: Sequence[Setting]) -> Plan:
    """The plan that gives a file these settings; an empty one where it has them."""
    keys = [Key(name, value, read_setting(file, name)) for name, value in settings]
    keys = [key for key in keys if key.value != key.former]
    if not keys:
        return Plan()
    before = read_content(file)
    after = _apply_settings(before, [(key.name, key.value) for key in keys])
    written = Written(hash_content(after), before is None, before, tuple(keys))
    return Plan((Write(file, before, after),), Manifest({file: written}))


def plan_settings_undo(file: Path, written: Written) -> Plan:
    """The plan that undoes it: the former bytes where nobody has changed the file since, else each setting.

    A setting that somebody has changed since is left alone, and a note says so.
    """
    content = read_content(file)
    if content is None:
        return Plan()
    if written.untouched(content):
        return Plan((Write(file, content, written.former),))
    former_settings: list[Setting] = []
    notes = []
    for key in written.keys:
        if read_setting(file, key.name) == key.value:
            former_settings.append((key.name, key.former))
        else:
            notes.append(f"{key.name} in {escape_hidden(str(file))} was changed since, and left alone")
    after = _apply_settings(content, former_settings) if former_settings else content
    becomes_empty = written.former is None and not after.strip()
    steps = () if after == content else (Write(file, content, None if becomes_empty else after),)
    return Plan(steps, notes=tuple(notes))


def _apply_settings(raw: bytes | None, settings: Sequence[Setting]) -> bytes:
    """The file's content with these settings, as git writes it: it keeps comments and everything else."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "config"
        copy.write_bytes(raw or b"")
        for name, value in settings:
            action = ["--unset-all", name] if value is None else ["--replace-all", name, value]
            process.run(_git_in_folder(Path(folder)), ["config", "--file", str(copy), *action])
        return copy.read_bytes()


def _git_in_folder(folder: Path) -> Git:
    """git in a folder that may be no repository; `git config --file` needs none."""
    return Git(folder, build_git_env(os.environ))
