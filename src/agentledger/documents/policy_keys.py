"""Which keys the policy has (`.agentledger/config.toml`), for its reader and its schema.

Belongs here: names, forms, what they mean. Does not: reading TOML (see `syntax.toml_lines`), or building the
policy from it (see `ledger.config`).
"""

from __future__ import annotations

from agentledger.documents.forms import (
    BRANCHES,
    COMMAND,
    COUNT,
    DURATION,
    FILES,
    FLAG,
    ID,
    INTEGRITY,
    MAYBE,
    NUMBER,
    PATHS,
    PATTERNS,
    REPORT,
    TEXT,
    TEXTS,
    TIME_LIMIT,
    Levels,
)
from agentledger.documents.kinds import Key, ListOf, Table, Word
from agentledger.model.policy import CommitRules, Companion, Delegation, ReviewRule

_OWN = (
    "belongs in the user's own configuration file: what runs on your machine is never taken from a repository"
)
_PATHS = 'paths = ["src/**"]'


def _policy_table(keys: tuple[Key, ...], *, build: object = dict, accepts: str = "a table of keys") -> Table:
    return Table(keys=keys, build=build, accepts=accepts, nulls=False)  # type: ignore[arg-type]  # any callable of the keys


CONTROL = _policy_table(
    (
        Key("branch", TEXT, "The branch that the manager's documents are on.", default="agentledger"),
        Key("guarded", FLAG, "true: you promise that the forge lets only managers push it.", default=False),
        Key("signers", MAYBE, "A file of allowed ssh signers on base; empty: not checked.", default=""),
    ),
)
WIP = _policy_table(
    (
        Key("active", COUNT, "Branches of one manager that are with their agent.", default=5),
        Key(
            "local",
            COUNT,
            "The same where the brief has `session: local`; they count here instead.",
            default=3,
        ),
        Key("review", COUNT, "Branches that wait for a human.", default=3),
        Key("review_lines", COUNT, "Changed lines that wait for a human.", default=1500),
    ),
)
PATH_GROUPS = _policy_table(
    (
        Key("protected", PATTERNS, "Nobody's, unless a brief owns that very path."),
        Key("shared", PATTERNS, "Shared interfaces: only a brief with `seam: true` may own them."),
        Key("open", PATTERNS, "Anyone's."),
        Key("generated", PATTERNS, "Written by programs; their lines are not counted."),
        Key(
            "tests",
            PATTERNS,
            "Where tests are. Without it, their usual places in many languages (docs/integrity.md).",
        ),
    ),
)
COMPANION = _policy_table(
    (
        Key("when", PATTERNS, "When one of these changes …", needed=True),
        Key("also", PATTERNS, "… one of these has to change as well.", needed=True),
    ),
    build=Companion,
    accepts='`when = ["src/**"]` and `also = ["tests/**"]`',
)
DELEGATION = _policy_table(
    (
        Key("paths", PATTERNS, "Path patterns.", needed=True),
        Key(
            "mode",
            Word(("review", "own")),
            "The least oversight of a brief that can touch them.",
            needed=True,
        ),
    ),
    build=Delegation,
    accepts=f'`{_PATHS}` and `mode = "review"`',
)
CHECK = _policy_table(
    (
        Key("name", ID, "The check's name; it replaces a brief's check of that name."),
        Key(
            "run",
            COMMAND,
            "The command. `{changed:GLOB}` stands for the changed files that match.",
            needed=True,
        ),
        Key("junit", REPORT, "The JUnit file that the command writes, a folder of them, or a glob."),
        Key("timeout", DURATION, "How long it may take."),
        INTEGRITY,
        FILES,
        Key("paths", PATTERNS, "Only for briefs whose change touches these; by default all."),
    ),
    accepts='`name = "lint"` and `run = "ruff check ."`',
)
SPAWN = _policy_table(
    (
        Key("copy", PATHS, "Files to be copied into each new worktree."),
        Key("setup", MAYBE, "A command to be run in it.", default=""),
        Key(
            "baseline",
            TIME_LIMIT,
            "How long `spawn` may measure the checks on base; 0s: not at all.",
            default="60s",
        ),
    ),
)
COMMITS = _policy_table(
    (
        Key(
            "prefix",
            MAYBE,
            "What the subjects of agentledger's own commits begin with, before a blank.",
            default="chore(ledger):",
        ),
        Key("sign_off", FLAG, "true: they end with `Signed-off-by:`, of whoever commits.", default=False),
    ),
    build=CommitRules,
    accepts='`prefix = "chore(ledger):"` and `sign_off = true`',
)
REVIEW = _policy_table(
    (
        Key("paths", PATTERNS, "Only for changes that touch these; by default all."),
        Key(
            "by",
            Word(("agent", "human")),
            "Who has to review them. A human's review counts for both; an agent's approval counts for `agent` alone.",
            default="human",
        ),
        Key("another", FLAG, "true: the agent has to be another client than the author's.", default=False),
        Key("rounds", NUMBER, "More rounds of review than this are told; nothing stops then."),
    ),
    build=ReviewRule,
    accepts='`paths = ["src/**"]` and `by = "agent"`',
)

POLICY = Table(
    keys=(
        Key("version", NUMBER, "The version of this format: 1.", default=1),
        Key("base", TEXT, "The branch that work merges into; by default the remote's HEAD."),
        Key(
            "branches",
            ListOf(BRANCHES, '["agent/*", "claude/*"]'),
            "Which branches are agents'; `*` crosses `/`.",
        ),
        Key("require_briefs", FLAG, "A listed branch without brief may not merge.", default=False),
        Key("managers", TEXTS, "Mail addresses of those who plan, answer and approve."),
        Key("dormant", DURATION, "So long without a sign of life, and a branch is dormant.", default="7d"),
        Key("enforce", FLAG, "false: only count what would have been blocked.", default=True),
        Key("control", CONTROL, "The branch of the manager's documents."),
        Key("wip", WIP, "Limits of work in progress, for each manager; they stop new work only."),
        Key(
            "size",
            _policy_table((Key("lines", NUMBER, "A larger change warns.", default=400),)),
            "How large a change should be.",
        ),
        Key(
            "merge",
            _policy_table(
                (
                    Key(
                        "landing",
                        Word(("merge", "squash", "rebase")),
                        "How pull requests land here.",
                        default="merge",
                    ),
                )
            ),
            "How work gets into base.",
        ),
        Key("paths", PATH_GROUPS, "What the parts of the repository are."),
        Key("companion", ListOf(COMPANION, "[[companion]]"), "What has to change together."),
        Key("delegation", ListOf(DELEGATION, "[[delegation]]"), "What must not be handed off whole."),
        Key("verify", ListOf(CHECK, "[[verify]]"), "Checks that briefs get besides their own."),
        Key("review", ListOf(REVIEW, "[[review]]"), "Who has to review a change."),
        Key("spawn", SPAWN, "How a new worktree is made ready."),
        Key("commits", COMMITS, "How agentledger's own commits are made."),
        Key("rules", Levels(), "How strict a rule is, by its id or name."),
    ),
    moved={"launch": f"`[launch]` {_OWN}", "notify": f"`[notify]` {_OWN}"},
    nulls=False,
)
