"""Parse a brief: what a task is about, and which sections each mode needs.

Belongs here: `brief.md`, whoever's copy it is. Does not: whose copy counts (see `ledger.tasks`), or whether
it is a good brief (see `rules.brief`).
"""

from __future__ import annotations

from agentledger.documents.page import Page
from agentledger.documents.placeholders import is_blank
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax.tables import BRIEF
from agentledger.documents.tasklists import parse_items
from agentledger.model.ledger import Brief, Check, Item, Kill
from agentledger.model.policy import Policy

WHY = "Why, and what would stop us"
CRITERIA = "Acceptance criteria"
ALWAYS = (WHY, "Outcome")
# Needed where a human reviews closely; in a fully delegated task, that they are missing only warns.
CLOSER = ("Context", "Constraints", "Non-goals", "Integration notes", "Verification plan")
_CLOSER_FATAL = {"review": True, "explore": True, "delegate": False}
_ITEM_FORM = "write `- [ ] ` and something that can be checked"


def parse_brief(raw: RawDocument) -> Brief:
    """Parse the brief in `raw`; never raises."""
    page = Page(raw, BRIEF)
    said = page.values
    mode = said.get("mode", "delegate")
    # What only explores never merges, and a human who does it alone needs neither scope nor checks.
    judged = mode not in ("explore", "own")
    page.require_keys()
    task = page.require_own_task()
    owns = _parse_owns(page, judged)
    verify = _parse_checks(page, judged, raw.policy)
    criteria = _require_sections(page, mode, judged)
    return Brief(
        document=page.document(),
        task=task,
        title=said.get("title") or task.replace("-", " "),
        manager=said.get("manager") or next(iter(raw.policy.managers), ""),
        mode=mode,
        session=said.get("session", "background"),
        priority=said.get("priority", 2),
        checkpoints=said.get("checkpoints", ("plan",) if mode == "review" else ()),
        owns=owns,
        off_limits=said.get("off_limits", ()),
        follow=said.get("follow", ()),
        depends_on=said.get("depends_on", ()),
        seam=said.get("seam", False),
        branch=said.get("branch"),
        verify=verify,
        check_in=said.get("check_in", 15 * 60),
        kill=said.get("kill", Kill()),
        criteria=criteria,
    )


def _parse_owns(page: Page, needed: bool) -> tuple[str, ...]:
    """Return the patterns of `owns`; one that is only a placeholder is left out."""
    given: tuple[str, ...] = page.values.get("owns", ())
    # `*` and `**` alone look like a placeholder's dots, but are patterns.
    owns = tuple(pattern for pattern in given if not is_blank(pattern) or set(pattern) <= set("*?"))
    if needed and not owns and (given or "owns" in page.values):
        hint = 'write path patterns, such as `owns: ["src/api/**", "tests/api/**"]`'
        page.out.incomplete(page.line("owns"), "`owns` names no file", hint)
    elif needed and not owns:
        page.require_keys(["owns"])
    return owns


def _parse_checks(page: Page, needed: bool, policy: Policy) -> tuple[Check, ...]:
    given: tuple[Check, ...] = page.values.get("verify", ())
    checks = tuple(check for check in given if not is_blank(check.run))
    if needed and not checks and not policy.checks:
        if given or "verify" in page.values:
            page.out.incomplete(
                page.line("verify"), "`verify` has no command", "write `verify: {test: pytest -q}`"
            )
        else:
            page.require_keys(["verify"])
    return checks


def _require_sections(page: Page, mode: str, judged: bool) -> tuple[Item, ...]:
    for title in ALWAYS:
        page.require_section(title)
    if mode in _CLOSER_FATAL:
        for title in CLOSER:
            page.require_section(title, _CLOSER_FATAL[mode])
    page.note_duplicates((*ALWAYS, CRITERIA, *CLOSER))
    return _parse_criteria(page, judged)


def _parse_criteria(page: Page, needed: bool) -> tuple[Item, ...]:
    """Return the items with a text; an empty one beside others is noted at its own line."""
    items = parse_items(page.part(CRITERIA))
    good = tuple(item for item in items if not is_blank(item.text))
    if needed:
        part = page.require_section(CRITERIA, hint=_ITEM_FORM)
        if part and not good:
            page.out.incomplete(part.line, f"the section “{CRITERIA}” has no criterion", _ITEM_FORM)
        elif part:
            for item in items:
                if is_blank(item.text):
                    page.out.incomplete(item.line, "this criterion is empty", _ITEM_FORM)
    return good
