"""A branch → the view model of its page: every word on it, and their order.

Belongs here: verdict, facts, conflicts, commits, and the notes about what was not computed. Does not: HTML
(see `pages`), the task's part (see `task_view`), or the diff's files (see `file_view`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agentledger.attention import loose_work, stacking
from agentledger.attention.claims import Contradiction, find_contradictions
from agentledger.attention.commands import NextAction
from agentledger.attention.reviewing import describe_review
from agentledger.model.conflict import Conflict
from agentledger.model.fleet import Branch, Commit, FilePatch, Fleet, State, Sync
from agentledger.model.text import count_misleading, decode, format_count
from agentledger.reports import integrity
from agentledger.site import diff, forge_links
from agentledger.site.branch_commands import Command, build_commands
from agentledger.site.collisions.others_view import NO_OTHERS, Others
from agentledger.site.conflict_view import Conflicted, build_conflict, describe_rest
from agentledger.site.file_view import (
    LISTED,
    Entry,
    File,
    build_entries,
    build_files,
    format_branch_size,
    needs_own_page,
)
from agentledger.site.findings_view import FindingsView, build_findings
from agentledger.site.labels import Fact, Frame, Mark, branch_title, build_frame, tests_mark
from agentledger.site.markdown.render import Rendered
from agentledger.site.reply import Replies, build_replies
from agentledger.site.task_view import WorkView, build_work_view
from agentledger.site.timeline import CommitLine, list_documents
from agentledger.site.verdict_line import build_verdict_line

COMMITS_SHOWN = 250
CONFLICTS_SHOWN = 100  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPage:
    """The page of one branch. `conflicts_more` and its like count what was left out; "" for nothing."""

    frame: Frame
    name: str
    title: str
    #: What is known of it, and a sentence with more about that.
    verdict: Mark
    verdict_more: str
    #: Whose turn it is, since when (seconds since the epoch), and why; each "" where the verdict says it.
    turn: str
    since: int | None
    why: str
    #: How git's merge with base ended; None where the verdict says it.
    merge: Mark | None
    #: Its checks, a mark for each word; and what its tests have lost.
    checks: tuple[Mark, ...]
    tests: Mark | None
    #: How far it is behind base; "" where it is not.
    distance: str
    #: Files and lines changed, the ledger's own aside.
    size: str
    #: Its last activity, in seconds since the epoch.
    active_at: int
    action: NextAction | None
    #: Where its agent's words and git contradict each other.
    claims: tuple[Contradiction, ...]
    #: Where misleading characters are, and which.
    hidden: tuple[str, ...]
    facts: tuple[Fact, ...]
    conflicts: tuple[Conflicted, ...]
    conflicts_more: str
    #: The list of changed files, and their diffs in the same order.
    entries: tuple[Entry, ...]
    entries_more: str
    files: tuple[File, ...]
    findings: FindingsView | None
    #: False where no rule was run, so that an empty list of findings means nothing.
    judged: bool
    #: The file names of the diff's own page and of the documents'; None where there is none.
    diff_page: str | None
    documents_page: str | None
    commits: tuple[CommitLine, ...]
    commits_title: str
    commits_more: str
    commands: tuple[Command, ...]
    #: The branch on the forge.
    forge: forge_links.Link | None
    replies: Replies | None
    #: The task's part; None for a branch without a task.
    work: WorkView | None
    #: What it has to do with other branches.
    others: Others
    #: What was counted in tests, and what crossings show; all of it, and what to look at.
    test_facts: tuple[str, ...] = ()
    notable_tests: tuple[str, ...] = ()


_SYNC = {
    Sync.LOCAL: "only in this repository",
    Sync.REMOTE: "only on the remote, as of the last fetch",
    Sync.SAME: "the same here and on the remote",
    Sync.AHEAD: "the branch here has commits that the remote has not",
    Sync.BEHIND: "the remote has commits that the branch here has not; the remote’s head is shown",
    Sync.DIVERGED: "the branch here and the remote’s have diverged",
}
_AGENT_FROM = {
    "branch": "by the branch’s name",
    "author": "by the author of its commits",
    "trailer": "by a Co-authored-by line",
    "check-in": "by its newest check-in",
    "worktree": "by the folder of its worktree",
}


NO_TEXTS: Mapping[str, Rendered] = MappingProxyType({})


def build_branch_page(
    branch: Branch,
    fleet: Fleet,
    patches: Sequence[FilePatch],
    page: str,
    rendered: Mapping[str, Rendered] = NO_TEXTS,
    others: Others = NO_OTHERS,
    has_documents: bool = False,
) -> BranchPage:
    """Build the page of a branch from its patches; `page` is its path without the ending.

    `rendered` maps each of `task_view.list_page_texts` to its markup; a branch without a task needs none. `others`
    is what it has to do with other branches (see `others_view`), and `has_documents` says that they have a page.
    """
    file_name = page.rsplit("/", 1)[-1]
    entries = build_entries(branch, fleet.policy)
    conflict = branch.conflict or Conflict(clean=None)
    commits = tuple(
        _build_commit_line(c, forge_links.commit_url_prefix(fleet))
        for c in branch.own_commits[:COMMITS_SHOWN]
    )
    work = build_work_view(branch, fleet, commits, rendered.__getitem__)
    known = build_verdict_line(branch, fleet.base)
    return BranchPage(
        frame=build_frame(fleet),
        name=branch.name,
        title=work.title if work else branch_title(branch),
        verdict=known.verdict,
        verdict_more=known.more,
        turn=known.turn,
        since=known.since,
        why=known.why,
        merge=known.merge,
        checks=known.checks,
        tests=tests_mark(branch),
        distance=_describe_distance(branch, fleet),
        size="" if branch.state is State.UNREADABLE else format_branch_size(branch),
        active_at=branch.active_at,
        action=known.action,
        claims=find_contradictions(branch, fleet.policy),
        hidden=_describe_hidden(branch, fleet, patches),
        facts=_build_facts(branch),
        conflicts=tuple(
            build_conflict(f, fleet.base.name, branch.name) for f in conflict.files[:CONFLICTS_SHOWN]
        ),
        conflicts_more=describe_rest(len(conflict.files) - CONFLICTS_SHOWN, "file"),
        entries=entries[:LISTED],
        entries_more=describe_rest(len(entries) - LISTED, "file"),
        files=build_files(branch, fleet, patches),
        findings=build_findings(branch, {entry.path: entry.number for entry in entries}),
        judged=branch.findings is not None,
        diff_page=f"{file_name}.diff.html" if needs_own_page(patches) else None,
        documents_page=f"{file_name}.documents.html" if has_documents else None,
        commits=commits,
        commits_title=format_count(len(branch.own_commits), "commit"),
        commits_more=describe_rest(len(branch.own_commits) - COMMITS_SHOWN, "commit"),
        commands=build_commands(branch, fleet.base),
        forge=forge_links.review_link(fleet, branch),
        replies=build_replies(branch, fleet),
        work=work,
        others=others,
        test_facts=(*integrity.describe_static_facts(branch), *integrity.describe_crossings(branch)),
        notable_tests=integrity.describe_integrity(branch),
    )


def _describe_distance(branch: Branch, fleet: Fleet) -> str:
    if branch.state is State.UNREADABLE or not branch.behind:
        return ""
    return f"{format_count(branch.behind, 'commit')} behind {fleet.base.name}"


def _build_facts(branch: Branch) -> tuple[Fact, ...]:
    agent, bases = branch.agent, branch.merge_bases
    facts = (
        Fact(
            "Agent", f"{agent.name}, {_AGENT_FROM.get(agent.source, agent.source)}" if agent else "not known"
        ),
        Fact("Task", branch.task or ""),
        Fact("Review", "" if branch.work else describe_review(branch)),
        Fact("Stack", stacking.describe_stands(branch)),
        Fact("Bridge", stacking.describe_bridge(branch)),
        Fact("Worktree", _describe_worktree(branch)),
        Fact("On no branch", loose_work.describe_unsaved(branch)),
        Fact("Stashes", loose_work.describe_stashes(branch)),
        Fact("Local and remote", _SYNC[branch.sync] if _is_branch(branch) else ""),
        Fact("Same change as", branch.same_as or "", code=True),
        Fact("Brought by", branch.taken_back.arrival.commit if branch.taken_back else "", code=True),
        Fact("Taken back by", (branch.taken_back.commit or "") if branch.taken_back else "", code=True),
        Fact("Head", branch.head, code=True),
        Fact(
            "Merge base" if len(bases) == 1 else "Merge bases", _format_merge_bases(branch), code=bool(bases)
        ),
        Fact("Ref", branch.ref, code=True),
    )
    return tuple(fact for fact in facts if fact.text)


def _format_merge_bases(branch: Branch) -> str:
    placeholder = "" if branch.state is State.UNREADABLE else "none"
    return " ".join(branch.merge_bases) or placeholder


def _is_branch(branch: Branch) -> bool:
    """False for a ref that `--refs` selected, such as that of a pull request."""
    return branch.ref.startswith(("refs/heads/", "refs/remotes/"))


def _describe_worktree(branch: Branch) -> str:
    worktree = branch.worktree
    if worktree is None:
        return ""
    unknown = "git could not tell whether it is clean" if worktree.dirty is None else "clean"
    use = loose_work.describe_use(worktree)
    where = "the main one" if worktree.path in loose_work.MAIN else worktree.path
    return f"{where}: {use or unknown}"


def _build_commit_line(commit: Commit, url_prefix: str | None) -> CommitLine:
    trailers = tuple(dict.fromkeys(f"{key}: {value}" for key, value in commit.trailers))
    href = f"{url_prefix}{commit.id}" if url_prefix else None
    return CommitLine(
        id=commit.id[:10],
        href=href,
        subject=commit.subject,
        author=commit.author.name,
        at=commit.at,
        trailers=trailers,
    )


def _describe_hidden(branch: Branch, fleet: Fleet, patches: Sequence[FilePatch]) -> tuple[str, ...]:
    """Where misleading characters are, and which ones; () where there are none."""
    texts_by_place: tuple[tuple[str, Iterable[str]], ...] = (
        ("the branch’s name", (branch.name,)),
        ("paths", (decode(change.path) for change in branch.changes)),
        ("commits", itertools.chain.from_iterable(map(_commit_texts, branch.commits))),
        ("the ledger’s documents", _document_texts(branch, fleet)),
        ("added lines", itertools.chain.from_iterable(diff.added_lines(p.body) for p in patches)),
    )
    counts_by_place = ((place, count_misleading(texts)) for place, texts in texts_by_place)
    return tuple(
        f"{place}: {', '.join(f'{name} ({n:,}×)' for name, n in sorted(counts.items()))}"
        for place, counts in counts_by_place
        if counts
    )


def _document_texts(branch: Branch, fleet: Fleet) -> Iterable[str]:
    work = branch.work
    return (d.text for d in list_documents(work, fleet.task_of(work))) if work else ()


def _commit_texts(commit: Commit) -> Iterable[str]:
    return (commit.subject, commit.author.name, *(value for _, value in commit.trailers))
