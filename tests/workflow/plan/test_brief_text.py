"""Values → a brief's Markdown and back: whatever they hold, and nothing else of a text changes."""

from __future__ import annotations

import string
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentledger.documents import parse_brief, parse_front_matter
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Brief, Source
from agentledger.workflow.plan import brief_text
from agentledger.workflow.plan.brief_text import EMPTY, edit_brief
from cases import raw_document

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
TRICKY = st.text(
    st.sampled_from("ab \t\n\r:#'\"\\{}[],&*!|>%@`-?~=<\x7f\x85\u2028\ufeff\U0001f34e0123."), min_size=1
)
IDS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
PATTERNS = st.lists(ANY | TRICKY, min_size=1, max_size=6)
OLD = """\
---
# Who wrote this by hand
task: x
mode: delegate   # for now
owns:
  - "src/**"      # the code

  - 'tests/**'
# manager: ana@example.org
verify:
  # the slow one
  test: |
    # a comment of the shell
    pytest -q

  lint: {run: "ruff check", timeout: 2m}
priority: 1
---
Some words before the first section.

## Why, and what would stop us
It fails.
## My own section

### Details

```
## no heading
```

Acceptance criteria
-------------------

- [ ] it holds


## Verification plan
Look.
"""


def parsed(text: str) -> Brief:
    return parse_brief(raw_document(Source(path="tasks/x/brief.md"), text.encode()))


def fields(text: str) -> dict[str, Any]:
    """As our reader has it, which has to be what every reader of YAML has where both see text."""
    return parse_front_matter(text.encode())


@given(ANY | TRICKY, PATTERNS, st.dictionaries(IDS, ANY | TRICKY, min_size=1, max_size=3))
def test_whatever_a_value_holds_it_is_read_again(title: str, owns: list[str], checks: dict[str, str]) -> None:
    keys = {"task": "x", "title": title, "owns": owns, "verify": checks}
    for text in (edit_brief(EMPTY, keys, {}), brief_text.render_brief(keys, {})):
        values = fields(text)
        assert {key: values[key] for key in keys} == keys
        assert yaml.safe_load(text.split("\n---\n")[0]) == keys


@given(ANY | TRICKY)
def test_a_value_is_never_more_than_one_line(value: str) -> None:
    assert len(brief_text.format_scalar(value).splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("pytest -q tests/auth", "pytest -q tests/auth"),
        ("15m", "15m"),
        (2, "2"),
        (True, "true"),
        ("true", '"true"'),
        ("No", '"No"'),
        ("1e3", '"1e3"'),
        ("12", '"12"'),
        ("src/**", '"src/**"'),
        ("echo 'a'", "\"echo 'a'\""),
        ('echo "a"', "'echo \"a\"'"),
        ("a\nb", '"a\\nb"'),
        ("a\u2028b", '"a\\u2028b"'),
        ("two  blanks", '"two  blanks"'),
        ("Fix: it", '"Fix: it"'),
    ],
)
def test_quotes_stand_only_where_somebody_could_misread(value: str | int, written: str) -> None:
    assert brief_text.format_scalar(value) == written


def test_keys_stand_in_the_templates_order_and_long_lists_a_line_each() -> None:
    owns = [f"src/a/long/folder/number/{number}/**" for number in range(4)]
    text = edit_brief(
        EMPTY, {"verify": {"test": "make"}, "owns": owns, "task": "x", "kill": {"after": "2d"}}, {}
    )
    head = text.split("---\n")[1]
    assert head.splitlines() == [
        "task: x",
        "owns:",
        *(f'  - "{pattern}"' for pattern in owns),
        "verify:",
        "  test: make",
        "kill: {after: 2d}",
    ]
    assert parsed(text).owns == tuple(owns)


def test_one_key_changes_and_every_other_byte_stays() -> None:
    assert edit_brief(OLD, {"priority": 3}, {}) == OLD.replace("priority: 1", "priority: 3")
    assert edit_brief(OLD, {"mode": "review"}, {}) == OLD.replace("delegate   # for now", "review")
    assert edit_brief(OLD, {"manager": "bo"}, {}) == OLD.replace("# manager: ana@example.org", "manager: bo")
    assert edit_brief(OLD, {"title": "A"}, {}) == OLD.replace("task: x\n", "task: x\ntitle: A\n")
    block = OLD[OLD.index("owns:") : OLD.index("# manager")]
    assert edit_brief(OLD, {"owns": ["a/**"]}, {}) == OLD.replace(block, 'owns: ["a/**"]\n')
    checks = OLD[OLD.index("verify:") : OLD.index("priority")]
    assert edit_brief(OLD, {"verify": {"t": "make"}}, {}) == OLD.replace(checks, "verify:\n  t: make\n")
    assert edit_brief(OLD, {"verify": None}, {}) == OLD.replace(checks, "")
    assert edit_brief(OLD, {}, {}) == OLD


def test_one_section_changes_and_every_other_byte_stays() -> None:
    why = "## Why, and what would stop us\n"
    assert edit_brief(OLD, {}, {"Why, and what would stop us": "New."}) == OLD.replace(
        f"{why}It fails.\n", f"{why}\nNew.\n\n"
    )
    assert edit_brief(OLD, {}, {"Acceptance criteria": "- [ ] b"}) == OLD.replace(
        "- [ ] it holds\n\n", "- [ ] b\n"
    )
    assert edit_brief(OLD, {}, {"Verification plan": ""}) == OLD.replace(
        "\n\n## Verification plan\nLook.\n", ""
    )
    added = edit_brief(OLD, {}, {"Integration notes": "Here."})
    assert added == OLD.replace("- [ ] it holds\n\n\n", "- [ ] it holds\n\n## Integration notes\n\nHere.\n\n")


def test_line_ends_and_byte_order_mark_are_kept() -> None:
    old = "\ufeff" + OLD.replace("\n", "\r\n")
    new = edit_brief(old, {"priority": 3}, {"Verification plan": "Look\ntwice."})
    assert new.startswith("\ufeff---\r\n")
    assert new.count("\n") == new.count("\r\n")
    assert parsed(new).priority == 3


def test_a_key_that_is_there_twice_is_there_once_afterwards() -> None:
    text = edit_brief("---\ntask: x\nmode: own\nmode: review\n---\n", {"mode": "explore"}, {})
    assert text == "---\ntask: x\nmode: explore\n---\n"


def test_front_matter_in_braces_is_written_a_key_a_line() -> None:
    text = edit_brief("---\n{task: x, owns: [a], priority: 2}\n---\nBody.\n", {"priority": 1}, {})
    assert text == "---\ntask: x\nowns: [a]\npriority: 1\n---\nBody.\n"


@pytest.mark.parametrize(
    "text", ["no front matter\n", "---\ntask: x\n", "---\n\ttask: x\n---\n", "---\n- a\n---\n"]
)
def test_what_cannot_be_read_is_not_changed_by_flags(text: str) -> None:
    with pytest.raises(LedgerError, match="front matter") as caught:
        edit_brief(text, {"priority": 1}, {})
    assert "--edit" in caught.value.hint


@pytest.mark.parametrize("said", ["a\n\n## Outcome\n\nb", "```\nopen", "<!-- open", "Outcome\n----"])
def test_a_section_s_text_cannot_begin_or_hide_another(said: str) -> None:
    old = edit_brief(EMPTY, {"task": "x"}, {"Outcome": "It holds.", "Context": "Here."})
    with pytest.raises(LedgerError, match="of its own"):
        edit_brief(old, {}, {"Why, and what would stop us": said})


@given(st.dictionaries(st.sampled_from(brief_text.TITLES), ANY | TRICKY, max_size=8))
def test_sections_are_read_again_or_refused(sections: dict[str, str]) -> None:
    try:
        text = edit_brief(EMPTY, {"task": "x"}, sections)
    except LedgerError:
        return
    sections_read = {part.title: part.text.strip() for part in parsed(text).document.parts}
    meant = {t: s.replace("\r\n", "\n").replace("\r", "\n").strip() for t, s in sections.items()}
    assert sections_read == {title: text for title, text in meant.items() if text}


def test_sections_stand_in_the_templates_order_whatever_the_order_of_flags() -> None:
    text = edit_brief(EMPTY, {"task": "x"}, dict.fromkeys(reversed(brief_text.TITLES), "Words."))
    assert [part.title for part in parsed(text).document.parts] == list(brief_text.TITLES)
