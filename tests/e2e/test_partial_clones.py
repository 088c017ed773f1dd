"""In a partial clone a document that is not here is unknown: to views, to gates, and to commands that write.

Belongs here: every kind of document at every gate and command that reads it, with a promisor that answers and with
one that does not. Not here: what is shown of code that was not fetched (see `tests/repository/test_clones.py`).

What a full clone says is what a partial one has to say once it has fetched what it needs.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from command import Said, run
from gitrepo import Repo
from nextcommand import find_command, type_command
from partial import KINDS, Clones, Place, cut_off, fetch, id_of, missing
from reading import git_commands
from sitefleet import page_of

pytestmark = [pytest.mark.versions, pytest.mark.table]

ABSENT = "not in this partial clone"
FETCH = r"git fetch --no-write-fetch-head origin [0-9a-f ]+(?=;|\)|$)"
GATES = ("push", "ready", "merge")
DONE = ("--summary", "It is.", "--why", "So.", "--tests", "true", "--risks", "none")
WAIVER = ("allow", "x", "docs/**", "--why", "It is known.", "--until", "2099-01-01")

# What the manager types in the clone.
MANAGERS: dict[str, tuple[str, ...]] = {
    **{f"check at {gate}": ("check", "--branch", "agent/x", "--gate", gate) for gate in GATES},
    "check of the fleet": ("check", "--fleet", "--gate", "merge"),
    "check of a task": ("check", "--task", "later"),
    "check of base": ("check", "--range", "main..agent/x"),
    "spawn": ("spawn", "later", "--dry-run"),
    "plan": ("plan", "x", "--priority", "1"),
    "a new plan": ("plan", "fresh", "--owns", "lib/**", "--why", "w", "--outcome", "o", "--dry-run"),
    "answer": ("answer", "--grants-nothing", "x", "Red."),
    "allow": WAIVER,
    "accept": ("brief", "accept", "x"),
    "reject": ("brief", "reject", "x"),
    "collect": ("collect",),
    "rerun": ("verify", "x", "--rerun", "--dry-run"),
    "init": ("init", "--dry-run"),
}
# What the agent types in its worktree.
AGENTS: dict[str, tuple[str, ...]] = {
    "report": ("report", "--changed", "It.", "--dry-run"),
    "verify": ("verify", "--dry-run"),
    "packet": ("packet", "--summary", "It is.", "--dry-run"),
    "done": ("done", *DONE, "--dry-run"),
}


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> Clones:
    return Clones(tmp_path_factory.mktemp("clones"))


def said_by(place: Place, name: str) -> Said:
    """What one of the commands says."""
    if name in MANAGERS:
        return run(place.clone.path, *MANAGERS[name])
    return run(place.agents, *AGENTS[name])


def comparable(said: Said) -> tuple[int, str, str]:
    """How a command ended, without what differs from one run, or one clone, to the next."""
    texts = [re.sub(r"note: This is a partial clone.*\n", "", text) for text in (said.out, said.err)]
    texts = [re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}", "TIME", text) for text in texts]
    texts = [re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text) for text in texts]
    texts = [re.sub(r"\b[0-9a-f]{7,40}\b|/\S*/(full|partial)/", "ID", text) for text in texts]
    return said.code, texts[0], texts[1]


Verdicts = dict[tuple[str, str], tuple[int, str, str]]


def check(clone: Repo, branch: str, gate: str) -> Said:
    return run(clone.path, "check", "--branch", branch, "--gate", gate)


def refs(repo: Repo) -> str:
    return repo.git("for-each-ref")


def board(clone: Repo) -> Any:
    said = run(clone.path, "board", "--format", "json")
    assert said.code == 0, said
    return json.loads(said.out)


# -- views -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_says_which_document_is_unknown_and_fetches_nothing(
    clones: Clones, tmp_path: Path, kind: str
) -> None:
    clone = clones.partial(tmp_path / "partial", [kind]).clone
    path, lost = KINDS[kind].path, id_of(clone, kind)
    assert missing(clone) == {lost}
    told = board(clone)
    assert [(each["path"], each["object"]) for each in told["unknown"]] == [(path, lost)]
    assert any(path in note and ABSENT in note for note in told["notes"])
    branch = next(each for each in told["branches"] if each["name"] == KINDS[kind].branch)
    assert [each["path"] for each in branch["unknown"]] == [path]
    assert (branch["section"], branch["findings"]) == ("held", [])
    assert branch["next_action"]["text"].startswith(f"Unknown here: {path}")
    for command in (("board",), ("board", "--all"), ("next",), ("next", "--format", "json")):
        said = run(clone.path, *command)
        assert said.code == 0
        assert ABSENT in " ".join(said.out.split()) or f'"path":"{path}"' in said.out, said
    site = tmp_path / "site"
    assert run(clone.path, "site", "--out", str(site)).code == 0
    page = page_of(site, KINDS[kind].branch.replace("/", "-"))
    for text in (page.read_text(), (site / "index.html").read_text()):
        assert ABSENT in " ".join(text.split())
    assert missing(clone) == {lost}


@pytest.mark.parametrize("kind", [k for k, v in KINDS.items() if v.branch == "agent/x"])
def test_no_prompt_is_made_of_what_is_unknown(clones: Clones, tmp_path: Path, kind: str) -> None:
    clone = clones.partial(tmp_path / "partial", [kind]).clone
    for command in (("prompt", "x"), ("prompt", "x", "--for", "resume"), ("prompt", "x", "--for", "review")):
        said = run(clone.path, *command)
        assert (said.code, said.out) == (2, "")
        assert KINDS[kind].path in said.message
    assert missing(clone) == {id_of(clone, kind)}
    type_command(clone.path, find_command(said.hint, FETCH))
    assert run(clone.path, "prompt", "x").code == 0


def test_doctor_says_that_the_policy_is_unknown(clones: Clones, tmp_path: Path) -> None:
    clone = clones.partial(tmp_path / "partial", ["policy"]).clone
    told = run(clone.path, "doctor").out
    assert f"policy: {KINDS['policy'].path} on main is {ABSENT}" in told
    assert missing(clone) == {id_of(clone, "policy")}


def test_what_a_board_advises_brings_what_it_lacks(clones: Clones, tmp_path: Path) -> None:
    clone = clones.partial(tmp_path / "partial").clone
    branch = next(each for each in board(clone)["branches"] if each["name"] == "agent/x")
    type_command(clone.path, branch["next_action"]["command"], code=1)
    told = board(clone)
    assert told["unknown"] == []
    assert next(each for each in told["branches"] if each["name"] == "agent/x")["unknown"] == []


def test_a_site_is_built_again_once_the_documents_are_here(clones: Clones, tmp_path: Path) -> None:
    clone = clones.partial(tmp_path / "partial").clone
    for command in (("site", "--out", str(tmp_path / "site")),) * 2:
        assert run(clone.path, *command).code == 0
    assert ABSENT in (tmp_path / "site/index.html").read_text()
    run(clone.path, "check", "--fleet")
    assert run(clone.path, *command).code == 0
    assert ABSENT not in (tmp_path / "site/index.html").read_text()


# -- a promisor that answers ------------------------------------------------------------------


@pytest.mark.parametrize("name", [*MANAGERS, *AGENTS])
def test_a_command_fetches_what_it_needs_and_says_what_it_says_in_a_full_clone(
    clones: Clones, tmp_path: Path, name: str
) -> None:
    full, partial = clones.full(tmp_path / "full"), clones.partial(tmp_path / "partial")
    before = partial.clone.git("config", "--list", "--local")
    assert comparable(said_by(partial, name)) == comparable(said_by(full, name))
    assert partial.clone.git("config", "--list", "--local") == before
    assert id_of(partial.clone, "policy") not in missing(partial.clone)


@pytest.fixture(scope="module")
def judged_in_full(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """What `check` says of a branch at a gate in a full clone."""
    clone = clones.full(tmp_path_factory.mktemp("judged") / "full").clone
    branches = {kind.branch for kind in KINDS.values()}
    pairs = [(branch, gate) for branch in branches for gate in GATES]
    return {pair: comparable(check(clone, *pair)) for pair in pairs}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_judges_by_each_kind_of_document(
    clones: Clones, judged_in_full: Verdicts, tmp_path: Path, kind: str, gate: str
) -> None:
    clone, branch = clones.partial(tmp_path / "partial", [kind]).clone, KINDS[kind].branch
    assert comparable(check(clone, branch, gate)) == judged_in_full[branch, gate]
    assert missing(clone) == set()


def with_code(server: Repo) -> str:
    """A branch whose merge with base reads files that both changed, or base moved, and that merged base before."""
    root = server.git("rev-parse", "main")
    text = "".join(f"{number}\n" for number in range(40))
    old = server.commit("main", {"lib/one.py": text, "lib/two.py": text.replace("1", "a")}, parents=[root])
    own = {"lib/one.py": text + "more\n", "lib/two.py": "first\n" + text.replace("1", "a")}
    first = server.commit("agent/coder", {**own, "lib/odd.py": "x = '\u202e'\n"}, parents=[old])
    server.commit("main", {"lib/one.py": "less\n" + text, "lib/two.py": None}, parents=[old])
    base = server.commit("main", {"moved/two.py": text.replace("1", "a"), "notes.md": "n\n"})
    merged = {"lib/one.py": "less\n" + text + "more\n", "lib/two.py": None, "notes.md": "evil\n"}
    server.merge("agent/coder", [first, base], merged | {"moved/two.py": "first\n" + text.replace("1", "a")})
    server.commit("agent/coder", {"src/coder.py": "c\n"})
    server.commit("main", {"notes.md": "m\n"})
    document = server.git("show", "agentledger:tasks/x/brief.md").replace('task: "x"', 'task: "coder"')
    control = server.git("rev-parse", "agentledger")
    server.commit("agentledger", {"tasks/coder/brief.md": document}, parents=[control])
    server.flush()
    return "agent/coder"


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_fetches_the_code_that_it_merges_and_looks_into(
    clones: Clones, tmp_path: Path, gate: str
) -> None:
    places = clones.full(tmp_path / "full"), clones.partial(tmp_path / "partial")
    for place in places:
        branch = with_code(place.server)
        place.clone.git("fetch", "-q")
    full, partial = (check(place.clone, branch, gate) for place in places)
    assert "OWN009" in full.out
    assert comparable(partial) == comparable(full)


def test_code_that_does_not_come_is_no_verdict(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial", [])
    branch = with_code(place.server)
    place.clone.git("fetch", "-q")
    fetch(place.clone, [place.clone.git("rev-parse", "origin/agentledger:tasks/coder/brief.md")])
    address = cut_off(place.clone)
    said = check(place.clone, branch, "merge")
    assert said.code == 2
    assert "not judged: agent/coder" in said.message
    place.clone.git("remote", "set-url", "origin", address)
    type_command(place.clone.path, find_command(said.hint, FETCH))
    cut_off(place.clone)
    assert check(place.clone, branch, "merge").code == 1


def test_exactly_the_documents_come_in_one_fetch(
    clones: Clones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clones.partial(tmp_path / "partial").clone
    head = clone.path / ".git/FETCH_HEAD"
    was = head.read_bytes(), head.stat().st_mtime_ns
    with git_commands(monkeypatch, tmp_path / "trace") as started:
        assert run(clone.path, "answer", "--grants-nothing", "x", "Red.").code == 0
    # The policy's control branch and signers are known only once the policy is here.
    assert started["fetch"] == 2
    assert (head.read_bytes(), head.stat().st_mtime_ns) == was
    assert clone.git("rev-parse", "origin/agent/x:docs/d.md") in missing(clone)


def test_a_full_clone_starts_not_one_process_more(
    clones: Clones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clones.full(tmp_path / "full").clone
    with git_commands(monkeypatch, tmp_path / "trace") as started:
        run(clone.path, "check", "--branch", "agent/x", "--gate", "merge")
    assert (started["fetch"], started["merge-base"]) == (0, 0)


def test_sync_brings_the_control_branch_with_its_documents(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    assert run(place.clone.path, "sync").code == 0
    blobs = place.clone.git("ls-tree", "-r", "--object-only", "agentledger").split()
    assert not missing(place.clone).intersection(blobs)


def test_sync_unites_two_copies_whose_documents_are_not_all_here(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    assert run(place.clone.path, "answer", "--grants-nothing", "x", "Red.").code == 0
    old = place.server.git("rev-parse", "agentledger")
    place.server.commit(
        "agentledger", {"tasks/x/answers/2.md": "---\ndecision: note\n---\nHm.\n"}, parents=[old]
    )
    place.server.flush()
    said = run(place.clone.path, "sync")
    assert said.code == 0, said
    blob = place.server.git("rev-parse", "agentledger:tasks/x/answers/2.md")
    assert blob not in missing(place.clone)


def test_a_spawned_worktree_is_filled_from_the_promisor(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    place.server.commit("main", {"src/new.py": "n\n"}, parents=[place.server.git("rev-parse", "main")])
    place.server.flush()
    place.clone.git("fetch", "-q")
    said = run(place.clone.path, "spawn", "later", "--worktree", str(tmp_path / "later"))
    assert said.code == 0, said
    assert (tmp_path / "later/src/new.py").read_text() == "n\n"


def test_an_agent_reports_its_brief_and_no_empty_one(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    said = run(place.agents, "report", "--changed", "It.")
    assert said.code == 0, said
    copy = place.agent.git("show", "HEAD:.agentledger/tasks/todo/brief.md")
    assert copy == place.server.git_bytes("show", "agentledger:tasks/todo/brief.md").decode()


# -- the hooks ---------------------------------------------------------------------------------


def commit(place: Place, path: str) -> subprocess.CompletedProcess[str]:
    """A commit in the agent's worktree as the agent makes it."""
    place.agent.write(path)
    place.agent.git("add", "-A")
    return subprocess.run(
        ["git", "commit", "-q", "-m", "work"], cwd=place.agents, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("path", ["secrets/key", "docs/d.md"])
def test_a_commit_out_of_bounds_is_stopped_though_nothing_was_here(
    clones: Clones, tmp_path: Path, path: str
) -> None:
    place = clones.partial(tmp_path / "partial")
    done = commit(place, path)
    assert done.returncode == 1
    assert path in done.stderr


def test_a_commit_within_bounds_passes_as_in_a_full_clone(clones: Clones, tmp_path: Path) -> None:
    expected = commit(clones.full(tmp_path / "full"), "src/todo.py")
    done = commit(clones.partial(tmp_path / "partial"), "src/todo.py")
    assert (done.returncode, done.stderr) == (expected.returncode, expected.stderr) == (0, done.stderr)


@pytest.mark.parametrize("kind", ["policy", "brief on control", "brief on base"])
@pytest.mark.parametrize("path", ["secrets/key", "src/todo.py"])
def test_a_commit_that_cannot_be_judged_is_let_through_loudly(
    clones: Clones, tmp_path: Path, kind: str, path: str
) -> None:
    place = clones.partial(tmp_path / "partial", [kind])
    address = cut_off(place.clone)
    done = commit(place, path)
    assert done.returncode == 0
    assert "the commit was not judged" in done.stderr
    assert KINDS[kind].path in done.stderr
    assert "It was let through" in done.stderr
    command = find_command(done.stderr, FETCH)
    place.clone.git("remote", "set-url", "origin", address)
    type_command(place.clone.path, command)
    assert missing(place.clone) == set()
    stopped = commit(place, "secrets/more")
    assert (stopped.returncode, ABSENT in stopped.stderr) == (1, False)


def test_check_staged_says_that_nothing_was_judged(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    cut_off(place.clone)
    place.agent.write("secrets/key")
    place.agent.git("add", "-A")
    said = run(place.agents, "check", "--staged")
    assert said.code == 2
    assert "not judged" in said.message


def push(place: Place) -> subprocess.CompletedProcess[str]:
    """A push from the agent's worktree, to a server that answers."""
    address = place.server.path.as_uri()
    return subprocess.run(
        ["git", "push", "-q", address, "HEAD:refs/heads/agent/todo"],
        cwd=place.agents, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_push_out_of_bounds_is_stopped_though_nothing_was_here(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    place.agent.write("secrets/key")
    place.agent.git("commit", "-q", "-a", "--no-verify", "-m", "slip")
    done = push(place)
    assert done.returncode == 1
    assert "OWN003" in done.stderr or "OWN001" in done.stderr


@pytest.mark.parametrize("kind", ["policy", "brief on control"])
def test_a_push_that_cannot_be_judged_is_refused(clones: Clones, tmp_path: Path, kind: str) -> None:
    lost = {"brief on control": "tasks/todo/brief.md"}.get(kind, KINDS[kind].path)
    place = clones.partial(tmp_path / "partial")
    address = cut_off(place.clone)
    place.agent.write("src/todo.py")
    place.agent.git("add", "-A")
    place.agent.git("commit", "-q", "--no-verify", "-m", "work")
    before = refs(place.server)
    done = push(place)
    assert done.returncode == 1
    assert "agent/todo is not judged" in done.stderr
    assert refs(place.server) == before
    place.clone.git("remote", "set-url", "origin", address)
    type_command(place.clone.path, find_command(done.stderr, FETCH))
    assert place.clone.git("rev-parse", f"{KINDS[kind].ref}:{lost}") not in missing(place.clone)
    assert push(place).returncode == 0


def test_a_push_of_nobody_s_branch_passes(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    cut_off(place.clone)
    address = place.server.path.as_uri()
    done = subprocess.run(
        ["git", "push", "-q", address, "main:refs/heads/main~".rstrip("~")],
        cwd=place.clone.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "not judged" not in done.stderr


# -- a promisor that does not answer ----------------------------------------------------------


@pytest.mark.parametrize("name", [*MANAGERS, *AGENTS])
def test_a_command_without_what_it_needs_is_refused_and_writes_nothing(
    clones: Clones, tmp_path: Path, name: str
) -> None:
    place = clones.partial(tmp_path / "partial")
    address = cut_off(place.clone)
    before = refs(place.clone), place.agent.git("status", "--porcelain")
    said = said_by(place, name)
    assert said.code == 2, said
    assert ABSENT in said.err + said.out
    assert (refs(place.clone), place.agent.git("status", "--porcelain")) == before
    command = find_command(said.err or said.out.splitlines()[-2], FETCH)
    place.clone.git("remote", "set-url", "origin", address)
    type_command(place.clone.path, command)
    assert id_of(place.clone, "policy") not in missing(place.clone)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_lacks_one_kind_of_document_does_not_judge(
    clones: Clones, tmp_path: Path, kind: str, gate: str
) -> None:
    clone = clones.partial(tmp_path / "partial", [kind]).clone
    address = cut_off(clone)
    said = check(clone, KINDS[kind].branch, gate)
    assert (said.code, said.out) == (2, "")
    assert f"is not judged: {KINDS[kind].path} on" in said.message
    clone.git("remote", "set-url", "origin", address)
    type_command(clone.path, find_command(said.hint, FETCH))
    assert missing(clone) == set()
    assert check(clone, KINDS[kind].branch, gate).code in (0, 1)


def test_sync_without_documents_is_refused(clones: Clones, tmp_path: Path) -> None:
    place = clones.partial(tmp_path / "partial")
    cut_off(place.clone)
    before = refs(place.clone)
    said = run(place.clone.path, "sync")
    assert said.code == 2
    assert refs(place.clone) == before


def test_a_promisor_that_never_answers_is_given_up(
    clones: Clones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentledger.git import promised

    monkeypatch.setattr(promised, "LIMIT", 0.5)
    clone = clones.partial(tmp_path / "partial", ["policy"]).clone
    clone.git("remote", "set-url", "origin", "ssh://nobody@example.invalid/r.git")
    slow = tmp_path / "slow-ssh"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    clone.git("config", "core.sshCommand", str(slow))
    from agentledger.fleet.request import Request
    from agentledger.fleet.snapshot import open_snapshot

    with open_snapshot(clone.path, Request(fetch=True, forecast=False, rules=False)) as taken:
        assert "no answer within" in taken.unfetched
        assert [each.path for each in taken.fleet.absent] == [KINDS["policy"].path]


# -- clones that lack more, or less --------------------------------------------------------------


def fresh(clones: Clones, folder: Path) -> Repo:
    """A full clone as it is made, with nothing checked out."""
    clones.server.git("clone", "-q", "--no-checkout", str(clones.server.path), str(folder / "fresh"))
    return Repo(folder / "fresh")


def test_a_clone_without_large_files_fetches_a_large_document(clones: Clones, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "limited")
    clones.server.git(
        "clone",
        "-q",
        "--filter=blob:limit=100",
        "--no-checkout",
        clones.server.path.as_uri(),
        str(clone.path),
    )
    assert [each["path"] for each in board(clone)["unknown"]]
    assert comparable(check(clone, "agent/x", "merge")) == comparable(
        check(fresh(clones, tmp_path), "agent/x", "merge")
    )
    assert clone.git("config", "remote.origin.partialclonefilter") == "blob:limit=100"


def test_a_clone_without_trees_is_not_judged_and_says_how_to_get_them(clones: Clones, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "treeless")
    clones.server.git(
        "clone", "-q", "--filter=tree:0", "--no-checkout", clones.server.path.as_uri(), str(clone.path)
    )
    said = check(clone, "agent/x", "merge")
    assert said.code == 2
    for command in (("board",), ("plan", "x", "--priority", "1"), ("prompt", "x")):
        assert run(clone.path, *command).code == 2
    type_command(clone.path, find_command(said.hint, "git config .* && git fetch --refetch origin"))
    assert comparable(check(clone, "agent/x", "merge")) == comparable(
        check(fresh(clones, tmp_path), "agent/x", "merge")
    )


def test_a_clone_that_has_base_but_no_tree_of_the_control_branch_judges_nothing(
    clones: Clones, tmp_path: Path
) -> None:
    clone = Repo(tmp_path / "treeless")
    clones.server.git("clone", "-q", "--filter=tree:0", clones.server.path.as_uri(), str(clone.path))
    clone.git("ls-tree", "-r", "origin/agent/x")
    said = run(clone.path, "check", "--branch", "agent/x", "--gate", "push")
    assert said.code == 2, said
    assert "tasks/ on origin/agentledger is not in this partial clone" in said.message
    assert "agent/x" in run(clone.path, "board", "--all").out
    type_command(clone.path, find_command(said.hint, "git config .* && git fetch --refetch origin"))
    assert run(clone.path, "check", "--branch", "agent/x", "--gate", "push").code in (0, 1)
