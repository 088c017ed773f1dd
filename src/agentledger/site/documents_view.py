"""A branch's documents as they were written → the page that has them, and nothing else on the site has.

Belongs here: their text, and what the branch changes below the ledger's folder, which counts for no work. Does not:
what the documents say (see `task_view` and `timeline`), or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.model.fleet import Branch, FilePatch, Fleet
from agentledger.model.ledger import Document
from agentledger.model.text import encode, format_count
from agentledger.site import file_view
from agentledger.site.file_view import File
from agentledger.site.labels import Frame, build_frame
from agentledger.site.timeline import list_documents, render_literal

RAW_SHOWN, RAW_LONG, RAW_ALL = 40, 32 << 10, 512 << 10  # documents; characters of one, and of all


@dataclass(frozen=True, slots=True)
class Raw:
    """A document as it was written."""

    path: str
    text: Markup
    cut: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsPage:
    """The page of a branch's documents."""

    frame: Frame
    #: The branch's name.
    name: str
    raws: tuple[Raw, ...]
    #: What the branch changes below the ledger's folder and that is none of these documents.
    files: tuple[File, ...]


def build_documents_page(branch: Branch, fleet: Fleet, patches: Sequence[FilePatch]) -> DocumentsPage | None:
    """Build the page of a branch's documents; None where there is nothing to show."""
    work = branch.work
    documents = list_documents(work, fleet.task_of(work)) if work else ()
    shown = {encode(document.source.path) for document in documents[:RAW_SHOWN]}
    rest = [patch for patch in patches if file_view.is_of_ledger(patch) and patch.change.path not in shown]
    if not documents and not rest:
        return None
    return DocumentsPage(
        frame=build_frame(fleet),
        name=branch.name,
        raws=_build_raws(documents),
        files=file_view.build_ledger_files(branch, fleet.base, rest),
    )


def _build_raws(documents: Sequence[Document]) -> tuple[Raw, ...]:
    """The documents as they were written, within the page's limits; what is cut off is counted."""
    raws, room = [], RAW_ALL
    for document in documents[:RAW_SHOWN]:
        excerpt = document.text[: min(RAW_LONG, room)]
        room -= len(excerpt)
        cut_length = len(document.text) - len(excerpt)
        cut = f"and {format_count(cut_length, 'more character')}, not shown" if cut_length else ""
        raws.append(Raw(document.source.path, render_literal(excerpt), cut))
    return tuple(raws)
