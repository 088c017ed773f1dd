"""What patterns have in common, against brute force over a small alphabet; and what a brief grants."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.scope import automata
from agentledger.scope.automata import contains_pattern, intersect_patterns
from agentledger.scope.patterns import matches_path
from agentledger.scope.task_scope import Meeting, Scope, find_near_scopes, literal_path

# Every path of up to five bytes over this alphabet that git can have.
LETTERS = "ab./"
WORLD = [
    text.encode()
    for size in range(1, 6)
    for text in map("".join, itertools.product(LETTERS, repeat=size))
    if all(part not in ("", ".", "..") for part in text.split("/"))
]
pieces = st.sampled_from("a b / * ** ? [ab] [!a] [.] . /**/ **/ /** */ .a".split())
patterns = st.lists(pieces, min_size=1, max_size=5).map("".join).map(str.encode)


def shared(a: bytes, b: bytes, without: tuple[bytes, ...] = ()) -> list[bytes]:
    """The paths of the small world that both match, and none of `without`, shortest first."""
    return [
        path
        for path in WORLD
        if matches_path(a, path) and matches_path(b, path) and not any(matches_path(w, path) for w in without)
    ]


def valid(path: bytes) -> bool:
    return all(part not in (b"", b".", b"..") for part in path.split(b"/"))


@settings(max_examples=400)
@given(patterns, patterns, st.lists(patterns, max_size=2).map(tuple))
def test_an_intersection_is_what_brute_force_finds(a: bytes, b: bytes, without: tuple[bytes, ...]) -> None:
    witness, shared_paths = intersect_patterns(a, b, without), shared(a, b, without)
    if witness is None:
        assert not shared_paths
        return
    assert valid(witness)
    assert matches_path(a, witness)
    assert matches_path(b, witness)
    assert not any(matches_path(w, witness) for w in without)
    if shared_paths:
        assert len(witness) <= len(shared_paths[0])
    if len(witness) <= 5 and set(witness) <= set(LETTERS.encode()):
        assert shared_paths
        assert len(witness) == len(shared_paths[0])


@settings(max_examples=300)
@given(patterns, patterns)
def test_containment_is_what_brute_force_finds(a: bytes, b: bytes) -> None:
    outside = [path for path in WORLD if matches_path(b, path) and not matches_path(a, path)]
    if contains_pattern(a, b):
        assert not outside
    else:
        witness = intersect_patterns(b, b, (a,))
        assert witness is not None
        assert matches_path(b, witness)
        assert not matches_path(a, witness)


@pytest.mark.parametrize(
    ("a", "b", "witness"),
    [
        ("src/ratelimit/**", "src/api/**", None),
        ("src/**", "src/api/**", "src/api/a"),
        ("**/*.py", "src/", "src/.py"),
        ("**/*_test.py", "tests/**/test_*.py", "tests/test_test.py"),
        ("*.py", "src/*.py", None),
        ("src", "src/**", "src/a"),
        ("src/auth", "src/auth", "src/auth"),
        ("src/auth", "src/authors", None),
        ("src/auth", "src/auth/old/x.py", "src/auth/old/x.py"),
        ("src/auth", "**/*.py", "src/auth/.py"),
        ("**/package.json", "package.json", "package.json"),
        ("[.]", "?", None),
        ("[.][.]", "??", None),
        ("a/[.]/b", "**", None),
        ("*/", "a", "a/a"),
        ("é*", "\N{LATIN SMALL LETTER E WITH ACUTE}?", "éa"),
    ],
)
def test_pairs_that_people_write(a: str, b: str, witness: str | None) -> None:
    expected = witness.encode() if witness is not None else None
    assert intersect_patterns(a.encode(), b.encode()) == expected
    swapped = intersect_patterns(b.encode(), a.encode())
    assert (swapped is None) == (expected is None)


def test_a_witness_reads_well_wherever_it_can() -> None:
    assert intersect_patterns(b"src/**", b"src/**", (b"src/legacy/**", b"**/package.json")) == b"src/a"
    assert intersect_patterns(b"[!a-y]", b"?") == b"z"


def test_what_cannot_be_compared_in_time_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    tail = b"?" * 20
    monkeypatch.setattr(automata, "LIMIT", 2000)
    with pytest.raises(automata.TooComplexError) as caught:
        # Whichever byte stands there, one of the three bars it; which one has to be kept in mind for each.
        intersect_patterns(b"?" * 40, b"?" * 40, (b"*a" + tail, b"*b" + tail, b"*[!ab]" + tail))
    assert caught.value.hint


# -- scopes -----------------------------------------------------------------------------


def scope(owns: str, off_limits: str = "", protected: str = "") -> Scope:
    return Scope(*(tuple(text.encode().split()) for text in (owns, off_limits, protected)))


@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("src/a.py", True),
        ("src/legacy/a.py", False),
        ("docs/a.md", False),
        ("src/package.json", False),
        ("package.json", True),
        ("app/package.json", False),
    ],
)
def test_a_scope_is_owns_without_off_limits_and_what_is_protected(path: str, held: bool) -> None:
    granted = scope("src/** package.json", "src/legacy/**", "**/package.json")
    assert granted.holds(path.encode()) is held


def test_only_the_very_path_lifts_a_protection() -> None:
    assert not scope("**/package.json", "", "**/package.json").holds(b"package.json")
    assert scope("package.json", "", "**/package.json").holds(b"package.json")
    assert not scope("package.json", "package.json", "").holds(b"package.json")


def test_what_a_folder_covers_below_it_stays_protected() -> None:
    granted = scope("app", "", "**/package.json")
    assert granted.holds(b"app/a.js")
    assert not granted.holds(b"app/package.json")
    assert granted.overlap_with(scope("app/package.json", "", "**/package.json")) is None
    assert scope("app", "app/old", "").holds(b"app/new/a.js")
    assert not scope("app", "app/old", "").holds(b"app/old/deep/a.js")


def test_scopes_meet_at_the_shortest_path_that_both_grant() -> None:
    ours, theirs = scope("docs/** src/**"), scope("tests/** src/api/**")
    assert ours.overlap_with(theirs) == Meeting(b"src/api/a", b"src/**", b"src/api/**")
    assert ours.overlap_with(scope("lib/**")) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "open_"),
    [
        (scope("src/**", "src/api/**"), scope("src/api/**"), ""),
        (scope("src/**"), scope("src/**", "src/**"), ""),
        (scope("src/auth"), scope("src", "src/auth"), ""),
        (scope("src/auth"), scope("src/auth/x.py"), "src/auth"),
        (scope("CHANGELOG.md"), scope("*.md"), "CHANGELOG.md"),
        (
            scope("**/package.json", "", "**/package.json"),
            scope("app/package.json", "", "**/package.json"),
            "",
        ),
    ],
)
def test_what_is_excluded_or_open_is_no_meeting(ours: Scope, theirs: Scope, open_: str) -> None:
    barred = tuple(open_.encode().split())
    assert ours.overlap_with(theirs, barred) is None
    assert theirs.overlap_with(ours, barred) is None


def test_two_that_name_a_protected_path_meet_there() -> None:
    both = scope("app/package.json", "", "**/package.json")
    meeting = both.overlap_with(both)
    assert meeting
    assert meeting.path == b"app/package.json"


scopes = st.builds(
    Scope,
    st.lists(patterns, min_size=1, max_size=2).map(tuple),
    st.lists(patterns, max_size=2).map(tuple),
    st.lists(patterns, max_size=1).map(tuple),
)


def below_a_closed_name(path: bytes, ours: Scope, theirs: Scope) -> bool:
    """Does the path lie below one that a scope names and that is not in both, such as a protected file?"""
    names = [name for pattern in (*ours.owns, *theirs.owns) if (name := literal_path(pattern))]
    closed = [name for name in names if not (ours.holds(name) and theirs.holds(name))]
    return any(path.startswith(name + b"/") and name.count(b"/") < path.count(b"/") for name in closed)


@settings(max_examples=200)
@given(scopes, scopes)
def test_meetings_are_what_brute_force_finds(ours: Scope, theirs: Scope) -> None:
    meeting = ours.overlap_with(theirs)
    if meeting is None:
        both = [path for path in WORLD if ours.holds(path) and theirs.holds(path)]
        assert not [path for path in both if not below_a_closed_name(path, ours, theirs)]
    else:
        assert ours.holds(meeting.path)
        assert theirs.holds(meeting.path)
        assert matches_path(meeting.mine, meeting.path)
        assert matches_path(meeting.theirs, meeting.path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("a/b.py", "a/b.py"), ("a/\\*", "a/*"), ("a/*", None), ("[a]", None), ("a/", None), ("a\\", None)],
)
def test_a_pattern_without_a_wildcard_is_one_path(pattern: str, path: str | None) -> None:
    assert literal_path(pattern.encode()) == (path.encode() if path else None)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from("pqrstu"), scopes, max_size=5))
def test_scopes_that_are_not_near_never_meet(given_scopes: dict[str, Scope]) -> None:
    near_scopes = find_near_scopes(given_scopes)
    for name, other in itertools.permutations(given_scopes, 2):
        assert (other in near_scopes[name]) == (name in near_scopes[other])
        if other not in near_scopes[name]:
            assert given_scopes[name].overlap_with(given_scopes[other]) is None


def test_folders_side_by_side_are_not_near() -> None:
    near_scopes = find_near_scopes(
        {"a": scope("src/a/**"), "b": scope("src/b/**"), "all": scope("src/**"), "py": scope("**/*.py")}
    )
    assert near_scopes["a"] == {"all", "py"}
    assert near_scopes["b"] == {"all", "py"}
    assert near_scopes["py"] == {"a", "b", "all"}
