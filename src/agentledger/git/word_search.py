"""Which files of a commit have some words in them: one process for all words.

Belongs here: asking git, and its output as values. Does not: what a word is there (code, comment, text).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.model.text import decode


def find_files_with_words(
    scratch: Scratch, commit: str, words: Collection[str], ends: Sequence[str]
) -> dict[str, frozenset[bytes]] | None:
    """Map each word to the paths of the files that have it as a whole word; None where git cannot tell.

    Only files that end with one of `ends`, after a dot, are looked at. A word is made of letters, digits and low lines.
    """
    if not words:
        return {}
    patterns = "".join(f"{word}\n" for word in sorted(words)).encode()
    # Every match by itself: a line can have several of the words.
    args = ["grep", "-z", "-I", "-o", "-w", "-F", "-f", "-", "--no-textconv", "--full-name", commit, "--"]
    out, code, _ = run_unchecked(scratch.git, [*args, *(f"*.{end}" for end in ends)], patterns)
    # 1: no file has any of them. Output with another code is a part of the answer, so it is none.
    if code > 1:
        return None
    paths: dict[str, set[bytes]] = {word: set() for word in words}
    prefix = len(commit) + 1
    for line in out.split(b"\n")[:-1]:
        path, _, word = line[prefix:].rpartition(b"\0")
        if (found := paths.get(decode(word))) is not None:
            found.add(path)
    return {word: frozenset(found) for word, found in paths.items()}
