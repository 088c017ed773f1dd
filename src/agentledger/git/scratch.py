"""The sealed git directory: a temporary one through which all objects are read and all merges tried.

Belongs here: making it, writing objects into it, and removing it. Does not: what is asked through it (see
`objects`, `commits`, `diffs`, `merging`).

It is a bare directory whose only link to the user's repository is an alternates file. So no attributes,
drivers, configuration, replacements or grafts of theirs can bend a diff or a merge, nothing can be fetched
from a promisor remote, and what git writes while merging never reaches their repository. It lies in
agentledger's folder of the common git directory, and is removed when its work is done.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.text import encode

# Linux's folder in memory, which everybody can write to, and what a folder of ours is called there.
_MEMORY = Path("/dev/shm")  # noqa: S108 (the folder made in it is its owner's alone)
_IN_MEMORY = "agentledger-merges-"
# So many bytes have to be free there: 20,000 merges write half a gigabyte.
_ROOM = 4 << 30

# All settings that a user's or a system's configuration could change about a diff or a merge. With two more git is
# faster: it looks for no branch that is called like a commit's id, and does not compress what is soon removed.
_CONFIG = """\
[core]
\trepositoryformatversion = {version}
\tbare = true
\tattributesFile = {null}
\tquotePath = false
\twarnAmbiguousRefs = false
\tlooseCompression = 0
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
    """An open sealed directory. `git` is the handle for questions; it works inside `open_scratch` only."""

    git: Git
    object_format: str
    #: What `merging.recall_merges` was told, while the trees of these merges are here.
    merges: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False)
    #: The sizes of blobs, as far as somebody has asked.
    sizes: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def null(self) -> str:
        """The id of zeros, as git prints it where there is no object."""
        return "0" * (64 if self.object_format == "sha256" else 40)

    @property
    def is_shallow(self) -> bool:
        """Is the history that can be read here cut off somewhere?"""
        return (self.git.cwd / "shallow").exists()

    def write(self, kind: str, body: bytes) -> str:
        """Store one loose object here, and give its id. The format is git's own; no process is started."""
        content = f"{kind} {len(body)}\0".encode() + body
        name = hashlib.new(self.object_format, content).hexdigest()
        # Thousands are written, so no path is taken apart. Level 0, a frame alone: the directory is removed at the end.
        folder, raw = f"{self.git.cwd}/objects/{name[:2]}", zlib.compress(content, 0)
        try:
            _write_file(f"{folder}/{name[2:]}", raw)
        except FileNotFoundError:
            Path(folder).mkdir(exist_ok=True)
            _write_file(f"{folder}/{name[2:]}", raw)
        return name

    def commit(self, tree: str, parents: Sequence[str] = ()) -> str:
        """Write a commit that exists here only, and give its id: git before 2.45 merges no bare trees."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        who = "agentledger <> 0 +0000"
        return self.write("commit", "\n".join([*lines, f"author {who}", f"committer {who}", "", ""]).encode())

    def tree(self, entries: Sequence[tuple[str, bytes, str]]) -> str:
        """Write a tree of files (mode, name, id), which have to be sorted by name, and give its id."""
        # git writes modes without leading zeros.
        body = b"".join(
            mode.lstrip("0").encode() + b" " + name + b"\0" + bytes.fromhex(oid)
            for mode, name, oid in entries
        )
        return self.write("tree", body)


def _write_file(path: str, content: bytes) -> None:
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123 (a path object takes twice as long)
        file.write(content)


def format_alternate(objects: Path) -> bytes:
    """The folder as a line of an alternates file."""
    raw = encode(str(objects))
    # git takes `#` for a comment, and a line that begins with a quote for a C string.
    if raw.startswith((b'"', b"#")) or b"\n" in raw:
        raw = b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    return raw + b"\n"


def _fill_directory(folder: Path, place: Place) -> None:
    sha256 = place.object_format != "sha1"
    for part in ("objects/info", "objects/pack", "refs/heads"):
        (folder / part).mkdir(parents=True)
    # Without a HEAD git takes the folder for no repository; this branch does not exist.
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    extension = f"[extensions]\n\tobjectFormat = {place.object_format}\n" if sha256 else ""
    (folder / "config").write_text(_CONFIG.format(version=int(sha256), null=os.devnull) + extension)
    (folder / "objects/info/alternates").write_bytes(format_alternate(place.common / "objects"))
    # git has to know here too where a shallow history is cut off, or walks fail at the missing parents.
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
    """Remove the directories of processes that were killed; the process id is in the name."""
    for leftover in folder.glob("merge-*-*"):
        pid = leftover.name.split("-")[1]
        if pid.isdigit() and not is_process_alive(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _place_objects(folder: Path) -> Iterator[None]:
    """Choose where the directory's objects are: in memory, where there is plenty of room, else in it.

    Merging thousands of pairs writes tens of thousands of small files, which takes a disk several times as long.
    """
    _empty_memory()
    place = _take_memory() if _has_room(_MEMORY) else None
    if place is None:
        yield
        return
    objects, lock = place
    try:
        (folder / "objects").symlink_to(objects)
        yield
    finally:
        shutil.rmtree(objects, ignore_errors=True)
        os.close(lock)


def _take_memory() -> tuple[Path, int] | None:
    """Make a folder in memory, and lock it for as long as this process lives; None where that cannot be."""
    from fcntl import LOCK_EX, flock

    try:
        made = Path(tempfile.mkdtemp(prefix=f".{_IN_MEMORY}", dir=_MEMORY))
        lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        flock(lock, LOCK_EX)
        # Only under this name it can be taken for a leftover, and it is locked by then.
        return made.rename(made.with_name(made.name.removeprefix("."))), lock
    except OSError:
        return None


def _empty_memory() -> None:
    """Remove what killed processes have left in memory, where it would stay until the machine is restarted.

    A process id would not tell whose it is: several containers may share the folder. A lock does.
    """
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return
    for leftover in _MEMORY.glob(f"{_IN_MEMORY}*"):
        if not _is_locked(leftover):
            shutil.rmtree(leftover, ignore_errors=True)


def _is_locked(folder: Path) -> bool:
    """Is a folder of ours in use? What is somebody else's, or no folder, is said to be."""
    from fcntl import LOCK_EX, LOCK_NB, flock

    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            return True
        flock(lock, LOCK_EX | LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _has_room(folder: Path) -> bool:
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize >= _ROOM


def is_process_alive(pid: int) -> bool:
    """Is there a process with this id, whoever it belongs to?"""
    try:
        os.kill(pid, 0)  # signal 0 is not sent; only its errors are of interest
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, but somebody else's
        return True
    return True


@contextmanager
def open_scratch(place: Place) -> Iterator[Scratch]:
    """A sealed directory over the repository at `place`; removed at the end.

    Where that repository cannot be written, it lies in the system's folder for temporary files.
    """
    home = _make_temp_folder(place)
    if home is not None:
        _remove_leftovers(home)
    with ExitStack() as stack:
        name = stack.enter_context(
            tempfile.TemporaryDirectory(prefix=f"merge-{os.getpid()}-", dir=home, ignore_cleanup_errors=True)
        )
        folder = Path(name)
        stack.enter_context(_place_objects(folder))
        _fill_directory(folder, place)
        env = build_git_env(os.environ, sealed=True)
        env |= {
            "GIT_DIR": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
        }
        yield Scratch(Git(folder, env), place.object_format)
