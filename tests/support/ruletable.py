"""For each rule, cases in which it speaks, and cases, much alike, in which it is silent.

Belongs here: the table alone. Does not: what is asked of it (see `test_rules`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentledger.attention.wip import Load
from agentledger.model.findings import Gate
from agentledger.model.ledger import Brief, Companion, Delegation, Evidence, Policy, Review, Wip
from agentledger.model.work import Copy, Progress, Trust
from agentledger.rules.case import Case, Hidden, Ref, Report
from rulecases import (
    BODY,
    HEAD,
    NOW,
    OLD,
    answer,
    brief,
    case,
    check_in,
    checked,
    conflict,
    evidence,
    packet,
    peer,
    review,
    standing,
    touched,
)

SPAWN, COMMIT, PUSH, READY, MERGE = Gate
STATUS = ".agentledger/tasks/x/status/1.md"
SHARED = Policy(shared=("src/api/**",))
AUTH = Policy(delegations=(Delegation(("src/auth/**",), "review"),))
TOPS = {b"src": (30, 30), b"docs": (30, 0)}
SOON = standing(Progress.READY, packet_fresh=True, checks=(checked(evidence()),))
HANDED: dict[str, Any] = {"standing": SOON, "work": {"packet": packet(), "check_ins": (check_in("ready"),)}}


def ready(**rest: Any) -> Case:
    """Somebody says it is ready."""
    return case(READY, **(HANDED | {"changed": touched("src/a.py", "tests/test_a.py")} | rest))


def merge(*reviews: Review, given: Brief | None = None, **rest: Any) -> Case:
    """It is about to merge, after these reviews."""
    usual = {"standing": SOON, "work": {"packet": packet(), "reviews": reviews}, "review_fresh": True}
    return case(MERGE, given, **(usual | rest))


def checks(found: Evidence | None, fresh: bool = True) -> Case:
    """Somebody says it is ready, with this evidence for its check."""
    return ready(standing=replace(SOON, checks=(checked(found, fresh=fresh),)))


UNSAFE = ("src/../x", "src//x", "src/.git/x", "src/.GIT/y", "src/a\x01", ".AgentLedger/tasks/x/brief.md")

# By rule: cases in which it speaks, then cases in which it does not.
TABLE: dict[str, tuple[tuple[Case, ...], tuple[Case, ...]]] = {
    "BRF001": (
        (Case(gate=READY, now=NOW, policy=Policy(), branch="agent/x", listed=True),),
        (case(READY), Case(gate=READY, now=NOW, policy=Policy(), branch="x")),
    ),
    "BRF002": ((case(SPAWN, brief(mode="whatever")), case(COMMIT, brief(own=["a"]))), (case(SPAWN),)),
    "BRF003": (
        (case(SPAWN, brief(BODY.replace("`make test` passes.", "TODO"))), case(SPAWN, brief(owns=None))),
        (case(SPAWN), case(COMMIT, brief("## Outcome\n"))),
    ),
    "BRF005": (
        (case(SPAWN, tree=TOPS | {b"docs": (3, 0)}), case(SPAWN, tree={n.encode(): (9, 1) for n in "abcd"})),
        (
            case(SPAWN, tree={b"src": (30, 9), b"docs": (60, 0)}),
            case(SPAWN, brief(mode="own"), tree={b"src": (30, 30)}),
        ),
    ),
    "BRF006": ((case(SPAWN, missing=("src/gone.py",)),), (case(SPAWN),)),
    "BRF007": (
        (case(MERGE, work={"copy": Copy.SCOPE_CHANGE}), case(PUSH, work={"copy": Copy.OUTDATED})),
        (case(MERGE), case(MERGE, work={"copy": Copy.NONE})),
    ),
    "BRF008": (
        (case(SPAWN, policy=AUTH), case(MERGE, brief(mode="own"), agent="codex")),
        (
            case(SPAWN, brief(mode="review"), policy=AUTH),
            case(SPAWN, brief(off_limits=["src/auth/**"]), policy=AUTH),
        ),
    ),
    "BRF009": (
        (case(PUSH, folders=("x", "y")), case(MERGE, naming=("x", "y"))),
        (case(PUSH, folders=("x",), naming=("x",)),),
    ),
    "BRF010": (
        (case(SPAWN, policy=SHARED), case(SPAWN, brief(seam=True), policy=SHARED)),
        (
            case(SPAWN, brief(seam=True, mode="review"), policy=SHARED),
            case(SPAWN, brief(owns=["src/x/**"]), policy=SHARED),
        ),
    ),
    "BRF011": (
        (case(MERGE, brief(proven=False)), case(MERGE, brief(proven=False), brief_from="branch")),
        (case(MERGE),),
    ),
    "BRF012": ((case(MERGE, brief(mode="explore")),), (case(MERGE),)),
    "OWN001": (
        (case(COMMIT, changed=touched("docs/a.md")), case(PUSH, changed=touched("src2/a"))),
        (
            case(COMMIT, changed=touched("src/a.py", ".agentledger/tasks/x/status/9.md")),
            case(COMMIT, changed=touched("CHANGELOG.md"), policy=Policy(open=("CHANGELOG.md",))),
            case(PUSH, changed=touched("docs/a.md", net=False)),
        ),
    ),
    "OWN002": (
        (case(COMMIT, brief(off_limits=["src/old/**"]), changed=touched("src/old/a.py")),),
        (case(COMMIT, brief(off_limits=["src/old/**"]), changed=touched("src/a.py")),),
    ),
    "OWN003": (
        (
            case(COMMIT, policy=Policy(protected=("src/*.toml",)), changed=touched("src/a.toml")),
            case(COMMIT, changed=touched(".agentledger/config.toml")),
            case(COMMIT, changed=touched(".agentledger/tasks/y/brief.md")),
            case(COMMIT, brief(owns=["**"]), protected=(b"**/AGENTS.md",), changed=touched("AGENTS.md")),
            case(
                COMMIT, brief(owns=[".agentledger/config.toml"]), changed=touched(".agentledger/config.toml")
            ),
        ),
        (
            case(
                COMMIT,
                brief(owns=["src/a.toml"]),
                policy=Policy(protected=("src/*.toml",)),
                changed=touched("src/a.toml"),
            ),
            case(
                COMMIT,
                changed=touched(".agentledger/tasks/x/brief.md", ".agentledger/tasks/x/evidence/test.json"),
            ),
            case(PUSH, changed=touched(".agentledger/config.toml", net=False)),
        ),
    ),
    "OWN004": (
        (case(SPAWN, peers=(peer("src/api/**"),)), case(MERGE, peers=(peer("src/**", since=NOW),))),
        (
            case(SPAWN, peers=(peer("lib/**"),)),
            case(SPAWN, peers=(peer("src/**", depends_on=["x"]),)),
            case(PUSH, peers=(peer("src/**", since=NOW),)),
            case(SPAWN, peers=(peer("src/**", off_limits=["src/**"]),)),
        ),
    ),
    "OWN005": (
        (
            case(COMMIT, changed=touched("src/l", mode="120000"), links={b"src/l": b"/etc/passwd"}),
            case(COMMIT, changed=touched("src/l", mode="120000"), links={b"src/l": b"../../x"}),
            case(COMMIT, changed=touched("src/l", mode="120000"), links={b"src/l": b"../docs/x"}),
            case(COMMIT, changed=touched("src/l", mode="120000"), links={b"src/l": b"../.agentledger/tasks"}),
            case(COMMIT, changed=touched("docs/sub", mode="160000")),
            case(COMMIT, changed=touched(".agentledger/tasks/x/brief.md", mode="120000")),
            case(COMMIT, changed=touched(".agentledger/tasks/x/status/run.sh")),
        ),
        (
            case(COMMIT, changed=touched("src/l", mode="120000"), links={b"src/l": b"a.py"}),
            case(COMMIT, changed=touched("src/l", mode="120000", status="D"), links={}),
            case(COMMIT, changed=touched("src/sub", mode="160000")),
            case(COMMIT, changed=touched(".agentledger/tasks/x/brief.md", STATUS)),
        ),
    ),
    "OWN006": (
        (
            *(case(COMMIT, changed=touched(path)) for path in UNSAFE),
            case(COMMIT, changed=touched("src/A.py"), twins={b"src/A.py": b"src/a.py"}),
        ),
        (
            case(COMMIT, changed=touched("src/.gitignore", "src/a..b")),
            case(COMMIT, changed=touched("src/a\x01", status="D")),
        ),
    ),
    "OWN007": (
        (case(PUSH, changed=touched("docs/a.md", net=False)),),
        (case(PUSH, changed=touched("src/a.py", net=False)),),
    ),
    "OWN008": (
        (case(PUSH, merged={"y": HEAD}),),
        (case(PUSH, brief(depends_on=["y"]), merged={"y": HEAD}), case(PUSH)),
    ),
    "OWN009": ((case(PUSH, hidden=(Hidden("src/a.py", b"src/a.py", 3, ("U+202E",)),)),), (case(PUSH),)),
    "OWN010": (
        (
            case(PUSH, refs=(Ref("refs/heads/main", HEAD),)),
            case(PUSH, refs=(Ref("refs/heads/agent/y", None),)),
        ),
        (case(PUSH, refs=(Ref("refs/heads/agent/x", HEAD),)),),
    ),
    "STA001": (
        (case(COMMIT, work={"check_ins": (check_in("wrking"),)}, reports=(Report(STATUS, "A"),)),),
        (
            case(COMMIT, work={"check_ins": (check_in(),)}, reports=(Report(STATUS, "A"),)),
            case(COMMIT, work={"check_ins": (check_in("wrking"),)}),
        ),
    ),
    "STA002": ((case(MERGE, standing=standing(Progress.SILENT, overdue=3600)),), (case(MERGE),)),
    "STA003": (
        (case(MERGE, code=True),),
        (
            case(MERGE, code=True, work={"check_ins": (check_in(),)}),
            case(MERGE, brief(session="cloud"), code=True),
        ),
    ),
    "STA004": (
        (case(MERGE, standing=standing(Progress.BLOCKED, since=NOW - 3600)),),
        (case(MERGE, standing=standing(Progress.BLOCKED, since=NOW - 60)), case(MERGE)),
    ),
    "STA005": (
        (
            case(COMMIT, work={"check_ins": (check_in(),)}, reports=(Report(STATUS, "M"),)),
            case(PUSH, reports=(Report(STATUS, "D"),)),
        ),
        (
            case(COMMIT, reports=(Report(STATUS, "A"),)),
            case(COMMIT, work={"check_ins": (check_in("wrking"),)}, reports=(Report(STATUS, "A"),)),
        ),
    ),
    "STA006": (
        (
            case(
                MERGE,
                work={"check_ins": tuple(check_in(name=str(n)) for n in range(3)), "code_trees": {HEAD: OLD}},
            ),
        ),
        (
            case(MERGE, work={"check_ins": (check_in(),), "code_trees": {HEAD: OLD}}),
            case(MERGE, work={"check_ins": tuple(check_in(name=str(n)) for n in range(3)), "code_trees": {}}),
        ),
    ),
    "STA007": (
        (
            case(COMMIT, brief(mode="review"), code=True),
            case(READY, brief(checkpoints=["api"]), code=True),
            case(
                COMMIT,
                brief(mode="review"),
                code=True,
                task={"answers": (answer("change", checkpoint="plan"),)},
            ),
        ),
        (
            case(
                COMMIT,
                brief(mode="review"),
                code=True,
                task={"answers": (answer("approve", checkpoint="plan"),)},
            ),
            case(
                COMMIT,
                brief(mode="review"),
                code=True,
                work={
                    "check_ins": (check_in("needs-input", checkpoint="plan"),),
                    "answers": (answer("approve"),),
                },
            ),
            case(COMMIT, brief(mode="review")),
            case(COMMIT, brief(checkpoints=["api"]), code=True),
            case(COMMIT, code=True),
        ),
    ),
    "PKT001": ((ready(work={}),), (ready(), case(PUSH, work={}))),
    "PKT002": ((ready(work={"packet": packet(summary="TODO")}),), (ready(),)),
    "PKT003": (
        (ready(packet_paths=frozenset({b"src/a.py", b"src/b.py"})), ready(packet_paths=frozenset())),
        (
            ready(packet_paths=frozenset({b"src/a.py"})),
            ready(packet_paths=None),
            ready(packet_paths=frozenset({b"a", b"b"}), work={"packet": packet(files="- `a`, `b`: `c`")}),
        ),
    ),
    "PKT004": (
        (ready(standing=replace(SOON, packet_fresh=False)), ready(standing=replace(SOON, packet_fresh=None))),
        (ready(),),
    ),
    "PKT005": (
        (
            ready(work={"packet": packet(acceptance="- [x] something else\n  - a test")}),
            ready(work={"packet": packet(acceptance="- [x] the sixth login answers 429")}),
        ),
        (ready(), ready(work={"packet": packet(acceptance="- [ ] The sixth login answers 429.")})),
    ),
    "PKT006": (
        (
            ready(changed=touched("src/a.py")),
            ready(
                changed=touched("src/a.py"),
                policy=Policy(companions=(Companion(("src/**",), ("CHANGELOG.md",)),)),
            ),
        ),
        (
            ready(),
            ready(changed=touched("src/a.py"), work={"packet": packet(test="No tests: it is a comment.")}),
            ready(changed=touched("docs/a.md")),
            ready(changed=touched(".agentledger/tasks/x/evidence/test.json")),
            ready(
                changed=touched("lib/a.py"),
                policy=Policy(companions=(Companion(("src/**",), ("CHANGELOG.md",)),)),
            ),
        ),
    ),
    "PKT007": ((ready(added=300, removed=200),), (ready(added=300, removed=100),)),
    "EVD001": ((checks(None), checks(evidence(command="true"))), (checks(evidence()),)),
    "EVD002": ((checks(evidence(), fresh=False), checks(evidence(), fresh=False)), (checks(evidence()),)),
    "EVD003": (
        (checks(evidence(1)), checks(evidence(1, on_base=(OLD, 1)))),
        (checks(evidence()), checks(evidence(skipped="nothing changed"))),
    ),
    "EVD004": (
        (merge(review(), standing=replace(SOON, checks=(checked(evidence(), Trust.CONTRADICTED),))),),
        (merge(review(), standing=replace(SOON, checks=(checked(evidence(), Trust.REPRODUCED),))),),
    ),
    "REV001": (
        (
            merge(),
            merge(review(kind="agent"), given=brief(mode="review")),
            merge(review(proven=False), given=brief(mode="review")),
        ),
        (merge(review()), merge(review(kind="agent"))),
    ),
    "REV002": ((merge(review(), review_fresh=False), merge(review(), review_fresh=None)), (merge(review()),)),
    "REV003": (
        (
            merge(
                review(kind="agent", session="s1"),
                work={
                    "check_ins": (check_in(session="s1"),),
                    "reviews": (review(kind="agent", session="s1"),),
                },
            ),
        ),
        (
            merge(
                review(kind="agent", session="s2"),
                work={
                    "check_ins": (check_in(session="s1"),),
                    "reviews": (review(kind="agent", session="s2"),),
                },
            ),
        ),
    ),
    "REV004": (
        (
            merge(review("request-changes")),
            merge(review(findings="- [ ] it never expires")),
            # Where a human has to approve it, no agent settles what one has asked for.
            merge(review(kind="agent"), review("request-changes"), given=brief(mode="review")),
            merge(review("request-changes", kind="agent"), review(), given=brief(mode="review")),
        ),
        (merge(review()), merge(review(findings="- [x] it never expires"))),
    ),
    "FLT001": (
        (
            case(SPAWN, load=Load("", active=5)),
            case(SPAWN, load=Load("", review=3)),
            case(SPAWN, load=Load("", review_lines=1500)),
            case(SPAWN, brief(session="local"), load=Load("", local=3)),
        ),
        (
            case(SPAWN, load=Load("", active=4, local=3)),
            case(SPAWN, load=Load("", active=5), policy=Policy(wip=Wip(active=6))),
            case(SPAWN, brief(mode="own"), load=Load("", active=9)),
        ),
    ),
    "FLT003": (
        (
            case(SPAWN, brief(depends_on=["y"]), known={"x": ("y",), "y": ()}),
            case(SPAWN, brief(depends_on=["nobody"]), known={"x": ("nobody",)}),
            case(
                SPAWN,
                brief(depends_on=["y"]),
                known={"x": ("y",), "y": ("z",), "z": ("x",)},
                done=frozenset({"y"}),
            ),
        ),
        (
            case(SPAWN, brief(depends_on=["y"]), known={"x": ("y",), "y": ()}, done=frozenset({"y"})),
            case(SPAWN),
        ),
    ),
    "FLT004": (
        (case(MERGE, conflict=conflict("src/a.py")),),
        (case(MERGE, conflict=conflict()), case(MERGE)),
    ),
    "FLT005": (
        (case(MERGE, changed=touched("docs/a.md")), case(MERGE, changed=touched("docs/a.md", net=False))),
        (case(MERGE, changed=touched("src/a.py")), case(MERGE, changed=touched("docs/a.md", own=False))),
    ),
    "KIL001": (
        (
            case(MERGE, brief(kill={"lines": 10}), added=9, removed=1),
            case(MERGE, brief(kill={"files": 1}), changed=touched("src/a.py")),
            case(MERGE, brief(kill={"commits": 2}), commits=2),
            case(MERGE, brief(kill={"after": "1h"})),
            case(
                MERGE, brief(kill={"failing_runs": 2}), work={"evidence": (evidence(1, failures_in_a_row=2),)}
            ),
        ),
        (
            case(
                MERGE,
                brief(kill={"lines": 10, "files": 2, "commits": 3}),
                added=9,
                commits=2,
                changed=touched("src/a.py"),
            ),
            case(MERGE, brief(kill={"after": "1h"}), standing=standing(Progress.READY)),
            case(MERGE, brief(kill={"files": 1}), changed=touched(".agentledger/tasks/x/packet.md")),
        ),
    ),
}
