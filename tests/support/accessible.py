"""axe-core's rules, put to a page that is open in a browser.

Belongs here: which rules, and how a page is laid out for them. Does not: which pages are asked
about, or in which sizes and schemes (see `test_accessibility`).

The rules come with the package `axe-playwright-python`, of which nothing but its script is used.
They are evaluated over the debugging protocol, which a page's own policy does not forbid; a script
element it would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOURS = ("color-contrast", "link-in-text-block")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# axe cannot tell the contrast of what is scrolled away or lies beneath something wide, and would leave it
# undecided. So that it decides everywhere, long lines wrap and nothing scrolls while it looks at colours.
# A constructed sheet, since the page's policy allows no inline style. Measuring colours takes most of the
# time: of many siblings of the same elements and classes, which have the same colours, three stay.
_FLAT = """
const shape = it => it.localName + '.' + it.className;
for (const parent of document.querySelectorAll('main *')) {
  const seen = {};
  for (const child of [...parent.children]) {
    const key = [child, ...child.querySelectorAll('*')].map(shape).join();
    seen[key] = (seen[key] || 0) + 1;
    if (seen[key] > 3) { child.remove(); }
  }
}
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  * { content-visibility: visible !important; overflow: visible !important; max-height: none !important; }
  pre, code { white-space: pre-wrap !important; overflow-wrap: anywhere !important; width: auto !important; }
`);
document.adoptedStyleSheets = [sheet];
"""
_OPEN = "document.querySelectorAll('details').forEach(it => { it.open = true; })"
_RUN = "options => axe.run(document, options)"


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def unfold(page: Page) -> None:
    """Opens all that is folded, which no rule would look at otherwise."""
    page.evaluate(_OPEN)


def violations(page: Page) -> list[str]:
    """What breaks a rule, one line each, in light and in dark; leaves the page unfolded and laid out flat.

    A scheme brings other colours and nothing else, so the other rules are asked about once.
    """
    unfold(page)
    page.evaluate(_script())
    found = list(_broken(page, {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in COLOURS}}))
    page.evaluate(_FLAT)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += (f"{line} in {scheme}" for line in _broken(page, {"runOnly": COLOURS}))
    return found


def _broken(page: Page, options: Mapping[str, Any]) -> Iterator[str]:
    # `preload` fetches style sheets once more, for no rule of TAGS, and the page's policy forbids it.
    kinds = ["violations", "incomplete"]
    answer = page.evaluate(_RUN, {**options, "preload": False, "resultTypes": kinds})
    for kind in kinds:
        for rule in answer[kind]:
            yield from (_line(kind, rule["id"], node) for node in rule["nodes"] if _counts(node))


def _counts(node: Mapping[str, Any]) -> bool:
    """False for what has no text to measure, as a lone ☐, whose label says its meaning; for what axe takes to lie
    beneath itself, as it does with some lines that wrap; and for the labels of a picture, which axe never decides
    about (`test_collision_pages` compares their colour with that of the page's text)."""
    for check in _checks(node):
        key = (check["data"] or {}).get("messageKey")
        beneath = [other["target"] for other in check["relatedNodes"]]
        if key == "imgNode" and node["html"].startswith("<text "):
            return False
        if key == "nonBmp" or (key == "elmPartiallyObscured" and beneath == [node["target"]]):
            return False
    return True


def _checks(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*node["any"], *node["all"], *node["none"]]


def _line(kind: str, rule: str, node: Mapping[str, Any]) -> str:
    why = "; ".join(check["message"] for check in _checks(node))
    mark = "" if kind == "violations" else " (undecided)"
    return f"{node['html'][:120]!r} {why}: {rule}{mark}"
