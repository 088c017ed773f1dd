"""The sealed git directory through which all objects are read and merges simulated.

A bare directory of our own whose only link to the user's repository is an alternates
file: no attributes, no drivers, no configuration, no replacements or grafts of theirs
can bend a diff or a merge, no promisor remote can be fetched from, and what git writes
while merging never reaches their repository. It lives in agentledger's folder of the
common git directory and is removed when its work is done.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.text import encode

# Everything that a user's or a system's configuration could change about a diff or a merge.
_CONFIG = """\
[core]
\trepositoryformatversion = {version}
\tbare = true
\tattributesFile = {null}
\tquotePath = false
[gc]
\tauto = 0
[merge]
\trenames = true
\tdirectoryRenames = conflict
\trenameLimit = 7000
\trenormalize = false
\tconflictStyle = merge
\tdefault = text
[diff]
\trenames = true
\talgorithm = myers
\tindentHeuristic = true
"""


@dataclass(frozen=True, slots=True)
class Scratch:
    """An open sealed directory. `git` asks through it; valid inside `opened` only."""

    git: Git
    object_format: str

    @property
    def null(self) -> str:
        """The id that stands for no object."""
        return "0" * (64 if self.object_format == "sha256" else 40)

    def write(self, kind: str, body: bytes) -> str:
        """Store one loose object here, and give its id: git's own layout, without a process."""
        whole = f"{kind} {len(body)}\0".encode() + body
        name = hashlib.new(self.object_format, whole).hexdigest()
        folder = self.git.cwd / "objects" / name[:2]
        folder.mkdir(exist_ok=True)
        (folder / name[2:]).write_bytes(zlib.compress(whole, 1))
        return name

    def commit(self, tree: str, parents: Sequence[str] = ()) -> str:
        """A commit that only exists here; what git before 2.45 needs in order to merge trees."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        who = "agentledger <> 0 +0000"
        return self.write("commit", "\n".join([*lines, f"author {who}", f"committer {who}", "", ""]).encode())

    def tree(self, entries: Sequence[tuple[str, bytes, str]]) -> str:
        """A tree of (mode, name, id), all of them files, in ascending order of names."""
        body = b"".join(
            mode.lstrip("0").encode() + b" " + name + b"\0" + bytes.fromhex(oid)
            for mode, name, oid in entries
        )
        return self.write("tree", body)


def _format_alternate(objects: Path) -> bytes:
    """A line of an alternates file; git reads it as a C string when it begins with a quote."""
    raw = encode(str(objects))
    if raw.startswith((b'"', b"#")) or b"\n" in raw:
        raw = b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    return raw + b"\n"


def _fill_directory(folder: Path, place: Place) -> None:
    sha256 = place.object_format != "sha1"
    for part in ("objects/info", "objects/pack", "refs/heads"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    extension = f"[extensions]\n\tobjectFormat = {place.object_format}\n" if sha256 else ""
    (folder / "config").write_text(_CONFIG.format(version=int(sha256), null=os.devnull) + extension)
    (folder / "objects/info/alternates").write_bytes(_format_alternate(place.common / "objects"))
    # Where history is cut off has to be known here too, or walks stop at the missing parents.
    if place.shallow:
        shutil.copyfile(place.common / "shallow", folder / "shallow")


def _make_temp_folder(place: Place) -> Path | None:
    """agentledger's folder for temporary files, or None where the repository cannot be written."""
    folder = place.common / "agentledger" / "tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left behind."""
    for left in folder.glob("merge-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not is_process_alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def is_process_alive(pid: int) -> bool:
    """Is there a process of this id, whoever it is?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def open_scratch(place: Place) -> Iterator[Scratch]:
    """A sealed directory over the repository at `place`, removed at the end."""
    home = _make_temp_folder(place)
    if home is not None:
        _remove_leftovers(home)
    with tempfile.TemporaryDirectory(
        prefix=f"merge-{os.getpid()}-", dir=home, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        _fill_directory(folder, place)
        sealed = build_git_env(os.environ, sealed=True)
        sealed |= {
            "GIT_DIR": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
        }
        yield Scratch(Git(folder, sealed), place.object_format)
