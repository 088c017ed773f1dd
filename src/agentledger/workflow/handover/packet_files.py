"""Writes the packet's section *Files touched*: the generated list, and what the agent wrote beside its files.

Belongs here: that section. Does not: which files changed (see `write_packet`), or markers (see `packet_draft`).
Pure.

A file's line is `- `path` (+3 −1)` and then whatever the agent wrote behind it, on that line and on indented
lines below. These comments stay with their file, wherever in the section its line is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from agentledger.model.full_folders import find_full_folders, folder_of
from agentledger.workflow.handover.packet_draft import Draft

TITLE = "Files touched"
KIND = "files"
# The same form as in the rule: one path or several, in backticks, at the beginning of an item.
_ITEM = re.compile(r" {0,3}[-*+][ \t]+((?:`[^`\n]+`(?:[ \t]*,[ \t]*|[ \t]+and[ \t]+)?)+)(.*)")
_PATH = re.compile(r"`([^`]+)`")
# What git's part of a line can say, in brackets (see `write_packet`).
_WORDS = "[\\d,]+ files|new|deleted|binary|mode|link|submodule|conflicts with base|not counted"
_NOTE = re.compile(rf"\A[ \t]*\((?:(?:{_WORDS}|[+−][\d,]+)(?:, | (?=[+−])|(?=\))))+\)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


class Touched(NamedTuple):
    """A changed file as shown in the packet, and what git says about the change, such as `+3 −1`."""

    path: str
    note: str


class Taken(NamedTuple):
    """For each line whether it stays where it is; and from the other lines, the comments on each file."""

    stays: list[bool]
    comments: dict[str, list[str]]


def update_files(
    draft: Draft, files: Sequence[Touched], comments: Mapping[str, str], text: str | None
) -> list[str]:
    """Bring the section up to date; return sentences for the agent.

    `comments` are new ones by path; `text` is what goes beside the list, None to leave what is there. Lines
    outside the markers that list changed files become part of the list; any other text stays.
    """
    changed_paths = {file.path for file in files}
    block = draft.take_block(TITLE, KIND)
    in_block = parse_file_lines(block.lines)
    at = block.at
    if text is not None:
        draft.write(TITLE, text)
        at = None
    adopted, at = _adopt_lines(draft, changed_paths, at)
    all_comments = (
        in_block.comments | adopted | {path: [f": {comment}"] for path, comment in comments.items()}
    )
    strays = [line for line, stays in zip(block.lines, in_block.stays, strict=True) if stays and line.strip()]
    shown = _fold_folders(files, all_comments)
    changed_paths |= {file.path for file in shown}
    lines = [line for file in shown for line in _render_file(file, all_comments)]
    draft.place(TITLE, at=at, kind=KIND, texts=lines, above=strays)
    return _describe_update(all_comments, changed_paths, block.torn, strays)


def _adopt_lines(
    draft: Draft, changed_paths: Collection[str], at: int | None
) -> tuple[dict[str, list[str]], int | None]:
    """Remove the lines outside the markers that list files; return their comments, and where the list goes.

    `at` is where the markers were, None without any: then the list goes where the first such line was.
    """
    span = draft.ensure_section(TITLE, ())
    taken = parse_file_lines(draft.bare(span.below, span.end), changed_paths)
    if all(taken.stays):
        return taken.comments, at
    at = span.below + taken.stays.index(False) if at is None else at
    lines = zip(draft.lines[span.below : span.end], taken.stays, strict=True)
    draft.lines[span.below : span.end] = [line for line, stays in lines if stays]
    return taken.comments, span.below + sum(taken.stays[: at - span.below])


def parse_file_lines(lines: Sequence[str], changed_paths: Collection[str] | None = None) -> Taken:
    """Sort out the lines that list files; with `changed_paths` only those of that set, and generated ones."""
    stays: list[bool] = []
    comments: dict[str, list[str]] = {}
    paths: list[str] = []
    fenced = False
    for line in lines:
        # In a code block such a line is an example.
        fenced ^= bool(_FENCE.match(line))
        item = None if fenced else _ITEM.fullmatch(line)
        if item and (
            changed_paths is None or _NOTE.match(item[2]) or set(_PATH.findall(item[1])) <= set(changed_paths)
        ):
            paths = _PATH.findall(item[1])
            comments |= {path: [_NOTE.sub("", item[2], count=1).rstrip()] for path in paths}
        elif paths and line.startswith(("  ", "\t")) and line.strip():
            for path in paths:
                comments[path].append(line)
        else:
            paths = []
        stays.append(not paths)
    return Taken(stays, comments)


def _fold_folders(files: Sequence[Touched], comments: Mapping[str, Sequence[str]]) -> list[Touched]:
    """Put a folder in place of its files where they are very many, but for those that something is said about."""
    folders = find_full_folders(file.path for file in files)
    said = {path for path, lines in comments.items() if any(line.strip() for line in lines)}
    shown: dict[str, Touched] = {}
    for file in files:
        folder = folder_of(file.path)
        folds = folder in folders and file.path not in said and "conflicts" not in file.note
        line = Touched(folder, f"{folders[folder]:,} files") if folds else file
        shown[line.path] = line
    return list(shown.values())


def _render_file(file: Touched, comments: Mapping[str, Sequence[str]]) -> list[str]:
    """The lines of one file, with the comments on it."""
    first, *more = comments.get(file.path, [""])
    return [f"- `{file.path}` ({file.note}){first}", *more]


def _describe_update(
    comments: Mapping[str, Sequence[str]], changed_paths: Collection[str], torn: bool, strays: Sequence[str]
) -> list[str]:
    """Sentences about what was moved or dropped."""
    sentences = []
    if torn:
        sentences.append(
            f"a marker was missing in “{TITLE}”: the list is written again, and the text around it stays"
        )
    if strays:
        sentences.append(f"“{TITLE}”: text between the markers that belongs to no file is now above them")
    for path, lines in comments.items():
        text = " ".join(line.strip() for line in lines).lstrip(": ")
        if path not in changed_paths and text:
            sentences.append(f"{path} is no longer changed; you had written about it: {text}")
    return sentences
