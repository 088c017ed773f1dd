"""Publishing: all or nothing as far as the disk allows, and nothing outside the folder.

Belongs here: staging, replacing and deleting files. Does not: their content (see `pages`),
or which of them are needed (see `build`).

Everything is staged in a folder inside the output folder before the first published file is
touched, so a full disk or a crash leaves the old site whole. Then files are renamed into
place one by one, in the order of staging; each is old or new, never half. The manifest says
"publishing" from before the first rename to after the last deletion, and a build that finds
it so builds everything anew. Nothing is fsynced: after a power cut the site is built again.
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
    """An output folder under lock. `old` is what the last build left; paths are relative, `/` between."""

    def __init__(self, root: Path, out: Path) -> None:
        self._root, self._out = root, out
        self._staging = root / f"{folder.STAGING}{os.getpid()}"
        self._found = list_files(root)
        self._staged: list[str] = []
        self._keys: dict[str, str] = {}
        self.old = manifest.read_manifest(root) or manifest.NOTHING

    def is_current(self, path: str, key: str) -> bool:
        """True when the file is there, and was published whole under this key."""
        return self.old.complete and self.old.files.get(path) == key and path in self._found

    def keep(self, path: str, key: str) -> None:
        """Leaves a published file as it is."""
        self._keys[path] = key

    def stage(self, path: str, content: bytes, key: str) -> None:
        """Takes a file in, to be published by `publish`. Raises OutputError."""
        with folder.explain_disk_errors(self._out):
            self._write(path, content)
        self._staged.append(path)
        self._keys[path] = key

    def add(self, path: str, content: bytes) -> None:
        """`keep` or `stage`, whichever the content asks for. Raises OutputError."""
        key = manifest.content_key(content)
        if self.is_current(path, key):
            self.keep(path, key)
        else:
            self.stage(path, content, key)

    def publish(self, final: Manifest) -> int:
        """Puts everything in place; `final` lacks only its files. Returns how many were removed.

        Raises OutputError, before the first file is touched if the disk is full.
        """
        whole = replace(final, files=self._keys, place=manifest.folder_identity(self._root), complete=True)
        gone = [path for path in self.old.files if path not in self._keys and path in self._found]
        with folder.explain_disk_errors(self._out):
            self._write(IGNORE, b"*\n")
            self._write("publishing", whole.while_publishing(self.old).to_json())
            self._write("published", whole.to_json())
            (self._staging / "publishing").replace(self._root / manifest.NAME)
            for path in (IGNORE, *self._staged):
                self._move_into_place(path)
            for path in gone:
                (self._root / path).unlink(missing_ok=True)
            (self._staging / "published").replace(self._root / manifest.NAME)
        return len(gone)

    def discard(self) -> None:
        """Drops what was staged and not published."""
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
    """The folder `out` to publish in, locked; staged files that were not published are dropped.

    Raises OutputError where it may not, or cannot, be written.
    """
    with contextlib.ExitStack() as stack:
        # Only the steps taken here: a disk error while the caller reads is not about this folder.
        with folder.explain_disk_errors(out):
            made = not out.exists()
            root = folder.make_output_folder(out)
            # Last of all, and only if it was not here before: an empty folder helps nobody.
            stack.callback(_remove_if_empty, root, made)
            stack.enter_context(folder.lock_folder(root))
            folder.clear_staging(root)
            site = Site(root, out)
        stack.callback(site.discard)
        yield site


def _remove_if_empty(root: Path, made: bool) -> None:
    if made:
        with contextlib.suppress(OSError):
            root.rmdir()


def list_files(root: Path) -> set[str]:
    """The plain files of the site in a folder, as paths relative to it."""
    found = set()
    for name in ("", *folder.SUBFOLDERS):
        with contextlib.suppress(FileNotFoundError), os.scandir(root / name) as entries:
            found |= {f"{name}/{e.name}".lstrip("/") for e in entries if e.is_file(follow_symlinks=False)}
    return found
