"""The pre-commit framework: our entry in a repository's `.pre-commit-config.yaml`.

Belongs here: the entry, and putting it in and out without touching another line. Does not: what the
framework starts (see `gates.framework`).

The file is shared by everybody, so the entry does nothing where agentledger is not installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentledger.model.text import escape_hidden
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Write, read_content

NAME = ".pre-commit-config.yaml"
STAGES = ("pre-commit", "pre-merge-commit", "pre-push")
ENTRY = f"""\
- repo: local
  hooks:
    - id: agentledger
      name: agentledger (agents' branches only)
      entry: sh -c 'command -v agentledger-hook >/dev/null || exit 0; exec agentledger-hook'
      language: system
      stages: [{", ".join(STAGES)}]
      always_run: true
      pass_filenames: false
      require_serial: true
"""
INSTALL = f"pre-commit install {' '.join(f'--hook-type {stage}' for stage in STAGES)}"


def plan_entry(top: Path) -> Plan:
    """The entry at the end of the file, or a file with it; a note with the entry where that is not safe."""
    file = top / NAME
    before = read_content(file)
    if before is not None and b"agentledger" in before:
        return Plan(notes=(f"{NAME} has an entry already",))
    snippet = ENTRY if before is None else _indent_entry(before)
    after = ("repos:\n" + ENTRY).encode() if before is None else _append_entry(before, snippet)
    if after is None:
        told = f"{NAME} does not end with its list of repos; add this to that list:\n{ENTRY.rstrip()}"
        return Plan(notes=(told, f"then: {INSTALL}"))
    written = Written(hash_content(after), before is None, before, snippet=snippet)
    told = f"commit {NAME}, and in each clone: {INSTALL}"
    return Plan((Write(file, before, after),), Manifest({file: written}), (told,))


def _indent_entry(before: bytes) -> str:
    """The entry, as deep as the last one in the file."""
    entries = [line for line in before.decode("utf-8", "replace").splitlines() if "- repo:" in line]
    margin = entries[-1][: entries[-1].index("- repo:")] if entries else ""
    return "".join(f"{margin}{line}\n" for line in ENTRY.splitlines())


def _append_entry(before: bytes, snippet: str) -> bytes | None:
    """The file with the entry, if it then says just what it said and the entry; else None."""
    ended = before if before.endswith(b"\n") else before + b"\n"
    after = ended + snippet.encode()
    former, now = _parse_yaml(before), _parse_yaml(after)
    if not isinstance(former, dict) or not isinstance(former.get("repos"), list):
        return None
    wanted = former | {"repos": [*former["repos"], _parse_yaml(ENTRY.encode())[0]]}
    return after if now == wanted else None


def _parse_yaml(raw: bytes) -> Any:
    import yaml

    try:
        return yaml.safe_load(raw)
    except yaml.YAMLError:
        return None


def plan_entry_undo(file: Path, written: Written) -> Plan:
    """The way back: the former bytes where nobody has touched the file since, else without the entry."""
    now = read_content(file)
    if now is None:
        return Plan()
    if written.untouched(now):
        return Plan((Write(file, now, written.former),))
    snippet = written.snippet.encode()
    if now.count(snippet) != 1:
        return Plan(notes=(f"{escape_hidden(str(file))}: the entry was changed since, and left alone",))
    return Plan((Write(file, now, now.replace(snippet, b"")),))
