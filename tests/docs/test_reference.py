"""What the program has is named where a reader looks for it: commands, their JSON, kinds of documents.

Belongs here: that a row is there. Does not: what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from agentledger import documents
from agentledger.cli import agentledger
from agentledger.documents.schemas import SCHEMAS
from checkout import ROOT

README = (ROOT / "README.md").read_text("utf-8")
JSON = (ROOT / "docs/json.md").read_text("utf-8")
LEDGER = (ROOT / "docs/ledger.md").read_text("utf-8")
# What the readers of documents are called where that is not the name of the schema.
NAMES = {"check_in": "status"}
# Read from front matter of any kind.
NO_KIND = ("front_matter",)


def commands(group: click.Command = agentledger, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its full name."""
    if not isinstance(group, click.Group):
        yield name, group
        return
    with click.Context(group) as context:
        for each in group.list_commands(context):
            found = group.get_command(context, each)
            assert found is not None
            yield from commands(found, f"{name} {each}".strip())


def prints_json(command: click.Command) -> bool:
    """Has it an option `--format` with the choice json?"""
    choices = [each.type for each in command.params if "--format" in each.opts]
    return any(isinstance(each, click.Choice) and "json" in each.choices for each in choices)


COMMANDS = dict(commands())


def first_cells(page: str) -> str:
    """The first cell of every row of every table."""
    return "\n".join(re.findall(r"(?m)^\| (.*?(?<!\\)) \|", page))


@pytest.mark.parametrize("name", sorted({name.split()[0] for name in COMMANDS}))
def test_every_command_has_a_row_in_the_readme(name: str) -> None:
    rows = first_cells(README)
    assert re.search(rf"`agentledger {name}\b", rows), f"README.md: no row for `agentledger {name}`"


@pytest.mark.parametrize("name", [name for name, each in COMMANDS.items() if prints_json(each)])
def test_every_command_that_prints_json_is_described(name: str) -> None:
    said = rf"`(agentledger )?{name}( --format json)?`"
    assert re.search(said, JSON), f"docs/json.md: nothing about `agentledger {name} --format json`"


def test_commands_that_print_json_are_found() -> None:
    assert {"board", "brief show", "report"} <= {name for name, each in COMMANDS.items() if prints_json(each)}


@pytest.mark.parametrize("name", [each for each in documents.__all__ if each.startswith("parse_")])
def test_every_kind_of_document_has_its_row_in_the_table_of_kinds(name: str) -> None:
    kind = name.removeprefix("parse_")
    missing = f"src/agentledger/documents/schemas.py: no row in SCHEMAS for what {name} reads"
    assert kind in NO_KIND or NAMES.get(kind, kind) in SCHEMAS, missing


# The policy has a section of its own in place of a row.
@pytest.mark.parametrize("kind", [each for each in SCHEMAS if each != "policy"])
def test_every_kind_of_document_has_its_row_in_the_page_about_the_ledger(kind: str) -> None:
    (path,) = re.findall(r"[\w./<>]*(?:\.md|\.json)", SCHEMAS[kind][1])
    rows = "\n".join(re.findall(r"(?m)^\|.*", LEDGER))
    assert f"`{path}`" in rows, f"docs/ledger.md: no row for `{path}`, the file of {kind}"
