"""Why the exit code of a check's command is lost, as far as the command's text shows it.

Belongs here: forms in which a command ends with 0 whatever its tests say. Does not: reading the shell's grammar
(see `shell_list`), or scripts that a command starts: only a run with garbage in the code shows those (see
`workflow.verify.probe`).

What is not sure is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agentledger.running import check_programs
from agentledger.running.shell_list import Command, Pipeline, Statement, Statements, Unclear, Word, parse_list

_HARMLESS = frozenset(("true", ":", "echo", "printf"))
# Programs that print what they read, and end with 0 whatever that was.
_FILTERS = frozenset(
    (
        "tee",
        "cat",
        "tail",
        "head",
        "less",
        "more",
        "sed",
        "awk",
        "sort",
        "uniq",
        "cut",
        "tr",
        "ts",
        "wc",
        "nl",
    )
)
_SEARCHES = frozenset(("grep", "egrep", "fgrep", "rg"))
# Programs that only give the next one its input.
_SOURCES = frozenset(("echo", "printf", "cat", "git", "find", "ls", "seq", "yes", "curl", "env", "date"))
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh"))
# Conditions that ask whether something is there, rather than run it.
_GUARDS = frozenset(("[", "[[", "test", "command", "type", "which", "hash", "true", "false"))
_STATUS = re.compile(r"\$\?|\$\{\?\}|PIPESTATUS|pipestatus")


class Lost(NamedTuple):
    """Why the exit code is lost, as the end of a sentence about the command, and how to write it instead."""

    why: str
    instead: str


def find_lost_exit_code(command: str) -> Lost | None:
    """Why the command ends with 0 whatever its tests say; None where nothing in its text shows that."""
    try:
        return _judge_list(parse_list(command), command, _Options())
    except (Unclear, RecursionError):
        return None


class _Options(NamedTuple):
    """What the shell was told: to stop at the first failure, and to count every part of a pipeline."""

    stops: bool = False
    pipefail: bool = False


def _judge_list(statements: Statements, text: str, options: _Options) -> Lost | None:
    """Judge a list of statements, of which `text` is the source."""
    if not statements:
        return None
    for statement in statements:
        options = _options_after(statement, options)
    last = statements[-1]
    if last.end == "&":
        return Lost(
            f"ends in `&`: nobody waits for {_name(last.pipelines[-1])}", "take the `&` at its end away"
        )
    return (
        _judge_end(last)
        or _judge_followed(statements, text, options)
        or _judge_last_pipeline(last, options)
        or _judge_command(last.pipelines[-1].commands[-1], options)
    )


def _options_after(statement: Statement, options: _Options) -> _Options:
    """The options after a statement such as `set -e`."""
    words = [word.text for word in _first_command(statement).words]
    return _read_options(words[1:], options) if words[:1] == ["set"] else options


def _read_options(words: Sequence[str], options: _Options) -> _Options:
    stops, pipefail = options
    for at, word in enumerate(words):
        if re.fullmatch(r"-[a-zA-Z]+", word):
            stops |= "e" in word
        elif at and words[at - 1].startswith("-") and words[at - 1].endswith("o"):
            stops |= word == "errexit"
            pipefail |= word == "pipefail"
    return _Options(stops, pipefail)


# -- the forms --------------------------------------------------------------------------


def _judge_end(last: Statement) -> Lost | None:
    """`… || true` at the end, also `… || { echo failed; }`."""
    if not last.joints or last.joints[-1] != "||" or not _is_harmless(last.pipelines[-1]):
        return None
    tested = _name(last.pipelines[-2])
    shown = _show(last.pipelines[-1])
    return Lost(f"ends in `|| {shown}`: it passes whatever {tested} says", f"take `|| {shown}` away")


def _judge_followed(statements: Statements, text: str, options: _Options) -> Lost | None:
    """A test command with another command behind it, whose exit code is the one that counts."""
    if options.stops or len(statements) < 2 or _STATUS.search(text):
        return None
    last = statements[-1]
    if not last.joints and _is_harmless(last.pipelines[-1]):
        tested = next(filter(None, map(_decisive_name, reversed(statements[:-1]))), "")
        if tested:
            shown = _show(last.pipelines[-1])
            return Lost(
                f"ends in `; {shown}`: it passes whatever {tested} says",
                f"take `{shown}` away, or put `&&` in front of it",
            )
    for statement in statements[:-1]:
        if tested := _lost_test(statement):
            why = f"goes on after {tested} whatever that says, and only its last command's exit code counts"
            return Lost(why, f"write `&&` behind {tested}, or make two checks of it")
    return None


def _decisive_name(statement: Statement) -> str:
    """The program whose exit code a statement has; "" for one that only prepares something."""
    command = _first_command(statement)
    words = check_programs.strip_prefix(command.words)
    if not words or words[0].text in _HARMLESS | {"set", "cd", "export", "exit", "mkdir", "rm", "wait"}:
        return "" if len(statement.pipelines) < 2 else _name(statement.pipelines[-1])
    return _name(statement.pipelines[-1])


def _lost_test(statement: Statement) -> str:
    """The test program in a statement whose failure nothing looks at; "" where there is none."""
    if statement.end == "&":
        return ""
    looked_at = (
        statement.joints and statement.joints[-1] == "||" and not _is_harmless(statement.pipelines[-1])
    )
    tests = [p for p in statement.pipelines if not p.negated and _is_test(p.commands[-1])]
    return _name(tests[-1]) if tests and not looked_at else ""


def _judge_last_pipeline(last: Statement, options: _Options) -> Lost | None:
    """`pytest | tee log`: the exit code is that of `tee`."""
    pipeline = last.pipelines[-1]
    if options.pipefail or pipeline.negated or len(pipeline.commands) < 2:
        return None
    program = _program(pipeline.commands[-1])
    before = pipeline.commands[:-1]
    is_tested = any(map(_is_test, before))
    is_source = _program(before[0]) in _SOURCES
    if not ((program in _SEARCHES and is_tested) or (program in _FILTERS and (is_tested or not is_source))):
        return None
    tested = _name_of(next(filter(_is_test, before), before[0]))
    # In `sh`, which runs checks, `set -o pipefail` may be an error by itself (dash 0.5.12).
    instead = f"write {tested} without the pipe (its output is kept), or bash -o pipefail -c '…'"
    return Lost(f"has the exit code of {program}, not of {tested}", instead)


def _judge_command(command: Command, options: _Options) -> Lost | None:
    """What is inside the last command: a group, `sh -c '…'`, an `if`, or a flag that makes it pass."""
    if command.group is not None:
        # Only what is surely written in the group may excuse it, so it has no text of its own.
        return _judge_list(command.group, "", options)
    if command.keyword == "if":
        return _judge_if(command)
    words = check_programs.strip_prefix(command.words)
    if words and _base_name(words[0].text) in _SHELLS:
        return _judge_shell(words)
    return _judge_flags(words)


def _judge_shell(words: Sequence[Word]) -> Lost | None:
    for at, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word.text) and at + 1 < len(words):
            inner = words[at + 1].text
            options = _read_options([each.text for each in words[1 : at + 1]], _Options())
            return _judge_list(parse_list(inner), inner, options)
    return None


def _judge_if(command: Command) -> Lost | None:
    """`if pytest; then …; fi` ends with 0 where the condition is false."""
    condition, branch = command.condition, command.branch
    if command.has_else or not condition or not branch:
        return None
    deciding = condition[-1].pipelines[-1]
    program = _program(deciding.commands[-1])
    if program in _GUARDS or not program or len(deciding.commands) > 1:
        return None
    instead = f"write {_name(deciding)} alone, or an `else` that ends with `exit 1`"
    if not deciding.negated:
        return Lost(f"is an `if` without `else`: it passes where {_name(deciding)} fails", instead)
    if _is_harmless(branch[-1].pipelines[-1]) and not branch[-1].joints:
        return Lost(f"passes where {_name(deciding)} fails: its `if` only prints that", instead)
    return None


def _judge_flags(words: Sequence[Word]) -> Lost | None:
    for word in words:
        if word.plain and (meaning := check_programs.passing_flag(words, word.text)):
            return Lost(f"has `{word.text}`: {meaning}", f"take `{word.text}` away")
    return None


# -- what a part of it is ---------------------------------------------------------------


def _is_harmless(pipeline: Pipeline) -> bool:
    """Does it end with 0 whatever happens? `true`, `exit 0`, `echo …`, or a group that ends in one of them."""
    command = pipeline.commands[-1]
    if pipeline.negated:
        return False
    if command.group:
        last = command.group[-1]
        return _is_harmless(last.pipelines[-1]) and "exit 1" not in map(_show, last.pipelines)
    texts = [word.text for word in command.words]
    return bool(texts) and (
        _base_name(texts[0]) in _HARMLESS or texts[:2] in (["exit", "0"], ["return", "0"])
    )


def _is_test(command: Command) -> bool:
    return check_programs.is_test_program(check_programs.strip_prefix(command.words))


def _first_command(statement: Statement) -> Command:
    return statement.pipelines[0].commands[0]


def _program(command: Command) -> str:
    words = check_programs.strip_prefix(command.words)
    return _base_name(words[0].text) if words else ""


def _base_name(program: str) -> str:
    return program.rpartition("/")[2]


def _name(pipeline: Pipeline) -> str:
    """What to call the part that decides: its program, with the script's or module's name."""
    return _name_of(pipeline.commands[-1] if len(pipeline.commands) == 1 else pipeline.commands[0])


def _name_of(command: Command) -> str:
    if command.group:
        return _name(command.group[-1].pipelines[-1])
    return check_programs.describe_program(check_programs.strip_prefix(command.words)) or "what is in it"


def _show(pipeline: Pipeline) -> str:
    """The part as it is written, shortened to its program and first word."""
    command = pipeline.commands[-1]
    if command.group is not None:
        return "{ … }"
    texts = [word.text for word in command.words]
    return " ".join(texts) if len(texts) < 2 or texts[0] == "exit" else f"{texts[0]} …"
