"""What somebody wants of a brief → the brief's text: a new one, or one that is there and changes in part.

Belongs here: which keys and sections the words of a command line stand for. Does not: YAML and Markdown (see
`brief_text`), or whether the result is any good (see `plan_lint`).
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

_NAMED = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)=(.*)", re.DOTALL)
KILL_WORDS = Kill.__slots__
_BOX = re.compile(r"\s*[-*+] +\[[ xX]\] *")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`keys` and `sections` take the place of what is there; None and "" take one out.

    `more` is added to a key's list, by key; `checks` are added to `verify`, or stand for one of the same
    name; `kill` changes single criteria, None takes one out. `criteria` take the place of those there,
    `more_criteria` come behind them.
    """

    keys: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    kill: Mapping[str, str | int | None] = field(default_factory=dict)
    criteria: tuple[str, ...] | None = None
    more_criteria: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.keys, self.sections, self.more, self.checks, self.kill, self.more_criteria)) or (
            self.criteria is not None
        )


def parse_checks(given: Sequence[str], there: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`[NAME=]COMMAND` each, behind those that are `there`; without a name it is check, check-2 …"""
    found = dict(there or {})
    for word in filter(str.strip, given):
        named = _NAMED.fullmatch(word)
        name = named[1] if named else _free_check_name(found)
        found[name] = named[2] if named else word
    return found


def _free_check_name(taken: Mapping[str, Any]) -> str:
    number = 1
    while default_check_name(number) in taken:
        number += 1
    return default_check_name(number)


def render_criteria(given: Sequence[str]) -> str:
    """A task list of these, each an item whatever lines it has."""
    items = (_BOX.sub("", said, count=1).strip() for said in given)
    return "\n".join("- [ ] " + item.replace("\n", "\n  ") for item in items if item)


def render_prose(given: Sequence[str]) -> str:
    """One text as it is, several as a list."""
    said = [text.strip() for text in given if text.strip()]
    if len(said) < 2:
        return "".join(said)
    return "\n".join("- " + text.replace("\n", "\n  ") for text in said)


def parse_kill_criteria(given: Sequence[str]) -> dict[str, str | int | None]:
    """`KEY=VALUE` each; an empty value takes the criterion out. LedgerError for what is none."""
    found: dict[str, str | int | None] = {}
    for word in given:
        key, equals, value = word.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or key not in KILL_WORDS:
            raise LedgerError(
                f"--kill {escape_hidden(word)} is no KEY=VALUE", f"KEY is one of {', '.join(KILL_WORDS)}"
            )
        value = value.strip()
        found[key] = int(value) if re.fullmatch("[1-9][0-9]{0,8}", value) else value or None
    return found


# -- applied to a text -----------------------------------------------------------------


def new_brief(task: str, wish: Wish) -> str:
    """A brief of nothing but this."""
    return apply_wish(brief_text.EMPTY, task, wish)


def apply_wish(text: str, task: str, wish: Wish) -> str:
    """The text with the change, and `task` as its task; what is not changed stays as it is, byte for byte."""
    there = brief_text.parse_keys(text)
    keys = dict(wish.keys)
    if there.get("task") is None:
        keys["task"] = task
    for key, words in wish.more.items():
        keys[key] = list(dict.fromkeys([*_as_string_list(keys.get(key, there.get(key))), *words]))
    if wish.checks:
        keys["verify"] = parse_checks(wish.checks, _named_checks(keys.get("verify", there.get("verify"))))
    if wish.kill:
        now = there.get("kill")
        merged = {**(now if isinstance(now, dict) else {}), **wish.kill}
        keys["kill"] = {key: value for key, value in merged.items() if value is not None} or None
    return brief_text.edit_brief(text, keys, _merge_sections(text, wish))


def add_front_matter(template: str) -> str:
    """A template, with front matter in front of it where it has none."""
    return template if re.match(r"(?:[ \t]*\n)*---[ \t]*\n", template) else f"{brief_text.EMPTY}\n{template}"


def fill_template(template: str, task: str, wish: Wish, prompts: Mapping[str, str]) -> str:
    """A template with the change; its own criteria stay in front of those given, unless they are `prompts`.

    `prompts` are the texts of a template's sections by `heading_key`, which say nothing.
    """
    if wish.criteria is not None and heading_key(CRITERIA) not in prompts:
        wish = replace(wish, criteria=None, more_criteria=(*wish.criteria, *wish.more_criteria))
    return apply_wish(template, task, wish)


def prune_brief(text: str, prompts: Mapping[str, str]) -> str:
    """The text without its comments, without what is empty, and without sections that are only a prompt."""
    keys = {
        key: value for key, value in brief_text.parse_keys(text).items() if value not in (None, [], "", {})
    }
    sections = {
        title: re.sub(r"\n{3,}", "\n\n", strip_comments(said)).strip()
        for title, said in brief_text.parse_sections(text).items()
        if not is_blank(said) and prompts.get(heading_key(title)) != said
    }
    return brief_text.render_brief(keys, sections)


def _merge_sections(text: str, wish: Wish) -> dict[str, str]:
    sections = dict(wish.sections)
    there = {heading_key(title): said for title, said in brief_text.parse_sections(text).items()}
    now = there.get(heading_key(CRITERIA), "") if wish.criteria is None else render_criteria(wish.criteria)
    more = render_criteria(wish.more_criteria)
    if wish.criteria is not None or more:
        kept = [line for line in now.split("\n") if not re.fullmatch(r"\s*[-*+] +\[[ xX]\]\s*", line)]
        sections[CRITERIA] = "\n".join([*"\n".join(kept).rstrip().split("\n"), more]).strip()
    return sections


def _as_string_list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _named_checks(value: Any) -> dict[str, Any]:
    """The checks that are there, by name; one without a name gets it."""
    if isinstance(value, dict):
        return value
    listed = value if isinstance(value, list) else [value] if value else []
    return {default_check_name(at): item for at, item in enumerate(listed, 1)}
