"""The forms of values that several documents share, and the two shapes that only checks and rules have.

Belongs here: each form once, with the words that say what is accepted. Does not: how it is read (see
`values`, `kinds`), or which key has it (see `syntax.tables`, `policy_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentledger.documents import values
from agentledger.documents.kinds import Form, Key, ListOf, Shape, Table, Word, note_wrong_shape
from agentledger.documents.syntax.nodes import Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems
from agentledger.model.ledger import Check


def _parse_line(text: str) -> str:
    if not text:
        raise values.Wrong("is empty")
    return " ".join(text.split())


_STRING = {"type": "string"}
TEXT = Form("text on one line", _parse_line, {**_STRING, "minLength": 1})
MAYBE = Form("text on one line, or nothing between the quotes", lambda text: " ".join(text.split()), _STRING)
ID = Form(
    "small letters, digits and single dashes, such as `login-rate-limit`",
    values.parse_identifier,
    {**_STRING, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": values.MOST_ID},
)
NUMBER = Form(
    "a whole number from 1, such as `3`", values.parse_number, {"type": "integer", "minimum": 1}, bare=True
)
COUNT = Form(
    "a whole number from 0, such as `3`", values.parse_count, {"type": "integer", "minimum": 0}, bare=True
)
EXIT_CODE = Form("an exit code, such as `0`", values.parse_exit_code, {"type": "integer"}, bare=True)
SECONDS = Form("seconds, such as `3.21`", values.parse_seconds, {"type": "number", "minimum": 0}, bare=True)
FLAG = Form("`true` or `false`", values.parse_flag, {"type": "boolean"}, bare=True)
DURATION = Form(
    "a duration such as `15m`, `2h` or `3d`",
    values.parse_duration,
    {**_STRING, "pattern": "^[1-9][0-9]{0,4}[mhd]$"},
)
TIME_LIMIT = Form(
    "a time such as `60s` or `5m`; `0s` is none",
    values.parse_time_limit,
    {**_STRING, "pattern": "^(0|[1-9][0-9]{0,4})[smh]$"},
)
TIME = Form(
    "a time in UTC, such as `2026-11-23T10:15:00Z`", values.parse_time, {**_STRING, "format": "date-time"}
)
COMMIT = Form(
    "a commit's whole id: `git rev-parse HEAD` prints it",
    values.parse_object_id,
    {**_STRING, "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"},
)
BLOB = Form(
    "a file's whole id: `git rev-parse BRANCH:PATH` prints it",
    values.parse_object_id,
    {**_STRING, "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"},
)
DIGEST = Form("a SHA-256, 64 hex digits", values.parse_digest, {**_STRING, "pattern": "^[0-9a-f]{64}$"})
RULE = Form(
    "a rule's id or name, such as `OWN001` or `outside-scope`",
    values.parse_rule_name,
    {**_STRING, "pattern": "^([A-Z]{3}[0-9]{3}|[a-z0-9]+(-[a-z0-9]+)+)$"},
)
PATTERN = Form(
    "a path pattern from the repository's top, such as `src/api/**`",
    values.parse_pattern,
    {**_STRING, "minLength": 1, "not": {"pattern": r"^[!/~]|(^|/)\.\.?(/|$)|//"}},
)
PATH = Form(
    "a path from the repository's top, such as `src/api/throttle.py`",
    values.parse_path,
    {**_STRING, "minLength": 1, "not": {"pattern": r"^[/~]|(^|/)\.\.?(/|$)|//"}},
)
REPORT = Form(
    "a path, a folder or a glob, such as `out.xml` or `build/test-results/**/*.xml`",
    values.parse_pattern,
    PATTERN.shape,
)
BRANCHES = Form(
    "a pattern of branch names, such as `agent/*`", values.parse_branch_pattern, {**_STRING, "minLength": 1}
)
COMMAND = Form("a shell command, such as `pytest -q`", values.parse_command, {**_STRING, "minLength": 1})

IDS = ListOf(ID, "[first-name, second-name]")
PATTERNS = ListOf(PATTERN, '["src/api/**", "tests/api/**"]')
PATHS = ListOf(PATH, '["src/api/throttle.py"]')
LINES = Form("text", str, _STRING, exact=True)
LOG = ListOf(Form("text", str, _STRING, exact=True), '["one line", "the next"]')
TEXTS = ListOf(TEXT, '["one", "two"]')

# Of a check's table, in a brief and in the policy.
INTEGRITY = Key(
    "integrity",
    FLAG,
    "Does `verify --integrity` cross it with base? By default only the check named `test`.",
)
FILES = Key("files", COMMAND, "The command for some test files alone; `{files}` stands for them.")

CHECK = Table(
    keys=(
        Key(
            "run",
            COMMAND,
            "The command. `{changed:GLOB}` stands for the changed files that match.",
            needed=True,
        ),
        Key(
            "junit",
            REPORT,
            "The JUnit file that the command writes, a folder of them, or a glob; what it says is evidence.",
        ),
        Key("timeout", DURATION, "How long it may take."),
        INTEGRITY,
        FILES,
    ),
    accepts='a command, or `{run: "pytest --junitxml=out.xml", junit: out.xml, timeout: 10m}`',
)


@dataclass(frozen=True, slots=True)
class Digests:
    """The SHA-256 of files, by path. The paths are free."""

    accepts: str = '`{"uv.lock": "…"}`, each with the SHA-256 of its content'

    def read(self, node: Node, name: str, out: Problems) -> tuple[tuple[str, str], ...] | None:
        """Return pairs of path and digest, in their order."""
        if not isinstance(node, Map):
            note_wrong_shape(node, name, self.accepts, out)
            return None
        keys = tuple(Key(path, DIGEST, "") for path in dict.fromkeys(entry.key for entry in node.entries))
        return tuple(Table(keys=keys).values(node, name, out).items())

    def schema(self) -> Shape:
        """Return an object of digests by path."""
        return {"type": "object", "additionalProperties": DIGEST.schema()}


@dataclass(frozen=True, slots=True)
class Checks:
    """A brief's checks, by name. A command alone, or a list of them, gets the names `check`, `check-2` …"""

    accepts: str = "one `name: command` a line"

    def read(self, node: Node, name: str, out: Problems) -> tuple[Check, ...] | None:
        """Return the checks in the order in which they run."""
        if isinstance(node, Map):
            # nulls=False: a check without a command is noted, not left out in silence.
            entries = Table(keys=tuple(_check_keys(node)), nulls=False).values(node, name, out)
            return tuple(
                check for key, check in entries.items() if ID.read(_key_scalar(node, key), name, out)
            )
        items = node.items if isinstance(node, Seq) else (node,)
        checks = [_parse_check(default_check_name(at), item, name, out) for at, item in enumerate(items, 1)]
        return tuple(check for check in checks if check)

    def schema(self) -> Shape:
        """Return the schema of checks with names, and of checks without."""
        one = {"anyOf": [COMMAND.schema(), CHECK.schema()]}
        names = {"pattern": ID.shape["pattern"], "maxLength": values.MOST_ID}
        by_name = {"type": "object", "propertyNames": names, "additionalProperties": one}
        return {"anyOf": [by_name, COMMAND.schema(), {"type": "array", "items": one}]}


def default_check_name(at: int) -> str:
    """Return the name of check number `at` that was given without one: `check`, `check-2`."""
    return "check" if at == 1 else f"check-{at}"


@dataclass(frozen=True, slots=True)
class _Check:
    """One check whose name is its key."""

    name: str
    accepts: str = CHECK.accepts

    def read(self, node: Node, name: str, out: Problems) -> Check | None:
        return _parse_check(self.name, node, name, out)

    def schema(self) -> Shape:
        return CHECK.schema()


def _parse_check(check: str, node: Node, name: str, out: Problems) -> Check | None:
    if isinstance(node, Scalar):
        run = COMMAND.read(node, name, out)
        return Check(check, run) if run is not None else None
    if isinstance(node, Seq):
        note_wrong_shape(node, name, CHECK.accepts, out)
        return None
    values_by_key = CHECK.read(node, name, out)
    return Check(check, **values_by_key) if values_by_key is not None else None


def _check_keys(node: Map) -> list[Key]:
    # The names of checks are free, so each document declares its own; then a name used twice is noted as usual.
    return [Key(word, _Check(word), "") for word in dict.fromkeys(entry.key for entry in node.entries)]


def _key_scalar(node: Map, key: str) -> Scalar:
    return next(Scalar(key, entry.line) for entry in node.entries if entry.key == key)


@dataclass(frozen=True, slots=True)
class Levels:
    """How strict each rule is, by its id or name."""

    accepts: str = '`rule-name = "warn"`'

    def read(self, node: Node, name: str, out: Problems) -> dict[str, str] | None:
        """Return the level of each rule that is named."""
        if not isinstance(node, Map):
            note_wrong_shape(node, name, self.accepts, out)
            return None
        level = Word(("error", "warn", "off"))
        keys = tuple(Key(word, level, "") for word in dict.fromkeys(entry.key for entry in node.entries))
        levels: dict[str, Any] = Table(keys=keys, nulls=False).values(node, name, out)
        return {rule: word for rule, word in levels.items() if RULE.read(_key_scalar(node, rule), name, out)}

    def schema(self) -> Shape:
        """Return an object of levels by rule."""
        names = {"pattern": RULE.shape["pattern"]}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": {"enum": ["error", "warn", "off"]},
        }
