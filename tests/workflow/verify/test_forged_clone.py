"""An agent in a linked worktree can write the clone itself; a rerun there records nothing but what the commit has.

Filters and attributes, objects under another's name, and the cache.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from agentledger.model.work import Trust
from verifying import EVIDENCE, Checks, reruns, standing

EACH = 'sh -c \'for f in "$@"; do ! grep -q BAD "$f" || exit 1; done\' x {changed:src/*.py}'


def smudge(desk: Checks) -> None:
    """A filter of the clone's own changes what a checkout writes."""
    desk.repo.git("config", "filter.mend.smudge", "sed 's/exit 1/exit 0/'")
    desk.repo.git("config", "filter.mend.clean", "cat")
    attributes = desk.repo.path / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.sh filter=mend\n")


def _replace_object(desk: Checks, name: str, kind: bytes, content: bytes) -> None:
    file = desk.repo.path / ".git/objects" / name[:2] / name[2:]
    file.unlink()
    file.write_bytes(zlib.compress(b"%s %d\0" % (kind, len(content)) + content))


def replace_blob(desk: Checks) -> None:
    """Under the name of the failing check's blob is the content of one that passes."""
    _replace_object(desk, desk.repo.git("rev-parse", "agent/x:check.sh"), b"blob", b"exit 0\n")


def replace_tree(desk: Checks) -> None:
    """Under the name of a folder's tree is one with the check of base; git looks at the topmost alone."""
    theirs = desk.repo.git_bytes("cat-file", "tree", "agent/x:src")
    names = desk.repo.git("rev-parse", "agent/x:src/check.sh", "main:check.sh").splitlines()
    old, new = map(bytes.fromhex, names)
    tree = theirs.replace(old, new)
    _replace_object(desk, desk.repo.git("rev-parse", "agent/x:src"), b"tree", tree)


def encode_lfs(desk: Checks) -> None:
    """The same filter under a name that is known."""
    desk.repo.git("config", "filter.lfs.smudge", "sed 's/exit 1/exit 0/'")
    (desk.repo.path / ".git/info").mkdir(exist_ok=True)
    (desk.repo.path / ".git/info/attributes").write_text("*.sh filter=lfs\n")


@pytest.mark.parametrize("forge", [smudge, replace_blob, replace_tree, encode_lfs])
def test_a_checkout_with_other_content_than_the_commit_is_no_rerun(
    tmp_path: Path, forge: Callable[[Checks], None]
) -> None:
    desk = Checks(tmp_path, {"test": "sh check.sh && sh src/check.sh"})
    desk.change("src/check.sh", "exit 1\n")
    desk.change("check.sh", "exit 1\n")
    desk.verify(code=1)
    typed = json.loads((desk.path / EVIDENCE / "test.json").read_text()) | {"exit_code": 0}
    desk.change(f"{EVIDENCE}/test.json", json.dumps(typed))
    forge(desk)
    said = desk.said("--rerun", "x", folder=desk.repo.path)
    assert said.code == 2
    assert "has other content than the commit: " in said.message
    assert "a clone of your own" in said.hint
    assert reruns(desk) == []
    assert standing(desk).trust is Trust.CLAIMED


@pytest.mark.parametrize(
    ("attributes", "scope"),
    [
        ("check.sh text eol=crlf", ""),
        ("check.sh ident", ""),
        ("check.sh filter=own", "global"),
    ],
)
def test_what_any_checkout_changes_is_a_rerun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attributes: str, scope: str
) -> None:
    desk = Checks(tmp_path, {"test": "test -s check.sh"})
    if scope:
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        desk.git("config", "--global", "filter.own.smudge", "sed 's/exit/true; exit/'")
        desk.git("config", "--global", "filter.own.clean", "sed 's/true; exit/exit/'")
    desk.change(".gitattributes", f"{attributes}\n")
    desk.change("check.sh", "exit 0 # $Id$\n")
    desk.verify()
    assert desk.verify("--rerun", "x", folder=desk.repo.path)["checks"][0]["trust"] == "reproduced"
    assert len(reruns(desk)) == 1


def test_which_files_a_rerun_looks_at_is_not_out_of_the_cache(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": EACH})
    desk.change("src/bad.py", "BAD\n")
    desk.verify(code=1)
    typed = json.loads((desk.path / EVIDENCE / "test.json").read_text()) | {"exit_code": 0}
    desk.change(f"{EVIDENCE}/test.json", json.dumps(typed))
    assert not desk.repo.exit_code("rev-parse", "agent/x")
    standing(desk)
    _take_out_of_nets(desk, "src/bad.py")
    desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert standing(desk).trust is Trust.CONTRADICTED


def _take_out_of_nets(desk: Checks, path: str) -> None:
    cache = sqlite3.connect(desk.repo.path / ".git/agentledger/cache.sqlite")
    rows = cache.execute("SELECT kind, key, value FROM entry WHERE kind LIKE '% net'").fetchall()
    assert any(path in row[2] for row in rows)
    for kind, key, value in rows:
        net = json.loads(value)
        net[2] = [change for change in net[2] if change[0] != path]
        cache.execute("UPDATE entry SET value = ? WHERE kind = ? AND key = ?", (json.dumps(net), kind, key))
    cache.commit()
    cache.close()
