"""A shell command as a list of pipelines: as much of the grammar as it takes to see which exit code counts.

Belongs here: splitting a command at its operators, outside quotes, substitutions and comments. Does not: what
follows from it (see `lost_exit_code`), or running it (see `run`).

What is not surely understood (a here-document, `case`, a function, an open quote) raises `Unclear`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Unclear(Exception):
    """The command has something that this reader does not understand."""


class Word(NamedTuple):
    """A word, without the quotes around its parts; `plain` where it has none, and nothing that expands."""

    text: str
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A simple command, or a group: what is between `( )` or `{ }`, or an `if` or a loop."""

    words: tuple[Word, ...] = ()
    #: What is in a `( … )` or `{ … }`; None for anything else.
    group: Statements | None = None
    #: "if", "for", "while" or "until"; "" for anything else.
    keyword: str = ""
    #: Of an `if`: its condition, its first branch, and whether it has another one.
    condition: Statements | None = None
    branch: Statements | None = None
    has_else: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Commands that a `|` joins; `negated` where a `!` is in front."""

    commands: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Pipelines that `&&` and `||` join."""

    pipelines: tuple[Pipeline, ...]
    #: What is in front of each pipeline but the first: `&&` or `||`.
    joints: tuple[str, ...] = ()
    #: What ends it: `;`, `&`, a line break, or "" at the end of the command.
    end: str = ""


Statements = tuple[Statement, ...]


def parse_list(command: str) -> Statements:
    """The statements of a command, in order. Raises Unclear."""
    parser = _Parser(list(_split_tokens(command)))
    statements = parser.statements(())
    if parser.peek() is not None:
        raise Unclear
    return statements


# -- tokens -----------------------------------------------------------------------------

# Longest first. A redirection is told apart by its `<` or `>`; the word behind it is its file.
_OPERATOR = re.compile(r"&&|\|\||;;|\|&|&>>?|\d*(?:<<<|<<|>>|>&|<&|>\||<>|<\(|>\(|<|>)|[;&|()\n]")
_BLANK = " \t\r"
_ENDS_WORD = _BLANK + "\n;&|()<>"
_EXPANDS = "$`*?[~"


class _Token(NamedTuple):
    operator: str
    word: Word | None = None


def _split_tokens(text: str) -> Iterator[_Token]:
    """Yield words and operators; redirections are left out. Raises Unclear."""
    at = 0
    is_file_due = False
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
        elif text[at] == "#":
            at = _end_of_line(text, at)
        elif operator := _OPERATOR.match(text, at):
            at = operator.end()
            sign = operator[0]
            if sign.endswith(("<<", "(")) and sign != "(":
                raise Unclear  # a here-document, or a process substitution
            if "<" in sign or ">" in sign:
                is_file_due = True
            else:
                yield _Token(sign)
        else:
            word, at = _read_word(text, at)
            if not is_file_due:
                yield _Token("", word)
            is_file_due = False


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _read_word(text: str, at: int) -> tuple[Word, int]:
    parts, plain = [], True
    while at < len(text) and text[at] not in _ENDS_WORD:
        part, end = _read_part(text, at)
        plain = plain and end == at + 1 and text[at] not in _EXPANDS
        parts.append(part)
        at = end
    return Word("".join(parts), plain), at


def _read_part(text: str, at: int) -> tuple[str, int]:
    """One part of a word: a quoted text, a substitution as it is written, or one character."""
    sign = text[at]
    if sign == "\\":
        return text[at + 1 : at + 2], at + 2
    if sign == "'":
        end = _find(text, "'", at + 1)
        return text[at + 1 : end], end + 1
    if sign == '"':
        end = _end_of_double(text, at + 1)
        return re.sub(r'\\([$`"\\])', r"\1", text[at + 1 : end]), end + 1
    if sign == "`":
        end = _find(text, "`", at + 1) + 1
        return text[at:end], end
    if text.startswith(("$(", "${"), at):
        end = _end_of_nested(text, at + 2, ")" if text[at + 1] == "(" else "}")
        return text[at:end], end
    return sign, at + 1


def _find(text: str, sign: str, at: int) -> int:
    end = text.find(sign, at)
    if end < 0:
        raise Unclear
    return end


def _end_of_double(text: str, at: int) -> int:
    """Where the `"` is that closes the one before `at`."""
    while at < len(text) and text[at] != '"':
        at = at + 2 if text[at] == "\\" else _skip_part(text, at) if text[at] in "$`" else at + 1
    if at >= len(text):
        raise Unclear
    return at


def _end_of_nested(text: str, at: int, closer: str) -> int:
    """Where it goes on behind the `closer` of a `$(` or `${`."""
    while at < len(text) and text[at] != closer:
        # An opened bracket inside it has a closer of its own.
        is_opened = text[at] == "(" and closer == ")"
        at = _end_of_nested(text, at + 1, ")") if is_opened else _skip_part(text, at)
    if at >= len(text):
        raise Unclear
    return at + 1


def _skip_part(text: str, at: int) -> int:
    return _read_part(text, at)[1]


# -- grammar ----------------------------------------------------------------------------

_UNREAD = frozenset(("case", "select", "function", "trap", "eval", "coproc"))
_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "}", "esac"))


class _Parser:
    """Reads tokens from the left; `peek` is the next one."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0

    def peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise Unclear
        self._at += 1
        return token

    def _operator(self) -> str:
        token = self.peek()
        return token.operator if token else ""

    def _keyword(self) -> str:
        """The next word where it could be one of the grammar's; "" for any other token."""
        token = self.peek()
        return token.word.text if token and token.word and token.word.plain else ""

    def _expect(self, keyword: str) -> None:
        if self._keyword() != keyword:
            raise Unclear
        self._take()

    def _skip_breaks(self) -> None:
        while self._operator() == "\n":
            self._take()

    def statements(self, stops: tuple[str, ...]) -> Statements:
        """The statements up to one of the keywords `stops`, a `)`, or the end."""
        found: list[Statement] = []
        while True:
            self._skip_breaks()
            if self.peek() is None or self._operator() == ")" or self._keyword() in stops:
                return tuple(found)
            found.append(self._statement())

    def _statement(self) -> Statement:
        pipelines, joints = [self._pipeline()], []
        while self._operator() in ("&&", "||"):
            joints.append(self._take().operator)
            self._skip_breaks()
            pipelines.append(self._pipeline())
        end = self._take().operator if self._operator() in (";", "&", "\n") else ""
        return Statement(pipelines=tuple(pipelines), joints=tuple(joints), end=end)

    def _pipeline(self) -> Pipeline:
        negated = self._keyword() == "!"
        if negated:
            self._take()
        commands = [self._command()]
        while self._operator() in ("|", "|&"):
            self._take()
            self._skip_breaks()
            commands.append(self._command())
        return Pipeline(commands=tuple(commands), negated=negated)

    def _command(self) -> Command:
        if self._operator() == "(":
            self._take()
            group = self.statements(())
            if self._take().operator != ")":
                raise Unclear
            return Command(group=group)
        keyword = self._keyword()
        if keyword in _UNREAD or keyword in _CLOSERS:
            raise Unclear
        if keyword == "{":
            self._take()
            group = self.statements(("}",))
            self._expect("}")
            return Command(group=group)
        if keyword == "if":
            return self._if()
        if keyword in ("for", "while", "until"):
            return self._loop(keyword)
        return self._simple()

    def _if(self) -> Command:
        self._take()
        condition = self.statements(("then",))
        self._expect("then")
        branch = self.statements(("elif", "else", "fi"))
        has_else = self._keyword() in ("elif", "else")
        if self._keyword() == "elif":
            self._if()  # which begins at the `elif`, and takes the `fi`, too
        else:
            if has_else:
                self._take()
                self.statements(("fi",))
            self._expect("fi")
        return Command(keyword="if", condition=condition, branch=branch, has_else=has_else)

    def _loop(self, keyword: str) -> Command:
        self._take()
        if keyword == "for":
            while self._keyword() != "do":
                self._take()
        else:
            self.statements(("do",))
        self._expect("do")
        self.statements(("done",))
        self._expect("done")
        return Command(keyword=keyword)

    def _simple(self) -> Command:
        words = []
        while (token := self.peek()) and token.word is not None:
            words.append(token.word)
            self._take()
        # A `(` behind a word is a function's; without a word there is no command.
        if not words or self._operator() == "(":
            raise Unclear
        return Command(words=tuple(words))
