"""Sections and task lists: headings as CommonMark has them, placeholders, items.

Belongs here: Markdown → sections and items. Does not: which of them a document needs.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agentledger.documents import placeholders, sections, tasklists
from agentledger.model.ledger import Item, Part

# Comments are HTML to it; our renderer shows no HTML, but leaves comments out.
COMMONMARK = MarkdownIt("commonmark")
BLOCKS = st.sampled_from((
    "", "", "text", "text", "## One", "##Two", "## Three ##", "##", "### deep", "# top", "   ## in",
    "    ## code", "---",
    "----", "===", "***", "- item", "- ", "  more", "    deeper", "  ## inside", "1. one", "   ## in one",
    "```", "~~~", "````",
    "``` py", "  ```", "    ```", "- ```", "> quote", "> ## quoted", "<!-- note -->", "<!--", "-->",
    "text <!--", "  <!-- x", "-",
    "+ plus", "* star", "  - nested", "    ## in nested", "a `code` b", "10) ten",
))  # fmt: skip


def commonmark(text: str) -> list[int]:
    tokens = COMMONMARK.parse(text)
    top = [token for token in tokens if token.type == "heading_open" and token.level == 0]
    return [token.map[0] for token in top if token.tag == "h2" and token.map]


@settings(max_examples=600)
@given(st.lists(BLOCKS, max_size=9).map("\n".join))
@example("- item\n  ```\n## One")
@example("> quote\ntext\n---")
@example("- item\ntext\n---")
@example("```\n## One\n``` x\n```\n## Two")
@example("text\n```py\n## One\n`a`\n```\n## Two\n```\n## Three")
@example("- item\n```\n  ## One\n```\n## Two")
def test_headings_are_those_of_commonmark(text: str) -> None:
    assert [heading.at for heading in sections.parse_headings(text)] == commonmark(text)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "TODO", "todo.", "- TBD", "- [ ] ", "* …", "...", "**TBD**", "<!-- a\n\nb -->", "<!-- open",
    "<describe it>",
     "TODO: write this\n- [ ] tbd", "| TODO |", "to be done", "1. TODO", "???", "---"],
)  # fmt: skip
def test_placeholders_are_nothing(text: str) -> None:
    assert placeholders.is_blank(text)


@pytest.mark.parametrize(
    "text",
    ["none", "n/a", "No TODO is left", "`TODO`s are gone", "TODO\nand this", "<https://example.org>", "1",
    "- [x] done",
     "todos", "x <!-- y -->", "<b>bold</b>"],
)  # fmt: skip
def test_words_are_something(text: str) -> None:
    assert not placeholders.is_blank(text)


@pytest.mark.parametrize(
    "text", ["none", "None.", "- none", "**None**", "nothing", "n/a", "Nothing yet.", "No."]
)
def test_there_are_many_ways_to_say_none(text: str) -> None:
    assert placeholders.is_none_phrase(text)
    assert not placeholders.is_none_phrase(f"{text} of the two")


def test_items_of_a_task_list() -> None:
    text = """intro
- [ ] first
  goes on
    - shown by `a`
      and more
    - [x] shown by b
        - deeper
-  [X]  second

  a paragraph of it
text between
  - [ ] below text
- plain
```
- [ ] in code
```
<!--
- [ ] in a comment
-->
3. [x] third"""
    assert tasklists.parse_items(Part("x", 9, text, empty=False, text_line=10)) == (
        Item("first goes on", 11, False, ("shown by `a` and more", "shown by b", "deeper")),
        Item("second a paragraph of it", 17, True),
        Item("below text", 21, False),
        Item("third", 29, True),
    )


def test_so_many_sections_are_enough() -> None:
    parts = sections.parse_sections("## a\nb\n" * 5000, 1)
    assert len(parts) == sections.MOST
    assert parts[-1].text.count("## a") == 5000 - sections.MOST
    assert len(sections.parse_sections("a\n---\n" * 5000, 1)) == sections.MOST
