"""Plans a pull-request template with the packet's sections, where the repository has no template of its own.

Belongs here: where forges look for one, and writing ours. Does not: filling one in (see `handover.pr_body`), or
which forge it is (see `repository.forge`).

Forges look in several folders, in any case of letters, and some also in each other's folders. So a template in any
of these places is the repository's own choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agentledger.git import objects
from agentledger.git.process import Git
from agentledger.model.text import escape_hidden
from agentledger.storage import resources
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Write, read_content

# By the kind of forge. Gitea, Forgejo and GitHub read the last one, so it goes where the kind is not known.
PLACES = {
    "gitlab": ".gitlab/merge_request_templates/Default.md",
    "gitea": ".gitea/pull_request_template.md",
    "github": ".github/pull_request_template.md",
}
_FOLDERS = (".github", ".gitea", ".forgejo", ".gitlab", ".azuredevops", "docs")
_TEMPLATE = re.compile(
    r"(?:(?:\.github|\.gitea|\.forgejo|\.azuredevops|docs)/)?pull_request_template(?:\.\w+|/.+)?"
    r"|\.gitlab/merge_request_templates/.+",
    re.IGNORECASE,
)


def template_path(kind: str | None) -> str:
    """Where a forge of this kind looks for a template; None is a forge that is not known."""
    return PLACES[kind or "github"]


def plan_template(git: Git, top: Path, base: str | None, kind: str | None) -> Plan:
    """The plan that writes our template; a note where the work tree `top` or the commit `base` has one already."""
    file = top / template_path(kind)
    text = (resources.resource_folder("templates") / "init" / "pull_request_template.md").read_bytes()
    existing = next((path for path in _list_candidates(git, top, base) if _TEMPLATE.fullmatch(path)), None)
    if existing is not None:
        if (top / existing).is_file() and read_content(top / existing) == text:
            return Plan()
        note = f"{escape_hidden(existing)} stays as it is; agentledger packet --pr-body fills it in"
        return Plan(notes=(note,))
    # A folder on the way can be a link that leads out of the work tree.
    if not file.resolve().is_relative_to(top.resolve()):
        return Plan(notes=(f"{template_path(kind)} would be outside of this work tree: it is not written",))
    return Plan((Write(file, None, text),), Manifest({file: Written(hash_content(text), True)}))


def _list_candidates(git: Git, top: Path, base: str | None) -> Iterator[str]:
    """The files at the top and in the folders that forges look in: paths from the top, in the work tree and base."""
    for each in sorted(top.iterdir()):
        if not each.is_dir():
            yield each.name
        elif each.name.lower() in (*_FOLDERS, "pull_request_template"):
            below = (file for file in sorted(each.rglob("*")) if not file.is_dir())
            yield from (file.relative_to(top).as_posix() for file in below)
    if base is not None:
        names = objects.read_tree_names(git, [base])
        folders = [name for name in names if name.lower() in _FOLDERS]
        yield from names
        yield from objects.read_tree_names(git, ["-r", base, "--", *folders]) if folders else ()
