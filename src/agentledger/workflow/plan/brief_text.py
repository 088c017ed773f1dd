"""Writes values as a brief's Markdown, and changes single keys and sections of a text that exists.

Belongs here: YAML that is read back as the same value, and which lines of a text belong to which key or section.
Does not: which values a flag sets (see `brief_wish`), the template a text begins with (see `task_kinds`), or
advice on it (see `plan_lint`).

What is not changed stays as it is, byte for byte. Texts are as `model.text.decode` gives them, which keeps bytes
that are no UTF-8.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentledger.documents.brief import ALWAYS, CLOSER, CRITERIA
from agentledger.documents.frame import parse_frame
from agentledger.documents.sections import Heading, parse_headings
from agentledger.documents.syntax.nodes import Map, to_json_value
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.syntax.tables import BRIEF
from agentledger.documents.syntax.yaml_lines import parse_yaml
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import heading_key
from agentledger.model.text import encode, escape_hidden

# The order of a brief's keys and sections, as the template has it.
KEYS = tuple(key.name for key in BRIEF.keys)
TITLES = (*ALWAYS, *CLOSER[:3], CRITERIA, *CLOSER[3:])
_PLACE = {heading_key(title): number for number, title in enumerate(TITLES)}
EMPTY = "---\n---\n"
WIDTH = 100  # characters of a list on one line, at most

# What needs no quotes: within a list or table a single word, else several.
_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|[1-9][0-9]{0,4}[mhd]")
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9./_=+-]*(?: [A-Za-z0-9./_=+-]+)*")
# Words that some reader of YAML takes for something other than text: YAML 1.1 has `yes` and `on` for true.
_MEANT = frozenset("null true false yes no on off y n".split())
# Characters that YAML does not allow or that nobody can see: they are written as escapes.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


# -- values → YAML ---------------------------------------------------------------------


def format_scalar(value: str | int | bool, within: bool = False) -> str:
    """One value as YAML, in quotes unless nobody could misread it; `within` a list or table on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    bare = _WORD if within else _WORDS
    if (bare.fullmatch(value) or _WORD.fullmatch(value)) and value.lower() not in _MEANT:
        return value
    # In single quotes nothing has to be escaped: a pattern or a command stays readable.
    if ('"' in value or "\\" in value) and "'" not in value and not _ODD.search(value):
        return f"'{value}'"
    return _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", json.dumps(value, ensure_ascii=False))


def _format_flow(value: Any) -> str:
    """A value as YAML on one line, as part of a list or table."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{format_scalar(k, True)}: {_format_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_format_flow, value)) + "]"
    return "null" if value is None else format_scalar(value, within=True)


def format_key(key: str, value: Any) -> list[str]:
    """A key with its value, as lines of front matter: a check a line, and a long list an item a line."""
    if isinstance(value, Mapping) and key == "verify":
        return [
            f"{key}:",
            *(
                f"  {format_scalar(k)}: {format_scalar(v) if isinstance(v, str) else _format_flow(v)}"
                for k, v in value.items()
            ),
        ]
    if isinstance(value, (Mapping, list, tuple)):
        line = f"{key}: {_format_flow(value)}"
        if len(line) > WIDTH and not isinstance(value, Mapping):
            return [f"{key}:", *(f"  - {_format_flow(item)}" for item in value)]
        return [line]
    return [f"{key}: {format_scalar(value)}"]


# -- changing a text -------------------------------------------------------------------


def edit_brief(text: str, keys: Mapping[str, Any], sections: Mapping[str, str]) -> str:
    """The text with these keys and sections in place of its own; None removes a key, "" a section.

    Raises LedgerError where its front matter cannot be read, and where a section's text would begin another
    section or hide the next one.
    """
    if not keys and not sections:
        return text
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    end = "\r\n" if "\r\n" in text else "\n"
    # Byte-order mark and line ends are put back at the end; in between, all lines end in LF.
    normalized = text.removeprefix(mark).replace("\r\n", "\n").replace("\r", "\n")
    top, head, body = _split_brief(normalized)
    for key in sorted(keys, key=KEYS.index):
        head = _replace_key(head, key, keys[key])
    new_body = body
    for title, prose in sections.items():
        new_body = _replace_section(new_body, title, prose)
    _refuse_other_changes(body, new_body, sections)
    return mark + "\n".join([*top, *head, *new_body]).replace("\n", end)


def parse_keys(text: str) -> dict[str, Any]:
    """The front matter as JSON values, not checked. Raises LedgerError where it cannot be read."""
    _, head, _ = _split_brief(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return dict(to_json_value(_parse_front_matter(head)))


def parse_sections(text: str) -> dict[str, str]:
    """The Markdown of every section by its title as written, in the text's order."""
    _, _, body = _split_brief(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return _section_texts(body)


def render_brief(keys: Mapping[str, Any], sections: Mapping[str, str]) -> str:
    """A text of these keys and sections alone: keys in the usual order, sections as given."""
    lines = [line for key in KEYS if keys.get(key) is not None for line in format_key(key, keys[key])]
    parts = [f"\n## {title}\n\n{prose.strip()}\n" for title, prose in sections.items()]
    return "\n".join(["---", *lines, "---", ""]) + "".join(parts)


def _split_brief(text: str) -> tuple[list[str], list[str], list[str]]:
    """The lines before the front matter's first, its own, and those from its closing line on."""
    out = Problems("")
    frame = parse_frame(encode(text), None, out)
    if frame is None or frame.head is None:
        error_text = next((problem.message for problem in out.all()), "it is too long")
        raise LedgerError(
            f"its front matter cannot be read: {error_text}",
            "fix the text itself: --edit opens it, --from FILE replaces it",
        )
    lines = text.split("\n")
    # The closing line is right above the body; where the text ends with it, the body has no line.
    closing = frame.body_line - 2 if frame.body or text.endswith("\n") else len(lines) - 1
    return lines[: frame.head_line - 1], lines[frame.head_line - 1 : closing], lines[closing:]


def _parse_front_matter(head: Sequence[str]) -> Map:
    """The front matter as YAML nodes with their lines. Raises LedgerError where it cannot be read."""
    out = Problems("")
    nodes = parse_yaml("\n".join(head), 0, out)
    if nodes is None:
        problem = next(iter(out.all()))
        message = f"its front matter cannot be read: {escape_hidden(problem.message)}"
        raise LedgerError(message, "fix the text itself: --edit opens it, --from FILE replaces it")
    return nodes


def _key_spans(head: Sequence[str]) -> list[tuple[str, int, int]]:
    """Each key with its first line and the one after its last; comments above a key belong to that key."""
    entries = _parse_front_matter(head).entries
    ends = [entry.line for entry in entries[1:]] + [len(head)] * bool(entries)
    spans = []
    for entry, below in zip(entries, ends, strict=True):
        end = below
        while end > entry.line + 1 and (not head[end - 1].strip() or head[end - 1].startswith("#")):
            end -= 1
        spans.append((entry.key, entry.line, end))
    return spans


def _replace_key(head: list[str], key: str, value: Any) -> list[str]:
    """The front matter with this key once, or not at all where `value` is None."""
    spans = _key_spans(head)
    if any(first == end or not re.match(r"[\w\"']", head[first]) for _, first, end in spans):
        # One table in braces, in which several keys share a line: write it again, a key a line.
        head = [
            line
            for name, old in to_json_value(_parse_front_matter(head)).items()
            for line in format_key(name, old)
        ]
        spans = _key_spans(head)
    new = [] if value is None else format_key(key, value)
    own_spans = [(first, end) for name, first, end in spans if name == key]
    # From the last up, so that the lines above keep their numbers.
    for first, end in reversed(own_spans[1:]):
        head = head[:first] + head[end:]
    first, end = own_spans[0] if own_spans else _place_for_key(head, spans, key) if new else (0, 0)
    return head[:first] + new + head[end:]


def _place_for_key(head: Sequence[str], spans: Sequence[tuple[str, int, int]], key: str) -> tuple[int, int]:
    """Where a new key goes: in place of a comment that shows it, else behind the keys that come before it."""
    comment_line = next((at for at, line in enumerate(head) if re.match(rf"# ?{key}:", line)), None)
    if comment_line is not None:
        return comment_line, comment_line + 1
    before = [end for name, _, end in spans if name in KEYS and KEYS.index(name) < KEYS.index(key)]
    at = max(before) if before else spans[0][1] if spans else len(head)
    return at, at


def _key_of_heading(heading: Heading) -> str:
    return heading_key(heading.title.strip("*_ "))


def _replace_section(body: list[str], title: str, prose: str) -> list[str]:
    """The body with this text in the section; a new section goes in front of those that come after it."""
    headings = parse_headings("\n".join(body))
    ends = [heading.at for heading in headings[1:]] + [len(body)] * bool(headings)
    new = ["", *prose.strip().split("\n"), ""]
    for heading, end in zip(headings, ends, strict=True):
        if _key_of_heading(heading) == heading_key(title):
            if prose.strip():
                return [*body[: heading.below], *new, *body[end:]]
            return (
                body[: heading.at] + body[end:]
                if body[end:]
                else [*_strip_blank_lines(body[: heading.at]), ""]
            )
    if not prose.strip():
        return body
    later = (h.at for h in headings if _PLACE.get(_key_of_heading(h), -1) > _PLACE[heading_key(title)])
    at = next(later, len(body))
    return [*_strip_blank_lines(body[:at]), "", f"## {title}", *new, *body[at:]]


def _strip_blank_lines(lines: list[str]) -> list[str]:
    """The lines without the blank ones at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _section_texts(body: Sequence[str]) -> dict[str, str]:
    """The text of each section by its title."""
    headings = parse_headings("\n".join(body))
    ends = [heading.at for heading in headings[1:]] + [len(body)] * bool(headings)
    pairs = zip(headings, ends, strict=True)
    return {h.title.strip("*_ "): "\n".join(body[h.below : end]).strip() for h, end in pairs}


def _refuse_other_changes(before: Sequence[str], after: Sequence[str], sections: Mapping[str, str]) -> None:
    """Raise LedgerError unless these sections, and no others, have changed, and have the text that was meant.

    Reading the result again is surer than looking for all that a text can do to the sections around it.
    """
    new_texts = {heading_key(title): prose.strip() for title, prose in sections.items()}
    old_texts = {heading_key(title): prose for title, prose in _section_texts(before).items()}
    expected = {key: prose for key, prose in (old_texts | new_texts).items() if prose or key not in new_texts}
    actual = {heading_key(title): prose for title, prose in _section_texts(after).items()}
    if actual != expected:
        wrong_title = next(
            (t for t in sections if actual.get(heading_key(t), "") != sections[t].strip()), None
        )
        raise LedgerError(
            f"the text for “{wrong_title or next(iter(sections))}” begins a section of its own, or hides the next",
            "inside a section, headings begin with ###; close every ``` and <!-- in it",
        )
