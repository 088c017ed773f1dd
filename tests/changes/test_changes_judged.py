"""What a branch would bring, and what it did itself: histories made with real git, each answer known.

`f` is a file that the branch has no business with; `own/a` is its own.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.changes import net_changes
from agentledger.changes.net_changes import Line, Net, Own
from agentledger.git import process, queries, scratch
from agentledger.git.scratch import Scratch
from gitrepo import Repo

LONG = "".join(f"line {number}\n" for number in range(20))


@contextmanager
def sealed(repo: Repo) -> Iterator[Scratch]:
    repo.flush()
    with scratch.open_scratch(queries.locate_repository(process.repository_at(repo.path))) as opened:
        yield opened


def lines(repo: Repo, head: str, *without: str) -> list[Line]:
    """The commits of a head outside of others, newest first."""
    out = repo.git("rev-list", "--parents", "--topo-order", head, *(f"^{each}" for each in without))
    return [Line(ids[0], tuple(ids[1:])) for ids in (row.split() for row in out.splitlines())]


def judged(repo: Repo, head: str = "agent/x", base: str = "main", *dependencies: str) -> tuple[Net, Own]:
    """Net and own changes of a branch."""
    with sealed(repo) as opened:
        tip, commit = repo.git("rev-parse", base, head).split()
        own = net_changes.find_own_changes(opened, {head: lines(repo, head, base, *dependencies)})[head]
        net = net_changes.find_net_changes(opened, tip, [commit])[commit]
    assert (net.failed, own.failed) == ("", "")
    return net, own


class Story:
    """A repository with a base and a branch, told by git commands in its work tree."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.init(folder / "repo")
        self.repo.commit("main", {"f": LONG, "own/a": LONG, "other": "0\n"})
        self.repo.flush()
        self.repo.checkout("main")
        self.git("switch", "-q", "-c", "agent/x")

    def git(self, *arguments: str) -> str:
        return self.repo.git("-c", "core.editor=true", "-c", "advice.detachedHead=false", *arguments)

    def on(self, branch: str) -> None:
        self.git("switch", "-q", branch)

    def write(self, path: str, content: str) -> str:
        """A commit with this content at a path, on the branch that is checked out."""
        file = self.repo.path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", path)
        return self.git("rev-parse", "HEAD").strip()

    def base_writes(self, path: str, content: str) -> str:
        self.on("main")
        commit = self.write(path, content)
        self.on("agent/x")
        return commit


def edited(number: int, text: str = "changed") -> str:
    return LONG.replace(f"line {number}\n", f"{text}\n")


def foreign_edit(story: Story) -> None:
    story.write("f", edited(3))


def foreign_mode(story: Story) -> None:
    (story.repo.path / "f").chmod(0o755)
    story.git("commit", "-q", "-a", "-m", "mode")


def added_and_reverted(story: Story) -> None:
    story.write("f", edited(3))
    story.git("revert", "--no-edit", "HEAD")


def base_merged_in(story: Story) -> None:
    story.write("own/a", edited(3))
    story.base_writes("f", edited(5))
    story.git("merge", "-q", "main")


def evil_merge(story: Story) -> None:
    story.write("own/a", edited(3))
    story.base_writes("other", "1\n")
    story.git("merge", "-q", "--no-commit", "main")
    (story.repo.path / "f").write_text(edited(7))
    story.git("add", "-A")
    story.git("commit", "-q", "-m", "merge")


def ours_over_base(story: Story) -> None:
    story.write("own/a", edited(3))
    story.base_writes("f", edited(5))
    story.git("merge", "-q", "-s", "ours", "main")


def put_back_to_an_older_base(story: Story) -> None:
    base_merged_in(story)
    story.write("f", LONG)


def cherry_picked_from_base(story: Story) -> None:
    story.write("own/a", edited(3))
    commit = story.base_writes("f", edited(5))
    story.git("cherry-pick", commit)


def squashed_base(story: Story) -> None:
    story.write("own/a", edited(3))
    story.base_writes("f", edited(5))
    story.git("merge", "-q", "--squash", "main")
    story.git("commit", "-q", "-m", "base, squashed")


def cherry_picked_and_reverted_by_base(story: Story) -> None:
    cherry_picked_from_base(story)
    story.on("main")
    story.git("revert", "--no-edit", "HEAD")
    story.on("agent/x")


def base_forced_back(story: Story) -> None:
    before = story.git("rev-parse", "main").strip()
    cherry_picked_from_base(story)
    story.git("branch", "-q", "-f", "main", before)


def base_renamed_own_to_foreign(story: Story) -> None:
    story.write("own/a", edited(3))
    story.on("main")
    story.git("mv", "own/a", "moved")
    story.git("commit", "-q", "-m", "rename")
    story.on("agent/x")


def base_renamed_foreign_to_own(story: Story) -> None:
    story.write("f", edited(3))
    story.on("main")
    story.git("mv", "f", "own/f")
    story.git("commit", "-q", "-m", "rename")
    story.on("agent/x")


def undeclared_branch(story: Story) -> None:
    story.git("switch", "-q", "-c", "agent/other", "main")
    story.write("f", edited(9))
    story.on("agent/x")
    story.write("own/a", edited(3))
    story.git("merge", "-q", "agent/other")


def unrelated_root(story: Story) -> None:
    story.git("switch", "-q", "--orphan", "elsewhere")
    story.write("g", "from elsewhere\n")
    story.on("agent/x")
    story.git("merge", "-q", "--allow-unrelated-histories", "elsewhere")


def octopus(story: Story) -> None:
    for name, path in (("one", "own/1"), ("two", "f")):
        story.git("switch", "-q", "-c", name, "main")
        story.write(path, edited(9))
    story.on("agent/x")
    story.write("own/a", edited(3))
    story.git("merge", "-q", "one", "two")


# Which of a path that is not the branch's own is net, and which own.
TABLE: Sequence[tuple[Callable[[Story], None], str, bool, bool]] = (
    (foreign_edit, "f", True, True),
    (foreign_mode, "f", True, True),
    (added_and_reverted, "f", False, True),
    (base_merged_in, "f", False, False),
    (evil_merge, "f", True, True),
    (ours_over_base, "f", True, True),
    (put_back_to_an_older_base, "f", True, True),
    (cherry_picked_from_base, "f", False, True),
    (squashed_base, "f", False, True),
    (cherry_picked_and_reverted_by_base, "f", True, True),
    (base_forced_back, "f", True, True),
    (base_renamed_own_to_foreign, "moved", True, False),
    (base_renamed_foreign_to_own, "f", False, True),
    (undeclared_branch, "f", True, True),
    (unrelated_root, "g", True, True),
    (octopus, "f", True, True),
)


@pytest.mark.parametrize(
    ("tell", "path", "in_net", "in_own"), TABLE, ids=lambda value: getattr(value, "__name__", "")
)
def test_each_history(
    tmp_path: Path, tell: Callable[[Story], None], path: str, in_net: bool, in_own: bool
) -> None:
    story = Story(tmp_path)
    tell(story)
    net, own = judged(story.repo)
    assert (path.encode() in net.paths, path.encode() in own.paths) == (in_net, in_own)


def test_a_declared_dependency_is_not_the_branchs_own(tmp_path: Path) -> None:
    story = Story(tmp_path)
    undeclared_branch(story)
    net, own = judged(story.repo, "agent/x", "main", "agent/other")
    assert b"f" in net.paths
    assert own.paths == {b"own/a"}


def test_a_dependency_undone_is_the_branchs_own_doing(tmp_path: Path) -> None:
    story = Story(tmp_path)
    undeclared_branch(story)
    story.write("f", LONG)
    net, own = judged(story.repo, "agent/x", "main", "agent/other")
    assert b"f" not in net.paths
    assert b"f" in own.paths
    story.git("switch", "-q", "--detach", "main")
    story.git("merge", "-q", "agent/other")
    assert b"f" in judged(story.repo, "agent/x", "HEAD")[0].paths


def test_a_conflict_is_net_with_the_paths_it_stops_at(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.write("own/a", edited(3))
    story.base_writes("own/a", edited(3, "otherwise"))
    net, own = judged(story.repo)
    assert not net.clean
    assert net.conflicted == {b"own/a"} == net.paths
    assert own.paths == {b"own/a"}


def test_own_names_the_newest_commit_of_a_path(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.write("f", edited(3))
    newest = story.write("f", edited(4))
    _, own = judged(story.repo)
    commit, change = own.newest[b"f"]
    assert (commit, change.path, change.status) == (newest, b"f", "M")


def test_what_git_cannot_read_is_told_and_the_rest_answered(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.write("own/a", edited(3))
    good = story.git("rev-parse", "HEAD").strip()
    with sealed(story.repo) as opened:
        lost = "1" * 40
        nets = net_changes.find_net_changes(opened, story.git("rev-parse", "main").strip(), [lost, good])
        own = net_changes.find_own_changes(opened, {"x": [Line(good, (lost,))]})["x"]
    assert nets[lost].failed
    assert nets[good].paths == {b"own/a"}
    assert own.failed.startswith(good[:12])


# -- random histories with a known culprit ------------------------------------------------


@settings(max_examples=12, derandomize=True)
@given(seed=st.integers(0, 10**6), guilty=st.booleans())
def test_random_histories_blame_the_guilty_alone(seed: int, guilty: bool) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder))
        crime = dice.randrange(6) if guilty else -1
        for step in range(6):
            what = dice.choice(["own", "own", "base f", "base other", "merge", "pick"])
            if step == crime:
                story.write("crime", f"{seed}\n")
            elif what == "own":
                story.write("own/a", edited(dice.randrange(20), f"mine {step}"))
            elif what.startswith("base"):
                # On top of what base has: one that reverts itself makes who carries its change blameworthy.
                path = what.removeprefix("base ")
                lines_now = story.repo.git("show", f"main:{path}").splitlines()
                lines_now[dice.randrange(len(lines_now))] = f"base {step}"
                story.base_writes(path, "\n".join(lines_now) + "\n")
            elif what == "merge":
                if story.repo.answer("merge", "-q", "-m", "base", "main")[0]:
                    story.git("merge", "--abort")  # what was picked and base's next change to it can conflict
            elif story.git("rev-list", "--no-merges", "agent/x..main"):
                newest = story.git("rev-list", "--no-merges", "-1", "agent/x..main").strip()
                if story.repo.answer("cherry-pick", "--keep-redundant-commits", newest)[0]:
                    story.git("cherry-pick", "--abort")
        net, own = judged(story.repo)
        blamed = net.paths & own.paths
        if guilty:
            assert b"crime" in blamed
        # A file that both base and a cherry-pick changed can conflict; that is for the author to settle.
        assert blamed - net.conflicted <= {b"own/a", b"crime"}


# -- the same change --------------------------------------------------------------------


def same(story: Story, then: str, now: str = "agent/x") -> bool:
    with sealed(story.repo) as opened:
        tip, old, new = story.git("rev-parse", "main", then, now).split()
        return net_changes.compare_heads(opened, tip, [(old, new)])[(old, new)]


def reviewed(tmp_path: Path) -> tuple[Story, str]:
    """A branch with a change of its own, and the commit at which somebody reviewed it."""
    story = Story(tmp_path)
    return story, story.write("own/a", edited(3))


def test_base_merged_in_and_a_clean_rebase_are_the_same_change(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.base_writes("f", edited(5))
    story.git("merge", "-q", "main")
    assert same(story, then)
    story.git("reset", "-q", "--hard", then)
    story.git("rebase", "-q", "main")
    assert same(story, then)


def test_a_report_is_the_same_change_and_code_is_not(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.repo.path.joinpath(".agentledger").mkdir()
    story.write(".agentledger/report.md", "all is well\n")
    assert same(story, then)
    story.write("own/a", edited(3, "changed "))
    assert not same(story, then)


def test_ours_over_base_is_another_change_though_the_code_is_the_same(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.base_writes("own/a", edited(15, "fixed"))
    story.git("merge", "-q", "-s", "ours", "main")
    assert story.git("rev-parse", f"{then}^{{tree}}") == story.git("rev-parse", "agent/x^{tree}")
    assert not same(story, then)


def test_what_conflicts_is_never_the_same(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.base_writes("own/a", edited(3, "otherwise"))
    assert not same(story, then)


def test_only_plain_reports_keep_a_verdict_whatever_base_does(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.repo.path.joinpath(".agentledger").mkdir()
    story.write(".agentledger/1.md", "1\n")
    now = story.write(".agentledger/2.md", "2\n")

    def has_only_reports(head: str) -> bool:
        codes = {
            commit: story.git("rev-parse", f"{commit}:own", f"{commit}:f")
            for commit in (then, head, f"{head}^")
        }
        named = {story.git("rev-parse", commit).strip(): code for commit, code in codes.items()}
        return net_changes.has_only_reports(lines(story.repo, head, "main"), named, then)

    assert has_only_reports(now)
    assert not has_only_reports(story.write("own/a", edited(4)))


def test_a_merge_is_no_report(tmp_path: Path) -> None:
    story, then = reviewed(tmp_path)
    story.base_writes("own/a", edited(15, "fixed"))
    story.git("merge", "-q", "-s", "ours", "main")
    commits = lines(story.repo, "agent/x", "main")
    assert not net_changes.has_only_reports(commits, {line.id: "same" for line in commits}, then)
