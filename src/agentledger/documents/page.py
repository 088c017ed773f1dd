"""What all Markdown documents share: a page with keys and sections, and the questions to ask about them.

Belongs here: bytes → keys, sections and problems, and "this key (section) is needed". Does not: which ones
are needed (see the module of each document).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from agentledger.documents import sections
from agentledger.documents.frame import Frame, parse_frame
from agentledger.documents.kinds import Key, Table
from agentledger.documents.placeholders import strip_comments
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax import yaml_lines
from agentledger.documents.syntax.nodes import Map, to_json_value
from agentledger.documents.syntax.problems import Problems, find_near_miss
from agentledger.documents.values import parse_time_in_name
from agentledger.model.ledger import Document, Part, heading_key
from agentledger.model.ledger_paths import CONTROL_TASKS

_TASK = re.compile(rf"(?:^|/){CONTROL_TASKS}([^/]+)/")


class Page:
    """One document, taken apart into keys and sections."""

    def __init__(self, raw: RawDocument, table: Table) -> None:
        self.source, self.table = raw.source, table
        self._blob = raw.blob
        self.out = Problems(raw.source.path)
        frame = parse_frame(raw.content, raw.size, self.out)
        self.frame = frame or Frame()
        #: False for a file that is too long or empty: that one problem is enough, no section is missed.
        self.looked_into = frame is not None
        self.head = self._head()
        #: False where the front matter cannot be read: that one problem is enough, no key is missed.
        self.readable = self.head is not None
        #: The values of the keys that are there and well-formed.
        self.values: dict[str, Any] = table.values(self.head, "", self.out) if self.head else {}
        prompts = _template_prompts(raw.template) if raw.template else None
        self.parts = (
            sections.parse_sections(self.frame.body, self.frame.body_line, prompts) if self.frame.body else ()
        )
        self._by_title: dict[str, Part] = {}
        for part in self.parts:
            self._by_title.setdefault(heading_key(part.title), part)

    def _head(self) -> Map | None:
        if self.frame.head is None:
            return None
        return yaml_lines.parse_yaml(self.frame.head, self.frame.head_line, self.out)

    @property
    def name(self) -> str:
        """Return the file's name without its ending."""
        return posixpath.splitext(posixpath.basename(self.source.path))[0]

    @property
    def folder_task(self) -> str | None:
        """Return the task in whose folder the document is; None outside the tasks' folders."""
        match = _TASK.search(self.source.path)
        return match[1] if match else None

    @property
    def text(self) -> str:
        """Return the Markdown below the front matter, without comments."""
        return strip_comments(self.frame.body).strip()

    def document(self) -> Document:
        """Return what the value of every document carries. Call it last: it takes the problems found so far."""
        fields = to_json_value(self.head) if self.head else {}
        return Document(
            source=self.source,
            blob=self._blob,
            text=self.frame.text,
            fields=fields,
            parts=self.parts,
            problems=self.out.all(),
        )

    # -- keys ---------------------------------------------------------------------------

    def line(self, key: str) -> int | None:
        """Return the line that a key is on; None where it is missing."""
        entries = self.head.entries if self.head else ()
        return next((entry.line for entry in entries if entry.key == key), None)

    def require_keys(self, names: Iterable[str] | None = None) -> None:
        """Note which of these keys are missing or empty; by default, of those declared as needed."""
        if not self.readable:
            return
        declared = {key.name: key for key in self.table.keys}
        for name in names if names is not None else [key.name for key in self.table.keys if key.needed]:
            if name not in self.values and not self._has_value(name):
                self._note_missing(declared[name])

    def _has_value(self, name: str) -> bool:
        """Is there a value, right or wrong? A wrong one has its problem already."""
        entries = self.head.entries if self.head else ()
        given = [entry.value for entry in entries if entry.key == name]
        return any(not getattr(value, "null", False) for value in given)

    def _note_missing(self, key: Key) -> None:
        line = self.line(key.name)
        what = f"`{key.name}` is empty" if line else f"`{key.name}` is missing"
        # A missing key is shown at the line that opens the front matter, where it has to be written.
        self.out.incomplete(line or max(self.frame.head_line - 1, 1), what, f"write {key.kind.accepts}")

    def require_own_task(self) -> str:
        """Return the task: as written, else the folder's; '' for neither. Note where the two differ."""
        task, folder = self.values.get("task"), self.folder_task
        if task and folder and task != folder:
            hint = f"write `task: {folder}`, or move the file to tasks/{task}/"
            self.out.invalid(
                self.line("task"), f"it is of the task `{task}` but is in the folder of {folder}", hint
            )
        return task or folder or ""

    def at(self) -> int:
        """Return when it was written, in seconds since the epoch.

        That is as it says, else its commit's time, else the time in its name; 0 where nothing shows it.
        """
        written = self.values.get("at", self.source.at)
        at = parse_time_in_name(self.name) if written is None else written
        if at is None:
            self.require_keys(["at"])
        return at or 0

    def by(self, key: str = "by") -> str:
        """Return who wrote it: as it says, else its commit's author; '' where nothing shows it."""
        by = self.values.get(key) or self.source.by
        if by is None:
            self.require_keys([key])
        return by or ""

    # -- sections -----------------------------------------------------------------------

    def part(self, title: str) -> Part | None:
        """Return the section of this title, the first of several; None where there is none."""
        return self._by_title.get(heading_key(title))

    def require_section(self, title: str, fatal: bool = True, hint: str = "") -> Part | None:
        """Return the section if it is there and has a text; else note that it is missing or empty."""
        part = self.part(title)
        if part is None and self.looked_into:
            self.out.incomplete(
                None, f"the section “{title}” is missing", self._missing_section_hint(title), fatal
            )
        elif part and part.empty:
            self.out.incomplete(
                part.line, f"the section “{title}” is empty", hint or "write a sentence or two", fatal
            )
        return part if part and not part.empty else None

    def _missing_section_hint(self, title: str) -> str:
        # Each title costs a comparison, so not all of a hostile document's are looked at.
        close = find_near_miss(heading_key(title), list(self._by_title)[:100])
        form = f"write `## {title}` on a line of its own, and below it what there is to say"
        if close is None:
            return form
        there = self._by_title[close]
        return f"line {there.line} has “{there.title[:80]}”: did you mean `## {title}`?"

    def note_duplicates(self, known: Iterable[str]) -> None:
        """Warn of known sections that are there twice: only the first one is read."""
        if len(self._by_title) == len(self.parts):
            return
        wanted = {heading_key(title) for title in known}
        seen: dict[str, int] = {}
        for part in self.parts:
            key = heading_key(part.title)
            if key in wanted and key in seen:
                hint = f"only the one on line {seen[key]} is looked at: join the two"
                self.out.invalid(
                    part.line, f"the section “{part.title[:80]}” is there twice", hint, fatal=False
                )
            seen.setdefault(key, part.line)


@lru_cache(maxsize=16)
def _template_prompts(template: bytes) -> dict[str, str]:
    """Map the headings of a template to their texts, which count as empty where nobody changed them."""
    frame = parse_frame(template, None, Problems("template"))
    parts = sections.parse_sections(frame.body, 1) if frame else ()
    return {heading_key(part.title): " ".join(part.text.split()) for part in parts if part.text}
