"""Where the ledger's files are is said in one module, `model.ledger_paths`.

Belongs here: that no other module spells such a path. Does not: what is in the files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import agentledger

SOURCE = Path(agentledger.__file__).resolve().parent
HOME = "model/ledger_paths.py"
# The ledger's folder as a whole name, or the folder of tasks at the beginning of a path.
PATH = re.compile(r"\.agentledger(?![\w-])|(?<![\w/])tasks/")


def spelled_paths() -> Iterator[str]:
    """The texts of programs, not of people, that hold a path of the ledger."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                # A blank shows that it is a sentence: a message, a hint, a docstring. They may name any path.
                if PATH.search(text) and not re.search(r"\s", text):
                    yield f"{path.relative_to(SOURCE).as_posix()}:{node.lineno} {text}"


def test_paths_of_the_ledger_are_made_in_one_module() -> None:
    wrong = [each for each in spelled_paths() if each.partition(":")[0] != HOME]
    assert wrong == [], f"take it from {HOME}"
