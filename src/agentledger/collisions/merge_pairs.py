"""Has git merge the pairs of branches that can conflict, and remembers what came of it.

Belongs here: these merges, in the sealed directory and without the ledger's folder. Does not: choosing the pairs (see
`pair_filter`, `stacked_pairs`), or what they mean (see `forecast_pairs`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from agentledger.changes.forecast import dump_files, load_files
from agentledger.git import merging, objects
from agentledger.git.code_tree import write_code_trees
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.fleet import Merger
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.storage.cache import Cache

# How much is kept of one collision: there can be thousands.
MOST_FILES, MOST_HUNKS, MOST_LINES, MOST_BYTES = 5, 3, 30, 2_000


class Question(NamedTuple):
    """Two commits of the sealed directory to merge, and the heads for which they stand, the first to land first."""

    ours: str
    theirs: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a pair: the files that conflict, or git's reason for no answer.

    `tried` is False where the filter of stacks knew that they merge.
    """

    files: tuple[ConflictFile, ...] = ()
    failed: str = ""
    tried: bool = True


class Trees:
    """Commits for merges of pairs: a tree without the ledger's folder, on the commit where both sides begin.

    Everything is asked for in bulk, and made once.
    """

    def __init__(self, scratch: Scratch, trees: Sequence[str]) -> None:
        self._scratch = scratch
        self._code = write_code_trees(scratch, trees)
        self._commits: dict[tuple[str, str], str] = {}

    def commit(self, tree: str, ground: str = "") -> str:
        """Return a commit of a tree that was named at first, on that of the tree `ground`; '' where one is missing."""
        key = tree, ground
        if key not in self._commits:
            parents = [self.commit(ground)] if ground else []
            known = tree in self._code and all(parents)
            self._commits[key] = self._scratch.commit(self._code[tree], parents) if known else ""
        return self._commits[key]


def read_root_trees(scratch: Scratch, commits: Sequence[str]) -> dict[str, str]:
    """Map commits to their trees; those that cannot be read are left out."""
    infos = objects.read_object_info(scratch.git, [f"{commit}^{{tree}}" for commit in commits])
    return {commit: tree for commit, (tree, kind, _) in zip(commits, infos, strict=True) if kind == "tree"}


def load_verdicts(cache: Cache, keys: Sequence[str]) -> dict[str, Verdict]:
    """Map keys to the verdicts that are stored."""
    return {
        key: verdict
        for key, row in cache.get("pair", keys).items()
        if (verdict := _load_verdict(row)) is not None
    }


def store_verdicts(cache: Cache, verdicts: Mapping[str, Verdict]) -> None:
    """Store verdicts by key. A failure may pass (a missing blob is fetched later), so only answers are kept."""
    cache.put("pair", ((key, _dump_verdict(each)) for key, each in verdicts.items() if not each.failed))


def merge_questions(
    scratch: Scratch, questions: Sequence[Question], by: Merger, tick: Callable[[], None]
) -> list[Verdict]:
    """Return git's answers, in order."""
    if not questions:
        return []
    options = ["-X", f"diff-algorithm={by.diff_algorithm}"] if by.diff_algorithm else []
    pairs = [(each.ours, each.theirs) for each in questions]
    answers = [_without_ledger(each) for each in merging.simulate_merges(scratch, pairs, tick, options)]
    stopped = [each for each in answers if isinstance(each, Merged) and each.stages]
    files = iter(merging.read_conflict_files(scratch, stopped))
    return [
        Verdict(failed=answer.reason)
        if isinstance(answer, Failure)
        else Verdict(_shorten(next(files), question) if answer.stages else ())
        for answer, question in zip(answers, questions, strict=True)
    ]


def _without_ledger(answer: Merged | Failure) -> Merged | Failure:
    """Without conflicts in the ledger's folder, which a merge of commits as they are can have."""
    if isinstance(answer, Failure):
        return answer
    if not answer.clean and not answer.stages:
        return Failure("git named no file that conflicts")
    return answer._replace(
        stages=tuple(each for each in answer.stages if not each[0].startswith(LEDGER_BYTES))
    )


def _shorten(files: Sequence[ConflictFile], question: Question) -> tuple[ConflictFile, ...]:
    """The files with the beginnings of their hunks, whose markers name the heads."""
    return tuple(
        file._replace(hunks=tuple(_shorten_hunk(hunk, question) for hunk in file.hunks[:MOST_HUNKS]))
        if number < MOST_FILES
        else file._replace(hunks=())
        for number, file in enumerate(files)
    )


def _shorten_hunk(hunk: Hunk, question: Question) -> Hunk:
    text = hunk.text.replace(question.ours.encode(), question.first.encode())
    lines = text.replace(question.theirs.encode(), question.second.encode()).split(b"\n")
    kept = lines[:MOST_LINES]
    while len(kept) > 1 and sum(map(len, kept)) > MOST_BYTES:
        kept.pop()
    return Hunk(hunk.line, b"\n".join(kept), hunk.cut + len(lines) - len(kept))


def _dump_verdict(verdict: Verdict) -> list[Any]:
    return [dump_files(verdict.files), verdict.tried]


def _load_verdict(stored: Any) -> Verdict | None:
    """Rebuild a stored verdict; None when it is not one (anybody can write to the cache's file)."""
    try:
        rows, tried = stored
        files = load_files(rows)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return None
    return Verdict(files, tried=tried is True)
