"""Finds and reads the pull-request template that base has, where forges look for one.

Belongs here: finding and reading it. Does not: filling it in (see `handover.pr_body`), or writing ours where there
is none (see `init_template`).

Each forge knows some folders, in any case of letters, and reads some of the others'. Of several templates the one
counts that a forge would take by itself.
"""

from __future__ import annotations

import re

from agentledger.git import objects, process
from agentledger.git.process import Git

_NAME = r"pull_request_template(?:\.(?:md|markdown|txt))?"
# The first of these places that has a template counts. The second one is the top of the repository.
_PLACES = tuple(
    re.compile(place, re.IGNORECASE)
    for place in (
        rf"\.github/{_NAME}",
        _NAME,
        rf"docs/{_NAME}",
        rf"\.(?:gitea|forgejo)/{_NAME}",
        r"\.gitlab/merge_request_templates/default\.md",
        rf"\.azuredevops/{_NAME}",
        r"(?:\.github/|docs/|\.gitea/|\.azuredevops/)?pull_request_template/[^/]+\.md",
        r"\.gitlab/merge_request_templates/[^/]+\.md",
    )
)
_FOLDERS = (".github", "docs", ".gitea", ".forgejo", ".gitlab", ".azuredevops", "pull_request_template")


def read_template(sealed: Git, base: str) -> str | None:
    """The template in the commit `base`, with LF line ends; None where there is none that is text."""
    path = choose_template(_candidate_paths(sealed, base))
    if path is None:
        return None
    raw, code, _ = process.run_unchecked(sealed, ["cat-file", "blob", f"{base}:{path}"])
    text = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return None if code or b"\0" in text else text.decode("utf-8", "replace")


def choose_template(paths: list[str]) -> str | None:
    """The path, among these, of the template that counts; None without one."""
    for pattern in _PLACES:
        matching = sorted(path for path in paths if pattern.fullmatch(path))
        if matching:
            return matching[0]
    return None


def _candidate_paths(sealed: Git, base: str) -> list[str]:
    """The paths at the top of a commit, and in the folders in which a template can be."""
    top = objects.read_tree_names(sealed, [base])
    folders = [path for path in top if path.lower() in _FOLDERS]
    below = objects.read_tree_names(sealed, ["-r", base, "--", *folders]) if folders else []
    return [*top, *below]
