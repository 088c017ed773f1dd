"""The text with which a new document of the manager's starts: a forge's page is filled in with it.

Belongs here: the texts, from the repository's own templates or from those that ship. Does not: who needs
which (see `reply` and `newtask`), or where they go (see `newfile`).

All of them leave out time and author: nobody knows when a page will be read, and the commit has both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from agentledger.documents import read_template
from agentledger.documents.review import escape_comment
from agentledger.model.fleet import Fleet

_HEAD = re.compile(r"\s*---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"([a-z_]+)[ \t]*:")
# Keys whose values need no quotes: they are words of ours, or an object id.
_WORDS = ("decision", "kind", "verdict", "head")


def draft_answer(decision: str, prompt: str, **keys: str | None) -> str:
    """An answer with that decision; a key that is None is left out. `prompt` is a comment, so it is no text."""
    return f"---\n{_front_matter_lines({'decision': decision, **keys})}---\n\n<!-- {prompt} -->\n"


def draft_approval(branch: str, head: str, open_points: Sequence[str] = ()) -> str:
    """A human's review that approves a head; it needs no sections. `open_points` are there to be ticked."""
    fields = {"kind": "human", "verdict": "approve", "branch": branch, "head": head}
    text = f"---\n{_front_matter_lines(fields)}---\n\n<!-- What you looked at, if you like. -->\n"
    if not open_points:
        return text
    # A point could end the comment above it, so it stands below; its text is on one line.
    ticks = "".join(f"- [ ] {escape_comment(point)}\n" for point in open_points)
    return f"{text}\n## Findings\n\n<!-- Tick what is settled: [x]. What is not keeps it from merging. -->\n\n{ticks}"


def draft_change_request(branch: str, head: str, fleet: Fleet) -> str:
    """A human's review that asks for changes, with the sections of the repository's form."""
    fields = {"kind": "human", "verdict": "request-changes", "branch": branch, "head": head}
    return fill_front_matter(_read_template("review", fleet), fields, without=("at",))


def draft_brief(fleet: Fleet) -> str:
    """The brief's template."""
    return _read_template("brief", fleet)


def fill_front_matter(text: str, fields: Mapping[str, str], without: tuple[str, ...] = ()) -> str:
    """The template with these keys in its front matter, and without those in `without`.

    A key that is there is replaced, others are added; all other lines stay, and with them their comments.
    A template without front matter gets one.
    """
    front_matter = _HEAD.match(text)
    lines = front_matter[1].splitlines(keepends=True) if front_matter else []
    new_lines = {key: _front_matter_line(key, value) for key, value in fields.items()}
    head_lines = [
        new_lines.pop(_key_of_line(line), line) for line in lines if _key_of_line(line) not in without
    ]
    body = text[front_matter.end() :] if front_matter else f"\n{text}"
    return f"---\n{''.join(head_lines)}{''.join(new_lines.values())}---\n{body}"


def _key_of_line(line: str) -> str:
    key = _KEY.match(line)
    return key[1] if key else ""


def _front_matter_lines(keys: Mapping[str, str | None]) -> str:
    return "".join(_front_matter_line(key, value) for key, value in keys.items() if value is not None)


def _front_matter_line(key: str, value: str) -> str:
    # Quoted as JSON, which is valid YAML, whatever characters a name has.
    return f"{key}: {value if key in _WORDS else json.dumps(value, ensure_ascii=False)}\n"


def _read_template(name: str, fleet: Fleet) -> str:
    return _decode_template(name, fleet.templates.get(name))


@lru_cache(maxsize=16)
def _decode_template(name: str, template: str | None) -> str:
    raw = read_template(name, None if template is None else template.encode("utf-8", "replace"))
    return raw.decode("utf-8-sig", "replace").replace("\r\n", "\n")
