"""View models → pages, by the templates in templates/site.

Belongs here: the template environment, and which template makes which file. Does not: words, order, or any
decision about content (see `board_view`, `branch_view` and `feed`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agentledger.model.fleet import Branch, FilePatch, Fleet
from agentledger.model.merge_plan import MergePlan
from agentledger.model.text import escape_hidden, format_path, format_rfc3339
from agentledger.site import feed, newtask
from agentledger.site.board_view import Board, build_board, list_board_branches
from agentledger.site.branch_view import NO_TEXTS, build_branch_page
from agentledger.site.collisions import collisions_view, merge_order_view
from agentledger.site.collisions.others_view import NO_OTHERS, Others
from agentledger.site.documents_view import build_documents_page
from agentledger.site.markdown.render import Rendered
from agentledger.site.page_names import (
    ATOM,
    CHECK_INS,
    COLLISIONS,
    ENDED,
    INDEX,
    LEDGER,
    MERGE_ORDER,
    NEW_TASK,
    PATHS,
)
from agentledger.site.timeline import render_literal
from agentledger.site.visible_characters import render_path, render_visible
from agentledger.storage import resources

PATHS_LISTED = 500  # of each branch, for the filter by path


def render_board_pages(
    fleet: Fleet,
    pages: Mapping[str, str],
    rendered: Mapping[str, Rendered] = NO_TEXTS,
    plan: MergePlan | None = None,
) -> dict[str, bytes]:
    """Render the board, the paths for its filter, and if it cannot list all ended branches, their page.

    Where there are tasks, also what was said on all branches, as a page and as an Atom feed; `rendered` maps
    each of `feed.list_feed_texts` to its markup. And the page for a new task (see `newtask`), that of
    collisions, and that of the merge order, which shows `plan`. Returns the content by path.
    """
    model = build_board(fleet, pages, plan=plan)
    files = {INDEX: _render_board(INDEX, model), PATHS: _render_paths(fleet, pages)}
    if model.ended_more:
        files[ENDED] = _render_board(ENDED, build_board(fleet, pages, ended_shown=None))
    if newtask.is_offered(fleet):
        files[NEW_TASK] = _render_new_task(newtask.build_new_task(fleet))
    files |= _render_collisions(fleet, pages, plan)
    if fleet.tasks:
        files |= _render_feed(feed.build_feed(fleet, pages, rendered.__getitem__))
    return files


def render_branch_pages(
    branch: Branch,
    fleet: Fleet,
    patches: Sequence[FilePatch],
    page: str,
    rendered: Mapping[str, Rendered] = NO_TEXTS,
    others: Others = NO_OTHERS,
) -> dict[str, bytes]:
    """Render a branch's page at `page` (a path without the ending), and what it needs beside it: diff, documents.

    `rendered` and `others` are as in `branch_view.build_branch_page`. Returns the content by path.
    """
    documents = build_documents_page(branch, fleet, patches)
    model = build_branch_page(
        branch,
        fleet,
        patches,
        page=page,
        rendered=rendered,
        others=others,
        has_documents=documents is not None,
    )
    context = {"page": model, "frame": model.frame, "root": "../"}
    files = {f"{page}.html": _render_template("branch.html.j2", context)}
    beside = {"branch_file": f"{page.rsplit('/', 1)[-1]}.html"}
    if model.diff_page:
        files[f"{page}.diff.html"] = _render_template("diff.html.j2", context | beside)
    if documents:
        files[f"{page}.documents.html"] = _render_template(
            "documents.html.j2", context | beside | {"page": documents}
        )
    return files


def read_static_files() -> dict[str, bytes]:
    """The style sheet, the scripts and the icon by name, as they ship."""
    folder = resources.resource_folder("site")
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def read_sources() -> list[bytes]:
    """The templates and static files: when one of them changes, every published page is stale."""
    folder = resources.resource_folder("templates") / "site"
    return [file.read_bytes() for file in sorted(folder.glob("*.j2"))] + list(read_static_files().values())


def _render_board(name: str, model: Board) -> bytes:
    context = {
        "board": model,
        "frame": model.frame,
        "root": "",
        "with_agent": name == INDEX,  # ended branches are listed without their agent
        "filter_states": model.states if name == INDEX else [group.mark.text for group in model.ended],
        "paths_file": PATHS,
        "ended_file": ENDED,
        "ledger_file": LEDGER,
    }
    return _render_template(f"{name}.j2", context)


def _render_new_task(model: newtask.NewTask) -> bytes:
    context = {"page": model, "frame": model.frame, "root": "", "index_file": INDEX}
    return _render_template(f"{NEW_TASK}.j2", context)


def _render_collisions(fleet: Fleet, pages: Mapping[str, str], plan: MergePlan | None) -> dict[str, bytes]:
    """Render what there is of the pages about several branches at once."""
    collide, merge = collisions_view.is_offered(fleet), merge_order_view.is_offered(plan)
    around = {
        "root": "",
        "index_file": INDEX,
        "collisions_file": COLLISIONS if collide else "",
        "merge_order_file": MERGE_ORDER if merge else "",
    }
    files = {}
    if collide:
        page = collisions_view.build_collisions(fleet, pages)
        files[COLLISIONS] = _render_template(
            f"{COLLISIONS}.j2", {**around, "page": page, "frame": page.frame}
        )
    if plan and merge:
        order = merge_order_view.build_merge_order(fleet, plan, pages)
        files[MERGE_ORDER] = _render_template(
            f"{MERGE_ORDER}.j2", {**around, "page": order, "frame": order.frame}
        )
    return files


def _render_feed(model: feed.Feed) -> dict[str, bytes]:
    context = {"feed": model, "frame": model.frame, "root": "", "page_file": CHECK_INS, "atom_file": ATOM}
    # In one pass over the finished feed: one character that XML forbids makes every reader refuse all of it.
    atom = feed.replace_non_xml(_render_template(f"{ATOM}.j2", context).decode())
    return {CHECK_INS: _render_template(f"{CHECK_INS}.j2", context), ATOM: atom.encode()}


def _render_paths(fleet: Fleet, pages: Mapping[str, str]) -> bytes:
    """The paths that each branch on the board changes, as a classic script: `file://` allows no fetch."""
    # Branches change the same paths; each path is written once, and rows refer to it by number.
    numbers: dict[str, int] = {}
    rows = {
        f"{pages[branch.ref]}.html": [
            numbers.setdefault(format_path(change.path), len(numbers))
            for change in branch.code_changes[:PATHS_LISTED]
        ]
        for branch in list_board_branches(fleet)
    }
    cut = sum(len(branch.code_changes) > PATHS_LISTED for branch in list_board_branches(fleet))
    text = json.dumps({"paths": list(numbers), "rows": rows, "cut": cut}, separators=(",", ":"))
    return f"var agentledgerPaths={text};\n".encode()


def _render_template(template: str, context: Mapping[str, object]) -> bytes:
    # Every value passes `render_visible`; if one ever does not, an odd byte must not cost the whole site.
    return _jinja_environment().get_template(template).render(context).encode("utf-8", "backslashreplace")


@cache
def _jinja_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.resource_folder("templates") / "site"),
        autoescape=True,
        undefined=StrictUndefined,  # a misspelled name fails, instead of showing nothing
        finalize=render_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"plain": escape_hidden, "number": _format_number, "path": render_path}
    environment.filters |= {"moment": _format_minute, "rfc3339": format_rfc3339, "literal": render_literal}
    return environment


def _format_number(value: int) -> str:
    return f"{value:,}"


@lru_cache(maxsize=1 << 12)
def _format_minute(at: int, between: str) -> str:
    """A time (seconds since the epoch) to the minute, UTC, with `between` between date and time."""
    return format_rfc3339(at)[:16].replace("T", between)
