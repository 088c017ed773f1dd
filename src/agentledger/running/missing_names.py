"""Says of a failure's words whether a test lacks a name that the code does not have, or could not be loaded at all.

Belongs here: the words of interpreters, compilers and runners. Does not: which code lacks it, or what follows.

From words alone this is a guess: a test may fail with an AttributeError because of a bug. It is asked only about
tests that were put on code they were not written for, where a missing name is the usual cause.
"""

from __future__ import annotations

import re

_LONGEST = 1 << 14  # characters that are looked at

_WORDS = re.compile(
    "|".join(
        (
            # Python; the module, the name and the parameter that are not there.
            r"\b(?:ImportError|ModuleNotFoundError)\b",
            r"\bcannot import name\b",
            r"\bAttributeError: .{0,200}\bhas no attribute\b",
            r"\bobject has no attribute\b",
            r"\bdoes not have the attribute\b",  # of mock.patch
            r"\bNameError: name\b",
            r"\bgot an unexpected keyword argument\b",
            r"\btakes (?:no|from \d+ to \d+|\d+) (?:positional )?arguments?\b",
            r"\bmissing \d+ required (?:positional|keyword-only) argument",
            r"\bfixture '[^'\n]{1,200}' not found",
            # JavaScript and TypeScript.
            r"\bCannot find (?:module|name|package)\b",
            r"\bFailed to (?:resolve import|load url)\b",
            r"\bERR_MODULE_NOT_FOUND\b|\bERR_PACKAGE_PATH_NOT_EXPORTED\b",
            r"\bis not a (?:function|constructor)\b",
            r"\bReferenceError: .{0,200}\bis not defined\b",
            r"\bdoes not provide an export named\b",
            r"\bhas no exported member\b",
            r"\bProperty '[^'\n]{1,200}' does not exist on type\b",
            # Go, Rust, C and C++.
            r"\bundefined: \w",
            r"\bundefined \(type .{0,200}\bhas no field or method\b",
            r"\bhas no field or method\b|\bunknown field\b",
            r"\b(?:not enough|too many) arguments in call to\b",
            r"\bcannot find (?:package|module|function|type|value|macro|struct|trait)\b",
            r"\bunresolved import\b|\bno (?:method|field|function or associated item) named\b",
            r"\bwas not declared in this scope\b|\bundefined reference to\b|\bhas no member named\b",
            # The JVM and .NET.
            r"\bNo(?:SuchMethod|ClassDefFound|SuchField)Error\b|\bClassNotFoundException\b",
            r"\bcannot find symbol\b|\b[Uu]nresolved reference\b",
            r"\bMissing(?:Method|Field|Member)Exception\b|\berror CS(?:0103|0117|0234|0246|1061|1501)\b",
            # Ruby and PHP.
            r"\buninitialized constant\b|\bundefined (?:local variable or )?method\b",
            r"\bcannot load such file\b|\bwrong number of arguments\b",
            r"\bCall to undefined (?:method|function)\b|\bUndefined (?:constant|property)\b",
            r"\b(?:Class|Interface|Trait) [\"'][^\"'\n]{1,200}[\"'] not found\b",
            # What runners say of a file that they could not take.
            r"\bcollection failure\b|\bTest suite failed to run\b|\[(?:build|setup) failed\]",
        )
    )
)


# Lines that pytest marks as what was raised, the last one of a chain last. Around them are lines of code, and values
# as they were: of an object that is not whole yet, `<[AttributeError("… has no attribute …") raised in repr()]`.
_RAISED = re.compile(r"(?:^E(?:[ ]{3}.*)?(?:\n|\Z))+", re.MULTILINE)


def lacks_name(message: str) -> bool:
    """Does a failure with this message lack a name, or its file?"""
    raised = _RAISED.findall(message)
    return _WORDS.search((raised[-1] if raised else message)[:_LONGEST]) is not None
