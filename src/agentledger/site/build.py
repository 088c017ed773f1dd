"""A snapshot → its published site; renders only what changed since the last build.

Belongs here: which pages are needed, and in which order they are published. Does not: their content (see
`pages`), or how files get into place (see `write`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agentledger.model.fleet import Branch, FilePatch, Fleet
from agentledger.model.merge_plan import MergePlan
from agentledger.site import feed, folder, manifest, pages, task_view, write
from agentledger.site.collisions import others_view
from agentledger.site.markdown.pool import Renderer
from agentledger.site.markdown.render import Rendered
from agentledger.site.page_names import INDEX, name_pages
from agentledger.site.write import Site

Progress = Callable[[str, int, int], None]
# Takes texts, and the level of their highest heading; returns what is shown for each.
Markdown = Callable[[Sequence[str], int], Sequence[Rendered]]


class Patched(Protocol):
    """What a build needs from a snapshot."""

    @property
    def fleet(self) -> Fleet: ...

    def patches(self, branches: Sequence[Branch], /) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]: ...


@dataclass(frozen=True, slots=True)
class Result:
    """Where the board is, and how many files were written, left as they were, and removed."""

    index: Path
    written: int
    unchanged: int
    removed: int


def build_site(
    snapshot: Patched,
    out: Path,
    progress: Progress,
    extra: Mapping[str, bytes] | None = None,
    fingerprint: str = "",
    valid_until: int | None = None,
    markdown: Markdown | None = None,
    plan: MergePlan | None = None,
) -> Result:
    """Publish the site of a snapshot in `out`.

    `extra` are more files for the top of the site, by name. `fingerprint` identifies the repository's state
    that was read; `valid_until` is the second (since the epoch) at which the site becomes stale although
    that state stays. Both are for `is_up_to_date`. `markdown` renders all texts of the stale pages; None: in
    processes that end with this build. `plan` is what the page of the merge order shows; None: no such
    page. Raises OutputError; the old site is then unchanged, or marked as
    unfinished.
    """
    with write.open_site(out) as site:
        made_with = manifest.sources_key(pages.read_sources())
        for name, content in pages.read_static_files().items():
            site.add(name, content)
        names = name_pages(snapshot.fleet.branches)
        rendered = _stage_branches(
            snapshot,
            site,
            names,
            made_with=made_with,
            progress=progress,
            markdown=markdown or _render_markdown,
        )
        top_files = {**pages.render_board_pages(snapshot.fleet, names, rendered, plan), **(extra or {})}
        # The board comes last: it must not link to a page that is not there yet.
        for name in sorted(top_files, key=lambda name: (name == INDEX, name)):
            site.add(name, top_files[name])
        removed = site.publish(
            manifest.Manifest(files={}, fingerprint=fingerprint, valid_until=valid_until, made_with=made_with)
        )
        return Result(out / INDEX, site.written, site.unchanged, removed)


def is_up_to_date(out: Path, fingerprint: str, now: int) -> bool:
    """True when `out` has a complete site of this fingerprint that is not stale at `now`.

    Raises OutputError where `out` may not be written: before a long reading, and not after it.
    """
    with folder.explain_disk_errors(out):
        root = folder.check_output_folder(out)
        last_build, published_files = manifest.read_manifest(root), write.list_files(root)
    return (
        last_build is not None
        and last_build.complete
        and published_files.issuperset(last_build.files)
        and last_build.fingerprint == fingerprint != ""
        # A new version of agentledger, or a changed template, makes every page stale.
        and last_build.made_with == manifest.sources_key(pages.read_sources())
        and (last_build.valid_until is None or now < last_build.valid_until)
    )


def _stage_branches(
    snapshot: Patched,
    site: Site,
    names: Mapping[str, str],
    made_with: str,
    progress: Progress,
    markdown: Markdown,
) -> Mapping[str, Rendered]:
    """Stage the pages of the branches that changed, and keep those of the others.

    Returns the markup of these pages' texts and of the feed's.
    """
    fleet = snapshot.fleet
    others = others_view.build_all_others(fleet, names)
    keys = {b.ref: manifest.branch_key(b, fleet, made_with, others[b.ref]) for b in fleet.branches}
    stale = [b for b in fleet.branches if not _keep_if_current(site, names[b.ref], keys[b.ref])]
    rendered = _render_texts(stale, fleet, markdown)
    for number, (branch, patches) in enumerate(_read_patches(snapshot, stale), 1):
        progress("Writing pages", number, len(stale))
        files = pages.render_branch_pages(
            branch,
            fleet,
            patches,
            page=names[branch.ref],
            rendered=rendered,
            others=others[branch.ref],
        )
        for path, content in files.items():
            site.stage(path, content, keys[branch.ref])
    return rendered


def _render_texts(branches: Sequence[Branch], fleet: Fleet, markdown: Markdown) -> dict[str, Rendered]:
    """Render the Markdown of these branches' pages and of the feed, all at once: it may start processes."""
    page_texts = (text for branch in branches for text in task_view.list_page_texts(branch, fleet))
    texts = list(dict.fromkeys((*page_texts, *feed.list_feed_texts(fleet))))
    return dict(zip(texts, markdown(texts, task_view.TOP), strict=True))


def _render_markdown(texts: Sequence[str], top: int) -> list[Rendered]:
    with Renderer() as renderer:
        return renderer.render_all(texts, top)


def _keep_if_current(site: Site, name: str, key: str) -> bool:
    """Keep the published pages of a branch if all of them are there and current; returns whether they are."""
    beside = (f"{name}.diff.html", f"{name}.documents.html")
    paths = [f"{name}.html", *(path for path in beside if path in site.old.files)]
    if not all(site.is_current(path, key) for path in paths):
        return False
    for path in paths:
        site.keep(path, key)
    return True


def _read_patches(
    snapshot: Patched, branches: Sequence[Branch]
) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
    """Yield each branch with its patches; a branch without changes needs no reading."""
    for branch in branches:
        if not branch.changes:
            yield branch, ()
    yield from snapshot.patches([branch for branch in branches if branch.changes])
