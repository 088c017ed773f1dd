"""The base that a packet names, in real repositories: which ones count, and what the list is held against else."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.findings import Finding, Gate
from command import run
from desk import Desk, made
from reading import fleet, git_commands, named
from rulecases import BODY

PACKET = (
    "---\ntask: {task}\n{head}---\n## Summary\nIt.\n## Why this approach\nSmall.\n"
    "## Files touched\n{files}\n## Acceptance criteria\n- [x] the sixth login answers 429\n  - tests/t.py\n"
    "## Test plan and results\nNo tests: it is a constant.\n## Risks and follow-ups\nnone\n"
)
PATH = ".agentledger/tasks/{}/packet.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Base of two commits, a branch with one code commit, and a commit of another branch."""
    repo = made(tmp_path)
    repo.checkout("main")
    repo.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "second")
    repo.git("switch", "-q", "-c", "agent/y")
    repo.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "work of y")
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    code(desk, "src/new.py")
    return desk


def code(desk: Desk, *paths: str, text: str = "changed\n") -> str:
    for path in paths:
        desk.write(path, text)
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "work")
    return desk.git("rev-parse", "HEAD").strip()


def write_packet(desk: Desk, base: str, head: str = "", files: str = "- `src/new.py`") -> None:
    """A packet with this `base` as it stands, about the branch's head."""
    head = head or desk.git("rev-parse", "HEAD").strip()
    desk.write(PATH.format("x"), PACKET.format(task="x", head=f"base: {base}\nhead: {head}\n", files=files))
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "packet")


def findings(path: Path, gate: Gate = Gate.MERGE) -> list[Finding]:
    with snapshot.open_snapshot(path, Request(rules=False, gate=True)) as taken:
        branch = named(taken.fleet)["agent/x"]
        return [f for f in taken.findings([branch], gate)[branch.ref] if f.rule == "PKT003"]


def messages(desk: Desk) -> list[str]:
    return [f.message for f in findings(desk.path)]


def mended(desk: Desk) -> None:
    """Each finding says one command, which works as it stands."""
    (hint,) = {f.hint for f in findings(desk.path)}
    assert run(desk.path, *hint.split()[1:]).code == 0
    assert messages(desk) == []


def test_bases_tip_of_that_day_counts_also_after_base_moved_on(desk: Desk) -> None:
    write_packet(desk, desk.git("rev-parse", "main").strip())
    assert messages(desk) == []
    desk.git("switch", "-q", "main")
    code(desk, "docs/other.md")
    desk.git("switch", "-q", "agent/x")
    assert messages(desk) == []
    write_packet(desk, desk.git("rev-parse", "main").strip(), desk.git("rev-parse", "HEAD~1").strip())
    assert messages(desk) == []
    desk.git("merge", "-q", "--no-verify", "-m", "base", "main")
    assert messages(desk) == []


def test_a_branch_that_was_rebased_is_compared_as_it_is(desk: Desk) -> None:
    write_packet(desk, desk.git("rev-parse", "main").strip())
    desk.git("switch", "-q", "main")
    code(desk, "docs/other.md")
    desk.git("switch", "-q", "agent/x")
    desk.git("rebase", "-q", "main")
    assert messages(desk) == []
    code(desk, "src/more.py")
    assert messages(desk) == ["“Files touched” does not list src/more.py"]
    mended(desk)


def test_a_typed_head_does_not_switch_the_comparison_off(desk: Desk) -> None:
    write_packet(desk, desk.git("rev-parse", "main").strip(), "d" * 40, "none")
    assert messages(desk) == ["“Files touched” does not list src/new.py"]
    write_packet(desk, desk.git("rev-parse", "main").strip(), desk.git("rev-parse", "main").strip(), "none")
    assert messages(desk) == ["“Files touched” does not list src/new.py"]
    mended(desk)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("agent/x", "is a commit of the branch itself"),
        ("agent/y", "is a commit of agent/y, not of main"),
        ("agentledger", "is not in the history of main"),
        ("main~1", "is older than "),
        ("main^{tree}", "is no commit"),
        ("", f"there is no commit {'d' * 12}, which the packet names as its `base`"),
    ],
)
def test_any_other_base_is_said_with_its_fault_and_hides_no_file(desk: Desk, base: str, words: str) -> None:
    named_base = desk.git("rev-parse", base).strip() if base else "d" * 40
    write_packet(desk, named_base, files="none")
    first, second = messages(desk)
    assert words in first
    assert first.endswith("so it could leave files out of “Files touched”")
    assert second == "“Files touched” does not list src/new.py"
    mended(desk)


@pytest.mark.parametrize("head", ["", "base: soon\n"])
def test_a_packet_without_a_base_is_compared_all_the_same(desk: Desk, head: str) -> None:
    now = desk.git("rev-parse", "HEAD").strip()
    desk.write(PATH.format("x"), PACKET.format(task="x", head=f"{head}head: {now}\n", files="none"))
    desk.git("add", "-A")
    desk.git("commit", "-q", "--no-verify", "-m", "packet")
    assert [message.partition(",")[0] for message in messages(desk)] == [
        "the packet names no `base` that can be read",
        "“Files touched” does not list src/new.py",
    ]
    mended(desk)


def test_a_warning_about_the_packet_is_no_way_round_it(desk: Desk) -> None:
    write_packet(desk, desk.git("rev-parse", "main").strip(), files="none")
    packet = desk.path / PATH.format("x")
    packet.write_text(packet.read_text() + "## Summary\nTwice.\n")
    desk.git("commit", "-q", "--no-verify", "-am", "twice")
    assert "“Files touched” does not list src/new.py" in messages(desk)


def test_a_base_that_was_pushed_away_is_said_and_mended(desk: Desk) -> None:
    desk.git("switch", "-q", "main")
    old = code(desk, "docs/gone.md")
    desk.git("switch", "-q", "agent/x")
    write_packet(desk, old)
    assert messages(desk) == []
    desk.git("update-ref", "refs/heads/main", "main~1")
    assert "is not in the history of main" in messages(desk)[0]
    mended(desk)


def test_what_base_had_for_a_while_is_not_left_out(desk: Desk) -> None:
    """Base took the branch's file, which is when the packet was written, and has taken it back."""
    desk.git("switch", "-q", "main")
    desk.git("cherry-pick", "-x", "agent/x")
    while_there = desk.git("rev-parse", "HEAD").strip()
    desk.git("revert", "--no-edit", "HEAD")
    desk.git("switch", "-q", "agent/x")
    code(desk, "src/second.py")
    write_packet(desk, while_there, files="- `src/second.py`")
    assert messages(desk) == ["“Files touched” does not list src/new.py"]
    mended(desk)


def test_a_shallow_clone_says_what_it_lacks(desk: Desk, tmp_path: Path) -> None:
    desk.git("switch", "-q", "main")
    old = code(desk, "docs/old.md")
    for number in range(3):
        code(desk, f"docs/{number}.md")
    desk.git("switch", "-q", "-c", "agent/x--2")
    code(desk, "src/new.py")
    write_packet(desk, old)
    desk.git("branch", "-q", "-M", "agent/x")
    desk.git("switch", "-q", "main")
    clone = desk.repo.clone(tmp_path / "shallow", "--depth=3", "--no-single-branch")
    (told,) = findings(clone.path)
    assert told.message.startswith("this shallow clone has no commit")
    clone.git(*told.hint.split()[1:])
    (told,) = findings(clone.path)
    assert "is older than" in told.message


def test_packets_of_many_bases_start_no_more_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = made(tmp_path)
    tips = [repo.git("rev-parse", "main")]
    brief = "---\ntask: t{}\nowns: ['src/**']\nverify: {{test: make test}}\n---\n" + BODY
    counts = []
    for number in range(19):
        tips.append(repo.commit("main", {f"docs/{number}.md": "d\n"}, parents=[tips[-1]]).id)
        name = f"agent/t{number}"
        head = repo.commit(name, {f"src/{number}.py": "1\n"}, parents=[tips[0]]).id
        packet = PACKET.format(task=f"t{number}", head=f"base: {tips[-1]}\nhead: {head}\n", files="none")
        files = {
            PATH.format(f"t{number}"): packet,
            PATH.format(f"t{number}").replace("packet", "brief"): brief.format(number),
        }
        repo.commit(name, files)
        repo.flush()
        if number in (9, 18):
            with git_commands(monkeypatch, tmp_path / f"trace {number}") as commands:
                branches = fleet(repo).branches
            told = [f for b in branches for f in b.findings or () if f.rule == "PKT003"]
            assert len(told) == number + 1
            counts.append(commands)
    assert counts[0] == counts[1]
