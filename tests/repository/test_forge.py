"""A remote's address as the web address of its repository."""

from __future__ import annotations

import pytest

from agentledger.repository.forge import forge_kind, web_address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("github.com:o/r", "https://github.com/o/r"),
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://github.com/o/r/", "https://github.com/o/r"),
        ("http://GitHub.com/o/r", "https://github.com/o/r"),
        ("ssh://git@gitlab.example.com:2222/group/sub/r.git", "https://gitlab.example.com/group/sub/r"),
        ("git://codeberg.org/o/r", "https://codeberg.org/o/r"),
        ("https://user:secret@github.com/o/r.git", "https://github.com/o/r"),
        ("https://token@github.com:8443/o/r.git", "https://github.com/o/r"),
        ("org-123@github.com:o/r.git", "https://github.com/o/r"),
    ],
)
def test_known_hosts_give_a_web_address_without_secrets_and_ports(remote: str, address: str) -> None:
    assert web_address(remote) == address


@pytest.mark.parametrize(
    "remote",
    [
        "", "/srv/git/r.git", "../r", "C:\\github.com\\r", "file:///srv/github.com/r", "https://example.com/o/r",
        "git@example.com:o/r", "javascript:alert(1)//github.com/o/r", "https://github.com/o/r?x=<script>",
        "https://github.com/o/r#x", "https://github.com/o r", "ext::sh -c github.com", "https://github.com/",
        "https://github.com@example.com/o/r", "https://a@b@github.com/o/r",
    ],
)  # fmt: skip
def test_everything_else_gives_none(remote: str) -> None:
    assert web_address(remote) is None


@pytest.mark.parametrize(
    ("address", "forge"),
    [
        ("https://github.com/o/r", "github"),
        ("github.example.com", "github"),
        ("https://gitlab.com/o/r", "gitlab"),
        ("https://gitea.example.com/o/r", "gitea"),
        ("https://codeberg.org/o/r", "gitea"),
        ("https://forgejo.example.com/o/r", "gitea"),
        ("https://example.com/github/r", None),
    ],
)
def test_a_host_says_which_forge_it_is(address: str, forge: str | None) -> None:
    assert forge_kind(address) == forge
