"""Takes the names that runners write apart: the file, what a test is in, its own name, and its row.

Belongs here: how each runner writes a name. Does not: reading the report (see `junit`), or finding the test in its
file (see `agentledger.crossed`).

Only a path that is among the known files is taken for one. Where none is, the file is '', and the runner's own words
stand in its place among the containers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

_LONGEST = 500  # characters of a part of a name
_MOST_PARTS = 40  # parts of a dotted name that are looked at
# An address in a row differs in each run.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
# What node's runner and mocha's give to a test that is in nothing.
_NO_CONTAINER = ("", "test", "undefined", "Root Suite", "(root)")
# `test_x[1-2]`, JUnit's `adds(int)[1]` and `adds{int}[1]`.
_BRACKETS = re.compile(r"([\w.$]+)(?:\([^()]{0,300}\)|\{[^{}]{0,300}\})?\[(.*)\]", re.DOTALL)
# Of xUnit and NUnit: `Adds(x: 1, y: 2)`; of unittest's subtests: `test_cups (cup=1)`.
_ARGUMENTS = re.compile(r"([A-Za-z_][\w.$]*) ?[(](.*)[)]", re.DOTALL)
_DATA_SET = re.compile(r"(\w+) with data set (.*)", re.DOTALL)  # of PHPUnit
_GO = re.compile(r"((?:Test|Example|Fuzz|Benchmark)\w*)/(.*)", re.DOTALL)
_RUST_ROW = re.compile(r"case_\d+\w*")  # of rstest
# Languages whose runners write the place of a file with dots, and .NET's among them.
_NET = (".cs", ".fs", ".vb")
_DOTTED = (".py", ".java", ".kt", ".groovy", ".scala", ".rb", ".php", *_NET)
_SCRIPTS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")


class CaseName(NamedTuple):
    """The name of one test in one run."""

    #: '' where the runner does not tell, and the known files do not either.
    file: str
    containers: tuple[str, ...]
    name: str
    #: Which of the rows of a table; None for a test without rows.
    row: str | None = None
    #: Which of the tests of one name, from 1.
    number: int = 1

    def __str__(self) -> str:
        row = "" if self.row is None else f"[{self.row}]"
        number = f" #{self.number}" if self.number > 1 else ""
        place = (part for part in (self.file, *self.containers) if part)
        return " | ".join((*place, f"{self.name}{row}{number}"))


class Placer:
    """Names cases by the files that are known."""

    def __init__(self, files: Collection[str], tops: Sequence[str] = ()) -> None:
        self._files = frozenset(files)
        longest_first = sorted(
            {top.rstrip("/") for top in tops if top.strip("/")}, key=lambda top: (-len(top), top)
        )
        # Not inside another path: Go's packages have paths too.
        self._tops = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})/")
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._files):
            if path.endswith(_DOTTED):
                self._by_stem[_stem_of(path).rpartition("/")[2]].append(path)
        self._seen: dict[str, tuple[str, tuple[str, ...]]] = {}

    def name_case(self, suites: Sequence[str], attributes: Mapping[str, str]) -> CaseName:
        """The name of a case with these attributes, in suites with these names, the outermost first."""
        owner, name = self._clean(attributes.get("classname", "")), self._clean(attributes.get("name", ""))
        file = self._find_path(attributes.get("file", "")) or self._find_path(
            attributes.get("suite_file", "")
        )
        found, containers = self._place_owner(owner)
        file = file or found
        if file.endswith(_SCRIPTS):
            return self._name_script(file, owner if found == "" else "", name, suites)
        if name.startswith(f"{owner}.") and owner:
            name = name[len(owner) + 1 :]  # dotnet has the whole name there
        if owner == name:
            containers = ()  # jest-junit writes all titles twice
        name, row = _split_row(name)
        if "::" in name:  # of Rust
            *modules, name = name.split("::")
            containers = (*containers, *modules)
            if _RUST_ROW.fullmatch(name) and len(modules) > 1:
                containers, name, row = containers[:-1], modules[-1], name
        return CaseName(file, _cut(containers), name[:_LONGEST], row)

    def find_broken_file(self, attributes: Mapping[str, str]) -> str:
        """The file that did not load, where a failed case stands for a whole file; else ''."""
        owner, name = self._clean(attributes.get("classname", "")), self._clean(attributes.get("name", ""))
        path = self._find_path(name)
        if path or (owner == name and "/" in name):
            return path or name
        why = attributes.get("why", "")
        if why.startswith("collection failure") or (not owner and why.startswith("ImportError")):
            found, containers = self._place_owner(name)
            return found if found and not containers else name
        if name.startswith("Test suite failed to run") or "Test suite failed to run" in why[:200]:
            return self._find_path(attributes.get("file", "")) or owner or name
        if name.endswith(("[build failed]", "[setup failed]")) or (
            name == "TestMain" and ("[build failed]" in why or "[setup failed]" in why)
        ):
            return owner or name
        return ""

    def _name_script(self, file: str, owner: str, name: str, suites: Sequence[str]) -> CaseName:
        """mocha, jest, vitest and their like: the titles that a test is in are joined by a blank or ` > `."""
        for mark in (" > ", " › "):
            if mark in name:
                *containers, name = name.split(mark)
                return CaseName(file, _cut(containers), name[:_LONGEST])
        if owner and owner != name and name.endswith(f" {owner}"):  # mocha-junit-reporter
            name, owner = owner, name[: -len(owner) - 1]
        elif owner == name:  # jest-junit
            owner = ""
        elif owner in _NO_CONTAINER:
            owner = _last_container(suites, (file, name))
        return CaseName(file, _cut((owner,)), name[:_LONGEST])

    def _clean(self, text: str) -> str:
        return self._tops.sub("", _ADDRESS.sub("0x…", text.strip()))

    def _find_path(self, path: str) -> str:
        """The known file that a runner means with a path, which may be absolute, or that of another machine."""
        path = self._clean(path).replace("\\", "/").removeprefix("./")
        if path in self._files:
            return path
        parts = path.split("/")
        if len(parts) < 2 or len(parts) > _MOST_PARTS:
            return ""
        return next((rest for rest in _ends_of(parts) if rest in self._files), "")

    def _place_owner(self, owner: str) -> tuple[str, tuple[str, ...]]:
        """The file that a dotted name is in, and what is left of the name."""
        if owner not in self._seen:
            if len(self._seen) > 10_000:
                self._seen.clear()
            self._seen[owner] = self._find_place(owner)
        return self._seen[owner]

    def _find_place(self, owner: str) -> tuple[str, tuple[str, ...]]:
        if owner in _NO_CONTAINER:
            return "", ()
        if path := self._find_path(owner):
            return path, ()
        parts = owner.replace("$", ".").split(".")
        if len(parts) <= _MOST_PARTS and "/" not in owner and " " not in owner:
            for end in range(len(parts), 0, -1):
                if path := self._find_dotted(parts[:end]):
                    rest = tuple(parts[end:])
                    # Of the JVM and .NET: the file has the name of its class.
                    own = () if path.endswith((".py", ".rb")) else (parts[end - 1],)
                    return path, (*own, *rest)
        return "", (owner,)

    def _find_dotted(self, parts: Sequence[str]) -> str:
        candidates = self._by_stem.get(parts[-1], ())
        whole = "/".join(parts)
        exact = [path for path in candidates if _stem_of(path) == whole]
        ends = exact or [path for path in candidates if _stem_of(path).endswith(f"/{whole}")]
        # .NET's namespaces need not be its folders.
        loose = [path for path in candidates if path.endswith(_NET)]
        ends = ends or (loose if len(parts) > 1 else [])
        return ends[0] if len(ends) == 1 or exact else ""


def _last_container(suites: Sequence[str], other: Sequence[str]) -> str:
    """The suite that a test without a class is in; the names of runners, files and tests are no containers."""
    last = suites[-1] if suites else ""
    return "" if last in (*_NO_CONTAINER, *other) or last.endswith(_SCRIPTS) else last


def _stem_of(path: str) -> str:
    return path.rpartition(".")[0] or path


def _ends_of(parts: Sequence[str]) -> Iterator[str]:
    """The ends of a path, the longest first."""
    for start in range(1, len(parts)):
        yield "/".join(parts[start:])


def _split_row(name: str) -> tuple[str, str | None]:
    for pattern in (_BRACKETS, _DATA_SET, _GO, _ARGUMENTS):
        if match := pattern.fullmatch(name):
            row = match[2].strip()
            return match[1], None if pattern is _ARGUMENTS and not row else row[:_LONGEST]
    return name, None


def _cut(containers: Sequence[str]) -> tuple[str, ...]:
    return tuple(part[:_LONGEST] for part in containers[:_MOST_PARTS] if part)
