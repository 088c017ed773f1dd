"""Which text a brief comes from: the one that counts, a file, flags alone, or the template of its kind.

Belongs here: the request, whether its name can be had, and the text before anybody judges it. Does not:
putting values into a text (see `brief_wish`), or writing it (see `plan`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentledger import documents
from agentledger.documents.values import MOST_ID, Wrong, parse_identifier
from agentledger.fleet import case_builder
from agentledger.git import objects
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Brief, Source, heading_key
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.model.work import Task
from agentledger.repository.bases import HEADS, REMOTES
from agentledger.workflow.plan import brief_text, brief_wish, neighbours, plan_lint, task_kinds
from agentledger.workflow.plan.brief_wish import Wish
from agentledger.workflow.session.manager_context import Managing

# Names that some system's folders cannot have.
RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for. `text` is a whole brief from elsewhere; `typed`: it is in no file of the user's.

    `edit` asks for the editor though nothing needs it; `dry_run` for everything but the writing.
    """

    task: str
    wish: Wish = field(default_factory=Wish)
    kind: str | None = None
    text: str | None = None
    typed: bool = False
    edit: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A text; `there` is the brief that counts now, None where there is none.

    `edit`: a person is to look at it first, and it is nothing new while it is equal to `before`.
    """

    text: str
    there: str | None = None
    before: str = ""
    edit: bool = False


def check_name(task: str) -> None:
    """LedgerError, with a name that would do, where a task cannot be called so."""
    try:
        parse_identifier(task)
    except Wrong as wrong:
        words = re.findall(r"[a-z0-9]+", task.removeprefix("agent/").lower())
        slug = "-".join(words)[:MOST_ID].strip("-")
        form = f"small letters, digits and single dashes, at most {MOST_ID}"
        hint = f"agentledger plan {slug}" if slug else "such as fix-login"
        told = f"a task cannot be called {escape_hidden(task)[:80]!r}: {wrong.reason or form}"
        raise LedgerError(told, hint) from wrong
    if task in RESERVED:
        told = f"a task cannot be called {task}: some systems have no folder of that name"
        raise LedgerError(told, f"agentledger plan {task}-task")


# -- the text --------------------------------------------------------------------------


def draft_brief(desk: Managing, asked: Plan, somebody: bool) -> Draft:
    """The text that the request comes to. `somebody`: there is a person who can be shown it.

    LedgerError where the name is taken, and where something needed is missing and there is nobody.
    """
    there = read_current_brief(desk, asked)
    if asked.text is not None:
        text = brief_wish.apply_wish(asked.text, asked.task, asked.wish)
        return Draft(text, there, there or "", asked.edit)
    if there is not None:
        return _draft_change(asked, there, somebody)
    return _draft_new_brief(desk, asked, somebody)


def read_current_brief(desk: Managing, asked: Plan) -> str | None:
    """The brief that counts now, as it is; None where there is none. LedgerError where the name is taken."""
    name, task = asked.task, desk.fleet_task(asked.task)
    if (task and task.outcome) or name in case_builder.merged_tasks(desk.fleet):
        told = f"its outcome is {task.outcome.outcome}" if task and task.outcome else "its branch has merged"
        raise LedgerError(
            f"{name} is over: {told}", f"choose another name, such as {_find_free_name(desk, name)}"
        )
    if task and task.brief and task.brief_from in ("control", "base"):
        blob = task.brief.document.blob
        found = dict(objects.read_object_contents(desk.taken.sealed, [blob] if blob else []))
        if blob not in found:
            raise LedgerError(f"the brief of {name} is missing from this clone", "git fetch, or --from FILE")
        return decode(found[blob])
    _refuse_taken_name(desk, asked, task)
    return None


def _refuse_taken_name(desk: Managing, asked: Plan, task: Task | None) -> None:
    """LedgerError where a branch of that name is there, and the brief does not say that it is meant."""
    name, branch = asked.task, f"agent/{asked.task}"
    refs = desk.seen.refs.all
    there = [
        ref
        for ref in refs
        if ref == HEADS + branch or (ref.startswith(REMOTES) and ref.endswith(f"/{branch}"))
    ]
    if not there or asked.wish.keys.get("branch") == branch:
        return
    other = f"or choose another name, such as {_find_free_name(desk, name)}"
    if task and task.brief_from == "branch":
        told = f"{branch} is there already, with a brief of its own that nobody has accepted"
        raise LedgerError(told, f"agentledger brief show {name}, then brief accept {name}; {other}")
    told = f"{branch} is there already, and this brief would bind whoever works on it"
    raise LedgerError(told, f"if that is meant, add --branch {branch}; {other}")


def _find_free_name(desk: Managing, name: str) -> str:
    taken = {task.id for task in desk.fleet.tasks}
    stem = name[: MOST_ID - 4]
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


def _draft_change(asked: Plan, there: str, somebody: bool) -> Draft:
    if asked.kind:
        raise LedgerError(
            f"{asked.task} has a brief already, and --kind is for a new one", "leave --kind out"
        )
    if not asked.wish and not (somebody or asked.edit):
        told = f"nothing is said that the brief of {asked.task} should have instead"
        raise LedgerError(told, "give flags, such as --add-owns PATTERN; or --from FILE")
    text = brief_wish.apply_wish(there, asked.task, asked.wish) if asked.wish else there
    return Draft(text, there, there, asked.edit or not asked.wish)


def _draft_new_brief(desk: Managing, asked: Plan, somebody: bool) -> Draft:
    """Of flags, and of the template of a named kind; where that is not enough, a person fills in the rest."""
    form = _build_form(desk, asked) if asked.kind else None
    short = form.short if form else brief_wish.new_brief(asked.task, asked.wish)
    brief = parse_draft(desk, asked.task, short)
    lacking = plan_lint.missing_flags(brief)
    if asked.edit or (lacking and somebody):
        form = form or _build_form(desk, asked)
        return Draft(form.filled, None, form.blank, True)
    if lacking and plan_lint.find_fatal_problem(brief) is None:
        raise _lacking_error(desk, brief, lacking)
    return Draft(short)


@dataclass(frozen=True, slots=True)
class _Form:
    """A template with nothing but the task, with what was asked for, and without what nobody filled in."""

    blank: str
    filled: str
    short: str


def _build_form(desk: Managing, asked: Plan) -> _Form:
    own = desk.fleet.templates.get("brief", "") if asked.kind in (None, task_kinds.KINDS[0]) else ""
    template = brief_wish.add_front_matter(task_kinds.read_kind_template(asked.kind, own))
    try:
        prompts = _parse_prompts(template) if own.strip() else {}
        blank = brief_wish.fill_template(template, asked.task, Wish(), prompts)
    except LedgerError as error:
        told = f"the repository's own template cannot be used: {error.message}"
        raise LedgerError(told, "mend .agentledger/templates/brief.md on base, or choose a --kind") from error
    filled = brief_wish.fill_template(template, asked.task, asked.wish, prompts)
    return _Form(blank, filled, brief_wish.prune_brief(filled, prompts))


def _parse_prompts(own: str) -> Mapping[str, str]:
    """What the sections of the repository's own template say, which is nothing while nobody changes it."""
    return {heading_key(title): said for title, said in brief_text.parse_sections(own).items()}


def _lacking_error(desk: Managing, brief: Brief, lacking: tuple[str, ...]) -> LedgerError:
    paths = read_base_paths(desk) if "--owns" in lacking else []
    told = plan_lint.format_owns_flags(neighbours.find_named_paths(brief, desk.fleet, paths)) if paths else ""
    hint = f"the text names: {told}" if told else "give them, or --from FILE; at a terminal an editor opens"
    return LedgerError(f"the brief lacks {', '.join(lacking)}", hint)


def parse_draft(desk: Managing, task: str, text: str) -> Brief:
    """The brief as every reader will have it, once it is on the control branch."""
    own = desk.fleet.templates.get("brief")
    source = Source(path=f"tasks/{task}/brief.md", ref=desk.ref, commit=None, at=desk.fleet.now)
    raw = encode(text)
    template = encode(own) if own else None
    return documents.parse_brief(source, raw, desk.fleet.policy, blob_id(desk, raw), template=template)


def read_base_paths(desk: Managing) -> list[bytes]:
    return [path for path, _ in objects.read_file_ids(desk.taken.sealed, desk.fleet.base.head)]


def blob_id(desk: Managing, raw: bytes) -> str:
    """The id that git gives a file of this content."""
    algorithm = "sha256" if desk.fleet.object_format == "sha256" else "sha1"
    return hashlib.new(algorithm, b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
