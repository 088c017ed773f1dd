"""Finds the files that ship with agentledger: templates, schemas, hooks, and the site's static parts.

Belongs here: the folders they are in. Does not: reading them, or any folder of the user's.

In a checkout they are at the top, where they are edited; in the wheel they are in `agentledger/_data/` (see
`tool.hatch.build` in pyproject.toml).
"""

from __future__ import annotations

from pathlib import Path

from agentledger.model.errors import LedgerError

PACKAGE = Path(__file__).resolve().parents[1]


def resource_folder(name: str) -> Path:
    """The path of a shipped folder: "templates", "schemas", "site" or "hooks".

    The installed package comes first, then the checkout that this file is in. Raises LedgerError where
    neither has it: the installation is damaged.
    """
    for home in _candidate_homes(PACKAGE):
        if (home / name).is_dir():
            return home / name
    raise LedgerError(
        f"agentledger's own folder “{name}” is missing beside {PACKAGE}.",
        "The installation is incomplete: install agentledger again.",
    )


def _candidate_homes(package: Path) -> tuple[Path, ...]:
    # Only a `src` folder marks a checkout: two levels above an installed package is
    # Python's own library, where a folder of the same name would not be ours.
    checkout = (package.parents[1],) if package.parent.name == "src" else ()
    return (package / "_data", *checkout)
