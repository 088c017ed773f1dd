"""The sample fleet: git itself confirms each state it is meant to show (its ledger: `test_demo_ledger`)."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from agentledger.model.errors import LedgerError
from agentledger.workflow.demo import create_demo
from gitrepo import Repo

NOW = 1_790_000_000
DAY = 86_400
CLEAN = (
    "agent/invoices",
    "agent/opening-hours",
    "agent/pick-lists",
    "agent/unit-prices",
    "agent/unit-prices--2",
    "claude/shop-logo",
    "claude/weekly-box",
    "codex/delivery-zones",
    "codex/search-products",
    "origin/copilot/read-excel-csv",
    "cursor/rate-limit",
    "jules/labels-🍎#2",
    "jules/update-dependencies",
    "origin/devin/postgres-store",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo(create_demo.create_demo(tmp_path_factory.mktemp("demo") / "fleet", NOW))


def merge(shop: Repo, ours: str, theirs: str) -> tuple[int, list[str]]:
    """The exit code of git's own merge, then the merged tree and the names in conflict."""
    code, text = shop.answer("merge-tree", "--write-tree", "--name-only", "--no-messages", ours, theirs)
    return code, text.splitlines()


def is_ancestor(shop: Repo, one: str, other: str) -> bool:
    return shop.exit_code("merge-base", "--is-ancestor", one, other) == 0


def tree_of(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("branch", CLEAN)
def test_an_open_branch_merges_cleanly_and_is_not_in_base(shop: Repo, branch: str) -> None:
    assert not is_ancestor(shop, branch, "main")
    assert merge(shop, "main", branch)[0] == 0


def test_two_branches_conflict_with_base(shop: Repo) -> None:
    code, (_, *names) = merge(shop, "main", "cursor/pickup-slots")
    assert (code, names) == (1, ["src/orchard/slots.py"])
    code, (_, *names) = merge(shop, "main", "codex/retire-old-till")
    assert (code, names) == (1, ["src/orchard/legacy.py"])
    assert shop.exit_code("cat-file", "-e", "codex/retire-old-till:src/orchard/legacy.py") != 0


def test_the_merged_branch_was_merged_as_git_would_have(shop: Repo) -> None:
    landed = shop.git("rev-list", "--min-parents=2", "main")
    assert is_ancestor(shop, "claude/merge-baskets", "main")
    assert shop.git("rev-parse", f"{landed}^2") == shop.git("rev-parse", "claude/merge-baskets")
    assert merge(shop, f"{landed}^1", f"{landed}^2") == (0, [shop.git("rev-parse", f"{landed}^{{tree}}")])


def test_the_absorbed_branch_is_one_commit_of_base(shop: Repo) -> None:
    assert not is_ancestor(shop, "copilot/vat-per-line", "main")
    squash = shop.git("log", "--format=%H", "--grep=(#41)", "main")
    assert shop.git("diff", f"{squash}^", squash) == shop.git("diff", "main...copilot/vat-per-line")
    assert shop.git("rev-list", "--count", f"{squash}^..copilot/vat-per-line") == "2"


def test_the_empty_branch_has_no_commit_yet(shop: Repo) -> None:
    assert shop.git("rev-parse", "claude/stock-alerts") == shop.git("rev-parse", "main")


def test_ages_count_from_the_given_moment(shop: Repo) -> None:
    times = [int(at) for at in shop.git("log", "--all", "--format=%at %ct").split()]
    assert NOW - 42 * DAY < min(times) < max(times) < NOW
    assert int(shop.git("log", "-1", "--format=%ct", "origin/devin/postgres-store")) == NOW - 12 * DAY
    for line in shop.git("log", "--all", "--format=%ct %P").splitlines():
        at, *parents = line.split()
        assert all(shop.git("log", "-1", "--format=%ct", parent) < at for parent in parents)


@pytest.mark.parametrize(
    ("branch", "ahead", "behind"),
    [
        ("main", 0, 0),
        ("codex/search-products", 0, 0),
        ("claude/weekly-box", 2, 0),
        ("agentledger", 0, 0),
        ("cursor/rate-limit", 0, 1),
        ("agent/opening-hours", 1, 1),
    ],
)
def test_local_branches_stand_to_their_twins_as_told(
    shop: Repo, branch: str, ahead: int, behind: int
) -> None:
    counts = shop.git("rev-list", "--left-right", "--count", f"{branch}...{branch}@{{upstream}}")
    assert counts.split() == [str(ahead), str(behind)]


def test_some_branches_are_on_one_side_only(shop: Repo) -> None:
    local = set(shop.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines())
    remote = set(shop.git("ls-remote", "--heads", "--quiet", "origin").split()[1::2])
    remote = {name.removeprefix("refs/heads/") for name in remote}
    assert local - remote == {"agent/invoices", "agent/pick-lists", "claude/stock-alerts"}
    assert remote - local == {"copilot/read-excel-csv", "devin/postgres-store"}
    assert shop.git("fetch", "--dry-run", "--verbose", "--prune").strip() == ""


def test_one_worktree_has_uncommitted_work_and_the_others_none(shop: Repo) -> None:
    beside = shop.path.with_name("shop.worktrees")
    dirty, clean = Repo(beside / "invoices"), Repo(beside / "stock-alerts")
    assert dirty.git("status", "--porcelain", "--branch").splitlines() == [
        "## agent/invoices",
        " M src/orchard/invoices.py",
        "?? .agentledger/",
        "?? tests/test_invoices.py",
    ]
    assert clean.git("status", "--porcelain") == shop.git("status", "--porcelain") == ""


@pytest.mark.parametrize(("folder", "minutes"), [("invoices", 8), ("stock-alerts", 2)])
def test_a_worktree_was_touched_when_it_is_said_to_be(shop: Repo, folder: str, minutes: int) -> None:
    reflog = shop.path / ".git" / "worktrees" / folder / "logs" / "HEAD"
    edited = shop.path.with_name("shop.worktrees") / "invoices" / "tests" / "test_invoices.py"
    assert reflog.stat().st_mtime == NOW - 60 * minutes
    assert edited.stat().st_mtime == NOW - 60 * 8


def test_diffs_have_what_is_hard_to_show(shop: Repo) -> None:
    logo = shop.git("diff", "--numstat", "--summary", "main...claude/shop-logo")
    assert "-\t-\tstatic/apple.png" in logo
    assert "mode change 100644 => 100755 scripts/release.sh" in logo
    assert "\u202e" in shop.git("diff", "main...jules/labels-🍎#2")
    assert "<script>" in shop.git("log", "-2", "--format=%s", "jules/labels-🍎#2")
    assert len(shop.git("diff", "main...codex/delivery-zones").splitlines()) > 1200
    assert "Co-authored-by: Claude" in shop.git("log", "-1", "--format=%(trailers)", "agent/invoices")


def test_all_python_of_the_sample_parses(shop: Repo) -> None:
    heads = shop.git("for-each-ref", "--format=%(refname)").splitlines()
    listed = {line for head in heads for line in shop.git("ls-tree", "-r", head).splitlines()}
    sources = {line.split()[2] for line in listed if line.endswith(".py")}
    assert len(sources) > 20
    for blob in sources:
        ast.parse(shop.git("cat-file", "blob", blob))


def test_the_same_moment_gives_the_same_ids(shop: Repo, tmp_path: Path) -> None:
    again = Repo(create_demo.create_demo(tmp_path / "elsewhere", NOW))
    later = Repo(create_demo.create_demo(tmp_path / "later", NOW + 1))
    assert again.git("for-each-ref") == shop.git("for-each-ref") != later.git("for-each-ref")
    assert again.git("fsck", "--strict") == ""


def test_a_sample_of_ours_is_made_anew_and_what_lies_beside_it_stays(tmp_path: Path) -> None:
    made = create_demo.create_demo(tmp_path, NOW)
    (made / "README.md").unlink()
    (tmp_path / "notes.txt").write_text("mine")
    assert create_demo.create_demo(tmp_path, NOW) == made
    assert (made / "README.md").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    before = tree_of(tmp_path)
    with pytest.raises(LedgerError, match="not empty") as refused:
        create_demo.create_demo(tmp_path, NOW)
    assert refused.value.hint
    assert tree_of(tmp_path) == before


def test_a_link_in_place_of_a_part_of_ours_is_not_followed(tmp_path: Path) -> None:
    create_demo.create_demo(tmp_path / "demo", NOW)
    (tmp_path / "demo" / "shop").rename(tmp_path / "moved")
    (tmp_path / "demo" / "shop").symlink_to(tmp_path / "moved")
    with pytest.raises(LedgerError, match="symbolic link"):
        create_demo.create_demo(tmp_path / "demo", NOW)
    assert (tmp_path / "moved" / "README.md").exists()


def test_the_user_s_git_configuration_and_a_hook_s_variables_change_nothing(
    shop: Repo, tmp_path: Path, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{ran}'\n")
        (hooks / name).chmod(0o755)
    (sealed / ".gitconfig").write_text(
        f"[core]\nhooksPath = {hooks}\nautocrlf = true\n"
        f"[init]\ntemplateDir = {hooks}\n[commit]\ngpgSign = true\n"
    )
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    other = Repo.init(tmp_path / "other")
    other.commit("main", {"f": "1"})
    other.flush()
    ran.unlink(missing_ok=True)
    before = tree_of(other.path)
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    environment = dict(os.environ)
    made = create_demo.create_demo(tmp_path / "demo", NOW)
    assert dict(os.environ) == environment
    assert not ran.exists()
    assert tree_of(other.path) == before
    assert list(sealed.iterdir()) == [sealed / ".gitconfig"]
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert Repo(made).git("for-each-ref") == shop.git("for-each-ref")
    assert Repo(made).git("status", "--porcelain") == ""


def test_a_moment_git_cannot_store_is_git_s_own_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="git could not make the demo"):
        create_demo.create_demo(tmp_path / "demo", -1)
