"""How two diverged copies of the control branch come to one set of files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.control.control_files import Entry, Files, Side, find_foreign_names, parent_folders
from agentledger.control.unite_copies import unite_files

pytestmark = pytest.mark.versions

BRIEF = "tasks/t/brief.md"
Short = Mapping[str, str]


def entries(files: Short, side: Side) -> Files:
    """Files whose blob is their content; the commit starts with the side's name."""
    return {
        path: Entry(path, "100644", blob, size=len(blob), side=side, commit=f"{side}0000000000")
        for path, blob in files.items()
    }


def united(base: Short | None, mine: Short, theirs: Short) -> tuple[dict[str, str], dict[str, str]]:
    """Blobs by path, and where local versions went."""
    bases = [] if base is None else [entries(base, Side.BOTH)]
    union = unite_files(bases, entries(mine, Side.LOCAL), entries(theirs, Side.REMOTE))
    return {path: entry.blob for path, entry in union.files.items()}, dict(union.kept)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "files"),
    [
        pytest.param(
            None, {"tasks/a": "1"}, {"tasks/b": "2"}, {"tasks/a": "1", "tasks/b": "2"}, id="both add"
        ),
        pytest.param({}, {"tasks/a": "1"}, {"tasks/a": "1"}, {"tasks/a": "1"}, id="both add the same"),
        pytest.param({BRIEF: "0"}, {BRIEF: "1"}, {BRIEF: "0"}, {BRIEF: "1"}, id="only here changed"),
        pytest.param({BRIEF: "0"}, {BRIEF: "0"}, {BRIEF: "2"}, {BRIEF: "2"}, id="only there changed"),
        pytest.param({BRIEF: "0"}, {}, {BRIEF: "0"}, {}, id="removed here"),
        pytest.param({BRIEF: "0"}, {BRIEF: "0"}, {}, {}, id="removed there"),
        pytest.param({BRIEF: "0"}, {}, {BRIEF: "2"}, {BRIEF: "2"}, id="removed here, changed there"),
        pytest.param({BRIEF: "0"}, {BRIEF: "1"}, {}, {BRIEF: "1"}, id="changed here, removed there"),
    ],
)
def test_a_change_on_one_side_counts(base: Short | None, mine: Short, theirs: Short, files: Short) -> None:
    assert united(base, mine, theirs) == (files, {})


@pytest.mark.parametrize("base", [None, {BRIEF: "0"}])
def test_of_a_file_that_both_changed_the_remotes_keeps_the_name(base: Short | None) -> None:
    beside = "tasks/t/brief.local000.md"
    assert united(base, {BRIEF: "1"}, {BRIEF: "2"}) == ({BRIEF: "2", beside: "1"}, {BRIEF: beside})


def test_a_name_that_is_taken_grows_until_it_is_free() -> None:
    taken = "tasks/t/brief.local000.md"
    files, kept = united(None, {BRIEF: "1"}, {BRIEF: "2", taken: "3"})
    assert kept == {BRIEF: "tasks/t/brief.local0000.md"}
    assert files[taken] == "3"


def test_what_was_kept_once_is_not_kept_twice() -> None:
    taken = "tasks/t/brief.local000.md"
    assert united(None, {BRIEF: "1"}, {BRIEF: "2", taken: "1"}) == ({BRIEF: "2", taken: "1"}, {BRIEF: taken})


def test_a_file_here_gives_way_to_a_folder_there() -> None:
    files, kept = united({}, {"tasks/t": "1"}, {"tasks/t/x": "2"})
    assert files == {"tasks/t.local000": "1", "tasks/t/x": "2"}
    assert kept == {"tasks/t": "tasks/t.local000"}


def test_a_folder_here_gives_way_to_a_file_there() -> None:
    files, kept = united({}, {"tasks/t.md/x/y": "1"}, {"tasks/t.md": "2"})
    assert files == {"tasks/t.local000.md/x/y": "1", "tasks/t.md": "2"}
    assert kept == {"tasks/t.md/x/y": "tasks/t.local000.md/x/y"}


def test_of_several_places_where_they_parted_each_counts_as_before() -> None:
    bases = [entries({BRIEF: "0"}, Side.BOTH), entries({BRIEF: "1"}, Side.BOTH)]
    union = unite_files(bases, entries({BRIEF: "1"}, Side.LOCAL), entries({BRIEF: "2"}, Side.REMOTE))
    assert (union.files[BRIEF].blob, union.kept) == ("2", ())


PATHS = st.sampled_from(["tasks/a", "tasks/a/b", "tasks/a/b/c.md", "tasks/a.md", "tasks/d", BRIEF])


def trees() -> st.SearchStrategy[dict[str, str]]:
    """Files that a tree can hold: none of them is also a folder."""
    drawn = st.dictionaries(PATHS, st.sampled_from("123"), max_size=5)
    return drawn.map(
        lambda f: {p: b for p, b in f.items() if not any(above in f for above in parent_folders(p))}
    )


@given(st.none() | trees(), trees(), trees())
def test_nothing_new_is_lost_and_the_result_is_a_tree(base: Short | None, mine: Short, theirs: Short) -> None:
    files, kept = united(base, mine, theirs)
    assert not [path for path in files if any(above in files for above in parent_folders(path))]
    before = base or {}
    for path, blob in theirs.items():
        if before.get(path) != blob:
            assert files[path] == blob
    for path, blob in mine.items():
        if before.get(path) != blob:
            assert files[kept.get(path, path)] == blob


@given(trees(), trees())
def test_uniting_with_the_same_or_with_nothing_changes_nothing(base: Short, mine: Short) -> None:
    assert united(base, mine, mine) == (dict(sorted(mine.items())), {})
    assert united(None, mine, {}) == (dict(sorted(mine.items())), {})
    assert united(mine, mine, base) == (dict(sorted(base.items())), {})


def test_what_belongs_at_the_top() -> None:
    def strange(*paths: str) -> tuple[str, ...]:
        return find_foreign_names(entries(dict.fromkeys(paths, "1"), Side.LOCAL))

    assert strange("tasks/a/b.md", "README", "readme.rst", ".gitattributes", ".github/x") == ()
    assert strange("tasks/a", "src/x", "setup.py") == ("setup.py", "src")
    assert strange("tasks") == ("tasks",)
    assert strange(".agentledger/x") == (".agentledger",)
