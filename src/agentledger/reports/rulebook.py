"""The rules themselves: as a page of Markdown, which docs/rules.md is, and as JSON for other programs.

Belongs here: what stands around the rules' own docstrings, the only place of their texts. Does not:
one rule on a terminal (see `cli.rule`), or what rules found (see `told`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from agentledger.model.findings import Gate, Severity
from agentledger.reports import shapes_ledger
from agentledger.rules import RULES, Rule

FAMILIES = (
    ("BRF", "Briefs"),
    ("OWN", "Ownership"),
    ("STA", "Check-ins"),
    ("PKT", "Packets"),
    ("EVD", "Evidence"),
    ("REV", "Reviews"),
    ("FLT", "The fleet"),
    ("KIL", "Giving up"),
)
_HEAD = """\
# Rules

<!-- Written by `make docs` from the docstrings of src/agentledger/rules; change those. -->

A rule looks at one branch, or at `spawn` at one task, and says what it found. What that comes to depends on
the gate at which it is asked:

| gate | when |
|---|---|
| spawn | a task is handed out: `agentledger check --task` |
| commit | an agent commits: the hooks, also before a merge commit |
| push | an agent pushes |
| ready | a branch is said to be ready: `agentledger check` |
| merge | a branch is about to merge: `agentledger check --range` |

**E** stops whoever is at the gate, **w** is told, · is not run. A rule that is only told, and at no gate,
stands under merge: the board, the site and `agentledger check --fleet` show it. Some findings are milder than
their rule, such as that a brief is missing where the policy demands none: an E is then only told.

In `.agentledger/config.toml` on base, `[rules]` makes a rule `off`, `warn` or `error` at the gates at which
it runs, by its id or name; `enforce = false` makes every E a finding that is told and counted. A waiver by
the manager shows the finding with its reason, and lets it pass. On a terminal, `agentledger rule ID` prints
what stands here.
"""


_LEVELS = {"E": str(Severity.ERROR), "w": str(Severity.WARN), "·": None}


def encode_rules(rules: Iterable[Rule]) -> bytes:
    """The JSON document, UTF-8 with a newline at the end."""
    return msgspec.json.encode(shapes_ledger.Rules(1, "rules", tuple(map(_shape_rule, rules)))) + b"\n"


def _shape_rule(rule: Rule) -> shapes_ledger.Rule:
    levels = {str(gate): _LEVELS[rule.level(gate)] for gate in Gate}
    # No rule is off by itself any more; the key stays as long as the document's version does.
    return shapes_ledger.Rule(
        rule.id, rule.name, levels, off=False, requires=rule.requires, documentation=rule.documentation
    )


def render_rulebook() -> str:
    """The page, with a newline at the end."""
    return "\n".join([_HEAD, *(line for prefix, title in FAMILIES for line in _render_family(prefix, title))])


def _render_family(prefix: str, title: str) -> Iterator[str]:
    rules = [rule for rule in RULES if rule.id.startswith(prefix)]
    yield f"## {title}\n"
    yield f"| rule | {' | '.join(Gate)} |"
    yield f"|---|{'|'.join(':-:' for _ in Gate)}|"
    yield from map(_render_row, rules)
    yield ""
    yield from map(_render_section, rules)


def _render_row(rule: Rule) -> str:
    levels = " | ".join(f"**{level}**" if level == "E" else level for level in map(rule.level, Gate))
    return f"| [{rule.id}](#{_heading_anchor(rule)}) {rule.name} | {levels} |"


def _render_section(rule: Rule) -> str:
    text = re.sub(r"\n+(Why|Fix): ", r"\n\n**\1:** ", rule.documentation)
    after = (
        f"\n\nIt is not run where one of these speaks: {', '.join(rule.requires)}." if rule.requires else ""
    )
    return f"### {rule.id} {rule.name}\n\n{text}{after}\n"


def _heading_anchor(rule: Rule) -> str:
    """The fragment that forges make of the heading."""
    return f"{rule.id} {rule.name}".lower().replace(" ", "-")
