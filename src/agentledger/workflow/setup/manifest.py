"""The manifest: a record of what `agentledger init` has done to a repository, so that exactly that can be undone.

Belongs here: its values, its file, and merging the records of several runs. Does not: undoing (see `uninstall`).

It is in the git directory that all worktrees share; its paths are relative to that, so that a repository can be
moved. A file that somebody has changed since is never overwritten: its hash shows that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.repository.hook_branches import FOLDER

VERSION = 1  # of the file's format


class Key(NamedTuple):
    """A git setting in a file: `value` as init set it, `former` as it was before; None means not set."""

    name: str
    value: str | None
    former: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A file that init made (`new`), or changed.

    `hash` is of the content that init left, `former` the content before, None where that is not known. `keys`
    and `snippet` are what was put in: for undoing it where somebody else has changed the file since.
    """

    hash: str
    new: bool
    former: bytes | None = None
    keys: tuple[Key, ...] = ()
    snippet: str = ""

    def untouched(self, content: bytes) -> bool:
        """Is this content the one that init left, and is the content before it known?"""
        return hash_content(content) == self.hash and (self.new or self.former is not None)


@dataclass(frozen=True, slots=True)
class Hooked:
    """A hook of ours: the hash of its content, and whether a `former` hook was put aside for it."""

    hash: str
    former: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that init did, by path; `folders` are those that it made, the outermost first."""

    files: Mapping[Path, Written] = field(default_factory=dict)
    hooks: Mapping[Path, Hooked] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        """Has anything been done?"""
        return bool(self.files or self.hooks)

    def merge_later(self, later: Manifest) -> Manifest:
        """The record of both runs: what was there before the first is what undoing brings back."""
        files = dict(self.files)
        for path, now in later.files.items():
            files[path] = _merge_written(files[path], now) if path in files else now
        hooks = dict(self.hooks)
        for path, each in later.hooks.items():
            hooks[path] = replace(each, former=each.former or (path in hooks and hooks[path].former))
        return Manifest(files, hooks, tuple(dict.fromkeys(self.folders + later.folders)))

    def without_gone(self, common: Path) -> Manifest:
        """The record without the settings of worktrees that are gone: each took its own with it."""
        worktrees = common / "worktrees"
        files = {
            path: each
            for path, each in self.files.items()
            if path.parent.parent != worktrees or path.parent.exists()
        }
        return replace(self, files=files)


def _merge_written(first: Written, now: Written) -> Written:
    """The record of a file that two runs have written."""
    # Did the second run find what the first had left? Else the content in between is somebody's, and the former
    # bytes must not come back over it.
    untouched = now.former is not None and hash_content(now.former) == first.hash
    first_names = {key.name for key in first.keys}
    keys = (*first.keys, *(key for key in now.keys if key.name not in first_names))
    former = first.former if untouched else None
    return Written(now.hash, first.new and untouched, former, keys=keys, snippet=now.snippet or first.snippet)


def hash_content(raw: bytes | None) -> str:
    """The hash by which a content is recognised; '' for no file."""
    return "" if raw is None else hashlib.sha256(raw).hexdigest()


def manifest_path(common: Path) -> Path:
    """The manifest's file in the shared git directory."""
    return common / FOLDER / "manifest.json"


def read_manifest(common: Path) -> Manifest:
    """What init has done here, an empty manifest without a file. Raises LedgerError where it cannot be read."""
    file = manifest_path(common)
    if not file.exists():
        return Manifest()
    try:
        fields: dict[str, Any] = json.loads(file.read_bytes())
        return Manifest(
            {_absolute_path(common, path): _parse_written(each) for path, each in fields["files"].items()},
            {_absolute_path(common, path): Hooked(*each) for path, each in fields["hooks"].items()},
            tuple(_absolute_path(common, path) for path in fields["folders"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "put it back, or move the folder away and take out by hand what init added (docs/hooks.md)"
        raise LedgerError(f"{file} cannot be read: {error}", hint) from error


def render_manifest(common: Path, manifest: Manifest) -> bytes:
    """The content of the manifest's file."""
    fields = {
        "version": VERSION,
        "files": {
            _relative_path(common, path): _encode_written(each) for path, each in manifest.files.items()
        },
        "hooks": {_relative_path(common, path): [h.hash, h.former] for path, h in manifest.hooks.items()},
        "folders": [_relative_path(common, path) for path in manifest.folders],
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def _encode_written(each: Written) -> dict[str, Any]:
    """One file's record as JSON values; the former bytes in base64, since they can be any."""
    former = None if each.former is None else base64.b64encode(each.former).decode()
    return {
        "hash": each.hash,
        "new": each.new,
        "former": former,
        "keys": each.keys,
        "snippet": each.snippet,
    }


def _parse_written(fields: dict[str, Any]) -> Written:
    """One file's record, from its JSON values."""
    former = None if fields["former"] is None else base64.b64decode(fields["former"])
    keys = tuple(Key(*each) for each in fields["keys"])
    return Written(fields["hash"], fields["new"], former, keys=keys, snippet=fields["snippet"])


def _relative_path(common: Path, path: Path) -> str:
    return os.path.relpath(path, common)


def _absolute_path(common: Path, path: str) -> Path:
    return Path(os.path.normpath(common / path))
