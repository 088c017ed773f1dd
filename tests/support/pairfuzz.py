"""Makes random repositories whose branches do to each other all that git's merge has a rule for.

Belongs here: what random branches do. Does not: what becomes of their pairs (see `brutepairs`). The same numbers make
the same repository.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from gitrepo import Commit, Content, Repo

Entry = tuple[str, str]
Tree = dict[str, Entry]
PLAIN, RUN, LINK, MODULE = "100644", "100755", "120000", "160000"
_FOLDERS = ("", "a/", "a/b/", "a/b/c/", "d/", "d/e/", "x/", "x/y/")
_NAMES = ("f", "g", "h", "i", "j")
_MODULES = tuple(digit * 40 for digit in "123")


def make_fleet(folder: Path, seed: int, branches: int) -> Repo:
    """Write a repository with a base that moves a little and so many branches; some stand on others."""
    dice = random.Random(seed)
    repo = Repo.init(folder)
    # Some operations come from a small pool, so that branches do the same, or half of the same.
    pool = [dice.randrange(1 << 30) for _ in range(branches // 3)]
    tree = _make_base(dice)
    grounds = [(repo.commit("main", dict[str, Content](tree), parents=[]), tree)]
    for _ in range(dice.randrange(3)):
        now = _change(dice, pool, grounds[-1][1], times=1)
        grounds.append((repo.commit("main", _difference(grounds[-1][1], now)), now))
    made: list[tuple[Commit, Tree]] = []
    stacks = dice.choice((0.0, 0.1, 0.3))
    for number in range(branches):
        name = f"agent/{number:03d}"
        commit, old = dice.choice(made) if made and dice.random() < stacks else dice.choice(grounds)
        for _ in range(dice.choice((1, 1, 1, 2))):
            now = _change(dice, pool, old, times=dice.choice((1, 1, 2, 3)))
            files = _difference(old, now) or {"own": f"{dice.random()}\n"}
            parents = [commit]
            # Base, or another branch, merged in: as somebody's editor left it, not as git would.
            if dice.random() < 0.1:
                parents.append(dice.choice(grounds if dice.random() < 0.4 or not made else made)[0])
            commit, old = repo.commit(name, files, parents=parents), now
            made.append((commit, now))
    repo.flush()
    return repo


def _make_base(dice: random.Random) -> Tree:
    tree: Tree = {}
    for folder in dice.sample(_FOLDERS, dice.randrange(3, 7)):
        for name in dice.sample(_NAMES, dice.randrange(1, 5)):
            tree[folder + name] = _make_entry(dice)
    return _without_clashes(tree)


def _make_entry(dice: random.Random) -> Entry:
    return dice.choice(
        [lambda: (dice.choice((PLAIN, PLAIN, PLAIN, RUN)), _make_text(dice))] * 12
        + [
            lambda: (PLAIN, f"\0bin{dice.randrange(5)}" + "x" * dice.randrange(300)),
            lambda: (PLAIN, ""),
            lambda: (LINK, dice.choice(("f", "a/f", "nowhere"))),
            lambda: (MODULE, dice.choice(_MODULES)),
        ]
    )()


def _make_text(dice: random.Random) -> str:
    # Lines that repeat make diffs ambiguous.
    lines = [
        dice.choice(("}", "", "end")) if dice.random() < 0.25 else f"line {dice.randrange(10_000)} of a file"
        for _ in range(dice.randrange(1, 14))
    ]
    # git's diff leaves out a long end that two files have in common, and its merge does not.
    lines += [f"part of a long end, {number % 9}" for number in range(dice.choice((0, 0, 0, 120)))]
    end = dice.choice(("\n", "\n", "\n", "\r\n"))
    return end.join(lines) + (end if dice.random() < 0.9 else "")


def _change(dice: random.Random, pool: list[int], tree: Tree, times: int) -> Tree:
    """Return the tree after some operations, each of which may find nothing to do."""
    for _ in range(times):
        # The same seed on the same tree does the same thing.
        own = random.Random(dice.choice(pool)) if dice.random() < 0.4 else dice
        tree = _without_clashes(own.choice(_OPERATIONS)(own, dict(tree)))
    return tree


def _without_clashes(tree: Tree) -> Tree:
    """Without the files of which a folder has the name."""
    folders = {path[:at] for path in tree for at, letter in enumerate(path) if letter == "/"}
    return {path: entry for path, entry in tree.items() if path not in folders}


# -- what a branch does -------------------------------------------------------------------


def _pick(dice: random.Random, tree: Tree) -> str:
    return dice.choice(sorted(tree) or ["f"])


def _edit(dice: random.Random, tree: Tree, path: str = "") -> Tree:
    path = path or _pick(dice, tree)
    mode, text = tree.get(path, (PLAIN, ""))
    if mode in (LINK, MODULE):
        return tree | {path: (mode, dice.choice(_MODULES if mode == MODULE else ("f", "g", "elsewhere")))}
    lines = text.splitlines(keepends=True)
    at = dice.randrange(min(len(lines), dice.choice((14, 14, 999))) + 1)
    taken = dice.choice((0, 0, 1, 1, 2))
    fresh = [f"new {dice.choice((1, 2, 3, dice.randrange(999)))}\n" for _ in range(dice.choice((0, 1, 1, 2)))]
    return tree | {path: (mode, "".join(lines[:at] + fresh + lines[at + taken :]))}


def _mode(dice: random.Random, tree: Tree) -> Tree:
    path = _pick(dice, tree)
    mode, text = tree.get(path, (PLAIN, ""))
    return tree | ({path: (RUN if mode == PLAIN else PLAIN, text)} if mode in (PLAIN, RUN) else {})


def _type(dice: random.Random, tree: Tree) -> Tree:
    return tree | {_pick(dice, tree): _make_entry(dice)}


def _add(dice: random.Random, tree: Tree) -> Tree:
    # Also into a folder that somebody else may have renamed, and the same file as somebody else.
    path = dice.choice(_FOLDERS) + dice.choice((*_NAMES, "new", f"new{dice.randrange(9)}"))
    return tree if path in tree else tree | {path: _make_entry(dice)}


def _delete(dice: random.Random, tree: Tree) -> Tree:
    return {path: entry for path, entry in tree.items() if path != _pick(dice, tree)}


def _rename(dice: random.Random, tree: Tree) -> Tree:
    path = _pick(dice, tree)
    target = dice.choice(_FOLDERS) + dice.choice((*_NAMES, "moved", f"moved{dice.randrange(9)}"))
    if path not in tree or target in tree:
        return tree
    moved = tree | {target: tree[path]}
    del moved[path]
    return _edit(dice, moved, target) if dice.random() < 0.4 else moved


def _swap(dice: random.Random, tree: Tree) -> Tree:
    one, other = _pick(dice, tree), _pick(dice, tree)
    return tree | ({one: tree[other], other: tree[one]} if one in tree else {})


def _copy(dice: random.Random, tree: Tree) -> Tree:
    path = _pick(dice, tree)
    return tree | ({dice.choice(_FOLDERS) + "copy": tree[path]} if path in tree else {})


def _rename_folder(dice: random.Random, tree: Tree) -> Tree:
    folder = dice.choice(_FOLDERS[1:])
    target = dice.choice((*_FOLDERS, "z/", "z/w/", folder + "in/", f"z{dice.randrange(4)}/"))
    # Sometimes some of it stays, and sometimes it is split between two.
    second = dice.choice((target, target, "z2/"))
    stay = dice.choice((0.0, 0.0, 0.3))
    moved: Tree = {}
    for path, entry in tree.items():
        goes = path.startswith(folder) and dice.random() >= stay
        new = (target if dice.random() < 0.6 else second) + path.removeprefix(folder)
        moved[new if goes else path] = entry
    return moved


def _delete_folder(dice: random.Random, tree: Tree) -> Tree:
    folder = dice.choice(_FOLDERS[1:])
    return {path: entry for path, entry in tree.items() if not path.startswith(folder)}


def _file_for_folder(dice: random.Random, tree: Tree) -> Tree:
    folder = dice.choice(_FOLDERS[1:]).rstrip("/")
    kept = {path: entry for path, entry in tree.items() if not path.startswith(f"{folder}/")}
    return kept | {folder: dice.choice(list(tree.values()) or [(PLAIN, "x\n")])}


def _folder_for_file(dice: random.Random, tree: Tree) -> Tree:
    path = _pick(dice, tree)
    entry = tree.get(path, (PLAIN, "x\n"))
    kept = {each: content for each, content in tree.items() if each != path}
    return kept | {f"{path}/{dice.choice(_NAMES)}": entry}


def _ledger(dice: random.Random, tree: Tree) -> Tree:
    path = f".agentledger/tasks/t/{dice.choice(('brief.md', 'log.md'))}"
    return tree | {path: (PLAIN, f"# text {dice.randrange(99)}\n")}


def _module(dice: random.Random, tree: Tree) -> Tree:
    modules = sorted(path for path, (mode, _) in tree.items() if mode == MODULE)
    if not modules:
        return tree | {dice.choice(_FOLDERS) + "sub": (MODULE, dice.choice(_MODULES))}
    path = dice.choice(modules)
    moved = {each: entry for each, entry in tree.items() if each != path}
    return moved | ({dice.choice(_FOLDERS) + "sub": tree[path]} if dice.random() < 0.6 else {})


_OPERATIONS: tuple[Callable[[random.Random, Tree], Tree], ...] = (
    *(_edit,) * 6,
    *(_rename,) * 4,
    *(_rename_folder,) * 4,
    *(_add,) * 3,
    *(_delete,) * 2,
    _mode,
    _type,
    _swap,
    _copy,
    _delete_folder,
    _file_for_folder,
    _folder_for_file,
    _ledger,
    _module,
)


# -- as a repository ----------------------------------------------------------------------


def _difference(old: Tree, new: Tree) -> Mapping[str, Content]:
    # What goes comes first: a file that makes room for a folder must be gone before.
    gone: dict[str, Content] = {path: None for path in old if path not in new}
    return gone | {path: entry for path, entry in new.items() if old.get(path) != entry}
