"""What every output says about a repository: board, next, JSON and the pages, from the command line.

Belongs here: asking all of them at once. Does not: what one test expects of them.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import command


@dataclass(frozen=True, slots=True)
class Outputs:
    """The text of the board with its ended branches, of `next`, the document of the board, and the site's files."""

    board: str
    next: str
    document: dict[str, Any]
    files: dict[str, str]

    def branch(self, name: str) -> dict[str, Any]:
        """The branch's entry in the document."""
        (entry,) = (each for each in self.document["branches"] if each["name"] == name)
        return dict(entry)

    def names(self) -> set[str]:
        """The names of all branches."""
        return {each["name"] for each in self.document["branches"]}

    def page(self, name: str) -> str:
        """The branch's page, with its entities spelled out."""
        return html.unescape(command.page(self.files, self.branch(name)))

    def index(self) -> str:
        """The page of the board, likewise."""
        return html.unescape(self.files["index.html"])

    def row(self, name: str) -> str:
        """The lines about a branch on the board of the terminal."""
        lines = self.board.splitlines()
        (start,) = (number for number, line in enumerate(lines) if line.startswith(f"  {name} "))
        end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith("    ")), len(lines))
        return "\n".join(lines[start:end])


def read_outputs(folder: Path, *options: str) -> Outputs:
    """Ask every output; nothing is dormant in them unless `options` say so."""
    chosen = options or ("--dormant=never",)
    board = command.run(folder, "board", "--all", *chosen, env={"COLUMNS": "200"})
    assert board.code == 0, board
    document = command.run(folder, "board", "--format", "json", *chosen)
    assert document.code == 0, document
    said = command.run(folder, "next")
    assert said.code == 0, said
    out = folder.parent / f"{folder.name}-site"
    built = command.run(folder, "site", "--out", str(out), *chosen)
    assert built.code == 0, built
    files = {path: content.decode() for path, content in command.tree(out).items() if content is not None}
    return Outputs(board.out, said.out, json.loads(document.out), files)
