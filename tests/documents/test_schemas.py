"""JSON Schemas and templates: they agree with the reader, and what ships is what is generated.

Belongs here: schemas, shipped copies, blank documents. Does not: the schemas of agentledger's own output.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

import cases
from agentledger import documents
from agentledger.cli import agentledger
from agentledger.cli.boundary import Settings
from agentledger.documents.schemas import SCHEMAS, render_schema
from agentledger.reports import shapes
from agentledger.storage import resources

# Written by hand, though valid, in ways that no schema can tell: `2026-11-23 12:15` is a time to people.
LOOSE = ("status-by-hand.md",)
GOOD = [name for name in cases.names() if not cases.expected(name) and name not in LOOSE]


def fields(name: str) -> Any:
    if name.endswith(".toml"):
        return tomllib.loads((cases.FOLDER / name).read_text(encoding="utf-8"))
    return dict(cases.sample(name).document.fields)


def validator(name: str) -> jsonschema.Draft202012Validator:
    found = json.loads(render_schema(name))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_ships_is_what_is_generated(name: str) -> None:
    shipped = resources.resource_folder("schemas") / f"{name}.json"
    assert shipped.read_bytes() == render_schema(name), "run `make schemas`"


def test_nothing_else_ships() -> None:
    shipped = {path.name for path in resources.resource_folder("schemas").iterdir()}
    assert shipped == {f"{name}.json" for name in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_explained(name: str) -> None:
    for key, shape in json.loads(render_schema(name))["properties"].items():
        assert shape["description"], key


@pytest.mark.parametrize("name", GOOD)
def test_the_schema_takes_what_the_reader_takes(name: str) -> None:
    kind = name.partition("-")[0]
    given = fields(name)
    if kind == "review":
        given["head"] = given["head"].lower()  # an id in capitals is read, but is not how git writes it
    validator(kind).validate(given)


@pytest.mark.parametrize(
    "name", ["brief-wrong-values.md", "status-times.md", "waiver-wrong.md", "policy-wrong.toml"]
)
def test_the_schema_refuses_what_the_reader_refuses(name: str) -> None:
    assert list(validator(name.partition("-")[0]).iter_errors(fields(name)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_it(name: str) -> None:
    done = CliRunner().invoke(agentledger, ["schema", name], obj=Settings())
    assert done.stdout_bytes == render_schema(name)


def test_no_name_is_that_of_two_schemas() -> None:
    assert not set(SCHEMAS) & set(shapes.SCHEMAS)


@pytest.mark.parametrize("name", documents.TEMPLATES)
def test_a_blank_template_is_incomplete_and_nothing_worse(name: str) -> None:
    found = cases.problems(cases.parse(name, documents.read_template(name)))
    assert any(problem.fatal for problem in found)
    assert {problem.kind for problem in found} == {"incomplete"}


@pytest.mark.parametrize("name", documents.TEMPLATES)
def test_a_template_names_the_schema_that_explains_its_keys(name: str) -> None:
    first, second = documents.read_template(name).decode().split("\n")[:2]
    assert (first, second[0]) == ("---", "#")
    assert f"agentledger schema {name}" in second


@pytest.mark.parametrize("name", documents.TEMPLATES)
def test_every_section_of_a_template_has_a_prompt_and_is_empty(name: str) -> None:
    parts = cases.parse(name, documents.read_template(name)).document.parts
    assert len(parts) >= 4
    for part in parts:
        assert "<!--" in part.text
        assert part.empty


def test_a_template_that_is_filled_in_is_whole() -> None:
    text = documents.read_template("status").decode()
    text = text.replace("at:  ", "at: 2026-11-23T10:15:00Z  ").replace("-->", "-->\nSomething.")
    assert cases.problems(cases.parse("status", text.encode())) == ()


def test_a_repositorys_own_template_wins() -> None:
    assert documents.read_template("brief", b"---\n---\n# Ours\n") == b"---\n---\n# Ours\n"
    shipped = documents.read_template("brief")
    assert documents.read_template("brief", b" \n") == shipped
    assert documents.read_template("brief", b"x" * 300_000) == shipped
