"""The manifest: what `init` has done to a repository, so that just that can be taken back.

Belongs here: its values, its file, and what becomes of it when init runs again. Does not: taking back (see
`init_undo`).

It lies in the git directory that all worktrees share; its paths are relative to that, so that a repository
can be moved. A file that is no longer as it was left is never overwritten: its hash tells.
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

VERSION = 1


class Key(NamedTuple):
    """A setting of git's in a file. `value` is what init made of it, `former` what it was; None: not set."""

    name: str
    value: str | None
    former: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A file that init made (`new`), or changed.

    `hash` is of what it was left as, `former` what it held before, if that is known. `keys` and `snippet`
    are what was put in, for when somebody else has changed the file since.
    """

    hash: str
    new: bool
    former: bytes | None = None
    keys: tuple[Key, ...] = ()
    snippet: str = ""

    def untouched(self, now: bytes) -> bool:
        """Is a file of this content as it was left, and is it known what it held before?"""
        return hash_content(now) == self.hash and (self.new or self.former is not None)


@dataclass(frozen=True, slots=True)
class Hooked:
    """A hook of ours. `former`: a hook that was there before was put aside."""

    hash: str
    former: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that init did, by path."""

    files: Mapping[Path, Written] = field(default_factory=dict)
    hooks: Mapping[Path, Hooked] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        """Has anything been done?"""
        return bool(self.files or self.hooks)

    def merge_later(self, later: Manifest) -> Manifest:
        """This one after another run: what was there first stays what will be there again."""
        files = dict(self.files)
        for path, now in later.files.items():
            files[path] = _merge_written(files[path], now) if path in files else now
        hooks = dict(self.hooks)
        for path, each in later.hooks.items():
            hooks[path] = replace(each, former=each.former or (path in hooks and hooks[path].former))
        return Manifest(files, hooks, tuple(dict.fromkeys(self.folders + later.folders)))


def _merge_written(first: Written, now: Written) -> Written:
    untouched = now.former is not None and hash_content(now.former) == first.hash
    named = {key.name for key in first.keys}
    keys = (*first.keys, *(key for key in now.keys if key.name not in named))
    former = first.former if untouched else None
    return Written(now.hash, first.new and untouched, former, keys=keys, snippet=now.snippet or first.snippet)


def hash_content(raw: bytes | None) -> str:
    """The hash by which a file is known again; '' for none."""
    return "" if raw is None else hashlib.sha256(raw).hexdigest()


def manifest_path(common: Path) -> Path:
    """Where the manifest of a repository is."""
    return common / FOLDER / "manifest.json"


def read_manifest(common: Path) -> Manifest:
    """What was done here; nothing, where there is no manifest. LedgerError where it cannot be understood."""
    file = manifest_path(common)
    if not file.exists():
        return Manifest()
    try:
        said: dict[str, Any] = json.loads(file.read_bytes())
        return Manifest(
            {_absolute_path(common, path): _parse_written(each) for path, each in said["files"].items()},
            {_absolute_path(common, path): Hooked(*each) for path, each in said["hooks"].items()},
            tuple(_absolute_path(common, path) for path in said["folders"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "put it back, or move the folder away and take out by hand what init added (docs/hooks.md)"
        raise LedgerError(f"{file} cannot be read: {error}", hint) from error


def render_manifest(common: Path, manifest: Manifest) -> bytes:
    """The manifest as it is kept."""
    said = {
        "version": VERSION,
        "files": {
            _relative_path(common, path): _encode_written(each) for path, each in manifest.files.items()
        },
        "hooks": {_relative_path(common, path): [h.hash, h.former] for path, h in manifest.hooks.items()},
        "folders": [_relative_path(common, path) for path in manifest.folders],
    }
    return json.dumps(said, indent=1).encode() + b"\n"


def _encode_written(each: Written) -> dict[str, Any]:
    former = None if each.former is None else base64.b64encode(each.former).decode()
    return {
        "hash": each.hash,
        "new": each.new,
        "former": former,
        "keys": each.keys,
        "snippet": each.snippet,
    }


def _parse_written(said: dict[str, Any]) -> Written:
    former = None if said["former"] is None else base64.b64decode(said["former"])
    keys = tuple(Key(*each) for each in said["keys"])
    return Written(said["hash"], said["new"], former, keys=keys, snippet=said["snippet"])


def _relative_path(common: Path, path: Path) -> str:
    return os.path.relpath(path, common)


def _absolute_path(common: Path, path: str) -> Path:
    return Path(os.path.normpath(common / path))
