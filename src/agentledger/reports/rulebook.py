"""The rules themselves, as the page docs/rules.md and as JSON for other programs.

Belongs here: the text around the rules' docstrings; a rule's own text is only in its docstring. Does not: one
rule on a terminal (see `cli.rule`), or what rules have found (see `findings_text`).
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
    ("TST", "Tests"),
    ("REV", "Reviews"),
    ("FLT", "The fleet"),
    ("KIL", "Giving up"),
)
_HEAD = """\
# Rules

<!-- Written by `make docs` from the docstrings of src/agentledger/rules; change those. -->

A rule looks at one branch (at the gate `spawn`, at one task) and reports what it finds. What follows from a
finding depends on the gate:

| gate | when |
|---|---|
| spawn | a task is handed out: `agentledger check --task` |
| commit | an agent commits: the hooks, also before a merge commit |
| push | an agent pushes |
| ready | an agent reports a branch ready: `agentledger check` |
| merge | a branch is about to merge: `agentledger check --range` |

**E** blocks, **w** warns, · means that the rule is not run. A rule that only warns, and at no gate, has its w
under merge: the board, the site and `agentledger check --fleet` show it. Some findings are milder than their
rule, such as a missing brief where the policy demands none: an E is then only a warning.

In `.agentledger/config.toml` on base, `[rules]` makes a rule `off`, `warn` or `error` at the gates at which
it runs, by its id or name; with `enforce = false` every E is shown and counted, and blocks nothing. A waiver
by the manager lets a finding pass, and shows it with the reason. On a terminal, `agentledger rule ID` prints
the text of one rule.
"""


_LEVELS = {"E": str(Severity.ERROR), "w": str(Severity.WARN), "·": None}


def encode_rules(rules: Iterable[Rule]) -> bytes:
    """The JSON document, UTF-8 with a newline at the end."""
    return msgspec.json.encode(shapes_ledger.Rules(1, "rules", tuple(map(_shape_rule, rules)))) + b"\n"


def _shape_rule(rule: Rule) -> shapes_ledger.Rule:
    levels = {str(gate): _LEVELS[rule.level(gate)] for gate in Gate}
    # No rule is off by default any more. The key stays: no key may go away while the version is 1.
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
        f"\n\nNot run where one of these reports something: {', '.join(rule.requires)}."
        if rule.requires
        else ""
    )
    return f"### {rule.id} {rule.name}\n\n{text}{after}\n"


def _heading_anchor(rule: Rule) -> str:
    """The fragment that forges make from the rule's heading."""
    return f"{rule.id} {rule.name}".lower().replace(" ", "-")
