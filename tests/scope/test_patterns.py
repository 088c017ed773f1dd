"""Path patterns against git itself: its matcher, which `git check-attr` hands a pattern and a path, and pathspecs."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path

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
    """What git's matcher says of each path; of what is below a path named without wildcards, what pathspecs do."""
    named = pattern if not re.search(rb"[*?\[]", re.sub(rb"\\.", b"", pattern)) else None
    folder = None if named is None else re.sub(rb"\\(.)", rb"\1", named) + b"/"
    below = [folder is not None and path.startswith(folder) for path in paths]
    return [hit or under for hit, under in zip(ask_matcher(repo, pattern, paths), below, strict=True)]


def ask_matcher(repo: Repo, pattern: bytes, paths: list[bytes]) -> list[bool]:
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


class Pathspecs:
    """What `git ls-files` lists for a pathspec. A file and a folder of one name need an index each."""

    def __init__(self, repo: Repo, folder: Path, paths: list[bytes]) -> None:
        self.repo, self.indexes = repo, list[Path]()
        blob = repo.git("hash-object", "-w", "--stdin", input="").strip().encode()
        for depth in sorted({path.count(b"/") for path in paths}):
            self.indexes.append(folder / f"index-{depth}")
            rows = [b"100644 %s\t%s\0" % (blob, path) for path in paths if path.count(b"/") == depth]
            self._ask(self.indexes[-1], "update-index", "-z", "--index-info", rows=b"".join(rows))

    def matches(self, pattern: bytes) -> set[bytes]:
        spec = (b":(glob)" + pattern).decode()
        listed = [self._ask(index, "ls-files", "-z", "--", spec) for index in self.indexes]
        return {path for each in listed for path in each.split(b"\0")[:-1]}

    def _ask(self, index: Path, *arguments: str, rows: bytes = b"") -> bytes:
        env = {**os.environ, "GIT_INDEX_FILE": str(index)}
        command = ["git", "-C", str(self.repo.path), *arguments]
        return subprocess.run(command, input=rows, env=env, capture_output=True, check=True).stdout


# No wildcard in a name: git takes a pathspec for a name first, so `a*` would match below a folder called `a*`.
NAMES = (b"a", b"b", b"ab", b"a.py", b"\xc3\xa9", b"src")
DEEP = [
    b"/".join(names)
    for names in [
        *((a,) for a in NAMES),
        *((a, b) for a in NAMES for b in NAMES),
        *((a, b, c) for a in NAMES[:4] for b in NAMES[:3] for c in NAMES[:4]),
    ]
]


def test_a_pattern_covers_what_a_pathspec_of_git_covers(oracle: Repo, tmp_path: Path) -> None:
    pathspecs, chosen = Pathspecs(oracle, tmp_path, DEEP), random.Random(15)
    steps = [*NAMES, b"*", b"**", b"?", b"[ab]", b"[!a]*", b"a*", b"*.py"]
    some = {b"/".join(chosen.choices(steps, k=chosen.randint(1, 3))) for _ in range(90)}
    named = {b"/".join(chosen.choices(NAMES, k=chosen.randint(1, 3))) for _ in range(40)}
    folders = {pattern + b"/" for pattern in chosen.sample(sorted(named), 20)}
    for pattern in sorted(some | named | folders):
        expected = pathspecs.matches(pattern)
        assert {path for path in DEEP if matches_path(pattern, path)} == expected, pattern
        assert {path for path in DEEP if _simulate_match(parse_pattern(pattern), path)} == expected, pattern


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("src/auth", "src/auth", True),
        ("src/auth", "src/auth/token.py", True),
        ("src/auth", "src/auth/old/token.py", True),
        ("src/auth", "src/auth/", False),
        ("src/auth", "src/authors.py", False),
        ("src/auth", "src", False),
        ("src/\\[id\\]", "src/[id]/page.tsx", True),
        ("src/\\[id\\]", "src/i/page.tsx", False),
        ("src/aut[h]", "src/auth/token.py", False),
        ("src/auth\\", "src/auth/token.py", False),
    ],
)
def test_a_path_without_wildcards_covers_what_is_below_it(pattern: str, path: str, covered: bool) -> None:
    assert matches_path(pattern.encode(), path.encode()) is covered
    assert _simulate_match(parse_pattern(pattern.encode()), path.encode()) is covered


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
