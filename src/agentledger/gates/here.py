"""Find out where a hook was started: git says so in environment variables, some of them with relative paths.

Belongs here: making those absolute, and giving each git command just those that it needs. Does not: reading
what the manager said (see `gated`).

What git sets is in githooks(5) and git(1). Seen with git 2.39: a commit in the main checkout gets a relative
GIT_INDEX_FILE and no GIT_DIR; in a linked worktree it gets both, absolute. `commit -a` names a lock file as
index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentledger.git import process, queries
from agentledger.git.environment import build_git_env
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.text import decode
from agentledger.repository import worktree_task
from agentledger.repository.bases import HEADS
from agentledger.repository.under_way import read_under_way


@dataclass(frozen=True, slots=True)
class Here:
    """A repository as a hook sees it, and the commit that is about to be made there."""

    #: Runs commands there.
    git: Git
    place: Place
    #: The index that is to be committed.
    index: Path
    #: '' on a detached HEAD, unless a rebase of a branch is under way there.
    branch: str
    #: The commit at HEAD, if there is one yet, then those that are being merged in.
    parents: tuple[str, ...]
    #: The task for which this linked worktree was made, "" for none.
    made_for: str = ""


def read_surroundings(outer: Mapping[str, str], cwd: Path) -> Here:
    """Return the surroundings of a hook that was started in `cwd`. Raises GitError, NotARepository."""
    git = Git(cwd, _hook_environment(outer, cwd))
    place = queries.locate_repository(git)
    index_name = outer.get("GIT_INDEX_FILE")
    index = (cwd / index_name).resolve() if index_name else place.directory / "index"
    linked = place.directory != place.common
    made_for = worktree_task.read_made_for(place.directory) if linked else ""
    branch = queries.read_head_ref(git)
    if not branch and made_for:
        branch, _ = read_under_way(place.directory)
    parents = (*_read_head(git), *_read_merge_heads(outer, place.directory)) if branch or made_for else ()
    return Here(git, place, index, branch=branch.removeprefix(HEADS), parents=parents, made_for=made_for)


def _read_head(git: Git) -> tuple[str, ...]:
    """Return the commit at HEAD; none before the first commit."""
    out = process.run_or_none(git, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    return () if out is None else (decode(out).strip(),)


def _hook_environment(outer: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """Return the environment without what git set for one repository, except for where that repository is."""
    env = build_git_env(outer)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"):
        if name in outer:
            env[name] = str((cwd / outer[name]).resolve())
    return env


def _read_merge_heads(outer: Mapping[str, str], directory: Path) -> tuple[str, ...]:
    """Return the commits that are being merged in, by a merge that stopped or one that git is just making.

    Before a merge commit that git makes by itself there is no MERGE_HEAD yet; the ids are then in the names
    of GITHEAD_ variables.
    """
    try:
        stopped = (directory / "MERGE_HEAD").read_bytes()
    except OSError:
        named = sorted(name.removeprefix("GITHEAD_") for name in outer if name.startswith("GITHEAD_"))
        return tuple(name for name in named if _is_object_id(name))
    return tuple(line for line in decode(stopped).split() if _is_object_id(line))


def _is_object_id(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip("0123456789abcdef")


def write_index_tree(here: Here, objects: Path) -> str:
    """Write the tree that a commit of the index would have, and return its id.

    New objects go to the folder `objects`. Raises GitError, as for an index with unmerged paths.
    """
    # The user's objects are only read: what a refused commit would add does not belong there.
    env = {
        **here.git.env,
        "GIT_INDEX_FILE": str(here.index),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quote_path(here.place.common / "objects"),
    }
    # --missing-ok: whether every object is here is git's question, who asks it for the real commit. In a partial
    # clone it would be fetched from a remote, one by one.
    return decode(process.run(Git(here.git.cwd, env), ["write-tree", "--missing-ok"])).strip()


def _quote_path(path: Path) -> str:
    """Return a path for a list that `:` separates; git reads a quoted one as a C string."""
    text = str(path)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if ":" in text or '"' in text else text
