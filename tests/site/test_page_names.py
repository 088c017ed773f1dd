"""Page names, the order of files, links to forges, commands: the small decisions of the site."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sitefleet as sf
from agentledger.model.fleet import Base, State, Sync, Worktree
from agentledger.model.policy import Policy
from agentledger.site import forge_links
from agentledger.site.branch_commands import build_commands, file_diff_command
from agentledger.site.file_order import Role, order_changes
from agentledger.site.page_names import name_pages

HOSTILE = ("CON", "nul", "a/../b", "x#y%z", 'it\'s "q"', "été", "🙂", "..", "a" * 300, "A/b", "a/B", "a-b")


def test_page_names_are_unique_and_safe_on_every_file_system() -> None:
    branches = [sf.branch(name) for name in HOSTILE]
    names = name_pages(branches)
    assert len({name.lower() for name in names.values()}) == len(HOSTILE)
    for name in names.values():
        assert re.fullmatch("branch/[a-z0-9][a-z0-9-]{0,48}-[0-9a-f]{8}", name), name


@given(st.lists(st.text(min_size=1), unique=True))
def test_page_names_of_any_names_are_unique(names: list[str]) -> None:
    pages = name_pages([sf.branch(name) for name in names])
    assert len(set(pages.values())) == len(names)


def test_a_page_keeps_its_name_when_the_branch_is_pushed() -> None:
    local = sf.branch("claude/x")
    pushed = sf.branch("claude/x", ref="refs/remotes/origin/claude/x", sync=Sync.BEHIND)
    assert set(name_pages([local]).values()) == set(name_pages([pushed]).values())


def test_branches_that_come_to_the_same_name_each_get_a_page() -> None:
    twins = [sf.branch("x"), sf.branch("x", ref="refs/remotes/fork/x")]
    assert len(set(name_pages(twins).values())) == 2


def test_conflicts_come_first_then_source_by_size_with_its_tests_then_what_machines_write() -> None:
    sizes = {
        "package-lock.json": 900,
        "src/small.py": 2,
        "tests/test_big.py": 5,
        "web/Login.test.tsx": 7,
        "web/Login.tsx": 50,
        "src/big.py": 90,
        "tests/test_other.py": 300,
        "docs/zeta.md": 1,
        "api/user_pb2.py": 400,
        "pkg/store_test.go": 3,
        "pkg/store.go": 20,
    }
    changes = [sf.change(path, added, 0) for path, added in sorted(sizes.items())]
    found = [
        (change.path.decode(), role) for change, role in order_changes(changes, Policy(), {b"docs/zeta.md"})
    ]
    assert found == [
        ("docs/zeta.md", Role.CONFLICT),
        ("src/big.py", Role.SOURCE),
        ("tests/test_big.py", Role.TEST),
        ("web/Login.tsx", Role.SOURCE),
        ("web/Login.test.tsx", Role.TEST),
        ("pkg/store.go", Role.SOURCE),
        ("pkg/store_test.go", Role.TEST),
        ("src/small.py", Role.SOURCE),
        ("tests/test_other.py", Role.TEST),
        ("package-lock.json", Role.GENERATED),
        ("api/user_pb2.py", Role.GENERATED),
    ]


@given(st.lists(st.binary(min_size=1), unique=True))
def test_ordering_loses_no_file(paths: list[bytes]) -> None:
    changes = [sf.change(path) for path in paths]
    assert sorted(change.path for change, _ in order_changes(changes, Policy(), set(paths[:2]))) == sorted(
        paths
    )


@pytest.mark.parametrize(
    ("forge", "href"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/compare/main...claude/x%23y"),
        ("https://gitlab.example.org/a/b/", "https://gitlab.example.org/a/b/-/compare/main...claude/x%23y"),
        ("https://codeberg.org/a/b", "https://codeberg.org/a/b/compare/main...claude/x%23y"),
        ("https://bitbucket.org/a/b", None),
        ('https://evil/"onload=', None),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_the_forge_compares_a_branch_that_it_has(forge: str | None, href: str | None) -> None:
    pushed = sf.branch("claude/x#y", remote_ref="refs/remotes/origin/claude/x#y")
    link = forge_links.review_link(sf.fleet(pushed, forge=forge), pushed)
    assert (link.href if link else None) == href


def test_a_local_branch_has_no_link_and_a_request_has_its_own() -> None:
    fleet = sf.fleet(forge="https://github.com/a/b")
    assert forge_links.review_link(fleet, sf.branch("claude/x")) is None
    request = forge_links.review_link(fleet, sf.branch("pull/7/head", ref="refs/pull/7/head"))
    assert request is not None
    assert request.href == "https://github.com/a/b/pull/7"


BASE = Base(
    name="main",
    ref="refs/remotes/origin/main",
    head=sf.oid("main"),
    why="",
    sync=Sync.BEHIND,
    other_ref="refs/heads/main",
)


def test_commands_quote_what_a_shell_would_read() -> None:
    odd = sf.branch("claude/$(reboot);'x", remote_ref="refs/remotes/origin/claude/$(reboot);'x")
    found = {command.purpose: shlex.split(command.text) for command in build_commands(odd, BASE)}
    assert found["Fetch"] == ["git", "fetch", "--", "origin"]
    assert found["Read the whole diff"] == ["git", "diff", "origin/main...claude/$(reboot);'x"]
    assert found["Check it out"] == ["git", "switch", "--", "claude/$(reboot);'x"]
    assert found["Merge it into main"][-4:] == ["git", "merge", "--no-ff", "claude/$(reboot);'x"]


def test_a_name_with_hidden_characters_is_never_to_be_typed() -> None:
    odd = sf.branch("claude/\u202ex", worktree=Worktree("../\u200bx", False, None))
    assert all("\u202e" not in c.text and "\u200b" not in c.text for c in build_commands(odd, BASE))
    assert file_diff_command(odd, BASE, "a\u200bb".encode()) is None
    assert file_diff_command(odd, BASE, b"a b") == f"git diff origin/main...{odd.head} -- ':(top,literal)a b'"


def test_ended_branches_are_not_offered_for_merging() -> None:
    merged = build_commands(sf.branch("x", state=State.MERGED), BASE)
    assert not any(command.purpose.startswith("Merge") for command in merged)
    assert build_commands(sf.branch("x", state=State.UNREADABLE), BASE) == ()
