"""Adds our entry to the configuration of the pre-commit framework, for pre-commit itself or for prek.

Belongs here: which file that is, the entry, adding and removing it without changing any other line. Does not: what
the framework starts (see `gates.framework`).

Everybody shares the file, so the entry does nothing where agentledger is not installed. pre-commit reads
`.pre-commit-config.yaml` alone; prek reads the first that is there of `NAMES`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from agentledger.model.text import escape_hidden
from agentledger.workflow.setup.manifest import Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan
from agentledger.workflow.setup.steps import Write, read_content

NAME = ".pre-commit-config.yaml"
TOML = "prek.toml"
NAMES = (TOML, NAME, ".pre-commit-config.yml")
STAGES = ("pre-commit", "pre-merge-commit", "pre-push")
# always_run, since the gate is about every commit; pass_filenames and require_serial, since it runs once, for the
# commit as a whole.
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
# The same for prek.toml.
TOML_ENTRY = f"""
[[repos]]
repo = "local"

[[repos.hooks]]
id = "agentledger"
name = "agentledger (agents' branches only)"
entry = "sh -c 'command -v agentledger-hook >/dev/null || exit 0; exec agentledger-hook'"
language = "system"
stages = {list(STAGES)!r}
always_run = true
pass_filenames = false
require_serial = true
"""
_TYPES = " ".join(f"--hook-type {stage}" for stage in STAGES)


def find_config(top: Path) -> Path:
    """The framework's configuration in the worktree at `top`: the file that is read there, or that is to be made."""
    return next((top / name for name in NAMES if (top / name).is_file()), top / NAME)


def install_command(config: Path) -> str:
    """What installs the framework's hooks for this configuration, with all types: by default it is one alone."""
    return f"{'pre-commit' if config.name == NAME else 'prek'} install {_TYPES}"


def plan_entry(top: Path) -> Plan:
    """The plan that adds the entry at the end of the file, or makes one; a note with it where that is not safe."""
    file = find_config(top)
    before = read_content(file)
    if before is not None and b"agentledger" in before:
        return Plan(notes=(f"{file.name} has an entry already",))
    snippet = TOML_ENTRY if file.name == TOML else ENTRY if before is None else _indent_entry(before)
    after = ("repos:\n" + ENTRY).encode() if before is None else _append_entry(file, before, snippet)
    install = install_command(file)
    if after is None:
        note = f"{file.name} does not end with its list of repos; add this to that list:\n{snippet.strip()}"
        return Plan(notes=(note, f"then: {install}"))
    written = Written(hash_content(after), before is None, before, snippet=snippet)
    note = f"commit {file.name}, and in each clone: {install}"
    return Plan((Write(file, before, after),), Manifest({file: written}), (note,))


def _indent_entry(before: bytes) -> str:
    """The entry, indented like the last one in the file."""
    entries = [line for line in before.decode("utf-8", "replace").splitlines() if "- repo:" in line]
    margin = entries[-1][: entries[-1].index("- repo:")] if entries else ""
    return "".join(f"{margin}{line}\n" for line in ENTRY.splitlines())


def _append_entry(file: Path, before: bytes, snippet: str) -> bytes | None:
    """The file with the entry at its end; None where it does not then mean the same as before, and the entry.

    Parsing both is surer than guessing from the lines where the list of repos ends.
    """
    terminated = before if before.endswith(b"\n") else before + b"\n"
    after = terminated + snippet.encode()
    read = _parse_toml if file.name == TOML else _parse_yaml
    former, now = read(before), read(after)
    if file.name == TOML and isinstance(former, dict):
        former.setdefault("repos", [])  # prek takes a file without one
    if not isinstance(former, dict) or not isinstance(former.get("repos"), list):
        return None
    expected = former | {"repos": [*former["repos"], _parse_yaml(ENTRY.encode())[0]]}
    return after if now == expected else None


def _parse_toml(raw: bytes) -> Any:
    """The meaning of a TOML file; None where it cannot be read."""
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except ValueError:
        return None


def parse_config(file: Path) -> Any:
    """What a configuration says. None where it is missing or cannot be read."""
    content = read_content(file)
    if content is None:
        return None
    return _parse_toml(content) if file.name == TOML else _parse_yaml(content)


def _parse_yaml(raw: bytes) -> Any:
    """The meaning of a YAML file; None where it cannot be read."""
    import yaml

    try:
        return yaml.safe_load(raw)
    except yaml.YAMLError:
        return None


def plan_entry_undo(file: Path, written: Written) -> Plan:
    """The plan that undoes it: the former bytes where nobody has changed the file since, else without the entry.

    An entry that was changed stays, and a note says so.
    """
    content = read_content(file)
    if content is None:
        return Plan()
    if written.untouched(content):
        return Plan((Write(file, content, written.former),))
    snippet = written.snippet.encode()
    if content.count(snippet) != 1:
        return Plan(notes=(f"{escape_hidden(str(file))}: the entry was changed since, and left alone",))
    return Plan((Write(file, content, content.replace(snippet, b"")),))
