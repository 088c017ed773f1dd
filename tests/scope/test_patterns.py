"""Path patterns against git's own matcher, which `git check-attr` hands a pattern and a path as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentledger.scope.patterns import _simulate_match, matches_path, parse_pattern
from checkout import ROOT
from gitrepo import Repo

SHARED = ROOT.parent / "shared" / "data" / "wildmatch.json"

WRITTEN = [
    *(
        "src/**",
        "src/**/*.py",
        "**/*.py",
        "**/a",
        "a/**/b",
        "a/**",
        "**",
        "*",
        "*/b",
        "a*",
        "a*b*",
        "?",
        "a?b",
    ),
    *("[ab]/c", "[!a]", "[^a]", "[a-c]x", "[]-]", "[!]a-]", "[a-]", "[\\]]", "[\\\\-^]", "[[:alpha:]]x"),
    *(
        "[[:space:][:digit:]]",
        "[[:nope:]]",
        "[[:alpha]",
        "[[:",
        "[a",
        "a\\",
        "\\a",
        "\\*",
        "a**b",
        "**a",
        "a**",
    ),
    *(
        "a**/b",
        "**b/c",
        "*/**/b",
        "**/**/a",
        "a/***/b",
        "***/a",
        "**\\/b",
        "a/**\\/b",
        "[a/]b",
        "a[/]b",
        "a[!x]b",
    ),
    *(
        "[!-/]",
        "[--0]",
        "[z-a]",
        "[[:upper:]-z]",
        "*.*",
        "*a*b*c*d",
        "**/x/**/y/**",
        "[[:punct:]]",
        "[^[:print:]]",
    ),
]
PATHS = [
    *(
        "a",
        "b",
        "c",
        "ab",
        "a/b",
        "a/x/b",
        "a/x/y/b",
        "src/a.py",
        "src/x/a.py",
        "a.py",
        "x",
        "-",
        "]",
        "^",
        "\\",
    ),
    *(
        "*",
        "a*",
        "a\\",
        "a/c",
        "b/c",
        "axb",
        "a/a/b",
        "aab",
        "a-b",
        "[a",
        "[[:",
        "[[:alpha",
        ":",
        "é",
        "B",
        "zx",
    ),
    *(
        "x/y",
        "x/y/z",
        "q/x/q/y/q",
        "a.b.c.d",
        "abcd",
        "a b",
        "\t",
        "\x7f",
        "\x01",
        "1",
        "~",
        "a\nb",
        "bb/c",
        "A",
    ),
]


def ask_git(repo: Repo, pattern: bytes, paths: list[bytes]) -> list[bool]:
    """What git says of each path, with the pattern in an attributes file, below a folder `q`.

    git cuts what two share at the beginning off before it matches, and then takes the `**` of `a**` for a
    whole component, as its own wildmatch does not. A class in front keeps it from that.
    """
    quoted = pattern.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    quoted = b"".join(b"\\%03o" % byte if byte < 32 or byte > 126 else bytes([byte]) for byte in quoted)
    (repo.path / ".git/info/attributes").write_bytes(b'"/[q]/' + quoted + b'" hit\n')
    out = repo.git_bytes(
        "check-attr", "-z", "--stdin", "hit", input=b"".join(b"q/" + path + b"\0" for path in paths)
    )
    return [value == b"set" for value in out.split(b"\0")[2::3]]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    repo = Repo.init(tmp_path_factory.mktemp("oracle") / "repo")
    (repo.path / ".git/info").mkdir(exist_ok=True)
    return repo


@pytest.mark.parametrize("pattern", WRITTEN)
def test_patterns_people_write_match_as_git_says(oracle: Repo, pattern: str) -> None:
    paths = [path.encode() for path in PATHS]
    expected = ask_git(oracle, pattern.encode(), paths)
    assert [matches_path(pattern.encode(), path) for path in paths] == expected
    assert [_simulate_match(parse_pattern(pattern.encode()), path) for path in paths] == expected


@pytest.mark.parametrize(
    "name", ["alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct"]
)
@pytest.mark.parametrize("negated", ["", "!"])
def test_every_byte_of_a_class(oracle: Repo, name: str, negated: str) -> None:
    _all_bytes(oracle, f"[{negated}[:{name}:]]")


@pytest.mark.parametrize("name", ["space", "upper", "xdigit"])
def test_every_byte_of_the_other_classes(oracle: Repo, name: str) -> None:
    _all_bytes(oracle, f"[[:{name}:]]")


def _all_bytes(oracle: Repo, pattern: str) -> None:
    paths = [bytes([byte]) + b"x" for byte in range(1, 256) if byte != 0x2F]
    expected = ask_git(oracle, pattern.encode() + b"x", paths)
    assert any(expected)
    assert [matches_path(pattern.encode() + b"x", path) for path in paths] == expected


pieces = st.sampled_from(
    "a b / * ** ** / ? [ab] [!a] [a-c] \\ [ ] - ! ^ [: :] [[:alpha:]] . \\* /**/ **/ /** é".split()
)
component = st.text("ab.*[]\\-é", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@given(pattern=st.lists(pieces, max_size=8).map("".join), names=st.lists(component, min_size=1, max_size=4))
def test_any_pattern_matches_as_git_says(oracle: Repo, pattern: str, names: list[str]) -> None:
    raw = pattern.encode()
    if not raw or raw.endswith(b"/"):
        return  # ours: everything below
    paths = [b"/".join(name.encode() for name in names[:count]) for count in range(1, len(names) + 1)]
    expected = ask_git(oracle, raw, paths)
    assert [matches_path(raw, path) for path in paths] == expected
    assert [_simulate_match(parse_pattern(raw), path) for path in paths] == expected


def test_a_slash_at_the_end_means_everything_below() -> None:
    assert matches_path(b"src/", b"src/a")
    assert matches_path(b"src/", b"src/a/b")
    assert not matches_path(b"src/", b"src")
    assert not matches_path(b"src/", b"xsrc/a")


def test_many_wildcards_on_a_long_path_take_no_time_to_speak_of() -> None:
    assert not matches_path(b"*a" * 40 + b"/x", b"a" * 4000)
    assert not matches_path(b"**/a/" * 20 + b"x", b"a/" * 2000 + b"y")
    assert matches_path(b"*a" * 40, b"a" * 4000)


@pytest.mark.skipif(not SHARED.exists(), reason="the table of git's own cases is not beside this checkout")
def test_gits_own_cases() -> None:
    cases = [case for case in json.loads(SHARED.read_text()) if not case["pattern"].endswith("/")]
    assert len(cases) > 150
    for case in cases:
        pattern, path = case["pattern"].encode(), case["text"].encode()
        assert matches_path(pattern, path) == bool(case["glob"]), case
