"""The packet's text: what is generated is put anew, and what the agent wrote keeps its bytes.

Belongs here: text in, text out. Does not: repositories (see `test_packet_command`).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.documents import parse_packet
from agentledger.documents.packet import EXPLORE, SECTIONS
from agentledger.documents.templates import read_template
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Packet, Source
from agentledger.workflow.handover.packet_criteria import Claim, open_criteria
from agentledger.workflow.handover.packet_files import Touched
from agentledger.workflow.handover.packet_text import (
    Facts,
    Prose,
    Refreshed,
    Result,
    begin_packet,
    refresh_packet,
)
from cases import raw_document

A, B = Touched("src/a.py", "+3 −1"), Touched("src/b.py", "new, +10")
RAN = Result(
    check="test",
    command="make test",
    outcome="passed in 3 s",
    when="2026-11-23T10:15:00Z",
    commit="`aaaaaaaaaaaa`",
    worth="claimed",
)
FACTS = Facts(
    task="x",
    base="b" * 40,
    head="a" * 40,
    change="c" * 64,
    files=[A, B],
    results=[RAN],
    criteria=["the sixth login answers 429", "it is fast"],
)
NEW = begin_packet(read_template("packet"), False)
FRONT = b"---\ntask: x\nbase: 0\nhead: 0\n---\n"


def made(raw: bytes = NEW, facts: Facts = FACTS, **prose: object) -> Refreshed:
    return refresh_packet(raw, facts, Prose(**prose))  # type: ignore[arg-type]  # named as its fields


def read(raw: bytes) -> Packet:
    return parse_packet(raw_document(Source(path=".agentledger/tasks/x/packet.md"), raw))


def part(raw: bytes, title: str) -> str:
    section = read(raw).document.part(title)
    assert section
    return section.text


def test_a_new_packet_has_everything_that_git_and_evidence_tell() -> None:
    raw = made().raw
    packet = read(raw)
    assert (packet.task, packet.base, packet.head, packet.change) == ("x", "b" * 40, "a" * 40, "c" * 64)
    assert [each.title for each in packet.document.parts] == list(SECTIONS)
    assert "- `src/a.py` (+3 −1)\n- `src/b.py` (new, +10)\n" in part(raw, "Files touched")
    assert "| test | `make test` | passed in 3 s |" in part(raw, "Test plan and results")
    assert [(item.text, item.checked) for item in packet.criteria] == [
        ("the sixth login answers 429", False),
        ("it is fast", False),
    ]
    empty = [each.title for each in packet.document.parts if each.empty]
    assert empty == ["Summary", "Why this approach", "Risks and follow-ups"]


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_second_time_changes_nothing_and_adds_no_line_end_of_another_kind(eol: bytes) -> None:
    raw = made(NEW.replace(b"\n", eol)).raw
    assert made(raw).raw == raw
    assert raw.count(b"\n") == raw.count(eol)


def test_prose_keeps_its_bytes_whatever_they_are() -> None:
    odd = b"Tabs\t and  blanks  \r\nnext \xff\xfe line\r\n\r\n\r\n\x0c* item\x0b\r\n"
    raw = FRONT + b"## Summary\r\n" + odd + b"## Why this approach\nx\n## Own\n  y\n"
    again = made(raw).raw
    assert odd in again
    assert b"## Own\n  y\n" in again
    assert made(again).raw == again


def test_words_beside_a_file_survive_and_those_of_a_file_that_is_gone_are_told() -> None:
    raw = made().raw.replace("(+3 −1)".encode(), "(+3 −1): the limit\n  and its clock".encode())
    raw = raw.replace(b"(new, +10)", b"(new, +10) `Limit` (see a)")
    facts = replace(FACTS, files=[Touched("src/a.py", "+9")])
    again = made(raw, facts)
    assert "- `src/a.py` (+9): the limit\n  and its clock\n" in part(again.raw, "Files touched")
    assert "src/b.py" not in again.raw.decode()
    assert again.notes == ("src/b.py is no longer changed; you had written about it: `Limit` (see a)",)


def test_of_a_change_of_very_many_files_a_full_folder_is_one_line() -> None:
    many = [Touched(f"data/{number}", "new, +1") for number in range(10_000)]
    at_odds = Touched("data/odd", "conflicts with base")
    facts = replace(FACTS, files=[A, *many, at_odds])
    raw = made(facts=facts).raw
    assert "- `src/a.py` (+3 −1)\n- `data/` (10,001 files)\n- `data/odd` (conf" in part(raw, "Files touched")
    assert made(raw, facts).raw == raw
    said = raw.replace(b"(10,001 files)", b"(10,001 files): from the sensor")
    said = said.replace(b"- `data/odd`", b"- `data/7` (new, +1): the odd one\n- `data/odd`")
    again = made(said, facts)
    files = part(again.raw, "Files touched")
    assert "- `data/` (10,001 files): from the sensor\n- `data/7` (new, +1): the odd one\n" in files
    assert again.notes == ()
    fewer = made(again.raw, replace(FACTS, files=[A, *many[:998]]))
    assert "- `data/997` (new, +1)\n" in part(fewer.raw, "Files touched")
    assert fewer.notes == ("data/ is no longer changed; you had written about it: from the sensor",)


def test_a_list_written_by_hand_becomes_the_generated_one_with_its_words() -> None:
    raw = FRONT + b"## Files touched\nTwo files.\n- `src/b.py`, `src/a.py`: both\n- `make` is slow\n"
    files = part(made(raw).raw, "Files touched")
    assert files == (
        "Two files.\n\n<!-- agentledger: files -->\n- `src/a.py` (+3 −1): both\n"
        "- `src/b.py` (new, +10): both\n<!-- agentledger: end -->\n\n- `make` is slow"
    )


@pytest.mark.parametrize("lost", ["<!-- agentledger: end -->", "<!-- agentledger: files -->"])
def test_a_lost_marker_costs_nothing_and_is_told(lost: str) -> None:
    raw = made(comments={"src/a.py": "the limit"}).raw
    raw = raw.replace(lost.encode() + b"\n", b"A word of mine.\n", 1)
    again = made(raw)
    files = part(again.raw, "Files touched")
    assert files.count("<!-- agentledger: files -->") == files.count("<!-- agentledger: end -->") == 1
    assert files.count("- `src/a.py` (+3 −1): the limit") == 1
    assert "A word of mine." in files
    assert "marker was missing in “Files touched”" in again.notes[0]
    assert made(again.raw) == Refreshed(again.raw)


def test_of_results_with_a_lost_marker_the_old_text_stays() -> None:
    raw = made().raw
    head, _, tail = raw.rpartition(b"<!-- agentledger: end -->\n")
    again = made(head + tail)
    assert again.raw.count(b"<!-- agentledger: results -->") == 1
    assert again.raw.count(b"| test | `make test` |") == 2
    assert "marker was missing in “Test plan and results”" in again.notes[0]
    assert made(again.raw).raw == again.raw


def test_text_between_the_markers_is_not_lost() -> None:
    raw = made().raw.replace(b"<!-- agentledger: files -->\n", b"<!-- agentledger: files -->\nMine.\n")
    raw = raw.replace(b"<!-- agentledger: results -->\n", b"<!-- agentledger: results -->\nBy hand.\n")
    again = made(raw).raw
    assert part(again, "Files touched").startswith("Mine.\n\n<!-- agentledger: files -->")
    assert part(again, "Test plan and results").startswith("By hand.\n\n<!-- agentledger: results -->")
    assert made(again).raw == again


def test_front_matter_is_set_line_by_line() -> None:
    raw = b"\xef\xbb\xbf---\n# mine\nhead: 1\nbase: >\n  2\ntask: x  # the id\nhead: 3\n---\n## Summary\ns\n"
    again = made(raw).raw
    front = again.partition(b"## Summary")[0].decode("utf-8-sig")
    assert (
        front
        == f"---\n# mine\nhead: {'a' * 40}\nbase: {'b' * 40}\ntask: x  # the id\nchange: {'c' * 64}\n---\n"
    )
    assert again.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("raw", [b"## Summary\nIt.\n", b"---\ntask: x\n## Summary\nIt.\n", b"\n\n", b"It.\n"])
def test_missing_front_matter_is_put_there(raw: bytes) -> None:
    again = made(raw).raw
    packet = read(again)
    assert (packet.task, packet.head) == ("x", "a" * 40)
    assert b"It." not in raw or b"It." in again
    assert made(again).raw == again


def test_without_a_change_id_none_is_kept() -> None:
    raw = made().raw
    assert b"change:" not in made(raw, replace(FACTS, change="")).raw


# -- criteria -----------------------------------------------------------------------------


def test_criteria_are_added_word_for_word_and_ones_of_ones_own_stay() -> None:
    raw = FRONT + b"## Acceptance criteria\n1. [x] It is FAST.\n   * measured\n- [ ] and pretty\n\nProse.\n"
    again = made(raw)
    assert part(again.raw, "Acceptance criteria") == (
        "1. [x] It is FAST.\n   * measured\n- [ ] and pretty\n\nProse.\n\n- [ ] the sixth login answers 429"
    )
    assert again.notes == (
        "1 criterion of the brief added, unticked",
        "no longer a criterion of the brief, but it stays: and pretty",
    )
    ticked = made(raw, claims=[Claim(1, True, "a test")])
    assert ticked.notes == again.notes[1:]


def test_claims_tick_untick_and_say_why_once() -> None:
    claims = [Claim(1, True, "tests/a.py\n::test_six"), Claim(2, False, "not measured")]
    raw = made(claims=claims).raw
    assert part(raw, "Acceptance criteria") == (
        "- [x] the sixth login answers 429\n  - tests/a.py ::test_six\n- [ ] it is fast\n  - not measured"
    )
    assert made(raw, claims=claims).raw == raw
    unticked = made(raw, claims=[Claim(1, False, "it flakes")]).raw
    assert (
        "- [ ] the sixth login answers 429\n  - tests/a.py ::test_six\n  - it flakes\n" in unticked.decode()
    )


def test_what_nothing_is_said_of_is_known() -> None:
    raw = made(claims=[Claim(2, False, "not measured")]).raw
    assert open_criteria(read(raw).criteria, FACTS.criteria) == [(1, "the sixth login answers 429")]


def test_a_criterion_that_the_brief_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(LedgerError, match="no criterion 3") as error:
        made(claims=[Claim(3, True, "x")])
    assert "2: it is fast" in error.value.hint


# -- what is said on the command line -------------------------------------------------------


def test_a_section_is_named_by_its_heading_or_its_first_word() -> None:
    raw = made(sections={"summary": "It.", "Why this approach": "So.", "risks": "None."}).raw
    assert [part(raw, title) for title in ("Summary", "Why this approach", "Risks and follow-ups")] == [
        "It.",
        "So.",
        "None.",
    ]
    with pytest.raises(LedgerError, match="no section named Sumary") as error:
        made(sections={"Sumary": "It."})
    assert "“Summary”" in error.value.hint


@pytest.mark.parametrize("title", ["Summary", "Files touched", "Test plan and results"])
@pytest.mark.parametrize("text", ["a\n## Files touched\nb", "```\nopen", "<!-- open", "- [ ] x\n  ```"])
def test_no_text_can_end_its_section_or_swallow_the_next(title: str, text: str) -> None:
    raw = made(sections={title: text}).raw
    assert [each.title for each in read(raw).document.parts] == list(SECTIONS)
    assert made(raw).raw == raw


def test_a_new_text_leaves_the_generated_part_and_takes_the_place_of_the_old_one() -> None:
    raw = made(sections={"test": "Old."}).raw
    again = made(raw, sections={"test": "New."}).raw
    results = part(again, "Test plan and results")
    assert results.startswith("New.\n\n<!-- agentledger: results -->\n| Check |")
    assert "Old." not in again.decode()


def test_why_there_are_no_tests_is_one_line() -> None:
    raw = made(no_tests="only words changed").raw
    assert part(raw, "Test plan and results").startswith("No tests: only words changed\n\n<!-- agentledger")
    again = made(raw, no_tests="really").raw
    assert again == raw.replace(b"only words changed", b"really")


def test_words_for_a_file_that_is_not_changed_are_refused() -> None:
    with pytest.raises(LedgerError, match=r"src/c\.py is no file that the branch changes"):
        made(comments={"src/c.py": "x"})


def test_code_that_never_ends_is_told_instead_of_adding_sections_for_ever() -> None:
    raw = FRONT + b"## Summary\n```\nopen\n"
    with pytest.raises(LedgerError, match="never ends"):
        made(raw)


def test_cells_hold_what_a_command_holds() -> None:
    ran = replace(RAN, command="a | b\n`c`", outcome="skipped: a|b")
    assert "| `` a \\| b `c` `` | skipped: a\\|b |" in made(facts=replace(FACTS, results=[ran])).raw.decode()


# -- other kinds ------------------------------------------------------------------------------


def test_an_exploring_packet_has_options_and_a_recommendation() -> None:
    facts = replace(FACTS, explores=True)
    raw = made(begin_packet(read_template("packet"), True), facts, sections={"options": "Two."}).raw
    assert [each.title for each in read(raw).document.parts] == [
        "Summary",
        "Why this approach",
        "Options",
        "Recommendation",
        "Risks and follow-ups",
    ]
    assert set(EXPLORE) == {each.title for each in read(raw).document.parts}
    assert made(raw, facts).raw == raw
    with pytest.raises(LedgerError, match="only explores"):
        made(raw, facts, claims=[Claim(1, True, "x")])


def test_a_template_of_ones_own_keeps_its_sections() -> None:
    own = b"---\ntask:\n---\n## Screenshots\n\nBefore and after.\n\n## Summary\n\nSay it.\n"
    raw = made(begin_packet(own, False)).raw
    titles = [each.title for each in read(raw).document.parts]
    assert titles == ["Screenshots", *SECTIONS]
    assert part(raw, "Screenshots") == "Before and after."


PIECES = (
    *("## Summary", "## Files touched", "## Acceptance criteria", "## Test plan and results", "text", ""),
    *("- `src/a.py` w", "- `old` (+1): x", "- [ ] it is fast", "- [x] y", "  - z", "1. x", "    code"),
    *("<!-- agentledger: files -->", "<!-- agentledger: results -->", "<!-- agentledger: end -->"),
    "| a | b |",
)


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_is_there_a_refresh_settles_at_once(lines: list[str], eol: str) -> None:
    raw = FRONT + eol.join(lines).encode()
    try:
        once = made(raw).raw
    except LedgerError:
        return  # something in it never ends, which only its author can settle
    assert made(once).raw == once
    assert once.decode().count("text") >= lines.count("text")
    assert {each.title for each in read(once).document.parts} >= set(SECTIONS)
