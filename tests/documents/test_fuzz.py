"""Whatever the bytes are, a document is read, soon, and to a value of the right kind.

Belongs here: properties of all documents. Does not: what is wrong with one of them (test_documents_cases).
"""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cases
from agentledger import documents
from agentledger.documents.frame import MOST_BYTES
from agentledger.documents.syntax.problems import MOST
from agentledger.ledger import config
from agentledger.model.text import HIDDEN

KINDS = st.sampled_from(sorted(cases.PLACES))
SAMPLES = [(cases.FOLDER / name).read_bytes() for name in cases.names()]
SAMPLES += [documents.read_template(name) for name in documents.TEMPLATES]
SNIPPETS = st.sampled_from((
    b"---\n", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\0", b"\xff", b"## Outcome\n", b"```\n", b"<!--", b"-->",
    b"- [ ] x\n", b"\t",
    b"  ", b": ", b"[", b"]", b"{", b"}", b"*a", b"&a ", b"!x ", b"|\n", b"? ", b"'", b'"', b"owns: ",
    b"kill:\n", b"null", b"\x1b",
    b"## \xe2\x80\xaeO\n", b"2026-11-23T10:15:00Z", b"9" * 5000, b"verify:\n  - a\n",
    b"{changed:", b"\xe2\x80\xa8", b"#", b",",
    b"[[verify]]\n", b"=",
))  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample with some of it cut out and something odd in its place, a few times over."""
    raw = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = start + draw(st.integers(0, 40))
        raw = raw[:start] + draw(SNIPPETS) + raw[end:]
    return raw


def sound(kind: str, raw: bytes) -> None:
    value = cases.parse(kind, raw)
    document = value.document
    lines = document.text.count("\n") + 1
    assert len(document.problems) <= MOST + 1
    for problem in document.problems:
        assert problem.line is None or 1 <= problem.line <= lines
        assert not HIDDEN.search(problem.message + problem.hint)
        assert len(problem.message) < 5000
        assert problem.hint
    json.dumps(document.fields)
    assert "\0" not in document.text
    assert "\r" not in document.text
    hash(
        value.__class__(
            **{name: getattr(value, name) for name in value.__slots__ if name != "document"}, document=None
        )
    )


@given(KINDS, st.binary(max_size=300))
def test_random_bytes_are_read(kind: str, raw: bytes) -> None:
    sound(kind, raw)


@given(KINDS, st.text(max_size=200))
def test_random_text_is_read_behind_front_matter_and_in_it(kind: str, text: str) -> None:
    raw = text.encode("utf-8", "replace")
    sound(kind, b"---\n" + raw + b"\n---\n" + raw)


@given(KINDS, mutated())
def test_samples_with_damage_are_read(kind: str, raw: bytes) -> None:
    sound(kind, raw)
    documents.parse_front_matter(raw)


@given(st.one_of(st.binary(max_size=300), mutated()))
def test_a_policy_is_read_whatever_it_holds(raw: bytes) -> None:
    policy = config.parse("config.toml", raw)
    assert len(policy.problems) <= MOST + 1
    assert policy.dormant > 0
    assert policy.wip.active >= 0


@given(mutated())
def test_line_ends_and_a_byte_order_mark_make_no_difference(raw: bytes) -> None:
    unix = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removeprefix(b"\xef\xbb\xbf")
    if not unix.startswith(b"\xef\xbb\xbf"):
        dos = b"\xef\xbb\xbf" + unix.replace(b"\n", b"\r\n")
        if len(dos) <= MOST_BYTES:
            assert cases.parse("brief", dos) == cases.parse("brief", unix)


LARGE = {
    "headings": "##\n", "titles": "## a\n", "rules": "a\n---\n", "items": "- [ ] a\n  - b\n",
    "empty items": "- [ ] \n",
    "fences": "```\n", "comments": "<!--\n", "dots": "....", "hashes": "#", "blanks": "## " + " " * 90,
    "quotes": "> ",
    "lists": "- ", "nested": "  - a\n", "keys": "a: b\n", "dotted": "a.", "dotted keys": "a.b.c.d.e.f=1\n",
    "tables": "[[a]]\n",
    "brackets": "[", "braces": "{a=", "strings": '"a".', "changed": "{changed:", "escapes": "\\", "wide": "é",
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_no_large_document_takes_long(name: str) -> None:
    text = LARGE[name] * ((MOST_BYTES - 100) // len(LARGE[name].encode()))
    began = time.perf_counter()
    for head in ("", "---\ntask: a\n---\n## Acceptance criteria\n- [ ] ", "---\n", '---\nverify: "'):
        cases.parse("brief", f"{head}{text}".encode())
    cases.parse("evidence", f'{{"tail": ["{text}'.encode())
    for head in ("", "a = ", "[paths]\nopen = ['"):
        config.parse("config.toml", f"{head}{text}".encode())
    # Seconds for all eight, on a machine that does other things as well; what is quadratic takes minutes.
    assert time.perf_counter() - began < 20
