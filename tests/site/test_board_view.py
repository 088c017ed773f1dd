"""The view models: what the board and a branch's page say, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

import sitefleet as sf
from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Base, Branch, FilePatch, State, Sync, Worktree
from agentledger.site import file_view
from agentledger.site.board_view import Board, build_board
from agentledger.site.branch_view import COMMITS_SHOWN, build_branch_page
from agentledger.site.labels import Mark, branch_title
from agentledger.site.page_names import name_pages

CONFLICT = Conflict(False, (ConflictFile(b"src/a.py", "content", (Hunk(3, b"<<<<<<< a\n"),)),))


def board_of(*branches: Branch, shown: int | None = 300, **fields: object) -> Board:
    fleet = sf.fleet(*branches, **fields)
    return build_board(fleet, name_pages(branches), shown)


def test_the_board_leads_with_what_is_open_and_keeps_conflicts_apart() -> None:
    found = board_of(
        sf.branch("old", active_at=1),
        sf.branch("new", active_at=9),
        sf.branch("stuck", conflict=CONFLICT),
        sf.branch("gone", state=State.MERGED),
    )
    assert [(s.key, [row.name for row in s.rows]) for s in found.sections] == [
        ("unbriefed", ["new", "old"]),
        ("held", ["stuck"]),
    ]
    assert [(group.key, group.count) for group in found.ended] == [("merged", 1)]
    assert found.summary == "3 open branches, 1 of them in conflict with main; 1 ended."


def test_a_row_says_what_it_is_and_what_comes_next() -> None:
    dirty = Worktree("../app.worktrees/x", True, sf.NOW, uncommitted=2)
    row = board_of(sf.branch("claude/x", worktree=dirty)).sections[0].rows[0]
    assert (row.lines, row.files) == ("+1 −1", "1 file")
    # That git merges it is no verdict, and nothing to be green about.
    assert (row.known.verdict, row.known.merge) == (
        Mark("none", "Not reviewed"),
        Mark("done", "merges cleanly"),
    )
    assert row.place == "2 uncommitted files in ../app.worktrees/x"
    assert row.action is not None
    assert row.action.command == f"agentledger review claude/x --head {sf.oid('claude/x')[:12]}"


def test_what_was_not_computed_is_never_shown_as_none() -> None:
    found = board_of(sf.branch("x", conflict=None, lines_counted=False), forecast=False)
    row = found.sections[0].rows[0]
    assert (row.lines, row.known.merge) == ("", Mark("none", "merge not tried"))
    assert "conflict" not in found.summary
    assert found.notes == ("Conflicts were left out, as asked.",)


def test_unreadable_branches_are_named_above_everything() -> None:
    lost = [sf.branch(f"b{n}", state=State.UNREADABLE, state_why="object missing") for n in range(7)]
    found = board_of(*lost)
    assert found.unreadable is not None
    assert found.unreadable.mark.text == "7 branches could not be read"
    assert [row.why for row in found.unreadable.rows] == ["object missing"] * 5
    assert found.unreadable.more_count == 2


def test_many_ended_branches_are_counted_in_full_and_listed_in_part() -> None:
    ended = [sf.branch(f"m{n}", state=State.MERGED) for n in range(9)]
    found = board_of(*ended, sf.branch("d", state=State.DORMANT), shown=4)
    assert [(g.key, g.count, len(g.rows)) for g in found.ended] == [("dormant", 1, 1), ("merged", 9, 3)]
    assert found.ended_more
    whole = board_of(*ended, shown=None)
    assert len(whole.ended[0].rows) == 9
    assert not whole.ended_more


@pytest.mark.parametrize(
    ("ref", "sync", "other", "note"),
    [
        ("refs/heads/main", Sync.SAME, "refs/remotes/origin/main", ""),
        ("refs/heads/main", Sync.AHEAD, "refs/remotes/origin/main", "origin/main is behind it"),
        ("refs/remotes/origin/main", Sync.BEHIND, "refs/heads/main", "main here is behind it"),
        ("refs/remotes/origin/main", Sync.DIVERGED, "refs/heads/main", "main here has diverged from it"),
    ],
)
def test_which_base_was_taken_is_said(ref: str, sync: Sync, other: str, note: str) -> None:
    found = board_of(base=Base(name="main", ref=ref, head=sf.oid("m"), why="", sync=sync, other_ref=other))
    assert found.base_note == note


def test_the_title_is_the_first_subject_that_says_something() -> None:
    subjects = ("fix lint", "Teach the parser dates", "Initial plan")
    commits = tuple(map(sf.commit, subjects))
    assert branch_title(sf.branch("x", commits=commits)) == "Teach the parser dates"
    assert branch_title(sf.branch("x", commits=commits[2:])) == "Initial plan"
    assert branch_title(sf.branch("x", commits=())) == ""
    assert len(branch_title(sf.branch("x", commits=(sf.commit("w" * 500),)))) == 90


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, "Not reviewed"),
        ({"conflict": CONFLICT}, "Stopped by a conflict with main in 1 file"),
        ({"conflict": None}, "Not reviewed"),
        ({"conflict": Conflict(None, failed="bad object")}, "Not reviewed"),
        ({"state": State.MERGED, "conflict": None}, "Merged already"),
        ({"state": State.ABSORBED, "conflict": None}, "Its change is in already"),
        ({"state": State.EMPTY, "conflict": None}, "There is nothing to merge"),
        ({"state": State.UNREADABLE, "conflict": None}, "Unknown: git could not read it"),
    ],
)
def test_board_and_page_begin_with_the_same_verdict(fields: dict[str, object], verdict: str) -> None:
    one = sf.branch("x", **fields)
    page = build_branch_page(one, sf.fleet(one), (), "branch/x")
    assert page.verdict.text == verdict
    assert page.verdict.kind != "ok"
    for section in board_of(one).sections:
        assert [row.known.verdict for row in section.rows] == [page.verdict] * len(section.rows)


def test_the_page_of_a_conflict_shows_files_kinds_and_regions() -> None:
    one = sf.branch("x", conflict=CONFLICT)
    (file,) = build_branch_page(one, sf.fleet(one), (), "branch/x").conflicts
    assert (file.path, file.kind) == ("src/a.py", "both sides changed the same lines")
    assert file.regions[0].line == "line 3"


def test_hidden_characters_are_reported_with_their_place() -> None:
    one = sf.branch(
        "claude/\u202ex",
        changes=(sf.change("a\u200bb"),),
        commits=(sf.commit("\u2066subject"),),
    )
    patch = FilePatch(one.changes[0], "@@ -1 +1 @@\n-\u2060gone\n+\u202ehere\n".encode())
    assert build_branch_page(one, sf.fleet(one), (patch,), "branch/x").hidden == (
        "the branch’s name: U+202E (1×)",
        "paths: U+200B (1×)",
        "commits: U+2066 (1×)",
        "added lines: U+202E (1×)",
    )


def test_only_so_many_commits_are_listed_and_the_rest_counted() -> None:
    one = sf.branch("x", commits=tuple(sf.commit(f"c{n}") for n in range(COMMITS_SHOWN + 3)))
    page = build_branch_page(one, sf.fleet(one), (), "branch/x")
    assert len(page.commits) == COMMITS_SHOWN
    assert page.commits_more == "and 3 more commits, not shown"


def opened(*patches: FilePatch, bad: bool = True) -> list[bool]:
    """Whether each diff is open, in files in which a rule has found something."""
    one = sf.branch("x", changes=tuple(patch.change for patch in patches))
    found = tuple(finding_in(patch.change.path) for patch in patches) if bad else ()
    files = file_view.build_files(replace(one, findings=found), sf.fleet(), patches)
    return [file.open for file in files]


def finding_in(path: bytes) -> Finding:
    return Finding(
        rule="OWN001",
        name="outside-scope",
        severity=Severity.ERROR,
        blocks=True,
        message="it is outside",
        hint="undo it",
        path=path,
    )


def lines_added(count: int, text: str = "x") -> bytes:
    return b"@@ -0,0 +1,%d @@\n" % count + f"+{text}\n".encode() * count


def test_a_diff_is_open_when_a_rule_points_at_it_and_it_is_short_and_written_by_hand() -> None:
    plain = sf.change("src/a.py")
    assert opened(FilePatch(plain, lines_added(400))) == [True]
    assert opened(FilePatch(plain, lines_added(400)), bad=False) == [False]
    assert opened(FilePatch(plain, lines_added(401))) == [False]
    assert opened(FilePatch(plain, lines_added(30, "y" * 700))) == [False]
    assert opened(FilePatch(sf.change("uv.lock"), sf.BODY), bad=False) == [False]
    assert opened(FilePatch(sf.change("src/a.py", status="D"), sf.BODY)) == [False]
    assert opened(FilePatch(sf.change("run.sh", 0, 0, new_mode="100755"), b"")) == [False]


def test_a_page_opens_no_more_than_its_reader_can_bear() -> None:
    many = [FilePatch(sf.change(f"src/{n}.py", 400, 0), lines_added(400)) for n in range(30)]
    assert sum(opened(*many)) == 25


def test_a_long_diff_has_a_page_of_its_own() -> None:
    assert not file_view.needs_own_page([FilePatch(sf.change("a"), lines_added(9_000))])
    assert file_view.needs_own_page([FilePatch(sf.change("a"), lines_added(10_000))])
    assert file_view.needs_own_page([FilePatch(sf.change("a"), lines_added(1_001, "x" * 1_000))])


@pytest.mark.parametrize("omitted", ["binary", "large", "missing", "unreadable"])
def test_a_diff_that_is_left_out_says_why(omitted: str) -> None:
    one = sf.branch("x")
    (file,) = file_view.build_files(one, sf.fleet(), [FilePatch(one.changes[0], b"", omitted)])
    (part,) = file.parts
    assert part.body is None
    assert part.note
    assert (part.command is None) == (omitted in ("binary", "missing"))


def test_both_halves_of_a_type_change_stand_under_one_file() -> None:
    link = sf.change("a", status="T", new_mode="120000")
    one = sf.branch("x", changes=(link,))
    (file,) = file_view.build_files(one, sf.fleet(), [FilePatch(link, sf.BODY), FilePatch(link, sf.BODY)])
    assert [part.note for part in file.parts] == ["From file to symbolic link."] * 2


def test_what_exceeds_a_page_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_view, "PAGE_BYTES", len(sf.BODY))
    changes = (sf.change("src/a.py", 9), sf.change("src/b.py"))
    one = replace(sf.branch("x"), changes=changes)
    first, second = file_view.build_files(one, sf.fleet(), [FilePatch(c, sf.BODY) for c in changes])
    assert first.parts[0].body is not None
    assert second.parts[0].command == "git diff main...x -- ':(top,literal)src/b.py'"
