"""Names the tests that a branch changed and says what became of each, where a check writes reports.

Belongs here: the texts of both sides' tests, and running once more what a word rests on, before it is said. Does not:
the words themselves (see `agentledger.crossed`).
"""

from __future__ import annotations

from typing import NamedTuple

from agentledger.crossed.texts import Texts
from agentledger.crossed.words import FourRuns, Words, list_to_confirm, without_flaky, word_tests
from agentledger.git import objects
from agentledger.model.integrity import TAKEN_AWAY, CrossingEnd, Meaning, Word
from agentledger.model.ledger import Check
from agentledger.model.text import decode, encode
from agentledger.workflow.integrity.decide import Verdict, decide
from agentledger.workflow.integrity.runs import Bench
from agentledger.workflow.integrity.side_run import SideRun, find_broken
from agentledger.workflow.integrity.sides import Files

# What is said of a test that objects to the branch for more than want of a name.
_OBJECTIONS = {
    *TAKEN_AWAY, Word.CHANGED_GUARD, Word.CHANGED_GUARD_NEW_INTERFACE, Word.GONE_WITH_SUBJECT, Word.FLAKY,
}  # fmt: skip
_MOST_TEXT = 1 << 20  # bytes of a file of tests that is read


class Runs(NamedTuple):
    """Both sides' own runs, and the two crossings."""

    own: SideRun
    base: SideRun
    c: SideRun
    d: SideRun


def name_words(bench: Bench, check: Check, runs: Runs) -> Words:
    """What became of each test; no word where a side's own run has no list of its tests."""
    if not check.junit or runs.own.named is None or runs.base.named is None:
        return Words()
    four = FourRuns(runs.base.named, runs.own.named, runs.c.named, runs.d.named)
    at = bench.sides
    return word_tests(four, _read_texts(bench, at.base_files), _read_texts(bench, at.head_files))


def confirm(bench: Bench, check: Check, runs: Runs, verdict: Verdict) -> tuple[Verdict, Words]:
    """The verdict and the words, after what they rest on was run once more where they say that demands are gone."""
    words = name_words(bench, check, runs)
    verdict = judge_by_words(verdict, words)
    wanted = list_to_confirm(words.words)
    if verdict.meaning is not Meaning.DEMANDS_REMOVED and not wanted.c_tests:
        return verdict, words
    # Of a verdict, and of a word without a path, nobody knows in which files its tests are.
    accusing = [word for word in words.words if word.word in TAKEN_AWAY]
    has_files = verdict.meaning is not Meaning.DEMANDS_REMOVED and all(word.path for word in accusing)
    c_files, d_files = (wanted.c_files, wanted.d_files) if has_files else ((), ())
    c = bench.run_c(check, runs.own.end, tuple(map(encode, c_files)))
    d = bench.run_d(check, runs.own.end, tuple(map(encode, d_files))) if wanted.d_tests else None
    told = without_flaky(words.words, c.named, d.named if d else None)
    words = Words(
        words=told,
        total=words.total,
        unknown=words.unknown,
        tells=words.tells,
        needs_names=words.needs_names,
    )
    return _judge_again(runs, c, verdict), words


def judge_by_words(verdict: Verdict, words: Words) -> Verdict:
    """The verdict; of demands that were only taken away, the words may know that all of them are still there.

    A function that moved is missed by base's tests, and where base had it at its new place, too, as an import, the
    branch's tests pass there.
    """
    said = {each.word for each in words.words}
    if verdict.meaning is not Meaning.DEMANDS_REMOVED or words.unknown or said & _OBJECTIONS:
        return verdict
    return Verdict(Meaning.CONTRACT_CHANGED) if Word.FOLLOWS_INTERFACE in said else verdict


def _judge_again(runs: Runs, c: SideRun, verdict: Verdict) -> Verdict:
    """The verdict; none where base's tests that objected do not do so again."""
    if verdict.meaning is not Meaning.DEMANDS_REMOVED:
        return verdict
    if runs.base.names and runs.c.names and c.names:
        same = find_broken(runs.c.names, runs.base.names) & find_broken(c.names, runs.base.names)
        is_again = bool(same)
    else:
        is_again = decide(runs.own, runs.base, c, runs.d).meaning is verdict.meaning
    if is_again:
        return verdict
    how = c.end.why if c.end.end is CrossingEnd.UNKNOWN else c.end.end
    why = f"flaky: base's tests objected to the branch's code once, and the second time: {how}"
    return Verdict(Meaning.UNKNOWN, why)


def _read_texts(bench: Bench, files: Files) -> Texts:
    """The changed files of tests on one side."""
    wanted = {
        path: files[path][1] for path in bench.sides.tests if files.get(path, ("",))[0].startswith("100")
    }
    ids = list(dict.fromkeys(wanted.values()))
    infos = zip(ids, objects.read_object_info(bench.scratch.git, ids), strict=True)
    small = [oid for oid, (_, kind, size) in infos if kind == "blob" and size <= _MOST_TEXT]
    contents = dict(objects.read_object_contents(bench.scratch.git, small)) if small else {}
    texts = {path: contents[oid] for path, oid in wanted.items() if oid in contents}
    return Texts({decode(path): text.decode("utf-8", "replace") for path, text in texts.items()})
