"""View models → pages, through the templates of templates/site.

Belongs here: the template environment and which template makes which file. Does not:
words, order, or any decision about content (see `view`, `branch` and `feed`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agentledger import resources
from agentledger.model import Branch, FilePatch, Fleet
from agentledger.site import feed, newtask
from agentledger.site.branch import NO_TEXTS, branch_page
from agentledger.site.hidden import path, show
from agentledger.site.markdown import Rendered
from agentledger.site.names import ATOM, CHECK_INS, ENDED, INDEX, LEDGER, NEW_TASK, PATHS
from agentledger.site.timeline import literal
from agentledger.site.view import Board, board, on_board
from agentledger.text import path_text, printable, rfc3339

PATHS_LISTED = 500  # of a branch, for the filter by path


def board_pages(
    fleet: Fleet, pages: Mapping[str, str], rendered: Mapping[str, Rendered] = NO_TEXTS
) -> dict[str, bytes]:
    """The board, the list of all ended branches if the board is too short for it, and the filter's paths.

    Where there are tasks, what was said on all branches, too: as a page, and as an Atom feed;
    `rendered` holds what became of each of `feed.texts`. And how to begin a task (see `newtask`).
    """
    model = board(fleet, pages)
    found = {INDEX: _board(INDEX, model), PATHS: _paths(fleet, pages)}
    if model.ended_more:
        found[ENDED] = _board(ENDED, board(fleet, pages, ended_shown=None))
    if newtask.offered(fleet):
        found[NEW_TASK] = _new_task(newtask.new_task(fleet))
    if fleet.tasks:
        found |= _feed(feed.feed(fleet, pages, rendered.__getitem__))
    return found


def branch_pages(
    branch: Branch,
    fleet: Fleet,
    patches: Sequence[FilePatch],
    page: str,
    rendered: Mapping[str, Rendered] = NO_TEXTS,
) -> dict[str, bytes]:
    """The page of a branch at `page` (a path without the ending), and its diff's page if it needs one.

    `rendered` is as in `branch.branch_page`.
    """
    model = branch_page(branch, fleet, patches, page, rendered)
    common = {"page": model, "frame": model.frame, "root": "../"}
    found = {f"{page}.html": _render("branch.html.j2", common)}
    if model.diff_page:
        own = common | {"branch_file": f"{page.rsplit('/', 1)[-1]}.html"}
        found[f"{page}.diff.html"] = _render("diff.html.j2", own)
    return found


def static_files() -> dict[str, bytes]:
    """The style sheet, the script and the icon, as they ship."""
    folder = resources.directory("site")
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def sources() -> list[bytes]:
    """What pages are made with: their content counts for whether an old page is still good."""
    folder = resources.directory("templates") / "site"
    return [file.read_bytes() for file in sorted(folder.glob("*.j2"))] + list(static_files().values())


def _board(name: str, model: Board) -> bytes:
    context = {
        "board": model,
        "frame": model.frame,
        "root": "",
        "with_agent": name == INDEX,
        "filter_states": model.states if name == INDEX else [group.mark.text for group in model.ended],
        "paths_file": PATHS,
        "ended_file": ENDED,
        "ledger_file": LEDGER,
        "check_ins_file": CHECK_INS,
        "new_task_file": NEW_TASK,
    }
    return _render(f"{name}.j2", context)


def _new_task(model: newtask.NewTask) -> bytes:
    context = {"page": model, "frame": model.frame, "root": "", "index_file": INDEX}
    return _render(f"{NEW_TASK}.j2", context)


def _feed(model: feed.Feed) -> dict[str, bytes]:
    context = {"feed": model, "frame": model.frame, "root": "", "page_file": CHECK_INS, "atom_file": ATOM}
    # One pass over the whole: a single character that XML forbids would make every reader refuse the feed.
    atom = feed.fit_for_xml(_render(f"{ATOM}.j2", context).decode())
    return {CHECK_INS: _render(f"{CHECK_INS}.j2", context), ATOM: atom.encode()}


def _paths(fleet: Fleet, pages: Mapping[str, str]) -> bytes:
    """The paths each branch on the board changes, as a classic script: `file://` allows no fetch."""
    numbers: dict[str, int] = {}
    rows = {
        f"{pages[branch.ref]}.html": [
            numbers.setdefault(path_text(change.path), len(numbers))
            for change in branch.changes[:PATHS_LISTED]
        ]
        for branch in on_board(fleet)
    }
    cut = sum(len(branch.changes) > PATHS_LISTED for branch in on_board(fleet))
    text = json.dumps({"paths": list(numbers), "rows": rows, "cut": cut}, separators=(",", ":"))
    return f"var agentledgerPaths={text};\n".encode()


def _render(template: str, context: Mapping[str, object]) -> bytes:
    # Every value passes `show`; should one escape it, an odd byte must not cost the whole site.
    return _environment().get_template(template).render(context).encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.directory("templates") / "site"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=show,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"plain": printable, "number": _number, "path": path}
    environment.filters |= {"moment": _moment, "rfc3339": rfc3339, "literal": literal}
    return environment


def _number(value: int) -> str:
    return f"{value:,}"


@lru_cache(maxsize=1 << 12)
def _moment(at: int, between: str) -> str:
    """A time to the minute, UTC, with `between` after the date."""
    return rfc3339(at)[:16].replace("T", between)
