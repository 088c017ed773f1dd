"""Which keys each document has: declared once, for the reader, the schemas and people's editors.

Belongs here: names, forms, what they mean, which are needed. Does not: what follows from two keys together,
or from the sections (see the module of each document), or the policy's keys (see `documents.policy_keys`).
"""

from __future__ import annotations

from agentledger.documents.forms import (
    BLOB,
    COMMAND,
    COMMIT,
    COUNT,
    DIGEST,
    DURATION,
    EXIT_CODE,
    FLAG,
    ID,
    IDS,
    LINES,
    LOG,
    NUMBER,
    PATHS,
    PATTERNS,
    RULE,
    SECONDS,
    TEXT,
    TIME,
    Checks,
    Digests,
)
from agentledger.documents.kinds import Key, ListOf, Table
from agentledger.documents.kinds import Word as WordForm
from agentledger.model.check_in_states import STATES
from agentledger.model.evidence import JUnit, OnBase, RanWith, TestCounts
from agentledger.model.integrity import CrossingEnd, CrossingRun, Meaning, Word, WordOnTest
from agentledger.model.ledger import Kill

MODES = ("delegate", "review", "own", "explore")
_AT = Key("at", TIME, "When this was written, in UTC; by default when it was committed.")
_BY = Key("by", TEXT, "Whose word this is: a mail address; by default the commit's author.")
_CHANGE = Key("change", DIGEST, "The id of the branch's net change; it decides where `head` is gone.")

KILL = Table(
    keys=(
        Key(
            "after",
            DURATION,
            "So long after its first commit; the clock stops while the task waits for someone.",
        ),
        Key("lines", NUMBER, "So many changed lines, generated files aside."),
        Key("files", NUMBER, "So many changed files."),
        Key("commits", NUMBER, "So many commits that change code."),
        Key("failing_runs", NUMBER, "So many failing runs of one check in a row."),
    ),
    build=Kill,
    accepts="a table such as `{after: 2d, lines: 800, failing_runs: 3}`",
)

BRIEF = Table(
    keys=(
        Key("task", ID, "The task's id, which is the name of its folder.", needed=True),
        Key("title", TEXT, "What it is about, in a few words; by default the id in words."),
        Key("manager", TEXT, "Who answers for the task; by default the first in the policy."),
        Key(
            "mode",
            WordForm(MODES),
            "delegate: hand it off. review: with checkpoints. own: a human does it. "
            "explore: options only, its code never merges.",
            default="delegate",
        ),
        Key(
            "session",
            WordForm(("background", "local", "cloud")),
            "Where the agent runs. local: a human sits with it, so no check-ins are due. "
            "cloud: it pushes at the end, and is judged at merge.",
            default="background",
        ),
        Key("priority", NUMBER, "1 comes first.", default=2),
        Key(
            "checkpoints", IDS, "What has to be approved on the way; by default [plan] where mode is review."
        ),
        Key("owns", PATTERNS, "Path patterns: the agent may change these files, and no others."),
        Key("off_limits", PATTERNS, "Path patterns: what it must not touch, though `owns` would match."),
        Key("follow", PATHS, "Existing files whose pattern is to be followed."),
        Key("depends_on", IDS, "Tasks that merge first."),
        Key("seam", FLAG, "The task is itself a shared interface that others build on.", default=False),
        Key("branch", TEXT, "The branch, where it is not named agent/<task>."),
        Key("verify", Checks(), "The commands that show whether it works, by name, in the order they run."),
        Key("check_in", DURATION, "A sign of life is due so often.", default="15m"),
        Key("kill", KILL, "When to give the task up; only what is written counts."),
    )
)

STATUS = Table(
    keys=(
        Key("at", TIME, "When this was written, in UTC.", needed=True),
        Key(
            "state",
            WordForm(STATES),
            "Where the work stands. ready: all of it is done and can be reviewed.",
            needed=True,
        ),
        Key("agent", TEXT, "Which agent writes, such as claude-code."),
        Key("session", TEXT, "The agent's own session id."),
        Key(
            "checkpoint",
            ID,
            "This check-in asks for that checkpoint to be approved: what its section Plan says.",
        ),
    )
)

PACKET = Table(
    keys=(
        Key("task", ID, "The task's id.", needed=True),
        Key("base", COMMIT, "The base commit that this was written against.", needed=True),
        Key("head", COMMIT, "The commit that this speaks of: the one before the packet's own.", needed=True),
        _CHANGE,
    )
)

REVIEW = Table(
    keys=(
        _AT,
        Key(
            "reviewer",
            TEXT,
            "Who reviewed: an agent's name, or a mail address; by default the commit's author.",
        ),
        Key(
            "kind",
            WordForm(("agent", "human")),
            "Who that is. A human's review needs no section.",
            default="agent",
        ),
        Key(
            "run",
            WordForm(("manager", "reported")),
            "manager: agentledger ran the reviewer itself.",
            default="reported",
        ),
        Key(
            "verdict",
            WordForm(("approve", "request-changes", "reject", "none")),
            "What is to happen; none: a reviewer was run, and came to no verdict.",
            needed=True,
        ),
        Key("branch", TEXT, "The branch that was reviewed.", needed=True),
        Key("head", COMMIT, "The commit that was reviewed.", needed=True),
        _CHANGE,
        Key("session", TEXT, "The reviewing agent's own session id."),
        Key("worktree", TEXT, "The worktree it reviewed in."),
    )
)

ANSWER = Table(
    keys=(
        _AT,
        _BY,
        Key("to", TEXT, "The check-in's file name without `.md`; by default the newest."),
        Key("branch", TEXT, "The branch, where several work on the task."),
        Key(
            "decision",
            WordForm(("approve", "change", "reject", "stop", "note")),
            "Any of them settles a question; only approve opens a checkpoint.",
            needed=True,
        ),
        Key("checkpoint", ID, "The checkpoint that is decided on."),
        Key("brief", BLOB, "The id of the branch's brief.md, where that copy of the brief is decided on."),
    )
)

WAIVER = Table(
    keys=(
        _AT,
        _BY,
        Key("rules", ListOf(RULE, "[OWN001]"), "The rules that are waived, by id or name.", needed=True),
        Key("paths", PATTERNS, "Path patterns: only findings there; by default all."),
        Key("until", TIME, "When it ends, in UTC.", needed=True),
    )
)

OUTCOME = Table(
    keys=(
        _AT,
        _BY,
        Key(
            "outcome",
            WordForm(("merged", "killed", "declined", "explored")),
            "How the task ended.",
            needed=True,
        ),
        Key("branch", TEXT, "The branch that ended with it; by default all of the task."),
        Key("head", COMMIT, "The commit that it ended at."),
        Key("merge", COMMIT, "The commit on base that brought it in."),
    )
)

ATTEMPT = Table(
    keys=(
        Key("at", TIME, "When the branch was handed out, in UTC; by default when this was committed."),
        Key("branch", TEXT, "The branch that works on the task.", needed=True),
        Key("base", COMMIT, "The commit of base that it began at."),
        Key("head", COMMIT, "Its head when it was last seen."),
    )
)

_JUNIT = Table(
    keys=(
        *(Key(word, COUNT, f"JUnit's {word}.") for word in ("tests", "failures", "errors", "skipped")),
        Key("failed", LOG, "Names of tests that failed, at most 50."),
        Key("failed_total", COUNT, "How many failed."),
        Key("unnamed", COUNT, "Failures without a test, such as a package that does not compile."),
        Key("flaky", COUNT, "Tests that passed in a later try."),
        Key("risky", COUNT, "Tests without an assertion, or that leave something behind."),
        Key("pending", COUNT, "Scenarios with steps that are still to be written."),
    ),
    build=JUnit,
)
_ON_BASE = Table(
    keys=(
        Key("commit", COMMIT, "The base commit.", needed=True),
        Key("exit_code", EXIT_CODE, "What the same command ended with there.", needed=True),
        Key("failed", LOG, "Names of tests that failed there, at most 50."),
        Key("failed_total", COUNT, "How many failed there."),
        Key("new", LOG, "Names of tests that fail here and not there, at most 50."),
        Key("new_total", COUNT, "How many that are."),
        Key("unlike", TEXT, "Why the two runs cannot be compared."),
    ),
    build=OnBase,
    accepts='`{"commit": "…", "exit_code": 0}`',
)
_WITH = Key(
    "with",
    Table(
        keys=(
            Key("tool", TEXT, "The interpreter or tool of the command and its version, where that is known."),
            Key("files", Digests(), "Lock files by path, with the SHA-256 of what the run saw."),
        ),
        build=RanWith,
        accepts='`{"tool": "Python 3.11.7", "files": {"uv.lock": "…"}}`',
    ),
    "What the check ran with.",
)

EVIDENCE = Table(
    keys=(
        Key("version", NUMBER, "The version of this format: 1.", needed=True),
        Key("check", ID, "The check's name.", needed=True),
        Key("command", COMMAND, "The command, before its {…} were filled in.", needed=True),
        Key("exit_code", EXIT_CODE, "What the command ended with; null where it was skipped."),
        Key("started_at", TIME, "When it was started, in UTC.", needed=True),
        Key("seconds", SECONDS, "How long it took."),
        Key("head", COMMIT, "The commit that was checked.", needed=True),
        Key("tree", COMMIT, "The tree of that commit, the ledger's folder aside.", needed=True),
        _CHANGE,
        Key("log_sha256", DIGEST, "The SHA-256 of the log, by which it is found."),
        Key("log_bytes", COUNT, "The log's length."),
        Key("truncated", FLAG, "Was the middle of the log left out?"),
        Key("tail", LOG, "The log's last lines, without secrets."),
        Key("failures_in_a_row", COUNT, "So many runs of this check had failed by then."),
        Key("junit", _JUNIT, "What its report says: the tests of the JUnit files."),
        Key("report_gap", TEXT, "What is wrong with the report: it is missing, or not whole."),
        Key(
            "counts",
            Table(
                keys=(
                    Key("runner", TEXT, "The test runner; of several, each, and how often.", needed=True),
                    Key("tests", COUNT, "All tests, also those that were skipped.", needed=True),
                    Key("failed", COUNT, "Those that failed or ended in an error.", needed=True),
                    Key("skipped", COUNT, "Those that were skipped.", needed=True),
                ),
                build=TestCounts,
                accepts='`{"runner": "pytest", "tests": 12, "failed": 0, "skipped": 1}`',
            ),
            "What the test runner said at its end, where there is no JUnit file.",
        ),
        _WITH,
        Key(
            "before",
            Table(
                keys=(
                    Key("head", COMMIT, "The commit that was checked then.", needed=True),
                    Key("tests", COUNT, "How many tests there were."),
                    _WITH,
                ),
                accepts='`{"head": "…", "tests": 12}`',
            ),
            "The last run of this check that had another number of tests, or ran with something else.",
        ),
        Key("on_base", _ON_BASE, "The same check on base, where that was tried."),
        Key("skipped", TEXT, "Why there was nothing to run."),
    )
)

_CROSSING = Table(
    keys=(
        Key("end", WordForm(tuple(CrossingEnd)), "How it ended.", needed=True),
        Key(
            "exit_code", EXIT_CODE, "What the command ended with; missing where it is known from another run."
        ),
        Key("seconds", SECONDS, "How long it took."),
        Key("tests", COUNT, "How many tests ran."),
        Key("failed", COUNT, "How many of them failed."),
        Key("why", TEXT, "What could not be loaded, or why there is no verdict."),
    ),
    build=lambda end, **keys: CrossingRun(end=CrossingEnd(end), **keys),
    accepts='`{"end": "passes", "exit_code": 0}`',
)
_TEST_WORD = Table(
    keys=(
        Key("test", TEXT, "A test of base's: file, container and name.", needed=True),
        Key("word", WordForm(tuple(Word)), "What became of it.", needed=True),
        Key("partner", TEXT, "The branch's test that took its place."),
        Key("pairing", TEXT, "How that one was found."),
        Key("path", TEXT, "Its path on base."),
        Key("partner_path", TEXT, "The path on the branch."),
        Key("base_text", LINES, "Its lines on base."),
        Key("branch_text", LINES, "The lines of the branch's version."),
    ),
    build=lambda word, **keys: WordOnTest(word=Word(word), **keys),
    accepts='`{"test": "test_a.py | | test_limit", "word": "loosened"}`',
)

INTEGRITY = Table(
    keys=(
        Key("version", NUMBER, "The version of this format: 1.", needed=True),
        Key("check", ID, "The check's name.", needed=True),
        Key("command", COMMAND, "The command, before its {…} were filled in.", needed=True),
        Key("at", TIME, "When it was crossed, in UTC.", needed=True),
        Key("branch", TEXT, "The branch that was looked at.", needed=True),
        Key("head", COMMIT, "Its commit.", needed=True),
        Key("base", COMMIT, "The commit at which the branch's own work begins.", needed=True),
        _CHANGE,
        Key("meaning", WordForm(tuple(Meaning)), "What the two crossings say together.", needed=True),
        Key("why", TEXT, "Why there is no verdict."),
        Key("c", _CROSSING, "Base's tests on the branch's code."),
        Key("d", _CROSSING, "The branch's tests on base's code."),
        Key("tells", COUNT, "How many of the branch's passing tests fail on base's code."),
        Key("needs_names", COUNT, "How many of those need names that base lacks."),
        Key(
            "words", ListOf(_TEST_WORD, '[{"test": "…", "word": "loosened"}]'), "What became of base's tests."
        ),
        Key("words_total", COUNT, "How many of these there are, also those left out."),
    )
)
