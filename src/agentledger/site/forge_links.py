"""Addresses of branches and commits on the forge that the repository was cloned from.

Belongs here: which page of which kind of forge shows a branch or a commit. Does not: finding the forge
(see `repository.forge`), its page for a new file (see `newfile`), or links within the site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import encode


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and the words of its link."""

    href: str
    text: str


def review_link(fleet: Fleet, branch: Branch) -> Link | None:
    """The forge's page for this branch: its pull or merge request, or the comparison with base.

    None where the forge is not known, or the branch is not on it.
    """
    site = forge_address(fleet.forge)
    if site is None:
        return None
    request_match = re.fullmatch(r"refs/(?:remotes/[^/]+/)?(pull|merge-requests)/(\d+)(/head)?", branch.ref)
    if request_match:
        kind = "pull" if request_match[1] == "pull" else "-/merge_requests"
        return Link(f"{site}/{kind}/{request_match[2]}", f"Request {request_match[2]} on {host_name(site)}")
    # The name of a branch from another remote includes that remote's name. The forge does not have it.
    remote_match = re.fullmatch(f"refs/remotes/[^/]+/{re.escape(branch.name)}", branch.remote_ref or "")
    if remote_match is None or "bitbucket" in host_name(site):
        return None
    compare_path = "-/compare" if is_gitlab(site) else "compare"
    revisions = f"{_quote_name(fleet.base.name)}...{_quote_name(branch.name)}"
    return Link(f"{site}/{compare_path}/{revisions}", f"Compare on {host_name(site)}")


def commit_url_prefix(fleet: Fleet) -> str | None:
    """The address of a commit's page without the id, which is to be added; None where the forge is not known."""
    site = forge_address(fleet.forge)
    if site is None:
        return None
    if "bitbucket" in host_name(site):
        return f"{site}/commits/"
    return f"{site}/-/commit/" if is_gitlab(site) else f"{site}/commit/"


def forge_address(forge: str | None) -> str | None:
    """The forge's address without a slash at the end; None where a page must not link to it."""
    # Printable ASCII alone: no character in it is invisible, or ends the attribute it is written in.
    is_plain_ascii = forge is not None and forge.isascii() and forge.isprintable()
    if not is_plain_ascii or not forge or not re.fullmatch(r"https?://[^/@]+(/[^\s\"'<>\\?#]*)?", forge):
        return None
    return forge.rstrip("/")


def host_name(site: str) -> str:
    """The host of that address; "" where it has none."""
    return urlsplit(site).hostname or ""


def is_gitlab(site: str) -> bool:
    """Is the forge at this address a GitLab, by its host's name?"""
    return "gitlab" in host_name(site)


def _quote_name(name: str) -> str:
    return quote(encode(name), safe="/")
