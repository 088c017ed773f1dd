"""How much a reader of the site has to read: two agentledgers build it of one repository, and characters are counted.

Belongs here: which text of a page is seen, and the table. Does not: how long a build takes (see `stages`).

    python benchmarks/page_text.py REPO... --old CHECKOUT --new CHECKOUT

A checkout has agentledger in its `.venv`. `seen` is what is on a page before anything is clicked: neither scripts, nor
what is hidden, nor what lies in a closed `<details>` (whose summary counts). `all` has that, too. A run of blanks
counts as one character.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "br", "hr", "img", "input", "source", "wbr", "col"}
_NEVER_SEEN = {"script", "style", "title", "desc", "option"}
KINDS = ("board", "branch", "diff", "documents", "other")


class PageText(HTMLParser):
    """The text of a page, with and without what is folded away."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.everything: list[str] = []
        #: The open elements: the name, whether its text is never seen, whether a fold hides it.
        self._open: list[tuple[str, bool, bool]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        _, never, folded = self._open[-1] if self._open else ("", False, False)
        is_shut = bool(self._open) and self._open[-1][0] == "details shut"
        if tag not in _VOID:
            folded = folded or (is_shut and tag != "summary")
            name = "details shut" if tag == "details" and "open" not in names else tag
            self._open.append((name, never or tag in _NEVER_SEEN or "hidden" in names, folded))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in _VOID and self._open.pop()[0].split()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        name, never, folded = self._open[-1] if self._open else ("", False, False)
        if not never:
            self.everything.append(data)
            if not folded and name != "details shut":
                self.seen.append(data)


def count_characters(parts: Sequence[str]) -> int:
    """The length of a text, a run of blanks as one character."""
    return len(" ".join("".join(parts).split()))


def kind_of_page(path: str) -> str:
    """What a file of the site is, by its path below the site."""
    if not path.startswith("branch/"):
        return "board" if path == "index.html" else "other"
    kind = path.removesuffix(".html").rpartition(".")[2]
    return kind if kind in KINDS else "branch"


def measure_site(site: Path) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Pages, characters that are seen, and all characters, by kind of page."""
    pages, seen, everything = Counter[str](), Counter[str](), Counter[str]()
    for file in sorted(site.rglob("*.html")):
        kind = kind_of_page(file.relative_to(site).as_posix())
        text = PageText(file.read_text("utf-8"))
        pages[kind] += 1
        seen[kind] += count_characters(text.seen)
        everything[kind] += count_characters(text.everything)
    return pages, seen, everything


def build_site(checkout: Path, repo: Path, out: Path, options: Sequence[str]) -> None:
    """Build the site of a repository with the agentledger of a checkout, with nothing remembered."""
    program = str(checkout / ".venv" / "bin" / "agentledger")
    env = os.environ | {"XDG_CACHE_HOME": str(out.parent / f"{out.name}-cache")}
    command = [program, "site", "--repo", str(repo), "--out", str(out), *options]
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)


def compare_sites(old: Path, new: Path) -> Iterator[str]:
    """The lines of the table for one repository."""
    (pages, seen_old, all_old), (_, seen_new, all_new) = measure_site(old), measure_site(new)
    rows = [(kind, (kind,)) for kind in KINDS if seen_old[kind] or seen_new[kind]]
    for name, kinds in (*rows, ("board + branch", ("board", "branch"))):
        numbers = [sum(count[k] for k in kinds) for count in (seen_old, seen_new, all_old, all_new)]
        ratios = [f"{new / old:5.2f}" if old else "    –" for old, new in (numbers[:2], numbers[2:])]
        shown = [f"{number:>11,}" for number in numbers]
        count = sum(pages[k] for k in kinds)
        yield f"{name:<15}{count:>5}{shown[0]}{shown[1]} {ratios[0]} {shown[2]}{shown[3]} {ratios[1]}"


def main() -> int:
    """Print a table for each repository."""
    parser = argparse.ArgumentParser(description="Count the characters that a reader of the site sees.")
    parser.add_argument("repos", nargs="+", type=Path, metavar="REPO")
    parser.add_argument("--old", required=True, type=Path, metavar="CHECKOUT")
    parser.add_argument("--new", required=True, type=Path, metavar="CHECKOUT")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the sites in this folder")
    asked, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        for number, repo in enumerate(asked.repos):
            folder = (asked.keep or Path(scratch)) / f"{number}-{repo.name}"
            for side in ("old", "new"):
                build_site(getattr(asked, side), repo, folder / side, options)
            print(f"{repo.name}\n{'':<15}pages   seen: old        new ratio    all: old        new ratio")
            print("\n".join(compare_sites(folder / "old", folder / "new")), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
