"""How single lines of tests look in each language: what asserts, skips, focuses, declares a test, adds rows to one.

Belongs here: the table, and the language of a path. Does not: counting (see `static_facts`), or which test a skip is
on (see `skipped_tests`).

These are guesses from one line at a time: a helper that asserts is one line here, however much it asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The lines of one language's tests, as expressions that are searched in a line."""

    name: str
    #: How a line of comment begins, behind its indentation.
    comment: re.Pattern[bytes]
    assertion: re.Pattern[bytes]
    #: A test begins.
    declaration: re.Pattern[bytes]
    #: A test is not run, or its failure does not count; `skip_if`: only under a condition.
    skip: re.Pattern[bytes]
    skip_if: re.Pattern[bytes]
    #: The runner runs these tests alone.
    focus: re.Pattern[bytes]
    #: A table begins of which each row is a case.
    rows: re.Pattern[bytes]
    #: What a skip can be on, with its name in the one group that takes part.
    subject: re.Pattern[bytes]
    #: A skip of the whole file.
    whole: re.Pattern[bytes]


_NEVER = r"(?!)"
_HASH = r"#(?!\[)"
_SLASHES = r"//(?!go:build)|/\*|\*(?=[\s/])"
_CALL = r"^\s*(?:it|test|describe|context|suite|specify)\b"
_QUOTED = r"""(?:'([^']+)'|"([^"]+)"|`([^`]+)`)"""


class _Texts(NamedTuple):
    """A row of the table: the expressions of a `Language` as they were typed."""

    name: str
    comment: str
    assertion: str
    declaration: str
    skip: str
    subject: str
    skip_if: str = _NEVER
    focus: str = _NEVER
    rows: str = _NEVER
    whole: str = _NEVER


@cache  # only when a file of the language comes: all of them take twenty milliseconds
def _compile_language(texts: _Texts) -> Language:
    compiled = {key: re.compile(text.encode()) for key, text in texts._asdict().items() if key != "name"}
    return Language(name=texts.name, **compiled)


_PYTHON = _Texts(
    name="Python",
    comment=_HASH,
    assertion=r"\bassert\b|\.assert\w+\(|\bassert_\w+\(|\bpytest\.(?:raises|warns|fail)\(|\bself\.fail\(",
    declaration=r"^\s*(?:async\s+)?def\s+test\w*\s*\(",
    skip=r"@(?:pytest\.mark|unittest|mark|pytest)\.(?:skip|xfail|expectedFailure)\b(?!\()"
    r"|@(?:pytest\.mark|unittest|mark)\.skip\(|@pytest\.mark\.xfail\(\s*(?:\)|reason|strict|raises|run)|@(?:skip|expectedFailure)\b"
    r"|\bpytest\.(?:skip|xfail)\(|\bself\.skipTest\(|\braise\s+(?:unittest\.)?SkipTest\b",
    skip_if=r"@(?:pytest\.mark|unittest|mark)\.(?:skip[iI]f|skipUnless|xfail)\b|@skip(?:If|Unless)\b"
    r"|\bpytest\.importorskip\(",
    rows=r"\bparametrize\b|\bpytest\.param\(|\bsubTest\(|@parameterized\b|@(?:ddt\.)?data\(|@given\(",
    subject=r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)",
    whole=r"^pytestmark\s*=.*\b(?:skip|xfail)|\bpytest\.skip\(.*allow_module_level\s*=\s*True",
)
_JAVASCRIPT = _Texts(
    name="JavaScript, TypeScript",
    comment=_SLASHES,
    assertion=r"\bexpect(?:TypeOf|Error|\.(?!extend)\w+)?\s*(?:<[^()]*>)?\(|\bassert(?:\.\w+)*\s*\(|\bassertType\b|\.should\b"
    r"|\bt\.(?:is|not|like|ok|equals?|same|(?:not)?[dD]eepEqual|true|false|truthy|falsy|throws\w*|regex|snapshot|fail)\("
    r"|\bverify\w*\(|\brejects\.to|\bshould\(",
    declaration=r"^\s*(?:f|x)?(?:it|test|specify)(?:\.\w+)*\s*[(`]",
    # From the beginning of a line on: titles of tests speak of such marks, too.
    skip=_CALL + r"(?:\.\w+)*\.(?:skip|todo|fixme|fails|failing)(?:\.\w+)*\s*[(`<]"
    r"|^\s*x(?:it|test|describe|context|specify)\s*\(|^\s*this\.skip\(\)|^\s*(?:ctx|context|t)\.skip\("
    r"|" + _CALL + r".*\bskip\s*:\s*true\b",
    skip_if=_CALL + r"(?:\.\w+)*\.(?:skipIf|runIf)\b|" + _CALL + r".*\bskip\s*:\s*(?!true\b|false\b)\w",
    focus=_CALL + r"(?:\.\w+)*\.only(?:\.\w+)*\s*[(`<]|^\s*f(?:it|describe|context)\s*\("
    r"|" + _CALL + r".*\bonly\s*:\s*true\b",
    rows=r"\b(?:it|test|describe)(?:\.\w+)*\.(?:each|for)\b",
    # The title is the first text behind a parenthesis: `it.skipIf(os === 'x')('title'`.
    subject=r"^\s*[fx]?(?:it|test|describe|context|suite|specify)\b.*?\(\s*" + _QUOTED,
)
_GO = _Texts(
    name="Go",
    comment=_SLASHES,
    assertion=r"\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|qt|suite|s)\.[A-Z]\w+\("
    r"|\b(?:g\.|gomega\.)?(?:Expect|Eventually|Consistently)\(|\btestutil\.\w+\(|\bc\.(?:Assert|Check)\(",
    declaration=r"^func\s+(?:\([^)]*\)\s*)?(?:Test|Fuzz|Example)\w*\s*\(|\bt\.Run\(|^\s*(?:It|Specify)\(",
    skip=r"\b[tbs]\.(?:T\(\)\.)?Skip(?:f|Now)?\(|^\s*(?:X|P)(?:It|Describe|Context)\(|^\s*Skip\(|^//go:build\s+ignore\b",
    skip_if=r"^//go:build\s",
    focus=r"^\s*F(?:It|Describe|Context|Specify)\(",
    rows=r"\[\]struct\s*\{|\bmap\[string\]struct\s*\{|\bDescribeTable\(|^\s*Entry\(",
    subject=r"^func\s+(?:\([^)]*\)\s*)?(\w+)|\bt\.Run\(\s*\"([^\"]+)\"|^\s*[XPF]?(?:It|Describe|Context)\(\s*\"([^\"]+)\"",
    whole=r"^//go:build\s",
)
_RUST = _Texts(
    name="Rust",
    comment=r"//|/\*|\*(?=[\s/])",
    assertion=r"\b(?:debug_)?assert\w*!|\bpanic!|#\[should_panic|\bunreachable!|\b(?:insta::)?assert_\w*snapshot!",
    declaration=r"#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|proptest)\b|#\[tokio::test",
    skip=r"#\[ignore\b",
    skip_if=r"#\[cfg_attr\(.*\bignore\b",
    rows=r"#\[(?:case|test_case|values|rstest)\b|\brstest\b",
    subject=r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?(?:fn|mod)\s+(\w+)",
)
_JVM = _Texts(
    name="Java, Kotlin, Scala, Groovy",
    comment=_SLASHES,
    assertion=r"\bassert\w*\s*[({]|\bverify\w*\s*[({]|\bfail\(|\bassert\s|\bshould(?:\w+)?\b|\bexpect\w*\(|\bthen\("
    r"|\bwaitAndAssert",
    declaration=r"^\s*@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b"
    r"|^\s*public\s+void\s+test\w+\s*\(",
    skip=r"@(?:Disabled|Ignore|PendingFeature)\b(?!\w)",
    skip_if=r"@(?:Disabled|Enabled)(?:On|If|For)\w*|\bassume\w*\(|@(?:Requires|IgnoreIf)\b",
    rows=r"@(?:ValueSource|CsvSource|MethodSource|EnumSource|CsvFileSource|ArgumentsSource|DataProvider|FieldSource)\b"
    r"|dataProvider\s*=",
    subject=r"\b(?:void|class|fun|object)\s+(?:`([^`]+)`|(\w+))",
)
_CSHARP = _Texts(
    name="C#",
    comment=_SLASHES,
    assertion=r"\bAssert\.\w+|\.Should\w*(?:<[^()]*>)?\(|\.ShouldBe\w*|\.Received\w*\(|\.Verify\w*\(|\bVerify\w*\(|\bExpect\(",
    declaration=r"^\s*\[(?:\w+\(.*\)\s*,\s*)?(?:Fact|Theory|Test|TestMethod|TestCase|DataTestMethod)\b",
    skip=r"\bSkip\s*=|^\s*\[Ignore\b|\bAssert\.(?:Ignore|Inconclusive|Skip)\(|\[Explicit\b",
    skip_if=r"\bSkip(?:When|Unless)\s*=|\[(?:Conditional|Platform|WindowsOnly)\w*\b|\bAssert\.Skip(?:When|Unless)\(",
    rows=r"\[(?:InlineData|MemberData|ClassData|TestCase|TestCaseSource|DataRow|DynamicData|Values)\b",
    subject=r"\b(?:void|Task|ValueTask|class)\s+(\w+)",
)
_RUBY = _Texts(
    name="Ruby",
    comment=_HASH,
    assertion=r"\bexpect(?:_\w+)?\b|\bassert\w*\b|\brefute\w*\b|\bshould(?:_not)?\b|\b(?:must|wont)_\w+|\bis_expected\b"
    r"|\bflunk\b",
    declaration=r"^\s*[fx]?(?:it|its|specify|example|scenario|test)\b(?=[\s({])|^\s*def\s+test_\w+",
    skip=r"^\s*x(?:it|describe|context|specify|example)\b|^\s*(?:skip|pending)\b(?!\s*=)|,\s*(?:skip|pending):\s*(?!false)"
    r"|,\s*:(?:skip|pending)\b",
    skip_if=r"^\s*(?:skip|pending)\b.*\b(?:if|unless)\b",
    focus=r"^\s*f(?:it|describe|context|specify|example)\b|,\s*:focus\b|,\s*focus:\s*true|^\s*focus\s*$",
    rows=r"\bwhere\(|\bwith_them\b|\.each\s+do\b",
    subject=r"^\s*[fx]?(?:it|its|specify|example|scenario|test|describe|context|feature)\b[^'\"]*(?:'([^']+)'|\"([^\"]+)\")"
    r"|^\s*def\s+(\w+)|^\s*class\s+(\w+)",
)
_PHP = _Texts(
    name="PHP",
    comment=r"//|/\*(?!\*.*@)|#(?!\[)|\*(?!.*@(?:test|dataProvider))",
    assertion=r"(?:\$this->|self::|static::|Assert::)assert\w*\(|->expect\w*\(|->should\w+\(|\bexpect\(|\bassert\w*\(|::fail\("
    r"|->fail\(",
    declaration=r"\bfunction\s+test\w*\s*\(|@test\b|#\[Test\b|^\s*(?:it|test)\(",
    skip=r"->markTest(?:Skipped|Incomplete)\(|::markTest(?:Skipped|Incomplete)\(|->(?:skip|todo)\(",
    skip_if=r"#\[Requires\w*|@requires\b",
    focus=r"->only\(",
    rows=r"@dataProvider\b|#\[(?:DataProvider|TestWith|DataProviderExternal)\b|->with\(",
    subject=r"\b(?:function|class)\s+(\w+)|^\s*(?:it|test)\(\s*['\"]([^'\"]+)['\"]",
)
_C = _Texts(
    name="C, C++",
    comment=_SLASHES,
    assertion=r"\b(?:ASSERT|EXPECT|CHECK|REQUIRE|BOOST_(?:CHECK|REQUIRE|TEST)|static_assert|CPPUNIT_ASSERT|TEST_ASSERT)\w*\s*\("
    r"|\bassert\w*\s*\(|\bcl_\w+\s*\(|\bQ(?:COMPARE|VERIFY)\w*\s*\(|\bck_assert\w*\s*\(",
    declaration=r"^\s*(?:TYPED_)?TEST(?:_F|_P|_CASE|_METHOD)?\s*\(|^\s*SCENARIO\s*\(|^\s*BOOST_AUTO_TEST_CASE"
    r"|^(?:static\s+)?void\s+test_\w+\s*\(",
    skip=r"\bGTEST_SKIP\b|\bDISABLED_\w+|\bcl_skip\(|\bSKIP\(|\bQSKIP\(",
    rows=r"\bINSTANTIATE_TEST|\bGENERATE\(|\bQTest::addRow|\bQTest::newRow",
    subject=r"^\s*TEST\w*\s*\(\s*\w+\s*,\s*(?:DISABLED_)?(\w+)|^\s*(?:TEST_CASE|SCENARIO)\s*\(\s*\"([^\"]+)\""
    r"|^(?:static\s+)?void\s+(test_\w+)",
)
_SWIFT = _Texts(
    name="Swift",
    comment=_SLASHES,
    assertion=r"\bXCT(?:Assert|Unwrap|Fail)\w*\(|#(?:expect|require)\(",
    declaration=r"^\s*(?:@\w+\s+)*func\s+test\w*\s*\(|^\s*@Test\b",
    skip=r"\bthrow\s+XCTSkip\b|\.disabled\(",
    skip_if=r"\bXCTSkip(?:If|Unless)\(",
    rows=r"@Test\(.*arguments:",
    subject=r"\b(?:func|class|struct)\s+(\w+)",
)
_ELIXIR = _Texts(
    name="Elixir",
    comment=_HASH,
    assertion=r"\bassert\w*\b|\brefute\w*\b|\bflunk\b",
    declaration=r"^\s*(?:test|property)\s+\"",
    skip=r"@(?:tag|moduletag|describetag)\s+:?skip\b",
    subject=r"^\s*(?:test|property|describe)\s+\"([^\"]+)\"",
)

# Which endings have which language. A file with another one is not counted.
LANGUAGES: tuple[tuple[_Texts, str], ...] = (
    (_PYTHON, "py pyi"),
    (_JAVASCRIPT, "js jsx mjs cjs ts tsx mts cts vue svelte"),
    (_GO, "go"),
    (_RUST, "rs"),
    (_JVM, "java kt kts scala groovy"),
    (_CSHARP, "cs fs vb"),
    (_RUBY, "rb"),
    (_PHP, "php phpt"),
    (_C, "c h cc cpp cxx hpp m mm"),
    (_SWIFT, "swift"),
    (_ELIXIR, "ex exs"),
)
_BY_ENDING = {ending.encode(): language for language, endings in LANGUAGES for ending in endings.split()}


def language_of(path: bytes) -> Language | None:
    """Return the language of a test file by its ending; None for one that is not in the table."""
    name = path.rpartition(b"/")[2]
    texts = _BY_ENDING.get(name.rpartition(b".")[2].lower()) if b"." in name else None
    return _compile_language(texts) if texts else None


@cache
def any_mark(language: Language) -> re.Pattern[bytes]:
    """Return one expression for all marks that are counted, since most lines have none of them."""
    marks = (language.assertion, language.declaration, language.skip, language.skip_if)
    return re.compile(
        b"|".join(
            b"(?:%s)" % mark.pattern for mark in (*marks, language.focus, language.rows, language.whole)
        )
    )


def is_comment(language: Language, line: bytes) -> bool:
    """Is the line, which has no indentation, nothing but a comment?"""
    return language.comment.match(line) is not None
