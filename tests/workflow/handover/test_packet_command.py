"""`agentledger packet` in real worktrees: what it writes, what it leaves alone, what the gate says of it.

Belongs here: the command. Does not: the text by itself (see `test_packet_text`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from agentledger.reports import shapes
from command import refused, run
from desk import CHECK_IN, STATUS, Desk, checked, made
from killed import at_each_write, sound

PACKET = ".agentledger/tasks/x/packet.md"
PROSE = (
    *("--summary", "It limits.", "--why", "The smallest way.", "--risks", "none"),
    *("--criterion", "1=tests/test_a.py::test_six", "--no-tests", "covered before"),
)
ABOUT_PACKETS = {"PKT001", "PKT002", "PKT003", "PKT004", "PKT005", "PKT006"}


def at_desk(folder: Path, owns: str = "['src/**']", more: str = "", policy: str = "") -> Desk:
    """An agent's worktree in which some code is committed."""
    repo = made(folder, owns, more, policy)
    repo.git("branch", "-q", "agent/x", "main")
    desk = Desk(repo, repo.worktree_add(folder / "an agent's", "agent/x").path)
    work(desk)
    return desk


def work(desk: Desk, text: str = "a = 2\n", path: str = "src/a.py") -> None:
    desk.write(path, text)
    desk.git("add", "--", path)
    desk.git("commit", "-q", "--no-verify", "-m", "work")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return at_desk(tmp_path)


def packet(desk: Desk, *arguments: str) -> str:
    result = run(desk.path, "packet", *arguments)
    assert (result.code, result.err) == (0, ""), result
    return result.out


def text(desk: Desk, revision: str = "HEAD") -> str:
    return desk.git("show", f"{revision}:{PACKET}")


def packet_rules(desk: Desk) -> set[str]:
    return checked(desk.repo, "ready") & ABOUT_PACKETS


def test_the_first_one_lists_what_is_missing_and_says_what_to_type(desk: Desk) -> None:
    output = packet(desk)
    assert "missing: the section “Summary” is empty (line 9 of packet.md)\n" in output
    assert "  agentledger packet --summary '…'\n" in output
    assert "missing: does criterion 1 hold? the sixth login answers 429\n" in output
    assert "; or: --unmet 1='…'" in output
    assert "agentledger packet --no-tests '…'" in output
    assert output.splitlines()[-1].startswith("next: agentledger packet --summary '…' --why ")
    assert packet_rules(desk) == {"PKT002", "PKT006"}


def test_it_is_committed_alone_beside_whatever_else_is_going_on(desk: Desk) -> None:
    desk.write("src/a.py", "staged\n")
    desk.git("add", "src/a.py")
    desk.write("src/a.py", "unstaged\n")
    before = desk.git("status", "--porcelain=v2")
    packet(desk)
    assert desk.git("diff-tree", "-r", "--name-status", "--no-commit-id", "HEAD") == f"A\t{PACKET}\n"
    assert desk.git("log", "-1", "--format=%s") == "chore(ledger): packet of x\n"
    assert desk.git("status", "--porcelain=v2") == before


def test_filled_in_from_the_command_line_it_passes_the_gate(desk: Desk) -> None:
    output = packet(desk, *PROSE, "--file", "src/a.py=the limit")
    assert output.splitlines()[0].endswith("brought up to date; nothing is missing")
    assert output.splitlines()[-1] == "next: agentledger done"
    assert packet_rules(desk) == set()
    assert "- `src/a.py` (+1 −20): the limit\n" in text(desk)
    assert f"head: {desk.git('rev-parse', 'HEAD~1').strip()}\n" in text(desk)
    assert f"base: {desk.git('rev-parse', 'main').strip()}\n" in text(desk)


def test_a_deletion_without_its_replacement_is_named_and_a_rename_is_not(desk: Desk) -> None:
    work(desk, "a = 1\n" * 21)
    desk.git("mv", "src/a.py", "src/moved.py")
    desk.git("commit", "-q", "--no-verify", "-m", "moved")
    assert "merging deletes" not in packet(desk, *PROSE)
    desk.git("mv", "src/moved.py", "elsewhere")
    desk.git("reset", "-q", "--", "elsewhere")
    desk.git("commit", "-q", "--no-verify", "-m", "half of it")
    (desk.path / "elsewhere").unlink()
    lost = (
        "merging deletes 1 file, and no other file has the content: src/a.py; if it was moved, its new place"
    )
    assert lost in packet(desk)
    assert lost in run(desk.path, "done").out
    assert "- `src/a.py` (deleted, −20)\n" in text(desk)


def test_again_without_news_it_makes_no_commit(desk: Desk) -> None:
    packet(desk, *PROSE)
    before = desk.git("rev-parse", "HEAD")
    assert packet(desk).splitlines()[0].endswith("packet.md: is up to date; nothing is missing")
    document = json.loads(packet(desk, "--format", "json"))
    assert (document["commits"], document["files"], document["refs"]) == ([], [], [])
    assert desk.git("rev-parse", "HEAD") == before


def test_more_work_is_listed_and_what_was_written_stays(desk: Desk) -> None:
    packet(desk, *PROSE)
    work(desk, "b = 1\n", "src/b.py")
    assert "PKT003" not in packet_rules(desk)
    assert "PKT004" in packet_rules(desk)
    packet(desk)
    assert packet_rules(desk) == set()
    assert "- `src/b.py` (new, +1)\n" in text(desk)
    assert "It limits." in text(desk)


def test_base_merged_in_later_stales_nothing_and_blames_nobody(desk: Desk) -> None:
    packet(desk, *PROSE)
    desk.repo.commit("main", {"docs/d.md": "theirs\n", "src/z.py": "theirs\n"})
    desk.repo.flush()
    assert packet_rules(desk) == set()
    desk.git("merge", "-q", "--no-edit", "--no-verify", "main")
    assert packet_rules(desk) == set()
    packet(desk)
    assert packet_rules(desk) == set()
    assert "z.py" not in text(desk)
    assert f"base: {desk.git('rev-parse', 'main').strip()}\n" in text(desk)


def test_a_merge_with_base_that_is_half_way_stays_so(desk: Desk) -> None:
    desk.repo.commit("main", {"src/a.py": "theirs\n"})
    desk.repo.flush()
    desk.git("merge", "main", ok=False)
    assert "conflicts with base" in packet(desk, *PROSE) + text(desk)
    assert "UU" in desk.git("status", "--porcelain")
    assert packet_rules(desk) == set()


def test_files_come_with_what_happened_to_them(desk: Desk) -> None:
    desk.git("rm", "-q", "src/a.py")
    (desk.path / "src").mkdir(exist_ok=True)
    (desk.path / "src/b.bin").write_bytes(b"\0\1")
    (desk.path / "src/l").symlink_to("b.bin")
    desk.write("src/ü b.py", "1\n2\n")
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "work")
    packet(desk)
    for line in (
        "- `src/a.py` (deleted, −20)\n",
        "- `src/b.bin` (new, binary)\n",
        "- `src/l` (new, link)\n",
        "- `src/ü b.py` (new, +2)\n",
    ):
        assert line in text(desk)
    assert "PKT003" not in packet_rules(desk)


def test_evidence_is_a_table(desk: Desk) -> None:
    packet(desk, *PROSE)
    assert "| test | `make test` | not run |  |  |  |" in text(desk)
    head = desk.git("rev-parse", "HEAD").strip()
    fields = {"version": 1, "check": "test", "command": "make test", "exit_code": 1, "seconds": 2.5,
            "started_at": "2026-11-23T10:15:00Z", "head": head, "tree": desk.repo.code_tree(head),
            "junit": {"tests": 3, "failures": 1, "errors": 0, "skipped": 0}}  # fmt: skip
    desk.write(".agentledger/tasks/x/evidence/test.json", json.dumps(fields))
    packet(desk)
    row = "| test | `make test` | failed in 2.5 s, exit code 1, 3 tests, 1 failed | 2026-11-23T10:15:00Z |"
    assert f"{row} `{head[:12]}` | claimed |" in text(desk)
    work(desk, "more\n")
    packet(desk)
    assert f"`{head[:12]}`, another change |" in text(desk)


# -- the packet as it lies there --------------------------------------------------------------


def test_what_was_changed_by_hand_is_taken_as_it_lies_there(desk: Desk) -> None:
    packet(desk)
    file = desk.path / PACKET
    edited = file.read_bytes().replace(b"## Summary\n", b"## Summary\n\nBy hand.\n\n## Mine\n\nAlso.\n")
    file.write_bytes(edited.replace(b"\n", b"\r\n"))
    output = packet(desk)
    assert "“Summary” is empty" not in output
    assert file.read_bytes() == edited.replace(b"\n", b"\r\n")
    assert desk.git("show", f"HEAD:{PACKET}").replace("\r\n", "\n") == edited.decode()
    assert desk.git("status", "--porcelain") == ""


def test_one_that_was_removed_begins_anew(desk: Desk) -> None:
    packet(desk, *PROSE)
    (desk.path / PACKET).unlink()
    assert "“Summary” is empty" in packet(desk)


def test_in_a_sparse_checkout_without_it_the_committed_one_counts(desk: Desk) -> None:
    packet(desk, *PROSE)
    desk.git("sparse-checkout", "set", "--no-cone", "/src/")
    assert not (desk.path / PACKET).exists()
    assert "nothing is missing" in packet(desk)


def test_a_link_in_its_place_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    (desk.path / PACKET).parent.mkdir(parents=True)
    (desk.path / PACKET).symlink_to(tmp_path / "secret")
    assert "packet.md cannot be read" in refused(desk.path, "packet").message


def test_a_text_comes_from_standard_input(desk: Desk) -> None:
    done = run(desk.path, "packet", "--summary", "-", given=b"One.\r\n\r\nTwo.\n")
    assert (done.code, done.err) == (0, "")
    assert "## Summary\n\nOne.\n\nTwo.\n\n## Why" in text(desk)


def test_from_a_subfolder_it_is_the_same(desk: Desk) -> None:
    result = run(desk.path / "src", "packet", *PROSE)
    assert result.code == 0, result
    assert packet_rules(desk) == set()


# -- refusals ---------------------------------------------------------------------------------


def test_a_branch_without_code_has_nothing_to_hand_over(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    desk = Desk(repo, repo.worktree_add(tmp_path / "w", "agent/x").path)
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "check in")
    result = refused(desk.path, "packet")
    assert result.message == "agent/x changes no code, so there is nothing to hand over yet"
    assert "agentledger report" in result.hint
    assert not (desk.path / PACKET).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--section", "Sumary=x"), "no section named Sumary"),
        (("--criterion", "7=x"), "no criterion 7"),
        (("--file", "docs/d.md=x"), "docs/d.md is no file that the branch changes"),
    ],
)
def test_what_is_not_known_is_refused_and_nothing_is_written(
    desk: Desk, arguments: tuple[str, ...], message: str
) -> None:
    before = desk.git("rev-parse", "HEAD")
    assert message in refused(desk.path, "packet", *arguments).message
    assert desk.git("rev-parse", "HEAD") == before
    assert not (desk.path / PACKET).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--criterion", "one=x"),
        ("--criterion", "1"),
        ("--section", "Summary"),
        ("--summary", "-", "--why", "-"),
        ("--summary", "-"),
        ("--pr-body", "--dry-run"),
    ],
)
def test_usage_is_told(desk: Desk, arguments: tuple[str, ...]) -> None:
    result = run(desk.path, "packet", *arguments)
    assert result.code == 2
    assert "Usage: agentledger packet" in result.err


def test_a_dry_run_shows_all_and_writes_nothing(desk: Desk) -> None:
    before = desk.git("rev-parse", "HEAD")
    output = packet(desk, "--dry-run", *PROSE)
    assert output.startswith("nothing is written: this is a dry run\n")
    assert "## Summary\n\nIt limits.\n" in output
    assert desk.git("rev-parse", "HEAD") == before
    assert desk.git("status", "--porcelain") == ""


def test_the_document_says_what_was_written(desk: Desk) -> None:
    document = json.loads(packet(desk, "--format", "json", *PROSE))
    jsonschema.validate(document, json.loads(shapes.encode_schema("did")))
    assert (document["command"], document["task"], document["files"]) == ("packet", "x", [PACKET])
    assert document["commits"] == [desk.git("rev-parse", "HEAD").strip()]
    assert document["next"] == "agentledger done"


def test_an_exploring_task_hands_over_options(tmp_path: Path) -> None:
    desk = at_desk(tmp_path, more="mode: explore\n")
    output = packet(desk)
    assert "“Recommendation” is empty" in output
    assert "criterion" not in output
    assert "Files touched" not in text(desk)
    packet(desk, "--summary", "S.", "--why", "W.", "--risks", "none", "--options", "O.",
           "--recommendation", "R.")  # fmt: skip
    assert packet_rules(desk) == set()


# -- killed -------------------------------------------------------------------------------------


def test_killed_at_each_write_it_completes_when_it_is_run_again(desk: Desk) -> None:
    start = desk.git("rev-parse", "HEAD").strip()
    common = desk.repo.path / ".git"

    def before() -> None:
        desk.git("reset", "-q", "--hard", start)
        desk.git("clean", "-qfdx")
        for lock in common.rglob("*.lock"):
            lock.unlink()

    tried = 0
    for _ in at_each_write(desk.path, desk.path, "packet", *PROSE, before=before):
        tried += 1
        sound(desk.repo.path)
        for lock in common.rglob("index.lock"):
            lock.unlink()
        assert "nothing is missing" in packet(desk, *PROSE)
        assert packet_rules(desk) == set()
        assert desk.git("status", "--porcelain") == ""
    assert tried >= 3


@pytest.mark.parametrize("name", [b"src/a`b.py", b"src/\xff.py", "src/ä–x.py".encode(), b"src/tab\tbed.py"])
def test_a_path_that_markdown_or_utf_8_cannot_hold_is_listed_so_that_the_gate_knows_it(
    desk: Desk, name: bytes
) -> None:
    file = os.fsencode(desk.path) + b"/" + name
    with open(file, "w") as target:  # noqa: PTH123 - its name is bytes
        target.write("x = 1\n")
    desk.git("add", "-A")
    desk.git("commit", "-q", "-m", "odd", "--no-verify")
    assert run(desk.path, "packet", *PROSE).code == 0
    result = run(desk.path, "check", "--branch", "agent/x", "--gate", "ready")
    assert "PKT003" not in result.out
