"""The JSON documents: their schema, their order, and text that is not UTF-8."""

from __future__ import annotations

import base64
import json
from typing import Any

import jsonschema
import pytest

from agentledger.model.fleet import State, Worktree
from agentledger.model.text import decode
from agentledger.reports import json as report
from agentledger.reports import shapes
from fleets import HOSTILE, branch, change, commit, conflicting, every_kind, fleet

# json.md of the design promises these names; more may come, none may go.
BRANCH_KEYS = set(
    "name ref remote_ref sync head merge_bases ahead behind state state_why section task agent code_tree "
    "base_conflict size commits changes worktree check_ins packet checks reviews findings next_action".split()
)


def read(document: bytes) -> Any:
    """The document, checked against the schema that is named by its kind."""
    value = json.loads(document)
    schema = json.loads(shapes.encode_schema(value["kind"]))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(value)
    return value


def one(**different: Any) -> Any:
    """The entry of a single branch."""
    return read(report.encode_ledger(fleet(branch(**different))))["branches"][0]


def test_every_kind_of_branch_satisfies_the_schema() -> None:
    document = read(report.encode_ledger(every_kind()))
    assert (document["version"], document["kind"], document["tasks"]) == (1, "ledger", [])
    assert document["generated_at"] == "2023-11-14T22:13:20Z"
    assert {entry["section"] for entry in document["branches"]} == {"unbriefed", "held", "ended"}


def test_the_promised_keys_are_there_in_every_entry() -> None:
    for entry in read(report.encode_ledger(every_kind()))["branches"]:
        assert entry.keys() >= BRANCH_KEYS
        assert (entry["check_ins"], entry["packet"], entry["findings"]) == ([], None, [])


def test_the_order_is_that_of_the_fleet_and_equal_fleets_give_equal_bytes() -> None:
    document = report.encode_ledger(every_kind())
    assert document == report.encode_ledger(every_kind())
    assert document.endswith(b"}\n")
    names = [entry["name"] for entry in json.loads(document)["branches"]]
    assert names[:3] == ["agent/login", "agent/dirty", "agent/held"]


def test_what_is_not_known_is_null() -> None:
    entry = one(conflict=None, lines_counted=False, agent=None, task=None, code_tree=None)
    assert entry["size"] == {"files": 1, "added": None, "removed": None}
    assert entry["base_conflict"] is entry["agent"] is entry["task"] is entry["code_tree"] is None
    lost = one(state=State.UNREADABLE, state_why="missing commit", changes=(), lines_counted=False, head="")
    assert lost["ahead"] is lost["behind"] is lost["head"] is lost["size"]["files"] is None


def test_a_path_that_is_not_utf8_is_escaped_and_given_exactly() -> None:
    first, second = one(changes=(change(b"a\\b\xff"), change("caf\u00e9 \u202e".encode())))["changes"]
    assert first["path"] == r"a\b\xff"
    assert base64.b64decode(first["path_base64"]) == b"a\\b\xff"
    assert second["path"] == "caf\u00e9 \u202e"
    assert "path_base64" not in second


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_subjects_become_valid_json(name: str) -> None:
    entry = one(name=name, commits=(commit(name, name),))
    assert entry["commits"][0]["subject"] == entry["name"]
    exact = base64.b64decode(entry["ref_base64"]) if "ref_base64" in entry else entry["ref"].encode()
    assert decode(exact) == f"refs/heads/{name}"


def test_a_conflict_names_paths_kinds_and_regions() -> None:
    document = one(conflict=conflicting(b"b.py", b"\xfe"))["base_conflict"]
    assert (document["clean"], document["paths"], document["kinds"]) == (
        False,
        ["b.py", r"\xfe"],
        ["content"],
    )
    assert document["files"][0]["hunks"] == [
        {"line": 7, "text": "<<<<<<< main\na\n=======\n\\xff\n>>>>>>> agent\n", "cut": 2}
    ]
    assert base64.b64decode(document["files"][1]["path_base64"]) == b"\xfe"


def test_a_worktree_is_told_with_its_time() -> None:
    entry = one(worktree=Worktree("../w", True, 0, uncommitted=2, under_way="rebase"))["worktree"]
    assert entry == {
        "path": "../w",
        "dirty": True,
        "touched_at": "1970-01-01T00:00:00Z",
        "uncommitted": 2,
        "under_way": "rebase",
    }


def test_the_site_document_satisfies_its_schema() -> None:
    document = read(report.encode_site("out/index.html", 3, 2, 1))
    assert (document["written"], document["unchanged"], document["removed"]) == (3, 2, 1)


@pytest.mark.parametrize("name", shapes.SCHEMAS)
def test_a_schema_says_what_it_is_of(name: str) -> None:
    schema = json.loads(shapes.encode_schema(name))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert name in schema["title"]
    assert schema["description"]


def test_the_schema_refuses_a_missing_key() -> None:
    document = json.loads(report.encode_ledger(every_kind()))
    del document["branches"][0]["size"]
    with pytest.raises(jsonschema.ValidationError, match="size"):
        jsonschema.validate(document, json.loads(shapes.encode_schema("ledger")))
