"""The longer texts of prompts in `templates/prompt/`: each is used, and filled in as it is given."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Template

import pytest

from agentledger.model.errors import LedgerError
from agentledger.reports import prompt
from agentledger.reports.prompt import texts
from agentledger.storage import resources


def shipped() -> dict[str, str]:
    folder = resources.resource_folder("templates") / "prompt"
    return {path.stem: path.read_text("utf-8") for path in folder.iterdir()}


def strings_in_the_code() -> set[str]:
    (folder,) = prompt.__path__
    trees = [ast.parse(path.read_bytes()) for path in Path(folder).glob("*.py")]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def test_every_text_is_named_in_the_code() -> None:
    assert set(shipped()) - strings_in_the_code() == set()


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_text_is_one_line_a_paragraph_or_item_and_has_no_word_that_nobody_fills_in(name: str) -> None:
    text = shipped()[name]
    words = Template(text).get_identifiers()
    filled = texts.fill_text(name, **dict.fromkeys(words, "W"))
    assert Template(text).is_valid()
    assert "$" not in filled
    assert filled.split() == Template(text).substitute(dict.fromkeys(words, "W")).split()
    for line, after in zip(filled.split("\n"), filled.split("\n")[1:], strict=False):
        assert not line or not after or after.startswith("- "), (line, after)
    assert max(map(len, text.splitlines())) <= 110


def test_what_is_filled_in_is_never_filled_in_itself() -> None:
    assert "Check in $when $$ ${when}: `agentledger" in texts.fill_text("check-in", when="$when $$ ${when}")


def test_a_word_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError, match="when"):
        texts.fill_text("check-in")


def test_a_text_that_is_missing_is_an_error_with_a_hint() -> None:
    with pytest.raises(LedgerError, match=r"templates/prompt/no-such-text\.md") as caught:
        texts.fill_text("no-such-text")
    assert "install agentledger again" in caught.value.hint
