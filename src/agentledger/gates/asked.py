"""A question to git from a hook, without `subprocess`, whose import costs more than several answers.

Belongs here: starting git in the folder and the repository that the hook was started for. Does not: what is
asked (see `plain`). Everything that asks more than a hook's first few questions goes through `git`.
"""

from __future__ import annotations

import os

# Answers are held whole; who gets more than this has to be judged in the slow way.
MOST_BYTES = 32 << 20
# What every pipe holds, so that a question can be put down before anybody reads it.
MOST_GIVEN = 12 << 10


def git_output(arguments: list[str], env: dict[str, str], given: bytes = b"") -> bytes | None:
    """The standard output of a git command that reads `given`; None where it fails or says too much.

    None, too, where `given` is longer than MOST_GIVEN, and on a system without this way to start a process.
    """
    if len(given) > MOST_GIVEN or not hasattr(os, "posix_spawnp"):
        return None
    (read, write), (hear, tell) = os.pipe(), os.pipe()
    try:
        os.write(tell, given)
        os.close(tell)
        actions = [
            (os.POSIX_SPAWN_DUP2, hear, 0),
            (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        process = os.posix_spawnp("git", ["git", *arguments], env, file_actions=actions)
        os.close(write)
        write = -1
        said = _read_all(read)
    except OSError:
        return None
    finally:
        for end in (read, hear, write):
            if end >= 0:
                os.close(end)
    return said if os.waitpid(process, 0)[1] == 0 else None


def _read_all(end: int) -> bytes | None:
    said = bytearray()
    while block := os.read(end, 1 << 16):
        said += block
        if len(said) > MOST_BYTES:
            return None
    return bytes(said)
