"""`agentledger conflicts` on a real repository: what is shown of each kind of pair, and that its commands work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len

import colliding
from agentledger.cli import main
from agentledger.reports import shapes
from command import refused, run
from controls import files
from gitrepo import Repo
from writing import brief, check_in

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return colliding.build(tmp_path_factory.mktemp("conflicts") / "shop")


@pytest.fixture(scope="module")
def text(repo: Repo) -> str:
    return show(repo)


@pytest.fixture(scope="module")
def document(repo: Repo) -> Any:
    return read(repo)


def show(repo: Repo, *options: str) -> str:
    said = run(repo.path, "conflicts", *options)
    assert said.code == 0, said.err
    assert all(cell_len(line) <= 80 for line in said.out.splitlines() if "agentledger plan" not in line)
    return said.out


def read(repo: Repo, *options: str) -> Any:
    """The JSON, valid by its schema."""
    found = json.loads(show_json(repo, *options))
    jsonschema.validate(found, json.loads(shapes.encode_schema("forecast")))
    return found


def show_json(repo: Repo, *options: str) -> str:
    said = run(repo.path, "conflicts", "--format", "json", *options)
    assert said.code == 0, said.err
    return said.out


def part(text: str, heading: str) -> str:
    """The lines below a heading, as one line."""
    found = re.search(rf"(?ms)^{heading}.*?(?=\n\n|\Z)", text)
    assert found, (heading, text)
    return " ".join(found[0].split())


def test_the_first_line_counts_pairs_and_merges_on_a_commit_of_base(repo: Repo, text: str) -> None:
    head = repo.git("rev-parse", "main").strip()
    # Sixteen branches merge into base; the one that does not is compared with none.
    assert text.startswith(f"4 of 120 pairs collide (7 merges tried) on main at {head[:10]}\n")


def test_a_collision_has_its_file_its_line_both_sides_and_what_to_do(text: str) -> None:
    collisions = part(text, "Collide ")
    one = "agent/one and agent/two src/a.py, from line 2 agent/one: | one agent/two: | two"
    assert one in collisions
    assert "hoever works on agent/" in collisions.partition(one)[2].partition("src/a.py, from line 6")[0]


def test_the_command_of_a_collision_of_two_tasks_lets_one_wait(repo: Repo, text: str, tmp_path: Path) -> None:
    (command,) = re.findall(r"(?m)^ +(agentledger plan .*)$", text)
    copy = Repo(Path(shutil.copytree(repo.path, tmp_path / "copy")))
    said = run(copy.path, *shlex.split(command)[1:])
    assert said.code == 0, said.err
    assert "depends_on: [p]" in files(copy)["tasks/q/brief.md"]
    assert "agent/q waits for it already" in part(show(copy), "Collide ")


def test_each_other_kind_is_under_its_own_heading(text: str) -> None:
    assert "agent/held src/held.py, from line 1: 'base' against 'held'" in part(
        text, "In conflict with main itself"
    )
    assert "agent/r and agent/r-2 (rivals)" in part(text, "Rivals that collide")
    assert "agent/above and agent/below (share commits that main lacks)" in part(text, "Collide ")
    assert "agent/p and agent/s: lib/ps, by 'lib/p*' and 'lib/*s'" in part(text, "Have no file in common yet")
    assert "agent/lock-a and agent/lock-b in uv.lock" in part(text, "Collide in generated files alone")
    assert "agent/log-a and agent/log-b in CHANGELOG.md" in part(text, "Collide in files that every task")
    assert "agent/beside" not in text


def test_what_merges_is_counted_and_listed_where_all_is_asked_for(repo: Repo, text: str) -> None:
    assert "4 pairs change the same files, and merge: agentledger conflicts --all" in text
    assert "agent/beside and agent/one: src/a.py" in part(show(repo, "--all"), "Change the same files")


def test_what_needs_no_talk_comes_last(text: str) -> None:
    order = [
        "In conflict with main",
        "Collide (",
        "Rivals",
        "Have no file",
        "Collide in generated",
        "Collide in files",
    ]
    places = [text.index(heading) for heading in order]
    assert places == sorted(places)


def test_no_name_or_line_of_a_branch_reaches_the_terminal_as_it_is(text: str) -> None:
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert r"agent/\u{202E}gnp.exe" in text


def test_one_branch_is_shown_with_all_that_it_has_to_do_with(repo: Repo) -> None:
    head = repo.git("rev-parse", "main").strip()[:10]
    shown = show(repo, "--branch", "agent/one")
    assert shown.startswith(
        f"agent/one collides with 2 of 15 other branches (2 merges tried) on main at\n{head}"
    )
    assert "agent/beside and agent/one: src/a.py" in part(shown, "Change the same files")
    assert "agent/r" not in shown
    only = read(repo, "--branch", "agent/one")
    assert only["branch"] == "agent/one"
    assert {pair["grade"] for pair in only["pairs"]} == {"conflict", "overlap"}
    assert all("agent/one" in (pair["a"], pair["b"]) for pair in only["pairs"])


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("agent/held", "agent/held is in conflict with main itself, which comes first"),
        ("agent/alone", "agent/alone collides with 0 of 15 other branches (0 merges tried)"),
    ],
)
def test_a_branch_that_collides_with_none_is_said_to_be_that(repo: Repo, name: str, start: str) -> None:
    assert show(repo, "--branch", name).startswith(start)


def test_who_goes_first_is_the_same_wherever_one_branch_alone_is_asked_about(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    policy = {".agentledger/config.toml": 'dormant = "9999d"\n'}
    main = repo.commit("main", {"f": "0\n", "g": "0\n", **policy})
    # The oldest would hold two others, which is seen only where all pairs are known.
    repo.commit("agent/old", {"f": "1\n", "g": "1\n"}, parents=[main])
    repo.commit("agent/left", {"f": "2\n"}, parents=[main])
    repo.commit("agent/right", {"g": "2\n"}, parents=[main])
    repo.checkout("main")
    firsts = {(p["a"], p["b"]): p["first"] for p in read(repo)["pairs"]}
    assert firsts == {("agent/left", "agent/old"): "agent/left", ("agent/old", "agent/right"): "agent/right"}
    for name in ("agent/old", "agent/left", "agent/right"):
        pairs = read(repo, "--branch", name)["pairs"]
        assert {(p["a"], p["b"]): p["first"] for p in pairs}.items() <= firsts.items()
        assert pairs
        said = run(repo.path, "check", "--branch", name, "--gate", "merge").out
        for pair in pairs:
            first = "this one" if pair["first"] == name else pair["first"]
            assert f"; {first} goes first" in said, said


def test_who_goes_first_is_the_same_where_findings_hold_one_back(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    off = "".join(f'{rule} = "off"\n' for rule in ("PKT001", "PKT006", "EVD001", "OWN004"))
    policy = {".agentledger/config.toml": f'dormant = "9999d"\n[rules]\n{off}'}
    main = repo.commit("main", {"f": "0\n", "z": "0\n", **policy})
    briefs = {f"tasks/{task}/brief.md": brief(task, owns=["f"]) for task in ("old", "new")}
    repo.commit("agentledger", briefs, parents=[])
    # The older one has strayed, so it waits, though it says that it is ready.
    for task, minutes, more in (("old", 20, {"z": "1\n"}), ("new", 30, {})):
        path = f".agentledger/tasks/{task}/status/20231114T22{minutes}00Z-0001.md"
        said = check_in("ready", minutes=minutes)
        repo.commit(f"agent/{task}", {"f": f"{task}\n", path: said, **more}, parents=[main])
    repo.checkout("main")
    for command in (
        ("board",),
        ("conflicts",),
        ("conflicts", "--branch", "agent/old"),
        ("check", "--fleet"),
        ("check", "--branch", "agent/old", "--gate", "merge"),
        ("board", "--format", "json"),
        ("conflicts", "--format", "json"),
        ("merge-plan", "--include", "held"),
    ):
        out = run(repo.path, *command).out
        assert "agent/old goes first" not in out, (command, out)
        assert re.search(r'agent/new(,)? (goes|which goes) first|"first":"agent/new"', out), (command, out)
        assert "plan new --add-depends-on old" not in out, (command, out)


def test_a_branch_that_is_not_there_is_refused_with_near_names(repo: Repo) -> None:
    assert "agent/one" in refused(repo.path, "conflicts", "--branch", "agent/on").hint
    assert "what branches are compared on" in refused(repo.path, "conflicts", "--branch", "main").message


def test_an_empty_name_is_refused_and_shows_not_all_branches(repo: Repo) -> None:
    said = run(repo.path, "conflicts", "--branch", "")
    assert (said.code, said.out) == (2, "")
    assert "--branch has no name" in said.err


def test_a_branch_of_a_remote_is_found_as_git_and_the_board_call_it(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone")
    texts = [run(clone.path, "conflicts", "--branch", name).out for name in ("agent/one", "origin/agent/one")]
    assert texts[0] == texts[1]
    assert "collides with" in texts[0]


def test_the_document_has_each_pair_with_its_grade_and_kind(document: Any) -> None:
    pairs = {(pair["a"], pair["b"]): pair for pair in document["pairs"]}
    assert all(a < b for a, b in pairs)
    assert len(pairs) == len(document["pairs"])
    assert (document["pairs_total"], document["pairs_tried"]) == (120, 7)
    assert [each["branch"] for each in document["with_base"]] == ["agent/held"]
    kinds = {
        ("agent/one", "agent/two"): ("conflict", True, ["content"], None, False, False),
        ("agent/p", "agent/q"): ("conflict", True, ["add/add"], None, False, False),
        ("agent/r", "agent/r-2"): ("conflict", False, ["add/add"], None, True, False),
        ("agent/above", "agent/below"): ("conflict", True, ["content"], None, False, True),
        ("agent/lock-a", "agent/lock-b"): ("conflict", False, ["content"], "generated", False, False),
        ("agent/log-a", "agent/log-b"): ("conflict", False, ["content"], "open", False, False),
        ("agent/beside", "agent/one"): ("overlap", False, [], None, False, False),
        ("agent/p", "agent/s"): ("scope", False, [], None, False, False),
    }
    for two, wanted in kinds.items():
        pair = pairs[two]
        keys = ("grade", "counts", "kinds", "only", "rivals", "stacked")
        assert tuple(pair[key] for key in keys) == wanted, two
    assert pairs["agent/p", "agent/q"]["next_action"]["command"] == "agentledger plan q --add-depends-on p"
    assert "one" in pairs["agent/one", "agent/two"]["files"][0]["hunks"][0]["text"]


@pytest.mark.parametrize("branches", [(), ("agent/one",)])
def test_nothing_to_compare_reads_well(tmp_path: Path, branches: tuple[str, ...]) -> None:
    small = Repo.init(tmp_path / "small")
    root = small.commit("main", {"a": "1\n"})
    for name in branches:
        small.commit(name, {"a": "2\n"}, parents=[root], at=int(time.time()))
    small.checkout("main")
    shown = show(small)
    assert shown.startswith("nothing to compare on main at ")
    assert ("1 branch is open, and 1 merges into it" if branches else "no agent branch found") in " ".join(
        shown.split()
    )
    assert read(small)["pairs"] == []


def test_without_merges_there_is_nothing_to_show(repo: Repo) -> None:
    said = run(repo.path, "conflicts", "--no-forecast")
    assert (said.code, said.out) == (2, "")
    assert "--no-forecast leaves out the merges, which is all that this command shows" in said.err


# -- the other outputs ------------------------------------------------------------------


def test_the_board_and_its_document_name_whom_a_branch_collides_with(repo: Repo, capsys: Captured) -> None:
    said = run(repo.path, "board").out
    assert "    collides with agent/one" in said
    assert "4 pairs of branches collide, though each merges into main" in " ".join(said.split())
    assert main(["board", "--repo", str(repo.path), "--format", "json"]) == 0
    ledger = json.loads(capsys.readouterr().out)
    jsonschema.validate(ledger, json.loads(shapes.encode_schema("ledger")))
    entries = {entry["name"]: entry for entry in ledger["branches"]}
    (other,) = entries["agent/two"]["collides_with"]
    assert (other["branch"], other["ref"], other["paths"]) == (
        *("agent/one", "refs/heads/agent/one"),
        ["src/a.py"],
    )
    assert (entries["agent/one"]["collides_with_total"], entries["agent/alone"]["collides_with"]) == (2, [])
    assert {entries[name]["section"] for name in ("agent/one", "agent/alone")} == {"unbriefed"}


def test_check_at_merge_warns_and_at_ready_does_not_look(repo: Repo) -> None:
    at_merge = run(repo.path, "check", "--branch", "agent/p", "--gate", "merge").out
    assert "FLT002 conflict-predicted [agent/p] lib/shared" in at_merge
    assert "once agent/q has landed, it will not merge: lib/shared" in at_merge
    assert "FLT002" not in run(repo.path, "check", "--branch", "agent/p").out


def test_what_a_shallow_clone_cuts_off_is_not_said_to_be_nothing(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    said = run(clone.path, "conflicts")
    assert "Not compared (" in said.out
    assert "agent/one: a shallow clone cuts it off" in " ".join(said.out.split())
    assert "note: This is a shallow clone" in said.err
    assert "agentledger conflicts" not in run(repo.path, "conflicts").err
