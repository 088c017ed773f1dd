"""Finds the text that a brief starts from: the brief that counts, a file, flags alone, or the template of its kind.

Belongs here: the request, whether its name is free, and the text before it is checked. Does not: putting
values into a text (see `brief_wish`), or writing it (see `plan_task`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentledger import documents
from agentledger.attention import ended_tasks, landed_tasks
from agentledger.documents.values import MOST_ID, Wrong, parse_identifier
from agentledger.git import objects
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.git.objects import blob_id
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Brief, Source, heading_key
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.model.work import Task
from agentledger.repository.bases import HEADS, REMOTES
from agentledger.workflow.plan import brief_text, brief_wish, neighbours, plan_lint, task_kinds
from agentledger.workflow.plan.brief_wish import Wish
from agentledger.workflow.session.manager_context import Managing

# Names that no folder can have on Windows.
RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the user asks for."""

    task: str
    #: What the flags say.
    wish: Wish = field(default_factory=Wish)
    #: One of `task_kinds.KINDS`; None where none is named.
    kind: str | None = None
    #: A whole brief, from a file or standard input; None without one.
    text: str | None = None
    #: Is `text` in no file of the user's, so that it has to be kept when it is refused?
    typed: bool = False
    #: Open the editor though nothing needs it.
    edit: bool = False
    #: Do everything but the writing.
    dry_run: bool = False
    #: The command as it was typed, for a message that asks for more of it; "" for one without flags.
    command: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for the brief; `current` is the brief that counts now, None without one.

    `edit`: a person looks at it first. While it equals `before`, it is not new.
    """

    text: str
    current: str | None = None
    before: str = ""
    edit: bool = False


def check_name(task: str) -> None:
    """Raise LedgerError, with a name that would do, for a name that no task can have."""
    try:
        parse_identifier(task)
    except Wrong as wrong:
        words = re.findall(r"[a-z0-9]+", task.removeprefix("agent/").lower())
        slug = "-".join(words)[:MOST_ID].strip("-")
        form = f"small letters, digits and single dashes, at most {MOST_ID}"
        hint = f"agentledger plan {slug}" if slug else "such as fix-login"
        message = f"a task cannot be called {escape_hidden(task)[:80]!r}: {wrong.reason or form}"
        raise LedgerError(message, hint) from wrong
    if task in RESERVED:
        message = f"a task cannot be called {task}: some systems have no folder of that name"
        raise LedgerError(message, f"agentledger plan {task}-task")


# -- the text --------------------------------------------------------------------------


def draft_brief(desk: Managing, plan: Plan, somebody: bool) -> Draft:
    """The text that the request results in; `somebody`: there is a person who can look at it.

    Raises LedgerError where the name is taken, and where something needed is missing and there is nobody.
    """
    current = read_current_brief(desk, plan)
    if plan.text is not None:
        text = brief_wish.apply_wish(plan.text, plan.task, plan.wish)
        return Draft(text, current, current or "", plan.edit)
    if current is not None:
        return _draft_change(plan, current, somebody)
    return _draft_new_brief(desk, plan, somebody)


def read_current_brief(desk: Managing, plan: Plan) -> str | None:
    """The text of the brief that counts now, None without one. Raises LedgerError where the name is taken."""
    name, task = plan.task, desk.fleet_task(plan.task)
    desk.refuse_unknown_task(name)
    if reason := _over_reason(desk, task, name):
        raise LedgerError(
            f"{name} is over: {reason}",
            f"choose another name: agentledger plan {_find_free_name(desk, name)}",
        )
    if task and task.brief and task.brief_from in ("control", "base"):
        # The blob, not the document's text, in which bytes that are no UTF-8 are replaced: every byte stays.
        blob = task.brief.document.blob
        contents = dict(objects.read_object_contents(desk.snapshot.sealed, [blob] if blob else []))
        if blob not in contents:
            raise LedgerError(
                f"the brief of {name} is missing from this clone", f"{FETCH_AGAIN}, or --from FILE"
            )
        return decode(contents[blob])
    _refuse_taken_name(desk, plan, task)
    return None


def _over_reason(desk: Managing, task: Task | None, name: str) -> str:
    """Why nobody can plan this task any more, in words; '' where somebody can."""
    if task and task.outcome:
        return f"its outcome is {task.outcome.outcome}"
    if task and task.is_over:
        return ended_tasks.describe_end(task)
    if name in landed_tasks.merged_tasks(desk.fleet):
        return "its branch has merged"
    # A name of which nothing is left but what base's history says.
    used = desk.snapshot.used(name) if task is None or not task.brief else None
    return f"a task of this name was {ended_tasks.describe_ending(used)}" if used else ""


def _refuse_taken_name(desk: Managing, plan: Plan, task: Task | None) -> None:
    """Raise LedgerError where a branch agent/NAME exists, and the brief does not name it as its branch."""
    name, branch = plan.task, f"agent/{plan.task}"
    refs = desk.observation.refs.all
    branch_refs = [
        ref
        for ref in refs
        if ref == HEADS + branch or (ref.startswith(REMOTES) and ref.endswith(f"/{branch}"))
    ]
    if not branch_refs or plan.wish.keys.get("branch") == branch:
        return
    other = f"or choose another name, such as {_find_free_name(desk, name)}"
    if task and task.brief_from == "branch":
        message = f"{branch} is there already, with a brief of its own that nobody has accepted"
        raise LedgerError(
            message, f"agentledger brief show {name}, then agentledger brief accept {name}; {other}"
        )
    message = f"{branch} is there already, and this brief would bind whoever works on it"
    raise LedgerError(message, f"if that is meant, add --branch {branch}; {other}")


def _find_free_name(desk: Managing, name: str) -> str:
    """A name like this one that no task has: with a number from 2 on."""
    task_names = {task.id for task in desk.fleet.tasks}
    # Four characters are left for a dash and the number.
    stem = name[: MOST_ID - 4]
    return next(f"{stem}-{n}" for n in range(2, len(task_names) + 3) if f"{stem}-{n}" not in task_names)


def _draft_change(plan: Plan, current: str, somebody: bool) -> Draft:
    """The brief that counts, with what the flags change; without flags, for a person to change."""
    if plan.kind:
        raise LedgerError(f"{plan.task} has a brief already, and --kind is for a new one", "leave --kind out")
    if not plan.wish and not (somebody or plan.edit):
        message = f"nothing says what should change in the brief of {plan.task}"
        raise LedgerError(
            message, f"agentledger plan {plan.task} --add-owns PATTERN, or other flags; or --from FILE"
        )
    text = brief_wish.apply_wish(current, plan.task, plan.wish) if plan.wish else current
    return Draft(text, current, current, plan.edit or not plan.wish)


def _draft_new_brief(desk: Managing, plan: Plan, somebody: bool) -> Draft:
    """A new brief, from flags and the template of a named kind; a person fills in what is missing."""
    form = _build_form(desk, plan) if plan.kind else None
    short = form.short if form else brief_wish.new_brief(plan.task, plan.wish)
    brief = parse_draft(desk, plan.task, short)
    lacking = plan_lint.missing_flags(brief)
    if plan.edit or (lacking and somebody):
        form = form or _build_form(desk, plan)
        return Draft(form.filled, None, form.blank, True)
    # What cannot be read is refused later, by that problem.
    if lacking and plan_lint.find_fatal_problem(brief) is None:
        raise _lacking_error(desk, plan, brief, lacking)
    return Draft(short)


@dataclass(frozen=True, slots=True)
class _Form:
    """A template in three states: `blank` has the task alone, `filled` the flags too, `short` no empty parts."""

    blank: str
    filled: str
    short: str


def _build_form(desk: Managing, plan: Plan) -> _Form:
    # The repository's own template replaces the first kind's only.
    own = desk.fleet.templates.get("brief", "") if plan.kind in (None, task_kinds.KINDS[0]) else ""
    template = brief_wish.add_front_matter(task_kinds.read_kind_template(plan.kind, own))
    try:
        prompts = _parse_prompts(template) if own.strip() else {}
        blank = brief_wish.fill_template(template, plan.task, Wish(), prompts)
    except LedgerError as error:
        message = f"the repository's own template cannot be used: {error.message}"
        raise LedgerError(
            message, "fix .agentledger/templates/brief.md on base, or choose a --kind"
        ) from error
    filled = brief_wish.fill_template(template, plan.task, plan.wish, prompts)
    return _Form(blank, filled, brief_wish.prune_brief(filled, prompts))


def _parse_prompts(own: str) -> Mapping[str, str]:
    """The texts of a template's sections, by heading: as long as nobody changes one, it says nothing."""
    return {heading_key(title): prompt for title, prompt in brief_text.parse_sections(own).items()}


def _lacking_error(desk: Managing, plan: Plan, brief: Brief, lacking: tuple[str, ...]) -> LedgerError:
    """The error for missing flags, with why they are needed, and the command to complete.

    For --owns it has the paths that the text names.
    """
    paths = read_base_paths(desk) if "--owns" in lacking else []
    owns = plan_lint.format_owns_flags(neighbours.find_named_paths(brief, desk.fleet, paths)) if paths else ""
    flags = " ".join(owns if owns and flag == "--owns" else f"{flag} '…'" for flag in lacking)
    command = plan.command or f"agentledger plan {plan.task}"
    return LedgerError(
        f"the brief lacks {', '.join(lacking)}: {plan_lint.why_needed(brief)}",
        f"at a terminal an editor opens, and --from FILE takes a text; or complete this: {command} {flags}",
    )


def parse_draft(desk: Managing, task: str, text: str) -> Brief:
    """The brief as every reader will read it, once it is on the control branch."""
    own = desk.fleet.templates.get("brief")
    source = Source(path=ledger_paths.control_brief_path(task), ref=desk.ref, commit=None, at=desk.fleet.now)
    raw = encode(text)
    template = encode(own) if own else None
    return documents.parse_brief(
        documents.RawDocument(
            source=source,
            content=raw,
            policy=desk.fleet.policy,
            blob=blob_id(raw, desk.fleet.object_format),
            template=template,
        )
    )


def read_base_paths(desk: Managing) -> list[bytes]:
    """The paths of all files on base."""
    return [path for path, _ in objects.read_file_ids(desk.snapshot.sealed, desk.fleet.base.head)]
