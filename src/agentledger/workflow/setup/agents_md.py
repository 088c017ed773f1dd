"""Adds a block to AGENTS.md, between two markers, that says what an agent must know about the ledger.

Belongs here: its text, finding it, adding and removing it without changing any other byte. Does not: which agents
read AGENTS.md (see `instruction_files`).

The first marker has a hash of the block's words. So in every clone a block of an older version can be told from
one that somebody has edited. It is of the words alone, since formatters change blanks and line ends.
"""

from __future__ import annotations

import hashlib
import re
from enum import Enum
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.text import escape_hidden
from agentledger.storage import resources
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Write, read_content

NAME = "AGENTS.md"
# Markers count only at the beginning of a line: prose may mention them.
_MARKER = re.compile(rb"^<!-- agentledger:(begin|end)\b", re.MULTILINE)
_BLOCK = re.compile(
    rb"^<!-- agentledger:begin(?: ([0-9a-f]{12}))?\b[^\r\n]*-->[ \t]*\r?\n(.*?)"
    rb"^<!-- agentledger:end -->(?=[ \t]*\r?(?:\n|\Z))",
    re.MULTILINE | re.DOTALL,
)


class State(Enum):
    """The state of the block in a file. EDITED: by hand; BROKEN: the markers are not one pair."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    EDITED = "edited"
    BROKEN = "broken"


def classify_block(raw: bytes) -> State:
    """The state of the block in a file with the content `raw`."""
    markers = [match[1] for match in _MARKER.finditer(raw)]
    if not markers:
        return State.MISSING
    block = _BLOCK.search(raw)
    if block is None or markers != [b"begin", b"end"]:
        return State.BROKEN
    text_hash = _hash_words(block[2])
    if text_hash == _hash_words(_read_template()):
        return State.CURRENT
    return State.OUTDATED if block[1] == text_hash.encode() else State.EDITED


def read_committed(git: Git, commit: str) -> bytes | None:
    """The content of AGENTS.md in a commit, following a link; None without one."""
    out = process.run(git, ["cat-file", "--batch", "--follow-symlinks"], f"{commit}:{NAME}\n".encode())
    head, _, body = out.partition(b"\n")
    kind = head.split(b" ")[1:]
    return body[: int(kind[1])] if len(kind) == 2 and kind[0] == b"blob" else None


def _read_template() -> bytes:
    return (resources.resource_folder("templates") / "init" / "agents.md").read_bytes()


def _hash_words(text: bytes) -> str:
    """A short hash of a text's words, whatever blanks and line ends are between them."""
    return hashlib.sha256(b" ".join(text.split())).hexdigest()[:12]


def _render_block(ending: bytes) -> bytes:
    """The block as it should be, with these line ends; its last line has none."""
    text = _read_template()
    begin = f"<!-- agentledger:begin {_hash_words(text)} written by agentledger init: edit around it, not in it -->\n"
    block = begin.encode() + b"\n" + text + b"\n<!-- agentledger:end -->"
    return block.replace(b"\n", ending)


# -- putting it in -----------------------------------------------------------------------


def plan_block(top: Path, base: bytes | None, done: Manifest) -> Plan:
    """The plan that adds the block at the end of the file, or renews an old one; a note where that is not safe.

    `base` is the file on base where that differs from what is checked out in `top`, else None; `done` is what
    earlier runs did.
    """
    file = top / NAME
    obstacle = _describe_obstacle(top, file)
    if obstacle:
        return Plan(notes=(obstacle,))
    before = read_content(file)
    state = classify_block(before or b"")
    if state is State.CURRENT:
        return Plan()
    # Base has a file, or a block, that this work tree does not: ours would become a second one beside it.
    if base is not None and (before is None or classify_block(base) is not State.MISSING):
        return Plan(notes=(f"{NAME} on base is not the one here: run init in a work tree of base",))
    if before is None or state is State.MISSING:
        return _plan_append(file, before)
    if state is State.OUTDATED:
        return _plan_renewal(file, before, done.files.get(file))
    return Plan(notes=(_describe_block(state, f"{NAME}: "),))


def _describe_obstacle(top: Path, file: Path) -> str:
    """Why the file should not be written, '' where it can be."""
    others = [each.name for each in top.iterdir() if each.name.lower() == NAME.lower()]
    if others and NAME not in others:
        return f"{escape_hidden(others[0])} is there, which agents do not look for: rename it to {NAME}"
    if file.is_symlink() and not (file.exists() and file.resolve().is_relative_to(top.resolve())):
        return f"{NAME} is a link out of this work tree, or to nothing, and stays as it is"
    if file.exists() and not file.is_file():
        return f"{NAME} is no file, and stays as it is"
    if b"\0" in (read_content(file) or b""):
        return f"{NAME} is no text that can be added to (UTF-16?), and stays as it is"
    return ""


def _describe_block(state: State, prefix: str) -> str:
    """A note on a block that is edited or broken, and how to get the current one."""
    if state is State.BROKEN:
        return f"{prefix}the markers of agentledger's block are no pair; remove them and run init again"
    advice = "for the current one remove its lines, markers and all, and run init again"
    return f"{prefix}agentledger's block was edited by hand, and stays so; {advice}"


def _detect_line_end(raw: bytes) -> bytes:
    """The line end that most lines have."""
    return b"\r\n" if raw.count(b"\r\n") * 2 > raw.count(b"\n") else b"\n"


def _plan_append(file: Path, before: bytes | None) -> Plan:
    """The block at the end, with one blank line above it."""
    raw = before or b""
    ending = _detect_line_end(raw)
    lead, tail = b"", ending
    if raw and not raw.endswith(b"\n"):
        lead, tail = ending * 2, b""  # the file had no line end at its end, and will have none
    elif raw and not raw.endswith(ending * 2):
        lead = ending
    snippet = lead + _render_block(ending) + tail
    return _plan_write(file, before, raw + snippet, snippet)


def _plan_renewal(file: Path, before: bytes, record: Written | None) -> Plan:
    """The current block in place of an older one.

    `record` is the manifest's, of this file: the blank lines around the block that init added are in its snippet.
    """
    match = _BLOCK.search(before)
    assert match is not None  # since the state is OUTDATED
    block = _render_block(_detect_line_end(before))
    old_snippet = record.snippet.encode() if record else b""
    lead = old_snippet[: len(old_snippet) - len(old_snippet.lstrip())]
    tail = old_snippet[len(old_snippet.rstrip()) :]
    after = before[: match.start()] + block + before[match.end() :]
    return _plan_write(file, before, after, lead + block + tail)


def _plan_write(file: Path, before: bytes | None, after: bytes, snippet: bytes) -> Plan:
    written = Written(hash_content(after), before is None, before, snippet=snippet.decode())
    return Plan((Write(file, before, after),), Manifest({file: written}))


# -- taking it out -----------------------------------------------------------------------


def plan_block_undo(file: Path, written: Written) -> Plan:
    """The plan that undoes it: the former bytes where nobody has changed the file since, else without the block.

    A block that was edited stays, and a note says so.
    """
    content = read_content(file)
    if content is None:
        return Plan()
    if written.untouched(content):
        return Plan((Write(file, content, written.former),))
    state = classify_block(content)
    if state is State.MISSING:
        return Plan()
    if state not in (State.CURRENT, State.OUTDATED):
        return Plan(notes=(f"{escape_hidden(str(file))}: agentledger's block was edited, and left alone",))
    after = _remove_block(content, written.snippet.encode())
    # A file that init made is removed once nothing else is in it.
    is_ours_alone = written.former is None and not after.strip() and not file.is_symlink()
    return Plan((Write(file, content, None if is_ours_alone else after),))


def _remove_block(content: bytes, snippet: bytes) -> bytes:
    """The content without what init put in; git may have changed the line ends since."""
    plain = snippet.replace(b"\r\n", b"\n")
    for variant in (plain, plain.replace(b"\n", b"\r\n")):
        if content.count(variant) == 1:
            return content.replace(variant, b"")
    match = _BLOCK.search(content)
    # The block was moved, or the blank lines around it have changed: it goes alone, with the end of its line.
    assert match is not None  # since the state is CURRENT or OUTDATED
    tail = content[match.end() :]
    return content[: match.start()] + tail[len(tail) - len(tail.lstrip(b" \t")) :].removeprefix(
        _detect_line_end(content)
    )
