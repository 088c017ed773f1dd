"""Markdown by agents: what it looks like, and that no text makes anything but text and harmless links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.site.markdown.output_check import is_allowed_html
from agentledger.site.markdown.render import MOST_IN, MOST_OUT, UNSAFE, render_markdown, render_plain
from agentledger.site.visible_characters import render_visible
from hostile import BOMBS, DOCUMENTS, read

REL = ' rel="noreferrer noopener nofollow"'
TAGS = set(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s a span "
    "table thead tbody tr th td".split()
)
ATTRIBUTES = {
    ("a", "href"),
    ("a", "rel"),
    ("li", "class"),
    ("ol", "start"),
    ("pre", "class"),
    ("span", "aria-label"),
    ("span", "class"),
    ("span", "role"),
    ("td", "class"),
    ("th", "class"),
}


def harmless(text: str, top: int = 3) -> None:
    """Rendered, this text is balanced HTML of our tags, and leads nowhere but to the web and to mail."""
    made = render_markdown(text, top)
    assert UNSAFE not in made.note  # the second opinion has had no cause to differ
    html = str(made.html)
    reading = read(html)
    assert reading.balanced
    assert reading.tags <= TAGS
    assert reading.attributes <= ATTRIBUTES
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", html
    )
    for address in reading.addresses:
        assert address.isascii()
        assert address.isprintable()
        parts = urlsplit(address)
        assert parts.scheme in {"http", "https", "mailto"}
        assert parts.scheme == "mailto" or parts.hostname
        assert "\\" not in address


@pytest.mark.parametrize("text", DOCUMENTS)
def test_hostile_documents_come_out_harmless(text: str) -> None:
    harmless(text)


MARKS = st.sampled_from(
    [
        *"[]()<>!*_`~#|-+:&;\\\"'\n\t /=.@x1",
        *("![", "](", "]: ", "[x] ", "\n\n", "```\n", "\n> ", "\n- ", "\n|-|\n", "<b>", "<!--"),
        *("http://a.example", "javascript:", "//b", "&#x202e;", "&lt;", "\u202e", "\u200b", "é", "%0a"),
    ]
)


@given(st.lists(MARKS | st.text(max_size=3), max_size=60).map("".join), st.integers(2, 6))
def test_any_text_comes_out_harmless(text: str, top: int) -> None:
    harmless(text, top)


@given(st.text(max_size=80).filter(lambda text: not set(text) & set("\r\n\t")))
def test_plain_text_is_shown_as_everywhere_else(text: str) -> None:
    assert read(str(render_plain(text, "why").html)).text == read(str(render_visible(text))).text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** *c* ~~d~~ `e`", "<p>a <strong>b</strong> <em>c</em> <s>d</s> <code>e</code></p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("```py x\na<b\n```", "<pre><code>a&lt;b\n</code></pre>\n"),
        ("[a](https://b.example/c?d&e)", f'<p><a href="https://b.example/c?d&amp;e"{REL}>a</a></p>\n'),
        ('[a](https://b.example "t")', f'<p><a href="https://b.example"{REL}>a</a></p>\n'),
        ("<a@b.example>", '<p><a href="mailto:a@b.example">a@b.example</a></p>\n'),
        ("[a]() []()b", "<p>a b</p>\n"),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>\n"),
        ("https://b.example", "<p>https://b.example</p>\n"),
        ('"a" -- (c)', "<p>&quot;a&quot; -- (c)</p>\n"),
    ],
)
def test_what_markdown_becomes(text: str, html: str) -> None:
    assert render_markdown(text).html == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[the core](src/core.py#L3)", "the core (src/core.py#L3)"),
        ("[**b**](src/core.py)", "<strong>b</strong> (src/core.py)"),
        ("[src/core.py](src/core.py)", "src/core.py"),
        ("[](src/core.py)", "src/core.py"),
        ("[f](src/f%C3%BCr.py)", "f (src/für.py)"),
        ("[x](#q=1)", "x (#q=1)"),
        ("[x](../index.html)", "x (../index.html)"),
    ],
)
def test_an_address_within_the_repository_is_named_and_leads_nowhere(text: str, html: str) -> None:
    assert render_markdown(text).html == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![shot](https://b.example/s.png)", f'<a href="https://b.example/s.png"{REL}>shot</a>'),
        ("![](https://b.example/)", f'<a href="https://b.example/"{REL}>https://b.example/</a>'),
        ("[![ok](https://i.example/b.svg)](https://b.example)", f'<a href="https://b.example"{REL}>ok</a>'),
        ("![shot](doc/s.png)", "shot (doc/s.png)"),
        ("![x](data:image/png;base64,AA)", "![x](data:image/png;base64,AA)"),
        ("a! [b](https://b.example)", f'a! <a href="https://b.example"{REL}>b</a>'),
    ],
)
def test_a_picture_is_a_link_with_its_description(text: str, html: str) -> None:
    assert render_markdown(text).html == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[github.com](https://evil.example)", "github.com (evil.example)"),
        ("[https://good.example](https://good.example.evil.example)", "(good.example.evil.example)"),
        ("<https://аpple.example/>", "(xn--pple-43d.example)"),
        ("[good.example/x](https://good.example/x)", "good.example/x"),
        ("[the issue](https://good.example/x)", "the issue"),
    ],
)
def test_a_label_that_reads_like_another_address_is_put_right(text: str, said: str) -> None:
    shown = read(str(render_markdown(text).html)).text.strip()
    assert shown.endswith(said)
    assert shown.count("(") == said.count("(")


def test_headings_go_on_where_the_page_left_off() -> None:
    tags = re.findall("<(h.)>", render_markdown("## a\n# b\n###### c\n## d", top=4).html)
    assert tags == ["h5", "h4", "h6", "h5"]
    assert re.findall("<(h.)>", render_markdown("### a\n\nb\n===\n", top=6).html) == ["h6", "h6"]


def test_tasks_are_boxes_with_a_name() -> None:
    html = render_markdown("- [ ] a\n- [X] **b**\n- \\[ ] c\n- [x]d\n\n[x] e").html
    assert re.findall(
        '<li class="task"><span class="box" role="img" aria-label="([a-z ]+)">(.)</span> ', html
    ) == [
        ("to do", "☐"),
        ("done", "☑"),
    ]
    assert "<li>[ ] c</li>" in html
    assert "<input" not in html


def test_columns_are_aligned_by_class() -> None:
    html = render_markdown("|a|b|c|d|\n|:-|:-:|-:|-|\n|1|2|3|4|").html
    assert re.findall("<th\\b[^>]*>", html) == [
        '<th class="left">',
        '<th class="center">',
        '<th class="right">',
        "<th>",
    ]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("a\u202eb `\u200b`", ("U+200B", "U+202E")),
        ("&#x202e;", ("U+202E",)),
        ("[x](src/%E2%80%AE.py)", ("U+202E",)),
        ("```\n\U000e0041\n```", ("U+E0041",)),
        ("`&#x202e;` and 👩\u200d💻", ()),
        ("plain", ()),
    ],
)
def test_hidden_characters_are_chips_and_reported(text: str, hidden: tuple[str, ...]) -> None:
    made = render_markdown(text)
    assert made.hidden == hidden
    assert all(f'<span class="chip">{name}</span>' in made.html for name in hidden)


def test_what_is_too_long_is_shown_as_it_stands_and_cut() -> None:
    made = render_markdown("<b>" * 200_000)
    assert made.html.startswith('<pre class="plain"><code>&lt;b&gt;')
    assert made.note == (
        "Shown as plain text: it is longer than 64 KB. "
        "Only the first 65,536 of its 600,000 characters are here."
    )
    assert render_markdown("a" * MOST_IN).note == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("> " * 30 + "a", "its quotes or lists are nested too deeply"),
        (BOMBS["references to a long address"], "it repeats long addresses too often"),
        ("\u202e" * MOST_IN, "as Markdown it would be far larger than its text"),
        ("[a]: b\n[//]: # (a word to the wise)", "as Markdown it shows nothing"),
    ],
)
def test_what_markdown_would_hide_or_blow_up_is_shown_as_it_stands(text: str, why: str) -> None:
    made = render_markdown(text)
    assert made.note.startswith(f"Shown as plain text: {why}.")
    assert made.html.startswith('<pre class="plain"><code>')
    assert len(made.html) < MOST_OUT + 100


@pytest.mark.parametrize(
    "html",
    [
        "<script>",
        "<b></b>",
        "<em onclick=x></em>",
        '<em class="x"></em>',
        '<li class="plain"></li>',
        "a < b",
        "</main>",
        '<a href="javascript:x" rel="noreferrer noopener nofollow"></a>',
        '<a href="../index.html"></a>',
        '<a href="https://a.example/&quot;"></a>',
        '<a href="https://a.example/" onclick="x"></a>',
        "<!-- x -->",
        '<ol start="x"></ol>',
        "</p><p><em>",
        "<em><strong></em></strong>",
        "<a>x</a>",
    ],
)
def test_the_check_refuses_what_we_never_write(html: str) -> None:
    assert not is_allowed_html(f"<p>{html}</p>")


def test_the_check_lets_our_own_pass() -> None:
    assert is_allowed_html(
        render_markdown(
            "# a\n- [x] b\n\n3. c\n\n|d|\n|:-|\n|e|\n\n[f](https://a.example/?b&c) \u202e\n***\n> g\\\nh"
        ).html
    )
