"""Writes the packet's section *Files touched*: the generated list, and what the agent wrote beside its files.

Belongs here: that section. Does not: which files changed (see `write_packet`), or markers (see `packet_draft`).
Pure.

A file's line is `- `path` (+3 −1)` and then whatever the agent wrote behind it, on that line and on indented
lines below. These words stay with their file, wherever in the section its line is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from agentledger.workflow.handover.packet_draft import Draft

TITLE = "Files touched"
KIND = "files"
# The same form as in the rule: one path or several, in backticks, at the beginning of an item.
_ITEM = re.compile(r" {0,3}[-*+][ \t]+((?:`[^`\n]+`(?:[ \t]*,[ \t]*|[ \t]+and[ \t]+)?)+)(.*)")
_PATH = re.compile(r"`([^`]+)`")
# What git's part of a line can say, in brackets (see `write_packet`).
_WORDS = "new|deleted|binary|mode|link|submodule|conflicts with base|not counted"
_NOTE = re.compile(rf"\A[ \t]*\((?:(?:{_WORDS}|[+−][\d,]+)(?:, | (?=[+−])|(?=\))))+\)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


class Touched(NamedTuple):
    """A changed file as shown in the packet, and what git says about the change, such as `+3 −1`."""

    path: str
    note: str


class Taken(NamedTuple):
    """For each line whether it stays where it is; and from the other lines, the words beside each file."""

    stays: list[bool]
    words: dict[str, list[str]]


def update_files(
    draft: Draft, files: Sequence[Touched], words: Mapping[str, str], text: str | None
) -> list[str]:
    """Bring the section up to date; return sentences for the agent.

    `words` are new ones by path; `text` is what goes beside the list, None to leave what is there. Lines outside
    the markers that list changed files become part of the list; any other text stays.
    """
    known = {file.path for file in files}
    block = draft.take_block(TITLE, KIND)
    inner = parse_file_lines(block.lines)
    at = block.at
    if text is not None:
        draft.write(TITLE, text)
        at = None
    outer, at = _adopt_lines(draft, known, at)
    beside = inner.words | outer | {path: [f": {said}"] for path, said in words.items()}
    strays = [line for line, stays in zip(block.lines, inner.stays, strict=True) if stays and line.strip()]
    listed = [line for file in files for line in _render_file(file, beside)]
    draft.place(TITLE, at=at, kind=KIND, texts=listed, above=strays)
    return _describe_update(beside, known, block.torn, strays)


def _adopt_lines(
    draft: Draft, known: Collection[str], at: int | None
) -> tuple[dict[str, list[str]], int | None]:
    """Remove the lines outside the markers that list files; return their words, and where the list goes.

    `at` is where the markers were, None without any: then the list goes where the first such line was.
    """
    span = draft.ensure_section(TITLE, ())
    found = parse_file_lines(draft.bare(span.below, span.end), known)
    if all(found.stays):
        return found.words, at
    at = span.below + found.stays.index(False) if at is None else at
    lines = zip(draft.lines[span.below : span.end], found.stays, strict=True)
    draft.lines[span.below : span.end] = [line for line, stays in lines if stays]
    return found.words, span.below + sum(found.stays[: at - span.below])


def parse_file_lines(lines: Sequence[str], known: Collection[str] | None = None) -> Taken:
    """Sort out the lines that list files; with `known` only those of that set, and generated ones."""
    stays: list[bool] = []
    words: dict[str, list[str]] = {}
    paths: list[str] = []
    fenced = False
    for line in lines:
        # In a code block such a line is an example.
        fenced ^= bool(_FENCE.match(line))
        item = None if fenced else _ITEM.fullmatch(line)
        if item and (known is None or _NOTE.match(item[2]) or set(_PATH.findall(item[1])) <= set(known)):
            paths = _PATH.findall(item[1])
            words |= {path: [_NOTE.sub("", item[2], count=1).rstrip()] for path in paths}
        elif paths and line.startswith(("  ", "\t")) and line.strip():
            for path in paths:
                words[path].append(line)
        else:
            paths = []
        stays.append(not paths)
    return Taken(stays, words)


def _render_file(file: Touched, beside: Mapping[str, Sequence[str]]) -> list[str]:
    """The lines of one file, with the words beside it."""
    first, *more = beside.get(file.path, [""])
    return [f"- `{file.path}` ({file.note}){first}", *more]


def _describe_update(
    beside: Mapping[str, Sequence[str]], known: Collection[str], torn: bool, strays: Sequence[str]
) -> list[str]:
    """Sentences about what was moved or dropped."""
    sentences = []
    if torn:
        sentences.append(
            f"a marker was missing in “{TITLE}”: the list is written again, and the text around it stays"
        )
    if strays:
        sentences.append(f"“{TITLE}”: text between the markers that belongs to no file is now above them")
    for path, lines in beside.items():
        words = " ".join(line.strip() for line in lines).lstrip(": ")
        if path not in known and words:
            sentences.append(f"{path} is no longer changed; you had written about it: {words}")
    return sentences
