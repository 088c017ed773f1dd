"""Which brief on base counts, where the one at its tip is a text that the manager has refused.

Belongs here: finding the newest version on base that nobody refused. Does not: which of control branch, base and
branch counts (see `assignment`), or keeping such a text from merging (see `rules.brief`).

A branch brings its copy of the brief along when it merges. Where no brief is on the control branch, base's counts: a
refused scope would then be granted by the merge, to the task's next branch.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from agentledger.documents import MOST_BYTES, parse_front_matter
from agentledger.git import objects
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.ledger.ledger_files import LedgerFile
from agentledger.model import ledger_paths
from agentledger.model.ledger_paths import CONTROL_TASKS
from agentledger.model.text import decode, escape_hidden


def replace_refused(
    scratch: Scratch, base: str, files: Sequence[LedgerFile], control: Iterable[LedgerFile]
) -> list[LedgerFile]:
    """Return base's ledger files with the briefs that count there; one that was always refused is left out.

    `base` is a commit, `control` are the manager's files. No process is started where no brief can be refused.
    """
    answers: dict[str, list[str]] = {}
    briefed = set()
    for file in control:
        task, _, rest = file.path.removeprefix(CONTROL_TASKS).partition("/")
        if rest == "brief.md":
            briefed.add(task)
        elif rest.startswith("answers/") and file.is_regular:
            answers.setdefault(task, []).append(file.blob)
    briefs = {f.path: f for f in files if f.path.endswith("/brief.md")}
    open_tasks = [t for t in answers if t not in briefed and ledger_paths.brief_path(t) in briefs]
    refused = find_refused(scratch, {task: answers[task] for task in open_tasks})
    wrong = {
        path: refused[task]
        for task in open_tasks
        if briefs[path := ledger_paths.brief_path(task)].blob in refused[task]
    }
    chosen = find_unrefused(scratch, base, wrong)
    kept = []
    for file in files:
        blob = chosen.get(file.path) if file.path in wrong else file.blob
        kept += [replace(file, blob=blob)] if blob else []
    return kept


def describe_refused(
    files: Sequence[LedgerFile], counting: Sequence[LedgerFile], base: str
) -> tuple[str, ...]:
    """Return a sentence for each brief on base that does not count, with the command that puts it right there."""
    blobs = {file.path: file.blob for file in counting}
    notes = []
    for file in files:
        blob, quoted = blobs.get(file.path), shlex.quote(escape_hidden(file.path))
        if blob != file.blob:
            back = f"git cat-file blob {blob} >{quoted} && git commit -m 'take the brief back' -- {quoted}"
            fix = (
                f"on {base}: {back}"
                if blob
                else f"on {base}: git rm -- {quoted} && git commit -m 'no such brief'"
            )
            notes.append(f"{escape_hidden(file.path)} on {base} was refused, so it does not count; {fix}")
    return tuple(notes)


def find_refused(scratch: Scratch, answers: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Map each task to the blobs of the briefs that its answers refuse; `answers` are the answers' own blobs."""
    blobs = list(dict.fromkeys(blob for each in answers.values() for blob in each))
    sizes = zip(blobs, objects.read_object_info(scratch.git, blobs), strict=True)
    small = [blob for blob, (_, kind, size) in sizes if kind == "blob" and size <= MOST_BYTES]
    texts = dict(objects.read_object_contents(scratch.git, small))
    fields = {blob: parse_front_matter(text) for blob, text in texts.items()}
    return {
        task: frozenset(
            str(fields[blob].get("brief"))
            for blob in each
            if fields.get(blob, {}).get("decision") == "reject" and fields[blob].get("brief")
        )
        for task, each in answers.items()
    }


def find_unrefused(scratch: Scratch, base: str, refused: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Map each path to the newest blob that base's own line had there, and that was not refused; one process."""
    if not refused:
        return {}
    flags = ["--first-parent", "--raw", "--no-renames", "--no-abbrev", "--format=", "-z"]
    out, code, _ = run_unchecked(scratch.git, ["log", *flags, base, "--", *refused])
    chosen: dict[str, str] = {}
    words = iter(decode(out).split("\0") if not code else ())
    for word in words:
        fields = word.lstrip("\n").split(" ")
        if len(fields) != 5 or not fields[0].startswith(":"):
            continue
        path = next(words, "")
        if path in refused and fields[3].strip("0") and fields[3] not in refused[path]:
            chosen.setdefault(path, fields[3])
    return chosen
