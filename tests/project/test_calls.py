"""How a call is written: a reader has to see what each argument is.

Belongs here: rules on calls, as a program can see them. Does not: who may call whom (see `test_architecture`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import agentledger

SOURCE = Path(agentledger.__file__).resolve().parent
MOST = 4

# Python's own, which take no keywords.
NO_KEYWORDS = {"TypeVar", "ctypes.CDLL(None).prctl"}


def long_calls() -> Iterator[str]:
    """The calls with too many arguments that only their order tells apart."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and len(node.args) > MOST:
                called = ast.unparse(node.func)
                if called not in NO_KEYWORDS:
                    yield f"{path.relative_to(SOURCE)}:{node.lineno} calls {called}"


def test_no_call_has_more_than_four_arguments_without_a_name() -> None:
    assert list(long_calls()) == [], "name the arguments, or pass them as one value"
