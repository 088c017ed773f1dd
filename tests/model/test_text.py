"""Text from git, made fit to be shown and given back unchanged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.model.text import (
    decode,
    encode,
    escape_hidden,
    format_age,
    format_count,
    format_path,
    format_rfc3339,
)

REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MINUTE, HOUR, DAY = 60, 3600, 86400


@given(raw=st.binary())
def test_any_bytes_come_back_as_they_were(raw: bytes) -> None:
    assert encode(decode(raw)) == raw


@given(raw=st.binary() | st.text())
def test_nothing_printable_can_move_a_cursor_or_reorder_text(raw: bytes | str) -> None:
    escaped = escape_hidden(raw)
    assert encode(escaped).decode() == escaped
    assert not {unicodedata.category(c) for c in escaped} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(c) for c in escaped} & REORDERING


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("日本 🌸 é", "日本 🌸 é"),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"caf\xc3\xa9\xc3", r"café\xc3"),
        ("a\x1b[31mb\n\t", r"a\x1b[31mb\x0a\x09"),
        ("\x9b1m", r"\x9b1m"),
        ("a\u202eb", r"a\u{202E}b"),
        ("a\u200bb\ufeff", r"a\u{200B}b\u{FEFF}"),
        ("\U000e0041", r"\u{E0041}"),
        ("\ud800", r"\u{D800}"),
    ],
)
def test_hidden_characters_are_spelled_out(raw: str | bytes, shown: str) -> None:
    assert escape_hidden(raw) == shown


@given(raw=st.binary())
def test_a_path_is_always_valid_text(raw: bytes) -> None:
    assert format_path(raw).encode().decode() == format_path(raw)


def test_a_path_keeps_all_that_is_text() -> None:
    assert format_path("dir/ü\n\u202e".encode()) == "dir/ü\n\u202e"
    assert format_path(b"a\xffb\x80") == r"a\xffb\x80"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-62135596800, "0001-01-01T00:00:00Z"),
        (-(10**14), "0001-01-01T00:00:00Z"),
        (10**14, "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_rfc3339_in_utc(at: int, shown: str) -> None:
    assert format_rfc3339(at) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "now"), (0, "now"), (59, "now"), (MINUTE, "1 min"), (HOUR - 1, "59 min"), (HOUR, "1 h"),
        (DAY, "24 h"), (26 * HOUR, "26 h"), (44 * HOUR, "44 h"), (72 * HOUR, "72 h"),
        (4 * DAY - 1, "3 d"), (30 * DAY, "30 d"), (31 * DAY, "1 mo"), (364 * DAY, "11 mo"),
        (366 * DAY, "1 y"), (3660 * DAY, "10 y"),
    ],
)  # fmt: skip
def test_an_age_has_one_unit(seconds: int, shown: str) -> None:
    assert format_age(seconds) == shown


def test_a_count_agrees_with_its_noun() -> None:
    assert format_count(0, "day") == "0 days"
    assert format_count(1, "branch", "branches") == "1 branch"
    assert format_count(12345, "branch", "branches") == "12,345 branches"
