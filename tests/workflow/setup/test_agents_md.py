"""The block that `agentledger init` keeps in AGENTS.md: nothing else in the file is touched, in and out."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

import clones
import command
from agentledger.documents import packet, status
from agentledger.documents.syntax.tables import PACKET, STATUS
from agentledger.model.ledger import Source
from agentledger.storage import resources
from agentledger.workflow.setup.agents_md import State, classify_block
from cases import raw_document
from clones import everything, init, made
from gitrepo import Repo

MINE = b"# House rules\n\nBe kind.\n"
FILES = {
    "plain": MINE,
    "no line end at its end": b"# House rules\n\nBe kind.",
    "a blank line at its end": MINE + b"\n",
    "CRLF": MINE.replace(b"\n", b"\r\n"),
    "CRLF, none at its end": b"one\r\ntwo",
    "empty": b"",
    "not UTF-8": b"caf\xe9\n",
    "a byte order mark": b"\xef\xbb\xbf" + MINE,
    "one line end": b"\n",
}
every_file = pytest.mark.parametrize("before", FILES.values(), ids=FILES)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return made(tmp_path / "repo")


def agents(repo: Repo) -> Path:
    return repo.path / "AGENTS.md"


def text() -> str:
    return (resources.resource_folder("templates") / "init/agents.md").read_text()


def older(words: str = "Do as you like.") -> bytes:
    """The block as another version would have written it."""
    total = hashlib.sha256(" ".join(words.split()).encode()).hexdigest()[:12]
    return f"<!-- agentledger:begin {total} x -->\n\n{words}\n\n<!-- agentledger:end -->".encode()


# -- in and out --------------------------------------------------------------------------


@every_file
def test_the_block_comes_last_and_every_other_byte_stays(repo: Repo, before: bytes) -> None:
    agents(repo).write_bytes(before)
    init(repo.path)
    now = agents(repo).read_bytes()
    assert now.startswith(before)
    assert classify_block(now) is State.CURRENT
    ends = now.endswith(b"\n")
    assert ends == (before.endswith(b"\n") or not before)
    if b"\r\n" in before:
        assert now.count(b"\r\n") == now.count(b"\n")
    else:
        assert b"\r" not in now


@every_file
def test_uninstalling_gives_the_same_bytes_back(repo: Repo, before: bytes) -> None:
    agents(repo).write_bytes(before)
    init(repo.path)
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == before


@every_file
def test_what_was_written_around_the_block_since_stays(repo: Repo, before: bytes) -> None:
    agents(repo).write_bytes(before)
    init(repo.path)
    agents(repo).write_bytes(b"above\n" + agents(repo).read_bytes() + b"\nbelow\n")
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == b"above\n" + before + b"\nbelow\n"


def test_a_file_that_init_made_goes_unless_somebody_else_wrote_in_it(repo: Repo) -> None:
    init(repo.path)
    assert classify_block(agents(repo).read_bytes()) is State.CURRENT
    with agents(repo).open("a") as file:
        file.write("\n\n")  # blanks are nobody's words
    init(repo.path, "--uninstall")
    assert not agents(repo).exists()
    init(repo.path)
    with agents(repo).open("a") as file:
        file.write("Mine.\n")
    init(repo.path, "--uninstall")
    assert agents(repo).read_text() == "Mine.\n"


def test_line_ends_that_git_has_changed_since_are_no_edit(repo: Repo) -> None:
    agents(repo).write_bytes(MINE)
    init(repo.path)
    agents(repo).write_bytes(agents(repo).read_bytes().replace(b"\n", b"\r\n") + b"more\r\n")
    assert "all of it is there already" in init(repo.path)
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == MINE.replace(b"\n", b"\r\n") + b"more\r\n"


def test_a_block_that_was_moved_and_set_off_otherwise_is_found(repo: Repo) -> None:
    agents(repo).write_bytes(MINE)
    init(repo.path)
    block = agents(repo).read_bytes()[len(MINE) :].strip()
    agents(repo).write_bytes(b"first\n" + block + b"  \n" + MINE)
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == b"first\n" + MINE


def test_a_committed_block_is_taken_out_of_the_work_tree_and_comes_back(repo: Repo) -> None:
    agents(repo).write_bytes(MINE)
    line = next(line for line in init(repo.path).splitlines() if line.startswith("next: "))
    assert subprocess.run(line.removeprefix("next: "), shell=True, cwd=repo.path, check=False).returncode == 0  # noqa: S602 - as a person would
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("log", "-1", "--format=%s") == "agentledger init"
    said = init(repo.path, "--uninstall")
    assert "commit that it is gone" in said
    assert agents(repo).read_bytes() == MINE
    init(repo.path)
    assert repo.git("diff", "--stat") == ""


def test_no_block_where_none_is_wanted(repo: Repo) -> None:
    said = init(repo.path, "--no-agents-md")
    assert not agents(repo).exists()
    assert "AGENTS.md" not in said


# -- again -------------------------------------------------------------------------------


def test_the_block_of_another_version_is_replaced_where_it_stands(repo: Repo) -> None:
    agents(repo).write_bytes(MINE + older() + b"\nbelow")
    before = agents(repo).read_bytes()
    shown = init(repo.path, "--dry-run")
    assert "-Do as you like." in shown
    assert agents(repo).read_bytes() == before
    init(repo.path)
    now = agents(repo).read_bytes()
    assert (now.startswith(MINE + b"<!-- "), now.endswith(b"-->\nbelow")) == (True, True)
    assert classify_block(now) is State.CURRENT
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == before


def test_a_block_that_init_put_in_and_renewed_leaves_no_blank_line(repo: Repo) -> None:
    agents(repo).write_bytes(MINE)
    init(repo.path)
    block = agents(repo).read_bytes()[len(MINE) :].strip()
    agents(repo).write_bytes(agents(repo).read_bytes().replace(block, older()) + b"below\n")
    init(repo.path)
    assert classify_block(agents(repo).read_bytes()) is State.CURRENT
    agents(repo).write_bytes(b"above\n" + agents(repo).read_bytes())
    init(repo.path, "--uninstall")
    assert agents(repo).read_bytes() == b"above\n" + MINE + b"below\n"


def test_a_block_edited_by_hand_stays_and_is_named(repo: Repo) -> None:
    init(repo.path)
    agents(repo).write_text(agents(repo).read_text().replace("never `--no-verify`", "whatever"))
    edited = agents(repo).read_bytes()
    assert "edited by hand" in init(repo.path)
    assert agents(repo).read_bytes() == edited
    said = init(repo.path, "--uninstall")
    assert "edited, and left alone" in said
    assert agents(repo).read_bytes() == edited


def test_a_formatter_that_moves_blanks_about_has_edited_nothing(repo: Repo) -> None:
    init(repo.path)
    moved = agents(repo).read_text().replace("\n\n", "\n\n\n").replace("\n- ", "\n-   ")
    agents(repo).write_text(moved)
    assert "all of it is there already" in init(repo.path)


@pytest.mark.parametrize(
    "raw",
    [
        b"<!-- agentledger:begin -->\nx\n",
        b"<!-- agentledger:end -->\n",
        older() + b"\n" + older() + b"\n",
        b"<!-- agentledger:end -->\n<!-- agentledger:begin 0123456789ab -->\n",
    ],
)
def test_markers_that_are_no_pair_are_left_and_named(repo: Repo, raw: bytes) -> None:
    agents(repo).write_bytes(raw)
    assert "no pair" in init(repo.path)
    assert agents(repo).read_bytes() == raw


def test_a_word_of_the_markers_within_a_line_is_no_marker(repo: Repo) -> None:
    agents(repo).write_bytes(b"We use `<!-- agentledger:begin -->` here.\n")
    init(repo.path)
    assert classify_block(agents(repo).read_bytes()) is State.CURRENT


# -- where it is not written -------------------------------------------------------------


def test_a_link_within_the_work_tree_is_followed_and_stays_a_link(repo: Repo) -> None:
    (repo.path / "CLAUDE.md").write_bytes(MINE)
    agents(repo).symlink_to("CLAUDE.md")
    said = init(repo.path)
    assert "Claude Code reads" not in said
    assert "CLAUDE.md" in next(line for line in said.splitlines() if line.startswith("next: "))
    assert agents(repo).is_symlink()
    assert classify_block((repo.path / "CLAUDE.md").read_bytes()) is State.CURRENT
    init(repo.path, "--uninstall")
    assert (repo.path / "CLAUDE.md").read_bytes() == MINE
    assert agents(repo).is_symlink()


def test_nothing_is_written_through_a_link_that_leads_out(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_bytes(MINE)
    for target in (tmp_path / "mine.md", tmp_path / "missing.md"):
        agents(repo).unlink(missing_ok=True)
        agents(repo).symlink_to(target)
        assert "link out of this work tree" in init(repo.path)
    assert (tmp_path / "mine.md").read_bytes() == MINE
    assert not (tmp_path / "missing.md").exists()


def test_a_file_that_cannot_be_added_to_is_named(repo: Repo) -> None:
    agents(repo).write_text("x\n", encoding="utf-16")
    assert "UTF-16" in init(repo.path)
    agents(repo).unlink()
    agents(repo).mkdir()
    assert "is no file" in init(repo.path)
    agents(repo).rmdir()
    (repo.path / "Agents.md").write_bytes(MINE)
    assert "rename it to AGENTS.md" in init(repo.path)
    assert (repo.path / "Agents.md").read_bytes() == MINE


def test_on_another_branch_it_is_not_written_beside_bases(repo: Repo) -> None:
    repo.git("branch", "feature", "main")
    repo.commit("main", {"AGENTS.md": MINE})
    repo.flush()
    repo.git("switch", "-q", "feature")
    assert "run init in a work tree of base" in init(repo.path)
    assert not agents(repo).exists()


def test_a_file_that_git_ignores_is_named_and_not_to_be_committed(repo: Repo) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("AGENTS.md\n")
    said = init(repo.path)
    assert "ignored by git" in said
    assert "AGENTS.md" not in next(line for line in said.splitlines() if line.startswith("next: "))


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("CLAUDE.md", "Be kind.\n", "a line @AGENTS.md in it"),
        ("CLAUDE.md", "Read `@AGENTS.md`.\n", "a line @AGENTS.md in it"),
        ("CLAUDE.md", "Be kind.\n@AGENTS.md\n", ""),
        ("CLAUDE.md", "See @./AGENTS.md for more.\n", ""),
        (".claude/CLAUDE.md", "Be kind.\n", "a line @../AGENTS.md in it"),
        (".claude/CLAUDE.md", "@../AGENTS.md\n", ""),
        ("GEMINI.md", "Be kind.\n", "Gemini CLI reads GEMINI.md"),
        ("AGENTS.override.md", "Be kind.\n", "Codex reads AGENTS.override.md"),
        ("other.md", "", "if you use it, write one with the line @AGENTS.md"),
    ],
)
def test_who_does_not_read_it_is_told_and_no_file_of_theirs_is_touched(
    repo: Repo, path: str, content: str, told: str
) -> None:
    (repo.path / path).parent.mkdir(exist_ok=True)
    (repo.path / path).write_text(content)
    said = init(repo.path)
    assert told in said
    assert told or "Claude Code reads" not in said
    assert (repo.path / path).read_text() == content


def test_claudes_file_may_be_a_link_to_it(repo: Repo) -> None:
    agents(repo).write_bytes(MINE)
    (repo.path / "CLAUDE.md").symlink_to("AGENTS.md")
    assert "Claude Code reads" not in init(repo.path)


# -- what it says ------------------------------------------------------------------------


def test_the_block_has_25_lines_at_most_and_needs_no_other_document(repo: Repo) -> None:
    init(repo.path)
    assert len(agents(repo).read_text().splitlines()) <= 25
    said = text()
    for word in ("brief.md", "owns", "off_limits", "agentledger report", "agentledger done", "verify"):
        assert word in said
    assert "docs/" not in said


def test_it_names_all_that_a_document_written_by_hand_needs() -> None:
    said = text()
    for table in (STATUS, PACKET):
        for key in table.keys:
            assert not key.needed or f"`{key.name}:" in said, key.name
    for title in (*status.SECTIONS, *packet.SECTIONS, *packet.EXPLORE):
        assert f"`## {title}`" in said, title
    assert all(word in said for word in ("needs-input", "blocked", "ready"))


def test_a_check_in_written_as_it_says_is_one() -> None:
    said = text()
    name = re.findall(r"`(status/\S+\.md)`", said)[0]
    keys = re.findall(r"`((?:at|state|checkpoint): [^`]+)`", said)[:3]
    headings = re.findall(r"`(## [^`]+)`", said)[:5]
    raw = "\n".join(["---", *keys, "---", *(f"{heading}\nSee below." for heading in headings)])
    source = Source(path=f".agentledger/tasks/x/{name}", ref="main")
    found = status.parse_check_in(raw_document(source, raw.encode()))
    assert found.document.problems == ()
    assert (found.state, found.checkpoint, found.plan) == ("working", "plan", "See below.")


# -- doctor, and programs ----------------------------------------------------------------


def doctor(repo: Repo) -> tuple[str, str, str]:
    surfaces = json.loads(command.run(repo.path, "doctor", "--format", "json").out)["surfaces"]
    found = next(each for each in surfaces if each["name"] == "instructions in AGENTS.md")
    return found["state"], found["told"], found["next"]


def test_doctor_looks_at_the_block_on_base(repo: Repo) -> None:
    assert doctor(repo)[::2] == ("off", "agentledger init")
    init(repo.path)
    assert doctor(repo)[0] == "off"
    assert clones.git(repo.path, "add", "AGENTS.md").code == 0
    assert clones.git(repo.path, "commit", "-q", "-m", "block").code == 0
    assert doctor(repo)[::2] == ("on, as advice", "")
    (repo.path / "a.md").write_bytes(older())
    agents(repo).unlink()
    agents(repo).symlink_to("a.md")
    assert clones.git(repo.path, "add", "AGENTS.md", "a.md").code == 0
    assert clones.git(repo.path, "commit", "-q", "-m", "another version, by a link").code == 0
    assert doctor(repo) == ("off", "the block on base is of another version", "agentledger init")


def test_programs_are_told_the_files_the_notes_and_what_is_next(repo: Repo) -> None:
    before = everything(repo.path)
    dry = json.loads(init(repo.path, "--format", "json", "--dry-run"))
    assert everything(repo.path) == before
    done = json.loads(init(repo.path, "--format", "json"))
    assert (dry["dry_run"], done["dry_run"]) == (True, False)
    assert dry["files"] == done["files"]
    assert {"AGENTS.md", ".agentledger/config.toml", ".git/hooks/pre-push"} <= set(done["files"])
    assert dry["next"] == done["next"]
    assert done["next"].startswith("git add .agentledger AGENTS.md && git commit")
    assert any("Claude Code" in warning for warning in done["warnings"])
    back = json.loads(init(repo.path, "--uninstall", "--format", "json"))
    assert set(back["files"]) >= {"AGENTS.md", ".git/hooks/pre-push"}
    assert back["next"] is None


def test_the_next_step_is_a_task_once_all_is_committed(repo: Repo) -> None:
    said = init(repo.path)
    assert "then: agentledger plan TASK" in said
    assert clones.git(repo.path, "add", "-A").code == 0
    assert clones.git(repo.path, "commit", "-q", "-m", "all").code == 0
    assert init(repo.path).splitlines()[-1] == "next: agentledger plan TASK"


def test_the_command_to_commit_works_from_a_subfolder_and_takes_nothing_else(repo: Repo) -> None:
    (repo.path / "src/a.py").write_text("staged\n")
    assert clones.git(repo.path, "add", "src/a.py").code == 0
    line = next(line for line in init(repo.path / "docs").splitlines() if line.startswith("next: "))
    assert subprocess.run(line.removeprefix("next: "), shell=True, cwd=repo.path / "docs", check=False).returncode == 0  # fmt: skip # noqa: S602, E501 - as a person would
    assert repo.git("status", "--porcelain") == "M  src/a.py"
