"""Which task a branch works on, and what its manager has said: read for one branch, and no more.

Belongs here: the brief that counts, answers and waivers of one task, in a handful of processes. Does not:
a whole fleet (see `papers`), or what is about to be committed (see `commit`).

The brief that counts is the control branch's, else base's, else the oldest on the branch's own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentledger import documents
from agentledger.control import reader
from agentledger.gates.here import Here
from agentledger.git import objects, process, queries
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.ledger import policy
from agentledger.ledger.assignment import Claims, assign_task, counting_brief
from agentledger.ledger.policy import Ruled
from agentledger.model.fleet import Base
from agentledger.model.ledger import Policy, Source
from agentledger.model.text import decode, encode
from agentledger.model.work import Task
from agentledger.repository import agents, bases
from agentledger.repository.bases import HEADS, REMOTES, Choice, Refs

TASKS = ".agentledger/tasks/"


class Gated(NamedTuple):
    """A branch that a brief goes for. `official` is the brief's blob.

    `choice` and `copies` are the refs that base, and the control branch, can be read from; `tips` are the
    commits of the latter that count, one unless its copies have diverged.
    """

    policy: Policy
    base: Base
    task: Task
    official: str
    choice: Choice
    copies: reader.Copies
    tips: tuple[str, ...]


def read_refs(here: Here, settings: Mapping[str, str]) -> Refs:
    """The branches of the repository, here and at remotes; `settings` is its configuration."""
    return Refs(queries.read_refs(here.asked, [HEADS, REMOTES]).refs, settings)


def read_policy(refs: Refs, scratch: Scratch) -> Ruled:
    """The policy and base of the repository. Raises LedgerError where no base can be told, or read."""
    return policy.read_policy(scratch, refs, bases.choose_base(refs, None, "", False), None)


def find_gated_task(here: Here, refs: Refs, scratch: Scratch, ruled: Ruled, head: str) -> Gated | None:
    """The task of the branch that is checked out; None where no brief goes for it."""
    copies = reader.find_copies(refs, ruled.policy.control_branch)
    tips = _control_tips(scratch, copies)
    name = _task_of_branch(scratch, here.branch, tips=tips, ruled=ruled, head=head)
    if name is None:
        return None
    files = _read_task_files(scratch, name, tips)
    found = _read_task(scratch, here, ruled, name=name, files=files, head=head)
    if found is None:
        return None
    task, official = found
    return Gated(
        ruled.policy,
        ruled.base,
        task,
        official=official,
        choice=ruled.choice,
        copies=copies,
        tips=tuple(tips),
    )


def _control_tips(scratch: Scratch, copies: reader.Copies) -> list[str]:
    """The commits of the control branch, the one that outweighs the other last."""
    ids = [ref.id for ref in (copies.local, copies.remote) if ref]
    if len(set(ids)) < 2:
        return ids[:1]
    out, code, _ = run_unchecked(scratch.git, ["rev-list", "--left-right", "--count", f"{ids[0]}...{ids[1]}"])
    ahead, behind = out.split() if not code else (b"1", b"1")
    if behind == b"0":
        return ids[:1]
    return ids[1:] if ahead == b"0" else ids


def _task_of_branch(scratch: Scratch, branch: str, tips: list[str], ruled: Ruled, head: str) -> str | None:
    """The task that the branch works on, by the briefs, its name, and the folders that it adds.

    Of a branch that is no agent's by its name, only a brief that names it speaks: a manager adds briefs there.
    """
    base = ruled.base.head
    naming = _tasks_naming(scratch, branch, tips, base)
    by_name = agents.task_of_branch(branch)
    confirmed = by_name is not None and _is_confirmed(scratch, by_name, tips, base)
    # What the branch adds is asked for only where it could decide.
    asked = not naming and not confirmed and agents.is_agent_name(branch, ruled.policy.branches)
    added = _read_added_files(scratch, base, head) if asked else []
    claims = Claims(
        naming=naming,
        by_name=by_name,
        confirmed=confirmed,
        folders={path.partition("/")[0] for path in added},
        briefs={path.partition("/")[0] for path in added if path.endswith("/brief.md")},
    )
    return assign_task(claims)[0]


def _tasks_naming(scratch: Scratch, branch: str, tips: list[str], base: str) -> set[str]:
    """The tasks whose brief, on the control branch or on base, names the branch."""
    found = set()
    for tip, where in [*((tip, "tasks/*/brief.md") for tip in tips), (base, f"{TASKS}*/brief.md")]:
        grep = ["grep", "-l", "-z", "-F", "-e", branch, tip, "--", f":(glob){where}"]
        for path in decode(process.run_or_none(scratch.git, grep) or b"").split("\0")[:-1]:
            blob = objects.read_object_info(scratch.git, [path])[0][0]
            text = next(
                (raw for _, raw in objects.read_object_contents(scratch.git, [blob] if blob else [])), b""
            )
            if documents.parse_front_matter(text).get("branch") == branch:
                found.add(path.split("/")[-2])
    return found


def _is_confirmed(scratch: Scratch, task: str, tips: list[str], base: str) -> bool:
    """Has the task a brief on the control branch or on base?"""
    names = [f"{tip}:tasks/{task}/brief.md" for tip in tips] + [f"{base}:{TASKS}{task}/brief.md"]
    return any(
        kind == "blob" for _, kind, _ in objects.read_object_info(scratch.git, list(map(encode, names)))
    )


def _read_added_files(scratch: Scratch, base: str, head: str) -> list[str]:
    """The paths, below the folder of all tasks, of the ledger's files that the branch adds to base or changes."""
    flags = ["-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", "--merge-base"]
    out, code, _ = run_unchecked(scratch.git, ["diff-tree", *flags, base, head, "--", TASKS])
    if code:  # no common history: all that is there was added
        entries = objects.read_tree_entries(scratch.git, head, TASKS)
        return [decode(path).removeprefix(TASKS) for _, _, path in entries]
    return [path.removeprefix(TASKS) for path in decode(out).split("\0")[:-1]]


def _read_task_files(scratch: Scratch, task: str, tips: list[str]) -> dict[str, tuple[str, str]]:
    """Mode and blob of the task's files on the control branch, by their path within its folder."""
    folder = f"tasks/{task}/"
    found = {}
    for tip in tips:
        for mode, blob, path in objects.read_tree_entries(scratch.git, tip, folder):
            found[decode(path).removeprefix(folder)] = mode, blob
    return found


def _read_task(
    scratch: Scratch,
    here: Here,
    ruled: Ruled,
    name: str,
    files: Mapping[str, tuple[str, str]],
    head: str,
) -> tuple[Task, str] | None:
    own = f"{TASKS}{name}/brief.md"
    control = files["brief.md"][1] if "brief.md" in files else None
    blob, kind, _ = objects.read_object_info(scratch.git, [encode(f"{ruled.base.head}:{own}")])[0]
    on_base = blob if kind == "blob" else None
    confirmed = control is not None or on_base is not None
    first = None if confirmed else _oldest_brief(scratch, ruled.base.head, head, own)
    counting = counting_brief(control, on_base, first)
    if counting is None:
        return None
    blob, where = counting
    said = [path for path in files if path.startswith(("answers/", "waivers/")) and path.endswith(".md")]
    texts = _read_blobs(scratch, [blob, *(files[path][1] for path in said)])
    path = own if where != "control" else f"tasks/{name}/brief.md"

    def raw(at: str, oid: str) -> documents.RawDocument:
        content = texts.get(oid, b"")
        return documents.RawDocument(source=Source(path=at), content=content, policy=ruled.policy, blob=oid)

    def each(folder: str) -> list[documents.RawDocument]:
        paths = [path for path in said if path.startswith(folder)]
        return [raw(f"tasks/{name}/{path}", files[path][1]) for path in paths]

    brief = documents.parse_brief(raw(path, blob))
    answers = tuple(map(documents.parse_answer, each("answers/")))
    waivers = tuple(map(documents.parse_waiver, each("waivers/")))
    mine = tuple(answer for answer in answers if answer.branch in (None, here.branch))
    return Task(
        id=name, brief=brief, brief_from=where, branches=(here.branch,), answers=mine, waivers=waivers
    ), blob


def _oldest_brief(scratch: Scratch, base: str, head: str, path: str) -> str | None:
    """The first version of the brief on the branch's own line: an agent cannot widen it afterwards."""
    flags = ["--first-parent", "--reverse", "--raw", "--no-renames", "--no-abbrev", "--format=", "-z"]
    for word in process.run(scratch.git, ["log", *flags, f"{base}..{head}", "--", path]).split(b"\0"):
        fields = decode(word).lstrip("\n").split(" ")
        if len(fields) == 5 and fields[0].startswith(":") and fields[3].strip("0"):
            return fields[3]
    return None


def _read_blobs(scratch: Scratch, blobs: list[str]) -> dict[str, bytes]:
    kinds = zip(blobs, objects.read_object_info(scratch.git, blobs), strict=True)
    small = [blob for blob, (_, kind, size) in kinds if kind == "blob" and size <= documents.MOST_BYTES]
    return dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(small))))
