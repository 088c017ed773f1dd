"""Where the ledger's documents are: the names of its folders and files, and paths made of them.

Belongs here: names, and joining them. Does not: which document a file is (see `ledger.tasks`), or whose it is.
The commit hook imports this module, so it imports next to nothing.

On base and on agents' branches a task's folder is below `.agentledger/tasks/`, on the control branch below
`tasks/`. Paths are text; a name that ends with `_BYTES` is the same in bytes, as git's diffs have paths.
"""

from __future__ import annotations

#: The name of the ledger's folder at the top of a branch.
FOLDER = ".agentledger"
LEDGER = ".agentledger/"
LEDGER_BYTES = b".agentledger/"
TASKS = ".agentledger/tasks/"
TASKS_BYTES = b".agentledger/tasks/"
CONTROL_TASKS = "tasks/"

#: The repository's policy.
POLICY_FILE = ".agentledger/config.toml"
#: The repository's own templates of documents.
TEMPLATES = ".agentledger/templates"
ATTRIBUTES_FILE = ".agentledger/.gitattributes"

#: What git is asked for in order to get every brief and packet that base ever had.
LANDED = (":(glob).agentledger/tasks/*/brief.md", ":(glob).agentledger/tasks/*/packet.md")

#: What git is asked for in order to get all briefs, wherever they are.
ALL_BRIEFS = (":(glob)tasks/*/brief.md", ":(glob).agentledger/tasks/*/brief.md")


def task_folder(task: str) -> str:
    """The folder of a task on base and on agents' branches."""
    return TASKS + task


def brief_path(task: str) -> str:
    """The brief of a task on base and on agents' branches."""
    return f"{TASKS}{task}/brief.md"


def status_folder(task: str) -> str:
    """The folder of a task's check-ins, with a slash at its end."""
    return f"{TASKS}{task}/status/"


def control_folder(task: str) -> str:
    """The folder of a task on the control branch."""
    return CONTROL_TASKS + task


def control_brief_path(task: str) -> str:
    """The brief of a task on the control branch."""
    return f"{CONTROL_TASKS}{task}/brief.md"


def attempt_path(task: str, branch: str) -> str:
    """The document about one branch of a task on the control branch; the branch's slashes make folders."""
    return f"{CONTROL_TASKS}{task}/attempts/{branch}.md"


def is_attempt_path(path: str) -> bool:
    """Is this path of the control branch that of a document about a branch?"""
    return path.startswith(CONTROL_TASKS) and path.split("/")[2:3] == ["attempts"]


def folder_of_branch(branch: str) -> str:
    """The id under which the manager's documents about a branch without a task are kept.

    Several branches can have the same one: each document says which it is about.
    """
    spaced = "".join(char if char.isascii() and char.isalnum() else " " for char in branch.lower())
    # A name without a Latin letter or digit would leave nothing.
    plain = "-".join(spaced.split()) or f"branch-{branch.encode('utf-8', 'surrogateescape').hex()}"
    return plain[:100].rstrip("-")


def outcome_path(task: str) -> str:
    """The outcome of a task on the control branch."""
    return f"{CONTROL_TASKS}{task}/outcome.md"
