"""Names that look like one that does not exist: it is nearly always a slip of the finger.

Belongs here: finding them, and the words that offer them. Does not: which names there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agentledger.model.errors import LedgerError
from agentledger.model.text import escape_hidden


def find_near_names(name: str, known: Iterable[str], *, most: int = 3, likeness: float = 0.5) -> list[str]:
    """The known names that look like this one, the likest first. Case, and what joins words, do not count."""
    from difflib import get_close_matches  # here, since most names exist

    folded = {_fold_name(each): each for each in known}
    # Cut, since the comparison takes long for a long name, and no known one is much longer.
    near = get_close_matches(_fold_name(name[:80]), folded, most, likeness)
    return [folded[each] for each in near]


def suggest_names(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` with the known names that look like this one; '' where none does."""
    near = find_near_names(name, known)
    return f"did you mean {' or '.join(map(escape_hidden, near))}?" if near else ""


def unknown_name_error(
    what: str, name: str, known: Collection[str], none: str, *, most: int = 5
) -> LedgerError:
    """The error for a name that does not exist.

    `what` is the kind of thing, such as "task"; `known` are the names there are. The hint has those that look
    like `name`, else up to `most` of `known`, else the text `none`.
    """
    hint = suggest_names(name, known)
    if not hint and known and most:
        some = ", ".join(map(escape_hidden, sorted(known)[:most]))
        hint = f"there {'is' if len(known) == 1 else 'are'} {some}{' and more' if len(known) > most else ''}"
    message = f"there is no {escape_hidden(what)} named {escape_hidden(name)}"
    return LedgerError(message, hint or none)


def _fold_name(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
