"""Which branches programs make that are no agents: merge queues, and those that update dependencies.

Belongs here: the table of them, by branch name and by author. Does not: which branches are agents' (see
`agents` and `listing`).

Whatever pattern matches such a branch, nobody works on it: it is counted, and not listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agentledger.model.fleet import Commit


class Robot(NamedTuple):
    """A program: its name, the folders of its branches, and an expression for its name or address in commits."""

    name: str
    folders: tuple[str, ...]
    author: str = ""


_QUEUE = "merge queue"
ROBOTS = (
    # GitHub's and Mergify's. What is in them was written by others, so there is no author to know them by.
    Robot(_QUEUE, ("gh-readonly-queue/", "mergify/merge-queue/")),
    Robot("dependabot", ("dependabot/",), r"dependabot(-preview)?\[bot\]"),
    Robot("renovate", ("renovate/",), r"(self-hosted-)?renovate(-bot|\[bot\])?"),
)


def robot_of_name(name: str) -> str | None:
    """The robot whose branch it is by its name; None: no robot's."""
    return next((robot.name for robot in ROBOTS if name.startswith(robot.folders)), None)


def is_queue(name: str) -> bool:
    """Is it, by its name, a branch on which a merge queue puts finished branches together?"""
    return robot_of_name(name) == _QUEUE


def is_asked_for(name: str, patterns: Sequence[str]) -> bool:
    """Does a pattern of these name the folder of the robot whose branch it is, so that somebody wants to see it?"""
    folders = [folder for robot in ROBOTS for folder in robot.folders if name.startswith(folder)]
    return any(pattern.startswith(folder) for folder in folders for pattern in patterns)


def robot_of_commits(commits: Sequence[Commit]) -> str | None:
    """The robot that wrote all of these commits; None where there are none, or somebody else wrote one."""
    authors = {_robot_of_author(commit) for commit in commits}
    return authors.pop() if len(authors) == 1 else None


def _robot_of_author(commit: Commit) -> str | None:
    for robot in ROBOTS:
        if robot.author and re.fullmatch(robot.author, commit.author.name, re.IGNORECASE):
            return robot.name
    return None
