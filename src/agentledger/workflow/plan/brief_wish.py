"""Turns the flags of a command line into a brief's text: a new one, or a change to one that exists.

Belongs here: which keys and sections each flag sets. Does not: YAML and Markdown (see `brief_text`), or whether
the result is any good (see `plan_lint`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agentledger.documents.brief import CRITERIA
from agentledger.documents.forms import default_check_name
from agentledger.documents.placeholders import is_blank, strip_comments
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Kill, heading_key
from agentledger.model.text import escape_hidden
from agentledger.workflow.plan import brief_text

# A check with a name, `NAME=COMMAND`. Capitals are no part of one, so `CI=1 make` is a command without a name.
_NAMED = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)=(.*)", re.DOTALL)
KILL_WORDS = Kill.__slots__
_BOX = re.compile(r"\s*[-*+] +\[[ xX]\] *")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What should change in a brief. An empty one changes nothing, and is false."""

    #: Values that replace a key's; None removes the key.
    keys: Mapping[str, Any] = field(default_factory=dict)
    #: Texts that replace a section's; "" removes the section.
    sections: Mapping[str, str] = field(default_factory=dict)
    #: Values to add to a key's list.
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Checks, `[NAME=]COMMAND`, to add to `verify`; one with the name of another replaces that.
    checks: tuple[str, ...] = ()
    #: Kill criteria to change one by one; None removes one.
    kill: Mapping[str, str | int | None] = field(default_factory=dict)
    #: Acceptance criteria that replace those there; None leaves them.
    criteria: tuple[str, ...] | None = None
    #: Acceptance criteria to add behind the others.
    more_criteria: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.keys, self.sections, self.more, self.checks, self.kill, self.more_criteria)) or (
            self.criteria is not None
        )


def parse_checks(arguments: Sequence[str], existing: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Checks by name, from `[NAME=]COMMAND` each, behind the `existing` ones.

    A check without a name becomes check, check-2 and so on.
    """
    checks = dict(existing or {})
    for word in filter(str.strip, arguments):
        named = _NAMED.fullmatch(word)
        name = named[1] if named else _free_check_name(checks)
        checks[name] = named[2] if named else word
    return checks


def _free_check_name(checks: Mapping[str, Any]) -> str:
    number = 1
    while default_check_name(number) in checks:
        number += 1
    return default_check_name(number)


def render_criteria(criteria: Sequence[str]) -> str:
    """A Markdown task list of these; further lines of one are indented, so that it stays one item."""
    # Somebody may paste an item with its box.
    items = (_BOX.sub("", criterion, count=1).strip() for criterion in criteria)
    return "\n".join("- [ ] " + item.replace("\n", "\n  ") for item in items if item)


def render_prose(paragraphs: Sequence[str]) -> str:
    """One text as it is, several as a Markdown list."""
    texts = [text.strip() for text in paragraphs if text.strip()]
    if len(texts) < 2:
        return "".join(texts)
    return "\n".join("- " + text.replace("\n", "\n  ") for text in texts)


def parse_kill_criteria(arguments: Sequence[str]) -> dict[str, str | int | None]:
    """Kill criteria by key, from `KEY=VALUE` each; an empty value removes one. Raises LedgerError for others."""
    criteria: dict[str, str | int | None] = {}
    for word in arguments:
        key, equals, value = word.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or key not in KILL_WORDS:
            raise LedgerError(
                f"--kill {escape_hidden(word)} is no KEY=VALUE", f"KEY is one of {', '.join(KILL_WORDS)}"
            )
        value = value.strip()
        criteria[key] = int(value) if re.fullmatch("[1-9][0-9]{0,8}", value) else value or None
    return criteria


# -- applied to a text -----------------------------------------------------------------


def new_brief(task: str, wish: Wish) -> str:
    """A new brief with nothing but the wish in it."""
    return apply_wish(brief_text.EMPTY, task, wish)


def apply_wish(text: str, task: str, wish: Wish) -> str:
    """The text with the wish applied; `task` is its task where it names none. All else stays, byte for byte."""
    old_keys = brief_text.parse_keys(text)
    keys = dict(wish.keys)
    if old_keys.get("task") is None:
        keys["task"] = task
    for key, additions in wish.more.items():
        keys[key] = list(dict.fromkeys([*_as_string_list(keys.get(key, old_keys.get(key))), *additions]))
    if wish.checks:
        keys["verify"] = parse_checks(wish.checks, _named_checks(keys.get("verify", old_keys.get("verify"))))
    if wish.kill:
        old_kill = old_keys.get("kill")
        merged = {**(old_kill if isinstance(old_kill, dict) else {}), **wish.kill}
        keys["kill"] = {key: value for key, value in merged.items() if value is not None} or None
    return brief_text.edit_brief(text, keys, _merge_sections(text, wish))


def add_front_matter(template: str) -> str:
    """The template, with empty front matter in front where it has none."""
    return template if re.match(r"(?:[ \t]*\n)*---[ \t]*\n", template) else f"{brief_text.EMPTY}\n{template}"


def fill_template(template: str, task: str, wish: Wish, prompts: Mapping[str, str]) -> str:
    """The template with the wish applied; its own criteria stay, in front of those given, unless they are prompts.

    `prompts` are the template's sections that only say what to write: their texts by `heading_key`.
    """
    if wish.criteria is not None and heading_key(CRITERIA) not in prompts:
        wish = replace(wish, criteria=None, more_criteria=(*wish.criteria, *wish.more_criteria))
    return apply_wish(template, task, wish)


def prune_brief(text: str, prompts: Mapping[str, str]) -> str:
    """The text without comments, empty keys and sections, and sections that are still a prompt."""
    keys = {
        key: value for key, value in brief_text.parse_keys(text).items() if value not in (None, [], "", {})
    }
    # A comment that is gone leaves blank lines above and below.
    sections = {
        title: re.sub(r"\n{3,}", "\n\n", strip_comments(prose)).strip()
        for title, prose in brief_text.parse_sections(text).items()
        if not is_blank(prose) and prompts.get(heading_key(title)) != prose
    }
    return brief_text.render_brief(keys, sections)


def _merge_sections(text: str, wish: Wish) -> dict[str, str]:
    """The sections to write: those of the wish, and the acceptance criteria put together."""
    sections = dict(wish.sections)
    old_sections = {heading_key(title): prose for title, prose in brief_text.parse_sections(text).items()}
    old_criteria = (
        old_sections.get(heading_key(CRITERIA), "")
        if wish.criteria is None
        else render_criteria(wish.criteria)
    )
    more = render_criteria(wish.more_criteria)
    if wish.criteria is not None or more:
        # A template's empty `- [ ]` is a place to write in, and no criterion.
        criteria_lines = [
            line for line in old_criteria.split("\n") if not re.fullmatch(r"\s*[-*+] +\[[ xX]\]\s*", line)
        ]
        sections[CRITERIA] = "\n".join([*"\n".join(criteria_lines).rstrip().split("\n"), more]).strip()
    return sections


def _as_string_list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _named_checks(value: Any) -> dict[str, Any]:
    """The checks that are there, by name; those without a name get the usual ones."""
    if isinstance(value, dict):
        return value
    commands = value if isinstance(value, list) else [value] if value else []
    return {default_check_name(at): item for at, item in enumerate(commands, 1)}
