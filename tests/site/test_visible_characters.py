"""What is shown of text from git: chips, marks of differing words, diffs and conflicts."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.model.text import count_misleading, decode
from agentledger.site import diff
from agentledger.site.intraline_diff import differing_spans
from agentledger.site.visible_characters import render_visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('é<"', "é&lt;&quot;"),
        ("<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        ("a\u202eb", 'a<span class="chip">U+202E</span>b'),
        ("\x1b[31m", '<span class="chip">U+001B</span>[31m'),
        (decode(b"\xff"), '<span class="chip">\\xff</span>'),
        ("\U000e0041", '<span class="chip">U+E0041</span>'),
        ("naïve 日本", "naïve 日本"),
    ],
)
def test_hidden_characters_are_chips_in_escaped_text(text: str, shown: str) -> None:
    assert render_visible(text) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("if x: \u202e# \u2066", {"U+202E": 1, "U+2066": 1}),
        ("ad\u200dmin", {"U+200D": 1}),
        ("👩\u200d💻 and می\u200cخواهم", {}),
        ("\ufeffusing System;", {}),
        ("a\ufeffb", {"U+FEFF": 1}),
        ("tab\tand\x0c", {}),
        (decode(b"latin \xe9"), {}),
    ],
)
def test_only_what_misleads_is_reported(text: str, found: dict[str, int]) -> None:
    assert count_misleading([text]) == found


def test_a_diff_has_numbers_signs_and_its_text() -> None:
    shown = diff.render_patch(b"@@ -9,3 +9,3 @@ def f():\n a\n-<b>\n+c & d\n e\n", mark_words=False)
    assert shown == (
        "<b>@@ -9,3 +9,3 @@ def f():\n</b><i> 9   </i>a\n"
        "<del><i>10 − </i>&lt;b&gt;\n</del><ins><i>10 + </i>c &amp; d\n</ins><i>11   </i>e\n"
    )


def test_changed_words_are_marked_in_paired_lines() -> None:
    shown = diff.render_patch(
        b"@@ -1 +1 @@\n-return old_name(a, b)\n+return new_name(a, b)\n", mark_words=True
    )
    assert "return <mark>old_name</mark>(a, b)" in shown
    assert "return <mark>new_name</mark>(a, b)" in shown


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", "a\n{}</del>"),
        (b"@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", "b\n{}</ins>"),
        (b"@@ -1,2 +1 @@\n-a\n b\n\\ No newline at end of file\n", "b\n{}"),
    ],
)
def test_a_missing_last_newline_is_said_where_it_is_missing(body: bytes, where: str) -> None:
    assert where.format('<span class="chip">no newline at the end</span>\n') in diff.render_patch(
        body, mark_words=True
    )


def test_carriage_returns_show_only_where_they_are_mixed() -> None:
    same, mixed = b"@@ -1 +1 @@\n-a\r\n+b\r\n", b"@@ -1 +1 @@\n-a\n+a\r\n"
    assert diff.ends_in_crlf(same)
    assert "U+000D" not in diff.render_patch(same, mark_words=False)
    assert not diff.ends_in_crlf(mixed)
    assert 'a<span class="chip">U+000D</span>' in diff.render_patch(mixed, mark_words=False)


def test_line_separators_of_unicode_do_not_break_a_line() -> None:
    shown = diff.render_patch("@@ -0,0 +1 @@\n+a\u2028b\x0bc\x85d\n".encode(), mark_words=False)
    assert shown.count("<i>") == 1
    assert "U+2028" in shown


LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(st.sampled_from(" -+"), LINE), min_size=1), st.booleans())
def test_a_diff_keeps_every_line_and_adds_no_markup_of_its_own(
    lines: list[tuple[str, str]], words: bool
) -> None:
    body = "@@ -1,9 +1,9 @@\n" + "".join(f"{sign}{text}\n" for sign, text in lines)
    shown = diff.render_patch(body.encode(), mark_words=words)
    assert set(re.findall("</?([a-z]+)", shown)) <= {"b", "i", "ins", "del", "mark", "span"}
    plain = re.sub(r'<span class="chip">U\+([0-9A-F]+)</span>', lambda m: f"&#x{m[1]};", shown)
    rows = [re.sub("<[^>]+>", "", row) for row in re.sub("<i>[^<]*</i>", "", plain).split("\n")[1:-1]]
    # References to control characters are not decoded by html.unescape, so both sides are spelled out.
    assert sorted(map(_spelled, rows)) == sorted(
        _spelled(html.escape(text, quote=False)) for _, text in lines
    )


def _spelled(text: str) -> str:
    return re.sub("[^ -~]", lambda m: f"&#x{ord(m[0]):04X};", text)


@given(LINE, LINE)
def test_what_is_outside_the_marks_is_the_same_in_both_lines(old: str, new: str) -> None:
    spans = differing_spans(old, new)
    if spans is not None:
        assert _without(old, spans[0]) == _without(new, spans[1])


def _without(line: str, spans: tuple[tuple[int, int], ...]) -> str:
    for start, end in reversed(spans):
        line = line[:start] + line[end:]
    return line


def test_long_or_unlike_lines_get_no_marks() -> None:
    assert differing_spans("a" * 2000, "b" * 2000) is None
    assert differing_spans("import os", "def f(x): return 1") is None


def test_the_sides_of_a_conflict_are_told_apart() -> None:
    text = b"<<<<<<< 1a2b\nours <b>\n=======\ntheirs\n=======\n>>>>>>> 3c4d\n"
    assert diff.render_conflict(text, "main", "x") == (
        '<b>&lt;&lt;&lt;&lt;&lt;&lt;&lt; main\n</b><span class="ours">ours &lt;b&gt;\n</span><b>=======\n</b>'
        '<span class="theirs">theirs\n</span><span class="theirs">=======\n</span>'
        "<b>&gt;&gt;&gt;&gt;&gt;&gt;&gt; x\n</b>"
    )
