"""The quick way to HTML: what it makes is what the parser makes, and it makes most of what people write.

Belongs here: `markdown_plain` against `markdown`. Does not: Markdown's own cases (test_site_markdown).
"""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentledger.site.markdown import plain, render
from agentledger.site.markdown.output_check import is_allowed_html

PIECES = st.sampled_from((
    "word", "Words and more", "é", "“quoted”", '"q"', "(in)", "a_b", "_a_", "_", "*", "**b**",
    "**b:** ", " **b c.**", "**", " & ", " < ", "->", "`*a*`", "`code`", "`a b`", "` a `", "``", "`",
    '`<&>"`', "`\\`", "\\", "&", "&amp;", "<", ">", "<b>", "[", "]", "[ ]", "[x]", "[a](b)", "!",
    "![a](b)", "# ", "#", "- ", "-", "--", "---", "===", "=", "+ ", "+", "1. ", "1) ", "12", "> ", "|",
    "a | b", "```", "~~~", "~~a~~", "    ", "  ", " ", "\t", "\n", "\n", "\n\n", "\n\n\n", "\n- ",
    "\n- [ ] ", "\n- [X] ", "\n```\n", "http://example.com", "www.example.com", "a@example.com", ":",
    "%41", "\u202e", "\xa0", "\u115f", "—", "…", "- [ ] ", "- a\n- b", "$", "^", "{", "}",
))  # fmt: skip


@settings(max_examples=3000)
@given(st.lists(PIECES, max_size=8).map("".join), st.integers(1, 6))
@example("- a\n\n- b", 3)
@example("`a``b`", 3)
@example("a `b``", 3)
@example("text\n---", 3)
@example("- [ ] `a` b\n- [x] c", 3)
@example("- \n- a", 3)
@example("**a**b", 3)
@example("**a.**b", 3)
@example("**a:** b **c**", 3)
@example("a**b** c", 3)
@example("**a**\n**b**", 3)
@example("x (**a**) `**b**`", 3)
def test_what_it_makes_is_what_the_parser_makes(text: str, top: int) -> None:
    made = plain.render_simple(text)
    if made is not None:
        slow = render.render_markdown(text, top)
        assert (made, "", ()) == (slow.html, slow.note, slow.hidden)
        assert is_allowed_html(made)


@given(st.text(max_size=60))
def test_any_text_is_made_the_same_or_left_alone(text: str) -> None:
    made = plain.render_simple(text)
    assert made is None or made == render.render_markdown(text).html


PLAIN = [
    "none",
    "The limit is per customer, see `throttle.py`; a restart (rare) empties it: that's fine.",
    "Done so far:\n\n- [x] counts per key\n- [ ] the header `Retry-After`\n\nNext: docs—“soon”.",
    "**Root cause:** 1 & 2 -> 3 < 4, and **nothing** else (**really**).",
    "Two lines\nof one paragraph",
    "```\npytest -q tests -k 'a and b' > out.txt\n```\n\nIt takes 3.5 s, i.e. 20 % more than max_size.",
]


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_texts_need_no_parser(text: str) -> None:
    assert plain.render_simple(text) == render.render_markdown(text).html


@pytest.mark.parametrize(
    "piece", ["a ", "`a` ", "- a\n", "a_", "`", "**a ", "**a** ", "(**a", "a\n\n", "(`a`", "```\na\n"]
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.process_time()
    plain.render_simple(piece * 20_000 + "*")
    assert time.process_time() - began < 1
