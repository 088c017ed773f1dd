"""What the measure of a page's text counts: what is seen, and what is folded away besides."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT


@pytest.fixture(scope="module")
def measure() -> Any:
    spec = importlib.util.spec_from_file_location("page_text", ROOT / "benchmarks" / "page_text.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("page", "seen", "everything"),
    [
        ("<p>one  two\n</p>", "one two", "one two"),
        ("<details><summary>more<br></summary><p>in<b>side</b></p></details>out", "moreout", "moreinsideout"),
        ("<details open><summary>a</summary>b</details>", "ab", "ab"),
        ("<details><summary>a</summary><details open><summary>b</summary>c</details></details>", "a", "abc"),
        (
            "<details open><summary>a</summary><details><summary>b</summary>c</details>d</details>",
            "abd",
            "abcd",
        ),
        ("<head><title>t</title><style>s</style></head><script>x</script><p hidden>h</p>p", "p", "p"),
    ],
)
def test_what_is_folded_is_counted_apart(measure: Any, page: str, seen: str, everything: str) -> None:
    text = measure.PageText(page)
    assert " ".join("".join(text.seen).split()) == seen
    assert measure.count_characters(text.everything) == len(everything)


def test_each_kind_of_page_is_known_by_its_path(measure: Any, tmp_path: Path) -> None:
    for name in ("index", "branch/x-1", "branch/x-1.diff", "branch/x-1.documents", "collisions"):
        file = tmp_path / f"{name}.html"
        file.parent.mkdir(exist_ok=True)
        file.write_text("<p>one</p>")
    pages, seen, _ = measure.measure_site(tmp_path)
    assert dict(pages) == dict.fromkeys(measure.KINDS, 1)
    assert sum(seen.values()) == 15
