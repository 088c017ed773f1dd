"""Names, paths and texts of every kind: shown, told apart, and told exactly."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

import command
from agentledger.model.text import HIDDEN
from gitrepo import Repo

# What git takes as the name of a branch, though no shell, page or file system likes it.
ODD = (
    *("agent/x#1", "agent/x%231", "agent/x%2F1", 'agent/q"uote', "agent/it's", "agent/a&b<script>"),
    *("agent/$(id)`id`", "agent/;rm", "agent/x|y", "agent/{a,b}", "agent/x,y", "agent/@", "agent/a@b"),
    *("agent/🚀", "agent/‥/etc", "agent/．．/x", "agent/x\u00a0y", "agent/e\u0301", "agent/é"),
    *("agent/\u202egnp.exe", "agent/zero\u200bwidth", "-dash", "--help", "agent/-dash", "agent/HEAD"),
    *("agent/CON", "agent/aux.txt", "agent/index", "agent/index.html"),
    *("agent/" + "n" * 240, "agent/" + "日" * 80, "agent/\udcff\udcfe"),
)
CASES = ("agent/Case", "agent/case", "agent/CASE")


@pytest.fixture
def odd(repo: Repo) -> Repo:
    """A branch for each of these names, in packed refs: a file system could not hold some of them."""
    head = repo.git("rev-parse", "agent/good")
    repo.git("pack-refs", "--all")
    packed = repo.path / ".git" / "packed-refs"
    lines = {line for line in packed.read_bytes().splitlines() if line[:1] not in b"#^"}
    lines |= {f"{head} refs/heads/{name}".encode("utf-8", "surrogateescape") for name in (*ODD, *CASES)}
    ordered = sorted(lines, key=lambda line: line.partition(b" ")[2])
    packed.write_bytes(b"# pack-refs with: peeled fully-peeled sorted \n" + b"\n".join(ordered) + b"\n")
    return repo


def test_every_branch_has_a_page_of_its_own_on_every_file_system(odd: Repo) -> None:
    files = command.site(odd.path, "--branches", "*")
    pages = [path for path in files if path.startswith("branch/")]
    assert len(pages) == len(ODD) + len(CASES) + 2
    assert len({page.casefold() for page in pages}) == len(pages)
    # Short, lower case, ASCII, and no name that Windows keeps for a device.
    assert all(re.fullmatch(r"branch/[a-z0-9][a-z0-9-]{0,60}-[0-9a-f]{8}\.html", page) for page in pages)
    linked = {unquote(html.unescape(link)) for link in re.findall('href="([^"#:]+)"', files["index.html"])}
    assert set(pages) <= linked <= set(files)
    back = {link for page in pages for link in re.findall('href="(\\.\\./[^"#:]+)"', files[page])}
    assert {link.removeprefix("../") for link in back} <= set(files)
    for name in ("<script>", "\u202e", "\u200b"):
        assert not any(f"agent/a&b{name}" in files[page] or name in text(files[page]) for page in pages)


def text(page: str) -> str:
    """A page without the addresses of its scripts."""
    return re.sub('<script src="[^"]*"[^>]*>', "", page)


def test_every_branch_is_told_exactly_and_harmlessly(odd: Repo) -> None:
    found = command.board(odd.path, "--branches", "*")["branches"]
    names = {exact(entry, "ref"): entry for entry in found}
    assert set(names) == {
        f"refs/heads/{name}".encode("utf-8", "surrogateescape")
        for name in (*ODD, *CASES, "agent/good", "agent/bad")
    }
    commands = [entry["next_action"]["command"] for entry in found]
    assert not any(HIDDEN.search(line) for line in commands if line)
    shown = command.run(odd.path, "board", "--dormant=never", "--branches", "*").out
    assert not HIDDEN.search(shown.replace("\n", ""))


def test_a_command_about_an_odd_name_works_as_it_is_typed(odd: Repo) -> None:
    found = command.branches(odd.path, "--branches", "*")
    for name in ("agent/it's", "-dash", "--help", "agent/$(id)`id`", "agent/HEAD", "agent/@", "agent/case"):
        line = found[name]["next_action"]["command"]
        code, printed = odd.answer("-c", f"alias.typed=!{line}", "typed")
        assert code == 0, line
        assert "good.txt" in printed


def exact(entry: dict[str, str], key: str) -> bytes:
    """The bytes of a name or path, given as such where its text cannot hold them."""
    raw = entry.get(f"{key}_base64")
    return base64.b64decode(raw) if raw else entry[key].encode()


def test_bytes_that_are_no_utf_8_are_readable_everywhere(repo: Repo) -> None:
    paths = [b"p\xe9th.txt", b"new\nline", b'q"uote\t', "right\u202e.txt".encode(), b"\xff/\xfe"]
    repo.commit(
        "agent/\udcfflatin",
        dict.fromkeys(paths, "1\n"),
        parents=[repo.git("rev-parse", "main")],
        author=("J\udcf6rg", "j\udcff@example.com"),
        message=b"caf\xe9 \x1b[31m\n\nCo-authored-by: Cl\xe4ude <c\xff@example.com>\n",
    )
    repo.flush()
    (entry,) = command.board(repo.path, "--branches", "*latin")["branches"]
    assert {exact(change, "path") for change in entry["changes"]} == set(paths)
    assert entry["name"] == r"agent/\xfflatin"
    (commit,) = entry["commits"]
    assert commit["author"] == {"name": r"J\xf6rg", "email": r"j\xff@example.com"}
    assert commit["trailers"] == [["Co-authored-by", r"Cl\xe4ude <c\xff@example.com>"]]
    files = command.site(repo.path, "--branches", "*latin")
    assert json.loads(files["ledger.json"])["branches"][0]["changes"] == entry["changes"]
    (page,) = (path for path in files if path.startswith("branch/"))
    for shown in (r"\xfflatin", r"p\xe9th.txt", r"J\xf6rg", r"caf\xe9"):
        assert shown in re.sub("<[^>]*>", "", files[page])
    assert "\x1b" not in files[page] + files["index.html"]


def test_a_commit_in_another_encoding_or_with_half_a_header(repo: Repo) -> None:
    tree, parent = repo.git("rev-parse", "agent/good^{tree}"), repo.git("rev-parse", "main")
    for name, who, encoding in (
        ("latin1", b"J\xf6rg <j@example.com> 1700000000 +0000", b"encoding ISO-8859-1\n"),
        ("unknown", b"J\xf6rg <j@example.com> 1700000000 +0000", b"encoding no-such-thing\n"),
        ("half", b"no address and no date", b""),
        ("never", b"N <n@example.com> 99999999999999999999 +0000", b""),
    ):
        raw = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n%s\nR\xe9sum\xe9\n"
        content = raw % (tree.encode(), parent.encode(), who, who, encoding)
        oid = repo.git_bytes("hash-object", "-t", "commit", "--literally", "-w", "--stdin", input=content)
        repo.git("update-ref", f"refs/heads/agent/{name}", oid.decode().strip())
    found = command.branches(repo.path)
    assert found["agent/latin1"]["commits"][0]["subject"] == "Résumé"
    assert found["agent/latin1"]["commits"][0]["author"]["name"] == "Jörg"
    assert found["agent/unknown"]["commits"][0]["subject"] == r"R\xe9sum\xe9"
    assert {found[f"agent/{name}"]["state"] for name in ("half", "never")} == {"open"}
    files = command.site(repo.path)
    assert "Résumé" in command.page(files, found["agent/latin1"])


def test_a_repository_in_a_folder_of_an_odd_name(tmp_path: Path) -> None:
    for name in ('q"uote', "#sp ace", "\udcff"):
        odd = Repo.init(tmp_path / name)
        odd.ref("agent/x", odd.commit("main", {"f": "1\n"}))
        odd.commit("agent/x", {"f": "2\n"}, parents=[odd.git("rev-parse", "main")])
        odd.flush()
        assert command.branches(odd.path)["agent/x"]["base_conflict"]["clean"] is True, name
    broken = Repo.init(tmp_path / "two\nlines")
    assert "holds a line break" in command.refused(broken.path, "site").message
