"""Which commits outside base have landed, though no branch is at them: one by one, as if each were a branch's head.

Belongs here: asking that of commits. Does not: how it is answered (see `absorbed`), or of which commits to ask
(see `abandoned_grounds`, `bridges`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from agentledger.changes import absorbed, line_counts
from agentledger.changes.ancestry import History
from agentledger.git import diffs
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Change, State, Sync
from agentledger.storage.cache import Cache


def find_landings(
    scratch: Scratch,
    cache: Cache,
    history: History,
    commits: Sequence[str],
    paths: Mapping[str, Collection[bytes]] = MappingProxyType({}),
) -> dict[str, str]:
    """Map each of these commits outside base to the commit of base that is the same change, where there is one.

    Of a commit with an entry in `paths` that is asked only where it has changed one of these: each question can
    take some merges.
    """
    heads = list(dict.fromkeys(commits))
    drafts = [_draft_branch(history, head) for head in heads if history.merge_bases(head)]
    pairs = [(draft.merge_bases[0], draft.head) for draft in drafts]
    answers = zip(drafts, diffs.read_changes(scratch.git, pairs), strict=True)
    changed = [
        replace(draft, changes=diff)
        for draft, diff in answers
        if not isinstance(diff, Failure) and _has_changed(diff, paths.get(draft.head))
    ]
    counted = line_counts.count_lines(scratch, cache, changed)
    marked = absorbed.mark_absorbed(scratch, cache, history, branches=counted, progress=lambda *_: None)
    return {b.head: b.same_as for b in marked if b.state is State.ABSORBED and b.same_as}


def _has_changed(diff: Sequence[Change], paths: Collection[bytes] | None) -> bool:
    return paths is None or any(change.path in paths for change in diff)


def _draft_branch(history: History, head: str) -> Branch:
    # No ref has this commit; its id stands in for one.
    return Branch(name=head, ref=head, head=head, sync=Sync.LOCAL, merge_bases=history.merge_bases(head))
