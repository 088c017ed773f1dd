"""Would git store a file as its bytes lie in the worktree? By attributes and settings, without running anything.

Belongs here: that question, for the content of one file. Does not: reading the file (see `uncommitted_files`), or
asking git for the attributes (see `git.queries`).

gitattributes(5) names four ways in which `git add` changes content: a filter, line ends, `ident`, and an encoding. A
filter is a program of the user's, so what it would make of a file is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_UNSET = ("unspecified", "unset", "set")


def pick_settings(config: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that this module and `uncommitted_files` ask for."""
    names = ("core.autocrlf", "core.filemode", "core.symlinks")
    return {key: value for key, value in config.items() if key in names or key.startswith("filter.")}


def names_filters(config: Mapping[str, str]) -> frozenset[str]:
    """The filters that would run at `git add`, by these settings."""
    keys = (re.fullmatch(r"filter\.(.+)\.(?:clean|process)", key, re.DOTALL) for key in config)
    return frozenset(match[1] for match in keys if match and config[match[0]])


def may_be_converted(content: bytes, filters: frozenset[str]) -> bool:
    """Do attributes decide anything about this content? For most files they do not, and git need not be asked."""
    # An encoding that git could be told of and that leaves no such byte in a text (UTF-7) is not looked for.
    return (
        bool(filters)
        or not content.isascii()
        or any(mark in content for mark in (b"\r\n", b"$Id", b"\x1b", b"\0"))
    )


def describe_conversion(
    content: bytes, attributes: Mapping[str, str], filters: frozenset[str], config: Mapping[str, str]
) -> str:
    """What `git add` would do to this content, in words; '' where it stores these very bytes."""
    name = attributes.get("filter", "unspecified")
    if name in filters:
        return f"the filter {name} would change it"
    if attributes.get("working-tree-encoding", "unspecified") not in _UNSET:
        return "git would change its encoding"
    if attributes.get("ident") == "set" and b"$Id" in content:
        return "git would change its $Id$"
    if b"\r\n" in content and _converts_line_ends(content, attributes, config.get("core.autocrlf", "")):
        return "git would change its line ends"
    return ""


def _converts_line_ends(content: bytes, attributes: Mapping[str, str], autocrlf: str) -> bool:
    """May git make LF of CRLF here? As git's convert.c decides, but for what is in the index."""
    text = attributes.get("text", "unspecified")
    if text not in ("set", "unset", "auto", "input"):
        text = attributes.get("crlf", "unspecified")
    if text == "unset":
        return False
    if text == "auto":
        return _is_text(content)
    if text in ("set", "input") or attributes.get("eol") in ("lf", "crlf"):
        return True
    return bool(autocrlf) and not is_false(autocrlf) and _is_text(content)


def is_false(setting: str) -> bool:
    """Does this value of a setting say no? (git-config(1), "boolean")"""
    return setting.lower() in ("false", "no", "off", "0")


def _is_text(content: bytes) -> bool:
    """May git take this for text? One NUL, or one CR alone, and it does not."""
    return b"\0" not in content and not re.search(rb"\r(?!\n)", content)
