"""Short ways to a case for the rules: documents are parsed as everywhere, the rest is values.

Belongs here: builders. Does not: which case makes which rule speak (see `test_rules`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from agentledger import documents
from agentledger.model.conflict import Conflict, ConflictFile
from agentledger.model.evidence import Evidence
from agentledger.model.findings import Gate
from agentledger.model.fleet import Change
from agentledger.model.ledger import Answer, Brief, CheckIn, Packet, Review, Source, Waiver
from agentledger.model.policy import Delegation, Policy
from agentledger.model.text import format_rfc3339
from agentledger.model.work import Checked, Copy, Fresh, Progress, Standing, Task, Trust, Work
from agentledger.rules.case import Case, Collided, Peer, Touched
from agentledger.scope import task_scope
from cases import raw_document

NOW = 1_800_000_000
HEAD = "a" * 40
OLD = "b" * 40

BODY = """\
## Why, and what would stop us
It fails one run in five.
## Outcome
`make test` passes.
## Context
src/a
## Constraints
None of note.
## Non-goals
Speed.
## Acceptance criteria
- [ ] the sixth login answers 429
## Integration notes
None of note.
## Verification plan
make test
"""


def brief(body: str = BODY, proven: bool = True, **keys: object) -> Brief:
    """A brief for task x with these keys on top of the usual ones."""
    head = {"task": "x", "owns": ["src/**"], "verify": {"test": "make test"}} | keys
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items() if value is not None)
    source = Source(path="tasks/x/brief.md", proven=proven)
    return documents.parse_brief(raw_document(source, f"---\n{lines}---\n{body}".encode()))


def check_in(state: str = "working", at: int = NOW - 600, name: str = "1", **keys: object) -> CheckIn:
    """A check-in that is as it should be, `at` so many seconds."""
    head = {"at": format_rfc3339(at), "agent": "codex", "state": state} | keys
    text = "".join(f"{key}: {value}\n" for key, value in head.items())
    body = "## What changed\nIt works.\n## What's next\nTests.\n## Risks and blockers\nnone\n"
    body += "## What I need from you\n" + (
        "Red or blue?\n" if state in ("needs-input", "blocked") else "none\n"
    )
    path = f".agentledger/tasks/x/status/{name}.md"
    source = Source(path=path, commit=str(keys.get("commit") or HEAD))
    return documents.parse_check_in(raw_document(source, f"---\n{text}---\n{body}".encode()))


def answer(decision: str, **keys: object) -> Answer:
    """An answer on the control branch."""
    head = "".join(f"{key}: {value}\n" for key, value in ({"decision": decision} | keys).items())
    source = Source(path="tasks/x/answers/1.md", at=NOW - 60, by="ana@example.org")
    return documents.parse_answer(raw_document(source, f"---\n{head}---\ntext\n".encode()))


DOCUMENT = answer("note").document


def waiver(rules: str, paths: str = "", until: int = NOW + 60) -> Waiver:
    return Waiver(
        document=DOCUMENT,
        name="w",
        at=NOW - 60,
        by="ana",
        rules=tuple(rules.split()),
        paths=tuple(paths.split()),
        until=until,
        text="why",
    )


def review(
    verdict: str = "approve", kind: str = "human", proven: bool = True, findings: str = "", **keys: object
) -> Review:
    head = {"reviewer": "ana", "kind": kind, "verdict": verdict, "branch": "agent/x", "head": HEAD} | keys
    text = "".join(f"{key}: {value}\n" for key, value in head.items())
    source = Source(path="tasks/x/reviews/1.md", at=NOW - 60, proven=proven)
    return documents.parse_review(raw_document(source, f"---\n{text}---\n## Findings\n{findings}".encode()))


def packet(**parts: str) -> Packet:
    """A packet as it should be, but for the sections given by the first word of their headings."""
    texts = {
        "Summary": "It limits logins.",
        "Why this approach": "It is the smallest one.",
        "Files touched": "- `src/a.py` the limit",
        "Acceptance criteria": "- [x] the sixth login answers 429\n  - tests/test_a.py",
        "Test plan and results": "make test passes.",
        "Risks and follow-ups": "none",
    }
    texts = {title: parts.get(title.split()[0].lower(), text) for title, text in texts.items()}
    body = "".join(f"## {title}\n{text}\n" for title, text in texts.items())
    head = f"---\ntask: x\nbase: {OLD}\nhead: {HEAD}\n---\n"
    source = Source(path=".agentledger/tasks/x/packet.md")
    return documents.parse_packet(raw_document(source, (head + body).encode()))


def evidence(exit_code: int = 0, command: str = "make test", **rest: Any) -> Evidence:
    """The outcome of the brief's check."""
    known: dict[str, Any] = {"started_at": NOW - 60, "seconds": 1.0, "head": HEAD, "tree": OLD} | rest
    return Evidence(document=DOCUMENT, check="test", command=command, exit_code=exit_code, **known)


def checked(found: Evidence | None, trust: Trust = Trust.CLAIMED, fresh: Fresh = Fresh.SAME) -> Checked:
    """The brief's check with its evidence."""
    wanted = brief().verify[0]
    return Checked(wanted, found, trust if found else None, fresh if found else None)


def change(path: str, mode: str = "100644", status: str = "M") -> Change:
    """A change of one path."""
    return Change(path.encode(), status, "100644", new_mode=mode, old=OLD, new=HEAD)


def touched(*paths: str, **rest: Any) -> tuple[Touched, ...]:
    """Changed paths; `mode` and `status` go to the change."""
    given = {key: rest.pop(key) for key in ("mode", "status") if key in rest}
    return tuple(
        Touched(p.encode("utf-8", "surrogateescape"), change(p, **given), HEAD, **rest) for p in paths
    )


def peer(owns: str, task: str = "y", since: int | None = NOW - 900, **keys: Any) -> Peer:
    other = brief(task=task, owns=owns.split(), **keys)
    return Peer(
        task, other, task_scope.scope_of_brief(other, Policy()), branches=(f"agent/{task}",), since=since
    )


def conflict(*paths: str) -> Conflict:
    """What merging with base comes to: a conflict in these paths, or none."""
    return Conflict(not paths, tuple(ConflictFile(p.encode(), "content") for p in paths))


def collided(path: str) -> Collided:
    """Another branch, once which has landed this one does not merge."""
    return Collided("agent/y", path.encode(), f"{path}, from line 1", first="", hint="let one wait")


def standing(progress: Progress = Progress.WORKING, **rest: Any) -> Standing:
    """Where the branch stands."""
    return Standing(progress=progress, **rest)


def case(gate: Gate, given: Brief | None = None, **rest: Any) -> Case:
    """A branch agent/x with a good brief at a gate; `work`, `task` and `standing` are fields of those."""
    found = given if given is not None else brief()
    policy = rest.pop("policy", Policy())
    task = Task(id="x", brief=found, brief_from=rest.pop("brief_from", "control"), **rest.pop("task", {}))
    work = Work(task="x", **({"copy": Copy.SAME} | rest.pop("work", {})))
    usual: dict[str, Any] = {
        "branch": "agent/x",
        "head": HEAD,
        "is_agent_branch": True,
        "task": task,
        "work": work,
        "standing": standing(),
        "scope": task_scope.scope_of_brief(found, policy, rest.pop("protected", ())),
        "since": NOW - 3600,
    }
    return Case(gate=gate, now=NOW, policy=policy, **(usual | rest))


# -- at the gates ---------------------------------------------------------------------------

SPAWN, COMMIT, PUSH, READY, MERGE = Gate
STATUS = ".agentledger/tasks/x/status/1.md"
SHARED = Policy(shared=("src/api/**",))
AUTH = Policy(delegations=(Delegation(("src/auth/**",), "review"),))
TOPS = {b"src": (30, 30), b"docs": (30, 0)}
SOON = standing(Progress.READY, packet_fresh=Fresh.SAME, checks=(checked(evidence()),))
HANDED: dict[str, Any] = {"standing": SOON, "work": {"packet": packet(), "check_ins": (check_in("ready"),)}}


def ready(**rest: Any) -> Case:
    """Somebody says it is ready."""
    return case(READY, **(HANDED | {"changed": touched("src/a.py", "tests/test_a.py")} | rest))


def merge(*reviews: Review, given: Brief | None = None, **rest: Any) -> Case:
    """It is about to merge, after these reviews."""
    usual = {"standing": SOON, "work": {"packet": packet(), "reviews": reviews}, "review_fresh": Fresh.SAME}
    return case(MERGE, given, **(usual | rest))


def checks(found: Evidence | None, fresh: Fresh = Fresh.SAME) -> Case:
    """Somebody says it is ready, with this evidence for its check."""
    return ready(standing=replace(SOON, checks=(checked(found, fresh=fresh),)))


UNSAFE = ("src/../x", "src//x", "src/.git/x", "src/.GIT/y", "src/a\x01", ".AgentLedger/tasks/x/brief.md")
