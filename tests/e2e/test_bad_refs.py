"""Refs that lead to something else than a commit, or nowhere."""

from __future__ import annotations

import command
from gitrepo import Repo


def test_tags_are_peeled_and_what_is_no_commit_says_what_it_is(repo: Repo) -> None:
    blob, tree = repo.git("rev-parse", "main:a.txt"), repo.git("rev-parse", "main^{tree}")
    repo.git("tag", "plain", "agent/good")
    repo.git("tag", "-a", "-m", "a", "annotated", "agent/bad")
    repo.git("tag", "-a", "-m", "a", "annotated-blob", blob)
    repo.git("tag", "blob", blob)
    repo.git("tag", "tree", tree)
    found = command.branches(repo.path, "--refs", "refs/tags/*")
    assert {name: entry["state_why"] for name, entry in found.items()} == {
        "tags/plain": None,
        "tags/annotated": None,
        "tags/annotated-blob": "points to a blob, not to a commit",
        "tags/blob": "points to a blob, not to a commit",
        "tags/tree": "points to a tree, not to a commit",
    }
    assert found["tags/annotated"]["head"] == repo.git("rev-parse", "agent/bad")
    files = command.site(repo.path, "--refs", "refs/tags/*")
    assert "points to a tree, not to a commit" in command.page(files, found["tags/tree"])


def test_a_branch_written_by_hand_to_something_else(repo: Repo) -> None:
    heads = repo.path / ".git" / "refs" / "heads" / "agent"
    (heads / "blob").write_text(repo.git("rev-parse", "main:a.txt") + "\n")
    (heads / "nothing").write_text("1" * 40 + "\n")
    found = command.branches(repo.path)
    assert found["agent/blob"]["state_why"] == "points to a blob, not to a commit"
    assert found["agent/blob"]["next_action"] is None
    assert found["agent/nothing"]["state_why"] == "object 111111111111 is missing or damaged"
    assert (found["agent/good"]["state"], found["agent/bad"]["state"]) == ("open", "open")
    assert "points to a blob, not to a commit" in command.page(command.site(repo.path), found["agent/blob"])


def test_broken_files_of_refs_are_told_of_and_the_rest_is_read(repo: Repo) -> None:
    heads = repo.path / ".git" / "refs" / "heads" / "agent"
    for name, content in (("junk", "garbage\n"), ("empty", ""), ("zero", "0" * 40 + "\n")):
        (heads / name).write_text(content)
    (heads / "bad name").write_text(repo.git("rev-parse", "main") + "\n")
    (heads / "loop").symlink_to("loop")
    found = command.board(repo.path)
    assert {entry["name"] for entry in found["branches"]} == {"agent/good", "agent/bad"}
    (note,) = found["notes"]
    for name in ("junk", "empty", "zero", "bad name"):
        assert f"refs/heads/agent/{name}" in note
    assert "broken ref" in note
    assert "refs/heads/agent/junk" in command.site(repo.path)["index.html"]


def test_a_broken_ref_that_is_mended_is_seen_by_the_next_build(repo: Repo) -> None:
    file = repo.path / ".git" / "refs" / "heads" / "agent" / "late"
    file.write_text("garbage\n")
    command.site(repo.path)
    file.write_text(repo.git("rev-parse", "agent/good") + "\n")
    index = command.site(repo.path)["index.html"]
    assert "broken ref" not in index
    assert "agent/late" in index


def test_a_remote_s_head_that_leads_nowhere_is_nothing_to_tell(repo: Repo) -> None:
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert command.board(repo.path)["notes"] == []
