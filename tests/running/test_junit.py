"""Counts out of JUnit files, and what a hostile one cannot do."""

from __future__ import annotations

import io
import time

import pytest

from agentledger.model.ledger import JUnit
from agentledger.running import junit
from agentledger.running.junit import Unreadable

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5">
<testcase classname="t" name="a" time="0.1" />
<testcase classname="t" name="b"><failure message="no">x</failure></testcase>
<testcase classname="t" name="c"><skipped type="pytest.skip" message="why" /></testcase>
<testcase classname="t" name="d"><error message="setup">x</error></testcase>
<testcase classname="t" name="e"><system-out>&lt;failure/&gt;</system-out></testcase>
</testsuite></testsuites>"""
NESTED = """<testsuites tests="99"><testsuite tests="3" failures="1"><testsuite tests="2" failures="1">
<testcase name="a"/><testcase name="b"><failure/><failure/><error/></testcase></testsuite>
<testcase name="c"/></testsuite></testsuites>"""
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><testsuite><testcase><failure>&j;</failure></testcase></testsuite>"
)
FILE = '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>'


def counts(text: str | bytes) -> JUnit:
    return junit.parse_junit(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTEST, JUnit(5, 1, 1, 1)),
        (NESTED, JUnit(3, 0, 1, 0)),
        ("<testsuite/>", JUnit()),
        ("<testsuite><testcase/></testsuite>".encode("utf-16"), JUnit(1)),
    ],
)
def test_cases_are_counted_once_each(text: str | bytes, expected: JUnit) -> None:
    assert counts(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "declares a document type"),
        (FILE, "declares a document type"),
        ("", "is no XML"),
        ("<testsuite><testcase>", "is no XML"),
        ("{}", "is no XML"),
        ("<html><testcase/></html>", "begins with <html>"),
        (b"\x00\xff" * 50, "is no XML"),
    ],
)
def test_what_is_no_such_file_is_refused_at_once(text: str | bytes, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable, match=reason):
        counts(text)
    assert time.monotonic() - began < 1


def test_depth_and_size_cost_no_more_than_reading() -> None:
    deep = "<testsuite>" + "<testsuite>" * 200_000 + "<testcase/>" + "</testsuite>" * 200_001
    assert counts(deep) == JUnit(1)
    assert (
        counts("<testsuite>" + "<testcase><failure>x</failure></testcase>" * 50_000 + "</testsuite>").failures
        == 50_000
    )
