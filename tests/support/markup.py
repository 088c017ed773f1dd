"""What is wrong with a page's HTML, by the specification's own parser and by what no parser looks at.

Belongs here: rules of HTML that hold for every page there is. Does not: which pages are
asked about (see `everypage`), or what our own pages must be (see `test_site_pages`).

The full checker of the specification's authors needs Java. A parser tells of tags that do not match, of
attributes given twice, of elements where they cannot stand; the tables here add what of the rest our pages
could get wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser  # type: ignore[import-untyped]  # it comes without types

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# What may stand in a line of text, of all that our pages are made of.
PHRASING = frozenset(
    "a abbr b br button code del em i input ins label mark option s select small span strong time wbr".split()
)
# What holds lines of text and nothing else. A link, `ins` and `del` hold what their parent may hold.
LINES = (PHRASING | {"dt", "p", "pre", *HEADINGS}) - {"a", "br", "del", "input", "ins", "select", "wbr"}
CHILDREN = dict.fromkeys(LINES, PHRASING) | {
    "dl": frozenset(("div",)),
    "ol": frozenset(("li",)),
    "select": frozenset(("option",)),
    "summary": PHRASING | {*HEADINGS},
    "table": frozenset(("tbody", "thead")),
    "ul": frozenset(("li",)),
}
USED = frozenset(
    ("a", "button", "input", "label", "select", "summary")
)  # each for itself: none within another
REFERENCES = ("aria-controls", "aria-describedby", "aria-labelledby", "for")


def faults(page: bytes) -> list[str]:
    """What is wrong with a page, in words."""
    parser = HTMLParser(namespace_html_elements=False)
    root: Element = parser.parse(page)
    told = [f"line {place[0]}: {code} {what}" for place, code, what in parser.errors]
    return told + [fault for rule in RULES for fault in rule(root)]


def _ids(root: Element) -> Iterator[str]:
    found = Counter(element.attrib["id"] for element in root.iter() if "id" in element.attrib)
    yield from (f"{times} times id={name!r}" for name, times in found.items() if times > 1)
    yield from (
        f"no id, or one with spaces: {name!r}" for name in found if not name or name.split() != [name]
    )


def _references(root: Element) -> Iterator[str]:
    ids = {element.get("id") for element in root.iter()}
    for element in root.iter():
        for name in REFERENCES:
            for target in element.get(name, "").split():
                if target not in ids:
                    yield f"{name} names {target!r}, which is not there"
        target = element.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            yield f"a link leads to {target!r}, which is not there"


def _content(root: Element) -> Iterator[str]:
    for parent in root.iter():
        allowed = CHILDREN.get(parent.tag)
        for child in parent:
            if allowed is not None and child.tag not in allowed:
                yield f"{child.tag} within {parent.tag}"


def _nested(root: Element) -> Iterator[str]:
    for element in root.iter():
        if element.tag in USED - {"label"}:
            inner = (it for it in element.iter() if it is not element and it.tag in USED)
            yield from (f"{it.tag} within {element.tag}: one of them cannot be used" for it in inner)


def _headings(root: Element) -> Iterator[str]:
    levels = [int(element.tag[1]) for element in root.iter() if element.tag in HEADINGS]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings of levels {levels}: the page's own, and it alone, is the first"
    for above, below in pairwise(levels):
        if below > above + 1:
            yield f"an h{below} after an h{above}"


def _named(root: Element) -> Iterator[str]:
    """A page's language and title; and of landmarks of one kind, a name each, so that one can be chosen."""
    if not root.get("lang"):
        yield "no language"
    if not (root.findtext("head/title") or "").strip():
        yield "no title"
    for tag in ("nav", "search", "aside"):
        names = [it.get("aria-label") or it.get("aria-labelledby") for it in root.iter(tag)]
        if len(names) != len(set(names)):
            yield f"{tag} {names}: they cannot be told apart"


RULES: tuple[Callable[[Element], Iterator[str]], ...] = (
    _ids,
    _references,
    _content,
    _nested,
    _headings,
    _named,
)
