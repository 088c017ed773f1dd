"""Makes the sample fleet: two real repositories, with the same commit ids for the same moment.

Belongs here: turning the story of `demo_base`, `demo_branches`, `demo_reports` and `demo_ledger` into a clone with
its origin and its worktrees. Does not: the story itself, or printing anything (see `cli.demo`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentledger.git.process import repository_at
from agentledger.git.queries import read_version
from agentledger.model.errors import GitError, OutputError
from agentledger.workflow.demo import demo_branches as story
from agentledger.workflow.demo import demo_ids, demo_live
from agentledger.workflow.demo import demo_ledger as ledger
from agentledger.workflow.demo import demo_reports as reports
from agentledger.workflow.demo.demo_base import BASE
from agentledger.workflow.demo.demo_fleet import MARTA, BuildState, Step, Tree, apply_changes
from agentledger.workflow.setup import init

if TYPE_CHECKING:
    import git

MARKER = ".agentledger-demo"
OURS = ("shop", "origin.git", "shop.worktrees")
STEPS = (*BASE, *story.STEPS, *reports.STEPS, *ledger.STEPS)
LOCAL = {**story.LOCAL, **reports.LOCAL, **ledger.TIP}
REMOTE = {**story.REMOTE, **reports.REMOTE, **ledger.TIP}


def create_demo(directory: Path, now: int) -> Path:
    """Make the sample in `directory` and return its clone, `directory/shop`.

    `now` (seconds since the epoch) is the moment that all ages count from: the same
    `now` gives the same commit ids. A sample that is there already is made anew.
    Raises OutputError when the folder holds something else or cannot be written,
    GitMissing when git is missing or too old, GitError when git fails.
    """
    read_version(repository_at(Path(__file__).parent))
    try:
        directory = _prepare_folder(directory)
        with _seal_environment(now):
            return _build_repositories(directory, now)
    except OSError as error:
        raise OutputError(f"cannot write the demo: {error}", "give another folder") from error


def _prepare_folder(directory: Path) -> Path:
    """The folder, empty but for our marker. Nothing but our own parts is ever removed."""
    marker = directory / MARKER
    if not marker.is_file() and directory.is_dir() and any(directory.iterdir()):
        raise OutputError(
            f"{directory} is not empty, and no demo of agentledger", "give a new or an empty folder"
        )
    directory.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by `agentledger demo`, which replaces the folders beside this file.\n")
    for name in OURS:
        if (directory / name).is_symlink():
            message = f"{directory / name} is a symbolic link, where the demo keeps a folder"
            raise OutputError(message, "remove the link, or give another folder")
        if os.path.lexists(directory / name):
            shutil.rmtree(directory / name)
    return directory.resolve()


@contextmanager
def _seal_environment(now: int) -> Iterator[None]:
    """Hide the user's git configuration and identity, and the variables of a hook.

    GitPython passes our environment on and can only add to it. So what has to go is taken from our own
    environment, and put back at the end.
    """
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("GIT_")]:
        del os.environ[name]
    os.environ |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_TEMPLATE_DIR": "",
        "GIT_COMMITTER_NAME": MARTA.name,
        "GIT_COMMITTER_EMAIL": MARTA.email,
        "GIT_COMMITTER_DATE": f"{now} +0000",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _build_repositories(directory: Path, now: int) -> Path:
    import git

    try:
        origin = git.Repo.init(directory / "origin.git", expand_vars=False, bare=True, initial_branch="main")
        shop = git.Repo.init(directory / "shop", expand_vars=False, initial_branch="main")
        with origin, shop:
            _import_commits(origin, now)
            _fetch_origin(shop, origin, now)
            _check_out_worktrees(shop, now)
            demo_live.run_live_commands(shop, now)
            _install_hooks(Path(shop.working_dir))
    except git.GitCommandError as error:
        reason = error.stderr.strip().removeprefix("stderr:").strip(" '\n")
        raise GitError(f"git could not make the demo: {reason}") from error
    return directory / "shop"


def _import_commits(origin: git.Repo, now: int) -> None:
    """Write all commits in one go; local branches wait under refs/local."""
    trees: dict[str, Tree] = {}
    marks: dict[str, int] = {}
    state = BuildState(now)
    stream: list[bytes] = []
    for step in sorted(STEPS, key=lambda step: -step.minutes):
        marks[step.key] = len(marks) + 1
        parent_tree = trees[step.after[0]] if step.after else {}
        trees[step.key] = tree = apply_changes(parent_tree, step.files(state))
        state.code_trees[step.key] = demo_ids.code_tree_id(tree)
        parents = [state.heads[key] for key in step.after]
        state.heads[step.key] = demo_ids.commit_id(step, demo_ids.tree_id(tree), parents, now)
        stream += _stream_commit(step, tree, marks, now)
    for folder, tips in (("heads", REMOTE), ("local", LOCAL)):
        stream += [f"reset refs/{folder}/{name}\nfrom :{marks[key]}\n".encode() for name, key in tips.items()]
    _feed_git(origin, ("fast-import", "--quiet", "--done"), [*stream, b"done\n"])


def _stream_commit(step: Step, tree: Tree, marks: Mapping[str, int], now: int) -> Iterator[bytes]:
    """One commit for fast-import: on a ref that only serves to write it, with its tree in full."""
    person = f"{step.who.name} <{step.who.email}> {now - 60 * step.minutes} +0000"
    if not step.after:
        # Else the commit would follow the one before it in the stream.
        yield b"reset refs/local/main\n"
    yield f"commit refs/local/main\nmark :{marks[step.key]}\nauthor {person}\ncommitter {person}\n".encode()
    yield _data_block(step.message.encode())
    for keyword, key in zip(("from", *["merge"] * len(step.after)), step.after, strict=False):
        yield f"{keyword} :{marks[key]}\n".encode()
    yield b"deleteall\n"
    for path, file in tree.items():
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        yield f'M {file.mode} inline "{quoted}"\n'.encode() + _data_block(file.content)


def _data_block(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _feed_git(repo: git.Repo, arguments: Sequence[str], lines: Sequence[bytes]) -> None:
    """Run git on these lines; GitPython hands it a real file only."""
    with tempfile.TemporaryFile(dir=repo.git_dir) as input_file:
        input_file.write(b"".join(lines))
        input_file.seek(0)
        repo.git.execute(["git", *arguments], istream=input_file)


def _fetch_origin(shop: git.Repo, origin: git.Repo, now: int) -> None:
    """Fetch both sides from origin, then let origin forget the one it never had."""
    shop.create_remote("origin", str(origin.git_dir))
    refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/local/*:refs/heads/*")
    flags = ("--quiet", "--no-auto-maintenance", "--update-head-ok")
    shop.git.fetch(*flags, "origin", *refs)
    _feed_git(origin, ("update-ref", "--stdin"), [f"delete refs/local/{name}\n".encode() for name in LOCAL])
    shop.git.symbolic_ref("refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    with shop.config_writer() as config:
        for name in sorted(LOCAL.keys() & REMOTE.keys()):
            config.set_value(f'branch "{name}"', "remote", "origin")
            config.set_value(f'branch "{name}"', "merge", f"refs/heads/{name}")
    _backdate_file(Path(shop.git_dir, "FETCH_HEAD"), now, 0)


def _install_hooks(top: Path) -> None:
    """Turn the hooks on, in this clone alone: so a visitor meets a gate, and `doctor` has one to show."""
    init.pin_hooks(init.inspect_repository(top))


def _check_out_worktrees(shop: git.Repo, now: int) -> None:
    """Check base out, and the branches that are being worked on beside it."""
    shop.git.reset("--quiet", "--hard")
    worktrees = Path(shop.working_dir).with_name("shop.worktrees")
    for branch, (folder, minutes) in story.WORKTREES.items():
        shop.git.worktree("add", "--quiet", str(worktrees / folder), branch)
        for name in ("index", "logs/HEAD"):
            _backdate_file(Path(shop.git_dir, "worktrees", folder, name), now, minutes)
    folder, minutes = story.WORKTREES[story.UNCOMMITTED_IN]
    state = BuildState(now)
    for path, file in {**story.UNCOMMITTED(state), **reports.make_uncommitted(state, minutes)}.items():
        target = worktrees / folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        _backdate_file(target, now, minutes)


def _backdate_file(path: Path, now: int, minutes: int) -> None:
    """Date a file back: how long ago somebody worked here is read from such times."""
    os.utime(path, (now - 60 * minutes,) * 2)
