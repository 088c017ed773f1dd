"""The rows of all rules, in the order of the rules.

Belongs here: putting the families together. Does not: a row (see the modules `rule_rows_*`), or what is asked
of it (see `test_rules` and `test_advice`).
"""

from __future__ import annotations

import rule_rows_brief
import rule_rows_fleet
import rule_rows_integrity
import rule_rows_ownership
import rule_rows_packet
import rule_rows_status
from advicecases import RuleRow
from agentledger.rules import RULES

_FAMILIES = (
    rule_rows_brief,
    rule_rows_ownership,
    rule_rows_status,
    rule_rows_packet,
    rule_rows_integrity,
    rule_rows_fleet,
)
_PLACES = {rule.id: place for place, rule in enumerate(RULES)}
ROWS: tuple[RuleRow, ...] = tuple(
    sorted((row for family in _FAMILIES for row in family.ROWS), key=lambda row: _PLACES.get(row.rule, -1))
)
