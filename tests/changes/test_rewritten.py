"""A rebase, a reworded commit or a squash that changes nothing keeps evidence, packet and approval.

All outputs then say `rewritten, same change`. What changes anything loses them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import process
from agentledger.workflow.session import attempts
from agentledger.workflow.session.attempts import KEEP
from approved import Approved
from command import run
from gitrepo import Repo
from outputs import read_outputs
from template import copied

pytestmark = pytest.mark.table

Rewriting = Callable[[Approved], None]
LINES = "".join(f"line {number}\n" for number in range(40))


def rebase_over_other_files(desk: Approved) -> None:
    desk.move_base("docs/d.md", "d\n")
    desk.git("rebase", "-q", "main")


def rebase_over_the_same_file(desk: Approved) -> None:
    desk.move_base("src/long.py", "top\n" + LINES)
    desk.git("rebase", "-q", "main")


def reword(desk: Approved) -> None:
    desk.git("rebase", "-q", "--exec", "git commit -q --amend -m reworded", desk.start)


def squash(desk: Approved) -> None:
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "all in one")


def squash_onto_base(desk: Approved) -> None:
    """As a queue does."""
    desk.move_base("docs/d.md", "d\n")
    head = desk.head()
    desk.git("reset", "-q", "--hard", "main")
    desk.git("merge", "-q", "--squash", head)
    desk.git("commit", "-q", "-m", "all in one")


def amend_without_change(desk: Approved) -> None:
    desk.git("commit", "-q", "--amend", "-m", "other words")
    reword(desk)


@pytest.mark.parametrize(
    ("rewrite", "kept_without_the_commit"),
    [
        (rebase_over_other_files, True),
        # The id of a change has base's blobs in it, so without the old commit this cannot be told.
        (rebase_over_the_same_file, False),
        (reword, True),
        (squash, True),
        (squash_onto_base, True),
        (amend_without_change, True),
    ],
)
def test_what_changes_nothing_keeps_all_verdicts(
    templates: Path, tmp_path: Path, rewrite: Rewriting, kept_without_the_commit: bool
) -> None:
    desk = copied(templates, tmp_path, Approved, long=LINES)
    rewrite(desk)
    assert desk.repo.exit_code("merge-base", "--is-ancestor", desk.proven, "agent/x")
    check_kept(desk)
    desk.forget()
    if kept_without_the_commit:
        check_kept(desk)
    else:
        assert desk.check_shown(desk.outputs()) == ("passed", "claimed", "unknown")
        assert desk.progress() == "ready"


def check_kept(desk: Approved) -> None:
    """All that was said holds, and every output says why."""
    outputs = desk.outputs()
    entry = outputs.branch("agent/x")
    assert desk.check_shown(outputs) == ("passed", "reproduced", "rewritten")
    assert (entry["packet"]["about"], entry["reviews"][0]["about"]) == ("rewritten", "rewritten")
    assert desk.progress() == "approved"
    assert desk.stopped() == set()
    assert not {"PKT004", "REV002"} & {finding["rule"] for finding in entry["findings"]}
    words = "rewritten, same change"
    assert f"has approved it ({words})" in outputs.row("agent/x")
    assert f"is approved ({words})" in outputs.next
    assert f"test passed (reproduced; {words})" in outputs.next
    page = outputs.page("agent/x")
    assert f"test reproduced ({words})" in page
    assert f"It describes this change: {words}" in page
    assert page.count(words) >= 4
    told = run(desk.repo.path, "prompt", "x", "--for", "review").out
    assert words in told


def more_code(desk: Approved) -> None:
    desk.write("src/a.py", "a = 1\n" + "b = 1\n" * 8)


def a_blank(desk: Approved) -> None:
    desk.write("src/a.py", "a = 1\n" + "b = 1\n" * 9 + "\n")


def a_mode(desk: Approved) -> None:
    (desk.path / "src/a.py").chmod(0o755)


@pytest.mark.parametrize("change", [more_code, a_blank, a_mode])
@pytest.mark.parametrize("lost", [False, True])
def test_a_rebase_that_changes_anything_loses_them(
    templates: Path, tmp_path: Path, change: Rewriting, lost: bool
) -> None:
    desk = copied(templates, tmp_path, Approved)
    change(desk)
    desk.git("add", "-A")
    desk.git("commit", "-q", "-m", "more")
    squash_onto_base(desk)
    if lost:
        desk.forget()
    outputs = desk.outputs()
    about = "unknown" if lost else "other"
    assert desk.check_shown(outputs)[2] == about
    assert outputs.branch("agent/x")["reviews"][0]["about"] == about
    assert outputs.branch("agent/x")["packet"]["about"] == about
    assert desk.progress() != "approved"
    assert desk.stopped() == {"EVD002"}


def test_a_rerun_keeps_its_commit_in_this_clone(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    squash(desk)
    desk.repo.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
    desk.repo.git("gc", "-q", "--prune=now")
    assert not desk.repo.exit_code("cat-file", "-e", desk.proven)
    check_kept(desk)


def test_a_sync_keeps_what_a_review_names_until_the_task_ends(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    desk.repo.git(
        "update-ref", "-d", *desk.repo.git("for-each-ref", "--format=%(refname)", KEEP).splitlines()
    )
    keep_heads(desk)
    assert desk.proven in desk.repo.git("for-each-ref", KEEP)
    outcome = "---\nat: 2023-11-14T23:00:00Z\nby: ana@example.org\noutcome: declined\n---\nNo.\n"
    control = desk.repo.git("rev-parse", "agentledger")
    desk.repo.commit("agentledger", {"tasks/x/outcome.md": outcome}, parents=[control])
    keep_heads(desk)
    assert not desk.repo.git("for-each-ref", KEEP)


def keep_heads(desk: Approved) -> None:
    """As sync does."""
    desk.repo.flush()
    with snapshot.open_snapshot(desk.repo.path, Request()) as taken:
        attempts.keep_heads(process.repository_at(desk.repo.path), taken.sealed, taken.fleet)


def test_a_partial_clone_fetches_what_comparing_with_the_old_commit_takes(
    templates: Path, tmp_path: Path
) -> None:
    desk = copied(templates, tmp_path, Approved, long=LINES)
    desk.repo.git("config", "uploadpack.allowFilter", "true")
    desk.repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = Repo(tmp_path / "partial")
    address = desk.repo.path.as_uri()
    desk.repo.git("clone", "-q", "--filter=blob:none", "--no-checkout", address, str(clone.path))
    rebase_over_the_same_file(desk)
    clone.git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
    said = run(clone.path, "check", "agent/x", "--gate", "merge")
    assert said.code == 0, said
    assert not {rule for rule in ("EVD002", "PKT004", "REV002") if rule in said.out}
    (check,) = read_outputs(clone.path).branch("agent/x")["checks"]
    assert check["about"] == "rewritten"


def test_its_agent_still_hears_what_a_review_asks_for(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    control = desk.repo.git("rev-parse", "agentledger")
    (path,) = desk.repo.git("ls-tree", "-r", "--name-only", "agentledger", "tasks/x/reviews/").splitlines()
    review = desk.repo.git("show", f"agentledger:{path}").replace("approve", "request-changes")
    desk.repo.commit("agentledger", {path: f"{review}\n"}, parents=[control])
    desk.repo.flush()
    rebase_over_other_files(desk)
    assert desk.progress() == "changes requested"
    words = "ana@example.org (human, unproven) has asked for changes (rewritten, same change)"
    assert words in desk.outputs().row("agent/x")
    told = run(desk.path, "report", "--changed", "It.", "--next", "More.")
    assert "the review by ana@example.org asks for changes" in told.out
