"""`.agentledger/config.toml` → Policy; for what is wrong in it there is a problem, and the default.

Belongs here: which value each key ends in. Does not: the keys themselves (`documents.policy_keys`), or where
the file is read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentledger.documents.forms import default_check_name
from agentledger.documents.frame import MOST_BYTES, decode_document
from agentledger.documents.policy_keys import POLICY
from agentledger.documents.syntax import toml_lines
from agentledger.documents.syntax.problems import Problems
from agentledger.model.ledger import Check, Policy, PolicyCheck, Wip

__all__ = ("MOST_BYTES", "parse")

VERSION = 1
# Where a key of a table ends in the policy, if not under its own name.
_RENAMED = {
    ("control", "branch"): "control_branch",
    ("control", "guarded"): "control_guarded",
    ("control", "signers"): "control_signers",
    ("size", "lines"): "size_lines",
    ("merge", "landing"): "landing",
    ("spawn", "copy"): "spawn_copy",
    ("spawn", "setup"): "spawn_setup",
}
_PLAIN = ("base", "branches", "require_briefs", "managers", "dormant", "enforce", "rules")
_PATHS = ("protected", "shared", "open", "generated", "tests")


def parse(path: str, raw: bytes, size: int | None = None) -> Policy:
    """The policy in `raw`, all of a file of `size` bytes or its beginning; never raises.

    `path` is what problems name. No `branches` means the default patterns.
    """
    out = Problems(path)
    text = decode_document(raw, size, out)
    tree = toml_lines.parse_toml(text, out) if text is not None else None
    said: dict[str, Any] = POLICY.values(tree, "", out) if tree else {}
    if said.get("version", VERSION) != VERSION:
        hint = f"this agentledger reads version {VERSION}: a newer one may be needed"
        out.invalid(1, f"the policy is in version {said['version']} of its format", hint)
    values = _policy_values(said)
    known = said.get("version", VERSION) == VERSION
    return Policy(**values, problems=out.all(), readable=tree is not None and known)


def _policy_values(said: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: said[key] for key in _PLAIN if key in said}
    for (table, key), name in _RENAMED.items():
        if key in said.get(table, {}):
            values[name] = said[table][key]
    values |= {key: said["paths"][key] for key in _PATHS if key in said.get("paths", {})}
    values["wip"] = Wip(**said.get("wip", {}))
    values["companions"] = said.get("companion", ())
    values["delegations"] = said.get("delegation", ())
    values["checks"] = _policy_checks(said.get("verify", ()))
    return values


def _policy_checks(tables: tuple[dict[str, Any], ...]) -> tuple[PolicyCheck, ...]:
    """A check that was given without a name is `check`, `check-2` …"""
    found: list[PolicyCheck] = []
    unnamed = 0
    for table in tables:
        unnamed += "name" not in table
        check = Check(
            table.get("name") or default_check_name(unnamed),
            table["run"],
            table.get("junit"),
            table.get("timeout"),
        )
        found.append(PolicyCheck(check, table.get("paths", ())))
    return tuple(found)
