"""Run git from a hook without `subprocess`, whose import takes longer than several answers of git.

Belongs here: starting git in the folder and the repository for which the hook was started. Does not: what is
asked (see `plain`). Whatever asks more than a hook's first few questions goes through `git.process`.
"""

from __future__ import annotations

import os

# Answers are kept whole in memory; a commit with a longer one is judged the slow way.
MOST_BYTES = 32 << 20
# Less than any pipe holds, so that a question can be written before git reads it.
MOST_REQUEST = 12 << 10


def git_output(arguments: list[str], env: dict[str, str], request: bytes = b"") -> bytes | None:
    """Return the standard output of a git command that reads `request`; None where it fails or prints too much.

    None, too, where `request` is longer than MOST_REQUEST, and on a system without this way to start a process.
    """
    if len(request) > MOST_REQUEST or not hasattr(os, "posix_spawnp"):
        return None
    # Python's own pipes are not inherited, so git sees the end of its input as soon as we have closed ours.
    (read, write), (hear, tell) = os.pipe(), os.pipe()
    try:
        os.write(tell, request)
        os.close(tell)
        actions = [
            (os.POSIX_SPAWN_DUP2, hear, 0),
            (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        process = os.posix_spawnp("git", ["git", *arguments], env, file_actions=actions)
        # Ours has to be closed, too, or the output would never end.
        os.close(write)
        write = -1
        output = _read_all(read)
    except OSError:
        return None
    finally:
        for end in (read, hear, write):
            if end >= 0:
                os.close(end)
    # A git that printed too much ends by itself: its pipe is closed.
    return output if os.waitpid(process, 0)[1] == 0 else None


def _read_all(end: int) -> bytes | None:
    output = bytearray()
    while block := os.read(end, 1 << 16):
        output += block
        if len(output) > MOST_BYTES:
            return None
    return bytes(output)
