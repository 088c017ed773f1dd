"""Is a name really gone from a branch's result, and does a line of another branch really use it?

Belongs here: these two questions, answered from whole files. Does not: which names and lines to ask about (see
`hints`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentledger.collisions.may_break.name_changes import LARGEST
from agentledger.collisions.may_break.names import ENDS, blank, family_of
from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.git.word_search import find_files_with_words
from agentledger.model.collisions import Line
from agentledger.model.fleet import Change
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache, Form, get_or_compute


class Candidate(NamedTuple):
    """A name that may be gone with one head, and that a line of another one may use; heads by their numbers."""

    remover: int
    user: int
    family: str
    name: str
    definition: Line
    renamed: str
    #: Where the line is that may use it.
    path: bytes
    number: int
    #: No code of the remover's result has the name any more; else only the definition's own module has lost it.
    everywhere: bool = False


class Use(NamedTuple):
    """A candidate that holds, with the line that uses the name."""

    candidate: Candidate
    line: Line


# -- is it gone? ------------------------------------------------------------------------


def keep_gone(
    scratch: Scratch,
    cache: Cache | None,
    base: str,
    *,
    changes: Sequence[Sequence[Change]],
    candidates: Sequence[Candidate],
) -> list[Candidate]:
    """Leave out those whose name some code of the remover's result still has. Two processes.

    Where other modules still have it, those remain that are gone from all modules of that name.
    """
    holders = _find_holders(scratch, cache, base, {c.name for c in candidates})
    touched = {
        (n, family): {
            change.path: change.new if change.status != "D" else ""
            for change in changes[n]
            if family_of(change.path) == family
        }
        for n, family in {(c.remover, c.family) for c in candidates}
    }
    texts = _read_texts(scratch, (blob for each in touched.values() for blob in each.values() if blob))
    kept = []
    for c in candidates:
        if c.name not in holders:
            continue
        before = {path for path in holders[c.name] if family_of(path) == c.family}
        files = touched[c.remover, c.family]
        after = (before - files.keys()) | {
            p for p, blob in files.items() if blob and _may_hold(texts, blob, c)
        }
        if not after:
            kept.append(c._replace(everywhere=True))
        elif _name_module(c.definition.path) not in map(_name_module, after):
            kept.append(c)
    return kept


def _find_holders(
    scratch: Scratch, cache: Cache | None, base: str, names: Iterable[str]
) -> dict[str, frozenset[bytes]]:
    """Map each name to the files of base that have it, whatever their languages; {} where git cannot tell."""
    return get_or_compute(
        cache,
        "holders",
        {name: f"{base} {name}" for name in names},
        compute=lambda missing: find_files_with_words(scratch, base, missing, ENDS) or {},
        form=_PATHS,
    )


_PATHS: Form[frozenset[bytes]] = Form(
    lambda paths: sorted(map(decode, paths)), lambda row: frozenset(encode(str(path)) for path in row)
)


# A file that stands for its folder.
_FOLDER_FILES = frozenset({"__init__", "index", "mod", "lib", "main"})


def _name_module(path: bytes) -> str:
    """Return what other files call the module that this file is, or is a part of."""
    *folders, file = decode(path).split("/")
    stem = file.partition(".")[0]
    # A package of Go is all files of a folder.
    return folders[-1] if folders and (stem in _FOLDER_FILES or file.endswith(".go")) else stem


def _may_hold(texts: Mapping[str, str], blob: str, candidate: Candidate) -> bool:
    # What cannot be read may have it.
    text = texts.get(blob)
    if text is None:
        return True
    return candidate.name in text and _has_word(blank(text, candidate.family), candidate.name)


def _has_word(code: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", code) is not None


def _read_texts(scratch: Scratch, blobs: Iterable[str]) -> dict[str, str]:
    """The content of each blob; those that are missing or large are left out."""
    contents = objects.read_object_contents(scratch.git, list(dict.fromkeys(blobs)), LARGEST + 1)
    return {blob: decode(content) for blob, content in contents if len(content) <= LARGEST}


# -- is it used? ------------------------------------------------------------------------


def keep_used(
    scratch: Scratch, changes: Sequence[Sequence[Change]], candidates: Sequence[Candidate]
) -> Iterator[Use]:
    """Yield those whose line uses the name, where nothing in that file gives it a meaning of its own. One process."""
    blobs = {(c.user, c.path): "" for c in candidates}
    blobs = {
        (user, path): next(change.new for change in changes[user] if change.path == path)
        for user, path in blobs
    }
    texts = _read_texts(scratch, blobs.values())
    for c in candidates:
        text = texts.get(blobs[c.user, c.path], "")
        codes = blank(text, c.family).split("\n")
        if c.number > len(codes) or not is_use(codes[c.number - 1], c.name):
            continue
        if _binds_in(codes, c.name):
            continue
        line = Line(c.path, c.number, text.split("\n")[c.number - 1].strip())
        if c.everywhere or names_module(line.text, c.name, c.definition.path, codes):
            yield Use(c, line)


def names_module(text: str, name: str, path: bytes, codes: Sequence[str]) -> bool:
    """Does this line, in a file of these lines of code, take the name from the module that `path` is?"""
    # An import has its module in a text, so this is about the line as it is written.
    before, _, after = text.partition(name)
    module = _name_module(path)
    word = re.escape(module)
    return bool(
        # module.name, module::name, module->name; but not a variable or parameter that is called like the module
        (_ends_with_module(before, word, path) and not _is_object(codes, module))
        # from module import a, name; use module::{a, name}; import { name } from './module'
        or re.match(rf"\s*from\s+[\w.]*\b{word}\s+import\s[^#]*$", before)
        or re.match(rf"\s*(?:pub\s+)?use\s[\w:{{, ]*\b{word}::\{{[^}}]*$", before)
        or re.match(rf"[^;]*\bfrom\s+['\"][^'\"]*\b{word}(?:\.\w+)?['\"]", after)
    )


def _ends_with_module(before: str, word: str, path: bytes) -> bool:
    """Does this text end with the module? What it is a part of has to be a folder: `os.path` is not `own/path.py`."""
    match = re.search(rf"(?:\b(\w+)\.|(?<![.\w])){word}(?:\.|::|->)$", before)
    return match is not None and (match[1] is None or match[1] in decode(path).split("/")[:-1])


# A key of an object, a named argument, a field's value, an assignment.
_GIVEN = re.compile(r"\s*(?::(?![:=])|:=|=(?![=>]))")


def is_use(code: str, name: str) -> bool:
    """Does this code use the name, and not give a value to something that is called the same?"""
    return any(not _GIVEN.match(code, match.end()) for match in re.finditer(rf"\b{re.escape(name)}\b", code))


def binds(code: str, name: str) -> bool:
    """Does this code give the name a meaning of its own: as a variable, a parameter, a function?"""
    return re.search(_BINDING.replace("NAME", re.escape(name)), code) is not None


def _binds_in(codes: Iterable[str], name: str) -> bool:
    return any(name in code and binds(code, name) for code in codes)


_IMPORT = re.compile(r"\s*(?:import|from|use|using)\b|.*\brequire\b")


def _is_object(codes: Iterable[str], module: str) -> bool:
    """Is there a variable or parameter that is called like the module? An import gives it no other meaning."""
    return _binds_in((code for code in codes if not _IMPORT.match(code)), module)


_LIST = r"(?:\w+\s*,\s*)*"
_BINDING = "|".join(
    (
        # let NAME, for (a, NAME in …), as NAME, def NAME
        rf"\b(?:let|const|var|val|mut|for|as|def|fn|func|function|class|global|type)\s+(?:\(?\s*{_LIST})?NAME\b",
        # a, NAME = …; NAME := …; if NAME, err := …
        rf"^\s*(?:(?:\}}\s*else\s+)?(?:if|for|switch)\s+)?{_LIST}NAME\s*(?:,\s*\w+\s*)*(?::=|=(?!=))",
        # const { a, NAME } = …
        r"\b(?:let|const|var)\s*[{\[][^}\]]*\bNAME\b[^}\]]*[}\]]\s*=",
        # |a, NAME|
        rf"\|\s*{_LIST}NAME\s*[,|:]",
        # def other(a, NAME)
        r"\b(?:def|fn|func|function)\b[^()]*\([^()]*\bNAME\s*[,:=)]",
        # (NAME, a) => …
        r"[({,]\s*NAME\s*(?:,[^()]*)?\)?\s*=>",
    )
)
