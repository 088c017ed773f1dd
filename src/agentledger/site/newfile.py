"""The forge's own page for a new file on the control branch: its address, with the text filled in.

Belongs here: how each kind of forge is asked for that page. Does not: which files a reader is offered (see
`reply` and `newtask`), their texts (see `document_templates`), or which forge it is (see
`repository.forge`).

This needs no server of ours, so that a manager can answer from a phone. What is known of the three forges,
and from where:

- GitHub, `OWNER/REPO/new/BRANCH?filename=PATH&value=TEXT`. Both are undocumented (github/docs#30967 asked for
  it in vain), but the bot of Changesets has offered such links in thousands of repositories for years, with a
  path of several parts, as a folder that is not there yet needs. Addresses beyond 8 KiB are refused (414).
- GitLab, `-/new/BRANCH?file_name=PATH`. The name is put in its field (views/projects/blob/_editor.html.haml);
  a text is not: gitlab-org/gitlab#337038 asks for that. Its older releases took one as `content`, 16.11 opens
  an empty editor (un-ts/changesets-gitlab#178), and so does its later source (blob_edit/edit_blob.js).
- Gitea since 1.15, and Forgejo, `_new/BRANCH?filename=PATH&value=TEXT` (go-gitea/gitea#16556; the path is
  read in routers/web/repo/editor.go, the text in web_src/js/features/repo-editor).

All of this was read in public sources, not tried on a running forge. Other kinds of forge get no link.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from agentledger.model.fleet import Control, Fleet, Sync
from agentledger.model.text import HIDDEN, encode
from agentledger.repository import forge
from agentledger.site import forge_links

# Bytes of an address. Servers and mail programs refuse more than 8 KiB, and proxies may add to it.
LONGEST = 6000


@dataclass(frozen=True, slots=True)
class NewFile:
    """A link to the page for a new file. `text` is to be pasted there; "" where the page is filled in already."""

    label: str
    href: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no such link, and the command that changes that; "" where there is none."""

    note: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The page's folder, and its query's keys for name and text; "" where it takes no text."""

    page: str
    name: str
    text: str


_KINDS = {
    "github": _Kind("new", "filename", "value"),
    "gitlab": _Kind("-/new", "file_name", ""),
    "gitea": _Kind("_new", "filename", "value"),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the manager can write files: the repository's address on the forge, and the branch there."""

    site: str
    branch: str

    @property
    def host(self) -> str:
        """The forge's host, for sentences about it."""
        return forge_links.host_name(self.site)

    def new_file(self, label: str, path: str, text: str) -> NewFile | None:
        """The page for a new file at `path`; None where the path has characters that a reader cannot see."""
        if HIDDEN.search(path):
            return None
        kind = _KINDS[forge.forge_kind(self.site) or ""]
        page_url = f"{self.site}/{kind.page}/{quote(encode(self.branch))}?{kind.name}={quote(encode(path))}"
        filled_url = f"{page_url}&{kind.text}={quote(text, safe='')}" if kind.text else ""
        # Too long for an address: the page opens empty, and the reader pastes the text.
        if filled_url and len(filled_url) <= LONGEST:
            return NewFile(label, filled_url, path, "")
        return NewFile(label, page_url, path, text)


def find_desk(fleet: Fleet) -> Desk | None:
    """Where to write on the forge; None where it is not known, or has no control branch as of the last fetch."""
    control = fleet.control
    site = _known_forge(fleet)
    if site is None or control is None or not _is_published(control) or HIDDEN.search(control.name):
        return None
    return Desk(site, control.name)


def find_missing(fleet: Fleet) -> Missing | None:
    """What a known forge lacks for that; None where it lacks nothing, or the board says already what is wrong."""
    site, control = _known_forge(fleet), fleet.control
    if site is None or control is None or _is_published(control):
        return None
    name, host = control.name, forge_links.host_name(site)
    if control.ref is not None:
        return Missing(f"{host} has no branch {name} yet. To publish it:", "agentledger sync")
    # A note: there is a branch of that name, but it is no control branch. The board shows the note.
    return None if control.note else Missing(f"There is no branch {name} yet to write on at {host}.")


def _known_forge(fleet: Fleet) -> str | None:
    site = forge_links.forge_address(fleet.forge)
    return site if site and forge.forge_kind(site) in _KINDS else None


def _is_published(control: Control) -> bool:
    """Does the remote have the branch, as of the last fetch?"""
    return control.ref is not None and control.sync is not Sync.LOCAL
