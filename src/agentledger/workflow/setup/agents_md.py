"""The block in AGENTS.md: what an agent has to know of the ledger, between two markers.

Belongs here: its text, finding it, and putting it in and out without touching another byte. Does not: who
reads AGENTS.md (see `init_readers`).

The first marker holds a sum of the block's words, so that in every clone a block of an older version is told
from one that somebody has edited. Words, since formatters change blanks and line ends.
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
_MARKER = re.compile(rb"^<!-- agentledger:(begin|end)\b", re.MULTILINE)
_BLOCK = re.compile(
    rb"^<!-- agentledger:begin(?: ([0-9a-f]{12}))?\b[^\r\n]*-->[ \t]*\r?\n(.*?)"
    rb"^<!-- agentledger:end -->(?=[ \t]*\r?(?:\n|\Z))",
    re.MULTILINE | re.DOTALL,
)


class State(Enum):
    """What there is of the block. BROKEN: markers that are no pair."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    EDITED = "edited"
    BROKEN = "broken"


def classify_block(raw: bytes) -> State:
    """The state of the block in a file that holds `raw`."""
    markers = [found[1] for found in _MARKER.finditer(raw)]
    if not markers:
        return State.MISSING
    block = _BLOCK.search(raw)
    if block is None or markers != [b"begin", b"end"]:
        return State.BROKEN
    words = _hash_words(block[2])
    if words == _hash_words(_read_template()):
        return State.CURRENT
    return State.OUTDATED if block[1] == words.encode() else State.EDITED


def read_committed(git: Git, commit: str) -> bytes | None:
    """AGENTS.md in a commit, a link followed; None where there is none."""
    out = process.run(git, ["cat-file", "--batch", "--follow-symlinks"], f"{commit}:{NAME}\n".encode())
    head, _, rest = out.partition(b"\n")
    kind = head.split(b" ")[1:]
    return rest[: int(kind[1])] if len(kind) == 2 and kind[0] == b"blob" else None


def _read_template() -> bytes:
    return (resources.resource_folder("templates") / "init" / "agents.md").read_bytes()


def _hash_words(words: bytes) -> str:
    return hashlib.sha256(b" ".join(words.split())).hexdigest()[:12]


def _render_block(ending: bytes) -> bytes:
    """The block as it should be, without the end of its last line."""
    text = _read_template()
    first = f"<!-- agentledger:begin {_hash_words(text)} written by agentledger init: edit around it, not in it -->\n"
    whole = first.encode() + b"\n" + text + b"\n<!-- agentledger:end -->"
    return whole.replace(b"\n", ending)


# -- putting it in -----------------------------------------------------------------------


def plan_block(top: Path, base: bytes | None, done: Manifest) -> Plan:
    """The block at the end of the file, or a new one in its place; a note where that is not safe.

    `base` is what base has where that is not what is checked out in `top`, else None.
    """
    file = top / NAME
    told = _describe_obstacle(top, file)
    if told:
        return Plan(notes=(told,))
    before = read_content(file)
    found = classify_block(before or b"")
    if found is State.CURRENT:
        return Plan()
    if base is not None and (before is None or classify_block(base) is not State.MISSING):
        return Plan(notes=(f"{NAME} on base is not the one here: run init in a work tree of base",))
    if before is None or found is State.MISSING:
        return _plan_append(file, before)
    if found is State.OUTDATED:
        return _plan_renewal(file, before, done.files.get(file))
    return Plan(notes=(_describe_block(found, f"{NAME}: "),))


def _describe_obstacle(top: Path, file: Path) -> str:
    """Why nothing should be written there; '' for no reason."""
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


def _describe_block(found: State, where: str) -> str:
    """The words about a block that is not as init writes it."""
    if found is State.BROKEN:
        return f"{where}the markers of agentledger's block are no pair; remove them and run init again"
    mend = "for the current one remove its lines, markers and all, and run init again"
    return f"{where}agentledger's block was edited by hand, and stays so; {mend}"


def _detect_line_end(raw: bytes) -> bytes:
    return b"\r\n" if raw.count(b"\r\n") * 2 > raw.count(b"\n") else b"\n"


def _plan_append(file: Path, before: bytes | None) -> Plan:
    raw = before or b""
    ending = _detect_line_end(raw)
    lead, tail = b"", ending
    if raw and not raw.endswith(b"\n"):
        lead, tail = ending * 2, b""  # no line end at the end there was, and none there will be
    elif raw and not raw.endswith(ending * 2):
        lead = ending
    snippet = lead + _render_block(ending) + tail
    return _plan_write(file, before, raw + snippet, snippet)


def _plan_renewal(file: Path, before: bytes, known: Written | None) -> Plan:
    found = _BLOCK.search(before)
    assert found is not None  # an outdated one is one that was found
    block = _render_block(_detect_line_end(before))
    around = known.snippet.encode() if known else b""
    lead = around[: len(around) - len(around.lstrip())]
    tail = around[len(around.rstrip()) :]
    after = before[: found.start()] + block + before[found.end() :]
    return _plan_write(file, before, after, lead + block + tail)


def _plan_write(file: Path, before: bytes | None, after: bytes, snippet: bytes) -> Plan:
    written = Written(hash_content(after), before is None, before, snippet=snippet.decode())
    return Plan((Write(file, before, after),), Manifest({file: written}))


# -- taking it out -----------------------------------------------------------------------


def plan_block_undo(file: Path, written: Written) -> Plan:
    """The way back: the former bytes where nobody has touched the file since, else without the block."""
    now = read_content(file)
    if now is None:
        return Plan()
    if written.untouched(now):
        return Plan((Write(file, now, written.former),))
    found = classify_block(now)
    if found is State.MISSING:
        return Plan()
    if found not in (State.CURRENT, State.OUTDATED):
        return Plan(notes=(f"{escape_hidden(str(file))}: agentledger's block was edited, and left alone",))
    after = _remove_block(now, written.snippet.encode())
    ours = written.former is None and not after.strip() and not file.is_symlink()
    return Plan((Write(file, now, None if ours else after),))


def _remove_block(now: bytes, snippet: bytes) -> bytes:
    """The file without what was put in; git may have changed the line ends since."""
    plain = snippet.replace(b"\r\n", b"\n")
    for form in (plain, plain.replace(b"\n", b"\r\n")):
        if now.count(form) == 1:
            return now.replace(form, b"")
    found = _BLOCK.search(now)
    assert found is not None  # the state says so
    rest = now[found.end() :]
    return now[: found.start()] + rest[len(rest) - len(rest.lstrip(b" \t")) :].removeprefix(
        _detect_line_end(now)
    )
