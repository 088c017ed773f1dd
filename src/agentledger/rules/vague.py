"""Does an outcome, or a criterion, name anything that somebody could see?

Belongs here: rule BRF004, and what it goes by: lists of English words. Does not: the other rules of briefs
(see `brief`), or measuring how often it is right (see benchmarks/vague.py).

It is a guess, so it only warns, and speaks only where two things hold: the text has nothing that can be
looked up (a path, a command, a number, a name), and its words either say nothing of this task in
particular, or judge its quality without saying by what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentledger.text import escape_hidden

from .case import Case, Found

# What can be looked up: code, a number, a quotation, a path or file, an option, a name in code.
_NAMED = re.compile(
    r"""`[^`]+` | \d | "[^"]+" | “[^”]+” | (?<!\w)'[^']+'(?!\w) | \w/\S*[/.] | (?<![\w/])[.~]*/\w | \w/(?!\w)
    | \b[\w-]*\w\.[a-z]\w{0,4}\b | (?<!\w)--?[a-z][\w-]+ | \w\( | \w_\w | [a-z][A-Z] | (?<!\w)[.@<]\w
    | -> | →""",
    re.VERBOSE,
)
_PROPER = re.compile(r"(?<![.:!?*(\[] )(?<!^)(?<![*_(\[-])\b[A-Z][\w-]*|\b[A-Z]{2,}\w*")
# Letters that every team writes, and that name nothing of its own.
_COMMON = frozenset("AC DOD MVP NEW QA TDD TODO UI UPDATED US UX I WIP".split())
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*")

# Words that say of a text's own task no more than that it is one.
_GENERIC = frozenset(
    """
    a about acceptance accordingly across add added adding additional adds all also always an and any
    applicable application approach are areas as at be been behavior behaviour being between both browser
    browsers bug bugs by case cases change changed changes check checked cleaned cleanup code codebase
    commented comments complete completed completely component components confirm core coverage covered
    create criteria criterion current data debt defined deliver delivered describe described describing
    description design desired desktop develop developed development do docs document documentation
    documented done each edge empty end end-to-end ensure error errors everything existing expected facing
    feature features file files finalise finalize finish finished fix fixed fixes flow flows follow
    followed for from fulfilled fully functional functionalities functionality general get handle handled
    handling has have implement implementation implemented implementing implements in include included
    including integration intended into issue issues it item its like logic made maintain make making
    manual manually meet meets message messages met method methods mobile must naming necessary need
    needed needs new no of on optimisation optimise optimization optimize or our overall page pages per
    perform performance performed place plan polish possible problem problems product project quality
    refactor refactored refactoring regression regressions related relevant remain remains required
    requirement requirements scenarios screen screens separation set should site solution some sure system
    task tasks technical test tested testing tests that the their them there these they things this those
    throughout to unit unitary up update updated updates updating usage use used user users using validate
    validated validation various verification verified verify was we web well where which will with work
    working works write written you
    """.split()
)
# Judgements that everybody reads differently, whatever they are made of.
_QUALITY = frozenset(
    """
    acceptable adequate adequately appropriate attractive beautiful better cleaner clearly comfortable
    convenient easier easily easy efficient efficiently elegant enhance enhanced enhances flawless
    flawlessly friendly graceful gracefully high-quality idiomatic improve improved improves improving
    intuitive intuitively maintainability maintainable meaningful nicely nicer optimal optimally
    performant playable polished professional proper readability readable reasonable reasonably robust
    robustly robustness scalable seamless seamlessly slick smooth smoothly sufficient sufficiently
    suitable thorough thoroughly tidy understandable usability usable useful well-designed well-documented
    well-organized well-structured well-tested
    """.split()
)
# Those that say nothing only where all the other words say nothing either.
_MILD = frozenset(
    """
    accessible appropriately best clean clear comprehensive consistent consistently correct correctly fast
    faster good great modern nice optimized properly quick quickly reliable reliably responsive simple
    simplified solid stable successful successfully
    """.split()
)
_EMPTY = _GENERIC | _QUALITY | _MILD
# Two words that judge, where each alone might tell of something.
_JUDGED = re.compile(
    r"\b(?:a|are|be|feels?|has|have|is|keeps?|maintains?|more|with) cle(?:an|ar)(?! of\b)\b"
    r"|^cle(?:an|ar) (?:\w+ )?(?:distinction|errors?|naming|separation|structure|understanding)\b"
    r"|\b(?:look|work)s? (?:fine|great|nice|well)\b"
    r"|\b(?:behav|integrat|look|perform|render|run|work)(?:e|s|es|ed|ing)?"
    r" (?:correct|correctly|properly|reliably|as expected|as intended)\b"
)
# Judgements beside the point: what something is for, or where it is left to whoever does it.
_ASIDE = re.compile(
    r"\bfor (?:better|cleaner|easier|easy|efficient|fast|faster|improved|quick|smooth)\b.*"
    r"|\b(?:as|if|when|where) (?:appropriate|possible)\b"
)
# What is improved in a way that is said.
_HOW = re.compile(r"\b(?:improve|enhance|optimi[sz]e|refactor)\b.* (?:by|to|using|via|with) ")
# What can be watched happening, or not happening: with one of these a judgement is only an ornament.
_HAPPENS = frozenset(
    """
    accept agree allow announce answer appear apply approve ask avoid block break build call cancel clip
    close collapse compile contain convert count crash deny deploy disable disappear display download drop
    emit enable end exceed exist exit expire export fail fall fallback fetch fire focus forbid format
    generate hide ignore import install keep lack leak link list load lock log map mark match merge
    migrate move name navigate obscure omit open output override overwrite parse pass pause persist play
    preserve prevent print produce prompt publish raise reach read receive record redirect refer refuse
    reject reload remember remove rename render reopen repeat replace reply report reset resize resolve
    respond restore restrict resume retry return reveal revert rotate run save scroll select send shift
    show skip sort start stay stop store submit support switch sync throw time toggle trap trigger type
    unlock upload validate visible warn wrap
    """.split()
)
_CONDITION = re.compile(
    r"\b(?:when(?:ever)?|if|while|during|until|unless|after|before|once|without|instead|only|never|than)\b"
    r"|\b(?:no longer|cannot|can't)\b"
)
# Tests that show something, or still pass: whatever it is, somebody can run them.
_TESTS = re.compile(
    r"\btests? (?:\w+ ){0,3}(?:cover|demonstrate|ensure|prove|show|validate|verify)s?\b"
    r"|\bregressions? in .*tests?\b|\bcoverage (?:\w+ )*(?:improv|increas|maintain|regress)"
)
MOST_OWN = 2  # words of its own beside a judgement: with more of them somebody knows where to look
MOST = 300  # characters: what is longer says something


def brief_vague(case: Case) -> Iterator[Found]:
    """The outcome, or a criterion, names nothing that somebody could see.

    Why: an agent calls "better" and "properly" done whenever it stops, and nobody can say that it is wrong.
    Fix: name what can be looked at: a path, a command, a number, an endpoint, or what happens when.
    """
    brief = case.brief
    if brief is None:
        return
    path = brief.document.source.path
    outcome = brief.document.part("Outcome")
    said = _sentences(outcome.text) if outcome and not outcome.empty else []
    if outcome and said and all(map(vague, said)):
        yield _found("the outcome", outcome.text, path, outcome.line)
    for item in brief.criteria:
        if vague(item.text):
            yield _found("a criterion", item.text, path, item.line)


def vague(text: str) -> bool:
    """Is there nothing in a sentence that somebody could see? Only English is understood; "" is not vague."""
    lower = text.lower()
    words = _WORD.findall(lower)
    if not words or len(text) > MOST or text.rstrip().endswith(":") or _names(text):
        return False
    if _EMPTY.issuperset(words):
        return not _TESTS.search(lower)
    told = any(each.search(lower) for each in (_CONDITION, _HOW, _TESTS))
    return not told and _judged(_ASIDE.sub("", lower))


def _judged(lower: str) -> bool:
    """Does it judge, say of little more than itself, and have nothing happen that could be watched?"""
    rest = _WORD.findall(_JUDGED.sub("", lower))
    if not _JUDGED.search(lower) and _QUALITY.isdisjoint(rest):
        return False
    own = [word for word in rest if word not in _EMPTY]
    return len(own) <= MOST_OWN and not any(stem in _HAPPENS for word in own for stem in _stems(word))


def _names(text: str) -> bool:
    """Has it anything that can be looked up?"""
    if _NAMED.search(text):
        return True
    return any(found.upper() not in _COMMON for found in _PROPER.findall(text))


def _stems(word: str) -> Iterator[str]:
    """A verb's ground form, among others: `replies` → `reply`, `stopped` → `stop`, `removing` → `remove`."""
    yield word
    for ending in ("s", "es", "d", "ed", "ing"):
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            yield stem
            yield f"{stem}e"
            yield stem[:-1]


def _sentences(text: str) -> list[str]:
    found = re.split(r"(?<=[.!?])\s+|\n", text)
    return [sentence for sentence in found if _WORD.search(sentence.lower())]


def _found(what: str, text: str, path: str, line: int) -> Found:
    flat = " ".join(text.split())
    shown = escape_hidden(flat if len(flat) <= 80 else f"{flat[:79]}…")
    return Found(
        f"{what} names nothing that somebody could see: {shown}",
        "say what can be looked at: a path, a command, a number, or what happens when",
        path,
        line,
    )
