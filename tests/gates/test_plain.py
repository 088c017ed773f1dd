"""The plain commit: what passes at once, that nothing else does, and that it costs next to no imports.

Belongs here: the short way past the rules of the commit gate. Does not: those rules (see `test_gate_commit`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gates.test_commit import WAYS

from agentledger import rules
from agentledger.gates import grant, plain
from agentledger.model.findings import Gate
from agentledger.scope.task_scope import Scope
from desk import BRIEF, CHECK_IN, RUN, STATUS, YAML, Desk, install, made
from gitrepo import Repo

CONFIG = ".agentledger/config.toml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return known(made(tmp_path))


def known(repo: Repo, branch: str = "agent/x") -> Desk:
    """A desk whose brief the gate has seen: the next plain commit passes at once."""
    repo.git("switch", "-q", "-c", branch, "main")
    desk = Desk(repo, repo.path)
    desk.write("src/a.py", "first\n")
    assert desk.add() == ""
    return desk


def passes(desk: Desk, monkeypatch: pytest.MonkeyPatch, folder: str = ".") -> bool:
    monkeypatch.chdir(desk.path / folder)
    return plain.is_plain_commit(os.environ)


def staged(desk: Desk, path: str = "src/a.py", text: str = "changed\n") -> None:
    desk.write(path, text)
    desk.git("add", "-A")


def test_work_within_plain_patterns_passes_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    staged(desk, "src/a.py", "“quoted” é\n")
    staged(desk, "src/new/naïve.py", "")
    assert passes(desk, monkeypatch)
    assert desk.commit() == ""
    desk.git("rm", "-q", "src/a.py")
    desk.git("mv", "src/new/naïve.py", "src/new/other.py")
    assert passes(desk, monkeypatch)
    assert desk.commit() == ""


@pytest.mark.parametrize("copied", ["main", "agentledger"])
def test_copies_that_differ_in_a_document_pass_at_once_as_long_as_neither_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: str
) -> None:
    """As after a plan, or a commit of the policy, that nobody has pushed yet."""
    repo = made(tmp_path)
    remote = repo.git("rev-parse", copied)
    repo.ref(f"refs/remotes/origin/{copied}", remote)
    repo.git("config", "remote.origin.url", "nowhere")
    document = {CONFIG: "# mine\n"} if copied == "main" else {"tasks/y/brief.md": "---\ntask: y\n---\n"}
    repo.commit(copied, document, parents=[remote])
    repo.flush()
    repo.git("reset", "-q", "--hard")
    desk = known(repo)
    staged(desk)
    assert passes(desk, monkeypatch)
    # Once the copy moves on with another document, it is judged in full, and remembered again.
    repo.commit(
        f"refs/remotes/origin/{copied}", {"tasks/z/brief.md": "z\n", CONFIG: "# theirs\n"}, parents=[remote]
    )
    repo.flush()
    assert not passes(desk, monkeypatch)


@pytest.mark.parametrize(
    ("path", "plain_enough"),
    [
        (b"src/a.py", True),
        (b"src/not/there.py", True),
        (b"docs/d.md", False),
        (b"src2/a.py", False),
        (b"src/../docs/d.md", False),
        (b"src/.git/config", False),
        (b".agentledger/tasks/x/brief.md", False),
        ("src/\u202ea.py".encode(), False),
        (b"", False),
    ],
)
def test_a_path_can_be_asked_about_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: bytes, plain_enough: bool
) -> None:
    monkeypatch.chdir(desk.path)
    assert plain.is_plain_path(os.environ, path) == plain_enough


def test_no_path_is_plain_where_the_brief_has_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.path)
    head = desk.repo.git("rev-parse", "agentledger")
    desk.repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['lib/**']", "")}, parents=[head])
    desk.repo.flush()
    assert not plain.is_plain_path(os.environ, b"src/a.py")


def test_in_a_linked_worktree_and_a_subfolder_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.git("switch", "-q", "main")
    linked = Desk(desk.repo, desk.repo.worktree_add(desk.path.parent / "an agent's", "agent/x").path)
    staged(linked)
    assert passes(linked, monkeypatch)
    assert passes(linked, monkeypatch, "src")
    staged(linked, "docs/d.md")
    assert not passes(linked, monkeypatch, "src")


@pytest.mark.parametrize(("tell", "expected"), WAYS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_way_around_the_scope_passes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tell: Callable[[Desk], None], expected: set[str]
) -> None:
    tell(desk)
    if tell.__name__ != "a_submodule":
        desk.git("add", "-A")
    assert not passes(desk, monkeypatch)
    said = desk.commit()
    assert {line.split(" ")[1] for line in said.splitlines() if line.startswith("error ")} == expected


def misleads(desk: Desk) -> None:
    staged(desk, text="\u202e\n")


def misleading_name(desk: Desk) -> None:
    staged(desk, "src/a\u200b.py")


def long_file(desk: Desk) -> None:
    staged(desk, text="x" * (2 << 20))


def twin_folder(desk: Desk) -> None:
    staged(desk, "src/Sub/a.py")
    staged(desk, "src/sub/b.py")


def check_in(desk: Desk) -> None:
    staged(desk, STATUS, CHECK_IN.format("working", "", "none"))


def own_brief_differs(desk: Desk) -> None:
    staged(desk, ".agentledger/tasks/x/brief.md", BRIEF.format("['**']", ""))
    assert desk.commit() == ""
    staged(desk)


def merge(desk: Desk) -> None:
    desk.repo.commit("main", {"docs/d.md": "from base\n"})
    desk.repo.flush()
    # The index is as HEAD is, and all of base's work is undone.
    desk.git("merge", "-q", "--no-commit", "-s", "ours", "main")


def detached(desk: Desk) -> None:
    desk.git("switch", "-q", "--detach")
    staged(desk)


def policy_protects(desk: Desk) -> None:
    desk.repo.commit("main", {CONFIG: "[paths]\nprotected = ['src/a.py']\n"})
    desk.repo.flush()
    staged(desk)


def brief_narrowed(desk: Desk) -> None:
    desk.repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['src/b/**']", "")})
    desk.repo.flush()
    staged(desk)


def brief_on_base(desk: Desk) -> None:
    desk.repo.commit("main", {".agentledger/tasks/y/brief.md": BRIEF.format("[y]", "branch: agent/x\n")})
    desk.repo.flush()
    staged(desk)


def another_base(desk: Desk) -> None:
    desk.git("branch", "-q", "trunk", "main")
    staged(desk)


def control_gone(desk: Desk) -> None:
    desk.git("branch", "-q", "-D", "agentledger")
    staged(desk)


def record_cut_off(desk: Desk) -> None:
    (record,) = (desk.repo.path / ".git/agentledger/grants").iterdir()
    record.write_bytes(record.read_bytes()[:-5])
    staged(desk)


def record_of_another(desk: Desk) -> None:
    folder = desk.repo.path / ".git/agentledger/grants"
    desk.git("switch", "-q", "-c", "agent/y")
    (folder / "agent%2Fx").rename(folder / "agent%2Fy")
    staged(desk)


@pytest.mark.parametrize(
    "tell",
    [
        *(misleads, misleading_name, long_file, twin_folder, check_in, own_brief_differs, merge, detached),
        *(policy_protects, brief_narrowed, brief_on_base, another_base, control_gone),
        *(record_cut_off, record_of_another),
    ],
    ids=lambda tell: tell.__name__,
)
def test_what_is_not_plain_is_judged_in_full(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tell: Callable[[Desk], None]
) -> None:
    staged(desk)
    assert passes(desk, monkeypatch)
    desk.git("reset", "-q", "--hard")
    tell(desk)
    assert not passes(desk, monkeypatch)


def test_a_merge_that_git_is_just_making_is_judged_in_full(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.repo.commit("main", {"docs/d.md": "from base\n"})
    desk.repo.flush()
    said = desk.git("merge", "-q", "--no-edit", "-s", "ours", "main", ok=False)
    assert "OWN001 outside-scope [agent/x] docs/d.md" in said
    desk.git("merge", "--abort")
    assert passes(desk, monkeypatch)
    monkeypatch.setenv(f"GITHEAD_{desk.git('rev-parse', 'main').strip()}", "main")
    assert not passes(desk, monkeypatch)


@pytest.mark.parametrize(
    "path", [CONFIG, ".AgentLedger/x", ".agentledger/tasks/y/brief.md", "AGENTS.md", "a\nb", "x/\x7f"]
)
def test_owning_everything_is_not_enough_for_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    desk = known(made(tmp_path, owns="['**']"))
    staged(desk, "anything.md")
    assert passes(desk, monkeypatch)
    staged(desk, path)
    assert not passes(desk, monkeypatch)


def test_other_documents_and_other_work_on_base_change_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = "---\nat: 2023-11-14T22:30:00Z\nby: ana\ndecision: approve\n---\n"
    desk.repo.commit("agentledger", {"tasks/x/answers/1.md": answer})
    desk.repo.commit("main", {"docs/d.md": "from base\n"})
    desk.repo.flush()
    staged(desk)
    assert passes(desk, monkeypatch)


@pytest.mark.parametrize("more", ["mode: review\n", "checkpoints: [plan]\n", "unheard: of\n"])
def test_of_a_brief_with_more_to_judge_nothing_is_kept(tmp_path: Path, more: str) -> None:
    repo = made(tmp_path, more=more)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    desk = Desk(repo, repo.path)
    desk.write("src/a.py")
    desk.add()
    assert not (repo.path / ".git/agentledger/grants").exists()


def test_of_a_brief_that_only_the_branch_has_nothing_is_kept(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.commit("main", {"src/a.py": "1\n"})
    repo.commit("agent/x", {".agentledger/tasks/x/brief.md": BRIEF.format("['src/**']", "")})
    repo.flush()
    repo.git("switch", "-q", "agent/x")
    install(repo)
    staged(desk := Desk(repo, repo.path))
    assert desk.commit() == ""
    assert not (repo.path / ".git/agentledger/grants").exists()


def test_what_a_partial_clone_lacks_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = made(tmp_path)
    repo.git("config", "remote.origin.promisor", "true")
    desk = known(repo)
    staged(desk)
    assert not passes(desk, monkeypatch)


def test_grants_that_are_not_used_for_long_go(desk: Desk) -> None:
    folder = desk.repo.path / ".git/agentledger/grants"
    old = folder / "agent%2Fold"
    old.touch()
    os.utime(old, (0, 0))
    check_in(desk)
    assert desk.commit() == ""
    assert [file.name for file in folder.iterdir()] == ["agent%2Fx"]


# -- that a yes is what the rules would say -------------------------------------------

letters = st.sampled_from("a b / * ** ? [ab] [!a] \\* . /** **/ ab/ x.md".split())
patterns = st.lists(letters, min_size=1, max_size=5).map("".join).map(str.encode)
files = st.lists(st.sampled_from("a b / . ab x.md".split()), min_size=1, max_size=6).map("".join)


@given(st.lists(patterns, max_size=3), st.lists(patterns, max_size=3), files.map(str.encode))
def test_what_is_surely_held_is_held(owns: list[bytes], barred: list[bytes], path: bytes) -> None:
    fields = {"owns": owns, "barred": barred}
    if grant.Grant(fields).surely_covers(path):
        assert Scope(tuple(owns), tuple(barred)).holds(path)


@pytest.mark.parametrize("pattern", [b"**", b"src/**", b"src/", b"src", b"src/a.py"])
def test_plain_patterns_hold_what_they_match(pattern: bytes) -> None:
    barred = [b"docs/**", b"**/AGENTS.md", b"*.lock", b".github/workflows/**"]
    found = grant.Grant({"owns": [pattern], "barred": barred})
    assert found.surely_covers(b"src/a.py")
    assert not found.surely_covers(b"src/AGENTS.md")


def test_each_rule_of_the_gate_is_accounted_for() -> None:
    known = {rule.id for rule in rules.RULES if rule.level(Gate.COMMIT) != "·"}
    told = plain.__doc__ or ""
    assert not [each for each in known if each not in told], (
        "say in `plain` why a plain commit cannot break it"
    )


# -- its price ------------------------------------------------------------------------


def test_it_loads_nothing_that_takes_long_and_asks_git_four_times(desk: Desk, tmp_path: Path) -> None:
    staged(desk)
    trace = tmp_path / "trace"
    trace.mkdir()
    command = [sys.executable, "-IS", "-X", "importtime", str(RUN), "pre-commit", str(YAML)]
    env = {**os.environ, "GIT_TRACE2_EVENT": str(trace)}
    done = subprocess.run(command, cwd=desk.path, env=env, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "agentledger.gates.plain" in loaded
    assert loaded.isdisjoint("re enum typing dataclasses subprocess pathlib json collections".split())
    assert len(list(trace.iterdir())) == 4


def test_many_files_are_read_in_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(600):
        desk.write(f"src/{number}.py", f"{number}\n")
    desk.git("add", "-A")
    assert passes(desk, monkeypatch)
    staged(desk, "src/599.py", "\u202e\n")
    assert not passes(desk, monkeypatch)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_hashes_of_both_lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, object_format: str) -> None:
    repo = Repo.init(tmp_path / "repo", options=[f"--object-format={object_format}"])
    repo.commit("main", {"src/a.py": "1\n", "src/sub/x.py": "1\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['src/**']", "")}, parents=[])
    repo.flush()
    repo.checkout("main")
    install(repo)
    desk = known(repo)
    staged(desk, "src/sub/y.py")
    assert passes(desk, monkeypatch)
    staged(desk, "src/sub/X.py")
    assert not passes(desk, monkeypatch)
