"""The sample's files in `templates/demo/`: all of them are used, one that is missing is an error, none misleads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentledger.model.errors import LedgerError
from agentledger.storage import resources
from agentledger.workflow.demo import create_demo, demo_files

NOW = 1_790_000_000


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """Nothing is remembered from another test, and nothing for another."""
    demo_files.read_demo_file.cache_clear()
    yield
    demo_files.read_demo_file.cache_clear()


def shipped() -> dict[Path, bytes]:
    folder = resources.resource_folder("templates") / "demo"
    found = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {path: path.read_bytes() for path in found}


def test_every_file_that_ships_is_read_for_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[Path] = set()
    read_bytes = Path.read_bytes

    def record(path: Path) -> bytes:
        read.add(path)
        return read_bytes(path)

    wanted = set(shipped())
    monkeypatch.setattr(Path, "read_bytes", record)
    create_demo.create_demo(tmp_path / "demo", NOW)
    assert wanted - read == set()


def test_no_file_that_ships_has_a_character_that_turns_a_line_around() -> None:
    hidden = re.compile("[\u202a-\u202e\u2066-\u2069]")
    texts = {path: content.decode() for path, content in shipped().items() if path.suffix != ".png"}
    assert [path for path, text in texts.items() if hidden.search(text)] == []
    assert "\u202e" in demo_files.read_demo_file("versions/labels/src/orchard/labels.py").decode()


def test_a_file_that_is_missing_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "templates"
    shutil.copytree(resources.resource_folder("templates"), copy)
    (copy / "demo" / "versions" / "start" / "README.md").unlink()
    monkeypatch.setattr(resources, "resource_folder", {"templates": copy}.__getitem__)
    with pytest.raises(LedgerError, match=r"templates/demo/versions/start/README\.md") as caught:
        create_demo.create_demo(tmp_path / "demo", NOW)
    assert "install agentledger again" in caught.value.hint
