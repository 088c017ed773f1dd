"""Front matter: the quick reader against PyYAML, and YAML that could do harm.

Belongs here: text → keys with lines. Does not: what the keys mean (see test_documents_cases).
"""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger import documents
from agentledger.documents.syntax import plain_yaml, yaml_lines
from agentledger.documents.syntax.nodes import to_json_value
from agentledger.documents.syntax.problems import Problems

VALUES = (
    "a", "1", "on", "null", "~", "2026-11-23T10:15:00Z", "pytest -q tests",
    "ruff check {changed:**/*.py}", "a:b",
    "a: b", "a #b", "a#b", "a  b", "'it'", "'it''s'", '"x"', '"x\\n"', '"a" b', "[]",
    "[a, b]", '["src/**", \'x\']',
    "[a,b]", "[a:b]", "[a, [b]]", "[*a]", "{}", "{a: 1, b: x}", "{a: 1}x", "{a:1}",
    "{after: 2d}", "*a", "&a b", "!t x",
    "|", ">", "- a", "-", "-a", "? a", "%a", "@a", "`a`", "é à", "x" * 70, "a:", ":a",
    "# no", "a\tb", "'a", "[a", "a,b", "",
)  # fmt: skip
KEYS = ("task", "owns", "a-b", "x1", "a b", "'q'", "1", "é")
LINES = st.one_of(
    st.builds(
        "{}{}:{}{}{}".format,
        st.sampled_from(("", "", "", "  ", " ", "    ")),
        st.sampled_from(KEYS),
        st.sampled_from((" ", " ", "  ", "", "\t")),
        st.sampled_from(VALUES),
        st.sampled_from(("", "", " ", "  # why", "# why", " #")),
    ),
    st.builds("{}- {}".format, st.sampled_from(("", "  ", "    ")), st.sampled_from(VALUES)),
    st.sampled_from(("", "   ", "# comment", "  # comment", "---", "...", "text", "  text")),
)


@given(st.lists(LINES, max_size=7))
def test_what_the_quick_reader_reads_yaml_reads_the_same(lines: list[str]) -> None:
    head = "\n".join(lines) + "\n"
    quick = plain_yaml.parse_plain_yaml(head, 2)
    if quick is not None:
        out = Problems("x")
        slow = yaml_lines.parse_any_yaml(head, 2, out)
        assert slow is not None, out.all()
        assert (to_json_value(quick), quick.entries) == (to_json_value(slow), slow.entries)


@pytest.mark.parametrize(
    "head",
    [
        'task: a\nowns: [a, "b/**"]  # why\nverify:\n  test: pytest\n\n  lint: ruff {changed:**/*.py}\n',
        "at: 2026-11-23T10:15:00Z\nagent: claude-code\nstate: working\n",
        'owns:\n- a\n- "b"\nkill: {after: 2d, lines: 800}\nbranch:\n',
    ],
)
def test_ordinary_front_matter_needs_no_yaml_library(head: str) -> None:
    assert plain_yaml.parse_plain_yaml(head, 1) is not None


def test_numbers_of_lines_are_those_of_the_file() -> None:
    out = Problems("x")
    tree = yaml_lines.parse_yaml("a: |\n  one\n  two\nb: [1,\n  2]\n", 2, out)
    assert tree
    assert [(entry.key, entry.line) for entry in tree.entries] == [("a", 2), ("b", 5)]


BOMBS = {
    "laughs": "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1},*b{n - 1}]\n" for n in range(1, 60)),
    "brackets": "a: " + "[" * 200_000,
    "braces": "a: " + "{a: " * 60_000,
    "dashes": "a:\n" + "- " * 120_000,
    "questions": "? " * 120_000,
    "keys": "".join(f"key{n}: 1\n" for n in range(22_000)),
    "values": "a: [" + "1," * 120_000 + "]",
    "quotes": 'a: "' + "\\" * 250_000,
    "lines": "a:" + " \n" * 120_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    raw = f"---\n{BOMBS[name]}\n---\n".encode()
    began = time.perf_counter()
    assert len(documents.parse_front_matter(raw)) < 30_000
    assert time.perf_counter() - began < 5


def test_front_matter_is_read_without_checking_it() -> None:
    assert documents.parse_front_matter(b"\xef\xbb\xbf---\r\nagent: codex\r\nn: 3\r\n---\r\n") == {
        "agent": "codex",
        "n": 3,
    }
    for raw in (
        b"",
        b"agent: codex",
        b"---\n- a\n---\n",
        b"---\na: [\n---\n",
        b"---\n\xff\0: \x01\n",
        b"---\n---\n",
    ):
        assert documents.parse_front_matter(raw) == {}


def test_the_yaml_library_is_left_alone_until_it_is_needed() -> None:
    import subprocess

    code = (
        "import sys; from agentledger import documents; documents.parse_front_matter(b'---\\nagent: a\\n---\\n')\n"
        "print({'yaml', 'difflib', 'tomllib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
