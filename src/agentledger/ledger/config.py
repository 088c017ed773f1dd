"""Parses the policy file `.agentledger/config.toml`; a wrong value gives a problem, and the default counts.

Belongs here: which field of `Policy` each key goes to. Does not: the keys themselves (see
`documents.policy_keys`), or where the file is read from (see `policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentledger.documents.forms import default_check_name
from agentledger.documents.frame import MOST_BYTES, decode_document
from agentledger.documents.policy_keys import POLICY
from agentledger.documents.syntax import toml_lines
from agentledger.documents.syntax.nodes import Map
from agentledger.documents.syntax.problems import Problems
from agentledger.model.ledger import Check
from agentledger.model.near_names import suggest_names
from agentledger.model.policy import Policy, PolicyCheck, Wip
from agentledger.model.text import escape_hidden
from agentledger.rules import RULES, find_rule

__all__ = ("MOST_BYTES", "parse")

# The version of the file's format that is read here.
VERSION = 1
# The fields of `Policy` for keys of tables, where the names differ.
_RENAMED = {
    ("control", "branch"): "control_branch",
    ("control", "guarded"): "control_guarded",
    ("control", "signers"): "control_signers",
    ("size", "lines"): "size_lines",
    ("merge", "landing"): "landing",
    ("spawn", "copy"): "spawn_copy",
    ("spawn", "setup"): "spawn_setup",
    ("spawn", "baseline"): "spawn_baseline",
}
_PLAIN = ("base", "branches", "require_briefs", "managers", "dormant", "enforce", "rules")
_PATHS = ("protected", "shared", "open", "generated", "tests")


def parse(path: str, raw: bytes, size: int | None = None) -> Policy:
    """The policy in `raw`, which is a file of `size` bytes, or its beginning; never raises.

    `path` is the file's, for problems. Without `branches` in it the default patterns count (see
    `repository.agents`).
    """
    out = Problems(path)
    text = decode_document(raw, size, out)
    tree = toml_lines.parse_toml(text, out) if text is not None else None
    keys: dict[str, Any] = POLICY.values(tree, "", out) if tree else {}
    if keys.get("version", VERSION) != VERSION:
        hint = f"this agentledger reads version {VERSION}: a newer one may be needed"
        out.invalid(1, f"the policy is in version {keys['version']} of its format", hint)
    if tree and "rules" in keys:
        _note_unknown_rules(tree, keys["rules"], out)
    values = _policy_values(keys)
    is_known_version = keys.get("version", VERSION) == VERSION
    return Policy(**values, problems=out.all(), readable=tree is not None and is_known_version)


def _policy_values(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for `Policy`; a key that the file lacks is left out, so that the default counts."""
    values = {key: keys[key] for key in _PLAIN if key in keys}
    for (table, key), name in _RENAMED.items():
        if key in keys.get(table, {}):
            values[name] = keys[table][key]
    values |= {key: keys["paths"][key] for key in _PATHS if key in keys.get("paths", {})}
    values["wip"] = Wip(**keys.get("wip", {}))
    values["companions"] = keys.get("companion", ())
    values["delegations"] = keys.get("delegation", ())
    if "commits" in keys:
        values["commits"] = keys["commits"]
    values["checks"] = _policy_checks(keys.get("verify", ()))
    return values


def _note_unknown_rules(tree: Map, levels: Mapping[str, str], out: Problems) -> None:
    """Note each name under `[rules]` that no rule has: what it was to turn off, or on, is as it was."""
    tables = (entry.value for entry in tree.entries if entry.key == "rules")
    for entry in (entry for table in tables if isinstance(table, Map) for entry in table.entries):
        if entry.key in levels and find_rule(entry.key) is None:
            near = suggest_names(entry.key, [name for rule in RULES for name in (rule.id, rule.name)])
            message = f"there is no rule named {escape_hidden(entry.key)}, so this changes nothing"
            out.invalid(entry.line, message, near or "agentledger rule lists all rules", fatal=False)


def _policy_checks(tables: tuple[dict[str, Any], ...]) -> tuple[PolicyCheck, ...]:
    """The checks of `[[verify]]`; those without a name are called `check`, `check-2` …"""
    checks: list[PolicyCheck] = []
    unnamed = 0
    for table in tables:
        unnamed += "name" not in table
        check = Check(
            table.get("name") or default_check_name(unnamed),
            table["run"],
            table.get("junit"),
            timeout=table.get("timeout"),
            integrity=table.get("integrity"),
            files=table.get("files"),
        )
        checks.append(PolicyCheck(check, table.get("paths", ())))
    return tuple(checks)
