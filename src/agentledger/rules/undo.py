"""The command that takes a change back, as whoever did it types it in their worktree.

Belongs here: those commands, with both sides of a rename, and paths as git takes them. Does not: which changes have to
be taken back (see `ownership`). A command never removes content that is nowhere else.
"""

from __future__ import annotations

import posixpath
import shlex

from agentledger.model.findings import Gate
from agentledger.model.text import HIDDEN, decode, encode, escape_hidden
from agentledger.rules.case import Case, Rename, Touched
from agentledger.scope.task_scope import first_match

_AND_COMMIT = "git commit -m 'take back what is not in scope'"
_TO_THE_TOP = 'cd "$(git rev-parse --show-toplevel)"'
# Files of one folder that are moved back by one command.
_MOST_TOGETHER = 20


def undo_command(case: Case, touched: Touched) -> str:
    """Return the command that takes a change back, and the other side of a rename with it.

    A new file is only unstaged, or moved back where it came from: its content may be nowhere else.
    """
    if touched.commit is not None and touched.commit in case.foreign:
        # Undone here, another task's work would be undone on base, too, once both have merged.
        return f"it is another task's work: {case.foreign[touched.commit]} takes that out of this branch"
    rename = _rename_of(case, touched.path)
    if rename is not None:
        return _undo_rename(case, rename)
    path = quote_pathspec(touched.path)
    new = touched.change is not None and touched.change.status == "A"
    if case.gate is Gate.COMMIT:
        alone = f"git restore --staged {'' if new else '--worktree --source=HEAD '}-- {path}"
        return f"{alone}{_unstage_submodules(case)}" if touched.path == b".gitmodules" else alone
    back = f"git rm -- {path}" if new else f"git checkout {_quote_base(case)} -- {path}"
    return f"{back} && {_AND_COMMIT}"


def _unstage_submodules(case: Case) -> str:
    """Return what to add to a command that takes .gitmodules back: a new submodule is of no use without its entry."""
    changes = ((t.path, t.change) for t in case.changed if t.change is not None)
    added = [path for path, change in changes if change.status == "A" and change.new_mode == "160000"]
    return f" && git restore --staged -- {' '.join(map(quote_pathspec, added))}" if added else ""


def describe_rename(case: Case, path: bytes) -> str:
    """Return, for the message, what the path was called, or is called now; '' where it was not renamed."""
    rename = _rename_of(case, path)
    if rename is None:
        return ""
    if path == rename.target:
        return f" (renamed from {_shown(rename.source)})"
    return f" (renamed to {_shown(rename.target)})"


def quote_pathspec(path: bytes) -> str:
    """Return a path as it can be typed to git; a byte that nobody can type becomes `?`, which is any byte."""
    if not HIDDEN.search(decode(path)):
        if any(special in path for special in b"*?[\\"):
            return shlex.quote(f":(top,literal){decode(path)}")
        # `:/` is from the top, wherever it is typed; but `:/!x` would exclude x, so there it is `:(top)`.
        return shlex.quote(f"{':/' if path[:1].isalnum() or path[:1] == b'.' else ':(top)'}{decode(path)}")
    typed = (chr(byte) if 32 <= byte < 127 else "?" for byte in path)
    return shlex.quote(":/" + "".join(f"\\{char}" if char in "*[\\" else char for char in typed))


# -- renames ----------------------------------------------------------------------------


def _rename_of(case: Case, path: bytes) -> Rename | None:
    """Return the rename that a path is a side of; none where something else has taken the old place."""
    rename = case.renames.get(path)
    if rename is None or _status(case, rename.source) not in ("D", ""):
        return None
    return rename if _status(case, rename.target) in ("A", "M", "T") else None


def _status(case: Case, path: bytes) -> str:
    """Return what became of a path, compared with base; "" where base has it not, and the branch neither."""
    changes = (t.change for t in case.changed if t.path == path and t.net)
    return next((change.status for change in changes if change is not None), "")


def _undo_rename(case: Case, rename: Rename) -> str:
    if _status(case, rename.target) != "A":
        return _undo_replacement(case, rename)
    if _can_move_back(case, rename):
        back = _move_back(case, rename)
        return back if case.gate is Gate.COMMIT else f"({back}) && {_AND_COMMIT}"
    old, new = quote_pathspec(rename.source), quote_pathspec(rename.target)
    if case.gate is Gate.COMMIT and _is_typeable(rename) and _is_nested(rename):
        return _restore_nested(rename)
    if case.gate is Gate.COMMIT:
        return f"git restore --staged -- {old} {new} && git restore -- {old}"
    # A file that the branch itself made is not on base.
    restore = f" && git checkout {_quote_base(case)} -- {old}" if _status(case, rename.source) == "D" else ""
    return f"git rm -- {new}{restore} && {_AND_COMMIT}"


def _undo_replacement(case: Case, rename: Rename) -> str:
    """Return the command for a file that took the place of another one, which has to come back as well."""
    old, new = quote_pathspec(rename.source), quote_pathspec(rename.target)
    at_commit = case.gate is Gate.COMMIT
    restore = f"git restore --staged --worktree --source={'HEAD' if at_commit else _quote_base(case)} --"
    if _can_move_back(case, rename):
        back = f"({_move_back_one(rename)} && {restore} {new})"
    else:
        back = f"{restore} {old} {new}"
    return back if at_commit else f"{back} && {_AND_COMMIT}"


def _move_back_one(rename: Rename) -> str:
    source, target = decode(rename.source), decode(rename.target)
    return " && ".join([*_at_top(posixpath.dirname(source)), f"git mv -- {shlex.join([target, source])}"])


def _at_top(folder: str) -> list[str]:
    """Return the steps to the top, where `folder` is there: git mv takes no pathspec, and makes no folder."""
    return [_TO_THE_TOP, *([f"mkdir -p -- {shlex.quote(folder)}"] if folder else [])]


def _can_move_back(case: Case, rename: Rename) -> bool:
    """Is nothing out of scope once the file is where it was: is that place the task's, or the file unchanged?"""
    # What base has never had there would be out of scope there, too.
    known = case.gate is Gate.COMMIT or _status(case, rename.source) == "D"
    stays = (rename.exact and known) or _is_own(case, rename.source)
    return stays and _is_typeable(rename) and not _is_nested(rename)


def _is_typeable(rename: Rename) -> bool:
    return not any(HIDDEN.search(decode(path)) for path in (rename.source, rename.target))


def _is_nested(rename: Rename) -> bool:
    """Is one of the two names now, or was it, a folder that the other is in?"""
    return rename.source.startswith(rename.target + b"/") or rename.target.startswith(rename.source + b"/")


def _restore_nested(rename: Rename) -> str:
    """Return the command for a file that became a folder, or the reverse: what is there now is moved aside."""
    outer = shlex.quote(decode(min(rename.source, rename.target, key=len)))
    # git would remove the folder, with all that is in it.
    aside = f"mv -- {outer} {outer}.aside"
    return f"({_TO_THE_TOP} && git restore --staged -- {outer} && {aside} && git restore -- {outer})"


def _is_own(case: Case, path: bytes) -> bool:
    in_scope = case.scope is not None and case.scope.holds(path)
    return in_scope or first_match([encode(pattern) for pattern in case.policy.open], path) is not None


def _move_back(case: Case, rename: Rename) -> str:
    """Return the command that moves it back, and with it the others that went the same way."""
    together = _moved_alike(case, rename)
    folder = posixpath.dirname(decode(rename.source))
    targets = shlex.join(decode(target) for _, target in together)
    place = shlex.quote(f"{folder}/" if folder else ".")
    moved = " && ".join([*_at_top(folder), f"git mv -- {targets} {place}"])
    moved = moved if len(together) > 1 else _move_back_one(rename)
    return f"({moved})" if case.gate is Gate.COMMIT else moved


def _moved_alike(case: Case, rename: Rename) -> list[tuple[bytes, bytes]]:
    """Return the renames, with this one, that went from one folder to one other under the same names."""
    name = posixpath.basename
    if name(rename.source) != name(rename.target):
        return [(rename.source, rename.target)]
    way = (posixpath.dirname(rename.source), posixpath.dirname(rename.target))
    alike = sorted(
        (each.source, each.target)
        for each in set(case.renames.values())
        if (posixpath.dirname(each.source), posixpath.dirname(each.target)) == way
        and name(each.source) == name(each.target)
        and _can_move_back(case, each)
        and _status(case, each.target) == "A"
    )
    start = alike.index((rename.source, rename.target)) // _MOST_TOGETHER * _MOST_TOGETHER
    return alike[start : start + _MOST_TOGETHER]


def _quote_base(case: Case) -> str:
    return shlex.quote(escape_hidden(case.base))


def _shown(path: bytes) -> str:
    return escape_hidden(path)
