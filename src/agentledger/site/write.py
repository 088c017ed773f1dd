"""Publish a site: completely or not at all as far as the disk allows, and nothing outside the folder.

Belongs here: staging, replacing and deleting files. Does not: their content (see `pages`), or which files
are needed (see `build`).

All files are staged in a folder inside the output folder before the first published file is touched, so a
full disk or a crash leaves the old site complete. Then they are renamed into place one by one, in the order
of staging; each file is old or new, never half. From before the first rename until after the last deletion
the manifest is marked as incomplete, and a build that finds it so builds everything again. Nothing is
fsynced: after a power cut the site is built again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agentledger.site import folder, manifest
from agentledger.site.manifest import Manifest

IGNORE = ".gitignore"


class Site:
    """An output folder under lock. `old` is the last build's manifest; paths are relative, with `/`."""

    def __init__(self, root: Path, out: Path) -> None:
        self._root, self._out = root, out
        self._staging = root / f"{folder.STAGING}{os.getpid()}"
        self._existing_files = list_files(root)
        self._staged: list[str] = []
        self._keys: dict[str, str] = {}
        self.old = manifest.read_manifest(root) or manifest.NOTHING

    def is_current(self, path: str, key: str) -> bool:
        """True when the file is there, and was published completely under this key."""
        return self.old.complete and self.old.files.get(path) == key and path in self._existing_files

    def keep(self, path: str, key: str) -> None:
        """Leave a published file as it is."""
        self._keys[path] = key

    def stage(self, path: str, content: bytes, key: str) -> None:
        """Write a file into the staging folder; `publish` moves it into place. Raises OutputError."""
        with folder.explain_disk_errors(self._out):
            self._write(path, content)
        self._staged.append(path)
        self._keys[path] = key

    def add(self, path: str, content: bytes) -> None:
        """Keep the file if its content is the same, else stage it. Raises OutputError."""
        key = manifest.content_key(content)
        if self.is_current(path, key):
            self.keep(path, key)
        else:
            self.stage(path, content, key)

    def publish(self, final: Manifest) -> int:
        """Move everything into place; `final` lacks only its files. Returns how many files were removed.

        Raises OutputError; where the disk is full, before the first file is touched.
        """
        published = replace(
            final, files=self._keys, place=manifest.folder_identity(self._root), complete=True
        )
        removed = [path for path in self.old.files if path not in self._keys and path in self._existing_files]
        with folder.explain_disk_errors(self._out):
            # The folder may be inside a worktree: git must not offer the site for a commit.
            self._write(IGNORE, b"*\n")
            # Both manifests are written now: at the end the disk might be full.
            self._write("publishing", published.while_publishing(self.old).to_json())
            self._write("published", published.to_json())
            (self._staging / "publishing").replace(self._root / manifest.NAME)
            for path in (IGNORE, *self._staged):
                self._move_into_place(path)
            for path in removed:
                (self._root / path).unlink(missing_ok=True)
            (self._staging / "published").replace(self._root / manifest.NAME)
        return len(removed)

    def discard(self) -> None:
        """Delete what was staged and not published."""
        shutil.rmtree(self._staging, ignore_errors=True)

    @property
    def written(self) -> int:
        """How many files were staged."""
        return len(self._staged)

    @property
    def unchanged(self) -> int:
        """How many published files stay as they are."""
        return len(self._keys) - len(self._staged)

    def _write(self, path: str, content: bytes) -> None:
        target = self._staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def _move_into_place(self, path: str) -> None:
        target = self._root / path
        target.parent.mkdir(exist_ok=True)
        (self._staging / path).replace(target)


@contextlib.contextmanager
def open_site(out: Path) -> Iterator[Site]:
    """Open the folder `out` to publish in, under its lock; at the end, delete what was staged and not published.

    Raises OutputError where it may not or cannot be written.
    """
    with contextlib.ExitStack() as stack:
        # Only for these steps: a disk error in the caller's block is not about this folder.
        with folder.explain_disk_errors(out):
            is_new = not out.exists()
            root = folder.make_output_folder(out)
            # Runs last, and only if the folder was made here: a failed build must leave no empty folder.
            stack.callback(_remove_if_empty, root, is_new)
            stack.enter_context(folder.lock_folder(root))
            folder.clear_staging(root)
            site = Site(root, out)
        stack.callback(site.discard)
        yield site


def _remove_if_empty(root: Path, is_new: bool) -> None:
    if is_new:
        with contextlib.suppress(OSError):
            root.rmdir()


def list_files(root: Path) -> set[str]:
    """The plain files of the site in a folder, as paths relative to it; links are left out."""
    paths = set()
    for name in ("", *folder.SUBFOLDERS):
        with contextlib.suppress(FileNotFoundError), os.scandir(root / name) as entries:
            paths |= {f"{name}/{e.name}".lstrip("/") for e in entries if e.is_file(follow_symlinks=False)}
    return paths
