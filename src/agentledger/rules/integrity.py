"""Do tests still ask for what they asked for, and does one ask for the change?

Belongs here: the rules of the TST family, by what crossing a branch with base has shown. Does not: crossing (see
`workflow.integrity`), or the sentences about it (see `reports.integrity`).

A record counts while it is about the change as it is. What nobody has crossed, these rules know nothing of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentledger.model.integrity import TAKEN_AWAY, CrossingEnd, Integrity, Meaning, Word
from agentledger.model.ledger import Brief
from agentledger.model.text import encode, escape_hidden, format_count
from agentledger.rules.case import Case, Found
from agentledger.scope.task_scope import first_match

_LACKING = (Word.FOLLOWS_INTERFACE, Word.GONE_WITH_SUBJECT)
_SHOWN = 3  # tests that a message names
# Words of a criterion, or a title, by which nothing shall change that a test could see.
_REFACTORING = re.compile(
    r"\brefactor|\bbehaviou?r\b.{0,40}\b(?:same|unchanged|stays|as before|as it is)\b"
    r"|\b(?:no|without(?: a| any)?|not) (?:change|changing)s?\b.{0,20}\bbehaviou?r\b",
    re.IGNORECASE | re.DOTALL,
)


def demands_removed(case: Case) -> Iterator[Found]:
    """Tests that the brief does not own ask for less than on base, and nothing asks for something else instead.

    Why: whoever writes code can make it pass by asking for less. Whether that is right is for a reviewer to say, and
    for that it has to be seen. Where the brief owns these tests, the review shows it, and no rule speaks.
    Fix: put back what the tests asked for. If it is no longer wanted, have the brief own these tests:
    `agentledger plan TASK --edit`; then cross it again: `agentledger verify --integrity TASK`.
    """
    for record in _list_records(case):
        taken = [word for word in record.words if word.word in TAKEN_AWAY]
        if not taken and (record.meaning is not Meaning.DEMANDS_REMOVED or _lack_names_alone(record)):
            continue
        paths = {encode(word.path or word.partner_path) for word in taken if word.path or word.partner_path}
        foreign = [path for path in sorted(paths or _changed_tests(case)) if not _owns(case, path)]
        if foreign:
            shown = f"{escape_hidden(record.check)}: {_describe_taken(record)}"
            yield Found(
                message=f"{shown}, in tests that the brief does not own",
                hint=f"put that back, or let the brief own them: agentledger plan {_task(case)} --edit; "
                f"then {_cross_again(case)}",
                path=foreign[0],
            )


def _lack_names_alone(record: Integrity) -> bool:
    """Is each test that objects known, and misses a name: one that moved, or is gone with what it tests?"""
    return bool(record.words) and all(word.word in _LACKING for word in record.words)


def _describe_taken(record: Integrity) -> str:
    taken = [word for word in record.words if word.word in TAKEN_AWAY]
    if not taken:
        count = record.c.failed if record.c else None
        tests = f"{format_count(count, 'test')} of base's" if count else "tests of base's"
        return f"{tests} {'objects' if count == 1 else 'object'}, and nothing asks for the new behaviour"
    names = [f"{escape_hidden(word.test)} ({word.word})" for word in taken[:_SHOWN]]
    more = f" and {len(taken) - _SHOWN:,} more" if len(taken) > _SHOWN else ""
    return f"demands are gone: {', '.join(names)}{more}"


def change_untested(case: Case) -> Iterator[Found]:
    """Code changed, and no test can tell it from base: base's tests pass on it, and the branch's pass without it.

    Why: a change that no test asks for can be lost again, or never have worked, and every check stays green.
    Fix: add a test that fails without the change, then cross it again: `agentledger verify --integrity TASK`. Where
    nothing shall change that a test could see, a criterion of the brief says so, and no rule speaks.
    """
    if case.brief is not None and says_refactoring(case.brief):
        return
    for record in _list_records(case):
        if record.meaning is not Meaning.UNTESTED or _has_failed(record):
            continue
        yield Found(
            message=f"{escape_hidden(record.check)}: no test can tell this change from base",
            hint=f"add a test that fails without the change, then {_cross_again(case)}",
            path=record.document.source.path,
        )


def says_refactoring(brief: Brief) -> bool:
    """Does a brief say that nothing changes which a test could see?"""
    return any(_REFACTORING.search(text) for text in (brief.title, *(item.text for item in brief.criteria)))


def _has_failed(record: Integrity) -> bool:
    """Did tests fail in a crossing after all, as they do on their own side, too?"""
    return any(run is None or run.end is not CrossingEnd.PASSES for run in (record.c, record.d))


def _list_records(case: Case) -> Iterator[Integrity]:
    """The newest record of each check that is about the change as it is."""
    fresh = case.standing.integrity_fresh if case.standing else {}
    seen = set[str]()
    for record in case.work.integrity if case.work else ():
        judged = fresh.get(record.document.source.path)
        if judged is not None and judged.holds and record.check and record.check not in seen:
            seen.add(record.check)
            yield record


def _changed_tests(case: Case) -> set[bytes]:
    patterns = tuple(map(encode, case.policy.tests))
    return {t.path for t in case.changed if t.net and first_match(patterns, t.path) is not None}


def _owns(case: Case, path: bytes) -> bool:
    return case.scope is not None and case.scope.owned_by(path) is not None


def _task(case: Case) -> str:
    return escape_hidden(case.brief.task) if case.brief else "TASK"


def _cross_again(case: Case) -> str:
    return f"agentledger verify --integrity {_task(case)}"
