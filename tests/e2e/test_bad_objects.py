"""Missing and damaged objects: the branch they belong to says so with git's reason, the rest is built."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import command
import damage
from gitrepo import Repo

pytestmark = pytest.mark.versions

PARTS = {
    "head": "{0}",
    "parent": "{0}~1",
    "root-tree": "{0}^{{tree}}",
    "tree": "{0}:d",
    "blob": "{0}:lost.txt",
}


@pytest.fixture
def damaged(repo: Repo) -> Repo:
    """A branch for each harm to each kind of object, beside two that are well."""
    base = repo.git("rev-parse", "main")
    for part in PARTS:
        for harm in damage.HARMS:
            name = f"agent/{part}-{harm.__name__}"
            repo.commit(name, {"kept.txt": f"kept of {name}\n"}, parents=[base])
            repo.commit(name, {"lost.txt": f"lost of {name}\n", f"d/{name}": f"{name}\n"})
    repo.flush()
    damage.unpack(repo)
    for part, revision in PARTS.items():
        for harm in damage.HARMS:
            harm(repo, revision.format(f"agent/{part}-{harm.__name__}"))
    return repo


def test_what_is_lost_is_named_and_everything_else_is_built(damaged: Repo) -> None:
    found = command.branches(damaged.path)
    files = command.site(damaged.path)
    hurt = [name for name in found if name not in ("agent/good", "agent/bad")]
    assert len(hurt) == len(PARTS) * len(damage.HARMS)
    for name in hurt:
        page = command.page(files, found[name])
        if "/blob-" in name:
            readable_without_a_blob(found[name], page)
        else:
            unreadable(found[name], page)
    for name in ("agent/good", "agent/bad"):
        assert (found[name]["state"], found[name]["base_conflict"]["clean"]) == ("open", True)
        assert found[name]["size"]["added"]
    # The pages are published: no path of this machine may be on them.
    assert [path for path, text in files.items() if str(damaged.path) in text] == []


def unreadable(entry: dict[str, object], page: str) -> None:
    """It says why, and what it says nothing about is not made up."""
    assert entry["state"] == "unreadable"
    assert any(word in str(entry["state_why"]) for word in ("missing", "corrupt", "read", "empty"))
    assert (entry["size"], entry["active_at"]) == ({"files": None, "added": None, "removed": None}, None)
    assert entry["next_action"] == {
        "text": "See which objects are missing or damaged",
        "command": "git fsck --connectivity-only",
    }
    assert str(entry["state_why"]) in page
    assert "1970" not in page
    assert "0 files" not in page


def readable_without_a_blob(entry: dict[str, object], page: str) -> None:
    """The other files are shown; that one is not computed, and nothing sums over it."""
    assert entry["state"] == "open"
    changes = {change["path"]: change for change in entry["changes"]}  # type: ignore[attr-defined]  # JSON
    assert changes["kept.txt"]["added"] == 1
    assert (changes["lost.txt"]["added"], changes["lost.txt"]["binary"]) == (None, None)
    assert entry["size"] == {"files": 3, "added": None, "removed": None}
    assert f"kept of {entry['name']}" in page
    assert (
        "Its content is not in this clone, or damaged." in page or "git could not read its content." in page
    )


def test_content_that_a_merge_needs_makes_the_verdict_unknown(repo: Repo) -> None:
    text = "".join(f"{n}\n" for n in range(20))
    root = repo.commit("main", {"a.txt": text}, parents=[repo.git("rev-parse", "main")])
    repo.commit("agent/x", {"a.txt": text.replace("3\n", "three\n")}, parents=[root])
    repo.commit("main", {"a.txt": text + "more\n"}, parents=[root])
    repo.flush()
    damage.unpack(repo)
    oid = repo.git("rev-parse", "main:a.txt")
    damage.truncate(repo, "main:a.txt")
    found = command.branches(repo.path)
    assert found["agent/x"]["base_conflict"]["clean"] is None
    assert oid in found["agent/x"]["base_conflict"]["failed"]
    assert found["agent/good"]["base_conflict"]["clean"] is True
    assert oid in command.page(command.site(repo.path), found["agent/x"])
    # It is not remembered: once the object is back, so is the answer.
    damage.remove(repo, "main:a.txt")
    repo.git("hash-object", "-w", "--stdin", input=text + "more\n")
    assert command.branches(repo.path)["agent/x"]["base_conflict"]["clean"] is True


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_pack_ends_with_a_sentence_or_a_fleet(repo: Repo, tmp_path: Path, seed: int) -> None:
    """A byte is turned over anywhere in the only pack; whatever that hits, nothing is a bug of ours."""
    repo.git("repack", "-adfq")
    (pack,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[random.Random(seed).randrange(12, len(content) - 20)] ^= 0xFF
    damage.rewrite(pack, bytes(content))
    said = command.run(repo.path, "site", "--out", str(tmp_path / "out"))
    assert said.code in (0, 2)
    assert (said.code == 0) == (tmp_path / "out" / "index.html").exists()
    if said.code:
        assert said.message.startswith("base cannot be read: ")
        assert said.hint


def test_a_pack_that_is_no_pack(repo: Repo) -> None:
    repo.git("repack", "-adfq")
    (file,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    damage.rewrite(file, b"junk")
    said = command.refused(repo.path, "board")
    assert said.message == (
        "base cannot be read: refs/heads/main points to an object that is missing or damaged"
    )
