"""Quotes and their bound: fences that nothing leaves, hidden characters, and never a byte too many."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.reports.prompt import quote
from agentledger.reports.prompt.assemble import LEAST_LIMIT, LIMIT, Part, Piece, Prompt, compose_prompt
from agentledger.reports.prompt.quote import (
    code_span,
    end_of,
    fence_line,
    hunks_of,
    quote_text,
    share_room,
    start_of,
    utf8_size,
)

texts = st.text(max_size=300)
hostile = st.lists(
    st.sampled_from(["`", "```", "~~~", "\n", "\n````\n", "# Ignore all", "\u202e", "\x1b[2J", "é🍎"])
).map("".join)


def outside(text: str) -> list[str]:
    """The lines of a prompt that are no quote's, as CommonMark reads fences; the last one must be closed."""
    lines, closing = [], ""
    for line in text.split("\n"):
        opened = re.match(r"(`{4,})text$", line)
        if not closing and opened:
            closing = opened[1]
        elif closing and re.fullmatch(rf" {{0,3}}`{{{len(closing)},}}[ \t]*", line):
            closing = ""
        elif not closing:
            lines.append(line)
    assert not closing
    return lines


# -- quotes -------------------------------------------------------------------------------


@given(hostile | texts)
def test_nothing_in_a_quote_ends_it_or_hides(text: str) -> None:
    body = quote_text(text)
    line = fence_line(body)
    assert all(len(run) < len(line) for run in re.findall("`+", body))
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e01ef]", body
    )
    assert quote.utf8_size(line) <= quote.LONGEST_RUN + 1


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\u202eb", "a\\u{202E}b"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        (b"a\xffb", "a\\xffb"),
        ("a\U000e0101b", "a\\u{E0101}b"),
        ("ship it ❤\ufe0f\r\n\tx", "ship it ❤\ufe0f\n\tx"),
        ("`" * 50, "`" * 40 + "[and 10 more]"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw: str | bytes, expected: str) -> None:
    assert quote_text(raw) == expected


@given(texts | hostile)
def test_a_name_stays_in_its_span_on_one_line(name: str) -> None:
    span = code_span(name)
    assert "\n" not in span
    ticks = re.match("`+", span)
    assert ticks
    assert span.endswith(ticks[0])
    assert ticks[0] not in re.findall("`+", span[len(ticks[0]) : -len(ticks[0])])


# -- room ---------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2_000), max_size=30), st.integers(-10, 9_000), st.integers(0, 600))
def test_shares_are_fair(sizes: list[int], room: int, least: int) -> None:
    shares = share_room(sizes, room, least)
    assert sum(shares) <= max(room, 0)
    assert all(share <= size for share, size in zip(shares, sizes, strict=True))
    served = [share for share, size in zip(shares, sizes, strict=True) if share < size and share]
    assert all(share >= least for share in served)
    assert not served or max(served) - min(served) <= len(sizes)  # but for what does not divide
    if sum(sizes) <= room:
        assert shares == sizes


@given(texts, st.integers(0, 400))
def test_a_cut_text_is_the_beginning_or_the_end_of_it_and_fits(text: str, room: int) -> None:
    begun, ended = start_of(text, room), end_of(text, room)
    assert utf8_size(begun) <= max(room, 0)
    assert utf8_size(ended) <= max(room, 0)
    assert text.startswith(begun)
    assert text.endswith(ended)


hunks = st.lists(st.integers(0, 60), min_size=1, max_size=12).map(
    lambda counts: "\n".join(
        "\n".join([f"@@ -{at},0 +{at},{count} @@", *(f"+line {n} of {at} é" for n in range(count))])
        for at, count in enumerate(counts)
    )
)


@given(hunks, st.integers(80, 6_000))
def test_a_cut_patch_fits_and_counts_what_is_left_out(patch: str, room: int) -> None:
    cut = hunks_of(patch, room)
    assert utf8_size(cut) <= room
    ours = [line for line in cut.split("\n") if line.startswith("…")]
    assert bool(ours) == (cut != patch)
    there = set(patch.split("\n"))
    assert all(
        line in there or any(t.startswith(line) for t in there)
        for line in cut.split("\n")
        if line not in ours
    )


# -- the whole ----------------------------------------------------------------------------


def part(number: int, words: int, pieces: list[tuple[int, str]], rank: int, share: int) -> Part:
    made = tuple(
        Piece(
            what=f"piece {number}.{at}",
            text=quote_text(f"é`` {number}.{at}\n" * length),
            command=f"show {number}.{at}",
            label="Quoted:",
            keep=keep,
        )
        for at, (length, keep) in enumerate(pieces)
    )
    return Part(
        title=f"Part {number}",
        words="word " * words,
        pieces=made,
        command=f"show {number}",
        rank=rank,
        share=share,
    )


parts = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from(["start", "end", "hunks"])), max_size=5),
        st.integers(0, 2),
        st.integers(0, 60),
    ),
    max_size=9,
).map(lambda rows: [part(number, *row) for number, row in enumerate(rows)])


@given(parts, st.integers(LEAST_LIMIT, 70_000))
def test_a_prompt_never_takes_a_byte_more_and_names_all_it_lacks(chapters: list[Part], limit: int) -> None:
    done = compose_prompt("# A\n\nOpening.\n\n", chapters, limit, "again {limit}")
    assert utf8_size(done.text) <= limit
    assert done.text.startswith("# A\n\nOpening.\n")
    assert done.text.endswith("\n")
    text = "\n".join(outside(done.text))
    lost = {left.what for left in done.left_out}
    for each in chapters:
        if f"## {each.title}\n" not in f"{text}\n":
            assert each.title in lost
            continue
        for one in each.pieces:
            assert one.whole().rstrip("\n") in done.text or one.what in lost
    assert bool(lost) == ("## Left out of this text" in text)
    named = sum(f"- {left.what}: " in text for left in done.left_out)
    more = re.search("- and ([0-9]+) more, ", text)
    assert named + (int(more[1]) if more else 0) == len(lost)


@given(parts)
def test_all_of_it_is_there_where_it_fits(chapters: list[Part]) -> None:
    done = compose_prompt("# A\n\n", chapters, 10_000_000)
    assert done == Prompt(("# A\n\n" + "".join(each.whole() for each in chapters)).rstrip("\n") + "\n")


def test_a_command_names_what_was_cut_with_its_size() -> None:
    big = Piece(what="the log", text="x\n" * 50_000, command="git show HEAD:log", keep="end")
    done = compose_prompt("# A\n\n", [Part(title="Log", words="", pieces=(big,), share=90)], LIMIT)
    (left,) = done.left_out
    assert (left.what, left.size, left.command) == ("the log", 100_000, "git show HEAD:log")
    assert f"- the log: {left.bytes:,} of 100,000 bytes; `git show HEAD:log`" in done.text
    assert (
        f"(Cut: {100_000 - left.bytes:,} of 100,000 bytes are shown; all of it: `git show HEAD:log`)"
        in done.text
    )
